# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts about replication jobs: order and shape of their list, and their task trees."""

from __future__ import annotations

from . import values
from .evidence import (
    Evidence,
    Fact,
    Judgement,
    Row,
    Unseen,
    either,
    fact,
    known_words,
    listed,
    pairwise_falling,
    properties,
    some,
    unseen,
)
from .inferred_items import paged
from .job import OVERLONG_S
from .phase import DELETE_JOB, ENABLE_JOB, FAILOVER_JOB
from .words import PREPARING_TASK, SHUTDOWN_TASK, TURNING_ON_TASK

_INITIAL = "Complete initial replication"
_TRIMMED = ("tasks", "errors", "customProperties")
_FAILOVER_TASKS = frozenset({SHUTDOWN_TASK, PREPARING_TASK, TURNING_ON_TASK})
_STATES = (
    "Pending Started Cancelling Succeeded Failed Cancelled CompletedWithInformation CompletedWithWarnings "
    "CompletedWithErrors"
).split()
_NEVER_BEGUN = ("Pending", "Skipped", "Cancelled")


def choose(rows: list[Row]) -> list[Row]:
    """The jobs that are read by themselves as well: a failed failover, one that is over, else the newest."""
    over = [row for row in rows if properties(row).get("displayName") == FAILOVER_JOB]
    failed = next((row for row in over if properties(row).get("state") == "Failed"), None)
    good = next((row for row in over if properties(row).get("state") == "Succeeded"), None)
    return [row for row in (failed, good) if row is not None] or rows[:1]


def _jobs(evidence: Evidence) -> list[Row]:
    return some(evidence.rows("jobs"), "job")


def _newest_first(evidence: Evidence) -> Judgement:
    told = [values.when(properties(row).get("startTime")) for row in _jobs(evidence)]
    moments = [moment for moment in told if moment]
    if len(set(moments)) < 2:
        return unseen("fewer than two jobs began at different times")
    return either(pairwise_falling(moments), f"{len(moments)} jobs")


def _trimmed(evidence: Evidence) -> Judgement:
    rows = [properties(row) for row in _jobs(evidence)]
    full = [name for name in _TRIMMED if any(row.get(name) is not None for row in rows)]
    return either(not full, f"told in the list: {', '.join(full)}" if full else f"null in all {len(rows)}")


def _of_items(evidence: Evidence) -> list[Row]:
    rows = [properties(row) for row in _jobs(evidence)]
    found = [row for row in rows if row.get("displayName") in (ENABLE_JOB, FAILOVER_JOB, DELETE_JOB, _INITIAL)]
    return some(found, "job of a protected item")


def _object_names(evidence: Evidence) -> Judgement:
    rows = _of_items(evidence)
    named = sum(bool(values.text(row.get("objectName"))) for row in rows)
    return either(named == len(rows), f"{named} of {len(rows)} jobs of protected items")


def _initial(evidence: Evidence) -> Judgement:
    rows = [row for row in _of_items(evidence) if row.get("displayName") == _INITIAL]
    if not rows:
        return unseen("there is no such job")
    told = sum(row.get("objectId") is not None for row in rows)
    return either(not told, f"{told} of {len(rows)} tell an objectId")


def _provisioning(evidence: Evidence) -> Judgement:
    told = {values.text(properties(row).get("provisioningState")) for row in _jobs(evidence)}
    return either(told == {"Canceled"}, f"seen: {listed(told)}")


def _states(evidence: Evidence) -> Judgement:
    return known_words("state", (properties(row).get("state") for row in _jobs(evidence)), _STATES)


def _titles(evidence: Evidence) -> Judgement:
    """Jobs are found by their titles; a service in another language, or with other words, would show none of them."""
    rows = [properties(row) for row in _jobs(evidence)]
    titles = {values.text(row.get("displayName")) for row in rows if row.get("objectType") == "ProtectedItem"}
    if not titles:
        return unseen("there is no job of a protected item")
    known = titles & {ENABLE_JOB, FAILOVER_JOB, DELETE_JOB, _INITIAL}
    return either(bool(known), f"{len(known)} of {len(titles)} titles are known")


def _single(evidence: Evidence) -> list[Row]:
    """The jobs that were read by themselves."""
    return [properties(evidence.data(key)) for key in ("job_1", "job_2") if key in evidence.looks]


