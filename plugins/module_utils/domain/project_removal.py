# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking back what was made for a project, and nothing else: what forbids it, the steps, and what stays.

What was made is known by its tag, and the role assignment by its name (``ours``). A resource group goes only when it is
ours and nothing is left in it. Solutions are parts of a project and go with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from . import ids, ours, values
from .appliance_map import details_of, known
from .problem import Problem
from .project_seen import DISCOVERY_SOLUTION, LOCAL_SOLUTION, Resource, Seen, Wanted

_MANY = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Used:
    """What else hangs on the project. ``contents``: everything that the resource group lists, by id."""

    items: tuple[str, ...] = ()  # protected items, by name
    sites: tuple[str, ...] = ()  # ids of the appliances' sites that still exist
    fabrics: tuple[Resource, ...] = ()
    contents: tuple[str, ...] = ()


Part = Literal["assignments", "master_site", "server_site", "project", "group"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Removal:
    part: Part
    does: str
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """One thing that stays, and why."""

    id: str
    why: str


def vault_id(seen: Seen) -> str:
    """The replication vault that the project names."""
    return details_of(seen.solutions.get(LOCAL_SOLUTION.lower())).get("vaultId", "")


def forbidden(wanted: Wanted, seen: Seen, used: Used) -> Iterator[Problem]:
    """Why nothing may be removed yet."""
    if used.items:
        names = ", ".join(used.items[:_MANY]) + (", ..." if len(used.items) > _MANY else "")
        text = f"{len(used.items)} protected items are in vault {ids.name(vault_id(seen))}: {names}"
        remedy = "Complete these migrations, or stop their replication (replication, state absent), then run again"
        yield Problem(code="items_left", severity="block", text=text, remedy=remedy)
    there = {ids.normal(site) for site in used.sites}
    names_of = [
        appliance.name
        for appliance in known(seen.solutions.get(DISCOVERY_SOLUTION.lower()))
        if appliance.registered and ids.normal(appliance.site_id) in there
    ]
    fabrics = [ids.name(values.text(row.get("id"))) for row in used.fabrics if _serves(row, wanted)]
    if names_of or fabrics:
        what = [*(f"appliance {name}" for name in names_of), *(f"fabric {name}" for name in fabrics)]
        text = f"project {wanted.project} still has {', '.join(what)}"
        remedy = "Remove the appliances first: decommission_estate lists and removes what they leave, then run again"
        yield Problem(code="appliance_registered", severity="block", text=text, remedy=remedy)


def _serves(fabric: Resource, wanted: Wanted) -> bool:
    custom = values.mapping(values.mapping(fabric.get("properties")).get("customProperties"))
    return ids.same_id(values.text(custom.get("migrationSolutionId")), wanted.solution_id(LOCAL_SOLUTION))


def removals(wanted: Wanted, seen: Seen) -> list[Removal]:
    """What is ours and still there, in the order in which it can go; the role while its holder is still known."""
    found = [
        Removal(
            part="assignments",
            does=f"withdraw the role of the identity of project {wanted.project}",
            path=values.text(row.get("id")),
        )
        for row in seen.assignments
        if ours.is_our_assignment(row, wanted.project_id)
    ]
    resources: tuple[tuple[Part, Resource | None, str, str], ...] = (
        ("master_site", seen.master_site, "master site", wanted.master_site_id),
        ("server_site", seen.server_site, "server site", wanted.server_site_id),
        ("project", seen.project, "project", wanted.project_id),
    )
    for part, resource, what, path in resources:
        if ours.is_ours(resource, wanted.project):
            found.append(Removal(part=part, does=f"delete {what} {ids.name(path)}", path=path))
    return found


def group_removal(wanted: Wanted, seen: Seen, others: list[str]) -> list[Removal]:
    """The resource group, if this collection made it, for whichever project, and nothing else is in it."""
    if others or not ours.made_for(seen.group):
        return []
    return [Removal(part="group", does=f"delete resource group {wanted.resource_group}", path=wanted.group_id)]


def others_in(contents: tuple[str, ...], removed: Sequence[Removal]) -> list[str]:
    """What of a resource group's contents does not go with these removals."""
    going = {ids.normal(removal.path) for removal in removed}
    return [row for row in contents if ids.normal(row) not in going]


def staying(wanted: Wanted, seen: Seen, others: list[str]) -> list[Left]:
    """What is left behind, each with the reason."""
    not_mine = "it was not made by this step"
    found = []
    if seen.project is not None and not ours.is_ours(seen.project, wanted.project):
        found.append(Left(id=wanted.project_id, why=not_mine))
    found += [Left(id=row, why=not_mine) for row in others if not ids.same_id(row, wanted.project_id)]
    if seen.group is not None and not group_removal(wanted, seen, others):
        why = "other resources are in it" if ours.made_for(seen.group) else not_mine
        found.append(Left(id=wanted.group_id, why=why))
    return found
