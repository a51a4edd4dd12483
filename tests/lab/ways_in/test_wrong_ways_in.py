# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every wrong way in gives one clear sentence: what failed, a code, what to do; no traceback, no secret."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import AuthenticationFailed, InvalidRequest
from ansible_collections.azlocal.migrate.tests.support.ways_in import SECRET, refusal, requests
from lab import names
from lab.azure import identities, imds
from lab.runtime import Lab

NewArm = Callable[..., ArmClient]
APPLICATION = {"tenant": names.TENANT, "client_id": names.CLIENT_ID}
NOBODY = "99999999-0000-4000-8000-000000000000"
STRANGER = rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"secret": "wrong-secret"}, "AADSTS7000215", "secret is wrong"),
        ({"client_id": NOBODY}, "AADSTS700016", "not known in this tenant"),
        ({"tenant": NOBODY}, "AADSTS90002", "tenant does not exist"),
        ({"tenant": "no tenant!"}, "InvalidAuthority", "neither an id nor a domain"),
        ({"tenant": names.PARTNER_TENANT}, "InvalidAuthenticationTokenTenant", "wrong issuer"),
    ],
)
def test_a_wrong_application(arm: NewArm, changed: dict[str, str], code: str, words: str) -> None:
    error = refusal(arm(**{**SECRET, **changed}))
    assert (error.code, words in str(error)) == (code, True), str(error)


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [
        ("disabled", "AADSTS7000112", "disabled"),
        ("secret_expired", "AADSTS7000222", "expired"),
        ("blocked", "AADSTS53003", "Conditional Access"),
    ],
)
def test_an_application_that_may_not_sign_in(
    shared_lab: Lab, arm: NewArm, monkeypatch: pytest.MonkeyPatch, state: str, code: str, words: str
) -> None:
    monkeypatch.setattr(shared_lab.switches, "application", state)
    error = refusal(arm(**SECRET))
    assert (type(error), error.code) == (AuthenticationFailed, code)
    assert words in str(error)
    assert len(error.correlation_id) == 36


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ({"auth_source": "env"}, "tenant (AZURE_TENANT), client_id (AZURE_CLIENT_ID), secret (AZURE_SECRET)"),
        ({"client_id": NOBODY, "secret": "wrong-secret"}, "tenant (AZURE_TENANT)"),
        ({**APPLICATION}, "secret (AZURE_SECRET)"),
        ({**APPLICATION, "auth_source": "workload_identity"}, "oidc_token_file_path (AZURE_FEDERATED_TOKEN_FILE)"),
    ],
)
def test_half_an_identity(arm: NewArm, options: dict[str, str], missing: str) -> None:
    error = refusal(arm(**options))
    assert error.code == "MissingCredentials"
    assert missing in str(error)


# -- certificates ---------------------------------------------------------------------------------------------------


def signed(key: Any, *, ends: dt.timedelta = dt.timedelta(days=1)) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stranger")])
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=30))
        .not_valid_after(now + ends)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )


def private(key: Any, passphrase: bytes = b"") -> bytes:
    hidden = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    found: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)
    return found


def bad_files() -> dict[str, tuple[bytes, str]]:
    curve = ec.generate_private_key(ec.SECP256R1())
    other = rsa.generate_private_key(65537, 2048)
    return {
        "empty": (b"", "neither PEM nor PKCS #12"),
        "text": (b"-- hello --", "neither PEM nor PKCS #12"),
        "key only": (private(STRANGER), "holds no certificate"),
        "certificate only": (signed(STRANGER), "holds no private key"),
        "passphrase": (private(STRANGER, b"pass") + signed(STRANGER), "with a passphrase"),
        "not RSA": (private(curve) + signed(curve), "not RSA"),
        "two that do not fit": (private(other) + signed(STRANGER), "not the certificate's"),
    }


