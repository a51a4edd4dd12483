# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks: work that goes on after its request was answered."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..world import World
from .types import fault, make, reference, support, vim, vmodl

_KEPT = 5000
IMPORT = "ImportVApp"


@dataclass
class TaskState:
    """One task, from queued to its end."""

    ref: Any
    method: str
    description_id: str
    entity: Any
    entity_name: str
    user: str
    length_s: float  # on the lab's clock
    world: World
    queued: dt.datetime
    state: str = "running"
    error: Any = None
    result: Any = None
    completed: dt.datetime | None = None

    def info(self) -> Any:
        running = self.state == "running"
        passed = (self.world.source_now() - self.queued).total_seconds()
        return make(
            vim.TaskInfo,
            key=self.ref._moId,
            task=self.ref,
            name=support.GetWsdlMethod("urn:vim25", self.method),
            descriptionId=self.description_id,
            entity=self.entity,
            entityName=self.entity_name,
            state=vim.TaskInfo.State(self.state),
            cancelled=False,
            cancelable=False,
            error=self.error,
            result=self.result,
            progress=min(99, int(100 * passed / max(self.length_s, 0.001))) if running else None,
            reason=make(vim.TaskReasonUser, userName=self.user),
            queueTime=self.queued,
            startTime=self.queued,
            completeTime=self.completed,
            eventChainId=int(self.ref._moId.rpartition("-")[2]),
        )


class Tasks:
    """All tasks of this vCenter, the newest few thousand of them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._schedule = world.schedule
        self._lock = threading.Lock()
        self._tasks: dict[str, TaskState] = {}
        self._busy: dict[str, TaskState] = {}  # by managed object id
        self._number = 0

    def find(self, moid: str) -> TaskState | None:
        return self._tasks.get(moid)

    def recent(self) -> list[TaskState]:
        with self._lock:
            return list(self._tasks.values())[-20:]

    def start(
        self,
        method: str,
        entity: Any,
        entity_name: str,
        user: str,
        seconds: float,
        work: Callable[[], Any],
        *,
        exclusive: bool = False,
    ) -> Any:
        """Begin; ``work`` happens after the recorded seconds, and what it raises ends the task as an error.

        An exclusive task refuses to begin while another one works on the same object.
        """
        with self._lock:
            if exclusive:
                self._refuse_held(entity)
            task = self._add(method, entity, entity_name, user, seconds, exclusive=exclusive)
        self._schedule.after(seconds, lambda: self._end(task, work))
        return task.ref

    def hold(self, method: str, entity: Any, entity_name: str, user: str, seconds: float) -> TaskState:
        """A task that goes on until ``release``: nobody else changes the object meanwhile."""
        with self._lock:
            return self._add(method, entity, entity_name, user, seconds, exclusive=True)

    def release(self, task: TaskState, error: Any = None) -> None:
        task.error = error
        self._over(task, "success" if error is None else "error")

    def refuse_during_import(self, entity: Any) -> None:
        """For what other tasks do not stand in the way of."""
        with self._lock:
            if entity._moId in self._busy and self._busy[entity._moId].method == IMPORT:
                self._refuse_held(entity)

    def _refuse_held(self, entity: Any) -> None:
        other = self._busy.get(entity._moId)
        if other is None:
            return
        if other.method == IMPORT and self._world.switches.lease_refusal == "InvalidState":
            raise fault(vim.fault.InvalidState, "The operation is not allowed in the current state.")
        raise fault(
            vim.fault.TaskInProgress,
            "The operation is not allowed while another task is in progress.",
            task=other.ref,
        )

    def _add(
        self, method: str, entity: Any, entity_name: str, user: str, seconds: float, *, exclusive: bool
    ) -> TaskState:
        self._number += 1
        task = TaskState(
            ref=reference(vim.Task, f"task-{self._number}"),
            method=method,
            description_id=_description_id(entity, method),
            entity=entity,
            entity_name=entity_name,
            user=user,
            length_s=self._schedule.short(seconds),
            world=self._world,
            queued=self._world.source_now(),
        )
        self._tasks[task.ref._moId] = task
        if exclusive:
            self._busy[entity._moId] = task
        if len(self._tasks) > _KEPT:
            self._tasks.pop(next(iter(self._tasks)))
        return task

    def _end(self, task: TaskState, work: Callable[[], Any]) -> None:
        state = "success"
        try:
            task.result = work()
        except vmodl.MethodFault as wrong:
            task.error, state = wrong, "error"
        except Exception as wrong:
            task.error, state = fault(vmodl.fault.SystemError, f"lab: {wrong}", reason=str(wrong)), "error"
            raise
        finally:
            self._over(task, state)

    def _over(self, task: TaskState, state: str) -> None:
        with self._lock:
            if self._busy.get(task.entity._moId) is task:
                del self._busy[task.entity._moId]
        task.completed = self._world.source_now()
        task.state = state


def _description_id(entity: Any, method: str) -> str:
    """VirtualMachine.powerOff for PowerOffVM_Task."""
    if method == IMPORT:
        return "ResourcePool.ImportVAppLRO"
    kind = type(entity)._wsdlName
    name: str = support.GetWsdlMethod("urn:vim25", method).info.name
    return f"{kind}.{name[0].lower()}{name[1:]}"
