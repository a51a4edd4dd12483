# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What forbids an infrastructure to be made or kept, and what is only told.

A leftover that failed, or that belongs to other appliances, is named. It is replaced on request only, and never while
a protected item uses it. Our own extension that failed because roles were not in effect yet is made anew unasked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from . import cache_account, ids
from .infrastructure import DESTINATIONS, GOOD, ROLES, Minutes, Part, Seen, Wanted
from .problem import Problem
from .project_rules import reserved_tags

# What a service says while Entra and Azure RBAC still spread what was just written [codes: P, the Terraform module of
# Microsoft retries these; which of them the extension's job may end with is inferred].
_PASSING: Mapping[str, tuple[str, ...]] = {
    "grant": ("principalnotfound",),
    "extension": ("authorizationfailed", "principalnotfound", "retryableerror", "solutionnotready"),
}
# How a job says that vault or appliances may not use the storage account yet [I]: all roles are there when it begins.
_NO_RIGHT_YET = re.compile(r"AuthorizationPermissionMismatch|(is not|not) authorized", re.IGNORECASE)
_OWN_RIGHT = "replicationextensions/write"  # a right that the caller itself lacks does not pass


def passes(kind: str, code: str, text: str) -> bool:
    """Whether the same request may be accepted a while later, without anybody mending anything."""
    if _OWN_RIGHT in text.lower():
        return False
    return code.lower() in _PASSING.get(kind, ()) or (kind == "extension" and bool(_NO_RIGHT_YET.search(text)))


def asked(wanted: Wanted) -> Iterator[Problem]:
    """What is wrong with the request itself, whatever there is in Azure."""
    named = [("cache_storage_account", wanted.account, cache_account.PROVIDER, wanted.account_id)]
    for option, (_theirs, kind) in DESTINATIONS.items():
        given = (wanted.diagnostics or {}).get(option, "")
        named.append((f"diagnostics.{option}", given, kind, given if ids.is_resource(given, kind) else ""))
    for option, given, kind, understood in named:
        if given and not understood:
            yield Problem(
                code="bad_resource_id",
                severity="block",
                text=f"{option} is {given!r}, which cannot be one of {kind}",
                remedy="Give the whole id, as the portal shows it under Properties",
                field=option,
            )
    yield from reserved_tags(wanted.tags)


def problems(seen: Seen, wanted: Wanted) -> Iterator[Problem]:
    """All of them: refusals forbid every step, the others are warnings."""
    yield from _policy_problems(seen, wanted)
    yield from _account_problems(seen, wanted)
    yield from _conditions(seen)
    yield from _extension_problems(seen, wanted)
    yield from _agent_problems(seen)


def _policy_problems(seen: Seen, wanted: Wanted) -> Iterator[Problem]:
    part = seen.policy
    if part is None or part.moves:
        return
    if part.is_bad:
        yield from _problem("policy_failed", f"the replication policy {part.name} is {part.state}", part, seen, wanted)
        return
    there = Minutes.parse(part.custom)
    if there == wanted.policy or is_rewritten(seen, wanted):
        return
    swapped = (there.crash_consistent, there.app_consistent) == (
        wanted.policy.app_consistent,
        wanted.policy.crash_consistent,
    )
    how = " (the two frequencies are swapped, as Az.Migrate makes them)" if swapped else ""
    yield Problem(
        code="policy_differs",
        severity="warn",
        text=f"the replication policy {part.name} is {there} minutes (history / crash / app consistent){how}, "
        f"and {wanted.policy} is wanted",
        remedy="Replication works with it; replace: true rewrites it while no VM replicates",
        field="policy",
    )


def is_rewritten(seen: Seen, wanted: Wanted) -> bool:
    """A policy that works is changed on request only, and never under protected items."""
    return wanted.replace and seen.items == ()


def _account_problems(seen: Seen, wanted: Wanted) -> Iterator[Problem]:
    name = ids.name(seen.account_id)
    if seen.account is not None:
        yield from cache_account.problems(seen.account, seen.project_region)
    elif seen.account_origin == "given":
        yield Problem(
            code="cache_account_missing",
            severity="block",
            text=f"the storage account {seen.account_id} that cache_storage_account names does not exist",
            remedy="Correct it, or leave cache_storage_account out to have one made",
            field="cache_storage_account",
        )
    elif seen.account_origin != "to_make":
        holder = "project" if seen.account_origin == "linked" else "replication extension"
        yield Problem(
            code="cache_account_gone",
            severity="block",
            text=f"the {holder} names the cache storage account {seen.account_id}, which does not exist any more",
            remedy="Run with replace: true to take another one, while no VM replicates",
        )
    if wanted.account_id and not ids.same_id(wanted.account_id, seen.account_id):
        yield Problem(
            code="cache_account_ignored",
            severity="warn",
            text=f"the cache storage account is {name} already, so {ids.name(wanted.account_id)} is not used",
            remedy="To change it, take the infrastructure back with state: absent first",
            field="cache_storage_account",
        )


