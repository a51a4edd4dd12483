# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in Azure when the lab begins: a project with both appliances connected, or next to nothing.

``ready``: somebody has prepared everything, for years. ``bare``: the Azure Local instance and the groups of its
resources and of the VMs to come; of the resource providers, those that the instance needed.
"""

from __future__ import annotations

from typing import Any

from .. import names
from . import deletion, ids, keyvaults, migrate, ms_graph, pair, providers, roles, sites, storage, traces, vault
from .resources import GROUP
from .state import Azure, PairPart

_MINUTES = {
    "recoveryPointHistoryInMinutes": 4320,
    "crashConsistentFrequencyInMinutes": 60,
    "appConsistentFrequencyInMinutes": 240,
    "instanceType": ids.INSTANCE_TYPE,
}


def prepare(azure: Azure) -> None:
    ready = azure.lab.stage == "ready"
    _groups(azure, ready)
    _grant(azure, ids.SUBSCRIPTION, ids.fixed("owner"), roles.OWNER, names.CLIENT_ID)
    for subscription in azure.subscriptions:
        namespaces = providers.EVERY if ready else providers.OF_THE_INSTANCE
        providers.register(azure, subscription, *(namespaces if subscription == names.SUBSCRIPTION else ()))
    if ready:
        _project(azure)
        if azure.switches.similar_appliance:
            traces.bring_similar(azure, ids.PROJECT)
        _sites(azure)
        _replication(azure)
        _pair(azure)


def _groups(azure: Azure, ready: bool) -> None:
    for name, location in ids.GROUPS.items():
        if ready or name != names.RESOURCE_GROUP:
            _put(azure, ids.group(name), GROUP, location=location, properties={"provisioningState": "Succeeded"})


def _put(azure: Azure, arm_id: str, type_: str, /, **body: Any) -> None:
    azure.resources.save(arm_id, type_, body, azure.started)


def _grant(azure: Azure, scope: str, name: str, role: str, who: str) -> None:
    """Since ever: no list lags behind it, and it has reached everything."""
    row = roles.row(azure, scope, name, role, who)
    azure.assignments.update({row["id"].lower(): row})


def _region(azure: Azure) -> str:
    return azure.switches.project_region


# -- the project ------------------------------------------------------------------------------------------------


def _project(azure: Azure) -> None:
    region = _region(azure)
    tools = ["ServerDiscovery", "ServerAssessment", "ServerMigration_DataReplication"]
    shown = {"registeredTools": tools, "publicNetworkAccess": "Enabled", "provisioningState": "Succeeded"}
    _put(azure, ids.PROJECT, migrate.PROJECT.type, location=region, properties=shown)
    for name, tool, purpose, details in (
        (ids.DISCOVERY_SOLUTION_NAME, "ServerDiscovery", "Discovery", _discovery()),
        (ids.ASSESSMENT_SOLUTION_NAME, "ServerAssessment", "Assessment", {}),
        (ids.MIGRATION_SOLUTION_NAME, "ServerMigration_DataReplication", "Migration", _migration()),
    ):
        solution = {
            "tool": tool,
            "purpose": purpose,
            "goal": "Servers",
            "status": "Inactive",
            "extendedDetails": details,
        }
        _put(azure, f"{ids.PROJECT}/Solutions/{name}", migrate.SOLUTION.type, properties=solution)
    _put(azure, ids.KEY_VAULT, deletion.KEY_VAULT, **keyvaults.body(region, names.PROJECT + "kv"))
    server = {"discoverySolutionId": ids.DISCOVERY_SOLUTION, "applianceName": None, "provisioningState": "Succeeded"}
    _put(azure, ids.SERVER_SITE, sites.SERVER, location=region, tags={}, properties=server)
    master = {
        "publicNetworkAccess": "Enabled",
        "allowMultipleSites": True,
        "sites": [ids.SERVER_SITE, ids.SOURCE_SITE],
        "customerStorageAccountArmId": None,
        "provisioningState": "Succeeded",
    }
    _put(azure, ids.MASTER_SITE, sites.MASTER, location=region, tags={}, properties=master)


def _discovery() -> dict[str, str]:
    appliances = []
    for name, site, source in (
        (names.SOURCE_APPLIANCE, ids.SOURCE_SITE, True),
        (names.TARGET_APPLIANCE, ids.TARGET_SITE, False),
    ):
        told = {
            "machineID": ids.fixed(f"machine {name}"),
            "IPAddress": "10.10.0.11" if source else "10.10.0.12",
            "HostName": f"WIN-{name.upper()}",
            "isRegistered": True,
            "applianceRegistrationTimeStamp": "11/11/2025 8:40:43 PM" if source else None,
            "discoveryStatus": "Success" if source else "NotStarted",
        }
        app = {"AppID": ids.fixed(f"app {name}"), "ObjectID": ids.fixed(f"object {name}")}
        appliances.append(traces.map_entry(name, site, ids.KEY_VAULT, source=source, told=told, app=app))
    return {
        "keyVaultUrl": sites.vault_url(ids.KEY_VAULT),
        "masterSiteId": ids.MASTER_SITE,
        traces.MAP: traces.written(appliances),
        "keyVaultId": ids.KEY_VAULT,
    }


def _migration() -> dict[str, str]:
    return {"vaultId": ids.VAULT, "replicationStorageAccountId": ids.STORAGE_ACCOUNT}


# -- appliances -------------------------------------------------------------------------------------------------


def _sites(azure: Azure) -> None:
    for name, site_id, kind in (
        (names.SOURCE_APPLIANCE, ids.SOURCE_SITE.replace("/VMwareSites/", "/vmwareSites/"), sites.VMWARE),
        (names.TARGET_APPLIANCE, ids.TARGET_SITE, sites.HYPERV),
    ):
        shown = sites.body(name, _region(azure), ids.DISCOVERY_SOLUTION, ids.MASTER_SITE, ids.KEY_VAULT)
        _put(azure, site_id, kind, **shown)
        traces.connect(azure, site_id, traces.identity(ids.fixed(f"app {name}"), ids.agent_principal(name)))
        ms_graph.make(azure, traces.app_name(name), [], ids.fixed(f"application {name}"), ids.fixed(f"app {name}"))
        app = azure.applications[ids.fixed(f"application {name}")]
        ms_graph.make_principal(azure, app, ids.agent_principal(name))
    azure.discovered_from[ids.SOURCE_SITE.lower()] = azure.clock.monotonic()
    azure.born.clear()  # they were there long before


def _replication(azure: Azure) -> None:
    region = _region(azure)
    azure.identities[ids.VAULT.lower()] = ids.VAULT_PRINCIPAL
    _put(
        azure,
        ids.VAULT,
        vault.TYPE,
        location=region,
        tags={"Migrate Project": names.PROJECT},
        properties={
            "provisioningState": "Succeeded",
            "serviceResourceId": ids.VAULT_SERVICE_ID,
            "vaultType": "Migrate",
        },
        identity={"type": "SystemAssigned", "principalId": ids.VAULT_PRINCIPAL, "tenantId": names.TENANT},
        systemData={"createdByType": "Application", "createdAt": "2025-11-11T20:07:46.1943073+00:00"},
    )
    for name, custom in (
        (names.SOURCE_APPLIANCE, traces.source_custom(ids.SOURCE_SITE, ids.MIGRATION_SOLUTION)),
        (
            names.TARGET_APPLIANCE,
            traces.target_custom(names.TARGET_APPLIANCE, ids.TARGET_SITE, ids.MIGRATION_SOLUTION, configured=True),
        ),
    ):
        identity = traces.identity(ids.fixed(f"app {name}"), ids.agent_principal(name))
        traces.bring_fabric(azure, ids.group(names.RESOURCE_GROUP), region, name, custom)
        traces.bring_agent(azure, ids.group(names.RESOURCE_GROUP), name, ids.fixed(f"machine {name}"), identity)


def _pair(azure: Azure) -> None:
    kept = {
        "sku": {"name": "Standard_LRS"},
        "kind": "StorageV2",
        "location": _region(azure),
        "tags": {"Migrate Project": names.PROJECT},
    }
    _put(azure, ids.STORAGE_ACCOUNT, storage.TYPE, **kept, properties=storage.usual("Succeeded"))
    extension = {
        "vmwareFabricArmId": ids.SOURCE_FABRIC,
        "azStackHciFabricArmId": ids.TARGET_FABRIC,
        "storageAccountId": ids.STORAGE_ACCOUNT,
        "storageAccountSasSecretName": "",
        "instanceType": ids.INSTANCE_TYPE,
    }
    for kind, name, custom in (
        ("replicationPolicies", ids.POLICY_NAME, dict(_MINUTES)),
        ("replicationExtensions", ids.EXTENSION_NAME, pair.read_back(azure, extension, ids.VAULT)),
    ):
        part = PairPart(id=f"{ids.VAULT}/{kind}/{name}", name=name, kind=kind, custom=custom)
        azure.parts[part.id.lower()] = part
    for who in (
        ids.VAULT_PRINCIPAL,
        ids.agent_principal(names.SOURCE_APPLIANCE),
        ids.agent_principal(names.TARGET_APPLIANCE),
    ):
        for role in (roles.CONTRIBUTOR, roles.BLOB_CONTRIBUTOR):
            _grant(azure, ids.STORAGE_ACCOUNT, ids.fixed(f"assignment {who} {role}"), role, who)
