# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Protected items: what a PUT, a PATCH and a DELETE do, and what GET and list show of it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support.azure_lab import DR, create_body
from ansible_collections.azlocal.migrate.tests.support.azure_time import StartAzure, TimedAzure
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab import names
from lab.azure import ids

ITEMS = f"{ids.VAULT}/protectedItems"
NEWEST = "2026-05-01"


def code_of(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]["code"]


def patch(azure: TimedAzure, machine: dict[str, Any], **custom: Any) -> Any:
    body = {"properties": {"customProperties": {"instanceType": ids.INSTANCE_TYPE, **custom}}}
    return azure.call("PATCH", ids.item(machine["name"]), DR, body)


@pytest.mark.behaviour("allowed_jobs", "enable_states")
def test_from_the_put_to_protected(azure: StartAzure) -> None:
    session = azure()
    machine = session.easy()
    reply = session.put(machine)
    fresh = reply.json()["properties"]
    assert (reply.status_code, fresh["allowedJobs"]) == (201, None)
    assert (fresh["protectionState"], fresh["provisioningState"]) == ("UnprotectedStatesBegin", "Creating")
    session.let(10)
    item = session.item(machine)
    assert (item["protectionState"], item["allowedJobs"]) == ("EnablingProtection", [])
    assert item["currentJob"]["scenarioName"] == "EnableProtection"
    assert session.get(item["currentJob"]["id"])["properties"]["state"] == "Started"
    session.let(526)  # four tasks, as long as they were recorded
    assert session.job(reply)["state"] == "Succeeded"
    item = session.item(machine)
    assert (item["protectionState"], item["allowedJobs"]) == ("InitialReplicationInProgress", ["DisableProtection"])
    assert item["currentJob"] is None
    item = session.wait(machine)
    assert item["allowedJobs"] == ["PlannedFailover", "DisableProtection"]


@pytest.mark.behaviour("capacity", "includes_null", "loose_types", "id_case")
def test_what_reads_back_differs_from_what_was_sent(azure: StartAzure) -> None:
    session = azure()
    machine = session.easy()
    body = create_body(machine)
    for disk in body["properties"]["customProperties"]["disksToInclude"]:
        disk["diskSizeGB"] = 0
    fresh = session.put(machine, body).json()["properties"]["customProperties"]
    assert {disk["diskSizeGB"] for disk in fresh["disksToInclude"]} == {0}
    assert {nic["label"] for nic in fresh["nicsToInclude"]} == {None}
    item = session.wait(machine)
    custom = item["customProperties"]
    assert (custom["disksToInclude"], custom["nicsToInclude"]) == (None, None)
    sizes = {disk["uuid"]: disk["maxSizeInBytes"] for disk in machine["properties"]["disks"]}
    assert {disk["sourceDiskId"].lower(): disk["capacityInBytes"] for disk in custom["protectedDisks"]} == {
        uuid.lower(): size for uuid, size in sizes.items()
    }
    assert [nic["nicId"] for nic in custom["protectedNics"]] == [
        nic["nicId"] for nic in machine["properties"]["networkAdapters"]
    ]
    assert (item["resyncRequired"], custom["resyncRequired"]) == ("false", "false")
    assert isinstance(custom["sourceMemoryInMegaBytes"], float)
    spelt = item["fabricObjectId"], custom["fabricDiscoveryMachineId"]
    assert spelt[0] != spelt[1] and spelt[0].lower() == spelt[1].lower()
    assert item["fabricId"].startswith("/Subscriptions/")
    assert custom["targetArcClusterCustomLocationId"] == ids.CUSTOM_LOCATION.upper()


