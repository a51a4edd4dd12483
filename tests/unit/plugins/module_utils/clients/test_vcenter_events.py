# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events: what a server returns, cut down to what was asked."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pyVmomi import vim

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_events import plain

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
EAST = dt.timezone(dt.timedelta(hours=2))


def event(kind: str, key: int, minutes: int, moid: str | None = "vm-1", **more: Any) -> Any:
    at = (NOON + dt.timedelta(minutes=minutes)).astimezone(EAST)
    vm = vim.event.VmEventArgument(name="web", vm=vim.VirtualMachine(moid, None)) if moid else None
    text = f"{kind} {key}"
    return getattr(vim.event, kind)(
        key=key, chainId=key, createdTime=at, userName="someone", fullFormattedMessage=text, vm=vm, **more
    )


def test_sorted_filtered_and_once() -> None:
    events = [
        event("VmPoweredOffEvent", 3, 2),
        event("VmPoweredOffEvent", 3, 2),
        event("VmGuestShutdownEvent", 2, 1),
        event("VmPoweredOnEvent", 4, 3),
        event("VmPoweredOffEvent", 1, -5),
        event("VmPoweredOffEvent", 5, 1, "vm-2"),
        event("VmPoweredOffEvent", 6, 1, None),
    ]
    found = plain(events, {"vm-1"}, ["VmPoweredOffEvent", "VmGuestShutdownEvent"], NOON)
    assert found == [
        {
            "moid": "vm-1",
            "kind": "VmGuestShutdownEvent",
            "at": NOON + dt.timedelta(minutes=1),
            "user": "someone",
            "text": "VmGuestShutdownEvent 2",
        },
        {
            "moid": "vm-1",
            "kind": "VmPoweredOffEvent",
            "at": NOON + dt.timedelta(minutes=2),
            "user": "someone",
            "text": "VmPoweredOffEvent 3",
        },
    ]
    assert found[0]["at"].tzinfo is dt.UTC


def test_all_kinds_and_all_times() -> None:
    extended = event("EventEx", 9, 0, eventTypeId="esx.problem.x")
    assert [entry["kind"] for entry in plain([extended], {"vm-1"}, [], None)] == ["esx.problem.x"]
