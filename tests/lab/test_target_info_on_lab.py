# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Azure Local instance as target_info sees it on the lab: what it tells, by which way, and at which cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.rights import BRIDGE_READS
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project import Project
from ansible_collections.azlocal.migrate.plugins.modules import target_info
from ansible_collections.azlocal.migrate.tests.support.infrastructure_on_lab import SCOPE
from ansible_collections.azlocal.migrate.tests.support.killed import Ground
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab import names
from lab.azure import ids
from lab.switches import Switches
from lab.world import TargetDisk

Said = dict[str, Any]
StartGround = Callable[..., Ground]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartGround]:
    started: list[Ground] = []

    def begin(*, stage: str = "ready", **switches: Any) -> Ground:
        started.append(Ground(tmp_path / f"lab{len(started)}", switches=Switches(**switches), stage=stage))
        return started[-1]

    yield begin
    for ground in started:
        ground.lab.stop()


def ask(ground: Ground, cluster: str | None = ids.CLUSTER) -> tuple[Said, list[str], int]:
    """The module's answer, its warnings, and how many requests it took."""
    warned: list[str] = []
    moment = ground.records.moment()
    with ground.arm() as arm:
        params = {"cluster": cluster, "target_appliance": names.TARGET_APPLIANCE}
        frame: Any = SimpleNamespace(
            params=params, arm=arm, project=Project(arm, SCOPE), module=SimpleNamespace(warn=warned.append)
        )
        told = target_info.answer(frame)
    requests = [request for request in ground.records.since(moment) if not request.is_discovery]
    assert not [request for request in requests if request.write]
    return told, warned, len(requests)


def codes(told: Said) -> list[str]:
    return [problem["code"] for problem in told["problems"]]


def test_all_that_a_plan_needs_in_four_requests(start: StartGround) -> None:
    told, warned, requests = ask(start(stage="bare"))
    assert (told["problems"], warned, requests) == ([], [], 4)
    target = told["target"]
    assert (target["cluster_id"], target["region"]) == (ids.CLUSTER, names.CLUSTER_LOCATION)
    assert target["custom_location_id"].lower() == ids.CUSTOM_LOCATION.lower()
    assert (target["bridge_status"], target["bridge_seen_by"]) == ("Running", "resource_graph")
    cluster = target["cluster"]
    assert (cluster["name"], cluster["nodes"]) == (names.CLUSTER, names.NODES)
    assert cluster["version"] == "10.0.26100.32690" and cluster["connectivity"] == "Connected"
    shared, own = target["volumes"]
    assert (shared["free_mb"], shared["storage_paths"]) == (150_000_000, ("UserStorage1", "UserStorage1-Archive"))
    assert own["storage_paths"] == ("UserStorage2",)
    networks = {network["name"]: network for network in target["networks"]}
    static, dynamic = networks["lnet-prod-110"], networks["lnet-dhcp-130"]
    assert (static["allocation"], static["vlan"], static["gateway"]) == ("Static", 110, "10.10.0.1")
    [pool] = static["pools"]
    assert static["dns"] and static["free_addresses"] == pool["available"] > 0 and pool["used"] == 0
    assert (dynamic["free_addresses"], dynamic["gateway"]) == (None, "")


def test_without_a_cluster_it_is_the_target_appliances(start: StartGround) -> None:
    ground = start()
    told, _warned, requests = ask(ground, cluster=None)
    assert told["target"]["cluster_id"].lower() == ids.CLUSTER.lower() and requests == 8
    fabric = ground.azure.resources.find(ids.TARGET_FABRIC)
    assert fabric is not None
    custom = {**fabric.properties["customProperties"], "cluster": None}
    ground.azure.resources.amend(ids.TARGET_FABRIC, customProperties=custom)
    with pytest.raises(ClientError, match="no Azure Local instance is configured") as refused:
        ask(ground, cluster=None)
    assert refused.value.code == "appliance_not_connected"


@pytest.mark.behaviour("graph_bridge")
@thrown("graph_bridge", "current", "missing", "Offline")
def test_a_lagging_graph_is_not_believed(start: StartGround, setting: str) -> None:
    ground = start(graph_bridge=setting)
    told, warned, requests = ask(ground)
    target = told["target"]
    assert (target["bridge_status"], codes(told), warned) == ("Running", [], [])
    assert target["custom_location_id"].lower() == ids.CUSTOM_LOCATION.lower()
    assert target["region"] == names.CLUSTER_LOCATION
    way = {"current": ("resource_graph", 4), "missing": ("direct", 7), "Offline": ("direct", 6)}[setting]
    assert (target["bridge_seen_by"], requests) == way


@thrown("bridge_status", "Running", "Offline")
def test_a_bridge_that_is_off_is_told(start: StartGround, setting: str) -> None:
    told, warned, _requests = ask(start(bridge_status=setting))
    assert told["target"]["bridge_status"] == setting
    if setting == "Offline":
        assert codes(told) == ["bridge"] and told["target"]["bridge_seen_by"] == "direct"
        assert warned == ["the Arc resource bridge is Offline; bring the bridge of the Azure Local instance to Running"]


@pytest.mark.parametrize("right", BRIDGE_READS)
def test_a_bridge_that_neither_way_shows(start: StartGround, right: str) -> None:
    told, warned, _requests = ask(start(graph_bridge="missing", missing_rights=(right,)))
    assert (codes(told), len(warned)) == (["no_custom_location"], 1)
    target = told["target"]
    assert (target["custom_location_id"], target["bridge_status"], target["bridge_seen_by"]) == ("", "", "")
    assert target["storage_paths"] and right in warned[0] and "A direct look" in warned[0]


def test_what_the_graph_said_stays_where_nothing_else_may_be_read(start: StartGround) -> None:
    told, _warned, _requests = ask(start(graph_bridge="Offline"))
    assert told["target"]["bridge_seen_by"] == "direct"
    ground = start(graph_bridge="Offline")
    ground.lab.faults.add({"kind": "reply", "system": "azure", "method": "GET", "path": "/customLocations/",
                           "status": 403, "code": "AuthorizationFailed", "message": "No."})  # fmt: skip
    told, _warned, _requests = ask(ground)
    assert (codes(told), told["target"]["bridge_seen_by"]) == (["bridge"], "resource_graph")


def test_the_instance_itself_need_not_be_readable(start: StartGround) -> None:
    told, warned, _requests = ask(start(missing_rights=("Microsoft.AzureStackHCI/clusters/read",)))
    assert (told["target"]["cluster"], codes(told), warned) == (None, [], [])


@pytest.mark.parametrize(
    ("cluster", "code"), [(f"{ids.CLUSTER}-typo", "instance_not_found"), ("lab-cl", "bad_cluster_id")]
)
def test_an_instance_that_is_not_there(start: StartGround, cluster: str, code: str) -> None:
    with pytest.raises(ClientError) as refused:
        ask(start(), cluster)
    assert (refused.value.code, bool(refused.value.remedy)) == (code, True)


def test_a_full_volume_is_told_once(start: StartGround) -> None:
    ground = start()
    free = names.STORAGE_PATHS["UserStorage2"][2]
    with ground.azure.world.lock:
        disk = TargetDisk(name="x", path="x.vhdx", size_bytes=free * 2**20, digest="", source_uuid="",
                          storage_path=ids.STORAGE["UserStorage2"])  # fmt: skip
        ground.azure.world.seeds["x"] = disk
    told, warned, _requests = ask(ground)
    assert codes(told) == ["storage_full"] and "UserStorage2" in warned[0]
