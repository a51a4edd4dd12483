# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Azure showed a while ago: lists, discovery, Resource Graph and role assignments lag behind what is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from ..schedule import Schedule

T = TypeVar("T")
_KEPT = 100  # old values of one key


class Remembered(dict[str, T]):
    """A dict that knows what it held. A value must not be changed in place, or ``was`` is told before it is."""

    def __init__(self, schedule: Schedule) -> None:
        super().__init__()
        self._schedule = schedule
        self._past: dict[str, list[tuple[float, T | None]]] = {}  # key -> (until when, what; None: it was not there)

    def __setitem__(self, key: str, value: T) -> None:
        self.was(key, self.get(key))
        super().__setitem__(key, value)

    def pop(self, key: str, *default: Any) -> Any:
        if key in self:
            self.was(key, self[key])
        return super().pop(key, *default)

    def was(self, key: str, value: T | None) -> None:
        """This held until now."""
        past = self._past.setdefault(key, [])
        past.append((self._schedule.clock.monotonic(), value))
        del past[:-_KEPT]

    def ago(self, recorded_s: float, now: Mapping[str, T] | None = None) -> dict[str, T]:
        """What it held so many recorded seconds ago. ``now``: where what it holds is somebody else's."""
        shown = dict(self if now is None else now)
        if recorded_s <= 0:
            return shown
        moment = self._schedule.clock.monotonic() - self._schedule.short(recorded_s)
        for key, past in self._past.items():
            for until, value in past:
                if until > moment:
                    if value is None:
                        shown.pop(key, None)
                    else:
                        shown[key] = value
                    break
        return shown
