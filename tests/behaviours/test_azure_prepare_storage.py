# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What replication needs beside the appliances: storage account, roles, applications, and how it fails without."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support.azure_lab import DR, JSON
from ansible_collections.azlocal.migrate.tests.support.azure_prepare import (
    AUTH,
    GROUP,
    ROLES,
    STORAGE,
    Directory,
    account,
    certificate,
    connected,
    error,
    extension,
    grant,
    infrastructure,
    make,
    policy,
    principals,
    register,
)
from ansible_collections.azlocal.migrate.tests.support.azure_time import StartAzure, TimedAzure
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab import names
from lab.azure import ids

ACCOUNTS = f"{GROUP}/providers/Microsoft.Storage/storageAccounts"
BODY = {"location": names.LOCATION, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
LOGS = "2021-05-01-preview"
OWN_ROLE = ids.fixed("a custom role")


def state(session: TimedAzure) -> str:
    return str(session.get(ids.EXTENSION)["properties"]["provisioningState"])


# -- storage accounts -------------------------------------------------------------------------------------------


@pytest.mark.behaviour("storage_accounts")
def test_an_account_is_made(azure: StartAzure) -> None:
    session = azure(stage="bare")
    register(session)
    make(session, GROUP, "2021-04-01", {"location": names.LOCATION})
    sent = {**BODY, "tags": {"Migrate Project": "p"}, "properties": {"minimumTlsVersion": "TLS1_2"}}
    reply = session.call("PUT", f"{ACCOUNTS}/cache1", STORAGE, sent)
    assert (reply.status_code, reply.content, "Azure-AsyncOperation" in reply.headers) == (202, b"", False)
    assert session.get(f"{ACCOUNTS}/cache1", STORAGE)["properties"]["provisioningState"] == "Creating"
    made = session.ended(reply)
    properties = made["properties"]
    assert (made["sku"], made["kind"], made["tags"]) == (
        {"name": "Standard_LRS", "tier": "Standard"},
        "StorageV2",
        {"Migrate Project": "p"},
    )
    assert (properties["provisioningState"], properties["minimumTlsVersion"]) == ("Succeeded", "TLS1_2")
    assert (properties["publicNetworkAccess"], properties["networkAcls"]["defaultAction"]) == ("Enabled", "Allow")
    again = session.call("PUT", f"{ACCOUNTS}/cache1", STORAGE, {**sent, "sku": {"name": "Premium_LRS"}})
    assert (again.status_code, again.json()["sku"]["tier"]) == (200, "Premium")
    shut = session.call("PATCH", f"{ACCOUNTS}/cache1", STORAGE, {"properties": {"publicNetworkAccess": "Disabled"}})
    assert shut.json()["properties"]["publicNetworkAccess"] == "Disabled"
    assert shut.json()["properties"]["minimumTlsVersion"] == "TLS1_2"
    assert [row["name"] for row in session.list(ACCOUNTS, STORAGE)] == ["cache1"]
    assert [session.call("DELETE", f"{ACCOUNTS}/cache1", STORAGE).status_code for _ in range(2)] == [200, 204]


@pytest.mark.behaviour("storage_accounts")
@pytest.mark.parametrize(
    ("name", "changed", "told"),
    [
        ("Cache-1", {}, (400, "AccountNameInvalid")),
        ("a", {}, (400, "AccountNameInvalid")),
        ("cache1", {"kind": "Bucket"}, (400, "InvalidParameterValue")),
        ("cache1", {"sku": None}, (400, "InvalidValuesForRequestParameters")),
        ("cache1", {"location": None}, (400, "LocationRequired")),
        (
            "cache1",
            {"properties": {"networkAcls": {"defaultAction": "Maybe"}}},
            (400, "InvalidValuesForRequestParameters"),
        ),
    ],
)
def test_an_account_that_cannot_be(azure: StartAzure, name: str, changed: JSON, told: tuple[int, str]) -> None:
    session = azure()
    assert error(session.call("PUT", f"{ACCOUNTS}/{name}", STORAGE, {**BODY, **changed})) == told
    assert len(session.list(ACCOUNTS, STORAGE)) == 1


@pytest.mark.behaviour("storage_accounts")
@thrown("names_taken", (), ("cache1",))
def test_a_name_is_taken_in_the_whole_world(azure: StartAzure, setting: tuple[str, ...]) -> None:
    session = azure(names_taken=setting)
    path = f"{ids.SUBSCRIPTION}/providers/Microsoft.Storage/checkNameAvailability"
    kind = "Microsoft.Storage/storageAccounts"
    free = session.call("POST", path, STORAGE, {"name": "cache1", "type": kind}).json()
    reply = session.call("PUT", f"{ACCOUNTS}/cache1", STORAGE, BODY)
    if not setting:
        assert (free, reply.status_code) == ({"nameAvailable": True}, 202)
    else:
        assert (free["nameAvailable"], free["reason"]) == (False, "AlreadyExists")
        assert error(reply) == (409, "StorageAccountAlreadyTaken")
    elsewhere = ids.STORAGE_ACCOUNT.replace(names.RESOURCE_GROUP, names.TARGET_RESOURCE_GROUP)
    assert error(session.call("PUT", elsewhere, STORAGE, BODY)) == (409, "StorageAccountAlreadyTaken")
    wrong = session.call("POST", path, STORAGE, {"name": "No", "type": kind}).json()
    assert wrong["reason"] == "AccountNameInvalid"


# -- what the pair needs ----------------------------------------------------------------------------------------


def test_from_a_bare_subscription_to_a_protected_machine(azure: StartAzure) -> None:
    session = azure(stage="bare")
    connected(session)
    assert infrastructure(session)["status"] == "Succeeded"
    custom = session.get(ids.EXTENSION)["properties"]["customProperties"]
    assert (custom["vmwareSiteId"], custom["resourceGroup"]) == (ids.SOURCE_SITE, names.RESOURCE_GROUP)
    assert session.migrate(session.easy())["protectionState"] == "PlannedFailoverCompleted"


@pytest.mark.behaviour("storage_firewall")
@thrown("storage_firewall", "open", "closed", "private")
def test_an_account_behind_a_firewall(azure: StartAzure, setting: str) -> None:
    session = azure(storage_firewall=setting)
    shown = session.get(ids.STORAGE_ACCOUNT, STORAGE)["properties"]
    doors = (shown["publicNetworkAccess"], shown["networkAcls"]["defaultAction"])
    assert (
        doors
        == {"open": ("Enabled", "Allow"), "closed": ("Enabled", "Deny"), "private": ("Disabled", "Allow")}[setting]
    )
    ended, put = extension(session), session.put(session.easy())
    if setting == "open":
        assert (ended["status"], put.status_code) == ("Succeeded", 201)
        return
    assert ended["error"]["code"] == "VMwareToAzLocalProtectionStateEnablingFailed"
    assert put.status_code == 400  # the extension is Failed


@pytest.mark.behaviour("storage_region")
@thrown("storage_region", "", "eastus")
def test_an_account_in_another_region(azure: StartAzure, setting: str) -> None:
    session = azure(storage_region=setting)
    assert session.get(ids.STORAGE_ACCOUNT, STORAGE)["location"] == (setting or names.LOCATION)
    ended = extension(session)
    assert (ended["status"], state(session)) == (("Failed", "Failed") if setting else ("Succeeded", "Succeeded"))
    assert not setting or f"is in '{setting}'" in ended["error"]["message"]


@pytest.mark.behaviour("extension_checks")
@thrown("extension_checks", "job", "items")
def test_who_notices_first(azure: StartAzure, setting: str) -> None:
    session = azure(extension_checks=setting, storage_firewall="private")
    assert extension(session)["status"] == ("Failed" if setting == "job" else "Succeeded")
    machine = session.easy()
    if setting == "job":
        assert session.put(machine).status_code == 400
        return
    item = session.protect(machine)
    assert item["protectionState"] == "EnablingFailed"
    assert item["healthErrors"][0]["code"] == "VMwareToAzLocalProtectionStateEnablingFailed"


@pytest.mark.behaviour("role_propagation")
@thrown("role_propagation_s", 0.0, 300.0)
def test_a_role_counts_some_time_after_its_assignment(azure: StartAzure, setting: float) -> None:
    session = azure(stage="bare", role_propagation_s=setting)
    connected(session)
    policy(session)
    account(session)
    who = principals(session)
    ended = extension(session)
    assert "is not authorized" in ended["error"]["message"]  # nobody was given anything yet
    for principal in who:
        for role in ROLES:
            grant(session, principal, role, principalType="ServicePrincipal")
    ended = extension(session)
    assert ended["status"] == ("Failed" if setting else "Succeeded")
    session.let(setting)
    assert extension(session)["status"] == "Succeeded"
    grants = f"{ids.STORAGE_ACCOUNT}/providers/Microsoft.Authorization/roleAssignments"
    for row in session.get(grants, AUTH, **{"$filter": f"principalId eq '{who[0]}'"})["value"]:
        session.call("DELETE", row["id"], AUTH)
    session.let(setting)
    assert extension(session)["error"]["code"] == "2100021"


# -- principals and roles ---------------------------------------------------------------------------------------


@pytest.mark.behaviour("young_principal")
@thrown("principal_lag_s", 0.0, 60.0)
def test_a_principal_that_was_just_made(azure: StartAzure, setting: float) -> None:
    session = azure(principal_lag_s=setting)
    _app, principal = Directory(session).application("young")
    reply = grant(session, principal["id"], ROLES[0])
    if setting:
        assert error(reply) == (400, "PrincipalNotFound")
        session.let(setting)
        reply = grant(session, principal["id"], ROLES[0])
    assert reply.status_code == 201


@pytest.mark.behaviour("young_principal")
@thrown("principal_type", "believed", "ignored")
def test_whoever_names_the_type_of_a_principal(azure: StartAzure, setting: str) -> None:
    session = azure(principal_lag_s=60.0, principal_type=setting)
    _app, principal = Directory(session).application("young")
    reply = grant(session, principal["id"], ROLES[0], principalType="ServicePrincipal")
    assert reply.status_code == (201 if setting == "believed" else 400)


@pytest.mark.behaviour("custom_roles")
def test_a_custom_role(azure: StartAzure) -> None:
    session = azure()
    at = f"{ids.SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
    allowed = [{"actions": ["Microsoft.Migrate/*/read"], "notActions": []}]
    wanted = {"roleName": "Migrator", "description": "d", "assignableScopes": [GROUP], "permissions": allowed}

    def define(name: str = OWN_ROLE, **changed: Any) -> Any:
        return session.call("PUT", f"{at}/{name}", AUTH, {"properties": {**wanted, **changed}})

    made = define()
    assert (made.status_code, made.json()["properties"]["type"]) == (201, "CustomRole")
    assert define().status_code == 201
    assert error(define(ids.fixed("another"))) == (409, "RoleDefinitionWithSameNameExists")
    assert error(define(ids.fixed("another"), roleName="Contributor")) == (409, "RoleDefinitionWithSameNameExists")
    for changed in ({"assignableScopes": []}, {"roleName": ""}, {"permissions": "all"}):
        assert define(**changed).status_code == 400
    assert session.get(f"{at}/{OWN_ROLE}", AUTH)["properties"]["permissions"] == allowed
    mine = {"$filter": "type eq 'CustomRole'"}
    for scope, found in ((GROUP, 1), (ids.VAULT, 1), (ids.group(names.TARGET_RESOURCE_GROUP), 0)):
        rows = session.get(f"{scope}/providers/Microsoft.Authorization/roleDefinitions", AUTH, **mine)["value"]
        assert len(rows) == found
    granted = grant(session, names.CLIENT_ID, OWN_ROLE, GROUP)
    assert granted.status_code == 201
    assert error(session.call("DELETE", f"{at}/{OWN_ROLE}", AUTH)) == (400, "RoleDefinitionHasAssignments")
    session.call("DELETE", granted.json()["id"], AUTH)
    assert [session.call("DELETE", f"{at}/{OWN_ROLE}", AUTH).status_code for _ in range(2)] == [200, 204]
    assert error(grant(session, names.CLIENT_ID, OWN_ROLE, GROUP)) == (404, "RoleDefinitionDoesNotExist")


@pytest.mark.behaviour("microsoft_graph")
def test_applications(azure: StartAzure) -> None:
    session = azure(stage="bare")
    directory = Directory(session)
    der, thumbprint = certificate()
    app, principal = directory.application("our-source", der)
    [shown] = app["keyCredentials"]
    assert (shown["customKeyIdentifier"], shown["key"]) == (thumbprint, None)
    assert principal["appId"] == app["appId"]
    named = {"$filter": "displayName eq 'our-source'"}
    assert [row["id"] for row in directory.call("GET", "applications", **named).json()["value"]] == [app["id"]]
    second, other = certificate()
    fresh = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": base64.b64encode(second).decode()}
    assert directory.call("PATCH", f"applications/{app['id']}", {"keyCredentials": [shown, fresh]}).status_code == 204
    keys = directory.call("GET", f"applications/{app['id']}").json()["keyCredentials"]
    assert [row["customKeyIdentifier"] for row in keys] == [thumbprint, other]
    assert error(directory.call("POST", "servicePrincipals", {"appId": app["appId"]}))[0] == 409
    assert error(directory.call("POST", "servicePrincipals", {"appId": names.TENANT}))[0] == 400
    bad_key = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": "bm9uZQ=="}
    refused = directory.call("POST", "applications", {"displayName": "x", "keyCredentials": [bad_key]})
    assert error(refused) == (400, "KeyCredentialsInvalidEncoding")
    assert error(directory.call("PATCH", f"applications/{app['id']}", {"appId": "x"})) == (400, "Request_BadRequest")
    assert directory.call("DELETE", f"applications/{app['id']}").status_code == 204
    assert error(directory.call("GET", f"applications/{app['id']}")) == (404, "Request_ResourceNotFound")
    assert directory.call("GET", f"servicePrincipals/{principal['id']}").status_code == 404


@pytest.mark.behaviour("microsoft_graph")
def test_a_token_for_arm_is_none_for_the_directory(azure: StartAzure) -> None:
    session = azure()
    directory = Directory(session)
    assert len(directory.call("GET", "applications").json()["value"]) == 2  # those of the appliances
    arm = session.http.get(f"{directory.url}/v1.0/applications")
    assert error(arm) == (401, "InvalidAuthenticationTokenAudience")
    head = {"Authorization": f"Bearer {directory.token}"}
    there = session.http.get(f"{session.url}{ids.VAULT}?api-version={DR}", headers=head)
    assert error(there) == (401, "InvalidAuthenticationTokenAudience")


@pytest.mark.behaviour("directory_rights")
@thrown("directory_rights", "all", "read", "none")
def test_who_may_not_register_applications(azure: StartAzure, setting: str) -> None:
    directory = Directory(azure(directory_rights=setting))
    assert directory.call("GET", "applications").status_code == (403 if setting == "none" else 200)
    reply = directory.call("POST", "applications", {"displayName": "ours"})
    if setting == "all":
        assert reply.status_code == 201
    else:
        assert error(reply) == (403, "Authorization_RequestDenied")


# -- logs -------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("diagnostics")
def test_the_logs_of_a_vault(azure: StartAzure) -> None:
    session = azure()
    at = f"{ids.VAULT}/providers/Microsoft.Insights"
    categories = [row["name"] for row in session.get(f"{at}/diagnosticSettingsCategories", LOGS)["value"]]
    assert len(categories) == 6
    assert "ProtectedItems" in categories
    sink = {"storageAccountId": ids.STORAGE_ACCOUNT}
    wanted = {**sink, "logs": [{"category": name, "enabled": True} for name in categories]}
    path = f"{at}/diagnosticSettings/migration"
    assert session.call("PUT", path, LOGS, {"properties": wanted}).status_code == 200
    assert session.get(path, LOGS)["properties"]["storageAccountId"] == ids.STORAGE_ACCOUNT
    assert [row["name"] for row in session.get(f"{at}/diagnosticSettings", LOGS)["value"]] == ["migration"]
    for wrong in (
        {"logs": wanted["logs"]},
        {**sink, "logs": [{"category": "Weather", "enabled": True}]},
        {**sink, "logs": []},
        {**wanted, "metrics": [{"category": "AllMetrics", "enabled": True}]},
    ):
        assert session.call("PUT", path, LOGS, {"properties": wrong}).status_code == 400
    elsewhere = f"{ids.STORAGE_ACCOUNT}/providers/Microsoft.Insights/diagnosticSettings/x"
    assert error(session.call("PUT", elsewhere, LOGS, {"properties": wanted})) == (400, "ResourceTypeNotSupported")
    assert [session.call("DELETE", path, LOGS).status_code for _ in range(2)] == [200, 204]
    session.ended(session.call("DELETE", ids.VAULT, DR))
    assert session.call("GET", path, LOGS).status_code == 404
