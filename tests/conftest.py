# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for all tests: labs in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from lab.cli import start_lab
from lab.runtime import Lab

StartLab = Callable[..., Lab]


# Machines are noisy: a slow moment is no counterexample.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[StartLab]:
    """Start labs of one's own: ``lab(vms=3, speed=600)``. Each is stopped at the end of the test."""
    started: list[Lab] = []

    def start(**options: Any) -> Lab:
        folder = tmp_path / f"lab{len(started) or ''}"
        started.append(start_lab(folder, **{"speed": 600, **options}))
        return started[-1]

    yield start
    for running in started:
        running.stop()


@pytest.fixture(scope="session")
def shared_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One lab with 24 VMs for all tests that only read, or that change what no other test looks at."""
    running = start_lab(tmp_path_factory.mktemp("shared") / "lab", vms=24, speed=600)
    yield running
    running.stop()
