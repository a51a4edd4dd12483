# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rate limits: the headers that tell of them, and (with ``--throttle``) the 429 of who goes over."""

from __future__ import annotations

import random
import threading
import time

from .wire import ArmError, Request

# mode -> requests a window, window in seconds of wall clock
_PROVIDER_LIMITS = {"rp-800-5min": (800, 300), "rp-100-5min": (100, 300)}
# bucket size, refill a second
_ARM_LIMITS = {"reads": (250, 25), "writes": (200, 10), "deletes": (200, 10)}


class _Bucket:
    def __init__(self, size: float, refill: float) -> None:
        self.size, self.refill, self.left, self.seen = size, refill, size, time.monotonic()

    def take(self) -> float:
        """Seconds to wait; 0 when one was taken."""
        moment = time.monotonic()
        self.left = min(self.size, self.left + (moment - self.seen) * self.refill)
        self.seen = moment
        if self.left >= 1:
            self.left -= 1
            return 0.0
        return (1 - self.left) / self.refill


class Throttle:
    """``off``, ``arm`` (token buckets of ARM), ``rp-800-5min`` and ``rp-100-5min`` (the replication provider's).

    A provider's window of five minutes is as much faster as the lab is, like every other duration.
    """

    def __init__(self, mode: str, speed: float) -> None:
        self.mode, self.lock = mode, threading.Lock()
        self.arm = {kind: _Bucket(*limit) for kind, limit in _ARM_LIMITS.items()}
        limit, window = _PROVIDER_LIMITS.get(mode, (1, 1))
        self.provider = _Bucket(limit, limit * speed / window)

    @staticmethod
    def _provider(request: Request) -> bool:
        # recorded: the POST of a failover is counted by ARM, everything else by the provider
        path = request.path.lower()
        return "/microsoft.datareplication/" in path and not path.endswith("/plannedfailover")

    def take(self, request: Request, write: bool) -> None:
        if self.mode == "off" or not request.path.startswith("/subscriptions"):
            return
        with self.lock:
            if self._provider(request):
                wait = self.provider.take() if self.mode in _PROVIDER_LIMITS else 0.0
            else:
                wait = self.arm[_kind(request, write)].take() if self.mode == "arm" else 0.0
        if wait:
            raise ArmError(
                429,
                "TooManyRequests",
                "The request is being throttled as the limit has been reached for this operation type.",
                headers={"Retry-After": str(max(1, round(wait + 0.5)))},
                gateway=True,
            )

    def headers(self, request: Request, write: bool) -> dict[str, str]:
        """Counters as hints: several front ends keep each its own."""
        if not request.path.lower().startswith(("/subscriptions", "/providers")):
            return {}
        off = random.choice((0, 0, 0, 1, 2))  # noqa: S311
        if self._provider(request):
            top = 799 if request.method == "DELETE" else 1099
            return {
                "x-ms-throttling-version": "v1",
                "x-ms-ratelimit-remaining-subscription-resource-requests": str(top - off),
            }
        kind = _kind(request, write)
        top, all_top = (249, 3749) if kind == "reads" else (199, 2999)
        return {
            f"x-ms-ratelimit-remaining-subscription-{kind}": str(top - off),
            f"x-ms-ratelimit-remaining-subscription-global-{kind}": str(all_top - off),
        }


def _kind(request: Request, write: bool) -> str:
    if request.method == "DELETE":
        return "deletes"
    return "writes" if write else "reads"
