# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the tests on the lab: a bench for the services, a vCenter client on a small estate."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter import VcenterClient
from ansible_collections.azlocal.migrate.tests.support.services_bench import Bench
from ansible_collections.azlocal.migrate.tests.support.vcenter_on_lab import client_of
from lab.runtime import Lab


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("services") / "lab")
    yield made
    made.stop()


@pytest.fixture
def small(lab: Callable[..., Lab]) -> Lab:
    return lab(vms=6)


@pytest.fixture
def client(small: Lab) -> Iterator[VcenterClient]:
    with client_of(small) as made:
        yield made
