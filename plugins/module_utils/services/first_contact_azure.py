# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first look at a tenant's Azure: reads only.

Requests: at most 48 whatever the tenant's size, sign-in, endpoint metadata and retries aside. Of each list at most three pages
are read, of single items and jobs at most three.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..clients.arm import ArmClient
from ..clients.arm_errors import VERSION_REFUSALS
from ..clients.errors import ClientError, InvalidRequest
from ..domain import ids, inferred_items, inferred_jobs, values
from ..domain.evidence import Look, Row, custom, rows_of
from ..domain.inferred_source import details
from . import scope as where
from .looks import Looks, Witness
from .project import Fabric, Project, fabric_of
from .scope import Scope
from .target import BRIDGE_QUERY

MOST_PAGES = 3
AUTHORIZATION = ("2022-04-01",)
_AGAIN = 3  # reads of one thing in a row, for the counters in its headers


class _Known(Project):
    """The project from what was read of it already."""

    def __init__(self, arm: ArmClient, scope: Scope, solutions: Mapping[str, Any]) -> None:
        super().__init__(arm, scope)
        self._solutions = solutions

    def _solution(self, name: str) -> dict[str, Any]:
        return dict(values.mapping(self._solutions.get(name)))

    def fabric_of(self, listed: Sequence[Row], link: str, appliance: str) -> Fabric | None:
        """The fabric of an appliance, or None."""
        try:
            return fabric_of(listed, link, self.site_id(appliance))
        except ClientError:
            return None


