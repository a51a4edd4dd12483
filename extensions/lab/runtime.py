# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one running lab is made of, and how its simulators serve HTTPS."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .clock import Clock
from .faults import Faults
from .journal import Journal, Ledger
from .schedule import Schedule
from .switches import Switches
from .world import World

if TYPE_CHECKING:
    from .appliance_operator import Operator
    from .appliances import Appliance
    from .host.cluster import Cluster


@dataclass(frozen=True)
class TlsFiles:
    """Paths of the lab's own certificate authority, and of the leaf certificate that all simulators show."""

    ca: Path
    cert: Path
    key: Path


@dataclass
class RunningServer:
    """One simulator that answers."""

    url: str
    port: int
    stop: Callable[[], None]


@dataclass
class Lab:
    """One world and what serves it."""

    world: World
    ledger: Ledger
    journal: Journal
    schedule: Schedule
    state_dir: Path
    seed: int
    tls: TlsFiles
    latency_ms: int
    faults: Faults
    vms: int
    switches: Switches
    cluster: Cluster  # what the Azure Local hosts hold beside migrated VMs
    stage: str = "ready"  # ready | bare: whether somebody has prepared the project already
    throttle: str = "off"  # off | arm | rp-800-5min | rp-100-5min
    appliances: dict[str, Appliance] = field(default_factory=dict)  # by name, lower case
    servers: dict[str, RunningServer] = field(default_factory=dict)  # azure, vcenter, host:<node>
    environment: dict[str, str] = field(default_factory=dict)  # what lab.env exports
    # what a simulator wants in world.json beside the world itself: {"azure": state}, called at every dump
    dumpers: dict[str, Callable[[], Any]] = field(default_factory=dict)

    operator: Operator = field(init=False)  # does what only a person can do

    @property
    def clock(self) -> Clock:
        """What everything in this lab tells the time by."""
        return self.schedule.clock

    def dump(self) -> dict[str, Any]:
        """The whole world as JSON-ready data: ``source``, ``target``, ``seeds``, ``events`` and each dumper's part."""
        return {"at": self.clock.now(), **self.world.dump(), **{name: show() for name, show in self.dumpers.items()}}

    def write_world(self) -> Path:
        """Write world.json, whole or not at all."""
        path = self.state_dir / "world.json"
        fresh = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.tmp")
        fresh.write_text(json.dumps(self.dump(), indent=1, default=_plain) + "\n", encoding="utf-8")
        fresh.replace(path)
        return path

    def stop(self) -> None:
        """Stop all simulators and leave world.json behind. Safe to call twice."""
        servers, self.servers = self.servers, {}
        for server in servers.values():
            server.stop()
        self.clock.stop()
        if servers:
            self.write_world()
        self.ledger.close()
        self.journal.close()


def _plain(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


class LabServer(ThreadingHTTPServer):
    """A TLS server on loopback. The handshake runs in the connection's thread: a slow client holds up nobody."""

    daemon_threads = True
    request_queue_size = 512  # a benchmark opens hundreds of connections at once
    block_on_close = False

    def __init__(self, handler_class: type[BaseHTTPRequestHandler], tls: TlsFiles, port: int) -> None:
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(tls.cert, tls.key)
        super().__init__(("127.0.0.1", port), handler_class)

    def server_bind(self) -> None:
        # HTTPServer would look up the host's own name: no name service is wanted here
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", int(self.server_address[1])

    def get_request(self) -> tuple[socket.socket, Any]:
        raw, address = super().get_request()
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else keep-alive costs 40 ms a call
        secured = self._context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
        with self._open_lock:
            self._open.add(secured)
        return secured, address

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away, or does not trust us, is no error of the lab; anything else is, and is shown."""
        import sys

        if not isinstance(sys.exc_info()[1], (OSError, ssl.SSLError)):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Stop listening and cut what is still open, so that a test sees a dead server as dead."""
        self.shutdown()
        self.server_close()
        with self._open_lock:
            left, self._open = list(self._open), set()
        for connection in left:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def serve_https(
    handler_class: type[BaseHTTPRequestHandler],
    tls: TlsFiles,
    port: int = 0,
    attributes: Mapping[str, Any] | None = None,
) -> tuple[LabServer, int]:
    """Serve from now on, in a thread of its own; ``server.stop()`` ends it. HTTP/1.1 with keep-alive.

    ``attributes`` become class attributes of the handler, e.g. ``{"lab": lab}``.
    """
    handler = type(
        handler_class.__name__,
        (handler_class,),
        {
            "protocol_version": "HTTP/1.1",
            "wbufsize": -1,  # head and body leave together
            "log_message": lambda *_: None,  # the ledger is the log
            **(attributes or {}),
        },
    )
    server = LabServer(handler, tls, port)
    threading.Thread(target=server.serve_forever, args=(0.05,), name=f"https:{server.server_port}", daemon=True).start()
    return server, server.server_port
