# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of a virtual machine, built when somebody reads them."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Mapping
from typing import Any

from ..world import SourceVm
from .devices import datastore_refs, devices, network_refs, snapshot_ref
from .guest import guest, main_address, tools, tools_running
from .inventory import Inventory, escaped
from .types import EPOCH, make, support, vim

Table = Mapping[str, Callable[[Inventory, Any], Any]]

# bound once: pyVmomi looks names up slowly
_Summary = vim.vm.Summary
_Files = vim.vm.FileInfo
_Config = vim.vm.ConfigInfo
_Runtime = vim.vm.RuntimeInfo
_Boot = vim.vm.BootOptions
_Hardware = vim.vm.VirtualHardware
_QuickStats = vim.vm.Summary.QuickStats
_GuestSummary = vim.vm.Summary.GuestSummary
_ConfigSummary = vim.vm.Summary.ConfigSummary
_StorageSummary = vim.vm.Summary.StorageSummary
_TextValue = vim.CustomFieldsManager.StringValue

# states in which vCenter cannot read a machine's files, and so knows nothing of its configuration
UNREADABLE = ("inaccessible", "invalid")
# operations that vSphere says make no sense now, by power state
_OFF_ONLY = ("PowerOn",)
_ON_ONLY = ("PowerOff", "Suspend", "Reset", "ShutdownGuest", "RebootGuest", "StandbyGuest")


def name(_: Inventory, vm: SourceVm) -> str:
    return escaped(vm.name)


def runtime(inventory: Inventory, vm: SourceVm) -> Any:
    host = inventory.hosts.get(vm.host)
    on = vm.power == "poweredOn"
    return make(
        _Runtime,
        host=host.ref if host else None,
        connectionState=vm.connection,
        powerState=vm.power,
        faultToleranceState="notConfigured",
        toolsInstallerMounted=False,
        bootTime=EPOCH if on else None,
        question=_question(vm) if vm.question else None,
        recordReplayState="inactive",
        consolidationNeeded=vm.consolidation_needed,
        cleanPowerOff=None if on else True,
        maxCpuUsage=vm.cpu_cores * 2400,
        maxMemoryUsage=vm.memory_mb,
    )


def _question(vm: SourceVm) -> Any:
    choices = [
        make(vim.ElementDescription, key=str(number), label=label, summary=label)
        for number, label in enumerate(("I moved it", "I copied it", "Cancel"))
    ]
    return make(
        vim.vm.QuestionInfo,
        id=f"question-{vm.moid}",
        text=vm.question,
        choice=make(vim.option.ChoiceOption, choiceInfo=choices, defaultIndex=0),
    )


def config(inventory: Inventory, vm: SourceVm) -> Any:
    """All of it, devices too. Most reads want only a few fields: see ``SHALLOW``."""
    shown = shallow_config(inventory, vm)
    if shown is None:
        return None
    shown.hardware.__dict__["device"] = devices(inventory, vm)
    return shown


def change_version(vm: SourceVm) -> str:
    """What a reconfigure may name to be refused if the VM has changed since it was read."""
    return (EPOCH + dt.timedelta(seconds=vm.config_changes)).isoformat()


def known_devices(inventory: Inventory, vm: SourceVm) -> Any:
    return None if vm.connection in UNREADABLE else devices(inventory, vm)


def shallow_config(inventory: Inventory, vm: SourceVm) -> Any:
    """Everything but the devices."""
    if vm.connection in UNREADABLE:
        return None
    return make(
        _Config,
        changeVersion=change_version(vm),
        modified=EPOCH,
        name=escaped(vm.name),
        guestFullName=vm.guest_name,
        version=vm.hardware_version,
        uuid=vm.bios_uuid,
        createDate=EPOCH,
        instanceUuid=vm.instance_uuid,
        template=vm.template,
        guestId=vm.guest_id,
        alternateGuestName=vm.guest_name,
        annotation=vm.annotation,
        files=make(_Files, vmPathName=vm_path(vm)),
        hardware=make(
            _Hardware,
            numCPU=vm.cpu_cores,
            numCoresPerSocket=1,
            memoryMB=vm.memory_mb,
            virtualICH7MPresent=False,
            virtualSMCPresent=False,
        ),
        memoryHotAddEnabled=False,
        cpuHotAddEnabled=False,
        bootOptions=make(_Boot, efiSecureBootEnabled=vm.secure_boot, bootRetryEnabled=False),
        changeTrackingEnabled=vm.cbt_enabled,
        firmware=vm.firmware,
    )


def vm_path(vm: SourceVm) -> str:
    """Where the .vmx lies: beside the first disk."""
    if not vm.disks:
        return f"[{vm.datastore}] {vm.name}/{vm.name}.vmx"
    folder, _, _ = vm.disks[0].file.rpartition("/")
    return f"{folder}/{vm.name}.vmx"


def snapshot(_: Inventory, vm: SourceVm) -> Any:
    """The tree, one below the other; None without any."""
    tree = None
    for number in range(len(vm.snapshots), 0, -1):
        title = vm.snapshots[number - 1]
        tree = make(
            vim.vm.SnapshotTree,
            snapshot=snapshot_ref(vm, number),
            vm=Inventory.vm_ref(vm),
            name=title,
            id=number,
            createTime=vm.snapshot_times.get(title, EPOCH + dt.timedelta(days=number)),
            state=vm.power,
            quiesced=False,
            replaySupported=False,
            childSnapshotList=[tree] if tree else [],
        )
    if tree is None:
        return None
    return make(vim.vm.SnapshotInfo, currentSnapshot=snapshot_ref(vm, len(vm.snapshots)), rootSnapshotList=[tree])


