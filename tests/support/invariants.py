# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold of every migration, whatever was asked and whatever broke: read from the lab's own records."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from lab.world import SourceVm

from .records import Records, Request

Change = dict[str, Any]
OTHERS = 0  # the cause of what no request brought about: a second operator, the appliance
ATTRIBUTE = "azlocal.migrate"


def check(records: Records, wave: Iterable[str], completed: Iterable[str] = ()) -> None:
    """Raise with every violation. ``wave``: the names that the playbooks were given; ``completed``: those done."""
    done = set(completed)
    found = [*violations(records, set(wave)), *data_lost(records, done)]
    assert not found, "\n".join(found)


def violations(records: Records, wave: set[str]) -> Iterator[str]:
    ledger, journal = records.since(), records.journal()
    by_vm: dict[str, list[Change]] = defaultdict(list)
    for change in journal:
        by_vm[change["vm"].lower()].append(change)
    names = {uuid: vm.name for uuid, vm in records.first.items()}
    asked = {request.line: request.t for request in ledger}
    for uuid, changes in by_vm.items():
        ours = [change for change in changes if change["cause"] != OTHERS]
        if uuid and names.get(uuid) not in wave and ours:
            yield f"{names.get(uuid, uuid)} is not in the wave, and was touched: {ours[0]}"
    for uuid, name in names.items():
        changes = by_vm[uuid]
        mine = [request for request in ledger if request.item == uuid and request.accepted]
        yield from (f"{name}: {problem}" for problem in _both_on(records.first[uuid], changes, asked))
        yield from (f"{name}: {problem}" for problem in _sent_once(mine, changes))


# -- nothing of ours brings both sides on and connected ----------------------------------------------------------------


def _both_on(first: SourceVm, changes: list[Change], asked: Mapping[int, float]) -> Iterator[str]:
    """The changes of ours that switch one on beside the other. ``asked``: when each request came in, by its line.

    What somebody else switches on is no fault of ours; nor is what a request of ours then goes on to do, if he did
    that after it was sent: a failover cannot be cancelled. What he switched on before, we could have seen.
    """
    # what is on, or connected -> since when by somebody else's doing, or 0
    on: dict[str | int, float] = {nic.key: 0.0 for nic in first.nics if nic.connected}
    if first.power == "poweredOn":
        on["source"] = 0.0
    for change in changes:
        key, is_on = _switched(change)
        if not is_on:
            on.pop(key, None)
        if not is_on or key in on:
            continue
        others = change["cause"] == OTHERS
        on[key] = change["t"] if others else 0.0
        seen = {one for one, since in on.items() if since <= asked.get(change["cause"], change["t"])}
        if not others and {"source", "target"} < seen:
            yield f"source and target both on and connected at {change['t']}: {change}"


def _switched(change: Change) -> tuple[str | int, bool]:
    """What a change switches, and whether it is on then: a side, or a NIC of the source by its key."""
    what, after = (change["side"], change["what"]), change["after"]
    if what == ("source", "nic"):
        return after["key"], after["connected"]
    if what in (("source", "power"), ("target", "power")):
        return change["side"], after in ("poweredOn", "Running")
    return ("target" if what == ("target", "vm") else ""), False


# -- every order sent once, after its mark -----------------------------------------------------------------------------


def _sent_once(mine: list[Request], changes: list[Change]) -> Iterator[str]:
    creates = [request for request in mine if request.is_create]
    deletes = [request for request in mine if request.is_delete]
    for number, create in enumerate(creates):
        removed = sum(delete.t < create.t for delete in deletes)
        if number > removed:
            yield f"PUT accepted {number + 1} times after {removed} DELETEs"
        if not any("enabled" in mark for mark in _marks(changes, create.t)):
            yield f"PUT at {create.t} without a mark before it"
    posts = [request for request in mine if request.is_failover]
    for number, post in enumerate(posts, 1):
        if not any(mark.get("attempt") == number and "cutover" in mark for mark in _marks(changes, post.t)):
            yield f"planned failover {number} at {post.t} without its mark before it"
    failed = [change["t"] for change in changes if _is_end_of_failover(changes, change)]
    for before, post in pairwise(posts):
        if not any(before.t <= end <= post.t for end in failed):
            yield f"planned failover sent again at {post.t} while the one of {before.t} had not failed"
    for order in (*posts, *deletes):
        if not any(create.t < order.t for create in creates):
            yield f"{order.method} at {order.t} for an item that nobody made"


def _marks(changes: list[Change], before: float) -> list[dict[str, Any]]:
    """The marks on the source that were written by then, but for text that is none of ours."""
    return [
        json.loads(text)
        for change in changes
        if change["side"] == "source" and change["what"] == "mark" and change["t"] <= before
        if (text := change["after"].get(ATTRIBUTE) or "{}").startswith("{")
    ]


def _is_end_of_failover(changes: list[Change], change: Change) -> bool:
    if change["what"] != "job" or change["after"].get("state") != "Failed":
        return False
    return change["after"]["name"] == "Planned failover"


# -- the data is right --------------------------------------------------------------------------------------------------


def data_lost(records: Records, completed: set[str]) -> Iterator[str]:
    """Of completed VMs: one target, running, its disks as the source's were left; the source off; item and seeds gone."""
    world = records.world()
    by_source = defaultdict(list)
    for target in world["target"].values():
        by_source[target["source_uuid"].lower()].append(target)
    for uuid, source in world["source"].items():
        name = records.first[uuid].name if uuid in records.first else ""  # somebody may have renamed it since
        if name not in completed:
            continue
        targets = by_source[uuid.lower()]
        if len(targets) != 1:
            yield f"{name}: {len(targets)} targets"
            continue
        there = {disk["source_uuid"].lower(): disk["digest"] for disk in targets[0]["disks"]}
        here = {disk["uuid"].lower(): disk["digest"] for disk in source["disks"]}
        if there != here:
            yield f"{name}: the disks of the target are not those of the source"
        if (targets[0]["state"], source["power"]) != ("Running", "poweredOff"):
            yield f"{name}: target {targets[0]['state']}, source {source['power']}"
        if any(seed["source_uuid"].lower() in here for seed in world["seeds"].values()):
            yield f"{name}: seed disks are left behind"
