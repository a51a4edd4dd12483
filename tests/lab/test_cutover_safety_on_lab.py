# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must never happen, tried on the lab: two orders for one VM, a completion without intent, absence not proved."""

from __future__ import annotations

import dataclasses
import time

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.marks import Mark, encode
from ansible_collections.azlocal.migrate.plugins.module_utils.services.cutover import Cutover, Options
from ansible_collections.azlocal.migrate.plugins.module_utils.services.replication import Replication
from ansible_collections.azlocal.migrate.plugins.module_utils.services.verification import Verification
from ansible_collections.azlocal.migrate.tests.support.services_bench import DEFAULTS, Bench, entry, wait_verified

FAULT = {"kind": "job", "job": "Planned failover", "code": "1000099", "message": "broken"}


@pytest.fixture(scope="module")
def ready(bench: Bench) -> list[str]:
    vms = [vm.name for vm in bench.lab.world.source.values() if not vm.awkward][:6]
    bench.present(*vms)
    bench.until("ready", *vms)
    return vms


def test_one_vm_named_twice_is_ordered_once(bench: Bench, ready: list[str]) -> None:
    vm = ready[0]
    by_uuid = entry("the-same", instance_uuid=bench.records.uuid(vm))
    first, second = Cutover(bench.look(), Options(), bench.hosts(), check=False).tick([entry(vm), by_uuid])
    assert (first.status, second.status, second.error_code) == ("changed", "blocked", "vm_twice")
    assert bench.failovers(vm) == 1
    assert bench.mark(vm).cutover_at is not None


def test_a_mark_that_another_controller_has_just_written_is_heeded(bench: Bench, ready: list[str]) -> None:
    vm = ready[1]
    see = bench.look()
    see.subjects([entry(vm)])  # the lists are read now, before the other one acts
    theirs = dataclasses.replace(bench.mark(vm), cutover_at=bench.arm.clock.now(), attempt=1)
    bench.vcenter.set_mark(bench.source(vm).moid, encode(theirs))
    late = bench.tick(vm, see=see)[vm]
    assert (late.status, late.error_code) == ("failed", "moved_on")
    assert bench.failovers(vm) == 0
    assert bench.mark(vm) == Mark(**{**dataclasses.asdict(theirs), "cutover_at": bench.mark(vm).cutover_at})


def test_what_was_wanted_must_be_known_to_complete_it(bench: Bench, ready: list[str]) -> None:
    vm = ready[0]
    bench.until("migrated", vm)
    bench.tick(vm)
    wait_verified(bench, vm)
    service = Verification(bench.look(), DEFAULTS, bench.hosts(), check_mode=False)
    [bare] = service.complete([{"name": vm}])
    assert (bare.status, bare.error_code) == ("failed", "no_intent")
    assert not any(request.is_delete for request in bench.sent(vm))


def test_a_node_that_was_not_asked_proves_nothing(bench: Bench, ready: list[str]) -> None:
    vm = ready[2]
    bench.lab.faults.add({**FAULT, "vm": vm, "task": "Preparing protected entities"})
    bench.tick(vm)
    bench.until("failed_after", vm)
    one_node = bench.hosts()[:1]
    [kept] = Cutover(bench.look(), Options(), one_node, check=False).tick([entry(vm)])
    assert (kept.status, kept.settled) == ("failed", True)
    assert "no answer from lab-node2" in kept.msg
    assert bench.source(vm).power == "poweredOff"
    assert bench.failovers(vm) == 1
    assert bench.tick(vm)[vm].status == "changed"  # with every node heard, it is sent again
    assert bench.failovers(vm) == 2


def test_a_failure_that_a_read_shows_late_is_not_answered_twice(bench: Bench, ready: list[str]) -> None:
    """The item still tells of the failure before the retry that is under way."""
    vm = ready[3]
    bench.lab.faults.add({**FAULT, "vm": vm, "task": "Prerequisite check"})
    bench.tick(vm)
    bench.until("failed_before", vm)
    stale = bench.look()
    _ = stale.items
    assert bench.tick(vm)[vm].status == "changed"
    again = bench.tick(vm, see=stale)[vm]
    assert again.status in ("ok", "failed")
    assert bench.failovers(vm) == 2  # the one that failed and the retry; no third


def test_a_source_that_somebody_switched_off_stays_off(bench: Bench, ready: list[str]) -> None:
    vm = ready[4]
    bench.lab.faults.add({**FAULT, "vm": vm, "task": "Prerequisite check"})
    bench.tick(vm)
    bench.until("failed_before", vm)
    bench.lab.world.power_off_source(bench.source(vm), "somebody", 0, graceful=False)
    held = bench.tick(vm)[vm]
    assert held.status == "failed"
    assert bench.source(vm).power == "poweredOff"
    assert bench.failovers(vm) == 1


def test_a_group_that_nobody_may_read_stops_its_own_vm_alone(bench: Bench, ready: list[str]) -> None:
    others = [vm.name for vm in bench.lab.world.source.values() if not vm.awkward][6:8]
    entries = [entry(others[0], target_resource_group="/subscriptions/x/nope//rg"), entry(others[1])]
    refused, fine = Replication(bench.look(), DEFAULTS, check=True).present(entries)
    assert refused.status in ("failed", "blocked")
    assert fine.status == "changed"


@pytest.mark.parametrize("name", ["window", "order", "depends_on"])
def test_what_cannot_be_kept_yet_is_not_passed_over(bench: Bench, ready: list[str], name: str) -> None:
    vm = ready[5]
    wanting = entry(vm, **{name: "2031-01-01 20:00/04:00"})
    [held] = Cutover(bench.look(), Options(), bench.hosts(), check=False).tick([wanting])
    assert (held.status, held.error_code) == ("blocked", "not_supported_yet")
    assert bench.failovers(vm) == 0


def test_only_a_fresh_read_tells_that_a_source_is_on(bench: Bench, ready: list[str]) -> None:
    """While the target is made the source must be off. It is taken off the network only if it is on at that moment."""
    vm = ready[5]
    source, world = bench.source(vm), bench.lab.world
    bench.lab.faults.add({**FAULT, "vm": vm, "task": "Preparing protected entities", "stuck": True})
    bench.tick(vm)
    until_task(bench, vm, "Preparing protected entities")
    world.power_on_source(source, "somebody", 0)
    stale = bench.look()
    stale.subjects([entry(vm)])
    world.power_off_source(source, "somebody", 0, graceful=False)
    assert bench.tick(vm, see=stale)[vm].status == "ok"
    assert all(nic.connected for nic in source.nics)
    world.power_on_source(source, "somebody", 0)
    told = bench.tick(vm)[vm]
    assert told.phase == "conflict", told
    assert not any(nic.connected for nic in source.nics)


def until_task(bench: Bench, vm: str, task: str) -> None:
    deadline = time.monotonic() + 20
    while bench.tick(vm)[vm].extra.get("task") != task:
        assert time.monotonic() < deadline
        time.sleep(0.05)
