# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps our requests within limits that nobody tells us: learnt from what replies say and from being refused.

Azure counts per principal, subscription, region, provider and kind of operation (control-plane §6). One client is one
principal in one region, so a bucket here is one subscription, provider and kind. A refusal closes that bucket alone.
What replies say is left is a hint, not a balance: several front ends count, each its own (control-plane E6).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from urllib.parse import urlsplit

from .arm_retry import retry_after
from .clock import Clock

# [D] Resource Manager's own buckets: requests a second that come back. Its headers, unlike a provider's, are named so.
DOCUMENTED = {"reads": 25.0, "writes": 10.0, "deletes": 10.0}
_ARM_HEADER = "x-ms-ratelimit-remaining-subscription-"
_PROVIDER_HEADER = "x-ms-ratelimit-remaining-subscription-resource-requests"

# Of the rate, for what comes in hundreds. The rest is kept for failovers, and for whoever looks with the same identity.
BULK_SHARE = 0.95
LOW = 0.1  # of the highest count seen: from here on a hint is taken as a warning
ASSUMED_RETRY_S = 5.0  # where a refusal does not say for how long
LONGEST_REFUSAL_S = 1800.0  # one request is kept waiting no longer than this from its first refusal on
_SLOT_PAUSE_S = 0.05
_WIDEN_EVERY = 10  # accepted requests until one more may be on its way
_PROBING = 1.2  # times the rate, as long as it rests on a few requests only
_FASTER_EVERY, _FASTER = 100, 1.05  # limits change, and others who shared a bucket go home
# A refusal that asks for so long a pause, and for what so many requests would take, speaks of a window.
_WINDOW_ASKED_S, _WINDOW_WORTH = 20.0, 10
_WINDOW_MARGIN_S = 1.0
_SAMPLE, _FULL_SAMPLE = 5, 20  # accepted requests between two refusals that make a rate, and that settle it


class _Saved:
    """How many requests may go now: one count for all, and a smaller one for bulk."""

    def __init__(self, size: float, level: float, now: float) -> None:
        self.size, self.level, self.bulk = size, level, level * BULK_SHARE
        self.at = now  # since when this is so

    def has(self, bulk: bool) -> float:
        return self.bulk if bulk else self.level

    def take(self, bulk: bool) -> None:
        self.level -= 1.0
        self.bulk = min(self.bulk - 1.0, self.level) if bulk else min(self.bulk, self.level)

    def at_most(self, left: float) -> None:
        self.level, self.bulk = min(self.level, left), min(self.bulk, left)


class Refill(_Saved):
    """What is used comes back evenly, ``rate`` requests a second."""

    def __init__(self, rate: float, size: float, level: float, now: float) -> None:
        super().__init__(size, level, now)
        self.rate = rate

    def wait_s(self, now: float, bulk: bool) -> float:
        gained = (now - self.at) * self.rate
        self.level = min(self.size, self.level + gained)
        self.bulk = min(self.level, self.bulk + gained * BULK_SHARE)
        self.at = now
        lacking = 1.0 - self.has(bulk)
        return lacking / (self.rate * (BULK_SHARE if bulk else 1.0)) if lacking > 1e-6 else 0.0


class Window(_Saved):
    """What is used comes back all at once when the window is over; the next begins with its first request."""

    def __init__(self, size: float, began_at: float, length_s: float) -> None:
        super().__init__(size, 0.0, began_at)
        self.length_s = length_s + _WINDOW_MARGIN_S

    def wait_s(self, now: float, bulk: bool) -> float:
        if now >= self.at + self.length_s:
            super().__init__(self.size, self.size, now)
        return 0.0 if self.has(bulk) >= 1.0 else self.at + self.length_s - now

    def end_at(self, moment: float) -> None:
        self.at = moment - self.length_s


