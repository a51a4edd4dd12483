# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading under difficulties: what an account may not see or do, sessions and pages that end in the middle, odd names."""

from __future__ import annotations

from typing import Any

import pytest
from pyVmomi import vim, vmodl

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import (
    AuthenticationFailed,
    PermissionDenied,
)
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from ansible_collections.azlocal.migrate.tests.support.vcenter_on_lab import client_of, count
from ansible_collections.azlocal.migrate.tests.support.vsphere import PC, StartVsphere, Vsphere
from lab import names
from lab.switches import Switches

OFF, MARK, DEFINE = "VirtualMachine.Interact.PowerOff", "Global.SetCustomField", "Global.ManageCustomFields"
NAME = "in a / way \\ 100% %2f"
SHOWN = "in a %2f way %5c 100%25 %252f"


def plan(vsphere: Vsphere, method: str, **what: Any) -> None:
    vsphere.lab.faults.add({"kind": "reply", "system": "vcenter", "method": method} | what)


# -- rights ----------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("missing_set")
@thrown("hidden_vms", (), ("web-01",))
def test_machine_that_the_account_may_not_read(start_vsphere: StartVsphere, setting: tuple[str, ...]) -> None:
    vsphere = start_vsphere(switches=Switches(hidden_vms=setting))
    vm = vsphere.ready()
    vsphere.world.change_source(vm, "name", "name", "web-01", 0)
    ref, paths = vsphere.vm(vm.moid), ("name", "config.instanceUuid", "runtime.powerState")
    found, missing = vsphere.one(vm, *paths)
    by_uuid = vsphere.content.searchIndex.FindByUuid(None, vm.instance_uuid, True, True)
    if not setting:
        assert (found["name"], missing, by_uuid) == ("web-01", {}, ref)
        return
    assert (found, set(missing), by_uuid) == ({}, set(paths), None)
    for fault in missing.values():
        assert isinstance(fault, vim.fault.NoPermission)
        assert (fault.object, fault.privilegeId) == (ref, "System.Read")
    with pytest.raises(vim.fault.NoPermission):
        assert ref.name
    with pytest.raises(vim.fault.NoPermission) as refused:
        ref.PowerOff()
    assert (refused.value.object, refused.value.privilegeId) == (ref, "System.View")
    objects, _ = vsphere.read(vim.VirtualMachine, ["name"])
    assert [(one.obj, len(one.missingSet)) for one in objects if not one.propSet] == [(ref, 1)]
    with client_of(vsphere.lab) as client:
        shapes = {shape["moid"]: shape for shape in client.vms()}
    assert len(shapes) == 6
    assert (shapes[vm.moid]["name"], shapes[vm.moid]["instance_uuid"]) == ("", "")


@pytest.mark.behaviour("missing_set")
@thrown("hidden_properties", (), ("config.hardware", "guest"))
def test_property_that_the_account_may_not_read(start_vsphere: StartVsphere, setting: tuple[str, ...]) -> None:
    vsphere = start_vsphere(switches=Switches(hidden_properties=setting))
    paths = (
        "name",
        "config.hardware.device",
        "config.hardware.numCPU",
        "config.guestId",
        "guest.hostName",
        "guestHeartbeatStatus",
    )
    found, missing = vsphere.one(vsphere.ready(), *paths)
    gone = {"config.hardware.device", "config.hardware.numCPU", "guest.hostName"} if setting else set()
    assert (set(missing), set(found)) == (gone, set(paths) - gone)
    assert all(isinstance(fault, vim.fault.NoPermission) for fault in missing.values())


