# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing the lab's vCenter with pyVmomi: power, hardware, names, folders, marks, events, faults."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from pyVim.connect import Disconnect
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl

from ansible_collections.azlocal.migrate.tests.support.vsphere import PC, Vsphere
from lab.runtime import Lab
from lab.world import SourceVm

OFF = "vim.fault.InvalidPowerState"


def ready(vsphere: Vsphere) -> SourceVm:
    """A machine that runs and is in no way awkward."""
    return next(vm for vm in vsphere.world.source.values() if not vm.awkward)


def awkward(vsphere: Vsphere, kind: str) -> SourceVm:
    return next(vm for vm in vsphere.world.source.values() if vm.awkward == kind)


def changes(vsphere: Vsphere) -> list[dict[str, Any]]:
    """The journal, each change with the SOAP operation that caused it."""
    folder = vsphere.lab.state_dir
    told = [json.loads(line) for line in (folder / "ledger.jsonl").read_text().splitlines()]
    causes = {entry["line"]: entry for entry in told}
    journal = [json.loads(line) for line in (folder / "world.jsonl").read_text().splitlines()]
    return [{**change, "by": causes[change["cause"]]} for change in journal]


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never comes true"
        time.sleep(0.01)


# -- power -------------------------------------------------------------------------------------------------------


def test_power_off_and_on(own_vsphere: Vsphere) -> None:
    vm = ready(own_vsphere)
    ref = own_vsphere.vm(vm.moid)
    info = own_vsphere.wait(ref.PowerOff())
    assert (info.state, info.entity, info.descriptionId) == ("success", ref, "VirtualMachine.powerOff")
    assert ref.runtime.powerState == "poweredOff"
    assert (ref.guest.net, ref.guest.toolsRunningStatus) == ([], "guestToolsNotRunning")
    assert not any(d.connectable.connected for d in ref.config.hardware.device if hasattr(d, "macAddress"))
    again = own_vsphere.wait(ref.PowerOff())
    assert (again.state, type(again.error).__name__) == ("error", OFF)
    assert again.error.existingState == "poweredOff"
    WaitForTask(ref.PowerOn(), si=own_vsphere.si)
    assert ref.guest.ipAddress == vm.nics[0].addresses[0]
    power = [(change["after"], change["by"]["method"]) for change in changes(own_vsphere) if change["what"] == "power"]
    assert power == [("poweredOff", "PowerOffVM_Task"), ("poweredOn", "PowerOnVM_Task")]
    assert all(change["by"]["write"] for change in changes(own_vsphere))


def test_guest_shutdown(own_vsphere: Vsphere) -> None:
    vm = ready(own_vsphere)
    ref = own_vsphere.vm(vm.moid)
    assert ref.ShutdownGuest() is None
    until(lambda: ref.runtime.powerState == "poweredOff")
    found = own_vsphere.content.eventManager.QueryEvents(vim.event.EventFilterSpec())
    assert [type(one) for one in found] == [vim.event.VmGuestShutdownEvent, vim.event.VmPoweredOffEvent]
    with pytest.raises(vim.fault.InvalidPowerState):
        ref.ShutdownGuest()
    with pytest.raises(vim.fault.ToolsUnavailable):
        own_vsphere.vm(awkward(own_vsphere, "no_tools").moid).ShutdownGuest()


def test_guest_that_hangs(own_vsphere: Vsphere) -> None:
    vm = ready(own_vsphere)
    vm.shutdown = "hangs"
    own_vsphere.vm(vm.moid).ShutdownGuest()
    time.sleep(0.2)  # 120 recorded seconds at this speed
    assert vm.power == "poweredOn"


# -- reconfigure -------------------------------------------------------------------------------------------------


def nic_spec(ref: Any, key: int, connected: bool, start_connected: bool) -> Any:
    (card,) = [device for device in ref.config.hardware.device if device.key == key]
    card.connectable.connected, card.connectable.startConnected = connected, start_connected
    return vim.vm.ConfigSpec(deviceChange=[vim.vm.device.VirtualDeviceSpec(operation="edit", device=card)])


