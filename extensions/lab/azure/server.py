# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Azure simulator: Entra ID and Azure Resource Manager on one TLS port of localhost."""

from __future__ import annotations

import hashlib
import json
import time
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler
from typing import Any

from .. import names
from ..runtime import Lab, RunningServer, serve_https
from ..switches import Switches
from . import (
    entra,
    groups,
    identities,
    imds,
    locks,
    offazure,
    policies,
    providers,
    rbac,
    routes,
    setting,
    vault,
    versions,
)
from .state import Azure
from .throttle import Throttle
from .wire import Answer, ArmError, Request, bad

_SIGNATURE = ("t", "c", "s", "h")


_RUNNING: dict[int, Azure] = {}


def of(server: RunningServer) -> Azure:
    """The state behind a running server of this process: tests turn its switches while it serves."""
    return _RUNNING[server.port]


def start(lab: Lab, switches: Switches | None = None) -> RunningServer:
    azure = Azure(lab, switches)
    for part in (setting, offazure):
        part.prepare(azure)
    front = Front(azure)
    server, port = serve_https(_Connection, lab.tls, attributes={"front": front})
    azure.base_url = f"https://localhost:{port}"
    lab.dumpers["azure"] = azure.dump
    _RUNNING[port] = azure
    identities.write(lab.state_dir, azure.now())
    if "imds" not in lab.servers:  # a second Azure over the same world needs no second machine
        lab.servers["imds"] = imds.serve(azure)

    def stop() -> None:
        _RUNNING.pop(port, None)
        server.stop()

    return RunningServer(url=azure.base_url, port=port, stop=stop)


class Front:
    """What ARM does with a request before a resource provider sees it, and with the answer after it."""

    def __init__(self, azure: Azure) -> None:
        self.azure = azure
        self.throttle = Throttle(azure.lab.throttle, azure.schedule.speed, azure.clock, azure.switches, azure.lab.seed)

    def answer(self, request: Request) -> tuple[Answer, bool]:
        """The answer, and whether the request asked for a change."""
        route, request.parts, known = routes.find(request.method, request.path)
        write = route.write if route is not None else request.method not in ("GET", "HEAD")
        try:
            if route is None or not route.public:
                request.principal = entra.principal(self.azure, request)
            self.throttle.take(request, write)
            self._place_exists(request)
            if route is None:
                raise _no_route(request, known)
            rbac.check(self.azure, request)
            if route.versions:
                versions.check(route.versions, request, self.azure.switches)
            with self.azure.world.lock:
                for gate in (providers, policies, locks):
                    gate.check(self.azure, request)
                answer = vault.check(self.azure, request) or route.handler(self.azure, request)
        except ArmError as error:
            answer = error.answer()
        for name, value in self.throttle.headers(request, write).items():
            answer.headers.setdefault(name, value)
        if "/microsoft.datareplication/" in request.path.lower():
            answer.headers.setdefault("api-supported-versions", ", ".join(self.azure.switches.replication_versions))
        return answer, write

    def _place_exists(self, request: Request) -> None:
        """Subscription and resource group, for every path that names one and something in it."""
        parts = request.path.split("/")
        if len(parts) < 3 or parts[1].lower() != "subscriptions":
            return
        if parts[2].lower() not in self.azure.subscriptions:
            raise ArmError(
                404, "SubscriptionNotFound", f"The subscription '{parts[2]}' could not be found.", gateway=True
            )
        if len(parts) > 5 and parts[3].lower() == "resourcegroups":
            groups.check(self.azure, parts[2], parts[4], request.method)


def _no_route(request: Request, known: bool) -> ArmError:
    if known:
        return ArmError(
            405,
            "MethodNotAllowed",
            f"The resource does not support the method '{request.method}'.",
            gateway=True,
        )
    return ArmError(
        404,
        "InvalidResourceType",
        f"The resource type of '{request.path}' could not be found in its namespace for api version "
        f"'{request.api_version}'.",
        gateway=True,
    )


