# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a VM stands: its phase, read from both worlds by an ordered list of rules (design: cutover.md, rule book).

First match wins. A rule only looks at what was observed; nothing is remembered between runs.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from enum import StrEnum

from .item import ProtectedItem
from .job import Job
from .marks import Mark
from .source import SourceMachine


class Phase(StrEnum):
    """One word for where a VM stands; the values are public (results, groups, report)."""

    UNKNOWN = "unknown"
    CONFLICT = "conflict"
    DISCOVERED = "discovered"
    BLOCKED = "blocked"
    REMOVED_ELSEWHERE = "removed_elsewhere"
    ENABLING = "enabling"
    FAILED_ENABLE = "failed_enable"
    SEEDING = "seeding"
    FAILED_SEED = "failed_seed"
    RESYNCING = "resyncing"
    READY = "ready"
    READY_HELD = "ready_held"
    CUTTING_OVER = "cutting_over"
    FAILED_BEFORE = "failed_before"
    FAILED_AFTER = "failed_after"
    FOREIGN = "foreign"
    MIGRATED = "migrated"
    VERIFIED = "verified"
    COMPLETING = "completing"
    REMOVING = "removing"
    FAILED_REMOVE = "failed_remove"
    COMPLETED = "completed"


MOVING = frozenset(
    {Phase.ENABLING, Phase.SEEDING, Phase.RESYNCING, Phase.CUTTING_OVER, Phase.COMPLETING, Phase.REMOVING}
)
FAILED = frozenset(
    {
        Phase.CONFLICT,
        Phase.FAILED_ENABLE,
        Phase.FAILED_SEED,
        Phase.FAILED_BEFORE,
        Phase.FAILED_AFTER,
        Phase.FAILED_REMOVE,
        Phase.REMOVED_ELSEWHERE,
    }
)
STOPPED = frozenset({Phase.BLOCKED, Phase.READY_HELD, Phase.FOREIGN, Phase.UNKNOWN})

# What the service calls its jobs (control-plane §2, recorded).
ENABLE_JOB = "Create or update protected item"
SEEDED_JOB = "Complete initial replication"
FAILOVER_JOB = "Planned failover"
DELETE_JOB = "Delete protected item"
RUNNING_JOB_STATES = frozenset({"Pending", "Started", "Cancelling"})

# The service's words for what moves by itself. Its ...Begin and ...End markers are never where anything ends.
_ENABLING = frozenset({"UnprotectedStatesBegin", "UnprotectedStatesEnd", "EnablingProtection"})
_SEEDING = frozenset(
    {
        "InitialReplicationStatesBegin",
        "InitialReplicationInProgress",
        "InitialReplicationCompletedOnPrimary",
        "InitialReplicationCompletedOnRecovery",
        "InitialReplicationStatesEnd",
        "ProtectedStatesBegin",
    }
)
_CUTTING_OVER = frozenset(
    {
        "ProtectedStatesEnd",
        "PlannedFailoverTransitionStatesBegin",
        "PlannedFailoverInitiated",
        "PlannedFailoverCompleting",
        "PlannedFailoverTransitionStatesEnd",
    }
)

# A write that was just sent may not be visible yet: how long its mark speaks for it. [I] listing lag of the service.
INVISIBLE_S = 600
POST_INVISIBLE_S = 300
SKEW_S = 60  # how far the service's clock and ours may be apart [I]
_FAILED_OVER = {
    "PlannedFailoverCompleted": (
        Phase.MIGRATED,  # 28, 29
        "planned failover is complete, not yet verified and completed",
    ),
    "PlannedFailoverFailed": (Phase.FAILED_BEFORE, "planned failover failed"),  # 22, 23
    "PlannedFailoverCompletionFailed": (Phase.FAILED_AFTER, "planned failover failed at the target"),  # 24-27
}


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class TargetSeen:
    """A target machine as ARM shows it; ``power`` is '' when only its existence was read."""

    arm_id: str
    name: str
    power: str = ""  # Running | Stopped | Starting | ... | Unknown
    tags: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Observed:
    """Both worlds, for one VM, at one moment."""

    now: dt.datetime
    source: SourceMachine
    item: ProtectedItem | None = None
    job: Job | None = None  # newest job of this object
    target: TargetSeen | None = None
    mark: Mark = dataclasses.field(default_factory=Mark)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """The phase and one sentence that says why."""

    phase: Phase
    reason: str

    @property
    def settled(self) -> bool:
        """Nothing moves by itself any more."""
        return self.phase not in MOVING


