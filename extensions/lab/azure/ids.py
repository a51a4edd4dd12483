# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where everything stands in Azure before a migration starts, from the lab's names.

Site, fabric and custom location have names that nobody can derive from the appliance's or the cluster's, as in
real projects: a client that guesses instead of asking fails here.
"""

from __future__ import annotations

import uuid

from .. import names


def fixed(text: str) -> str:
    """A GUID that is the same in every run."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"azlocal-migrate-lab/{text}"))


SUBSCRIPTION = f"/subscriptions/{names.SUBSCRIPTION}"


def group(name: str) -> str:
    return f"{SUBSCRIPTION}/resourceGroups/{name}"


GROUPS = {
    names.RESOURCE_GROUP: names.LOCATION,
    names.CLUSTER_RESOURCE_GROUP: names.CLUSTER_LOCATION,
    names.TARGET_RESOURCE_GROUP: names.CLUSTER_LOCATION,
}

_OWN = f"{group(names.RESOURCE_GROUP)}/providers"
_PLACE = f"{group(names.CLUSTER_RESOURCE_GROUP)}/providers"

PROJECT = f"{_OWN}/Microsoft.Migrate/MigrateProjects/{names.PROJECT}"
DISCOVERY_SOLUTION_NAME = "Servers-Discovery-ServerDiscovery"
ASSESSMENT_SOLUTION_NAME = "Servers-Assessment-ServerAssessment"
MIGRATION_SOLUTION_NAME = "Servers-Migration-ServerMigration_DataReplication"
DISCOVERY_SOLUTION = f"{PROJECT}/Solutions/{DISCOVERY_SOLUTION_NAME}"
MIGRATION_SOLUTION = f"{PROJECT}/Solutions/{MIGRATION_SOLUTION_NAME}"

SOURCE_SITE_NAME = f"{names.SOURCE_APPLIANCE}7104site"
TARGET_SITE_NAME = f"{names.TARGET_APPLIANCE}6653site"
SOURCE_SITE = f"{_OWN}/Microsoft.OffAzure/VMwareSites/{SOURCE_SITE_NAME}"
TARGET_SITE = f"{_OWN}/Microsoft.OffAzure/HyperVSites/{TARGET_SITE_NAME}"
MASTER_SITE = f"{_OWN}/Microsoft.OffAzure/MasterSites/{names.PROJECT}mastersite"
SERVER_SITE = f"{_OWN}/Microsoft.OffAzure/ServerSites/{names.PROJECT}serversite"
KEY_VAULT = f"{_OWN}/Microsoft.KeyVault/vaults/{names.PROJECT}kv"

VCENTER_FQDN = "vcenter.lab.example"
VCENTER_KEY = f"vcenter-lab-example-{fixed('vcenter')}"
VCENTER = f"{SOURCE_SITE}/vcenters/{VCENTER_KEY}"
RUN_AS_NAME = fixed("run-as-account")
RUN_AS = f"{SOURCE_SITE}/runasaccounts/{RUN_AS_NAME}"

VAULT_NAME = f"{names.PROJECT}replicationvault"
VAULT = f"{_OWN}/Microsoft.DataReplication/replicationVaults/{VAULT_NAME}"
VAULT_SERVICE_ID = fixed("vault")
VAULT_PRINCIPAL = fixed("vault identity")
STORAGE_ACCOUNT = f"{_OWN}/Microsoft.Storage/storageAccounts/migratersa1867481726"
SOURCE_FABRIC_NAME = f"{names.SOURCE_APPLIANCE}5920replicationfabric"
TARGET_FABRIC_NAME = f"{names.TARGET_APPLIANCE}5d25replicationfabric"
SOURCE_FABRIC = f"{_OWN}/Microsoft.DataReplication/replicationFabrics/{SOURCE_FABRIC_NAME}"
TARGET_FABRIC = f"{_OWN}/Microsoft.DataReplication/replicationFabrics/{TARGET_FABRIC_NAME}"
SOURCE_AGENT_NAME = f"{names.SOURCE_APPLIANCE}5920dra"
TARGET_AGENT_NAME = f"{names.TARGET_APPLIANCE}5d25dra"
SOURCE_AGENT = f"{SOURCE_FABRIC}/fabricAgents/{SOURCE_AGENT_NAME}"
TARGET_AGENT = f"{TARGET_FABRIC}/fabricAgents/{TARGET_AGENT_NAME}"
INSTANCE_TYPE = "VMwareToAzStackHCI"
POLICY_NAME = f"{VAULT_NAME}{INSTANCE_TYPE}policy"
POLICY = f"{VAULT}/replicationPolicies/{POLICY_NAME}"
EXTENSION_NAME = f"{SOURCE_FABRIC_NAME}-{TARGET_FABRIC_NAME}-MigReplicationExtn"
EXTENSION = f"{VAULT}/replicationExtensions/{EXTENSION_NAME}"

CLUSTER = f"{_PLACE}/Microsoft.AzureStackHCI/clusters/{names.CLUSTER}"
BRIDGE_NAME = f"{names.CLUSTER}-arcbridge"
BRIDGE = f"{_PLACE}/Microsoft.ResourceConnector/appliances/{BRIDGE_NAME}"
CUSTOM_LOCATION_NAME = "loc-lab-east"
CUSTOM_LOCATION = f"{_PLACE}/Microsoft.ExtendedLocation/customLocations/{CUSTOM_LOCATION_NAME}"
STORAGE = {name: f"{_PLACE}/Microsoft.AzureStackHCI/storageContainers/{name}" for name in names.STORAGE_PATHS}
NETWORKS = {name: f"{_PLACE}/Microsoft.AzureStackHCI/logicalNetworks/{name}" for name in names.LOGICAL_NETWORKS}


def site_name(appliance: str, role: str) -> str:
    known = {names.SOURCE_APPLIANCE: SOURCE_SITE_NAME, names.TARGET_APPLIANCE: TARGET_SITE_NAME}
    return known.get(
        appliance.lower(), f"{appliance}{int(fixed(f'site {role} {appliance.lower()}')[:4], 16) % 10000:04d}site"
    )


def fabric_name(appliance: str) -> str:
    known = {names.SOURCE_APPLIANCE: SOURCE_FABRIC_NAME, names.TARGET_APPLIANCE: TARGET_FABRIC_NAME}
    return known.get(appliance.lower(), f"{appliance}{fixed(f'fabric {appliance.lower()}')[:4]}replicationfabric")


def agent_name(appliance: str) -> str:
    return fabric_name(appliance).removesuffix("replicationfabric") + "dra"


def agent_principal(appliance: str) -> str:
    """The object id of an appliance's application."""
    return fixed(f"object {appliance}")


def machine_name(instance_uuid: str) -> str:
    return f"{VCENTER_KEY}_{instance_uuid.lower()}"


def machine(instance_uuid: str) -> str:
    return f"{SOURCE_SITE}/machines/{machine_name(instance_uuid)}"


def item(name: str) -> str:
    return f"{VAULT}/protectedItems/{name}"


def job(job_id: str) -> str:
    return f"{VAULT}/jobs/{job_id}"


def of_type(group_id: str, provider_type: str, name: str) -> str:
    return f"{group_id.rstrip('/')}/providers/{provider_type}/{name}"
