# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The project, made and taken back, by runs that end after any of their requests."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project_setup import Outcome, ProjectSetup
from ansible_collections.azlocal.migrate.tests.support.killed import Ground
from ansible_collections.azlocal.migrate.tests.support.killed_again import killed_everywhere
from ansible_collections.azlocal.migrate.tests.support.project_on_lab import WANTED, picture


def present(arm: ArmClient) -> Outcome:
    return ProjectSetup(arm, WANTED).present()


def absent(arm: ArmClient) -> Outcome:
    return ProjectSetup(arm, WANTED).absent()


def test_a_run_that_was_killed_anywhere_is_finished_by_the_next(tmp_path: Path) -> None:
    with Ground(tmp_path) as ground:
        writes = killed_everywhere(ground, present, picture)
    assert set(writes.values()) == {1}
    assert {method for method, _path in writes} == {"POST", "PUT"}


def test_a_removal_that_was_killed_anywhere_is_finished_by_the_next(tmp_path: Path) -> None:
    with Ground(tmp_path) as ground:
        ground.run(present)
        ground.clock.sleep(3600)  # nothing lags any more
        writes = killed_everywhere(ground, absent, picture)
    assert set(writes.values()) == {1}
    assert {method for method, _path in writes} == {"DELETE"}
