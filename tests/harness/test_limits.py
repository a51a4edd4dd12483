# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three hundred VMs under each profile of limits. The client is not told which one it works under.

What is measured, and what is not: each call of a module is a client of its own, which begins without knowing any limit.
So "once it has learnt" is said of each call by itself: refusals that came after that call knew the rate are at most one
in a hundred of all requests of the wave. Learning costs a dozen requests a call at most, and time that the bound on
the whole allows for. Calls that are too short to learn, as looks each 15 s at 300 VMs under the tightest limit, are
refused some three times each: about a quarter of their requests, and no VM fails by it.

How exact the limits themselves are: tests/behaviours/test_azure_limits.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.governor import key_of
from ansible_collections.azlocal.migrate.tests.support.harness import Call, Harness, easy
from ansible_collections.azlocal.migrate.tests.support.records import Request
from lab import switches

VMS = 300
# Pages so small that a look at 300 VMs costs some 130 requests: so many looks in a row go over each limit.
LOOKS = {"arm": 5, "rp-800-5min": 5, "rp-100-5min": 2}
PAGES = ("items_page=3", "jobs_page=10")
LATENCY_MS = 20
MOST_TO_LEARN = 12  # refusals that teach one client one limit


class Limit(NamedTuple):
    """A bucket: its size, and what comes back in a second."""

    size: float
    rate: float


# By kind of request; a provider's is for all requests to it.
PROFILES: dict[str, dict[str, Limit]] = {
    "arm": {"reads": Limit(250, 25), "writes": Limit(200, 10)},
    "rp-800-5min": {"provider": Limit(800, 800 / 300)},
    "rp-100-5min": {"provider": Limit(100, 100 / 300)},
}


class Journey(NamedTuple):
    """A wave from discovered on: enabled, and looked at again and again."""

    took_s: float
    azure: list[Request]
    calls: list[Call]

    @property
    def accepted(self) -> list[Request]:
        return [request for request in self.azure if request.status != 429]

    @property
    def refused(self) -> list[Request]:
        return [request for request in self.azure if request.status == 429]

    def by_call(self) -> Iterator[tuple[Call, list[Request]]]:
        """Each call and the refusals that it met."""
        ends = [*(call.began for call in self.calls[1:]), float("inf")]
        for call, end in zip(self.calls, ends, strict=True):
            yield call, [request for request in self.refused if call.began <= request.t < end]

    @property
    def late(self) -> list[Request]:
        """Refusals of a client that knew the limit, or that had met it and never came to know it."""
        found = []
        for call, refused in self.by_call():
            met = dict[tuple[str, str, str], float]()
            for request in refused:
                key = key_of(request.method, f"https://azure{request.path}")
                learnt = call.governor.buckets[key].learnt_at
                if request.t > (met.get(key, request.t) if learnt is None else learnt):
                    found.append(request)
                met.setdefault(key, request.ended)
        return found


def least_s(requests: Iterable[Request], limits: dict[str, Limit], *, pace_s: float = 0.0) -> float:
    """When the last of these could have been let through, in this order, had the client known the limits.

    By the profile alone. ``pace_s``: how long each takes by itself.
    """
    moment, buckets = 0.0, dict[str, tuple[float, float]]()
    for request in requests:
        moment += pace_s
        kind = kind_of(request, limits)
        if kind not in limits:
            continue
        limit = limits[kind]
        left, since = buckets.get(kind, (limit.size, moment))
        left = min(limit.size, left + (moment - since) * limit.rate)
        moment += max(0.0, 1 - left) / limit.rate
        buckets[kind] = max(left, 1.0) - 1.0, moment
    return moment


def kind_of(request: Request, limits: dict[str, Limit]) -> str:
    path = request.path.lower()
    if "provider" in limits:
        return "provider" if "/microsoft.datareplication/" in path else ""
    if not path.startswith("/subscriptions"):
        return ""
    return "reads" if request.method == "GET" else "writes"


def travel(folder: Path, profile: str, *chosen: str, vms: int = VMS, looks: int = 0) -> Journey:
    """All of them are enabled and none fails, whatever is refused meanwhile."""
    thrown = switches.parse([*chosen])
    with Harness(
        folder, width=6, latency_ms=LATENCY_MS, throttle=profile, estate=easy(vms), switches=thrown
    ) as harness:
        results = harness.present(harness.wave)
        assert [(result["status"], result["msg"]) for result in results if result["status"] != "changed"] == []
        for _ in range(looks):
            seen = harness.look(harness.wave)
            assert {result["status"] for result in seen} == {"ok"}
        took = harness.clock.monotonic()
        assert [*harness.violations()] == []
        azure = [request for request in harness.records.since() if request.system == "azure"]
        assert Counter(request.status for request in azure if request.is_create)[201] == vms
        return Journey(took, azure, harness.calls)


def check(journey: Journey) -> None:
    """Something was refused, and next to nothing once a client had learnt."""
    assert journey.refused
    assert len(journey.late) <= len(journey.azure) / 100, [request.t for request in journey.late]
    assert max(len(refused) for _, refused in journey.by_call()) <= MOST_TO_LEARN


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES)
def test_three_hundred_vms_within_a_limit(tmp_path: Path, profile: str) -> None:
    journey, limits = travel(tmp_path / "lab", profile, *PAGES, looks=LOOKS[profile]), PROFILES[profile]
    check(journey)
    assert least_s(journey.accepted, limits) <= journey.took_s, "nobody limits anything"
    assert journey.took_s <= 1.15 * least_s(journey.accepted, limits, pace_s=LATENCY_MS / 1000)


@pytest.mark.slow
@pytest.mark.parametrize(("chosen", "bound_s"), [("provider_window=fixed", 300.0), ("provider_counts=by_kind", 150.0)])
def test_other_ways_to_count_are_borne_too(tmp_path: Path, chosen: str, bound_s: float) -> None:
    """150 VMs: a second window, or 50 writes that have to wait for three seconds each."""
    journey = travel(tmp_path / "lab", "rp-100-5min", chosen, vms=150)
    check(journey)
    assert bound_s <= journey.took_s <= 1.15 * bound_s


@pytest.mark.slow
def test_a_wave_gets_ready_under_the_tightest_limit(tmp_path: Path) -> None:
    """The looks while it waits count too, and no VM fails by it."""
    with Harness(tmp_path / "lab", width=6, latency_ms=LATENCY_MS, throttle="rp-100-5min", estate=easy(120)) as harness:
        run = harness.replicate(harness.wave)
        assert run.error is None
        assert {(result["status"], str(result["phase"])) for result in run.results} == {("changed", "ready")}
        assert any(request.status == 429 for request in harness.records.since())
        assert [*harness.violations()] == []
