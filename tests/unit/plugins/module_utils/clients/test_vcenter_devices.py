# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks and network adapters out of genuine virtual devices."""

from __future__ import annotations

from typing import Any

import pytest
from pyVmomi import vim

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import InvalidRequest
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_devices import (
    connection_changes,
    disks,
    has_standard_network,
    nics,
    port_group_keys,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_places import Places, standard_vlans

device = vim.vm.device
Disk = device.VirtualDisk
Card = device.VirtualEthernetCard


def controller(kind: str = "ParaVirtualSCSIController", key: int = 1000, bus: int = 0) -> Any:
    made = getattr(device, kind)(key=key, busNumber=bus)
    return made


def disk(key: int = 2000, unit: int = 0, controller_key: int = 1000, backing: Any = None, **more: Any) -> Any:
    flat = Disk.FlatVer2BackingInfo(
        fileName="[DS-Gold-01] web01/web01.vmdk", diskMode="persistent", thinProvisioned=True, uuid="6000C291-aa"
    )
    values = {"capacityInKB": 1024, "capacityInBytes": 1024**2} | more
    info = vim.Description(label=f"Hard disk {key - 1999}", summary="")
    return Disk(
        key=key, unitNumber=unit, controllerKey=controller_key, deviceInfo=info, backing=backing or flat, **values
    )


def test_ordinary_disk() -> None:
    assert disks([controller(), disk()]) == [
        {
            "key": 2000,
            "uuid": "6000C291-aa",
            "label": "Hard disk 1",
            "name": "scsi0:0",
            "capacity_bytes": 1024**2,
            "mode": "persistent",
            "thin": True,
            "datastore": "DS-Gold-01",
            "path": "[DS-Gold-01] web01/web01.vmdk",
            "sharing": "sharingNone",
            "rdm": None,
            "controller": "pvscsi",
        }
    ]


@pytest.mark.parametrize(
    ("kind", "word", "name"),
    [
        ("ParaVirtualSCSIController", "pvscsi", "scsi1:3"),
        ("VirtualLsiLogicController", "lsilogic", "scsi1:3"),
        ("VirtualLsiLogicSASController", "lsisas", "scsi1:3"),
        ("VirtualBusLogicController", "buslogic", "scsi1:3"),
        ("VirtualNVMEController", "nvme", "nvme1:3"),
        ("VirtualIDEController", "ide", "ide1:3"),
        ("VirtualAHCIController", "sata", "sata1:3"),
    ],
)
def test_controllers(kind: str, word: str, name: str) -> None:
    found = disks([disk(unit=3, controller_key=15000), controller(kind, key=15000, bus=1)])[0]
    assert (found["controller"], found["name"]) == (word, name)


@pytest.mark.parametrize(("mode", "word"), [("physicalMode", "physical"), ("virtualMode", "virtual")])
def test_raw_device(mode: str, word: str) -> None:
    backing = Disk.RawDiskMappingVer1BackingInfo(
        fileName="[DS] a/rdm.vmdk", compatibilityMode=mode, uuid="6000C29f", diskMode="independent_persistent"
    )
    found = disks([controller(), disk(backing=backing)])[0]
    assert (found["rdm"], found["mode"], found["uuid"], found["thin"]) == (
        word, "independent_persistent", "6000C29f", False
    )  # fmt: skip


def test_multi_writer_and_se_sparse() -> None:
    backing = Disk.SeSparseBackingInfo(fileName="", diskMode="persistent", uuid="u")
    flat = Disk.FlatVer2BackingInfo(fileName="[D] x", diskMode="persistent", sharing="sharingMultiWriter")
    found = disks([controller(), disk(key=2001, backing=flat), disk(backing=backing)])
    assert [entry["key"] for entry in found] == [2000, 2001]
    assert [entry["sharing"] for entry in found] == ["sharingNone", "sharingMultiWriter"]
    assert found[0]["datastore"] == ""
    assert found[1]["uuid"] == ""


def test_old_disk_without_bytes_and_without_controller() -> None:
    found = disks([disk(capacityInBytes=None, capacityInKB=3)])[0]
    assert (found["capacity_bytes"], found["controller"], found["name"]) == (3072, "", "")


PLACES = Places(
    port_groups={"dvpg-1": ("Prod", 110)},
    opaque_networks={"nsx-1": "Segment"},
    standard_vlans={"host-1": {"VM Network": 12}},
)


def distributed(key: str = "dvpg-1") -> Any:
    port = vim.dvs.PortConnection(switchUuid="50 01", portgroupKey=key)
    return Card.DistributedVirtualPortBackingInfo(port=port)


def standard(name: str = "VM Network") -> Any:
    return Card.NetworkBackingInfo(deviceName=name)


def card(key: int = 4000, backing: Any = None, connected: bool = True, start: bool = True) -> Any:
    connectable = device.VirtualDevice.ConnectInfo(
        connected=connected, startConnected=start, allowGuestControl=False, status="ok"
    )
    return device.VirtualVmxnet3(
        key=key,
        deviceInfo=vim.Description(label=f"Network adapter {key - 3999}", summary=""),
        macAddress="00:50:56:aa:bb:cc",
        addressType="assigned",
        backing=backing or distributed(),
        connectable=connectable,
    )


def guest_nic(key: int, *addresses: tuple[str, str | None]) -> Any:
    detailed = [
        vim.net.IpConfigInfo.IpAddress(ipAddress=address, prefixLength=24, origin=origin)
        for address, origin in addresses
    ]
    return vim.vm.GuestInfo.NicInfo(
        deviceConfigId=key,
        connected=True,
        ipAddress=[address for address, _ in addresses],
        ipConfig=vim.net.IpConfigInfo(ipAddress=detailed),
    )


def test_ordinary_adapter() -> None:
    guest = [
        guest_nic(4000, ("10.0.0.5", "manual"), ("fe80::1", "linklayer"), ("2001:db8::5", "random")),
        guest_nic(4001, ("10.0.0.6", "dhcp")),
        guest_nic(-1, ("172.17.0.1", None)),  # a container network of the guest: no adapter of the machine
    ]
    first, second = nics([card(4001), card(), controller()], guest, PLACES, "host-1")
    assert first == {
        "key": 4000,
        "label": "Network adapter 1",
        "mac": "00:50:56:aa:bb:cc",
        "network": "Prod",
        "vlan": 110,
        "connected": True,
        "start_connected": True,
        "addresses": ["10.0.0.5", "fe80::1", "2001:db8::5"],
        "origins": {"10.0.0.5": "manual", "fe80::1": "linklayer", "2001:db8::5": "other"},
    }
    assert second["origins"] == {"10.0.0.6": "dhcp"}


def test_addresses_without_detail() -> None:
    plain = vim.vm.GuestInfo.NicInfo(deviceConfigId=4000, connected=True, ipAddress=["10.0.0.5"])
    assert nics([card()], [plain], PLACES, "")[0]["origins"] == {"10.0.0.5": "other"}


@pytest.mark.parametrize(
    ("backing", "host", "expected"),
    [
        (distributed(), "host-1", ("Prod", 110)),
        (distributed("dvpg-9"), "host-1", ("dvpg-9", None)),
        (standard(), "host-1", ("VM Network", 12)),
        (standard(), "host-2", ("VM Network", None)),
        (Card.OpaqueNetworkBackingInfo(opaqueNetworkId="nsx-1", opaqueNetworkType="nsx"), "", ("Segment", None)),
        (Card.LegacyNetworkBackingInfo(deviceName="old"), "", ("", None)),
    ],
)
def test_networks(backing: Any, host: str, expected: tuple[str, int | None]) -> None:
    found = nics([card(backing=backing)], [], PLACES, host)[0]
    assert (found["network"], found["vlan"]) == expected


def test_what_networks_are_used() -> None:
    used = [card(), card(4001, standard()), controller(), disk()]
    assert port_group_keys(used) == {"dvpg-1"}
    assert has_standard_network(used)
    assert not has_standard_network(used[:1])


def test_standard_port_groups() -> None:
    def group(name: str, vlan: int) -> Any:
        spec = vim.host.PortGroup.Specification(
            name=name, vlanId=vlan, vswitchName="vSwitch0", policy=vim.host.NetworkPolicy()
        )
        return vim.host.PortGroup(key=name, spec=spec, computedPolicy=vim.host.NetworkPolicy())

    assert standard_vlans([group("A%2fB", 0), group("All", 4095), group("C", 7)]) == {"A/B": 0, "All": None, "C": 7}


def test_adapters_that_are_so_are_left_alone() -> None:
    assert connection_changes([card()], {4000: (True, True)}, powered_on=True) == []
    assert connection_changes([card(connected=False)], {4000: (True, True)}, powered_on=False) == []


def test_only_the_connection_changes() -> None:
    before = card(4001)
    edits = connection_changes([card(), before], {4000: (True, True), 4001: (False, False)}, powered_on=True)
    assert [edit.device.key for edit in edits] == [4001]
    edit = edits[0]
    assert edit.operation == "edit"
    assert edit.fileOperation is None
    assert (edit.device.connectable.connected, edit.device.connectable.startConnected) == (False, False)
    assert edit.device.connectable.allowGuestControl is False
    assert (edit.device.macAddress, edit.device.backing.port.portgroupKey) == ("00:50:56:aa:bb:cc", "dvpg-1")


def test_while_off_nothing_is_asked_to_be_connected() -> None:
    edits = connection_changes([card(connected=False, start=False)], {4000: (True, True)}, powered_on=False)
    assert (edits[0].device.connectable.connected, edits[0].device.connectable.startConnected) == (False, True)


def test_unknown_adapter() -> None:
    with pytest.raises(InvalidRequest) as caught:
        connection_changes([card()], {4007: (True, True), 4000: (False, False)}, powered_on=True)
    assert "4007" in str(caught.value)
    assert "4000" in caught.value.remedy
