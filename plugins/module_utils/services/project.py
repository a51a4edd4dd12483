# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The replication pair: vault, policy, extension, fabrics and agents that join one source to one target appliance.

Facts: control-plane §1 (resources), §2.2 (how they are found), §2.4 (what they must be). Appliances are matched
by the id of their site, never by a name prefix: ``app1`` is not ``app10``.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from ..clients.arm import ArmClient
from ..clients.errors import ClientError, NotFound
from ..domain.ids import same_id
from . import scope as where
from .scope import Scope


class NotReady(ClientError):
    """The project is not in a state in which this can be done."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Agent:
    """One fabric agent: the replication service inside an appliance."""

    name: str
    appliance: str
    responsive: bool
    last_heartbeat: str
    principal: str  # object id of the identity that it works with


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Fabric:
    name: str
    id: str
    cluster_id: str  # of the target fabric; "" for a source


class Project:
    """Read once, lazily: each property costs one request the first time."""

    def __init__(self, arm: ArmClient, scope: Scope) -> None:
        self.arm = arm
        self.scope = scope

    @cached_property
    def migration_solution(self) -> dict[str, Any]:
        return self._solution(where.MIGRATION_SOLUTION)

    @cached_property
    def discovery_solution(self) -> dict[str, Any]:
        return self._solution(where.DISCOVERY_SOLUTION)

    @cached_property
    def vault_id(self) -> str:
        """The replication vault's id, from the migration solution."""
        vault = _details(self.migration_solution).get("vaultId", "")
        if not vault:
            raise NotReady(
                f"project {self.scope.project} has no replication vault yet",
                code="no_vault",
            )
        return vault

    @cached_property
    def version(self) -> str:
        """The api-version of the replication provider that this region accepts."""
        return self.arm.negotiate(self.vault_id, where.DATA_REPLICATION)

    @cached_property
    def sites(self) -> dict[str, str]:
        """Site id by appliance name, lower case (V3 of the map overrides V2)."""
        details = _details(self.discovery_solution)
        sites: dict[str, str] = {}
        for entry in _entries(details.get("applianceNameToSiteIdMapV2")):
            sites[str(entry.get("ApplianceName", "")).lower()] = str(entry.get("SiteId", ""))
        for entry in _entries(details.get("applianceNameToSiteIdMapV3")):
            for name, value in entry.items():
                if isinstance(value, dict):
                    sites[name.lower()] = str(value.get("SiteId", ""))
        return sites

    def site_id(self, appliance: str) -> str:
        site = self.sites.get(appliance.lower(), "")
        if not site:
            known = ", ".join(sorted(self.sites)) or "none"
            raise NotReady(
                f"appliance {appliance} is not known to project {self.scope.project} (known: {known})",
                code="appliance_unknown",
            )
        return site

    @cached_property
    def source_site_id(self) -> str:
        return self.site_id(self.scope.source_appliance)

    @cached_property
    def source_fabric(self) -> Fabric | None:
        """Found by the site that it names; None where the appliance is not registered yet."""
        return fabric_of(self._fabrics, "vmwareSiteId", self.source_site_id)

    @cached_property
    def target_fabric(self) -> Fabric | None:
        return fabric_of(self._fabrics, "azStackHciSiteId", self.site_id(self.scope.target_appliance))

    def target_fabric_id_of(self, appliance: str) -> str:
        """Of a target appliance that need not be in the project's list any more; empty where it has no fabric."""
        for fabric in self._fabrics:
            custom = (fabric.get("properties") or {}).get("customProperties") or {}
            theirs, site = custom.get("azStackHciSiteId") or "", self.sites.get(appliance.lower(), "")
            named = custom.get("applianceName") or []  # a list with one name in what was recorded
            names = [named] if isinstance(named, str) else named
            if theirs and (same_id(theirs, site) or appliance.lower() in [str(name).lower() for name in names]):
                return str(fabric["id"])
        return ""

    @cached_property
    def fabrics(self) -> tuple[Fabric, Fabric]:
        """Source and target fabric, both connected."""
        return (
            self._connected(self.source_fabric, self.scope.source_appliance),
            self._connected(self.target_fabric, self.scope.target_appliance),
        )

    @cached_property
    def agents(self) -> tuple[Agent, Agent]:
        """The agent of the source and of the target appliance."""
        source, target = self.fabrics
        return (
            self._there(self.agent(source, self.scope.source_appliance), self.scope.source_appliance),
            self._there(self.agent(target, self.scope.target_appliance), self.scope.target_appliance),
        )

    @cached_property
    def policy_name(self) -> str:
        name = f"{self.vault_id.rsplit('/', 1)[-1]}{where.INSTANCE_TYPE}policy"
        self._succeeded(f"{self.vault_id}/replicationPolicies/{name}", "replication policy")
        return name

    @cached_property
    def extension_name(self) -> str:
        source, target = self.fabrics
        name = f"{source.name}-{target.name}-MigReplicationExtn"
        self._succeeded(f"{self.vault_id}/replicationExtensions/{name}", "replication extension")
        return name

    def _solution(self, name: str) -> dict[str, Any]:
        try:
            return self.arm.get(self.scope.solution_path(name), where.MIGRATE)
        except NotFound as error:
            if error.code in ("SubscriptionNotFound", "ResourceGroupNotFound"):
                raise  # says it better than we could
            raise NotReady(
                f"Azure Migrate project {self.scope.project} in resource group {self.scope.resource_group} "
                f"does not exist or lacks the solution {name}",
                code=error.code or "project_not_found",
                remedy="check azlocal_resource_group, azlocal_project and the subscription",
                correlation_id=error.correlation_id,
            ) from error

    @cached_property
    def _fabrics(self) -> list[dict[str, Any]]:
        return self.arm.list(self.scope.fabrics_path, self.version)

    @staticmethod
    def _connected(fabric: Fabric | None, appliance: str) -> Fabric:
        if fabric is None:
            raise NotReady(
                f"appliance {appliance} has no connected replication fabric",
                code="appliance_not_connected",
            )
        return fabric

    def agent(self, fabric: Fabric, appliance: str) -> Agent | None:
        """The replication agent of that appliance, read afresh."""
        for agent in self.arm.list(f"{fabric.id}/fabricAgents", self.version):
            properties = agent.get("properties") or {}
            if str(properties.get("machineName", "")).lower() == appliance.lower():
                return Agent(
                    name=agent["name"],
                    appliance=appliance,
                    responsive=str(properties.get("isResponsive")).lower() == "true",
                    last_heartbeat=str(properties.get("lastHeartbeat") or ""),
                    principal=str((properties.get("resourceAccessIdentity") or {}).get("objectId") or ""),
                )
        return None

    @staticmethod
    def _there(agent: Agent | None, appliance: str) -> Agent:
        if agent is None:
            raise NotReady(
                f"appliance {appliance} has no replication agent",
                code="agent_missing",
            )
        return agent

    def _succeeded(self, path: str, what: str) -> None:
        found = self.arm.get_or_none(path, self.version)
        state = ((found or {}).get("properties") or {}).get("provisioningState") if found else "missing"
        if state != "Succeeded":
            raise NotReady(
                f"the {what} {path.rsplit('/', 1)[-1]} is {state}",
                code="infrastructure_not_ready",
            )


def fabric_of(listed: Iterable[Mapping[str, Any]], link: str, site_id: str) -> Fabric | None:
    """The connected fabric that names this site in ``link``."""
    for fabric in listed:
        properties = fabric.get("properties") or {}
        custom = properties.get("customProperties") or {}
        if not same_id(custom.get(link) or "", site_id) or properties.get("provisioningState") != "Succeeded":
            continue
        cluster = (custom.get("cluster") or {}).get("resourceName") or ""
        return Fabric(name=fabric["name"], id=fabric["id"], cluster_id=cluster)
    return None


def _details(solution: dict[str, Any]) -> dict[str, str]:
    properties = solution.get("properties") or {}
    return ((properties.get("details") or {}).get("extendedDetails")) or {}


def _entries(text: str | None) -> list[dict[str, Any]]:
    try:
        value = json.loads(text or "[]")
    except ValueError:
        return []
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
