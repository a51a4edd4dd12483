# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labs for playbook tests. A run takes seconds, so a lab and its runs are shared by the tests of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support.stage import Stage

SetStage = Callable[..., Stage]


@pytest.fixture(scope="module")
def set_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SetStage]:
    """Start labs that live as long as the tests of the file: ``set_stage(vms=3)``."""
    started: list[Stage] = []

    def start(**options: Any) -> Stage:
        started.append(Stage(tmp_path_factory.mktemp("lab"), **options))
        return started[-1]

    yield start
    for stage in started:
        stage.lab.stop()
