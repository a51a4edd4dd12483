# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Marks: what neither Azure nor vCenter holds, kept on the source VM itself as one small JSON text.

A mark is written before the act it announces and is read as truth, so that any controller can go on where
another one stopped. Text that is not ours is never overwritten silently: it decodes to an empty mark.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import Any

from . import values

ATTRIBUTE = "azlocal.migrate"
VERSION = 1


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """What we wrote on a source VM. Times are aware UTC datetimes."""

    wave: str = ""
    enabled_at: dt.datetime | None = None  # before the PUT of the protected item
    cutover_at: dt.datetime | None = None  # before the POST of the planned failover
    attempt: int = 0  # planned failovers sent
    nics: tuple[tuple[int, bool, bool], ...] = ()  # (device key, connected, start connected) as they were
    addresses: tuple[tuple[int, tuple[str, ...]], ...] = ()  # by device key; vCenter forgets them once it is off
    conflict_at: dt.datetime | None = None  # both sides were seen on
    both_may_run: bool = False  # shutdown: none, confirmed by whoever sent the cutover
    target_id: str = ""  # ARM id of the target machine that the cutover was to make


def _text(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def decode(text: str | None) -> Mark:
    """The mark in a custom attribute's text; an empty one for anything that is not ours."""
    try:
        data = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return Mark()
    if not isinstance(data, dict) or data.get("v") != VERSION:
        return Mark()
    nics = data.get("nics")
    attempt = data.get("attempt")
    return Mark(
        wave=str(data.get("wave") or ""),
        enabled_at=values.when(data.get("enabled")),
        cutover_at=values.when(data.get("cutover")),
        attempt=attempt if isinstance(attempt, int) and attempt is not True else 0,
        nics=tuple(
            (int(nic[0]), bool(nic[1]), bool(nic[2]))
            for nic in (nics if isinstance(nics, list) else [])
            if isinstance(nic, list) and len(nic) == 3 and isinstance(nic[0], int)
        ),
        addresses=_addresses(data.get("ips")),
        conflict_at=values.when(data.get("conflict")),
        both_may_run=data.get("both") == 1,
        target_id=str(data.get("target") or ""),
    )


def is_ours(text: str | None) -> bool:
    """Nothing, or a mark of this version: what may be written over."""
    if not text:
        return True
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict) and data.get("v") == VERSION


def _addresses(value: Any) -> tuple[tuple[int, tuple[str, ...]], ...]:
    if not isinstance(value, dict):
        return ()
    pairs = ((key, values.texts(found)) for key, found in value.items())
    return tuple((int(key), found) for key, found in pairs if str(key).isdecimal() and str(key).isascii() and found)


def encode(mark: Mark) -> str:
    """One line of JSON, keys left out where there is nothing to say."""
    data: dict[str, Any] = {"v": VERSION}
    if mark.wave:
        data["wave"] = mark.wave
    for key, moment in (("enabled", mark.enabled_at), ("cutover", mark.cutover_at), ("conflict", mark.conflict_at)):
        if moment:
            data[key] = _text(moment)
    if mark.both_may_run:
        data["both"] = 1
    if mark.attempt:
        data["attempt"] = mark.attempt
    if mark.nics:
        data["nics"] = [[key, int(connected), int(start)] for key, connected, start in mark.nics]
    if mark.addresses:
        data["ips"] = {str(key): list(addresses) for key, addresses in mark.addresses}
    if mark.target_id:
        data["target"] = mark.target_id
    return json.dumps(data, separators=(",", ":"))
