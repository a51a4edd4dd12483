# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The WinRM endpoints of the Azure Local nodes and of the appliances: HTTPS, Basic, ``/wsman``."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

from .. import names
from ..runtime import Lab, RunningServer, serve_https
from . import shell
from .scripts import TWINS
from .twin import APPLIANCE, HOST, ScriptError
from .wsman import Shells

APPLIANCES = (names.SOURCE_APPLIANCE, names.TARGET_APPLIANCE)
_REALM = 'Basic realm="WSMAN"'


def start(lab: Lab) -> dict[str, RunningServer]:
    """One server for each node, and one for each appliance that is or will be."""
    return {place: _start(lab, place) for place in (*names.NODES, *APPLIANCES)}


def _start(lab: Lab, node: str) -> RunningServer:
    user, password = (
        (names.APPLIANCE_USER, names.APPLIANCE_PASSWORD)
        if node in APPLIANCES
        else (names.HOST_USER, names.HOST_PASSWORD)
    )
    attributes = {"lab": lab, "node": node, "login": f"{user}:{password}", "shells": Shells(runner(lab, node))}
    server, port = serve_https(Handler, lab.tls, attributes=attributes)
    return RunningServer(url=f"https://127.0.0.1:{port}/wsman", port=port, stop=server.stop)


def runner(lab: Lab, node: str) -> Callable[[str, bytes], tuple[int, bytes, bytes]]:
    """Runs a command on this node or appliance; one line of the ledger for each."""
    kind, user = (APPLIANCE, names.APPLIANCE_USER) if node in APPLIANCES else (HOST, names.HOST_USER)

    def run(line: str, stdin: bytes) -> tuple[int, bytes, bytes]:
        begun = lab.ledger.begin()
        method, write, status = "command", False, 200
        try:
            call = shell.read(line, stdin)
            method = call.name
            twin = TWINS.get(call.name)
            if twin is None:
                raise shell.Refused(f"This simulated host does not know the script {call.name}.")
            write = twin.write and twin.asks(call.params)
            fault = lab.faults.reply("host", call.name, node)
            if fault is not None and not fault.get("after"):
                raise _injected(fault)
            if call.elsewhere:
                raise ScriptError("AccessDenied,PSSessionStateBroken", "Access is denied.")
            if kind not in twin.on:
                raise ScriptError("CommandNotFoundException", f"What {call.name} uses is not installed on {node}.")
            value = twin.run(lab, node, call.params, begun[0])
            if fault is not None:
                raise _injected(fault)
            result = shell.answered(value, collapse=lab.switches.arrays_collapse)
        except shell.Refused as refusal:
            status, result = 400, shell.refused(str(refusal))
        except ScriptError as error:
            status, result = 500, shell.failed(error.kind, str(error))
        lab.ledger.end(
            begun,
            system="host",
            method=method,
            path=node,
            status=status,
            write=write,
            principal=user,
            request_bytes=len(stdin),
            reply_bytes=len(result[1]),
        )
        return result

    return run


def _injected(fault: dict[str, Any]) -> ScriptError:
    """``after``: the work is done, and then the answer says otherwise."""
    return ScriptError(fault.get("code", "InjectedFault"), fault.get("message", "a fault of the lab"))


class Handler(BaseHTTPRequestHandler):
    """One request: authenticate, then let the node's shells answer."""

    lab: Lab
    node: str
    login: str  # user:password
    shells: Shells

    server_version = "Microsoft-HTTPAPI/2.0"
    sys_version = ""

    def do_POST(self) -> None:
        message = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.lab.latency_ms:
            self.lab.clock.sleep(self.lab.latency_ms / 1000)
        if not self._up():
            self.close_connection = True  # as if nobody were there: not a word
        elif self.path.split("?", 1)[0].rstrip("/") != "/wsman":
            self._reply(404, b"")
        elif not self._knows_user():
            self._reply(401, b"")
        else:
            self._reply(*self.shells.answer(message))

    def do_GET(self) -> None:
        self._reply(405, b"")

    def _up(self) -> bool:
        if self.node not in APPLIANCES:
            return True
        with self.lab.world.lock:
            machine = self.lab.appliances.get(self.node)
            return machine is not None and machine.answers

    def _knows_user(self) -> bool:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            given = base64.b64decode(token, validate=True)
        except binascii.Error:
            return False
        if hmac.compare_digest(given, self.login.encode()):
            return True
        self._log_refused(given.partition(b":")[0].decode(errors="replace"))
        return False

    def _log_refused(self, user: str) -> None:
        self.lab.ledger.end(
            self.lab.ledger.begin(),
            system="host",
            method="login",
            path=self.node,
            status=401,
            write=False,
            principal=user,
            request_bytes=0,
            reply_bytes=0,
        )

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", _REALM)
        self.send_header("Content-Type", "application/soap+xml;charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
