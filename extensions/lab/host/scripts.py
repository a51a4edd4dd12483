# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python twins of the collection's PowerShell scripts: what a node of the Azure Local cluster would answer."""

from __future__ import annotations

import datetime as dt
from typing import Any

from .. import names
from ..runtime import Lab
from ..world import TargetDisk, TargetNic, TargetVm
from . import scripts_appliance, scripts_cluster, scripts_files
from .cluster import ClusterVm
from .storage import file_name, volumes
from .twin import Params, Twin, many


def get_vms(lab: Lab, node: str, params: Params, cause: int) -> Any:
    """The VMs that this node owns at this moment."""
    wanted = {name.lower() for name in many(params.get("names"))}
    with lab.world.lock:
        now = lab.clock.now()
        vms = [_vm(vm, now) for vm in lab.world.target.values() if vm.node == node]
        vms += [_cluster_vm(lab, vm, now) for vm in lab.cluster.vms.values() if vm.node == node]
    return {
        "Node": node.upper(),
        "ClockUtc": now.isoformat(),
        "Vms": [vm for vm in vms if not wanted or vm["Name"].lower() in wanted],
    }


def _vm(vm: TargetVm, now: dt.datetime) -> dict[str, Any]:
    running = vm.state == "Running"
    uptime = (now - vm.started_at).total_seconds() if running and vm.started_at else 0
    return {
        "Name": vm.name,
        "Id": vm.vm_id,
        "State": vm.state,
        "Generation": vm.generation,
        "ProcessorCount": vm.cpu_cores,
        "MemoryStartupMB": vm.memory_mb,
        "MemoryAssignedMB": vm.memory_mb if running else 0,
        "Heartbeat": vm.heartbeat if running else "",
        "UptimeSeconds": int(uptime),
        "NetworkAdapters": [_adapter(vm, nic) for nic in vm.nics],
        "Disks": [
            {
                "Path": disk.path,
                "SizeBytes": disk.size_bytes,
                "FileSizeBytes": disk.size_bytes,
                "LastWriteUtc": (vm.disks_written_at or now).isoformat(),
            }
            for disk in vm.disks
        ],
    }


def _cluster_vm(lab: Lab, vm: ClusterVm, now: dt.datetime) -> dict[str, Any]:
    """One that a script made: its guest is an appliance, or nothing."""
    inside = lab.appliances.get(vm.name.lower())
    image = lab.cluster.files.get(vm.disk.lower())
    running, up = vm.state == "Running", inside is not None and inside.runs
    size = image.size if image else 0
    return {
        "Name": vm.name,
        "Id": vm.vm_id,
        "State": vm.state,
        "Generation": vm.generation,
        "ProcessorCount": vm.cpu_cores,
        "MemoryStartupMB": vm.memory_mb,
        "MemoryAssignedMB": vm.memory_mb if running else 0,
        "Heartbeat": ("OkApplicationsUnknown" if up else "NoContact") if running else "",
        "UptimeSeconds": int((now - vm.started_at).total_seconds()) if running and vm.started_at else 0,
        "NetworkAdapters": [
            {
                "Name": "Network Adapter",
                "MacAddress": "00155D0A0001",
                "IPAddresses": [inside.address] if up and inside is not None else [],
                "SwitchName": vm.switch,
                "Connected": True,
                "VlanId": vm.vlan_id,
            }
        ],
        "Disks": [{"Path": vm.disk, "SizeBytes": size, "FileSizeBytes": size, "LastWriteUtc": now.isoformat()}],
    }


def _adapter(vm: TargetVm, nic: TargetNic) -> dict[str, Any]:
    network = nic.logical_network.rsplit("/", 1)[-1]
    # Hyper-V learns addresses from the guest: none before it answers
    answers = vm.state == "Running" and vm.heartbeat.startswith("Ok") and nic.connected
    return {
        "Name": nic.name,
        "MacAddress": nic.mac.replace(":", "").replace("-", "").upper(),
        "IPAddresses": [nic.address] if answers and nic.address else [],
        "SwitchName": "ConvergedSwitch(compute_management)" if nic.connected else "",
        "Connected": nic.connected,
        "VlanId": names.LOGICAL_NETWORKS.get(network, (0, "", "", "", ""))[0],
    }


def get_storage(lab: Lab, node: str, params: Params, cause: int) -> Any:
    """Cluster shared volumes as any node sees them, and which of the asked files are there."""
    asked = {name.lower() for name in many(params.get("seed_names"))}
    folders = [folder.lower().rstrip("\\") + "\\" for folder in many(params.get("folders"))]
    with lab.world.lock:
        files: list[TargetDisk] = [*lab.world.seeds.values()]
        files += [disk for vm in lab.world.target.values() for disk in vm.disks]
    found = [
        {"Name": file_name(disk.path), "Path": disk.path, "SizeBytes": disk.size_bytes}
        for disk in files
        if asked & {(name := file_name(disk.path).lower()), name.rsplit(".", 1)[0]}
        and (not folders or any(disk.path.lower().startswith(folder) for folder in folders))
    ]
    return {"Node": node.upper(), "ClockUtc": lab.clock.now().isoformat(), "Volumes": volumes(), "Seeds": found}


TWINS: dict[str, Twin] = {
    "get_vms": Twin(get_vms),
    "get_storage": Twin(get_storage),
    **scripts_files.TWINS,
    **scripts_cluster.TWINS,
    **scripts_appliance.TWINS,
}
