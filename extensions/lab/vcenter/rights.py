# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the account may do: which privileges each operation needs, and on what.

It may do everything but what the switches take away.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .types import fault, make, vim

if TYPE_CHECKING:
    from .service import Call, Service

READ, VIEW = "System.Read", "System.View"
BASIC = ("System.Anonymous", READ, VIEW)  # of every role

# operation -> what it needs, on the object it is called on
_ON_THIS: dict[str, tuple[str, ...]] = {
    "PowerOnVM_Task": ("VirtualMachine.Interact.PowerOn",),
    "PowerOffVM_Task": ("VirtualMachine.Interact.PowerOff",),
    "ShutdownGuest": ("VirtualMachine.Interact.PowerOff",),
    "Rename_Task": ("VirtualMachine.Config.Rename",),
    "Destroy_Task": ("VirtualMachine.Inventory.Delete",),
    "CreateSnapshot_Task": ("VirtualMachine.State.CreateSnapshot",),
    "RemoveAllSnapshots_Task": ("VirtualMachine.State.RemoveSnapshot",),
    "setCustomValue": ("Global.SetCustomField",),
    "CreateFolder": ("Folder.Create",),
    "ImportVApp": ("VApp.Import", "Resource.AssignVMToPool", "VirtualMachine.Config.AddNewDisk"),
}
# operation -> (argument that names the objects, what it needs on them)
_ON_ARGUMENT: dict[str, tuple[str, str]] = {
    "SetField": ("entity", "Global.SetCustomField"),
    "MoveIntoFolder_Task": ("list", "VirtualMachine.Inventory.Move"),
}
# field of a ConfigSpec -> what changing it needs
_CONFIG = {
    "name": "VirtualMachine.Config.Rename",
    "annotation": "VirtualMachine.Config.Annotation",
    "changeTrackingEnabled": "VirtualMachine.Config.ChangeTracking",
    "numCPUs": "VirtualMachine.Config.CPUCount",
    "memoryMB": "VirtualMachine.Config.Memory",
    "deviceChange": "VirtualMachine.Config.EditDevice",
}
_ROOT = {
    "AddCustomFieldDef": "Global.ManageCustomFields",
    "RemoveCustomFieldDef": "Global.ManageCustomFields",
    "AddAuthorizationRole": "Authorization.ModifyRoles",
    "RemoveAuthorizationRole": "Authorization.ModifyRoles",
    "TerminateSession": "Sessions.TerminateSession",
}
# An import makes a machine with all its devices: vSphere Security, "required privileges for common tasks".
_IN_FOLDER = (
    "VApp.Import",
    "VirtualMachine.Inventory.Create",
    "VirtualMachine.Config.AddNewDisk",
    "VirtualMachine.Config.AddRemoveDevice",
)
PRIVILEGES = tuple(
    sorted(
        {
            *BASIC,
            "Datastore.AllocateSpace",
            "Datastore.Browse",
            "Datastore.FileManagement",
            "Network.Assign",
            "Resource.AssignVMToPool",
            "VirtualMachine.Config.AddNewDisk",
            "VirtualMachine.Config.AddRemoveDevice",
            "VirtualMachine.Config.AdvancedConfig",
            "VirtualMachine.Config.DiskLease",
            "VirtualMachine.GuestOperations.Execute",
            "VirtualMachine.GuestOperations.Modify",
            "VirtualMachine.GuestOperations.Query",
            "VirtualMachine.Interact.DeviceConnection",
            "VirtualMachine.Inventory.Create",
            "VirtualMachine.Provisioning.DiskRandomAccess",
            "VirtualMachine.Provisioning.DiskRandomRead",
            "VirtualMachine.Provisioning.GetVmFiles",
            "VirtualMachine.State.RenameSnapshot",
            "VirtualMachine.State.RevertToSnapshot",
            *(privilege for needed in _ON_THIS.values() for privilege in needed),
            *(privilege for _, privilege in _ON_ARGUMENT.values()),
            *_CONFIG.values(),
            *_ROOT.values(),
        }
    )
)


def no_permission(ref: Any, privilege: str) -> Any:
    """The fault that names the object and the privilege, in the old way and in the one of 7.0.3 and later."""
    lacking = make(vim.fault.NoPermission.EntityPrivileges, entity=ref, privilegeIds=[privilege])
    return fault(
        vim.fault.NoPermission,
        "Permission to perform this operation was denied.",
        object=ref,
        privilegeId=privilege,
        missingPrivileges=[lacking],
    )


def check(call: Call) -> None:
    """Refuse what the account may not do."""
    switches = call.service.lab.switches
    for ref, privilege in _needed(call):
        if hidden(call.service, ref):
            raise no_permission(ref, VIEW)
        if privilege in switches.missing_privileges:
            raise no_permission(ref, privilege)


def _needed(call: Call) -> Iterator[tuple[Any, str]]:
    """(object, privilege) for all that the call touches."""
    for privilege in _ON_THIS.get(call.method, ()):
        yield call.this, privilege
    if call.method in _ROOT:
        yield call.service.inventory.root.ref, _ROOT[call.method]
    if call.method in _ON_ARGUMENT:
        argument, privilege = _ON_ARGUMENT[call.method]
        named = call.args.get(argument)
        for ref in named if isinstance(named, list) else [named]:
            yield ref, privilege
    if call.method == "ImportVApp":
        yield from _importing(call)
    if call.method == "ReconfigVM_Task" and call.args.get("spec") is not None:
        changed = (
            privilege for field, privilege in _CONFIG.items() if getattr(call.args["spec"], field) not in (None, [])
        )
        for privilege in changed:
            yield call.this, privilege


def _importing(call: Call) -> Iterator[tuple[Any, str]]:
    """What an import needs beside its pool: in the folder, on the datastores of its disks, on the networks of its cards."""
    config = getattr(call.args["spec"], "configSpec", None)
    inventory = call.service.inventory
    folder = call.args.get("folder") or inventory.vm_folder.ref
    for privilege in _IN_FOLDER:
        yield folder, privilege
    if config is not None and config.annotation:
        yield folder, _CONFIG["annotation"]
    for change in config.deviceChange or [] if config is not None else ():
        backing = change.device.backing
        store, network = getattr(backing, "datastore", None), getattr(backing, "network", None)
        port = getattr(backing, "port", None)
        if port is not None:
            network = next(
                (node.ref for node in inventory.networks.values() if node.ref._moId == port.portgroupKey), None
            )
        if store is not None:
            yield store, "Datastore.AllocateSpace"
        if network is not None:
            yield network, "Network.Assign"


def hidden(service: Service, ref: Any) -> bool:
    """Whether the account sees nothing of a machine but that it is there."""
    wanted = service.lab.switches.hidden_vms
    vm = service.inventory.vm(ref._moId) if wanted and ref is not None else None
    return vm is not None and vm.name in wanted


def roots(service: Service) -> dict[str, Any]:
    """The manager's properties. Beside the one role of every vCenter there are those that were made."""
    return {
        "privilegeList": lambda: [
            make(
                vim.AuthorizationManager.Privilege,
                privId=privilege,
                onParent=False,
                name=privilege.rpartition(".")[2],
                privGroupName=privilege.rpartition(".")[0],
            )
            for privilege in PRIVILEGES
        ],
        "roleList": lambda: [
            make(
                vim.AuthorizationManager.Role,
                roleId=role_id,
                system=role_id < 0,
                name=name,
                info=make(vim.Description),
                privilege=[*privileges],
            )
            for role_id, (name, privileges) in {-1: ("Admin", PRIVILEGES), **service.roles}.items()
        ],
    }
