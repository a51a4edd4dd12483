# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which handler answers which path. One row an operation."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

from . import (
    diagnostics,
    directory,
    entra,
    fabrics,
    graph,
    groups,
    items,
    jobs_show,
    keyvaults,
    locks,
    machines,
    migrate,
    ms_graph,
    offazure,
    operations,
    pair,
    places,
    providers,
    rbac,
    roles,
    sites,
    storage,
    tags,
    vault,
)
from .state import Azure
from .wire import Answer, Request

Handler = Callable[[Azure, Request], Answer]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    handler: Handler
    versions: str  # key of versions.KNOWN; "" takes any, or none
    write: bool

    @property
    def public(self) -> bool:
        """Answered without a token."""
        return self.handler in (entra.openid, entra.token, entra.metadata)


_S = "/subscriptions/{sub}"
_G = f"{_S}/resourceGroups/{{rg}}"
_OFF = "/providers/Microsoft.OffAzure"
_SITE = f"{_G}{_OFF}/VMwareSites/{{site}}"
_PROJECT = f"{_G}/providers/Microsoft.Migrate/migrateProjects/{{project}}"
_DR = "/providers/Microsoft.DataReplication"
_VAULT = f"{_G}{_DR}/replicationVaults/{{vault}}"
_ITEM = f"{_VAULT}/protectedItems/{{item}}"
_FABRIC = f"{_G}{_DR}/replicationFabrics/{{fabric}}"
_HCI = "/providers/Microsoft.AzureStackHCI"
_BRIDGE = f"{_G}/providers/Microsoft.ResourceConnector/appliances/{{bridge}}"
_EXTENSION = "/providers/Microsoft.KubernetesConfiguration/extensions/{name}"
_ARC = "/providers/Microsoft.HybridCompute/machines"
_MACHINE = f"{_G}{_ARC}/{{machine}}"
_INSTANCE = f"{_MACHINE}{_HCI}/virtualMachineInstances/default"
_RBAC = "{scope}/providers/Microsoft.Authorization"
_INSIGHTS = "{scope}/providers/Microsoft.Insights"
_ACCOUNT = f"{_G}/providers/Microsoft.Storage/storageAccounts/{{account}}"
_KEYS = "/providers/Microsoft.KeyVault"
_TAGS = "{scope}/providers/Microsoft.Resources/tags/default"