@pytest.mark.behaviour("missing_privileges")
@thrown("missing_privileges", (), (OFF, MARK, "VirtualMachine.Config.EditDevice", "VirtualMachine.Inventory.Move"))
def test_what_the_account_may_not_do(start_vsphere: StartVsphere, setting: tuple[str, ...]) -> None:
    vsphere = start_vsphere(switches=Switches(missing_privileges=setting))
    vm = vsphere.ready()
    ref, content = vsphere.vm(vm.moid), vsphere.content
    key = content.customFieldsManager.AddCustomFieldDef("of-this-test", vim.VirtualMachine).key
    card = next(one for one in ref.config.hardware.device if isinstance(one, vim.vm.device.VirtualEthernetCard))
    edit = vim.vm.device.VirtualDeviceSpec(operation="edit", device=card)
    changes = (
        ("VirtualMachine.Config.EditDevice", lambda: ref.ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=[edit]))),
        ("VirtualMachine.Inventory.Move", lambda: content.rootFolder.childEntity[0].vmFolder.MoveInto([ref])),
        (MARK, lambda: content.customFieldsManager.SetField(ref, key, "x")),
        (OFF, ref.ShutdownGuest),
        (OFF, ref.PowerOff),
    )
    for privilege, change in changes:
        if privilege not in setting:
            task = change()
            assert task is None or vsphere.wait(task).state == "success"
            continue
        with pytest.raises(vim.fault.NoPermission) as refused:
            change()
        assert (refused.value.object, refused.value.privilegeId) == (ref, privilege)
        assert refused.value.missingPrivileges[0].privilegeIds == [privilege]
    granted = content.authorizationManager.FetchUserPrivilegeOnEntities([ref], names.VCENTER_USER)[0]
    known = {privilege.privId for privilege in content.authorizationManager.privilegeList}
    assert granted.entity == ref
    assert known - set(granted.privileges) == set(setting)
    asked = content.authorizationManager.HasPrivilegeOnEntities(
        [ref], content.sessionManager.currentSession.key, [OFF, DEFINE]
    )[0]
    assert {one.privId: one.isGranted for one in asked.privAvailability} == {OFF: not setting, DEFINE: True}


@pytest.mark.behaviour("missing_privileges")
def test_our_client_names_the_privilege_and_the_machine(start_vsphere: StartVsphere) -> None:
    vsphere = start_vsphere(switches=Switches(missing_privileges=(OFF, DEFINE)))
    vm = vsphere.ready()
    with client_of(vsphere.lab) as client:
        with pytest.raises(PermissionDenied) as told:
            client.power_off(vm.moid)
        assert (told.value.code, OFF in str(told.value), vm.moid in str(told.value)) == ("NoPermission", True, True)
        with pytest.raises(PermissionDenied) as told:
            client.set_mark(vm.moid, "{}")
        assert DEFINE in str(told.value)
    assert vm.power == "poweredOn"


@pytest.mark.behaviour("missing_privileges")
def test_rights_of_nobody(vsphere: Vsphere) -> None:
    manager, ref = vsphere.content.authorizationManager, vsphere.vm(vsphere.ready().moid)
    with pytest.raises(vim.fault.UserNotFound):
        manager.FetchUserPrivilegeOnEntities([ref], "nobody@vsphere.local")
    with pytest.raises(vmodl.fault.InvalidArgument):
        manager.HasPrivilegeOnEntities([ref], "no-such-session", [OFF])


@pytest.mark.behaviour("roles")
def test_a_role_that_is_made(vsphere: Vsphere) -> None:
    manager = vsphere.content.authorizationManager
    made = manager.AddAuthorizationRole("of-this-test", [MARK])
    [role] = [role for role in manager.roleList if role.roleId == made]
    assert (role.name, role.system) == ("of-this-test", False)
    assert set(role.privilege) == {MARK, "System.Anonymous", "System.View", "System.Read"}
    with pytest.raises(vim.fault.AlreadyExists):
        manager.AddAuthorizationRole("of-this-test", [])
    with pytest.raises(vmodl.fault.InvalidArgument):
        manager.AddAuthorizationRole("another", ["No.Such"])


