# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is there of a replication infrastructure.

Cost, where all is there: 12 requests, one more each for locks, diagnostic setting, and what a replacement must know.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from ..clients.arm import ArmClient
from ..clients.errors import ClientError, NotFound
from ..domain import appliance_map, ids, infrastructure, values
from ..domain.cache_account import PROVIDER, Account, Origin, found, names
from ..domain.infrastructure import Grant, Item, Lock, Part, Seen, Side, Solution, Vault, Wanted
from ..domain.infrastructure_problems import passes
from . import scope as where
from .project import Fabric, NotReady, Project

_SITES = {"source": "vmwaresites", "target": "hypervsites"}


class Reader:
    """The reads of one run. What a step has changed is read anew by name."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.arm: ArmClient = project.arm
        self.scope = project.scope

    # -- what is there ------------------------------------------------------------------------------------------

    def seen(self, wanted: Wanted) -> Seen:
        solution = Solution.parse(self.project.migration_solution)
        source = self._side(self.scope.source_appliance, "source")
        target = self._side(self.scope.target_appliance, "target", wanted.replaces)
        region = values.text(self.arm.get(self.scope.project_path, where.MIGRATE).get("location"))
        seen = Seen(project_region=region, solution=solution, source=source, target=target)
        if not solution.vault_id:
            return seen
        seen = dataclasses.replace(
            seen,
            vault=self.vault(),
            source=self._joined(source, self.project.source_fabric if source.site_id else None),
            target=self._joined(target, self.project.target_fabric if target.site_id else None),
            policy=self.part(infrastructure.policy_id(solution.vault_id)),
            replaced_fabric_id=self.project.target_fabric_id_of(wanted.replaces) if wanted.replaces else "",
        )
        seen = dataclasses.replace(
            seen,
            extensions=self.extensions(seen),
            items=self.items() if wanted.replace else None,
            locks=None if wanted.locks is None else self.locks(),
            diagnostics=None if wanted.diagnostics is None else self.diagnostics(solution.vault_id),
        )
        return self.judged(self._with_account(seen, wanted))

    def solution(self) -> Solution:
        """Read afresh: the service keeps counters in it."""
        return Solution.parse(self.arm.get(self.scope.solution_path(where.MIGRATION_SOLUTION), where.MIGRATE))

    def vault(self) -> Vault:
        try:
            return Vault.parse(self.arm.get(self.project.vault_id, self.project.version))
        except NotFound as error:
            raise NotReady(
                f"project {self.scope.project} names the replication vault {ids.name(self.project.vault_id)}, "
                "which does not exist any more",
                code="vault_gone",
                correlation_id=error.correlation_id,
            ) from error

    def part(self, path: str) -> Part | None:
        body = self.arm.get_or_none(path, self.project.version)
        return None if body is None else Part.parse(body)

    def extensions(self, seen: Seen) -> tuple[Part, ...]:
        """All of the vault. Of ours also why it failed, which only its job knows."""
        listed = self.parts("replicationExtensions")
        return tuple(self._explained(part) if ids.same_id(part.id, seen.extension_id) else part for part in listed)

    def judged(self, seen: Seen) -> Seen:
        """Of our pair's extension that may succeed next time: who made it, and whether items use it by now."""
        own = seen.extension
        if own is None or not own.is_bad or not passes("extension", own.reason_code, own.reason):
            return seen
        return dataclasses.replace(
            seen, items=self.items(), extension_is_ours=seen.extension_is_ours or self._is_ours(own, seen)
        )

    def _is_ours(self, extension: Part, seen: Seen) -> bool:
        """It takes no tag [S], so it is known by its account: one that we made, or gave roles on. Their list may lag."""
        if seen.account is None or not ids.same_id(extension.account_id, seen.account_id):
            return False
        paths = [
            infrastructure.assignment_id(self.scope.project_path, seen.account_id, principal, role)
            for principal in filter(None, seen.principals.values())
            for role in infrastructure.ROLES.values()
        ]
        if seen.account.is_ours(self.scope.project) or any(
            ids.same_id(grant.id, path) for grant in seen.grants for path in paths
        ):
            return True
        return any(self.arm.get_or_none(path, where.AUTHORIZATION) is not None for path in paths)

    def account(self, account_id: str) -> Account | None:
        body = self.arm.get_or_none(account_id, where.STORAGE)
        return None if body is None else Account.parse(body)

    # -- appliances ---------------------------------------------------------------------------------------------

    def _side(self, name: str, role: str, replaces: str = "") -> Side:
        """An appliance as the project knows it, from its key on. Another one in its place is an error, unless it is dead."""
        known = appliance_map.known(self.project.discovery_solution)
        own = next((appliance for appliance in known if appliance.name.lower() == name.lower()), None)
        others = [each for each in known if each.kind == _SITES[role] and each.name.lower() != replaces.lower()]
        if own is None and not others:
            return Side(appliance=name, role=role)
        registered = own is not None and own.registered is True
        return Side(appliance=name, role=role, site_id=self.project.site_id(name), registered=registered)

    def _joined(self, side: Side, fabric: Fabric | None) -> Side:
        if fabric is None:
            return side
        side = dataclasses.replace(side, configured=side.role == "source" or bool(fabric.cluster_id))
        agent = self.project.agent(fabric, side.appliance)
        if agent is None:
            return dataclasses.replace(side, fabric_id=fabric.id)
        return dataclasses.replace(
            side,
            fabric_id=fabric.id,
            principal=agent.principal,
            responsive=agent.responsive,
            last_heartbeat=agent.last_heartbeat,
        )

    # -- inside the vault ---------------------------------------------------------------------------------------

    def parts(self, kind: str) -> list[Part]:
        """Lists of this service are trimmed here and there: what comes without its content is read by name."""
        vault, version = self.project.vault_id, self.project.version
        listed = [Part.parse(body) for body in self.arm.list(f"{vault}/{kind}", version)]
        return [part if part.state and part.custom else self.part(part.id) or part for part in listed]

    def _explained(self, part: Part) -> Part:
        if not part.is_bad:
            return part
        vault, version = self.project.vault_id, self.project.version
        jobs = [body for body in self.arm.list(f"{vault}/jobs", version) if _is_about(body, part.id)]
        newest = max(jobs, key=lambda body: values.text(body["properties"].get("startTime")), default=None)
        if newest is None:
            return part
        errors = values.mappings(values.mapping(self.arm.get(newest["id"], version).get("properties")).get("errors"))
        code = next((values.text(error.get("code")) for error in errors), "")
        reason = next((values.text(error.get("message")) for error in errors), "")
        return dataclasses.replace(part, reason_code=code, reason=reason.rstrip("."))

    def items(self, *, whole: bool = True) -> tuple[Item, ...]:
        """``whole``: what the list leaves out is read by name, several at a time; what that leaves out too stays empty."""
        listed = self.arm.list(f"{self.project.vault_id}/protectedItems", self.project.version)
        lacking = [body for body in listed if whole and "" in (_item(body).policy, _item(body).extension)]
        replies = self.arm.map(lambda body: self.arm.get_or_none(body["id"], self.project.version), lacking)
        alone: dict[str, dict[str, Any] | None] = {}
        for body, reply in zip(lacking, replies, strict=True):
            if isinstance(reply, ClientError):
                raise reply  # nothing may be decided by a trimmed row
            alone[body["id"]] = reply
        found = (alone.get(body["id"], body) for body in listed)
        return tuple(_item(body) for body in found if body is not None)

    # -- around it ----------------------------------------------------------------------------------------------

    def locks(self) -> tuple[Lock, ...]:
        """Of the resource group and everything in it."""
        listed = self.arm.list(f"{self.scope.group_path}/providers/Microsoft.Authorization/locks", where.LOCKS)
        return tuple(
            Lock(id=body["id"], level=values.text(values.mapping(body.get("properties")).get("level")))
            for body in listed
        )

    def diagnostics(self, vault_id: str) -> dict[str, Any]:
        body = self.arm.get_or_none(infrastructure.diagnostics_id(vault_id), where.DIAGNOSTIC_SETTINGS)
        return dict(values.mapping((body or {}).get("properties")))

    # -- the account --------------------------------------------------------------------------------------------

    def _with_account(self, seen: Seen, wanted: Wanted) -> Seen:
        """The one that the project is linked to, else the one given, else one that is there, else one to make."""
        for origin, account_id in _candidates(seen, wanted):
            account = self.account(account_id)
            if account is not None or origin == "given" or not wanted.replace:
                return self._granted(seen, origin, account_id, account)
        own_names = names(seen.source.site_id, self.scope.source_appliance, self.scope.project)
        account = found(self.accounts(), own_names)
        if account is not None:
            return self._granted(seen, "found", account.id, account)
        account_id = f"{self.scope.group_path}/providers/{PROVIDER}/{own_names[0]}"
        return self._granted(seen, "to_make", account_id, None)

    def _granted(self, seen: Seen, origin: Origin, account_id: str, account: Account | None) -> Seen:
        grants = () if account is None else tuple(self._grants(account_id))
        return dataclasses.replace(seen, account=account, account_id=account_id, account_origin=origin, grants=grants)

    def accounts(self) -> list[Account]:
        return [
            Account.parse(body)
            for body in self.arm.list(f"{self.scope.group_path}/providers/{PROVIDER}", where.STORAGE)
        ]

    def _grants(self, account_id: str) -> Iterator[Grant]:
        """Roles given on the account itself; those inherited may be taken away elsewhere."""
        for row in self.assignments(account_id):
            said = row["properties"]
            if ids.same_id(values.text(said.get("scope")), account_id):
                yield Grant(
                    id=row["id"],
                    principal=values.text(said.get("principalId")),
                    role=ids.name(values.text(said.get("roleDefinitionId"))),
                    conditional=bool(said.get("condition")),
                )

    def assignments(self, scope: str) -> list[dict[str, Any]]:
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments"
        return self.arm.list(path, where.AUTHORIZATION, {"$filter": "atScope()"})


def _candidates(seen: Seen, wanted: Wanted) -> Iterator[tuple[Origin, str]]:
    if seen.solution.account_id:
        yield "linked", seen.solution.account_id
    if wanted.account_id:
        yield "given", wanted.account_id
    if seen.extension is not None and seen.extension.account_id:
        yield "of_extension", seen.extension.account_id


def _item(body: Mapping[str, Any]) -> Item:
    said = values.mapping(body.get("properties"))
    return Item(
        name=values.text(body.get("name")),
        policy=values.text(said.get("policyName")),
        extension=values.text(said.get("replicationExtensionName")),
    )


def _is_about(job: dict[str, Any], part_id: str) -> bool:
    properties = values.mapping(job.get("properties"))
    return ids.same_id(values.text(properties.get("objectId")), part_id) and properties.get("state") == "Failed"
