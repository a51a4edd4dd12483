# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three hundred VMs under each profile of limits. The client is not told which one it works under."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from ansible_collections.azlocal.migrate.tests.support.harness import Harness, crew, easy
from ansible_collections.azlocal.migrate.tests.support.records import Request
from lab import switches
from lab.azure.throttle import ARM_LIMITS

VMS = 300


class Sending(NamedTuple):
    """One call that enables them all."""

    took_s: float
    azure: list[Request]
    learnt_at: float  # where a limit was met

    @property
    def refused(self) -> list[Request]:
        return [request for request in self.azure if request.status == 429]

    @property
    def late_refusals(self) -> list[Request]:
        """Of those that came once the rate was known."""
        return [request for request in self.refused if request.t > self.learnt_at]


@pytest.fixture(scope="module")
def unlimited(tmp_path_factory: pytest.TempPathFactory) -> Sending:
    return enable(tmp_path_factory.mktemp("off") / "lab", "off")


def enable(folder: Path, profile: str, *chosen: str) -> Sending:
    with (
        Harness(
            folder, width=6, latency_ms=20, throttle=profile, estate=easy(VMS), switches=switches.parse([*chosen])
        ) as harness,
        crew(harness.time),
    ):
        results = harness.present(harness.wave)
        took = harness.clock.monotonic()
        assert [(result["status"], result["msg"]) for result in results if result["status"] != "changed"] == []
        [governor] = harness.governors
        learnt = [bucket.learnt_at for bucket in governor.buckets.values() if bucket.learnt_at is not None]
        azure = [request for request in harness.records.since() if request.system == "azure"]
        return Sending(took, azure, min(learnt, default=took))


# size and refill a second of the limit that the requests of replication meet first
PROFILES = {
    "arm": ARM_LIMITS["writes"],
    "rp-800-5min": (800, 800 / 300),
    "rp-100-5min": (100, 100 / 300),
}


@pytest.mark.slow
@pytest.mark.behaviour("arm_limits", "provider_limits")
@pytest.mark.parametrize("profile", PROFILES)
def test_three_hundred_vms_are_enabled_within_a_limit(tmp_path: Path, unlimited: Sending, profile: str) -> None:
    sending = enable(tmp_path / "lab", profile)
    size, rate = PROFILES[profile]
    counted = [request for request in unlimited.azure if request.method == "PUT" or profile != "arm"]
    counted = [request for request in counted if "/microsoft.datareplication/" in request.path.lower()]
    bound = max(unlimited.took_s, (len(counted) - size) / rate)
    assert sending.took_s <= 1.15 * bound + 1, (sending.took_s, bound)
    assert len(sending.late_refusals) <= len(sending.azure) / 100, [request.t for request in sending.refused]
    assert len(sending.refused) <= 20
    # a refusal costs a request and nothing else
    assert len(sending.azure) == len(unlimited.azure) + len(sending.refused)


@pytest.mark.slow
@pytest.mark.behaviour("provider_limits")
@pytest.mark.switch("provider_window", "refilled", "fixed")
@pytest.mark.switch("provider_counts", "together", "by_kind")
@pytest.mark.parametrize("chosen", ["provider_window=fixed", "provider_counts=by_kind"])
def test_other_ways_to_count_are_borne_too(tmp_path: Path, unlimited: Sending, chosen: str) -> None:
    sending = enable(tmp_path / "lab", "rp-100-5min", chosen)
    windows = -(-VMS // 85) * 300.0  # reads take some of the first, and a share is kept of each
    assert sending.took_s <= windows + 30
    assert len(sending.late_refusals) <= len(sending.azure) / 100


@pytest.mark.slow
def test_a_wave_gets_ready_under_the_tightest_limit(tmp_path: Path) -> None:
    """The looks while it waits count too, and no VM fails by it."""
    with (
        Harness(tmp_path / "lab", width=6, latency_ms=20, throttle="rp-100-5min", estate=easy(120)) as harness,
        crew(harness.time),
    ):
        run = harness.replicate(harness.wave)
        assert run.error is None
        assert {(result["status"], str(result["phase"])) for result in run.results} == {("changed", "ready")}
        assert [*harness.violations()] == []