class AzureLooks:
    """Looks at everything that the facts need, in the order in which one leads to the next."""

    def __init__(self, arm: ArmClient, scope: Scope, witness: Witness, *, target_group: str = "") -> None:
        self.arm, self.scope, self.witness, self.target_group = arm, scope, witness, target_group
        self.looks = Looks()
        self._spoken: dict[tuple[str, ...], tuple[str, ...]] = {}

    def all(self) -> dict[str, Look]:
        known = self._project()
        vault = self._vault()
        cluster = self._fabrics(known, vault)
        self._discovery(known)
        self._cluster(cluster)
        self._target()
        self._rights(cluster)
        return self.looks.made

    # -- reading ---------------------------------------------------------------------------------------------------

    def read(
        self,
        key: str,
        path: str,
        *versions: str,
        pages: int = 1,
        params: dict[str, str] | None = None,
        sources: tuple[str, ...] = (),
        reason: str = "",
    ) -> Look:
        """One resource, or the first pages of a list. Without a path it is said why there is none."""
        if not path:
            return self.looks.without(key, reason, *sources)
        self.witness.look = key
        return self.looks.ask(key, lambda: self._negotiated(key, path, versions, pages, params))

    def _negotiated(
        self, key: str, path: str, versions: tuple[str, ...], pages: int, params: dict[str, str] | None
    ) -> Look:
        refused: list[str] = []
        supported: tuple[str, ...] = ()
        for version in self._spoken.get(versions, versions):
            try:
                first = self.arm.get(path, version, params)
            except InvalidRequest as error:
                if error.code.lower() not in VERSION_REFUSALS:
                    raise
                refused.append(version)
                supported = supported or error.supported_versions
                continue
            self._spoken[versions] = (version,)
            found, more = self._further(first, version, pages)
            return Look(key=key, pages=found, more=more, version=version, refused=tuple(refused), supported=supported)
        return Look(key=key, gone=True, refused=tuple(refused), supported=supported)

    def _further(self, first: dict[str, Any], version: str, pages: int) -> tuple[tuple[Any, ...], bool]:
        found = [first]
        while (link := values.text(found[-1].get("nextLink"))) and len(found) < pages:
            found.append(self.arm.get(link, version))
        return tuple(found), bool(link)

    def rows(self, key: str) -> list[Row]:
        return [row for page in self.looks.pages(key) for row in rows_of(page)]

    # -- the project and its vault ---------------------------------------------------------------------------------

    def _project(self) -> _Known:
        names = {"migration_solution": where.MIGRATION_SOLUTION, "discovery_solution": where.DISCOVERY_SOLUTION}
        for key, name in names.items():
            self.read(key, self.scope.solution_path(name), where.MIGRATE)
        return _Known(self.arm, self.scope, {name: self.looks.body(key) for key, name in names.items()})

    def _vault(self) -> str:
        """The vault's id, "" where it could not be read; with its items and jobs."""
        named = values.text(details(self.looks.body("migration_solution")).get("vaultId"))
        reason = "the project has no vault yet"
        for key in ("vault", *(f"vault_{again}" for again in range(2, _AGAIN + 1))):
            self.read(key, named, *where.DATA_REPLICATION, sources=("migration_solution",), reason=reason)
        vault = named if self.looks.pages("vault") else ""
        need = ("vault", "migration_solution")
        for key, pages, params in (
            ("items", MOST_PAGES, None),
            ("items_small", 2, {"pageSize": "1"}),
            ("jobs", MOST_PAGES, None),
        ):
            path = f"{vault}/{'jobs' if key == 'jobs' else 'protectedItems'}" if vault else ""
            self.read(
                key, path, *where.DATA_REPLICATION, pages=pages, params=params, sources=need, reason="there is no vault"
            )
        chosen = inferred_items.choose(self.rows("items")) or {}
        self._one("item", chosen, "items", "there is no protected item")
        for number, job in enumerate(inferred_jobs.choose(self.rows("jobs")) or [{}], 1):
            self._one(f"job_{number}", job, "jobs", "there is no job")
        return vault

    def _one(self, key: str, row: Row, source: str, reason: str) -> None:
        self.read(key, values.text(row.get("id")), *where.DATA_REPLICATION, sources=(source, "vault"), reason=reason)

    def _fabrics(self, known: _Known, vault: str) -> str:
        """The id of the Azure Local instance behind the target appliance."""
        self.read("fabrics", self.scope.fabrics_path, *where.DATA_REPLICATION, pages=MOST_PAGES)
        listed = self.rows("fabrics")
        source = known.fabric_of(listed, "vmwareSiteId", self.scope.source_appliance)
        target = known.fabric_of(listed, "azStackHciSiteId", self.scope.target_appliance)
        need, reason = ("fabrics", "discovery_solution"), "the appliance has no fabric"
        for key, fabric in (("source_agents", source), ("target_agents", target)):
            path = f"{fabric.id}/fabricAgents" if fabric else ""
            self.read(key, path, *where.DATA_REPLICATION, sources=need, reason=reason)
        policy = f"{vault}/replicationPolicies/{ids.name(vault)}{where.INSTANCE_TYPE}policy" if vault else ""
        self.read("policy", policy, *where.DATA_REPLICATION, sources=("vault",), reason="there is no vault")
        pair = f"{source.name}-{target.name}-MigReplicationExtn" if source and target else ""
        extension = f"{vault}/replicationExtensions/{pair}" if vault and pair else ""
        self.read("extension", extension, *where.DATA_REPLICATION, sources=("vault", *need), reason=reason)
        return target.cluster_id if target else ""

    def _discovery(self, known: _Known) -> None:
        site = known.sites.get(self.scope.source_appliance.lower(), "")
        need, reason = ("discovery_solution",), "the project does not know the source appliance"
        self.read("site", site, *where.OFF_AZURE, sources=need, reason=reason)
        for key in ("machines", "vcenters"):
            path = f"{site}/{key}" if site else ""
            self.read(key, path, *where.OFF_AZURE, pages=MOST_PAGES, sources=need, reason=reason)

    # -- the target ------------------------------------------------------------------------------------------------

    def _cluster(self, cluster: str) -> None:
        need, reason = ("fabrics", "discovery_solution"), "no fabric names the Azure Local instance"
        self.read("cluster", cluster, where.CLUSTER, sources=need, reason=reason)
        subscription = ids.segment(cluster, "subscriptions")
        provider = f"/subscriptions/{subscription}/providers/Microsoft.AzureStackHCI" if cluster else ""
        for key, kind in (("storage_paths", "storageContainers"), ("logical_networks", "logicalNetworks")):
            self.read(key, provider and f"{provider}/{kind}", where.LOCAL_VM, sources=need, reason=reason)
        if not cluster:
            self.looks.without("bridge", reason, *need)
            return
        self.witness.look = "bridge"
        query = BRIDGE_QUERY.format(cluster=cluster.replace("'", ""))
        self.looks.ask("bridge", lambda: self._graph(query, subscription))

    def _graph(self, query: str, subscription: str) -> Look:
        rows = self.arm.resource_graph(query, [subscription])
        return Look(key="bridge", pages=({"value": rows},), version="2021-03-01")

    def _target(self) -> None:
        group, need = self._group(), ("items",)
        reason = "no target resource group is named, and no item names one"
        self.read("target_machines", where.machines_path(group) if group else "", where.HYBRID_COMPUTE, sources=need,
                  reason=reason)  # fmt: skip
        nics = where.network_interfaces_path(group) if group else ""
        self.read("target_nics", nics, where.LOCAL_VM, sources=need, reason=reason)
        ours = {values.text(custom(row).get("targetVmName")).lower() for row in self._items()}
        machines = self.rows("target_machines")
        machine = next((row for row in machines if values.text(row.get("name")).lower() in ours), {})
        instance = where.vm_instance_path(values.text(machine.get("id"))) if machine else ""
        self.read("target_instance", instance, where.LOCAL_VM, sources=("target_machines",),
                  reason="no migrated VM is in the group read")  # fmt: skip

    def _group(self) -> str:
        """The target resource group: as named, else that of the item which has come furthest."""
        if self.target_group:
            return self.scope.group_id(self.target_group)
        item = inferred_items.choose(self._items()) or {}
        return values.text(custom(item).get("targetResourceGroupId"))

    def _items(self) -> list[Row]:
        """As listed; where the list is trimmed, the one that was read by itself."""
        return [row for row in self.rows("items") if custom(row)] or [self.looks.body("item")]

    def _rights(self, cluster: str) -> None:
        groups = {
            "rights_project": self.scope.group_path,
            "rights_cluster": cluster.partition("/providers/")[0],
            "rights_target": self._group(),
        }
        for key, group in groups.items():
            path = f"{group}/providers/Microsoft.Authorization/permissions" if group else ""
            self.read(key, path, *AUTHORIZATION, pages=MOST_PAGES, sources=("fabrics", "items"),
                      reason="the resource group is not known")  # fmt: skip
