# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking the replication infrastructure back: what goes, in order, and what stays.

The policy and the extension of the pair go, whoever made them, and the link of the project to its storage account with
them: nothing else uses these. Roles, locks, diagnostic setting and storage account go only where they are ours. The
vault and its identity stay, they came with the registration of the source appliance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import ids, ours, values
from .cache_account import Account
from .infrastructure import Item, Lock, Part, Solution, diagnostics_id, lock_id
from .infrastructure_plan import Plan, Step, linked, removal
from .infrastructure_problems import some
from .problem import Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Remains:
    """What is there. Without a vault there is nothing inside it."""

    solution: Solution
    source_site_id: str = ""
    vault_id: str = ""
    fabric_ids: tuple[str, ...] = ()
    policy: Part | None = None
    extensions: tuple[Part, ...] = ()
    items: tuple[Item, ...] = ()
    locks: tuple[Lock, ...] = ()
    has_diagnostics: bool = False
    accounts: tuple[Account, ...] = ()  # the one that the project names, and those that we made for it
    assignments: tuple[Mapping[str, Any], ...] = ()  # on these accounts

    def is_own(self, extension: Part) -> bool:
        """Of this pair; once a fabric is gone, and its name with it, whatever belongs to the source appliance."""
        name = "-".join([*map(ids.name, self.fabric_ids), "MigReplicationExtn"])
        source = values.text(extension.custom.get("vmwareSiteId"))
        return extension.name.lower() == name.lower() or ids.same_id(source, self.source_site_id)


def plan(there: Remains, project: str, project_id: str) -> Plan:
    """The steps, or why nothing may go yet."""
    if there.items:
        names = some([item.name for item in there.items])
        text = f"{len(there.items)} protected items are in vault {ids.name(there.vault_id)}: {names}"
        remedy = "Complete these migrations, or stop their replication (replication, state absent), then run again"
        return Plan(problems=(Problem(code="items_left", severity="block", text=text, remedy=remedy),))
    parts = (_locks(there), _vault(there), _link(there), _assignments(there, project_id), _accounts(there, project))
    foreign = [part.name for part in there.extensions if not there.is_own(part)]
    problems = []
    if foreign:
        text = f"the vault holds replication extensions of other appliances, which stay: {some(foreign)}"
        remedy = "Delete them by hand if nobody uses them"
        problems.append(Problem(code="extension_foreign", severity="warn", text=text, remedy=remedy))
    return Plan(steps=tuple(step for part in parts for step in part), problems=tuple(problems))


def _locks(there: Remains) -> Iterator[Step]:
    """First of all: under a delete lock nothing below the vault can go."""
    for lock in there.locks:
        if any(ids.same_id(lock.id, lock_id(scope)) for scope in (there.vault_id, *there.fabric_ids)):
            what = f"delete lock on {ids.name(lock.scope)}"
            yield Step(kind="lock", verb="delete", path=lock.id, what=what, before=lock.level)


def _vault(there: Remains) -> Iterator[Step]:
    if there.has_diagnostics:
        path, what = diagnostics_id(there.vault_id), "diagnostic setting of the vault"
        yield Step(kind="diagnostics", verb="delete", path=path, what=what, before=ids.name(path))
    for extension in there.extensions:
        if there.is_own(extension):
            yield from removal("extension", extension, f"replication extension {extension.name}")
    if there.policy is not None:
        yield from removal("policy", there.policy, f"replication policy {there.policy.name}")


def _link(there: Remains) -> Iterator[Step]:
    solution = there.solution
    if solution.account_id:
        what = "link of the project to the cache storage account"
        body = linked(solution, "")
        yield Step(kind="solution", verb="put", path=solution.id, what=what, body=body, before=solution.account_id)


def _assignments(there: Remains, project_id: str) -> Iterator[Step]:
    for row in there.assignments:
        if ours.is_our_assignment(row, project_id):
            said = row["properties"]
            what = f"role {ids.name(said['roleDefinitionId'])} of {said['principalId']} on {ids.name(said['scope'])}"
            yield Step(kind="grant", verb="delete", path=row["id"], what=what, before=ids.name(row["id"]))


def _accounts(there: Remains, project: str) -> Iterator[Step]:
    for account in there.accounts:
        if account.is_ours(project):
            what = f"cache storage account {account.name}"
            yield Step(kind="account", verb="delete", path=account.id, what=what, before={"id": account.id})
