# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a project may still be used free of charge: 180 days from its first replication (platform §1).

Nothing tells when that was. The oldest job of the vault that enabled a replication is taken for it. How long the vault
keeps its jobs is not documented: the first replication may be older than that job, never younger [I].
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from .job import Job
from .phase import ENABLE_JOB
from .problem import Problem

DAYS = 180
WARN_DAYS = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class FreeUse:
    """``began`` is None where no replication is known of; ``days_left`` is None where it cannot be told."""

    began: dt.datetime | None = None
    days_left: int | None = None


def free_use(jobs: Iterable[Job], now: dt.datetime, *, replicated: bool) -> FreeUse:
    """``replicated``: whether the project has counted a replication at all."""
    moments = [job.started_at for job in jobs if job.display_name == ENABLE_JOB and job.started_at is not None]
    if not moments:
        return FreeUse(days_left=None if replicated else DAYS)
    began = min(moments)
    return FreeUse(began=began, days_left=max(0, DAYS - (now - began).days))


def problem(use: FreeUse) -> Problem | None:
    """It costs money, and stops nothing."""
    if use.days_left is None or use.days_left > WARN_DAYS:
        return None
    ends = f"ends in {use.days_left} days at the latest" if use.days_left else "has ended"
    return Problem(
        code="free_use_ends",
        severity="warn",
        text=f"the free use of the project {ends}: it lasts {DAYS} days from the first replication",
        remedy="complete the migrations before, or expect a charge for each server and month",
    )