_ROWS: tuple[tuple[str, str, Handler, str], ...] = (
    ("GET", "/metadata/endpoints", entra.metadata, ""),
    ("GET", "/{tenant}/v2.0/.well-known/openid-configuration", entra.openid, ""),
    ("POST", "/{tenant}/oauth2/v2.0/token", entra.token, ""),
    ("GET", "/subscriptions", directory.subscriptions, "resources"),
    ("GET", "/tenants", directory.tenants, "resources"),
    ("GET", _S, directory.subscription, "resources"),
    ("GET", f"{_S}/locations", directory.locations, "resources"),
    ("GET", f"{_S}/resourceGroups", groups.listing, "resources"),
    ("GET", _G, groups.get, "resources"),
    ("HEAD", _G, groups.head, "resources"),
    ("PUT", _G, groups.put, "resources"),
    ("PATCH", _G, groups.patch, "resources"),
    ("DELETE", _G, groups.delete, "resources"),
    ("GET", f"{_G}/resources", groups.contents, "resources"),
    ("GET", f"{_S}/operationresults/{{operation}}", operations.get, "resources"),
    ("GET", f"{_S}/providers", providers.listing, "resources"),
    ("GET", f"{_S}/providers/{{ns}}", providers.get, "resources"),
    ("POST", f"{_S}/providers/{{ns}}/register", providers.post, "resources"),
    ("GET", _TAGS, tags.get, "resources"),
    ("PATCH", _TAGS, tags.patch, "resources"),
    ("GET", f"{_RBAC}/permissions", rbac.permissions, "authorization"),
    ("GET", f"{_RBAC}/roleDefinitions", roles.definitions, "authorization"),
    ("GET", f"{_RBAC}/roleDefinitions/{{name}}", roles.definition, "authorization"),
    ("PUT", f"{_RBAC}/roleDefinitions/{{name}}", roles.define, "authorization"),
    ("DELETE", f"{_RBAC}/roleDefinitions/{{name}}", roles.undefine, "authorization"),
    ("GET", f"{_RBAC}/roleAssignments", roles.assignments, "authorization"),
    ("GET", f"{_RBAC}/roleAssignments/{{name}}", roles.assignment, "authorization"),
    ("PUT", f"{_RBAC}/roleAssignments/{{name}}", roles.assign, "authorization"),
    ("DELETE", f"{_RBAC}/roleAssignments/{{name}}", roles.withdraw, "authorization"),
    ("GET", f"{_RBAC}/locks", locks.listing, "locks"),
    ("GET", f"{_RBAC}/locks/{{name}}", locks.get, "locks"),
    ("PUT", f"{_RBAC}/locks/{{name}}", locks.put, "locks"),
    ("DELETE", f"{_RBAC}/locks/{{name}}", locks.delete, "locks"),
    ("GET", f"{_INSIGHTS}/diagnosticSettings", diagnostics.listing, "diagnostics"),
    ("GET", f"{_INSIGHTS}/diagnosticSettingsCategories", diagnostics.categories, "diagnostics"),
    ("GET", f"{_INSIGHTS}/diagnosticSettings/{{name}}", diagnostics.get, "diagnostics"),
    ("PUT", f"{_INSIGHTS}/diagnosticSettings/{{name}}", diagnostics.put, "diagnostics"),
    ("DELETE", f"{_INSIGHTS}/diagnosticSettings/{{name}}", diagnostics.delete, "diagnostics"),
    ("POST", f"{_S}/providers/Microsoft.Storage/checkNameAvailability", storage.check_name, "storage"),
    ("GET", f"{_S}/providers/Microsoft.Storage/storageAccounts", storage.ACCOUNT.listing, "storage"),
    ("GET", f"{_G}/providers/Microsoft.Storage/storageAccounts", storage.ACCOUNT.listing, "storage"),
    ("GET", _ACCOUNT, storage.ACCOUNT.get, "storage"),
    ("PUT", _ACCOUNT, storage.put, "storage"),
    ("PATCH", _ACCOUNT, storage.patch, "storage"),
    ("DELETE", _ACCOUNT, storage.ACCOUNT.delete, "storage"),
    (
        "GET",
        f"{_S}/providers/Microsoft.Storage/locations/{{location}}/asyncoperations/{{operation}}",
        operations.get,
        "storage",
    ),
    ("GET", f"{_S}{_KEYS}/vaults", keyvaults.KEY_VAULTS.listing, "keyvault"),
    ("GET", f"{_G}{_KEYS}/vaults", keyvaults.KEY_VAULTS.listing, "keyvault"),
    ("GET", f"{_G}{_KEYS}/vaults/{{keyvault}}", keyvaults.KEY_VAULTS.get, "keyvault"),
    ("DELETE", f"{_G}{_KEYS}/vaults/{{keyvault}}", keyvaults.KEY_VAULTS.delete, "keyvault"),
    ("GET", f"{_S}{_KEYS}/deletedVaults", keyvaults.deleted, "keyvault"),
    ("GET", f"{_S}{_KEYS}/locations/{{location}}/deletedVaults/{{keyvault}}", keyvaults.deleted_one, "keyvault"),
    ("POST", f"{_S}{_KEYS}/locations/{{location}}/deletedVaults/{{keyvault}}/purge", keyvaults.purge, "keyvault"),
    ("GET", f"{_S}/providers/Microsoft.Migrate/migrateProjects", migrate.PROJECT.listing, "migrate"),
    ("GET", f"{_G}/providers/Microsoft.Migrate/migrateProjects", migrate.PROJECT.listing, "migrate"),
    ("GET", _PROJECT, migrate.PROJECT.get, "migrate"),
    ("PUT", _PROJECT, migrate.project_put, "migrate"),
    ("PATCH", _PROJECT, migrate.project_patch, "migrate"),
    ("DELETE", _PROJECT, migrate.PROJECT.delete, "migrate"),
    ("POST", f"{_PROJECT}/registerTool", migrate.register_tool, "migrate"),
    ("GET", f"{_PROJECT}/solutions", migrate.SOLUTION.listing, "migrate"),
    ("GET", f"{_PROJECT}/solutions/{{solution}}", migrate.SOLUTION.get, "migrate"),
    ("PUT", f"{_PROJECT}/solutions/{{solution}}", migrate.solution_put, "migrate"),
    ("PATCH", f"{_PROJECT}/solutions/{{solution}}", migrate.solution_patch, "migrate"),
    ("DELETE", f"{_PROJECT}/solutions/{{solution}}", migrate.SOLUTION.delete, "migrate"),
    *(
        row
        for kind, site in (("MasterSites", sites.MASTER_SITE), ("ServerSites", sites.SERVER_SITE))
        for row in (
            ("GET", f"{_S}{_OFF}/{kind}", site.listing, "offazure"),
            ("GET", f"{_G}{_OFF}/{kind}", site.listing, "offazure"),
            ("GET", f"{_G}{_OFF}/{kind}/{{site}}", site.get, "offazure"),
            ("PUT", f"{_G}{_OFF}/{kind}/{{site}}", site.put, "offazure"),
            ("PATCH", f"{_G}{_OFF}/{kind}/{{site}}", site.patch, "offazure"),
            ("DELETE", f"{_G}{_OFF}/{kind}/{{site}}", site.delete, "offazure"),
        )
    ),
    ("GET", f"{_S}{_OFF}/VMwareSites", sites.VMWARE_SITE.listing, "offazure"),
    ("GET", f"{_G}{_OFF}/VMwareSites", sites.VMWARE_SITE.listing, "offazure"),
    ("GET", _SITE, sites.vmware_get, "offazure"),
    ("DELETE", _SITE, sites.VMWARE_SITE.delete, "offazure"),
    ("GET", f"{_S}{_OFF}/HyperVSites", sites.HYPERV_SITE.listing, "offazure"),
    ("GET", f"{_G}{_OFF}/HyperVSites", sites.HYPERV_SITE.listing, "offazure"),
    ("GET", f"{_G}{_OFF}/HyperVSites/{{site}}", sites.HYPERV_SITE.get, "offazure"),
    ("DELETE", f"{_G}{_OFF}/HyperVSites/{{site}}", sites.HYPERV_SITE.delete, "offazure"),
    ("GET", f"{_SITE}/machines", offazure.machines, "offazure"),
    ("GET", f"{_SITE}/machines/{{machine}}", offazure.machine, "offazure"),
    ("GET", f"{_SITE}/vcenters", offazure.vcenters, "offazure"),
    ("GET", f"{_SITE}/vcenters/{{vcenter}}", offazure.vcenter, "offazure"),
    ("GET", f"{_SITE}/runasaccounts", offazure.run_as_accounts, "offazure"),
    ("GET", f"{_S}{_DR}/replicationVaults", vault.listing, "replication"),
    ("GET", f"{_G}{_DR}/replicationVaults", vault.listing, "replication"),
    ("GET", _VAULT, vault.VAULT.get, "replication"),
    ("PUT", _VAULT, vault.VAULT.put, "replication"),
    ("PATCH", _VAULT, vault.VAULT.patch, "replication"),
    ("DELETE", _VAULT, vault.delete, "replication"),
    ("GET", f"{_S}{_DR}/replicationFabrics", fabrics.listing, "replication"),
    ("GET", f"{_G}{_DR}/replicationFabrics", fabrics.listing, "replication"),
    ("GET", _FABRIC, fabrics.FABRIC.get, "replication"),
    ("DELETE", _FABRIC, fabrics.FABRIC.delete, "replication"),
    ("GET", f"{_FABRIC}/fabricAgents", fabrics.agents, "replication"),
    ("GET", f"{_FABRIC}/fabricAgents/{{agent}}", fabrics.agent, "replication"),
    ("DELETE", f"{_FABRIC}/fabricAgents/{{agent}}", fabrics.AGENT.delete, "replication"),
    *(
        row
        for kind in ("replicationPolicies", "replicationExtensions")
        for row in (
            ("GET", f"{_VAULT}/{kind}", pair.listing, "replication"),
            ("GET", f"{_VAULT}/{kind}/{{part}}", pair.get, "replication"),
            ("PUT", f"{_VAULT}/{kind}/{{part}}", pair.put, "replication"),
            ("DELETE", f"{_VAULT}/{kind}/{{part}}", pair.delete, "replication"),
        )
    ),
    ("GET", f"{_VAULT}/protectedItems", items.listing, "replication"),
    ("GET", _ITEM, items.get, "replication"),
    ("PUT", _ITEM, items.put, "replication"),
    ("PATCH", _ITEM, items.patch, "replication"),
    ("DELETE", _ITEM, items.delete, "replication"),
    ("POST", f"{_ITEM}/plannedFailover", items.planned_failover, "replication"),
    ("GET", f"{_ITEM}/recoveryPoints", items.recovery_points, "replication"),
    ("GET", f"{_ITEM}/recoveryPoints/{{point}}", items.recovery_point, "replication"),
    ("GET", f"{_VAULT}/jobs", jobs_show.listing, "replication"),
    ("GET", f"{_VAULT}/jobs/{{job}}", jobs_show.get, "replication"),
    ("GET", f"{_VAULT}/events", jobs_show.events_list, "replication"),
    ("GET", f"{_VAULT}/events/{{event}}", jobs_show.event, "replication"),
    ("GET", f"{_S}{_DR}/locations/{{location}}/operationResults/{{operation}}", operations.get, "replication"),
    ("GET", f"{_S}{_HCI}/locations/{{location}}/operationStatuses/{{operation}}", operations.get, "hcivm"),
    ("GET", f"{_S}{_HCI}/clusters", places.clusters, "cluster"),
    ("GET", f"{_G}{_HCI}/clusters", places.clusters, "cluster"),
    ("GET", f"{_G}{_HCI}/clusters/{{name}}", places.cluster, "cluster"),
    ("GET", f"{_S}{_HCI}/storageContainers", places.storage_containers, "hcivm"),
    ("GET", f"{_G}{_HCI}/storageContainers", places.storage_containers, "hcivm"),
    ("GET", f"{_G}{_HCI}/storageContainers/{{name}}", places.storage_container, "hcivm"),
    ("GET", f"{_S}{_HCI}/logicalNetworks", places.logical_networks, "hcivm"),
    ("GET", f"{_G}{_HCI}/logicalNetworks", places.logical_networks, "hcivm"),
    ("GET", f"{_G}{_HCI}/logicalNetworks/{{name}}", places.logical_network, "hcivm"),
    ("GET", f"{_S}/providers/Microsoft.ExtendedLocation/customLocations", places.custom_locations, "location"),
    ("GET", f"{_G}/providers/Microsoft.ExtendedLocation/customLocations", places.custom_locations, "location"),
    ("GET", f"{_G}/providers/Microsoft.ExtendedLocation/customLocations/{{name}}", places.custom_location, "location"),
    ("GET", f"{_S}/providers/Microsoft.ResourceConnector/appliances", places.bridges, "bridge"),
    ("GET", f"{_G}/providers/Microsoft.ResourceConnector/appliances", places.bridges, "bridge"),
    ("GET", f"{_G}/providers/Microsoft.ResourceConnector/appliances/{{name}}", places.bridge, "bridge"),
    ("GET", f"{_BRIDGE}{_EXTENSION}", places.extension, "kubernetes"),
    ("GET", f"{_S}{_ARC}", machines.listing, "hybrid"),
    ("GET", f"{_G}{_ARC}", machines.listing, "hybrid"),
    ("GET", _MACHINE, machines.get, "hybrid"),
    ("PATCH", _MACHINE, machines.patch, "hybrid"),
    ("DELETE", _MACHINE, machines.delete, "hybrid"),
    ("GET", _INSTANCE.removesuffix("/default"), machines.instances, "hcivm"),
    ("GET", _INSTANCE, machines.instance, "hcivm"),
    ("DELETE", _INSTANCE, machines.delete_instance, "hcivm"),
    ("POST", f"{_INSTANCE}/start", machines.start, "hcivm"),
    ("POST", f"{_INSTANCE}/stop", machines.stop, "hcivm"),
    *(
        row
        for kind in ("networkInterfaces", "virtualHardDisks")
        for row in (
            ("GET", f"{_S}{_HCI}/{kind}", machines.parts_listing, "hcivm"),
            ("GET", f"{_G}{_HCI}/{kind}", machines.parts_listing, "hcivm"),
            ("GET", f"{_G}{_HCI}/{kind}/{{name}}", machines.part, "hcivm"),
            ("DELETE", f"{_G}{_HCI}/{kind}/{{name}}", machines.part_delete, "hcivm"),
        )
    ),
    ("POST", "/providers/Microsoft.ResourceGraph/resources", graph.query, "graph"),
    *(
        row
        for prefix in ("/v1.0", f"{entra.MS_GRAPH}/v1.0")
        for row in (
            ("GET", f"{prefix}/applications", ms_graph.applications, ""),
            ("POST", f"{prefix}/applications", ms_graph.application_post, ""),
            ("GET", f"{prefix}/applications/{{object}}", ms_graph.application, ""),
            ("PATCH", f"{prefix}/applications/{{object}}", ms_graph.application_patch, ""),
            ("DELETE", f"{prefix}/applications/{{object}}", ms_graph.application_delete, ""),
            ("GET", f"{prefix}/servicePrincipals", ms_graph.principals, ""),
            ("POST", f"{prefix}/servicePrincipals", ms_graph.principal_post, ""),
            ("GET", f"{prefix}/servicePrincipals/{{object}}", ms_graph.principal, ""),
            ("DELETE", f"{prefix}/servicePrincipals/{{object}}", ms_graph.principal_delete, ""),
        )
    ),
)


def _pattern(template: str) -> re.Pattern[str]:
    def group(found: re.Match[str]) -> str:
        name = found[1]
        return f"(?P<{name}>.+)" if name == "scope" else f"(?P<{name}>[^/]+)"

    return re.compile(re.sub(r"\\\{(\w+)\\\}", group, re.escape(template)), re.IGNORECASE)


ROUTES = tuple(
    Route(
        method=method,
        pattern=_pattern(template),
        handler=handler,
        versions=versions,
        write=method not in ("GET", "HEAD") and handler not in (entra.token, graph.query, storage.check_name),
    )
    for method, template, handler, versions in _ROWS
)


def find(method: str, path: str) -> tuple[Route | None, dict[str, str], bool]:
    """The route, what its pattern caught, and whether the path at least exists with another method."""
    known = False
    for route in ROUTES:
        found = route.pattern.fullmatch(path)
        if found is not None:
            if route.method == method:
                return route, found.groupdict(), True
            known = True
    return None, {}, known
