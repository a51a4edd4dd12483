# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a programme left behind, removed by runs that end after any of their requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project_setup import ProjectSetup
from ansible_collections.azlocal.migrate.tests.support import project_on_lab
from ansible_collections.azlocal.migrate.tests.support.estate_on_lab import estate, finished, listed, picture
from ansible_collections.azlocal.migrate.tests.support.killed import Ground
from ansible_collections.azlocal.migrate.tests.support.killed_again import killed_everywhere
from lab.switches import parse


class Removal:
    """The same ids in every run, as a person writes them down once."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, arm: ArmClient) -> Any:
        return estate(arm).removed(self.names)

    def finished(self, ground: Ground) -> None:
        """Two of the six role assignments are enough: one goes as the other does."""
        finished(ground)
        found = listed(ground)
        roles = [one.id for one in found if one.kind == "role_assignment"]
        self.names = [one.id for one in found if one.id not in roles[2:]]

    def made(self, ground: Ground) -> None:
        ground.run(lambda arm: ProjectSetup(arm, project_on_lab.WANTED).present())
        ground.clock.sleep(3600)
        self.names = [one.id for one in listed(ground)]


@pytest.mark.slow
def test_a_finished_programme(tmp_path: Path) -> None:
    removal = Removal()
    with Ground(tmp_path, stage="ready") as ground:
        removal.finished(ground)
        writes = killed_everywhere(ground, removal, picture)
    assert set(writes.values()) == {1} and len(writes) == 20
    assert {method for method, _path in writes} == {"DELETE"}


def test_one_that_only_began_where_lists_lag(tmp_path: Path) -> None:
    removal = Removal()
    with Ground(tmp_path, switches=parse(["assignment_lag_s=300"])) as ground:
        removal.made(ground)
        writes = killed_everywhere(ground, removal, picture)
    assert set(writes.values()) == {1} and len(writes) == 5