@pytest.mark.parametrize(
    "kind", ["empty", "text", "key only", "certificate only", "passphrase", "not RSA", "two that do not fit"]
)
def test_a_file_that_is_no_certificate(shared_lab: Lab, arm: NewArm, tmp_path: Path, kind: str) -> None:
    content, words = bad_files()[kind]
    path = tmp_path / "sp.pem"
    path.write_bytes(content)
    before = len(requests(shared_lab))
    error = refusal(arm(**APPLICATION, x509_certificate_path=str(path)))
    assert (type(error), error.code) == (InvalidRequest, "BadCertificateFile")
    assert words in str(error) and str(path) in str(error)
    assert len(requests(shared_lab)) == before


@pytest.mark.parametrize(("name", "words"), [("none.pem", "No such file"), (".", "Is a directory")])
def test_a_certificate_file_that_is_not_there(arm: NewArm, tmp_path: Path, name: str, words: str) -> None:
    error = refusal(arm(**APPLICATION, x509_certificate_path=str(tmp_path / name)))
    assert error.code == "BadCertificateFile"
    assert words in str(error)


def test_a_thumbprint_of_another_certificate_is_told_before_anything_is_sent(shared_lab: Lab, arm: NewArm) -> None:
    before = len(requests(shared_lab))
    path = str(shared_lab.state_dir / "sp.pem")
    error = refusal(arm(**APPLICATION, x509_certificate_path=path, thumbprint="AA:BB:CC"))
    assert error.code == "CertificateMismatch"
    assert identities.application_certificate().fingerprint(hashes.SHA1()).hex().upper() in str(error)
    assert len(requests(shared_lab)) == before


def test_an_expired_certificate_is_told_before_anything_is_sent(shared_lab: Lab, arm: NewArm, tmp_path: Path) -> None:
    path = tmp_path / "sp.pem"
    path.write_bytes(private(STRANGER) + signed(STRANGER, ends=-dt.timedelta(days=2)))
    before = len(requests(shared_lab))
    error = refusal(arm(**APPLICATION, x509_certificate_path=str(path)))
    assert error.code == "CertificateExpired"
    assert f"{dt.datetime.now(dt.UTC) - dt.timedelta(days=2):%Y-%m-%d}" in str(error)
    assert len(requests(shared_lab)) == before


def test_a_certificate_that_is_not_the_applications(arm: NewArm, tmp_path: Path) -> None:
    path = tmp_path / "sp.pem"
    path.write_bytes(private(STRANGER) + signed(STRANGER))
    error = refusal(arm(**APPLICATION, x509_certificate_path=str(path)))
    assert (type(error), error.code) == (AuthenticationFailed, "AADSTS700027")


@pytest.mark.parametrize(
    ("way", "skew_s"),
    [("certificate", 3600.0), ("federated token", 3600.0), ("federated token", -3600.0)],  # MSAL says no beginning
)
def test_a_clock_that_is_wrong(
    shared_lab: Lab, arm: NewArm, monkeypatch: pytest.MonkeyPatch, way: str, skew_s: float, tmp_path: Path
) -> None:
    token = tmp_path / "federated.token"
    now = dt.datetime.now(dt.UTC)
    token.write_text(identities.federated_token(now, exp=int(now.timestamp()) + 600))
    monkeypatch.setattr(shared_lab.switches, "azure_skew_s", skew_s)
    chosen = (
        {"x509_certificate_path": str(shared_lab.state_dir / "sp.pem")}
        if way == "certificate"
        else {"oidc_token_file_path": str(token)}
    )
    error = refusal(arm(**APPLICATION, **chosen))
    assert error.code == "AADSTS700024"
    assert "clock" in error.remedy


# -- federated tokens -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"iss": "https://issuer.lab.example"}, "AADSTS700211"),
        ({"aud": "api://azureadtokenexchange"}, "AADSTS700212"),
        ({"sub": "system:serviceaccount:lab:somebody"}, "AADSTS700213"),
        ({"exp": 1_700_000_000}, "AADSTS700024"),
        ({"key": STRANGER}, "AADSTS50013"),
    ],
    ids=["issuer", "audience", "subject", "expired", "signature"],
)
def test_a_federated_token_that_does_not_fit(arm: NewArm, tmp_path: Path, changed: dict[str, Any], code: str) -> None:
    path = tmp_path / "federated.token"
    path.write_text(identities.federated_token(dt.datetime.now(dt.UTC), **changed))
    error = refusal(arm(**APPLICATION, oidc_token_file_path=str(path)))
    assert (type(error), error.code) == (AuthenticationFailed, code)
    assert "federated" in f"{error} {error.remedy}"


