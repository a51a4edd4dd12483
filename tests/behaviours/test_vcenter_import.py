# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Importing an OVF as VMware's own tools do: spec, lease, uploads over TLS, and the three ways in which a lease ends."""

from __future__ import annotations

import hashlib
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from pyVmomi import vim, vmodl

from ansible_collections.azlocal.migrate.tests.support.ovf import DISK_BYTES, OVF
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from ansible_collections.azlocal.migrate.tests.support.vcenter_on_lab import client_of, until
from ansible_collections.azlocal.migrate.tests.support.vsphere import StartVsphere, Vsphere


def wanted(vsphere: Vsphere, name: str = "labsrc", descriptor: str = OVF) -> Any:
    """What vCenter makes of the descriptor."""
    datacenter = vsphere.content.rootFolder.childEntity[0]
    network = next(one for one in datacenter.network if one.name == "VM Network")
    pool = datacenter.hostFolder.childEntity[0].resourcePool
    options = vim.OvfManager.CreateImportSpecParams(
        entityName=name,
        diskProvisioning="thin",
        locale="",
        deploymentOption="",
        networkMapping=[vim.OvfManager.NetworkMapping(name="nat", network=network)],
    )
    return pool, vsphere.content.ovfManager.CreateImportSpec(descriptor, pool, datacenter.datastore[0], options)


def ready(vsphere: Vsphere, name: str = "labsrc") -> Any:
    pool, result = wanted(vsphere, name)
    folder = vsphere.content.rootFolder.childEntity[0].vmFolder
    lease = pool.ImportVApp(result.importSpec, folder)
    until(lambda: lease.state == "ready")
    return lease


def send(vsphere: Vsphere, url: str, content: bytes | Iterator[bytes], method: str = "PUT") -> int:
    """Bytes of known length, or an iterator: in chunks."""
    trust = ssl.create_default_context(cafile=str(vsphere.lab.tls.ca))
    request = urllib.request.Request(
        url, content, {"Content-Type": "application/x-vnd.vmware-streamVmdk"}, method=method
    )
    try:
        with urllib.request.urlopen(request, context=trust, timeout=10) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def is_there(vsphere: Vsphere, name: str) -> bool:
    objects, _ = vsphere.read(vim.VirtualMachine, ["name"])
    return name in {one.propSet[0].val for one in objects}


