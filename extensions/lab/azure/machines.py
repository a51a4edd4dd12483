# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a migration leaves in ARM: machines (kind HCI), their VM instances, virtual hard disks, network interfaces."""

from __future__ import annotations

from .. import names
from ..world import TargetVm
from . import ids, operations, tags
from .state import Azure, Machine
from .wire import JSON, Answer, ArmError, Request, not_found, page, stamp

_SHOWN_POWER = {"Off": "Stopped", "Starting": "Starting", "Running": "Running", "Stopping": "Stopping"}
_POWER_S, _DELETE_S = 15, 60
_PAGE = 100


# -- machines ---------------------------------------------------------------------------------------------------


def _managed(azure: Azure, machine: Machine) -> bool:
    """Whether a migrated VM came with guest management: an agent that answers while the guest runs."""
    return azure.switches.guest_agent == "present" and machine.vm is not None and machine.vm.heartbeat != "NoContact"


def row(azure: Azure, machine: Machine) -> JSON:
    agent = not machine.kind or _managed(azure, machine)
    shown: JSON = {
        "id": machine.id,
        "name": machine.name,
        "type": "Microsoft.HybridCompute/machines",
        "location": machine.location,
        "tags": dict(azure.tags.get(machine.id.lower(), {})),
        "identity": {"type": "SystemAssigned", "principalId": ids.fixed(machine.id), "tenantId": names.TENANT},
        "properties": {
            "provisioningState": "Succeeded",
            "status": "Connected" if agent else "Disconnected",
            "osType": machine.os_type,
            "osName": machine.os_name if agent else None,
            "vmId": ids.fixed(f"arc {machine.id.lower()}"),
            "displayName": machine.name,
            "lastStatusChange": stamp(machine.created),
            "agentVersion": None,
            "errorDetails": [],
        },
    }
    if machine.kind:
        shown["kind"] = machine.kind
    return shown


def _in_group(arm_id: str, request: Request) -> bool:
    group = request.parts.get("rg")
    return group is None or f"/resourcegroups/{group.lower()}/" in arm_id.lower()


def listing(azure: Azure, request: Request) -> Answer:
    rows = [row(azure, machine) for machine in azure.machines.values() if _in_group(machine.id, request)]
    return Answer(body=page(azure.base_url, request, rows, _PAGE))


def _the(azure: Azure, request: Request) -> Machine:
    group, name = request.parts["rg"], request.parts["machine"]
    machine = azure.machine(ids.of_type(ids.group(group), "Microsoft.HybridCompute/machines", name))
    if machine is None:
        raise not_found("Microsoft.HybridCompute/machines", name, group)
    return machine


def get(azure: Azure, request: Request) -> Answer:
    return Answer(body=row(azure, _the(azure, request)))


def patch(azure: Azure, request: Request) -> Answer:
    machine = _the(azure, request)
    body = request.body if isinstance(request.body, dict) else {}
    if "tags" in body:
        tags.put(azure, machine.id.lower(), tags.checked(body["tags"]), request.line)
    return Answer(body=row(azure, machine))


def delete(azure: Azure, request: Request) -> Answer:
    group, name = request.parts["rg"], request.parts["machine"]
    arm_id = ids.of_type(ids.group(group), "Microsoft.HybridCompute/machines", name)
    machine = azure.machine(arm_id)
    if machine is None:
        return Answer(status=204)
    if machine.vm is not None and azure.switches.shell_needs_empty:
        raise ArmError(
            409, "VirtualMachineInstanceExists", f"The machine '{name}' still has a virtual machine instance."
        )
    azure.machines.pop(machine.id.lower())
    azure.tags.pop(machine.id.lower(), None)
    azure.world.journal.write(machine.source_uuid, "target", "machine", machine.id, None, request.line)
    return Answer()


# -- VM instances -----------------------------------------------------------------------------------------------


def _power(azure: Azure, vm: TargetVm) -> str:
    """ARM shows the host's state, after a while."""
    removed = vm.arm_id.lower() not in azure.world.target  # on the host, behind ARM's back
    if removed and azure.switches.removed_power == "Unknown":
        return "Unknown"
    since = vm.started_at if vm.state == "Running" else vm.disks_written_at
    lag = azure.schedule.short(azure.switches.power_lag_s)
    if since is not None and (azure.clock.now() - since).total_seconds() < lag:
        return "Running" if vm.ever_ran and vm.state != "Running" else "Stopped"
    return _SHOWN_POWER.get(vm.state, "Unknown")


