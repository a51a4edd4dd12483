# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cutover and the snapshot of a replication cycle: it is waited for, and no other snapshot is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.services.results import Result
from ansible_collections.azlocal.migrate.plugins.plugin_utils.waiting import Waiter, follow
from ansible_collections.azlocal.migrate.tests.support.services_bench import Bench
from lab.vcenter.appliance import SNAPSHOT
from lab.world import SourceVm


@pytest.fixture(scope="module")
def ready(bench: Bench) -> list[str]:
    vms = [vm.name for vm in bench.lab.world.source.values() if not vm.awkward][:4]
    bench.present(*vms)
    bench.until("ready", *vms)
    return vms


@pytest.fixture
def vm(bench: Bench, ready: list[str]) -> Iterator[SourceVm]:
    found = bench.source(ready[0])
    yield found
    remove(bench, found)
    bench.lab.switches.vcenter_skew_s = 0.0


def remove(bench: Bench, vm: SourceVm) -> None:
    bench.lab.world.change_source(vm, "config", "snapshots", [], 0)


def held(bench: Bench, told: Result) -> bool:
    """Left alone for now, with a remedy and without a trace."""
    assert (told.status, told.error_code, told.action) == ("blocked", "replication_cycle", "hold"), told.msg
    assert told.remedy and told.phase == "ready_held"
    assert bench.failovers(told.name) == 0
    assert bench.mark(told.name).cutover_at is None
    return not told.settled


@pytest.mark.parametrize("skew_s", [0.0, -7200.0, 7200.0])
def test_one_young_snapshot_holds_it_back_for_now(bench: Bench, vm: SourceVm, skew_s: float) -> None:
    bench.lab.switches.vcenter_skew_s = skew_s
    bench.lab.world.take_snapshot(vm, SNAPSHOT, 0)
    assert held(bench, bench.tick(vm.name)[vm.name])
    assert not held(bench, bench.tick(vm.name, check=True)[vm.name])  # a check waits for nothing
    remove(bench, vm)
    assert bench.tick(vm.name, check=True)[vm.name].status == "changed"


@pytest.mark.parametrize(("more", "minutes"), [(1, 0), (0, 31)])
def test_several_or_old_ones_are_for_a_person(bench: Bench, vm: SourceVm, more: int, minutes: int) -> None:
    bench.lab.world.take_snapshot(vm, SNAPSHOT, 0)
    for number in range(more):
        bench.lab.world.take_snapshot(vm, f"{number}", 0)
    vm.snapshot_times[SNAPSHOT] -= dt.timedelta(minutes=minutes)
    told = bench.tick(vm.name)[vm.name]
    assert (told.status, told.error_code, told.settled) == ("blocked", "snapshots", True)
    assert bench.failovers(vm.name) == 0


def test_what_else_is_wrong_is_told_and_not_waited_for(bench: Bench, vm: SourceVm) -> None:
    bench.lab.world.take_snapshot(vm, SNAPSHOT, 0)
    vm.question = "Was it moved or copied?"
    told = bench.tick(vm.name)[vm.name]
    vm.question = ""
    assert (told.status, told.settled) == ("blocked", True)
    assert "replication cycle" in told.msg and "answer" in told.msg


def test_a_cycle_that_begins_after_the_lists_were_read(bench: Bench, vm: SourceVm) -> None:
    see = bench.look()
    assert see.machines and see.items
    bench.lab.world.take_snapshot(vm, SNAPSHOT, 0)
    assert held(bench, bench.tick(vm.name, see=see)[vm.name])


@pytest.mark.parametrize(("number", "before"), [(1, ""), (2, "Prerequisite check")])
def test_a_run_that_waits_takes_it_up_by_itself(bench: Bench, ready: list[str], number: int, before: str) -> None:
    """Also where what is taken up is a cutover that failed before, which is not tried twice in one run."""
    vm = bench.source(ready[number])
    if before:
        fault = {"kind": "job", "job": "Planned failover", "code": "1000099", "message": "broken"}
        bench.lab.faults.add({**fault, "vm": vm.name, "task": before})
        bench.tick(vm.name)
        bench.until("failed_before", vm.name)
    bench.lab.world.take_snapshot(vm, SNAPSHOT, 0)
    first = bench.tick(vm.name)[vm.name].as_dict()
    waiter = Waiter(what="cutover", results=[first], timeout_s=30, shown="off")
    looks = []

    def look() -> list[dict[str, object]]:
        looks.append(waiter.results[0]["error_code"])
        if len(looks) == 2:
            remove(bench, vm)
        [retry] = waiter.cleaning
        return [bench.tick(vm.name, retry=retry, retry_failed=False)[vm.name].as_dict()]

    follow(waiter, look=look, act=None, pause_s=0.1)
    [told] = waiter.results
    assert (told["status"], told["phase"]) == ("changed", "migrated"), told["msg"]
    assert looks[:2] == ["replication_cycle"] * 2
    assert bench.failovers(vm.name) == (2 if before else 1)
