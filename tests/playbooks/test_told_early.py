# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be seen to be missing is told by the playbooks before anything is made, or a person is asked for anything."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.plugin_utils.appliance_watch import GRACE_S
from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.newcomer import Done, person, play
from ansible_collections.azlocal.migrate.tests.support.stage import Stage
from lab import names
from lab.appliances import ADDRESSES, SOURCE, TARGET
from lab.azure.server import of

pytestmark = pytest.mark.slow
RIGHTS = {
    "missing_rights": ("Microsoft.Storage/storageAccounts/write", "Microsoft.Migrate/migrateProjects/write"),
    "missing_privileges": ("Network.Assign",),
}


@contextlib.contextmanager
def thrown(stage: Stage, **switches: Any) -> Iterator[None]:
    before = {name: getattr(stage.lab.switches, name) for name in switches}
    vars(stage.lab.switches).update(switches)
    try:
        yield
    finally:
        vars(stage.lab.switches).update(before)


def failure(done: Done) -> dict[str, Any]:
    """The one task that failed."""
    assert done.run.rc != 0 and done.run.complaints() == [], done.run.text
    failed = [told.result for told in done.run.told if told.status == "failed"]
    assert len({one["msg"] for one in failed}) == 1, done.run.text
    return failed[0]


@pytest.fixture(scope="module")
def bare(set_stage: SetStage) -> Stage:
    return set_stage(stage="bare", vms=1)


@pytest.fixture
def ready(set_stage: SetStage) -> Stage:
    return set_stage(vms=1)


def test_all_rights_that_are_missing_are_told_before_anything_is_made(bare: Stage) -> None:
    with thrown(bare, **RIGHTS):
        told = play(bare, "prepare")
        result = failure(told)
        assert (result["error_code"], told.writes) == ("rights_missing", [])
        assert {gap["right"] for gap in result["gaps"]} == {right for each in RIGHTS.values() for right in each}
        assert "azlocal_check_rights: false" in result["msg"]
        without = play(bare, "prepare", "--check", "-e", "azlocal_check_rights=false")
        assert (without.run.rc, without.run.complaints()) == (0, []), without.run.text


def test_vcenter_is_asked_only_where_the_source_appliance_is_to_come_there(bare: Stage) -> None:
    inventory = bare.inventory("no-ova", variables={"azlocal_source_appliance_ova": None})
    with thrown(bare, missing_privileges=RIGHTS["missing_privileges"]):
        assert bare.run("prepare", "--check", inventory=inventory).rc == 0


@pytest.mark.parametrize(
    "missing",
    [
        {"missing_rights": ("Microsoft.DataReplication/replicationVaults/protectedItems/write",)},
        {"missing_rights": ("Microsoft.HybridCompute/machines/read",)},
        {"missing_privileges": ("Global.SetCustomField",)},
    ],
    ids=["project", "target", "vm"],
)
def test_what_the_replication_lacks_is_told_by_prepare(bare: Stage, missing: dict[str, tuple[str, ...]]) -> None:
    with thrown(bare, **missing):
        result = failure(play(bare, "prepare", "--check"))
    (right,) = next(iter(missing.values()))
    assert {gap["right"] for gap in result["gaps"]} == {right}
    assert any("replicate" in gap["phases"] for gap in result["gaps"])


def test_another_identity_may_be_the_one_that_replicates(bare: Stage) -> None:
    with thrown(bare, missing_rights=("Microsoft.DataReplication/replicationVaults/protectedItems/write",)):
        run = bare.run("prepare", "--check", "-e", '{"azlocal_check_phases": ["prepare"]}')
    assert (run.rc, run.complaints()) == (0, []), run.text


def test_of_a_further_subscription_only_the_setup_is_asked(bare: Stage) -> None:
    asked = ("--check", "-e", f'{{"azlocal_target_subscriptions": ["{names.SUBSCRIPTION}"]}}')
    run = bare.run("prepare", *asked)
    assert (run.rc, run.complaints()) == (0, []), run.text
    with thrown(bare, missing_rights=("Microsoft.HybridCompute/register/action",)):
        result = failure(play(bare, "prepare", *asked, "-e", '{"azlocal_check_phases": ["discover"]}'))
    assert {gap["right"] for gap in result["gaps"]} == {"Microsoft.HybridCompute/register/action"}


