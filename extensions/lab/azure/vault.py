# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.DataReplication apart from items and jobs: the vault, fabrics and their agents."""

from __future__ import annotations

import datetime as dt

from .. import names
from . import ids
from .state import Azure
from .wire import JSON, Answer, ArmError, Request, bad, stamp

_TYPE = "Microsoft.DataReplication"


def check_vault(request: Request) -> None:
    name = request.parts.get("vault")
    if name is not None and name.lower() != ids.VAULT_NAME.lower():
        raise ArmError(
            404,
            "ResourceNotFound",
            f"The Resource '{_TYPE}/replicationVaults/{name}' under '{request.parts['rg']}' was not found.",
            gateway=True,
        )


def vault(azure: Azure, request: Request) -> Answer:
    return Answer(body=_vault(azure, request))


def vaults(azure: Azure, request: Request) -> Answer:
    own = _in_group(request)
    return Answer(body={"value": [_vault(azure, request)] if own else [], "nextLink": None})


def patch(azure: Azure, request: Request) -> Answer:
    """Its identity can be given and taken; nothing else of it is the lab's business."""
    identity = request.body.get("identity") if isinstance(request.body, dict) else None
    now = "SystemAssigned" if azure.vault_identity else "None"
    kind = identity.get("type") if isinstance(identity, dict) else now
    if kind not in ("SystemAssigned", "None"):
        raise bad("InvalidIdentityType", f"The identity type '{kind}' is not supported.")
    before, azure.vault_identity = azure.vault_identity, kind == "SystemAssigned"
    if before != azure.vault_identity:
        azure.world.journal.write("", "target", "identity", before, azure.vault_identity, request.line)
    return Answer(body=_vault(azure, request))


def _in_group(request: Request) -> bool:
    return request.parts.get("rg", names.RESOURCE_GROUP).lower() == names.RESOURCE_GROUP.lower()


def _vault(azure: Azure, request: Request) -> JSON:
    properties: JSON = {
        "provisioningState": "Succeeded",
        "serviceResourceId": ids.VAULT_SERVICE_ID,
        "vaultType": "Migrate",
    }
    if request.api_version >= "2026":
        properties |= {
            "publicNetworkAccess": "Enabled",
            "privateEndpointState": "None",
            "privateEndpointConnections": [],
        }
    identity: JSON = {"type": "None"}
    if azure.vault_identity:
        identity = {"type": "SystemAssigned", "principalId": ids.VAULT_PRINCIPAL, "tenantId": names.TENANT}
    return {
        "location": names.LOCATION,
        "tags": {"Migrate Project": names.PROJECT},
        "properties": properties,
        "identity": identity,
        "id": ids.VAULT,
        "name": ids.VAULT_NAME,
        "type": f"{_TYPE}/replicationVaults",
        "systemData": {"createdByType": "Application", "createdAt": "2025-11-11T20:07:46.1943073+00:00"},
    }


# -- fabrics ----------------------------------------------------------------------------------------------------


def _source_custom() -> JSON:
    return {
        "vmwareSiteId": ids.SOURCE_SITE,
        "migrationSolutionId": ids.MIGRATION_SOLUTION,
        "instanceType": "VMwareMigrate",
    }


def _target_custom() -> JSON:
    return {
        "azStackHciSiteId": ids.TARGET_SITE,
        "applianceName": [names.TARGET_APPLIANCE],
        "cluster": {
            "clusterName": f"{names.CLUSTER}.lab.example",
            "resourceName": ids.CLUSTER.replace("/subscriptions/", "/Subscriptions/", 1),
            "storageAccountName": None,
            "storageContainers": None,
        },
        "fabricResourceId": "5264560194137195033",
        "fabricContainerId": "14802704691017",
        "migrationSolutionId": ids.MIGRATION_SOLUTION,
        "migrationHubUri": None,
        "instanceType": "AzStackHCI",
    }


