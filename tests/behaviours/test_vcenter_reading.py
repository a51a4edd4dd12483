# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what others change, what cannot be read at all, and how long a session lives."""

from __future__ import annotations

import pytest
from pyVmomi import vim

from ansible_collections.azlocal.migrate.tests.support.vcenter_on_lab import client_of, count
from ansible_collections.azlocal.migrate.tests.support.vsphere import PC, StartVsphere, Vsphere
from lab.clock import OwnedClock
from lab.second_operator import act


@pytest.mark.behaviour("change_version")
@pytest.mark.parametrize("what", ["rename", "add_disk", "snapshot", "power_off"])
def test_configuration_that_somebody_changed_meanwhile(vsphere: Vsphere, what: str) -> None:
    vm = vsphere.ready()
    ref = vsphere.vm(vm.moid)
    read = ref.config.changeVersion
    act(vsphere.lab, "foreign_mark", vm)  # a mark is no part of the configuration
    assert ref.config.changeVersion == read
    act(vsphere.lab, what, vm)
    with pytest.raises(vim.fault.ConcurrentAccess):
        ref.ReconfigVM_Task(vim.vm.ConfigSpec(annotation="mine", changeVersion=read))
    fresh = vim.vm.ConfigSpec(annotation="mine", changeVersion=ref.config.changeVersion)
    assert vsphere.wait(ref.ReconfigVM_Task(fresh)).state == "success"


@pytest.mark.behaviour("change_version")
def test_our_client_reads_anew_and_changes_then(vsphere: Vsphere) -> None:
    vm = vsphere.ready()
    planned = {"kind": "reply", "system": "vcenter", "method": "ReconfigVM_Task", "code": "ConcurrentAccess"}
    vsphere.lab.faults.add(planned)
    with client_of(vsphere.lab) as client:
        client.connect_nics(vm.moid, {nic.key: (False, False) for nic in vm.nics})
    assert (vm.nics[0].start_connected, count(vsphere.lab, "ReconfigVM_Task")) == (False, 2)


@pytest.mark.behaviour("inaccessible")
@pytest.mark.parametrize("state", ["inaccessible", "invalid"])
def test_machine_whose_files_cannot_be_read(vsphere: Vsphere, state: str) -> None:
    vm = vsphere.ready()
    vm.connection = state
    ref = vsphere.vm(vm.moid)
    found, missing = vsphere.one(vm, "name", "config.instanceUuid", "config.hardware.device", "runtime.connectionState")
    assert (found, missing) == ({"name": vm.name, "runtime.connectionState": state}, {})
    assert ref.config is None
    with client_of(vsphere.lab) as client:
        shape = next(one for one in client.vms() if one["moid"] == vm.moid)
    assert (shape["name"], shape["connection"], shape["instance_uuid"], shape["disks"]) == (vm.name, state, "", [])


@pytest.mark.behaviour("session_idle")
def test_session_that_asks_nothing_for_half_an_hour(start_vsphere: StartVsphere) -> None:
    vsphere = start_vsphere(clock=OwnedClock())
    with client_of(vsphere.lab) as client:
        whole = client.vms()
        vsphere.world.clock.sleep(1790)
        assert vsphere.content.sessionManager.currentSession is not None  # asking keeps it alive
        vsphere.world.clock.sleep(1790)
        assert vsphere.content.sessionManager.currentSession is not None
        vsphere.world.clock.sleep(1810)
        with pytest.raises(vim.fault.NotAuthenticated):
            vsphere.view(vim.VirtualMachine)
        assert client.vms() == whole  # in a new session


@pytest.mark.behaviour("page_cap")
def test_pages_are_never_longer_than_a_thousand(start_vsphere: StartVsphere) -> None:
    vsphere = start_vsphere(vms=1100)
    spec = vsphere.spec(vsphere.view(vim.VirtualMachine), vim.VirtualMachine, ["name"])
    collector = vsphere.content.propertyCollector
    for asked, first in ((None, 1000), (5000, 1000), (17, 17)):
        page = collector.RetrievePropertiesEx([spec], PC.RetrieveOptions(maxObjects=asked))
        assert (len(page.objects), page.token is not None) == (first, True)
        collector.CancelRetrievePropertiesEx(page.token)
