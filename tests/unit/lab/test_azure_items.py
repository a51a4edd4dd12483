# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Protected items from PUT to Protected, and back by DELETE."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support import shared
from ansible_collections.azlocal.migrate.tests.support.azure_lab import DR, AzureSession, create_body, until
from lab import names
from lab.azure import ids
from lab.runtime import Lab
from lab.switches import Switches

FAST = 4000


@pytest.fixture
def azure(lab: Callable[..., Lab]) -> AzureSession:
    return AzureSession(lab(vms=24, speed=FAST))


def test_the_put_reply_has_the_recorded_keys(azure: AzureSession) -> None:
    pair = shared.load("control-plane/04-protected-item-create.json")["pairs"][0]
    reply = azure.put(azure.easy())
    recorded, ours = pair["response"]["body"], reply.json()
    assert reply.status_code == 201
    assert set(recorded["properties"]) == set(ours["properties"])
    assert set(recorded["properties"]["customProperties"]) == set(ours["properties"]["customProperties"])
    for name in ("disksToInclude", "nicsToInclude"):
        expected = recorded["properties"]["customProperties"][name][0]
        assert set(expected) == set(ours["properties"]["customProperties"][name][0])
    for name in ("allowedJobs", "provisioningState", "protectionState", "resyncRequired", "replicationHealth"):
        assert ours["properties"][name] == recorded["properties"][name]
    assert reply.headers["Location"] == reply.headers["Azure-AsyncOperation"]
    assert 4000 < len(reply.headers["Location"]) < 8000
    assert reply.headers["Retry-After"] == "1"


def test_the_way_to_protected(azure: AzureSession) -> None:
    machine = azure.easy()
    azure.put(machine)
    seen: list[tuple[str, Any]] = []
    progress: list[int] = []

    def read() -> dict[str, Any]:
        item = azure.item(machine)
        if (item["protectionState"], item["allowedJobs"]) not in seen:
            seen.append((item["protectionState"], item["allowedJobs"]))
        if item["customProperties"]["initialReplicationProgressPercentage"] is not None:
            progress.append(item["customProperties"]["initialReplicationProgressPercentage"])
        return item

    item = until(read, lambda value: value["protectionState"] == "Protected")
    states = dict(seen)
    assert states["EnablingProtection"] == []
    assert states["InitialReplicationInProgress"] == ["DisableProtection"]
    assert states["Protected"] == ["PlannedFailover", "DisableProtection"]
    assert progress == sorted(progress)
    custom = item["customProperties"]
    assert custom["disksToInclude"] is None
    assert custom["nicsToInclude"] is None
    assert [disk["capacityInBytes"] for disk in custom["protectedDisks"]] == [
        disk["maxSizeInBytes"] for disk in machine["properties"]["disks"]
    ]
    assert custom["protectedDisks"][0]["migrateDiskName"].startswith(f"{custom['targetVmName']}-OSdisk-0-")
    assert isinstance(custom["sourceMemoryInMegaBytes"], float)
    assert custom["lastRecoveryPointId"] and custom["lastRecoveryPointReceived"]
    assert set(azure.lab.world.seeds) == {f"{disk['seedDiskName']}.vhdx" for disk in custom["protectedDisks"]}
    assert len(azure.list(f"{ids.item(machine['name'])}/recoveryPoints")) == 1


def test_jobs_are_trimmed_in_the_list_and_whole_alone(azure: AzureSession) -> None:
    machine = azure.easy()
    reply = azure.put(machine)
    azure.wait(machine)
    jobs = azure.list(f"{ids.VAULT}/jobs")
    assert [job["properties"]["displayName"] for job in jobs] == [
        "Complete initial replication",
        "Create or update protected item",
    ]
    for job in jobs:
        assert [job["properties"][name] for name in ("tasks", "errors", "customProperties")] == [None, None, None]
        assert job["properties"]["provisioningState"] == "Canceled"
    assert jobs[0]["properties"]["objectId"] is None
    tasks = azure.job(reply)["tasks"]
    assert [task["taskName"] for task in tasks] == [
        "Creating or updating the protected item",
        "Initializing Protection",
        "Enabling Protection",
        "Starting Replication",
    ]
    recorded = shared.load("control-plane/08-jobs-list-and-get.json")["get"]["body"]["properties"]
    assert set(azure.job(reply)) == set(recorded)
    assert set(tasks[0]) == set(recorded["tasks"][0])


