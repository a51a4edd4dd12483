# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an identity needs, as data: actions of Azure by scope, privileges of vCenter by object, and why.

The verbs of this version and what they send decide what stands here. rights_info and a first contact compare it with what
is granted, and tools/roles.py makes role definitions of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from . import values

# A programme from its first day to its last. Those of a wave build on one another: what discover reads, cutover reads too.
PHASES = ("prepare", "discover", "replicate", "cutover", "verify", "complete", "decommission")
WAVE = PHASES[1:6]
SETUP = ("prepare", "decommission")
ALWAYS = PHASES


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """One right: ``what`` to be allowed, ``on`` which kind of scope, in which phases, and why.

    Azure: project | cluster | target are resource groups, each with its subscription. vCenter: vm | root | folder | pool |
    datastore | network.
    """

    what: str
    on: str
    phases: tuple[str, ...]
    why: str
    inferred: bool = False  # read off descriptions of the service, and tried on no real one


def _needs(on: str, phases: str | tuple[str, ...], why: str, *rights: str, inferred: bool = False) -> tuple[Need, ...]:
    """The name of a phase of a wave stands for it and all that come after it in a wave."""
    if isinstance(phases, str):
        phases = WAVE[WAVE.index(phases) :] if phases in WAVE else (phases,)
    return tuple(Need(what=right, on=on, phases=phases, why=why, inferred=inferred) for right in rights)


# What the Resource Graph query for the bridge joins. The Graph leaves out what may not be read, without a word.
BRIDGE_READS = (
    "Microsoft.KubernetesConfiguration/extensions/read",
    "Microsoft.ExtendedLocation/customLocations/read",
    "Microsoft.ResourceConnector/appliances/read",
)
NO_BRIDGE = "Resource Graph shows no custom location and bridge for it, and hides what the identity may not read"
NO_BRIDGE_REMEDY = (
    "see with the playbook first_contact whether the identity lacks a right on the resource group of the instance, and "
    f"give it the role Reader there (it needs {', '.join(BRIDGE_READS)}); if it lacks none, see in the portal whether its "
    "Arc resource bridge is deployed and running"
)

# -- Azure: the identity that the collection signs in as ---------------------------------------------------------

_VAULT = "Microsoft.DataReplication/replicationVaults"
_FABRIC = "Microsoft.DataReplication/replicationFabrics"
_GROUP = "Microsoft.Resources/subscriptions/resourceGroups"
_ROLES, _LOCKS = "Microsoft.Authorization/roleAssignments", "Microsoft.Authorization/locks"
_LOGS, _ACCOUNTS = "Microsoft.Insights/diagnosticSettings", "Microsoft.Storage/storageAccounts"
_SITES = tuple(f"Microsoft.OffAzure/{kind}" for kind in ("MasterSites", "ServerSites", "VMwareSites", "HyperVSites"))
_PROJECT = "Microsoft.Migrate/migrateProjects"
_PROJECT_PROVIDERS = ("DataReplication", "Migrate", "OffAzure", "KeyVault", "Storage")
_TARGET_PROVIDERS = ("DataReplication", "AzureStackHCI", "HybridCompute", "ExtendedLocation")
_CLUSTER_PROVIDERS = (*_TARGET_PROVIDERS, "ResourceConnector", "KubernetesConfiguration")


def _each(kinds: Iterable[str], verb: str) -> tuple[str, ...]:
    return tuple(f"{kind}/{verb}" for kind in kinds)


def _registering(on: str, providers: tuple[str, ...]) -> tuple[Need, ...]:
    register = [f"Microsoft.{provider}/register/action" for provider in providers]
    return (
        *_needs(
            on, "prepare", "sees which providers are registered", "Microsoft.Resources/subscriptions/providers/read"
        ),
        *_needs(on, "prepare", "registers a provider that is not; not asked for where all are", *register),
    )


