# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts about protected items: what the list shows, and what the service allows in which state."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection
from typing import Any

from . import ids, values
from .evidence import (
    Evidence,
    Fact,
    Judgement,
    Row,
    Unseen,
    contradicted,
    counted,
    custom,
    either,
    fact,
    known_words,
    listed,
    names_of,
    properties,
    rows_of,
    settled,
    shown,
    some,
    unseen,
)

# What is read of each item of the list (services/observation.py, domain/item.py). The list may trim none of it.
_READ = (
    "protectionState allowedJobs replicationHealth healthErrors provisioningState currentJob policyName "
    "replicationExtensionName lastFailedPlannedFailoverJob lastSuccessfulPlannedFailoverTime resyncRequired"
).split()
_READ_CUSTOM = (
    "instanceType activeLocation targetVmName targetResourceGroupId targetHciClusterId storageContainerId "
    "targetArcClusterCustomLocationId hyperVGeneration targetCpuCores targetMemoryInMegaBytes isDynamicRam "
    "fabricDiscoveryMachineId sourceVmName protectedDisks protectedNics lastRecoveryPointReceived "
    "initialReplicationProgressPercentage"
).split()
_STEADY = ("protectionState", "allowedJobs", "replicationHealth", "provisioningState")
_BOOLEANS = ("resyncRequired", "isDynamicRam", "performAutoResync", "isOsDisk", "isDynamic", "migrateAsArcVM")
_HEALTH = ("Normal", "Warning", "Critical", "None")
_SEEDING = (
    "InitialReplicationInProgress",
    "InitialReplicationCompletedOnPrimary",
    "InitialReplicationCompletedOnRecovery",
)
_FAILING_OVER = ("PlannedFailoverInitiated", "PlannedFailoverCompleting")
_FAILED_OVER = ("PlannedFailoverFailed", "PlannedFailoverCompletionFailed")
_STATES = (
    "UnprotectedStatesBegin EnablingProtection EnablingFailed DisablingProtection MarkedForDeletion DisablingFailed "
    "UnprotectedStatesEnd InitialReplicationStatesBegin InitialReplicationInProgress InitialReplicationFailed "
    "InitialReplicationCompletedOnPrimary InitialReplicationCompletedOnRecovery InitialReplicationStatesEnd "
    "ProtectedStatesBegin Protected ProtectedStatesEnd PlannedFailoverTransitionStatesBegin PlannedFailoverInitiated "
    "PlannedFailoverCompleting PlannedFailoverCompleted PlannedFailoverFailed PlannedFailoverCompletionFailed "
    "PlannedFailoverTransitionStatesEnd"
).split()


def choose(rows: list[Row]) -> Row | None:
    """The item that is read by itself as well: one at rest, and the further it has come the better."""

    def worth(row: Row) -> tuple[bool, int]:
        state = values.text(properties(row).get("protectionState"))
        return properties(row).get("currentJob") is None, _STATES.index(state) if state in _STATES else -1

    return max(rows, key=worth, default=None)


def _items(evidence: Evidence) -> list[Row]:
    return some(evidence.rows("items"), "protected item")


def whole(evidence: Evidence) -> list[Row]:
    """The items with all that they have: as listed or, where the list is trimmed, the one that was read by itself."""
    return [row for row in _items(evidence) if custom(row)] or [values.mapping(evidence.data("item"))]


def _pair(evidence: Evidence) -> tuple[Row, Row]:
    """The same item from the list and by itself."""
    alone = values.mapping(evidence.data("item"))
    name = values.text(alone.get("name")).lower()
    among = next((row for row in _items(evidence) if values.text(row.get("name")).lower() == name), None)
    if among is None:
        raise Unseen("the item left the list meanwhile")
    return among, alone


def _list_fields(evidence: Evidence) -> Judgement:
    among, alone = _pair(evidence)
    told = [(properties, name) for name in _READ] + [(custom, name) for name in _READ_CUSTOM]
    there = [(part, name) for part, name in told if part(alone).get(name) is not None]
    trimmed = [name for part, name in there if part(among).get(name) is None]
    if trimmed:
        return contradicted(f"the list lacks what the item itself has: {', '.join(trimmed)}")
    return settled(f"all {len(there)} fields that the item itself has")


