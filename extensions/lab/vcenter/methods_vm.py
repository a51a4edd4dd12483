# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done to a virtual machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..world import SourceNic, SourceVm
from .guest import tools_running
from .inventory import Inventory, escaped, unescaped
from .methods_other import refuse_duplicate
from .properties import change_version
from .service import Call, operation
from .types import fault, fault_class, vim, vmodl

# seconds of the real service, roughly
POWER_ON_S, POWER_OFF_S, RECONFIGURE_S, RENAME_S, SNAPSHOT_S, DESTROY_S = 3, 2, 2, 1, 5, 2


# -- power -------------------------------------------------------------------------------------------------------


@operation("PowerOnVM_Task", write=True)
def power_on(call: Call) -> Any:
    vm = call.vm()

    def work() -> None:
        _refuse(vm, ("poweredOff", "suspended"))
        call.world.power_on_source(vm, call.user, call.cause)

    return _task(call, vm, POWER_ON_S, work, lambda: _refuse(vm, ("poweredOff", "suspended")))


@operation("PowerOffVM_Task", write=True)
def power_off(call: Call) -> Any:
    vm = call.vm()

    def work() -> None:
        _refuse(vm, ("poweredOn", "suspended"))
        call.world.power_off_source(vm, call.user, call.cause, graceful=False)

    return _task(call, vm, POWER_OFF_S, work, lambda: _refuse(vm, ("poweredOn", "suspended")))


@operation("ShutdownGuest", write=True)
def shutdown_guest(call: Call) -> None:
    """Only asks; there is no task, and what the guest does is seen in power state and events."""
    vm = call.vm()
    _refuse(vm, ("poweredOn",))
    if not tools_running(vm):
        raise fault(
            vim.fault.ToolsUnavailable,
            "Cannot complete operation because VMware Tools is not running in this virtual machine.",
        )
    call.world.shutdown_guest(vm, call.user, call.cause)


def _refuse(vm: SourceVm, allowed: tuple[str, ...]) -> None:
    if vm.power not in allowed:
        shown = {"poweredOn": "Powered on", "poweredOff": "Powered off", "suspended": "Suspended"}[vm.power]
        raise fault(
            vim.fault.InvalidPowerState,
            f"The attempted operation cannot be performed in the current state ({shown}).",
            requestedState=vim.VirtualMachine.PowerState(allowed[0]),
            existingState=vim.VirtualMachine.PowerState(vm.power),
        )


def _task(
    call: Call, vm: SourceVm, seconds: float, work: Callable[[], Any], check: Callable[[], None] | None = None
) -> Any:
    if check is not None and not call.world.switches.state_fault_in_task:
        check()
    ref = Inventory.vm_ref(vm)
    return call.service.tasks.start(call.method, ref, escaped(vm.name), call.user, seconds, work, exclusive=True)


# -- reconfigure -------------------------------------------------------------------------------------------------

_MODELLED = frozenset(
    {"annotation", "changeTrackingEnabled", "numCPUs", "memoryMB", "deviceChange", "name", "changeVersion"}
)


@operation("ReconfigVM_Task", write=True)
def reconfigure(call: Call) -> Any:
    """Annotation, change tracking, size when off, and whether a network card is connected. Nothing is half done."""
    vm, spec = call.vm(), call.args["spec"]
    if spec is None:
        raise fault(vmodl.fault.InvalidArgument, "A specified parameter was not correct: spec", invalidProperty="spec")
    asked = {name for name, value in vars(spec).items() if value not in (None, [])}
    unknown = sorted(asked - _MODELLED)
    if unknown:
        raise fault(vmodl.fault.NotSupported, f"The lab does not reconfigure {', '.join(unknown)}.")
    if spec.changeVersion and spec.changeVersion != change_version(vm):
        raise fault(vim.fault.ConcurrentAccess, "The object has been changed since it was read.")
    cards = [_card_change(vm, number, change) for number, change in enumerate(spec.deviceChange or [])]

    def work() -> None:
        with call.world.lock:
            _refuse_hot_resize(vm, spec)
            if spec.name is not None:
                refuse_duplicate(call.service, vm, unescaped(spec.name), vm.folder)
            _apply(call, vm, spec, cards)

    return _task(call, vm, RECONFIGURE_S, work)


