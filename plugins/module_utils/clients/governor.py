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

# [D] Resource Manager's own buckets: size, and refill per second. Its headers, unlike a provider's, are named so.
DOCUMENTED = {"reads": (250.0, 25.0), "writes": (200.0, 10.0), "deletes": (200.0, 10.0)}
_ARM_HEADER = "x-ms-ratelimit-remaining-subscription-"
_PROVIDER_HEADER = "x-ms-ratelimit-remaining-subscription-resource-requests"

BULK_SHARE = 0.95  # of the rate, for requests that come in hundreds; the rest is kept for status and failover
LOW = 0.1  # of the highest count seen: from here on a hint is taken as a warning
ASSUMED_RETRY_S = 5.0  # where a refusal does not say for how long
LONGEST_REFUSAL_S = 1800.0  # one request is kept waiting no longer than this from its first refusal on
_SLOT_PAUSE_S = 0.05
_WIDEN_EVERY = 10  # accepted requests until one more may be on its way
_FASTER_EVERY, _FASTER = 100, 1.05  # limits change, and others who shared a bucket go home
_SAMPLE, _FULL_SAMPLE = 5, 20  # accepted requests between two refusals that make a rate, and that settle it


class Bucket:
    """What is known of one limit. Pure but for the clock; the governor's lock guards it."""

    def __init__(self, width: int, now: float) -> None:
        self.widest = self.width = width
        self.in_flight = 0
        self.rate: float | None = None  # requests a second; None while nothing has been learnt
        self.learnt = False
        self._size = 0.0  # how many came through before the first refusal: the most that may ever be saved up
        self._level = self._bulk = 0.0  # requests that may go now
        self._filled_at = now
        self._counted_from, self._accepted = now, 0
        self._emptied_at = now - 1.0
        self._closed_until = now
        self._since_refusal = 0
        self._highest = 0.0

    def wait_s(self, now: float, *, bulk: bool) -> float:
        """Seconds until a request may go; 0 where it may go now, and then it has its place."""
        if now < self._closed_until:
            return self._closed_until - now
        if self.in_flight >= self.width:
            return _SLOT_PAUSE_S
        if self.rate is not None:
            self._fill(now)
            lacking = 1.0 - (self._bulk if bulk else self._level)
            if lacking > 1e-6:
                return lacking / (self.rate * (BULK_SHARE if bulk else 1.0))
            self._level -= 1.0
            self._bulk = min(self._bulk - 1.0, self._level) if bulk else min(self._bulk, self._level)
        self.in_flight += 1
        return 0.0

    def _fill(self, now: float) -> None:
        gained = (now - self._filled_at) * (self.rate or 0.0)
        self._level = min(self._size, self._level + gained)
        self._bulk = min(self._level, self._bulk + gained * BULK_SHARE)
        self._filled_at = now

    def accepted(self, left: float | None, documented: float | None) -> None:
        """An answer that was no refusal. ``left``: what it says remains; ``documented``: the rate that goes with it."""
        self._accepted += 1
        self._since_refusal += 1
        if self._since_refusal % _WIDEN_EVERY == 0:
            self.width = min(self.widest, self.width + 1)
        faster_every = _FASTER_EVERY if self.learnt else _FULL_SAMPLE
        if self.rate is not None and self._since_refusal % faster_every == 0:
            self.rate *= _FASTER
        if left is None:
            return
        self._highest = max(self._highest, left)
        if left < self._highest * LOW:
            if self.rate is None and documented:
                self.rate, self._size = documented, self._highest
                self._level = self._bulk = left
            self._level, self._bulk = min(self._level, left), min(self._bulk, left)

    def refused(self, sent_at: float, now: float, asked_s: float) -> None:
        """The bucket was empty at ``now``. Between two such moments exactly what refilled it was let through."""
        self._closed_until = max(self._closed_until, now + asked_s)
        if sent_at <= self._emptied_at:
            return  # it was on its way when another one learnt this
        self.width = max(1, self.width // 2)
        self._since_refusal = 0
        count, passed = self._accepted, now - self._counted_from
        if self.rate is None and count < _SAMPLE:
            pass  # nothing to tell a rate from: it is closed, and fewer go at a time
        elif self.rate is None:
            # A bucket that refills all the time asks for one request's worth of patience, a window for its rest.
            self.rate = max(1.0 / asked_s, count / (passed + asked_s))
            self._size = float(count)
            self._start_counting(now)
        elif passed > 0:
            measured = max(count, 0.5) / passed
            self.rate = measured if count >= _SAMPLE else min(self.rate, (count + 1) / passed)
            self.learnt = self.learnt or count >= _SAMPLE
            if count >= _FULL_SAMPLE:
                self._start_counting(now)
        self._level = self._bulk = 0.0
        self._filled_at = self._emptied_at = now

    def _start_counting(self, now: float) -> None:
        self._counted_from, self._accepted = now, 0


class Governor:
    """All buckets of one client; safe for many threads."""

    def __init__(self, width: int, clock: Clock) -> None:
        self._width, self._clock = width, clock
        self._lock = threading.Lock()
        self.buckets: dict[tuple[str, str, str], Bucket] = {}
        self.waited_s = 0.0  # by all requests together, because of limits

    def turn(self, method: str, url: str) -> Turn:
        """A request's place; nothing is waited for yet."""
        key = key_of(method, url)
        with self._lock:
            bucket = self.buckets.setdefault(key, Bucket(self._width, self._clock.monotonic()))
        return Turn(self, bucket, key[2], bulk=method.upper() in ("PUT", "PATCH", "DELETE"))

    def take(self, bucket: Bucket, *, bulk: bool) -> None:
        """Sleep until the request may go."""
        while True:
            with self._lock:
                wait = bucket.wait_s(self._clock.monotonic(), bulk=bulk)
                self.waited_s += wait if wait > _SLOT_PAUSE_S else 0.0
            if not wait:
                return
            self._clock.sleep(wait)

    def give_back(self, bucket: Bucket) -> None:
        with self._lock:
            bucket.in_flight -= 1

    def answered(self, bucket: Bucket, kind: str, headers: Mapping[str, str]) -> None:
        left, documented = hint(headers, kind)
        with self._lock:
            bucket.accepted(left, documented)

    def refused(self, bucket: Bucket, sent_at: float, asked_s: float) -> None:
        with self._lock:
            bucket.refused(sent_at, self._clock.monotonic(), asked_s)


class Turn:
    """One request on its way through its bucket, refusals included."""

    def __init__(self, governor: Governor, bucket: Bucket, kind: str, *, bulk: bool) -> None:
        self._governor, self._bucket, self._kind, self._bulk = governor, bucket, kind, bulk
        self._sent_at = 0.0
        self._first_refusal: float | None = None

    def __enter__(self) -> None:
        """Wait for the place."""
        self._governor.take(self._bucket, bulk=self._bulk)
        self._sent_at = self._governor._clock.monotonic()

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
    kinds = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes", "POST": "actions"}
    return subscription, provider, kinds.get(method.upper(), "writes")


def hint(headers: Mapping[str, str], kind: str) -> tuple[float | None, float | None]:
    """What a reply says is left, and the documented rate of that limit where it is Resource Manager's own."""
    own = "writes" if kind == "actions" else kind
    for name, rate in ((f"{_ARM_HEADER}{own}", DOCUMENTED[own][1]), (_PROVIDER_HEADER, None)):
        text = headers.get(name, "")
        if text.isdigit():
            return float(text), rate
    return None, None
