# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the lab's directory and its metadata service let people in, seen over the wire."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from ansible_collections.azlocal.migrate.tests.support.azure_lab import AzureSession
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab import names
from lab.azure import identities, imds
from lab.runtime import Lab

JSON = dict[str, Any]
BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SUBSCRIPTIONS = "/subscriptions"


@pytest.fixture
def azure(shared_lab: Lab) -> AzureSession:
    return AzureSession(shared_lab)


def number(reply: requests.Response) -> int:
    """0 where a token was given, else the number of the refusal."""
    body = reply.json()
    if reply.status_code == 200:
        assert set(body) == {"token_type", "expires_in", "ext_expires_in", "access_token"}
        return 0
    assert body["error_description"].startswith(f"AADSTS{body['error_codes'][0]}: ")
    return int(body["error_codes"][0])


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def signed(azure: AzureSession, *, key: Any = None, head: JSON | None = None, **claims: Any) -> str:
    """A client assertion as the identity platform documents it, from sp.pem alone."""
    pem = (azure.lab.state_dir / "sp.pem").read_bytes()
    certificate = load_pem_x509_certificate(pem)
    moment = int(time.time())
    whole = {
        "aud": f"{azure.url}/{names.TENANT}/oauth2/v2.0/token",
        "iss": names.CLIENT_ID,
        "sub": names.CLIENT_ID,
        "jti": str(uuid.uuid4()),
        "nbf": moment,
        "exp": moment + 600,
    } | claims
    top = head or {"x5t#S256": base64url(certificate.fingerprint(hashes.SHA256()))}
    text = f"{base64url(json.dumps({'alg': 'RS256'} | top).encode())}.{base64url(json.dumps(whole).encode())}"
    signer = key or load_pem_private_key(pem, None)
    return f"{text}.{base64url(signer.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def asserted(azure: AzureSession, assertion: str, tenant: str = names.TENANT) -> int:
    return number(azure.token(tenant, client_secret="", client_assertion_type=BEARER, client_assertion=assertion))


