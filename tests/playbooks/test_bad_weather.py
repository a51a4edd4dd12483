# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real playbooks in bad weather, run again and again until there is nothing left to do; then what always must hold.

The engine harness (tests/harness) goes through hundreds of seeds on a clock of its own. These few show that nothing is
lost between the engine and a user's terminal. Seeds in which an order is lost before it arrives are left to the harness:
to be certain of that takes five minutes, and here they would be minutes.
"""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.playbook import Run
from ansible_collections.azlocal.migrate.tests.support.reasons import unexplained
from ansible_collections.azlocal.migrate.tests.support.stage import Stage
from ansible_collections.azlocal.migrate.tests.support.steady_weather import SteadyWeather

# What each seed brings besides broken reads; told here so that a seed that no longer brings it is seen.
WEATHER = {
    6: {"add_disk", "rename", "slow job"},
    56: {"lost", "409", "429", "572", "slow job", "move", "power_off"},
    74: {"lost", "cut", "500 after", "1000001", "1000037", "power_off", "move"},
}
CUTOVER = 48
WEATHER_RUNS, FAIR_RUNS = 3, 3
TIMEOUT_S = 6  # what is stuck, is stuck


@pytest.fixture
def stage(set_stage: SetStage, seed: int) -> Stage:
    return set_stage(vms=8, faults=SteadyWeather(seed))


@pytest.mark.parametrize("seed", WEATHER)
def test_a_wave_gets_ready_or_says_why_not(stage: Stage, seed: int, capfd: pytest.CaptureFixture[str]) -> None:
    until_quiet(stage, "replicate", "ready")
    stage.check()
    assert WEATHER[seed] <= {kind(fault) for _, fault in weather(stage).drawn}
    assert "Traceback" not in capfd.readouterr().err  # of the lab


@pytest.mark.parametrize("seed", [CUTOVER])
def test_a_wave_is_cut_over_or_says_why_not(stage: Stage) -> None:
    until_quiet(stage, "replicate", "ready")
    until_quiet(stage, "cutover", "migrated")
    until_quiet(stage, "verify", "verified")
    stage.check()


def until_quiet(stage: Stage, playbook: str, reached: str) -> None:
    """As a person would: again while something fails, then in fair weather until there is nothing left to do."""
    weather(stage).times = 1.0
    for number in range(1, WEATHER_RUNS + FAIR_RUNS + 1):
        moment = stage.records.moment()
        run = stage.run(playbook, "-e", f"azlocal_timeout_s={TIMEOUT_S}")
        assert run.complaints() == []
        assert unexplained(verdicts(stage, run), reached) == [], weather(stage).drawn
        fair = weather(stage).times == 0
        if fair and not stage.records.writes(moment):
            assert run.changed == {}
            return
        if number >= WEATHER_RUNS or not run.failed:
            weather(stage).times = 0.0
    pytest.fail(f"there is always something left to do: {run.text}\n{weather(stage).drawn}")


def weather(stage: Stage) -> SteadyWeather:
    assert isinstance(stage.lab.faults, SteadyWeather)
    return stage.lab.faults


def verdicts(stage: Stage, run: Run) -> list[dict[str, Any]]:
    last = [run.last(row["name"]) for row in stage.rows]
    return [{**told.result, "name": told.host, "status": told.status} for told in last]


def kind(fault: dict[str, Any]) -> str:
    """One word for what was drawn."""
    if "act" in fault or "wire" in fault:
        return str(fault.get("act") or fault["wire"])
    if fault.get("slow") or fault.get("stuck"):
        return "slow job" if fault.get("slow") else "stuck job"
    return f"{fault.get('status') or fault.get('code')}{' after' if fault.get('after') else ''}"
