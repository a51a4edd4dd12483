# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The appliance at work in vCenter: its snapshots, what they refuse to others, what they leave behind."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from pyVmomi import vim

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import Conflict
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from ansible_collections.azlocal.migrate.tests.support.vcenter_on_lab import client_of, count, until
from ansible_collections.azlocal.migrate.tests.support.vsphere import StartVsphere, Vsphere
from lab.switches import Switches
from lab.vcenter.appliance import SNAPSHOT, USER
from lab.world import SourceVm

MADE, REMOVED = "VirtualMachine.createSnapshot", "VirtualMachine.removeAllSnapshots"


def replicate(vsphere: Vsphere, replicated: bool = True) -> SourceVm:
    """What Azure has the appliance do, without Azure."""
    vm = vsphere.ready()
    vsphere.world.change_source(vm, "config", "replicated", replicated, 0)
    return vm


def tasks_of_the_appliance(vsphere: Vsphere) -> list[Any]:
    infos = [task.info for task in vsphere.content.taskManager.recentTask]
    return [info for info in infos if info.reason.userName == USER]


def ended(vsphere: Vsphere) -> Counter[str]:
    return Counter(info.descriptionId for info in tasks_of_the_appliance(vsphere) if info.state == "success")


@pytest.mark.behaviour("appliance_snapshots")
@thrown("appliance_snapshots", False, True)
def test_snapshot_of_each_cycle(start_vsphere: StartVsphere, setting: bool) -> None:
    vsphere = start_vsphere(speed=1800, switches=Switches(appliance_snapshots=setting))
    vm = replicate(vsphere)
    ref = vsphere.vm(vm.moid)
    if not setting:
        vsphere.world.clock.sleep(0.3)
        assert tasks_of_the_appliance(vsphere) == []
        return
    until(lambda: ref.snapshot is not None)
    assert ref.snapshot.rootSnapshotList[0].name == SNAPSHOT
    until(lambda: ended(vsphere)[REMOVED] == 2, seconds=20)
    assert ended(vsphere)[MADE] == 2
    assert {info.entity for info in tasks_of_the_appliance(vsphere)} == {ref}
    assert ref.snapshot is None


@pytest.mark.behaviour("appliance_snapshots")
def test_nothing_is_left_when_replication_ends(start_vsphere: StartVsphere) -> None:
    vsphere = start_vsphere(speed=1800, switches=Switches(appliance_snapshots=True))
    vm = replicate(vsphere)
    ref = vsphere.vm(vm.moid)
    until(lambda: ref.snapshot is not None)
    replicate(vsphere, replicated=False)
    until(lambda: ref.snapshot is None)
    vsphere.world.clock.sleep(2.5)  # a cycle and more
    assert ended(vsphere) == {MADE: 1, REMOVED: 1}


@pytest.mark.behaviour("task_in_progress")
def test_reconfigure_while_the_appliance_makes_its_snapshot(start_vsphere: StartVsphere) -> None:
    vsphere = start_vsphere(speed=10, switches=Switches(appliance_snapshots=True))
    vm = replicate(vsphere)
    ref = vsphere.vm(vm.moid)
    until(lambda: bool(tasks_of_the_appliance(vsphere)))
    running = tasks_of_the_appliance(vsphere)[0]
    assert running.state == "running"
    changes = (
        lambda: ref.ReconfigVM_Task(vim.vm.ConfigSpec(annotation="mine")),
        lambda: ref.CreateSnapshot_Task("mine", "", False, False),
        ref.PowerOff,
    )
    for change in changes:
        with pytest.raises(vim.fault.TaskInProgress) as refused:
            change()
        assert refused.value.task == running.task
    with client_of(vsphere.lab) as client:
        with pytest.raises(Conflict) as told:
            client.rename(vm.moid, "mine", timeout_s=0)
        assert (told.value.code, "appliance" in told.value.remedy) == ("TaskInProgress", True)
        client.connect_nics(vm.moid, {nic.key: (False, False) for nic in vm.nics})  # waits for the appliance
        assert {nic["start_connected"] for nic in client.vm(vm.moid)["nics"]} == {False}
    assert count(vsphere.lab, "ReconfigVM_Task") > 2  # refused, until nothing was in the way
    assert ref.snapshot is not None
    assert vsphere.wait(ref.ReconfigVM_Task(vim.vm.ConfigSpec(annotation="mine"))).state == "success"


@pytest.mark.behaviour("task_in_progress")
def test_appliance_waits_for_others(start_vsphere: StartVsphere) -> None:
    vsphere = start_vsphere(speed=20, switches=Switches(appliance_snapshots=True))
    mine = vsphere.vm(vsphere.ready().moid).CreateSnapshot_Task("mine", "", False, False)
    vm = replicate(vsphere)
    assert vsphere.wait(mine).state == "success"
    assert tasks_of_the_appliance(vsphere) == []
    until(lambda: ended(vsphere)[MADE] == 1)
    assert vsphere.vm(vm.moid).snapshot.rootSnapshotList[0].childSnapshotList[0].name == SNAPSHOT
    until(lambda: ended(vsphere)[REMOVED] == 1, seconds=20)
    assert vsphere.vm(vm.moid).snapshot.rootSnapshotList[0].childSnapshotList == []  # mine stays


@pytest.mark.behaviour("task_in_progress")
@pytest.mark.parametrize("code", ["TaskInProgress", "VmAlreadyExistsInDatacenter", "NotFound"])
def test_planned_fault_needs_no_more_than_its_name(vsphere: Vsphere, code: str) -> None:
    vsphere.lab.faults.add({"kind": "reply", "system": "vcenter", "method": "ReconfigVM_Task", "code": code})
    ref = vsphere.vm(vsphere.ready().moid)
    with pytest.raises(getattr(vim.fault, code)):
        ref.ReconfigVM_Task(vim.vm.ConfigSpec(annotation="mine"))
    assert vsphere.wait(ref.ReconfigVM_Task(vim.vm.ConfigSpec(annotation="mine"))).state == "success"


@pytest.mark.behaviour("consolidation")
@thrown("consolidation_needed", False, True)
def test_disks_to_consolidate(start_vsphere: StartVsphere, setting: bool) -> None:
    switches = Switches(appliance_snapshots=True, consolidation_needed=setting)
    vsphere = start_vsphere(speed=1800, switches=switches)
    vm = replicate(vsphere)
    until(lambda: ended(vsphere)[REMOVED] == 1)
    found, _ = vsphere.one(vm, "runtime.consolidationNeeded")
    assert found == {"runtime.consolidationNeeded": setting}
    with client_of(vsphere.lab) as client:
        assert client.vm(vm.moid)["consolidation_needed"] is setting
    until(lambda: ended(vsphere)[REMOVED] == 2, seconds=20)
    assert vsphere.vm(vm.moid).runtime.consolidationNeeded is False
