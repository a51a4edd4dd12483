# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Project, sites, discovered machines, vault, fabrics: what stands before a migration starts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support import shared
from ansible_collections.azlocal.migrate.tests.support.azure_lab import DR, OFFAZURE, AzureSession
from lab import names
from lab.azure import ids
from lab.azure.server import of
from lab.runtime import Lab
from lab.switches import Switches

PROJECT = f"{ids.PROJECT}/solutions"


@pytest.fixture(scope="module")
def azure(shared_lab: Lab) -> AzureSession:
    return AzureSession(shared_lab)


def test_solutions_lead_to_appliances_and_vault(azure: AzureSession) -> None:
    discovery = azure.get(f"{PROJECT}/servers-discovery-serverdiscovery", "2018-09-01-preview")
    details = discovery["properties"]["details"]["extendedDetails"]
    appliances = {
        name: row for entry in json.loads(details["applianceNameToSiteIdMapV3"]) for name, row in entry.items()
    }
    assert appliances[names.SOURCE_APPLIANCE]["SiteId"] == ids.SOURCE_SITE
    assert appliances[names.TARGET_APPLIANCE]["SiteId"] == ids.TARGET_SITE
    migration = azure.get(f"{PROJECT}/{ids.MIGRATION_SOLUTION_NAME}", "2018-09-01-preview")
    details = migration["properties"]["details"]["extendedDetails"]
    assert details["vaultId"] == ids.VAULT
    assert all(isinstance(value, str) for value in details.values())


def test_fabrics_name_their_sites_and_agents_their_appliances(azure: AzureSession) -> None:
    fabrics = {
        f["properties"]["customProperties"]["instanceType"]: f
        for f in azure.list(f"{ids.VAULT.rsplit('/', 2)[0]}/replicationFabrics")
    }
    assert fabrics["VMwareMigrate"]["properties"]["customProperties"]["vmwareSiteId"] == ids.SOURCE_SITE
    assert fabrics["AzStackHCI"]["properties"]["customProperties"]["azStackHciSiteId"] == ids.TARGET_SITE
    assert fabrics["VMwareMigrate"]["properties"]["serviceEndpoint"] is None
    assert azure.get(fabrics["VMwareMigrate"]["id"])["properties"]["serviceEndpoint"]
    [agent] = azure.list(f"{ids.TARGET_FABRIC}/fabricAgents")
    assert (agent["properties"]["machineName"], agent["properties"]["isResponsive"]) == (names.TARGET_APPLIANCE, True)


def test_agents_and_bridge_can_be_unwell(lab: Callable[..., Lab]) -> None:
    azure = AzureSession(lab(vms=1), Switches(bridge_status="Offline", silent_agents=(names.TARGET_APPLIANCE,)))
    [agent] = azure.list(f"{ids.TARGET_FABRIC}/fabricAgents")
    assert agent["properties"]["isResponsive"] is False
    of(azure.lab.servers["azure again"]).switches.silent_agents = ()
    assert azure.get(agent["id"])["properties"]["isResponsive"] is True
    assert azure.get(ids.BRIDGE, "2022-10-27")["properties"]["status"] == "Offline"


def paths(value: Any, at: str = "") -> set[str]:
    if isinstance(value, dict):
        return {path for key, each in value.items() for path in paths(each, f"{at}.{key}")} | {at}
    if isinstance(value, list):
        return {path for each in value for path in paths(each, f"{at}[]")}
    return {at}


def test_machines_have_the_recorded_shape(azure: AzureSession) -> None:
    recorded = shared.load("control-plane/01-discovered-machine-and-site.vmware.json")["pairs"][0]["response"]["body"]
    missing = paths(recorded) - paths(azure.easy())
    assert missing == set()


def test_machines_follow_the_world(azure: AzureSession) -> None:
    off = azure.awkward("powered_off")["properties"]
    assert off["powerStatus"] == "OFF"
    assert [nic["ipAddressList"] for nic in off["networkAdapters"]] == [[]] * len(off["networkAdapters"])
    assert azure.awkward("no_tools")["properties"]["vMwareToolsStatus"] == "NotInstalled"
    machine = azure.easy()
    assert machine["name"] == f"{ids.VCENTER_KEY}_{machine['properties']['instanceUuid'].lower()}"
    assert isinstance(machine["properties"]["allocatedMemoryInMB"], float)
    for disk in machine["properties"]["disks"]:
        assert disk["uuid"].startswith("6000C29")
        assert disk["usedSpaceInBytes"] == 0
    assert {nic["ipAddressType"] for nic in machine["properties"]["networkAdapters"]} == {"Static"}


def test_newer_fields_come_with_the_newer_version_only(azure: AzureSession) -> None:
    machine = azure.easy()
    newer = azure.get(machine["id"], "2024-12-01-preview")["properties"]
    assert "secureBootEnabled" in newer
    assert newer["disks"][0]["isOSDisk"] == "true"
    assert "secureBootEnabled" not in machine["properties"]
    assert "isOSDisk" not in machine["properties"]["disks"][0]


def test_a_machine_leads_to_its_run_as_account(azure: AzureSession) -> None:
    vcenter = azure.get(azure.easy()["properties"]["vCenterId"], OFFAZURE)
    accounts = azure.list(f"{ids.SOURCE_SITE}/runasaccounts", OFFAZURE)
    assert vcenter["properties"]["runAsAccountId"] == accounts[0]["id"]


def test_pages_of_machines_hold_each_once(lab: Callable[..., Lab]) -> None:
    running = lab(vms=230)
    azure = AzureSession(running)
    began = time.monotonic()
    machines = azure.machines()
    assert time.monotonic() - began < 2  # generous: three pages
    found = [machine["properties"]["instanceUuid"] for machine in machines]
    assert len(found) == len(set(found)) == sum(not vm.template for vm in running.world.source.values())
    assert azure.get(f"{ids.SOURCE_SITE}/machines", OFFAZURE)["nextLink"].startswith(azure.url)


def test_vault_policy_and_extension_have_their_recorded_keys(azure: AzureSession) -> None:
    recorded = shared.load("control-plane/03-vault-fabrics-agents-policy-extension.json")
    assert paths(recorded["vault"]["body"]) <= paths(azure.get(ids.VAULT))
    assert paths(recorded["policy"]["body"]) <= paths(azure.get(ids.POLICY))
    extension = paths(recorded["extension"]["body"])
    ours = {
        path.replace(".vmwareFabric", ".hyperVFabric").replace(".vmwareSite", ".hyperVSite")
        for path in paths(azure.get(ids.EXTENSION))
    }
    assert extension <= ours


def test_groups_and_providers(azure: AzureSession) -> None:
    assert {row["name"] for row in azure.list(f"{ids.SUBSCRIPTION}/resourcegroups", "2021-04-01")} == set(ids.GROUPS)
    provider = azure.get(f"{ids.SUBSCRIPTION}/providers/microsoft.datareplication", "2021-04-01")
    assert provider["registrationState"] == "Registered"
    assert provider["resourceTypes"][0]["apiVersions"] == ["2026-05-01", DR]
