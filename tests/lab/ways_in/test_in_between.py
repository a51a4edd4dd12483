# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands between us and Azure: certificate authorities, proxies, and clouds that are known by their address only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import (
    InvalidRequest,
    Unreachable,
    UntrustedCertificate,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.options.azure import azure_spec
from ansible_collections.azlocal.migrate.tests.support.https_server import Answer, HttpsServer, Tls, make_tls, running
from ansible_collections.azlocal.migrate.tests.support.proxy import proxy
from ansible_collections.azlocal.migrate.tests.support.ways_in import SECRET, refusal, requests, who
from lab import names
from lab.runtime import Lab

NewArm = Callable[..., ArmClient]

# -- certificate authorities ----------------------------------------------------------------------------------------


def test_the_options_read_all_three_variables() -> None:
    assert azure_spec()["ca_path"]["fallback"][1] == ["AZURE_CA_PATH", "REQUESTS_CA_BUNDLE"]


def test_the_requests_library_finds_its_own_variable(
    shared_lab: Lab, arm: NewArm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(shared_lab.tls.ca))
    assert who(shared_lab, arm(**SECRET, ca_path="")) == names.CLIENT_ID


def test_nothing_is_verified_only_where_that_is_said(shared_lab: Lab, arm: NewArm) -> None:
    with pytest.warns(Warning, match="Unverified HTTPS request"):
        assert who(shared_lab, arm(**SECRET, ca_path="", cert_validation_mode="ignore")) == names.CLIENT_ID


