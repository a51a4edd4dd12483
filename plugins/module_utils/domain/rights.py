# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an identity needs, as data: actions of Azure by scope, privileges of vCenter by object, and why.

The verbs of this version and what they send decide what stands here. A first contact compares it with what is granted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import values


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """One right: ``what`` to be allowed, ``on`` which kind of scope, from which phase on."""

    what: str
    on: str  # project | target | cluster (resource groups); vm | root (vCenter)
    phase: str  # discover | replicate | cutover | complete


def _needs(on: str, phase: str, *rights: str) -> tuple[Need, ...]:
    return tuple(Need(what=right, on=on, phase=phase) for right in rights)


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

AZURE: tuple[Need, ...] = (
    *_needs(
        "project",
        "discover",
        "Microsoft.Migrate/migrateProjects/solutions/read",
        "Microsoft.OffAzure/VMwareSites/read",
        "Microsoft.OffAzure/VMwareSites/machines/read",
        "Microsoft.OffAzure/VMwareSites/vcenters/read",
        "Microsoft.DataReplication/replicationVaults/read",
        "Microsoft.DataReplication/replicationVaults/protectedItems/read",
        "Microsoft.DataReplication/replicationVaults/jobs/read",
        "Microsoft.DataReplication/replicationVaults/replicationPolicies/read",
        "Microsoft.DataReplication/replicationVaults/replicationExtensions/read",
        "Microsoft.DataReplication/replicationFabrics/read",
        "Microsoft.DataReplication/replicationFabrics/fabricAgents/read",
    ),
    *_needs("project", "replicate", "Microsoft.DataReplication/replicationVaults/protectedItems/write"),
    *_needs("project", "cutover", "Microsoft.DataReplication/replicationVaults/protectedItems/plannedFailover/action"),
    *_needs("project", "complete", "Microsoft.DataReplication/replicationVaults/protectedItems/delete"),
    *_needs(
        "cluster",
        "discover",
        "Microsoft.AzureStackHCI/clusters/read",
        "Microsoft.AzureStackHCI/storageContainers/read",
        "Microsoft.AzureStackHCI/logicalNetworks/read",
        *BRIDGE_READS,
    ),
    *_needs(
        "target",
        "replicate",
        "Microsoft.Resources/subscriptions/resourceGroups/read",
        "Microsoft.HybridCompute/machines/read",
    ),
    *_needs(
        "target",
        "cutover",
        "Microsoft.AzureStackHCI/virtualMachineInstances/read",
        "Microsoft.AzureStackHCI/networkInterfaces/read",
        # a half-made VM of a failed cutover is removed before it is tried again
        "Microsoft.AzureStackHCI/virtualMachineInstances/delete",
        "Microsoft.HybridCompute/machines/delete",
    ),
)

VCENTER: tuple[Need, ...] = (
    *_needs("vm", "discover", "System.View", "System.Read"),
    *_needs("vm", "replicate", "Global.SetCustomField"),
    *_needs(
        "vm",
        "cutover",
        "VirtualMachine.Interact.PowerOff",
        "VirtualMachine.Interact.PowerOn",
        "VirtualMachine.Interact.DeviceConnection",
        "VirtualMachine.Config.EditDevice",
    ),
    *_needs("root", "replicate", "Global.ManageCustomFields"),
)


def needed(needs: Iterable[Need], on: str) -> list[str]:
    """What is needed on one kind of scope."""
    return [need.what for need in needs if need.on == on]


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
