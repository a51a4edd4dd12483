# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a wave stands, and what happened to each VM: reads only, in list pages and a handful of requests."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from ..domain.job import Job
from ..domain.phase import DELETE_JOB, ENABLE_JOB, FAILOVER_JOB, SEEDED_JOB, Phase, standing
from ..domain.unread import ACTING, against
from . import results
from .observation import Entry, Observatory, Subject, machine_key
from .results import Result
from .told import explained, state_result

# What a person calls the service's jobs.
JOB_TITLES = {
    ENABLE_JOB: "Enable replication",
    SEEDED_JOB: "Initial replication",
    FAILOVER_JOB: "Planned failover",
    DELETE_JOB: "Complete or remove",
}


class Status:
    """Phase, progress and history of a batch of VMs."""

    def __init__(self, see: Observatory) -> None:
        self.see = see

    def look(self, entries: Sequence[Entry]) -> list[Result]:
        """One entry per VM: blocked where no single VM answers to it, else ok, whatever its phase."""
        return [self._result(subject) for subject in self._subjects(entries)]

    def _subjects(self, entries: Sequence[Entry]) -> list[Subject]:
        subjects = self.see.subjects(entries or self._everything(), needed=())
        for subject in subjects:  # a source that runs beside a target is rare, and worth one more read
            if subject.seen and subject.seen.target and subject.seen.source.power == "on":
                subject.seen = self.see.with_power(subject.seen)
        return subjects

    def _everything(self) -> list[Entry]:
        """Every VM that replicates or bears a mark of ours, where none is named."""
        return [
            {"name": machine.name, "instance_uuid": machine.instance_uuid}
            for machine in self.see.machines
            if machine.instance_uuid.lower() in self.see.items or machine.mark
        ]

    def _result(self, subject: Subject) -> Result:
        if subject.seen is None:
            return results.unseen(subject.entry, subject.problem)
        stands = standing(subject.seen)
        result = state_result(explained(self.see, subject, stands), stands)
        result.status = results.OK
        if stands.phase == Phase.DISCOVERED and not subject.seen.source.discovered:
            result.msg = "vCenter knows it, Azure Migrate has not discovered it yet"
        result.warnings += [problem.text for problem in against(subject.seen.source, ACTING)]
        return result

    # -- history -----------------------------------------------------------------------------------------------

    def history(self, entries: Sequence[Entry]) -> list[dict[str, Any]]:
        """For a report: how each VM stands, its timeline, and its downtime with how precisely that is known."""
        subjects = self._subjects(entries)
        jobs: dict[str, list[Job]] = defaultdict(list)
        for job in self.see.all_jobs:
            jobs[machine_key(job.object_name)].append(job)
        ends = self.see.power_offs([subject.seen for subject in subjects if subject.seen])
        told = []
        for subject in subjects:
            result = self._result(subject)
            uuid = subject.seen.source.instance_uuid.lower() if subject.seen else ""
            moid = subject.seen.source.moid if subject.seen else ""
            mine = sorted(jobs.get(uuid, []), key=_started)
            told.append(
                {
                    **result.as_dict(),
                    "timeline": _timeline(mine, ends.get(moid)),
                    "downtime": _downtime(mine, ends.get(moid)),
                }
            )
        return told


def _started(job: Job) -> dt.datetime:
    return job.started_at or dt.datetime.min.replace(tzinfo=dt.UTC)


def _iso(moment: dt.datetime | None) -> str | None:
    return moment.astimezone(dt.UTC).isoformat() if moment else None


def _timeline(jobs: Sequence[Job], off: dt.datetime | None) -> list[dict[str, Any]]:
    entries = [
        {
            "at": _iso(job.started_at),
            "end": _iso(job.ended_at),
            "what": JOB_TITLES.get(job.display_name, job.display_name),
            "state": job.state,
            "detail": job.name,
        }
        for job in jobs
        if job.started_at
    ]
    if off:
        entries.append(
            {
                "at": _iso(off),
                "end": None,
                "what": "Source powered off",
                "state": "Succeeded",
                "detail": "vCenter event",
            }
        )
    return sorted(entries, key=lambda entry: entry["at"] or "")


def _downtime(jobs: Sequence[Job], off: dt.datetime | None) -> dict[str, Any]:
    """From the power-off event to the end of the failover that followed: the target was on somewhat earlier."""
    over = next((j for j in reversed(jobs) if j.display_name == FAILOVER_JOB and j.state == "Succeeded"), None)
    if off is None or over is None or over.ended_at is None or over.ended_at < off:
        return {"seconds": None, "precision_s": None, "from": _iso(off), "to": None, "how": "not known"}
    return {
        "seconds": (over.ended_at - off).total_seconds(),
        "precision_s": 60.0,
        "from": _iso(off),
        "to": _iso(over.ended_at),
        "how": "at most: from the power-off event in vCenter to the end of the planned failover job, "
        "whose last task (about a minute) turns the target on",
    }
