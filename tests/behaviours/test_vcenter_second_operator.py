# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody else works on the same machines: what a client sees of it, and how the records tell it from us."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pyVmomi import vim, vmodl

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import NotFound
from ansible_collections.azlocal.migrate.tests.support.vcenter_on_lab import client_of
from ansible_collections.azlocal.migrate.tests.support.vsphere import Vsphere
from lab.second_operator import ACTS, NOTE, USER, act

Shape = dict[str, Any]
# what is done -> what our client sees then
SEEN: dict[str, Callable[[Shape, Shape], bool]] = {
    "power_off": lambda before, after: after["power"] == "off",
    "power_on": lambda before, after: after == before,  # it was on already
    "rename": lambda before, after: after["name"] == f"{before['name']}-renamed",
    "move": lambda before, after: after["folder"] == "Somebody",
    "snapshot": lambda before, after: after["snapshots"] == before["snapshots"] + 1,
    "add_disk": lambda before, after: len(after["disks"]) == len(before["disks"]) + 1,
    "remove_mark": lambda before, after: (before["mark"], after["mark"]) == ('{"v":1}', None),
    "foreign_mark": lambda before, after: after["mark"] == NOTE,
}
EVENTS = {
    "power_off": [vim.event.VmPoweredOffEvent],
    "rename": [vim.event.VmRenamedEvent],
    "add_disk": [vim.event.VmReconfiguredEvent],
    "remove_mark": [vim.event.CustomFieldValueChangedEvent],
    "foreign_mark": [vim.event.CustomFieldValueChangedEvent],
}


@pytest.mark.behaviour("second_operator")
@pytest.mark.parametrize("what", sorted(SEEN))
def test_what_somebody_does(vsphere: Vsphere, what: str) -> None:
    vm = vsphere.ready()
    with client_of(vsphere.lab) as client:
        client.set_mark(vm.moid, '{"v":1}')
        before = client.vm(vm.moid)
        lines = (vsphere.lab.state_dir / "world.jsonl").read_text().count("\n")
        act(vsphere.lab, what, vm.name)
        assert SEEN[what](before, client.vm(vm.moid))
    by_somebody = [event for event in vsphere.events(vm) if event.userName == USER]
    assert [type(event) for event in by_somebody] == EVENTS.get(what, [])
    written = [json.loads(line) for line in (vsphere.lab.state_dir / "world.jsonl").read_text().splitlines()[lines:]]
    assert {change["cause"] for change in written} == (set() if what == "power_on" else {0})


@pytest.mark.behaviour("second_operator")
def test_somebody_switches_on_what_was_off(vsphere: Vsphere) -> None:
    vm = vsphere.ready()
    act(vsphere.lab, "power_off", vm)
    act(vsphere.lab, "power_on", vm)
    assert vsphere.vm(vm.moid).runtime.powerState == "poweredOn"
    assert isinstance(vsphere.events(vm)[-1], vim.event.VmPoweredOnEvent)


@pytest.mark.behaviour("second_operator")
def test_somebody_deletes_a_machine(vsphere: Vsphere) -> None:
    vm = vsphere.ready()
    act(vsphere.lab, "delete_vm", vm)
    act(vsphere.lab, "rename", vm)  # nothing is there to rename
    with pytest.raises(vmodl.fault.ManagedObjectNotFound):
        assert vsphere.vm(vm.moid).name
    with client_of(vsphere.lab) as client:
        with pytest.raises(NotFound):
            client.vm(vm.moid)
        assert vm.moid not in {shape["moid"] for shape in client.vms()}
    last = list(vsphere.content.eventManager.QueryEvents(vim.event.EventFilterSpec()))[-1]
    assert isinstance(last, vim.event.VmRemovedEvent)
    assert (last.userName, last.vm.name) == (USER, vm.name)


def test_every_act_is_looked_at() -> None:
    assert {*SEEN, "delete_vm"} == set(ACTS)
