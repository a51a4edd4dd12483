# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts say, and what their silence does not say."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.job import Job, Task
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.words import PREPARING_TASK
from ansible_collections.azlocal.migrate.plugins.module_utils.services.aftermath import boundary_passed
from ansible_collections.azlocal.migrate.plugins.module_utils.services.hosts import HostView, may_have_run

ENDED = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC)
BEFORE, AFTER = "2026-11-23T01:59:00+00:00", "2026-11-23T02:01:00+00:00"


def vm(**more: Any) -> dict[str, Any]:
    return {"name": "a", "state": "Off", "uptime_s": 0, "heartbeat": "", "disks": [{"written_at": BEFORE}], **more}


@pytest.mark.parametrize(
    ("seen", "ran"),
    [
        (vm(), False),
        (vm(state="Running"), True),
        (vm(uptime_s=5), True),
        (vm(heartbeat="OkApplicationsHealthy"), True),
        (vm(disks=[{"written_at": BEFORE}, {"written_at": AFTER}]), True),
        (vm(disks=[{"written_at": None}]), True),
        (vm(disks=[]), True),
    ],
)
def test_a_vm_never_ran_only_where_everything_says_so(seen: dict[str, Any], ran: bool) -> None:
    assert may_have_run(seen, ENDED) is ran


def test_without_the_end_of_the_job_nothing_is_proved() -> None:
    assert may_have_run(vm(), None)


def test_a_node_that_was_not_asked_or_did_not_answer_is_unheard() -> None:
    view = HostView([{"node": "NODE1.lab.example", "vms": [vm()]}, {"node": "node2", "error": "it is down", "vms": []}])
    assert view.asked
    assert view.silent == ("node2",)
    assert view.unheard(frozenset({"node1", "node2", "node3"})) == ["node2", "node3"]
    assert view.names == {"a": "NODE1.lab.example"}
    assert view.vm("A") == vm()
    assert view.vm("b") is None


def test_a_disk_that_could_not_be_opened_has_no_size_to_compare() -> None:
    sizes = [{"size_bytes": 10}, {"size_bytes": 0}]
    found = HostView([{"node": "n", "vms": [vm(disks=sizes)]}]).facts("a")
    assert found is not None
    assert found.disk_sizes == ()


@pytest.mark.parametrize(
    ("tasks", "passed"),
    [
        ((Task(name=PREPARING_TASK, state="Pending"),), False),
        ((Task(name=PREPARING_TASK, state="Skipped"),), False),
        ((Task(name=PREPARING_TASK, state="Cancelled", started_at=ENDED),), True),
        ((Task(name=PREPARING_TASK, state="Failed"),), True),
        ((Task(name=PREPARING_TASK, state="a word nobody knows"),), True),
        ((), True),
    ],
)
def test_unclear_evidence_counts_as_beyond_the_boundary(tasks: tuple[Task, ...], passed: bool) -> None:
    assert boundary_passed(Job(tasks=tasks)) is passed
    assert boundary_passed(None)
