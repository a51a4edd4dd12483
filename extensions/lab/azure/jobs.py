# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs: how one runs through its tasks in the recorded time, and how a task fails, crawls or hangs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

from .state import Azure, Job, PairPart, ProtectedItem, Task
from .wire import JSON, stamp


class JobFailure(Exception):
    """A task that cannot be done, in the words that the job's errors will show."""

    def __init__(self, code: str, message: str, causes: str = "", recommendation: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.causes, self.recommendation = code, message, causes, recommendation


@dataclasses.dataclass(kw_only=True)
class Step:
    """One task: how long it was recorded to take, and what happens how far into it."""

    name: str
    seconds: float
    begin: Callable[[], None] | None = None
    events: tuple[tuple[float, Callable[[], None]], ...] = ()
    ready: Callable[[], bool] | None = None  # the task does not end before this holds
    end: Callable[[], None] | None = None


def make(
    azure: Azure,
    about: ProtectedItem | PairPart,
    display_name: str,
    scenario: str,
    steps: list[Step],
    cause: int,
    *,
    object_id: str | None,
    object_type: str = "ProtectedItem",
    instance_type: str = "JobDetails",
    internal_id: str = "",
    overtakes: bool = False,
) -> Job:
    job = Job(
        id=azure.guid(),
        display_name=display_name,
        scenario=scenario,
        object_id=object_id,
        object_name=about.name,
        object_type=object_type,
        internal_id=internal_id or about.name,
        internal_name=_name(about),
        cause=cause,
        tasks=[Task(name=step.name) for step in steps],
        instance_type=instance_type,
        started=azure.now(),
    )
    if overtakes and about.job is not None and about.job.state == "Started":  # as a forced DELETE does
        about.job.state, about.job.ended = "Cancelled", azure.now()
    azure.jobs[job.id] = job
    about.job = job
    azure.journal(about, "job", None, {"id": job.id, "name": display_name, "state": "Started"}, cause)
    return job


def _name(about: ProtectedItem | PairPart) -> str:
    return about.vm.name if isinstance(about, ProtectedItem) else about.name


def run(
    azure: Azure,
    about: ProtectedItem | PairPart,
    job: Job,
    steps: list[Step],
    done: Callable[[], None],
    failed: Callable[[JSON, str], None],
    *,
    alongside: bool = False,
) -> None:
    """Start the first task; the rest follows on the schedule. ``failed`` gets the error and the task's name.

    What an item was doing ends with it, but for a job that runs ``alongside``.
    """
    if isinstance(about, ProtectedItem) and not alongside:
        about.epoch += 1
        epoch = about.epoch
        _Run(azure, about, job, steps, done, failed, lambda: about.epoch == epoch).start(0)
    else:
        _Run(azure, about, job, steps, done, failed, lambda: True).start(0)


class _Run:
    def __init__(
        self,
        azure: Azure,
        about: ProtectedItem | PairPart,
        job: Job,
        steps: list[Step],
        done: Callable[[], None],
        failed: Callable[[JSON, str], None],
        current: Callable[[], bool],
    ) -> None:
        self.azure, self.about, self.job, self.steps = azure, about, job, steps
        self.done, self.failed, self.current = done, failed, current

    def alive(self) -> bool:
        return self.job.state == "Started" and self.current()

    def start(self, number: int) -> None:
        step, task = self.steps[number], self.job.tasks[number]
        task.state, task.started = "Started", self.azure.now()
        fault = self.azure.lab.faults.job(self.job.display_name, _name(self.about), step.name) or {}
        pace = float(fault.get("slow") or 1)  # so many times as long
        ends_well = not fault or "slow" in fault
        if not (ends_well or fault.get("stuck")):
            # late: after all that the task does, so that the outcome belies the failure
            seconds = step.seconds if fault.get("late") else step.seconds / 2
            self.azure.locked_after(seconds, lambda: self.fail(number, _injected(fault)))
        acts = ends_well or bool(fault.get("late"))
        if not self.attempt(number, step.begin if acts else None):
            return
        for offset, event in step.events if acts else ():
            self.azure.locked_after(offset * pace, partial(self.attempt, number, event))
        if ends_well:
            self.azure.locked_after(step.seconds * pace, lambda: self.finish(number))

    def attempt(self, number: int, do: Callable[[], None] | None) -> bool:
        if not self.alive():
            return False
        try:
            if do is not None:
                do()
        except JobFailure as failure:
            self.fail(number, failure)
            return False
        return True

    def finish(self, number: int) -> None:
        step, task = self.steps[number], self.job.tasks[number]
        if not self.alive():
            return
        try:
            ready = step.ready is None or step.ready()
        except JobFailure as failure:
            self.fail(number, failure)
            return
        if not ready:
            self.azure.locked_after(5, lambda: self.finish(number))
            return
        if not self.attempt(number, step.end):
            return
        task.state, task.ended = "Succeeded", self.azure.now()
        self.told()
        if number + 1 < len(self.steps):
            self.start(number + 1)
            return
        self.close("Succeeded")
        self.done()
        self.told()

    def fail(self, number: int, failure: JobFailure) -> None:
        if not self.alive():
            return
        task = self.job.tasks[number]
        task.state, task.ended = "Failed", self.azure.now()
        for later in self.job.tasks[number + 1 :]:
            later.state = "Skipped"
        error: JSON = {
            "code": failure.code,
            "type": "Error",
            "severity": "Error",
            "creationTime": stamp(self.azure.now()),
            "message": failure.message,
            "causes": failure.causes or "The lab was told to fail here, or the physics of its world did.",
            "recommendation": failure.recommendation or "Resolve the cause and start the job again.",
        }
        self.job.errors.append(error)
        self.close("Failed")
        self.failed(error, task.name)
        self.told()

    def told(self) -> None:
        if isinstance(self.about, ProtectedItem):
            self.azure.changed(self.about)

    def close(self, state: str) -> None:
        self.job.state, self.job.ended = state, self.azure.now()
        after = {"id": self.job.id, "name": self.job.display_name, "state": state}
        self.azure.journal(self.about, "job", {"id": self.job.id, "state": "Started"}, after, self.job.cause)


def _injected(fault: dict[str, Any]) -> JobFailure:
    return JobFailure(
        str(fault.get("code") or "1000001"),
        str(fault.get("message") or "The task failed."),
        str(fault.get("causes") or ""),
        str(fault.get("recommendation") or ""),
    )