def _refuse_hot_resize(vm: SourceVm, spec: Any) -> None:
    """The lab's machines have hot add turned off."""
    if vm.power == "poweredOff":
        return
    if spec.numCPUs is not None and spec.numCPUs != vm.cpu_cores:
        kind = fault_class("CpuHotPlugNotSupported") or vim.fault.InvalidPowerState
        raise fault(kind, "CPU hot plug is not supported for this virtual machine.")
    if spec.memoryMB is not None and spec.memoryMB != vm.memory_mb:
        kind = fault_class("MemoryHotPlugNotSupported") or vim.fault.InvalidPowerState
        raise fault(kind, "Memory hot plug is not supported for this virtual machine.")


def _apply(call: Call, vm: SourceVm, spec: Any, cards: list[tuple[SourceNic, bool, bool]]) -> None:
    simple = (
        ("annotation", "annotation"),
        ("changeTrackingEnabled", "cbt_enabled"),
        ("numCPUs", "cpu_cores"),
        ("memoryMB", "memory_mb"),
    )
    for field, attribute in simple:
        value = getattr(spec, field)
        if value is not None:
            plain = type(getattr(vm, attribute))(value)  # pyVmomi's own int stays on the wire
            call.world.change_source(vm, "config", attribute, plain, call.cause)
    if spec.name is not None:
        _rename(call, vm, unescaped(spec.name))
    for card, connected, start_connected in cards:
        call.world.change_source_nic(vm, card, connected, start_connected, call.cause)
    call.world.event(vm, "VmReconfiguredEvent", call.user, f"Reconfigured {vm.name} on {vm.host}")


def _card_change(vm: SourceVm, number: int, change: Any) -> tuple[SourceNic, bool, bool]:
    """A change of a network card's connection; the lab has no other device changes."""
    device = change.device
    if change.operation != "edit" or not isinstance(device, vim.vm.device.VirtualEthernetCard):
        raise fault(vmodl.fault.NotSupported, "The lab edits network cards only.")
    card = next((nic for nic in vm.nics if nic.key == device.key), None)
    if card is None:
        raise fault(
            vim.fault.InvalidDeviceSpec,
            f"Invalid configuration for device '{number}'.",
            property=f"virtualDeviceSpec[{number}].device.key",
            deviceIndex=number,
        )
    if device.connectable is None:
        return card, card.connected, card.start_connected
    return card, bool(device.connectable.connected), bool(device.connectable.startConnected)


# -- name --------------------------------------------------------------------------------------------------------


@operation("Rename_Task", write=True)
def rename(call: Call) -> Any:
    name = unescaped(str(call.args["newName"] or ""))
    if not name or len(escaped(name)) > 80:
        raise fault(vim.fault.InvalidName, f"The name '{name}' is invalid.", name=name)
    vm = call.vm()

    def work() -> None:
        with call.world.lock:
            refuse_duplicate(call.service, vm, name, vm.folder)
            _rename(call, vm, name)

    return _task(call, vm, RENAME_S, work)


def _rename(call: Call, vm: SourceVm, name: str) -> None:
    old = vm.name
    if old != name:
        call.world.change_source(vm, "name", "name", name, call.cause)
        call.world.event(vm, "VmRenamedEvent", call.user, f"Renamed {old} to {name}", oldName=old, newName=name)


# -- the end ------------------------------------------------------------------------------------------------------


@operation("Destroy_Task", write=True)
def destroy(call: Call) -> Any:
    """Removes a machine that is off, with its disks."""
    vm = call.vm()

    def work() -> None:
        _refuse(vm, ("poweredOff",))
        call.world.remove_source(vm, call.user, call.cause)

    return _task(call, vm, DESTROY_S, work, lambda: _refuse(vm, ("poweredOff",)))


# -- snapshots ---------------------------------------------------------------------------------------------------


@operation("CreateSnapshot_Task", write=True)
def create_snapshot(call: Call) -> Any:
    vm, name = call.vm(), str(call.args["name"] or "")

    def work() -> Any:
        from .devices import snapshot_ref

        call.world.take_snapshot(vm, name, call.cause)
        return snapshot_ref(vm, len(vm.snapshots))

    return _task(call, vm, SNAPSHOT_S, work)


@operation("RemoveAllSnapshots_Task", write=True)
def remove_all_snapshots(call: Call) -> Any:
    vm = call.vm()
    return _task(call, vm, SNAPSHOT_S, lambda: call.world.change_source(vm, "config", "snapshots", [], call.cause))
