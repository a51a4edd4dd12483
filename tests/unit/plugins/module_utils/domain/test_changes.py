# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between what is wanted and what replicates."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import wire
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.changes import Drift, drift
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.item import ProtectedItem
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.spec import build
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.wanted import Wanted
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain import samples

PAIR = wire.Pair(
    cluster_id="/c",
    custom_location_id="/l",
    region="r",
    policy_name="p",
    extension_name="e",
    source_agent="s",
    target_agent="t",
)
SOURCE = samples.machine(nics=(samples.nic(0), samples.nic(1)))


def made(entry: dict[str, Any] | None = None, **changes: Any) -> ProtectedItem:
    reply = samples.read_back(wire.create_body(samples.wanted(entry, SOURCE), SOURCE, PAIR, "2026-05-01"), SOURCE)
    reply["properties"]["customProperties"] |= changes
    return ProtectedItem.parse(reply)


def between(entry: dict[str, Any], item: ProtectedItem) -> Drift:
    return drift(samples.wanted(entry, SOURCE), item)


@pytest.mark.parametrize(
    ("entry", "name", "before", "after"),
    [
        ({"cpu_cores": 8}, "cpu_cores", 4, 8),
        ({"memory_mb": 8192}, "memory_mb", 4096, 8192),
    ],
)
def test_numbers(entry: dict[str, Any], name: str, before: int, after: int) -> None:
    found = between(entry, made())
    assert found.updatable == {name: (before, after)} and found.immutable == {} and found


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        ({"dynamic_memory": True}, {"dynamic_memory"}),
        ({"nics": [{"match": "4001", "create": False}]}, {"nics"}),
        ({"nics": [{"match": "4001", "logical_network": "lnet-dhcp-130"}]}, {"nics"}),
        ({"security": "secure_boot"}, {"security"}),
    ],
)
def test_updatable(entry: dict[str, Any], names: set[str]) -> None:
    found = between(entry, made({"security": "none"}))
    assert set(found.updatable) == names and not found.immutable


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        ({"target_vm_name": "other"}, {"target_vm_name"}),
        ({"target_resource_group": "rg-other"}, {"target_resource_group"}),
        ({"storage_path": "FastStorage"}, {"storage_path", "disks"}),
        ({"disks": [{"match": "scsi0:1", "storage_path": "FastStorage"}]}, {"disks"}),
        ({"disks": [{"match": "scsi0:1", "include": False}]}, {"disks"}),
        ({"disks": [{"match": "scsi0:1", "dynamic": False}]}, {"disks"}),
        ({"os_disk": "scsi0:1"}, {"disks"}),
    ],
)
def test_immutable(entry: dict[str, Any], names: set[str]) -> None:
    found = between(entry, made())
    assert set(found.immutable) == names and not found.updatable


def test_generation_and_arc_are_fixed() -> None:
    assert set(between({}, made(hyperVGeneration="1")).immutable) == {"generation"}
    assert between({"arc": "reuse"}, made(migrateAsArcVM=False)).immutable == {"arc": ("no reuse", "reuse")}
    assert not between({}, made(migrateAsArcVM=False))
    assert not between({"arc": "reuse"}, made(migrateAsArcVM=None))


def test_a_grown_disk_shows() -> None:
    grown = samples.machine(nics=SOURCE.nics, disks=(samples.disk(0, capacity_bytes=99 * samples.GIB), samples.disk(1)))
    assert set(drift(samples.wanted({}, grown), made()).immutable) == {"disks"}


def test_silence_is_no_difference() -> None:
    silent = ProtectedItem.parse({"properties": {"customProperties": {"protectedDisks": [], "protectedNics": None}}})
    assert not drift(samples.wanted({"cpu_cores": 8, "security": "secure_boot", "os_type": "windows"}), silent)


def test_words_and_case_of_the_service_do_not_matter() -> None:
    item = made(
        {"security": "secure_boot"},
        osType="linuxGuest",
        securityOption="secureBootEnabled",
        targetVmName="ERP-DB01",
        targetCpuCores=4.0,
        isDynamicRam="false",
    )
    assert not between({"security": "secure_boot"}, item)


def test_keeping_an_address_is_compared_where_the_service_tells() -> None:
    item = made()
    assert not between({"nics": [{"match": "4000", "keep_ip": True}]}, item)
    told = made(
        protectedNics=[
            {"nicId": "4000", "selectionTypeForFailover": "SelectedByUser", "isStaticIpMigrationEnabled": False},
            {"nicId": "4001", "selectionTypeForFailover": "SelectedByUser"},
        ]
    )
    assert set(between({"nics": [{"match": "4000", "keep_ip": True}]}, told).updatable) == {"nics"}


def test_plain_is_json() -> None:
    found = between(
        {"cpu_cores": 8, "dynamic_memory": True, "os_disk": "scsi0:1", "nics": [{"match": "4001", "create": False}]},
        made(),
    )
    plain = json.loads(json.dumps(found.plain()))
    assert plain["before"]["cpu_cores"] == 4 and plain["after"]["cpu_cores"] == 8
    assert plain["after"]["nics"][1]["create"] is False


ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        "cpu_cores": st.integers(1, 240),
        "memory_mb": st.integers(1024, 100_000),
        "dynamic_memory": st.booleans(),
        "security": st.sampled_from(["auto", "none", "secure_boot", "trusted_launch"]),
        "arc": st.sampled_from(["none", "fresh", "reuse"]),
        "auto_resync": st.booleans(),
        "target_vm_name": st.sampled_from(["a", "b-1"]),
        "storage_path": st.sampled_from(["UserStorage1", "FastStorage"]),
        "os_disk": st.sampled_from(["scsi0:0", "scsi0:1"]),
        "disks": st.sampled_from(
            [[], [{"match": "scsi0:1", "dynamic": False}], [{"match": "scsi0:1", "storage_path": "FastStorage"}]]
        ),
        "nics": st.sampled_from(
            [[], [{"match": "4001", "create": False}], [{"match": "4000", "keep_ip": True, "keep_mac": True}]]
        ),
    },
)


@given(ENTRIES, st.sampled_from(["2024-09-01", "2026-05-01"]))
def test_what_was_made_as_wanted_does_not_drift(entry: dict[str, Any], version: str) -> None:
    wanted = build(entry, SOURCE, samples.place(), samples.defaults())
    assert isinstance(wanted, Wanted), wanted
    item = ProtectedItem.parse(samples.read_back(wire.create_body(wanted, SOURCE, PAIR, version), SOURCE))
    assert not drift(wanted, item)
