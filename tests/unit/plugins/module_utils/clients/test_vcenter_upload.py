# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Uploads to an ESXi host over real TLS: what goes over the wire, and how each failure is told."""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import (
    BadReply,
    ClientError,
    Conflict,
    ServiceError,
    Unreachable,
    UntrustedCertificate,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_session import (
    VcenterSettings,
    tls_context,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_upload import PIECE, send
from ansible_collections.azlocal.migrate.tests.support.https_server import (
    Answer,
    HttpsServer,
    Tls,
    make_tls,
    running,
)

CONTENT = bytes(range(256)) * 10_000  # more than two pieces


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return make_tls(tmp_path_factory.mktemp("esxi"))


@pytest.fixture
def host(tls: Tls) -> Iterator[HttpsServer]:
    with running(tls) as server:
        for method in ("POST", "PUT"):
            server.on(method, "/nfc/secret/disk-0.vmdk", Answer(status=200))
        yield server


def trust(ca: Path, **more: bool) -> ssl.SSLContext:
    settings = VcenterSettings(hostname="vc", username="u", password="p", vcenter_ca_path=str(ca), **more)
    return tls_context(settings, 60)


def url(host: HttpsServer, name: str = "localhost") -> str:
    return f"https://{name}:{host.port}/nfc/secret/disk-0.vmdk"


@pytest.mark.parametrize(
    ("create", "method", "headers"),
    [
        (False, "POST", {"Content-Type": "application/x-vnd.vmware-streamVmdk"}),
        (True, "PUT", {"Content-Type": "application/octet-stream", "Overwrite": "t"}),
    ],
)
def test_what_goes_over_the_wire(
    host: HttpsServer, tls: Tls, create: bool, method: str, headers: dict[str, str]
) -> None:
    pieces: list[int] = []
    send(url(host), io.BytesIO(CONTENT), len(CONTENT), trust=trust(tls.ca), create=create, sent=pieces.append)
    [request] = host.requests
    assert (request.method, request.body) == (method, CONTENT)
    assert headers.items() <= request.headers.items()
    assert request.headers["Content-Length"] == str(len(CONTENT))
    assert sum(pieces) == len(CONTENT) and max(pieces) == PIECE


def test_a_certificate_of_somebody_else(host: HttpsServer, tmp_path: Path) -> None:
    other = make_tls(tmp_path / "other")
    with pytest.raises(UntrustedCertificate) as caught:
        send(url(host), io.BytesIO(CONTENT), len(CONTENT), trust=trust(other.ca))
    assert "vcenter_ca_path" in caught.value.remedy and "localhost" in str(caught.value)
    assert host.requests == []
    send(url(host), io.BytesIO(CONTENT), len(CONTENT), trust=trust(other.ca, validate_certs=False))


def test_a_certificate_for_another_name(host: HttpsServer, tls: Tls) -> None:
    with pytest.raises(UntrustedCertificate):
        send(url(host, "127.1"), io.BytesIO(CONTENT), len(CONTENT), trust=trust(tls.ca))
    assert host.requests == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(status=500), ServiceError),
        (Answer(status=404), BadReply),
        (Answer(status=405), BadReply),
        (Answer(fault="reset"), Unreachable),
        (Answer(b"x", fault="cut"), Unreachable),
    ],
)
def test_a_refusal(host: HttpsServer, tls: Tls, answer: Answer, kind: type[ClientError]) -> None:
    host.on("POST", "/nfc/secret/disk-0.vmdk", answer)
    with pytest.raises(kind) as caught:
        send(url(host), io.BytesIO(CONTENT), len(CONTENT), trust=trust(tls.ca))
    assert caught.value.code == "upload_failed" and caught.value.remedy
    assert "secret" not in str(caught.value)


def test_a_host_that_gives_no_answer(host: HttpsServer, tls: Tls) -> None:
    host.on("POST", "/nfc/secret/disk-0.vmdk", Answer(delay_s=1))
    with pytest.raises(Unreachable, match="takes nothing any more"):
        send(url(host), io.BytesIO(b"x"), 1, trust=trust(tls.ca), stall_s=0.2)


def test_nobody_there(tls: Tls) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(Unreachable):
            send(f"https://localhost:{port}/x", io.BytesIO(b"x"), 1, trust=trust(tls.ca))


def test_whoever_counts_may_end_it(host: HttpsServer, tls: Tls) -> None:
    def enough(_count: int) -> None:
        raise Conflict("the lease is gone")

    with pytest.raises(Conflict):
        send(url(host), io.BytesIO(CONTENT), len(CONTENT), trust=trust(tls.ca), sent=enough)
    assert all(request.body != CONTENT for request in host.requests)
