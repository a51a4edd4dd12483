# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The governor against limits of every kind that Azure is known or thought to have, in simulated time."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.governor import Bucket, Refill, hint, key_of

Limit = Callable[[float], float]  # moment -> seconds until a request may come; 0 where this one was taken


def refilled(size: float, rate: float) -> Limit:
    """A bucket that refills all the time."""
    state = {"left": size, "at": 0.0}

    def take(now: float) -> float:
        state["left"] = min(size, state["left"] + (now - state["at"]) * rate)
        state["at"] = now
        if state["left"] >= 1:
            state["left"] -= 1
            return 0.0
        return (1 - state["left"]) / rate

    return take


def windowed(size: int, length: float) -> Limit:
    """A window that begins with its first request and is full again when it is over."""
    state = {"from": -length, "count": 0.0}

    def take(now: float) -> float:
        if now >= state["from"] + length:
            state.update({"from": now, "count": 0.0})
        if state["count"] < size:
            state["count"] += 1
            return 0.0
        return state["from"] + length - now

    return take


@dataclass
class Run:
    """So many requests through one bucket, by workers that each send one after the other."""

    limit: Limit
    todo: int
    workers: int = 6
    latency: float = 0.05
    ended_at: float = 0.0
    refusals: int = 0
    after_learning: int = 0  # refusals
    sent: int = 0
    most_at_once: int = 0
    waits: list[float] = field(default_factory=list)  # of the urgent ones

    def __post_init__(self) -> None:
        self.bucket = Bucket(self.workers, 0.0)
        self._queue: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = itertools.count()

    def at(self, moment: float, do: Callable[[float], None]) -> None:
        heapq.heappush(self._queue, (moment, next(self._order), do))

    def go(self, *, urgent_every: float = 0.0) -> Run:
        for _worker in range(self.workers):
            self.at(0.0, self.bulk)
        if urgent_every:
            self.at(urgent_every, lambda now: self.urgent(now, now, urgent_every))
        while self._queue and (self.todo > 0 or self.bucket.in_flight):
            moment, _order, do = heapq.heappop(self._queue)
            do(moment)
        return self

    def bulk(self, now: float) -> None:
        """A worker is free."""
        if self.todo <= 0:
            return
        wait = self.bucket.wait_s(now, bulk=True)
        if wait:
            self.at(now + wait, self.bulk)
            return
        self.todo -= 1
        self.send(now, self.bulk, back=1)

    def urgent(self, now: float, since: float, every: float) -> None:
        wait = self.bucket.wait_s(now, bulk=False)
        if wait:
            self.at(now + wait, lambda later: self.urgent(later, since, every))
            return
        self.waits.append(now - since)
        self.send(now, lambda _now: None, back=0)
        self.at(since + every, lambda later: self.urgent(later, since + every, every))

    def send(self, sent_at: float, then: Callable[[float], None], *, back: int) -> None:
        self.sent += 1
        self.most_at_once = max(self.most_at_once, self.bucket.in_flight)

        def arrive(now: float) -> None:
            pause = self.limit(now)
            self.at(now + self.latency / 2, lambda end: answer(end, pause))

        def answer(now: float, pause: float) -> None:
            self.bucket.in_flight -= 1
            if pause:
                self.refusals += 1
                self.after_learning += self.bucket.learnt_at is not None
                self.todo += back
                self.bucket.refused(sent_at, now, float(math.ceil(pause)))
            else:
                self.bucket.accepted(None, None, now)
                self.ended_at = now
            then(now)

        self.at(sent_at + self.latency / 2, arrive)


LIMITS = {
    "200 and 10 a second": (lambda: refilled(200, 10), lambda n: (n - 200) / 10),
    "800 in five minutes": (lambda: refilled(800, 800 / 300), lambda n: (n - 800) * 300 / 800),
    "100 in five minutes": (lambda: refilled(100, 100 / 300), lambda n: (n - 100) * 3.0),
    "windows of 800": (lambda: windowed(800, 300), lambda n: (math.ceil(n / 800) - 1) * 300.0),
    "windows of 100": (lambda: windowed(100, 300), lambda n: (math.ceil(n / 100) - 1) * 300.0),
}


@pytest.mark.parametrize("requests", [300, 1000, 3000])
@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_nobody_told_is_kept_and_used(name: str, requests: int) -> None:
    make, bound = LIMITS[name]
    run = Run(make(), requests).go()
    least = max(bound(requests), 1.0)
    assert run.after_learning <= run.sent / 100, vars(run)
    windows = math.ceil(requests / 95) * 300 if name == "windows of 100" else 0  # a share is kept of each
    assert run.ended_at <= max(1.15 * least + 10, windows), (run.ended_at, least)
    assert run.most_at_once <= 6


@given(
    size=st.integers(30, 2000), rate=st.floats(0.2, 50), requests=st.integers(1, 3000),
    workers=st.integers(1, 12), latency=st.floats(0.001, 1),
)  # fmt: skip
@settings(max_examples=60)
def test_whatever_the_limit_is(size: int, rate: float, requests: int, workers: int, latency: float) -> None:
    size = max(size, math.ceil(10 * rate))  # as the smallest known: 250 reads and 25 a second
    run = Run(refilled(size, rate), requests, workers=workers, latency=latency).go()
    least = max(requests * latency / workers, (requests - size) / rate)
    assert run.after_learning <= workers + run.sent * 0.06, vars(run)
    assert run.ended_at <= 2 * least + 20 / rate + 30, (run.ended_at, least)


