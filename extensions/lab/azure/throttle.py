# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rate limits: the headers that tell of them, and (with ``--throttle``) the 429 of who goes over."""

from __future__ import annotations

import math
import random
import threading

from ..clock import Clock
from ..switches import Switches
from .wire import ArmError, Request

PROFILES = ("off", "arm", "rp-800-5min", "rp-100-5min")
_WINDOW_S = 300.0
_PROVIDER_SIZES = {"rp-800-5min": 800, "rp-100-5min": 100}
# bucket size, refill a second [D]; the whole subscription has fifteen times as much
ARM_LIMITS = {"reads": (250, 25), "writes": (200, 10), "deletes": (200, 10)}
_GLOBAL = 15
# what the provider's header counts down from, as recorded
_SHOWN_TOPS = {"DELETE": 799}
_SHOWN_TOP = 1099
_FRONT_ENDS = 3


class Bucket:
    """So many requests; what was taken comes back evenly, or all at once when the window is over."""

    def __init__(self, clock: Clock, size: float, rate: float, *, fixed: bool = False) -> None:
        self.clock, self.size, self.rate, self.fixed = clock, size, rate, fixed
        self.left, self.seen = size, clock.monotonic()

    def take(self) -> float:
        """Seconds to wait; 0 when one was taken."""
        self.refill()
        if self.left >= 1:
            self.left -= 1
            return 0.0
        if self.fixed:
            return self.seen + self.size / self.rate - self.clock.monotonic()
        return (1 - self.left) / self.rate

    def now(self) -> int:
        """Whole requests that are left."""
        self.refill()
        return int(self.left)

    def refill(self) -> None:
        moment = self.clock.monotonic()
        if not self.fixed:
            self.left = min(self.size, self.left + (moment - self.seen) * self.rate)
            self.seen = moment
        elif moment >= self.seen + self.size / self.rate:
            self.left, self.seen = self.size, moment


class Throttle:
    """``off``, ``arm`` (Resource Manager's own buckets), ``rp-800-5min`` and ``rp-100-5min`` (the provider's).

    Buckets are those of one principal; Resource Manager has one of the whole subscription beside them. A provider's
    window is as much faster as the lab is, like every duration. What a provider says is left comes from one of several
    front ends, each of which saw only its own requests; so do Resource Manager's counters, where it refuses nobody.
    """

    def __init__(self, mode: str, speed: float, clock: Clock, switches: Switches, seed: int = 1) -> None:
        self.mode, self.speed, self.clock, self.switches = mode, speed, clock, switches
        self.lock = threading.Lock()
        self.buckets: dict[tuple[str, str], Bucket] = {}
        self.shown: dict[tuple[str, int], Bucket] = {}
        self.random = random.Random(seed)  # noqa: S311 - which front end answers is no secret

    def take(self, request: Request, write: bool) -> None:
        """429 where a bucket is empty."""
        if self.mode == "off" or not _limited(request):
            return
        kind = _kind(request, write)
        with self.lock:
            wait = 0.0
            if self.mode == "arm":
                wait = self._own(request.principal, kind).take() or self._everybodys(kind).take()
            elif _provider(request):
                size = _PROVIDER_SIZES[self.mode]
                name = "provider" if self.switches.provider_counts == "together" else f"provider {kind}"
                wait = self._bucket(request.principal, name, size, size * self.speed / _WINDOW_S).take()
        if wait:
            raise ArmError(
                429,
                "TooManyRequests",
                "The request is being throttled as the limit has been reached for this operation type.",
                headers={"Retry-After": str(max(1, math.ceil(wait)))},
                gateway=True,
            )

    def _own(self, principal: str, kind: str) -> Bucket:
        return self._bucket(principal, f"arm {kind}", *ARM_LIMITS[kind])

    def _everybodys(self, kind: str) -> Bucket:
        size, rate = ARM_LIMITS[kind]
        return self._bucket("everybody", f"arm {kind}", size * _GLOBAL, rate * _GLOBAL)

    def _bucket(self, principal: str, name: str, size: float, rate: float) -> Bucket:
        fixed = self.switches.provider_window == "fixed" and name.startswith("provider")
        key = (principal, name)
        if key not in self.buckets:
            self.buckets[key] = Bucket(self.clock, size, rate, fixed=fixed)
        return self.buckets[key]

    def headers(self, request: Request, write: bool) -> dict[str, str]:
        """Counters as hints: the provider's own instead of the subscription's, but for the POST of a failover."""
        if not request.path.lower().startswith(("/subscriptions", "/providers")):
            return {}
        kind = _kind(request, write)
        with self.lock:
            if _provider(request):
                top = _SHOWN_TOPS.get(request.method, _SHOWN_TOP)
                return {
                    "x-ms-throttling-version": "v1",
                    "x-ms-ratelimit-remaining-subscription-resource-requests": str(self._left(f"rp {top}", top + 1)),
                }
            if self.mode == "arm":
                own, all_of_them = self._own(request.principal, kind).now(), self._everybodys(kind).now()
            else:
                size = ARM_LIMITS[kind][0]
                own, all_of_them = self._left(kind, size), self._left(f"all {kind}", size * _GLOBAL)
            return {
                f"x-ms-ratelimit-remaining-subscription-{kind}": str(own),
                f"x-ms-ratelimit-remaining-subscription-global-{kind}": str(all_of_them),
            }

    def _left(self, name: str, size: int) -> int:
        """What the front end that happens to answer believes to be left."""
        key = (name, self.random.randrange(_FRONT_ENDS))
        if key not in self.shown:
            self.shown[key] = Bucket(self.clock, size, size / _WINDOW_S * self.speed)
        self.shown[key].take()
        return self.shown[key].now()


def _limited(request: Request) -> bool:
    return request.path.lower().startswith("/subscriptions")


def _provider(request: Request) -> bool:
    # recorded: the POST of a failover is counted by ARM, everything else by the provider
    path = request.path.lower()
    return "/microsoft.datareplication/" in path and not path.endswith("/plannedfailover")


def _kind(request: Request, write: bool) -> str:
    if request.method == "DELETE":
        return "deletes"
    return "writes" if write else "reads"
