# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign-in, tokens, cloud metadata, and what ARM does before any resource provider sees a request."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline.policies import BearerTokenCredentialPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest
from azure.identity import ClientSecretCredential
from azure.mgmt.core import ARMPipelineClient

from ansible_collections.azlocal.migrate.tests.support.azure_lab import DR, AzureSession, until
from lab import names
from lab.azure import ids
from lab.runtime import Lab
from lab.switches import Switches

SUBSCRIPTIONS = "/subscriptions"


@pytest.fixture(scope="module")
def azure(shared_lab: Lab) -> AzureSession:
    return AzureSession(shared_lab)


def credential(lab: Lab, **changed: str) -> ClientSecretCredential:
    settings = {"tenant": names.TENANT, "client": names.CLIENT_ID, "secret": names.CLIENT_SECRET} | changed
    return ClientSecretCredential(
        settings["tenant"],
        settings["client"],
        settings["secret"],
        authority=lab.servers["azure"].url,
        disable_instance_discovery=True,
        connection_verify=str(lab.tls.ca),
    )


def test_the_sdk_signs_in_and_reads(shared_lab: Lab) -> None:
    url = shared_lab.servers["azure"].url
    with credential(shared_lab) as token_source:
        policy = BearerTokenCredentialPolicy(
            token_source, f"{url}//.default"
        )  # audience with its slash, as azcollection
        transport = RequestsTransport(connection_verify=str(shared_lab.tls.ca))
        with ARMPipelineClient(url, policies=[policy], transport=transport) as client:
            reply: Any = client.send_request(HttpRequest("GET", f"{url}/subscriptions?api-version=2022-12-01"))
    assert reply.status_code == 200
    assert reply.json()["value"][0]["subscriptionId"] == names.SUBSCRIPTION


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"secret": "wrong"}, "AADSTS7000215"),
        ({"client": "00000000-0000-4000-8000-000000000000"}, "AADSTS700016"),
        ({"tenant": "00000000-0000-4000-8000-000000000000"}, "AADSTS90002"),
    ],
)
def test_wrong_credentials_are_refused_in_entras_words(shared_lab: Lab, changed: dict[str, str], code: str) -> None:
    url = shared_lab.servers["azure"].url
    with (
        credential(shared_lab, **changed) as token_source,
        pytest.raises((ClientAuthenticationError, ValueError)) as no,
    ):
        token_source.get_token(f"{url}/.default")
    if "tenant" in changed:  # msal turns the refusal of the OpenID configuration into a sentence of its own
        reply = AzureSession(shared_lab).token(tenant=changed["tenant"])
        assert reply.status_code == 400
        assert code in reply.json()["error_description"]
    else:
        assert code in str(no.value)


def test_a_wrong_secret_is_401_and_is_not_repeated(azure: AzureSession) -> None:
    reply = azure.token(client_secret="not-it")
    assert (reply.status_code, reply.json()["error"]) == (401, "invalid_client")
    assert "not-it" not in reply.text


@pytest.mark.parametrize(
    ("header", "code"), [(None, "AuthenticationFailed"), ("Bearer x", "InvalidAuthenticationToken")]
)
def test_arm_wants_a_token_it_knows(azure: AzureSession, header: str | None, code: str) -> None:
    reply = azure.http.get(f"{azure.url}/subscriptions?api-version=2022-12-01", headers={"Authorization": header})
    assert (reply.status_code, reply.json()["error"]["code"]) == (401, code)
    assert reply.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")


def test_tokens_expire(lab: Callable[..., Lab]) -> None:
    azure = AzureSession(lab(vms=1), Switches(token_life_s=1))
    reply = until(lambda: azure.call("GET", SUBSCRIPTIONS, "2022-12-01"), lambda r: r.status_code == 401, 5)
    assert reply.json()["error"]["code"] == "ExpiredAuthenticationToken"


@pytest.mark.parametrize("path", ["/metadata/endpoints", "//metadata/endpoints"])
def test_both_forms_of_the_metadata(azure: AzureSession, path: str) -> None:
    one = azure.http.get(f"{azure.url}{path}?api-version=2022-09-01", headers={"Authorization": None}).json()
    many = azure.http.get(f"{azure.url}{path}?api-version=2019-05-01", headers={"Authorization": None}).json()
    assert many == [one]
    assert one["authentication"]["audiences"][0] == one["resourceManager"] + "/"
    assert one["authentication"]["loginEndpoint"] == azure.url


