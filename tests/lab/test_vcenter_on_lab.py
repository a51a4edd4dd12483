# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vCenter client against the lab: everything that is read is compared with the lab's world."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import (
    AuthenticationFailed,
    Conflict,
    DeadlineExceeded,
    InvalidRequest,
    NotFound,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter import VcenterClient
from ansible_collections.azlocal.migrate.tests.support.vcenter_on_lab import any_vm, client_of, count, requests, until
from lab import names
from lab.runtime import Lab
from lab.world import SourceVm

OFF_KINDS = ["VmGuestShutdownEvent", "VmPoweredOffEvent"]


# -- reading -----------------------------------------------------------------------------------------------------------


def test_every_machine_reads_as_it_is(shared_lab: Lab) -> None:
    with client_of(shared_lab) as client:
        read = {machine["instance_uuid"].lower(): machine for machine in client.vms()}
    with shared_lab.world.lock:
        assert read.keys() == shared_lab.world.source.keys()
        for uuid, vm in shared_lab.world.source.items():
            assert {key: read[uuid][key] for key in expected(vm)} == expected(vm)
            assert [
                {key: nic[key] for key in expected_nic(source)}
                for nic, source in zip(read[uuid]["nics"], vm.nics, strict=True)
            ] == [expected_nic(source) for source in vm.nics]
            assert [
                {key: disk[key] for key in expected_disk(source)}
                for disk, source in zip(read[uuid]["disks"], vm.disks, strict=True)
            ] == [expected_disk(source) for source in vm.disks]


def expected(vm: SourceVm) -> dict[str, Any]:
    return {
        "moid": vm.moid,
        "name": vm.name,
        "bios_uuid": vm.bios_uuid,
        "power": {"poweredOn": "on", "poweredOff": "off", "suspended": "suspended"}[vm.power],
        "connection": vm.connection,
        "tools": {"OK": "running", "NotRunning": "not_running", "NotInstalled": "not_installed"}[vm.tools_status],
        "guest_id": vm.guest_id,
        "guest_name": vm.guest_name,
        "firmware": vm.firmware,
        "secure_boot": vm.secure_boot,
        "cpu_cores": vm.cpu_cores,
        "memory_mb": vm.memory_mb,
        "template": vm.template,
        "question": vm.question or None,
        "consolidation_needed": vm.consolidation_needed,
        "snapshots": len(vm.snapshots),
        "cbt_enabled": vm.cbt_enabled,
        "host": vm.host,
        "folder": vm.folder,
        "mark": vm.custom_values.get("azlocal.migrate"),
    }


def expected_nic(nic: Any) -> dict[str, Any]:
    vlan, _ = names.PORT_GROUPS[nic.network]
    return {"key": nic.key, "label": nic.label, "mac": nic.mac, "network": nic.network, "vlan": vlan,
            "start_connected": nic.start_connected}  # fmt: skip


def expected_disk(disk: Any) -> dict[str, Any]:
    return {"key": disk.key, "uuid": disk.uuid, "label": disk.label, "capacity_bytes": disk.capacity_bytes,
            "mode": disk.mode, "thin": disk.thin, "sharing": disk.sharing, "datastore": disk.datastore,
            "path": disk.file, "controller": disk.controller}  # fmt: skip


def test_guest_family_and_addresses(shared_lab: Lab) -> None:
    with client_of(shared_lab) as client:
        machines = {machine["moid"]: machine for machine in client.vms()}
    for vm in shared_lab.world.source.values():
        read = machines[vm.moid]
        assert read["guest_family"] == {"windowsGuest": "windows", "linuxGuest": "linux"}.get(vm.guest_family, "other")
        for nic, source in zip(read["nics"], vm.nics, strict=True):
            shown = [address for address in nic["addresses"] if not address.startswith("fe80")]
            if vm.tools_status == "OK":
                assert shown == source.addresses
                assert {nic["origins"][address] for address in shown} <= {source.origin}
            else:
                assert shown == []


