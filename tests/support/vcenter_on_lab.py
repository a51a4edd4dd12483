# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of the vCenter client on the lab share."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.clock import Clock
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter import VcenterClient
from lab.runtime import Lab
from lab.world import SourceVm

from .lab_settings import vcenter_of


def client_of(running: Lab, clock: Clock | None = None, **changes: Any) -> VcenterClient:
    """A client with the settings that lab.env hands to everybody."""
    return VcenterClient(vcenter_of(running, **changes), connect_timeout_s=5, request_timeout_s=30, clock=clock)


def any_vm(running: Lab) -> SourceVm:
    return next(vm for vm in running.world.source.values() if vm.power == "poweredOn" and vm.tools_status == "OK")


def requests(running: Lab) -> list[dict[str, Any]]:
    """What the lab's vCenter was asked so far."""
    lines = (running.state_dir / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
    return [entry for entry in map(json.loads, lines) if entry["system"] == "vcenter"]


def count(running: Lab, method: str) -> int:
    return sum(1 for entry in requests(running) if entry["method"] == method)


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
