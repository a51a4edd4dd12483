# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failover, and everything that can fail in it and around it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support.azure_lab import create_body
from ansible_collections.azlocal.migrate.tests.support.azure_time import StartAzure, TimedAzure
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab.azure import ids

ENABLING = "Create or update protected item"
FAILOVER = "Planned failover"
REMOVAL = "Delete protected item"
ENABLE_TASKS = [
    "Creating or updating the protected item",
    "Initializing Protection",
    "Enabling Protection",
    "Starting Replication",
]
FAILOVER_TASKS = [
    "Prerequisite check",
    "Turning off resource on primary",
    "Starting failover",
    "Preparing protected entities",
    "Turning on resource on recovery",
]
REMOVAL_TASKS = ["Prerequisite check", "Deleting protected item"]


def broken(job: str, task: str, **more: Any) -> list[dict[str, Any]]:
    return [{"kind": "job", "job": job, "task": task, "code": "1000001", "message": "Broken.", **more}]


def tasks(job: dict[str, Any]) -> list[str]:
    return [task["state"] for task in job["tasks"]]


def failed_at(names: list[str], task: str) -> list[str]:
    number = names.index(task)
    return ["Succeeded"] * number + ["Failed"] + ["Skipped"] * (len(names) - number - 1)


@pytest.mark.behaviour("recovery_point", "bios_id_null", "failover_tasks")
def test_a_failover_makes_a_recovery_point_of_its_own(azure: StartAzure) -> None:
    session = azure()
    machine = session.easy()
    before = session.protect(machine)["customProperties"]
    session.let(2520)  # 42 minutes after the last hourly point, as recorded
    reply, item = session.fail_over(machine)
    custom, vm = item["customProperties"], session.vm(machine)
    assert item["protectionState"] == "PlannedFailoverCompleted"
    assert custom["failoverRecoveryPointId"] == custom["lastRecoveryPointId"] != before["lastRecoveryPointId"]
    assert vm.powered_off_at is not None
    assert dt.datetime.fromisoformat(custom["lastRecoveryPointReceived"]) > vm.powered_off_at
    assert (custom["activeLocation"], custom["targetVmBiosId"]) == ("Recovery", None)
    job = session.job(reply)
    assert [task["taskName"] for task in job["tasks"]] == FAILOVER_TASKS
    took = [dt.datetime.fromisoformat(job[name]) for name in ("startTime", "endTime")]
    assert 500 < (took[1] - took[0]).total_seconds() * 600 < 600  # recorded: 9 minutes; this lab is 600 times as fast


@pytest.mark.behaviour("powered_off_source")
@thrown("powered_off_source", "accept", "refuse")
def test_a_source_that_is_off_already(azure: StartAzure, setting: str) -> None:
    session = azure(powered_off_source=setting)
    machine = session.easy()
    session.protect(machine)
    session.lab.world.power_off_source(session.vm(machine), "operator", 0, graceful=True)
    reply, item = session.fail_over(machine)
    good = setting == "accept"
    assert item["protectionState"] == ("PlannedFailoverCompleted" if good else "PlannedFailoverFailed")
    if not good:
        assert tasks(session.job(reply)) == failed_at(FAILOVER_TASKS, FAILOVER_TASKS[0])


@pytest.mark.behaviour("hanging_guest")
@thrown("hanging_guest", "hard_off", "fail")
def test_a_guest_that_does_not_shut_down(azure: StartAzure, setting: str) -> None:
    session = azure(hanging_guest=setting)
    machine = session.easy()
    session.vm(machine).shutdown = "hangs"
    session.protect(machine)
    _, item = session.fail_over(machine)
    off = setting == "hard_off"
    assert item["protectionState"] == ("PlannedFailoverCompleted" if off else "PlannedFailoverFailed")
    assert session.vm(machine).power == ("poweredOff" if off else "poweredOn")


@pytest.mark.behaviour("kept_address")
@thrown("kept_ip", "kept", "lost")
def test_an_address_that_should_be_kept(azure: StartAzure, setting: str) -> None:
    session = azure(kept_ip=setting)
    machine = session.easy()
    wanted = machine["properties"]["networkAdapters"][0]["ipAddressList"]
    session.migrate(machine)
    nic = session.get(session.instance(machine)["networkProfile"]["networkInterfaces"][0]["id"], "2024-01-01")
    address = nic["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"]
    assert (address in wanted) == (setting == "kept")