@pytest.mark.behaviour("put_rules")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"disksToInclude": []}, "NoDisksIncluded"),
        ({"targetVmName": "login-1"}, "InvalidTargetVmName"),
        ({"targetCpuCores": 241}, "InvalidCpuCores"),
        ({"targetMemoryInMegaBytes": 16}, "InvalidMemory"),
        ({"customLocationRegion": names.LOCATION}, "CustomLocationRegionMismatch"),
        ({"hyperVGeneration": "1", "securityOption": "TrustedLaunch"}, "2109018"),
        ({"hyperVGeneration": "2", "securityOption": "EnablevTPM"}, "2109020"),
        ({"hyperVGeneration": "2", "securityOption": "Other"}, "2109022"),
        ({"runAsAccountId": ...}, "RequiredPropertyMissing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_put_is_refused_for(azure: StartAzure, change: dict[str, Any], code: str) -> None:
    session = azure()
    machine = session.easy()
    assert code_of(session.put(machine, create_body(machine, **change), NEWEST)) == (400, code)
    assert session.listed() == {}


@pytest.mark.behaviour("put_rules", "update_rules")
def test_secure_boot_and_the_generation_cannot_be_taken_back(azure: StartAzure) -> None:
    session = azure()
    machine = next(m for m in map(session.easy, range(4)) if m["properties"]["firmware"] == "efi")
    session.vm(machine).secure_boot = True
    no = session.put(machine, create_body(machine, securityOption="None"), NEWEST)
    assert code_of(no) == (400, "2109019")
    session.protect(machine)
    assert code_of(patch(session, machine, hyperVGeneration="1")) == (400, "2109021")


@pytest.mark.behaviour("duplicate_put")
@thrown("duplicate_put", "refuse", "update")
def test_a_second_put(azure: StartAzure, setting: str) -> None:
    session = azure(duplicate_put=setting)
    machine = session.easy()
    session.put(machine)
    session.let(20)
    again = session.put(machine, create_body(machine, targetCpuCores=3))
    if setting == "refuse":
        assert code_of(again) == (409, "ProtectedItemAlreadyExists")
    else:
        assert (again.status_code, again.json()["id"]) == (201, ids.item(machine["name"]))
        assert "Azure-AsyncOperation" not in again.headers
    item = session.wait(machine)
    assert item["protectionState"] == "Protected"
    kinds = [job["properties"]["displayName"] for job in session.list(f"{ids.VAULT}/jobs")]
    assert kinds.count("Create or update protected item") == 1
    if setting == "update":
        assert item["customProperties"]["targetCpuCores"] == 3
        assert session.put(machine).status_code == 200


@pytest.mark.behaviour("item_visible")
@thrown("visible_after_s", 0.0, 60.0)
def test_a_new_item_comes_into_sight(azure: StartAzure, setting: float) -> None:
    session = azure(visible_after_s=setting)
    machine = session.easy()
    session.put(machine)
    path = ids.item(machine["name"])
    if setting:
        session.let(setting - 10)
        assert code_of(session.call("GET", path, DR)) == (404, "ProtectedItemNotFound")
        assert session.listed() == {}
        assert session.put(machine).status_code == 409  # it is there all the same
        session.let(20)
    assert session.call("GET", path, DR).status_code == 200
    assert [*session.listed()] == [machine["name"]]


@pytest.mark.behaviour("list_lag")
@thrown("list_lag_s", 0.0, 300.0)
def test_the_list_is_behind(azure: StartAzure, setting: float) -> None:
    session = azure(list_lag_s=setting)
    machine, name = session.easy(), session.easy()["name"]
    session.put(machine)
    late = setting > 0
    session.let(20)
    assert session.item(machine)["protectionState"] == "EnablingProtection"
    assert session.listed() == ({} if late else {name: "EnablingProtection"})
    session.let(setting)
    assert session.listed()[name] == "EnablingProtection"
    assert session.wait(machine)["protectionState"] == "Protected"
    assert (session.listed()[name] == "Protected") != late
    session.let(setting)
    assert session.listed()[name] == "Protected"
    session.remove(machine)
    while session.call("GET", ids.item(name), DR).status_code == 200:
        session.let(10)
    assert (name in session.listed()) == late
    session.let(setting)
    assert session.listed() == {}


@pytest.mark.behaviour("update_rules")
def test_a_patch_needs_leave(azure: StartAzure) -> None:
    session = azure()
    machine, off = session.easy(), session.awkward("powered_off")
    session.put(machine)
    assert code_of(patch(session, machine, targetCpuCores=7)) == (409, "OperationNotAllowed")
    session.wait(machine)
    reply = patch(session, machine, targetCpuCores=7, targetVmName="other")
    assert reply.status_code == 202
    assert session.item(machine)["provisioningState"] == "Updating"
    assert session.ended(reply)["status"] == "Succeeded"
    custom = session.item(machine)["customProperties"]
    assert (custom["targetCpuCores"], custom["targetVmName"]) == (7, machine["properties"]["displayName"])
    session.fail_over(machine)
    assert code_of(patch(session, machine, targetCpuCores=8)) == (409, "OperationNotAllowed")  # CommitFailover
    session.put(off)
    assert session.wait(off)["protectionState"] == "EnablingFailed"
    assert patch(session, off, targetCpuCores=2).status_code == 202


@pytest.mark.behaviour("delete_rules")
def test_a_delete_needs_leave_or_force(azure: StartAzure) -> None:
    session = azure()
    machine = session.easy()
    assert session.remove(machine).status_code == 204
    session.put(machine)
    assert code_of(session.remove(machine, forceDelete="false")) == (409, "OperationNotAllowed")
    reply = session.remove(machine, forceDelete="true")
    assert reply.status_code == 202
    assert session.item(machine)["protectionState"] == "DisablingProtection"
    assert code_of(session.remove(machine)) == (409, "OperationNotAllowed")
    assert session.ended(reply)["status"] == "Succeeded"
    assert session.remove(machine).status_code == 204


@pytest.mark.behaviour("removal_states", "progress")
def test_states_and_percentages_on_the_way(azure: StartAzure) -> None:
    session = azure()
    machine = session.easy()
    seen: dict[str, list[tuple[int | None, int | None]]] = {}

    def look() -> str:
        reply = session.call("GET", ids.item(machine["name"]), DR)
        if reply.status_code == 404:
            return "gone"
        item = reply.json()["properties"]
        custom = item["customProperties"]
        percent = custom["initialReplicationProgressPercentage"], custom["migrationProgressPercentage"]
        seen.setdefault(item["protectionState"], []).append(percent)
        return str(item["protectionState"])

    def watch(goal: str) -> None:
        while look() != goal:
            session.let(10)

    session.put(machine)
    watch("Protected")
    session.failover(machine)
    watch("PlannedFailoverCompleted")
    session.remove(machine)
    watch("gone")
    assert [*seen] == [
        "UnprotectedStatesBegin",
        "EnablingProtection",
        "InitialReplicationInProgress",
        "InitialReplicationCompletedOnPrimary",
        "InitialReplicationCompletedOnRecovery",
        "Protected",
        "PlannedFailoverInitiated",
        "PlannedFailoverCompleting",
        "PlannedFailoverCompleted",
        "DisablingProtection",
        "MarkedForDeletion",
    ]
    copying = [first for first, _ in seen["InitialReplicationInProgress"]]
    assert copying == sorted(copying, key=lambda value: value or 0)
    assert copying[0] != copying[-1]
    for state in ("EnablingProtection", "Protected", "PlannedFailoverCompleted", "DisablingProtection"):
        assert set(seen[state]) == {(None, None)}
    moving = seen["PlannedFailoverInitiated"] + seen["PlannedFailoverCompleting"]
    assert {first for first, _ in moving} == {None}
    assert {second for _, second in moving} == {0, 20, 40, 60, 80}


@pytest.mark.behaviour("no_other_operations")
def test_what_cannot_be_asked_for(azure: StartAzure) -> None:
    session = azure()
    machine = session.easy()
    reply = session.put(machine)
    job = session.get(ids.job(reply.headers["Location"].split("/operationResults/")[1][:36]))
    assert job["properties"]["allowedActions"] == ["Cancel"]
    session.wait(machine)
    assert "CommitFailover" in session.fail_over(machine)[1]["allowedJobs"]
    item = ids.item(machine["name"])
    for verb in ("commitFailover", "cancelFailover", "testFailover", "resynchronize", "pause", "unplannedFailover"):
        assert code_of(session.call("POST", f"{item}/{verb}", DR, {})) == (404, "InvalidResourceType")
    assert session.call("POST", f"{job['id']}/cancel", DR, {}).status_code == 404


@pytest.mark.behaviour("source_faults")
@thrown("source_faults", True, False)
@pytest.mark.parametrize("kind", ["powered_off", "independent_disk", "snapshot_no_cbt"])
def test_a_source_that_no_appliance_can_snapshot(azure: StartAzure, kind: str, setting: bool) -> None:
    session = azure(vms=24, source_faults=setting)
    machine = session.awkward(kind)
    session.put(machine)
    assert session.wait(machine)["protectionState"] == ("EnablingFailed" if setting else "Protected")


# -- lists and versions -----------------------------------------------------------------------------------------


def in_pages(session: TimedAzure, path: str, version: str) -> list[int]:
    """How many rows each page has."""
    reply = session.get(path, version)
    sizes = [len(reply["value"])]
    while reply["nextLink"]:
        assert reply["nextLink"].startswith(session.url)
        reply = session.http.get(reply["nextLink"]).json()
        sizes.append(len(reply["value"]))
    return sizes


@pytest.mark.behaviour("pages")
@thrown("items_page", 50, 2)
def test_pages_of_items(azure: StartAzure, setting: int) -> None:
    session = azure(items_page=setting)
    for number in range(3):
        session.put(session.easy(number))
    assert in_pages(session, ITEMS, DR) == ([3] if setting == 50 else [2, 1])
    assert len(session.get(ITEMS, DR, pageSize="1")["value"]) == 1


@pytest.mark.behaviour("pages")
@thrown("machines_page", 100, 5)
def test_pages_of_machines(azure: StartAzure, setting: int) -> None:
    session = azure(machines_page=setting)
    sizes = in_pages(session, f"{ids.SOURCE_SITE}/machines", "2023-06-06")
    assert sum(sizes) == sum(not vm.template for vm in session.lab.world.source.values())
    assert sizes[:-1] == ([] if setting == 100 else [5] * (len(sizes) - 1))


@pytest.mark.behaviour("pages")
@thrown("jobs_page", 200, 2)
def test_pages_of_jobs(azure: StartAzure, setting: int) -> None:
    session = azure(jobs_page=setting)
    for number in range(3):
        session.put(session.easy(number))
    assert in_pages(session, f"{ids.VAULT}/jobs", DR) == ([3] if setting == 200 else [2, 1])


@pytest.mark.behaviour("versions")
@thrown("replication_versions", ("2024-09-01", NEWEST), ("2024-09-01",))
def test_a_region_may_lack_the_newest_version(azure: StartAzure, setting: tuple[str, ...]) -> None:
    session = azure(replication_versions=setting)
    reply = session.call("GET", ids.VAULT, NEWEST)
    assert reply.status_code == (200 if NEWEST in setting else 400)
    if NEWEST not in setting:
        assert code_of(reply) == (400, "NoRegisteredProviderFound")
        assert "The supported api-versions are '2024-09-01'" in reply.json()["error"]["message"]
    provider = session.get(f"{ids.SUBSCRIPTION}/providers/Microsoft.DataReplication", "2021-04-01")
    assert set(provider["resourceTypes"][0]["apiVersions"]) == set(setting)
    assert session.call("GET", ids.VAULT, DR).headers["api-supported-versions"] == ", ".join(setting)


@pytest.mark.behaviour("newer_fields")
def test_the_older_version_drops_newer_fields_without_a_word(azure: StartAzure) -> None:
    session = azure()
    first, second = session.easy(0), session.easy(1)
    for machine, version in ((first, DR), (second, NEWEST)):
        body = create_body(machine, hyperVGeneration="2", securityOption="SecureBootEnabled")
        assert session.put(machine, body, version).status_code == 201
    shown = [session.item(machine, NEWEST)["customProperties"]["securityOption"] for machine in (first, second)]
    assert shown == [None, "SecureBootEnabled"]
    assert "securityOption" not in session.item(second, DR)["customProperties"]
    assert "publicNetworkAccess" in session.get(ids.VAULT, NEWEST)["properties"]
    assert "publicNetworkAccess" not in session.get(ids.VAULT, DR)["properties"]
