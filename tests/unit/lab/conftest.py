# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients for the tests of the lab's own simulators."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pyVim.connect import Disconnect

from ansible_collections.azlocal.migrate.tests.support.vsphere import Vsphere
from lab.runtime import Lab


@pytest.fixture(scope="module")
def vsphere(shared_lab: Lab) -> Iterator[Vsphere]:
    """A client of the lab that all tests share: for reading."""
    client = Vsphere(shared_lab)
    yield client
    Disconnect(client.si)


@pytest.fixture
def own_vsphere(lab: Callable[..., Lab]) -> Iterator[Vsphere]:
    """A client of a small lab that is this test's alone: for changes."""
    client = Vsphere(lab(vms=12))
    yield client
    Disconnect(client.si)
