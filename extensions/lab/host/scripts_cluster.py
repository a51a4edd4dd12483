# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""Twins of the scripts that make the target appliance's VM, on a node of the Azure Local cluster.

get_appliance_host  {name, folder, files}; ``files`` are to be hashed
    -> {Node, ClockUtc, Volumes, Switches: [{Name, Type}], Vm, Role: {Name, OwnerNode, State}, Files: [{Path, SizeBytes,
       Sha256}]}; Vm is null but on the node that owns it: {Name, Id, State, Generation, ProcessorCount, MemoryStartupMB,
       SwitchName, VlanId, DiskPaths, IPAddresses, Clustered}; Role is null where the cluster has none
new_appliance_vm    {name, folder, disk, generation, cpu_cores, memory_mb, switch, vlan_id, clustered, start, check}
    -> {Id, Name, Node, State, Did: [created, clustered, started], Changed}; does what is missing
    VmDiffers | VmElsewhere | SwitchNotFound | DiskNotFound | NoMemory
                    Hyper-V's own file of it lies in <folder>\<name>\Virtual Machines
remove_appliance_vm {name, files, check}; with its disks, and the files named -> {Removed: [...], Changed}
    VmElsewhere
"""

from __future__ import annotations

import uuid
from typing import Any

from .. import appliances, media
from ..runtime import Lab
from .cluster import ClusterVm
from .scripts_files import Shelf, clock
from .storage import volumes
from .twin import Params, ScriptError, Twin, many

SWITCH = "ConvergedSwitch(compute_management)"
_SWITCHES = {SWITCH: "External", "Isolated": "Internal"}
_NODE_MEMORY_MB = 512 * 1024


def get_appliance_host(lab: Lab, node: str, params: Params, cause: int) -> Any:
    shelf, name = Shelf(lab, node), str(params["name"])
    hashed = {str(path).lower() for path in many(params.get("files"))}
    with lab.world.lock:
        vm = _vm(lab, name)
        files = shelf.under(str(params["folder"])) if params.get("folder") else []
        paths = {file.path.lower() for file in files}
        files += [file for path in sorted(hashed - paths) if (file := shelf.get(path))]
        return {
            "Node": node.upper(),
            "ClockUtc": clock(lab, node),
            "Volumes": volumes(),
            "Switches": [{"Name": switch, "Type": kind} for switch, kind in _SWITCHES.items()],
            "Vm": _vm_shown(lab, vm) if vm is not None and vm.node == node else None,
            "Role": _role(vm) if vm is not None and vm.clustered else None,
            "Files": [
                {
                    "Path": file.path,
                    "SizeBytes": file.size,
                    "Sha256": file.sha256 if file.path.lower() in hashed else None,
                }
                for file in files
            ],
        }


def _vm(lab: Lab, name: str) -> ClusterVm | None:
    return next((vm for vm in lab.cluster.vms.values() if vm.name.lower() == name.lower()), None)


def _role(vm: ClusterVm) -> dict[str, str]:
    return {"Name": vm.name, "OwnerNode": vm.node, "State": "Online" if vm.state == "Running" else "Offline"}


def _vm_shown(lab: Lab, vm: ClusterVm) -> dict[str, Any]:
    inside = lab.appliances.get(vm.name.lower())
    return {
        "Name": vm.name,
        "Id": vm.vm_id,
        "State": vm.state,
        "Generation": vm.generation,
        "ProcessorCount": vm.cpu_cores,
        "MemoryStartupMB": vm.memory_mb,
        "SwitchName": vm.switch,
        "VlanId": vm.vlan_id,
        "DiskPaths": [vm.disk],
        "IPAddresses": [inside.address] if inside is not None and inside.answers else [],
        "Clustered": vm.clustered,
    }


def new_appliance_vm(lab: Lab, node: str, params: Params, cause: int) -> Any:
    with lab.world.lock:
        vm = _vm(lab, str(params["name"]))
        _refuse(lab, node, vm, params)
        wanted = {
            "created": vm is None,
            "clustered": bool(params.get("clustered")) and not (vm is not None and vm.clustered),
            "started": bool(params.get("start")) and not (vm is not None and vm.state == "Running"),
        }
        did = [word for word, missing in wanted.items() if missing]
        if not params.get("check"):
            vm = vm or _created(lab, node, params, cause)
            vm.clustered |= wanted["clustered"]
            if wanted["started"]:
                _start(lab, vm, cause)
        return {
            "Id": vm.vm_id if vm else None,
            "Name": str(params["name"]),
            "Node": node.upper(),
            "State": vm.state if vm else "",
            "Did": did,
            "Changed": bool(did),
        }


def _refuse(lab: Lab, node: str, vm: ClusterVm | None, params: Params) -> None:
    name, disk = str(params["name"]), str(params["disk"])
    if vm is not None and vm.node != node:
        raise ScriptError("VmElsewhere", f"{vm.node} owns {name}.")
    if vm is not None and vm.disk.lower() != disk.lower():
        raise ScriptError("VmDiffers", f"There is a VM {name} with the disk {vm.disk}.")
    if any(one.name.lower() == name.lower() for one in lab.world.target.values()):
        raise ScriptError("VmDiffers", f"There is a VM {name}, which Azure Local has made.")
    if params["switch"] not in _SWITCHES:
        raise ScriptError("SwitchNotFound", f"There is no virtual switch {params['switch']}.")
    if vm is None and Shelf(lab, node).get(disk) is None:
        raise ScriptError("DiskNotFound", f"{disk} was not found.")
    if int(params["memory_mb"]) > _NODE_MEMORY_MB:
        raise ScriptError("NoMemory", f"{node} has not so much memory.")


def _created(lab: Lab, node: str, params: Params, cause: int) -> ClusterVm:
    vm = ClusterVm(
        name=str(params["name"]),
        vm_id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{node} {params['name']} {cause}")),
        node=node,
        generation=int(params["generation"]),
        cpu_cores=int(params["cpu_cores"]),
        memory_mb=int(params["memory_mb"]),
        switch=str(params["switch"]),
        vlan_id=int(params.get("vlan_id") or 0),
        disk=str(params["disk"]),
    )
    lab.cluster.vms[vm.vm_id] = vm
    vm.configuration = f"{str(params['folder']).rstrip(chr(92))}\\{vm.name}\\Virtual Machines\\{vm.vm_id.upper()}.vmcx"
    Shelf(lab, node).put(vm.configuration, b"vmcx", cause)
    lab.journal.write("", "target", "cluster_vm", None, vm.name, cause)
    image = Shelf(lab, node).get(vm.disk)
    if image is not None and image.data.startswith(media.VHDX_MARK):
        appliances.of_image(lab, appliances.TARGET, vm.name, vm.vm_id)
    return vm


def _start(lab: Lab, vm: ClusterVm, cause: int) -> None:
    lab.journal.write("", "target", "cluster_vm", {vm.name: vm.state}, {vm.name: "Running"}, cause)
    vm.state, vm.started_at = "Running", lab.clock.now()
    inside = lab.appliances.get(vm.name.lower())
    if inside is not None and inside.vm == vm.vm_id:
        inside.boot()


def remove_appliance_vm(lab: Lab, node: str, params: Params, cause: int) -> Any:
    shelf = Shelf(lab, node)
    with lab.world.lock:
        vm = _vm(lab, str(params["name"]))
        if vm is not None and vm.node != node:
            raise ScriptError("VmElsewhere", f"{vm.node} owns {vm.name}.")
        paths = [vm.disk] if vm else []
        paths += [str(path) for path in many(params.get("files"))]
        removed = [f"VM {vm.name}"] if vm else []
        removed += [file.path for path in dict.fromkeys(paths) if (file := shelf.get(path))]
        if not params.get("check"):
            if vm is not None:
                lab.cluster.vms.pop(vm.vm_id)
                shelf.remove(vm.configuration, cause)
                lab.journal.write("", "target", "cluster_vm", vm.name, None, cause)
            for path in paths:
                shelf.remove(path, cause)
    return {"Removed": removed, "Changed": bool(removed)}


TWINS = {
    "get_appliance_host": Twin(get_appliance_host),
    "new_appliance_vm": Twin(new_appliance_vm, write=True),
    "remove_appliance_vm": Twin(remove_appliance_vm, write=True),
}
