# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's time: the machine's own, or one that stands still until everybody waits.

With an ``OwnedClock`` an hour of migration takes as long as its requests do, and the same seed gives the same run.
"""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
import sys
import threading
import time
import traceback
from collections.abc import Callable

Action = Callable[[], None]

_STALL_S = 0.05  # so long nobody came or went: whoever is still at work waits for one who sleeps


class Clock:
    """The machine's time. What is to happen later runs on one thread, in order of time."""

    def __init__(self) -> None:
        self._queue: list[tuple[float, int, Action]] = []
        self._order = itertools.count()
        self._wake = threading.Condition()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> dt.datetime:
        """The calendar, UTC. The lab shortens durations, it does not bend the calendar."""
        return dt.datetime.now(dt.UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def at(self, moment: float, do: Action) -> None:
        """``do`` at this ``monotonic()`` moment."""
        with self._wake:
            heapq.heappush(self._queue, (moment, next(self._order), do))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="clock", daemon=True)
                self._thread.start()
            self._wake.notify()

    def stop(self) -> None:
        """Time stands still from now on: what was planned does not happen any more."""
        with self._wake:
            self._stopped = True
            self._wake.notify_all()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._stopped and (not self._queue or self._queue[0][0] > self.monotonic()):
                    wait = self._queue[0][0] - self.monotonic() if self._queue else None
                    self._wake.wait(None if wait is None else max(wait, 0))
                if self._stopped:
                    return
                _, _, do = heapq.heappop(self._queue)
            attempt(do)


class OwnedClock(Clock):
    """Time that jumps to the next event as soon as all who work with it sleep.

    ``crew`` is how many threads work at once (a thread that waits for an answer of the lab is at work; where the lab
    itself sleeps in its place, that sleep counts). One by default: then a run is the same each time.
    """

    def __init__(self, start: dt.datetime = dt.datetime(2026, 11, 1, 22, tzinfo=dt.UTC)) -> None:
        super().__init__()
        self._start, self._moment = start, 0.0
        self._crew, self._asleep = 1, 0
        self._moves = 0  # how often somebody came, or something happened
        self._busy = False  # one thread at a time makes things happen

    def monotonic(self) -> float:
        return self._moment

    def now(self) -> dt.datetime:
        return self._start + dt.timedelta(seconds=self._moment)

    def at(self, moment: float, do: Action) -> None:
        with self._wake:
            heapq.heappush(self._queue, (moment, next(self._order), do))

    def crew(self, size: int) -> None:
        """From now on so many threads work at once."""
        with self._wake:
            self._crew = max(1, size)
            self._wake.notify_all()

    def sleep(self, seconds: float) -> None:
        done = threading.Event()

        def wake() -> None:  # at work again from this moment on, and not only once its thread is running
            with self._wake:
                self._asleep -= 1
                done.set()

        self.at(self._moment + max(seconds, 0.0), wake)
        with self._wake:
            self._asleep += 1
            self._moves += 1
            self._wake.notify_all()
        while not done.is_set() and not self._stopped:
            self._step(done)

    def _step(self, done: threading.Event) -> None:
        """Make the next thing happen, if nobody is at work; else wait for those who are."""
        with self._wake:
            if done.is_set():
                return
            if self._busy:
                self._wake.wait(1.0)
                return
            if self._asleep < self._crew:
                moves = self._moves
                if self._wake.wait(_STALL_S) or moves != self._moves or self._busy:
                    return
            moment, _, do = heapq.heappop(self._queue)
            self._moment = max(self._moment, moment)
            self._busy = True
            self._moves += 1
        try:
            attempt(do)
        finally:
            with self._wake:
                self._busy = False
                self._wake.notify_all()


def attempt(do: Action) -> None:
    """A defect of the lab must be seen, and not end the world."""
    try:
        do()
    except Exception:
        traceback.print_exc(file=sys.stderr)
