# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Discovered machines: what the appliance shows late, wrongly, or in newer versions alone; fabrics and agents."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support.azure_lab import OFFAZURE
from ansible_collections.azlocal.migrate.tests.support.azure_time import StartAzure, TimedAzure
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab import names
from lab.azure import ids

NEWEST = "2024-12-01-preview"


def shown(session: TimedAzure, machine: dict[str, Any], version: str = OFFAZURE) -> dict[str, Any]:
    found: dict[str, Any] = session.get(machine["id"], version)["properties"]
    return found


@pytest.mark.behaviour("offazure_versions")
@pytest.mark.parametrize("version", ["2020-01-01", OFFAZURE, NEWEST])
def test_fields_by_version(azure: StartAzure, version: str) -> None:
    session = azure()
    machine = shown(session, session.easy(), version)
    newest = version == NEWEST
    assert ("secureBootEnabled" in machine, "arcDiscovery" in machine) == (newest, newest)
    assert [disk.get("isOSDisk") for disk in machine["disks"]] == [
        ("true" if number == 0 else "false") if newest else None for number in range(len(machine["disks"]))
    ]


@pytest.mark.behaviour("discovery_lag")
@thrown("discovery_lag_s", 0.0, 1800.0)
def test_changes_are_seen_late(azure: StartAzure, setting: float) -> None:
    session = azure(discovery_lag_s=setting)
    world = session.lab.world
    going, renamed, old = session.easy(0), session.easy(1), session.easy(2)
    newcomer = copy.deepcopy(session.vm(old))
    newcomer.instance_uuid, newcomer.moid, newcomer.name = "5029ffff-0000-4000-8000-000000000001", "vm-9001", "newcomer"
    world.power_off_source(session.vm(going), "operator", 0, graceful=True)
    world.change_source(session.vm(renamed), "name", "name", "renamed", 0)
    world.create_source(newcomer, "operator", 0)
    world.remove_source(session.vm(old), "operator", 0)

    def view() -> tuple[Any, ...]:
        machines = {row["name"]: row["properties"] for row in session.machines()}
        new = [row for row in machines.values() if row["displayName"] == "newcomer"]
        nics = machines[going["name"]]["networkAdapters"]
        power = machines[going["name"]]["powerStatus"], machines[going["name"]]["vMwareToolsStatus"]
        known = any(nic["ipAddressList"] for nic in nics)
        return power, known, machines[renamed["name"]]["displayName"], len(new), old["name"] in machines

    before = (("ON", "OK"), True, renamed["properties"]["displayName"], 0, True)
    after = (("OFF", "NotRunning"), False, "renamed", 1, False)
    assert view() == (before if setting else after)
    assert session.call("GET", old["id"], OFFAZURE).status_code == (200 if setting else 404)
    session.let(max(0.0, setting - 60))
    assert view() == (before if setting else after)
    session.let(120)
    assert view() == after
    assert session.call("GET", old["id"], OFFAZURE).status_code == 404


@pytest.mark.behaviour("discovery_lag")
def test_the_last_of_several_changes_is_seen_last(azure: StartAzure) -> None:
    session = azure(discovery_lag_s=600.0)
    machine = session.easy()
    vm, world = session.vm(machine), session.lab.world
    world.power_off_source(vm, "operator", 0, graceful=True)
    session.let(300)
    world.power_on_source(vm, "operator", 0)
    seen = []
    for _ in range(4):
        seen.append(shown(session, machine)["powerStatus"])
        session.let(210)
    assert seen == ["ON", "ON", "OFF", "ON"]


@pytest.mark.behaviour("deleted_machines")
@thrown("deleted_machines", "gone", "flagged")
def test_a_machine_that_was_deleted(azure: StartAzure, setting: str) -> None:
    session = azure(deleted_machines=setting, discovery_lag_s=600.0)
    machine = session.easy()
    session.lab.world.remove_source(session.vm(machine), "operator", 0)
    assert shown(session, machine)["isDeleted"] is False  # not known yet
    session.let(610)
    kept = [row["properties"]["isDeleted"] for row in session.machines() if row["name"] == machine["name"]]
    assert kept == ([True] if setting == "flagged" else [])
    assert session.call("GET", machine["id"], OFFAZURE).status_code == (200 if setting == "flagged" else 404)


