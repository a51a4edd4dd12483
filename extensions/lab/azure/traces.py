# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an appliance leaves in Azure: its entry in the map of its project, its site, its fabric and its agent."""

from __future__ import annotations

import json
from typing import Any

from .. import names
from ..appliances import SIMILAR
from . import fabrics, ids, sites
from .state import Azure
from .wire import JSON

MAP = "applianceNameToSiteIdMapV3"


# -- the map of the discovery solution --------------------------------------------------------------------------


def map_entry(
    name: str, site: str, key_vault: str, *, source: bool, told: JSON | None = None, app: JSON | None = None
) -> JSON:
    """``told``: what is known of the machine once it is registered; ``app``: its Entra application."""
    details: JSON = {
        "machineID": None,
        "IPAddress": None,
        "HostName": None,
        "isRegistered": False,
        "applianceRegistrationTimeStamp": None,
        "discoveryStatus": "NotStarted",
        "deepDiscoveryDisabled": False,
    }
    return {
        name: {
            "ApplianceName": name,
            "SiteId": site,
            "KeyVaultId": key_vault,
            "KeyVaultUrl": None,
            "ApplianceDetails": {**details, **(told or {})},
            "CertificateContents": {f"{name}agentauthcertv2": ""},
            "AadAppDetails": {"TenantID": names.TENANT, "AppName": app_name(name), **app} if app else None,
            "ScaleOutList": None,
            "isV2Site": False,
            "supportAzStackTarget": source,
        }
    }


def app_name(appliance: str) -> str:
    """What the application is called that an appliance registers for itself."""
    return f"{appliance}authandaccessaadapp"


def written(entries: list[JSON]) -> str:
    """As the recorded service writes it into the text."""
    return json.dumps(entries, indent=2).replace("\n", "\r\n")


def discovery_of(project_id: str) -> str:
    return f"{project_id}/Solutions/{ids.DISCOVERY_SOLUTION_NAME}"


def migration_of(project_id: str) -> str:
    return f"{project_id}/Solutions/{ids.MIGRATION_SOLUTION_NAME}"


def details(azure: Azure, solution_id: str) -> dict[str, str]:
    """The extended details of a solution; empty where it is not there."""
    solution = azure.resources.find(solution_id)
    return dict(solution.properties["extendedDetails"]) if solution else {}


def add_details(azure: Azure, solution_id: str, **changed: str) -> None:
    azure.resources.amend(solution_id, extendedDetails={**details(azure, solution_id), **changed})


def entries(azure: Azure, project_id: str) -> list[JSON]:
    """One mapping of one name each; a client may have written nonsense there."""
    try:
        found = json.loads(details(azure, discovery_of(project_id)).get(MAP) or "[]")
    except ValueError:
        return []
    return [row for row in found if isinstance(row, dict) and len(row) == 1] if isinstance(found, list) else []


def entry(azure: Azure, project_id: str, name: str) -> JSON | None:
    for row in entries(azure, project_id):
        for known, told in row.items():
            if known.lower() == name.lower():
                return dict(told)
    return None


def enter(azure: Azure, project_id: str, fresh: JSON) -> None:
    """In the place of what was there of this name, or at the end."""
    name = next(iter(fresh))
    kept = entries(azure, project_id)
    at = next((number for number, row in enumerate(kept) if next(iter(row)).lower() == name.lower()), len(kept))
    kept[at : at + 1] = [fresh]
    add_details(azure, discovery_of(project_id), **{MAP: written(kept)})


def leave(azure: Azure, project_id: str, name: str) -> None:
    kept = [row for row in entries(azure, project_id) if next(iter(row)).lower() != name.lower()]
    add_details(azure, discovery_of(project_id), **{MAP: written(kept)})


def tell(azure: Azure, project_id: str, name: str, app: JSON | None = None, **told: Any) -> None:
    """What has become known of an appliance."""
    known = entry(azure, project_id, name)
    if known is None:
        return
    known["ApplianceDetails"] = {**known["ApplianceDetails"], **told}
    if app is not None:
        known["AadAppDetails"] = {"TenantID": names.TENANT, "AppName": app_name(name), **app}
    enter(azure, project_id, {str(known["ApplianceName"]): known})


