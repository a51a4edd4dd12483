# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Joining what vCenter says with what Azure Migrate knows."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import source
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.source import merge
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain import samples

SHAPE: dict[str, Any] = {
    "moid": "vm-7",
    "name": "web/01",
    "instance_uuid": samples.UUID,
    "power": "on",
    "connection": "connected",
    "tools": "running",
    "guest_family": "linux",
    "hostname": "web01",
    "firmware": "bios",
    "secure_boot": False,
    "cpu_cores": 8,
    "memory_mb": 8192,
    "template": False,
    "question": None,
    "consolidation_needed": False,
    "snapshots": 0,
    "cbt_enabled": True,
    "cbt_supported": True,
    "host": "esx01",
    "folder": "Web",
    "mark": None,
    "disks": [
        {
            "key": 2000,
            "uuid": "6000c290-AAAA",
            "label": "Hard disk 1",
            "name": "scsi0:0",
            "capacity_bytes": 100,
            "mode": "persistent",
            "rdm": None,
            "sharing": "sharingNone",
            "controller": "pvscsi",
        },
        {"key": 2001, "uuid": "6000c290-new", "label": "Hard disk 2", "name": "scsi0:1", "capacity_bytes": 1},
    ],
    "nics": [
        {
            "key": 4000,
            "label": "Network adapter 1",
            "mac": "00:50:56:00:00:01",
            "network": "PG",
            "vlan": 110,
            "connected": True,
            "start_connected": True,
            "addresses": ["10.0.0.1"],
            "origins": {"10.0.0.1": "manual"},
        }
    ],
}
REPLY: dict[str, Any] = {
    "id": samples.MACHINE_ID,
    "properties": {
        "displayName": "old-name",
        "instanceUuid": samples.UUID.upper(),
        "vCenterId": f"{samples.SITE}/vcenters/vc1",
        "powerStatus": "OFF",
        "allocatedMemoryInMB": 4096.0,
        "numberOfProcessorCore": 4,
        "firmware": "efi",
        "secureBootEnabled": True,
        "vMwareToolsStatus": "NotInstalled",
        "operatingSystemDetails": {"osType": "windowsGuest"},
        "disks": [{"uuid": "6000C290-aaaa", "name": "scsi0:0", "maxSizeInBytes": 50, "isOSDisk": "true"}],
        "networkAdapters": [{"nicId": "4000", "macAddress": "x", "ipAddressList": ["1.2.3.4"]}],
        "isDeleted": False,
    },
}


def reply(**changes: Any) -> dict[str, Any]:
    return {**REPLY, "properties": {**REPLY["properties"], **changes}}


def test_vcenter_wins_for_what_it_reads_live() -> None:
    [vm] = merge([SHAPE], [REPLY])
    assert (vm.name, vm.power, vm.tools, vm.firmware, vm.os_type) == ("web/01", "on", "running", "bios", "linux")
    assert (vm.cpu_cores, vm.memory_mb, vm.secure_boot, vm.mark, vm.question) == (8, 8192, False, "", "")
    assert vm.nics[0].nic_id == "4000" and vm.nics[0].origins == (("10.0.0.1", "manual"),)


def test_azure_migrate_adds_its_ids_its_marker_and_its_spelling() -> None:
    [vm] = merge([SHAPE], [REPLY], run_as={f"{samples.SITE}/VCENTERS/vc1": "/account"})
    assert vm.machine_id == samples.MACHINE_ID and vm.item_name == f"vc1_{samples.UUID}"
    assert vm.run_as_account_id == "/account"
    assert [(disk.uuid, disk.is_os) for disk in vm.disks] == [("6000C290-aaaa", True), ("6000c290-new", None)]
    assert vm.disks[0].capacity_bytes == 100
    assert vm.discovered_disks == ("6000c290-aaaa",) and vm.discovered_nics == ("4000",)


def test_a_vm_of_one_side_stays() -> None:
    only_live, only_known = merge([SHAPE], [reply(instanceUuid="other")])
    assert only_live.in_vcenter and not only_live.discovered
    assert not only_known.in_vcenter and only_known.discovered
    assert (only_known.power, only_known.tools, only_known.os_type) == ("off", "not_installed", "windows")
    assert (only_known.memory_mb, only_known.secure_boot, only_known.disks[0].capacity_bytes) == (4096, True, 50)


def test_the_living_record_beats_the_deleted_one() -> None:
    for replies in ([reply(isDeleted=True), REPLY], [REPLY, reply(isDeleted=True)]):
        [vm] = merge([SHAPE], replies)
        assert not vm.is_deleted
    [vm] = merge([SHAPE], [reply(isDeleted=True)])
    assert vm.is_deleted and vm.in_vcenter


def test_vms_without_uuid_are_not_joined() -> None:
    assert len(merge([{**SHAPE, "instance_uuid": ""}], [reply(instanceUuid=None), reply(instanceUuid="")])) == 3


def test_a_fresh_read_can_be_joined_with_what_was_known() -> None:
    [before] = merge([SHAPE], [REPLY])
    again = source.join(source.from_vcenter({**SHAPE, "power": "off"}), before)
    assert again.power == "off"
    assert (again.machine_id, again.discovered_disks, again.disks) == (
        before.machine_id,
        before.discovered_disks,
        before.disks,
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.fixed_dictionaries({}, optional={key: JSON for key in SHAPE}),
    st.fixed_dictionaries({}, optional={key: JSON for key in REPLY["properties"]}),
)
def test_never_raises(shape: dict[str, Any], properties: dict[str, Any]) -> None:
    for vm in merge([shape], [{"id": samples.MACHINE_ID, "properties": properties}]):
        assert isinstance(vm.name, str) and isinstance(vm.memory_mb, int)
