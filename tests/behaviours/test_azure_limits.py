# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limits, request by request on the lab's own clock, and what replies tell of them.

How our client bears them: tests/harness/test_limits.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
import requests

from ansible_collections.azlocal.migrate.tests.support.azure_lab import DR
from ansible_collections.azlocal.migrate.tests.support.azure_time import StartAzure, TimedAzure
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab.azure import ids

ITEMS = f"{ids.VAULT}/protectedItems"
NO_ITEM = f"{ITEMS}/nothing"  # writing and deleting it costs a request, and changes nothing
GROUPS = f"{ids.SUBSCRIPTION}/resourcegroups"
PREFIX = "x-ms-ratelimit-remaining-"
PROVIDER = "subscription-resource-requests"


def limits(reply: requests.Response) -> dict[str, int]:
    found = {name.lower(): value for name, value in reply.headers.items()}
    return {name.removeprefix(PREFIX): int(value) for name, value in found.items() if name.startswith(PREFIX)}


@pytest.mark.behaviour("limit_headers")
def test_the_provider_tells_its_own_limit_instead(azure: StartAzure) -> None:
    session = azure()
    machine = session.easy()
    assert set(limits(session.call("GET", ITEMS, DR))) == {PROVIDER}
    assert set(limits(session.put(machine))) == {PROVIDER}
    session.wait(machine)
    group = session.call("GET", GROUPS, "2021-04-01")
    assert set(limits(group)) == {"subscription-reads", "subscription-global-reads"}


@pytest.mark.behaviour("limit_headers")
def test_a_failover_tells_the_limit_of_the_subscription(azure: StartAzure) -> None:
    session = azure()
    machine = session.easy()
    session.protect(machine)
    assert set(limits(session.failover(machine))) == {"subscription-writes", "subscription-global-writes"}


@pytest.mark.behaviour("limit_headers")
def test_what_is_left_is_a_hint_and_no_balance(azure: StartAzure) -> None:
    session = azure()
    left = [limits(session.call("GET", ITEMS, DR))[PROVIDER] for _time in range(30)]
    assert any(later > earlier for earlier, later in itertools.pairwise(left)), left
    assert min(left) < max(left)


# -- who goes over ----------------------------------------------------------------------------------------------------

Ask = Callable[[], requests.Response]


def asking(session: TimedAzure, method: str) -> Ask:
    """One request of that method to the replication provider."""
    path = ids.VAULT if method == "GET" else NO_ITEM
    return lambda: session.call(method, path, DR, {} if method == "PUT" else None)


def let_through(ask: Ask, most: int = 1000) -> tuple[int, requests.Response]:
    """How many are answered before one is refused, and that refusal; no time passes meanwhile."""
    for count in range(most + 1):
        reply = ask()
        if reply.status_code == 429:
            assert reply.json()["error"]["code"] == "TooManyRequests"
            return count, reply
    raise AssertionError(f"{most + 1} requests, and none was refused")


def pause(reply: requests.Response) -> int:
    return int(reply.headers["Retry-After"])


@pytest.mark.behaviour("arm_limits")
@pytest.mark.parametrize(("method", "size", "rate"), [("GET", 250, 25), ("PUT", 200, 10), ("DELETE", 200, 10)])
def test_resource_managers_own_buckets(azure: StartAzure, method: str, size: int, rate: int) -> None:
    session = azure(throttle="arm", speed=1)
    ask, sleep = asking(session, method), session.lab.clock.sleep
    count, refusal = let_through(ask)
    assert (count, pause(refusal)) == (size, 1)
    sleep(0.9 / rate)
    assert ask().status_code == 429
    sleep(0.2 / rate)
    assert let_through(ask)[0] == 1
    sleep(4.0)
    assert let_through(ask)[0] == 4 * rate
    sleep(1000.0)
    assert let_through(ask)[0] == size  # it holds no more


@pytest.mark.behaviour("arm_limits")
def test_each_kind_of_request_has_a_bucket_of_its_own(azure: StartAzure) -> None:
    session = azure(throttle="arm", speed=1)
    counts = [let_through(asking(session, method))[0] for method in ("PUT", "DELETE", "GET")]
    assert counts == [200, 200, 250]
    assert session.call("GET", GROUPS, "2021-04-01").status_code == 429  # but all providers share them


@pytest.mark.behaviour("arm_limits")
def test_what_resource_manager_says_is_left_is_what_is_left(azure: StartAzure) -> None:
    session = azure(throttle="arm", speed=1)

    def left() -> tuple[int, int]:
        found = limits(session.call("GET", GROUPS, "2021-04-01"))
        return found["subscription-reads"], found["subscription-global-reads"]

    assert [left() for _ in range(3)] == [(249, 3749), (248, 3748), (247, 3747)]
    asking(session, "GET")()  # the provider tells its own count, and takes from this one
    assert left() == (245, 3745)
    let_through(asking(session, "GET"))
    assert left() == (0, 3500)  # refused
    session.lab.clock.sleep(2.0)
    assert left() == (49, 3749)


@pytest.mark.behaviour("provider_limits")
@pytest.mark.parametrize(("profile", "size", "asked_s"), [("rp-800-5min", 800, 1), ("rp-100-5min", 100, 3)])
def test_the_limit_of_the_replication_provider(azure: StartAzure, profile: str, size: int, asked_s: int) -> None:
    session = azure(throttle=profile, speed=1)
    ask, sleep, each_s = asking(session, "GET"), session.lab.clock.sleep, 300.0 / size
    count, refusal = let_through(ask)
    assert (count, pause(refusal)) == (size, asked_s)
    sleep(0.9 * each_s)
    assert ask().status_code == 429
    sleep(0.2 * each_s)
    assert let_through(ask)[0] == 1
    sleep(10.4 * each_s)
    assert let_through(ask)[0] == 10
    sleep(1000.0)
    assert let_through(ask)[0] == size
    other = session.call("GET", GROUPS, "2021-04-01")
    assert other.status_code == 200, "it is the provider's alone"


@pytest.mark.behaviour("provider_limits")
def test_a_failover_is_not_counted_by_the_provider(azure: StartAzure) -> None:
    session = azure(throttle="rp-100-5min")
    machine = session.easy()
    let_through(asking(session, "GET"))
    assert session.put(machine).status_code == 429
    assert session.failover(machine).status_code == 404  # it came through, and there is no item


@pytest.mark.behaviour("provider_limits")
@thrown("provider_counts", "together", "by_kind")
def test_the_provider_counts_all_or_each_kind(azure: StartAzure, setting: str) -> None:
    session = azure(throttle="rp-100-5min", speed=1, provider_counts=setting)
    counts = [let_through(asking(session, method))[0] for method in ("GET", "PUT", "DELETE")]
    assert counts == ([100, 0, 0] if setting == "together" else [100, 100, 100])


@pytest.mark.behaviour("provider_limits")
@thrown("provider_window", "refilled", "fixed")
def test_the_window_refills_or_ends(azure: StartAzure, setting: str) -> None:
    session = azure(throttle="rp-100-5min", speed=1, provider_window=setting)
    ask, sleep = asking(session, "GET"), session.lab.clock.sleep
    sleep(1000.0)  # a window begins with its first request
    assert ask().status_code == 200
    sleep(30.0)
    count, refusal = let_through(ask)
    assert (count, pause(refusal)) == ((100, 3) if setting == "refilled" else (99, 270))
    sleep(150.0)
    assert let_through(ask, 200)[0] == (50 if setting == "refilled" else 0)
    sleep(120.0)
    assert let_through(ask, 200)[0] == (40 if setting == "refilled" else 100)