def test_standard_switch(small: Lab, client: VcenterClient) -> None:
    vm = any_vm(small)
    vm.nics[0].network = "VM Network"
    moid = vm.moid
    for read in (client.vm(moid), next(machine for machine in client.vms() if machine["moid"] == moid)):
        assert (read["nics"][0]["network"], read["nics"][0]["vlan"]) == ("VM Network", 0)


def test_pages(shared_lab: Lab) -> None:
    with client_of(shared_lab) as client:
        whole = client.vms()
        before = count(shared_lab, "ContinueRetrievePropertiesEx")
        assert client.vms(page_size=7) == whole
    assert count(shared_lab, "ContinueRetrievePropertiesEx") - before == -(-len(whole) // 7) - 1


def test_page_that_was_lost_starts_the_read_over(small: Lab, client: VcenterClient) -> None:
    whole = client.vms()
    small.faults.add(
        {"kind": "reply", "system": "vcenter", "method": "ContinueRetrievePropertiesEx", "code": "InvalidArgument"}
    )
    assert client.vms(page_size=2) == whole


def test_calls_do_not_grow_with_machines(small: Lab) -> None:
    with client_of(small) as client:
        machines = client.vms()
        for machine in machines:
            client.vm(machine["moid"])
    assert Counter(entry["method"] for entry in requests(small)) == {
        "RetrieveServiceContent": 2,
        "Login": 1,
        "CreateContainerView": 2,
        "RetrievePropertiesEx": 2 + len(machines),
        "DestroyView": 2,
        "Logout": 1,
    }
    assert not any(entry["write"] for entry in requests(small))


def test_one_machine_equals_its_entry_in_the_list(client: VcenterClient) -> None:
    for machine in client.vms():
        assert client.vm(machine["moid"]) == machine


def test_new_folder_is_noticed(small: Lab, client: VcenterClient) -> None:
    vm = any_vm(small)
    client.vms()
    small.world.folders.add("Later")
    vm.folder = "Later"
    assert client.vm(vm.moid)["folder"] == "Later"


def test_wrong_password(small: Lab) -> None:
    with client_of(small, password="wrong-pass") as client, pytest.raises(AuthenticationFailed):
        client.about()
    assert count(small, "Login") == 1  # one try: more would lock the account


# -- power -------------------------------------------------------------------------------------------------------------


def test_shutdown_leaves_both_events(small: Lab, client: VcenterClient) -> None:
    vm, since = any_vm(small), dt.datetime.now(dt.UTC)
    client.shutdown_guest(vm.moid)
    until(lambda: client.vm(vm.moid)["power"] == "off")
    others = [other.moid for other in small.world.source.values()]
    for asked in ([vm.moid], others):
        assert [event["kind"] for event in client.events(asked, OFF_KINDS, since)] == OFF_KINDS
    assert client.events([vm.moid], OFF_KINDS, dt.datetime.now(dt.UTC)) == []
    read = client.vm(vm.moid)
    assert read["tools"] == "not_running"
    client.shutdown_guest(vm.moid)  # off already


def test_power_off_and_on(small: Lab, client: VcenterClient) -> None:
    vm = any_vm(small)
    client.power_off(vm.moid, timeout_s=10)
    assert vm.power == "poweredOff"
    client.power_off(vm.moid, timeout_s=10)
    assert [event["kind"] for event in client.events([vm.moid], OFF_KINDS, None)] == ["VmPoweredOffEvent"]
    client.power_on(vm.moid, timeout_s=10)
    client.power_on(vm.moid, timeout_s=10)
    assert vm.power == "poweredOn"


def test_guest_without_tools_cannot_be_asked(small: Lab, client: VcenterClient) -> None:
    vm = any_vm(small)
    vm.tools = "guestToolsNotRunning"
    with pytest.raises(InvalidRequest) as caught:
        client.shutdown_guest(vm.moid)
    assert caught.value.code == "ToolsUnavailable"
    assert "VMware Tools" in caught.value.remedy


def test_many_events_are_read_in_pages(small: Lab, client: VcenterClient) -> None:
    vm = any_vm(small)
    for _ in range(1100):
        small.world.event(vm, "VmReconfiguredEvent", "someone", "again")
    assert len(client.events([vm.moid], ["VmReconfiguredEvent"], None)) == 1100


def test_deadline(lab: Callable[..., Lab]) -> None:
    slow = lab(vms=2, speed=0.01)
    with client_of(slow) as client, pytest.raises(DeadlineExceeded) as caught:
        client.power_off(any_vm(slow).moid, timeout_s=0.5)
    assert "task" in str(caught.value)


def test_machine_that_another_task_holds(lab: Callable[..., Lab]) -> None:
    slow = lab(vms=2, speed=0.01)
    vm = any_vm(slow)
    with client_of(slow) as client:
        with pytest.raises(DeadlineExceeded):
            client.rename(vm.moid, "elsewhere", timeout_s=0.1)
        with pytest.raises(Conflict) as caught:
            client.power_off(vm.moid, timeout_s=0.5)
    assert caught.value.code == "TaskInProgress"
    assert "run again" in caught.value.remedy


# -- marks, names, folders, adapters -----------------------------------------------------------------------------------


def test_mark(small: Lab, client: VcenterClient) -> None:
    vm = any_vm(small)
    client.set_mark(vm.moid, '{"attempt": 1}')
    client.set_mark(vm.moid, '{"attempt": 2, "text": "<&>"}')
    assert vm.custom_values["azlocal.migrate"] == '{"attempt": 2, "text": "<&>"}'
    assert client.vm(vm.moid)["mark"] == '{"attempt": 2, "text": "<&>"}'
    assert count(small, "AddCustomFieldDef") == 1
    client.set_mark(vm.moid, "")
    assert client.vm(vm.moid)["mark"] is None


def test_attribute_made_by_another_controller(small: Lab, client: VcenterClient) -> None:
    vm = any_vm(small)
    client.vms()
    with client_of(small) as other:
        other.set_mark(vm.moid, "other")
    assert client.vm(vm.moid)["mark"] == "other"
    client.set_mark(vm.moid, "mine")
    assert client.vm(vm.moid)["mark"] == "mine"


def test_adapters(small: Lab, client: VcenterClient) -> None:
    vm = max(small.world.source.values(), key=lambda one: len(one.nics))
    before = client.vm(vm.moid)
    keys = [nic.key for nic in vm.nics]
    client.connect_nics(vm.moid, dict.fromkeys(keys, (False, False)), timeout_s=10)
    assert not any(nic.connected or nic.start_connected for nic in vm.nics)
    client.connect_nics(vm.moid, dict.fromkeys(keys, (False, False)), timeout_s=10)
    assert count(small, "ReconfigVM_Task") == 1
    client.connect_nics(vm.moid, {nic["key"]: (nic["connected"], nic["start_connected"]) for nic in before["nics"]})
    assert client.vm(vm.moid)["nics"] == before["nics"]


@pytest.mark.parametrize("name", ["renamed", "a/b", "50% \\"])
def test_rename(small: Lab, client: VcenterClient, name: str) -> None:
    vm = any_vm(small)
    client.rename(vm.moid, name)
    assert vm.name == name
    assert client.vm(vm.moid)["name"] == name


def test_move(small: Lab, client: VcenterClient) -> None:
    vm = any_vm(small)
    small.world.folders |= {"Migrated", "Migrated/Wave 1"}
    client.move(vm.moid, "Migrated/Wave 1")
    assert vm.folder == "Migrated/Wave 1"
    client.move(vm.moid, "Migrated/Wave 1")
    assert count(small, "MoveIntoFolder_Task") == 1
    with pytest.raises(NotFound):
        client.move(vm.moid, "Migrated/Wave 2")