@pytest.mark.behaviour("addresses_when_off")
@thrown("addresses_when_off", "emptied", "kept")
def test_addresses_of_a_machine_that_is_off(azure: StartAzure, setting: str) -> None:
    session = azure(addresses_when_off=setting)
    machine = session.easy()
    before = [nic["ipAddressList"] for nic in machine["properties"]["networkAdapters"]]
    session.lab.world.power_off_source(session.vm(machine), "operator", 0, graceful=True)
    after = [nic["ipAddressList"] for nic in shown(session, machine)["networkAdapters"]]
    assert after == (before if setting == "kept" else [[]] * len(before))
    bare = session.awkward("no_tools")["properties"]["networkAdapters"]
    assert [nic["ipAddressList"] for nic in bare] == [[]] * len(bare)  # never known


@pytest.mark.behaviour("unreliable_fields", "loose_types")
def test_fields_that_say_nothing(azure: StartAzure) -> None:
    session = azure(vms=24)
    machines = [row["properties"] for row in session.machines()]
    leased = [nic for row in machines for nic in row["networkAdapters"] if nic["networkName"] == "dvPG-Dhcp-130"]
    assert leased
    assert {nic["ipAddressType"] for row in machines for nic in row["networkAdapters"]} == {"Static"}
    assert {disk["usedSpaceInBytes"] for row in machines for disk in row["disks"]} == {0}
    assert {type(row["allocatedMemoryInMB"]) for row in machines} == {float}
    assert {row["firmware"] for row in machines} == {"bios", "efi"}


@pytest.mark.behaviour("solution_details")
def test_details_of_a_solution_are_text(azure: StartAzure) -> None:
    session = azure()
    session.put(session.easy())
    for solution in (ids.DISCOVERY_SOLUTION, ids.MIGRATION_SOLUTION):
        details = session.get(solution, "2023-01-01")["properties"]["details"]["extendedDetails"]
        assert {type(value) for value in details.values()} == {str}
        if solution == ids.MIGRATION_SOLUTION:
            assert details["aszreplicatingCount"] == "1"
        else:
            entries = json.loads(details["applianceNameToSiteIdMapV3"])
            assert [len(entry) for entry in entries] == [1, 1]
            assert "applianceNameToSiteIdMapV2" not in details


# -- fabrics and agents -----------------------------------------------------------------------------------------


@pytest.mark.behaviour("fabrics")
def test_fabrics_are_found_by_what_they_say_not_by_their_names(azure: StartAzure) -> None:
    session = azure()
    path = f"{ids.group(names.RESOURCE_GROUP)}/providers/Microsoft.DataReplication/replicationFabrics"
    reply = session.get(path)
    assert "nextLink" not in reply
    for row in reply["value"]:
        properties = row["properties"]
        source = properties["customProperties"]["instanceType"] == "VMwareMigrate"
        appliance = names.SOURCE_APPLIANCE if source else names.TARGET_APPLIANCE
        assert row["name"] not in (appliance, f"{appliance}replicationfabric")
        site = properties["customProperties"]["vmwareSiteId" if source else "azStackHciSiteId"]
        assert site == (ids.SOURCE_SITE if source else ids.TARGET_SITE)
        assert properties["serviceEndpoint"] is None
        assert session.get(row["id"])["properties"]["serviceEndpoint"].startswith("https://")


@pytest.mark.behaviour("silent_agents")
@thrown("silent_agents", (), (names.TARGET_APPLIANCE,))
def test_an_agent_may_be_silent(azure: StartAzure, setting: tuple[str, ...]) -> None:
    session = azure(silent_agents=setting)
    session.let(86_400)
    [source] = session.list(f"{ids.SOURCE_FABRIC}/fabricAgents")
    [target] = session.list(f"{ids.TARGET_FABRIC}/fabricAgents")
    assert source["properties"]["isResponsive"] is True
    assert target["properties"]["isResponsive"] is not bool(setting)
    same = source["properties"]["lastHeartbeat"][:16] == target["properties"]["lastHeartbeat"][:16]
    assert same is not bool(setting)
