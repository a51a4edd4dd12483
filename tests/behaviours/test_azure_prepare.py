# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bare subscription: providers, groups, regions, policies and locks, the project and its scaffold."""

from __future__ import annotations

import pytest

from ansible_collections.azlocal.migrate.tests.support.azure_prepare import (
    GROUP,
    LOCKS,
    MASTER_SITE,
    MIGRATE,
    OFFAZURE,
    RESOURCES,
    SERVER_SITE,
    STORAGE,
    account,
    error,
    make,
    project,
    register,
    solution,
)
from ansible_collections.azlocal.migrate.tests.support.azure_time import StartAzure
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab import names
from lab.azure import ids

STATE = f"{ids.SUBSCRIPTION}/providers/Microsoft.Migrate"
SECOND = f"/subscriptions/{names.SECOND_SUBSCRIPTION}"
LOCK = "/providers/Microsoft.Authorization/locks"
SOLUTION = f"{ids.PROJECT}/solutions/{ids.DISCOVERY_SOLUTION_NAME}"
HERE = {"location": names.LOCATION}


@pytest.mark.behaviour("provider_registration")
@thrown("register_lag_s", 60.0, 5.0, 300.0)
def test_a_provider_is_registered_after_a_while(azure: StartAzure, setting: float) -> None:
    session = azure(stage="bare", register_lag_s=setting)
    make(session, GROUP, RESOURCES, HERE)
    assert session.get(STATE, RESOURCES)["registrationState"] == "NotRegistered"
    assert error(session.call("PUT", ids.PROJECT, MIGRATE, HERE)) == (409, "MissingSubscriptionRegistration")
    assert session.call("GET", ids.PROJECT, MIGRATE).status_code == 404  # looking is free
    reply = session.call("POST", f"{STATE}/register", RESOURCES)
    assert (reply.status_code, reply.json()["registrationState"]) == (200, "Registering")
    session.let(setting - 1)
    assert session.get(STATE, RESOURCES)["registrationState"] == "Registering"
    assert error(session.call("PUT", ids.PROJECT, MIGRATE, HERE)) == (409, "MissingSubscriptionRegistration")
    session.let(1.1)
    assert session.get(STATE, RESOURCES)["registrationState"] == "Registered"
    assert session.call("POST", f"{STATE}/register", RESOURCES).json()["registrationState"] == "Registered"
    assert session.call("PUT", ids.PROJECT, MIGRATE, HERE).status_code == 201


@pytest.mark.behaviour("second_subscription")
@thrown("second_subscription", False, True)
def test_providers_are_registered_in_each_subscription(azure: StartAzure, setting: bool) -> None:
    session = azure(stage="bare", second_subscription=setting)
    assert len(session.get("/subscriptions", RESOURCES)["value"]) == (2 if setting else 1)
    if not setting:
        assert error(session.call("GET", SECOND, RESOURCES)) == (404, "SubscriptionNotFound")
        return
    register(session)
    assert session.get(STATE, RESOURCES)["registrationState"] == "Registered"
    path = f"{SECOND}/providers/Microsoft.Migrate"
    assert session.get(path, RESOURCES)["registrationState"] == "NotRegistered"
    make(session, f"{SECOND}/resourceGroups/rg-other", RESOURCES, HERE)
    assert [row["name"] for row in session.list(f"{SECOND}/resourceGroups", RESOURCES)] == ["rg-other"]
    there = f"{SECOND}/resourceGroups/rg-other/providers/Microsoft.Migrate/migrateProjects/p"
    assert error(session.call("PUT", there, MIGRATE, HERE)) == (409, "MissingSubscriptionRegistration")
    session.call("POST", f"{path}/register", RESOURCES)
    session.let(60)
    assert make(session, there, MIGRATE, HERE)["id"].startswith(SECOND)


