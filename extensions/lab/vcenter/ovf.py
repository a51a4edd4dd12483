# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OVF descriptors: what a virtual machine in one is to be, as a configuration of vSphere."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from typing import Any

from .types import fault, make, vim

_OVF = "{http://schemas.dmtf.org/ovf/envelope/1}"
_RASD = "{http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData}"
_VSSD = "{http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData}"
_VMW = "{http://www.vmware.com/schema/ovf}"
_CPU, _MEMORY, _IDE, _SCSI, _ETHERNET, _DISK, _SATA = 3, 4, 5, 6, 10, 17, 20  # CIM's resource types
_device = vim.vm.device
# ResourceSubType -> controller
_CONTROLLERS: dict[str, Any] = {
    "lsilogic": _device.VirtualLsiLogicController,
    "lsilogicsas": _device.VirtualLsiLogicSASController,
    "buslogic": _device.VirtualBusLogicController,
    "virtualscsi": _device.ParaVirtualSCSIController,
}
_CARDS = {"vmxnet3": _device.VirtualVmxnet3, "e1000e": _device.VirtualE1000e, "e1000": _device.VirtualE1000}
_UNITS = {"": 1, "byte * 2^10": 2**10, "byte * 2^20": 2**20, "byte * 2^30": 2**30, "byte * 2^40": 2**40}


@dataclass
class Disk:
    """A disk of the descriptor, and the file that its content comes from ("" for an empty one)."""

    capacity_bytes: int
    file: str
    file_bytes: int
    device: Any = None
    key: str = ""  # VirtualLsiLogicController0:0


@dataclass
class Machine:
    """The one virtual system of a descriptor."""

    name: str
    guest_id: str
    guest_name: str
    hardware: str
    firmware: str
    product: str
    cpus: int = 1
    memory_mb: int = 512
    controllers: list[Any] = field(default_factory=list)
    disks: list[Disk] = field(default_factory=list)
    cards: list[tuple[Any, str]] = field(default_factory=list)  # device, network of the descriptor


def read(text: str) -> Machine:
    """The machine in a descriptor; a fault of vSphere where it is none."""
    try:
        root = ET.fromstring(text)  # noqa: S314 - loopback, our own clients
    except ET.ParseError as wrong:
        raise fault(vim.fault.OvfXmlFormat, f"{wrong}", lineNumber=wrong.position[0], description=str(wrong)) from None
    system = root.find(f"{_OVF}VirtualSystem")
    hardware = None if system is None else system.find(f"{_OVF}VirtualHardwareSection")
    if system is None or hardware is None:
        missing = "VirtualSystem" if system is None else "VirtualHardwareSection"
        raise fault(vim.fault.OvfMissingElement, f"Missing element: {missing}", lineNumber=1, name=missing)
    guest = system.find(f"{_OVF}OperatingSystemSection")
    firmware = next((one.get(f"{_VMW}value") for one in hardware if one.get(f"{_VMW}key") == "firmware"), None)
    machine = Machine(
        name=system.findtext(f"{_OVF}Name") or system.get(f"{_OVF}id") or "",
        guest_id=(guest.get(f"{_VMW}osType") if guest is not None else None) or "otherGuest",
        guest_name=(guest.findtext(f"{_OVF}Description") if guest is not None else None) or "",
        hardware=hardware.findtext(f"{_OVF}System/{_VSSD}VirtualSystemType") or "vmx-19",
        firmware=firmware or "bios",
        product=system.findtext(f"{_OVF}ProductSection/{_OVF}Product") or "",
    )
    _read_items(machine, root, hardware.findall(f"{_OVF}Item"))
    return machine


def _read_items(machine: Machine, root: ET.Element, items: list[ET.Element]) -> None:
    """Hardware in three passes: what stands alone, then controllers, then what hangs on them."""
    keys: dict[str, tuple[Any, str]] = {}  # InstanceID -> (controller, its name in device ids)
    for item in items:
        kind, quantity = int(_said(item, "ResourceType") or 0), int(_said(item, "VirtualQuantity") or 0)
        if kind == _CPU:
            machine.cpus = quantity
        elif kind == _MEMORY:
            machine.memory_mb = quantity * _UNITS.get(_said(item, "AllocationUnits"), 2**20) // 2**20
        elif kind == _ETHERNET:
            card = _CARDS.get(_said(item, "ResourceSubType").lower(), _device.VirtualVmxnet3)
            machine.cards.append((make(card, key=4000 + len(machine.cards)), _said(item, "Connection")))
        elif kind in (_IDE, _SCSI, _SATA):
            keys[_said(item, "InstanceID")] = _controller(machine, kind, _said(item, "ResourceSubType"))
    for item in items:
        if int(_said(item, "ResourceType") or 0) == _DISK:
            disk = _disk(root, _said(item, "HostResource").rpartition("/")[2])
            controller, name = keys[_said(item, "Parent")]
            unit = int(_said(item, "AddressOnParent") or 0)
            disk.key = f"{name}:{unit}"
            disk.device = make(
                _device.VirtualDisk,
                key=2000 + len(machine.disks),
                controllerKey=controller.key,
                unitNumber=unit,
                capacityInKB=disk.capacity_bytes // 1024,
                capacityInBytes=disk.capacity_bytes,
            )
            machine.disks.append(disk)


def _controller(machine: Machine, kind: int, subtype: str) -> tuple[Any, str]:
    if kind == _IDE:
        type_: Any = _device.VirtualIDEController
    elif kind == _SATA:
        type_ = _device.VirtualAHCIController
    else:
        type_ = _CONTROLLERS.get(subtype.lower(), _device.VirtualLsiLogicController)
    bus = sum(isinstance(other, type_) for other in machine.controllers)
    made = make(type_, key=-100 - len(machine.controllers), busNumber=bus)
    machine.controllers.append(made)
    return made, f"{type_._wsdlName}{bus}"


def _disk(root: ET.Element, disk_id: str) -> Disk:
    for disk in root.iterfind(f"{_OVF}DiskSection/{_OVF}Disk"):
        if disk.get(f"{_OVF}diskId") == disk_id:
            units = _UNITS.get(disk.get(f"{_OVF}capacityAllocationUnits", ""), 1)
            capacity = int(disk.get(f"{_OVF}capacity", "0")) * units
            reference = disk.get(f"{_OVF}fileRef", "")
            for file in root.iterfind(f"{_OVF}References/{_OVF}File"):
                if file.get(f"{_OVF}id") == reference:
                    return Disk(capacity, file.get(f"{_OVF}href", ""), int(file.get(f"{_OVF}size", "0")))
            return Disk(capacity, "", 0)
    raise fault(vim.fault.OvfMissingElement, f"Missing element: Disk {disk_id}", lineNumber=1, name="Disk")


def _said(item: ET.Element, name: str) -> str:
    return (item.findtext(f"{_RASD}{name}") or "").strip()
