# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of the replication vault. Only the reply for one job has its tasks: a list leaves them null."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import values

# The service reports provisioningState "Canceled" on every job, even on running ones: state alone counts.
FINISHED = frozenset(
    {
        "succeeded",
        "failed",
        "cancelled",
        "completedwithinformation",
        "completedwithwarnings",
        "completedwitherrors",
    }
)

# The longest planned failover on record: five VMs together (control-plane §2.7). One that takes twice as long is told [I].
LONGEST_FAILOVER_S = 36 * 60
OVERLONG_S = 2 * LONGEST_FAILOVER_S


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    name: str = ""
    state: str = ""
    started_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class JobError:
    code: str = ""
    type: str = ""
    severity: str = ""
    message: str = ""
    causes: str = ""
    recommendation: str = ""
    at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    id: str = ""
    name: str = ""
    display_name: str = ""
    state: str = ""
    started_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    object_id: str = ""
    object_name: str = ""  # the protected item's name
    object_type: str = ""
    source_vm_name: str = ""
    allowed_actions: tuple[str, ...] = ()
    has_tasks: bool = False  # whether the reply told the tasks at all
    tasks: tuple[Task, ...] = ()
    errors: tuple[JobError, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False, hash=False)

    @property
    def finished(self) -> bool:
        return self.state.lower() in FINISHED

    @property
    def failed(self) -> bool:
        return self.state.lower() in {"failed", "cancelled", "completedwitherrors"}

    def runs_since(self, now: dt.datetime) -> float:
        """Seconds since it began; none where it is over, or does not tell."""
        return 0.0 if self.finished or self.started_at is None else (now - self.started_at).total_seconds()

    def task(self, name: str) -> Task | None:
        return next((task for task in self.tasks if task.name.lower() == name.lower()), None)

    @classmethod
    def parse(cls, reply: Any) -> Job:
        """Any JSON value; what cannot be read is empty or None."""
        raw = values.mapping(reply)
        props = values.mapping(raw.get("properties"))
        return cls(
            id=values.text(raw.get("id")),
            name=values.text(raw.get("name")),
            display_name=values.text(props.get("displayName")),
            state=values.text(props.get("state")),
            started_at=values.when(props.get("startTime")),
            ended_at=values.when(props.get("endTime")),
            object_id=values.text(props.get("objectId")),
            object_name=values.text(props.get("objectName")),
            object_type=values.text(props.get("objectType")),
            source_vm_name=values.text(props.get("objectInternalName")),
            allowed_actions=values.texts(props.get("allowedActions")),
            has_tasks=isinstance(props.get("tasks"), list),
            tasks=tuple(_task(task) for task in values.mappings(props.get("tasks"))),
            errors=tuple(_error(error) for error in values.mappings(props.get("errors"))),
            raw=raw,
        )


def _task(task: Mapping[str, Any]) -> Task:
    return Task(
        name=values.text(task.get("taskName")),
        state=values.text(task.get("state")),
        started_at=values.when(task.get("startTime")),
        ended_at=values.when(task.get("endTime")),
    )


def _error(error: Mapping[str, Any]) -> JobError:
    return JobError(
        code=values.text(error.get("code")),
        type=values.text(error.get("type")),
        severity=values.text(error.get("severity")),
        message=values.text(error.get("message")),
        causes=values.text(error.get("causes")),
        recommendation=values.text(error.get("recommendation")),
        at=values.when(error.get("creationTime")),
    )