def test_network_card(own_vsphere: Vsphere) -> None:
    vm = ready(own_vsphere)
    ref = own_vsphere.vm(vm.moid)
    assert own_vsphere.wait(ref.Reconfigure(nic_spec(ref, 4000, False, False))).state == "success"
    assert (vm.nics[0].connected, vm.nics[0].start_connected) == (False, False)
    shown = next(device for device in ref.config.hardware.device if device.key == 4000)
    assert (shown.connectable.connected, shown.connectable.startConnected) == (False, False)
    assert ref.guest.net[0].ipConfig.ipAddress == []
    assert [change["what"] for change in changes(own_vsphere)] == ["nic"]
    unknown = nic_spec(ref, 4000, True, True)
    unknown.deviceChange[0].device.key = 4999
    with pytest.raises(vim.fault.InvalidDeviceSpec):
        ref.Reconfigure(unknown)


def test_other_settings(own_vsphere: Vsphere) -> None:
    vm = ready(own_vsphere)
    ref = own_vsphere.vm(vm.moid)
    spec = vim.vm.ConfigSpec(annotation="<&>", changeTrackingEnabled=False)
    assert own_vsphere.wait(ref.Reconfigure(spec)).state == "success"
    assert (ref.config.annotation, vm.cbt_enabled) == ("<&>", False)
    larger = vim.vm.ConfigSpec(numCPUs=vm.cpu_cores + 1, memoryMB=vm.memory_mb * 2)
    hot = own_vsphere.wait(ref.Reconfigure(larger))
    assert (hot.state, hot.error.msg) == ("error", "CPU hot plug is not supported for this virtual machine.")
    own_vsphere.wait(ref.PowerOff())
    assert own_vsphere.wait(ref.Reconfigure(larger)).state == "success"
    assert ref.config.hardware.numCPU == vm.cpu_cores == larger.numCPUs
    with pytest.raises(vmodl.fault.NotSupported, match="guestId"):
        ref.Reconfigure(vim.vm.ConfigSpec(guestId="other"))


def test_two_tasks_on_one_machine(lab: Callable[..., Lab]) -> None:
    client = Vsphere(lab(vms=2, speed=4))
    first, second = (client.vm(vm.moid) for vm in client.world.source.values())
    task = first.Reconfigure(vim.vm.ConfigSpec(annotation="x"))
    assert task.info.state == "running"
    with pytest.raises(vim.fault.TaskInProgress) as caught:
        first.Reconfigure(vim.vm.ConfigSpec(annotation="y"))
    assert caught.value.task == task
    assert client.wait(second.Reconfigure(vim.vm.ConfigSpec(annotation="z"))).state == "success"
    client.wait(task)
    assert task in client.content.taskManager.recentTask
    Disconnect(client.si)


# -- names, folders, marks ---------------------------------------------------------------------------------------


def test_rename_and_slashes(own_vsphere: Vsphere) -> None:
    vm = ready(own_vsphere)
    ref = own_vsphere.vm(vm.moid)
    old = vm.name
    assert own_vsphere.wait(ref.Rename("a%2fb 100%25")).state == "success"
    assert (vm.name, ref.name, ref.config.name) == ("a/b 100%", "a%2fb 100%25", "a%2fb 100%25")
    (event,) = own_vsphere.content.eventManager.QueryEvents(vim.event.EventFilterSpec(eventTypeId=["VmRenamedEvent"]))
    assert (event.oldName, event.newName, event.vm.vm) == (old, "a/b 100%", ref)