@pytest.mark.behaviour("resource_groups")
def test_a_group_goes_with_all_that_is_in_it(azure: StartAzure) -> None:
    session = azure(stage="bare")
    project(session)
    account(session)
    assert error(session.call("PUT", GROUP, RESOURCES, {"location": "westeurope"})) == (
        409,
        "InvalidResourceGroupLocation",
    )
    assert {row["type"] for row in session.list(f"{GROUP}/resources", RESOURCES)} >= {
        "Microsoft.Migrate/MigrateProjects",
        "Microsoft.Storage/storageAccounts",
    }
    assert session.call("HEAD", GROUP, RESOURCES).status_code == 204
    gone = session.call("DELETE", GROUP, RESOURCES)
    assert (gone.status_code, "Azure-AsyncOperation" in gone.headers) == (202, False)
    assert session.get(GROUP, RESOURCES)["properties"]["provisioningState"] == "Deleting"
    for path, version in ((GROUP, RESOURCES), (f"{ids.PROJECT}2", MIGRATE)):
        assert error(session.call("PUT", path, version, HERE)) == (409, "ResourceGroupBeingDeleted")
    session.ended(gone)
    assert error(session.call("GET", ids.PROJECT, MIGRATE)) == (404, "ResourceGroupNotFound")
    assert session.call("HEAD", GROUP, RESOURCES).status_code == 404
    make(session, GROUP, RESOURCES, HERE)
    assert session.call("GET", ids.PROJECT, MIGRATE).status_code == 404
    assert session.list(f"{GROUP}/resources", RESOURCES) == []


@pytest.mark.behaviour("locations")
def test_regions(azure: StartAzure) -> None:
    session = azure(stage="bare")
    project(session)
    other = f"{ids.PROJECT}2"
    for body, told in (
        ({}, (400, "LocationRequired")),
        ({"location": "eastus"}, (400, "LocationNotAvailableForResourceType")),
        ({"location": "atlantis"}, (400, "LocationNotAvailableForResourceType")),
    ):
        assert error(session.call("PUT", other, MIGRATE, body)) == told
    moved = session.call("PUT", ids.PROJECT, MIGRATE, {"location": "westeurope"})
    assert error(moved) == (409, "InvalidResourceLocation")
    assert make(session, other, MIGRATE, {"location": "West Europe"})["location"] == "westeurope"


@pytest.mark.behaviour("project_region")
@thrown("project_region", "centralus", "uksouth")
def test_where_a_prepared_project_stands(azure: StartAzure, setting: str) -> None:
    session = azure(project_region=setting)
    assert session.get(ids.PROJECT, MIGRATE)["location"] == setting
    assert session.get(ids.VAULT)["location"] == setting
    assert session.get(GROUP, RESOURCES)["location"] == "centralus"


