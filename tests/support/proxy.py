# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTP proxy on loopback, as companies have them: it opens tunnels, asks for a password, refuses, or opens TLS."""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Iterator

from ansible_collections.azlocal.migrate.tests.support.https_server import Tls


class Proxy:
    """``asked`` holds the target of every CONNECT, and every other request line."""

    def __init__(self, *, login: str = "", refuse: int = 0, opens_tls: Tls | None = None) -> None:
        self.asked: list[str] = []
        self._login = "Basic " + base64.b64encode(login.encode()).decode() if login else ""
        self._refuse, self._opens_tls = refuse, opens_tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.url = f"http://{login + '@' if login else ''}localhost:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, ssl.SSLError), client:
            lines = _head(client)
            method, target, _ = lines[0].split(" ")
            self.asked.append(target if method == "CONNECT" else lines[0])
            given = next((line[21:].strip() for line in lines if line.lower().startswith("proxy-authorization: ")), "")
            status = self._refuse or (407 if given != self._login else 0) or (0 if method == "CONNECT" else 501)
            if status:
                client.sendall(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())
                return
            host, _, port = target.partition(":")
            with socket.create_connection((host, int(port))) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                if self._opens_tls is None:
                    _relay(client, server)
                    return
                mine = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                mine.load_cert_chain(self._opens_tls.cert, self._opens_tls.key)
                theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                theirs.check_hostname, theirs.verify_mode = False, ssl.CERT_NONE
                with (
                    mine.wrap_socket(client, server_side=True) as seen,
                    theirs.wrap_socket(server, server_hostname=host) as beyond,
                ):
                    _relay(seen, beyond)


def _head(client: socket.socket) -> list[str]:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = client.recv(4096)
        if not piece:
            raise OSError("gone")
        head += piece
    return head.decode().split("\r\n")


def _relay(left: socket.socket, right: socket.socket) -> None:
    """Both directions on one thread: a TLS socket is not made for two."""
    other = {left: right, right: left}
    while ready := select.select([left, right], [], [], 10)[0]:
        for source in ready:
            source.settimeout(0.05)  # what is readable may be TLS's own business, and no data
            with contextlib.suppress(TimeoutError):
                while piece := source.recv(65536):
                    other[source].settimeout(10)
                    other[source].sendall(piece)
                    if not (isinstance(source, ssl.SSLSocket) and source.pending()):
                        break
                else:
                    return


@contextlib.contextmanager
def proxy(*, login: str = "", refuse: int = 0, opens_tls: Tls | None = None) -> Iterator[Proxy]:
    """A proxy for the length of a block."""
    running = Proxy(login=login, refuse=refuse, opens_tls=opens_tls)
    try:
        yield running
    finally:
        running.stop()
