# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From genuine vSphere objects to plain data."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyVmomi import vim

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_collector import Found
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_names import decode, encode
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_places import Places, build
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_read import (
    guest_family,
    mark_of,
    parse_vm,
    refers_to_unknown,
    snapshot_times,
    tools_state,
)

Backing = vim.vm.device.VirtualDevice
Card = vim.vm.device.VirtualEthernetCard
MADE = dt.datetime(2025, 2, 19, 21, 30, tzinfo=dt.UTC)
DENIED = vim.fault.NoPermission(object=vim.VirtualMachine("vm-1", None), privilegeId="System.Read")
VmwareDvs = vim.dvs.VmwareDistributedVirtualSwitch


def ref(kind: str, moid: str) -> Any:
    return getattr(vim, kind)(moid, None)


def tables(rows: list[tuple[Any, dict[str, Any]]]) -> Places:
    """The tables of what may be read whole."""
    return build(Found(thing, props, {}) for thing, props in rows)


def port_config(vlan: Any) -> Any:
    return VmwareDvs.VmwarePortConfigPolicy(vlan=vlan)


@pytest.fixture
def places() -> Places:
    group = vim.dvs.DistributedVirtualPortgroup
    field = vim.CustomFieldsManager.FieldDef
    fields = [
        field(key=101, name="owner", managedObjectType=None, type=str),
        field(key=102, name="azlocal.migrate", managedObjectType=vim.HostSystem, type=str),
        field(key=103, name="azlocal.migrate", managedObjectType=vim.VirtualMachine, type=str),
    ]
    return tables(
        [
            (ref("Datacenter", "dc-1"), {"name": "DC", "vmFolder": ref("Folder", "group-v1")}),
            (ref("Folder", "group-d1"), {"name": "Datacenters"}),
            (ref("Folder", "group-v1"), {"name": "vm", "parent": ref("Datacenter", "dc-1")}),
            (ref("Folder", "group-v2"), {"name": "Production", "parent": ref("Folder", "group-v1")}),
            (ref("Folder", "group-v3"), {"name": "Web%2fShop", "parent": ref("Folder", "group-v2")}),
            (ref("Folder", "group-h1"), {"name": "host", "parent": ref("Datacenter", "dc-1")}),
            (ref("HostSystem", "host-1"), {"name": "esx01.example"}),
            (group("dvpg-1", None), {"name": "Prod%2f110", "key": "dvpg-1",
                                     "config.defaultPortConfig": port_config(VmwareDvs.VlanIdSpec(vlanId=110))}),
            (group("dvpg-2", None), {"name": "Trunk", "key": "dvpg-2", "config.defaultPortConfig": port_config(
                VmwareDvs.TrunkVlanSpec(vlanId=[vim.NumericRange(start=0, end=4094)]))}),
            (group("dvpg-3", None), {"name": "Private", "key": "dvpg-3",
                                     "config.defaultPortConfig": port_config(VmwareDvs.PvlanSpec(pvlanId=5))}),
            (group("dvpg-4", None), {"name": "Hidden"}),
            (ref("OpaqueNetwork", "network-o1"), {"name": "Segment", "summary": vim.OpaqueNetwork.Summary(
                opaqueNetworkId="nsx-1", opaqueNetworkType="nsx.LogicalSwitch", name="Segment", accessible=True)}),
            (ref("CustomFieldsManager", "CustomFieldsManager"), {"field": fields}),
        ]
    )  # fmt: skip


def test_places(places: Places) -> None:
    assert places.folder_path("group-v3") == "Production/Web/Shop"
    assert places.folder_path("group-v1") == ""
    assert places.folder_path("group-h1") == ""
    assert places.folder_path("nowhere") == ""
    assert places.root_of("group-v3") == "group-v1"
    assert places.root_of("group-h1") == ""
    assert places.child("group-v2", "Web/Shop") == "group-v3"
    assert places.child("group-v1", "Web/Shop") == ""
    assert places.port_groups == {
        "dvpg-1": ("Prod/110", 110),
        "dvpg-2": ("Trunk", None),
        "dvpg-3": ("Private", None),
        "dvpg-4": ("Hidden", None),
    }
    assert places.opaque_networks == {"nsx-1": "Segment"}
    assert places.mark_key == 103
    assert places.hosts == {"host-1": "esx01.example"}


def test_attribute_of_another_kind_is_not_ours() -> None:
    field = vim.CustomFieldsManager.FieldDef(key=1, name="azlocal.migrate", managedObjectType=vim.HostSystem, type=str)
    assert tables([(ref("CustomFieldsManager", "m"), {"field": [field]})]).mark_key is None


