# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A signed-in session with vCenter: made when first needed, and again when vCenter has forgotten it."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from xml.parsers.expat import ExpatError

from .clock import Clock
from .errors import AuthenticationFailed, BadReply, ClientError, InvalidRequest, UntrustedCertificate
from .vcenter_faults import CERTIFICATE_REMEDY, from_fault, from_transport, is_expired_session
from .vcenter_sdk import Sdk, sdk

T = TypeVar("T")

# An idle connection is thrown away after this long. A longer-lived one may have been closed by vCenter in the
# meantime, and a change sent into it would be reported as lost although it never arrived.
IDLE_CONNECTION_S = 10

AGAIN_AFTER_S = (0.0, 2.0, 10.0)  # a read is tried once more after each

# A connection that was there and ended in the middle. Not time limits: waiting twice as long helps nobody.
BROKEN = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError, http.client.IncompleteRead, ExpatError)


@dataclass(frozen=True, kw_only=True)
class VcenterSettings:
    """Where vCenter is and who we are there."""

    hostname: str
    username: str
    password: str = field(repr=False)
    port: int = 443
    validate_certs: bool = True
    vcenter_ca_path: str = ""


class ReadCut(Exception):
    """A read lost its footing on the server (a page token, a collector's version); it must start over."""


@dataclass(frozen=True)
class Wire:
    """What a call needs: the service content of this sign-in, and a way to name objects within it."""

    sdk: Sdk
    service_instance: Any
    content: Any

    def managed(self, managed_type: Any, moid: str) -> Any:
        return managed_type(moid, self.service_instance._stub)