@pytest.mark.parametrize("way", ["none", "another"])
def test_an_authority_that_did_not_sign(shared_lab: Lab, arm: NewArm, strange_tls: Tls, way: str) -> None:
    before = len(requests(shared_lab))
    error = refusal(arm(**SECRET, ca_path="" if way == "none" else str(strange_tls.ca)))
    assert (type(error), error.code) == (UntrustedCertificate, "UntrustedCertificate")
    assert "AZURE_CA_PATH" in error.remedy
    assert len(requests(shared_lab)) == before


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "does not exist"), (b"", "no certificate in PEM form"), (b"\x30\x82\x01", "no certificate in PEM form")],
    ids=["missing", "empty", "DER"],
)
def test_an_authority_file_that_is_none(arm: NewArm, tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    error = refusal(arm(**SECRET, ca_path=str(path)))
    assert (type(error), error.code) == (InvalidRequest, "BadCaFile")
    assert words in str(error) and "REQUESTS_CA_BUNDLE" in error.remedy


def test_a_certificate_out_of_its_time(arm: NewArm, tmp_path: Path) -> None:
    tls = make_tls(tmp_path / "old", age_days=30)
    with running(tls) as server:
        error = refusal(arm(**SECRET, cloud_environment=server.url, ca_path=str(tls.ca)))
    assert error.code == "UntrustedCertificate"
    assert "expired" in str(error) and "clock" in error.remedy


# -- proxies --------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def variable(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_sign_in_and_requests_go_through_the_proxy(
    shared_lab: Lab, arm: NewArm, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    with proxy(login="me:proxy-password") as between:
        monkeypatch.setenv(variable, between.url)
        assert who(shared_lab, arm(**SECRET)) == names.CLIENT_ID
        azure = f"localhost:{shared_lab.servers['azure'].port}"
        assert set(between.asked) == {azure}
        assert len(between.asked) == 2  # one connection of the sign-in, one of ours


def test_no_proxy_goes_around_it(shared_lab: Lab, arm: NewArm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://localhost:1")
    monkeypatch.setenv("NO_PROXY", "example.org,localhost")
    assert who(shared_lab, arm(**SECRET)) == names.CLIENT_ID


@pytest.mark.parametrize(
    ("status", "words"),
    [(407, "wants a user name and a password"), (403, "rules forbid it"), (502, "does not get there")],
)
def test_a_proxy_that_refuses(arm: NewArm, monkeypatch: pytest.MonkeyPatch, status: int, words: str) -> None:
    with proxy(refuse=status) as between:
        monkeypatch.setenv("HTTPS_PROXY", between.url.replace("//", "//me:proxy-password@"))
        error = refusal(arm(**SECRET))
        assert (type(error), error.code) == (Unreachable, "ProxyRefused")
        assert f"the proxy localhost:{between.port}" in str(error)
        assert words in str(error) and f"HTTP {status}" in str(error)
        assert between.asked


def test_a_dead_proxy(arm: NewArm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:proxy-password@localhost:1")
    error = refusal(arm(**SECRET))
    assert (type(error), error.code) == (Unreachable, "ProxyUnreachable")
    assert "the proxy localhost:1 cannot be reached (Connection refused)" in str(error)


@pytest.mark.parametrize("status", [0, 407])
def test_a_proxy_that_fails_the_sign_in_alone(arm: NewArm, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    client = arm(**SECRET, deadline_s=2)
    client._connect()  # the metadata of the cloud is read past the proxy
    with proxy(refuse=status) as between:
        monkeypatch.setenv("HTTPS_PROXY", between.url if status else "http://localhost:1")
        error = refusal(client)
    assert error.code == ("ProxyRefused" if status else "ProxyUnreachable")
    assert str(error).startswith("Signing in at localhost")


def test_a_proxy_that_opens_tls(
    shared_lab: Lab, arm: NewArm, monkeypatch: pytest.MonkeyPatch, strange_tls: Tls
) -> None:
    with proxy(opens_tls=strange_tls) as between:
        monkeypatch.setenv("HTTPS_PROXY", between.url)
        error = refusal(arm(**SECRET))
        assert error.code == "UntrustedCertificate"
        assert f"proxy localhost:{between.port} opens TLS" in error.remedy
        assert who(shared_lab, arm(**SECRET, ca_path=str(strange_tls.ca))) == names.CLIENT_ID


# -- clouds ---------------------------------------------------------------------------------------------------------


def cloud(lab: Lab, server: HttpsServer, **changed: Any) -> dict[str, Any]:
    login = lab.servers["azure"].url
    authentication = {"loginEndpoint": f"{login}/", "audiences": [f"{login}/"], **changed}
    return {"name": "Other", "resourceManager": f"{server.url}/", "authentication": authentication, "suffixes": {}}


@pytest.mark.parametrize("form", ["object", "list"])
def test_a_cloud_whose_sign_in_is_elsewhere(shared_lab: Lab, arm: NewArm, tmp_path: Path, form: str) -> None:
    """The newer form of the metadata is one cloud, the older a list; the sign-in is where they say."""
    with running(make_tls(tmp_path / "tls")) as server:
        entry = cloud(shared_lab, server)
        server.on("GET", "/metadata/endpoints", Answer(entry if form == "object" else [{"name": "None"}, entry]))
        server.on("GET", "/tenants", Answer({"value": []}))
        both = tmp_path / "both.pem"
        both.write_bytes(shared_lab.tls.ca.read_bytes() + (tmp_path / "tls/ca.pem").read_bytes())
        client = arm(**SECRET, cloud_environment=f"{server.url}/", ca_path=str(both))
        assert client.list("/tenants", "2022-12-01") == []
        assert server.requests[-1].headers["Authorization"].startswith("Bearer ")


@pytest.mark.parametrize("way", ["secret", "msi"])
def test_an_audience_that_the_tenant_does_not_know(
    shared_lab: Lab, arm: NewArm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", shared_lab.servers["imds"].url)
    with running(make_tls(tmp_path / "tls")) as server:
        entry = cloud(shared_lab, server, audiences=["https://management.elsewhere.example/"])
        server.on("GET", "/metadata/endpoints", Answer(entry))
        both = tmp_path / "both.pem"
        both.write_bytes(shared_lab.tls.ca.read_bytes() + (tmp_path / "tls/ca.pem").read_bytes())
        chosen: dict[str, str] = SECRET if way == "secret" else {"auth_source": "msi"}
        error = refusal(arm(**chosen, cloud_environment=server.url, ca_path=str(both)))
    assert error.code == "AADSTS500011"
    assert "cloud_environment" in error.remedy


@pytest.mark.parametrize(
    ("address", "code", "words"),
    [
        ("https://localhost:1", "Unreachable", "cannot be reached (Connection refused)"),
        ("https://no-such-host.invalid", "Unreachable", "cannot be reached"),
        ("AzureGermanCloud", "InvalidRequest", "neither a known cloud nor an https URL"),
        ("http://localhost", "InvalidRequest", "neither a known cloud nor an https URL"),
    ],
)
def test_an_address_that_is_no_cloud(arm: NewArm, address: str, code: str, words: str) -> None:
    error = refusal(arm(**SECRET, cloud_environment=address))
    assert (error.code or type(error).__name__) == code
    assert words in str(error)


def test_a_path_below_a_cloud_is_none(shared_lab: Lab, arm: NewArm) -> None:
    error = refusal(arm(**SECRET, cloud_environment=f"{shared_lab.servers['azure'].url}/somewhere"))
    assert "is not a cloud" in str(error) or "endpoints" in str(error)
    assert "cloud_environment" in error.remedy