def test_two_of_one_name(own_vsphere: Vsphere) -> None:
    first, second = (vm for vm in own_vsphere.world.source.values() if vm.awkward == "twin")
    one, other = own_vsphere.vm(first.moid), own_vsphere.vm(second.moid)
    assert one.name == other.name
    moved = own_vsphere.wait(one.parent.MoveInto([other]))
    assert isinstance(moved.error, vim.fault.DuplicateName)
    assert own_vsphere.wait(other.Rename("another")).state == "success"
    assert own_vsphere.wait(one.parent.MoveInto([other])).state == "success"
    assert second.folder == first.folder
    renamed = own_vsphere.wait(other.Rename(first.name))
    assert isinstance(renamed.error, vim.fault.DuplicateName)
    assert renamed.error.object == one


def test_folder(own_vsphere: Vsphere) -> None:
    root = own_vsphere.content.rootFolder.childEntity[0].vmFolder
    migrated = root.CreateFolder("Migrated").CreateFolder("Wave 1")
    with pytest.raises(vim.fault.DuplicateName):
        root.CreateFolder("Migrated")
    vm = ready(own_vsphere)
    assert own_vsphere.wait(migrated.MoveInto([own_vsphere.vm(vm.moid)])).state == "success"
    assert vm.folder == "Migrated/Wave 1"
    assert migrated.childEntity == [own_vsphere.vm(vm.moid)]
    assert own_vsphere.vm(vm.moid).parent == migrated


def test_custom_attribute(own_vsphere: Vsphere) -> None:
    manager = own_vsphere.content.customFieldsManager
    definition = manager.AddCustomFieldDef("azlocal.migrate", vim.VirtualMachine)
    assert definition in manager.field or definition.key in {one.key for one in manager.field}
    with pytest.raises(vim.fault.DuplicateName):
        manager.AddCustomFieldDef("azlocal.migrate", vim.VirtualMachine)
    ref = own_vsphere.vm(ready(own_vsphere).moid)
    manager.SetField(ref, definition.key, '{"attempt": 1}')
    assert [(one.key, one.value) for one in ref.customValue] == [(definition.key, '{"attempt": 1}')]
    assert definition.key in {one.key for one in ref.availableField}
    ref.SetCustomValue("azlocal.migrate", "")
    assert ref.customValue == []
    with pytest.raises(vmodl.fault.InvalidArgument):
        manager.SetField(ref, 9999, "x")
    assert [change["what"] for change in changes(own_vsphere)] == ["custom_field", "mark", "mark"]


def test_snapshots(own_vsphere: Vsphere) -> None:
    ref = own_vsphere.vm(ready(own_vsphere).moid)
    info = own_vsphere.wait(ref.CreateSnapshot("one", "", False, False))
    assert info.result == ref.snapshot.currentSnapshot
    own_vsphere.wait(ref.RemoveAllSnapshots())
    assert ref.snapshot is None


# -- events and updates ------------------------------------------------------------------------------------------


def test_events_by_filter_and_page(own_vsphere: Vsphere) -> None:
    first, second = [vm for vm in own_vsphere.world.source.values() if not vm.awkward][:2]
    manager = own_vsphere.content.eventManager
    for vm in (first, second):
        own_vsphere.wait(own_vsphere.vm(vm.moid).PowerOff())
    middle = own_vsphere.si.CurrentTime()
    own_vsphere.wait(own_vsphere.vm(first.moid).PowerOn())

    def found(**wanted: Any) -> list[tuple[str, str]]:
        events = manager.QueryEvents(vim.event.EventFilterSpec(**wanted))
        return [(type(one).__name__.rpartition(".")[2], one.vm.name) for one in events]

    of_first = vim.event.EventFilterSpec.ByEntity(entity=own_vsphere.vm(first.moid), recursion="self")
    off, on = "VmPoweredOffEvent", "VmPoweredOnEvent"
    assert found(entity=of_first) == [(off, first.name), (on, first.name)]
    assert found(eventTypeId=["vim.event.VmPoweredOffEvent"]) == [(off, first.name), (off, second.name)]
    assert found(type=[vim.event.VmPoweredOnEvent]) == [(on, first.name)]
    assert found(time=vim.event.EventFilterSpec.ByTime(beginTime=middle)) == [(on, first.name)]
    assert found(time=vim.event.EventFilterSpec.ByTime(beginTime=middle + dt.timedelta(hours=1))) == []
    everywhere = vim.event.EventFilterSpec.ByEntity(entity=own_vsphere.content.rootFolder, recursion="all")
    collector = manager.CreateCollectorForEvents(vim.event.EventFilterSpec(entity=everywhere))
    assert [len(collector.ReadNextEvents(2)) for _ in range(3)] == [2, 1, 0]
    collector.RewindCollector()
    assert len(collector.ReadNextEvents(100)) == 3
    assert len(collector.latestPage) == 3
    with pytest.raises(vmodl.fault.InvalidArgument):
        collector.ReadNextEvents(5000)
    collector.DestroyCollector()
    with pytest.raises(vmodl.fault.ManagedObjectNotFound):
        collector.ReadNextEvents(1)


