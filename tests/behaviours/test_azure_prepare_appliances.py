# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the project key to both appliances connected: what the portal and the appliances leave in Azure, and when."""

from __future__ import annotations

import json

import pytest

from ansible_collections.azlocal.migrate.tests.support.azure_lab import DR, JSON
from ansible_collections.azlocal.migrate.tests.support.azure_prepare import (
    GROUP,
    KEYS,
    MASTER_SITE,
    MIGRATE,
    OFFAZURE,
    RESOURCES,
    SERVER_SITE,
    Directory,
    azure_of,
    certificate,
    connect,
    connected,
    error,
    grant,
    key,
    machine,
    project,
    scaffold,
)
from ansible_collections.azlocal.migrate.tests.support.azure_time import StartAzure, TimedAzure
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab import names
from lab.appliances import SOURCE, TARGET
from lab.azure import ids, registration
from lab.azure.registration import Refused

NAME, OTHER = names.SOURCE_APPLIANCE, names.TARGET_APPLIANCE
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"


def details(session: TimedAzure, solution: str = ids.DISCOVERY_SOLUTION) -> JSON:
    return dict(session.get(solution, MIGRATE)["properties"]["details"]["extendedDetails"])


def entries(session: TimedAzure) -> dict[str, JSON]:
    """The map of appliances, by name."""
    told = details(session).get("applianceNameToSiteIdMapV3", "[]")
    return {name: row for entry in json.loads(told) for name, row in entry.items()}


def begin(session: TimedAzure, name: str = NAME, role: str = SOURCE) -> None:
    """A machine, its key, and the sign-in; nothing has had time to happen."""
    one = machine(session, name, role)
    one.key = key(session, name, role)
    with session.lab.world.lock:
        registration.register(azure_of(session), one, 0)


# -- keys -------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("project_key")
def test_what_a_key_leaves_behind(azure: StartAzure) -> None:
    session = azure(stage="bare")
    project(session)
    assert (details(session), session.list(f"{GROUP}/providers/Microsoft.KeyVault/vaults", KEYS)) == ({}, [])
    text = key(session, NAME, SOURCE)
    site = session.get(ids.SOURCE_SITE, OFFAZURE)["properties"]
    assert (site["applianceName"], site["agentDetails"]["lastHeartBeatUtc"]) == (NAME, None)
    assert site["discoverySolutionId"] == ids.DISCOVERY_SOLUTION
    told = details(session)
    assert (told["masterSiteId"], told["keyVaultId"]) == (MASTER_SITE, ids.KEY_VAULT)
    entry = entries(session)[NAME]
    assert (entry["SiteId"], entry["ApplianceDetails"]["isRegistered"]) == (ids.SOURCE_SITE, False)
    assert session.get(ids.KEY_VAULT, KEYS)["properties"]["enableSoftDelete"] is True
    assert session.get(MASTER_SITE, OFFAZURE)["properties"]["sites"] == [SERVER_SITE, ids.SOURCE_SITE]
    assert key(session, NAME, SOURCE) != text  # asked for again: another one, and nothing else
    assert list(entries(session)) == [NAME]


@pytest.mark.behaviour("project_key")
@pytest.mark.parametrize("name", ["lab-src", "averylongname15", "", "lab src"])
def test_a_name_that_the_portal_does_not_take(azure: StartAzure, name: str) -> None:
    session = azure(stage="bare")
    project(session)
    with pytest.raises(Refused, match="alphanumeric"):
        key(session, name, SOURCE)


@pytest.mark.behaviour("project_key")
def test_what_a_key_needs(azure: StartAzure) -> None:
    session = azure(stage="bare")
    with pytest.raises(Refused, match="no project"):
        key(session, NAME, SOURCE)
    project(session)
    session.call("DELETE", MASTER_SITE, OFFAZURE)
    with pytest.raises(Refused, match="no master site"):
        key(session, NAME, SOURCE)
    session.call("DELETE", SERVER_SITE, OFFAZURE)
    with pytest.raises(Refused, match="no server site"):
        key(session, NAME, SOURCE)
    scaffold(session)
    session.call("DELETE", ids.MIGRATION_SOLUTION, MIGRATE)
    with pytest.raises(Refused, match="no solution"):
        key(session, NAME, SOURCE)


