# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long to wait before asking again, and when to stop. Pure, but for the clock and the sleep that are handed in."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from .clock import Clock

RETRIED_STATUSES = frozenset({408, 500, 502, 503, 504})

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_SHORTEST_PAUSE_S = 0.1  # a service that says "Retry-After: 0" is not to be asked in a tight loop
_QUOTA = re.compile(r"^(\d+):(\d{2}):(\d{2})(?:\.\d+)?$")


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """The pause in seconds that a reply asks for, or None. Header names are in lower case.

    A date is compared with the reply's own Date where it has one: our clock may be wrong.
    """
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        milliseconds = _number(headers.get(name, ""))
        if milliseconds is not None:
            return milliseconds / 1000
    asked = headers.get("retry-after", "").strip()
    seconds = _number(asked)
    if seconds is not None:
        return seconds
    until = _date(asked)
    if until is not None:
        base = _date(headers.get("date", "")) or now or datetime.now(UTC)
        return max(0.0, (until - base).total_seconds())
    quota = _QUOTA.match(headers.get("x-ms-user-quota-resets-after", "").strip())  # Resource Graph
    if quota:
        hours, minutes, rest = (int(part) for part in quota.groups())
        return float(hours * 3600 + minutes * 60 + rest)
    return None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return max(0.0, value) if math.isfinite(value) else None


def _date(text: str) -> datetime | None:
    try:
        value = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


class Patience:
    """The time that one request may take in all, pauses included."""

    def __init__(
        self,
        deadline_s: float,
        *,
        clock: Clock,
        jitter: Callable[[], float],
    ) -> None:
        self._clock = clock
        self._jitter = jitter
        self._deadline_s = deadline_s
        self.attempts = 1
        self.restart()

    def restart(self) -> None:
        """The time begins anew: what has passed was not this request's fault."""
        self._end = self._clock.monotonic() + self._deadline_s

    def excuse(self, seconds: float) -> None:
        """These were spent waiting for a place, before anything was sent."""
        self._end += seconds

    def remaining(self) -> float:
        """Seconds left."""
        return self._end - self._clock.monotonic()

    def pause(self, asked: float | None) -> bool:
        """Sleep as long as the service asks, else ever longer; False, at once, where the time does not suffice."""
        wait = self._backoff() if asked is None else max(asked, _SHORTEST_PAUSE_S)
        if wait >= self.remaining():
            return False
        self._clock.sleep(wait)
        self.attempts += 1
        return True

    def _backoff(self) -> float:
        ceiling = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** min(self.attempts - 1, 16))
        return ceiling * (0.5 + self._jitter() / 2)