# -- what fails -------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("enable_tasks")
@pytest.mark.parametrize("task", ENABLE_TASKS)
def test_enabling_fails_at_each_task(azure: StartAzure, task: str) -> None:
    session = azure(faults=broken(ENABLING, task))
    machine = session.easy()
    reply = session.put(machine)
    item = session.wait(machine)
    assert (item["protectionState"], item["provisioningState"]) == ("EnablingFailed", "Failed")
    assert (item["allowedJobs"], item["replicationHealth"]) == (["DisableProtection"], "Critical")
    job = session.job(reply)
    assert (job["state"], tasks(job)) == ("Failed", failed_at(ENABLE_TASKS, task))
    assert item["lastFailedEnableProtectionJob"]["state"] == "Failed"
    assert item["healthErrors"][0]["code"] == job["errors"][0]["code"] == "1000001"
    assert session.list(f"{ids.VAULT}/events")[0]["properties"]["eventName"] == "1000001"
    assert session.put(machine).status_code == 409  # it has to be removed first
    assert session.ended(session.remove(machine))["status"] == "Succeeded"
    assert session.protect(machine)["protectionState"] == "Protected"


@pytest.mark.behaviour("failover_tasks", "retry_jobs")
@pytest.mark.parametrize("task", FAILOVER_TASKS)
def test_failover_fails_at_each_task(azure: StartAzure, task: str) -> None:
    session = azure(faults=broken(FAILOVER, task))
    machine = session.easy()
    session.protect(machine)
    reply, item = session.fail_over(machine)
    number = FAILOVER_TASKS.index(task)
    late = number >= 3
    assert item["protectionState"] == ("PlannedFailoverCompletionFailed" if late else "PlannedFailoverFailed")
    assert (item["replicationHealth"], item["customProperties"]["activeLocation"]) == ("Critical", "Primary")
    assert item["lastFailedPlannedFailoverJob"]["state"] == "Failed"
    assert tasks(session.job(reply)) == failed_at(FAILOVER_TASKS, task)
    assert session.vm(machine).power == ("poweredOff" if number >= 2 else "poweredOn")
    assert (session.target(machine).lower() in session.lab.world.target) == (number == 4)


@pytest.mark.behaviour("other_tasks")
@pytest.mark.parametrize("task", REMOVAL_TASKS)
def test_removal_fails_at_each_task(azure: StartAzure, task: str) -> None:
    session = azure(faults=broken(REMOVAL, task))
    machine = session.easy()
    session.protect(machine)
    reply = session.remove(machine)
    assert session.ended(reply)["status"] == "Failed"
    item = session.item(machine)
    assert (item["protectionState"], item["provisioningState"]) == ("DisablingFailed", "Failed")
    assert item["allowedJobs"] == ["DisableProtection"]
    assert tasks(session.job(reply)) == failed_at(REMOVAL_TASKS, task)
    assert session.ended(session.remove(machine))["status"] == "Succeeded"
    assert session.listed() == {}


@pytest.mark.behaviour("other_tasks")
def test_completing_and_updating_fail(azure: StartAzure) -> None:
    session = azure(
        faults=broken("Complete initial replication", "Completing initial replication")
        + broken("Update protected item", "Updating the protected item")
    )
    first, second = session.easy(0), session.easy(1)
    session.put(first)
    item = session.wait(first)
    assert (item["protectionState"], item["allowedJobs"]) == ("InitialReplicationFailed", ["DisableProtection"])
    session.protect(second)
    body = {"properties": {"customProperties": {"instanceType": ids.INSTANCE_TYPE, "targetCpuCores": 9}}}
    reply = session.call("PATCH", ids.item(second["name"]), "2024-09-01", body)
    assert session.ended(reply)["error"]["code"] == "1000001"
    item = session.item(second)
    assert (item["protectionState"], item["provisioningState"]) == ("Protected", "Succeeded")
    assert item["customProperties"]["targetCpuCores"] == second["properties"]["numberOfProcessorCore"]


