# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lease of an import: vCenter holds the new machine for us as long as we report progress, and removes it else."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from .clock import Clock
from .errors import BadReply, ClientError, DeadlineExceeded, NotFound, ReplyLost, Unreachable
from .vcenter_collector import retrieve
from .vcenter_faults import from_fault
from .vcenter_session import Session, Wire

RENEW_S = 30  # at the latest; four times in the life of a lease that lives shorter than two minutes
READY_S = 600  # how long vCenter may take to make the empty machine
_LOOK_S = 0.5
_PATHS = ["state", "error", "info"]


@dataclass(frozen=True, kw_only=True)
class Ready:
    """What a lease says when uploads may begin."""

    vm: str
    lives_s: int
    urls: dict[str, str]  # by the id of the device in the import spec


class Lease:
    """It belongs to the session that made it: nobody else can take it up."""

    def __init__(self, session: Session, moid: str, clock: Clock) -> None:
        self._session, self._moid, self._clock = session, moid, clock

    def _managed(self, wire: Wire) -> Any:
        return wire.managed(wire.sdk.vim.HttpNfcLease, self._moid)

    def _read(self) -> dict[str, Any]:
        def ask(wire: Wire) -> dict[str, Any]:
            lease = self._managed(wire)
            found = list(retrieve(wire, [(type(lease), _PATHS)], objects=[lease]))
            if not found:
                raise wire.sdk.vmodl.fault.ManagedObjectNotFound(obj=lease, msg=f"there is no lease {self._moid}")
            return found[0].props

        return self._session.read("reading the lease of the import", ask)

    def ready(self) -> Ready:
        """Wait until vCenter has made the machine, and say where its disks go."""
        deadline = self._clock.monotonic() + READY_S
        told = f"{self._session.place}: making the virtual machine of the import"
        while (props := self._read()).get("state") == "initializing":
            if self._clock.monotonic() >= deadline:
                raise DeadlineExceeded(
                    f"{told} has not ended within {READY_S} s",
                    code="TaskTimeout",
                    remedy="Look at the import's task in vCenter, then run again",
                    operation=told,
                )
            self._clock.sleep(_LOOK_S)
        if props.get("error") is not None:
            raise from_fault(props["error"], told) from props["error"]
        info = props.get("info")
        if props.get("state") != "ready" or info is None:
            raise BadReply(f"{told} failed: the lease is {props.get('state')}", operation=told)
        return Ready(
            vm=str(info.entity._GetMoId()),
            lives_s=int(info.leaseTimeout or 0) or 4 * RENEW_S,
            urls={str(device.importKey): self._reachable(str(device.url)) for device in info.deviceUrl},
        )

    def _reachable(self, url: str) -> str:
        """A star in place of the host means the server that was asked."""
        settings = self._session.settings
        host = f"[{settings.hostname}]" if ":" in settings.hostname else settings.hostname
        return url.replace("//*", f"//{host}:{settings.port}", 1)

    def renew(self, percent: int) -> None:
        def send(wire: Wire) -> None:
            self._managed(wire).HttpNfcLeaseProgress(percent)

        self._session.write("reporting the progress of the import", send)

    def complete(self) -> None:
        """Keep the machine. Where the answer is lost, the lease is asked: one that is gone was completed too."""

        def send(wire: Wire) -> None:
            self._managed(wire).HttpNfcLeaseComplete()

        operation = "completing the import"
        try:
            self._session.write(operation, send)
        except ReplyLost:
            with contextlib.suppress(NotFound):
                state = self._read().get("state")
                if state == "ready":
                    self._session.write(operation, send)
                elif state != "done":
                    raise

    def abort(self) -> None:
        """Give it up: vCenter removes the machine."""

        def send(wire: Wire) -> None:
            self._managed(wire).HttpNfcLeaseAbort()

        self._session.write("aborting the import", send)


class KeepAlive:
    """Renews a lease beside the upload, whether that gets on or not, and tells vCenter how far it is."""

    def __init__(self, lease: Lease, ready: Ready, total_bytes: int) -> None:
        self._lease, self._total = lease, max(total_bytes, 1)
        self._every_s = min(RENEW_S, ready.lives_s / 4)
        self._sent = 0
        self._failure: ClientError | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    def sent(self, count: int) -> None:
        """More bytes are there. A lease that was lost ends the upload here."""
        self._sent += count
        self.check()

    def check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def __enter__(self) -> KeepAlive:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._every_s):
            try:
                self._lease.renew(min(99, 100 * self._sent // self._total))
            except (ReplyLost, Unreachable):
                continue  # a lease that ended meanwhile says so next time
            except ClientError as error:
                self._failure = error
                return