@pytest.mark.behaviour("project_key")
def test_one_source_and_one_target_appliance(azure: StartAzure) -> None:
    session = azure(stage="bare")
    project(session)
    with pytest.raises(Refused, match="no discovered servers"):
        key(session, OTHER, TARGET)
    connect(session, NAME, SOURCE)
    with pytest.raises(Refused, match="registered already"):
        key(session, NAME, SOURCE)
    with pytest.raises(Refused, match=f"has a source appliance already: '{NAME}'"):
        key(session, "second", SOURCE)
    with pytest.raises(Refused, match="source appliance"):
        key(session, NAME, TARGET)
    connect(session, OTHER, TARGET)
    with pytest.raises(Refused, match=f"has a target appliance already: '{OTHER}'"):
        key(session, "second", TARGET)


@pytest.mark.behaviour("project_key", "policy_denies")
def test_a_policy_stops_the_portal_too(azure: StartAzure) -> None:
    session = azure(stage="bare", policy_denies=("Microsoft.KeyVault/vaults",))
    project(session)
    with pytest.raises(Refused, match="RequestDisallowedByPolicy"):
        key(session, NAME, SOURCE)
    assert details(session) == {}
    session.lab.switches.policy_denies = ("Microsoft.DataReplication/replicationVaults",)
    with pytest.raises(Refused, match="RequestDisallowedByPolicy"):
        begin(session)


# -- registration -----------------------------------------------------------------------------------------------


@pytest.mark.behaviour("registration")
def test_a_source_appliance_registers_step_by_step(azure: StartAzure) -> None:
    session = azure(stage="bare")
    project(session)
    begin(session)
    assert session.call("GET", ids.VAULT, DR).status_code == 404
    session.let(61)
    entry = entries(session)[NAME]
    assert (entry["ApplianceDetails"]["isRegistered"], entry["ApplianceDetails"]["HostName"]) == (True, "LABSRC")
    assert session.get(ids.SOURCE_SITE, OFFAZURE)["properties"]["agentDetails"]["lastHeartBeatUtc"]
    assert session.call("GET", ids.VAULT, DR).status_code == 404
    session.let(60)
    assert details(session, ids.MIGRATION_SOLUTION)["vaultId"] == ids.VAULT
    assert session.get(ids.VAULT)["tags"] == {"Migrate Project": names.PROJECT}
    session.let(60)
    [fabric] = session.list(f"{GROUP}/providers/Microsoft.DataReplication/replicationFabrics")
    assert fabric["properties"]["customProperties"]["vmwareSiteId"] == ids.SOURCE_SITE
    assert session.list(f"{ids.SOURCE_FABRIC}/fabricAgents") == []
    session.let(120)
    [agent] = session.list(f"{ids.SOURCE_FABRIC}/fabricAgents")
    assert (agent["id"], agent["properties"]["isResponsive"]) == (ids.SOURCE_AGENT, True)
    assert agent["properties"]["resourceAccessIdentity"]["objectId"] == entry["AadAppDetails"]["ObjectID"]
    [app] = Directory(session).call("GET", "applications").json()["value"]
    assert (app["displayName"], app["appId"]) == (f"{NAME}authandaccessaadapp", entry["AadAppDetails"]["AppID"])


@pytest.mark.behaviour("registration")
def test_a_key_fits_one_appliance(azure: StartAzure) -> None:
    session = azure(stage="bare")
    project(session)
    text = key(session, NAME, SOURCE)
    wrong = machine(session, "another", SOURCE)
    for pasted, reason in ((text, f"for the appliance '{NAME}'"), ("nonsense", "not valid")):
        wrong.key = pasted
        with pytest.raises(Refused, match=reason):
            registration.register(azure_of(session), wrong, 0)
    right = machine(session, NAME, TARGET)
    right.key = text
    with pytest.raises(Refused, match="that of a source appliance"):
        registration.register(azure_of(session), right, 0)
    with pytest.raises(Refused, match="no target appliance that is registered"):
        registration.configure_target(azure_of(session), right, 0)


