# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A wave of twelve from discovered to ready, in weather of every kind, with every doubt decided by chance.

Then the weather clears, and whoever can be ready is. A few seeds go on to be cut over, in bad weather again.

``HARNESS_SEEDS=0:500`` runs more than the few that each test run takes; a seed that failed is run alone by
``HARNESS_SEEDS=17:18``, and does the same again (each third one nearly so: it sends several requests at a time).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.phase import Phase
from ansible_collections.azlocal.migrate.tests.support import reasons, weather_table
from ansible_collections.azlocal.migrate.tests.support.fair_weather import unfinished
from ansible_collections.azlocal.migrate.tests.support.harness import Harness, Plain, Run
from ansible_collections.azlocal.migrate.tests.support.steady_weather import SteadyWeather

FIRST, LAST = map(int, os.environ.get("HARNESS_SEEDS", "0:30").split(":"))
Role = Callable[[Sequence[Plain]], Run]


def is_wide(seed: int) -> bool:
    return seed % 3 == 0


def goes_on(seed: int) -> bool:
    """To the cutover: 3, 4, 9 and 14 throw the switches that matter only there."""
    return seed == 3 or seed % 5 == 4


@pytest.mark.parametrize("seed", range(FIRST, LAST))
def test_a_wave_gets_there_or_says_why_not(
    tmp_path: Path, seed: int, record_property: Callable[[str, Any], None]
) -> None:
    several: dict[str, Any] = {"width": 6, "faults": SteadyWeather(seed)}
    weather = several if is_wide(seed) else {"weather": seed}
    with Harness(tmp_path / "lab", seed=seed, chance=seed, latency_ms=20, **weather) as harness:
        record_property(weather_table.PROPERTY, {})
        runs = until_fair(harness, harness.replicate, Phase.READY)
        if goes_on(seed):
            harness.turn_weather(1.0)
            runs += until_fair(harness, harness.cut_over, Phase.MIGRATED, before=runs[-1])
        record_property(weather_table.PROPERTY, weather_table.figures(harness, runs))


def until_fair(harness: Harness, role: Role, goal: Phase, before: Run | None = None) -> list[Run]:
    """In bad weather until a person gives up, then in fair weather; what is there is left alone by then.

    ``before``: the last run of the role that comes before this one. Whom it did not bring there is not ready now.
    """
    told = f"{harness.lab.switches}"
    runs = harness.until_settled(role)
    assert [*harness.violations()] == [], told
    there = {result["name"] for result in runs[-1].results if result["phase"] == goal}
    harness.turn_weather(0.0)
    moment = harness.records.moment()
    runs += harness.until_settled(role, last=runs[-1])
    told = f"{harness.lab.faults.drawn}\n{told}"  # type: ignore[attr-defined]
    assert [*harness.violations()] == [], told
    assert [problem for run in runs for problem in unexplained(run, goal)] == [], told
    assert [*unfinished(harness, runs[-1], goal, before)] == [], told
    written = {harness.name_of(request.item) for request in harness.records.writes(moment) if request.item}
    assert not written & there, f"what was there was touched again: {written & there}\n{told}"
    return runs


def unexplained(run: Run, goal: Phase) -> list[Plain]:
    """What neither went well nor stopped with a reason of the catalogue."""
    if run.error is not None:
        return [] if reasons.explained(run.error) else [run.error]
    return reasons.unexplained(run.results, goal)


def test_the_same_seed_is_the_same_run(tmp_path: Path) -> None:
    """Replayable: request by request, up to the names that clients make up for themselves."""
    seen = []
    for folder in ("one", "two"):
        with Harness(tmp_path / folder, seed=8, weather=8, chance=8, latency_ms=20) as harness:
            harness.replicate(harness.wave)
            asked = [(r.t, r.system, r.method, r.status, r.heard) for r in harness.records.since()]
            seen.append((asked, harness.lab.faults.drawn))  # type: ignore[attr-defined]
    first, second = seen
    assert first[1] == second[1]
    assert first[0] == second[0]