def _list_agrees(evidence: Evidence) -> Judgement:
    among, alone = (properties(row) for row in _pair(evidence))
    apart = [name for name in _STEADY if among.get(name) is not None and among.get(name) != alone.get(name)]
    told = "; ".join(f"{name}: list {_told(among.get(name))}, item {_told(alone.get(name))}" for name in apart)
    return contradicted(told) if apart else settled(", ".join(_STEADY))


def _told(value: Any) -> str:
    return f"[{listed(value)}]" if isinstance(value, list) else shown(value)


def paged(key: str, small: str = "") -> Callable[[Evidence], Judgement]:
    """Whether a further page of a list was there and held other elements; ``small`` is the same in pages of one."""

    def judge(evidence: Evidence) -> Judgement:
        for name in filter(None, (key, small)):
            look = evidence.look(name)
            pages = [rows_of(page) for page in look.pages]
            if len(pages) > 1:
                met = [names_of(page) for page in pages]
                alike = any(first & second for first, second in itertools.pairwise(met))
                sizes = ", ".join(str(len(page)) for page in pages)
                return either(all(met) and not alike, f"pages of {sizes}{', and more' if look.more else ''}")
        return unseen(f"one page of {len(evidence.rows(key))}")

    return judge


def _page_size(evidence: Evidence) -> Judgement:
    if len(_items(evidence)) < 2:
        return unseen("there are fewer than two protected items")
    size = len(rows_of(evidence.look("items_small").pages[0]))
    return either(size == 1, f"{size} on a page of 1")


def _words(evidence: Evidence) -> Judgement:
    return known_words("state", (properties(row).get("protectionState") for row in _items(evidence)), _STATES)


def _health(evidence: Evidence) -> Judgement:
    return known_words("health", (properties(row).get("replicationHealth") for row in _items(evidence)), _HEALTH)


def allowed_in(states: Collection[str], good: Callable[[set[str]], bool], what: str) -> Callable[[Evidence], Judgement]:
    """What allowedJobs holds for the items in these states."""

    def judge(evidence: Evidence) -> Judgement:
        found = [properties(row) for row in whole(evidence)]
        there = [row.get("allowedJobs") for row in found if row.get("protectionState") in states]
        if not there:
            return unseen(f"no item that is told in full is {what}")
        seen = "; ".join(dict.fromkeys(_told(jobs) for jobs in there))
        return either(all(good(set(values.texts(jobs))) for jobs in there), f"{counted(len(there), 'item')}: {seen}")

    return judge


def _bios(evidence: Evidence) -> Judgement:
    over = [row for row in whole(evidence) if properties(row).get("protectionState") == "PlannedFailoverCompleted"]
    if not over:
        return unseen("no item that is told in full is failed over")
    told = sum(bool(custom(row).get("targetVmBiosId")) for row in over)
    return either(not told, f"{told} of {len(over)} items tell one")


def _booleans(evidence: Evidence) -> Judgement:
    found: set[str] = set()
    for row in whole(evidence):
        custom_row = custom(row)
        holders = [properties(row), custom_row, *values.mappings(custom_row.get("protectedDisks"))]
        for name in _BOOLEANS:
            found |= {_kind(holder[name]) for holder in holders if holder.get(name) is not None}
    if not found:
        return unseen("no item tells one")
    return either(found <= {"boolean", "text"}, f"seen as {', '.join(sorted(found))}")


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "text" if values.flag(value) is not None else "something else"


def _key(evidence: Evidence) -> Judgement:
    machines = names_of(some(evidence.rows("machines"), "discovered machine"))
    items = names_of(_items(evidence))
    strange = items - machines
    if strange and not evidence.complete("machines"):
        return unseen("not all machines were read")
    return either(not strange, f"{len(items) - len(strange)} of {len(items)} items are named as a discovered machine")


