# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's scripts answer, as plain data in the collection's own words. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.powershell import many
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import target_appliance


def vms(reply: Any) -> list[dict[str, Any]]:
    """The VMs of a ``get_vms`` reply."""
    return [_vm(found) for found in many(reply.get("Vms"))]


def _vm(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": found["Name"],
        "vm_id": found["Id"],
        "state": found["State"],
        "generation": found["Generation"],
        "cpu_cores": found["ProcessorCount"],
        "memory_mb": found["MemoryStartupMB"],
        "heartbeat": found.get("Heartbeat") or "",
        "uptime_s": found["UptimeSeconds"],
        "nics": [_nic(adapter) for adapter in many(found.get("NetworkAdapters"))],
        "disks": [
            {
                "path": disk["Path"],
                "size_bytes": disk["SizeBytes"],
                "file_size_bytes": disk.get("FileSizeBytes"),
                "written_at": disk.get("LastWriteUtc") or None,
            }
            for disk in many(found.get("Disks"))
        ],
    }


def _nic(adapter: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": adapter["Name"],
        "mac": mac(adapter["MacAddress"]),
        "addresses": many(adapter.get("IPAddresses")),
        "connected": adapter["Connected"],
        "switch": adapter.get("SwitchName") or "",
        "vlan": adapter.get("VlanId"),
    }


def mac(text: str) -> str:
    """``00155D0A0B0C`` as ``00:15:5d:0a:0b:0c``."""
    digits = "".join(character for character in text.lower() if character in "0123456789abcdef")
    return ":".join(digits[start : start + 2] for start in range(0, len(digits), 2))


def volumes(reply: Any) -> list[dict[str, Any]]:
    """The cluster shared volumes of a ``get_storage`` reply."""
    return [
        {
            "name": volume["Name"],
            "path": volume["Path"],
            "size_bytes": volume["SizeBytes"],
            "free_bytes": volume["FreeBytes"],
            "state": volume["State"],
        }
        for volume in many(reply.get("Volumes"))
    ]


def seeds(reply: Any, asked: Iterable[str]) -> list[str]:
    """Those of the asked names that a ``get_storage`` reply has a file for, with or without extension."""
    files = {found["Name"].lower() for found in many(reply.get("Seeds"))}
    present = files | {name.rsplit(".", 1)[0] for name in files}
    return [name for name in asked if name.lower() in present]


def appliance_host(reply: Any) -> target_appliance.Seen:
    """A ``get_appliance_host`` reply."""
    found, role = reply.get("Vm"), reply.get("Role")
    return target_appliance.Seen(
        node=reply["Node"],
        volumes=tuple(
            target_appliance.Volume(
                name=volume["Name"],
                path=volume["Path"],
                free_bytes=volume["FreeBytes"],
                online=volume["State"].lower() == "online",
            )
            for volume in many(reply.get("Volumes"))
        ),
        switches={switch["Name"]: switch["Type"] for switch in many(reply.get("Switches"))},
        vm=_appliance_vm(found) if found else None,
        role=target_appliance.Role(owner=role["OwnerNode"], online=role["State"].lower() == "online") if role else None,
        files={file["Path"]: file["SizeBytes"] for file in many(reply.get("Files"))},
    )


def _appliance_vm(found: dict[str, Any]) -> target_appliance.Vm:
    return target_appliance.Vm(
        name=found["Name"],
        state=found["State"],
        generation=found["Generation"],
        cpu_cores=found["ProcessorCount"],
        memory_mb=found["MemoryStartupMB"],
        switch=found.get("SwitchName") or "",
        vlan_id=found.get("VlanId") or 0,
        disks=tuple(many(found.get("DiskPaths"))),
        addresses=tuple(many(found.get("IPAddresses"))),
        clustered=bool(found["Clustered"]),
    )
