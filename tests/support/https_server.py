# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small scripted HTTPS server on loopback: real TLS, real sockets, and the ways in which both go wrong."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Tls:
    """Files of a throw-away certificate authority and of a server certificate that it signed."""

    ca: Path
    cert: Path
    key: Path


def make_tls(directory: Path, age_days: int = 1) -> Tls:
    """A fresh authority and a certificate for localhost and 127.0.0.1; both live for eight days."""
    directory.mkdir(parents=True, exist_ok=True)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "azlocal.migrate test authority")])
    now = datetime.now(UTC)

    def builder(subject: x509.Name, public_key: Any) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(ca_name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=age_days))
            .not_valid_after(now + timedelta(days=8 - age_days))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        )

    may_sign = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    usage = x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **may_sign)
    ca_cert = (
        builder(ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    cert = (
        builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), key.public_key())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    tls = Tls(directory / "ca.pem", directory / "cert.pem", directory / "key.pem")
    tls.ca.write_bytes(ca_cert.public_bytes(serialization.Encoding.PEM))
    tls.cert.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    tls.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return tls


@dataclass(frozen=True)
class Request:
    """What the server was asked."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> str:
        return urlsplit(self.target).query

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """One scripted answer; `fault` breaks the connection instead (reset) or in the middle of the body (cut)."""

    body: Any = None  # dict or list: sent as JSON; bytes: as they are; None: empty
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Literal["", "reset", "cut"] = ""
    delay_s: float = 0

    def encoded(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Scripted = Answer | Callable[[Request], Answer]


class HttpsServer:
    """Answers as scripted by method and path; the last answer of a script stays. Every request is kept."""

    def __init__(self, tls: Tls) -> None:
        self.requests: list[Request] = []
        self._scripts: dict[tuple[str, str], list[Scripted]] = defaultdict(list)
        self._lock = threading.Lock()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.cert, tls.key)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle_any(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                request = Request(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
                outer._play(self, outer._next(request))

            do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = handle_any

            def log_message(self, *_args: object) -> None:
                """Quiet."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_args: object) -> None:
                """A broken connection is what some tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = int(self._server.server_address[1])
        self.url = f"https://localhost:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def on(self, method: str, path: str, *answers: Scripted) -> None:
        """Script a path (without its query)."""
        with self._lock:
            self._scripts[(method, path)] = [*answers]

    def count(self, method: str, path: str) -> int:
        """How often this was asked."""
        with self._lock:
            return sum(1 for request in self.requests if (request.method, request.path) == (method, path))

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _next(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            script = self._scripts.get((request.method, request.path))
            if not script:
                return Answer({"error": {"code": "NotScripted", "message": request.target}}, status=404)
            chosen = script.pop(0) if len(script) > 1 else script[0]
        return chosen if isinstance(chosen, Answer) else chosen(request)

    def _play(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        time.sleep(answer.delay_s)
        if answer.fault == "reset":
            self._reset(handler)
            return
        content = answer.encoded()
        extra = 10 if answer.fault == "cut" else 0
        handler.send_response(answer.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(content) + extra)} | dict(
            answer.headers
        )
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)
        handler.wfile.flush()
        if extra:
            self._reset(handler, hard=False)

    @staticmethod
    def _reset(handler: BaseHTTPRequestHandler, hard: bool = True) -> None:
        handler.close_connection = True
        if hard:
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with contextlib.suppress(OSError):
            if not hard:
                handler.connection.shutdown(socket.SHUT_RDWR)
            handler.connection.close()


TENANT = "11111111-2222-4333-8444-555555555555"


def script_cloud(server: HttpsServer, tenant: str = TENANT) -> None:
    """A cloud's metadata and a sign-in that gives everybody a token, numbered by order: token-1, token-2, ..."""
    base = server.url
    server.on(
        "GET",
        "/metadata/endpoints",
        Answer(
            {
                "name": "Test",
                "resourceManager": f"{base}/",
                "authentication": {"loginEndpoint": f"{base}/", "audiences": [f"{base}/"]},
                "suffixes": {},
            }
        ),
    )
    authority = f"{base}/{tenant}"
    server.on(
        "GET",
        f"/{tenant}/v2.0/.well-known/openid-configuration",
        Answer(
            {
                "issuer": f"{authority}/v2.0",
                "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
                "token_endpoint": f"{authority}/oauth2/v2.0/token",
            }
        ),
    )

    def token(_request: Request) -> Answer:
        number = server.count("POST", f"/{tenant}/oauth2/v2.0/token")
        return Answer({"token_type": "Bearer", "expires_in": 3600, "access_token": f"token-{number}"})

    server.on("POST", f"/{tenant}/oauth2/v2.0/token", token)


@contextlib.contextmanager
def running(tls: Tls) -> Iterator[HttpsServer]:
    """A server for the length of a block."""
    server = HttpsServer(tls)
    try:
        yield server
    finally:
        server.stop()
