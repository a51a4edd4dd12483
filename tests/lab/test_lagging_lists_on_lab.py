# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of the lab that lag behind what was done: nothing is sent twice for that, and nobody is accused."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.phase import INVISIBLE_S
from ansible_collections.azlocal.migrate.plugins.module_utils.services.status import Status
from ansible_collections.azlocal.migrate.tests.support.harness import Harness, easy
from lab.switches import Switches

ENABLING_S = 526  # as recorded, and as the lab does it


def test_an_item_that_its_list_shows_after_its_enabling_is_over_is_waited_for(tmp_path: Path) -> None:
    lag_s = ENABLING_S + INVISIBLE_S - 120.0
    with Harness(tmp_path / "lab", estate=easy(1), switches=Switches(list_lag_s=lag_s)) as harness:
        clock = harness.clock
        harness.present(harness.wave)
        began, phases = clock.monotonic(), []
        while clock.monotonic() - began < lag_s + 300:
            clock.sleep(60)
            with harness.see() as see:
                [seen] = Status(see).look(harness.wave)
            phases.append(str(seen.phase))
            harness.present(harness.wave)
        assert set(phases) == {"enabling"}, phases
        assert sum(request.is_create for request in harness.records.writes(0)) == 1
        assert harness.replicate(harness.wave).good
        assert sum(request.is_create for request in harness.records.writes(0)) == 1
