# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planned failover: what it does to both worlds, and how it fails."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support.azure_lab import (
    DR,
    ENDED,
    HCI,
    AzureSession,
    create_body,
    until,
)
from lab import names
from lab.azure import ids
from lab.runtime import Lab
from lab.switches import Switches
from lab.world import SourceVm

FAST = 4000
TASKS = [
    "Prerequisite check",
    "Turning off resource on primary",
    "Starting failover",
    "Preparing protected entities",
    "Turning on resource on recovery",
]


@pytest.fixture
def azure(lab: Callable[..., Lab]) -> AzureSession:
    return AzureSession(lab(vms=24, speed=FAST))


def source(azure: AzureSession, machine: dict[str, Any]) -> SourceVm:
    return azure.lab.world.source[machine["properties"]["instanceUuid"].lower()]


def kinds(azure: AzureSession, vm: SourceVm) -> list[str]:
    return [event.kind for event in azure.lab.world.events if event.vm == vm.instance_uuid]


def test_a_failover_moves_the_vm(azure: AzureSession) -> None:
    machine = azure.easy()
    before = azure.protect(machine)["customProperties"]
    reply = azure.failover(machine)
    assert reply.status_code == 202
    assert "x-ms-ratelimit-remaining-subscription-writes" in reply.headers
    item = azure.wait(machine, ENDED)
    assert item["protectionState"] == "PlannedFailoverCompleted"
    assert item["allowedJobs"] == ["CommitFailover", "DisableProtection"]
    assert item["lastSuccessfulPlannedFailoverTime"]
    custom, vm = item["customProperties"], source(azure, machine)
    assert (custom["activeLocation"], custom["targetVmBiosId"]) == ("Recovery", None)
    assert custom["lastRecoveryPointId"] == custom["failoverRecoveryPointId"] != before["lastRecoveryPointId"]
    # the proof that nothing is lost: the last recovery point is younger than the end of the source
    assert vm.power == "poweredOff"
    assert vm.powered_off_at is not None
    assert dt.datetime.fromisoformat(custom["lastRecoveryPointReceived"]) > vm.powered_off_at
    assert kinds(azure, vm) == ["VmGuestShutdownEvent", "VmPoweredOffEvent"]
    target = azure.lab.world.target[azure.target(machine).lower()]
    assert [disk.digest for disk in target.disks] == [disk.digest for disk in vm.disks]
    assert target.state == "Running"
    assert target.boots
    job = azure.job(reply)
    assert [(task["taskName"], task["state"]) for task in job["tasks"]] == [(name, "Succeeded") for name in TASKS]
    assert job["objectId"].endswith("/plannedFailover")


def test_changes_name_the_request_that_caused_them(azure: AzureSession) -> None:
    machine = azure.easy()
    azure.migrate(machine)
    folder = azure.lab.state_dir
    entries = {row["line"]: row for row in map(json.loads, (folder / "ledger.jsonl").read_text().splitlines())}
    changes = [json.loads(line) for line in (folder / "world.jsonl").read_text().splitlines()]
    off = next(change for change in changes if change["what"] == "power" and change["side"] == "source")
    assert entries[off["cause"]]["path"].split("?")[0].endswith("/plannedFailover")
    seed = next(change for change in changes if change["what"] == "seed")
    assert entries[seed["cause"]]["method"] == "PUT"


def test_addresses_and_macs(azure: AzureSession) -> None:
    first, second = azure.easy(0), azure.easy(1)
    body = create_body(second)
    for nic in body["properties"]["customProperties"]["nicsToInclude"]:
        nic |= {"isStaticIpMigrationEnabled": False, "isMacMigrationEnabled": True}
    azure.protect(first)
    azure.protect(second, body)
    for machine in (first, second):
        azure.failover(machine)
        azure.wait(machine, ENDED)
    target = azure.lab.world.target[azure.target(first).lower()]
    nic, mine = target.nics[0], source(azure, first).nics[0]
    assert nic.address in mine.addresses
    assert nic.mac != mine.mac
    target = azure.lab.world.target[azure.target(second).lower()]
    nic, mine = target.nics[0], source(azure, second).nics[0]
    assert nic.address not in mine.addresses
    assert nic.mac == mine.mac


def test_failover_needs_leave(azure: AzureSession) -> None:
    machine = azure.easy()
    azure.put(machine)
    reply = azure.failover(machine)
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "OperationNotAllowed")


def test_without_shut_down_the_source_runs_on_and_its_later_writes_are_lost(azure: AzureSession) -> None:
    machine = azure.easy()
    azure.protect(machine)
    azure.failover(machine, shut_down=False)
    azure.wait(machine, ENDED)
    vm = source(azure, machine)
    assert vm.power == "poweredOn"
    azure.lab.world.power_off_source(vm, "someone", 0, graceful=True)
    target = azure.lab.world.target[azure.target(machine).lower()]
    assert target.disks[0].digest != vm.disks[0].digest


