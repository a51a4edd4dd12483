# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the weather leaves to chance: silences that pass, and switches that each get their turn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.azlocal.migrate.tests.support.azure_lab import AzureSession
from ansible_collections.azlocal.migrate.tests.support.harness import Harness
from lab import names, switches
from lab.azure import ids
from lab.clock import OwnedClock
from lab.runtime import Lab
from lab.weather import SILENT_S, silence

SEEDS_OF_CI = range(30)
AGENTS = {names.SOURCE_APPLIANCE: ids.SOURCE_FABRIC, names.TARGET_APPLIANCE: ids.TARGET_FABRIC}


def silent(azure: AzureSession) -> set[str]:
    heard = {
        name: azure.list(f"{fabric}/fabricAgents")[0]["properties"]["isResponsive"] for name, fabric in AGENTS.items()
    }
    return {name for name, responsive in heard.items() if not responsive}


@pytest.mark.parametrize("again", [names.SOURCE_APPLIANCE, names.TARGET_APPLIANCE])
def test_silences_that_overlap_both_pass(lab: Callable[..., Lab], again: str) -> None:
    running = lab(vms=1, speed=1, clock=OwnedClock())
    azure = AzureSession(running)
    silence(running, names.SOURCE_APPLIANCE)
    running.clock.sleep(SILENT_S / 2)
    silence(running, again)
    assert silent(azure) == {names.SOURCE_APPLIANCE, again}
    running.clock.sleep(SILENT_S * 0.75)  # the first is over, the second is not
    assert silent(azure) == {again}
    running.clock.sleep(SILENT_S)
    assert silent(azure) == set()


def test_who_is_silent_for_good_stays_so(lab: Callable[..., Lab]) -> None:
    running = lab(
        vms=1, speed=1, clock=OwnedClock(), switches=switches.parse([f"silent_agents={names.TARGET_APPLIANCE}"])
    )
    silence(running, names.TARGET_APPLIANCE)
    running.clock.sleep(SILENT_S * 2)
    assert silent(AzureSession(running)) == {names.TARGET_APPLIANCE}


def test_ci_meets_each_switch_that_stops_vms() -> None:
    usual = switches.defaults()
    thrown = {
        name
        for seed in SEEDS_OF_CI
        for name, value in vars(switches.drawn(seed, ["one", "two"])).items()
        if value != usual[name]
    }
    assert switches.STOPPING.keys() <= thrown


def test_a_hidden_vm_is_one_of_the_wave(tmp_path: Path) -> None:
    seed = [*switches.STOPPING].index("hidden_vms")
    with Harness(tmp_path / "lab", seed=seed, chance=seed) as harness:
        [hidden] = harness.lab.switches.hidden_vms
        assert hidden in harness.names