@pytest.mark.behaviour("policy_denies")
@thrown("policy_denies", (), ("Microsoft.Storage/storageAccounts",), ("microsoft.storage/*",))
def test_a_policy_refuses_a_type(azure: StartAzure, setting: tuple[str, ...]) -> None:
    session = azure(policy_denies=setting)
    path = ids.STORAGE_ACCOUNT + "x"
    body = {**HERE, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    reply = session.call("PUT", path, STORAGE, body)
    if not setting:
        assert reply.status_code == 202
        return
    assert error(reply) == (403, "RequestDisallowedByPolicy")
    told = reply.json()["error"]
    assert (told["target"], told["additionalInfo"][0]["type"]) == (path.rsplit("/", 1)[-1], "PolicyViolation")
    assert "policyDefinitionId" in told["additionalInfo"][0]["info"]
    assert session.call("GET", ids.STORAGE_ACCOUNT, STORAGE).status_code == 200
    assert session.call("DELETE", ids.STORAGE_ACCOUNT, STORAGE).status_code == 200


@pytest.mark.behaviour("locks")
def test_a_lock_stops_deletions_around_it(azure: StartAzure) -> None:
    session = azure()
    lock = f"{ids.VAULT}{LOCK}/keep"
    made = make(session, lock, LOCKS, {"properties": {"level": "CanNotDelete", "notes": "replicating"}})
    assert made["properties"] == {"level": "CanNotDelete", "notes": "replicating"}
    for path, version in ((ids.VAULT, "2024-09-01"), (ids.EXTENSION, "2024-09-01"), (GROUP, RESOURCES)):
        reply = session.call("DELETE", path, version)
        assert error(reply) == (409, "ScopeLocked")
        assert f"'{ids.VAULT}'" in reply.json()["error"]["message"]
    assert session.call("PATCH", ids.VAULT, "2024-09-01", {"tags": {"a": "b"}}).status_code == 200
    assert session.call("DELETE", ids.SOURCE_FABRIC, "2024-09-01").status_code == 202  # beside it
    for scope, query, found in (
        (GROUP, {}, ["keep"]),
        (GROUP, {"$filter": "atScope()"}, []),
        (ids.EXTENSION, {}, ["keep"]),
        (ids.STORAGE_ACCOUNT, {}, []),
    ):
        rows = session.get(f"{scope}{LOCK}", LOCKS, **query)["value"]
        assert [row["name"] for row in rows] == found
    assert session.call("DELETE", lock, LOCKS).status_code == 200
    assert session.call("DELETE", lock, LOCKS).status_code == 204
    assert error(session.call("GET", lock, LOCKS)) == (404, "LockNotFound")
    assert session.call("DELETE", ids.EXTENSION, "2024-09-01").status_code == 202


@pytest.mark.behaviour("locks")
def test_a_lock_against_changes(azure: StartAzure) -> None:
    session = azure()
    make(session, f"{GROUP}{LOCK}/frozen", LOCKS, {"properties": {"level": "ReadOnly"}})
    reply = session.call("PATCH", ids.VAULT, "2024-09-01", {"tags": {}})
    assert error(reply) == (409, "ScopeLocked")
    assert session.call("GET", ids.VAULT, "2024-09-01").status_code == 200
    wrong = session.call("PUT", f"{GROUP}{LOCK}/x", LOCKS, {"properties": {"level": "Sometimes"}})
    assert wrong.status_code == 400
    nowhere = session.call("PUT", f"{ids.VAULT}x{LOCK}/x", LOCKS, {"properties": {"level": "ReadOnly"}})
    assert error(nowhere) == (404, "ResourceNotFound")


@pytest.mark.behaviour("projects")
def test_a_project_is_made(azure: StartAzure) -> None:
    session = azure(stage="bare")
    register(session)
    make(session, GROUP, RESOURCES, HERE)
    body = {**HERE, "tags": {"who": "us"}, "identity": {"type": "SystemAssigned"}, "properties": {}}
    plain = make(session, ids.PROJECT, "2023-01-01", body)
    assert ("identity" in plain, plain["properties"]["provisioningState"]) == (False, "Creating")
    assert "identity" not in session.get(ids.PROJECT, MIGRATE)  # that version passed it over
    made = make(session, ids.PROJECT, MIGRATE, body)
    principal = made["identity"]["principalId"]
    session.let(5)
    shown = session.get(ids.PROJECT, MIGRATE)
    assert (shown["identity"]["principalId"], shown["properties"]["provisioningState"]) == (principal, "Succeeded")
    assert (shown["tags"], shown["properties"]["publicNetworkAccess"]) == ({"who": "us"}, "Enabled")
    assert "identity" not in session.get(ids.PROJECT, "2023-01-01")
    taken = session.call("PATCH", ids.PROJECT, "2023-01-01", {"identity": {"type": "None"}, "tags": {}}).json()
    assert ("tags" in taken, session.get(ids.PROJECT, MIGRATE)["identity"]["principalId"]) == (False, principal)
    assert "identity" not in session.call("PATCH", ids.PROJECT, MIGRATE, {"identity": {"type": "None"}}).json()
    tool = {"tool": "ServerMigration_DataReplication"}
    for _ in range(2):
        assert session.call("POST", f"{ids.PROJECT}/registerTool", MIGRATE, tool).json() == {"isRegistered": True}
    assert session.get(ids.PROJECT, MIGRATE)["properties"]["registeredTools"] == [tool["tool"]]
    wrong = session.call("POST", f"{ids.PROJECT}/registerTool", MIGRATE, {"tool": "Hammer"})
    assert wrong.status_code == 400
    assert session.list(f"{ids.SUBSCRIPTION}/providers/Microsoft.Migrate/migrateProjects", MIGRATE) == [
        session.get(ids.PROJECT, MIGRATE)
    ]
    assert [session.call("DELETE", ids.PROJECT, MIGRATE).status_code for _ in range(2)] == [200, 204]


@pytest.mark.behaviour("solution_writes")
def test_a_put_writes_over_all_details(azure: StartAzure) -> None:
    session = azure(stage="bare")
    project(session)
    first = make(session, SOLUTION, MIGRATE, solution("ServerDiscovery", {"extendedDetails": {"a": "1", "b": "2"}}))
    assert first["properties"]["purpose"] == "Discovery"
    second = make(session, SOLUTION, MIGRATE, solution("ServerDiscovery", {"extendedDetails": {"b": "3"}}))
    assert second["properties"]["details"]["extendedDetails"] == {"b": "3"}
    stale = session.call("PUT", SOLUTION, MIGRATE, {**solution("ServerDiscovery"), "etag": first["etag"]})
    assert error(stale) == (412, "PreconditionFailed")
    named = session.call("PATCH", SOLUTION, MIGRATE, {"etag": second["etag"], "properties": {"status": "Active"}})
    shown = named.json()["properties"]
    assert (shown["status"], shown["details"]["extendedDetails"]) == ("Active", {"b": "3"})
    for body in (
        solution("ServerDiscovery", {"extendedDetails": {"count": 1}}),
        solution("Hammer"),
        {"properties": {"tool": "ServerDiscovery", "status": "Asleep"}},
    ):
        assert session.call("PUT", SOLUTION, MIGRATE, body).status_code == 400
    lost = session.call("PUT", SOLUTION.replace(names.PROJECT, "other", 1), MIGRATE, solution("ServerDiscovery"))
    assert lost.status_code == 404
    orphan = session.call("PUT", f"{ids.PROJECT}2/solutions/x", MIGRATE, solution("ServerDiscovery"))
    assert error(orphan) == (404, "ParentResourceNotFound")
    session.call("DELETE", SOLUTION, MIGRATE)
    assert len(session.list(f"{ids.PROJECT}/solutions", MIGRATE)) == 2


@pytest.mark.behaviour("site_scaffold")
def test_the_sites_of_a_project(azure: StartAzure) -> None:
    session = azure(stage="bare")
    project(session)
    server, master = session.get(SERVER_SITE, OFFAZURE), session.get(MASTER_SITE, OFFAZURE)
    assert server["properties"]["masterSiteId"] == MASTER_SITE
    assert (master["properties"]["sites"], master["properties"]["allowMultipleSites"]) == ([SERVER_SITE], True)
    assert [row["id"] for row in session.list(SERVER_SITE.rpartition("/")[0], OFFAZURE)] == [SERVER_SITE]
    wrong = {**HERE, "properties": {"discoverySolutionId": f"{ids.PROJECT}/solutions/none"}}
    assert error(session.call("PUT", SERVER_SITE, OFFAZURE, wrong)) == (400, "DiscoverySolutionNotFound")
    wrong = {**HERE, "properties": {"sites": [f"{SERVER_SITE}x"]}}
    assert error(session.call("PUT", MASTER_SITE, OFFAZURE, wrong)) == (400, "SiteNotFound")
    for path in (MASTER_SITE, SERVER_SITE):
        assert [session.call("DELETE", path, OFFAZURE).status_code for _ in range(2)] == [200, 204]
