# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The replication appliance in vCenter: while a VM replicates, it makes a snapshot of it each cycle and removes it.

What holds a VM are its two tasks; between them only the snapshot stands there.
"""

from __future__ import annotations

from typing import Any

from ..world import SourceVm, World
from .devices import snapshot_ref
from .inventory import Inventory, escaped
from .tasks import Tasks
from .types import vim

USER = "azure-migrate-appliance"
SNAPSHOT = "azure-migrate-appliance-snapshot"
# [I] recorded seconds. An hour between cycles is what the documents of the neighbouring products say.
PERIOD_S, MAKE_S, STANDS_S, REMOVE_S = 3600, 10, 60, 30
AGAIN_S = 30  # when somebody else's task is in the way


class Appliance:
    """One life for each replicating VM; a VM that starts to replicate anew gets a new one."""

    def __init__(self, world: World, tasks: Tasks) -> None:
        self._world, self._tasks = world, tasks
        self._lives: dict[str, int] = {}
        self._removals: dict[str, int] = {}
        world.change_listeners.append(self._changed)

    def _changed(self, vm: SourceVm, attribute: str) -> None:
        if attribute != "replicated":
            return
        life = self._lives[vm.moid] = self._lives.get(vm.moid, 0) + 1
        if vm.replicated:
            self._world.schedule.after(0, lambda: self._cycle(vm, life))

    def _lives_on(self, vm: SourceVm, life: int) -> bool:
        gone = self._world.source_by_moid(vm.moid) is None
        return vm.replicated and self._lives.get(vm.moid) == life and not gone

    def _cycle(self, vm: SourceVm, life: int) -> None:
        if not self._lives_on(vm, life):
            return
        if not self._world.switches.appliance_snapshots:
            self._later(PERIOD_S, vm, life)
            return

        def work() -> Any:
            self._world.take_snapshot(vm, SNAPSHOT, 0)
            self._world.schedule.after(STANDS_S, lambda: self._remove(vm, life))
            return snapshot_ref(vm, len(vm.snapshots))

        if not self._task("CreateSnapshot_Task", vm, MAKE_S, work):
            self._later(AGAIN_S, vm, life)

    def _remove(self, vm: SourceVm, life: int) -> None:
        """Also when replication has ended in the meantime: nothing of the appliance is left behind."""

        def work() -> None:
            left = [name for name in vm.snapshots if name != SNAPSHOT]
            self._world.change_source(vm, "config", "snapshots", left, 0)
            self._consolidate(vm)
            self._later(PERIOD_S, vm, life)

        if not self._task("RemoveAllSnapshots_Task", vm, REMOVE_S, work):
            self._world.schedule.after(AGAIN_S, lambda: self._remove(vm, life))

    def _consolidate(self, vm: SourceVm) -> None:
        """Every other removal leaves a disk behind that the next one takes along."""
        number = self._removals[vm.moid] = self._removals.get(vm.moid, 0) + 1
        needed = self._world.switches.consolidation_needed and number % 2 == 1
        if number > 1 or needed:
            self._world.change_source(vm, "config", "consolidation_needed", needed, 0)

    def _later(self, seconds: float, vm: SourceVm, life: int) -> None:
        self._world.schedule.after(seconds, lambda: self._cycle(vm, life))

    def _task(self, method: str, vm: SourceVm, seconds: float, work: Any) -> bool:
        """Whether the task could begin."""
        try:
            self._tasks.start(method, Inventory.vm_ref(vm), escaped(vm.name), USER, seconds, work, exclusive=True)
        except vim.fault.TaskInProgress:
            return False
        return True
