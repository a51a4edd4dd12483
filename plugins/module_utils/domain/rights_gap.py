# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is needed less what is granted: which right, where, for which phases, why, and how it is given."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from . import rights, values
from .problem import Problem
from .rights import Need

# Kinds of objects of which any one will do, unless a certain one is named: a new VM needs one datastore, not all.
ANY_OF = frozenset({"pool", "folder", "datastore", "network"})
_MANY = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """One right that is missing."""

    system: str  # azure | vcenter | entra
    account: str  # who lacks it
    right: str
    scope: str
    phases: tuple[str, ...]
    why: str
    inferred: bool
    remedy: str

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "phases": [*self.phases]}

    def line(self) -> str:
        return f"{self.right} on {self.scope}, for {', '.join(self.phases)}: {self.why} -> {self.remedy}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """A scope of Azure and the permissions that the identity has there."""

    on: str
    id: str
    permissions: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """An object of vCenter and what the account may do with it."""

    on: str
    name: str
    privileges: frozenset[str]


def duty(phases: Collection[str]) -> str:
    """Whose role definition names a need of these phases."""
    return "migrate" if any(phase in rights.WAVE for phase in phases) else "setup"


def azure_gaps(
    scopes: Iterable[Scope], phases: Collection[str], account: str, role_for: Callable[[str], str]
) -> list[Gap]:
    """What the identity lacks on each scope. ``role_for`` knows which built-in role holds an action."""
    needs = rights.needs_of(rights.AZURE, phases)
    found = []
    for scope in scopes:
        here = [need for need in needs if need.on == scope.on]
        lacking = set(rights.missing([need.what for need in here], scope.permissions))
        for need in here:
            if need.what in lacking:
                file = f"docs/roles/azure-{duty(need.phases)}-{need.on.replace('_', '-')}.json"
                remedy = f"assign the role {role_for(need.what)}, or the custom role of {file}, on that scope"
                found.append(_gap("azure", account, need, scope.id, remedy))
    return found


def vcenter_gaps(
    needs: Iterable[Need],
    objects: Sequence[Held],
    phases: Collection[str],
    account: str,
    place_of: Callable[[str], str],
    any_of: Collection[str] = ANY_OF,
) -> list[Gap]:
    """What the account lacks; ``place_of`` knows where the vSphere Client has a privilege. Of kinds in ``any_of`` one object on which it is held is enough."""
    found = []
    for need in rights.needs_of(needs, phases):
        here = [one for one in objects if one.on == need.on]
        lacking = [one.name for one in here if need.what not in one.privileges]
        if lacking and (need.on not in any_of or len(lacking) == len(here)):
            place = place_of(need.what)
            said = f"{need.what} ({place})" if place else need.what
            found.append(
                _gap("vcenter", account, need, _named(lacking, len(here)), f"add {said} to the account's role")
            )
    return found


def problem_gap(problem: Problem, account: str) -> Gap:
    """What is wrong with the appliance's account itself."""
    return Gap(
        system="vcenter",
        account=account,
        right=problem.code,
        scope="the account",
        phases=("prepare",),
        why=problem.text,
        inferred=False,
        remedy=problem.remedy,
    )


def _gap(system: str, account: str, need: Need, scope: str, remedy: str) -> Gap:
    return Gap(
        system=system,
        account=account,
        right=need.what,
        scope=scope,
        phases=need.phases,
        why=need.why,
        inferred=need.inferred,
        remedy=remedy,
    )


def _named(names: list[str], of: int) -> str:
    more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
    told = ", ".join(names[:_MANY]) + more
    return told if of == 1 else f"{told} ({len(names)} of {of})"


def appliance_gaps(assignments: Mapping[str, Sequence[Mapping[str, Any]]], group_id: str) -> list[Gap]:
    """Which appliances' applications, by object id, do not hold Contributor on the resource group. ``assignments``: theirs."""
    found = []
    for principal, rows in assignments.items():
        held = {
            values.text(values.mapping(row.get("properties")).get("roleDefinitionId")).rsplit("/", 1)[-1].lower()
            for row in rows
        }
        if not held.intersection(rights.APPLIANCE_ROLES):
            found.append(
                Gap(
                    system="azure",
                    account=principal,
                    right="Contributor",
                    scope=group_id,
                    phases=("prepare", *rights.WAVE),
                    why="the appliance signs in as this application",
                    inferred=False,
                    remedy=f"az role assignment create --role Contributor --assignee-object-id {principal} "
                    f"--assignee-principal-type ServicePrincipal --scope {group_id}",
                )
            )
    return found