def mark(key: int, value: str) -> Any:
    return vim.CustomFieldsManager.StringValue(key=key, value=value)


def full() -> dict[str, Any]:
    """What vCenter tells of an ordinary machine."""
    question = vim.vm.QuestionInfo(
        id="1",
        text="Was it moved or copied?",
        choice=vim.option.ChoiceOption(choiceInfo=[vim.ElementDescription(key="0", label="Copied", summary="")]),
    )
    snapshot = vim.vm.SnapshotTree(
        snapshot=vim.vm.Snapshot("snapshot-1", None), vm=ref("VirtualMachine", "vm-1"), name="a", description="", id=1
    )
    snapshot.createTime = MADE
    return {
        "name": "web%2f01",
        "parent": ref("Folder", "group-v3"),
        "customValue": [mark(101, "me"), mark(103, '{"a": 1}')],
        "config.instanceUuid": "5001-1",
        "config.uuid": "4201-1",
        "config.guestId": "windows2019srv_64Guest",
        "config.guestFullName": "Microsoft Windows Server 2019 (64-bit)",
        "config.firmware": "efi",
        "config.bootOptions": vim.vm.BootOptions(efiSecureBootEnabled=True),
        "config.hardware.numCPU": 4,
        "config.hardware.memoryMB": 8192,
        "config.hardware.device": [],
        "config.template": False,
        "config.changeTrackingEnabled": True,
        "capability.changeTrackingSupported": True,
        "guest.toolsRunningStatus": "guestToolsRunning",
        "guest.toolsVersionStatus2": "guestToolsCurrent",
        "guest.toolsStatus": "toolsOk",
        "guest.guestFamily": "windowsGuest",
        "guest.hostName": "WEB01",
        "guest.net": [],
        "runtime.powerState": "poweredOn",
        "runtime.connectionState": "connected",
        "runtime.host": ref("HostSystem", "host-1"),
        "runtime.question": question,
        "runtime.consolidationNeeded": True,
        "snapshot": vim.vm.SnapshotInfo(rootSnapshotList=[snapshot]),
    }


def test_whole_machine(places: Places) -> None:
    parsed = parse_vm("vm-1", full(), places)
    assert parsed == {
        "moid": "vm-1",
        "name": "web/01",
        "instance_uuid": "5001-1",
        "bios_uuid": "4201-1",
        "power": "on",
        "connection": "connected",
        "tools": "running",
        "guest_id": "windows2019srv_64Guest",
        "guest_name": "Microsoft Windows Server 2019 (64-bit)",
        "guest_family": "windows",
        "hostname": "WEB01",
        "firmware": "efi",
        "secure_boot": True,
        "cpu_cores": 4,
        "memory_mb": 8192,
        "template": False,
        "question": "Was it moved or copied?",
        "consolidation_needed": True,
        "snapshots": 1,
        "newest_snapshot": "2025-02-19T21:30:00+00:00",
        "cbt_enabled": True,
        "cbt_supported": True,
        "host": "esx01.example",
        "folder": "Production/Web/Shop",
        "mark": '{"a": 1}',
        "disks": [],
        "nics": [],
        "unreadable": [],
    }
    assert json.loads(json.dumps(parsed)) == parsed
    assert not refers_to_unknown(full(), places)


@given(hidden=st.sets(st.sampled_from(sorted(full()))))
def test_any_property_may_be_missing(hidden: set[str]) -> None:
    """A machine that is not accessible, or that the account may see only in part, is still a machine."""
    props = {path: value for path, value in full().items() if path not in hidden}
    whole, unset = parse_vm("vm-1", full(), Places()), parse_vm("vm-1", props, Places())
    kept_back = parse_vm("vm-1", props, Places(), dict.fromkeys(hidden, DENIED))
    assert unset.keys() == kept_back.keys() == whole.keys()
    assert json.dumps(kept_back)
    assert unset["unreadable"] == []  # simply unset: no snapshots are no snapshots
    assert [hole["path"] for hole in kept_back["unreadable"]] == sorted(hidden)


def test_attributes_that_may_not_be_listed_leave_every_mark_unread() -> None:
    manager = Found(ref("CustomFieldsManager", "m"), {}, {"field": DENIED})
    assert parse_vm("vm-1", full(), build([manager]))["unreadable"] == [
        {"path": "customFieldsManager.field", "privilege": "System.Read", "fault": "NoPermission"}
    ]


def test_time_of_the_server() -> None:
    assert tables([(ref("ServiceInstance", "ServiceInstance"), {"serverClock": MADE})]).server_clock == MADE


