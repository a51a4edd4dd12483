# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services against the lab, without Ansible: what they see, what they send, and what keeps them from sending."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import InvalidRequest
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.marks import Mark
from ansible_collections.azlocal.migrate.plugins.module_utils.services import lookup
from ansible_collections.azlocal.migrate.plugins.module_utils.services.cutover import Options
from ansible_collections.azlocal.migrate.plugins.module_utils.services.status import Status
from ansible_collections.azlocal.migrate.tests.support.services_bench import GROUP, Bench, wait_verified
from lab.azure import ids
from lab.azure.state import Machine
from lab.world import SourceDisk, SourceVm


@pytest.fixture(scope="module")
def easy(bench: Bench) -> list[str]:
    """Names of VMs that migrate; each test uses its own."""
    return [vm.name for vm in bench.lab.world.source.values() if not vm.awkward]


@pytest.fixture(scope="module")
def wave(bench: Bench, easy: list[str]) -> list[str]:
    """Nine VMs that are ready to migrate."""
    ready = easy[:9]
    assert {result.status for result in bench.present(*ready).values()} == {"changed"}
    bench.until("ready", *ready)
    return ready


@pytest.fixture
def quick_lookup(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a lost reply the services look for five minutes; here for three looks."""
    monkeypatch.setattr(lookup, "AT_LEAST_S", 0.0)
    monkeypatch.setattr(lookup, "PAUSE_S", 0.02)


# -- seeing ------------------------------------------------------------------------------------------------------------


def test_both_sides_are_joined_by_uuid_in_a_few_reads(bench: Bench) -> None:
    moment = bench.records.moment()
    see = bench.look()
    world = bench.lab.world.source
    assert {machine.instance_uuid.lower() for machine in see.machines} == set(world)
    assert all(machine.in_vcenter and machine.discovered for machine in see.machines)
    for machine in see.machines:
        vm = world[machine.instance_uuid.lower()]
        assert [disk.uuid.lower() for disk in machine.disks] == [disk.uuid.lower() for disk in vm.disks]
        assert (machine.name, machine.moid) == (vm.name, vm.moid)
    subjects = see.subjects([{"name": name} for name in bench.records.movable])
    assert all(subject.seen and subject.seen.item is None for subject in subjects)
    per_vm = [r for r in bench.records.since(moment) if any(uuid in r.path.lower() for uuid in world)]
    assert per_vm == []


def test_a_name_that_two_vms_bear_names_none(bench: Bench) -> None:
    twins = [vm for vm in bench.lab.world.source.values() if vm.awkward == "twin"]
    [subject] = bench.look().subjects([{"name": twins[0].name}])
    assert subject.seen is None and subject.problem is not None
    assert all(vm.instance_uuid in subject.problem.text for vm in twins)
    [chosen] = bench.look().subjects([{"name": twins[0].name, "instance_uuid": twins[1].instance_uuid}])
    assert chosen.seen is not None and chosen.seen.source.moid == twins[1].moid


# -- replication -------------------------------------------------------------------------------------------------------


def test_a_plan_writes_nothing(bench: Bench, easy: list[str]) -> None:
    moment = bench.records.moment()
    vm = easy[12]
    plan = bench.present(vm, *bench.records.awkward, check=True)
    assert (plan[vm].status, plan[vm].action, plan[vm].settled) == ("changed", "enable", True)
    diff = plan[vm].diff
    assert diff is not None and diff["after"]["target_vm_name"] == vm
    assert "would be" in plan[vm].msg
    for name in bench.records.awkward:
        assert plan[name].status in ("blocked", "failed"), name
        assert plan[name].msg and plan[name].remedy and plan[name].error_code
    assert bench.records.writes(moment) == []
    assert bench.mark(vm) == Mark()


def test_replication_is_sent_once(bench: Bench, wave: list[str]) -> None:
    assert all(bench.mark(vm).enabled_at and bench.mark(vm).wave == "1" for vm in wave)
    moment = bench.records.moment()
    again = bench.present(*wave)
    assert {(result.status, result.phase) for result in again.values()} == {("ok", "ready")}
    assert bench.records.writes(moment) == []
    assert all([request.is_create for request in bench.sent(vm)] == [True] for vm in wave)


def test_two_vms_that_want_one_name_get_none(bench: Bench, easy: list[str]) -> None:
    moment = bench.records.moment()
    found = bench.present(easy[12], easy[13], target_vm_name="same-name")
    assert {(result.status, result.error_code) for result in found.values()} == {("blocked", "name_twice")}
    assert bench.records.writes(moment) == []


@pytest.mark.usefixtures("quick_lookup")
def test_a_lost_reply_is_followed_by_a_look_and_no_second_put(bench: Bench, easy: list[str]) -> None:
    vm = easy[10]
    bench.lab.faults.add(
        {"kind": "reply", "system": "azure", "method": "PUT", "path": bench.records.uuid(vm), "lost": True}
    )
    assert bench.present(vm)[vm].status == "changed"
    bench.until("ready", vm)
    bench.present(vm)
    assert len(bench.sent(vm)) == 1


@pytest.mark.usefixtures("quick_lookup")
def test_a_put_that_was_certainly_not_done_is_sent_again(bench: Bench, easy: list[str]) -> None:
    vm = easy[12]
    broken = {"kind": "reply", "system": "azure", "method": "PUT", "path": bench.records.uuid(vm), "status": 502}
    bench.lab.faults.add(broken)
    assert bench.present(vm)[vm].status == "changed"
    assert [request.status for request in bench.sent(vm)] == [502, 201]


@pytest.mark.usefixtures("quick_lookup")
def test_where_nothing_is_found_after_lost_puts_the_mark_holds_the_next_one_back(bench: Bench, easy: list[str]) -> None:
    vm = easy[11]
    broken = {"kind": "reply", "system": "azure", "method": "PUT", "path": bench.records.uuid(vm), "status": 502}
    bench.lab.faults.add({**broken, "times": 2})
    lost = bench.present(vm)[vm]
    assert (lost.status, bench.phases(vm)[vm]) == ("failed", "enabling")
    assert bench.present(vm)[vm].status == "ok"
    assert len(bench.sent(vm)) == 2


# -- the guards of a cutover -------------------------------------------------------------------------------------------


def add_disk(bench: Bench, vm: SourceVm) -> Callable[[], None]:
    extra = SourceDisk(
        key=2099, uuid="6000C29f-0000-0000-0000-00000000beef", label="Hard disk 9", controller="pvscsi", bus=0, unit=9,
        capacity_bytes=1 << 30,
    )  # fmt: skip
    vm.disks.append(extra)
    return lambda: vm.disks.remove(extra)


def grow_disk(bench: Bench, vm: SourceVm) -> Callable[[], None]:
    before = vm.disks[0].capacity_bytes
    vm.disks[0].capacity_bytes += 1 << 30
    return lambda: setattr(vm.disks[0], "capacity_bytes", before)


def power_off(bench: Bench, vm: SourceVm) -> Callable[[], None]:
    bench.lab.world.power_off_source(vm, "someone", 0, graceful=True)
    return lambda: bench.lab.world.power_on_source(vm, "someone", 0)


def snapshot(bench: Bench, vm: SourceVm) -> Callable[[], None]:
    vm.snapshots.append("before the patch")
    return vm.snapshots.clear


def host_gone(bench: Bench, vm: SourceVm) -> Callable[[], None]:
    vm.connection = "disconnected"
    return lambda: setattr(vm, "connection", "connected")


def hold_address(bench: Bench, vm: SourceVm) -> Callable[[], object]:
    arm_id = ids.of_type(GROUP, "Microsoft.AzureStackHCI/networkInterfaces", "someone-elses")
    address = next(nic.addresses[0] for nic in vm.nics if nic.network == "dvPG-Prod-110")
    bench.azure.nics[arm_id.lower()] = {
        "id": arm_id,
        "name": "someone-elses",
        "properties": {
            "ipConfigurations": [
                {"properties": {"privateIPAddress": address, "subnet": {"id": ids.NETWORKS["lnet-prod-110"]}}}
            ]
        },
    }
    return lambda: bench.azure.nics.pop(arm_id.lower())


def hold_name(bench: Bench, vm: SourceVm) -> Callable[[], object]:
    arm_id = ids.of_type(GROUP, "Microsoft.HybridCompute/machines", vm.name.upper())
    bench.azure.machines[arm_id.lower()] = Machine(
        id=arm_id, name=vm.name.upper(), location="x", kind="HCI", created=bench.azure.now()
    )
    return lambda: bench.azure.machines.pop(arm_id.lower())


GUARDS: dict[str, Callable[[Bench, SourceVm], Callable[[], object]]] = {
    "disks_differ": add_disk,
    "disks_differ (grown)": grow_disk,
    "power_off": power_off,
    "snapshots": snapshot,
    "disconnected": host_gone,
    "address_taken": hold_address,
    "name_taken": hold_name,
}


@pytest.mark.parametrize("guard", GUARDS)
def test_a_guard_that_is_shut_keeps_the_cutover_back(bench: Bench, wave: list[str], guard: str) -> None:
    vm = next(vm for vm in wave[4:] if any(nic.network == "dvPG-Prod-110" for nic in bench.source(vm).nics))
    with bench.lab.world.lock:
        undo = GUARDS[guard](bench, bench.source(vm))
    try:
        held = bench.tick(vm)[vm]
    finally:
        with bench.lab.world.lock:
            undo()
    assert (held.status, held.error_code) == ("blocked", guard.split()[0])
    assert held.remedy and held.phase == "ready_held"
    assert bench.failovers(vm) == 0
    assert bench.mark(vm).cutover_at is None
    assert (bench.tick(vm, check=True)[vm].status, bench.failovers(vm)) == ("changed", 0)


@pytest.mark.parametrize("change", [add_disk, power_off, snapshot])
def test_what_changes_after_the_lists_were_read_is_seen_in_time(
    bench: Bench, wave: list[str], change: Callable[[Bench, SourceVm], Callable[[], None]]
) -> None:
    vm = wave[5]
    see = bench.look()
    assert see.machines and see.items  # the lists are read now
    with bench.lab.world.lock:
        undo = change(bench, bench.source(vm))
    try:
        held = bench.tick(vm, see=see)[vm]
    finally:
        with bench.lab.world.lock:
            undo()
    assert held.status in ("failed", "blocked") and held.remedy
    assert bench.failovers(vm) == 0
    assert bench.mark(vm).cutover_at is None


def test_both_may_run_only_where_that_is_confirmed() -> None:
    with pytest.raises(InvalidRequest, match="leaves the source running"):
        Options(shutdown="none")


# -- cutover, verification, completion ---------------------------------------------------------------------------------


def migrate(bench: Bench, *vms: str) -> None:
    assert {result.status for result in bench.tick(*vms).values()} == {"changed"}
    bench.until("migrated", *vms, verb=bench.tick)
    bench.tick(*vms)


@pytest.fixture(scope="module")
def migrated(bench: Bench, wave: list[str]) -> list[str]:
    migrate(bench, *wave[:3])
    return wave[:3]


def test_a_cutover_leaves_one_side_running(bench: Bench, migrated: list[str]) -> None:
    for vm in migrated:
        source, mark = bench.source(vm), bench.mark(vm)
        assert (source.power, bench.target(vm).state) == ("poweredOff", "Running")
        assert not any(nic.start_connected for nic in source.nics)
        assert [(key, True, True) for key, _, _ in mark.nics] == list(mark.nics)  # as they were before
        assert mark.cutover_at and mark.attempt == 1 and mark.target_id.lower() == bench.target(vm).arm_id.lower()
        assert bench.failovers(vm) == 1
    moment = bench.records.moment()
    assert {result.status for result in bench.tick(*migrated).values()} == {"ok"}
    assert bench.records.writes(moment) == []


def test_verification_says_what_it_saw(bench: Bench, migrated: list[str]) -> None:
    vm = migrated[0]
    bench.until("migrated", vm)
    found = wait_verified(bench, vm)
    checks = {check["name"]: check["result"] for check in found.extra["checks"]}
    assert (checks["target_running"], checks["source_off"], checks["possible_data_loss"]) == ("passed",) * 3
    assert checks["disk_sizes"] == "passed" and checks["heartbeat"] == "passed"


def test_a_target_that_was_stopped_is_not_verified_and_not_completed(bench: Bench, migrated: list[str]) -> None:
    vm = migrated[1]
    wait_verified(bench, vm)
    bench.lab.world.stop_target(bench.target(vm), 0)
    moment = bench.records.moment()
    try:
        found, completed = bench.verify(vm)[vm], bench.complete(vm)[vm]
    finally:
        bench.lab.world.start_target(bench.target(vm), 0)
    assert (found.status, found.error_code, found.settled) == ("failed", "target_running", False)
    assert completed.status == "failed" and "not verified" in completed.msg
    assert bench.records.writes(moment) == []
    wait_verified(bench, vm)


def test_a_source_that_comes_back_is_taken_off_the_network(bench: Bench, migrated: list[str]) -> None:
    vm = migrated[2]
    source = bench.source(vm)
    with bench.lab.world.lock:
        bench.lab.world.power_on_source(source, "someone", 0)
        for nic in source.nics:
            bench.lab.world.change_source_nic(source, nic, True, True, 0)
    held = bench.tick(vm)[vm]
    assert (held.status, held.phase, held.error_code) == ("failed", "conflict", "conflict")
    assert not any(nic.connected or nic.start_connected for nic in source.nics)
    assert source.power == "poweredOn" and bench.target(vm).state == "Running"  # powering off is a person's decision
    assert bench.mark(vm).conflict_at is not None
    assert bench.verify(vm)[vm].status == "failed"
    assert bench.complete(vm)[vm].status == "failed"
    assert not any(request.is_delete for request in bench.sent(vm))


@pytest.mark.usefixtures("quick_lookup")
def test_a_lost_reply_is_followed_by_a_look_and_no_second_failover(bench: Bench, wave: list[str]) -> None:
    vm = wave[3]
    path = f"{bench.records.uuid(vm)}/plannedFailover"
    bench.lab.faults.add({"kind": "reply", "system": "azure", "method": "POST", "path": path, "lost": True})
    migrate(bench, vm)
    assert bench.failovers(vm) == 1
    bench.lab.faults.add(
        {"kind": "reply", "system": "azure", "method": "DELETE", "path": bench.records.uuid(vm), "lost": True}
    )
    wait_verified(bench, vm)
    assert bench.complete(vm)[vm].status == "changed"
    end = time.monotonic() + 10
    while bench.look().items.get(bench.records.uuid(vm)) and time.monotonic() < end:
        assert bench.complete(vm)[vm].status == "ok"
        time.sleep(0.05)
    assert sum(request.is_delete for request in bench.sent(vm)) == 1
    finished = bench.verify(vm)[vm]
    assert (finished.status, finished.phase) == ("ok", "completed"), finished.msg


@pytest.mark.usefixtures("quick_lookup")
def test_where_nothing_is_found_after_lost_failovers_the_mark_holds_the_next_one_back(
    bench: Bench, wave: list[str]
) -> None:
    vm = wave[8]
    path = f"{bench.records.uuid(vm)}/plannedFailover"
    bench.lab.faults.add(
        {"kind": "reply", "system": "azure", "method": "POST", "path": path, "status": 504, "times": 2}
    )
    assert bench.tick(vm)[vm].status == "failed"
    assert bench.mark(vm).attempt == 1
    again = bench.tick(vm)[vm]
    assert (again.status, again.phase, again.settled) == ("ok", "cutting_over", False)
    assert bench.failovers(vm) == 2
    assert bench.source(vm).power == "poweredOn"


def test_a_refused_failover_leaves_the_mark_as_it_was(bench: Bench, wave: list[str]) -> None:
    vm = wave[7]
    before = bench.mark(vm)
    path = f"{bench.records.uuid(vm)}/plannedFailover"
    bench.lab.faults.add(
        {"kind": "reply", "system": "azure", "method": "POST", "path": path, "status": 403, "code": "AuthorizationFailed",
         "message": "no"}
    )  # fmt: skip
    refused = bench.tick(vm)[vm]
    assert (refused.status, refused.error_code, refused.phase) == ("failed", "AuthorizationFailed", "ready")
    assert bench.mark(vm) == before


def test_the_last_completed_vm_is_known_by_its_mark_alone(bench: Bench, migrated: list[str]) -> None:
    """Nobody names its resource group, and no other item lives there: the mark says where the target is."""
    vm = migrated[0]
    wait_verified(bench, vm)
    bench.complete(vm)
    end = time.monotonic() + 10
    while bench.look().items.get(bench.records.uuid(vm)) and time.monotonic() < end:
        time.sleep(0.05)
    see = bench.look()
    see.__dict__["items"] = {}  # as once the whole wave is completed
    [found] = Status(see).look([{"name": vm}])
    assert str(found.phase) == "completed", found.msg
