# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a VM stands: the rules of the rule book that phase.py claims, by their numbers, and what holds for all states."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import phase
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.item import HealthError, ProtectedItem
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.job import Job
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.marks import Mark
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.phase import (
    Observed,
    Phase,
    Standing,
    TargetSeen,
    standing,
)
from ansible_collections.azlocal.migrate.tests.support import shared
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain import samples

NOW = dt.datetime(2025, 2, 19, 22, 0, tzinfo=dt.UTC)
ENUMS = "control-plane/openapi/sdk.recoveryservicesdatareplication-1.0.0.enums.json"
ENABLE, FAILOVER, DELETE = phase.ENABLE_JOB, phase.FAILOVER_JOB, phase.DELETE_JOB

# Every word of the service with the phase of a VM that nothing else is said of.
WORDS: dict[str, Phase] = {
    "UnprotectedStatesBegin": Phase.ENABLING,
    "EnablingProtection": Phase.ENABLING,
    "EnablingFailed": Phase.FAILED_ENABLE,
    "DisablingProtection": Phase.REMOVING,
    "MarkedForDeletion": Phase.REMOVING,
    "DisablingFailed": Phase.FAILED_REMOVE,
    "UnprotectedStatesEnd": Phase.ENABLING,
    "InitialReplicationStatesBegin": Phase.SEEDING,
    "InitialReplicationInProgress": Phase.SEEDING,
    "InitialReplicationCompletedOnPrimary": Phase.SEEDING,
    "InitialReplicationCompletedOnRecovery": Phase.SEEDING,
    "InitialReplicationFailed": Phase.FAILED_SEED,
    "InitialReplicationStatesEnd": Phase.SEEDING,
    "ProtectedStatesBegin": Phase.SEEDING,
    "Protected": Phase.READY,
    "ProtectedStatesEnd": Phase.CUTTING_OVER,
    "PlannedFailoverTransitionStatesBegin": Phase.CUTTING_OVER,
    "PlannedFailoverInitiated": Phase.CUTTING_OVER,
    "PlannedFailoverCompleting": Phase.CUTTING_OVER,
    "PlannedFailoverCompleted": Phase.MIGRATED,
    "PlannedFailoverFailed": Phase.FAILED_BEFORE,
    "PlannedFailoverCompletionFailed": Phase.FAILED_AFTER,
    "PlannedFailoverTransitionStatesEnd": Phase.CUTTING_OVER,
}
# What this collection never causes; the service has no operation for most of it.
NEVER_OURS = (
    "UnplannedFailoverTransitionStatesBegin UnplannedFailoverInitiated UnplannedFailoverCompleting "
    "UnplannedFailoverCompleted UnplannedFailoverFailed UnplannedFailoverCompletionFailed "
    "UnplannedFailoverTransitionStatesEnd CommitFailoverStatesBegin CommitFailoverInProgressOnPrimary "
    "CommitFailoverInProgressOnRecovery CommitFailoverCompleted CommitFailoverFailedOnPrimary "
    "CommitFailoverFailedOnRecovery CommitFailoverStatesEnd CancelFailoverStatesBegin "
    "CancelFailoverInProgressOnPrimary CancelFailoverInProgressOnRecovery CancelFailoverFailedOnPrimary "
    "CancelFailoverFailedOnRecovery CancelFailoverStatesEnd ChangeRecoveryPointStatesBegin "
    "ChangeRecoveryPointInitiated ChangeRecoveryPointCompleted ChangeRecoveryPointFailed "
    "ChangeRecoveryPointStatesEnd ReprotectStatesBegin ReprotectInitiated ReprotectFailed ReprotectStatesEnd"
).split()
WORDS |= dict.fromkeys(NEVER_OURS, Phase.FOREIGN)


def ago(**period: float) -> dt.datetime:
    return NOW - dt.timedelta(**period)


def item(state: str = "Protected", **changes: Any) -> ProtectedItem:
    facts: dict[str, Any] = {
        "protection_state": state,
        "provisioning_state": "Succeeded",
        "health": "Normal",
        "test_failover_state": "None",
        "active_location": "Primary",
        "allowed_jobs": ("PlannedFailover", "DisableProtection"),
    }
    return ProtectedItem(**facts | changes)