@pytest.mark.parametrize("name", ["800 in five minutes", "100 in five minutes"])
def test_a_share_is_kept_for_what_is_urgent(name: str) -> None:
    """Hundreds of orders wait in line; a look at the status does not stand behind them."""
    run = Run(LIMITS[name][0](), 3000).go(urgent_every=60)
    later = sorted(run.waits[5:])
    assert len(later) > 3
    assert later[len(later) // 2] < 5, later


def test_without_a_limit_nothing_is_held_up() -> None:
    run = Run(lambda _now: 0.0, 600).go()
    assert (run.refusals, round(run.ended_at, 3)) == (0, 5.0)  # 100 rounds of 6 at 50 ms


def test_a_refusal_halves_what_is_on_its_way_and_it_grows_back() -> None:
    bucket = Bucket(8, 0.0)
    for number in range(4):
        assert bucket.wait_s(float(number), bulk=True) == 0
    bucket.refused(3.0, 3.1, 2.0)
    bucket.refused(3.0, 3.2, 2.0)  # was on its way too: the same emptiness
    assert bucket.width == 4
    bucket.refused(5.3, 5.4, 2.0)
    assert bucket.width == 2
    for _answer in range(60):
        bucket.accepted(None, None, 5.0)
    assert bucket.width == 8


def test_a_refusal_closes_for_as_long_as_it_says() -> None:
    bucket = Bucket(6, 0.0)
    assert bucket.wait_s(0.0, bulk=True) == 0
    bucket.refused(0.0, 0.1, 17.0)
    assert bucket.wait_s(0.1, bulk=False) == pytest.approx(17.0)
    assert bucket.wait_s(17.2, bulk=True) == 0


def test_a_hint_of_resource_manager_slows_down_before_a_refusal() -> None:
    """Its own limits are documented: 200 and ten a second."""
    bucket = Bucket(6, 0.0)
    for left in (199.0, 120.0, 30.0):
        bucket.accepted(left, 10.0, 0.0)
        assert bucket.model is None
    bucket.accepted(3.0, 10.0, 0.0)
    assert isinstance(bucket.model, Refill) and bucket.model.rate == 10.0
    sent = 0
    while bucket.wait_s(0.0, bulk=False) == 0:
        bucket.in_flight -= 1
        sent += 1
    assert sent == 3


def test_a_hint_of_a_provider_is_no_balance() -> None:
    """Several front ends count, each its own: one that is low says nothing of the limit's rate."""
    bucket = Bucket(6, 0.0)
    for left in (1099.0, 1097.0, 12.0, 1098.0):
        bucket.accepted(left, None, 0.0)
    assert bucket.model is None


VAULT = "https://management.azure.com/subscriptions/S1/resourceGroups/rg/providers/Microsoft.DataReplication/replicationVaults/v"


@pytest.mark.parametrize(
    ("method", "url", "key"),
    [
        ("GET", f"{VAULT}/protectedItems?api-version=1", ("s1", "microsoft.datareplication", "reads")),
        ("PUT", f"{VAULT}/protectedItems/a", ("s1", "microsoft.datareplication", "writes")),
        ("PATCH", f"{VAULT}/protectedItems/a", ("s1", "microsoft.datareplication", "writes")),
        ("POST", f"{VAULT}/protectedItems/a/plannedFailover", ("s1", "microsoft.datareplication", "writes")),
        ("DELETE", f"{VAULT}/protectedItems/a", ("s1", "microsoft.datareplication", "deletes")),
        ("GET", "https://x/subscriptions/s/resourceGroups/r", ("s", "", "reads")),
        ("POST", "https://x/providers/Microsoft.ResourceGraph/resources", ("", "microsoft.resourcegraph", "writes")),
        (
            "GET",
            "https://x/subscriptions/s/resourceGroups/r/providers/Microsoft.HybridCompute/machines/m"
            "/providers/Microsoft.AzureStackHCI/virtualMachineInstances/default",
            ("s", "microsoft.azurestackhci", "reads"),
        ),
    ],
)  # fmt: skip
def test_which_limit_a_request_counts_against(method: str, url: str, key: tuple[str, str, str]) -> None:
    assert key_of(method, url) == key


@pytest.mark.parametrize(
    ("headers", "kind", "told"),
    [
        ({}, "reads", (None, None)),
        ({"x-ms-ratelimit-remaining-subscription-reads": "249"}, "reads", (249.0, 25.0)),
        ({"x-ms-ratelimit-remaining-subscription-resource-requests": "1099"}, "reads", (1099.0, None)),
        ({"x-ms-ratelimit-remaining-subscription-resource-requests": "Microsoft.X/y;12"}, "reads", (None, None)),
        ({"x-ms-ratelimit-remaining-subscription-reads": "249"}, "writes", (None, None)),
    ],
)
def test_what_a_reply_says_is_left(headers: dict[str, str], kind: str, told: tuple[float | None, float | None]) -> None:
    assert hint(headers, kind) == told


def test_a_known_rate_is_not_probed() -> None:
    """What Resource Manager documents needs no learning: honest headers lead through 300 orders without a refusal."""
    bucket = Bucket(6, 0.0)
    for left in (199.0, 3.0):
        bucket.accepted(left, 10.0, 0.0)
    for number in range(90):
        bucket.accepted(None, None, float(number))
    assert isinstance(bucket.model, Refill) and bucket.model.rate == 10.0
    assert bucket.learnt_at == 0.0


def test_counts_of_two_limits_are_not_compared() -> None:
    """A failover tells the subscription's limit, the orders beside it the provider's: 100 left is much, or little."""
    bucket = Bucket(6, 0.0)
    bucket.accepted(1099.0, None, 0.0)
    bucket.accepted(100.0, 10.0, 0.0)
    assert bucket.model is None
