# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A wave of twelve from discovered to ready, in weather of every kind, with every doubt decided by chance.

``HARNESS_SEEDS=0:500`` runs more than the few that each test run takes; a seed that failed is run alone by
``HARNESS_SEEDS=17:18``, and does the same again.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.phase import Phase
from ansible_collections.azlocal.migrate.tests.support import reasons
from ansible_collections.azlocal.migrate.tests.support.harness import Harness, Plain, Run
from lab import switches

FIRST, LAST = map(int, os.environ.get("HARNESS_SEEDS", "0:30").split(":"))


@pytest.mark.parametrize("seed", range(FIRST, LAST))
def test_a_wave_gets_ready_or_says_why_not(tmp_path: Path, seed: int) -> None:
    with Harness(tmp_path / "lab", seed=seed, weather=seed, switches=switches.drawn(seed), latency_ms=20) as harness:
        runs = harness.until_settled(harness.replicate)
        told = f"{harness.lab.faults.drawn}\n{harness.lab.switches}"  # type: ignore[attr-defined]
        assert [*harness.violations()] == [], told
        assert [problem for run in runs for problem in unexplained(run)] == [], told
        harness.clear_up()
        moment = harness.records.moment()
        before = {result["name"] for result in runs[-1].results if result["phase"] == Phase.READY}
        again = harness.replicate(harness.wave)
        assert [*harness.violations()] == [], told
        assert [*unexplained(again)] == [], told
        written = {harness.name_of(request.item) for request in harness.records.writes(moment) if request.item}
        assert not written & before, f"what was ready was touched again: {written & before}\n{told}"


def unexplained(run: Run) -> list[Plain]:
    """What neither went well nor stopped with a reason of the catalogue."""
    if run.error is not None:
        return [] if reasons.explained(run.error) else [run.error]
    return reasons.unexplained(run.results, Phase.READY)


def test_the_same_seed_is_the_same_run(tmp_path: Path) -> None:
    """Replayable: request by request, up to the names that clients make up for themselves."""
    seen = []
    for folder in ("one", "two"):
        with Harness(tmp_path / folder, seed=7, weather=7, switches=switches.drawn(7), latency_ms=20) as harness:
            harness.replicate(harness.wave)
            asked = [(r.t, r.system, r.method, r.status, r.heard) for r in harness.records.since()]
            seen.append((asked, harness.lab.faults.drawn))  # type: ignore[attr-defined]
    first, second = seen
    assert first[1] == second[1]
    assert first[0] == second[0]
