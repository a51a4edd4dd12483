# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the facts leave open about protected items and migrated VMs, thrown both ways."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support.azure_lab import DR, HYBRID, create_body
from ansible_collections.azlocal.migrate.tests.support.azure_time import StartAzure, TimedAzure
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab import names
from lab.azure import ids

NEWEST = "2026-05-01"
FAILING = ("Complete initial replication", "Delete protected item")


def code_of(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]["code"]


def among(session: TimedAzure, machine: dict[str, Any]) -> dict[str, Any]:
    """The item as the list shows it."""
    rows = session.list(f"{ids.VAULT}/protectedItems")
    return next(row["properties"] for row in rows if row["name"] == machine["name"])


# -- items ----------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("items_list")
@thrown("items_list", "whole", "trimmed")
def test_what_the_list_of_items_leaves_out(azure: StartAzure, setting: str) -> None:
    session = azure(items_list=setting, faults=[{"kind": "job", "job": "Planned failover", "code": "1"}])
    machine = session.easy()
    session.protect(machine)
    session.fail_over(machine)
    shown, alone = among(session, machine), session.item(machine)
    without = {name for name in alone if alone[name] is not None and shown[name] is None}
    assert {name: shown[name] for name in shown if name not in without} == {
        name: alone[name] for name in alone if name not in without
    }
    trimmed = {"allowedJobs", "healthErrors", "customProperties", "lastFailedPlannedFailoverJob"}
    trimmed |= {"policyName", "replicationExtensionName"}
    assert without == (trimmed if setting == "trimmed" else set())


@pytest.mark.behaviour("allowed_jobs")
@thrown("allowed_in_flight", "expected", "null", "as_before")
def test_what_is_allowed_while_something_is_under_way(azure: StartAzure, setting: str) -> None:
    session = azure(allowed_in_flight=setting)
    machine = session.easy()
    session.put(machine)
    session.wait(machine, ("InitialReplicationInProgress",))
    seeding = {"expected": ["DisableProtection"], "null": None, "as_before": []}
    assert session.item(machine)["allowedJobs"] == seeding[setting]
    assert session.wait(machine)["allowedJobs"] == ["PlannedFailover", "DisableProtection"]
    session.failover(machine)
    over = {"expected": [], "null": None, "as_before": ["PlannedFailover", "DisableProtection"]}
    assert session.item(machine)["allowedJobs"] == over[setting]
    assert session.failover(machine).status_code == 409  # whatever it shows
    session.wait(machine, ("PlannedFailoverCompleting",))
    assert session.item(machine)["allowedJobs"] == over[setting]
    item = session.wait(machine, ("PlannedFailoverCompleted",))
    assert item["allowedJobs"] == ["CommitFailover", "DisableProtection"]