def test_the_operation_answers_only_its_own_url(azure: AzureSession) -> None:
    machine = azure.easy()
    reply = azure.put(machine)
    url = reply.headers["Location"]
    assert azure.http.get(url).status_code == 202
    assert azure.http.get(url).json()["status"] == "InProgress"
    assert azure.http.get(url.split("&t=")[0]).status_code == 403
    azure.wait(machine)
    ended = azure.http.get(url)
    assert (ended.status_code, ended.json()["status"]) == (200, "Succeeded")


def test_a_second_put_is_refused_and_the_first_survives(azure: AzureSession) -> None:
    machine = azure.easy()
    assert azure.put(machine).status_code == 201
    again = azure.put(machine)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "ProtectedItemAlreadyExists")
    assert azure.wait(machine)["protectionState"] == "Protected"


def disk(machine: dict[str, Any], number: int = 0, **changed: Any) -> dict[str, Any]:
    sent: dict[str, Any] = create_body(machine)["properties"]["customProperties"]["disksToInclude"][number]
    return sent | changed


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda m: {"disksToInclude": []}, "NoDisksIncluded"),
        (lambda m: {"disksToInclude": [disk(m, diskId="6000C290-0000")]}, "DiskNotFound"),
        (lambda m: {"disksToInclude": [disk(m), disk(m)]}, "DuplicateId"),
        (lambda m: {"disksToInclude": [disk(m, isOsDisk=False)]}, "InvalidOsDisk"),
        (lambda m: {"hyperVGeneration": "2", "disksToInclude": [disk(m, diskFileFormat="VHD")]}, "InvalidDiskFormat"),
        (lambda m: {"disksToInclude": [disk(m, diskPhysicalSectorSize=1024)]}, "InvalidSectorSize"),
        (lambda m: {"nicsToInclude": [{"nicId": "9", "selectionTypeForFailover": "NotSelected"}]}, "NicNotFound"),
        (
            lambda m: {"nicsToInclude": [{"nicId": "4000", "selectionTypeForFailover": "SelectedByUser"}]},
            "TargetNetworkMissing",
        ),
        (lambda m: {"storageContainerId": "/none"}, "StorageContainerNotFound"),
        (lambda m: {"targetVmName": ...}, "RequiredPropertyMissing"),
        (lambda m: {"targetVmName": "my-windows-vm"}, "InvalidTargetVmName"),
        (lambda m: {"hyperVGeneration": 2}, "InvalidHyperVGeneration"),
        (lambda m: {"targetCpuCores": 0}, "InvalidCpuCores"),
        (lambda m: {"targetMemoryInMegaBytes": 1.5}, "InvalidMemory"),
        (lambda m: {"customLocationRegion": names.LOCATION}, "CustomLocationRegionMismatch"),
        (lambda m: {"targetResourceGroupId": "/subscriptions/x/resourceGroups/y"}, "ResourceGroupNotFound"),
        (lambda m: {"runAsAccountId": "/other"}, "InvalidReplicationPair"),
        (lambda m: {"fabricDiscoveryMachineId": "/other"}, "DiscoveredMachineNotFound"),
    ],
)
def test_what_a_put_is_refused_for(
    shared_lab: Lab, change: Callable[[dict[str, Any]], dict[str, Any]], code: str
) -> None:
    azure = AzureSession(shared_lab)
    machine = azure.easy()
    reply = azure.put(machine, create_body(machine, **change(machine)))
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, code)
    assert azure.call("GET", ids.item(machine["name"]), DR).status_code == 404


@pytest.mark.parametrize(
    ("generation", "option", "code"),
    [("1", "TrustedLaunch", "2109018"), ("2", "EnablevTPM", "2109020"), ("2", "Other", "2109022")],
)
def test_security_options_of_the_newer_version(shared_lab: Lab, generation: str, option: str, code: str) -> None:
    azure = AzureSession(shared_lab)
    machine = azure.easy()
    body = create_body(machine, hyperVGeneration=generation, securityOption=option)
    reply = azure.put(machine, body, "2026-05-01")
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, code)


