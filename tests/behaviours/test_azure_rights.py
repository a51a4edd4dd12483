# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what: refusals, permissions, role assignments; and tokens that are good no longer."""

from __future__ import annotations

import base64
import json
import re
import uuid
from typing import Any

import pytest
from azure.core.rest import HttpRequest
from azure.identity import ClientSecretCredential
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.tests.support.azure_lab import DR
from ansible_collections.azlocal.migrate.tests.support.azure_time import StartAzure, TimedAzure
from ansible_collections.azlocal.migrate.tests.support.lab_settings import azure_of
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab import names
from lab.azure import ids

AUTH = "2022-04-01"
ITEM = "Microsoft.DataReplication/replicationVaults/protectedItems"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
SOMEBODY = "0b5e1f1e-0000-4000-8000-000000000099"


def scope_of(session: TimedAzure, machine: dict[str, Any]) -> str:
    return ids.item(machine["name"])


@pytest.mark.behaviour("authorization")
@thrown("missing_rights", (), (f"{ITEM}/write",), (f"{ITEM}/*",), ("Microsoft.DataReplication/*",))
def test_a_refusal_names_client_action_and_scope(azure: StartAzure, setting: tuple[str, ...]) -> None:
    session = azure(missing_rights=setting)
    machine = session.easy()
    reply = session.put(machine)
    if not setting:
        assert reply.status_code == 201
        return
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (403, "AuthorizationFailed")
    for part in (names.CLIENT_ID, f"'{ITEM}/write'", f"'{scope_of(session, machine)}'"):
        assert part in error["message"]
    listed = session.call("GET", f"{ids.VAULT}/protectedItems", DR)
    assert listed.status_code == (200 if setting == (f"{ITEM}/write",) else 403)
    if listed.status_code == 403:  # a list needs the right on what holds it
        assert f"'{ITEM}/read' over scope '{ids.VAULT}'" in listed.json()["error"]["message"]
    vault = session.call("GET", ids.VAULT, DR)
    assert vault.status_code == (403 if setting == ("Microsoft.DataReplication/*",) else 200)


@pytest.mark.behaviour("authorization")
def test_rights_are_asked_for_the_act_itself(azure: StartAzure) -> None:
    session = azure(missing_rights=(f"{ITEM}/plannedFailover/action", f"{ITEM}/delete", "*/virtualMachineInstances/*"))
    machine = session.easy()
    session.protect(machine)
    for reply, action in (
        (session.failover(machine), f"{ITEM}/plannedFailover/action"),
        (session.remove(machine), f"{ITEM}/delete"),
    ):
        assert reply.status_code == 403
        assert f"'{action}'" in reply.json()["error"]["message"]
    instance = f"{session.target(machine)}/providers/Microsoft.AzureStackHCI/virtualMachineInstances/default"
    reply = session.call("POST", f"{instance}/start", "2024-01-01")
    assert "'Microsoft.AzureStackHCI/virtualMachineInstances/start/action'" in reply.json()["error"]["message"]
    session.lab.switches.missing_rights = ()  # granted
    assert session.failover(machine).status_code == 202


@pytest.mark.behaviour("authorization", "id_case")
def test_an_id_in_capitals_needs_the_same_right(azure: StartAzure) -> None:
    session = azure(missing_rights=("Microsoft.ExtendedLocation/customLocations/read",))
    for path in (ids.CUSTOM_LOCATION, ids.CUSTOM_LOCATION.upper()):
        reply = session.call("GET", path, "2021-08-15")
        assert (reply.status_code, reply.json()["error"]["code"]) == (403, "AuthorizationFailed")
    session.lab.switches.missing_rights = ("Microsoft.AzureStackHCI/*",)
    for body in ([], {"properties": 1}, {"properties": {"customProperties": {"nicsToInclude": [1]}}}):
        assert session.put(session.easy(), body or {"x": 1}).status_code == 400  # judged by what it is


