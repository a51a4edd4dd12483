# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the tests that see a behaviour of the lab over the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pyVim.connect import Disconnect

from ansible_collections.azlocal.migrate.tests.support.azure_time import StartAzure, starter
from ansible_collections.azlocal.migrate.tests.support.vsphere import StartVsphere, Vsphere
from lab.runtime import Lab


@pytest.fixture
def azure(lab: Callable[..., Lab]) -> StartAzure:
    """Start a lab whose time the test owns, and sign in at its Azure."""
    return starter(lab)


@pytest.fixture
def start_vsphere(lab: Callable[..., Lab]) -> Iterator[StartVsphere]:
    """pyVmomi on a lab of this test's own: ``start_vsphere(vms=6, speed=60)``."""
    clients: list[Vsphere] = []

    def start(**options: object) -> Vsphere:
        clients.append(Vsphere(lab(**{"vms": 6, **options})))
        return clients[-1]

    yield start
    for client in clients:
        Disconnect(client.si)


@pytest.fixture
def vsphere(start_vsphere: StartVsphere) -> Vsphere:
    """pyVmomi on a lab of six VMs, at the speed of the other tests."""
    return start_vsphere()
