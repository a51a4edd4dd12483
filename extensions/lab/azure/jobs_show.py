# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the service shows jobs and events."""

from __future__ import annotations

import datetime as dt

from . import ids
from .state import Azure, Job, Task
from .wire import JSON, Answer, ArmError, Request, page, stamp

_PROVIDER = ids.fixed("replication provider")
_SOURCE_PROVIDER = ids.fixed("source fabric provider")
_TARGET_PROVIDER = ids.fixed("target fabric provider")


def show(job: Job, *, whole: bool, at: dt.datetime | None = None) -> JSON:
    """``at``: as it was at that moment, after its start."""
    running = job.ended is None or (at is not None and job.ended > at)
    state = "Started" if running else job.state
    properties: JSON = {"displayName": job.display_name, "state": state, "startTime": stamp(job.started)}
    if not running:
        properties["endTime"] = stamp(job.ended)
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
    lag, jobs = azure.schedule.short(azure.switches.jobs_lag_s), [*reversed(azure.jobs.values())]
    if lag > 0:
        at = azure.now() - dt.timedelta(seconds=lag)
        rows = [show(job, whole=False, at=at) for job in jobs if job.started <= at]
    else:
        rows = [show(job, whole=False) for job in jobs]
    return Answer(body=page(azure.base_url, request, rows, azure.switches.jobs_page))


def get(azure: Azure, request: Request) -> Answer:
    job = azure.jobs.get(request.parts["job"].lower())
    if job is None:
        raise ArmError(404, "JobNotFound", f"The job {request.parts['job']} was not found in the vault.")
    shown = show(job, whole=True)
    if azure.switches.job_tasks == "null":
        shown["properties"]["tasks"] = None
    return Answer(body=shown)


def events_list(azure: Azure, request: Request) -> Answer:
    return Answer(body=page(azure.base_url, request, list(reversed(azure.events)), 100))


def event(azure: Azure, request: Request) -> Answer:
    for row in azure.events:
        if row["name"] == request.parts["event"].lower():
            return Answer(body=row)
    raise ArmError(404, "EventNotFound", f"The event {request.parts['event']} was not found in the vault.")