@pytest.mark.behaviour("linked_authorization")
@pytest.mark.parametrize(
    ("action", "where"),
    [
        ("Microsoft.AzureStackHCI/logicalNetworks/join/action", "logicalNetworks"),
        ("Microsoft.AzureStackHCI/storageContainers/deploy/action", "storageContainers"),
        ("Microsoft.ExtendedLocation/customLocations/deploy/action", "CUSTOMLOCATIONS"),
    ],
)
def test_what_an_item_uses_needs_rights_too(azure: StartAzure, action: str, where: str) -> None:
    session = azure(missing_rights=(action,))
    machine = session.easy()
    reply = session.put(machine)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (403, "LinkedAuthorizationFailed")
    for part in (names.CLIENT_ID, f"'{ITEM}/write'", action, where, scope_of(session, machine)):
        assert part in error["message"]
    assert session.listed() == {}


@pytest.mark.behaviour("permissions")
@thrown("missing_rights", (), (f"{ITEM}/delete",))
def test_permissions_agree_with_refusals(azure: StartAzure, setting: tuple[str, ...]) -> None:
    session = azure(missing_rights=setting)
    [row] = session.get(f"{ids.VAULT}/providers/Microsoft.Authorization/permissions", AUTH)["value"]
    assert (row["actions"], row["notActions"], row["dataActions"]) == (["*"], list(setting), [])
    assert session.remove(session.easy()).status_code == (403 if setting else 204)


# -- role assignments -------------------------------------------------------------------------------------------


def assign(session: TimedAzure, name: str, who: str = SOMEBODY, role: str = CONTRIBUTOR) -> Any:
    definition = f"{ids.SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    properties = {"roleDefinitionId": definition, "principalId": who, "principalType": "ServicePrincipal"}
    return session.call("PUT", assignment(name), AUTH, {"properties": properties})


def assignment(name: str = "") -> str:
    path = f"{ids.STORAGE_ACCOUNT}/providers/Microsoft.Authorization/roleAssignments"
    return f"{path}/{name}" if name else path


def of_somebody(session: TimedAzure) -> list[str]:
    rows = session.get(assignment(), AUTH, **{"$filter": f"principalId eq '{SOMEBODY}'"})["value"]
    return [row["name"] for row in rows]


@pytest.mark.behaviour("role_assignments")
def test_one_grant_has_one_name(azure: StartAzure) -> None:
    session = azure()
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    made = assign(session, first)
    assert made.status_code == 201
    assert made.json()["properties"]["scope"] == ids.STORAGE_ACCOUNT
    assert assign(session, first).status_code == 200
    again = assign(session, second)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "RoleAssignmentExists")
    other = assign(session, first, role="acdd72a7-3385-48ef-bd42-f606fba81ae7")
    assert other.json()["error"]["code"] == "RoleAssignmentUpdateNotPermitted"
    unknown = assign(session, second, role=SOMEBODY)
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "RoleDefinitionDoesNotExist")
    assert assign(session, "not-a-guid").json()["error"]["code"] == "InvalidRoleAssignmentId"
    assert of_somebody(session) == [first]
    assert session.call("DELETE", assignment(first), AUTH).status_code == 200
    assert session.call("DELETE", assignment(first), AUTH).status_code == 204
    assert session.call("GET", assignment(first), AUTH).status_code == 404
    assert assign(session, second).status_code == 201


@pytest.mark.behaviour("role_assignments")
def test_what_the_appliances_and_the_vault_were_given(azure: StartAzure) -> None:
    session = azure()
    vault = session.get(ids.VAULT)["identity"]["principalId"]
    [agent] = session.list(f"{ids.SOURCE_FABRIC}/fabricAgents")
    identity = agent["properties"]["resourceAccessIdentity"]["objectId"]
    rows = [row["properties"] for row in session.get(assignment(), AUTH)["value"]]
    here = [row for row in rows if row["scope"] == ids.STORAGE_ACCOUNT]
    assert len(here) == 6
    assert {vault, identity} < {row["principalId"] for row in here}
    above = [row for row in rows if row["scope"] == ids.SUBSCRIPTION]
    assert [row["principalId"] for row in above] == [names.CLIENT_ID]
    path = f"{ids.SUBSCRIPTION}/providers/Microsoft.Authorization/role"
    assert len(session.get(f"{path}Assignments", AUTH)["value"]) == 7  # below is in it too
    assert len(session.get(f"{path}Assignments", AUTH, **{"$filter": "atScope()"})["value"]) == 1
    [found] = session.get(f"{path}Definitions", AUTH, **{"$filter": "roleName eq 'Contributor'"})["value"]
    assert (found["name"], found["properties"]["permissions"][0]["actions"]) == (CONTRIBUTOR, ["*"])
    assert found["id"] in {row["roleDefinitionId"] for row in here}