# -- site, fabric, agent ----------------------------------------------------------------------------------------


def identity(app_id: str, principal: str) -> JSON:
    return {
        "tenantId": names.TENANT,
        "applicationId": app_id,
        "objectId": principal,
        "audience": app_id,
        "aadAuthority": f"https://login.windows.net/{names.TENANT}",
    }


def connect(azure: Azure, site_id: str, own: JSON) -> None:
    """The appliance of a site has registered."""
    site = azure.resources.find(site_id)
    if site is not None:
        azure.resources.amend(site_id, **sites.connected(site, own, azure.now()))


def source_custom(site: str, solution: str) -> JSON:
    return {"vmwareSiteId": site, "migrationSolutionId": solution, "instanceType": "VMwareMigrate"}


def target_custom(name: str, site: str, solution: str, *, configured: bool) -> JSON:
    """The cluster is known once somebody has typed it in and pressed Configure."""
    cluster = {
        "clusterName": f"{names.CLUSTER}.lab.example",
        "resourceName": ids.CLUSTER.replace("/subscriptions/", "/Subscriptions/", 1),
        "storageAccountName": None,
        "storageContainers": None,
    }
    return {
        "azStackHciSiteId": site,
        "applianceName": [name],
        "cluster": cluster if configured else None,
        "fabricResourceId": "5264560194137195033",
        "fabricContainerId": "14802704691017",
        "migrationSolutionId": solution,
        "migrationHubUri": None,
        "instanceType": "AzStackHCI",
    }


def fabric_id(group: str, name: str) -> str:
    return f"{group}/providers/{fabrics.TYPE}/{ids.fabric_name(name)}"


def bring_fabric(azure: Azure, group: str, region: str, name: str, custom: JSON) -> None:
    arm_id = fabric_id(group, name)
    azure.resources.save(arm_id, fabrics.TYPE, fabrics.body(region, custom, ids.fabric_name(name)), azure.started)


def bring_agent(azure: Azure, group: str, name: str, machine_id: str, own: JSON) -> None:
    fabric = azure.resources.find(fabric_id(group, name))
    if fabric is None:
        return
    kind = str(fabric.properties["customProperties"]["instanceType"])
    shown = fabrics.agent_body(name, machine_id, own, kind)
    azure.resources.save(f"{fabric.id}/fabricAgents/{ids.agent_name(name)}", fabrics.AGENT_TYPE, shown)


def bring_similar(azure: Azure, project_id: str) -> None:
    """A second appliance of nearly the same name in the same project, before the first in every list."""
    group = "/".join(project_id.split("/")[:5])
    project = azure.resources.find(project_id)
    region = str(project.body["location"]) if project else names.LOCATION
    kept = details(azure, discovery_of(project_id))
    site = f"{group}/providers/{sites.VMWARE}/{ids.site_name(SIMILAR, 'source')}"
    shown = sites.body(SIMILAR, region, discovery_of(project_id), kept.get("masterSiteId"), kept.get("keyVaultId", ""))
    azure.resources.save(site, sites.VMWARE, shown, azure.started)
    own = identity(ids.fixed(f"app {SIMILAR}"), ids.agent_principal(SIMILAR))
    connect(azure, site, own)
    bring_fabric(azure, group, region, SIMILAR, source_custom(site, migration_of(project_id)))
    bring_agent(azure, group, SIMILAR, ids.fixed(f"machine {SIMILAR}"), own)
    told = {"machineID": ids.fixed(f"machine {SIMILAR}"), "isRegistered": True, "discoveryStatus": "Success"}
    app = {"AppID": ids.fixed(f"app {SIMILAR}"), "ObjectID": ids.fixed(f"object {SIMILAR}")}
    fresh = map_entry(SIMILAR, site, kept.get("keyVaultId", ""), source=True, told=told, app=app)
    add_details(azure, discovery_of(project_id), **{MAP: written([fresh, *entries(azure, project_id)])})
