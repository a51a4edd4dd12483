# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which role or privilege usually brings a right that is missing. Roles: platform facts on RBAC [D]."""

from __future__ import annotations

# Part of an Azure action -> the built-in role that usually holds it; the first that fits. Roles that hold more do too.
ROLES: tuple[tuple[str, str], ...] = (
    ("Microsoft.Authorization/roleAssignments/read", "Reader"),
    ("Microsoft.Authorization/roleAssignments/", "User Access Administrator"),
    ("Microsoft.Authorization/locks/", "User Access Administrator"),
    ("Microsoft.Authorization/", "Owner"),
    ("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/", "Storage Blob Data Contributor"),
    ("Microsoft.KeyVault/vaults/secrets/", "Key Vault Secrets Officer"),
)

# Name in the API -> where the privilege stands in the vSphere Client.
PRIVILEGES: dict[str, str] = {
    "System.View": "any role, with 'Propagate to children'",
    "System.Read": "the role Read-only, with 'Propagate to children'",
    "Datastore.AllocateSpace": "Datastore > Allocate space",
    "Datastore.Browse": "Datastore > Browse datastore",
    "Datastore.FileManagement": "Datastore > Low level file operations",
    "Global.ManageCustomFields": "Global > Manage custom attributes",
    "Global.SetCustomField": "Global > Set custom attribute",
    "Network.Assign": "Network > Assign network",
    "Resource.AssignVMToPool": "Resource > Assign virtual machine to resource pool",
    "VApp.Import": "vApp > Import",
    "VirtualMachine.Config.AddNewDisk": "Virtual machine > Change configuration > Add new disk",
    "VirtualMachine.Config.AddRemoveDevice": "Virtual machine > Change configuration > Add or remove device",
    "VirtualMachine.Config.AdvancedConfig": "Virtual machine > Change configuration > Advanced configuration",
    "VirtualMachine.Config.Annotation": "Virtual machine > Change configuration > Set annotation",
    "VirtualMachine.Config.CPUCount": "Virtual machine > Change configuration > Change CPU count",
    "VirtualMachine.Config.ChangeTracking": "Virtual machine > Change configuration > Toggle disk change tracking",
    "VirtualMachine.Config.DiskLease": "Virtual machine > Change configuration > Acquire disk lease",
    "VirtualMachine.Config.EditDevice": "Virtual machine > Change configuration > Modify device settings",
    "VirtualMachine.Config.Memory": "Virtual machine > Change configuration > Change Memory",
    "VirtualMachine.Config.Rename": "Virtual machine > Change configuration > Rename",
    "VirtualMachine.GuestOperations.Execute": "Virtual machine > Guest operations > Guest operation program execution",
    "VirtualMachine.GuestOperations.Modify": "Virtual machine > Guest operations > Guest operation modifications",
    "VirtualMachine.GuestOperations.Query": "Virtual machine > Guest operations > Guest operation queries",
    "VirtualMachine.Interact.DeviceConnection": "Virtual machine > Interaction > Connect devices",
    "VirtualMachine.Interact.PowerOff": "Virtual machine > Interaction > Power off",
    "VirtualMachine.Interact.PowerOn": "Virtual machine > Interaction > Power on",
    "VirtualMachine.Inventory.Create": "Virtual machine > Edit inventory > Create new",
    "VirtualMachine.Inventory.Delete": "Virtual machine > Edit inventory > Remove",
    "VirtualMachine.Inventory.Move": "Virtual machine > Edit inventory > Move",
    "VirtualMachine.Provisioning.DiskRandomAccess": "Virtual machine > Provisioning > Allow disk access",
    "VirtualMachine.Provisioning.DiskRandomRead": "Virtual machine > Provisioning > Allow read-only disk access",
    "VirtualMachine.Provisioning.GetVmFiles": "Virtual machine > Provisioning > Allow virtual machine download",
    "VirtualMachine.State.CreateSnapshot": "Virtual machine > Snapshot management > Create snapshot",
    "VirtualMachine.State.RemoveSnapshot": "Virtual machine > Snapshot management > Remove snapshot",
    "VirtualMachine.State.RenameSnapshot": "Virtual machine > Snapshot management > Rename snapshot",
    "VirtualMachine.State.RevertToSnapshot": "Virtual machine > Snapshot management > Revert to snapshot",
}


def role_for(action: str) -> str:
    """The smallest built-in role of Azure that usually permits this action."""
    lowered = action.lower()
    for part, role in ROLES:
        if lowered.startswith(part.lower()):
            return role
    return "Reader" if lowered.endswith("/read") else "Contributor"


def place_of(privilege: str) -> str:
    """Where the vSphere Client has the privilege; "" for one that we never use."""
    return PRIVILEGES.get(privilege, "")
