# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second operator: somebody who works in vCenter on the same VMs, while a migration runs.

What he does happens at once, with the events that vCenter would show, under his name. In the journal his changes have
the cause 0: no request of the ledger brought them about.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from .runtime import Lab
from .world import SourceDisk, SourceVm, World

USER = "VSPHERE.LOCAL\\Somebody"
ATTRIBUTE = "azlocal.migrate"  # the custom attribute that he takes for his own, or tidies away
FOLDER, SNAPSHOT, NOTE = "Somebody", "before my change", "keep until Friday, ask Somebody"
_CAUSE = 0


def act(lab: Lab, what: str, vm: SourceVm | str) -> None:
    """Do one of ``ACTS`` to a source VM, given itself or by name; nothing where it is gone."""
    do, world = ACTS[what], lab.world
    with world.lock:
        found = next((one for one in world.source.values() if one is vm or one.name == vm), None)
        if found is not None:
            do(world, found)


def _power_off(world: World, vm: SourceVm) -> None:
    world.power_off_source(vm, USER, _CAUSE, graceful=False)


def _power_on(world: World, vm: SourceVm) -> None:
    world.power_on_source(vm, USER, _CAUSE)


def _rename(world: World, vm: SourceVm) -> None:
    old, new = vm.name, f"{vm.name}-renamed"
    world.change_source(vm, "name", "name", new, _CAUSE)
    world.event(vm, "VmRenamedEvent", USER, f"Renamed {old} to {new}", oldName=old, newName=new)


def _move(world: World, vm: SourceVm) -> None:
    world.add_folder(FOLDER, _CAUSE)
    world.change_source(vm, "folder", "folder", FOLDER, _CAUSE)


def _snapshot(world: World, vm: SourceVm) -> None:
    world.take_snapshot(vm, SNAPSHOT, _CAUSE)


def _add_disk(world: World, vm: SourceVm) -> None:
    beside = vm.disks[-1]
    number = len(vm.disks)
    disk = SourceDisk(
        key=1 + max(one.key for one in vm.disks),
        uuid=f"6000C29{str(uuid.uuid5(uuid.NAMESPACE_OID, f'{vm.instance_uuid} {number}'))[7:]}",
        label=f"Hard disk {number + 1}",
        controller=beside.controller,
        bus=beside.bus,
        unit=1 + max(one.unit for one in vm.disks if (one.controller, one.bus) == (beside.controller, beside.bus)),
        capacity_bytes=10 * 2**30,
        datastore=beside.datastore,
        file=f"[{vm.datastore}] {vm.name}/{vm.name}_{number}.vmdk",
    )
    world.change_source(vm, "disk", "disks", [*vm.disks, disk], _CAUSE)
    world.event(vm, "VmReconfiguredEvent", USER, f"Reconfigured {vm.name} on {vm.host}")


def _remove_mark(world: World, vm: SourceVm) -> None:
    world.set_custom_value(vm, ATTRIBUTE, "", _CAUSE, USER)


def _foreign_mark(world: World, vm: SourceVm) -> None:
    world.add_custom_field(ATTRIBUTE, _CAUSE)
    world.set_custom_value(vm, ATTRIBUTE, NOTE, _CAUSE, USER)


def _delete_vm(world: World, vm: SourceVm) -> None:
    _power_off(world, vm)
    world.remove_source(vm, USER, _CAUSE)


ACTS: dict[str, Callable[[World, SourceVm], None]] = {
    "power_off": _power_off,
    "power_on": _power_on,
    "rename": _rename,
    "move": _move,
    "snapshot": _snapshot,
    "add_disk": _add_disk,
    "remove_mark": _remove_mark,
    "foreign_mark": _foreign_mark,
    "delete_vm": _delete_vm,
}
