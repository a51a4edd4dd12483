# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events of virtual machines: one question to vCenter for all of them, sorted out here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

from .vcenter_sdk import kind, moid
from .vcenter_session import Wire

PAGE = 1000


def read(wire: Wire, moids: Collection[str], kinds: Collection[str], since: dt.datetime | None) -> list[dict[str, Any]]:
    """Events of these kinds since then, oldest first. A filter takes one machine, so it is used for one only."""
    types = wire.sdk.vim.event.EventFilterSpec
    spec = types(eventTypeId=list(kinds))
    if since is not None:
        spec.time = types.ByTime(beginTime=since)
    if len(moids) == 1:
        vm = wire.managed(wire.sdk.vim.VirtualMachine, next(iter(moids)))
        spec.entity = types.ByEntity(entity=vm, recursion="self")
    collector = wire.content.eventManager.CreateCollectorForEvents(spec)
    # Not maxCount of the filter: a server that heeds it when reading on would cut the history short.
    collector.SetCollectorPageSize(PAGE)
    found: list[Any] = []
    collector.RewindCollector()
    while batch := collector.ReadNextEvents(PAGE):
        found += batch
    collector.DestroyCollector()
    return plain(found, moids, kinds, since)


def plain(
    events: Iterable[Any], moids: Collection[str], kinds: Collection[str], since: dt.datetime | None
) -> list[dict[str, Any]]:
    """Plain data of those events that were asked for: a server may return more than the filter says."""
    ordered = sorted({event.key: event for event in events}.values(), key=lambda event: (event.createdTime, event.key))
    return [
        {
            "moid": moid(event.vm.vm),
            "kind": kind_of(event),
            "at": event.createdTime.astimezone(dt.UTC),
            "user": event.userName or "",
            "text": event.fullFormattedMessage or "",
        }
        for event in ordered
        if event.vm is not None
        and moid(event.vm.vm) in moids
        and (not kinds or kind_of(event) in kinds)
        and (since is None or event.createdTime >= since)
    ]


def kind_of(event: Any) -> str:
    """The type of an event. Extended events carry it as data."""
    name = kind(event)
    return str(event.eventTypeId) if name in ("EventEx", "ExtendedEvent") else name