def test_ids_are_echoed_and_limits_are_told(azure: AzureSession) -> None:
    reply = azure.http.get(
        f"{azure.url}/subscriptions?api-version=2022-12-01", headers={"x-ms-client-request-id": "mine"}
    )
    assert reply.headers["x-ms-client-request-id"] == "mine"
    assert len(reply.headers["x-ms-correlation-request-id"]) == 36
    assert int(reply.headers["x-ms-ratelimit-remaining-subscription-reads"]) < 250
    vault = azure.call("GET", ids.VAULT, DR)
    assert "x-ms-ratelimit-remaining-subscription-resource-requests" in vault.headers
    assert "x-ms-ratelimit-remaining-subscription-reads" not in vault.headers
    assert vault.headers["api-supported-versions"] == "2024-09-01, 2026-05-01"


@pytest.mark.parametrize(
    ("path", "version", "status", "code"),
    [
        (
            "/subscriptions/00000000-0000-4000-8000-000000000000/resourcegroups",
            "2021-04-01",
            404,
            "SubscriptionNotFound",
        ),
        (f"{ids.SUBSCRIPTION}/resourceGroups/nowhere", "2021-04-01", 404, "ResourceGroupNotFound"),
        (ids.VAULT, "2025-01-01", 400, "NoRegisteredProviderFound"),
        (ids.VAULT, "latest", 400, "InvalidApiVersionParameter"),
        (ids.VAULT, "", 400, "MissingApiVersionParameter"),
        (f"{ids.VAULT}x", DR, 404, "ResourceNotFound"),
        (f"{ids.VAULT}/noSuchThings", DR, 404, "InvalidResourceType"),
    ],
)
def test_arms_own_refusals(azure: AzureSession, path: str, version: str, status: int, code: str) -> None:
    reply = azure.call("GET", path, version)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)


def test_a_region_without_the_newest_version_says_what_it_has(lab: Callable[..., Lab]) -> None:
    azure = AzureSession(lab(vms=1), Switches(replication_versions=("2024-09-01",)))
    reply = azure.call("GET", ids.VAULT, "2026-05-01")
    assert reply.status_code == 400
    assert "The supported api-versions are '2024-09-01'" in reply.json()["error"]["message"]


def test_faults_lost_replies_and_the_ledger(lab: Callable[..., Lab]) -> None:
    running = lab(
        vms=1,
        faults=[
            {"kind": "reply", "system": "azure", "method": "GET", "path": "/tenants$", "status": 429, "code": "TooMany",
             "message": "slow down", "retry_after": 7},
            {"kind": "reply", "system": "azure", "method": "DELETE", "path": "protectedItems", "lost": True},
        ],
    )  # fmt: skip
    azure = AzureSession(running)
    reply = azure.call("GET", "/tenants", "2022-12-01")
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "7")
    assert reply.json()["error"] == {"code": "TooMany", "message": "slow down"}
    assert azure.call("GET", "/tenants", "2022-12-01").status_code == 200
    with pytest.raises(OSError):
        azure.call("DELETE", ids.item("nothing"), DR)
    entries = [json.loads(line) for line in (running.state_dir / "ledger.jsonl").read_text().splitlines()]
    assert [(e["system"], e["method"], e["status"], e["write"]) for e in entries] == [
        ("entra", "POST", 200, False),
        ("azure", "GET", 429, False),
        ("azure", "GET", 200, False),
        ("azure", "DELETE", 204, True),
    ]
    assert entries[2]["principal"] == names.CLIENT_ID


def test_throttling_of_the_provider(lab: Callable[..., Lab]) -> None:
    azure = AzureSession(lab(vms=1, speed=1, throttle="rp-100-5min"))
    statuses = [azure.call("GET", ids.VAULT, DR).status_code for _ in range(105)]
    assert statuses[:100] == [200] * 100
    assert 429 in statuses
    assert azure.call("GET", SUBSCRIPTIONS, "2022-12-01").status_code == 200
