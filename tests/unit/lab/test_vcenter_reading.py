# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the lab's vCenter with pyVmomi: sessions, the tree, properties, pages."""

from __future__ import annotations

import json
import ssl
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from pyVim.connect import Disconnect
from pyVmomi import VmomiSupport, vim, vmodl

from ansible_collections.azlocal.migrate.tests.support.vsphere import PC, Vsphere, connect
from lab import names
from lab.runtime import Lab

DEVICE = vim.vm.device


def machine(vsphere: Vsphere, **wanted: Any) -> Any:
    """The first VM of the world with these attributes."""
    fitting = (
        vm for vm in vsphere.world.source.values() if all(getattr(vm, name) == value for name, value in wanted.items())
    )
    return next(fitting)


# -- sessions ----------------------------------------------------------------------------------------------------


def test_login_and_who_it_is(vsphere: Vsphere) -> None:
    assert vsphere.si._stub.version == "vim.version.v8_0_3_0"
    assert vsphere.content.about.apiType == "VirtualCenter"
    session = vsphere.content.sessionManager.currentSession
    assert session.userName == "VSPHERE.LOCAL\\Administrator"
    assert vsphere.si.CurrentTime().tzinfo is not None


@pytest.mark.parametrize(("user", "password"), [(names.VCENTER_USER, "wrong"), ("nobody", names.VCENTER_PASSWORD)])
def test_wrong_login(shared_lab: Lab, user: str, password: str) -> None:
    with pytest.raises(vim.fault.InvalidLogin, match="incorrect user name"):
        connect(shared_lab, user, password)


def test_nothing_without_a_session(shared_lab: Lab) -> None:
    si = connect(shared_lab)
    content = si.content
    Disconnect(si)
    with pytest.raises(vim.fault.NotAuthenticated):
        content.viewManager.CreateContainerView(content.rootFolder, [], True)
    with pytest.raises(vim.fault.NotAuthenticated):
        content.rootFolder.name  # noqa: B018
    assert content.sessionManager.currentSession is None


def test_versions_and_other_paths(shared_lab: Lab) -> None:
    trust = ssl.create_default_context(cafile=str(shared_lab.tls.ca))
    base = f"https://localhost:{shared_lab.servers['vcenter'].port}"
    with urllib.request.urlopen(f"{base}/sdk/vimServiceVersions.xml", context=trust) as reply:
        assert b"<version>8.0.3.0</version>" in reply.read()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{base}/ui", context=trust)