@pytest.mark.behaviour("assignment_lag")
@thrown("assignment_lag_s", 0.0, 120.0)
def test_the_list_of_assignments_is_behind(azure: StartAzure, setting: float) -> None:
    session = azure(assignment_lag_s=setting)
    name = str(uuid.uuid4())
    assign(session, name)
    assert session.call("GET", assignment(name), AUTH).status_code == 200
    assert of_somebody(session) == ([] if setting else [name])
    assert assign(session, str(uuid.uuid4())).status_code == 409  # it is there all the same
    session.let(setting + 1)
    assert of_somebody(session) == [name]
    session.call("DELETE", assignment(name), AUTH)
    assert of_somebody(session) == ([name] if setting else [])
    session.let(setting + 1)
    assert of_somebody(session) == []
    assert len(session.get(assignment(), AUTH)["value"]) == 7  # what was there before the lab began is never late


# -- tokens -----------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("token_life")
@thrown("token_life_s", 3599, 600)
def test_a_token_expires_in_mid_run(azure: StartAzure, setting: int) -> None:
    session = azure(token_life_s=setting)
    clock = session.lab.clock
    clock.sleep(setting - 60)
    assert session.call("GET", ids.VAULT, DR).status_code == 200
    clock.sleep(120)
    reply = session.call("GET", ids.VAULT, DR)
    assert (reply.status_code, reply.json()["error"]["code"]) == (401, "ExpiredAuthenticationToken")
    assert 'error="invalid_token"' in reply.headers["WWW-Authenticate"]


@pytest.mark.behaviour("claims_challenge")
@thrown("claims_challenge", False, True)
def test_a_token_has_to_be_asked_for_again_with_claims(azure: StartAzure, setting: bool) -> None:
    session = azure(claims_challenge=setting)
    reply = session.call("GET", ids.VAULT, DR)
    assert reply.status_code == (401 if setting else 200)
    if setting:
        challenge = reply.headers["WWW-Authenticate"]
        found = re.search(r'error="insufficient_claims", claims="([^"]+)"', challenge)
        assert found is not None
        claims = base64.b64decode(found[1]).decode()
        assert "nbf" in json.loads(claims)["access_token"]
        for asked, status in ({}, 401), ({"claims": "{}"}, 401), ({"claims": claims}, 200):
            token = session.token(**asked).json()["access_token"]
            session.http.headers["Authorization"] = f"Bearer {token}"
            assert session.call("GET", ids.VAULT, DR).status_code == status


@pytest.mark.behaviour("claims_challenge")
def test_microsofts_own_policy_answers_the_challenge(azure: StartAzure) -> None:
    session = azure(claims_challenge=True)
    ca = str(session.lab.tls.ca)
    with (
        ClientSecretCredential(
            names.TENANT, names.CLIENT_ID, names.CLIENT_SECRET,
            authority=session.url, disable_instance_discovery=True, connection_verify=ca,
        ) as credential,
        ARMPipelineClient(
            session.url, policies=[ARMChallengeAuthenticationPolicy(credential, f"{session.url}/.default")],
            connection_verify=ca,
        ) as client,
    ):  # fmt: skip
        reply = client.send_request(HttpRequest("GET", f"{session.url}{ids.VAULT}?api-version={DR}"))
        assert reply.status_code == 200


@pytest.mark.behaviour("claims_challenge")
def test_our_own_client_answers_the_challenge(azure: StartAzure) -> None:
    session = azure(claims_challenge=True)
    with ArmClient(azure_of(session.lab), environ={}) as client:
        assert client.get(ids.VAULT, DR)
