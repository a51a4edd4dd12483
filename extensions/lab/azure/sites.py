# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.OffAzure: master and server sites, which a client makes, and the appliances' sites, which their keys bring."""

from __future__ import annotations

import datetime as dt

from ..appliances import alive
from ..world import SourceVm
from . import ids
from .resources import Resource
from .state import Azure
from .tracked import Kind, properties_of, words
from .wire import JSON, Answer, Request, bad, same, stamp

MASTER, SERVER = "Microsoft.OffAzure/MasterSites", "Microsoft.OffAzure/ServerSites"
VMWARE, HYPERV = "Microsoft.OffAzure/vmwareSites", "Microsoft.OffAzure/HyperVSites"
_ACCESS = ("Enabled", "Disabled", "NotSpecified")


# -- the scaffold of a project ----------------------------------------------------------------------------------


def _accept_master(azure: Azure, request: Request, body: JSON, known: Resource | None) -> JSON:
    given = properties_of(body)
    below = given.get("sites", [])
    if not isinstance(below, list) or not all(isinstance(site, str) for site in below):
        raise bad("InvalidRequestContent", "sites must be a list of texts.")
    missing = [site for site in below if azure.resources.find(site) is None]
    if missing:
        raise bad("SiteNotFound", f"The site '{missing[0]}' was not found.")
    access = words(given.get("publicNetworkAccess"), _ACCESS, "publicNetworkAccess")
    return {
        "publicNetworkAccess": access or "NotSpecified",
        "allowMultipleSites": bool(given.get("allowMultipleSites", False)),
        "sites": below,
        "customerStorageAccountArmId": given.get("customerStorageAccountArmId"),
    }


def _show_master(azure: Azure, request: Request, site: Resource) -> JSON:
    return site.show(privateEndpointConnections=[], nestedSites=[])


MASTER_SITE = Kind(type=MASTER, part="site", accept=_accept_master, show=_show_master)


def _accept_server(azure: Azure, request: Request, body: JSON, known: Resource | None) -> JSON:
    given = properties_of(body)
    solution = given.get("discoverySolutionId")
    if azure.resources.find(solution) is None:
        raise bad("DiscoverySolutionNotFound", f"The discovery solution '{solution}' was not found.")
    kept = {"discoverySolutionId": solution, "applianceName": given.get("applianceName")}
    if request.api_version >= "2024-12-01" and given.get("arcScope") is not None:
        kept["arcScope"] = _arc_scope(given["arcScope"])
    return kept


def _arc_scope(given: object) -> object:
    if not isinstance(given, dict) or given.get("scopeType") != "SubscriptionOrResourceGroupIds":
        raise bad("InvalidArcScope", "arcScope.scopeType must be SubscriptionOrResourceGroupIds.")
    return given


def _show_server(azure: Azure, request: Request, site: Resource) -> JSON:
    shown = site.show(masterSiteId=_master_of(azure, site), serviceEndpoint="https://discoverysrv.lab.example/")
    if request.api_version < "2024-12-01":
        shown["properties"].pop("arcScope", None)
    return shown


def _master_of(azure: Azure, site: Resource) -> str | None:
    return next(
        (row.id for row in azure.resources.of(MASTER) if any(same(site.id, each) for each in row.properties["sites"])),
        None,
    )


SERVER_SITE = Kind(type=SERVER, part="site", accept=_accept_server, show=_show_server)


# -- the sites of appliances ------------------------------------------------------------------------------------


def _show_site(azure: Azure, request: Request, site: Resource) -> JSON:
    kept = site.properties
    agent = {**kept["agentDetails"], "lastHeartBeatUtc": beat(azure, site)}
    return site.show(agentDetails=agent)


# the recorded site of a VMware appliance has its own type in another case than the ids that point to it
VMWARE_SITE = Kind(type=VMWARE, part="site", show=_show_site)
HYPERV_SITE = Kind(type=HYPERV, part="site", show=_show_site)


def body(appliance: str, region: str, solution: str, master: str | None, key_vault: str) -> JSON:
    """What a key brings: a site that waits for its appliance."""
    return {
        "location": region,
        "properties": {
            "masterSiteId": master,
            "agentDetails": {
                "id": None,
                "version": None,
                "lastHeartBeatUtc": None,
                "keyVaultUri": vault_url(key_vault),
                "keyVaultId": key_vault,
            },
            "applianceName": appliance,
            "discoverySolutionId": solution,
            "serviceEndpoint": "https://discoverysrv.lab.example/",
            "provisioningState": "Succeeded",
        },
    }


def vault_url(key_vault: str) -> str:
    return f"https://{key_vault.rsplit('/', 1)[-1]}.vault.azure.net"


def connected(site: Resource, identity: JSON, now: dt.datetime) -> JSON:
    """What the registration adds: properties of the site with its appliance's identity and first sign of life."""
    name = site.properties["applianceName"]
    agent = {"id": f"{ids.fixed(f'agent {name}')}-agent", "version": "2.0.2535.129", "lastHeartBeatUtc": stamp(now)}
    return {
        **site.properties,
        "servicePrincipalIdentityDetails": {**identity, "rawCertData": "bGFi"},
        "agentDetails": {**site.properties["agentDetails"], **agent},
    }


def reports(azure: Azure, name: str) -> bool:
    """Whether the machine of this name is alive, and the one that was registered."""
    appliance = azure.lab.appliances.get(name.lower())
    return appliance is not None and appliance.registered_at is not None and alive(appliance)


def beat(azure: Azure, site: Resource) -> str | None:
    """The appliances report every 30 s from their registration on, as long as they live."""
    name = str(site.properties["applianceName"]).lower()
    first: str | None = site.properties["agentDetails"]["lastHeartBeatUtc"]
    if first is not None and reports(azure, name):
        moment = azure.now()
        azure.beats[name] = str(stamp(moment - dt.timedelta(seconds=moment.second % 30)))
    return first and azure.beats.get(name, first)


def of_project(azure: Azure, project_id: str) -> list[Resource]:
    """Sites of appliances that belong to a project."""
    start = f"{project_id}/".lower()
    rows = [row for kind in (VMWARE, HYPERV) for row in azure.resources.of(kind)]
    return [row for row in rows if str(row.properties["discoverySolutionId"]).lower().startswith(start)]


def shows_machines(azure: Azure, site_id: str) -> bool:
    """Some time after discovery was started, and never where it is stuck."""
    since = azure.discovered_from.get(site_id.lower())
    return since is not None and since <= azure.clock.monotonic() and not azure.switches.discovery_stuck


def found_by(azure: Azure, project_id: str) -> list[SourceVm]:
    """What a project's appliances have discovered."""
    if not any(shows_machines(azure, site.id) for site in of_project(azure, project_id)):
        return []
    return [vm for vm in azure.world.source.values() if not vm.template]


def vmware_get(azure: Azure, request: Request) -> Answer:
    """Recorded of this kind of site alone: an etag and a kind."""
    answer = VMWARE_SITE.get(azure, request)
    answer.body |= {"etag": '"03001dd9-0000-3300-0000-67b60a4f0000"', "kind": "Migrate"}
    return answer
