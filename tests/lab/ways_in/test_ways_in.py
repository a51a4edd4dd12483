# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way in, on the lab: real TLS, the real azure-identity, and the principal that Resource Manager saw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.tests.support.azure_lab import until
from ansible_collections.azlocal.migrate.tests.support.ways_in import SECRET, requests, who
from lab import names
from lab.azure import identities, imds
from lab.runtime import Lab

NewArm = Callable[..., ArmClient]
APPLICATION = {"tenant": names.TENANT, "client_id": names.CLIENT_ID}


def test_a_secret(shared_lab: Lab, arm: NewArm) -> None:
    assert who(shared_lab, arm(**SECRET)) == names.CLIENT_ID


def thumbprints() -> list[str]:
    certificate = identities.application_certificate()
    sha1 = certificate.fingerprint(hashes.SHA1())
    return ["", sha1.hex(), sha1.hex(":").upper(), certificate.fingerprint(hashes.SHA256()).hex()]


@pytest.mark.parametrize("number", range(4))
def test_a_certificate(shared_lab: Lab, arm: NewArm, number: int) -> None:
    path = str(shared_lab.state_dir / "sp.pem")
    client = arm(**APPLICATION, x509_certificate_path=path, thumbprint=thumbprints()[number])
    assert who(shared_lab, client) == names.CLIENT_ID


def test_a_certificate_in_a_pfx_file(shared_lab: Lab, arm: NewArm, tmp_path: Path) -> None:
    pfx = tmp_path / "sp.pfx"
    key, certificate = identities.application_key(), identities.application_certificate()
    pfx.write_bytes(pkcs12.serialize_key_and_certificates(b"sp", key, certificate, None, NoEncryption()))
    assert who(shared_lab, arm(**APPLICATION, x509_certificate_path=str(pfx))) == names.CLIENT_ID


def test_a_federated_token(shared_lab: Lab, arm: NewArm) -> None:
    path = str(shared_lab.state_dir / "federated.token")
    client = arm(**APPLICATION, auth_source="workload_identity", oidc_token_file_path=path)
    assert who(shared_lab, client) == names.CLIENT_ID


@pytest.mark.parametrize(
    "environ",
    [
        {"AZURE_TENANT": names.TENANT, "AZURE_CLIENT_ID": names.CLIENT_ID, "AZURE_SECRET": names.CLIENT_SECRET},
        {
            "AZURE_TENANT_ID": names.TENANT,
            "AZURE_CLIENT_ID": names.CLIENT_ID,
            "AZURE_CLIENT_SECRET": names.CLIENT_SECRET,
        },
        {"AZURE_TENANT": names.TENANT, "AZURE_CLIENT_ID": names.CLIENT_ID, "AZURE_X509_CERTIFICATE_PATH": "sp.pem"},
        {
            "AZURE_TENANT_ID": names.TENANT,
            "AZURE_CLIENT_ID": names.CLIENT_ID,
            "AZURE_CLIENT_CERTIFICATE_PATH": "sp.pem",
        },
        {
            "AZURE_TENANT_ID": names.TENANT,
            "AZURE_CLIENT_ID": names.CLIENT_ID,
            "AZURE_FEDERATED_TOKEN_FILE": "federated.token",
        },
    ],
    ids=["azcollection", "sdk", "azcollection certificate", "sdk certificate", "federated token"],
)
@pytest.mark.parametrize("source", ["auto", "env"])
def test_the_environment(shared_lab: Lab, arm: NewArm, environ: dict[str, str], source: str) -> None:
    files = {"sp.pem", "federated.token"}
    given = {name: str(shared_lab.state_dir / value) if value in files else value for name, value in environ.items()}
    assert who(shared_lab, arm(environ=given, auth_source=source)) == names.CLIENT_ID


def test_the_environment_alone_means_alone(shared_lab: Lab, arm: NewArm) -> None:
    environ = {
        "AZURE_TENANT": names.TENANT,
        "AZURE_CLIENT_ID": names.CLIENT_ID,
        "AZURE_SECRET": names.CLIENT_SECRET,
    }
    options = {"tenant": names.PARTNER_TENANT, "client_id": "nobody", "secret": "wrong-secret"}
    assert who(shared_lab, arm(environ=environ, auth_source="env", **options)) == names.CLIENT_ID


@pytest.fixture(params=["vm", "app service"])
def machine(request: pytest.FixtureRequest, shared_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> str:
    """A machine with managed identities. The SDK finds them by itself, so this is the process's own environment."""
    url = shared_lab.servers["imds"].url
    if request.param == "vm":
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", url)
    else:
        monkeypatch.setenv("IDENTITY_ENDPOINT", url + imds.APP_SERVICE_PATH)
        monkeypatch.setenv("IDENTITY_HEADER", names.IDENTITY_HEADER)
    return str(request.param)


@pytest.mark.parametrize(
    ("settings", "principal"),
    [({}, names.SYSTEM_IDENTITY), ({"client_id": names.USER_IDENTITY}, names.USER_IDENTITY)],
    ids=["system-assigned", "user-assigned"],
)
@pytest.mark.usefixtures("machine")
def test_a_managed_identity(shared_lab: Lab, arm: NewArm, settings: dict[str, Any], principal: str) -> None:
    assert who(shared_lab, arm(auth_source="msi", **settings)) == principal


@pytest.mark.usefixtures("machine")
def test_a_managed_identity_is_asked_past_the_proxy_and_before_a_federated_token(
    shared_lab: Lab, arm: NewArm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://localhost:1")
    monkeypatch.setenv("AZURE_TENANT_ID", names.TENANT)
    monkeypatch.setenv("AZURE_CLIENT_ID", names.CLIENT_ID)
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", "/nowhere")
    assert who(shared_lab, arm(auth_source="msi")) == names.SYSTEM_IDENTITY


def test_a_busy_metadata_service_is_asked_again(shared_lab: Lab, arm: NewArm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", shared_lab.servers["imds"].url)
    shared_lab.faults.add({"kind": "reply", "system": "imds", "status": 503, "times": 2})
    before = len(requests(shared_lab))
    assert who(shared_lab, arm(auth_source="msi")) == names.SYSTEM_IDENTITY
    assert [e["status"] for e in requests(shared_lab)[before:] if e["system"] == "imds"] == [503, 503, 200]


def test_a_token_that_ends_in_mid_run(lab: Callable[..., Lab], arm: NewArm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the way in, a refused token is replaced once and the request goes through."""
    running = lab(vms=0, estate="empty")
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", running.servers["imds"].url)
    place = {"cloud_environment": running.servers["azure"].url, "ca_path": str(running.tls.ca)}
    fault = {
        "kind": "reply",
        "system": "azure",
        "path": "resourceGroups",
        "status": 401,
        "code": "ExpiredAuthenticationToken",
    }
    ways: list[dict[str, Any]] = [
        SECRET,
        {**APPLICATION, "x509_certificate_path": str(running.state_dir / "sp.pem")},
        {**APPLICATION, "oidc_token_file_path": str(running.state_dir / "federated.token")},
        {"auth_source": "msi"},
    ]
    for way in ways:
        client = arm(**place, **way)
        assert who(running, client)
        running.faults.add({**fault, "message": "The access token has expired."})
        assert who(running, client)

    def tokens() -> int:
        return len([entry for entry in requests(running) if "token" in str(entry["path"])])

    assert until(tokens, lambda found: found >= 2 * len(ways), 5) == 2 * len(ways)