def _fabric(arm_id: str, custom: JSON, *, listed: bool) -> JSON:
    name = arm_id.rsplit("/", 1)[-1]
    return {
        "location": names.LOCATION,
        "tags": {},
        "properties": {
            "provisioningState": "Succeeded",
            "serviceEndpoint": None if listed else "https://pod01-rcm1.lab.example",
            "serviceResourceId": ids.fixed(f"fabric {name}"),
            "health": "Normal",
            "healthErrors": [],
            "customProperties": custom,
        },
        "id": arm_id,
        "name": name,
        "type": f"{_TYPE}/replicationFabrics",
        "systemData": {
            "createdBy": "user@example.com",
            "createdByType": "User",
            "createdAt": "2025-10-31T22:59:49.8810877+00:00",
        },
    }


def fabrics(azure: Azure, request: Request) -> Answer:
    if not _in_group(request):
        return Answer(body={"value": []})
    rows = [
        _fabric(ids.SOURCE_FABRIC, _source_custom(), listed=True),
        _fabric(ids.TARGET_FABRIC, _target_custom(), listed=True),
    ]
    return Answer(body={"value": rows})  # recorded without nextLink


def _which(request: Request) -> bool:
    """True for the source fabric, False for the target's."""
    wanted = request.parts["fabric"].lower()
    if wanted == ids.SOURCE_FABRIC_NAME.lower():
        return True
    if wanted == ids.TARGET_FABRIC_NAME.lower():
        return False
    raise ArmError(
        404, "ResourceNotFound", f"The Resource '{_TYPE}/replicationFabrics/{request.parts['fabric']}' was not found.",
        gateway=True,
    )  # fmt: skip


def fabric(azure: Azure, request: Request) -> Answer:
    if _which(request):
        return Answer(body=_fabric(ids.SOURCE_FABRIC, _source_custom(), listed=False))
    return Answer(body=_fabric(ids.TARGET_FABRIC, _target_custom(), listed=False))


def _agent(azure: Azure, *, source: bool) -> JSON:
    arm_id = ids.SOURCE_AGENT if source else ids.TARGET_AGENT
    appliance = names.SOURCE_APPLIANCE if source else names.TARGET_APPLIANCE
    identity = {
        "tenantId": names.TENANT,
        "applicationId": ids.fixed(f"app {appliance}"),
        "objectId": ids.agent_principal(appliance),
        "audience": ids.fixed(f"app {appliance}"),
        "aadAuthority": f"https://login.windows.net/{names.TENANT}",
    }
    silent = appliance in azure.switches.silent_agents
    moment = azure.started if silent else azure.now()
    return {
        "properties": {
            "correlationId": ids.fixed(f"correlation {appliance}"),
            "machineId": ids.fixed(f"machine {appliance}"),
            "machineName": appliance,
            "authenticationIdentity": identity,
            "resourceAccessIdentity": identity,
            "isResponsive": not silent,
            "lastHeartbeat": stamp(moment - dt.timedelta(seconds=moment.second % 15)),
            "versionNumber": "1.25.819.2",
            "provisioningState": "Succeeded",
            "healthErrors": [],
            "customProperties": {"instanceType": "VMwareMigrate" if source else "AzStackHCI"},
        },
        "id": arm_id,
        "name": arm_id.rsplit("/", 1)[-1],
        "type": f"{_TYPE}/replicationFabrics/fabricAgents",
        "systemData": None,
    }


def agents(azure: Azure, request: Request) -> Answer:
    return Answer(body={"value": [_agent(azure, source=_which(request))], "nextLink": None})


def agent(azure: Azure, request: Request) -> Answer:
    row = _agent(azure, source=_which(request))
    if row["name"].lower() != request.parts["agent"].lower():
        raise ArmError(404, "FabricAgentNotFound", f"The fabric agent '{request.parts['agent']}' was not found.")
    return Answer(body=row)