@pytest.mark.parametrize(("left_out", "rc"), [(("image",), 2), (("image", "sha256"), 0)], ids=["deployed", "not"])
def test_hosts_need_the_way_to_the_image_only_where_it_is_deployed(
    bare: Stage, left_out: tuple[str, ...], rc: int
) -> None:
    inventory = bare.inventory(f"image-{rc}", variables={f"azlocal_target_appliance_{name}": None for name in left_out})
    with thrown(bare, blocked_ports=("lab-node*>go.microsoft.com:443",)):
        run = bare.run("prepare", "--check", inventory=inventory)
        unasked = bare.run("prepare", "--check", "-e", "azlocal_check_reach=false", inventory=inventory)
    assert run.rc == rc, run.text
    assert ("go.microsoft.com" in run.text) == bool(rc)
    assert [told.host for told in run.told if told.status == "failed"] == [names.NODES[0]] * bool(rc)
    assert (unasked.rc, unasked.complaints()) == (0, []), unasked.text


def test_who_does_not_fetch_the_image_needs_no_way_to_it(bare: Stage) -> None:
    others = tuple(f"{node}>*.microsoft.com:443" for node in names.NODES[1:])
    with thrown(bare, blocked_ports=others):
        run = bare.run("prepare", "--check")
    assert others and (run.rc, run.complaints()) == (0, []), run.text


def test_a_closed_port_of_the_source_appliance_is_told_before_its_key(bare: Stage) -> None:
    assert play(bare, "prepare").run.rc == 0
    with thrown(bare, blocked_ports=("labsrc>lab-node1:445", "labsrc>esx02.lab.example:902")):
        deployed = play(bare, "discover")
        assert deployed.waits, "a machine that does not answer yet is no failure"
        person(bare.lab)
        told = play(bare, "discover", "-e", '{"azlocal_esxi_hosts": ["esx02.lab.example"]}')
        result = failure(told)
        assert (result["error_code"], told.waits) == ("endpoint_unreachable", [])
        assert "lab-node1 port 445" in result["msg"] and "esx02.lab.example port 902" in result["msg"]
        without = play(bare, "discover", "-e", "azlocal_check_reach=false")
        assert without.run.rc == 0 and "project key" in " ".join(without.waits), without.run.text


@pytest.mark.parametrize("way", ["labsrc>labtgt:445", "labtgt>labsrc:445"])
def test_a_closed_port_between_the_appliances_is_told_before_the_target_is_configured(ready: Stage, way: str) -> None:
    azure = of(ready.lab.servers["azure"])
    with ready.lab.world.lock:
        fabrics = azure.resources.of("Microsoft.DataReplication/replicationFabrics")
        (fabric,) = [row for row in fabrics if row.name.startswith(names.TARGET_APPLIANCE)]
        azure.resources.amend(fabric.id, customProperties={**fabric.properties["customProperties"], "cluster": None})
    with thrown(ready, blocked_ports=(way,)):
        told = play(ready, "replicate")
    assert (failure(told)["error_code"], told.waits, told.writes) == ("endpoint_unreachable", [], [])
    to = SOURCE if way.partition(">")[2].startswith(names.SOURCE_APPLIANCE) else TARGET
    assert ADDRESSES[to] in failure(told)["msg"]
    with thrown(ready, unresolved_names=("labsrc>labtgt", "labtgt>labsrc")):  # the inventory has their addresses
        assert "Who: " in " ".join(play(ready, "replicate").waits)


@pytest.mark.parametrize(
    ("name", "switch", "code"),
    [
        ("discover", {"licence_days_left": 0}, "appliance_licence"),
        ("replicate", {"appliance_skew_s": 900.0}, "appliance_skew"),
    ],
)
def test_what_only_an_appliance_knows_is_judged(ready: Stage, name: str, switch: dict[str, Any], code: str) -> None:
    began = time.monotonic()
    with thrown(ready, **switch):
        told = play(ready, name, "--limit", "localhost,azure_local_hosts")
    assert (failure(told)["error_code"], told.writes) == (code, [])
    assert time.monotonic() - began < 10 * GRACE_S, "nobody mends it, and a wait for the appliances may take an hour"