AZURE: tuple[Need, ...] = (
    # in the subscription of the project
    *_registering("project_subscription", _PROJECT_PROVIDERS),
    *_needs(
        "project_subscription",
        "prepare",
        "makes the resource group, where create_resource_group says so",
        f"{_GROUP}/write",
    ),
    *_needs(
        "project_subscription",
        SETUP,
        "follows what takes time; Azure may allow that to whoever began it",
        "Microsoft.DataReplication/locations/operationResults/read",
        inferred=True,
    ),
    *_needs(
        "project_subscription",
        "prepare",
        "follows the making of a storage account; Azure may allow that to whoever began it",
        "Microsoft.Storage/locations/asyncoperations/read",
        inferred=True,
    ),
    *_needs(
        "project_subscription",
        "decommission",
        "follows the deletion of a resource group; Azure may allow that to whoever began it",
        "Microsoft.Resources/subscriptions/operationresults/read",
        inferred=True,
    ),
    # in the resource group of the project
    *_needs(
        "project",
        ALWAYS,
        "finds appliances, vault and fabrics of the project",
        f"{_PROJECT}/solutions/read",
        "Microsoft.OffAzure/VMwareSites/read",
        "Microsoft.OffAzure/HyperVSites/read",
        f"{_VAULT}/read",
        f"{_VAULT}/protectedItems/read",
        f"{_VAULT}/replicationPolicies/read",
        f"{_VAULT}/replicationExtensions/read",
        f"{_FABRIC}/read",
        f"{_FABRIC}/fabricAgents/read",
    ),
    *_needs("project", ("prepare", *WAVE), "reads jobs, which know why something failed", f"{_VAULT}/jobs/read"),
    *_needs(
        "project",
        "discover",
        "reads the VMs that were discovered",
        "Microsoft.OffAzure/VMwareSites/machines/read",
        "Microsoft.OffAzure/VMwareSites/vcenters/read",
    ),
    *_needs("project", "replicate", "begins a replication and changes it", f"{_VAULT}/protectedItems/write"),
    *_needs("project", "cutover", "begins the cutover", f"{_VAULT}/protectedItems/plannedFailover/action"),
    *_needs("project", "complete", "completes a migration", f"{_VAULT}/protectedItems/delete"),
    *_needs(
        "project",
        SETUP,
        "sees the project and what was made for it",
        f"{_GROUP}/read",
        f"{_PROJECT}/read",
        *_each(_SITES[:2], "read"),
        f"{_ROLES}/read",
        f"{_LOCKS}/read",
        f"{_LOGS}/read",
        f"{_ACCOUNTS}/read",
    ),
    *_needs(
        "project", "prepare", "makes the project", *_each((_PROJECT, f"{_PROJECT}/solutions", *_SITES[:2]), "write")
    ),
    *_needs("project", "prepare", "marks what exists as its own", "Microsoft.Resources/tags/write"),
    *_needs("project", "prepare", "gives the vault an identity", f"{_VAULT}/write"),
    *_needs(
        "project",
        "prepare",
        "makes policy and extension of the pair",
        *_each((f"{_VAULT}/replicationPolicies", f"{_VAULT}/replicationExtensions"), "write"),
    ),
    *_needs("project", "prepare", "makes the cache storage account", f"{_ACCOUNTS}/write"),
    *_needs(
        "project",
        "prepare",
        "gives the project, the vault and the appliances their roles; a person with User Access Administrator may do it",
        f"{_ROLES}/write",
    ),
    *_needs("project", "prepare", "sets delete locks, where locks says so", f"{_LOCKS}/write"),
    *_needs("project", "prepare", "sets the diagnostic setting, where diagnostics says so", f"{_LOGS}/write"),
    *_needs(
        "project",
        SETUP,
        "replaces or removes policy and extension of the pair",
        *_each((f"{_VAULT}/replicationPolicies", f"{_VAULT}/replicationExtensions"), "delete"),
    ),
    *_needs("project", SETUP, "takes delete locks away again", f"{_LOCKS}/delete"),
    *_needs(
        "project",
        "decommission",
        "lists what is left",
        f"{_GROUP}/resources/read",
        "Microsoft.KeyVault/vaults/read",
    ),
    *_needs(
        "project",
        "decommission",
        "takes the link to the cache storage account off the project",
        f"{_PROJECT}/solutions/write",
    ),
    *_needs(
        "project",
        "decommission",
        "removes what is named",
        f"{_LOGS}/delete",
        f"{_ROLES}/delete",
        f"{_ACCOUNTS}/delete",
        f"{_VAULT}/delete",
        f"{_FABRIC}/delete",
        "Microsoft.KeyVault/vaults/delete",
        *_each(_SITES, "delete"),
        f"{_PROJECT}/delete",
        f"{_GROUP}/delete",
    ),
    # in the resource group of the Azure Local instance, and in its subscription
    *_registering("cluster_subscription", _CLUSTER_PROVIDERS),
    *_needs(
        "cluster",
        ("prepare", *WAVE),
        "reads the instance and its bridge",
        "Microsoft.AzureStackHCI/clusters/read",
        "Microsoft.AzureStackHCI/storageContainers/read",
        "Microsoft.AzureStackHCI/logicalNetworks/read",
        *BRIDGE_READS,
    ),
    *_needs(
        "cluster",
        "replicate",
        "puts VMs on the instance: Azure asks for these on what the replication names",
        "Microsoft.ExtendedLocation/customLocations/deploy/action",
        "Microsoft.AzureStackHCI/storageContainers/deploy/action",
        "Microsoft.AzureStackHCI/logicalNetworks/join/action",
        inferred=True,
    ),
    # in the resource group of the target VMs, and in its subscription
    *_registering("target_subscription", _TARGET_PROVIDERS),
    *_needs(
        "target_subscription",
        "cutover",
        "follows the removal of a half-made VM; Azure may allow that to whoever began it",
        "Microsoft.AzureStackHCI/locations/operationStatuses/read",
        inferred=True,
    ),
    *_needs(
        "target",
        "replicate",
        "sees which names are taken",
        f"{_GROUP}/read",
        "Microsoft.HybridCompute/machines/read",
    ),
    *_needs(
        "target",
        "cutover",
        "looks at the VM that was made",
        "Microsoft.AzureStackHCI/virtualMachineInstances/read",
        "Microsoft.AzureStackHCI/networkInterfaces/read",
    ),
    *_needs(
        "target",
        "cutover",
        "removes a half-made VM of a failed cutover before it is tried again",
        "Microsoft.AzureStackHCI/virtualMachineInstances/delete",
        "Microsoft.HybridCompute/machines/delete",
    ),
)

