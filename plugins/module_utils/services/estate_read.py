# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What there is of a programme, wherever it stands. A part whose maker is gone already is found by what it says itself.

Cost, of a finished programme with two appliances: about 20 requests, and one for each application of Microsoft Entra.
"""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Any

from ..clients.arm import ArmClient
from ..clients.directory import Directory
from ..clients.errors import AuthenticationFailed, Conflict, InvalidRequest, NotFound, PermissionDenied
from ..clients.vcenter_estate import VcenterEstate
from ..domain import ids, ours, values
from ..domain.appliance_map import details_of
from ..domain.cache_account import PROJECT_TAG, PROVIDER
from ..domain.estate_list import Row, Seen, application_ids, is_migrating
from ..domain.infrastructure import diagnostics_id
from ..domain.project_seen import DISCOVERY_SOLUTION, LOCAL_SOLUTION, Wanted, state_of
from ..domain.source_appliance import Machine
from . import scope as where
from .project_look import ProjectLook
from .scope import Scope

_SITES = {
    "vmware_site": "Microsoft.OffAzure/VMwareSites",
    "hyperv_site": "Microsoft.OffAzure/HyperVSites",
    "master_site": "Microsoft.OffAzure/MasterSites",
    "server_site": "Microsoft.OffAzure/ServerSites",
}
_FABRICS = "Microsoft.DataReplication/replicationFabrics"
_VAULTS = "Microsoft.DataReplication/replicationVaults"
# Kind of a leftover -> the types of its id; and with which api-version it is read and removed.
TYPES = {
    "lock": "Microsoft.Authorization/locks",
    "diagnostic_setting": "Microsoft.Insights/diagnosticSettings",
    "role_assignment": "Microsoft.Authorization/roleAssignments",
    "extension": f"{_VAULTS}/replicationExtensions",
    "policy": f"{_VAULTS}/replicationPolicies",
    "vault": _VAULTS,
    "fabric": _FABRICS,
    "storage_account": PROVIDER,
    "key_vault": "Microsoft.KeyVault/vaults",
    "project": "Microsoft.Migrate/migrateProjects",
    **_SITES,
}
_VERSIONS = {
    "lock": where.LOCKS,
    "diagnostic_setting": where.DIAGNOSTIC_SETTINGS,
    "role_assignment": where.AUTHORIZATION,
    "storage_account": where.STORAGE,
    "key_vault": where.KEY_VAULT,
    "project": where.MIGRATE_SETUP,
    "resource_group": where.RESOURCES,
    **dict.fromkeys(_SITES, where.OFF_AZURE[0]),
}


def kind_of(arm_id: str) -> str:
    """Which kind of leftover an id names; "" for anything else."""
    if ids.is_resource_group(arm_id):
        return "resource_group"
    pieces = ids.normal(arm_id).rpartition("/providers/")[2].split("/")
    named = "/".join([pieces[0], *pieces[1::2]])
    return next((kind for kind, type_ in TYPES.items() if type_.lower() == named and len(pieces) % 2), "")


class EstateReader:
    """Reads, and nothing else."""

    def __init__(self, arm: ArmClient, scope: Scope, vcenter: VcenterEstate | None, machine: str = "") -> None:
        self.arm, self.vcenter = arm, vcenter
        self.machine = machine or scope.source_appliance  # what the source appliance's machine is called in vCenter
        self.wanted = Wanted(
            subscription_id=scope.subscription_id,
            resource_group=scope.resource_group,
            project=scope.project,
            source_appliance=scope.source_appliance,
            target_appliance="",  # its machine is not in Azure
        )
        self.look = ProjectLook(arm, self.wanted)

    def seen(self) -> Seen:
        group = self.look.group()
        seen = Seen(project_id=self.wanted.project_id, group_id=self.wanted.group_id, group=group)
        if group is not None and state_of(group) != "deleting":
            seen = self._contents(seen)
            seen = self._replication(seen)
            seen = self._around(seen)
            seen = dataclasses.replace(seen, applications=self._applications(seen))
        return self._in_vcenter(seen)

    def version(self, kind: str) -> str:
        return _VERSIONS.get(kind) or self._replication_version

    @cached_property
    def _replication_version(self) -> str:
        path = f"{self.wanted.group_id}/providers/{_FABRICS}"
        try:
            return self.arm.negotiate(path, where.DATA_REPLICATION)
        except (NotFound, Conflict):  # nothing of it can be there
            return where.DATA_REPLICATION[-1]

    def contents(self, group_id: str) -> tuple[Row, ...]:
        """What the resource group lists now."""
        return tuple(self.arm.list(f"{group_id}/resources", where.RESOURCES))

    # -- Azure ---------------------------------------------------------------------------------------------------

    def _contents(self, seen: Seen) -> Seen:
        contents = self.contents(seen.group_id)
        project = self.look.there(seen.project_id, where.MIGRATE_SETUP)
        solutions = self.look.solutions() if project is not None else {}
        seen = dataclasses.replace(seen, contents=contents, project_row=project, solutions=solutions)
        return dataclasses.replace(seen, sites=self._sites(seen), accounts=self._listed(seen, "storage_account"))

    def _listed(self, seen: Seen, kind: str) -> tuple[Row, ...]:
        """All of a kind in the resource group; nothing is asked where its contents have none."""
        if not any(ids.is_resource(values.text(row.get("id")), TYPES[kind]) for row in seen.contents):
            return ()
        return tuple(self.arm.list(f"{seen.group_id}/providers/{TYPES[kind]}", self.version(kind)))

    def _sites(self, seen: Seen) -> dict[str, tuple[Row, ...]]:
        """Those that say that they belong to the project, and the master sites that hold one of them."""
        found = {
            kind: tuple(row for row in self._listed(seen, kind) if _points(row, "discoverySolutionId", seen.project_id))
            for kind in ("vmware_site", "hyperv_site", "server_site")
        }
        theirs = {ids.normal(values.text(row.get("id"))) for rows in found.values() for row in rows}
        named = details_of(seen.solutions.get(DISCOVERY_SOLUTION.lower())).get("masterSiteId", "")
        masters = []
        for row in self._listed(seen, "master_site"):
            holds = {ids.normal(site) for site in values.texts(values.mapping(row.get("properties")).get("sites"))}
            own = values.text(row.get("id"))
            if ids.same_id(own, named) or theirs & holds or ours.is_ours(row, seen.project):
                masters.append(row)
        return {**found, "master_site": tuple(masters)}

    def _replication(self, seen: Seen) -> Seen:
        named = details_of(seen.solutions.get(LOCAL_SOLUTION.lower())).get("vaultId", "")
        vaults = tuple(
            row
            for row in self._listed(seen, "vault")
            if ids.same_id(values.text(row.get("id")), named)
            or ours.tags_of(row).get(PROJECT_TAG, "").lower() == seen.project.lower()
        )
        fabrics = tuple(row for row in self._listed(seen, "fabric") if _fabric_of(row, seen.project_id))
        within = {
            part: [row for vault in vaults for row in self.arm.list(f"{vault['id']}/{part}", self._replication_version)]
            for part in ("replicationExtensions", "replicationPolicies", "protectedItems")
        }
        agents = [
            row for one in fabrics for row in self.arm.list(f"{one['id']}/fabricAgents", self._replication_version)
        ]
        return dataclasses.replace(
            seen,
            vaults=vaults,
            fabrics=fabrics,
            agents=tuple(agents),
            extensions=tuple(within["replicationExtensions"]),
            policies=tuple(within["replicationPolicies"]),
            items=tuple(values.text(row.get("name")) for row in within["protectedItems"]),
        )

    def _around(self, seen: Seen) -> Seen:
        below = f"{seen.group_id}/providers/Microsoft.Authorization"
        logs = [
            vault["id"]
            for vault in seen.vaults
            if self.look.there(diagnostics_id(vault["id"]), where.DIAGNOSTIC_SETTINGS) is not None
        ]
        return dataclasses.replace(
            seen,
            locks=tuple(self.arm.list(f"{below}/locks", where.LOCKS)),
            assignments=tuple(self.arm.list(f"{below}/roleAssignments", where.AUTHORIZATION)),
            diagnostics=tuple(logs),
        )

    # -- Microsoft Entra -----------------------------------------------------------------------------------------

    def _applications(self, seen: Seen) -> dict[str, Row | None]:
        found: dict[str, Row | None] = {}
        for app_id in application_ids(seen):
            readable, row = self.application(app_id)
            if row is not None or not readable:
                found[app_id] = row
        return found

    def application(self, app_id: str) -> tuple[bool, dict[str, Any] | None]:
        """Whether this identity may look, and the application, if there is one."""
        try:
            return True, self.directory.application(app_id)
        except (PermissionDenied, AuthenticationFailed):
            return False, None
        except InvalidRequest as error:
            if error.code != "no_graph":
                raise
            return False, None

    @cached_property
    def directory(self) -> Directory:
        return self.arm.directory()

    def close(self) -> None:
        if "directory" in self.__dict__:
            self.directory.close()

    # -- vCenter -------------------------------------------------------------------------------------------------

    def _in_vcenter(self, seen: Seen) -> Seen:
        if self.vcenter is None:
            return seen
        machines = list[Machine]()
        if self.machine:
            machines = [Machine.parse(vm) for vm in self.vcenter.machines_named(self.machine)]
        marked = self.vcenter.marked() if self.vcenter.has_attribute() else None
        return dataclasses.replace(
            seen,
            appliance_vms=tuple((one.name, one.power == "on") for one in machines if one.mark),
            attribute_marks=None if marked is None else sum(bool(vm["mark"]) for vm in marked),
            migrating=tuple(str(vm["name"]) for vm in marked or () if is_migrating(vm)),
            roles=tuple(self.vcenter.roles()),
        )


def _points(row: Row, name: str, project_id: str) -> bool:
    """Whether a property names something of the project."""
    named = values.text(values.mapping(row.get("properties")).get(name))
    return f"{ids.normal(named)}/".startswith(f"{ids.normal(project_id)}/")


def _fabric_of(row: Row, project_id: str) -> bool:
    custom = values.mapping(values.mapping(row.get("properties")).get("customProperties"))
    return _points({"properties": custom}, "migrationSolutionId", project_id)