def job(name: str, state: str = "Started", started: dt.datetime | None = None, ended: dt.datetime | None = None) -> Job:
    return Job(display_name=name, state=state, started_at=started or ago(minutes=1), ended_at=ended)


def target(power: str = "Running") -> TargetSeen:
    return TargetSeen(arm_id="/x/machines/erp-db01", name="erp-db01", power=power)


def of(power: str = "on", **seen: Any) -> Standing:
    return standing(Observed(now=NOW, source=samples.machine(power=power), **seen))


RULES: list[tuple[str, Phase, dict[str, Any]]] = [
    ("2", Phase.CONFLICT, {"target": target()}),
    ("2", Phase.CONFLICT, {"target": target("Starting")}),
    ("2", Phase.CONFLICT, {"target": target("RUNNING")}),
    ("2 before 29", Phase.CONFLICT, {"target": target(), "item": item("PlannedFailoverCompleted")}),
    ("2 before 20", Phase.CONFLICT, {"target": target(), "item": item("PlannedFailoverCompleting")}),
    ("2 before 34", Phase.CONFLICT, {"target": target(), "mark": Mark(cutover_at=ago(days=1))}),
    ("2 not: off", Phase.MIGRATED, {"power": "off", "target": target(), "item": item("PlannedFailoverCompleted")}),
    ("4", Phase.ENABLING, {"job": job(ENABLE)}),
    ("4", Phase.ENABLING, {"job": job(ENABLE, "Pending")}),
    ("4", Phase.ENABLING, {"mark": Mark(enabled_at=ago(minutes=9))}),
    ("4 not: old", Phase.DISCOVERED, {"mark": Mark(enabled_at=ago(minutes=11))}),
    ("4: an older job", Phase.ENABLING,
     {"mark": Mark(enabled_at=ago(minutes=2)), "job": job(DELETE, "Succeeded", ago(days=3))}),
    ("4: an older enable", Phase.ENABLING,
     {"mark": Mark(enabled_at=ago(minutes=2)), "job": job(ENABLE, "Failed", ago(days=3))}),
    ("4: a job of no time", Phase.ENABLING,
     {"mark": Mark(enabled_at=ago(minutes=2)), "job": Job(display_name=DELETE, state="Succeeded")}),
    ("4: it succeeded, and the list lags", Phase.ENABLING,
     {"mark": Mark(enabled_at=ago(minutes=9)), "job": job(ENABLE, "Succeeded", ago(minutes=9), ago(minutes=1))}),
    ("4: it succeeded, no end told", Phase.ENABLING,
     {"mark": Mark(enabled_at=ago(minutes=9)), "job": job(ENABLE, "Succeeded", ago(minutes=9))}),
    ("4: since its end", Phase.ENABLING,
     {"mark": Mark(enabled_at=ago(minutes=18)), "job": job(ENABLE, "Succeeded", ago(minutes=18), ago(minutes=9))}),
    ("4 not: its end is long ago", Phase.REMOVED_ELSEWHERE,
     {"mark": Mark(enabled_at=ago(minutes=20)), "job": job(ENABLE, "Succeeded", ago(minutes=20), ago(minutes=11))}),
    ("4 not: an older enable that has just ended", Phase.DISCOVERED,
     {"mark": Mark(enabled_at=ago(minutes=11)), "job": job(ENABLE, "Succeeded", ago(minutes=30), ago(minutes=1))}),
    ("4 not: it failed", Phase.DISCOVERED,
     {"mark": Mark(enabled_at=ago(minutes=2)), "job": job(ENABLE, "Failed", ago(minutes=1))}),
    ("4 not: it failed, clocks apart", Phase.DISCOVERED,
     {"mark": Mark(enabled_at=ago(minutes=2)), "job": job(ENABLE, "Failed", ago(minutes=2, seconds=50))}),
    ("6: removed by someone else", Phase.REMOVED_ELSEWHERE,
     {"mark": Mark(enabled_at=ago(minutes=8)), "job": job(DELETE, "Succeeded", ago(minutes=1))}),
    ("6: it was replicating", Phase.REMOVED_ELSEWHERE,
     {"mark": Mark(enabled_at=ago(days=8)), "job": job(ENABLE, "Succeeded", ago(days=8))}),
    ("5: taken back by us", Phase.DISCOVERED, {"mark": Mark(wave="1"), "job": job(DELETE, "Succeeded", ago(minutes=1))}),
    ("5", Phase.DISCOVERED, {}),
    ("5", Phase.DISCOVERED, {"job": job(DELETE, "Succeeded", ago(days=3))}),
    ("6", Phase.REMOVED_ELSEWHERE, {"mark": Mark(cutover_at=ago(hours=1))}),
    ("6", Phase.REMOVED_ELSEWHERE, {"power": "off", "mark": Mark(cutover_at=ago(hours=1), enabled_at=ago(days=1))}),
    ("7", Phase.ENABLING, {"item": item("EnablingProtection", allowed_jobs=())}),
    ("7", Phase.ENABLING, {"item": item("", provisioning_state="Creating", allowed_jobs=())}),
    ("7", Phase.ENABLING, {"item": item("Protected", provisioning_state="Creating")}),
    ("8", Phase.FAILED_ENABLE, {"item": item("EnablingFailed", provisioning_state="Failed")}),
    ("9", Phase.SEEDING, {"item": item("InitialReplicationInProgress")}),
    ("9: done at one side", Phase.SEEDING, {"item": item("InitialReplicationCompletedOnRecovery")}),
    ("10", Phase.FAILED_SEED, {"item": item("InitialReplicationFailed")}),
    ("10: the job alone tells", Phase.FAILED_SEED,
     {"item": item("InitialReplicationCompletedOnRecovery"), "job": job(phase.SEEDED_JOB, "Failed")}),
    ("10 not: it runs again", Phase.SEEDING,
     {"item": item("InitialReplicationCompletedOnRecovery"), "job": job(phase.SEEDED_JOB, "Started")}),
    ("10 not: another job", Phase.SEEDING, {"item": item("InitialReplicationInProgress"), "job": job(DELETE, "Failed")}),
    ("14", Phase.RESYNCING, {"item": item(resync_required=True)}),
    ("14", Phase.RESYNCING, {"item": item(resync_state="StartedResynchronization")}),
    ("14", Phase.RESYNCING, {"item": item(resynchronization_state="ResynchronizationInitiated")}),
    ("14: tried again", Phase.RESYNCING,
     {"item": item(resync_state="StartedResynchronization", resynchronization_state="ResynchronizationFailed")}),
    ("14: failed", Phase.READY_HELD,
     {"item": item(resync_required=True, resynchronization_state="ResynchronizationFailed")}),
    ("14 not: over", Phase.READY, {"item": item(resynchronization_state="ResynchronizationCompleted")}),
    ("15", Phase.READY_HELD, {"item": item(health="Critical")}),
    ("17", Phase.CUTTING_OVER, {"item": item(), "job": job(FAILOVER)}),
    ("17 before 14", Phase.CUTTING_OVER, {"item": item(resync_required=True), "job": job(FAILOVER, "Pending")}),
    ("17 before 15", Phase.CUTTING_OVER, {"item": item(health="Critical"), "mark": Mark(cutover_at=ago(minutes=4))}),
    ("17", Phase.CUTTING_OVER, {"item": item(), "mark": Mark(cutover_at=ago(minutes=4))}),
    ("17: an older job", Phase.CUTTING_OVER,
     {"item": item(), "mark": Mark(cutover_at=ago(minutes=4)), "job": job(FAILOVER, "Failed", ago(hours=4))}),
    ("17 not: it ended", Phase.READY,
     {"item": item(), "mark": Mark(cutover_at=ago(minutes=4)), "job": job(FAILOVER, "Failed", ago(minutes=4))}),
    ("17 not: long ago", Phase.READY, {"item": item(), "mark": Mark(cutover_at=ago(minutes=6))}),
    ("18", Phase.READY, {"item": item()}),
    ("18", Phase.READY, {"item": item(allowed_jobs=("Restart",))}),
    ("18: not allowed", Phase.READY_HELD, {"item": item(allowed_jobs=("DisableProtection",))}),
    ("20", Phase.CUTTING_OVER, {"item": item("PlannedFailoverInitiated", allowed_jobs=())}),
    ("21", Phase.FOREIGN, {"item": item(test_failover_state="TestFailoverInitiated")}),
    ("21", Phase.FOREIGN, {"item": item("")}),
    ("22, 23", Phase.FAILED_BEFORE, {"item": item("PlannedFailoverFailed", health="Critical")}),
    ("24-27", Phase.FAILED_AFTER, {"power": "off", "item": item("PlannedFailoverCompletionFailed")}),
    ("28", Phase.MIGRATED, {"power": "off", "target": target("Stopped"), "item": item("PlannedFailoverCompleted")}),
    ("29", Phase.MIGRATED, {"power": "off", "target": target(), "item": item("PlannedFailoverCompleted")}),
    ("32: taken back", Phase.REMOVING, {"item": item("DisablingProtection")}),
    ("32: completed", Phase.COMPLETING, {"power": "off", "item": item("DisablingProtection", active_location="Recovery")}),
    ("32: provisioning", Phase.REMOVING, {"item": item("Protected", provisioning_state="Deleting")}),
    ("32: provisioning", Phase.REMOVING, {"item": item("Protected", provisioning_state="Deleted")}),
    ("33", Phase.FAILED_REMOVE, {"item": item("DisablingFailed")}),
    ("34", Phase.COMPLETED, {"power": "off", "target": target(), "mark": Mark(cutover_at=ago(days=2))}),
    ("34: power not read", Phase.COMPLETED, {"power": "off", "target": target(""), "mark": Mark(cutover_at=ago(days=2))}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "expected", "seen"), RULES, ids=[f"{rule}-{i}" for i, (rule, _, _) in enumerate(RULES)]
)
def test_rule(rule: str, expected: Phase, seen: dict[str, Any]) -> None:
    found = of(**seen)
    assert found.phase == expected, rule
    assert found.reason and not found.reason.endswith(".")


