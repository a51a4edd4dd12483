# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens later: recorded durations, divided by the lab's speed, run on one thread in order of time."""

from __future__ import annotations

import heapq
import itertools
import math
import sys
import threading
import time
import traceback
from collections.abc import Callable


class Schedule:
    """``after(seconds, do)`` where the seconds are those recorded on the real service."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._wake = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="schedule", daemon=True)
        self._thread.start()

    def short(self, recorded_s: float) -> float:
        """Seconds of wall clock for a recorded duration."""
        return recorded_s / self.speed

    def retry_after(self, recorded_s: float = 15) -> int:
        """A Retry-After value: whole seconds, never 0, so that nobody polls in a hot loop."""
        return max(1, math.ceil(self.short(recorded_s)))

    def after(self, recorded_s: float, do: Callable[[], None]) -> None:
        with self._wake:
            heapq.heappush(self._queue, (time.monotonic() + self.short(recorded_s), next(self._order), do))
            self._wake.notify()

    def stop(self) -> None:
        """Time stands still from now on: what was planned does not happen any more."""
        with self._wake:
            self._stopped = True
            self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._stopped and (not self._queue or self._queue[0][0] > time.monotonic()):
                    wait = self._queue[0][0] - time.monotonic() if self._queue else None
                    self._wake.wait(None if wait is None else max(wait, 0))
                if self._stopped:
                    return
                _, _, do = heapq.heappop(self._queue)
            try:
                do()
            except Exception:  # a bug of the lab must be seen, not end the world
                traceback.print_exc(file=sys.stderr)
