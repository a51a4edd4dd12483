# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens later: recorded durations, divided by the lab's speed."""

from __future__ import annotations

import math
from collections.abc import Callable

from .clock import Clock


class Schedule:
    """``after(seconds, do)`` where the seconds are those recorded on the real service."""

    def __init__(self, speed: float = 1.0, clock: Clock | None = None) -> None:
        self.speed = speed
        self.clock = clock or Clock()

    def short(self, recorded_s: float) -> float:
        """Seconds on the lab's clock for a recorded duration."""
        return recorded_s / self.speed

    def retry_after(self, recorded_s: float = 15) -> int:
        """A Retry-After value: whole seconds, never 0, so that nobody polls in a hot loop."""
        return max(1, math.ceil(self.short(recorded_s)))

    def after(self, recorded_s: float, do: Callable[[], None]) -> None:
        self.clock.at(self.clock.monotonic() + self.short(recorded_s), do)