def test_unread_power_is_neither_on_nor_off() -> None:
    assert parse_vm("vm-1", {}, Places())["power"] == "unknown"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("parent", ref("Folder", "group-v9")),
        ("runtime.host", ref("HostSystem", "host-9")),
        ("customValue", [mark(104, "x")]),
    ],
)
def test_something_new_is_noticed(places: Places, path: str, value: Any) -> None:
    assert refers_to_unknown(full() | {path: value}, places)


def test_last_mark_counts(places: Places) -> None:
    assert mark_of({"customValue": [mark(103, "old"), mark(103, "new")]}, places) == "new"
    assert mark_of({"customValue": [mark(103, "old"), mark(103, "")]}, places) is None
    assert mark_of({"customValue": [mark(101, "other")]}, places) is None
    assert mark_of({}, places) is None


@pytest.mark.parametrize(
    ("running", "version", "old", "expected"),
    [
        ("guestToolsRunning", "guestToolsNeedUpgrade", "toolsOld", "running"),
        ("guestToolsRunning", "guestToolsUnmanaged", "toolsOk", "running"),
        ("guestToolsExecutingScripts", "guestToolsCurrent", "toolsOk", "not_running"),
        ("guestToolsNotRunning", "guestToolsCurrent", "toolsNotRunning", "not_running"),
        ("guestToolsNotRunning", "guestToolsNotInstalled", "toolsNotInstalled", "not_installed"),
        (None, None, "toolsNotInstalled", "not_installed"),
        (None, None, None, "not_running"),
    ],
)
def test_tools(running: str | None, version: str | None, old: str | None, expected: str) -> None:
    props = {
        "guest.toolsRunningStatus": running,
        "guest.toolsVersionStatus2": version,
        "guest.toolsStatus": old and vim.vm.GuestInfo.ToolsStatus(old),
    }
    assert tools_state(props) == expected


@pytest.mark.parametrize(
    ("told", "guest_id", "expected"),
    [
        ("linuxGuest", "windows9Server64Guest", "linux"),
        ("", "winLonghorn64Guest", "windows"),
        ("", "windows2022srvNext_64Guest", "windows"),
        ("", "rhel9_64Guest", "linux"),
        ("", "oracleLinux8_64Guest", "linux"),
        ("", "rockylinux_64Guest", "linux"),
        ("", "other5xLinux64Guest", "linux"),
        ("", "otherGuest64", "other"),
        ("otherGuestFamily", "freebsd13_64Guest", "other"),
        ("", "darwin21_64Guest", "other"),
        ("", "", "other"),
    ],
)
def test_guest_family(told: str, guest_id: str, expected: str) -> None:
    assert guest_family(told, guest_id) == expected


def test_every_known_guest_has_the_family_of_its_name() -> None:
    known = [str(guest_id) for guest_id in vim.vm.GuestOsDescriptor.GuestOsIdentifier.values]
    assert len(known) > 150
    for guest_id in known:
        if "linux" in guest_id.lower():
            assert guest_family("", guest_id) == "linux"
        if guest_id.startswith("win"):
            assert guest_family("", guest_id) == "windows"


def test_long_chain_of_snapshots() -> None:
    machine = ref("VirtualMachine", "vm-1")

    def node(children: list[Any], made: dt.datetime | None = MADE) -> Any:
        tree = vim.vm.SnapshotTree(
            snapshot=vim.vm.Snapshot("snapshot-1", None), vm=machine, name="s", description="", id=1
        )
        tree.childSnapshotList = children
        if made:
            tree.createTime = made
        return tree

    chain = node([])
    for _ in range(2000):
        chain = node([chain])
    assert len(snapshot_times([chain, node([])])) == 2002
    assert snapshot_times(None) == []
    later = MADE + dt.timedelta(hours=1)
    tree = vim.vm.SnapshotInfo(rootSnapshotList=[node([node([], later), node([], None)])])
    parsed = parse_vm("vm-1", {"snapshot": tree}, Places())
    assert (parsed["snapshots"], parsed["newest_snapshot"]) == (3, later.isoformat())


@given(st.text())
def test_names_survive_both_ways(name: str) -> None:
    assert decode(encode(name)) == name
    assert not set("/\\") & set(encode(name))


@pytest.mark.parametrize(("stored", "shown"), [("a%2fb", "a/b"), ("a%2Fb", "a/b"), ("100%25", "100%"), ("%252f", "%2f"),
                                               ("a%5cb", "a\\b"), ("50%", "50%"), ("%20", "%20")])  # fmt: skip
def test_decoding(stored: str, shown: str) -> None:
    assert decode(stored) == shown
