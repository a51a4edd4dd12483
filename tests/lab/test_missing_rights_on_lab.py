# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rights that are missing on the lab: the person is told the right that lacks, where, and how to see it."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.rights import BRIDGE_READS
from ansible_collections.azlocal.migrate.plugins.modules import target_info
from ansible_collections.azlocal.migrate.tests.support.services_bench import Bench
from lab.azure import ids

LINKED = {
    "Microsoft.ExtendedLocation/customLocations/deploy/action": ids.CUSTOM_LOCATION.upper(),
    "Microsoft.AzureStackHCI/storageContainers/deploy/action": ids.STORAGE["UserStorage1"],
    "Microsoft.AzureStackHCI/logicalNetworks/join/action": ids.NETWORKS["lnet-prod-110"],
}


@pytest.fixture(scope="module")
def vms(bench: Bench) -> list[str]:
    """Of the first one nothing is known at the service; the second is ready."""
    names = [vm.name for vm in bench.lab.world.source.values() if not vm.awkward][:2]
    bench.present(names[1])
    bench.until("ready", names[1])
    return names


@pytest.fixture
def without(bench: Bench) -> Iterator[None]:
    yield
    bench.lab.switches.missing_rights = ()


@pytest.mark.usefixtures("without")
@pytest.mark.parametrize("lacking", [[action] for action in LINKED] + [[*LINKED]], ids=["place", "path", "net", "all"])
def test_a_linked_refusal_names_the_linked_right_and_where(bench: Bench, vms: list[str], lacking: list[str]) -> None:
    bench.lab.switches.missing_rights = tuple(lacking)
    refused = bench.present(vms[0])[vms[0]]
    assert (refused.status, refused.error_code) == ("failed", "LinkedAuthorizationFailed")
    for action in lacking:
        pair = f"'{action}' on '{LINKED[action]}'"
        assert pair.lower() in refused.msg.lower() and pair.lower() in refused.remedy.lower()
    assert "protectedItems/write" not in refused.msg + refused.remedy  # that one it may do


@pytest.mark.usefixtures("without")
@pytest.mark.parametrize("right", BRIDGE_READS)
def test_what_the_graph_hides_is_put_down_to_rights(bench: Bench, vms: list[str], right: str) -> None:
    bench.lab.switches.missing_rights = (right,)
    with pytest.raises(ClientError) as refused:
        bench.present(vms[0])
    assert refused.value.code == "no_custom_location"
    held = bench.tick(vms[1])[vms[1]]
    assert (held.status, held.error_code) == ("blocked", "bridge")
    for told, remedy in ((str(refused.value), refused.value.remedy), (held.msg, held.remedy)):
        assert "may not read" in told
        assert right in remedy and "first_contact" in remedy
    assert bench.failovers(vms[1]) == 0
    warned: list[str] = []
    frame = SimpleNamespace(params={"cluster": ids.CLUSTER}, arm=bench.arm, module=SimpleNamespace(warn=warned.append))
    assert target_info.answer(frame)["target"]["storage_paths"]
    assert len(warned) == 1 and right in warned[0]


@pytest.mark.usefixtures("without")
def test_a_bridge_that_is_seen_is_not_put_down_to_rights(bench: Bench, vms: list[str]) -> None:
    bench.lab.switches.bridge_status = "Offline"
    held = bench.tick(vms[1])[vms[1]]
    bench.lab.switches.bridge_status = "Running"
    assert held.error_code == "bridge" and "Offline" in held.msg
    assert "read" not in held.remedy
