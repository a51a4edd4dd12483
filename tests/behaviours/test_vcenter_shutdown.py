# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shutting down a guest, what vCenter tells of it, and vCenter's clock."""

from __future__ import annotations

import datetime as dt

import pytest
from pyVmomi import vim

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import Conflict, InvalidRequest
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from ansible_collections.azlocal.migrate.tests.support.vcenter_on_lab import client_of, until
from ansible_collections.azlocal.migrate.tests.support.vsphere import StartVsphere, Vsphere
from lab import names
from lab.switches import Switches

OFF = ["VmGuestShutdownEvent", "VmPoweredOffEvent"]


@pytest.mark.behaviour("shutdown_no_task", "shutdown_events", "guest_net_emptied")
def test_guest_shuts_down(start_vsphere: StartVsphere) -> None:
    vsphere = start_vsphere(speed=60)
    vm = vsphere.ready()
    ref = vsphere.vm(vm.moid)
    addresses = {address for card in ref.guest.net for address in card.ipAddress}
    assert set(vm.nics[0].addresses) <= addresses
    assert ref.ShutdownGuest() is None
    assert ref.runtime.powerState == "poweredOn"  # it has only been asked
    assert vsphere.content.taskManager.recentTask == []
    until(lambda: ref.runtime.powerState == "poweredOff")
    assert (ref.guest.net, ref.guest.ipAddress, ref.guest.hostName) == ([], None, None)
    events = vsphere.events(vm)
    assert [type(event).__name__.rpartition(".")[2] for event in events] == OFF
    assert {event.userName for event in events} == {names.VCENTER_USER}


@pytest.mark.behaviour("shutdown_events")
def test_switched_off_hard_leaves_one_event(vsphere: Vsphere) -> None:
    vm = vsphere.ready()
    assert vsphere.wait(vsphere.vm(vm.moid).PowerOff()).state == "success"
    assert [type(event).__name__.rpartition(".")[2] for event in vsphere.events(vm)] == OFF[1:]


@pytest.mark.behaviour("tools_unavailable")
@pytest.mark.parametrize("installed", [True, False])
def test_guest_without_tools(vsphere: Vsphere, installed: bool) -> None:
    vm = vsphere.ready()
    vm.tools, vm.tools_installed = "guestToolsNotRunning", installed
    with pytest.raises(vim.fault.ToolsUnavailable):
        vsphere.vm(vm.moid).ShutdownGuest()
    with client_of(vsphere.lab) as client, pytest.raises(InvalidRequest) as told:
        client.shutdown_guest(vm.moid)
    assert (told.value.code, "force_power_off" in told.value.remedy) == ("ToolsUnavailable", True)


@pytest.mark.behaviour("power_state_fault")
@thrown("state_fault_in_task", True, False)
def test_wrong_power_state(start_vsphere: StartVsphere, setting: bool) -> None:
    vsphere = start_vsphere(switches=Switches(state_fault_in_task=setting))
    vm, other = vsphere.ready(), vsphere.ready(1)
    ref = vsphere.vm(vm.moid)
    if setting:
        fault = vsphere.wait(ref.PowerOn()).error
    else:
        with pytest.raises(vim.fault.InvalidPowerState) as refused:
            ref.PowerOn()
        fault = refused.value
    assert isinstance(fault, vim.fault.InvalidPowerState)
    assert (fault.requestedState, fault.existingState) == ("poweredOff", "poweredOn")
    with client_of(vsphere.lab) as client:
        client.power_on(vm.moid)  # what is so already is fine, wherever the fault comes from
        other.power = "suspended"
        with pytest.raises(Conflict) as told:
            client.shutdown_guest(other.moid)
    assert told.value.code == "InvalidPowerState"


@pytest.mark.behaviour("vcenter_clock")
@thrown("vcenter_skew_s", 0.0, 240.0, -90.0)
def test_clock(start_vsphere: StartVsphere, setting: float) -> None:
    vsphere = start_vsphere(switches=Switches(vcenter_skew_s=setting))
    vm, before = vsphere.ready(), dt.datetime.now(dt.UTC)
    assert vsphere.wait(vsphere.vm(vm.moid).PowerOff()).state == "success"
    told = [
        vsphere.si.CurrentTime(),
        vsphere.events(vm)[0].createdTime,
        vsphere.content.sessionManager.currentSession.loginTime,
    ]
    task = vsphere.content.taskManager.recentTask[0].info
    told += [task.queueTime, task.completeTime]
    for moment in told:
        assert abs((moment - before).total_seconds() - setting) < 20
    with client_of(vsphere.lab) as client:
        since = before - dt.timedelta(seconds=20) + dt.timedelta(seconds=setting)
        assert [event["kind"] for event in client.events([vm.moid], OFF, since)] == OFF[1:]
        assert client.events([vm.moid], OFF, since + dt.timedelta(seconds=60)) == []
