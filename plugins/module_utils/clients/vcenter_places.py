# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What virtual machines refer to by id: folders, hosts, networks and our custom attribute, read once for all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .vcenter_collector import Found
from .vcenter_names import decode
from .vcenter_sdk import kind, moid

MARK_ATTRIBUTE = "azlocal.migrate"
ATTRIBUTES = "customFieldsManager.field"  # how the list of custom attributes is called where it cannot be read
TRUNK_VLAN = 4095  # on a standard port group: all VLANs go to the guest


@dataclass
class Places:
    """Names by id. All names are decoded."""

    folders: dict[str, tuple[str, str]] = field(default_factory=dict)  # moid -> (name, moid of the parent)
    vm_roots: dict[str, str] = field(default_factory=dict)  # moid of a datacenter's VM folder -> datacenter
    hosts: dict[str, str] = field(default_factory=dict)
    port_groups: dict[str, tuple[str, int | None]] = field(default_factory=dict)  # key -> (name, VLAN)
    opaque_networks: dict[str, str] = field(default_factory=dict)
    mark_key: int | None = None
    hidden_attributes: Mapping[str, Any] = field(default_factory=dict)  # the fault, where they may not be listed
    server_clock: dt.datetime | None = None  # as it was when this was read
    attribute_keys: frozenset[int] = frozenset()
    standard_vlans: dict[str, dict[str, int | None]] = field(default_factory=dict)  # host -> port group -> VLAN

    def folder_path(self, folder: str) -> str:
        """The path below the datacenter's VM folder, "" for that folder itself or for an unknown one."""
        names: list[str] = []
        while folder in self.folders and folder not in self.vm_roots:
            name, folder = self.folders[folder]
            names.append(name)
        return "/".join(reversed(names)) if folder in self.vm_roots else ""

    def root_of(self, folder: str) -> str:
        """The datacenter's VM folder above a folder, "" where the chain is cut."""
        while folder in self.folders and folder not in self.vm_roots:
            folder = self.folders[folder][1]
        return folder if folder in self.vm_roots else ""

    def child(self, folder: str, name: str) -> str:
        """The folder of this name directly in that folder, "" when there is none."""
        return next((key for key, entry in self.folders.items() if entry == (name, folder)), "")


def property_paths(vim: Any) -> list[tuple[Any, list[str]]]:
    """The one list of what is read about places."""
    return [
        (vim.Folder, ["name", "parent"]),
        (vim.Datacenter, ["name", "vmFolder"]),
        (vim.HostSystem, ["name"]),
        (vim.dvs.DistributedVirtualPortgroup, ["name", "key", "config.defaultPortConfig"]),
        (vim.OpaqueNetwork, ["name", "summary"]),
        (vim.CustomFieldsManager, ["field"]),
        (vim.ServiceInstance, ["serverClock"]),
    ]


def build(objects: Iterable[Found]) -> Places:
    """Sort what the property collector returned into the tables."""
    places = Places()
    for thing, props, missing in objects:
        ref, name = moid(thing), decode(props.get("name", ""))
        match kind(thing):
            case "Folder":
                places.folders[ref] = (name, moid(props.get("parent")))
            case "Datacenter":
                places.vm_roots[moid(props.get("vmFolder"))] = ref
            case "HostSystem":
                places.hosts[ref] = name
            case "DistributedVirtualPortgroup":
                vlan = distributed_vlan(props.get("config.defaultPortConfig"))
                places.port_groups[props.get("key") or ref] = (name, vlan)
            case "OpaqueNetwork":
                network_id = getattr(props.get("summary"), "opaqueNetworkId", "")
                places.opaque_networks[network_id or ref] = name
            case "CustomFieldsManager":
                _attributes(places, props.get("field") or [])
                places.hidden_attributes = {ATTRIBUTES: missing["field"]} if "field" in missing else {}
            case "ServiceInstance":
                places.server_clock = props.get("serverClock")
    return places


def _attributes(places: Places, fields: Iterable[Any]) -> None:
    keys: set[int] = set()
    for definition in fields:
        keys.add(definition.key)
        # a field without an object type is valid for every type, virtual machines included
        of_machines = definition.managedObjectType is None or is_virtual_machine(definition.managedObjectType)
        if definition.name == MARK_ATTRIBUTE and of_machines:
            places.mark_key = definition.key
    places.attribute_keys = frozenset(keys)


def is_virtual_machine(managed_type: Any) -> bool:
    name: str = getattr(managed_type, "__name__", str(managed_type))
    return name.rsplit(".", 1)[-1] == "VirtualMachine"


def distributed_vlan(port_config: Any) -> int | None:
    """The one VLAN of a distributed port group; None for a trunk, a private VLAN or an unreadable one."""
    vlan: Any = getattr(port_config, "vlan", None)
    return int(vlan.vlanId) if kind(vlan) == "VlanIdSpec" else None


def standard_vlans(port_groups: Iterable[Any]) -> dict[str, int | None]:
    """Port group name -> VLAN of a host's standard switches."""
    return {
        decode(group.spec.name): None if group.spec.vlanId == TRUNK_VLAN else int(group.spec.vlanId)
        for group in port_groups
    }
