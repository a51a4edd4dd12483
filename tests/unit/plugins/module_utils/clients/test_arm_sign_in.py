# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in: which identity is chosen, and what people are told when it does not work."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.mgmt.core.tools import get_arm_endpoints

from ansible_collections.azlocal.migrate.plugins.module_utils.clients import arm_wire
from ansible_collections.azlocal.migrate.plugins.module_utils.clients import cloud as clouds
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.credentials import (
    AzureSettings,
    choose,
    credential,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import (
    AuthenticationFailed,
    BadReply,
    ClientError,
    InvalidRequest,
    MissingLibrary,
    Throttled,
    Unreachable,
)
from ansible_collections.azlocal.migrate.tests.support.https_server import TENANT, Answer, HttpsServer, Tls

pytestmark = pytest.mark.usefixtures("no_azure_environment")

SITE = "/subscriptions/sub1/resourceGroups/rg1/providers/Microsoft.OffAzure/VMwareSites/site1"
TOKEN = f"/{TENANT}/oauth2/v2.0/token"
DISCOVERY = f"/{TENANT}/v2.0/.well-known/openid-configuration"
V = "2023-06-06"
MakeArm = Callable[..., ArmClient]
SP_ENV = {"AZURE_TENANT_ID": "t-env", "AZURE_CLIENT_ID": "c-env", "AZURE_CLIENT_SECRET": "s-env"}


def entra(status: int, number: str, oauth: str = "invalid_client") -> Answer:
    text = (
        f"AADSTS{number}: Something about 's3cr3t-value'. Trace ID: 0 "
        "Correlation ID: 0c0c0c0c-0000-4000-8000-000000000000 Timestamp: now"
    )
    return Answer({"error": oauth, "error_description": text, "error_codes": [int(number)]}, status=status)


@pytest.mark.parametrize(
    ("number", "oauth", "words"),
    [
        ("7000215", "invalid_client", "client secret is wrong"),
        ("7000222", "invalid_client", "expired"),
        ("700016", "unauthorized_client", "application is not known"),
        ("999999", "invalid_request", "AADSTS999999"),
    ],
)
def test_a_refused_sign_in(azure: HttpsServer, arm: ArmClient, clock: Any, number: str, oauth: str, words: str) -> None:
    azure.on("POST", TOKEN, entra(401, number, oauth))
    with pytest.raises(AuthenticationFailed, match=words) as caught:
        arm.get(SITE, V)
    error = caught.value
    assert error.code == f"AADSTS{number}"
    assert error.remedy
    assert error.correlation_id == "0c0c0c0c-0000-4000-8000-000000000000"
    assert "s3cr3t-value" not in f"{error} {error.remedy} {error!r}"
    assert azure.count("POST", TOKEN) == 1
    assert clock.naps == []


def test_words_of_a_refusal_are_not_taken_for_a_certificate(azure: HttpsServer, arm: ArmClient) -> None:
    text = "AADSTS700021: Client assertion application identifier doesn't match 'client_id' parameter."
    azure.on("POST", TOKEN, Answer({"error": "invalid_client", "error_description": text}, status=401))
    with pytest.raises(AuthenticationFailed, match="not the application's own"):
        arm.get(SITE, V)


def test_an_unknown_tenant(azure: HttpsServer, arm: ArmClient) -> None:
    azure.on("GET", DISCOVERY, entra(400, "90002", "invalid_tenant"))
    with pytest.raises(AuthenticationFailed, match="tenant does not exist") as caught:
        arm.get(SITE, V)
    assert "AZURE_TENANT" in caught.value.remedy
    assert azure.count("POST", TOKEN) == 0


def test_a_login_address_that_knows_nothing(azure: HttpsServer, arm: ArmClient) -> None:
    azure.on("GET", DISCOVERY, Answer({"message": "nothing here"}, status=404))
    with pytest.raises(AuthenticationFailed, match="no such tenant"):
        arm.get(SITE, V)


@pytest.mark.parametrize("path", [("GET", DISCOVERY), ("POST", TOKEN)])
@pytest.mark.parametrize("status", [200, 403])
def test_a_proxy_page_in_place_of_the_sign_in(
    azure: HttpsServer, arm: ArmClient, path: tuple[str, str], status: int
) -> None:
    azure.on(*path, Answer(b"<html>Blocked</html>", status=status, headers={"Content-Type": "text/html"}))
    with pytest.raises((BadReply, AuthenticationFailed)) as caught:
        arm.get(SITE, V)
    assert caught.value.remedy


@pytest.mark.parametrize("path", [("GET", DISCOVERY), ("POST", TOKEN)])
def test_a_sign_in_out_of_order_is_tried_again(azure: HttpsServer, arm: ArmClient, path: tuple[str, str]) -> None:
    working = azure._scripts[path]
    azure.on(*path, Answer({"error": "temporarily_unavailable"}, status=503), *working)
    azure.on("GET", SITE, Answer({"name": "site1"}))
    assert arm.get(SITE, V)["name"] == "site1"
    azure.on(*path, Answer({"error": "temporarily_unavailable"}, status=503))
    arm.close()
    with pytest.raises(Unreachable, match=r"out of order.*9 attempts"):
        arm.put(SITE, V, {})


@pytest.mark.parametrize("broken", [Answer(fault="reset"), Answer({"a": 1}, fault="cut")])
@pytest.mark.parametrize("path", [("GET", DISCOVERY), ("POST", TOKEN)])
def test_a_sign_in_that_breaks_has_sent_no_change(
    azure: HttpsServer, arm: ArmClient, path: tuple[str, str], broken: Answer
) -> None:
    working = azure._scripts[path]
    azure.on(*path, broken, *working)
    azure.on("PUT", SITE, Answer(status=201))
    assert arm.put(SITE, V, {}).status == 201
    assert azure.count("PUT", SITE) == 1


def test_too_many_sign_ins(azure: HttpsServer, new_arm: MakeArm) -> None:
    azure.on("POST", TOKEN, Answer({"error": "too_many_requests"}, status=429))
    with pytest.raises((Throttled, AuthenticationFailed)):
        new_arm(client={"deadline_s": 5}).get(SITE, V)


@pytest.mark.parametrize(
    "body",
    [{}, [], {"authentication": None}, {"authentication": {"loginEndpoint": "http://x", "audiences": ["a"]}}, b"<h>"],
)
def test_a_url_that_is_no_cloud(azure: HttpsServer, arm: ArmClient, body: Any) -> None:
    azure.on("GET", "/metadata/endpoints", Answer(body))
    with pytest.raises(BadReply) as caught:
        arm.get(SITE, V)
    assert "cloud_environment" in caught.value.remedy


def test_a_url_without_metadata(azure: HttpsServer, arm: ArmClient) -> None:
    azure.on("GET", "/metadata/endpoints", Answer(b"not here", status=404))
    with pytest.raises(BadReply) as caught:
        arm.get(SITE, V)
    assert "cloud_environment" in caught.value.remedy


@pytest.mark.parametrize("name", ["azurecloud", "AzureUSGovernment", "AzureChinaCloud"])
def test_known_clouds_are_those_of_the_sdk(name: str) -> None:
    from azure.core import AzureClouds

    sdk = {
        "azurecloud": AzureClouds.AZURE_PUBLIC_CLOUD,
        "AzureUSGovernment": AzureClouds.AZURE_US_GOVERNMENT,
        "AzureChinaCloud": AzureClouds.AZURE_CHINA_CLOUD,
    }[name]
    found = clouds.resolve(AzureSettings(cloud_environment=name), lambda url: pytest.fail(url))
    expected = get_arm_endpoints(sdk)
    assert found.resource_manager + "/" == expected["resource_manager"]
    assert [found.scope] == expected["credential_scopes"]


@pytest.mark.parametrize("name", ["AzureGermanCloud", "http://localhost", "https://", "https://x/?a=b", ""])
def test_a_cloud_that_is_none(name: str) -> None:
    with pytest.raises(InvalidRequest, match="cloud_environment"):
        clouds.resolve(AzureSettings(cloud_environment=name), lambda url: pytest.fail(url))


def test_metadata_in_the_older_form_of_a_list() -> None:
    def entry(name: str) -> dict[str, Any]:
        authentication = {"loginEndpoint": f"https://login.{name}/", "audiences": [f"https://{name}/"]}
        return {"name": name, "resourceManager": f"https://{name}/", "authentication": authentication}

    found = clouds.resolve(
        AzureSettings(cloud_environment="https://b.example"), lambda _: [*map(entry, ("a", "b.example"))]
    )
    assert (found.login, found.scope) == ("https://login.b.example", "https://b.example/.default")
    assert not found.well_known


def test_options_come_before_the_environment() -> None:
    settings = AzureSettings(tenant="t", client_id="c", secret="s")
    assert choose(settings, SP_ENV) == choose(settings, {})
    assert choose(settings, {}).secret == "s"
    assert choose(AzureSettings(auth_source="env", tenant="t"), SP_ENV).tenant == "t-env"


@pytest.mark.parametrize(
    "environ",
    [SP_ENV, {"AZURE_TENANT": "t-env", "AZURE_CLIENT_ID": "c-env", "AZURE_SECRET": "s-env"}],
)
def test_both_spellings_of_the_environment(environ: dict[str, str]) -> None:
    identity = choose(AzureSettings(), environ)
    assert (identity.source, identity.tenant, identity.client_id, identity.secret) == (
        "secret",
        "t-env",
        "c-env",
        "s-env",
    )


def test_a_certificate_from_the_options_beats_a_secret_from_the_environment(tmp_path: Path) -> None:
    pem = tmp_path / "client.pem"
    pem.write_text(rsa_pem())
    identity = choose(AzureSettings(x509_certificate_path=str(pem)), SP_ENV)
    assert (identity.source, identity.certificate_path, identity.tenant) == ("certificate", str(pem), "t-env")


def test_nothing_given_means_the_cli() -> None:
    assert choose(AzureSettings(), {}).source == "cli"
    assert choose(AzureSettings(tenant="t"), {}).source == "cli"
    assert choose(AzureSettings(auth_source="cli", secret="s"), SP_ENV).source == "cli"
    assert choose(AzureSettings(auth_source="msi"), SP_ENV).source == "msi"


def test_a_federated_token(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("head.claims.signature\n")
    environ = {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_FEDERATED_TOKEN_FILE": str(token)}
    for source in ("auto", "workload_identity", "env"):
        identity = choose(AzureSettings(auth_source=source), environ)
        assert (identity.source, identity.token_file) == ("workload_identity", str(token))


@pytest.mark.parametrize(
    ("settings", "environ", "missing"),
    [
        (AzureSettings(client_id="c", secret="hush"), {}, "tenant"),
        (AzureSettings(client_id="c", tenant="t"), {}, "secret"),
        (AzureSettings(auth_source="env"), {}, "client_id"),
        (AzureSettings(auth_source="workload_identity", tenant="t"), {}, "oidc_token_file_path"),
    ],
)
def test_half_an_identity(settings: AzureSettings, environ: dict[str, str], missing: str) -> None:
    with pytest.raises(AuthenticationFailed, match=missing) as caught:
        choose(settings, environ)
    assert "hush" not in str(caught.value)


def test_an_unknown_source() -> None:
    with pytest.raises(InvalidRequest, match="auth_source"):
        choose(AzureSettings(auth_source="profile"), {})


def test_the_secret_is_in_no_repr() -> None:
    settings = AzureSettings(tenant="t", client_id="c", secret="hush")
    assert "hush" not in repr(settings)
    assert "hush" not in repr(choose(settings, {}))


def test_a_certificate_signs_in(azure: HttpsServer, new_arm: MakeArm, arm_tls: Tls, tmp_path: Path) -> None:
    pem = tmp_path / "client.pem"
    pem.write_text(rsa_pem())
    azure.on("GET", SITE, Answer({"name": "site1"}))
    assert new_arm(secret="", x509_certificate_path=str(pem)).get(SITE, V)["name"] == "site1"
    token = next(request for request in azure.requests if request.path == TOKEN)
    assert b"client_assertion=" in token.body
    with pytest.raises(InvalidRequest, match=r"x509_certificate_path .* cannot be read"):
        new_arm(secret="", x509_certificate_path=str(tmp_path / "none.pem")).get(SITE, V)


def test_a_token_serves_on_while_the_sign_in_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is replaced before its end; that this fails once is no reason to end a run whose token is still good."""
    moment, asked = [1000.0], []

    class Down:
        def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
            asked.append(moment[0])
            if len(asked) > 1:
                raise ClientAuthenticationError("AADSTS90033: down")
            return AccessToken("first", 1000 + 3600)

    monkeypatch.setattr(arm_wire.time, "time", lambda: moment[0])
    shared = arm_wire.SharedCredential(Down, login="login.example", source="secret")
    for moment[0] in (1000, 1000 + 3301, 1000 + 3310, 1000 + 3317):
        assert shared.get_token("scope").token == "first"
    assert asked == [1000, 4301, 4317], "the sign-in was asked again at once, or never"
    with pytest.raises(ClientError):
        shared.get_token("scope", claims="{}")
    moment[0] = 1000 + 3600
    with pytest.raises(ClientError):
        shared.get_token("scope")


def rsa_pem() -> str:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "client")])
    now = datetime.now(UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return (private + cert.public_bytes(serialization.Encoding.PEM)).decode()


CLI_SHIM = """#!/bin/sh
echo '{"accessToken":"cli-token","expiresOn":"2099-01-01 00:00:00.000000","expires_on":4070908800,"tenant":"t"}'
"""


def test_the_azure_cli_signs_in(
    azure: HttpsServer, new_arm: MakeArm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = tmp_path / "az"
    shim.write_text(CLI_SHIM)
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    azure.on("GET", SITE, Answer({"name": "site1"}))
    assert new_arm(tenant="", client_id="", secret="").get(SITE, V)["name"] == "site1"
    assert azure.requests[-1].headers["Authorization"] == "Bearer cli-token"


def test_without_the_azure_cli(new_arm: MakeArm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AuthenticationFailed, match="not installed") as caught:
        new_arm(tenant="", client_id="", secret="").get(SITE, V)
    assert "az login" in caught.value.remedy


def test_without_the_sdk(monkeypatch: pytest.MonkeyPatch, arm: ArmClient) -> None:
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    with pytest.raises(MissingLibrary) as caught:
        credential(AzureSettings(tenant="t", client_id="c", secret="s"), clouds.KNOWN_CLOUDS["AzureCloud"])
    assert "pip install azure-identity azure-mgmt-core" in caught.value.remedy
    monkeypatch.setitem(sys.modules, "azure.core.pipeline.transport", None)
    with pytest.raises(MissingLibrary):
        arm.get(SITE, V)


def test_no_subscription() -> None:
    with pytest.raises(InvalidRequest, match="subscription"):
        _ = ArmClient(AzureSettings(), environ={}).subscription_id
    assert ArmClient(AzureSettings(), environ={"AZURE_SUBSCRIPTION_ID": "e"}).subscription_id == "e"
