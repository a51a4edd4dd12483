# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is there to what has to be done, in order: steps, refusals, and what only a person can do.

The plan is made anew after each step from what that step has left, so a run that was ended anywhere is taken up by the
next one. A refusal stands before any step: nothing is begun that could not be ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from . import cache_account, ids, values
from .infrastructure import (
    INSTANCE_TYPE,
    LOCK_LEVEL,
    LOCK_NOTES,
    PURPOSE,
    ROLES,
    STORAGE_KEY,
    TOOL,
    VAULT,
    Minutes,
    Part,
    Seen,
    Side,
    Solution,
    Wanted,
    assignment_id,
    diagnostics_id,
    lock_id,
    policy_id,
)
from .infrastructure_problems import is_rewritten, of_dead_target, other_account, other_fabrics, problems
from .problem import Problem, blocking
from .project_plan import mended

Kind = Literal["vault", "policy", "extension", "account", "grant", "solution", "lock", "diagnostics"]
Verb = Literal["put", "patch", "delete", "wait"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One request, or the wait for the end of one that was sent before."""

    kind: Kind
    verb: Verb
    path: str  # empty in a plan that cannot know it yet: a role of an identity that a step before makes
    what: str
    body: Mapping[str, Any] | None = None
    before: Any = None
    after: Any = None

    @property
    def changes(self) -> bool:
        return self.verb != "wait"

    @property
    def does(self) -> str:
        """As the result tells it."""
        if self.verb == "delete":
            return f"remove {self.what}"
        return f"{'make' if self.before is None else 'change'} {self.what}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """What only a person can do next. A run after it goes on from there."""

    who: str
    what: str
    where: str
    data: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    steps: tuple[Step, ...] = ()
    problems: tuple[Problem, ...] = ()
    wait: Wait | None = None

    @property
    def refusals(self) -> list[Problem]:
        return blocking(self.problems)

    @property
    def warnings(self) -> list[str]:
        return [f"{problem.text}. {problem.remedy}" for problem in self.problems if not problem.blocks]


def plan(seen: Seen, wanted: Wanted) -> Plan:
    """What is left to be done for ``wanted``."""
    found = tuple(problems(seen, wanted))
    if blocking(found):
        return Plan(problems=found)
    parts = (_identity, _policy, _account, _grants, _link, _extension, _locks, _diagnostics)
    steps = tuple(step for part in parts for step in part(seen, wanted))
    return Plan(steps=steps, problems=found, wait=waiting(seen, wanted))


# -- what only a person can do ----------------------------------------------------------------------------------


def waiting(seen: Seen, wanted: Wanted) -> Wait | None:
    """The next thing that an appliance lacks; the vault appears with the registration of the source appliance."""
    if seen.vault is None:
        lacks = (
            f"Source appliance {seen.source.appliance} has no replication vault yet; Azure makes it at registration. "
        )
        return _registration(seen.source, wanted, lacks)
    for side in (seen.source, seen.target):
        if not (side.fabric_id and side.principal and side.configured):
            lacking = "replication fabric with an agent" if side.configured else "Azure Local instance"
            lacks = f"{side.role.capitalize()} appliance {side.appliance} has no {lacking} yet. "
            return _registration(side, wanted, lacks)
    return None


def _registration(side: Side, wanted: Wanted, lacks: str) -> Wait:
    where = f"the configuration manager of the {side.role} appliance, https://{side.appliance}:44368"
    if side.registered and side.role == "target":
        what = (
            "Give it name and login of the Azure Local system, press Configure, and wait until it says that it is done"
        )
    elif side.registered:
        what = "It is registered, so they should come within minutes. If they do not, register it anew"
    elif side.site_id:
        what = "Paste its project key, verify the key, sign in, and wait until it says that it is registered"
    else:
        what = "Generate its project key, then register the appliance with it"
        where = f"the Azure portal, Azure Migrate project {wanted.project}"
    return Wait(
        who=f"whoever sets up the {side.role} appliance",
        what=f"{lacks}{what}.",
        where=where,
        data={"project": wanted.project, "appliance": side.appliance, "role": side.role},
    )


# -- steps ------------------------------------------------------------------------------------------------------


def _identity(seen: Seen, wanted: Wanted) -> Iterator[Step]:
    vault = seen.vault
    if vault is None or vault.principal:
        return
    if "systemassigned" in vault.identity_type.lower():
        yield Step(kind="vault", verb="wait", path=vault.id, what="identity of the vault")
        return
    identity: dict[str, Any] = {"type": "SystemAssigned"}
    if vault.user_identities:
        identity = {
            "type": "SystemAssigned,UserAssigned",
            "userAssignedIdentities": {identity_id: {} for identity_id in vault.user_identities},
        }
    yield Step(
        kind="vault", verb="patch", path=vault.id, what="identity of the vault",
        body={"identity": identity}, before=None if vault.identity_type == "None" else vault.identity_type, after=identity["type"],
    )  # fmt: skip


def _policy(seen: Seen, wanted: Wanted) -> Iterator[Step]:
    if seen.vault is None:
        return
    there, path = seen.policy, policy_id(seen.vault.id)
    what = f"replication policy {ids.name(path)}"
    if there is not None and there.moves:
        yield Step(kind="policy", verb="wait", path=path, what=what)
        return
    if there is not None and there.is_bad:
        yield from removal("policy", there, what)
        there = None
    before = None if there is None else Minutes.parse(there.custom)
    if before is None or (before != wanted.policy and is_rewritten(seen, wanted)):
        yield Step(
            kind="policy", verb="put", path=path, what=what,
            body={"properties": {"customProperties": wanted.policy.body()}},
            before=before and str(before), after=str(wanted.policy),
        )  # fmt: skip


def _account(seen: Seen, wanted: Wanted) -> Iterator[Step]:
    if seen.vault is None:
        return
    if seen.account is None:
        body = cache_account.body(wanted.project, seen.project_region, wanted.tags)
        shown = {"id": seen.account_id, "sku": body["sku"]["name"], "kind": body["kind"], "region": body["location"]}
        what = f"cache storage account {ids.name(seen.account_id)}"
        yield Step(kind="account", verb="put", path=seen.account_id, what=what, body=body, after=shown)
    elif seen.account.moves:
        what = f"cache storage account {seen.account.name}"
        yield Step(kind="account", verb="wait", path=seen.account_id, what=what)


def _grants(seen: Seen, wanted: Wanted) -> Iterator[Step]:
    if seen.vault is None:
        return
    held = {(grant.principal.lower(), grant.role.lower()) for grant in seen.grants}
    subscription = f"/subscriptions/{ids.segment(seen.account_id, 'subscriptions')}"
    for who, principal in seen.principals.items():
        if not principal and who != VAULT:
            continue  # the appliance is not registered yet: that is waited for
        for role, role_id in ROLES.items():
            if (principal.lower(), role_id) in held:
                continue
            properties = {
                "roleDefinitionId": f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role_id}",
                "principalId": principal,
                "principalType": "ServicePrincipal",
            }
            yield Step(
                kind="grant",
                verb="put",
                path=assignment_id(wanted.project_id, seen.account_id, principal, role_id) if principal else "",
                what=f"role {role} of {who} on the cache storage account",
                body={"properties": properties},
                after=role,
            )


def _link(seen: Seen, wanted: Wanted) -> Iterator[Step]:
    solution = seen.solution
    before: dict[str, Any] = {STORAGE_KEY: solution.account_id, "tool": solution.tool, "purpose": solution.purpose}
    after = {STORAGE_KEY: seen.account_id, "tool": TOOL, "purpose": PURPOSE}
    same_account = ids.same_id(solution.account_id, seen.account_id)
    if seen.vault is None or (same_account and (solution.tool, solution.purpose) == (TOOL, PURPOSE)):
        return
    yield Step(
        kind="solution", verb="put", path=solution.id, what="link of the project to the cache storage account",
        body=linked(solution, seen.account_id), before=before, after=after,
    )  # fmt: skip


def linked(solution: Solution, account_id: str) -> dict[str, Any]:
    """The solution with the right tool, this account ("" for none), and every other detail as it is."""
    body = mended(solution.raw)
    properties = body["properties"]
    details = values.mapping(properties.get("details"))
    kept = {**details, "extendedDetails": {**solution.details, STORAGE_KEY: account_id}}
    return {**body, "properties": {**properties, "details": kept}}


def _extension(seen: Seen, wanted: Wanted) -> Iterator[Step]:
    if not seen.extension_id or waiting(seen, wanted):
        return
    own, what = seen.extension, f"replication extension {ids.name(seen.extension_id)}"
    if own is not None and own.moves:
        yield Step(kind="extension", verb="wait", path=own.id, what=what)
        return
    if own is None:
        for part in (part for part in seen.foreign if not of_dead_target(part, seen)):
            yield from removal("extension", part, f"replication extension {part.name} of other appliances")
    elif own.is_bad or other_fabrics(own, seen) or other_account(own, seen):
        yield from removal("extension", own, what)
    else:
        return
    source, target = seen.fabric_ids
    custom = {
        "instanceType": INSTANCE_TYPE,
        "vmwareFabricArmId": source,
        "azStackHciFabricArmId": target,
        "storageAccountId": seen.account_id,
        "storageAccountSasSecretName": None,
    }
    yield Step(
        kind="extension", verb="put", path=seen.extension_id, what=what,
        body={"properties": {"customProperties": custom}}, after=custom,
    )  # fmt: skip


def removal(kind: Kind, part: Part, what: str) -> Iterator[Step]:
    """What the service is at work on can be deleted only afterwards."""
    if part.moves:
        yield Step(kind=kind, verb="wait", path=part.id, what=what)
    if part.state != "Deleting":
        before = {"name": part.name, "state": part.state}
        yield Step(kind=kind, verb="delete", path=part.id, what=what, before=before)


def _locks(seen: Seen, wanted: Wanted) -> Iterator[Step]:
    if seen.vault is None or wanted.locks is None or seen.locks is None:
        return
    for scope in filter(None, (seen.vault.id, *seen.fabric_ids)):
        there = [lock for lock in seen.locks if ids.same_id(lock.scope, scope)]
        what = f"delete lock on {ids.name(scope)}"
        path = lock_id(scope)
        if wanted.locks and LOCK_LEVEL not in [lock.level for lock in there]:
            body = {"properties": {"level": LOCK_LEVEL, "notes": LOCK_NOTES}}
            yield Step(kind="lock", verb="put", path=path, what=what, body=body, after=LOCK_LEVEL)
        if not wanted.locks and any(ids.same_id(lock.id, path) for lock in there):
            yield Step(kind="lock", verb="delete", path=path, what=what, before=LOCK_LEVEL)


def _diagnostics(seen: Seen, wanted: Wanted) -> Iterator[Step]:
    if seen.vault is None or wanted.diagnostics is None or seen.diagnostics is None:
        return
    after = wanted.log_sinks
    there = {key: values.text(seen.diagnostics.get(key)) for key in after}
    if _all_logs(seen.diagnostics) and all(ids.normal(there[key]) == ids.normal(after[key]) for key in after):
        return
    body = {
        **{key: value for key, value in after.items() if value},
        "logAnalyticsDestinationType": "Dedicated",
        "logs": [{"categoryGroup": "allLogs", "enabled": True}],
    }
    yield Step(
        kind="diagnostics", verb="put", path=diagnostics_id(seen.vault.id), what="diagnostic setting of the vault",
        body={"properties": body}, before=there if seen.diagnostics else None, after=after,
    )  # fmt: skip


def _all_logs(properties: Mapping[str, Any]) -> bool:
    logs = values.mappings(properties.get("logs"))
    return any(log.get("categoryGroup") == "allLogs" and values.flag(log.get("enabled")) for log in logs)
