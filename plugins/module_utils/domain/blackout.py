# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hours of the week in which the source appliance sends nothing: what is asked for, and how the gateway writes it down.

The gateway's file says "Monday;7:00;7h | Tuesday;22:00;4h". Its clock is that of the appliance's own Windows. [I]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .problem import Problem

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY_MIN = 24 * 60
_WEEK_MIN = 7 * _DAY_MIN
_START = re.compile(r"(\d{1,2}):(\d{2})")
_WRITTEN = re.compile(r"\s*(\w+)\s*;\s*(\d{1,2}):(\d{2})\s*;\s*(\d+)\s*h\s*", re.IGNORECASE)


@dataclass(frozen=True, order=True, slots=True)
class Window:
    """One blackout, which may go on into the next day."""

    day: int  # 0 is Monday
    start_min: int
    hours: int

    def __str__(self) -> str:
        return f"{DAYS[self.day]};{self.start_min // 60}:{self.start_min % 60:02};{self.hours}h"

    @property
    def minutes(self) -> set[int]:
        begin = self.day * _DAY_MIN + self.start_min
        return {minute % _WEEK_MIN for minute in range(begin, begin + self.hours * 60)}


def read(entries: Iterable[Mapping[str, Any]]) -> tuple[list[Window], list[Problem]]:
    """The windows that are asked for, one for each day, and what is wrong with them."""
    windows: set[Window] = set()
    problems: list[Problem] = []
    for number, entry in enumerate(entries, start=1):
        where = f"blackout window {number}"
        start, hours = _start(str(entry.get("start"))), entry.get("hours")
        days = [_day(str(day)) for day in entry.get("days") or []]
        if not days or None in days:
            problems.append(_block(f"{where}: days are English names such as Monday", "name one day or more"))
        elif start is None:
            remedy = 'write it as "22:00", with quotes: YAML takes 22:00 for a number'
            problems.append(_block(f"{where}: start {entry.get('start')} is no time of day", remedy))
        elif not isinstance(hours, int) or not 1 <= hours <= 24:
            problems.append(_block(f"{where}: hours is {hours}, expected 1 to 24", "give whole hours"))
        else:
            windows |= {Window(day, start, hours) for day in days if day is not None}
    if not problems and len(_covered(windows)) == _WEEK_MIN:
        text = "the blackout windows leave no minute of the week, so nothing would ever replicate"
        problems.append(_block(text, "leave some hours for replication"))
    return sorted(windows), problems


def text(windows: Sequence[Window]) -> str:
    """As the gateway reads it."""
    return " | ".join(map(str, windows))


def same(written: str, windows: Sequence[Window]) -> bool:
    """Whether the gateway's text covers the same minutes of the week."""
    found = _parse(written)
    return found is not None and _covered(found) == _covered(windows)


def _parse(written: str) -> list[Window] | None:
    """None for a text that is not understood."""
    windows = []
    for part in filter(str.strip, written.split("|")):
        match = _WRITTEN.fullmatch(part)
        day = _day(match[1]) if match else None
        if match is None or day is None:
            return None
        windows.append(Window(day, int(match[2]) * 60 + int(match[3]), int(match[4])))
    return windows


def _covered(windows: Iterable[Window]) -> set[int]:
    return set().union(*(window.minutes for window in windows))


def _day(name: str) -> int | None:
    wanted = name.strip().capitalize()
    return DAYS.index(wanted) if wanted in DAYS else None


def _start(given: str) -> int | None:
    match = _START.fullmatch(given.strip())
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        return None
    return int(match[1]) * 60 + int(match[2])


def _block(text: str, remedy: str) -> Problem:
    return Problem(code="bad_value", severity="block", text=text, remedy=remedy, field="blackout_windows")
