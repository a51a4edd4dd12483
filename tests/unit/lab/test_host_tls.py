# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's certificates and its HTTPS servers."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from lab import names, pki
from lab.runtime import LabServer, serve_https


class Echo(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LabServer]:
    running, _ = serve_https(Echo, pki.make(tmp_path))
    yield running
    running.stop()


def strict(tmp_path: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # what Python 3.13 does by default
    return context


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", *names.NODES])
def test_certificate_stands_strict_verification(server: LabServer, tmp_path: Path, name: str) -> None:
    with (
        socket.create_connection(("127.0.0.1", server.server_port)) as raw,
        strict(tmp_path).wrap_socket(raw, server_hostname=name) as secured,
    ):
        assert secured.version() == "TLSv1.3"


def test_another_name_is_refused(server: LabServer, tmp_path: Path) -> None:
    with (
        socket.create_connection(("127.0.0.1", server.server_port)) as raw,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        strict(tmp_path).wrap_socket(raw, server_hostname="vcenter.example")


def test_many_calls_share_one_connection_without_delay(server: LabServer, tmp_path: Path) -> None:
    client = http.client.HTTPSConnection("localhost", server.server_port, context=strict(tmp_path))
    started = time.perf_counter()
    for _ in range(50):
        client.request("POST", "/", body=b"x" * 2000)
        assert client.getresponse().read() == b"x" * 2000
    client.close()
    assert time.perf_counter() - started < 1.5  # Nagle and delayed ACK would make it 2 s


def test_a_client_that_never_shakes_hands_holds_up_nobody(server: LabServer, tmp_path: Path) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port)):
        client = http.client.HTTPSConnection("localhost", server.server_port, context=strict(tmp_path), timeout=5)
        client.request("POST", "/", body=b"x")
        assert client.getresponse().read() == b"x"
        client.close()


def test_stop_cuts_kept_alive_connections(server: LabServer, tmp_path: Path) -> None:
    client = http.client.HTTPSConnection("localhost", server.server_port, context=strict(tmp_path), timeout=5)
    client.request("POST", "/", body=b"x")
    client.getresponse().read()
    server.stop()
    with pytest.raises(OSError):
        client.request("POST", "/", body=b"x")
        client.getresponse()
    client.close()