def test_unknown_operation_and_nonsense(vsphere: Vsphere) -> None:
    with pytest.raises(vmodl.fault.MethodNotFound):
        vsphere.vm("vm-101").Suspend()
    trust = ssl.create_default_context(cafile=str(vsphere.lab.tls.ca))
    url = f"https://localhost:{vsphere.lab.servers['vcenter'].port}/sdk"
    for nonsense in (b"", b"<a/>", b"<a"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(urllib.request.Request(url, data=nonsense), context=trust)
        assert b"InvalidRequest" in caught.value.read()


# -- the tree ----------------------------------------------------------------------------------------------------


def test_tree(vsphere: Vsphere) -> None:
    (datacenter,) = vsphere.content.rootFolder.childEntity
    assert datacenter.name == names.DATACENTER
    assert [vm.name for vm in datacenter.vmFolder.childEntity] == ["Production", "Test"]
    clusters = datacenter.hostFolder.childEntity
    assert [cluster.name for cluster in clusters] == list(names.CLUSTERS)
    assert [host.name for cluster in clusters for host in cluster.host] == list(names.ESXI_HOSTS)
    assert [store.summary.name for store in datacenter.datastore] == list(names.DATASTORES)
    assert {network.name for network in datacenter.network} == set(names.PORT_GROUPS)
    seen = vsphere.world.source
    assert len(vsphere.view(vim.VirtualMachine).view) == len(seen) == 25
    per_cluster = [len(vsphere.view(vim.VirtualMachine, below=cluster).view) for cluster in clusters]
    assert sum(per_cluster) == 25
    assert min(per_cluster) > 0
    assert vsphere.view(vim.VirtualMachine, below=datacenter.vmFolder, recursive=False).view == []


def test_vlans_of_both_kinds_of_port_group(vsphere: Vsphere) -> None:
    found, _ = vsphere.read(vim.dvs.DistributedVirtualPortgroup, ["name", "config"])
    vlans = {o.propSet[0].val: o.propSet[1].val.defaultPortConfig.vlan.vlanId for o in found}
    assert vlans == {name: vlan for name, (vlan, kind) in names.PORT_GROUPS.items() if kind == "dvs"}
    found, _ = vsphere.read(vim.HostSystem, ["config.network.portgroup"])
    specs = [(group.spec.name, group.spec.vlanId) for host in found for group in host.propSet[0].val]
    assert specs == [("VM Network", 0)] * len(names.ESXI_HOSTS)


def test_search(vsphere: Vsphere) -> None:
    vm = machine(vsphere, awkward="")
    index = vsphere.content.searchIndex
    ref = vsphere.vm(vm.moid)
    assert index.FindByUuid(None, vm.instance_uuid.upper(), True, True) == ref
    assert index.FindByUuid(None, vm.bios_uuid, True, False) == ref
    assert index.FindByUuid(None, vm.bios_uuid, True, True) is None
    assert index.FindByInventoryPath(f"{names.DATACENTER}/vm/{vm.folder}/{vm.name}") == ref
    assert index.FindByInventoryPath("nowhere/vm") is None
    assert ref.parent.name == vm.folder.rpartition("/")[2]


def test_object_that_is_not_there(vsphere: Vsphere) -> None:
    with pytest.raises(vmodl.fault.ManagedObjectNotFound) as caught:
        vsphere.vm("vm-9999").name  # noqa: B018
    assert caught.value.obj == vsphere.vm("vm-9999")


# -- properties --------------------------------------------------------------------------------------------------


def test_machine_as_the_world_has_it(vsphere: Vsphere) -> None:
    for vm in vsphere.world.source.values():
        config = vsphere.vm(vm.moid).config
        assert (config.name, config.instanceUuid, config.uuid) == (vm.name, vm.instance_uuid, vm.bios_uuid)
        assert (config.firmware, config.bootOptions.efiSecureBootEnabled) == (vm.firmware, vm.secure_boot)
        assert (config.hardware.numCPU, config.hardware.memoryMB) == (vm.cpu_cores, vm.memory_mb)
        assert config.changeTrackingEnabled == vm.cbt_enabled
        devices = {device.key: device for device in config.hardware.device}
        assert len(devices) == len(config.hardware.device)
        for disk in vm.disks:
            shown = devices[disk.key]
            assert isinstance(shown, DEVICE.VirtualDisk)
            assert (shown.capacityInBytes, shown.backing.uuid) == (disk.capacity_bytes, disk.uuid)
            assert (shown.backing.diskMode, shown.backing.thinProvisioned) == (disk.mode, disk.thin)
            controller = devices[shown.controllerKey]
            assert controller.busNumber == disk.bus
            assert disk.key in controller.device
        for nic in vm.nics:
            shown = devices[nic.key]
            assert isinstance(shown, DEVICE.VirtualVmxnet3)
            assert (shown.macAddress, shown.deviceInfo.label) == (nic.mac, nic.label)
            assert shown.backing.port.portgroupKey in {network._moId for network in vsphere.vm(vm.moid).network}


def test_guest(vsphere: Vsphere) -> None:
    vm = machine(vsphere, awkward="ipv6")
    guest = vsphere.vm(vm.moid).guest
    assert (guest.toolsRunningStatus, guest.toolsStatus) == ("guestToolsRunning", "toolsOk")
    assert (guest.hostName, guest.ipAddress) == (vm.hostname, vm.nics[0].addresses[0])
    shown = {one.ipAddress: (one.prefixLength, one.origin) for one in guest.net[0].ipConfig.ipAddress}
    assert shown[vm.nics[0].addresses[0]] == (16, "manual")
    assert sorted(address.partition(":")[0] for address in shown)[1:] == ["2001", "fe80"]
    off = vsphere.vm(machine(vsphere, awkward="powered_off").moid).guest
    assert (off.net, off.ipAddress, off.hostName) == ([], None, None)
    assert off.guestFamily is not None
    without = vsphere.vm(machine(vsphere, awkward="no_tools").moid).guest
    assert (without.toolsStatus, without.toolsVersionStatus2) == ("toolsNotInstalled", "guestToolsNotInstalled")
    assert (without.guestFamily, without.net) == (None, [])


def test_snapshot_tree(vsphere: Vsphere) -> None:
    vm = machine(vsphere, awkward="snapshot_no_cbt")
    tree = vsphere.vm(vm.moid).snapshot
    assert [one.name for one in tree.rootSnapshotList] == vm.snapshots
    assert vsphere.vm(machine(vsphere, awkward="").moid).snapshot is None


def test_paths_deep_keyed_and_wrong(vsphere: Vsphere) -> None:
    collector = vsphere.content.propertyCollector
    vm = vsphere.vm("vm-101")

    def read(*paths: str, every: bool = False) -> Any:
        spec = PC.FilterSpec(
            objectSet=[PC.ObjectSpec(obj=vm)], propSet=[PC.PropertySpec(type=type(vm), pathSet=list(paths), all=every)]
        )
        return collector.RetrieveProperties([spec])[0]

    found = {
        one.name: one.val for one in read("config.hardware.device[4000].macAddress", "snapshot", "guest.net").propSet
    }
    source = vsphere.world.source_by_moid("vm-101")
    assert found["config.hardware.device[4000].macAddress"] == source.nics[0].mac
    assert "snapshot" not in found
    assert isinstance(found["guest.net"], vim.vm.GuestInfo.NicInfo.Array)
    for wrong in ("nothing", "config.nothing", "config.hardware.device.key"):
        with pytest.raises(vmodl.query.InvalidProperty) as caught:
            read("name", wrong)
        assert caught.value.name == wrong
    missing = read("name", "layoutEx").missingSet
    assert [(one.path, type(one.fault)) for one in missing] == [("layoutEx", vmodl.fault.NotSupported)]
    every = {one.name for one in read(every=True).propSet}
    assert every >= {"name", "config", "runtime", "guest", "summary", "capability", "customValue", "parent"}


def test_every_property_is_what_the_types_promise(vsphere: Vsphere) -> None:
    """The simulator makes its objects without pyVmomi's checks, so they are all checked here."""
    for ref in [vsphere.content.rootFolder, *vsphere.view().view]:
        spec = PC.FilterSpec(
            objectSet=[PC.ObjectSpec(obj=ref)], propSet=[PC.PropertySpec(type=type(ref), pathSet=[], all=True)]
        )
        (found,) = vsphere.content.propertyCollector.RetrieveProperties([spec])
        assert not found.missingSet
        assert found.propSet
        for one in found.propSet:
            check(one.val)


def check(value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            check(item)
    elif isinstance(value, VmomiSupport.DataObject):
        for field in value._GetPropertyList():
            # 8.0.3 and older do not have the fields of newer versions
            if VmomiSupport.IsChildVersion("vim.version.v8_0_3_0", field.version):
                VmomiSupport.CheckField(field, getattr(value, field.name))
                check(getattr(value, field.name))


# -- many at once ------------------------------------------------------------------------------------------------


def test_pages(vsphere: Vsphere) -> None:
    whole, one_call = vsphere.read(vim.VirtualMachine, ["name"])
    paged, calls = vsphere.read(vim.VirtualMachine, ["name"], page=10)
    assert (one_call, calls) == (1, 3)
    assert [o.obj for o in paged] == [o.obj for o in whole]
    with pytest.raises(vmodl.fault.InvalidArgument):
        vsphere.content.propertyCollector.ContinueRetrievePropertiesEx("4711")


def test_page_token_is_used_up_once(vsphere: Vsphere) -> None:
    collector = vsphere.content.propertyCollector
    spec = vsphere.spec(vsphere.view(vim.VirtualMachine), vim.VirtualMachine, ["name"])
    token = collector.RetrievePropertiesEx([spec], PC.RetrieveOptions(maxObjects=5)).token
    collector.CancelRetrievePropertiesEx(token)
    with pytest.raises(vmodl.fault.InvalidArgument):
        collector.ContinueRetrievePropertiesEx(token)


def test_recursive_traversal_without_a_view(vsphere: Vsphere) -> None:
    """How older tools walk: folders call themselves by name."""
    again = PC.SelectionSpec(name="folders")
    into_datacenter = PC.TraversalSpec(name="dc", type=vim.Datacenter, path="vmFolder", skip=False, selectSet=[again])
    folders = PC.TraversalSpec(
        name="folders", type=vim.Folder, path="childEntity", skip=False, selectSet=[again, into_datacenter]
    )
    spec = PC.FilterSpec(
        objectSet=[PC.ObjectSpec(obj=vsphere.content.rootFolder, skip=True, selectSet=[folders])],
        propSet=[PC.PropertySpec(type=vim.VirtualMachine, pathSet=["name"])],
    )
    found = vsphere.content.propertyCollector.RetrieveProperties([spec])
    assert {one.obj for one in found} == set(vsphere.view(vim.VirtualMachine).view)


def test_destroyed_view_is_gone(vsphere: Vsphere) -> None:
    view = vsphere.view(vim.VirtualMachine)
    view.DestroyView()
    with pytest.raises(vmodl.fault.ManagedObjectNotFound):
        view.view  # noqa: B018


def test_a_thousand_machines(lab: Callable[..., Lab]) -> None:
    """Two calls, as the server hands out no more than a thousand a page. Seconds are the benchmark's business."""
    client = Vsphere(lab(vms=1000))
    found, calls = client.read(vim.VirtualMachine, ["name", "config.hardware.device", "guest.net"])
    assert (len(found), calls) == (1001, 2)
    Disconnect(client.si)


def test_ledger(vsphere: Vsphere) -> None:
    _ = vsphere.vm("vm-101").name
    entries = [json.loads(line) for line in (vsphere.lab.state_dir / "ledger.jsonl").read_text().splitlines()]
    last = [entry for entry in entries if entry["system"] == "vcenter"][-1]
    assert (last["method"], last["path"], last["status"], last["write"]) == ("Fetch", "vm-101", 200, False)
    assert last["principal"] == names.VCENTER_USER
    assert names.VCENTER_PASSWORD not in json.dumps(entries)
