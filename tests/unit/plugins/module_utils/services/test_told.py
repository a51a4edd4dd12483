# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person is told of a VM that the replication service failed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.index import find
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.item import ProtectedItem
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.job import OVERLONG_S, Job
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.phase import (
    FAILOVER_JOB,
    Observed,
    Phase,
    Standing,
    standing,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.services.observation import Subject
from ansible_collections.azlocal.migrate.plugins.module_utils.services.results import Result
from ansible_collections.azlocal.migrate.plugins.module_utils.services.told import follows, state_result
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain import samples

NOW = dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC)
JOB = "6a0a3b52-0000-4000-8000-000000000001"


def told(state: str, *, health: Any = None, errors: Any = None, **props: Any) -> Result:
    """The result of a VM whose item is in this state, with health errors and the errors of its failed job."""
    item = ProtectedItem.parse({"properties": {"protectionState": state, "healthErrors": health, **props}})
    job = Job.parse({"name": JOB, "properties": {"state": "Failed", "errors": errors}}) if errors is not None else None
    seen = Observed(now=NOW, source=samples.machine(), item=item, job=job)
    return state_result(Subject(entry={"name": "web01"}, seen=seen), standing(seen))


def test_a_code_that_we_know_has_our_cause_and_remedy_before_the_services_own() -> None:
    health = [{"code": "1022", "message": "Connection refused.", "recommendation": "Contact support."}]
    result = told("EnablingFailed", health=health)
    known = find("1022")
    assert known is not None
    assert (result.status, result.phase, result.error_code) == ("failed", "failed_enable", "1022")
    assert result.msg == f"enabling replication failed: Connection refused. (1022). Cause: {known.means}"
    assert result.remedy == f"{known.remedy}. Repair what is named, then run again: it is removed and enabled anew"


def test_the_services_cause_counts_before_ours() -> None:
    result = told("EnablingFailed", health=[{"code": "1022", "message": "refused", "causes": "Port 902 is shut."}])
    assert result.msg.endswith("Cause: Port 902 is shut")


def test_a_code_that_nobody_knows_is_told_in_the_services_words() -> None:
    error = {"code": "4711", "message": "It broke", "causes": "Rust\n in it.", "recommendation": "Oil it."}
    result = told("PlannedFailoverFailed", errors=[error])
    assert result.msg == "planned failover failed: It broke (4711). Cause: Rust in it"
    assert (result.error_code, result.correlation_id) == ("4711", JOB)
    assert result.remedy == "Oil it. Repair what is named, then run the cutover again"


def test_without_any_error_the_phase_speaks() -> None:
    job = {"name": JOB, "state": "Failed"}
    result = told("PlannedFailoverCompletionFailed", lastFailedPlannedFailoverJob=job)
    assert (result.status, result.error_code, result.correlation_id) == ("failed", "failed_after", JOB)
    assert result.msg == "planned failover failed at the target"
    assert result.remedy.startswith("Repair what is named")


def test_long_words_of_the_service_are_cut() -> None:
    result = told("EnablingFailed", health=[{"code": "9", "message": "m", "causes": "c" * 5000}])
    assert len(result.msg) < 600 and result.msg.endswith("...")


@pytest.mark.parametrize(
    ("name", "state", "seconds", "overlong"),
    [
        (FAILOVER_JOB, "Started", OVERLONG_S + 1, True),
        (FAILOVER_JOB, "Started", OVERLONG_S, False),
        (FAILOVER_JOB, "Succeeded", OVERLONG_S + 1, False),
        (FAILOVER_JOB, "Started", None, False),
        ("Update protected item", "Started", OVERLONG_S + 1, False),
    ],
)
def test_a_failover_is_told_that_runs_longer_than_any_on_record(
    name: str, state: str, seconds: int | None, overlong: bool
) -> None:
    began = None if seconds is None else NOW - dt.timedelta(seconds=seconds)
    item = ProtectedItem.parse({"properties": {"protectionState": "PlannedFailoverInitiated"}})
    job = Job(name=JOB, display_name=name, state=state, started_at=began)
    seen = Observed(now=NOW, source=samples.machine(), item=item, job=job)
    result = state_result(Subject(entry={}, seen=seen), standing(seen))
    assert (result.status, result.phase, result.settled) == ("ok", "cutting_over", False)
    assert result.msg.startswith("planned failover")
    assert ("more than 72 minutes" in result.msg, "do not power it on" in result.remedy) == (overlong, overlong)
    assert result.correlation_id == (JOB if overlong else "")


@pytest.mark.parametrize("phase", [Phase.CONFLICT, Phase.REMOVED_ELSEWHERE, Phase.FOREIGN])
def test_what_the_service_did_not_do_does_not_bear_its_code(phase: Phase) -> None:
    item = ProtectedItem.parse({"properties": {"healthErrors": [{"code": "1022", "message": "old"}]}})
    subject = Subject(entry={}, seen=Observed(now=NOW, source=samples.machine(), item=item))
    result = state_result(subject, Standing(phase=phase, reason="so it is"))
    assert (result.error_code, result.msg) == (str(phase), "so it is")
    assert result.remedy


def test_a_vm_that_another_step_would_have_changed_bears_no_error_in_a_check() -> None:
    result = told("PlannedFailoverFailed", errors=[{"code": "4711", "message": "It broke"}])
    assert follows(Subject(entry={"planned": True}), result)
    assert (result.status, result.error_code, result.remedy, result.correlation_id) == ("ok", "", "", "")