def root_snapshots(_: Inventory, vm: SourceVm) -> list[Any]:
    return [snapshot_ref(vm, 1)] if vm.snapshots else []


@functools.cache
def _capability(cbt: bool) -> Any:
    yes = {
        field.name: True
        for field in vim.vm.Capability._GetPropertyList()
        if field.type is bool and not field.flags & support.F_OPTIONAL
    }
    return make(vim.vm.Capability, **{**yes, "changeTrackingSupported": cbt, "recordReplaySupported": False})


def capability(_: Inventory, vm: SourceVm) -> Any:
    """Changed block tracking came with hardware version 7."""
    version = vm.hardware_version.rpartition("-")[2]
    return _capability(not version.isdigit() or int(version) >= 7)


def summary(inventory: Inventory, vm: SourceVm) -> Any:
    known = {"guestId": vm.guest_id, "guestFullName": vm.guest_name} if vm.tools_installed else {}
    host_name = vm.hostname if tools_running(vm) else None
    shown_tools = tools(vm)
    return make(
        _Summary,
        vm=Inventory.vm_ref(vm),
        runtime=runtime(inventory, vm),
        guest=make(_GuestSummary, **known, **shown_tools, hostName=host_name, ipAddress=main_address(vm)),
        config=make(
            _ConfigSummary,
            name=escaped(vm.name),
            template=vm.template,
            vmPathName=vm_path(vm),
            memorySizeMB=vm.memory_mb,
            numCpu=vm.cpu_cores,
            numEthernetCards=len(vm.nics),
            numVirtualDisks=len(vm.disks),
            uuid=vm.bios_uuid,
            instanceUuid=vm.instance_uuid,
            guestId=vm.guest_id,
            guestFullName=vm.guest_name,
            annotation=vm.annotation,
            hwVersion=vm.hardware_version,
        ),
        storage=make(
            _StorageSummary,
            committed=sum(disk.capacity_bytes for disk in vm.disks) // 2,
            uncommitted=sum(disk.capacity_bytes for disk in vm.disks) // 2,
            timestamp=EPOCH,
        ),
        quickStats=make(_QuickStats, guestHeartbeatStatus=heartbeat(inventory, vm)),
        overallStatus="green",
        customValue=custom_values(inventory, vm),
    )


def heartbeat(_: Inventory, vm: SourceVm) -> Any:
    return vim.ManagedEntity.Status("green" if tools_running(vm) else "gray")


def custom_values(inventory: Inventory, vm: SourceVm) -> list[Any]:
    keys = inventory.world.custom_fields
    return [make(_TextValue, key=keys[field], value=text) for field, text in vm.custom_values.items() if field in keys]


def field_definitions(inventory: Inventory, _: Any) -> list[Any]:
    """The custom attributes that a VM may have."""
    return [
        make(vim.CustomFieldsManager.FieldDef, key=key, name=field, type=str, managedObjectType=vim.VirtualMachine)
        for field, key in inventory.world.custom_fields.items()
    ]


def disabled_methods(_: Inventory, vm: SourceVm) -> list[Any]:
    wrong = _OFF_ONLY if vm.power == "poweredOn" else _ON_ONLY
    return [getattr(vim.VirtualMachine, method) for method in wrong]


def parent(inventory: Inventory, vm: SourceVm) -> Any:
    folder = inventory.folder(vm.folder)
    return folder.ref if folder else inventory.vm_folder.ref


def pool(inventory: Inventory, vm: SourceVm) -> Any:
    """Templates are in no resource pool."""
    found = inventory.pools.get(vm.cluster)
    return found.ref if found and not vm.template else None


PROPERTIES: Table = {
    "name": name,
    "parent": parent,
    "config": config,
    "config.hardware.device": known_devices,
    "runtime": runtime,
    "guest": lambda _, vm: guest(vm),
    "capability": capability,
    "snapshot": snapshot,
    "rootSnapshot": root_snapshots,
    "summary": summary,
    "customValue": custom_values,
    "value": custom_values,
    "availableField": field_definitions,
    "resourcePool": pool,
    "datastore": datastore_refs,
    "network": network_refs,
    "disabledMethod": disabled_methods,
    "effectiveRole": lambda *_: [-1],
    "overallStatus": lambda *_: vim.ManagedEntity.Status("green"),
    "configStatus": lambda *_: vim.ManagedEntity.Status("green"),
    "guestHeartbeatStatus": heartbeat,
    "alarmActionsEnabled": lambda *_: True,
    "configIssue": lambda *_: [],
    "permission": lambda *_: [],
    "recentTask": lambda *_: [],
    "declaredAlarmState": lambda *_: [],
    "triggeredAlarmState": lambda *_: [],
    "tag": lambda *_: [],
    "parentVApp": lambda *_: None,
}
# what stands for a property when only a field inside it is asked for
SHALLOW: Table = {"config": shallow_config}