def _tree(evidence: Evidence) -> Judgement:
    rows = some(_single(evidence), "job")
    told = [len(values.mappings(row.get("tasks"))) for row in rows]
    return either(all(told), f"{', '.join(map(str, told))} tasks")


def _tasks_of_failovers(evidence: Evidence, *states: str) -> list[Row]:
    rows = [row for row in _single(evidence) if row.get("displayName") == FAILOVER_JOB and row.get("state") in states]
    if not rows:
        raise Unseen(f"no planned failover has {' or '.join(states).lower()}")
    return rows


def _task_names(evidence: Evidence) -> Judgement:
    rows = _tasks_of_failovers(evidence, "Succeeded", "Failed")
    names = {values.text(task.get("taskName")) for row in rows for task in values.mappings(row.get("tasks"))}
    known = _FAILOVER_TASKS & names
    return either(known == _FAILOVER_TASKS, f"{len(known)} of the {len(_FAILOVER_TASKS)} that we go by")


def _never_begun(evidence: Evidence) -> Judgement:
    """What a failed failover calls the tasks behind the one that failed."""
    behind: list[Row] = []
    for row in _tasks_of_failovers(evidence, "Failed"):
        tasks = values.mappings(row.get("tasks"))
        at = next((number for number, task in enumerate(tasks) if task.get("state") == "Failed"), len(tasks))
        behind += tasks[at + 1 :]
    if not behind:
        return unseen("the last task was the one that failed")
    good = all(task.get("state") in _NEVER_BEGUN and not task.get("startTime") for task in behind)
    return either(good, f"seen: {listed(task.get('state') for task in behind)}")


def _failover_time(evidence: Evidence) -> Judgement:
    """How long planned failovers took that went well."""
    rows = [properties(row) for row in _jobs(evidence)]
    over = [row for row in rows if row.get("displayName") == FAILOVER_JOB and row.get("state") == "Succeeded"]
    times = [(values.when(row.get("startTime")), values.when(row.get("endTime"))) for row in over]
    seconds = [(end - begin).total_seconds() for begin, end in times if begin and end]
    if not seconds:
        return unseen("no planned failover has succeeded")
    return either(max(seconds) <= OVERLONG_S, f"the longest of {len(seconds)} took {round(max(seconds) / 60)} minutes")


FACTS: tuple[Fact, ...] = (
    fact(
        "jobs_newest_first",
        "the list of jobs begins with the newest",
        "control-plane E8",
        "nothing: it is sorted",
        _newest_first,
    ),
    fact(
        "jobs_trimmed",
        "the list of jobs leaves out tasks, errors and customProperties",
        "control-plane §0.7",
        "services/jobs.py",
        _trimmed,
    ),
    fact(
        "jobs_object_name",
        "a job in the list names its protected item",
        "control-plane §0.7",
        "services/observation.py",
        _object_names,
    ),
    fact(
        "jobs_initial", f"a job '{_INITIAL}' has no objectId", "control-plane §2.4", "services/observation.py", _initial
    ),
    fact(
        "jobs_provisioning",
        "provisioningState of every job is Canceled",
        "control-plane §0.6",
        "domain/job.py",
        _provisioning,
    ),
    fact("jobs_states", "we know every state of a job", "control-plane §3", "domain/job.py", _states),
    fact(
        "jobs_titles",
        "jobs of protected items bear the titles that we look for",
        "control-plane §2",
        "domain/phase.py",
        _titles,
    ),
    fact(
        "jobs_paging",
        "a long list of jobs comes in pages, joined by nextLink",
        "control-plane §6",
        "clients/arm.py",
        paged("jobs"),
    ),
    fact(
        "job_tree", "a job that is read by itself has its tasks", "control-plane §0.7", "services/aftermath.py", _tree
    ),
    fact(
        "job_task_names",
        "a planned failover has the tasks that we go by",
        "control-plane §2.7",
        "domain/words.py",
        _task_names,
    ),
    fact(
        "job_failover_time",
        f"a planned failover takes less than {OVERLONG_S // 60} minutes",
        "control-plane §2.7",
        "domain/job.py",
        _failover_time,
    ),
    fact(
        "job_never_begun",
        "a failed job calls the tasks it never began Pending, Skipped or Cancelled",
        "architecture: what is inferred",
        "services/aftermath.py",
        _never_begun,
    ),
)