@pytest.mark.behaviour("registration")
def test_whoever_deletes_the_site_ends_the_registration(azure: StartAzure) -> None:
    session = azure(stage="bare")
    project(session)
    begin(session)
    assert session.call("DELETE", ids.SOURCE_SITE, OFFAZURE).status_code == 200
    session.let(600)
    assert session.list(f"{GROUP}/providers/Microsoft.DataReplication/replicationFabrics") == []
    assert key(session, NAME, SOURCE)  # and one may begin anew


@pytest.mark.behaviour("new_vault_identity")
@thrown("new_vault_identity", "None", "SystemAssigned")
def test_the_identity_of_a_new_vault(azure: StartAzure, setting: str) -> None:
    session = azure(stage="bare", new_vault_identity=setting)
    project(session)
    connect(session, NAME, SOURCE)
    identity = session.get(ids.VAULT)["identity"]
    assert (identity["type"], "principalId" in identity) == (setting, setting == "SystemAssigned")
    given = session.call("PATCH", ids.VAULT, DR, {"identity": {"type": "SystemAssigned"}}).json()["identity"]
    assert identity.get("principalId") in (None, given["principalId"])


@pytest.mark.behaviour("target_fabric")
@thrown("target_fabric", "register", "configure")
def test_when_the_targets_fabric_appears(azure: StartAzure, setting: str) -> None:
    session = azure(stage="bare", target_fabric=setting)
    project(session)
    connect(session, NAME, SOURCE)
    begin(session, OTHER, TARGET)
    session.let(300)
    reply = session.call("GET", ids.TARGET_FABRIC, DR)
    assert reply.status_code == (200 if setting == "register" else 404)
    if setting == "register":
        assert reply.json()["properties"]["customProperties"]["cluster"] is None
    one = session.lab.appliances[OTHER]
    registration.configure_target(azure_of(session), one, 0)
    session.let(119)
    assert one.configured_at is None
    session.let(2)
    custom = session.get(ids.TARGET_FABRIC)["properties"]["customProperties"]
    assert (custom["azStackHciSiteId"], custom["applianceName"]) == (ids.TARGET_SITE, [OTHER])
    assert custom["cluster"]["resourceName"].lower() == ids.CLUSTER.lower()
    assert session.get(ids.TARGET_AGENT)["properties"]["isResponsive"] is True
    assert one.configured_at is not None


@pytest.mark.behaviour("own_application")
def test_an_application_that_was_made_before(azure: StartAzure) -> None:
    session = azure(stage="bare")
    project(session)
    der, thumbprint = certificate()
    app, principal = Directory(session).application("our-source", der)
    entra = {"client_id": app["appId"], "thumbprint": thumbprint}
    one = machine(session, NAME, SOURCE)
    one.key = key(session, NAME, SOURCE)
    for given, reason in (
        ({**entra, "client_id": names.TENANT}, "knows no application"),
        ({**entra, "thumbprint": "00"}, "not one of those"),
        (entra, "no Contributor"),
    ):
        one.entra = given
        with pytest.raises(Refused, match=reason):
            registration.register(azure_of(session), one, 0)
    assert grant(session, principal["id"], CONTRIBUTOR, GROUP).status_code == 201
    connect(session, NAME, SOURCE, entra=entra)
    agent = session.get(ids.SOURCE_AGENT)["properties"]
    assert agent["authenticationIdentity"]["applicationId"] == app["appId"]
    assert agent["resourceAccessIdentity"]["objectId"] == principal["id"]
    assert len(Directory(session).call("GET", "applications").json()["value"]) == 1
    second = machine(session, OTHER, TARGET)
    second.key, second.entra = key(session, OTHER, TARGET), entra
    with pytest.raises(Refused, match=f"that of the appliance '{NAME}'"):
        registration.register(azure_of(session), second, 0)