@pytest.mark.parametrize(("word", "expected"), WORDS.items())
def test_every_word_of_the_service(word: str, expected: Phase) -> None:
    assert of(item=item(word)).phase == expected


def test_no_word_of_the_service_is_forgotten() -> None:
    assert set(shared.load(ENUMS)["enums"]["ProtectionState"]) == set(WORDS)
    assert len(WORDS) == 52


@pytest.mark.parametrize("word", [word for word in WORDS if word.endswith(("Begin", "End"))])
def test_a_marker_is_nowhere_to_stay(word: str) -> None:
    found = of(item=item(word, allowed_jobs=("PlannedFailover",)))
    assert found.phase == Phase.FOREIGN or not found.settled


@given(st.text().filter(lambda word: word not in WORDS))
@example("ProtectedButOtherwise")
@example("PlannedFailoverPaused")
@example("InitialReplicationSuspended")
@example("UnprotectedByHand")
@example("protected")
def test_unknown_words_are_foreign(word: str) -> None:
    assert of(item=item(word)).phase == Phase.FOREIGN


def test_reasons_tell_how_far_it_is() -> None:
    assert of(item=item("InitialReplicationInProgress", initial_replication_percent=37)).reason.endswith("at 37 %")
    assert of(item=item("PlannedFailoverInitiated", migration_percent=0)).reason.endswith("at 0 %")
    assert of(item=item(resync_required=True, resync_percent=5)).reason.endswith("at 5 %")


