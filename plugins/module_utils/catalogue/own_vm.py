# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own codes about one VM: its phase, what stands against replicating or cutting it over, what a check found.

A result has its own sentence beside the code, which names the disk, the network, the address. Here is what they share.
"""

from __future__ import annotations

from .entry import Row, table

_NAME_ONE = "Correct it so that it names exactly one; the message lists what is known"
_VALUES = "Correct the value as the message says"
_DISCOVERY = "Wait for the next discovery (up to 30 minutes), or leave it out"
_LOGICAL_NETWORK = "Choose a logical network that the address fits, or set keep_ip to false"
_REPAIR_NETWORK = "Repair what is named on the cluster, or choose another"
_OWN_PLACE = "Choose one of the same custom location as the target cluster"
_REMOVE_TARGET = "Remove or rename it: this cutover did not make it"
_CHECK = "Repair what the check names, then verify again; the protected item is kept until then"
_WAIT = "Wait, then run again"

_PHASES: dict[str, Row] = {
    "unknown": ("where it stands cannot be told", "Run again; if it stays, look at it in the portal", "later"),
    "conflict": (
        "source and target are both running",
        "Decide which side is right and power the other off; disconnect its NICs first",
        "after_repair",
    ),
    "blocked": ("it is left alone, for the reason that the message names", "Mend what is named", "after_repair"),
    "removed_elsewhere": (
        "it was replicating or cut over, and somebody else removed what there was",
        "Find out who removed it, then clear the custom attribute azlocal.migrate of the source VM",
        "after_repair",
    ),
    "failed_enable": (
        "enabling replication failed",
        "Repair what is named, then run again: it is removed and enabled anew",
        "after_repair",
    ),
    "failed_seed": (
        "the initial replication failed",
        "Repair what is named, remove the replication (state: absent), then enable it anew",
        "after_repair",
    ),
    "ready_held": (
        "it is replicated, and something forbids the cutover now",
        "Repair what is named, then run again",
        "after_repair",
    ),
    "failed_before": (
        "the planned failover failed before anything was made at the target",
        "Repair what is named, then run the cutover again",
        "after_repair",
    ),
    "failed_after": (
        "the planned failover failed at the target",
        "Repair what is named, then run the cutover again: a half-made target VM that never ran is removed first",
        "after_repair",
    ),
    "failed_remove": (
        "removing the protected item failed",
        "Run again; if it stays, set force: true, which may leave seed disks behind",
        "later",
    ),
    "foreign": (
        "it is in a state that this collection never causes",
        "Someone else works on this VM: let them finish",
        "after_repair",
    ),
}

_ENTRY: dict[str, Row] = {
    "vm_unnamed": ("the entry names no VM", "Give name, instance_uuid or machine_id", "no"),
    "vm_unknown": (
        "neither vCenter nor Azure Migrate knows this VM",
        "Correct it, or wait until the source appliance has discovered the VM",
        "no",
    ),
    "vm_ambiguous": ("several VMs have this name", "Set instance_uuid to the one you mean", "no"),
    "vm_twice": ("two entries mean the same VM", "Keep one of the two", "no"),
    "bad_value": ("a value of the entry is not of its kind", _VALUES, "no"),
    "unknown_option": ("the entry has an option that does not exist", "Correct the spelling or remove it", "no"),
    "unsendable": (
        "the region's version of the service has no word for this wish",
        "Leave the wish out, or wait until the region offers the newer version",
        "no",
    ),
    "not_supported_yet": (
        "the wave file asks for what this version cannot keep",
        "Leave it out and run the cutover when it is due",
        "no",
    ),
    "no_intent": (
        "what was wanted of the VM cannot be told from its entry",
        "Give the values that it was replicated with",
        "no",
    ),
    "no_resource_group": ("no target resource group is given", "Set it by name or id", "no"),
    "bad_resource_group": ("it is neither the name nor the id of a resource group", _VALUES, "no"),
    "group_refused": (
        "the target resource group may not be read",
        "Give the identity a role that may read it",
        "after_repair",
    ),
    "no_storage_path": ("no storage path is given", "Set storage_path (name or id)", "no"),
    "storage_path_unknown": (
        "the cluster has no such storage path",
        "Correct the name, or create the storage path on the cluster",
        "no",
    ),
    "storage_path_ambiguous": ("several storage paths have this name", "Give the id of the one you mean", "no"),
    "path_state": ("the storage path is not Succeeded", _REPAIR_NETWORK, "after_repair"),
    "name_rules": ("Azure refuses the name of the target VM", "Set target_vm_name to a legal name", "no"),
    "name_changed": (
        "the VM's name is not legal on Azure Local and is changed there",
        "Set target_vm_name to choose the name yourself",
        "no",
    ),
    "name_twice": ("two VMs of the wave want the same target name", "Give each a target_vm_name of its own", "no"),
    "name_taken": ("the target resource group has a machine of this name", _REMOVE_TARGET, "after_repair"),
    "name_taken_host": ("a VM of this name runs on an Azure Local host", _REMOVE_TARGET, "after_repair"),
    "firmware_unknown": (
        "the firmware is not known, so the generation cannot be derived",
        "Wait for a fresh read of the VM, or set generation",
        "later",
    ),
    "firmware_gen": (
        "the generation does not fit the firmware: the target would not boot",
        "Leave generation at auto",
        "no",
    ),
    "secure_gen1": ("the security wanted needs a generation 2 VM", "Set security to auto or none", "no"),
    "secure_boot": (
        "security none is refused while the source has Secure Boot on",
        "Set security to auto, or turn Secure Boot off in the source first",
        "no",
    ),
    "trusted_launch": (
        "a VM with Trusted Launch cannot be live migrated between the nodes of the cluster",
        "Set security to secure_boot where live migration matters",
        "no",
    ),
    "cpu_range": ("the number of CPU cores is not allowed", "Set cpu_cores within the range", "no"),
    "cpu_many": ("so many CPU cores may be refused", "Set fewer cpu_cores where possible", "no"),
    "ram_range": ("the memory is not within what the generation allows", "Set memory_mb within the range", "no"),
    "dyn_mem": ("the dynamic memory wanted does not fit", "Correct dynamic_memory", "no"),
    "os_unknown": ("nobody knows whether it runs Windows or Linux", "Set os_type to windows or linux", "no"),
    "os_disk": ("which disk it boots from is not clear", "Set os_disk to one of its disks", "no"),
    "os_excluded": ("the OS disk is left out", "Include it, or name another disk as os_disk", "no"),
    "no_disk": ("no disk is left to migrate", "Include at least the OS disk", "no"),
    "no_match": ("an entry for a disk or adapter matches nothing", _NAME_ONE, "no"),
    "match_ambiguous": ("an entry for a disk or adapter matches several", _NAME_ONE, "no"),
    "match_twice": ("two entries name the same disk or adapter", "Keep one of them", "no"),
    "disk_dup_uuid": ("two disks of the VM have the same UUID", "Give each a UUID of its own in vSphere", "no"),
    "gen2_vhd": ("a generation 2 VM takes VHDX only", "Set the format of the disk to VHDX", "no"),
    "vhd_4k": ("VHD has 512-byte sectors only", "Set sector_size to 512 or the format to VHDX", "no"),
    "size_vhd": ("the disk is too large for its format", "Use VHDX, split the disk, or leave it out", "no"),
    "no_source": ("a line of network_map has no source", "Set it to a port group, a pattern or vlan:<number>", "no"),
    "nic_unmapped": (
        "a network adapter is mapped to no logical network",
        "Add its port group to network_map, or leave the adapter out with create: false",
        "no",
    ),
    "network_unknown": (
        "there is no such logical network",
        "Correct the name, or create the logical network",
        "no",
    ),
    "network_ambiguous": ("several logical networks have this name", "Give the id of the one you mean", "no"),
    "network_state": ("the logical network is not Succeeded", _REPAIR_NETWORK, "after_repair"),
    "net_location": ("it belongs to another custom location than the target cluster", _OWN_PLACE, "no"),
    "vlan_differs": (
        "the logical network is on another VLAN than the source",
        "Check that the guest's addresses work there",
        "no",
    ),
    "dhcp_static": (
        "the address shall be kept, and the logical network hands out addresses itself",
        "Choose a logical network with static allocation, or set keep_ip to false",
        "no",
    ),
    "ip_pool": ("the address to keep is outside the logical network or its pools", _LOGICAL_NETWORK, "no"),
    "ip_is_dns": ("the address to keep is a DNS server of the logical network", _LOGICAL_NETWORK, "no"),
    "blocked_drift": (
        "the entry differs from what is replicating, and that cannot be changed any more",
        "Give the values that are replicating, or remove the replication and enable it anew",
        "no",
    ),
}

_SOURCE: dict[str, Row] = {
    "template": ("it is a template", "Leave it out, or convert it to a VM first", "no"),
    "not_discovered": (
        "Azure Migrate has not discovered it",
        "Check the source appliance and its vCenter account; discovery takes up to 24 hours",
        "later",
    ),
    "vm_deleted": (
        "Azure Migrate has marked it as deleted",
        "Check that it still exists in vCenter, and wait until the source appliance has discovered it again",
        "later",
    ),
    "not_in_vcenter": (
        "vCenter does not show it",
        "Name the vCenter that holds it, and see that the account may read it",
        "no",
    ),
    "vcenter_unreadable": (
        "vCenter keeps back what must be known of it: its mark, power, disks, snapshots, guest or the like",
        "Give the account the privilege that the message names (System.Read: the role Read-only) on this VM",
        "after_repair",
    ),
    "foreign_mark": (
        "the custom attribute azlocal.migrate holds text that this version did not write",
        "Use the version that wrote it, or clear the attribute if you know that nothing is under way",
        "after_repair",
    ),
    "power_off": (
        "the source is powered off",
        "Power it on, wait for the next discovery, then run again",
        "after_repair",
    ),
    "suspended": ("the source is suspended", "Resume it", "after_repair"),
    "disconnected": ("its ESXi host is not connected", "Repair the ESXi host's connection", "after_repair"),
    "question": ("it waits for an answer in vCenter", "Answer the question in vCenter", "after_repair"),
    "tools_missing": ("VMware Tools do not run", "Install or start VMware Tools", "after_repair"),
    "snapshots": ("it has snapshots", "Delete the snapshots before the cutover", "after_repair"),
    "replication_cycle": (
        "it has one snapshot that is minutes old: a replication cycle may be under way",
        "Wait until the snapshot is gone, or run again in some minutes; a run that waits takes it up by itself",
        "later",
    ),
    "cbt_off_snap": (
        "changed block tracking is off and cannot be turned on while there are snapshots",
        "Delete the snapshots, or turn changed block tracking on yourself",
        "after_repair",
    ),
    "cbt_unsupported": (
        "it does not support changed block tracking",
        "Upgrade its virtual hardware to version 7 or later",
        "after_repair",
    ),
    "consolidate": ("its disks need consolidation", "Consolidate the disks in vCenter", "after_repair"),
    "independent": (
        "a disk is independent: snapshots leave it out",
        "Change its disk mode to dependent, or leave it out with include: false",
        "after_repair",
    ),
    "nonpersistent": ("a disk is not persistent", "Change its disk mode to dependent persistent", "after_repair"),
    "rdm_physical": (
        "a disk is a raw device mapping in physical mode",
        "Change it to virtual mode or to a VMDK, or leave it out with include: false",
        "after_repair",
    ),
    "multi_writer": (
        "a disk is shared by several VMs",
        "End the sharing, or leave it out with include: false",
        "after_repair",
    ),
    "disk_uuid": ("Azure Migrate does not know a disk", _DISCOVERY, "later"),
    "nic_unknown": ("Azure Migrate does not know a network adapter", _DISCOVERY, "later"),
    "ipv6": (
        "it has an IPv6 address; Azure Local gives IPv4 addresses only",
        "Plan how its users reach it over IPv4",
        "no",
    ),
    "no_run_as": (
        "the source appliance has no login to its vCenter",
        "Enter the vCenter account in the appliance's configuration manager",
        "after_repair",
    ),
}

_ACTING: dict[str, Row] = {
    "not_ready": ("it is not ready to migrate", "Wait until it is ready to migrate, then run again", "later"),
    "not_allowed": ("the service does not allow it now", _WAIT, "later"),
    "not_provisioned": ("its protected item is not Succeeded", _WAIT, "later"),
    "health": ("its replication is not healthy", "Repair what its health errors name, then run again", "after_repair"),
    "resync": ("it needs a resynchronisation first", "Wait for it; the service starts it by itself", "later"),
    "no_recovery_point": ("it has no recovery point yet", "Wait for the next replication cycle", "later"),
    "recovery_point_old": (
        "its newest recovery point is too old",
        "See why replication stands still: appliance, datastore space, events of the vault",
        "after_repair",
    ),
    "agent_silent": (
        "a replication agent does not answer",
        "Start its appliance and the services in it",
        "after_repair",
    ),
    "bridge": (
        "the Arc resource bridge is not running",
        "Bring the bridge of the Azure Local instance to Running",
        "after_repair",
    ),
    "disks_differ": (
        "its disks are not those that replicate",
        "Remove the replication of this VM and replicate it anew (a full seeding)",
        "after_repair",
    ),
    "address_taken": (
        "an address that it keeps is held by another network interface",
        "Free the address: the target would fail with 1000037",
        "after_repair",
    ),
    "already_migrated": (
        "it has been cut over, or may have been",
        "Verify it and use state: completed, or run the cutover again",
        "no",
    ),
    "item_gone": ("its protected item is gone", "Look at it, then run again", "later"),
    "moved_on": ("somebody else has taken it a step further", "Let them finish, then run again", "later"),
    "not_ours": ("what has the target's name was not made by this migration", "Find out what it is", "after_repair"),
    "not_migrated": ("it has not been cut over", "Run the cutover first", "no"),
    "not_verified": ("what must be seen of it could not be seen", _CHECK, "after_repair"),
}

_CHECKS: dict[str, Row] = {
    "target_running": ("the target does not run", _CHECK, "after_repair"),
    "host_running": ("no Azure Local host runs the target", _CHECK, "after_repair"),
    "heartbeat": (
        "the guest does not answer on Azure Local",
        "Look at its console: did it boot, has it the drivers of Hyper-V; then verify again",
        "after_repair",
    ),
    "source_off": ("the source runs beside the target", _CHECK, "after_repair"),
    "source_nics_disconnected": (
        "the source would come back onto the network when it is powered on",
        "Run the cutover again: it disconnects them",
        "later",
    ),
    "cpu_cores": ("the target has another number of CPU cores than wanted", _CHECK, "after_repair"),
    "memory_mb": ("the target has another amount of memory than wanted", _CHECK, "after_repair"),
    "disk_count": ("the target has another number of disks than wanted", _CHECK, "after_repair"),
    "generation": ("the target is of another generation than wanted", _CHECK, "after_repair"),
    "disk_sizes": ("the target's disks have other sizes than the source's", _CHECK, "after_repair"),
    "nic_count": ("the target has another number of network adapters than wanted", _CHECK, "after_repair"),
    "networks": ("the target is on other logical networks than wanted", _CHECK, "after_repair"),
    "addresses_kept": ("an address that was to be kept is not there", _CHECK, "after_repair"),
    "possible_data_loss": (
        "what the guest wrote last is not proved to be on the target",
        "Compare source and target before you complete it: the source still has everything",
        "after_repair",
    ),
}

PHASES = table(_PHASES)
OWN_VM = table({**_ENTRY, **_SOURCE, **_ACTING, **_CHECKS})
