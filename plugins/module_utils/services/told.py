# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a VM's standing and plan are told: the same words in every verb, in a diff, in a report."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Any

from ..catalogue.index import find
from ..clients.errors import ClientError
from ..domain.item import HealthError
from ..domain.job import LONGEST_FAILOVER_S, OVERLONG_S, JobError
from ..domain.phase import FAILED, FAILOVER_JOB, STOPPED, Observed, Phase, Standing
from ..domain.spec import Wanted
from . import results
from .observation import Observatory, Subject
from .results import Result

# Phases that the replication service brought about: it says why.
BY_THE_SERVICE = frozenset(
    {
        Phase.FAILED_ENABLE,
        Phase.FAILED_SEED,
        Phase.READY_HELD,
        Phase.FAILED_BEFORE,
        Phase.FAILED_AFTER,
        Phase.FAILED_REMOVE,
    }
)
LONGEST = 400  # characters of the service's words in a sentence
OVERLONG = f"it has run for more than {OVERLONG_S // 60} minutes, the longest on record took {LONGEST_FAILOVER_S // 60}"
OVERLONG_REMEDY = (
    "it cannot be cancelled: look at its job in the portal, at both appliances and at the Arc resource bridge, and let "
    "Microsoft Support see the job; leave the source as it is, and do not power it on by hand before the job has ended and "
    "you have seen that no target VM runs"
)


def plan(wanted: Wanted) -> dict[str, Any]:
    """The plan of one VM as a person reads it in a diff."""
    return {
        "target_vm_name": wanted.target_vm_name,
        "target_resource_group": wanted.target_resource_group_id.rsplit("/", 1)[-1],
        "storage_path": wanted.storage_path_id.rsplit("/", 1)[-1],
        "cpu_cores": wanted.cpu_cores,
        "memory_mb": wanted.memory_mb,
        "generation": wanted.generation,
        "disks": [
            f"{disk.uuid} {disk.size_gb} GB {disk.format}{' (OS)' if disk.is_os else ''}" for disk in wanted.disks
        ],
        "nics": [
            f"{nic.label} -> {(nic.network_id or '').rsplit('/', 1)[-1]}{', keeps its address' if nic.keep_ip else ''}"
            if nic.create
            else f"{nic.label} -> not created"
            for nic in wanted.nics
        ],
    }


def facts(subject: Subject) -> dict[str, Any]:
    """What every result says of a VM beside its status."""
    seen = subject.seen
    if seen is None:
        return {}
    item = seen.item
    size = sum(disk.capacity_bytes or 0 for disk in (item.disks if item and item.disks else seen.source.disks))
    return {
        "instance_uuid": seen.source.instance_uuid,
        "source_power": seen.source.power,
        "target_vm_name": item.target_vm_name if item else str(subject.entry.get("target_vm_name") or ""),
        "target_id": seen.target.arm_id if seen.target else "",
        "target_power": seen.target.power if seen.target else "",
        "health": item.health if item else "",
        "bytes": size,
        "progress_percent": percent(subject),
    }


def percent(subject: Subject) -> float | None:
    """How far the current movement of the VM is, where the service says so."""
    item = subject.seen.item if subject.seen else None
    if item is None:
        return None
    state = item.protection_state
    if state.startswith("PlannedFailover"):
        return 100.0 if state == "PlannedFailoverCompleted" else item.migration_percent
    if state.startswith("Protected"):
        return item.resync_percent if item.resync_required else 100.0
    return item.initial_replication_percent


def state_result(subject: Subject, stands: Standing, *, later: Collection[Phase] = ()) -> Result:
    """The result of a VM for which nothing is to be done: its phase decides ok, failed or blocked.

    ``later`` are phases that a later step of the way deals with: they are none of this verb's business.
    """
    result = Result(
        name=results.label(subject.entry),
        host=subject.entry.get("host") or "",
        phase=stands.phase,
        settled=stands.settled,
        msg=stands.reason,
        extra=facts(subject),
    )
    if stands.phase in later:
        return result
    if stands.phase == Phase.CUTTING_OVER:
        _add_overlong(result, subject.sight)
    if stands.phase in FAILED | STOPPED:
        result.status = results.FAILED if stands.phase in FAILED else results.BLOCKED
        known = find(stands.phase)
        result.error_code, result.remedy = str(stands.phase), known.remedy if known else ""
        if stands.phase in BY_THE_SERVICE:
            _add_reason(result, subject)
    return result


def explained(see: Observatory, subject: Subject, stands: Standing) -> Subject:
    """With the errors of the job that failed, where the item tells none: one GET for such a VM alone."""
    seen = subject.seen
    if seen is None or seen.job is None or not seen.job.failed or stands.phase not in BY_THE_SERVICE:
        return subject
    if _said(seen):
        return subject
    try:
        job = see.job(seen.job.id)
    except ClientError:  # the phase is told all the same
        return subject
    return dataclasses.replace(subject, seen=dataclasses.replace(seen, job=job))


def _add_reason(result: Result, subject: Subject) -> None:
    """The service's own code and words, its cause or ours, our remedy or its own, and the job to ask Support about."""
    seen = subject.sight
    result.correlation_id = _failed_job(seen)
    error = _said(seen)
    if error is None:
        return
    known = find(error.code)
    text = error.message or (error.summary if isinstance(error, HealthError) else "")
    if text and text not in result.msg:
        result.msg += f": {_short(text)}" + (f" ({error.code})" if error.code else "")
    cause = _short(error.causes) or (known.means if known else "")
    if cause and cause not in result.msg:
        result.msg += f". Cause: {cause}"
    first = known.remedy if known else _short(error.recommendation)
    result.error_code = error.code or result.error_code
    result.remedy = ". ".join(filter(None, (first, result.remedy)))


def _add_overlong(result: Result, seen: Observed) -> None:
    """A failover that runs far longer than any on record may hang: nothing will end it but a person."""
    job = seen.job
    if job is None or job.display_name != FAILOVER_JOB or job.runs_since(seen.now) <= OVERLONG_S:
        return
    result.msg = f"{result.msg}; {OVERLONG}"
    result.remedy, result.correlation_id = OVERLONG_REMEDY, job.name


def _said(seen: Observed) -> HealthError | JobError | None:
    """The error that the service shows first: of the item, else of its failed job."""
    errors: list[HealthError | JobError] = [*seen.item.health_errors] if seen.item else []
    if seen.job and seen.job.failed:
        errors += seen.job.errors
    return next((error for error in errors if error.code or error.message), None)


def _failed_job(seen: Observed) -> str:
    """The id of the job that failed, under which Microsoft Support finds it."""
    if seen.job is not None and seen.job.failed:
        return seen.job.name
    item = seen.item
    last = (item.last_failed_planned_failover_job or item.last_failed_enable_job) if item else None
    return last.name if last else ""


def _short(text: str) -> str:
    flat = " ".join(text.split()).rstrip(".")
    return flat if len(flat) <= LONGEST else f"{flat[: LONGEST - 3].rstrip()}..."


def follows(subject: Subject, result: Result) -> bool:
    """In a check, a step before this one would have changed the VM: this one would follow, so it is not blocked."""
    if not subject.entry.get("planned"):
        return False
    result.clear(results.OK)
    result.settled = True
    result.msg = "would follow once the step before it is done"
    result.extra["planned"] = True
    return True
