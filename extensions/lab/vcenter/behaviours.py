# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the vCenter simulator knows, how sure that is, and the switches for whatever is not sure."""

from __future__ import annotations

import dataclasses

from ..behaviours import Behaviour


def _row(key: str, number: int, tag: str, source: str, says: str, *switches: str) -> Behaviour:
    return Behaviour(key=key, says=says, tag=tag, source=source, switches=switches, number=number)


BEHAVIOURS: tuple[Behaviour, ...] = (
    _row("vcenter_clock", 0, "I", "issue 3", "vCenter's clock may differ from ours and from Azure's", "vcenter_skew_s"),
    _row(
        "second_operator",
        0,
        "D",
        "issue 3; vSphere events",
        "another user renames, moves, powers, snapshots, marks or deletes the same VM; events name that user",
    ),
    _row(
        "change_version",
        0,
        "D",
        "VirtualMachineConfigSpec.changeVersion",
        "a reconfigure that names a version of the configuration which is no longer the newest: ConcurrentAccess",
    ),
    _row(
        "inaccessible",
        0,
        "D",
        "VirtualMachine.config",
        "of a machine whose files vCenter cannot read the configuration is unset: no UUID, no disks, no fault either",
    ),
    _row("session_idle", 0, "D", "vpxd session timeout", "a session that asks nothing for 30 minutes ends"),
    _row(
        "page_cap",
        0,
        "D/P",
        "RetrieveOptions.maxObjects",
        "a page holds as many objects as asked for, and never more than 1,000",
    ),
    # -- 20: the appliance
    _row(
        "appliance_snapshots",
        20,
        "D/I",
        "lab-behaviours 20; agentless replication documents",
        "while a VM replicates, the appliance makes a snapshot of it each cycle and removes it again",
        "appliance_snapshots",
    ),
    _row(
        "task_in_progress",
        20,
        "D",
        "vim.fault.TaskInProgress",
        "a reconfigure, snapshot or power operation is refused while another task holds the VM; the fault names that task",
    ),
    _row(
        "consolidation",
        20,
        "I",
        "lab-behaviours 20; platform §8.2 code 572",
        "a removed snapshot now and then leaves runtime.consolidationNeeded behind",
        "consolidation_needed",
    ),
    # -- 21: shutting down a guest
    _row("shutdown_no_task", 21, "D", "VirtualMachine.ShutdownGuest", "ShutdownGuest returns at once and has no task"),
    _row(
        "tools_unavailable",
        21,
        "D",
        "vim.fault.ToolsUnavailable",
        "without running VMware Tools a guest cannot be asked to shut down",
    ),
    _row(
        "power_state_fault",
        21,
        "D/?",
        "vim.fault.InvalidPowerState; vcsim says it in the task",
        "a power operation in the wrong state: InvalidPowerState, as the task's error or at once",
        "state_fault_in_task",
    ),
    _row(
        "shutdown_events",
        21,
        "D",
        "vim.event; lab-behaviours 21",
        "a guest that shut down leaves VmGuestShutdownEvent, then VmPoweredOffEvent; one switched off hard only the latter",
    ),
    _row("guest_net_emptied", 21, "D", "vim.vm.GuestInfo", "a machine that is off has no addresses and no host name"),
    # -- 22: reading under difficulties
    _row(
        "missing_set",
        22,
        "D/I",
        "PropertyCollector.MissingProperty",
        "what the account may not read is listed in missingSet with NoPermission: whole machines or single properties",
        "hidden_vms",
        "hidden_properties",
    ),
    _row(
        "missing_privileges",
        22,
        "D/P",
        "vim.fault.NoPermission; platform §1.7; vSphere Security, required privileges for common tasks; openshift/installer",
        "an operation without its privilege: NoPermission naming object and privilege; the authorization manager agrees; "
        "an import asks pool, folder, datastores and networks",
        "missing_privileges",
    ),
    _row(
        "remove_custom_attribute",
        22,
        "D",
        "vim.CustomFieldsManager.RemoveCustomFieldDef",
        "a custom attribute goes with the values that objects have of it",
    ),
    _row(
        "roles",
        22,
        "D",
        "vim.AuthorizationManager.AddAuthorizationRole, RemoveAuthorizationRole",
        "a role that is made holds System.Anonymous, System.View and System.Read beside what is given; its name is taken then; "
        "one that somebody has is not removed where failIfUsed says so",
    ),
    _row(
        "session_expired",
        22,
        "D/P/I",
        "vim.fault.NotAuthenticated; govmomi's reading of missingSet",
        "a session may end in the middle of a read: a fault, or NotAuthenticated for each property",
        "expired_read",
    ),
    _row(
        "page_token",
        22,
        "D",
        "ContinueRetrievePropertiesEx",
        "a page token is good once; one that vCenter no longer knows: InvalidArgument",
    ),
    _row(
        "collector_version",
        22,
        "D",
        "vmodl.query.InvalidCollectorVersion",
        "waiting for updates from a version that the collector has lost",
    ),
    _row("duplicate_names", 22, "D", "vSphere: a name is unique in its folder only", "two VMs may have one name"),
    _row("escaped_names", 22, "D", "ManagedEntity.name", "/, \\ and % in names are shown as %2f, %5c and %25"),
    # -- 23: OVF import
    _row(
        "nfc_import",
        23,
        "D",
        "OvfManager.CreateImportSpec, ImportVApp, HttpNfcLease",
        "an OVF becomes an import spec, the import a lease with an address for each disk; the VM is there at once",
    ),
    _row(
        "nfc_timeout",
        23,
        "D",
        "HttpNfcLeaseInfo.leaseTimeout",
        "300 s without HttpNfcLeaseProgress end a lease as an error and remove the VM; uploading alone does not count",
    ),
    _row("nfc_abort", 23, "D", "HttpNfcLeaseAbort", "an aborted lease removes the half-made VM"),
    _row(
        "nfc_held",
        23,
        "D/I",
        "HttpNfcLease: operations that alter the state of its machines are blocked; which fault says so is not told",
        "while a lease is held, its task goes on, and nobody powers on, configures or removes the VM; as for attributes?",
        "lease_refusal",
        "lease_holds_attributes",
    ),
    _row("nfc_complete", 23, "D", "HttpNfcLeaseComplete", "a completed lease keeps the VM, powered off"),
)


@dataclasses.dataclass(kw_only=True)
class VcenterSwitches:
    """One field for every behaviour above that nobody could prove."""

    vcenter_skew_s: float = 0.0  # how far vCenter's clock is ahead
    appliance_snapshots: bool = False  # whether the appliance's cycle is seen in vCenter
    consolidation_needed: bool = False  # whether its removals now and then leave disks to consolidate
    state_fault_in_task: bool = True  # where a power operation in the wrong state fails
    hidden_vms: tuple[str, ...] = ()  # names of VMs that the account may not read
    hidden_properties: tuple[str, ...] = ()  # of all VMs, each with what is below it
    missing_privileges: tuple[str, ...] = ()  # VirtualMachine.Interact.PowerOff, Global.SetCustomField ...
    lease_refusal: str = "TaskInProgress"  # or InvalidState: to whom changes a VM that an import holds
    lease_holds_attributes: bool = False  # whether even custom attributes are refused meanwhile
    expired_read: str = "fault"  # fault | missing_set: how a read without a session is answered