@pytest.mark.behaviour("retry_jobs")
@thrown(
    "retry_jobs", ("PlannedFailover", "DisableProtection"), ("Restart", "DisableProtection"), ("DisableProtection",)
)
def test_what_may_be_tried_after_a_failure(azure: StartAzure, setting: tuple[str, ...]) -> None:
    session = azure(retry_jobs=setting, faults=broken(FAILOVER, "Starting failover"))
    machine = session.easy()
    session.protect(machine)
    _, item = session.fail_over(machine)
    assert item["allowedJobs"] == list(setting)
    again = session.failover(machine)
    assert again.status_code == (409 if setting == ("DisableProtection",) else 202)


@pytest.mark.behaviour("failed_provisioning")
@thrown("failed_failover_provisioning", "Succeeded", "Failed")
def test_provisioning_state_of_a_failed_failover(azure: StartAzure, setting: str) -> None:
    session = azure(failed_failover_provisioning=setting, faults=broken(FAILOVER, "Starting failover"))
    machine = session.easy()
    session.protect(machine)
    assert session.fail_over(machine)[1]["provisioningState"] == setting


@pytest.mark.behaviour("contradictions")
@thrown("contradictions", False, True)
@pytest.mark.parametrize("late", [False, True])
def test_job_and_item_may_disagree(azure: StartAzure, setting: bool, late: bool) -> None:
    task = "Turning on resource on recovery" if late else "Starting failover"
    session = azure(contradictions=setting, faults=broken(FAILOVER, task))
    machine = session.easy()
    session.protect(machine)
    reply, item = session.fail_over(machine)
    failed = "PlannedFailoverCompletionFailed" if late else "PlannedFailoverFailed"
    if not setting:
        pair = ("Failed", failed)
    else:
        pair = ("Failed", "PlannedFailoverCompleted") if late else ("Succeeded", failed)
    job = session.job(reply)
    assert (job["state"], item["protectionState"]) == pair
    assert session.list(f"{ids.VAULT}/jobs")[0]["properties"]["state"] == pair[0]
    assert bool(job["errors"]) == (pair[0] == "Failed")
    # what is true in spite of both: the VM was made or not, and it never ran
    target = session.lab.world.target.get(session.target(machine).lower())
    assert (target is not None) == late
    assert target is None or not target.ever_ran


# -- what hangs and what crawls: faults, not behaviours -----------------------------------------------------------


def state_after(session: TimedAzure, machine: dict[str, Any], seconds: float) -> tuple[str, list[str]]:
    reply = session.failover(machine)
    session.let(seconds)
    job = session.job(reply)
    return job["state"], tasks(job)


@pytest.mark.parametrize("late", [False, True])
def test_a_stuck_task_never_ends(azure: StartAzure, late: bool) -> None:
    session = azure(faults=broken(FAILOVER, "Preparing protected entities", stuck=True, late=late))
    machine = session.easy()
    session.protect(machine)
    expected = ["Succeeded"] * 3 + ["Started", "Pending"]
    assert state_after(session, machine, 86_400) == ("Started", expected)
    assert session.item(machine)["allowedJobs"] == []
    assert (session.target(machine).lower() in session.lab.world.target) == late  # late: all was done but the end
    assert session.failover(machine).status_code == 409
    assert session.ended(session.remove(machine, forceDelete="true"))["status"] == "Succeeded"


def test_a_slow_task_takes_its_time(azure: StartAzure) -> None:
    session = azure(faults=broken(FAILOVER, "Prerequisite check", slow=100))
    machine = session.easy()
    session.protect(machine)
    assert state_after(session, machine, 1900) == ("Started", ["Started"] + ["Pending"] * 4)
    session.let(700)
    assert session.item(machine)["protectionState"] == "PlannedFailoverCompleted"


def test_the_wrong_generation_arrives_and_does_not_boot(azure: StartAzure) -> None:
    session = azure()
    machine = session.easy()
    wrong = "2" if machine["properties"]["firmware"] == "bios" else "1"
    session.protect(machine, create_body(machine, hyperVGeneration=wrong))
    _, item = session.fail_over(machine)
    session.let(3600)
    assert item["protectionState"] == "PlannedFailoverCompleted"
    assert session.lab.world.target[session.target(machine).lower()].heartbeat == "NoContact"
