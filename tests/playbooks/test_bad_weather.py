# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real playbooks in bad weather, run again as a person would, until nothing is left to do; then what always must hold.

The engine harness (tests/harness) goes through hundreds of seeds on a clock of its own. These few show that nothing is
lost between the engine and a user's terminal. Seeds that lose an order before it arrives are left to the harness: to be
certain of that takes five minutes, which are real minutes here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.playbook import Run
from ansible_collections.azlocal.migrate.tests.support.reasons import unexplained
from ansible_collections.azlocal.migrate.tests.support.stage import Stage
from ansible_collections.azlocal.migrate.tests.support.steady_weather import SteadyWeather

VMS = 8
# What a seed brings, besides reads and sign-ins that break; asserted where it does not depend on how fast this machine is.
WEATHER = {
    # An accepted PUT is answered 502. A seeding fails for good, a machine is renamed, another gets a snapshot.
    58: {"502 after", "job 1000001", "rename", "snapshot"},
    # The answers to accepted PUTs are cut off, lost, and 500; two machines fail to enable, a removal is slow, and a
    # colleague powers a machine off while it replicates, or before.
    74: {"cut", "500 after", "job 1000001", "power_off", "move"},
    # Of the failovers one is in conflict, one throttled, one accepted with 504, one fails, one is slow; a disk that a
    # colleague adds comes too late to be replicated.
    48: {"add_disk", "409", "429", "504 after", "job 1000037", "slow job"},
}
CUT_OVER = 48
PHASES = {"replicate": "ready", "cutover": "migrated", "verify": "verified"}  # where a VM is that got there
TRIES, FAIR_TRIES = 2, 3
TIMEOUT_S = 20  # of the lab's time, that is eleven hours


@pytest.mark.parametrize("seed", WEATHER)
def test_a_wave_arrives_or_says_why_not(set_stage: SetStage, seed: int, capfd: pytest.CaptureFixture[str]) -> None:
    weather = SteadyWeather(seed)
    stage = set_stage(vms=VMS, faults=weather)
    while_it_fails(stage, "replicate")
    if seed == CUT_OVER:
        while_it_fails(stage, "cutover")
        while_it_fails(stage, "verify")
    stage.check()
    weather.times = 0.0
    nothing_is_left(stage, "cutover" if seed == CUT_OVER else "replicate")
    stage.check()
    assert WEATHER[seed] <= {kind(fault) for _, fault in weather.drawn}
    assert "Traceback" not in capfd.readouterr().err  # of the lab


def while_it_fails(stage: Stage, playbook: str) -> None:
    """Once more, as a person would; most of the wave gets there."""
    for _ in range(TRIES):
        run = play(stage, playbook)
        if not run.failed:
            break
    assert sum(run.last(row["name"]).result["phase"] == PHASES[playbook] for row in stage.rows) > VMS / 2, run.text


def nothing_is_left(stage: Stage, playbook: str) -> None:
    """In fair weather what was left undone is soon done, and then a run writes nothing and changes nothing."""
    for _ in range(FAIR_TRIES):
        moment = stage.records.moment()
        run = play(stage, playbook)
        if not stage.records.writes(moment):
            assert run.changed == {}
            return
    pytest.fail(f"there is always something left to do: {run.text}")


def play(stage: Stage, playbook: str) -> Run:
    """One run, in which each VM gets to its phase or says in words of the catalogue why not.

    What comes before the wave is one step for all, and would end the run; tests/harness has it in bad weather.
    """
    run = stage.run(playbook, "-e", f"azlocal_timeout_s={TIMEOUT_S}", "-e", "azlocal_infrastructure=false")
    assert run.complaints() == []
    assert run.rc in (0, 2), run.text
    verdicts = [run.last(row["name"]) for row in stage.rows]
    assert unexplained([{**told.result, "status": told.status} for told in verdicts], PHASES[playbook]) == [], run.text
    return run


def kind(drawn: Mapping[str, Any]) -> str:
    """In a word or two, what the weather drew."""
    if "act" in drawn or "wire" in drawn:
        return str(drawn.get("act") or drawn["wire"])
    if drawn.get("slow") or drawn.get("stuck"):
        return "slow job" if drawn.get("slow") else "stuck job"
    return f"{drawn.get('status') or 'job ' + drawn.get('code', '')}{' after' if drawn.get('after') else ''}"
