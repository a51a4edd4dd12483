# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lost replies whose end stays unclear, or is refused at the second try, over the lab's real endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.services import lookup
from ansible_collections.azlocal.migrate.tests.support.services_bench import Bench


@pytest.fixture(autouse=True)
def quick_lookup(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a lost reply the services look for five minutes; here for three looks."""
    monkeypatch.setattr(lookup, "AT_LEAST_S", 0.0)
    monkeypatch.setattr(lookup, "PAUSE_S", 0.02)


def fault(bench: Bench, method: str, vm: str, **more: Any) -> None:
    bench.lab.faults.add({"kind": "reply", "system": "azure", "method": method, "path": bench.records.uuid(vm), **more})


def test_a_look_that_fails_leaves_the_mark(bench: Bench) -> None:
    """The order was accepted, its reply lost, and the look refused: nothing is certain, so nothing is taken back."""
    vm = bench.records.movable[0]
    fault(bench, "PUT", vm, lost=True)
    fault(bench, "GET", vm, status=403, code="AuthorizationFailed")
    told = bench.present(vm)[vm]
    assert (told.status, told.error_code) == ("failed", "ReplyLost")
    assert bench.phases(vm)[vm] in ("enabling", "seeding")
    bench.until("ready", vm)
    assert bench.present(vm)[vm].status == "ok"
    assert len(bench.sent(vm)) == 1


def test_a_conflict_at_the_second_try_may_have_another_reason(bench: Bench) -> None:
    vm = bench.records.movable[2]
    fault(bench, "PUT", vm, status=502)
    fault(bench, "PUT", vm, status=409, code="ScopeLocked")
    told = bench.present(vm)[vm]
    assert (told.status, told.error_code) == ("failed", "ScopeLocked")
    assert bench.phases(vm)[vm] == "discovered"
    assert bench.present(vm)[vm].status == "changed"
