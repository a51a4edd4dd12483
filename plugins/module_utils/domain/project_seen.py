# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Azure Migrate project for Azure Local: what is wanted of it, what is seen of it, and where its parts are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import geographies, ids, values
from .appliance_map import details_of

Resource = Mapping[str, Any]

DISCOVERY_SOLUTION = "Servers-Discovery-ServerDiscovery"
AZURE_SOLUTION = "Servers-Migration-ServerMigration"
LOCAL_SOLUTION = "Servers-Migration-ServerMigration_DataReplication"

# Of every subscription that holds a part of the migration; then of the project's, of the instance's, and of those
# that target VMs come to (control-plane §2, platform §2).
_EVERYWHERE = ("Microsoft.DataReplication",)
_OF_PROJECT = ("Microsoft.Migrate", "Microsoft.OffAzure", "Microsoft.KeyVault", "Microsoft.Storage")
_OF_TARGET = ("Microsoft.AzureStackHCI", "Microsoft.HybridCompute", "Microsoft.ExtendedLocation")
_OF_INSTANCE = (*_OF_TARGET, "Microsoft.ResourceConnector", "Microsoft.KubernetesConfiguration")

# Words of a provisioning state that pass by themselves, and of one that does not.
BUSY = frozenset({"accepted", "creating", "updating", "deleting", "moving", "running"})
BROKEN = frozenset({"failed", "canceled"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    subscription_id: str
    resource_group: str
    project: str
    source_appliance: str
    target_appliance: str
    replaces: str = ""  # name of the dead target appliance whose place ours takes
    cluster_id: str = ""
    location: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    create_resource_group: bool = False
    target_subscriptions: tuple[str, ...] = ()
    supported_locations: tuple[str, ...] = geographies.LOCATIONS

    @property
    def group_id(self) -> str:
        return ids.resource_group_id(self.subscription_id, self.resource_group)

    @property
    def project_id(self) -> str:
        return f"{self.group_id}/providers/Microsoft.Migrate/migrateProjects/{self.project}"

    def solution_id(self, name: str) -> str:
        return f"{self.project_id}/solutions/{name}"

    @property
    def server_site_id(self) -> str:
        return f"{self.group_id}/providers/Microsoft.OffAzure/ServerSites/{self.project}-serversite"

    @property
    def master_site_id(self) -> str:
        return f"{self.group_id}/providers/Microsoft.OffAzure/MasterSites/{self.project}-mastersite"

    def providers(self) -> dict[str, tuple[str, ...]]:
        """The resource providers that are needed, by subscription."""
        needed = {self.subscription_id.lower(): [*_EVERYWHERE, *_OF_PROJECT]}
        instance = ids.segment(self.cluster_id, "subscriptions").lower()
        if instance:
            needed.setdefault(instance, [*_EVERYWHERE]).extend(_OF_INSTANCE)
        for subscription in self.target_subscriptions:
            needed.setdefault(subscription.lower(), [*_EVERYWHERE]).extend(_OF_TARGET)
        return {subscription: tuple(dict.fromkeys(names)) for subscription, names in needed.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """Replies as they came; None for what is not there."""

    providers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # subscription -> namespace -> state
    tenants: Mapping[str, str] = field(default_factory=dict)  # subscription -> tenant
    group: Resource | None = None
    project: Resource | None = None
    solutions: Mapping[str, Resource] = field(default_factory=dict)  # by name, lower case
    server_site: Resource | None = None
    master_site: Resource | None = None
    assignments: tuple[Resource, ...] = ()

    def provider_state(self, subscription: str, namespace: str) -> str:
        """In lower case; empty for a provider that the list does not name."""
        return self.providers.get(subscription.lower(), {}).get(namespace.lower(), "").lower()

    @property
    def principal_id(self) -> str:
        """Who the project is in Microsoft Entra."""
        return values.text(values.mapping(values.mapping(self.project).get("identity")).get("principalId"))

    @property
    def named_master_site(self) -> str:
        """The master site that the project itself names, since its first appliance key."""
        return details_of(self.solutions.get(DISCOVERY_SOLUTION.lower())).get("masterSiteId", "")


def state_of(resource: Resource | None) -> str:
    """Its provisioning state, in lower case; empty for what has none, or is not there."""
    properties = values.mapping(values.mapping(resource).get("properties"))
    return values.text(properties.get("provisioningState")).lower()


def is_busy(resource: Resource | None) -> bool:
    return state_of(resource) in BUSY
