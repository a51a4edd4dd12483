# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the replies tell of limits. How our client bears the limits themselves: tests/harness/test_limits.py."""

from __future__ import annotations

import itertools

import pytest
import requests

from ansible_collections.azlocal.migrate.tests.support.azure_lab import DR
from ansible_collections.azlocal.migrate.tests.support.azure_time import StartAzure
from lab.azure import ids

ITEMS = f"{ids.VAULT}/protectedItems"
PREFIX = "x-ms-ratelimit-remaining-"
PROVIDER = "subscription-resource-requests"


def limits(reply: requests.Response) -> dict[str, int]:
    found = {name.lower(): value for name, value in reply.headers.items()}
    return {name.removeprefix(PREFIX): int(value) for name, value in found.items() if name.startswith(PREFIX)}


@pytest.mark.behaviour("limit_headers")
def test_the_provider_tells_its_own_limit_instead(azure: StartAzure) -> None:
    session = azure()
    machine = session.easy()
    assert set(limits(session.call("GET", ITEMS, DR))) == {PROVIDER}
    assert set(limits(session.put(machine))) == {PROVIDER}
    session.wait(machine)
    group = session.call("GET", f"{ids.SUBSCRIPTION}/resourcegroups", "2021-04-01")
    assert set(limits(group)) == {"subscription-reads", "subscription-global-reads"}


@pytest.mark.behaviour("limit_headers")
def test_a_failover_tells_the_limit_of_the_subscription(azure: StartAzure) -> None:
    session = azure()
    machine = session.easy()
    session.protect(machine)
    assert set(limits(session.failover(machine))) == {"subscription-writes", "subscription-global-writes"}


@pytest.mark.behaviour("limit_headers")
def test_what_is_left_is_a_hint_and_no_balance(azure: StartAzure) -> None:
    session = azure()
    left = [limits(session.call("GET", ITEMS, DR))[PROVIDER] for _time in range(30)]
    assert any(later > earlier for earlier, later in itertools.pairwise(left)), left
    assert min(left) < max(left)