def _conditions(seen: Seen) -> Iterator[Problem]:
    """A condition may keep out what the role is needed for, and the service does not say so."""
    for who, principal in seen.principals.items():
        for role, role_id in ROLES.items():
            wanted = (principal.lower(), role_id)
            rows = [row for row in seen.grants if (row.principal.lower(), row.role.lower()) == wanted]
            if rows and all(row.conditional for row in rows):
                yield Problem(
                    code="assignment_conditional",
                    severity="warn",
                    text=f"role {role} of {who} on the cache storage account {ids.name(seen.account_id)} has a condition "
                    f"(assignment {ids.name(rows[0].id)}), which may keep replication out",
                    remedy="Remove that assignment and run again: it is then made without a condition",
                )


def _extension_problems(seen: Seen, wanted: Wanted) -> Iterator[Problem]:
    own = seen.extension
    if own is not None and own.is_bad and not _is_made_anew(own, seen):
        why = f": {own.reason} ({own.reason_code})" if own.reason_code else ""
        text = f"the replication extension {own.name} is {own.state}{why}"
        yield from _problem("extension_failed", text, own, seen, wanted)
    elif own is not None and own.state == GOOD and (text := other_fabrics(own, seen)):
        yield from _problem("extension_foreign", text, own, seen, wanted)
    elif own is not None and own.state == GOOD and (text := other_account(own, seen)):
        yield from _problem("extension_other_account", text, own, seen, wanted)
    for part in seen.foreign:
        text = f"the vault holds a replication extension of other appliances, {part.name} ({part.state})"
        if own is None and seen.extension_id and not of_dead_target(part, seen):
            yield from _problem("extension_foreign", text, part, seen, wanted)
        else:
            remedy = "One project serves one pair of appliances; delete it once no VM uses it"
            yield Problem(code="extension_foreign", severity="warn", text=text, remedy=remedy)


def _is_made_anew(own: Part, seen: Seen) -> bool:
    """Unasked: a run of ours made it, no item uses it, and it failed for want of something that comes by itself."""
    ours = seen.extension_is_ours and seen.items is not None and not seen.users(own)
    return ours and passes("extension", own.reason_code, own.reason)


def of_dead_target(part: Part, seen: Seen) -> bool:
    """Whether it joins our source appliance to the target appliance that ours replaces: it stays beside ours."""
    pair = seen.source.fabric_id, seen.replaced_fabric_id
    return bool(seen.replaced_fabric_id) and all(map(ids.same_id, part.fabric_ids, pair))


def _agent_problems(seen: Seen) -> Iterator[Problem]:
    own = seen.extension
    for side in (seen.source, seen.target):
        if side.principal and not side.responsive:
            yield Problem(
                code="agent_silent",
                severity="block" if own is None or own.is_bad else "warn",  # what is there needs nothing of it
                text=f"the replication agent of the {side.role} appliance {side.appliance} does not answer Azure "
                f"(last heartbeat {side.last_heartbeat or 'never'})",
                remedy="See whether the appliance and its services run, and whether it reaches Azure",
            )


def other_fabrics(own: Part, seen: Seen) -> str:
    """Whom an extension with the name of ours joins instead of our pair; "" where it is ours indeed."""
    if all(map(ids.same_id, own.fabric_ids, seen.fabric_ids)):
        return ""
    return f"the replication extension {own.name} joins other fabrics: {' and '.join(map(ids.name, own.fabric_ids))}"


def other_account(own: Part, seen: Seen) -> str:
    """Which account the extension uses instead of the project's; "" where they agree."""
    if ids.same_id(own.account_id, seen.account_id):
        return ""
    used = ids.name(own.account_id) or "no cache storage account"
    return f"the replication extension {own.name} uses {used}, and that of the project is {ids.name(seen.account_id)}"


def _problem(code: str, text: str, part: Part, seen: Seen, wanted: Wanted) -> Iterator[Problem]:
    """Named; it may go only on request, and only while no protected item uses it."""
    users = seen.users(part)
    if not wanted.replace:
        remedy = "Run with replace: true to have it removed and made anew, or remove it yourself"
        yield Problem(code=code, severity="block", text=text, remedy=remedy)
    elif users:
        yield Problem(
            code="infrastructure_in_use",
            severity="block",
            text=f"{text}, and cannot be replaced: {len(users)} protected items use it ({some(users)})",
            remedy="Complete their migration or stop their replication first",
        )


def some(names: Sequence[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