@pytest.mark.behaviour("application")
@thrown("application", "good", "disabled", "secret_expired", "blocked")
def test_an_application_and_its_state(
    shared_lab: Lab, azure: AzureSession, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setattr(shared_lab.switches, "application", setting)
    expected = {"good": 0, "disabled": 7000112, "secret_expired": 7000222, "blocked": 53003}[setting]
    assert number(azure.token()) == expected
    by_certificate = asserted(azure, signed(azure))
    assert by_certificate == (0 if setting == "secret_expired" else expected)


@pytest.mark.behaviour("certificate_assertion")
def test_an_assertion_must_be_the_applications(azure: AzureSession) -> None:
    other, moment = rsa.generate_private_key(65537, 2048), int(time.time())
    certificate = identities.application_certificate()
    sha1 = base64url(certificate.fingerprint(hashes.SHA1()))
    assert asserted(azure, signed(azure)) == 0
    assert asserted(azure, signed(azure, head={"x5t": sha1})) == 0
    assert asserted(azure, signed(azure, head={"x5t": base64url(b"x" * 20)})) == 700027
    assert asserted(azure, signed(azure, head={"kid": "1"})) == 700027
    assert asserted(azure, signed(azure, key=other)) == 700027
    assert asserted(azure, signed(azure, head={"x5t": sha1, "alg": "none"})) == 700027
    assert asserted(azure, signed(azure, sub="somebody")) == 700021
    assert asserted(azure, signed(azure, aud="https://elsewhere/token")) == 700023
    assert asserted(azure, signed(azure), tenant=names.PARTNER_TENANT) == 700023
    assert asserted(azure, signed(azure, exp=moment - 900)) == 700024
    assert asserted(azure, signed(azure, nbf=moment + 900)) == 700024
    assert asserted(azure, "no.token.") == 50027
    assert number(azure.token(client_secret="")) == 7000216


@pytest.mark.behaviour("federated_credential")
def test_a_federated_token_must_fit(azure: AzureSession) -> None:
    token = (azure.lab.state_dir / "federated.token").read_text()

    def changed(**claims: Any) -> int:
        parts = token.split(".")
        whole = json.loads(base64.urlsafe_b64decode(parts[1] + "==")) | claims
        text = f"{parts[0]}.{base64url(json.dumps(whole).encode())}"
        signature = identities.issuer_key().sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return asserted(azure, f"{text}.{base64url(signature)}")

    assert asserted(azure, token) == changed() == 0
    assert changed(aud=names.FEDERATED_AUDIENCE) == 0
    assert changed(iss=names.FEDERATED_ISSUER.rstrip("/")) == 700211
    assert changed(aud="api://somebody") == 700212
    assert changed(sub=names.FEDERATED_SUBJECT.upper()) == 700213
    assert changed(exp=int(time.time()) - 900) == 700024
    assert asserted(azure, token[:-8] + "AAAAAAAA") == 50013


@pytest.mark.behaviour("token_audience")
def test_a_token_counts_where_it_was_made_out_to(azure: AzureSession) -> None:
    def with_token(reply: requests.Response) -> requests.Response:
        bearer = {"Authorization": f"Bearer {reply.json()['access_token']}"}
        return azure.http.get(f"{azure.url}{SUBSCRIPTIONS}?api-version=2022-12-01", headers=bearer)

    assert with_token(azure.token()).status_code == 200
    for wrong, code in (
        (azure.token(scope=f"{azure.url}/graph/.default"), "InvalidAuthenticationTokenAudience"),
        (azure.token(names.PARTNER_TENANT), "InvalidAuthenticationTokenTenant"),
    ):
        reply = with_token(wrong)
        assert (reply.status_code, reply.json()["error"]["code"]) == (401, code)
        assert "invalid_token" in reply.headers["WWW-Authenticate"]
    assert number(azure.token(scope="https://management.azure.com/.default")) == 500011


def asked(lab: Lab, path: str = imds.VM_PATH, headers: dict[str, str] | None = None, **query: str) -> requests.Response:
    http = requests.Session()
    http.trust_env = False
    whole = {"api-version": "2018-02-01", "resource": lab.servers["azure"].url, **query}
    return http.get(lab.servers["imds"].url + path, params=whole, headers=headers or {"Metadata": "true"})


@pytest.mark.behaviour("metadata_service")
@thrown("machine_identities", ("system", "user"), ("user",), ())
def test_the_metadata_service(
    shared_lab: Lab, azure: AzureSession, monkeypatch: pytest.MonkeyPatch, setting: tuple[str, ...]
) -> None:
    monkeypatch.setattr(shared_lab.switches, "machine_identities", setting)
    unnamed, named = asked(shared_lab), asked(shared_lab, client_id=names.USER_IDENTITY)
    if not setting:
        for reply in (unnamed, named):
            body = {"error": "invalid_request", "error_description": "Identity not found"}
            assert (reply.status_code, reply.json()) == (400, body)
        return
    assert unnamed.json()["client_id"] == (names.SYSTEM_IDENTITY if "system" in setting else names.USER_IDENTITY)
    assert named.json()["client_id"] == names.USER_IDENTITY
    body = named.json()
    assert body["expires_in"] == "3599" and body["expires_on"].isdigit() and body["token_type"] == "Bearer"
    seen = azure.http.get(
        f"{azure.url}{SUBSCRIPTIONS}?api-version=2022-12-01",
        headers={"Authorization": f"Bearer {body['access_token']}"},
    )
    assert seen.status_code == 200
    assert asked(shared_lab, client_id=names.CLIENT_ID).status_code == 400
    assert asked(shared_lab, resource="https://elsewhere").json()["error"] == "invalid_resource"
    assert asked(shared_lab, headers={"X": "y"}).status_code == 400
    assert asked(shared_lab, **{"api-version": ""}).status_code == 400
    assert asked(shared_lab, path="/metadata/instance").status_code == 404


@pytest.mark.behaviour("app_service_identity")
def test_the_endpoint_of_app_service(shared_lab: Lab) -> None:
    key = {"X-IDENTITY-HEADER": names.IDENTITY_HEADER}
    version = {"api-version": "2019-08-01"}
    body = asked(shared_lab, imds.APP_SERVICE_PATH, key, **version).json()
    assert body["client_id"] == names.SYSTEM_IDENTITY and body["expires_on"].isdigit()
    refused = asked(shared_lab, imds.APP_SERVICE_PATH, {"X-IDENTITY-HEADER": "x"}, **version)
    assert (refused.status_code, refused.json()["statusCode"]) == (401, 401)
    assert asked(shared_lab, imds.APP_SERVICE_PATH, key, client_id="nobody", **version).status_code == 400


@pytest.mark.behaviour("certificate_assertion", "federated_credential")
def test_files_of_the_lab_are_for_their_owner_only(lab: Callable[..., Lab]) -> None:
    running = lab(vms=0, estate="empty")
    for name in (identities.CERTIFICATE_FILE, identities.TOKEN_FILE):
        assert (running.state_dir / name).stat().st_mode & 0o777 == 0o600
