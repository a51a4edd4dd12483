# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""More words that may stay readable in de-identified replies: states, phrases, regions, and plain English.

The rule of `known_fields` holds here too: no word that a person could have chosen as a name.
"""

from __future__ import annotations

from .known_fields import ENUMS, FIELDS
from .rights import AZURE, VCENTER

_NAMESPACES = """
    Microsoft.Authorization Microsoft.AzureStackHCI Microsoft.DataReplication Microsoft.ExtendedLocation
    Microsoft.HybridCompute Microsoft.KeyVault Microsoft.KubernetesConfiguration Microsoft.Migrate Microsoft.OffAzure
    Microsoft.ResourceConnector Microsoft.ResourceGraph Microsoft.Resources Microsoft.Storage
"""
_TYPES = """
    subscriptions resourceGroups providers locations tenants migrateProjects solutions MasterSites VMwareSites
    HyperVSites machines vcenters runAsAccounts hosts jobs sqlSites webAppSites replicationVaults replicationFabrics
    fabricAgents replicationPolicies replicationExtensions protectedItems plannedFailover recoveryPoints events
    operationResults operationStatuses alertSettings clusters storageContainers logicalNetworks networkInterfaces
    virtualHardDisks virtualMachineInstances customLocations appliances extensions storageAccounts vaults
    roleAssignments roleDefinitions permissions resources metadata endpoints arcSettings action read write delete
"""
_STATES = """
    root on off suspended poweredOn poweredOff notRunning notInstalled ok running not_running not_installed bios efi
    linuxGuest windowsGuest otherGuest guestToolsRunning guestToolsNotRunning linux windows other connected
    disconnected inaccessible orphaned invalid unknown true false yes no none null enabled disabled succeeded failed
    started pending persistent independent_persistent independent_nonpersistent sharingNone sharingMultiWriter
    lazilyScrubbed thickProvisioned thinProvisioned eagerlyScrubbed notStarted success AuthorizationFailed
    NoRegisteredProviderFound InvalidResourceType InvalidApiVersionParameter UnsupportedApiVersion ResourceNotFound
    ResourceGroupNotFound SubscriptionNotFound TooManyRequests CommitFailover DisableProtection PlannedFailover Restart
    Cancel EnableProtection TestFailover JobDetails TaskDetails RoleBased VirtualCenter MSFT application/json
    charset utf-8 ServerMigration_DataReplication v1 VMwareFabric InternalServerError HCI ScsiLun HTTP GET POST PUT PATCH DELETE HEAD
    VirtualLsiLogicController VirtualLsiLogicSASController VirtualBusLogicController ParaVirtualSCSIController
    VirtualNVMEController VirtualIDEController VirtualAHCIController VirtualVmxnet3 vmxnet3 VirtualE1000 VirtualE1000e
    Static Dynamic VHD VHDX Microsoft VMware VmPoweredOffEvent scsi nvme ide sata pvscsi
    lsilogic lsisas buslogic vmdk vmx
"""
_SYSTEMS = """
    microsoft windows server enterprise datacenter standard edition 2008 2012 2016 2019 2022 2025 r2 32-bit 64-bit red
    hat ubuntu suse oracle debian centos rocky almalinux vmware vcenter esxi gnu
"""
_REGIONS = """
    global australiacentral australiaeast australiasoutheast brazilsouth canadacentral canadaeast centralindia centralus
    centraluseuap eastasia eastus eastus2 eastus2euap francecentral germanywestcentral israelcentral italynorth japaneast
    japanwest koreacentral koreasouth mexicocentral newzealandnorth northcentralus northeurope norwayeast polandcentral
    qatarcentral southafricanorth southcentralus southeastasia southindia spaincentral swedencentral switzerlandnorth
    uaenorth uksouth ukwest usgovarizona usgovtexas usgovvirginia westcentralus westeurope westindia westus westus2
    westus3 chinaeast2 chinaeast3 chinanorth2 chinanorth3
"""
# Of messages. Common words alone: what the services say, and nothing that a machine or a person is called by.
_ENGLISH = """
    a about access account action after again against agent all allowed already also an and another any api appliance are
    as at authorization available azure be because been before being below between but by call can cannot causes check
    client completed connect connection contact could create created current data delete deleted denied did disk disks
    do does done each either enable ensure error errors exist exists expired fabric fail failed failover for found
    from further get given had has have health heartbeat host if in initial insufficient internal into invalid is it
    item its job key last lost machine machines made make may migrate migration missing more most must name need network
    new no not object occurred of off on once one only operation or other over perform please point policy power
    powered progress project protected protection provider reached read recovery region register registered replication
    request required resolve resource restart retry right role run running scope see service should since site size
    snapshot so some source stale state status still storage subscription such support supported target
    task than that the their them then there these they this those time timed to token try turned type under
    until up update updated use used using value version virtual vm was we were when where whether which while
    will with within without would write wrong you your activityid
"""
_SUFFIXES = "replicationfabric site policy dra MigReplicationExtn VMwareToAzStackHCIpolicy OSdisk disk nic vmdk vmx agent vault kv"


def _lower(*texts: str) -> frozenset[str]:
    return frozenset(word.lower() for text in texts for word in text.split())


# Whole words that may stand as they are, in lower case.
WORDS = (
    frozenset(need.what.lower() for need in (*AZURE, *VCENTER))
    | _lower(_NAMESPACES, _TYPES, _STATES, _SYSTEMS, _REGIONS, _ENGLISH)
    | frozenset(word.lower() for word in ENUMS | FIELDS)
)
# Parts of names that the services add to a tenant's own; only beside a part that was replaced.
SUFFIXES = _lower(_SUFFIXES)
# Names that are the same in every tenant.
FIXED_NAMES = frozenset(
    {
        "default",
        "azlocal.migrate",
        "servers-migration-servermigration_datareplication",
        "servers-discovery-serverdiscovery",
        "servers-assessment-serverassessment",
    }
)
# What stands in a field for names and is none.
PHRASES = frozenset(
    phrase.lower()
    for phrase in (
        "Create or update protected item",
        "Complete initial replication",
        "Planned failover",
        "Delete protected item",
        "Create or update policy",
        "Create or update replication extension",
        "Creating or updating the protected item",
        "Initializing Protection",
        "Enabling Protection",
        "Starting Replication",
        "Prerequisite check",
        "Turning off resource on primary",
        "Starting failover",
        "Preparing protected entities",
        "Turning on resource on recovery",
        "Deleting protected item",
        "Enable protection failed",
        "Deletion in progress",
        "Disable protection failed",
        "Initial replication in progress",
        "Initial replication completed on primary",
        "Initial replication completed on recovery",
        "Initial replication failed",
        "Planned failover initiated",
        "Planned failover completing",
        "Planned failover finished",
        "Planned failover failed",
        "Planned failover completion failed",
        "VMware vCenter Server",
    )
)
