# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs: how one runs through its tasks in the recorded time, and how the service shows it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial

from ..world import now
from . import ids
from .state import Azure, Job, ProtectedItem, Task
from .wire import JSON, Answer, ArmError, Request, page, stamp

__all__ = ["JobFailure", "Step", "close", "events_list", "get", "listing", "make", "run", "show", "summary"]

_PROVIDER = ids.fixed("replication provider")
_SOURCE_PROVIDER = ids.fixed("source fabric provider")
_TARGET_PROVIDER = ids.fixed("target fabric provider")


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
    item: ProtectedItem,
    display_name: str,
    scenario: str,
    steps: list[Step],
    cause: int,
    *,
    object_id: str | None,
    instance_type: str = "JobDetails",
    internal_id: str = "",
    overtakes: bool = False,
) -> Job:
    job = Job(
        id=azure.guid(),
        display_name=display_name,
        scenario=scenario,
        object_id=object_id,
        object_name=item.name,
        object_type="ProtectedItem",
        internal_id=internal_id or item.name,
        internal_name=item.vm.name,
        cause=cause,
        tasks=[Task(name=step.name) for step in steps],
        instance_type=instance_type,
    )
    if overtakes and item.job is not None and item.job.state == "Started":  # as a forced DELETE does
        item.job.state, item.job.ended = "Cancelled", now()
    azure.jobs[job.id] = job
    item.job = job
    azure.journal(item, "job", None, {"id": job.id, "name": display_name, "state": "Started"}, cause)
    return job


def run(
    azure: Azure,
    item: ProtectedItem,
    job: Job,
    steps: list[Step],
    done: Callable[[], None],
    failed: Callable[[JSON, str], None],
) -> None:
    """Start the first task; the rest follows on the schedule. ``failed`` gets the error and the task's name."""
    item.epoch += 1
    _Run(azure, item, job, steps, done, failed).start(0)


class _Run:
    def __init__(
        self,
        azure: Azure,
        item: ProtectedItem,
        job: Job,
        steps: list[Step],
        done: Callable[[], None],
        failed: Callable[[JSON, str], None],
    ) -> None:
        self.azure, self.item, self.job, self.steps = azure, item, job, steps
        self.done, self.failed, self.epoch = done, failed, item.epoch

    def alive(self) -> bool:
        return self.job.state == "Started" and self.epoch == self.item.epoch

    def start(self, number: int) -> None:
        step, task = self.steps[number], self.job.tasks[number]
        task.state, task.started = "Started", now()
        fault = self.azure.lab.faults.job(self.job.display_name, self.item.vm.name, step.name)
        events = step.events
        if fault is not None:
            broken = JobFailure(
                str(fault.get("code") or "1000001"), str(fault.get("message") or "The task failed."),
                str(fault.get("causes") or ""), str(fault.get("recommendation") or ""),
            )  # fmt: skip
            if fault.get("late"):  # after all that the task does: contradictory on purpose
                self.azure.locked_after(step.seconds, lambda: self.fail(number, broken))
            else:
                self.azure.locked_after(step.seconds / 2, lambda: self.fail(number, broken))
                events = ()
        if not self.attempt(number, step.begin if fault is None or fault.get("late") else None):
            return
        for offset, event in events:
            self.azure.locked_after(offset, partial(self._event, number, event))
        if fault is None:
            self.azure.locked_after(step.seconds, lambda: self.finish(number))

    def _event(self, number: int, do: Callable[[], None]) -> None:
        self.attempt(number, do)

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
        task.state, task.ended = "Succeeded", now()
        if number + 1 < len(self.steps):
            self.start(number + 1)
            return
        self.close("Succeeded")
        self.done()

    def fail(self, number: int, failure: JobFailure) -> None:
        if not self.alive():
            return
        task = self.job.tasks[number]
        task.state, task.ended = "Failed", now()
        for later in self.job.tasks[number + 1 :]:
            later.state = "Skipped"
        error: JSON = {
            "code": failure.code,
            "type": "Error",
            "severity": "Error",
            "creationTime": stamp(now()),
            "message": failure.message,
            "causes": failure.causes or "The lab was told to fail here, or the physics of its world did.",
            "recommendation": failure.recommendation or "Resolve the cause and start the job again.",
        }
        self.job.errors.append(error)
        self.close("Failed")
        self.failed(error, task.name)

    def close(self, state: str) -> None:
        close(self.azure, self.item, self.job, state)


def close(azure: Azure, item: ProtectedItem, job: Job, state: str) -> None:
    job.state, job.ended = state, now()
    after = {"id": job.id, "name": job.display_name, "state": state}
    azure.journal(item, "job", {"id": job.id, "state": "Started"}, after, job.cause)


# -- how the service shows jobs ---------------------------------------------------------------------------------


def show(job: Job, *, whole: bool) -> JSON:
    properties: JSON = {"displayName": job.display_name, "state": job.state, "startTime": stamp(job.started)}
    if job.ended is not None:
        properties["endTime"] = stamp(job.ended)
    running = job.state == "Started"
    properties |= {
        "objectId": job.object_id,
        "objectName": job.object_name,
        "objectInternalId": job.internal_id if whole else job.object_name,
        "objectInternalName": job.internal_name,
        "objectType": job.object_type,
        "replicationProviderId": _PROVIDER,
        "sourceFabricProviderId": _SOURCE_PROVIDER,
        "targetFabricProviderId": _TARGET_PROVIDER,
        "allowedActions": ["Cancel"] if running else [],
        "activityId": " ActivityId: 00000000-0000-0000-0000-000000000000",
        "tasks": [_show_task(task) for task in job.tasks] if whole else None,
        "errors": job.errors if whole else None,
        "customProperties": _custom(job) if whole else None,
        "provisioningState": "Canceled",
    }
    return {
        "properties": properties,
        "id": ids.job(job.id),
        "name": job.id,
        "type": "Microsoft.DataReplication/replicationVaults/jobs",
        "systemData": None,
    }


def _show_task(task: Task) -> JSON:
    shown: JSON = {"taskName": task.name, "state": task.state}
    if task.started is not None:
        shown["startTime"] = stamp(task.started)
    if task.ended is not None:
        shown["endTime"] = stamp(task.ended)
    return {**shown, "customProperties": {"instanceType": "TaskDetails"}, "childrenJobs": []}


def _custom(job: Job) -> JSON:
    return {
        "instanceType": job.instance_type,
        "affectedObjectDetails": {
            "PolicyName": ids.POLICY_NAME,
            "ReplicationExtensionName": ids.EXTENSION_NAME,
            "VaultId": ids.VAULT_SERVICE_ID,
        },
    }


def summary(job: Job | None) -> JSON | None:
    """A job as a protected item names it."""
    if job is None:
        return None
    return {
        "scenarioName": job.scenario,
        "id": ids.job(job.id),
        "name": job.id,
        "displayName": job.display_name,
        "state": job.state,
        "startTime": stamp(job.started),
        "endTime": stamp(job.ended),
    }


def listing(azure: Azure, request: Request) -> Answer:
    rows = [show(job, whole=False) for job in reversed(azure.jobs.values())]
    return Answer(body=page(azure.base_url, request, rows, azure.switches.jobs_page))


def get(azure: Azure, request: Request) -> Answer:
    job = azure.jobs.get(request.parts["job"].lower())
    if job is None:
        raise ArmError(404, "JobNotFound", f"The job {request.parts['job']} was not found in the vault.")
    return Answer(body=show(job, whole=True))


def events_list(azure: Azure, request: Request) -> Answer:
    return Answer(body=page(azure.base_url, request, list(reversed(azure.events)), 100))
