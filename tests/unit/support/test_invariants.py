# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checker of the playbook tests catches what it is for: each of these records is one that must not happen."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support import invariants
from ansible_collections.azlocal.migrate.tests.support.records import Records
from lab.clock import OwnedClock
from lab.runtime import Lab
from lab.switches import Switches

VAULT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DataReplication/replicationVaults/v/protectedItems"


MOMENT_S = 1.0  # so long after each other


class Made:
    """Records that somebody writes by hand, of two VMs: one in the wave, one not."""

    def __init__(self, lab: Lab) -> None:
        self.records = Records(lab)
        self.inside, self.outside = list(self.records.first)
        self.name = self.records.first[self.inside].name

    def change(self, side: str, what: str, after: Any, vm: str = "", cause: int = 1) -> None:
        self.records.lab.clock.sleep(MOMENT_S)
        self.records.lab.journal.write(vm or self.inside, side, what, None, after, cause)

    def change_nics(self, *, connected: bool, cause: int = 1) -> None:
        for nic in self.records.first[self.inside].nics:
            after = {"key": nic.key, "connected": connected, "start_connected": connected}
            self.change("source", "nic", after, cause=cause)

    def mark(self, **said: Any) -> None:
        self.change("source", "mark", {"azlocal.migrate": json.dumps({"v": 1, **said})})

    def ask(self, method: str, rest: str = "", status: int = 202, **more: Any) -> int:
        """A request; its line is the cause of what comes of it."""
        ledger = self.records.lab.ledger
        path = f"{VAULT}/site_{self.inside}{rest}?api-version=1"
        fixed = {"principal": "p", "request_bytes": 0, "reply_bytes": 0, "write": True, "system": "azure"}
        self.records.lab.clock.sleep(MOMENT_S)
        begun = ledger.begin()
        ledger.end(begun, method=method, path=path, status=status, **fixed, **more)
        return begun[0]

    def enable(self, **more: Any) -> None:
        self.mark(enabled="now")
        self.ask("PUT", status=201, **more)

    def item(self, state: str | None) -> None:
        """The protected item comes into this state, or is gone."""
        self.change("target", "item", state)

    def cut_over(self, attempt: int = 1) -> int:
        self.mark(enabled="now", cutover="now", attempt=attempt)
        return self.ask("POST", "/plannedFailover")

    @property
    def now(self) -> float:
        """The time on the lab's clock, as records tell it."""
        return self.records.lab.clock.monotonic() - self.records.lab.ledger.started

    @property
    def found(self) -> list[str]:
        return list(invariants.violations(self.records, {self.name}))


@pytest.fixture
def made(lab: Callable[..., Lab]) -> Made:
    return Made(lab(vms=2, clock=OwnedClock()))


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
    made.change("source", "vm", "labsrc", vm="11111111-0000-4000-8000-000000000002")  # an appliance of ours
    assert made.found == []
    made.change("source", "power", "poweredOff", vm="11111111-0000-4000-8000-000000000001")
    assert "is not in the wave" in made.found[0]


@pytest.mark.parametrize("status", [0, 201, 409, 429, 500])
def test_a_put_after_an_accepted_one(made: Made, status: int) -> None:
    made.enable()
    assert made.found == []
    made.ask("PUT", status=status)
    assert f"({status}) after that of" in made.found[0]
    assert len(made.found) == 1


@pytest.mark.parametrize("status", [0, 401, 409, 429, 500])
def test_a_put_after_a_refused_one(made: Made, status: int) -> None:
    made.mark(enabled="now")
    made.ask("PUT", status=status)
    made.enable()
    assert made.found == []


def test_a_put_again_once_the_item_is_gone(made: Made) -> None:
    made.enable()
    made.ask("DELETE")
    made.item(None)
    made.ask("DELETE", status=204)
    made.enable()
    assert made.found == []
    made.ask("PUT", status=201)
    assert [problem.partition(" at ")[0] for problem in made.found] == [f"{made.name}: PUT"]


def test_a_put_while_the_item_is_still_being_deleted(made: Made) -> None:
    made.enable()
    made.ask("DELETE")
    made.item("DisablingProtection")
    made.ask("DELETE", status=204)
    made.enable()
    assert "PUT" in made.found[0]


HIDDEN = Switches(visible_after_s=400.0, jobs_lag_s=400.0)