class _Connection(BaseHTTPRequestHandler):
    front: Front  # set by serve_https
    server_version = "Microsoft-HTTPAPI/2.0"
    sys_version = ""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header, by Azure's clock, which may differ from ours."""
        return super().date_time_string(self.front.azure.now().timestamp() if timestamp is None else timestamp)

    def do_GET(self) -> None:
        self._serve()

    do_PUT = do_POST = do_PATCH = do_DELETE = do_HEAD = do_GET

    def _serve(self) -> None:
        azure = self.front.azure
        begun = azure.lab.ledger.begin()
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        split = urllib.parse.urlsplit(self.path if "://" in self.path else "https://localhost" + _single(self.path))
        request = Request(
            method=self.command,
            path=urllib.parse.unquote(split.path).rstrip("/") or "/",
            raw_query=split.query,
            query={name.lower(): value for name, value in urllib.parse.parse_qsl(split.query, keep_blank_values=True)},
            headers={name.lower(): value for name, value in self.headers.items()},
            body=None,
            line=begun[0],
        )
        if azure.lab.latency_ms:
            azure.clock.sleep(azure.lab.latency_ms / 1000)
        system = "entra" if "/oauth2/" in request.path or "/.well-known/" in request.path else "azure"
        fault = azure.lab.faults.reply(system, request.method, request.path) or {}
        wire = str(fault.get("wire", "lost" if fault.get("lost") else ""))
        if fault.get("slow_s"):
            azure.clock.sleep(azure.schedule.short(float(fault["slow_s"])))
        done = not fault or bool(wire and wire != "reset") or "after" in fault or "slow_s" in fault
        write = system == "azure" and request.method not in ("GET", "HEAD")
        if done:
            answer, write = self._done(request, data)
        else:
            answer = Answer(status=0) if wire else _broken(fault)
        told = _broken(fault) if "after" in fault else answer
        size = 0 if wire in ("reset", "lost") else self._reply(request, told, cut=wire == "cut")
        self.close_connection = self.close_connection or bool(wire)
        azure.lab.ledger.end(
            begun,
            system=system,
            method=request.method,
            path=_for_the_ledger(request),
            status=answer.status,
            write=write,
            principal=request.principal,
            request_bytes=len(data),
            reply_bytes=size,
            heard=not wire and told is answer,
            body=hashlib.sha256(data).hexdigest()[:16] if write and data else "",
        )

    def _done(self, request: Request, data: bytes) -> tuple[Answer, bool]:
        """What was asked is done, and whether it was a change."""
        try:
            request.body = _body(data, request.headers.get("content-type", ""))
            return self.front.answer(request)
        except ArmError as error:
            return error.answer(), request.method not in ("GET", "HEAD")

    def _reply(self, request: Request, answer: Answer, *, cut: bool = False) -> int:
        """The answer on the wire; ``cut``: only half of it."""
        content = b"" if answer.body is None else _content(answer)
        self.send_response(answer.status)
        correlation = request.headers.get("x-ms-correlation-request-id") or str(uuid.uuid4())
        request_id = str(uuid.uuid4())
        headers = {
            "Cache-Control": "no-cache",
            "Pragma": "no-cache",
            "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
            "X-Content-Type-Options": "nosniff",
            "x-ms-request-id": request_id,
            "x-ms-correlation-request-id": correlation,
            "x-ms-routing-request-id": f"{names.LOCATION.upper()}:{time.strftime('%Y%m%dT%H%M%SZ')}:{request_id}",
            **answer.headers,
        }
        if "x-ms-client-request-id" in request.headers:
            headers["x-ms-client-request-id"] = request.headers["x-ms-client-request-id"]
        if answer.body is not None:
            headers.setdefault("Content-Type", "application/json; charset=utf-8")
        if answer.status != 204:
            headers["Content-Length"] = str(len(content))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if content and request.method != "HEAD":
            self.wfile.write(content[: len(content) // 2] if cut else content)
        self.wfile.flush()
        return len(content)


def _content(answer: Answer) -> bytes:
    """JSON, but where somebody else than Azure answers in its place."""
    if isinstance(answer.body, str):
        return answer.body.encode()
    return json.dumps(answer.body, separators=(",", ":")).encode()


def _single(path: str) -> str:
    """Azure CLI asks //metadata/endpoints where the endpoint was given with a slash at its end."""
    head, mark, query = path.partition("?")
    while "//" in head:
        head = head.replace("//", "/")
    return head + mark + query


def _body(data: bytes, content_type: str) -> Any:
    if not data:
        return None
    if "x-www-form-urlencoded" in content_type:
        return dict(urllib.parse.parse_qsl(data.decode(errors="replace"), keep_blank_values=True))
    try:
        return json.loads(data)
    except ValueError:
        raise bad("InvalidRequestContent", "The request content was invalid and could not be deserialized.") from None


def _broken(fault: dict[str, Any]) -> Answer:
    """The reply of a fault: its own body, or an ARM error of its code and message."""
    body = fault.get("body")
    if body is None and (fault.get("code") or fault.get("message")):
        body = {"error": {"code": str(fault.get("code", "")), "message": str(fault.get("message", ""))}}
    headers = {str(name): str(value) for name, value in (fault.get("headers") or {}).items()}
    if "retry_after" in fault:
        headers["Retry-After"] = str(fault["retry_after"])
    return Answer(status=int(fault.get("status", 500)), body=body, headers=headers)


def _for_the_ledger(request: Request) -> str:
    if not request.raw_query:
        return request.path
    pairs = urllib.parse.parse_qsl(request.raw_query, keep_blank_values=True)
    return request.path + "?" + "&".join(f"{name}={'...' if name in _SIGNATURE else value}" for name, value in pairs)