@pytest.mark.behaviour("put_rules")
@thrown("put_checks", "at_once", "in_job")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"hyperVGeneration": "2", "securityOption": "EnablevTPM"}, "2109020"),
        ({"targetVmName": "login-1"}, "InvalidTargetVmName"),
        ({"targetMemoryInMegaBytes": 16}, "InvalidMemory"),
        ({"customLocationRegion": names.LOCATION}, "CustomLocationRegionMismatch"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wish_that_cannot_be(azure: StartAzure, setting: str, change: dict[str, Any], code: str) -> None:
    session = azure(put_checks=setting)
    machine = session.easy()
    reply = session.put(machine, create_body(machine, **change), NEWEST)
    if setting == "at_once":
        assert code_of(reply) == (400, code)
        return
    item = session.wait(machine)
    assert (reply.status_code, item["protectionState"], item["healthErrors"][0]["code"]) == (
        201,
        "EnablingFailed",
        code,
    )
    assert session.job(reply)["errors"][0]["code"] == code
    assert session.ended(session.remove(machine))["status"] == "Succeeded"


@pytest.mark.behaviour("put_rules")
def test_what_cannot_be_read_is_refused_at_once(azure: StartAzure) -> None:
    session = azure(put_checks="in_job")
    machine = session.easy()
    for change in ({"disksToInclude": "all"}, {"runAsAccountId": ...}, {"fabricDiscoveryMachineId": "other"}):
        assert session.put(machine, create_body(machine, **change), NEWEST).status_code == 400
    assert session.listed() == {}


@pytest.mark.behaviour("newer_fields")
@thrown("newer_fields", "dropped", "refused")
def test_the_older_version_does_not_know_newer_fields(azure: StartAzure, setting: str) -> None:
    session = azure(newer_fields=setting)
    machine = session.easy()
    body = create_body(machine, hyperVGeneration="2", securityOption="SecureBootEnabled")
    reply = session.put(machine, body, DR)
    if setting == "refused":
        assert code_of(reply) == (400, "InvalidRequestBody")
        assert "securityOption" in reply.json()["error"]["message"]
    else:
        assert reply.status_code == 201
        assert session.item(machine, NEWEST)["customProperties"]["securityOption"] is None
    good = create_body(session.easy(1), securityOption=None)
    assert session.put(session.easy(1), good, DR).status_code == 201


@pytest.mark.behaviour("delete_after_cutover")
@thrown("delete_after_cutover", "free", "needs_force")
def test_whether_a_completion_needs_force(azure: StartAzure, setting: str) -> None:
    session = azure(delete_after_cutover=setting)
    machine, other = session.easy(0), session.easy(1)
    session.protect(other)
    session.migrate(machine)
    if setting == "needs_force":
        assert code_of(session.remove(machine, forceDelete="false")) == (409, "OperationNotAllowed")
        assert session.item(machine)["protectionState"] == "PlannedFailoverCompleted"
        assert session.remove(machine, forceDelete="true").status_code == 202
    else:
        assert session.remove(machine).status_code == 202
    assert session.remove(other).status_code == 202  # before a cutover it never does


@pytest.mark.behaviour("resync")
@thrown("resync", "never", "once")
def test_a_resynchronisation_by_itself(azure: StartAzure, setting: str) -> None:
    session = azure(resync=setting)
    machine = session.easy()
    session.protect(machine)
    seen: list[tuple[Any, ...]] = []
    for _ in range(90):
        item = session.item(machine)
        custom = item["customProperties"]
        assert (item["protectionState"], item["resyncRequired"]) == ("Protected", custom["resyncRequired"])
        told = (
            item["resyncRequired"],
            custom["resyncState"],
            item["resynchronizationState"],
            "PlannedFailover" in item["allowedJobs"],
            custom["resyncProgressPercentage"] is not None,
        )
        seen += [told] if told not in seen[-1:] else []
        session.let(10)
    calm = ("false", "None", "None", True, False)
    due = ("true", "PreparedForResynchronization", "ResynchronizationInitiated", False, False)
    runs = ("true", "StartedResynchronization", "ResynchronizationInitiated", False, True)
    assert seen == ([calm] if setting == "never" else [calm, due, runs, calm])
    assert session.fail_over(machine)[1]["protectionState"] == "PlannedFailoverCompleted"


@pytest.mark.behaviour("resync")
def test_a_resynchronisation_that_a_removal_ends(azure: StartAzure) -> None:
    session = azure(resync="once")
    machine = session.easy()
    session.protect(machine)
    session.let(200)
    assert session.item(machine)["resyncRequired"] == "true"
    reply = session.remove(machine)
    assert session.item(machine)["resyncRequired"] == "false"
    assert session.ended(reply)["status"] == "Succeeded"


@pytest.mark.behaviour("other_tasks")
@thrown("failed_jobs", "own_state", "as_before")
@pytest.mark.parametrize("job", FAILING)
def test_where_a_failed_job_leaves_an_item(azure: StartAzure, setting: str, job: str) -> None:
    session = azure(failed_jobs=setting, faults=[{"kind": "job", "job": job, "code": "1000001"}])
    machine = session.easy()
    session.put(machine)
    completing = job == FAILING[0]
    if completing:
        session.let(3600)
    else:
        session.wait(machine)
        assert session.ended(session.remove(machine))["status"] == "Failed"
    item = session.item(machine)
    own, before = (
        ("InitialReplicationFailed", "InitialReplicationCompletedOnRecovery")
        if completing
        else ("DisablingFailed", "Protected")
    )
    assert item["protectionState"] == (own if setting == "own_state" else before)
    assert (item["replicationHealth"], item["healthErrors"][0]["code"]) == ("Critical", "1000001")
    assert "DisableProtection" in item["allowedJobs"]
    assert among(session, machine) == item
    assert session.ended(session.remove(machine))["status"] == "Succeeded"


# -- migrated VMs -----------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("power_unknown")
@thrown("removed_power", "Unknown", "last")
def test_what_arm_says_of_a_vm_that_is_gone_from_its_host(azure: StartAzure, setting: str) -> None:
    session = azure(removed_power=setting)
    machine = session.easy()
    session.migrate(machine)
    world = session.lab.world
    world.remove_target(world.target[session.target(machine).lower()], 0)
    power = session.instance(machine)["status"]["powerState"]
    assert power == ("Unknown" if setting == "Unknown" else "Running")


@pytest.mark.behaviour("target_shape")
@thrown("nic_names", "after_vm", "own")
def test_the_parts_of_a_migrated_vm(azure: StartAzure, setting: str) -> None:
    session = azure(nic_names=setting)
    machine = session.easy()
    name = machine["properties"]["displayName"]
    custom = session.migrate(machine)["customProperties"]
    shell, shown = session.get(session.target(machine), HYBRID), session.instance(machine)
    assert (shell["kind"], shell["name"].lower()) == ("HCI", name.lower())
    disks = [disk["id"] for disk in [shown["storageProfile"]["osDisk"], *shown["storageProfile"]["dataDisks"]]]
    nics = [nic["id"] for nic in shown["networkProfile"]["networkInterfaces"]]
    assert [disk.rsplit("/", 1)[1] for disk in disks] == [disk["migrateDiskName"] for disk in custom["protectedDisks"]]
    assert len(nics) == len(custom["protectedNics"])
    named = [nic.rsplit("/", 1)[1].lower().startswith(f"{name.lower()}-") for nic in nics]
    assert set(named) == {setting == "after_vm"}
    for part in disks + nics:
        resource = session.get(part, "2024-01-01")
        assert resource["location"] == shell["location"] == custom["customLocationRegion"]
        assert resource["extendedLocation"]["name"] == custom["targetArcClusterCustomLocationId"]


@pytest.mark.behaviour("guest_agent")
@thrown("guest_agent", "absent", "present")
def test_guest_management_of_a_migrated_vm(azure: StartAzure, setting: str) -> None:
    session = azure(guest_agent=setting)
    machine = session.easy()
    session.migrate(machine)
    session.let(60)
    there = setting == "present"
    shown, shell = session.instance(machine), session.get(session.target(machine), HYBRID)["properties"]
    [provision] = [value for key, value in shown["osProfile"].items() if key.endswith("Configuration")]
    assert provision == {"provisionVMAgent": there, "provisionVMConfigAgent": there}
    assert (shown["guestAgentInstallStatus"] is not None) == there
    assert (shell["status"], shell["osName"] is not None) == ("Connected" if there else "Disconnected", there)
