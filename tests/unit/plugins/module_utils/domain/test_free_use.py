# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many of the free days are left, from what the jobs tell."""

from __future__ import annotations

import datetime as dt

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.free_use import free_use, problem
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.job import Job
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.phase import ENABLE_JOB, FAILOVER_JOB

NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


def job(days: float, name: str = ENABLE_JOB) -> Job:
    return Job(display_name=name, started_at=NOW - dt.timedelta(days=days))


def test_it_begins_with_the_oldest_replication() -> None:
    use = free_use([job(3), job(20.5), job(90, FAILOVER_JOB), Job(display_name=ENABLE_JOB)], NOW, replicated=True)
    assert (use.began, use.days_left) == (NOW - dt.timedelta(days=20.5), 160)


def test_nothing_replicated_yet_and_nothing_known() -> None:
    assert free_use([], NOW, replicated=False).days_left == 180
    assert free_use([job(5, FAILOVER_JOB)], NOW, replicated=True).days_left is None


@pytest.mark.parametrize(("days", "left", "words"), [(149, 31, ""), (150, 30, "in 30 days"), (400, 0, "has ended")])
def test_it_is_warned_of_in_time(days: int, left: int, words: str) -> None:
    use = free_use([job(days)], NOW, replicated=True)
    found = problem(use)
    assert use.days_left == left and (words in found.text if found else not words)
    assert found is None or (found.code, found.severity) == ("free_use_ends", "warn")


def test_what_cannot_be_told_is_not_warned_of() -> None:
    assert problem(free_use([], NOW, replicated=True)) is None
