# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual machines as plain data: one fixed set of properties, one way to turn them into the contract's shape."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from . import vcenter_devices as devices
from . import vcenter_places as place_tables
from .vcenter_collector import Found, container_view, retrieve
from .vcenter_faults import kept_back
from .vcenter_names import decode
from .vcenter_places import Places
from .vcenter_sdk import moid
from .vcenter_session import Wire

VM_PATHS = (
    "name",
    "parent",
    "customValue",
    "config.instanceUuid",
    "config.uuid",
    "config.guestId",
    "config.guestFullName",
    "config.firmware",
    "config.bootOptions",
    "config.hardware.numCPU",
    "config.hardware.memoryMB",
    "config.hardware.device",
    "config.template",
    "config.changeTrackingEnabled",
    "capability.changeTrackingSupported",
    "guest.toolsRunningStatus",
    "guest.toolsVersionStatus2",
    "guest.toolsStatus",
    "guest.guestFamily",
    "guest.hostName",
    "guest.net",
    "runtime.powerState",
    "runtime.connectionState",
    "runtime.host",
    "runtime.question",
    "runtime.consolidationNeeded",
    "snapshot",
)

_POWER = {"poweredOn": "on", "poweredOff": "off", "suspended": "suspended"}
_FAMILIES = {"windowsGuest": "windows", "linuxGuest": "linux"}
# Beginnings of config.guestId that are Linux without saying so, for guests whose Tools have not told their family:
# machines that are off, for one.
_LINUX_IDS = tuple(
    "asianux centos coreos debian fedora flatcar fusionos mandrake mandriva nld9 oes opensuse pardus redhat rhel sjds sles suse ubuntu "
    "vmwarephoton".split()
)


def read_places(wire: Wire) -> Places:
    """Folders, hosts, networks, the key of our attribute and vCenter's time, in one read."""
    vim = wire.sdk.vim
    wanted = place_tables.property_paths(vim)
    in_view = [row[0] for row in wanted if row[0] not in (vim.CustomFieldsManager, vim.ServiceInstance)]
    fields = wire.content.customFieldsManager  # absent on a host that is not a vCenter
    alone = [wire.service_instance, fields] if fields else [wire.service_instance]
    with container_view(wire, in_view) as view:
        return place_tables.build(retrieve(wire, wanted, view=view, objects=alone))


def read_all(wire: Wire, places: Places, page_size: int) -> list[dict[str, Any]]:
    """Every virtual machine. Pages are turned into plain data as they come, so that memory stays flat."""
    vm_type = wire.sdk.vim.VirtualMachine
    with container_view(wire, [vm_type]) as view:
        raw = retrieve(wire, [(vm_type, VM_PATHS)], view=view, page_size=page_size)
        return _parsed(wire, raw, places)


def read_one(wire: Wire, moid_of_vm: str, paths: tuple[str, ...] = VM_PATHS) -> Found:
    """The raw properties of one virtual machine, as they are now."""
    vm_type = wire.sdk.vim.VirtualMachine
    vm = wire.managed(vm_type, moid_of_vm)
    found = list(retrieve(wire, [(vm_type, paths)], objects=[vm]))
    if not found:
        raise wire.sdk.vmodl.fault.ManagedObjectNotFound(obj=vm, msg=f"there is no virtual machine {moid_of_vm}")
    return found[0]


def read_needed(wire: Wire, moid_of_vm: str, paths: tuple[str, ...]) -> dict[str, Any]:
    """The same for what is about to be changed: a property that is kept back ends the change."""
    found = read_one(wire, moid_of_vm, paths)
    for fault in found.missing.values():
        raise fault
    return found.props


def _parsed(wire: Wire, raw: Iterable[Found], places: Places) -> list[dict[str, Any]]:
    """Plain data for raw properties. Adapters on standard switches get their VLAN at the end, by one more read."""
    parsed: list[dict[str, Any]] = []
    late: list[tuple[str, list[dict[str, Any]]]] = []
    for thing, props, missing in raw:
        vm = parse_vm(moid(thing), props, places, missing)
        if devices.has_standard_network(props.get("config.hardware.device") or []):
            late.append((moid(props.get("runtime.host")), vm["nics"]))
        parsed.append(vm)
    learn_standard_vlans(wire, places, {row[0] for row in late})
    for host, nics in late:
        for nic in nics:
            if nic["vlan"] is None:
                nic["vlan"] = places.standard_vlans.get(host, {}).get(nic["network"])
    return parsed


def learn_standard_vlans(wire: Wire, places: Places, hosts: set[str]) -> None:
    """Add the standard port groups of these hosts to the tables, unless they are there."""
    host_type = wire.sdk.vim.HostSystem
    missing = [wire.managed(host_type, host) for host in sorted(hosts - set(places.standard_vlans)) if host]
    if not missing:
        return
    for thing, props, _missing in retrieve(wire, [(host_type, ["config.network.portgroup"])], objects=missing):
        port_groups = props.get("config.network.portgroup") or []
        places.standard_vlans[moid(thing)] = place_tables.standard_vlans(port_groups)


