# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks and network adapters of a virtual machine, out of its list of virtual devices."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import InvalidRequest
from .vcenter_names import decode
from .vcenter_places import Places
from .vcenter_sdk import kind, sdk

# Controller type -> (our word, the word in a device name such as scsi0:0)
_CONTROLLERS = {
    "ParaVirtualSCSIController": ("pvscsi", "scsi"),
    "VirtualLsiLogicController": ("lsilogic", "scsi"),
    "VirtualLsiLogicSASController": ("lsisas", "scsi"),
    "VirtualBusLogicController": ("buslogic", "scsi"),
    "VirtualNVMEController": ("nvme", "nvme"),
    "VirtualIDEController": ("ide", "ide"),
    "VirtualAHCIController": ("sata", "sata"),
    "VirtualSATAController": ("sata", "sata"),
}
_RDM = {"physicalMode": "physical", "virtualMode": "virtual"}
_ORIGINS = ("dhcp", "manual", "linklayer")


def disks(devices: Iterable[Any]) -> list[dict[str, Any]]:
    """The virtual disks, in the order of their device keys."""
    listed = list(devices)
    by_key = {device.key: device for device in listed}
    return [
        _disk(device, by_key.get(device.controllerKey))
        for device in sorted(listed, key=_key)
        if isinstance(device, sdk().vim.vm.device.VirtualDisk)
    ]


def _key(device: Any) -> int:
    return int(device.key)


def _disk(device: Any, controller: Any) -> dict[str, Any]:
    backing = device.backing
    path = str(getattr(backing, "fileName", None) or "")
    word, bus_word = _CONTROLLERS.get(kind(controller), ("other", "other")) if controller else ("", "")
    capacity = device.capacityInBytes if device.capacityInBytes is not None else (device.capacityInKB or 0) * 1024
    compatibility = getattr(backing, "compatibilityMode", None)
    return {
        "key": int(device.key),
        "uuid": str(getattr(backing, "uuid", None) or ""),
        "label": _label(device),
        "name": f"{bus_word}{controller.busNumber}:{device.unitNumber}" if controller else "",
        "capacity_bytes": int(capacity),
        "mode": str(getattr(backing, "diskMode", None) or ""),
        "thin": bool(getattr(backing, "thinProvisioned", False)),
        "datastore": _datastore(path),
        "path": path,
        "sharing": str(getattr(backing, "sharing", None) or "sharingNone"),
        "rdm": _RDM.get(str(compatibility), str(compatibility)) if compatibility else None,
        "controller": word,
    }


def _datastore(path: str) -> str:
    match = re.match(r"\[([^\]]*)\]", path)
    return match[1] if match else ""


def _label(device: Any) -> str:
    return str(device.deviceInfo.label or "") if device.deviceInfo else ""


def nics(devices: Iterable[Any], guest_nics: Iterable[Any], places: Places, host: str) -> list[dict[str, Any]]:
    """The network adapters, with the addresses that VMware Tools report for them."""
    listed = list(guest_nics)
    return [
        _nic(device, listed, places, host)
        for device in sorted(devices, key=_key)
        if isinstance(device, sdk().vim.vm.device.VirtualEthernetCard)
    ]


def _nic(device: Any, guest_nics: list[Any], places: Places, host: str) -> dict[str, Any]:
    network, vlan = network_of(device.backing, places, host)
    origins: dict[str, str] = {}
    for guest_nic in guest_nics:
        if guest_nic.deviceConfigId == device.key:
            origins |= addresses_of(guest_nic)
    connectable = device.connectable
    return {
        "key": int(device.key),
        "label": _label(device),
        "mac": str(device.macAddress or ""),
        "network": network,
        "vlan": vlan,
        "connected": bool(connectable and connectable.connected),
        "start_connected": bool(connectable and connectable.startConnected),
        "addresses": list(origins),
        "origins": origins,
    }


def addresses_of(guest_nic: Any) -> dict[str, str]:
    """Address -> how the guest got it. Without the detailed record only the addresses are known."""
    detailed = guest_nic.ipConfig.ipAddress if guest_nic.ipConfig else []
    if detailed:
        return {entry.ipAddress: entry.origin if entry.origin in _ORIGINS else "other" for entry in detailed}
    return dict.fromkeys(guest_nic.ipAddress or [], "other")


def network_of(backing: Any, places: Places, host: str) -> tuple[str, int | None]:
    """Name and VLAN of the network behind an adapter. Standard port groups are defined by the host it runs on."""
    match kind(backing).rsplit(".", 1)[-1]:
        case "DistributedVirtualPortBackingInfo":
            return places.port_groups.get(backing.port.portgroupKey or "", (backing.port.portgroupKey or "", None))
        case "NetworkBackingInfo":
            name = decode(backing.deviceName or "")
            return name, places.standard_vlans.get(host, {}).get(name)
        case "OpaqueNetworkBackingInfo":
            return places.opaque_networks.get(backing.opaqueNetworkId, backing.opaqueNetworkId), None
    return "", None


def port_group_keys(devices: Iterable[Any]) -> set[str]:
    """The distributed port groups that the adapters are on."""
    backings: list[Any] = [getattr(device, "backing", None) for device in devices]
    ports = [backing.port for backing in backings if kind(backing) == "DistributedVirtualPortBackingInfo"]
    return {port.portgroupKey for port in ports if port.portgroupKey}


def has_standard_network(devices: Iterable[Any]) -> bool:
    return any(kind(getattr(device, "backing", None)) == "NetworkBackingInfo" for device in devices)


def connection_changes(
    devices: Iterable[Any],
    wanted: Mapping[int, tuple[bool, bool]],
    *,
    powered_on: bool,
) -> list[Any]:
    """Edits that bring adapters to (connected, connect at power on); none for those that are so already.

    While a machine is off nothing is connected and nothing can be: only connect at power on counts then.
    """
    vim = sdk().vim
    cards = {card.key: card for card in devices if isinstance(card, vim.vm.device.VirtualEthernetCard)}
    if unknown := sorted(set(wanted) - set(cards)):
        raise InvalidRequest(
            f"The virtual machine has no network adapter with the key {', '.join(map(str, unknown))}",
            code="NoSuchDevice",
            remedy=f"Its adapters have the keys {', '.join(map(str, sorted(cards))) or '(none)'}",
            operation="changing the connection of network adapters",
        )
    edits = []
    for key, (connected, start_connected) in wanted.items():
        now = cards[key].connectable
        is_so = now is not None and now.startConnected == start_connected
        if is_so and (not powered_on or now.connected == connected):
            continue
        # The card goes back as it was read, its connection flags changed: unset fields may be taken for defaults.
        card = cards[key]
        card.connectable = vim.vm.device.VirtualDevice.ConnectInfo(
            connected=connected and powered_on,
            startConnected=start_connected,
            allowGuestControl=now.allowGuestControl if now is not None else True,
        )
        edits.append(vim.vm.device.VirtualDeviceSpec(operation="edit", device=card))
    return edits