@pytest.mark.behaviour("discovery_start")
def test_machines_are_shown_a_quarter_of_an_hour_later(azure: StartAzure) -> None:
    session = azure(stage="bare", vms=4)
    project(session)
    begin(session)
    session.let(300)
    one = session.lab.appliances[NAME]
    assert session.list(f"{ids.SOURCE_SITE}/vcenters", OFFAZURE) == []
    registration.start_discovery(azure_of(session), one, 0)
    assert entries(session)[NAME]["ApplianceDetails"]["discoveryStatus"] == "InProgress"
    assert len(session.list(f"{ids.SOURCE_SITE}/vcenters", OFFAZURE)) == 1
    session.let(899)
    assert session.machines() == []
    assert details(session)["serversOnLinux"] == "0"
    session.let(2)
    found = session.machines()
    assert len(found) == len(session.lab.world.source)
    assert found[0]["id"].startswith(f"{ids.SOURCE_SITE}/machines/")
    assert entries(session)[NAME]["ApplianceDetails"]["discoveryStatus"] == "Success"
    counted = details(session)
    assert sum(int(counted[f"serversOn{kind}"]) for kind in ("Windows", "Linux", "Other")) == len(found)


@pytest.mark.behaviour("discovery_start", "discovery_stuck")
def test_a_discovery_that_is_stuck(azure: StartAzure) -> None:
    session = azure(stage="bare", discovery_stuck=True)
    project(session)
    connect(session, NAME, SOURCE)
    session.let(100_000)
    assert session.machines() == []
    assert entries(session)[NAME]["ApplianceDetails"]["discoveryStatus"] == "InProgress"
    session.lab.switches.discovery_stuck = False
    session.let(900)
    assert session.machines() != []
    assert entries(session)[NAME]["ApplianceDetails"]["discoveryStatus"] == "Success"


# -- life and death ---------------------------------------------------------------------------------------------


@pytest.mark.behaviour("dead_fabric", "appliance_alive")
@thrown("dead_fabric", "Critical", "Normal")
def test_an_appliance_that_falls_silent(azure: StartAzure, setting: str) -> None:
    session = azure(dead_fabric=setting)
    site, fabric = session.get(ids.SOURCE_SITE, OFFAZURE), session.get(ids.SOURCE_FABRIC)
    beat = site["properties"]["agentDetails"]["lastHeartBeatUtc"]
    assert (fabric["properties"]["health"], fabric["properties"]["healthErrors"]) == ("Normal", [])
    session.lab.switches.dead_agent = "source"
    session.let(36_000)
    assert session.get(ids.SOURCE_SITE, OFFAZURE)["properties"]["agentDetails"]["lastHeartBeatUtc"] == beat
    agent = session.get(ids.SOURCE_AGENT)["properties"]
    assert (agent["isResponsive"], agent["lastHeartbeat"]) == (False, beat)
    fabric = session.get(ids.SOURCE_FABRIC)["properties"]
    assert fabric["health"] == setting
    assert [row["severity"] for row in fabric["healthErrors"]] == (["Error"] if setting == "Critical" else [])
    assert session.get(ids.TARGET_AGENT)["properties"]["isResponsive"] is True
    session.lab.switches.dead_agent = ""
    assert session.get(ids.SOURCE_AGENT)["properties"]["isResponsive"] is True
    assert session.get(ids.SOURCE_FABRIC)["properties"]["health"] == "Normal"


@pytest.mark.behaviour("replaced_target")
def test_a_dead_target_appliance_is_replaced(azure: StartAzure) -> None:
    session = azure(stage="bare")
    _source, old = connected(session)
    with pytest.raises(Refused, match="has a target appliance already"):
        key(session, "newtgt", TARGET)
    old.services["asrmgmtsvc"] = "Stopped"
    connect(session, "newtgt", TARGET)
    assert list(entries(session)) == [NAME, "newtgt"]
    fabrics = session.list(f"{GROUP}/providers/Microsoft.DataReplication/replicationFabrics")
    assert {row["name"][:6] for row in fabrics} == {"labsrc", "labtgt", "newtgt"}  # the old one is left to its owner


@pytest.mark.behaviour("appliance_of_similar_name")
@pytest.mark.parametrize("stage", ["ready", "bare"])
def test_a_second_appliance_of_a_similar_name(azure: StartAzure, stage: str) -> None:
    session = azure(stage=stage, similar_appliance=True)
    if stage == "bare":
        connected(session)
    assert list(entries(session)) == [f"{NAME}1", NAME, OTHER]
    fabrics = session.list(f"{GROUP}/providers/Microsoft.DataReplication/replicationFabrics")
    sources = [row for row in fabrics if row["properties"]["customProperties"]["instanceType"] == "VMwareMigrate"]
    assert [row["name"].startswith(NAME) for row in sources] == [True, True]
    assert len({row["properties"]["customProperties"]["vmwareSiteId"] for row in sources}) == 2
    session.lab.switches.dead_agent = "source"
    alive = {
        agent["properties"]["machineName"]: agent["properties"]["isResponsive"]
        for row in sources
        for agent in session.list(f"{row['id']}/fabricAgents")
    }
    assert alive == {NAME: False, f"{NAME}1": True}


