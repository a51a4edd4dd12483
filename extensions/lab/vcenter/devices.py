# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual devices: what a VM's hardware looks like to a client."""

from __future__ import annotations

import functools
from typing import Any

from ..world import SourceDisk, SourceNic, SourceVm
from .inventory import Inventory
from .types import make, reference, vim

_device = vim.vm.device
# bound once: pyVmomi looks names up slowly
_Ide = _device.VirtualIDEController
_Scsi = _device.VirtualSCSIController
_Disk = _device.VirtualDisk
_Flat = _Disk.FlatVer2BackingInfo
_Rdm = _Disk.RawDiskMappingVer1BackingInfo
_Vmxnet3 = _device.VirtualVmxnet3
_Connection = _device.VirtualDevice.ConnectInfo
_OnSwitch = _device.VirtualEthernetCard.DistributedVirtualPortBackingInfo
_OnNetwork = _device.VirtualEthernetCard.NetworkBackingInfo
_Port = vim.dvs.PortConnection
_PortGroup = vim.dvs.DistributedVirtualPortgroup
_Description = vim.Description
_Snapshot = vim.vm.Snapshot
# controller -> (type, key of bus 0, label)
CONTROLLERS: dict[str, tuple[Any, int, str]] = {
    "lsilogic": (_device.VirtualLsiLogicController, 1000, "SCSI controller"),
    "lsilogicsas": (_device.VirtualLsiLogicSASController, 1000, "SCSI controller"),
    "buslogic": (_device.VirtualBusLogicController, 1000, "SCSI controller"),
    "pvscsi": (_device.ParaVirtualSCSIController, 1000, "SCSI controller"),
    "nvme": (_device.VirtualNVMEController, 31000, "NVME controller"),
    "sata": (_device.VirtualAHCIController, 15000, "SATA controller"),
    "ide": (_device.VirtualIDEController, 200, "IDE"),
}
_ADAPTERS = {
    "vmxnet3": _device.VirtualVmxnet3,
    "e1000e": _device.VirtualE1000e,
    "e1000": _device.VirtualE1000,
}


def devices(inventory: Inventory, vm: SourceVm) -> list[Any]:
    """All of a VM's devices, made anew at each look."""
    found = [*_board(), *_disk_controllers(vm), _cdrom()]
    found += [_disk(inventory, vm, disk) for disk in vm.disks]
    found += [_nic(inventory, vm, nic) for nic in vm.nics]
    return found


def controller_key(disk: SourceDisk) -> int:
    """The key of the controller that a disk hangs on."""
    return CONTROLLERS[disk.controller][1] + disk.bus


def _described(label: str, summary: str) -> Any:
    return make(_Description, label=label, summary=summary)


@functools.cache
def _board() -> tuple[Any, ...]:
    """What every VM has; shared by all of them, as nothing changes it.

    A real one has some more (keyboard, pointing device, SIO, VMCI ...). Nobody who moves a VM looks at them, and a
    client takes longer to parse them than the lab to send them.
    """
    ide = [
        make(_Ide, key=200 + bus, busNumber=bus, deviceInfo=_described(f"IDE {bus}", f"IDE {bus}")) for bus in (0, 1)
    ]
    pci = make(_device.VirtualPCIController, key=100, deviceInfo=_described("PCI controller 0", "PCI controller 0"))
    video = make(
        _device.VirtualVideoCard,
        key=500,
        controllerKey=100,
        unitNumber=0,
        deviceInfo=_described("Video card", "Video card"),
    )
    return (*ide, pci, video)


@functools.cache
def _cdrom() -> Any:
    return make(
        _device.VirtualCdrom,
        key=3002,
        controllerKey=201,
        unitNumber=0,
        deviceInfo=_described("CD/DVD drive 1", "Remote device"),
        backing=make(_device.VirtualCdrom.RemotePassthroughBackingInfo, deviceName="", useAutoDetect=False),
        connectable=make(_Connection, allowGuestControl=True, status="untried"),
    )