def _running(job: Job | None, display_name: str) -> bool:
    return job is not None and job.display_name == display_name and job.state in RUNNING_JOB_STATES


def _recent(moment: dt.datetime | None, now: dt.datetime, seconds: float) -> bool:
    return moment is not None and (now - moment).total_seconds() < seconds


def _percent(value: float | None) -> str:
    return f" at {round(value)} %" if value is not None else ""


def standing(seen: Observed) -> Standing:
    """Where the VM stands (rule numbers as in the rule book)."""
    both = seen.source.power == "on" and seen.target and seen.target.power.lower() in ("running", "starting")
    if both and not seen.mark.both_may_run:
        return Standing(phase=Phase.CONFLICT, reason="source and target are both running")  # 2
    return _without_item(seen) if seen.item is None else _with_item(seen, seen.item)


def _without_item(seen: Observed) -> Standing:
    if _running(seen.job, ENABLE_JOB):  # 4
        return Standing(phase=Phase.ENABLING, reason="the service is creating the protected item")
    if seen.mark.cutover_at is not None and seen.target is not None and seen.source.power != "on":  # 34
        return Standing(phase=Phase.COMPLETED, reason="migration is complete: the target exists, the source is off")
    if _recent(_invisible_since(seen), seen.now, INVISIBLE_S) and not _enable_ended(seen):  # 4
        return Standing(phase=Phase.ENABLING, reason="replication was asked for and is not visible yet")
    if seen.mark.cutover_at is not None:  # 6
        return Standing(
            phase=Phase.REMOVED_ELSEWHERE,
            reason="a cutover was sent for it, but neither a protected item nor the target VM exists any more",
        )
    if _was_enabled(seen):  # 6
        return Standing(phase=Phase.REMOVED_ELSEWHERE, reason="it was replicating, and its protected item was removed")
    return Standing(phase=Phase.DISCOVERED, reason="not replicating yet")  # 5


def _was_enabled(seen: Observed) -> bool:
    """The enable that the mark announces reached the service. Our own removal takes the mark away first."""
    job = _job_since_enable(seen)
    return job is not None and not (job.display_name == ENABLE_JOB and job.state == "Failed")  # it never came to be


def _enable_ended(seen: Observed) -> bool:
    """The enable of this mark failed, or what it made was deleted again: nothing invisible to wait for."""
    job = _job_since_enable(seen)
    return job is not None and not (job.display_name == ENABLE_JOB and job.state != "Failed")


def _invisible_since(seen: Observed) -> dt.datetime | None:
    """From when on lists may still lag: from the PUT, or from the end of its job, which shows that there is an item."""
    job, sent = _job_since_enable(seen), seen.mark.enabled_at
    ended = job.ended_at if job else None
    return max(ended, sent) if ended and sent else sent


def _job_since_enable(seen: Observed) -> Job | None:
    """The newest job, if it is over and not older than the mark.

    An older one says nothing: the VM may have been replicated and taken back before.
    """
    job, sent = seen.job, seen.mark.enabled_at
    if job is None or sent is None or job.started_at is None or job.state in RUNNING_JOB_STATES:
        return None
    skew = SKEW_S if job.display_name == ENABLE_JOB else 0
    return job if job.started_at >= sent - dt.timedelta(seconds=skew) else None


