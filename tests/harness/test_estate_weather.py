# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a programme left behind, removed in weather of every kind: lost replies, broken connections, limits."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError
from ansible_collections.azlocal.migrate.tests.support.estate_on_lab import estate, finished, listed, picture
from ansible_collections.azlocal.migrate.tests.support.killed import Ground
from lab.azure import ids
from lab.weather import Weather

FIRST, _colon, LAST = os.environ.get("HARNESS_SEEDS", "0:8").partition(":")
RUNS, AGAIN_AFTER_S = 6, 600.0


@pytest.mark.parametrize("seed", range(int(FIRST), int(LAST)))
def test_all_that_is_named_goes(tmp_path: Path, seed: int) -> None:
    with Ground(tmp_path / "lab", stage="ready", weather=seed, seed=seed, estate=None, vms=2) as ground:
        weather = ground.lab.faults
        assert isinstance(weather, Weather)
        weather.times = 0.0
        finished(ground)
        wanted = [one.id for one in listed(ground)]
        weather.times = 1.0
        for _again in range(RUNS):
            try:
                outcome, _answers = ground.run(lambda arm: estate(arm).removed(wanted))
            except ClientError as error:
                assert error.remedy, error
                ground.clock.sleep(AGAIN_AFTER_S)
            else:
                break
        else:
            pytest.fail(f"not done in {RUNS} runs")
        assert outcome is not None and outcome.left == [] and outcome.waiting_for is None
        left = picture(ground)
        groups = {ids.group(name).lower() for name in ids.GROUPS}
        assert set(left["resources"]) == groups and left["applications"] == left["parts"] == []