def test_reasons_are_the_service_s_own_words() -> None:
    errors = (HealthError(), HealthError(code="1000037", summary="An address is in use."))
    found = of(item=item("PlannedFailoverCompletionFailed", health_errors=errors))
    assert found.reason == "planned failover failed at the target: An address is in use. (1000037)"


def test_every_phase_is_moving_failed_stopped_or_calm() -> None:
    groups = (phase.MOVING, phase.FAILED, phase.STOPPED)
    assert sum(len(group) for group in groups) == len(frozenset().union(*groups))
    calm = set(Phase) - frozenset().union(*groups)
    assert calm == {Phase.DISCOVERED, Phase.READY, Phase.MIGRATED, Phase.VERIFIED, Phase.COMPLETED}


# -- what holds for everything that could be seen ----------------------------------------------------------------------

WIRE_WORDS = st.sampled_from(
    [*WORDS, "", "None", "Creating", "Deleting", "Succeeded", "Failed", "Critical", "Recovery"]
)
values = WIRE_WORDS | st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(WIRE_WORDS, max_size=3)
properties = st.fixed_dictionaries(
    {"protectionState": WIRE_WORDS},
    optional={
        key: values
        for key in ("provisioningState", "replicationHealth", "allowedJobs", "testFailoverState", "resyncRequired",
                    "resynchronizationState")
    }
    | {
        "healthErrors": st.lists(st.dictionaries(st.sampled_from(["code", "message", "summary"]), values), max_size=2),
        "customProperties": st.dictionaries(
            st.sampled_from(
                ["activeLocation", "resyncState", "resyncRequired", "initialReplicationProgressPercentage",
                 "migrationProgressPercentage", "resyncProgressPercentage"]
            ),
            values,
        ),
    },
)  # fmt: skip
items = st.none() | st.builds(lambda given: ProtectedItem.parse({"properties": given}), properties)
times = st.none() | st.datetimes(timezones=st.just(dt.UTC))
stamps = st.none() | times.map(lambda moment: moment.isoformat() if moment else None) | st.text(max_size=5)
jobs = st.none() | st.builds(
    lambda name, state, started: Job.parse({"properties": {"displayName": name, "state": state, "startTime": started}}),
    st.sampled_from([ENABLE, FAILOVER, DELETE, "Update protected item", None]),
    st.sampled_from(["Pending", "Started", "Cancelling", "Succeeded", "Failed", "CompletedWithErrors", None]),
    stamps,
)
near = st.none() | st.integers(-2000, 2000).map(lambda seconds: NOW + dt.timedelta(seconds=seconds))
marks = st.builds(Mark, enabled_at=near, cutover_at=near, conflict_at=near, attempt=st.integers(0, 5))
targets = st.none() | st.builds(target, st.sampled_from(["Running", "Starting", "Stopped", "Stopping", "Unknown", ""]))
powers = st.sampled_from(["on", "off", "suspended", ""])