# What the Entra application of each appliance needs on the resource group of the project: Contributor, or Owner.
APPLIANCE_ROLES = ("b24988ac-6180-42a0-ab88-20f7382dd24c", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635")

# What Microsoft Entra has to allow: (what, phase, why). No right of Azure shows whether it is given.
DIRECTORY: tuple[tuple[str, str, str], ...] = (
    (
        "Application Developer (role), or ownership of the application",
        "prepare",
        "whoever registers an appliance, or makes its application before that",
    ),
    (
        "Application.ReadWrite.OwnedBy and ownership, or Application Administrator (role)",
        "decommission",
        "removes the applications of the appliances; without it the list has the command for a person",
    ),
)

# -- vCenter: the account that the collection signs in as --------------------------------------------------------

_IMPORT = ("VApp.Import", "VirtualMachine.Config.AddNewDisk")

VCENTER: tuple[Need, ...] = (
    *_needs("vm", ALWAYS, "reads virtual machines", "System.View", "System.Read"),
    *_needs("vm", "replicate", "writes the mark of a migration", "Global.SetCustomField"),
    *_needs(
        "vm",
        "cutover",
        "turns a source off, back on after a failed cutover, and its network off and on",
        "VirtualMachine.Interact.PowerOff",
        "VirtualMachine.Interact.PowerOn",
        "VirtualMachine.Interact.DeviceConnection",
        "VirtualMachine.Config.EditDevice",
    ),
    *_needs(
        "root",
        ("prepare", *WAVE[WAVE.index("replicate") :], "decommission"),
        "makes the custom attribute of the marks once, and removes it at the end",
        "Global.ManageCustomFields",
    ),
    *_needs("pool", "prepare", "imports the source appliance", *_IMPORT, "Resource.AssignVMToPool"),
    *_needs("datastore", "prepare", "gives its disk a place", "Datastore.AllocateSpace"),
    *_needs("network", "prepare", "connects it", "Network.Assign"),
    *_needs(
        "folder",
        "prepare",
        "imports it with its devices and settings",
        *_IMPORT,
        "VirtualMachine.Inventory.Create",
        "VirtualMachine.Config.AddRemoveDevice",
        "VirtualMachine.Config.AdvancedConfig",
    ),
    *_needs(
        "folder",
        "prepare",
        "sizes it, marks it and starts it",
        "VirtualMachine.Config.CPUCount",
        "VirtualMachine.Config.Memory",
        "VirtualMachine.Config.Annotation",
        "Global.SetCustomField",
        "VirtualMachine.Interact.PowerOn",
    ),
    *_needs(
        "folder",
        SETUP,
        "removes it, also a half-made one",
        "VirtualMachine.Inventory.Delete",
        "VirtualMachine.Interact.PowerOff",
    ),
)

# The account that the source appliance discovers and replicates with (Microsoft: VMware vSphere requirements, agentless).
APPLIANCE_VCENTER: tuple[Need, ...] = (
    *_needs("vm", "discover", "discovers virtual machines", "System.View", "System.Read"),
    *_needs(
        "vm",
        "discover",
        "reads the software inside; only where that discovery is wanted",
        *(f"VirtualMachine.GuestOperations.{what}" for what in ("Query", "Execute", "Modify")),
    ),
    *_needs("datastore", "replicate", "reads disks", "Datastore.Browse", "Datastore.FileManagement"),
    *_needs(
        "vm",
        "replicate",
        "reads disks and what changed in them",
        "VirtualMachine.Config.ChangeTracking",
        "VirtualMachine.Config.DiskLease",
        "VirtualMachine.Provisioning.DiskRandomRead",
        "VirtualMachine.Provisioning.DiskRandomAccess",
        *(f"VirtualMachine.State.{what}" for what in ("CreateSnapshot", "RemoveSnapshot", "RenameSnapshot")),
        "VirtualMachine.State.RevertToSnapshot",
    ),
    *_needs("root", "replicate", "reads disks through the host", "VirtualMachine.Provisioning.GetVmFiles"),
    *_needs("vm", "cutover", "turns a source off", "VirtualMachine.Interact.PowerOff"),
)


def needed(needs: Iterable[Need], on: str, phases: Collection[str] = WAVE) -> list[str]:
    """What is needed on one kind of scope in any of these phases, each once."""
    return [need.what for need in needs_of(needs, phases) if need.on == on]


def needs_of(needs: Iterable[Need], phases: Collection[str]) -> list[Need]:
    """Those of these phases; one right on one kind of scope once, with all phases and reasons it is asked for in."""
    merged: dict[tuple[str, str], Need] = {}
    for need in needs:
        asked = tuple(phase for phase in need.phases if phase in phases)
        if not asked:
            continue
        before = merged.get((need.on, need.what.lower()))
        if before is not None:
            asked = tuple(phase for phase in PHASES if phase in (*before.phases, *asked))
            need = replace(before, why="; ".join(dict.fromkeys((before.why, need.why))))
        merged[need.on, need.what.lower()] = replace(need, phases=asked)
    return list(merged.values())


def allows(permission: Mapping[str, Any], action: str) -> bool:
    """Whether one role allows an action: what its actions match, and its notActions do not."""
    return _matches(permission.get("actions"), action) and not _matches(permission.get("notActions"), action)


def missing(actions: Iterable[str], permissions: Iterable[Mapping[str, Any]]) -> list[str]:
    """The actions that no role allows. What one role leaves out, another one may allow."""
    granted = list(permissions)
    return [action for action in actions if not any(allows(permission, action) for permission in granted)]


def _matches(patterns: Any, action: str) -> bool:
    return any(_pattern(pattern).fullmatch(action) for pattern in values.texts(patterns))


def _pattern(wildcard: str) -> re.Pattern[str]:
    """``*`` stands for anything, slashes too, and case counts nowhere."""
    return re.compile(".*".join(map(re.escape, wildcard.split("*"))), re.IGNORECASE)