@pytest.mark.behaviour("roles")
def test_a_role_that_is_removed(vsphere: Vsphere) -> None:
    manager = vsphere.content.authorizationManager
    made = manager.AddAuthorizationRole("of-that-test", [MARK])
    vsphere.world.held_roles.add("of-that-test")
    with pytest.raises(vim.fault.RemoveFailed):
        manager.RemoveAuthorizationRole(made, True)
    vsphere.world.held_roles.clear()
    manager.RemoveAuthorizationRole(made, True)
    assert made not in [role.roleId for role in manager.roleList]
    with pytest.raises(vim.fault.NotFound):
        manager.RemoveAuthorizationRole(made, True)


@pytest.mark.behaviour("remove_custom_attribute")
def test_a_custom_attribute_goes_with_its_values(start_vsphere: StartVsphere) -> None:
    vsphere = start_vsphere()
    fields, vm = vsphere.content.customFieldsManager, vsphere.ready()
    key = fields.AddCustomFieldDef("of-this-test", vim.VirtualMachine).key
    fields.SetField(vsphere.vm(vm.moid), key, "x")
    fields.RemoveCustomFieldDef(key)
    assert [one.name for one in fields.field if one.key == key] == []
    assert vsphere.vm(vm.moid).customValue == []
    with pytest.raises(vmodl.fault.InvalidArgument):
        fields.RemoveCustomFieldDef(key)


# -- sessions, pages, versions ---------------------------------------------------------------------------------------


@pytest.mark.behaviour("session_expired")
@thrown("expired_read", "fault", "missing_set")
def test_session_that_ends_in_the_middle_of_a_read(start_vsphere: StartVsphere, setting: str) -> None:
    vsphere = start_vsphere(switches=Switches(expired_read=setting))
    vm = vsphere.ready()
    with client_of(vsphere.lab) as client:
        whole, one = client.vms(), client.vm(vm.moid)
        plan(vsphere, "RetrievePropertiesEx", session_expired=True)
        assert client.vm(vm.moid) == one  # in a new session
        plan(vsphere, "ContinueRetrievePropertiesEx", session_expired=True)
        assert client.vms(page_size=2) == whole
        plan(vsphere, "PowerOffVM_Task", session_expired=True)
        client.power_off(vm.moid)
        assert count(vsphere.lab, "PowerOffVM_Task") == 2  # refused for want of a session, then done
    assert count(vsphere.lab, "Login") == 5  # the test's own, the first, and one after each end
    plan(vsphere, "RetrievePropertiesEx", session_expired=True)
    if setting == "fault":
        with pytest.raises(vim.fault.NotAuthenticated):
            vsphere.one(vm, "name")
        return
    found, missing = vsphere.one(vm, "name", "config.guestId")
    assert found == {}
    assert {path: type(fault) for path, fault in missing.items()} == {
        "name": vim.fault.NotAuthenticated,
        "config.guestId": vim.fault.NotAuthenticated,
    }
    with pytest.raises(vim.fault.NotAuthenticated):
        vsphere.view(vim.VirtualMachine)


@pytest.mark.behaviour("session_expired")
def test_session_that_somebody_ends(vsphere: Vsphere) -> None:
    with client_of(vsphere.lab) as client:
        whole = client.vms()
        mine = vsphere.content.sessionManager.currentSession.key
        others = [one.key for one in vsphere.content.sessionManager.sessionList if one.key != mine]
        vsphere.content.sessionManager.TerminateSession(others)
        with pytest.raises(vim.fault.NotFound):
            vsphere.content.sessionManager.TerminateSession(others)
        assert client.vms() == whole
        plan(vsphere, "RetrievePropertiesEx", session_expired=True, times=-1)
        with pytest.raises(AuthenticationFailed):
            client.vms()


