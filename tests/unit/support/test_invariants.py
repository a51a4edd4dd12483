# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checker of the playbook tests catches what it is for: each of these records is one that must not happen."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support import invariants
from ansible_collections.azlocal.migrate.tests.support.records import Records
from lab.runtime import Lab

VAULT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DataReplication/replicationVaults/v/protectedItems"


MOMENT_S = 0.002  # records tell time to a tenth of a millisecond, and two of them must not tell the same


class Made:
    """Records that somebody writes by hand, of two VMs: one in the wave, one not."""

    def __init__(self, lab: Lab) -> None:
        self.records = Records(lab)
        self.inside, self.outside = list(self.records.first)
        self.name = self.records.first[self.inside].name

    def change(self, side: str, what: str, after: Any, vm: str = "", cause: int = 1) -> None:
        time.sleep(MOMENT_S)
        self.records.lab.journal.write(vm or self.inside, side, what, None, after, cause)

    def change_nics(self, *, connected: bool, cause: int = 1) -> None:
        for nic in self.records.first[self.inside].nics:
            after = {"key": nic.key, "connected": connected, "start_connected": connected}
            self.change("source", "nic", after, cause=cause)

    def mark(self, **said: Any) -> None:
        self.change("source", "mark", {"azlocal.migrate": json.dumps({"v": 1, **said})})

    def ask(self, method: str, rest: str = "", status: int = 202) -> int:
        """A request; its line is the cause of what comes of it."""
        ledger = self.records.lab.ledger
        path = f"{VAULT}/site_{self.inside}{rest}?api-version=1"
        fixed = {"principal": "p", "request_bytes": 0, "reply_bytes": 0, "write": True, "system": "azure"}
        time.sleep(MOMENT_S)
        begun = ledger.begin()
        ledger.end(begun, method=method, path=path, status=status, **fixed)
        return begun[0]

    def enable(self) -> None:
        self.mark(enabled="now")
        self.ask("PUT", status=201)

    def cut_over(self, attempt: int = 1) -> int:
        self.mark(enabled="now", cutover="now", attempt=attempt)
        return self.ask("POST", "/plannedFailover")

    @property
    def found(self) -> list[str]:
        return list(invariants.violations(self.records, {self.name}))


@pytest.fixture
def made(lab: Callable[..., Lab]) -> Made:
    return Made(lab(vms=2))


def test_a_migration_as_it_should_be_has_none(made: Made) -> None:
    made.enable()
    made.cut_over()
    made.change("source", "power", "poweredOff")
    made.change("target", "vm", made.name)
    made.change("target", "power", "Running")
    made.ask("DELETE")
    assert made.found == []


def test_both_sides_on_and_connected(made: Made) -> None:
    made.change("target", "power", "Running")
    assert "both on and connected" in made.found[0]


def test_both_sides_on_is_allowed_while_the_source_is_disconnected(made: Made) -> None:
    made.change("source", "power", "poweredOff")
    made.change("target", "power", "Running")
    made.change_nics(connected=False)
    made.change("source", "power", "poweredOn")
    assert made.found == []
    made.change("source", "nic", {"key": 4000, "connected": True, "start_connected": True})
    assert "both on and connected" in made.found[0]


@pytest.mark.parametrize("unplugged", [False, True])
def test_what_a_stranger_switches_on_is_his(made: Made, unplugged: bool) -> None:
    made.change("source", "power", "poweredOff")
    made.change("target", "power", "Running")
    if unplugged:
        made.change_nics(connected=False)
        made.change("source", "power", "poweredOn")
        made.change_nics(connected=True, cause=invariants.OTHERS)
    else:
        made.change("source", "power", "poweredOn", cause=invariants.OTHERS)
    made.change("source", "config", [])  # while both are on
    made.change_nics(connected=False)
    assert made.found == []
    made.change_nics(connected=True)
    assert "both on and connected" in made.found[0]


def test_what_a_stranger_switches_on_while_our_failover_runs_is_his(made: Made) -> None:
    made.enable()
    order = made.cut_over()
    made.change("source", "power", "poweredOff", cause=order)
    made.change("source", "power", "poweredOn", cause=invariants.OTHERS)
    made.change("target", "power", "Running", cause=order)
    assert made.found == []
    made.change("source", "power", "poweredOff", cause=invariants.OTHERS)
    made.change("source", "power", "poweredOn", cause=order)
    assert "both on and connected" in made.found[0]


def test_what_a_stranger_had_switched_on_before_we_asked_we_could_see(made: Made) -> None:
    made.enable()
    made.change("source", "power", "poweredOff", cause=invariants.OTHERS)
    made.change("source", "power", "poweredOn", cause=invariants.OTHERS)
    made.change("target", "power", "Running", cause=made.cut_over())
    assert "both on and connected" in made.found[0]


def test_a_vm_outside_the_wave(made: Made) -> None:
    made.change("source", "power", "poweredOff", vm=made.outside)
    assert "is not in the wave" in made.found[0]


def test_what_somebody_else_does_is_not_ours(made: Made) -> None:
    made.change("source", "power", "poweredOff", vm=made.outside, cause=invariants.OTHERS)
    made.change("source", "vm", "new-one", vm="11111111-0000-4000-8000-000000000001", cause=invariants.OTHERS)
    made.change("source", "mark", {"azlocal.migrate": "ask Somebody"}, cause=invariants.OTHERS)
    made.enable()
    assert made.found == []
    made.change("source", "vm", "new-two", vm="11111111-0000-4000-8000-000000000002")
    assert "is not in the wave" in made.found[0]


def test_a_put_accepted_twice(made: Made) -> None:
    made.enable()
    made.ask("PUT", status=409)  # refused: nothing happened
    assert made.found == []
    made.ask("PUT", status=201)
    assert "PUT accepted 2 times after 0 DELETEs" in made.found[0]


def test_a_put_again_after_the_item_was_deleted(made: Made) -> None:
    made.enable()
    made.ask("DELETE")
    made.enable()
    assert made.found == []


def test_orders_before_their_mark(made: Made) -> None:
    made.ask("PUT", status=201)
    made.mark(enabled="now")
    made.ask("POST", "/plannedFailover")
    made.cut_over(attempt=1)
    assert len(made.found) == 4  # each of the three, and the second failover was sent while the first ran
    assert "without a mark before it" in made.found[0]
    assert "without its mark before it" in made.found[1]


def test_a_failover_again_only_after_the_first_has_failed(made: Made) -> None:
    made.enable()
    made.cut_over()
    made.change("target", "job", {"name": "Planned failover", "state": "Failed"})
    made.cut_over(attempt=2)
    assert made.found == []
    made.cut_over(attempt=3)
    assert "had not failed" in made.found[0]


def test_data_that_is_not_on_the_target(made: Made) -> None:
    assert list(invariants.data_lost(made.records, {made.name})) == [f"{made.name}: 0 targets"]
    with pytest.raises(AssertionError, match="0 targets"):
        invariants.check(made.records, [made.name], completed=[made.name])