def test_updates(own_vsphere: Vsphere) -> None:
    vm = ready(own_vsphere)
    collector = own_vsphere.content.propertyCollector.CreatePropertyCollector()
    view = own_vsphere.view(vim.VirtualMachine)
    watched = collector.CreateFilter(own_vsphere.spec(view, vim.VirtualMachine, ["runtime.powerState"]), True)
    first = collector.WaitForUpdatesEx("", PC.WaitOptions(maxWaitSeconds=0))
    assert {one.kind for one in first.filterSet[0].objectSet} == {"enter"}
    assert collector.WaitForUpdatesEx(first.version, PC.WaitOptions(maxWaitSeconds=0)) is None
    threading.Timer(0.1, own_vsphere.vm(vm.moid).PowerOff).start()
    second = collector.WaitForUpdatesEx(first.version, PC.WaitOptions(maxWaitSeconds=10))
    (update,) = second.filterSet[0].objectSet
    assert (update.obj._moId, update.kind) == (vm.moid, "modify")
    assert [(change.name, change.val) for change in update.changeSet] == [("runtime.powerState", "poweredOff")]
    with pytest.raises(vmodl.query.InvalidCollectorVersion):
        collector.WaitForUpdatesEx(first.version, None)
    watched.Destroy()
    assert collector.CheckForUpdates("") is None
    collector.Destroy()
    with pytest.raises(vmodl.fault.ManagedObjectNotFound):
        collector.CheckForUpdates("")


# -- planned faults ----------------------------------------------------------------------------------------------


def plan(vsphere: Vsphere, method: str, **more: Any) -> None:
    vsphere.lab.faults.add({"kind": "reply", "system": "vcenter", "method": method, **more})


def test_planned_faults(own_vsphere: Vsphere) -> None:
    vm = ready(own_vsphere)
    ref = own_vsphere.vm(vm.moid)
    plan(own_vsphere, "PowerOffVM_Task", path=f"^{vm.moid}$", code="TaskInProgress", message="busy")
    with pytest.raises(vim.fault.TaskInProgress, match="busy"):
        ref.PowerOff()
    plan(own_vsphere, "PowerOffVM_Task", path=f"^{vm.name}$", code="NoPermission")
    with pytest.raises(vim.fault.NoPermission):
        ref.PowerOff()
    plan(own_vsphere, "PowerOffVM_Task", status=503, message="later")
    with pytest.raises(http.client.HTTPException, match="503"):
        ref.PowerOff()
    assert vm.power == "poweredOn"
    plan(own_vsphere, "PowerOffVM_Task", status=0)
    with pytest.raises((http.client.HTTPException, OSError)):
        ref.PowerOff()
    until(lambda: vm.power == "poweredOff")  # it was done; only its answer got lost
    plan(own_vsphere, "Fetch", code="NotAuthenticated")
    with pytest.raises(vim.fault.NotAuthenticated):
        ref.name  # noqa: B018
    with pytest.raises(vim.fault.NotAuthenticated):  # and the session stays ended
        ref.name  # noqa: B018