def parse_fresh(wire: Wire, found: Found, places: Places) -> dict[str, Any]:
    """One machine's properties as plain data."""
    return _parsed(wire, [found], places)[0]


def refers_to_unknown(props: dict[str, Any], places: Places) -> bool:
    """Whether the machine points at something that was not there when the places were read."""
    parent, host = moid(props.get("parent")), moid(props.get("runtime.host"))
    return bool(
        (parent and parent not in places.folders)
        or (host and host not in places.hosts)
        or devices.port_group_keys(props.get("config.hardware.device") or []) - set(places.port_groups)
        or {value.key for value in props.get("customValue") or []} - places.attribute_keys
    )


def parse_vm(
    moid_of_vm: str, props: dict[str, Any], places: Places, missing: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The contract's shape. Whatever is unset gets the value that claims least; so does what vCenter keeps back,
    but that is listed under ``unreadable``, because it is not known.
    """
    hardware = props.get("config.hardware.device") or []
    host = moid(props.get("runtime.host"))
    question = props.get("runtime.question")
    snapshots = snapshot_times(getattr(props.get("snapshot"), "rootSnapshotList", []))
    made = [moment for moment in snapshots if moment]
    hidden = {**places.hidden_attributes, **(missing or {})}
    return {
        "moid": moid_of_vm,
        "name": decode(props.get("name") or ""),
        "instance_uuid": props.get("config.instanceUuid") or "",
        "bios_uuid": props.get("config.uuid") or "",
        "power": _POWER.get(str(props.get("runtime.powerState")), "unknown"),
        "connection": str(props.get("runtime.connectionState") or "unknown"),
        "tools": tools_state(props),
        "guest_id": props.get("config.guestId") or "",
        "guest_name": props.get("config.guestFullName") or "",
        "guest_family": guest_family(props.get("guest.guestFamily") or "", props.get("config.guestId") or ""),
        "hostname": props.get("guest.hostName") or "",
        "firmware": props.get("config.firmware") or "bios",
        "secure_boot": bool(getattr(props.get("config.bootOptions"), "efiSecureBootEnabled", False)),
        "cpu_cores": int(props.get("config.hardware.numCPU") or 0),
        "memory_mb": int(props.get("config.hardware.memoryMB") or 0),
        "template": bool(props.get("config.template")),
        "question": str(question.text) if question else None,
        "consolidation_needed": bool(props.get("runtime.consolidationNeeded")),
        "snapshots": len(snapshots),
        "newest_snapshot": max(made).isoformat() if made else None,
        "cbt_enabled": bool(props.get("config.changeTrackingEnabled")),
        "cbt_supported": bool(props.get("capability.changeTrackingSupported")),
        "host": places.hosts.get(host, ""),
        "folder": places.folder_path(moid(props.get("parent"))),
        "mark": mark_of(props, places),
        "disks": devices.disks(hardware),
        "nics": devices.nics(hardware, props.get("guest.net") or [], places, host),
        "unreadable": [kept_back(path, fault) for path, fault in sorted(hidden.items())],
    }


def mark_of(props: dict[str, Any], places: Places) -> str | None:
    """The text of our attribute; None where it was never set or was emptied."""
    texts = [entry.value for entry in props.get("customValue") or [] if entry.key == places.mark_key]
    return (texts[-1] or None) if texts else None


def tools_state(props: dict[str, Any]) -> str:
    """running | not_running | not_installed. While they start they are not running: they take no orders yet."""
    if props.get("guest.toolsRunningStatus") == "guestToolsRunning":
        return "running"
    version, old_word = props.get("guest.toolsVersionStatus2"), props.get("guest.toolsStatus")
    if version == "guestToolsNotInstalled" or (not version and str(old_word) == "toolsNotInstalled"):
        return "not_installed"
    return "not_running"


def guest_family(told_by_tools: str, guest_id: str) -> str:
    """windows | linux | other, from what the guest says, else from what the machine was set up for."""
    if told_by_tools in _FAMILIES:
        return _FAMILIES[told_by_tools]
    lowered = guest_id.lower()
    if lowered.startswith("win"):
        return "windows"
    return "linux" if "linux" in lowered or lowered.startswith(_LINUX_IDS) else "other"


def snapshot_times(roots: Any) -> list[dt.datetime | None]:
    """When each snapshot of the tree was made. Not recursive: chains may be longer than Python's stack likes."""
    times, waiting = [], list(roots or [])
    while waiting:
        node = waiting.pop()
        times.append(node.createTime)
        waiting.extend(node.childSnapshotList or [])
    return times
