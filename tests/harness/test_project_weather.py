# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The project in weather of every kind, with every doubt decided by chance. ``HARNESS_SEEDS`` as in test_any_weather."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.index import find
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project_setup import Outcome, ProjectSetup
from ansible_collections.azlocal.migrate.tests.support.killed import Ground
from ansible_collections.azlocal.migrate.tests.support.project_on_lab import WANTED, picture
from lab import switches
from lab.weather import Weather

FIRST, _colon, LAST = os.environ.get("HARNESS_SEEDS", "0:12").partition(":")
RUNS, AGAIN_AFTER_S = 6, 600.0
AS_IT_IS = {"application", "policy_denies"}  # with one of these nothing can be made at all


def present(arm: ArmClient) -> Outcome:
    return ProjectSetup(arm, WANTED).present()


def absent(arm: ArmClient) -> Outcome:
    return ProjectSetup(arm, WANTED).absent()


def until_done(ground: Ground, work: Any) -> None:
    """The work, and again where it failed, as a person would."""
    for _again in range(RUNS):
        try:
            ground.run(work)
        except ClientError as error:
            assert error.remedy and (find(error.code) or find(type(error).__name__)), error
            ground.clock.sleep(AGAIN_AFTER_S)
        else:
            return
    pytest.fail(f"not done in {RUNS} runs")


@pytest.mark.parametrize("seed", range(int(FIRST), int(LAST)))
def test_a_project_is_made_and_taken_back(tmp_path: Path, seed: int) -> None:
    chosen = switches.drawn(seed, ["no-vm-matters-here"])
    for name in AS_IT_IS:
        setattr(chosen, name, switches.defaults()[name])
    with Ground(tmp_path / "calm") as calm:
        until_done(calm, present)
        made = picture(calm)
    with Ground(tmp_path / "lab", weather=seed, switches=chosen, seed=seed, estate=None, vms=2) as ground:
        told = f"{ground.lab.faults.drawn}\n{chosen}"  # type: ignore[attr-defined]
        until_done(ground, present)
        assert picture(ground) == made, told
        assert isinstance(ground.lab.faults, Weather)
        ground.lab.faults.times = 0.0
        moment = ground.records.moment()
        until_done(ground, present)
        assert ground.accepted(moment) == [], told
        ground.lab.faults.times = 1.0
        until_done(ground, absent)
        left = picture(ground)
        assert (left["resources"], left["roles"]) == ({}, []), told
