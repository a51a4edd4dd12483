# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of an Azure Local instance stops a migration, and its volumes."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.problem import Problem
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.target import (
    Cluster,
    LogicalNetwork,
    StoragePath,
    TargetPlace,
    volume_of,
    volumes,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.target_problems import FULL_MB, problems
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain import samples

CLUSTER = Cluster(id=f"{samples.HCI}/clusters/cl", name="cl", connectivity="Connected")
VOLUME = "C:\\ClusterStorage\\UserStorage_1"


def path(name: str, folder: str, free: int | None = 500_000, size: int | None = 1_000_000, **more: Any) -> StoragePath:
    status = {"availableSizeMB": free, "containerSizeMB": size, "provisioningStatus": {"status": "Succeeded"}}
    said = {"path": folder, "provisioningState": "Succeeded", "status": status, **more}
    location = {"name": samples.LOCATION}
    return StoragePath.parse({"id": f"/{name}", "name": name, "properties": said, "extendedLocation": location})


def network(
    available: tuple[int | None, ...] = (5,), allocation: str = "Static", state: str = "Succeeded"
) -> LogicalNetwork:
    pools = [{"start": "a", "end": "b", "info": {"used": "1", "available": count}} for count in available]
    subnet = {"ipAllocationMethod": allocation, "ipPools": pools}
    said = {"provisioningState": state, "subnets": [{"properties": subnet}]}
    return LogicalNetwork.parse({"id": "/net", "name": "net", "properties": said})


def found(cluster: Cluster | None = CLUSTER, why_not: str = "", **changes: Any) -> list[Problem]:
    facts = {"storage_paths": (path("one", VOLUME + "\\a"),), "networks": (network(),), **changes}
    return list(problems(samples.place(**facts), cluster, why_not))


def codes(**changes: Any) -> list[tuple[str, str]]:
    return [(problem.code, problem.severity) for problem in found(**changes)]


@pytest.mark.parametrize(
    ("folder", "volume"),
    [
        (VOLUME + "\\lab", VOLUME),
        (VOLUME, VOLUME),
        ("c:\\clusterstorage\\UserStorage_1\\x\\y", "c:\\clusterstorage\\UserStorage_1"),
        ("C:/ClusterStorage/UserStorage_1/lab", VOLUME),
        ("D:\\VMs\\lab", "D:"),
        ("\\\\filer\\share", "\\\\filer\\share"),
        ("", ""),
    ],
)
def test_the_volume_of_a_path(folder: str, volume: str) -> None:
    assert volume_of(folder) == volume


def test_paths_of_one_volume_share_its_space() -> None:
    paths = [path("b", VOLUME + "\\b", 700), path("a", VOLUME.lower() + "\\a", 650), path("c", "D:\\c", None, None)]
    one, other = volumes(paths)
    assert (one.free_mb, one.size_mb, one.storage_paths) == (650, 1_000_000, ("a", "b"))
    assert (other.path, other.free_mb, other.storage_paths) == ("D:", None, ("c",))


def test_nothing_is_wrong_with_a_good_instance() -> None:
    assert codes() == []
    assert codes(cluster=None) == [], "an instance that may not be read is not held against it"
    assert codes(networks=(network((0, 1)), network((), "Dynamic"), network((None, 0)))) == []


@pytest.mark.parametrize(
    ("changes", "code", "severity"),
    [
        ({"cluster": Cluster(id="/c", name="cl", connectivity="Disconnected")}, "instance_disconnected", "warn"),
        ({"bridge_status": "Offline"}, "bridge", "block"),
        ({"bridge_status": ""}, "bridge", "block"),
        ({"custom_location_id": ""}, "no_custom_location", "block"),
        ({"storage_paths": ()}, "no_target_storage", "block"),
        ({"storage_paths": (path("x", VOLUME, provisioningState="Failed"),)}, "path_state", "block"),
        ({"storage_paths": (path("x", VOLUME, FULL_MB - 1),)}, "storage_full", "block"),
        ({"storage_paths": (path("x", VOLUME, 99_999),)}, "storage_tight", "warn"),
        ({"networks": ()}, "no_target_network", "block"),
        ({"networks": (network(state="Failed"),)}, "network_state", "block"),
        ({"networks": (network((0, 0)),)}, "network_full", "block"),
    ],
)
def test_what_is_wrong_is_told_once(changes: dict[str, Any], code: str, severity: str) -> None:
    assert codes(**changes) == [(code, severity)]
    [problem] = found(**changes)
    assert problem.text and problem.remedy


def test_what_belongs_to_another_instance_is_not_held_against_this_one() -> None:
    other = {"extendedLocation": {"name": samples.OTHER_LOCATION}}
    theirs = StoragePath.parse({"id": "/o", "name": "o", **other, "properties": {"provisioningState": "Failed"}})
    assert codes(storage_paths=(theirs, path("one", VOLUME))) == []
    assert codes(storage_paths=(theirs,)) == [("no_target_storage", "block")]


def test_a_look_that_found_nothing_says_why() -> None:
    [problem] = found(custom_location_id="", why_not="not allowed")
    assert problem.text.endswith(". A direct look: not allowed") and "read" in problem.remedy


def test_one_volume_is_told_once_for_all_its_paths() -> None:
    [problem] = found(storage_paths=(path("a", VOLUME + "\\a", 0), path("b", VOLUME + "\\b", 0)))
    assert "a, b" in problem.text


def test_a_cluster_is_read() -> None:
    reported = {"clusterVersion": "10.0.26100", "nodes": [{"name": "n1"}, {}, {"name": "n2"}]}
    said = {"connectivityStatus": "Connected", "status": "ConnectedRecently", "reportedProperties": reported}
    cluster = Cluster.parse({"id": "/c", "name": "c", "location": "eastus", "properties": said})
    assert (cluster.version, cluster.nodes, cluster.region) == ("10.0.26100", ("n1", "n2"), "eastus")
    assert Cluster.parse({}).nodes == ()


def test_a_place_may_be_empty() -> None:
    bare = TargetPlace(cluster_id="/c", custom_location_id="", region="")
    told = [problem.code for problem in problems(bare, None)]
    assert told == ["no_custom_location", "no_target_storage", "no_target_network"]
