# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is there to the steps that are missing, in their order, for a project to be as wanted.

The first step is taken, what it made is seen, and the plan is made again: so a run that was cut off anywhere is taken
up by the next one, and nothing is made twice.

The parts are those that the portal makes with a project: the project with an identity, four solutions, a role for the
identity, and the two sites under which an appliance registers (platform facts §2, step 10).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from . import geographies, ids, ours, values
from .project_seen import (
    AZURE_SOLUTION,
    BROKEN,
    DISCOVERY_SOLUTION,
    LOCAL_SOLUTION,
    Resource,
    Seen,
    Wanted,
    is_busy,
    state_of,
)

ASSESSOR = "ba480ccd-6499-4709-b581-8f38bb215c63"  # the built-in role Azure Migrate assessor
Kind = Literal["register", "registered", "group", "project", "solution", "assignment", "site", "tags", "settle"]


class Solution(NamedTuple):
    name: str
    tool: str
    purpose: str
    status: str


SOLUTIONS = (
    Solution("Servers-Assessment-ServerAssessment", "ServerAssessment", "Assessment", "Active"),
    Solution(DISCOVERY_SOLUTION, "ServerDiscovery", "Discovery", "Inactive"),
    Solution(AZURE_SOLUTION, "ServerMigration", "Migration", "Active"),
    Solution(LOCAL_SOLUTION, "ServerMigration_DataReplication", "Migration", "Inactive"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One thing to do. ``part`` names the field of ``Seen`` that it changes; two steps with one key are the same."""

    kind: Kind
    part: str
    does: str  # what it does, as the result tells it: "make resource group rg-migrate"
    path: str
    body: Mapping[str, Any] = field(default_factory=dict)
    before: Any = None
    after: Any = None

    @property
    def key(self) -> str:
        return f"{self.kind} {ids.normal(self.path)}"

    @property
    def writes(self) -> bool:
        return self.kind not in ("registered", "settle")


def plan(wanted: Wanted, seen: Seen) -> list[Step]:
    """Everything that is still to do. What hangs on an earlier step is told as far as it is known by now."""
    return [
        *_registrations(wanted, seen),
        *_group(wanted, seen),
        *_registered(wanted, seen),
        *_project(wanted, seen),
        *_solutions(wanted, seen),
        *_assignment(wanted, seen),
        *_server_site(wanted, seen),
        *_master_site(wanted, seen),
    ]


# -- resource providers ---------------------------------------------------------------------------------------------


def _registrations(wanted: Wanted, seen: Seen) -> Iterator[Step]:
    for subscription, namespaces in wanted.providers().items():
        for namespace in namespaces:
            state = seen.provider_state(subscription, namespace)
            if state not in ("registered", "registering", "unregistering"):  # the last must end before it is turned
                yield Step(
                    kind="register",
                    part="providers",
                    does=f"register {namespace} in subscription {subscription}",
                    path=f"/subscriptions/{subscription}/providers/{namespace}",
                    before=state or "unknown",
                    after="registered",
                )


def _registered(wanted: Wanted, seen: Seen) -> Iterator[Step]:
    for subscription, namespaces in wanted.providers().items():
        moving = [name for name in namespaces if seen.provider_state(subscription, name).endswith("registering")]
        if moving:
            yield Step(
                kind="registered",
                part="providers",
                does=f"wait until {', '.join(moving)} are registered in subscription {subscription}",
                path=f"/subscriptions/{subscription}",
                body={"namespaces": moving},
            )


# -- resources ------------------------------------------------------------------------------------------------------


def _settle(part: str, what: str, path: str) -> Step:
    return Step(kind="settle", part=part, does=f"wait for {what}", path=path)


def _tags(wanted: Wanted, resource: Resource, part: str, what: str, path: str) -> Iterator[Step]:
    """The user's tags on what is ours. What somebody else made keeps the tags it has."""
    missing = ours.missing_tags(resource, wanted.tags) if ours.made_for(resource) else {}
    if missing:
        before = {name: value for name, value in ours.tags_of(resource).items() if name in missing}
        yield Step(
            kind="tags",
            part=part,
            does=f"tag {what}",
            path=path,
            body={"operation": "Merge", "properties": {"tags": missing}},
            before={"tags": before},
            after={"tags": missing},
        )


def _place(wanted: Wanted, seen: Seen) -> str:
    return values.text(values.mapping(seen.project).get("location")) or geographies.normal(wanted.location)


def _group(wanted: Wanted, seen: Seen) -> Iterator[Step]:
    what = f"resource group {wanted.resource_group}"
    if seen.group is None:
        body = {"location": geographies.normal(wanted.location), "tags": ours.marked(wanted.tags, wanted.project)}
        yield Step(kind="group", part="group", does=f"make {what}", path=wanted.group_id, body=body, after=body)
    elif is_busy(seen.group):
        yield _settle("group", what, wanted.group_id)
    else:
        yield from _tags(wanted, seen.group, "group", what, wanted.group_id)


def _project(wanted: Wanted, seen: Seen) -> Iterator[Step]:
    what, there = f"project {wanted.project}", seen.project
    identity = {"type": "SystemAssigned"}
    if there is None:
        body: dict[str, Any] = {
            "location": geographies.normal(wanted.location),
            "tags": ours.marked(wanted.tags, wanted.project),
            "identity": identity,
            "properties": {"publicNetworkAccess": "Enabled"},
        }
        yield Step(kind="project", part="project", does=f"make {what}", path=wanted.project_id, body=body, after=body)
    elif is_busy(there):
        yield _settle("project", what, wanted.project_id)
    elif not seen.principal_id or state_of(there) in BROKEN:
        kept = {"location": _place(wanted, seen), "tags": ours.tags_of(there), "identity": identity}
        access = values.text(values.mapping(there.get("properties")).get("publicNetworkAccess")) or "Enabled"
        yield Step(
            kind="project",
            part="project",
            does=f"give {what} an identity" if not seen.principal_id else f"make {what} again, which failed",
            path=wanted.project_id,
            body={**kept, "properties": {"publicNetworkAccess": access}},
            before={"identity": dict(values.mapping(there.get("identity"))), "state": state_of(there)},
            after={"identity": identity, "state": "succeeded"},
        )
    else:
        yield from _tags(wanted, there, "project", what, wanted.project_id)


def _solutions(wanted: Wanted, seen: Seen) -> Iterator[Step]:
    for solution in SOLUTIONS:
        there = seen.solutions.get(solution.name.lower())
        if there is None:
            said = {"tool": solution.tool, "purpose": solution.purpose, "goal": "Servers", "status": solution.status}
            yield Step(
                kind="solution",
                part="solutions",
                does=f"add solution {solution.name}",
                path=wanted.solution_id(solution.name),
                body={"properties": said},
                after=said,
            )
        elif solution.name == LOCAL_SOLUTION and names_wrong_tool(there):
            said = dict(values.mapping(there.get("properties")))
            yield Step(
                kind="solution",
                part="solutions",
                does=f"mend solution {solution.name}, which names the wrong tool",
                path=wanted.solution_id(solution.name),
                body=mended(there),
                before={"tool": said.get("tool"), "purpose": said.get("purpose")},
                after={"tool": solution.tool, "purpose": solution.purpose},
            )


def names_wrong_tool(solution: Resource) -> bool:
    """Brown-field projects may name the discovery tool in the solution for Azure Local (control-plane §1)."""
    right, said = SOLUTIONS[-1], values.mapping(solution.get("properties"))
    return (values.text(said.get("tool")), values.text(said.get("purpose"))) != (right.tool, right.purpose)


def mended(solution: Resource) -> dict[str, Any]:
    """The solution with the right tool and everything else as it is: a PUT replaces all of it.

    Its etag goes with it: should somebody add a detail between our read and our write, the write may be refused. [I]
    """
    right, said = SOLUTIONS[-1], values.mapping(solution.get("properties"))
    kept = {name: said[name] for name in ("status", "cleanupState", "details") if said.get(name) is not None}
    etag = values.text(solution.get("etag"))
    tool = {"tool": right.tool, "purpose": right.purpose, "goal": "Servers"}
    return {**({"etag": etag} if etag else {}), "properties": {"status": right.status, **kept, **tool}}


def _role(wanted: Wanted) -> str:
    return f"/subscriptions/{wanted.subscription_id}/providers/Microsoft.Authorization/roleDefinitions/{ASSESSOR}"


def assignment_id(wanted: Wanted, principal_id: str) -> str:
    name = ours.assignment_name(wanted.project_id, wanted.group_id, principal_id, ASSESSOR)
    return f"{wanted.group_id}/providers/Microsoft.Authorization/roleAssignments/{name}"


def has_role(wanted: Wanted, seen: Seen) -> bool:
    """Whether the project's identity is assessor of the resource group."""
    who = seen.principal_id
    return bool(who) and any(_reaches(row, who, wanted.group_id) for row in seen.assignments)


def _assignment(wanted: Wanted, seen: Seen) -> Iterator[Step]:
    if has_role(wanted, seen):
        return
    who = seen.principal_id
    body = {
        "properties": {
            "roleDefinitionId": _role(wanted),
            "principalId": who,
            "principalType": "ServicePrincipal",
            "description": f"{ours.TAG}: project {wanted.project}",
        }
    }
    yield Step(
        kind="assignment",
        part="assignments",
        does=f"make the identity of project {wanted.project} Azure Migrate assessor of the resource group",
        path=assignment_id(wanted, who),
        body=body,
        after={"role": "Azure Migrate assessor", "scope": wanted.group_id},
    )


def _reaches(row: Resource, principal_id: str, scope: str) -> bool:
    """Whether an assignment gives the role on the scope, or above it."""
    said = values.mapping(row.get("properties"))
    above = ids.normal(values.text(said.get("scope")))
    return (
        values.text(said.get("principalId")).lower() == principal_id.lower()
        and ids.name(values.text(said.get("roleDefinitionId"))).lower() == ASSESSOR
        and f"{ids.normal(scope)}/".startswith(f"{above}/" if above else "")
    )


# -- the sites under which appliances register ------------------------------------------------------------------------


def _has_other_master(wanted: Wanted, seen: Seen) -> bool:
    """A project that names a master site of another name has a scaffold of its own: the portal's."""
    named = seen.named_master_site
    return bool(named) and not ids.same_id(named, wanted.master_site_id)


def _server_site(wanted: Wanted, seen: Seen) -> Iterator[Step]:
    if _has_other_master(wanted, seen):
        return
    what, path = f"server site {ids.name(wanted.server_site_id)}", wanted.server_site_id
    if seen.server_site is not None and is_busy(seen.server_site):
        yield _settle("server_site", what, path)
    elif seen.server_site is None or state_of(seen.server_site) in BROKEN:
        there = seen.server_site
        body = {
            "location": _place(wanted, seen),
            "tags": ours.marked(wanted.tags, wanted.project) if there is None else ours.tags_of(there),
            "properties": {
                "discoverySolutionId": wanted.solution_id(DISCOVERY_SOLUTION),
                "arcScope": {
                    "scopeType": "SubscriptionOrResourceGroupIds",
                    "subscriptionOrResourceGroupIds": [f"/subscriptions/{wanted.subscription_id}"],
                    "syncType": "Manual",
                    "tagSyncMode": "Disabled",
                },
            },
        }
        yield Step(kind="site", part="server_site", does=f"make {what}", path=path, body=body, after=body)
    else:
        yield from _tags(wanted, seen.server_site, "server_site", what, path)


def _master_site(wanted: Wanted, seen: Seen) -> Iterator[Step]:
    if _has_other_master(wanted, seen):
        return
    what, path, there = f"master site {ids.name(wanted.master_site_id)}", wanted.master_site_id, seen.master_site
    said = values.mapping(values.mapping(there).get("properties"))
    sites = list(values.texts(said.get("sites")))
    holds = any(ids.same_id(site, wanted.server_site_id) for site in sites)
    if there is not None and is_busy(there):
        yield _settle("master_site", what, path)
    elif there is None or state_of(there) in BROKEN or not holds:
        kept = {name: said[name] for name in ("customerStorageAccountArmId",) if said.get(name)}
        tags = ours.marked(wanted.tags, wanted.project) if there is None else ours.tags_of(there)
        body: dict[str, Any] = {
            "location": values.text(values.mapping(there).get("location")) or _place(wanted, seen),
            "tags": tags,
            "properties": {
                "publicNetworkAccess": values.text(said.get("publicNetworkAccess")) or "Enabled",
                "allowMultipleSites": True,
                "sites": sites if holds else [*sites, wanted.server_site_id],
                **kept,
            },
        }
        yield Step(
            kind="site",
            part="master_site",
            does=f"make {what}" if there is None else f"put the server site under {what}",
            path=path,
            body=body,
            before=None if there is None else {"sites": sites},
            after=body if there is None else {"sites": body["properties"]["sites"]},
        )
    else:
        yield from _tags(wanted, there, "master_site", what, path)