@pytest.mark.parametrize("kind", ["powered_off", "independent_disk", "snapshot_no_cbt"])
def test_enabling_fails_for_what_no_appliance_can_snapshot(azure: AzureSession, kind: str) -> None:
    machine = azure.awkward(kind)
    reply = azure.put(machine)
    item = azure.wait(machine)
    assert (item["protectionState"], item["provisioningState"]) == ("EnablingFailed", "Failed")
    assert (item["allowedJobs"], item["replicationHealth"]) == (["DisableProtection"], "Critical")
    job = azure.job(reply)
    assert item["healthErrors"][0]["code"] == job["errors"][0]["code"]
    assert item["lastFailedEnableProtectionJob"]["displayName"] == "Create or update protected item"
    assert [task["state"] for task in job["tasks"]] == ["Succeeded", "Succeeded", "Failed", "Skipped"]
    assert len(azure.list(f"{ids.VAULT}/events")) == 1


def test_update_changes_what_may_change(azure: AzureSession) -> None:
    machine = azure.easy()
    azure.protect(machine)
    path = ids.item(machine["name"])

    def patch(**custom: Any) -> int:
        body = {"properties": {"customProperties": {"instanceType": ids.INSTANCE_TYPE, **custom}}}
        return azure.call("PATCH", path, DR, body).status_code

    assert patch(hyperVGeneration="3") == 400
    assert patch(targetCpuCores=7, targetVmName="ignored") == 202
    assert patch(targetCpuCores=8) == 409  # one update at a time
    item = until(lambda: azure.item(machine), lambda value: value["provisioningState"] == "Succeeded")
    assert item["customProperties"]["targetCpuCores"] == 7
    assert item["customProperties"]["targetVmName"] == machine["properties"]["displayName"]


def test_delete_discards_a_replication(azure: AzureSession) -> None:
    machine = azure.easy()
    path = ids.item(machine["name"])
    assert azure.call("DELETE", path, DR).status_code == 204
    azure.put(machine)
    assert azure.call("DELETE", path, DR, forceDelete="false").status_code == 409  # enabling: not allowed yet
    azure.wait(machine)
    reply = azure.call("DELETE", path, DR, forceDelete="false")
    assert reply.status_code == 202
    assert "&forceDelete=False&" in reply.headers["Location"]
    until(lambda: azure.call("GET", path, DR).status_code, lambda status: status == 404)
    assert azure.lab.world.seeds == {}
    assert azure.job(reply)["state"] == "Succeeded"
    assert azure.put(machine).status_code == 201


def test_lists_are_paged_and_items_may_come_late(lab: Callable[..., Lab]) -> None:
    running = lab(vms=60, speed=FAST)
    azure = AzureSession(running, Switches(items_page=7, visible_after_s=FAST * 0.3, source_faults=False))
    machines = [machine for machine in azure.machines() if "windows" not in machine["properties"]["displayName"]][:30]
    for number, machine in enumerate(machines):
        assert azure.put(machine, create_body(machine, targetVmName=f"vm-{number}")).status_code == 201
    assert azure.call("GET", ids.item(machines[-1]["name"]), DR).status_code == 404
    assert azure.put(machines[-1]).status_code == 409
    found = until(lambda: azure.list(f"{ids.VAULT}/protectedItems"), lambda rows: len(rows) == 30)
    assert [row["name"] for row in found] == [machine["name"] for machine in machines]


def test_200_items_are_listed_quickly(lab: Callable[..., Lab]) -> None:
    import time

    azure = AzureSession(lab(vms=200, speed=1), Switches(items_page=200))
    for number, machine in enumerate(azure.machines()[:200]):
        azure.put(machine, create_body(machine, targetVmName=f"vm-{number}"))
    took = []
    for _ in range(5):
        began = time.monotonic()
        assert len(azure.get(f"{ids.VAULT}/protectedItems")["value"]) == 200
        took.append(time.monotonic() - began)
    assert min(took) < 0.1