@pytest.mark.parametrize(
    ("switches", "looked_s", "heard", "good"),
    [
        (HIDDEN, 310.0, False, True),
        (HIDDEN, 200.0, False, False),  # it did not look for long enough
        (HIDDEN, 310.0, True, False),  # it was told
        (Switches(visible_after_s=400.0, jobs_lag_s=200.0), 310.0, False, False),  # its job could be seen
        (Switches(visible_after_s=240.0, jobs_lag_s=400.0), 310.0, False, False),  # it could be read
        (Switches(), 310.0, False, False),
    ],
)
def test_a_put_that_was_hidden_for_longer_than_anyone_looks(
    lab: Callable[..., Lab], switches: Switches, looked_s: float, heard: bool, good: bool
) -> None:
    made = Made(lab(vms=2, speed=1, clock=OwnedClock(), switches=switches))
    made.enable(heard=heard)
    made.records.lab.clock.sleep(looked_s)
    made.ask("PUT", status=409)
    assert (made.found == []) is good
    made.records.lab.clock.sleep(looked_s)
    made.ask("PUT", status=409)
    assert "PUT" in made.found[-1]  # once, and never again


@pytest.mark.parametrize("status", [202, 409])
def test_a_failover_after_an_accepted_one(made: Made, status: int) -> None:
    made.enable()
    made.cut_over()
    assert made.found == []
    made.mark(enabled="now", cutover="now", attempt=2)
    made.ask("POST", "/plannedFailover", status=status, heard=False)
    assert f"POST at {made.now} ({status})" in made.found[0]


def test_a_lost_failover_can_be_seen_at_once(lab: Callable[..., Lab]) -> None:
    made = Made(lab(vms=2, speed=1, clock=OwnedClock(), switches=HIDDEN))
    made.enable()
    made.mark(enabled="now", cutover="now", attempt=1)
    made.ask("POST", "/plannedFailover", heard=False)
    made.records.lab.clock.sleep(310.0)
    made.ask("POST", "/plannedFailover", status=409)
    assert "POST" in made.found[0]


def test_a_delete_twice(made: Made) -> None:
    made.enable()
    made.ask("DELETE")
    made.ask("DELETE", status=409)
    assert "DELETE" in made.found[0]


def test_a_delete_again_after_it_failed(made: Made) -> None:
    made.enable()
    made.ask("DELETE")
    made.change("target", "job", {"name": "Delete protected item", "state": "Failed"})
    made.ask("DELETE")
    assert made.found == []


@pytest.mark.parametrize("ended", ["", "Succeeded"])
def test_an_update_that_says_the_same_again(made: Made, ended: str) -> None:
    made.enable()
    made.ask("PATCH", body="four cores")
    if ended:
        made.change("target", "job", {"name": "Update protected item", "state": ended})
    assert made.found == []
    made.ask("PATCH", body="four cores")
    assert "PATCH" in made.found[0]


@pytest.mark.parametrize(("ended", "body"), [("Failed", "four cores"), ("Succeeded", "eight cores")])
def test_an_update_after_the_first_has_ended(made: Made, ended: str, body: str) -> None:
    made.enable()
    made.ask("PATCH", body="four cores")
    made.change("target", "job", {"name": "Update protected item", "state": ended})
    made.ask("PATCH", body=body)
    assert made.found == []


def test_an_update_while_another_one_runs(made: Made) -> None:
    made.enable()
    made.ask("PATCH", body="four cores")
    made.ask("PATCH", body="eight cores", status=409)
    assert "PATCH" in made.found[0]


def test_orders_before_their_mark(made: Made) -> None:
    made.ask("PUT", status=201)
    made.mark(enabled="now")
    made.ask("POST", "/plannedFailover")
    made.cut_over(attempt=1)
    assert len(made.found) == 4  # each of the three, and the second failover was sent while the first ran
    assert "not ended" in made.found[0]
    assert "without a mark before it" in made.found[1]
    assert "without its mark before it" in made.found[2]


def test_a_failover_again_only_after_the_first_has_failed(made: Made) -> None:
    made.enable()
    made.cut_over()
    made.item("PlannedFailoverFailed")
    made.cut_over(attempt=2)
    assert made.found == []
    made.item("PlannedFailoverCompleted")
    made.cut_over(attempt=3)
    assert "POST" in made.found[0]


def test_data_that_is_not_on_the_target(made: Made) -> None:
    assert list(invariants.data_lost(made.records, {made.name})) == [f"{made.name}: 0 targets"]
    with pytest.raises(AssertionError, match="0 targets"):
        invariants.check(made.records, [made.name], completed=[made.name])