# -- taking it back ---------------------------------------------------------------------------------------------


@pytest.mark.behaviour("fabric_deletion")
@thrown("vault_in_use", "refuse", "delete")
def test_what_registration_left_can_be_deleted(azure: StartAzure, setting: str) -> None:
    session = azure(vault_in_use=setting)
    session.protect(session.easy())
    reply = session.call("DELETE", ids.VAULT, DR)
    if setting == "refuse":
        assert error(reply) == (409, "VaultNotEmpty")
        session.remove(session.easy())
        session.let(600)
        reply = session.call("DELETE", ids.VAULT, DR)
    assert (reply.status_code, session.get(ids.VAULT)["properties"]["provisioningState"]) == (202, "Deleting")
    again = session.call("DELETE", ids.VAULT, DR)
    assert error(session.call("PATCH", ids.VAULT, DR, {"tags": {}})) == (409, "ResourceBeingDeleted")
    assert session.ended(reply)["status"] == "Succeeded"
    fresh = session.call("PUT", ids.VAULT, DR, {"location": names.LOCATION})  # one of the same name
    assert (fresh.status_code, session.ended(again)["status"]) == (201, "Succeeded")
    assert (session.call("GET", ids.VAULT, DR).status_code, session.listed()) == (200, {})
    assert session.call("GET", ids.EXTENSION, DR).status_code == 404
    for path in (ids.SOURCE_AGENT, ids.SOURCE_FABRIC):
        assert session.ended(session.call("DELETE", path, DR))["status"] == "Succeeded"
        assert session.call("GET", path, DR).status_code == 404
        assert session.call("DELETE", path, DR).status_code == 204


@pytest.mark.behaviour("fabric_deletion")
def test_nothing_replicates_without_its_agents(azure: StartAzure) -> None:
    session = azure()
    session.ended(session.call("DELETE", ids.SOURCE_FABRIC, DR))  # under an extension that uses it
    assert error(session.put(session.easy())) == (400, "InvalidReplicationPair")


@pytest.mark.behaviour("key_vault_deletion")
def test_the_name_of_a_deleted_key_vault_stays_taken(azure: StartAzure) -> None:
    session = azure(stage="bare")
    project(session)
    key(session, NAME, SOURCE)
    assert session.call("DELETE", ids.KEY_VAULT, KEYS).status_code == 200
    [left] = session.get(f"{ids.SUBSCRIPTION}/providers/Microsoft.KeyVault/deletedVaults", KEYS)["value"]
    assert left["properties"]["vaultId"] == ids.KEY_VAULT
    key(session, NAME, SOURCE)
    assert session.call("GET", ids.KEY_VAULT, KEYS).status_code == 404
    assert details(session)["keyVaultId"] != ids.KEY_VAULT
    assert session.call("GET", left["id"], KEYS).status_code == 200
    assert session.call("POST", f"{left['id']}/purge", KEYS).status_code == 202
    assert error(session.call("GET", left["id"], KEYS)) == (404, "DeletedVaultNotFound")


def test_a_project_that_goes_leaves_the_rest(azure: StartAzure) -> None:
    session = azure()
    assert session.call("DELETE", ids.PROJECT, MIGRATE).status_code == 200
    assert session.call("GET", ids.MIGRATION_SOLUTION, MIGRATE).status_code == 404
    for path, version in ((ids.VAULT, DR), (ids.SOURCE_SITE, OFFAZURE), (ids.KEY_VAULT, KEYS)):
        assert session.call("GET", path, version).status_code == 200
    left = {row["type"].rpartition("/")[2] for row in session.list(f"{GROUP}/resources", RESOURCES)}
    assert left >= {
        "vaults",
        "replicationVaults",
        "replicationFabrics",
        "vmwareSites",
        "HyperVSites",
        "storageAccounts",
    }
