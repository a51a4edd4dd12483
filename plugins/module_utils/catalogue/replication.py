# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes of the replication provider (Microsoft.DataReplication) and of the appliances that work for it.

They come in the errors of jobs and in the health errors of protected items. 2109018 to 2109022 are read in Microsoft's
own client [P]; the others are documented [D] for the Azure Local path or for the agentless appliance at large. Nobody
has recorded a job with errors: a code that is not here is shown with the service's own words.
"""

from __future__ import annotations

from .entry import Row, table

_NEXT_CYCLES = "Wait for the next replication cycles; run again when the health is Normal"
_ANEW = "Remove the replication of this VM (state: absent) and replicate it anew"
_APPLIANCE = "See whether the source appliance runs, has memory and disk left and reaches the storage account"
_STOP_BACKUPS = "Stop backups and other snapshots of the VM, consolidate its disks in vCenter, then run again"
_HOST_PORT = "Let the source appliance resolve the ESXi host's name and reach its port 902"
_STORAGE = (
    "Enable public network access of the cache storage account, see that it is in the project's region and that "
    "vault and appliances have their roles on it, and that both appliances answer"
)
_CBT = (
    "Delete the VM's snapshots, take independent disks out of the replication, stop backups that change block "
    "tracking, then run again"
)
_KEY_VAULT = "Give the appliance's application its rights on the project's key vault, then run again"
_REDISCOVER = "Check the VM's name and the appliances, then wait until discovery has found it"

_ROWS: dict[str, Row] = {
    # asked for and refused
    "2109018": (
        "a generation 1 VM accepts no security option but none",
        "Set security to auto or none",
        "no",
    ),
    "2109019": (
        "security none is refused while the source has Secure Boot on",
        "Set security to auto, or turn Secure Boot off in the source first",
        "no",
    ),
    "2109020": ("a virtual TPM alone cannot be asked for", "Set security to trusted_launch or auto", "no"),
    "2109021": (
        "the generation cannot be changed once replication is enabled",
        "Set generation to what is replicating, or remove the replication and enable it anew",
        "no",
    ),
    "2109022": ("the security option is not one the service knows", "Correct security", "no"),
    "ProtectedItemNotFound": ("the VM is not replicating, or no longer", "Run again: it is looked at anew", "later"),
    "ProtectedItemAlreadyExists": ("the VM is replicating already", "Run again: it is looked at anew", "later"),
    "DiscoveredMachineNotFound": ("the provider does not know the VM as discovered", _REDISCOVER, "after_repair"),
    "CustomLocationRegionMismatch": (
        "the region given is not the custom location's",
        "See whether the Azure Local instance was moved; run again with the custom location it has now",
        "no",
    ),
    "PolicyNotFound": (
        "the replication policy does not exist",
        "Prepare the replication infrastructure of the project again",
        "after_repair",
    ),
    "FabricAgentNotFound": (
        "the appliance's agent is not known",
        "Finish the registration of the appliance in its configuration manager",
        "after_repair",
    ),
    "JobNotFound": ("the vault no longer knows this job", "Look at the VM itself", "later"),
    "RecoveryPointNotFound": ("the recovery point is gone", _NEXT_CYCLES, "later"),
    # enabling and copying
    "VMwareToAzLocalProtectionStateEnablingFailed": (
        "replication could not begin; mostly the cache storage account is closed to the appliances",
        _STORAGE,
        "after_repair",
    ),
    "508": (
        "the snapshot that the resynchronisation began with is gone",
        "Wait for the service to begin it anew; if it does not, remove the replication and enable it anew",
        "after_repair",
    ),
    "542": (
        "the cache storage account does not exist any more",
        "Prepare the replication infrastructure again, then remove the replication of this VM and enable it anew",
        "after_repair",
    ),
    "563": (
        "the snapshot of a disk has no change id: changed block tracking is off, or the disk is independent",
        _CBT,
        "after_repair",
    ),
    "566": (
        "the snapshot holds none of the VM's disks: a disk was moved or removed meanwhile",
        "End storage vMotion of the VM, then wait some cycles; a replicated disk that is gone needs the replication anew",
        "later",
    ),
    "572": ("the VM's disks could not be consolidated", _STOP_BACKUPS, "after_repair"),
    "587": ("the container of the replication's state is gone from the cache storage account", _ANEW, "after_repair"),
    "633": (
        "too many snapshots are asked for in this subscription",
        "Wait half an hour; start fewer VMs at once",
        "later",
    ),
    "1003": ("a component of the appliance did not answer in time while it took a snapshot", _APPLIANCE, "later"),
    "1011": (
        "the changes of a disk could not be uploaded in time",
        "Give the appliance more bandwidth to Azure, or replicate fewer VMs at once",
        "later",
    ),
    "1012": (
        "the changes of a disk could not be read from the ESXi host in time",
        "Look at the load of datastore, host and network, or replicate fewer VMs at once",
        "later",
    ),
    "1018": (
        "changed block tracking of the VM was reset",
        "Reset changed block tracking of the VM; if it stays, remove the replication and enable it anew",
        "after_repair",
    ),
    "1022": ("the ESXi host refused the appliance's connection", _HOST_PORT, "after_repair"),
    "1023": (
        "a disk is a raw device mapping in physical mode",
        "Change it to virtual mode or to a VMDK, or leave it out with include: false",
        "after_repair",
    ),
    "1028": (
        "vSphere failed while the appliance worked on the VM",
        "Look at the VM's tasks and events in vCenter, and mend what they name",
        "after_repair",
    ),
    "1039": ("the appliance lacks rights on the project's key vault", _KEY_VAULT, "after_repair"),
    "181008": (
        "the appliance could not tidy up after a cycle, or found no snapshot of the disk",
        "Start the service asrgwy on the source appliance, and see that it stays up",
        "after_repair",
    ),
    "60183": (
        "the appliance cannot reach the cluster's share",
        "Enable PowerShell remoting on every node, and open the firewall between the target appliance and each of them",
        "after_repair",
    ),
    "FailedToConnectTargetClusterShare": (
        "the appliance cannot reach the cluster's share",
        "Enable PowerShell remoting on every node, and open the firewall between the target appliance and each of them",
        "after_repair",
    ),
    "ProtectionReadinessError": (
        "changed block tracking cannot be enabled: the VM has snapshots",
        _CBT,
        "after_repair",
    ),
    "FetchChangedBlocksFailed": ("the changed blocks of a disk could not be read", _CBT, "after_repair"),
    "InvalidChangeTrackerErrorCode": ("changed block tracking of a disk is not valid", _CBT, "after_repair"),
    "KeyVaultOperationFailed": ("the appliance could not use the project's key vault", _KEY_VAULT, "after_repair"),
    "FetchingHyperVDiskPropertiesFailed": (
        "a disk on the Hyper-V side could not be read",
        "See in Hyper-V whether the disk is online, then run again",
        "after_repair",
    ),
    "InvalidSnapshotConfiguration": (
        "vSphere cannot take this snapshot of the VM",
        "Take a snapshot in vCenter by hand and mend what it says, then delete it",
        "after_repair",
    ),
    "GenerateSnapshotHung": ("taking a snapshot of the VM hangs", _STOP_BACKUPS, "after_repair"),
    "FailedToConsolidateDisks": ("the VM's disks could not be consolidated", _STOP_BACKUPS, "after_repair"),
    "AnotherTaskInProgress": ("another task holds the VM in vCenter", _NEXT_CYCLES, "later"),
    "OperationNotAllowedInCurrentState": (
        "the VM's state in vCenter does not permit it",
        "Bring the VM into a normal running state, answer its questions",
        "after_repair",
    ),
    "SnapshotDiskSizeInvalid": (
        "a disk's size differs from what is replicated",
        f"A disk that was grown cannot follow. {_ANEW}",
        "after_repair",
    ),
    "MemoryAllocationFailed": (
        "the ESXi host has no buffer left to read disks for the appliance",
        "Move the VM to another ESXi host, or replicate fewer VMs of this host at once",
        "after_repair",
    ),
    "FileLargerThanMaxSupported": (
        "the snapshot would grow larger than the datastore allows",
        "Move the VM to a datastore that takes its size, then run again",
        "after_repair",
    ),
    "CannotConnectToHost": ("the appliance cannot connect to the ESXi host", _HOST_PORT, "after_repair"),
    "UnableToOpenSnapshotFile": ("the appliance could not open the snapshot's file", _STOP_BACKUPS, "after_repair"),
    # planned failover
    "1000001": (
        "a VM could not be turned off or made, or an equal step failed on a host",
        "Read the message: it names the step. Mend what it names on the host, then run again",
        "after_repair",
    ),
    "0x00008000": (
        "Hyper-V on the target node failed; known of seed discs that cannot be taken out, before release 2503",
        "Update the Azure Local instance to 2503 or later, then run again",
        "after_repair",
    ),
    "TargetVmNameInUse": (
        "the target resource group holds a VM of this name already",
        "Choose another target_vm_name, or remove the VM of that name if nobody needs it",
        "no",
    ),
    "1000037": (
        "the address is already set or in use on the logical network",
        "Free the address: find the network interface or DNS server that holds it, or do not keep it (keep_ip: false)",
        "after_repair",
    ),
}

# What the appliance's documentation calls the numbers: either may be what a job or an item tells.
_NAMES = {
    "ResyncSnapshotDoesNotExist": "508",
    "StorageAccountNotFound": "542",
    "DiskSnapshotChangeIdIsNotAvailable": "563",
    "NoDiskSnapshotsFound": "566",
    "ConsolidateDisksFailed": "572",
    "StateContainerNotFound": "587",
    "SubscriptionSnapshotOperationThrottled": "633",
    "SnapshotReplicationComponentTimeOut": "1003",
    "DiskUploadTimedOut": "1011",
    "DiskDownloadTimeout": "1012",
    "ChangeBlockTrackingReset": "1018",
    "HostConnectionRefused": "1022",
    "SnapshotDiskAttachedInPhysicalMode": "1023",
    "VMwareGenericFailure": "1028",
    "InsufficientPermissionsOnKeyVault": "1039",
    "DisposeArtefactsTimedOut": "181008",
}

REPLICATION = table(_ROWS | {name: _ROWS[number] for name, number in _NAMES.items()})
