# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which handler answers which path. One row an operation."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

from . import (
    directory,
    entra,
    graph,
    items,
    jobs_show,
    machines,
    migrate,
    offazure,
    operations,
    pair,
    places,
    rbac,
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
_SITE = f"{_G}/providers/Microsoft.OffAzure/VMwareSites/{{site}}"
_PROJECT = f"{_G}/providers/Microsoft.Migrate/migrateProjects/{{project}}"
_DR = "/providers/Microsoft.DataReplication"
_VAULT = f"{_G}{_DR}/replicationVaults/{{vault}}"
_ITEM = f"{_VAULT}/protectedItems/{{item}}"
_FABRIC = f"{_G}{_DR}/replicationFabrics/{{fabric}}"
_HCI = "/providers/Microsoft.AzureStackHCI"
_ARC = "/providers/Microsoft.HybridCompute/machines"
_MACHINE = f"{_G}{_ARC}/{{machine}}"
_INSTANCE = f"{_MACHINE}{_HCI}/virtualMachineInstances/default"
_RBAC = "{scope}/providers/Microsoft.Authorization"
_TAGS = "{scope}/providers/Microsoft.Resources/tags/default"

_ROWS: tuple[tuple[str, str, Handler, str], ...] = (
    ("GET", "/metadata/endpoints", entra.metadata, ""),
    ("GET", "/{tenant}/v2.0/.well-known/openid-configuration", entra.openid, ""),
    ("POST", "/{tenant}/oauth2/v2.0/token", entra.token, ""),
    ("GET", "/subscriptions", directory.subscriptions, "resources"),
    ("GET", "/tenants", directory.tenants, "resources"),
    ("GET", _S, directory.subscription, "resources"),
    ("GET", f"{_S}/locations", directory.locations, "resources"),
    ("GET", f"{_S}/resourceGroups", directory.groups, "resources"),
    ("GET", _G, directory.group, "resources"),
    ("GET", f"{_S}/providers", directory.providers, "resources"),
    ("GET", f"{_S}/providers/{{ns}}", directory.provider, "resources"),
    ("POST", f"{_S}/providers/{{ns}}/register", directory.provider, "resources"),
    ("GET", _TAGS, directory.tags_get, "resources"),
    ("PATCH", _TAGS, directory.tags_patch, "resources"),
    ("GET", f"{_RBAC}/permissions", rbac.permissions, "authorization"),
    ("GET", f"{_RBAC}/roleDefinitions", rbac.definitions, "authorization"),
    ("GET", f"{_RBAC}/roleAssignments", rbac.assignments, "authorization"),
    ("GET", f"{_RBAC}/roleAssignments/{{name}}", rbac.assignment, "authorization"),
    ("PUT", f"{_RBAC}/roleAssignments/{{name}}", rbac.assign, "authorization"),
    ("DELETE", f"{_RBAC}/roleAssignments/{{name}}", rbac.withdraw, "authorization"),
    ("GET", _PROJECT, migrate.project, "migrate"),
    ("GET", f"{_PROJECT}/solutions", migrate.solutions, "migrate"),
    ("GET", f"{_PROJECT}/solutions/{{solution}}", migrate.solution, "migrate"),
    ("GET", _SITE, offazure.vmware_site, "offazure"),
    ("GET", f"{_G}/providers/Microsoft.OffAzure/HyperVSites/{{site}}", offazure.hyperv_site, "offazure"),
    ("GET", f"{_SITE}/machines", offazure.machines, "offazure"),
    ("GET", f"{_SITE}/machines/{{machine}}", offazure.machine, "offazure"),
    ("GET", f"{_SITE}/vcenters", offazure.vcenters, "offazure"),
    ("GET", f"{_SITE}/vcenters/{{vcenter}}", offazure.vcenter, "offazure"),
    ("GET", f"{_SITE}/runasaccounts", offazure.run_as_accounts, "offazure"),
    ("GET", f"{_S}{_DR}/replicationVaults", vault.vaults, "replication"),
    ("GET", f"{_G}{_DR}/replicationVaults", vault.vaults, "replication"),
    ("GET", _VAULT, vault.vault, "replication"),
    ("PATCH", _VAULT, vault.patch, "replication"),
    ("GET", f"{_S}{_DR}/replicationFabrics", vault.fabrics, "replication"),
    ("GET", f"{_G}{_DR}/replicationFabrics", vault.fabrics, "replication"),
    ("GET", _FABRIC, vault.fabric, "replication"),
    ("GET", f"{_FABRIC}/fabricAgents", vault.agents, "replication"),
    ("GET", f"{_FABRIC}/fabricAgents/{{agent}}", vault.agent, "replication"),
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
        write=method != "GET" and handler not in (entra.token, graph.query),
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