@given(power=powers, item=items, job=jobs, target=targets, mark=marks)
def test_nothing_that_can_be_seen_stops_us(power: str, **seen: Any) -> None:
    found = of(power, **seen)
    assert isinstance(found.phase, Phase)
    assert found.reason
    assert found.settled == (found.phase not in phase.MOVING)


@given(power=st.sampled_from(["Running", "Starting", "running"]), item=items, job=jobs, mark=marks)
def test_two_running_sides_are_always_a_conflict(power: str, **seen: Any) -> None:
    assert of("on", target=target(power), **seen).phase == Phase.CONFLICT


@given(item=items, job=jobs, mark=marks, target=targets)
def test_ready_means_that_the_service_allows_it_and_nothing_is_under_way(
    item: ProtectedItem | None, job: Job | None, mark: Mark, target: TargetSeen | None
) -> None:
    if of("on", item=item, job=job, mark=mark, target=target).phase == Phase.READY:
        assert item is not None and item.protection_state == "Protected"
        assert item.can("PlannedFailover") or item.can("Restart")
        assert not (job and job.display_name == FAILOVER and job.state in phase.RUNNING_JOB_STATES)


@given(power=powers, item=items.filter(bool), job=jobs, mark=marks, target=targets)
def test_an_item_is_never_overlooked(power: str, **seen: Any) -> None:
    """Discovered is what a PUT follows, completed is what nothing follows: neither with an item there."""
    assert of(power, **seen).phase not in (Phase.DISCOVERED, Phase.COMPLETED, Phase.REMOVED_ELSEWHERE)
