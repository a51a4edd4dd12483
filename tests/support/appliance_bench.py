# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The source appliance on the lab: its file, runs of it, and runs that end in the middle."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.clock import Clock
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_import import VcenterImport
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_session import VcenterSettings
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import appliance_mark
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.placement import Wishes
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.source_appliance import Machine, Wanted
from ansible_collections.azlocal.migrate.plugins.module_utils.services.appliance_import import LEASE_S, Source
from ansible_collections.azlocal.migrate.plugins.module_utils.services.source_appliance import (
    Outcome,
    SourceAppliance,
)
from lab.runtime import Lab
from lab.world import SourceVm

from .ovf import write_ova

NAME = "newsrc"
WISHES = Wishes(cluster="Cluster-A", datastore="DS-Gold-01", network="VM Network")


class Killed(BaseException):
    """The process is no more: nothing of it is sent from here on, and nothing of it cleans up."""


@dataclass
class ApplianceBench:
    """One lab, one file, and what is asked of both."""

    lab: Lab
    source: Source
    sha256: str
    lease_s: float  # how long a run waits for somebody's lease to end

    @classmethod
    def make(cls, lab: Lab, folder: Path) -> ApplianceBench:
        path = folder / "appliance.ova"
        sha256 = write_ova(path)
        return cls(lab, Source(path=str(path), wishes=WISHES), sha256, lab.schedule.short(LEASE_S))

    @property
    def settings(self) -> VcenterSettings:
        told = self.lab.environment
        return VcenterSettings(
            hostname=told["VMWARE_HOST"],
            port=int(told["VMWARE_PORT"]),
            username=told["VMWARE_USER"],
            password=told["VMWARE_PASSWORD"],
            vcenter_ca_path=told["VMWARE_CA_PATH"],
        )

    def wanted(self, state: str = "powered_on", **more: Any) -> Wanted:
        return Wanted(**{"name": NAME, "state": state, "sha256": self.sha256, **more})

    def run(self, state: str = "powered_on", *, check: bool = False, **more: Any) -> Outcome:
        """One run of the module, from signing in to signing out, on the lab's own time."""
        source: Source = more.pop("source", self.source)
        lease_s = more.pop("lease_s", self.lease_s)
        time = self.lab.clock
        clock = Clock(monotonic=time.monotonic, sleep=time.sleep, now=time.now)
        with VcenterImport(self.settings, connect_timeout_s=5, request_timeout_s=30, clock=clock) as vcenter:
            wanted = self.wanted(state, **more)
            return SourceAppliance(
                vcenter=vcenter, wanted=wanted, source=source, check=check, lease_s=lease_s, clock=clock
            ).run()

    # -- what there is and was -------------------------------------------------------------------------------------

    @property
    def machines(self) -> list[SourceVm]:
        with self.lab.world.lock:
            return [vm for vm in self.lab.world.source.values() if vm.name == NAME]

    @property
    def step(self) -> str:
        """How far the mark says it is; "" without a machine."""
        steps = [appliance_mark.find(vm.custom_values.get("azlocal.migrate"), vm.annotation) for vm in self.machines]
        return steps[0].step if steps and steps[0] else ""

    @contextmanager
    def told(self) -> Iterator[list[dict[str, Any]]]:
        """The requests of a block, once it is over."""
        ledger, asked = self.lab.state_dir / "ledger.jsonl", list[dict[str, Any]]()
        begin = ledger.stat().st_size
        try:
            yield asked
        finally:
            with ledger.open(encoding="utf-8") as lines:
                lines.seek(begin)
                asked += [entry for entry in map(json.loads, lines) if entry["system"] == "vcenter"]


def methods(asked: list[dict[str, Any]]) -> list[str]:
    return [entry["method"] for entry in asked]


def writes(asked: list[dict[str, Any]]) -> list[str]:
    return [entry["method"] for entry in asked if entry["write"]]


@contextmanager
def killed_before(number: int, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process dies as it is about to send its request of this number, the first being 1.

    Only the main thread's requests count, so the number means the same each time.
    """
    sent = [0]
    send = http.client.HTTPConnection.putrequest

    def counting(connection: Any, *args: Any, **more: Any) -> None:
        main = threading.current_thread() is threading.main_thread()
        sent[0] += main
        if sent[0] >= number:
            raise Killed if main else ConnectionRefusedError("the process is no more")
        send(connection, *args, **more)

    with patch.context() as patched:
        patched.setattr(http.client.HTTPConnection, "putrequest", counting)
        yield


__all__ = ["NAME", "WISHES", "ApplianceBench", "Killed", "Machine", "killed_before", "methods", "writes"]
