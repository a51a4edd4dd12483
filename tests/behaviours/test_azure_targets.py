# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Migrated VMs in ARM, what is left of them, and the addresses they use."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support.azure_lab import HCI, HYBRID
from ansible_collections.azlocal.migrate.tests.support.azure_time import INSTANCE, StartAzure, TimedAzure
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab.azure import ids


def power(session: TimedAzure, machine: dict[str, Any]) -> str:
    return str(session.instance(machine)["status"]["powerState"])


@pytest.mark.behaviour("leftovers", "shell_needs_empty")
@thrown("shell_needs_empty", True, False)
def test_deleting_a_vm_keeps_its_disks_and_nics(azure: StartAzure, setting: bool) -> None:
    session = azure(shell_needs_empty=setting)
    machine = session.easy()
    session.migrate(machine)
    shown, path = session.instance(machine), session.target(machine)
    disks = [disk["id"] for disk in [shown["storageProfile"]["osDisk"], *shown["storageProfile"]["dataDisks"]]]
    parts = disks + [nic["id"] for nic in shown["networkProfile"]["networkInterfaces"]]
    assert session.call("DELETE", path, HYBRID).status_code == (409 if setting else 200)
    if not setting:
        return
    for part in parts:
        assert session.call("DELETE", part, HCI).status_code == 409  # in use
    deleted = session.call("DELETE", f"{path}/{INSTANCE}", HCI)
    assert (deleted.status_code, session.ended(deleted)["status"]) == (202, "Succeeded")
    assert session.call("GET", f"{path}/{INSTANCE}", HCI).status_code == 404
    for part in parts:
        assert session.get(part, HCI)["properties"]["provisioningState"] == "Succeeded"
        session.ended(session.call("DELETE", part, HCI))
        assert session.call("GET", part, HCI).status_code == 404
    assert session.call("DELETE", path, HYBRID).status_code == 200


@pytest.mark.behaviour("power_lag")
@thrown("power_lag_s", 0.0, 120.0)
def test_arm_learns_of_power_late(azure: StartAzure, setting: float) -> None:
    session = azure(power_lag_s=setting)
    machine = session.easy()
    session.migrate(machine)
    session.let(setting + 1)
    assert power(session, machine) == "Running"
    world = session.lab.world
    world.stop_target(world.target[session.target(machine).lower()], 0)
    assert power(session, machine) == ("Running" if setting else "Stopped")
    session.let(max(0.0, setting - 10))
    assert power(session, machine) == ("Running" if setting else "Stopped")
    session.let(20)
    assert power(session, machine) == "Stopped"


@pytest.mark.behaviour("power_unknown", "vm_versions")
@pytest.mark.parametrize("version", ["2024-01-01", HCI, "2026-04-01-preview"])
def test_a_vm_that_was_removed_on_its_host(azure: StartAzure, version: str) -> None:
    session = azure()
    machine = session.easy()
    session.migrate(machine)
    world = session.lab.world
    vm = world.target[session.target(machine).lower()]
    shown = session.instance(machine, version)
    newest = version.startswith("2026")
    assert shown.get("hyperVVmId") == (vm.vm_id if newest else None)
    assert shown.get("hostNodeName") == (vm.node if newest else None)
    assert shown["vmId"] != vm.vm_id
    world.remove_target(vm, 0)
    assert power(session, machine) == "Unknown"


@pytest.mark.behaviour("address_in_use", "pool_text")
def test_an_address_that_another_nic_has(azure: StartAzure) -> None:
    session = azure()
    first, second = session.easy(0), session.easy(1)
    before = pool(session)
    session.migrate(first)
    used = pool(session)
    assert [type(value) for value in used] == [str, str]
    assert int(used[0]) - int(before[0]) == int(before[1]) - int(used[1]) > 0
    mine, theirs = session.vm(first).nics[0], session.vm(second).nics[0]
    theirs.addresses, theirs.network = list(mine.addresses), mine.network
    second = session.easy(1)
    session.protect(second)
    reply, item = session.fail_over(second)
    assert item["protectionState"] == "PlannedFailoverCompletionFailed"
    [error] = session.job(reply)["errors"]
    assert (error["code"], "InUse" in error["message"]) == ("1000037", True)
    assert session.call("GET", session.target(second), HYBRID).status_code == 404
    # the NIC outlives its VM, and so does the trouble
    session.ended(session.call("DELETE", f"{session.target(first)}/{INSTANCE}", HCI))
    assert session.fail_over(second)[1]["healthErrors"][0]["code"] == "1000037"
    nic = f"{ids.group('rg-migrated-lab')}/providers/Microsoft.AzureStackHCI/networkInterfaces"
    for row in session.list(nic, HCI):
        session.ended(session.call("DELETE", row["id"], HCI))
    assert session.fail_over(second)[1]["protectionState"] == "PlannedFailoverCompleted"


def pool(session: TimedAzure) -> tuple[str, str]:
    subnet = session.get(ids.NETWORKS["lnet-prod-110"], HCI)["properties"]["subnets"][0]["properties"]
    info = subnet["ipPools"][0]["info"]
    return info["used"], info["available"]


@pytest.mark.behaviour("azure_clock")
@thrown("azure_skew_s", 0.0, 240.0)
def test_azures_clock_may_be_ahead(azure: StartAzure, setting: float) -> None:
    session = azure(azure_skew_s=setting)
    reply = session.put(session.easy())
    began = dt.datetime.fromisoformat(session.job(reply)["startTime"])
    assert abs((began - session.lab.clock.now()).total_seconds() - setting) < 1
