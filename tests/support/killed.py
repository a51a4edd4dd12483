# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that may end after their n-th request, on a lab with time of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm_wire import Exchange
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.clock import Clock
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.credentials import AzureSettings
from lab.assemble import start_lab
from lab.azure.state import Azure
from lab.clock import OwnedClock

from .records import Records, Request

T = TypeVar("T")


class Killed(BaseException):
    """The run's process is gone. No ``except Exception`` of ours may hold it up."""


@dataclasses.dataclass
class Fuse:
    """Counts what a client was answered, and ends the run after the n-th answer; 0 never does."""

    after: int = 0
    answered: int = 0

    def __call__(self, _exchange: Exchange) -> None:
        self.answered += 1
        if self.answered == self.after:
            raise Killed


class Ground:
    """A lab on its own time. ``lab`` are options of ``start_lab``; the estate is empty unless one is named."""

    def __init__(self, folder: Path, **lab: Any) -> None:
        self.time = OwnedClock()
        self.clock = Clock(monotonic=self.time.monotonic, sleep=self.time.sleep, now=self.time.now)
        self.lab = start_lab(folder, clock=self.time, **{"speed": 1, "stage": "bare", "estate": "empty", **lab})
        self.records = Records(self.lab)
        self.azure: Azure = self.lab.dumpers["azure"].__self__  # type: ignore[attr-defined]

    def __enter__(self) -> Ground:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.lab.stop()

    @contextmanager
    def arm(self, fuse: Callable[[Exchange], None] | None = None, **more: Any) -> Iterator[ArmClient]:
        """A client that signs in anew, as each module call does; one request at a time, so that a run is the same again."""
        told = self.lab.environment
        settings = AzureSettings(
            subscription_id=told["AZURE_SUBSCRIPTION_ID"],
            tenant=told["AZURE_TENANT"],
            client_id=told["AZURE_CLIENT_ID"],
            secret=told["AZURE_SECRET"],
            cloud_environment=told["AZURE_CLOUD_ENVIRONMENT"],
            ca_path=told["AZURE_CA_PATH"],
        )
        options = {"clock": self.clock, "max_concurrency": 1, "jitter": lambda: 0.5, **more}
        with ArmClient(settings, environ={}, watch=fuse, **options) as client:
            yield client

    def run(self, work: Callable[[ArmClient], T], after: int = 0, fuse: Fuse | None = None) -> tuple[T | None, int]:
        """What the work gives, None where it was killed, and how many answers it was given."""
        fuse = fuse or Fuse(after)
        with self.arm(fuse) as arm:
            try:
                return work(arm), fuse.answered
            except Killed:
                return None, fuse.answered

    def accepted(self, moment: int = 0) -> list[Request]:
        """The writes that were accepted, sign-in aside."""
        return [request for request in self.records.writes(moment) if request.accepted and not request.is_discovery]