def _with_item(seen: Observed, item: ProtectedItem) -> Standing:
    state = item.protection_state
    going = item.provisioning_state in ("Deleting", "Deleted")
    if going or state in ("DisablingProtection", "MarkedForDeletion"):  # 32
        recovered = item.active_location == "Recovery"
        phase = Phase.COMPLETING if recovered else Phase.REMOVING
        return Standing(phase=phase, reason="the service is deleting the protected item")
    if state == "DisablingFailed":  # 33
        return Standing(phase=Phase.FAILED_REMOVE, reason=_health(item, "removing the protected item failed"))
    if state == "EnablingFailed":  # 8
        return Standing(phase=Phase.FAILED_ENABLE, reason=_health(item, "enabling replication failed"))
    if state == "InitialReplicationFailed":  # 10
        return Standing(phase=Phase.FAILED_SEED, reason=_health(item, "initial replication failed"))
    if state in _SEEDING and seen.job is not None and seen.job.display_name == SEEDED_JOB and seen.job.failed:  # 10
        return Standing(phase=Phase.FAILED_SEED, reason=_health(item, "the end of the initial replication failed"))
    if state in _SEEDING:  # 9
        return Standing(phase=Phase.SEEDING, reason=f"initial replication{_percent(item.initial_replication_percent)}")
    creating = item.provisioning_state == "Creating" and state in ("", "Protected")
    if state in _ENABLING or creating:  # 7
        return Standing(phase=Phase.ENABLING, reason="the service is enabling replication")
    if state in _CUTTING_OVER:  # 20
        return Standing(phase=Phase.CUTTING_OVER, reason=f"planned failover{_percent(item.migration_percent)}")
    if state in _FAILED_OVER:  # 22-29
        return _failed_over(seen, item, state)
    if state == "Protected" and item.test_failover_state in ("", "None"):
        return _protected(seen, item)
    return Standing(  # 21
        phase=Phase.FOREIGN, reason=f"it is in a state that this collection never causes ({state or 'none'})"
    )


def _failed_over(seen: Observed, item: ProtectedItem, state: str) -> Standing:
    phase, reason = _FAILED_OVER[state]
    if phase != Phase.MIGRATED and _sent_again(seen):  # 17: a read that lags shows the failure before this one
        return Standing(phase=Phase.CUTTING_OVER, reason="a planned failover was sent again and is not visible yet")
    return Standing(phase=phase, reason=reason if phase == Phase.MIGRATED else _health(item, reason))


def _protected(seen: Observed, item: ProtectedItem) -> Standing:
    if _running(seen.job, FAILOVER_JOB):  # 17
        return Standing(phase=Phase.CUTTING_OVER, reason="a planned failover was accepted")
    if item.resync_failed:  # 14
        return Standing(phase=Phase.READY_HELD, reason=_health(item, "its resynchronisation failed"))
    if item.resyncing:  # 14
        return Standing(phase=Phase.RESYNCING, reason=f"resynchronising{_percent(item.resync_percent)}")
    if _recent(seen.mark.cutover_at, seen.now, POST_INVISIBLE_S) and not _failover_ended(seen):  # 17
        return Standing(phase=Phase.CUTTING_OVER, reason="a planned failover was sent and is not visible yet")
    if item.health == "Critical":  # 15
        return Standing(phase=Phase.READY_HELD, reason=_health(item, "replication health is critical"))
    if item.can("PlannedFailover") or item.can("Restart"):  # 18, 19
        return Standing(phase=Phase.READY, reason="ready to migrate")
    return Standing(phase=Phase.READY_HELD, reason="the service does not allow a planned failover at the moment")


def _sent_again(seen: Observed) -> bool:
    """A failover newer than the failure that the item tells of runs, or was sent a moment ago."""
    if _running(seen.job, FAILOVER_JOB):
        return True
    return _recent(seen.mark.cutover_at, seen.now, POST_INVISIBLE_S) and not _failover_ended(seen)


def _failover_ended(seen: Observed) -> bool:
    """A failover newer than the mark has ended: the mark no longer speaks for one in flight."""
    job, sent = seen.job, seen.mark.cutover_at
    if job is None or sent is None or job.display_name != FAILOVER_JOB or job.state in RUNNING_JOB_STATES:
        return False
    return job.started_at is not None and job.started_at >= sent - dt.timedelta(seconds=SKEW_S)


def _health(item: ProtectedItem, otherwise: str) -> str:
    """The service's own words where it has any."""
    for error in item.health_errors:
        text = error.message or error.summary
        if text:
            return f"{otherwise}: {text}" + (f" ({error.code})" if error.code else "")
    return otherwise
