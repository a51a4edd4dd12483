# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Leases of HTTP uploads (NFC): addresses for the disks of a VM that is being made, and how long they live."""

from __future__ import annotations

import hashlib
import math
import secrets
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..world import SourceVm
from .inventory import Inventory, escaped
from .tasks import IMPORT, TaskState
from .types import fault, make, vim, vmodl

if TYPE_CHECKING:
    from .service import Service

_lease = vim.HttpNfcLease
TIMEOUT_S = 300  # recorded: what vCenter says in leaseTimeout
INITIALIZE_S = 2


@dataclass
class Upload:
    """One disk of the VM: its address, and what has arrived there."""

    device: str  # VirtualLsiLogicController0:0, the end of its keys
    import_key: str  # as the import spec's file item names it
    file: str
    capacity_bytes: int
    size: int = 0
    sha1: str = ""
    sha256: str = ""


class Lease:
    """From the import to its end. Only ``HttpNfcLeaseProgress`` keeps it alive."""

    def __init__(
        self,
        service: Service,
        vm: SourceVm,
        uploads: list[Upload],
        user: str,
        cause: int,
        check: Callable[[], None],
    ) -> None:
        self.ref: Any = None
        self.secret = secrets.token_hex(16)
        self.state, self.error, self.percent = "initializing", None, 0
        self.vm, self.uploads = vm, uploads
        self.product = ""  # what the descriptor says the machine is
        self._service, self._user, self._cause, self._check = service, user, cause, check
        self._renewals = 0
        self._task: TaskState | None = None  # goes on as long as the lease is held
        self._world = service.world
        self._world.schedule.after(INITIALIZE_S, self._begin)

    @property
    def timeout_s(self) -> int:
        """Whole seconds on the lab's clock, as the lease tells them and as it keeps them."""
        return max(1, math.floor(self._world.schedule.short(TIMEOUT_S)))

    def _begin(self) -> None:
        with self._world.lock:
            if self.state != "initializing":
                return
            try:
                self._check()
            except vmodl.MethodFault as wrong:
                self.state, self.error = "error", wrong
                return
            self.vm.moid = self._world.new_moid()  # another import may have begun since this one was asked for
            self._world.create_source(self.vm, self._user, self._cause)
            self._task = self._service.tasks.hold(
                IMPORT, Inventory.vm_ref(self.vm), escaped(self.vm.name), self._user, TIMEOUT_S
            )
            self.state = "ready"
        self._renew()

    def _renew(self) -> None:
        self._renewals += 1
        number = self._renewals
        clock = self._world.clock
        clock.at(clock.monotonic() + self.timeout_s, lambda: self._lapse(number))

    def _lapse(self, number: int) -> None:
        if number == self._renewals and self.state == "ready":
            self.end("error", fault(vim.fault.Timedout, "The lease has timed out: no progress was reported."))

    # -- what clients do with it -----------------------------------------------------------------------------------

    def progress(self, percent: int) -> None:
        self.refuse_ended()
        self.percent = percent
        self._renew()

    def end(self, state: str, error: Any = None) -> None:
        """``done`` keeps the VM; anything else removes what there is of it."""
        with self._world.lock:
            self.state, self.error = state, error
            if self._task is not None:
                self._service.tasks.release(self._task, error)
            if state != "done":
                self._world.remove_source(self.vm, self._user, self._cause)

    def refuse_ended(self) -> None:
        if isinstance(self.error, vim.fault.Timedout):
            raise fault(vim.fault.Timedout, "The lease has timed out.")
        if self.state not in ("initializing", "ready"):
            raise fault(vim.fault.InvalidState, "The operation is not allowed in the current state of the lease.")

    def upload(self, file: str) -> Upload | None:
        """Where a file goes, while the lease takes any."""
        if self.state != "ready":
            return None
        return next((upload for upload in self.uploads if upload.file == file), None)

    def receive(self, upload: Upload, pieces: Iterable[bytes]) -> bool:
        """Take a file in. False when the lease ended meanwhile."""
        sha1, sha256, size = hashlib.sha1(usedforsecurity=False), hashlib.sha256(), 0
        for piece in pieces:
            if self.state != "ready":
                return False
            sha1.update(piece)
            sha256.update(piece)
            size += len(piece)
        upload.size, upload.sha1, upload.sha256 = size, sha1.hexdigest(), sha256.hexdigest()
        return True

    # -- what it shows ---------------------------------------------------------------------------------------------

    def roots(self, _: Service) -> dict[str, Callable[[], Any]]:
        return {
            "state": lambda: self.state,
            "error": lambda: self.error,
            "initializeProgress": lambda: 0 if self.state == "initializing" else 100,
            "transferProgress": lambda: self.percent,
            "mode": lambda: "pushOrGet",
            "capabilities": lambda: make(_lease.Capabilities, pullModeSupported=False, corsSupported=True),
            "info": lambda: self._info() if self.state == "ready" else None,
        }

    def _info(self) -> Any:
        thumbprint = _thumbprint(self._service)
        return make(
            _lease.Info,
            lease=self.ref,
            entity=Inventory.vm_ref(self.vm),
            totalDiskCapacityInKB=sum(upload.capacity_bytes for upload in self.uploads) // 1024,
            leaseTimeout=self.timeout_s,
            deviceUrl=[
                make(
                    _lease.DeviceUrl,
                    key=self._key(upload),
                    importKey=upload.import_key,
                    url=f"{self._service.door}/nfc/{self.secret}/{upload.file}",
                    sslThumbprint=thumbprint,
                    disk=True,
                    targetId=upload.file,
                )
                for upload in self.uploads
            ],
        )

    def manifest(self) -> list[Any]:
        """What has arrived, by its checksums."""
        return [
            make(
                _lease.ManifestEntry,
                key=self._key(upload),
                sha1=upload.sha1,
                checksum=upload.sha256,
                checksumType="sha256",
                size=upload.size,
                disk=True,
                capacity=upload.capacity_bytes,
            )
            for upload in self.uploads
            if upload.sha1
        ]

    def _key(self, upload: Upload) -> str:
        return f"/{self.vm.moid}/{upload.device}"


def _thumbprint(service: Service) -> str:
    first, end, _ = service.lab.tls.cert.read_text(encoding="ascii").partition(ssl.PEM_FOOTER)
    der = ssl.PEM_cert_to_DER_cert(first + end)
    digest = hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()
    return ":".join(digest[place : place + 2] for place in range(0, len(digest), 2))