@pytest.mark.behaviour("page_token")
def test_page_token(vsphere: Vsphere) -> None:
    collector = vsphere.content.propertyCollector
    spec = vsphere.spec(vsphere.view(vim.VirtualMachine), vim.VirtualMachine, ["name"])
    token = collector.RetrievePropertiesEx([spec], PC.RetrieveOptions(maxObjects=2)).token
    assert len(collector.ContinueRetrievePropertiesEx(token).objects) == 2
    with pytest.raises(vmodl.fault.InvalidArgument) as refused:
        collector.ContinueRetrievePropertiesEx(token)
    assert refused.value.invalidProperty == "token"
    with client_of(vsphere.lab) as client:
        whole = client.vms()
        plan(vsphere, "ContinueRetrievePropertiesEx", code="InvalidArgument")
        assert client.vms(page_size=4) == whole  # read anew from its first page


@pytest.mark.behaviour("collector_version")
def test_version_that_the_collector_has_lost(vsphere: Vsphere) -> None:
    vm = vsphere.ready()
    collector = vsphere.content.propertyCollector.CreatePropertyCollector()
    collector.CreateFilter(vsphere.spec(vsphere.view(vim.VirtualMachine), vim.VirtualMachine, ["name"]), False)
    version = collector.WaitForUpdatesEx("", PC.WaitOptions(maxWaitSeconds=0)).version
    assert collector.WaitForUpdatesEx(version, PC.WaitOptions(maxWaitSeconds=0)) is None
    with pytest.raises(vmodl.query.InvalidCollectorVersion):
        collector.WaitForUpdatesEx("17", PC.WaitOptions(maxWaitSeconds=0))
    with client_of(vsphere.lab) as client:
        plan(vsphere, "WaitForUpdatesEx", code="InvalidCollectorVersion")
        client.power_off(vm.moid)  # the task goes on, so it is waited for anew
    assert (vm.power, count(vsphere.lab, "PowerOffVM_Task")) == ("poweredOff", 1)


# -- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("duplicate_names")
def test_two_of_one_name(vsphere: Vsphere) -> None:
    one, other = vsphere.ready(0), vsphere.ready(1)
    root = vsphere.content.rootFolder.childEntity[0].vmFolder
    first, second = (root.CreateFolder(name) for name in ("First", "Second"))
    vsphere.wait(first.MoveInto([vsphere.vm(one.moid)]))
    vsphere.wait(second.MoveInto([vsphere.vm(other.moid)]))
    for vm in (one, other):
        assert vsphere.wait(vsphere.vm(vm.moid).Rename("twin")).state == "success"
    objects, _ = vsphere.read(vim.VirtualMachine, ["name"])
    twins = {found.obj._moId for found in objects if found.propSet[0].val == "twin"}
    assert twins == {one.moid, other.moid}
    info = vsphere.wait(first.MoveInto([vsphere.vm(other.moid)]))
    assert isinstance(info.error, vim.fault.DuplicateName)
    assert (info.error.name, info.error.object) == ("twin", vsphere.vm(one.moid))
    with client_of(vsphere.lab) as client:
        found = {shape["moid"]: shape["folder"] for shape in client.vms() if shape["name"] == "twin"}
    assert found == {one.moid: "First", other.moid: "Second"}


@pytest.mark.behaviour("escaped_names")
def test_slashes_and_percent_signs(vsphere: Vsphere) -> None:
    vm = vsphere.ready()
    ref = vsphere.vm(vm.moid)
    with client_of(vsphere.lab) as client:
        client.rename(vm.moid, NAME)
        assert client.vm(vm.moid)["name"] == NAME
    assert ref.name == SHOWN
    path = f"DC-Lab/vm/{vm.folder}/{SHOWN}".replace("//", "/")
    assert vsphere.content.searchIndex.FindByInventoryPath(path) == ref
    renamed = vsphere.events(vm)[-1]
    assert isinstance(renamed, vim.event.VmRenamedEvent)
    assert vsphere.wait(ref.Rename("plain")).state == "success"
    assert ref.name == "plain"