def _disk_controllers(vm: SourceVm) -> list[Any]:
    """One for each bus that a disk says it hangs on. IDE is on the board already."""
    buses = {(disk.controller, disk.bus): disk for disk in vm.disks if disk.controller != "ide"}
    made = []
    for (kind, bus), _ in sorted(buses.items()):
        type_, first, label = CONTROLLERS[kind]
        hung = [disk.key for disk in vm.disks if (disk.controller, disk.bus) == (kind, bus)]
        values: dict[str, Any] = {
            "key": first + bus,
            "busNumber": bus,
            "controllerKey": 100,
            "unitNumber": first // 500 + bus,
            "device": hung,
            "deviceInfo": _described(f"{label} {bus}", kind),
        }
        if issubclass(type_, _Scsi):
            values |= {"sharedBus": "noSharing", "hotAddRemove": True, "scsiCtlrUnitNumber": 7}
        made.append(make(type_, **values))
    return made


def _disk(inventory: Inventory, vm: SourceVm, disk: SourceDisk) -> Any:
    store = inventory.datastores.get(disk.datastore or vm.datastore)
    backing: dict[str, Any] = {
        "fileName": disk.file,
        "datastore": store.ref if store else None,
        "diskMode": disk.mode,
        "uuid": disk.uuid,
        "sharing": disk.sharing,
    }
    if vm.cbt_enabled:
        backing["changeId"] = f"52 00 00 00-{disk.key}/{disk.writes}"
    if disk.rdm:
        lun = disk.uuid.replace("-", "").lower()
        kind = _Rdm
        backing |= {"compatibilityMode": disk.rdm, "lunUuid": lun, "deviceName": f"naa.{lun}"}
    else:
        kind = _Flat
        backing |= {"thinProvisioned": disk.thin}
    kilobytes = disk.capacity_bytes // 1024
    return make(
        _Disk,
        key=disk.key,
        controllerKey=controller_key(disk),
        unitNumber=disk.unit,
        deviceInfo=_described(disk.label, f"{kilobytes:,} KB"),
        backing=make(kind, **backing),
        capacityInKB=kilobytes,
        capacityInBytes=disk.capacity_bytes,
    )


def _nic(inventory: Inventory, vm: SourceVm, nic: SourceNic) -> Any:
    on = vm.power == "poweredOn"
    return make(
        _ADAPTERS.get(nic.adapter.lower(), _Vmxnet3),
        key=nic.key,
        controllerKey=100,
        unitNumber=7 + nic.key - 4000,
        deviceInfo=_described(nic.label, nic.network),
        backing=_nic_backing(inventory, nic),
        connectable=make(
            _Connection,
            connected=nic.connected and on,
            startConnected=nic.start_connected,
            allowGuestControl=True,
            status="ok" if on else "untried",
        ),
        addressType="assigned",
        macAddress=nic.mac,
        wakeOnLanEnabled=True,
    )


def _nic_backing(inventory: Inventory, nic: SourceNic) -> Any:
    network = inventory.networks.get(nic.network)
    if network is not None and isinstance(network.ref, _PortGroup):
        port = make(
            _Port,
            switchUuid=switch_uuid(),
            portgroupKey=network.ref._moId,
            portKey=str(nic.key + network.vlan),
            connectionCookie=nic.key,
        )
        return make(_OnSwitch, port=port)
    return make(
        _OnNetwork,
        deviceName=nic.network,
        useAutoDetect=False,
        network=network.ref if network else None,
    )


def switch_uuid() -> str:
    """Of the lab's one distributed switch, in vSphere's odd notation."""
    return "50 0a 1b 2c 3d 4e 5f 60-71 82 93 a4 b5 c6 d7 e8"


def network_refs(inventory: Inventory, vm: SourceVm) -> list[Any]:
    """The networks that a VM's adapters are on, each once."""
    used = dict.fromkeys(nic.network for nic in vm.nics)
    return [inventory.networks[name].ref for name in used if name in inventory.networks]


def datastore_refs(inventory: Inventory, vm: SourceVm) -> list[Any]:
    """The datastores that hold a VM's files, each once."""
    used = dict.fromkeys([vm.datastore, *(disk.datastore for disk in vm.disks)])
    return [inventory.datastores[name].ref for name in used if name in inventory.datastores]


def snapshot_ref(vm: SourceVm, number: int) -> Any:
    return reference(_Snapshot, f"snapshot-{vm.moid[3:]}{number:02d}")