@pytest.mark.behaviour("nfc_import", "nfc_complete")
def test_import(start_vsphere: StartVsphere) -> None:
    vsphere = start_vsphere(speed=30)  # the lease lives ten seconds
    _, result = wanted(vsphere)
    assert (list(result.error), list(result.warning)) == ([], [])
    spec = result.importSpec.configSpec
    assert (spec.name, spec.numCPUs, spec.memoryMB, spec.firmware) == ("labsrc", 8, 16384, "efi")
    assert [(item.path, item.size, item.create) for item in result.fileItem] == [
        ("appliance-disk1.vmdk", DISK_BYTES, False),
        ("appliance-disk2.vmdk", DISK_BYTES, False),
    ]
    lease = ready(vsphere)
    info, contents = lease.info, [os.urandom(DISK_BYTES), os.urandom(DISK_BYTES)]
    addresses = {url.importKey: url for url in info.deviceUrl}
    assert info.leaseTimeout >= 1
    assert info.totalDiskCapacityInKB == 90 * 2**20
    for item, content, (number, method) in zip(result.fileItem, contents, enumerate(("PUT", "POST")), strict=True):
        url = addresses[item.deviceId].url
        pieces = (content[start : start + 65_536] for start in range(0, len(content), 65_536))
        assert send(vsphere, url, content if number else pieces, method) == 200
        lease.Progress(50 * (number + 1))
    assert lease.transferProgress == 100
    arrived = {entry.key: (entry.size, entry.checksum) for entry in lease.GetManifest()}
    assert arrived == {
        addresses[item.deviceId].key: (DISK_BYTES, hashlib.sha256(content).hexdigest())
        for item, content in zip(result.fileItem, contents, strict=True)
    }
    vm = info.entity
    lease.Complete()
    assert lease.state == "done"
    assert send(vsphere, info.deviceUrl[0].url, b"late") == 404
    with client_of(vsphere.lab) as client:
        shape = client.vm(vm._moId)
        assert (shape["name"], shape["power"], shape["tools"]) == ("labsrc", "off", "not_installed")
        assert (shape["cpu_cores"], shape["memory_mb"], shape["firmware"]) == (8, 16384, "efi")
        assert (shape["guest_id"], shape["guest_family"]) == ("windows2019srvNext_64Guest", "windows")
        assert [(disk["name"], disk["controller"], disk["capacity_bytes"] // 2**30) for disk in shape["disks"]] == [
            ("scsi0:0", "lsisas", 80),
            ("scsi0:1", "lsisas", 10),
        ]
        assert [nic["network"] for nic in shape["nics"]] == ["VM Network"]
        client.power_on(vm._moId)
        assert client.vm(vm._moId)["power"] == "on"
    created = vsphere.events(vsphere.world.source_by_moid(vm._moId))[0]  # type: ignore[arg-type]
    assert isinstance(created, vim.event.VmCreatedEvent)
    with pytest.raises(vim.fault.InvalidState):
        lease.Abort()


@pytest.mark.behaviour("nfc_import")
def test_what_cannot_be_imported(start_vsphere: StartVsphere) -> None:
    vsphere = start_vsphere(speed=30)
    for descriptor, kind in (("<Envelope", vim.fault.OvfXmlFormat), ("<Envelope/>", vim.fault.OvfMissingElement)):
        _, result = wanted(vsphere, descriptor=descriptor)
        assert result.importSpec is None
        assert isinstance(result.error[0], kind)
    lease = ready(vsphere)
    pool, result = wanted(vsphere)
    with pytest.raises(vim.fault.DuplicateName):
        pool.ImportVApp(result.importSpec)
    assert send(vsphere, f"{lease.info.deviceUrl[0].url}.other", b"x") == 404
    vsphere.lab.faults.add({"kind": "reply", "system": "vcenter", "method": "PUT", "path": "disk-1", "status": 500})
    assert [send(vsphere, lease.info.deviceUrl[1].url, b"x") for _ in range(2)] == [500, 200]
    vsphere.lab.switches.missing_privileges = ("VApp.Import",)
    with pytest.raises(vim.fault.NoPermission) as refused:
        pool.ImportVApp(result.importSpec)
    assert (refused.value.object, refused.value.privilegeId) == (pool, "VApp.Import")


@pytest.mark.behaviour("nfc_abort")
def test_abort_removes_the_half_made_machine(start_vsphere: StartVsphere) -> None:
    vsphere = start_vsphere(speed=30)
    lease = ready(vsphere)
    url, vm = lease.info.deviceUrl[0].url, lease.info.entity
    assert send(vsphere, url, b"half of it") == 200
    assert is_there(vsphere, "labsrc")
    lease.Abort(vmodl.fault.RequestCanceled(msg="by the test"))
    assert (lease.state, type(lease.error)) == ("error", vmodl.fault.RequestCanceled)
    assert not is_there(vsphere, "labsrc")
    with pytest.raises(vmodl.fault.ManagedObjectNotFound):
        assert vm.name
    for use in (lambda: lease.Progress(1), lease.Complete, lease.Abort):
        with pytest.raises(vim.fault.InvalidState):
            use()
    assert send(vsphere, url, b"late") == 404
    again = ready(vsphere)  # the name is free again
    assert again.info.entity != vm
    again.Abort()


@pytest.mark.behaviour("nfc_held")
@thrown("lease_refusal", "TaskInProgress", "InvalidState")
def test_nobody_changes_a_machine_whose_lease_is_held(start_vsphere: StartVsphere, setting: str) -> None:
    vsphere = start_vsphere(speed=30)
    vsphere.lab.switches.lease_refusal = setting
    lease = ready(vsphere)
    vm = lease.info.entity
    [task] = [one.info for one in vsphere.content.taskManager.recentTask]
    assert (task.descriptionId, task.state, task.entityName) == ("ResourcePool.ImportVAppLRO", "running", "labsrc")
    for change in (vm.PowerOn, vm.Destroy, lambda: vm.ReconfigVM_Task(vim.vm.ConfigSpec(numCPUs=4))):
        with pytest.raises(getattr(vim.fault, setting)) as refused:
            change()
        assert type(refused.value) is getattr(vim.fault, setting)
    lease.Complete()
    assert vsphere.wait(vm.ReconfigVM_Task(vim.vm.ConfigSpec(numCPUs=4))).state == "success"
    ended = next(one.info for one in vsphere.content.taskManager.recentTask if one.info.key == task.key)
    assert ended.state == "success"


@pytest.mark.behaviour("nfc_held")
@thrown("lease_holds_attributes", False, True)
def test_attributes_of_a_machine_whose_lease_is_held(start_vsphere: StartVsphere, setting: bool) -> None:
    vsphere = start_vsphere(speed=30)
    vsphere.lab.switches.lease_holds_attributes = setting
    manager = vsphere.content.customFieldsManager
    key = manager.AddCustomFieldDef("mark", vim.VirtualMachine).key
    lease = ready(vsphere)
    vm = lease.info.entity

    def write() -> None:
        manager.SetField(vm, key, "text")
        vm.setCustomValue("mark", "more text")

    if setting:
        with pytest.raises(vim.fault.TaskInProgress):
            write()
    else:
        write()
    lease.Abort()
    assert [one.info.state for one in vsphere.content.taskManager.recentTask] == ["error"]


@pytest.mark.behaviour("nfc_timeout")
def test_lease_without_progress_times_out(start_vsphere: StartVsphere) -> None:
    vsphere = start_vsphere(speed=300)  # 300 s are one
    lease = ready(vsphere)
    info = lease.info
    assert info.leaseTimeout == 1
    for percent in (10, 20, 30, 40, 50):
        vsphere.world.clock.sleep(0.4)
        lease.Progress(percent)  # twice as long as the lease alone would have lived
    for _ in range(3):
        vsphere.world.clock.sleep(0.5)
        send(vsphere, info.deviceUrl[0].url, b"content")  # keeps nothing alive
    assert (lease.state, type(lease.error)) == ("error", vim.fault.Timedout)
    assert not is_there(vsphere, "labsrc")
    for use in (lambda: lease.Progress(60), lease.Complete):
        with pytest.raises(vim.fault.Timedout):
            use()