def test_a_guest_that_hangs_is_switched_off(azure: AzureSession) -> None:
    machine = azure.easy()
    vm = source(azure, machine)
    vm.shutdown = "hangs"
    assert azure.migrate(machine)["protectionState"] == "PlannedFailoverCompleted"
    assert kinds(azure, vm) == ["VmPoweredOffEvent"]


def test_a_guest_that_hangs_may_also_fail_the_task(lab: Callable[..., Lab]) -> None:
    azure = AzureSession(lab(vms=12, speed=FAST), Switches(hanging_guest="fail"))
    machine = azure.easy()
    source(azure, machine).shutdown = "hangs"
    item = azure.migrate(machine)
    assert item["protectionState"] == "PlannedFailoverFailed"
    assert item["healthErrors"][0]["code"] == "2110002"


@pytest.mark.parametrize("answer", ["accept", "refuse"])
def test_a_source_that_is_off_already(lab: Callable[..., Lab], answer: str) -> None:
    azure = AzureSession(lab(vms=12, speed=FAST), Switches(powered_off_source=answer))
    machine = azure.easy()
    azure.protect(machine)
    azure.lab.world.power_off_source(source(azure, machine), "operator", 0, graceful=True)
    azure.failover(machine)
    ended = azure.wait(machine, ENDED)["protectionState"]
    assert ended == ("PlannedFailoverCompleted" if answer == "accept" else "PlannedFailoverFailed")


@pytest.mark.parametrize("task", TASKS)
def test_a_fault_in_each_task(lab: Callable[..., Lab], task: str) -> None:
    fault = {"kind": "job", "job": "Planned failover", "task": task, "code": "1000001", "message": "Broken."}
    azure = AzureSession(lab(vms=12, speed=FAST, faults=[fault]))
    machine = azure.easy()
    azure.protect(machine)
    reply = azure.failover(machine)
    item = azure.wait(machine, ENDED)
    late = TASKS.index(task) >= 3
    assert item["protectionState"] == ("PlannedFailoverCompletionFailed" if late else "PlannedFailoverFailed")
    assert item["allowedJobs"] == ["PlannedFailover", "DisableProtection"]
    assert item["lastFailedPlannedFailoverJob"]["state"] == "Failed"
    job = azure.job(reply)
    assert (job["state"], job["errors"][0]["code"], job["errors"][0]["message"]) == ("Failed", "1000001", "Broken.")
    states = [entry["state"] for entry in job["tasks"]]
    number = TASKS.index(task)
    assert states == ["Succeeded"] * number + ["Failed"] + ["Skipped"] * (4 - number)
    assert source(azure, machine).power == ("poweredOff" if number >= 2 else "poweredOn")
    there = azure.target(machine).lower() in azure.lab.world.target
    assert there == (number == 4)
    operation = azure.http.get(reply.headers["Location"]).json()
    assert (operation["status"], operation["error"]["code"]) == ("Failed", "1000001")
    # what is left can be tried again; only a VM that is in the way stops it
    azure.failover(machine)
    ended = azure.wait(machine, ("PlannedFailoverCompleted", "PlannedFailoverCompletionFailed"))
    again = azure.list(f"{ids.VAULT}/jobs")[0]["id"]
    until(lambda: azure.get(again)["properties"]["state"], lambda state: state != "Started")
    ended = azure.item(machine)
    if number == 4:
        assert ended["healthErrors"][0]["code"] == "1000036"
    else:
        assert ended["protectionState"] == "PlannedFailoverCompleted"


def test_the_wrong_generation_does_not_boot(azure: AzureSession) -> None:
    machine = azure.easy()
    wrong = "2" if machine["properties"]["firmware"] == "bios" else "1"
    azure.protect(machine, create_body(machine, hyperVGeneration=wrong))
    azure.failover(machine)
    azure.wait(machine, ENDED)
    assert not azure.lab.world.target[azure.target(machine).lower()].boots


def test_completing_leaves_the_vm_and_removes_the_seeds(azure: AzureSession) -> None:
    machine = azure.easy()
    azure.migrate(machine)
    assert azure.lab.world.seeds
    path = ids.item(machine["name"])
    assert azure.call("DELETE", path, DR, forceDelete="false").status_code == 202
    until(lambda: azure.call("GET", path, DR).status_code, lambda status: status == 404)
    assert azure.lab.world.seeds == {}
    instance = azure.get(
        f"{azure.target(machine)}/providers/Microsoft.AzureStackHCI/virtualMachineInstances/default", HCI
    )
    assert instance["properties"]["status"]["powerState"] == "Running"


def test_targets_are_spread_over_the_nodes(azure: AzureSession) -> None:
    for number in range(2):
        azure.migrate(azure.easy(number))
    assert {vm.node for vm in azure.lab.world.target.values()} == set(names.NODES)