class Bucket:
    """What is known of one limit. Pure but for the clock; the governor's lock guards it."""

    def __init__(self, width: int, now: float) -> None:
        self.widest = self.width = width
        self.in_flight = 0
        self.model: Refill | Window | None = None  # None while nothing has been learnt
        self.learnt_at: float | None = None  # since when its rate rests on more than a few requests
        self._counted_from, self._accepted = now, 0
        self._closed_until = now
        self._since_refusal = 0
        self._highest: dict[bool, float] = {}  # by whether it was Resource Manager's own header

    def wait_s(self, now: float, *, bulk: bool) -> float:
        """Seconds until a request may go; 0 where it may go now, and then it has its place."""
        if now < self._closed_until:
            return self._closed_until - now
        if self.in_flight >= self.width:
            return _SLOT_PAUSE_S
        if self.model is not None:
            wait = self.model.wait_s(now, bulk)
            if wait > 0:
                return wait
            self.model.take(bulk)
        self.in_flight += 1
        return 0.0

    def accepted(self, left: float | None, documented: float | None, now: float) -> None:
        """An answer that was no refusal. ``left``: what it says remains; ``documented``: the rate that goes with it."""
        self._accepted += 1
        self._since_refusal += 1
        if self._since_refusal % _WIDEN_EVERY == 0:
            self.width = min(self.widest, self.width + 1)
        if (
            isinstance(self.model, Refill)
            and self._since_refusal % (_FASTER_EVERY if self.learnt_at is not None else _SAMPLE) == 0
        ):
            self.model.rate *= _FASTER if self.learnt_at is not None else _PROBING
        if left is None:
            return
        own = documented is not None
        highest = self._highest[own] = max(self._highest.get(own, 0.0), left)
        if left < highest * LOW:
            if self.model is None and documented is not None:
                self.model = Refill(documented, highest, left, now)
                self._learnt(now)  # a rate that is known is not probed
            if self.model is not None:
                self.model.at_most(left)

    def refused(self, sent_at: float, now: float, asked_s: float) -> None:
        """The bucket was empty when the request came; where this was not yet known, something is learnt from it.

        An answer may be late in coming to us, so the moment is taken to be that of sending.
        """
        if sent_at < self._closed_until:  # it was on its way when another one learnt this
            self._closed_until = max(self._closed_until, sent_at + asked_s)
            return
        self._closed_until = now + asked_s
        self.width = max(1, self.width // 2)
        self._since_refusal = 0
        self._learn(sent_at, asked_s, self._accepted, sent_at - self._counted_from)
        if self.model is not None:
            self.model.at_most(0.0)

    def _learn(self, emptied_at: float, asked_s: float, count: int, passed: float) -> None:
        rate = count / (passed + asked_s)
        if isinstance(self.model, Window):
            self._learnt(emptied_at)
            self.model.end_at(self._closed_until)
            if count >= _SAMPLE and asked_s >= _WINDOW_ASKED_S:
                self.model.size = float(count)
        elif count >= _SAMPLE and asked_s >= _WINDOW_ASKED_S and asked_s * rate > _WINDOW_WORTH:
            self.model = Window(float(count), self._counted_from, passed + asked_s)
        elif self.model is None and count >= _SAMPLE:
            self.model = Refill(max(1.0 / asked_s, rate), float(count), 0.0, emptied_at)
        elif self.model is None:
            return  # nothing to tell a rate from: it is closed, and fewer go at a time
        elif passed > 0:
            # Between two moments at which it was empty, exactly what came back was let through.
            measured = (count + 1) / passed
            self.model.rate = measured if count >= _SAMPLE else min(self.model.rate, measured)
            self.model.at = emptied_at
            if count < _FULL_SAMPLE:
                return
            self._learnt(emptied_at)
        self._counted_from, self._accepted = emptied_at, 0

    def _learnt(self, moment: float) -> None:
        self.learnt_at = moment if self.learnt_at is None else self.learnt_at


class Governor:
    """All buckets of one client; safe for many threads."""

    def __init__(self, width: int, clock: Clock) -> None:
        self._width, self._clock = width, clock
        self._lock = threading.Lock()
        self.buckets: dict[tuple[str, str, str], Bucket] = {}

    def turn(self, method: str, url: str) -> Turn:
        """A request's place; nothing is waited for yet."""
        key = key_of(method, url)
        with self._lock:
            bucket = self.buckets.setdefault(key, Bucket(self._width, self._clock.monotonic()))
        return Turn(self, bucket, key[2], bulk=method.upper() != "POST")

    def take(self, bucket: Bucket, *, bulk: bool) -> None:
        """Sleep until the request may go."""
        while True:
            with self._lock:
                wait = bucket.wait_s(self._clock.monotonic(), bulk=bulk)
            if not wait:
                return
            self._clock.sleep(wait)

    def give_back(self, bucket: Bucket) -> None:
        with self._lock:
            bucket.in_flight -= 1

    def answered(self, bucket: Bucket, kind: str, headers: Mapping[str, str]) -> None:
        left, documented = hint(headers, kind)
        with self._lock:
            bucket.accepted(left, documented, self._clock.monotonic())

    def refused(self, bucket: Bucket, sent_at: float, asked_s: float) -> None:
        with self._lock:
            bucket.refused(sent_at, self._clock.monotonic(), asked_s)


class Turn:
    """One request on its way through its bucket, refusals included."""

    def __init__(self, governor: Governor, bucket: Bucket, kind: str, *, bulk: bool) -> None:
        self._governor, self._bucket, self._kind, self._bulk = governor, bucket, kind, bulk
        self._sent_at = 0.0
        self._first_refusal: float | None = None

    def __enter__(self) -> float:
        """Wait for the place; the seconds that it took."""
        began = self._governor._clock.monotonic()
        self._governor.take(self._bucket, bulk=self._bulk)
        self._sent_at = self._governor._clock.monotonic()
        return self._sent_at - began

    def __exit__(self, *_exc: object) -> None:
        self._governor.give_back(self._bucket)

    def answered(self, headers: Mapping[str, str]) -> None:
        """It was no refusal."""
        self._governor.answered(self._bucket, self._kind, headers)

    def refused(self, headers: Mapping[str, str]) -> bool:
        """It was one (429). False where waiting for another try would take longer than anybody should."""
        now = self._governor._clock.monotonic()
        asked = retry_after(headers)
        asked_s = max(0.1, ASSUMED_RETRY_S if asked is None else asked)
        self._governor.refused(self._bucket, self._sent_at, asked_s)
        self._first_refusal = now if self._first_refusal is None else self._first_refusal
        return now + asked_s - self._first_refusal <= LONGEST_REFUSAL_S


def key_of(method: str, url: str) -> tuple[str, str, str]:
    """Subscription, provider and kind of operation, as the limits are counted."""
    path = urlsplit(url).path.lower()
    subscription = path.partition("/subscriptions/")[2].partition("/")[0]
    provider = path.rpartition("/providers/")[2].partition("/")[0] if "/providers/" in path else ""
    kinds = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}
    return subscription, provider, kinds.get(method.upper(), "writes")


def hint(headers: Mapping[str, str], kind: str) -> tuple[float | None, float | None]:
    """What a reply says is left, and the documented rate of that limit where it is Resource Manager's own."""
    for name, rate in ((f"{_ARM_HEADER}{kind}", DOCUMENTED[kind]), (_PROVIDER_HEADER, None)):
        text = headers.get(name, "")
        if text.isdigit():
            return float(text), rate
    return None, None
