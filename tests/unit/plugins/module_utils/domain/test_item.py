# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Protected items and jobs, read tolerantly."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import values
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.item import ProtectedItem
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.job import Job

ITEM: dict[str, Any] = {
    "id": "/x/protectedItems/a",
    "name": "a",
    "properties": {
        "provisioningState": "Succeeded",
        "protectionState": "Protected",
        "protectionStateDescription": "Protected",
        "allowedJobs": ["PlannedFailover", "DisableProtection"],
        "replicationHealth": "Warning",
        "healthErrors": [{"code": 539, "severity": "Warning", "message": "m", "creationTime": "2025-02-19T16:45:43Z"}],
        "currentJob": {"scenarioName": "EnableProtection", "id": "/j/1", "state": "Started"},
        "lastFailedPlannedFailoverJob": {"id": None, "name": None},
        "resyncRequired": "false",
        "customProperties": {
            "activeLocation": "Primary",
            "resyncRequired": "true",
            "resyncState": "PreparedForResynchronization",
            "sourceMemoryInMegaBytes": 4096.0,
            "initialReplicationProgressPercentage": "37.5",
            "lastRecoveryPointReceived": "2025-02-19T21:17:21.1234567Z",
            "isDynamicRam": "False",
            "protectedDisks": [{"sourceDiskId": "d", "capacityInBytes": 42949672960, "isOsDisk": True}, None, 3],
            "protectedNics": [{"nicId": 4000, "selectionTypeForFailover": "NotSelected"}],
        },
    },
}


def test_an_item() -> None:
    item = ProtectedItem.parse(ITEM)
    assert item.can("plannedfailover") and not item.can("Restart")
    assert item.current_job and item.current_job.scenario == "EnableProtection"
    assert item.last_failed_planned_failover_job is None
    assert item.resync_required is True and item.resync_states == ("PreparedForResynchronization",)
    assert (item.source_memory_mb, item.initial_replication_percent, item.is_dynamic_memory) == (4096, 37, False)
    assert item.last_recovery_point_at == dt.datetime(2025, 2, 19, 21, 17, 21, 123456, tzinfo=dt.UTC)
    assert len(item.disks) == 1 and item.disks[0].capacity_bytes == 42949672960
    assert item.nics[0].nic_id == "4000" and item.nics[0].create is False
    assert item.health_errors[0].code == "539" and item.raw is ITEM


def without(**changes: Any) -> ProtectedItem:
    return ProtectedItem.parse({**ITEM, "properties": {**ITEM["properties"], **changes}})


def test_a_whole_item_is_not_trimmed() -> None:
    assert not ProtectedItem.parse(ITEM).trimmed
    assert not without(healthErrors=None, replicationHealth="Normal", currentJob=None, allowedJobs=[]).trimmed


@pytest.mark.parametrize(
    "name",
    ["customProperties", "allowedJobs", "healthErrors", "protectionState", "provisioningState", "replicationHealth"],
)
def test_an_item_that_a_list_has_trimmed(name: str) -> None:
    assert without(**{name: None}).trimmed


@pytest.mark.parametrize(
    ("state", "trimmed"),
    [
        ("UnprotectedStatesBegin", False),  # recorded: the reply to the PUT
        ("EnablingProtection", False),
        ("EnablingFailed", True),
        ("InitialReplicationInProgress", True),
        ("Protected", True),
        ("PlannedFailoverInitiated", False),
        ("PlannedFailoverCompleted", True),
        ("PlannedFailoverFailed", True),
        ("DisablingProtection", False),
        ("SomethingNew", True),
    ],
)
def test_where_nothing_is_told_to_be_allowed(state: str, trimmed: bool) -> None:
    assert without(protectionState=state, allowedJobs=None).trimmed == trimmed


@pytest.mark.parametrize("allowed", [None, [], "PlannedFailover"])
def test_no_jobs_are_allowed(allowed: Any) -> None:
    item = ProtectedItem.parse({"properties": {"allowedJobs": allowed}})
    assert item.allowed_jobs == () and not item.can("PlannedFailover")


def test_unknown_words_are_kept() -> None:
    assert ProtectedItem.parse({"properties": {"protectionState": "Teleporting"}}).protection_state == "Teleporting"


def test_a_job_of_a_list_has_no_tasks() -> None:
    job = Job.parse({"name": "j", "properties": {"state": "Started", "tasks": None, "errors": None, "objectId": None}})
    assert not job.has_tasks and job.tasks == () and not job.finished and job.object_id == ""


def test_provisioning_state_says_nothing_about_a_job() -> None:
    job = Job.parse({"properties": {"state": "Succeeded", "provisioningState": "Canceled"}})
    assert job.finished and not job.failed


def test_a_failed_job_tells_its_task_and_errors() -> None:
    job = Job.parse(
        {
            "properties": {
                "state": "Failed",
                "tasks": [{"taskName": "Starting failover", "state": "Failed", "startTime": "2025-02-19T00:00:00Z"}],
                "errors": [{"code": "1000001", "message": "m", "causes": "c", "recommendation": "r"}],
            }
        }
    )
    task = job.task("starting Failover")
    assert job.failed and task and task.state == "Failed" and job.task("x") is None
    assert (job.errors[0].code, job.errors[0].recommendation) == ("1000001", "r")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2025-02-19T16:45:43.9148126Z", dt.datetime(2025, 2, 19, 16, 45, 43, 914812, tzinfo=dt.UTC)),
        ("2025-02-19T18:45:43+02:00", dt.datetime(2025, 2, 19, 16, 45, 43, tzinfo=dt.UTC)),
        ("2025-02-19T16:45:43", dt.datetime(2025, 2, 19, 16, 45, 43, tzinfo=dt.UTC)),
        ("0001-01-01T00:00:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("soon", None),
        ("", None),
        (None, None),
        (5, None),
    ],
)
def test_times(value: Any, expected: dt.datetime | None) -> None:
    assert values.when(value) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def like(sample: Any) -> st.SearchStrategy[Any]:
    """Values shaped like the sample with anything at all in places."""
    if isinstance(sample, dict):
        return st.fixed_dictionaries({}, optional={key: like(value) for key, value in sample.items()}) | JSON
    if isinstance(sample, list):
        return st.lists(like(sample[0]), max_size=2) | JSON
    return st.just(sample) | JSON


JOB = {
    "properties": {
        "state": "Failed",
        "startTime": "2025-02-19T16:45:43Z",
        "tasks": [{"taskName": "t", "state": "s", "startTime": "x"}],
        "errors": [{"code": "c", "creationTime": "x"}],
        "allowedActions": ["Cancel"],
    }
}


@given(JSON | like(ITEM))
def test_any_json_makes_an_item(reply: Any) -> None:
    item = ProtectedItem.parse(reply)
    assert isinstance(item.resync_required, bool) and all(isinstance(job, str) for job in item.allowed_jobs)
    assert item.last_recovery_point_at is None or item.last_recovery_point_at.tzinfo is not None
    item.can("PlannedFailover")


@given(JSON | like(JOB))
def test_any_json_makes_a_job(reply: Any) -> None:
    assert isinstance(Job.parse(reply).finished, bool)