def _same_ids(evidence: Evidence) -> Judgement:
    """Ids inside items against the resources themselves."""
    known = [evidence.rows("storage_paths"), evidence.rows("machines"), [values.mapping(evidence.data("cluster"))]]
    own = {ids.normal(values.text(row.get("id"))): values.text(row.get("id")) for rows in known for row in rows}
    told = [
        values.text(custom(row).get(name))
        for row in whole(evidence)
        for name in ("targetHciClusterId", "storageContainerId", "fabricDiscoveryMachineId")
    ]
    told = [one for one in told if one]
    if not told:
        raise Unseen("no item names an id")
    strange = [one for one in told if ids.normal(one) not in own]
    if strange and not evidence.complete("machines", "storage_paths"):
        return unseen("not all machines and storage paths were read")
    cased = sum(own.get(ids.normal(one), one) != one for one in told)
    return either(
        not strange, f"{len(told)} ids, {cased} in another case than the resource's own, {len(strange)} not found"
    )


FACTS: tuple[Fact, ...] = (
    fact(
        "items_list_fields",
        "the list of protected items carries every field that we read of it",
        "control-plane §0.7, §9",
        "services/observation.py",
        _list_fields,
    ),
    fact(
        "items_list_agrees",
        "the list of protected items agrees with the item itself",
        "control-plane §0.7",
        "services/observation.py",
        _list_agrees,
    ),
    fact(
        "items_paging",
        "a long list of protected items comes in pages, joined by nextLink",
        "control-plane §6",
        "clients/arm.py",
        paged("items", "items_small"),
    ),
    fact(
        "items_page_size",
        "the list of protected items heeds pageSize",
        "control-plane §2.6",
        "nothing yet",
        _page_size,
    ),
    fact("items_states", "we know every word of protectionState", "control-plane §3", "domain/phase.py", _words),
    fact("items_health", "we know every word of replicationHealth", "control-plane §3", "domain/guards.py", _health),
    fact(
        "allowed_ready",
        "a protected item allows PlannedFailover and DisableProtection",
        "control-plane §3",
        "domain/phase.py",
        allowed_in(("Protected",), lambda jobs: {"PlannedFailover", "DisableProtection"} <= jobs, "protected"),
    ),
    fact(
        "allowed_seeding",
        "an item in initial replication does not allow PlannedFailover",
        "control-plane §3, §9",
        "domain/phase.py",
        allowed_in(_SEEDING, lambda jobs: "PlannedFailover" not in jobs, "in initial replication"),
    ),
    fact(
        "allowed_failing_over",
        "an item that is failing over does not allow PlannedFailover",
        "control-plane §3, §9",
        "domain/phase.py",
        allowed_in(_FAILING_OVER, lambda jobs: "PlannedFailover" not in jobs, "failing over"),
    ),
    fact(
        "allowed_failed_over",
        "an item whose failover is complete allows DisableProtection",
        "control-plane §3",
        "services/replication.py",
        allowed_in(("PlannedFailoverCompleted",), lambda jobs: "DisableProtection" in jobs, "failed over"),
    ),
    fact(
        "allowed_after_failure",
        "an item whose failover failed allows PlannedFailover or Restart again",
        "control-plane §2.7, §3",
        "domain/phase.py",
        allowed_in(_FAILED_OVER, lambda jobs: bool(jobs & {"PlannedFailover", "Restart"}), "in a failed failover"),
    ),
    fact(
        "bios_id", "targetVmBiosId stays null after a failover", "control-plane E2", "services/verification.py", _bios
    ),
    fact(
        "booleans",
        "what is yes or no comes as a boolean or as its text",
        "control-plane §0.9",
        "domain/values.py",
        _booleans,
    ),
    fact(
        "item_key",
        "a protected item is named as its discovered machine",
        "control-plane §1",
        "services/observation.py",
        _key,
    ),
    fact(
        "id_case", "ids of one resource differ at most in their case", "control-plane §0.9", "domain/ids.py", _same_ids
    ),
)
