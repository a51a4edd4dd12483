# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Managed identities of the machine that runs Ansible: the metadata service of a VM, and the endpoint of App Service.

Both speak plain HTTP on the machine itself; that is how the real ones are.
"""

from __future__ import annotations

import json
import secrets
import socketserver
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .. import names
from ..runtime import RunningServer
from . import entra
from .state import Azure
from .wire import JSON, Answer

VM_PATH = "/metadata/identity/oauth2/token"
APP_SERVICE_PATH = "/msi/token"
_CLIENTS = {"system": names.SYSTEM_IDENTITY, "user": names.USER_IDENTITY}
_NAMED_BY = ("client_id", "object_id", "principal_id", "msi_res_id", "mi_res_id")


def serve(azure: Azure) -> RunningServer:
    """Answer from now on, on a port of loopback."""
    server = _Server(("127.0.0.1", 0), type("Connection", (_Connection,), {"azure": azure}))
    threading.Thread(target=server.serve_forever, args=(0.05,), name="imds", daemon=True).start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    return RunningServer(url=f"http://localhost:{server.server_port}", port=server.server_port, stop=stop)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # without a look-up of the host's name
        self.server_name, self.server_port = "localhost", int(self.server_address[1])


class _Connection(BaseHTTPRequestHandler):
    azure: Azure  # set by serve
    protocol_version = "HTTP/1.1"
    server_version = "IMDS/150.870.65.1955"
    sys_version = ""

    def do_GET(self) -> None:
        lab = self.azure.lab
        begun = lab.ledger.begin()
        split = urllib.parse.urlsplit(self.path)
        query = {name.lower(): value for name, value in urllib.parse.parse_qsl(split.query)}
        fault = lab.faults.reply("imds", "GET", split.path)
        if fault is not None:
            answer = Answer(status=int(fault.get("status", 500)), body=fault.get("body"))
        else:
            answer = self._answer(split.path, query)
        size = self._reply(answer)
        lab.ledger.end(
            begun,
            system="imds",
            method="GET",
            path=self.path,
            status=answer.status,
            write=False,
            principal=answer.body.get("client_id", "") if isinstance(answer.body, dict) else "",
            request_bytes=0,
            reply_bytes=size,
        )

    def _answer(self, path: str, query: dict[str, str]) -> Answer:
        if path == VM_PATH:
            return _vm(self.azure, query, self.headers.get("Metadata", ""))
        if path == APP_SERVICE_PATH:
            return _app_service(self.azure, query, self.headers.get("X-IDENTITY-HEADER", ""))
        return Answer(status=404, body={"error": "Not found"})

    def _reply(self, answer: Answer) -> int:
        content = b"" if answer.body is None else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        return len(content)

    def log_message(self, *_: Any) -> None:
        """The ledger is the log."""


def _no(error: str, description: str) -> Answer:
    return Answer(status=400, body={"error": error, "error_description": description})


def _vm(azure: Azure, query: dict[str, str], header: str) -> Answer:
    if header.lower() != "true":
        return _no("invalid_request", "Required metadata header not specified")
    if query.get("api-version", "") < "2018-02-01":
        return _no("bad_request_102", "Required api-version is not specified or not supported")
    client, problem = _which(azure, query)
    if not client:
        return _no("invalid_request", problem)
    audience = entra.audience_of(azure, query.get("resource", ""))
    if not audience:
        named = query.get("resource", "")
        return _no(
            "invalid_resource", f"AADSTS500011: The resource principal named {named} was not found in the tenant."
        )
    found = _token(azure, client, audience)
    return Answer(body={**found, "expires_in": str(azure.switches.token_life_s), "resource": query["resource"]})


def _app_service(azure: Azure, query: dict[str, str], header: str) -> Answer:
    if not secrets.compare_digest(header.encode(), names.IDENTITY_HEADER.encode()):
        return Answer(status=401, body={"statusCode": 401, "message": "The identity header is not valid."})
    client, problem = _which(azure, query)
    audience = entra.audience_of(azure, query.get("resource", ""))
    if not client or not audience:
        return Answer(status=400, body={"statusCode": 400, "message": problem or "The resource is not known."})
    return Answer(body={**_token(azure, client, audience), "resource": query["resource"]})


def _which(azure: Azure, query: dict[str, str]) -> tuple[str, str]:
    """The identity that is asked for. Unnamed, it is the machine's own, or the only one that was assigned to it."""
    here = [_CLIENTS[kind] for kind in azure.switches.machine_identities]
    named = next((query[name] for name in _NAMED_BY if query.get(name)), "")
    if not named and here:
        return here[0], ""
    if named.lower() in here:
        return named.lower(), ""
    return "", "Identity not found"


def _token(azure: Azure, client: str, audience: str) -> JSON:
    moment = int(azure.now().timestamp())
    return {
        "access_token": entra.issue(azure, client, audience, names.TENANT),
        "client_id": client,
        "expires_on": str(moment + azure.switches.token_life_s),
        "not_before": str(moment),
        "token_type": "Bearer",
    }
