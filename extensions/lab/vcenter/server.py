# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTPS door of the vCenter: /sdk for SOAP, /sdk/vimServiceVersions.xml for what it speaks, /nfc for uploads."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler

from ..runtime import Lab, RunningServer, serve_https

# Importing a module of operations registers them.
from . import (  # noqa: F401
    collector,
    events,
    methods_access,
    methods_import,
    methods_other,
    methods_session,
    methods_vm,
    updates,
)
from .service import Reply, Service
from .types import VERSION, support

_PIECE = 2**20
_COOKIE = "vmware_soap_session"


def start(lab: Lab) -> RunningServer:
    """Serve the lab's world as a vCenter on a free port of loopback."""
    service = Service(lab)
    server, port = serve_https(_Handler, lab.tls, attributes={"service": service})
    service.door = f"https://localhost:{port}"
    return RunningServer(url=f"https://localhost:{port}/sdk", port=port, stop=server.stop)


def versions_document() -> bytes:
    """What clients negotiate by: this API version and all before it."""
    inherited = support.GetServiceVersions("vim25")
    prior = [one for one in inherited if one.startswith("vim.version") and support.IsChildVersion(VERSION, one)]
    listed = "".join(f"<version>{support.versionIdMap[one]}</version>" for one in prior if one != VERSION)
    return (
        '<?xml version="1.0" encoding="UTF-8" ?><namespaces version="1.0"><namespace><name>urn:vim25</name>'
        f"<version>{support.versionIdMap[VERSION]}</version><priorVersions>{listed}</priorVersions>"
        "</namespace></namespaces>"
    ).encode()


class _Handler(BaseHTTPRequestHandler):
    service: Service
    server_version = "VMware-vCenter"
    sys_version = ""

    def do_GET(self) -> None:  # noqa: N802 - the library's name
        if self.path.split("?")[0] == "/sdk/vimServiceVersions.xml":
            self._send(Reply(200, versions_document()))
        else:
            self._send(Reply(404, b""))

    def do_PUT(self) -> None:  # noqa: N802
        """A file of an import. What is not taken in is not read either, so the connection ends with the answer."""
        status = self.service.take(self.path, self._pieces())
        self.close_connection = status != 200
        if status:
            self._send(Reply(status, b""))

    def _pieces(self) -> Iterator[bytes]:
        """The body as it comes, of known length or in chunks."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline().partition(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return
        left = int(self.headers.get("Content-Length") or 0)
        while left:
            piece = self.rfile.read(min(left, _PIECE))
            if not piece:
                raise ConnectionAbortedError("the upload ended in the middle")
            left -= len(piece)
            yield piece

    def do_POST(self) -> None:  # noqa: N802
        if self.path.startswith("/nfc/"):
            self.do_PUT()  # VMware's own tools send disks by POST
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.split("?")[0].rstrip("/") not in ("/sdk", "/sdk/vimService"):
            self._send(Reply(404, b""))
            return
        reply = self.service.handle(
            body,
            action=self.headers.get("SOAPAction", ""),
            cookie=_session_key(self.headers.get("Cookie", "")),
            agent=self.headers.get("User-Agent", ""),
        )
        if reply.lost:
            self.close_connection = True
            return
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(reply.body)))
        if reply.cookie:
            self.send_header("Set-Cookie", f'{_COOKIE}="{reply.cookie}"; Path=/; HttpOnly; Secure')
        self.end_headers()
        self.wfile.write(reply.body)


def _session_key(header: str) -> str:
    """The session in a Cookie header. pyVmomi sends back the whole Set-Cookie line, attributes and all."""
    try:
        jar = SimpleCookie(header)
    except CookieError:
        return ""
    return jar[_COOKIE].value if _COOKIE in jar else ""