def _instance(azure: Azure, machine: Machine, vm: TargetVm, api_version: str) -> JSON:
    os_name = "Windows" if machine.os_type == "windows" else "Linux"
    disks = list(zip(machine.disk_ids, vm.disks, strict=False))
    agent = _managed(azure, machine)
    provision = {"provisionVMAgent": agent, "provisionVMConfigAgent": agent}
    properties: JSON = {
        "hardwareProfile": {
            "vmSize": "Custom",
            "processors": vm.cpu_cores,
            "memoryMB": vm.memory_mb,
            "dynamicMemoryConfig": _dynamic(machine),
        },
        "networkProfile": {"networkInterfaces": [{"id": arm_id} for arm_id in machine.nic_ids]},
        "osProfile": {
            "computerName": vm.name,
            "windowsConfiguration" if os_name == "Windows" else "linuxConfiguration": provision,
        },
        "securityProfile": {"enableTPM": vm.tpm, "uefiSettings": {"secureBootEnabled": vm.secure_boot}},
        "storageProfile": {
            "osDisk": next(({"id": i, "osType": os_name} for i, disk in disks if disk.is_os_disk), None),
            "dataDisks": [{"id": i} for i, disk in disks if not disk.is_os_disk],
            "vmConfigStoragePathId": machine.wanted.get("storageContainerId"),
        },
        "provisioningState": "Succeeded",
        "status": {"powerState": _power(azure, vm), "provisioningStatus": {"status": "Succeeded"}},
        "instanceView": {"vmAgent": {"vmConfigAgentVersion": None, "statuses": []}},
        "guestAgentInstallStatus": {"status": "Succeeded", "vmUuid": vm.vm_id} if agent else None,
        "vmId": ids.fixed(f"instance {vm.vm_id}"),
    }
    if vm.tpm:
        properties["securityProfile"]["securityType"] = "TrustedLaunch"
    if api_version >= "2026":
        properties |= {"hyperVVmId": vm.vm_id, "hostNodeName": vm.node, "hostNodeIpAddress": "127.0.0.1"}
    return {
        "id": f"{machine.id}/providers/Microsoft.AzureStackHCI/virtualMachineInstances/default",
        "name": "default",
        "type": "microsoft.azurestackhci/virtualmachineinstances",
        "extendedLocation": {
            "type": "CustomLocation",
            "name": machine.wanted.get("targetArcClusterCustomLocationId"),
        },
        "properties": properties,
    }


def _dynamic(machine: Machine) -> JSON | None:
    given = machine.wanted.get("dynamicMemoryConfig")
    if not machine.wanted.get("isDynamicRam") or not isinstance(given, dict):
        return None
    return {
        "minimumMemoryMB": given["minimumMemoryInMegaBytes"],
        "maximumMemoryMB": given["maximumMemoryInMegaBytes"],
        "targetMemoryBuffer": given["targetMemoryBufferPercentage"],
    }


def _with_vm(azure: Azure, request: Request) -> tuple[Machine, TargetVm]:
    machine = _the(azure, request)
    if machine.vm is None:
        raise not_found("Microsoft.AzureStackHCI/virtualMachineInstances", "default", request.parts["rg"])
    return machine, machine.vm


def instance(azure: Azure, request: Request) -> Answer:
    machine, vm = _with_vm(azure, request)
    return Answer(body=_instance(azure, machine, vm, request.api_version))


def instances(azure: Azure, request: Request) -> Answer:
    machine = _the(azure, request)
    rows = [_instance(azure, machine, machine.vm, request.api_version)] if machine.vm else []
    return Answer(body={"value": rows, "nextLink": None})


def _later(azure: Azure, request: Request, seconds: float, do: object) -> Answer:
    operation, headers = operations.of_place(azure, request, "Microsoft.AzureStackHCI")

    def finish() -> None:
        if callable(do):
            do()
        operation.state = "Succeeded"

    azure.locked_after(seconds, finish)
    return Answer(status=202, headers=headers)


def start(azure: Azure, request: Request) -> Answer:
    _, vm = _with_vm(azure, request)
    return _later(azure, request, _POWER_S, lambda: azure.world.start_target(vm, request.line))


def stop(azure: Azure, request: Request) -> Answer:
    _, vm = _with_vm(azure, request)
    return _later(azure, request, _POWER_S, lambda: azure.world.stop_target(vm, request.line))


def delete_instance(azure: Azure, request: Request) -> Answer:
    """The VM goes; its disks and NICs stay, in ARM and on the volume."""
    group, name = request.parts["rg"], request.parts["machine"]
    machine = azure.machine(ids.of_type(ids.group(group), "Microsoft.HybridCompute/machines", name))
    if machine is None or machine.vm is None:
        return Answer(status=204)
    vm = machine.vm

    def gone() -> None:
        azure.world.remove_target(vm, request.line)
        machine.vm = None

    return _later(azure, request, _DELETE_S, gone)


# -- disks and NICs ---------------------------------------------------------------------------------------------


def _kind(request: Request) -> str:
    return "networkInterfaces" if "/networkinterfaces" in request.path.lower() else "virtualHardDisks"


def _rows(azure: Azure, request: Request) -> dict[str, JSON]:
    return azure.nics if _kind(request) == "networkInterfaces" else azure.disks


def parts_listing(azure: Azure, request: Request) -> Answer:
    rows = [each for each in _rows(azure, request).values() if _in_group(each["id"], request)]
    return Answer(body=page(azure.base_url, request, rows, _PAGE))


def _part_id(request: Request) -> str:
    return ids.of_type(
        ids.group(request.parts["rg"]), f"Microsoft.AzureStackHCI/{_kind(request)}", request.parts["name"]
    ).lower()


def part(azure: Azure, request: Request) -> Answer:
    found = _rows(azure, request).get(_part_id(request))
    if found is None:
        raise not_found(f"Microsoft.AzureStackHCI/{_kind(request)}", request.parts["name"], request.parts["rg"])
    return Answer(body=found)


def part_delete(azure: Azure, request: Request) -> Answer:
    rows, arm_id = _rows(azure, request), _part_id(request)
    if arm_id not in rows:
        return Answer(status=204)
    owner = azure.machine_of_nic(arm_id) or azure.machine_of_disk(arm_id)
    if owner is not None:
        raise ArmError(409, "InUse", f"'{request.parts['name']}' is attached to the virtual machine '{owner.name}'.")

    def gone() -> None:
        rows.pop(arm_id, None)
        what = "nic" if rows is azure.nics else "disk"
        azure.world.journal.write("", "target", what, request.parts["name"], None, request.line)

    return _later(azure, request, _DELETE_S, gone)