@pytest.mark.parametrize(
    ("content", "words"), [(None, "No such file"), ("\n", "is empty"), ("secret words", "holds no token")]
)
def test_a_token_file_that_holds_none(
    shared_lab: Lab, arm: NewArm, tmp_path: Path, content: str | None, words: str
) -> None:
    path = tmp_path / "federated.token"
    if content is not None:
        path.write_text(content)
    before = len(requests(shared_lab))
    error = refusal(arm(**APPLICATION, auth_source="workload_identity", oidc_token_file_path=str(path)))
    assert (type(error), error.code) == (InvalidRequest, "BadTokenFile")
    assert words in str(error) and "secret words" not in str(error)
    assert len(requests(shared_lab)) == before


def test_a_token_file_with_something_like_a_token(arm: NewArm, tmp_path: Path) -> None:
    path = tmp_path / "federated.token"
    path.write_text("www.example.org")
    assert refusal(arm(**APPLICATION, oidc_token_file_path=str(path))).code == "AADSTS50027"


# -- managed identities ---------------------------------------------------------------------------------------------


@pytest.fixture(params=["vm", "app service"])
def machine(request: pytest.FixtureRequest, shared_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    url = shared_lab.servers["imds"].url
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", url)
    if request.param == "app service":
        monkeypatch.setenv("IDENTITY_ENDPOINT", url + imds.APP_SERVICE_PATH)
        monkeypatch.setenv("IDENTITY_HEADER", names.IDENTITY_HEADER)


@pytest.mark.usefixtures("machine")
def test_an_identity_that_is_not_the_machines(arm: NewArm) -> None:
    error = refusal(arm(auth_source="msi", client_id=names.CLIENT_ID))
    assert (type(error), error.code) == (AuthenticationFailed, "UnknownManagedIdentity")
    assert "AZURE_CLIENT_ID" in error.remedy


@pytest.mark.usefixtures("machine")
def test_a_machine_without_identities(shared_lab: Lab, arm: NewArm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_lab.switches, "machine_identities", ())
    assert refusal(arm(auth_source="msi")).code == "UnknownManagedIdentity"


@pytest.mark.parametrize("variable", ["AZURE_POD_IDENTITY_AUTHORITY_HOST", "IDENTITY_ENDPOINT"])
def test_a_machine_that_is_not_in_azure(arm: NewArm, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "http://localhost:1")
    monkeypatch.setenv("IDENTITY_HEADER", "x")
    error = refusal(arm(auth_source="msi"))
    assert error.code == "NoManagedIdentity"
    assert "localhost:1 cannot be reached (Connection refused)" in str(error)
    assert "auth_source=msi" in error.remedy


def test_a_wrong_identity_header(shared_lab: Lab, arm: NewArm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", shared_lab.servers["imds"].url + imds.APP_SERVICE_PATH)
    monkeypatch.setenv("IDENTITY_HEADER", "wrong-secret")
    assert refusal(arm(auth_source="msi")).code == "IdentityHeader"


def test_a_metadata_service_that_says_nothing_useful(
    shared_lab: Lab, arm: NewArm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", shared_lab.servers["imds"].url)
    shared_lab.faults.add({"kind": "reply", "system": "imds", "status": 404, "times": 3})
    assert refusal(arm(auth_source="msi")).code == "NoManagedIdentity"
    body = {"error": "unsupported_thing", "error_description": "Not today"}
    shared_lab.faults.add({"kind": "reply", "system": "imds", "status": 400, "body": body})
    error = refusal(arm(auth_source="msi"))
    assert error.code == "ManagedIdentityRefused"
    assert "'Not today'" in str(error)
