# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are in Azure: the scope a user names, the paths that follow from it, the api-versions we speak."""

from __future__ import annotations

import dataclasses

# Newest first where the version is negotiated (control-plane §0.2: 2026-05-01 is published, roll-out unknown).
DATA_REPLICATION = ("2026-05-01", "2024-09-01")
MIGRATE = "2018-09-01-preview"
OFF_AZURE = ("2024-12-01-preview", "2023-06-06")
HYBRID_COMPUTE = "2024-07-10"
LOCAL_VM = "2024-01-01"
CLUSTER = "2026-04-30"
CUSTOM_LOCATION = "2021-08-15"
CLUSTER_EXTENSION = "2022-11-01"
BRIDGE = "2022-10-27"
STORAGE = "2023-05-01"
KEY_VAULT = "2023-07-01"
LOCKS = "2020-05-01"
DIAGNOSTIC_SETTINGS = "2021-05-01-preview"
RESOURCES = "2021-04-01"
AUTHORIZATION = "2022-04-01"
# Making a project with an identity, and its solutions: the version that Microsoft's Terraform module makes them with.
MIGRATE_SETUP = "2020-06-01-preview"

MIGRATION_SOLUTION = "Servers-Migration-ServerMigration_DataReplication"
DISCOVERY_SOLUTION = "Servers-Discovery-ServerDiscovery"
INSTANCE_TYPE = "VMwareToAzStackHCI"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """One Azure Migrate project and its appliance pair, as the user names them."""

    subscription_id: str
    resource_group: str
    project: str
    source_appliance: str = ""
    target_appliance: str = ""

    @property
    def group_path(self) -> str:
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"

    @property
    def project_path(self) -> str:
        return f"{self.group_path}/providers/Microsoft.Migrate/migrateProjects/{self.project}"

    def solution_path(self, name: str) -> str:
        return f"{self.project_path}/solutions/{name}"

    @property
    def fabrics_path(self) -> str:
        return f"{self.group_path}/providers/Microsoft.DataReplication/replicationFabrics"

    def group_id(self, name_or_id: str) -> str:
        """A resource group's id from its name in the project's subscription, or the id as given."""
        if name_or_id.startswith("/"):
            return name_or_id
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{name_or_id}"


def machines_path(resource_group_id: str) -> str:
    return f"{resource_group_id}/providers/Microsoft.HybridCompute/machines"


def vm_instance_path(machine_id: str) -> str:
    return f"{machine_id}/providers/Microsoft.AzureStackHCI/virtualMachineInstances/default"


def network_interfaces_path(resource_group_id: str) -> str:
    return f"{resource_group_id}/providers/Microsoft.AzureStackHCI/networkInterfaces"