class Session:
    """Runs calls against vCenter and turns whatever goes wrong into our typed errors."""

    def __init__(
        self,
        settings: VcenterSettings,
        *,
        connect_timeout_s: float = 15,
        request_timeout_s: float = 180,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings
        self._clock = clock or Clock()
        self._connect_timeout_s = connect_timeout_s
        self._request_timeout_s = request_timeout_s
        self.server_waits = True  # False once the server has shown that it cannot wait for updates of a task
        self._wire: Wire | None = None
        self._alive = True  # False after a failure of the connection: then nobody waits for a logout
        self._lock = threading.Lock()

    @property
    def place(self) -> str:
        return f"vCenter {self.settings.hostname}:{self.settings.port}"

    def read(self, operation: str, ask: Callable[[Wire], T]) -> T:
        """Run a read. It is run again after an expired session, a broken connection, or a vCenter out of breath."""
        for pause_s in AGAIN_AFTER_S:
            try:
                return self._run(operation, ask, write=False)
            except _Again:
                self._clock.sleep(pause_s)
        return self._run(operation, ask, write=False, last=True)

    def write(self, operation: str, send: Callable[[Wire], T]) -> T:
        """Run one change. It is sent again only if vCenter refused it for want of a session, that is, did nothing."""
        try:
            return self._run(operation, send, write=True)
        except _Again:
            return self._run(operation, send, write=True, last=True)

    def _run(self, operation: str, call: Callable[[Wire], T], *, write: bool, last: bool = False) -> T:
        told = f"{self.place}: {operation}"
        wire = self._signed_in()
        try:
            answer = call(wire)
        except ClientError:
            raise
        except wire.sdk.vmodl.MethodFault as fault:
            if is_expired_session(fault) and not last:
                self._forget(wire)
                raise _Again from fault
            raise from_fault(fault, told) from fault
        except ReadCut as cut:
            if last:
                tries = len(AGAIN_AFTER_S) + 1
                raise BadReply(
                    f"{told} failed: vCenter lost its place in each of {tries} reads", operation=told
                ) from cut
            raise _Again from cut
        except (OSError, http.client.HTTPException, ExpatError) as error:
            self._alive = False
            if _passing(error) and not (write or last):
                raise _Again from error
            raise from_transport(error, told, write=write) from error
        self._alive = True
        return answer

    def _signed_in(self) -> Wire:
        with self._lock:
            if self._wire is None:
                self._wire = self._sign_in()
            return self._wire

    def _forget(self, wire: Wire) -> None:
        with self._lock:
            if self._wire is wire:
                self._wire = None
        wire.service_instance._stub.DropConnections()

    def _sign_in(self) -> Wire:
        library = sdk()
        told = f"{self.place}: signing in as {self.settings.username}"
        _require(self.settings)
        context = tls_context(self.settings, self._request_timeout_s)
        try:
            self._knock(context)
        except OSError as error:
            raise from_transport(error, told) from error
        try:
            instance = library.connect.SmartConnect(
                host=self.settings.hostname,
                port=self.settings.port,
                user=self.settings.username,
                pwd=self.settings.password,
                sslContext=context,
                httpConnectionTimeout=self._request_timeout_s,
                connectionPoolTimeout=IDLE_CONNECTION_S,
            )
            return Wire(library, instance, instance.RetrieveContent())
        except library.vmodl.MethodFault as fault:
            raise from_fault(fault, told) from fault
        except Exception as error:  # SmartConnect raises bare Exception when what answers is not a vCenter
            raise from_transport(error, told) from error

    def _knock(self, context: ssl.SSLContext) -> None:
        """Connect once by ourselves: pyVim connects without a time limit and hides why a connection failed."""
        address = (self.settings.hostname, self.settings.port)
        with (
            socket.create_connection(address, timeout=self._connect_timeout_s) as raw,
            context.wrap_socket(raw, server_hostname=self.settings.hostname),
        ):
            pass

    def close(self) -> None:
        """Sign out, as far as vCenter still listens. A session left behind would count against its limit."""
        with self._lock:
            wire, self._wire = self._wire, None
        if wire is None:
            return
        if self._alive:
            # Should this fail, vCenter ends the session by itself; what we came for is done.
            with contextlib.suppress(wire.sdk.vmodl.MethodFault, OSError, http.client.HTTPException, ExpatError):
                wire.content.sessionManager.Logout()
        wire.service_instance._stub.DropConnections()
        if wire.sdk.connect.GetSi() is wire.service_instance:
            wire.sdk.connect.SetSi(None)


def _passing(error: Exception) -> bool:
    """Whether the next try may find it over. pyVmomi puts any HTTP status but 200 and 500 into a text."""
    return isinstance(error, BROKEN) or (isinstance(error, http.client.HTTPException) and f"{error}"[:2] == "50")


class _Again(Exception):
    """The call changed nothing and may be made once more."""


def _require(settings: VcenterSettings) -> None:
    if not settings.hostname:
        raise InvalidRequest(
            "No vCenter is named",
            code="MissingOption",
            remedy="Give hostname, or set VMWARE_HOST",
            operation="signing in",
        )
    if not settings.username or not settings.password:  # pyVim would try a local ticket in place of an empty password
        raise AuthenticationFailed(
            "User name or password for vCenter is missing",
            code="MissingOption",
            remedy="Give username and password, or set VMWARE_USER and VMWARE_PASSWORD",
            operation="signing in",
        )


class _TimedContext(ssl.SSLContext):
    """Gives every connection a time limit. pyVim asks for the API versions over one that has none."""

    timeout_s: float = 60

    def wrap_socket(self, sock: socket.socket, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        if sock.gettimeout() is None:
            sock.settimeout(self.timeout_s)
        return super().wrap_socket(sock, *args, **kwargs)


def tls_context(settings: VcenterSettings, timeout_s: float) -> ssl.SSLContext:
    """Trust for this vCenter: the given authority, else the system's; nothing is checked only when asked so.

    Not ssl.create_default_context: from Python 3.13 that is strict about extensions which certificates of vCenter's
    own authority may lack.
    """
    context = _TimedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.timeout_s = timeout_s
    if not settings.validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    path = settings.vcenter_ca_path
    if not path:
        context.load_default_certs()
        return context
    try:
        if os.path.isdir(path):
            context.load_verify_locations(capath=path)
        else:
            context.load_verify_locations(cafile=path)
    except OSError as error:  # ssl.SSLError too: the file is not PEM
        raise UntrustedCertificate(
            f"The file of trusted authorities {path} cannot be used: {error}",
            code="BadCaFile",
            remedy=CERTIFICATE_REMEDY,
            operation="loading vcenter_ca_path",
        ) from error
    return context
