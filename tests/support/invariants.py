# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold of every migration, whatever was asked and whatever broke: read from the lab's own records."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lab.runtime import Lab
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
        if uuid and names.get(uuid) not in wave and ours and not (uuid not in names and _made_by_us(changes[0])):
            yield f"{names.get(uuid, uuid)} is not in the wave, and was touched: {ours[0]}"
    for uuid, name in names.items():
        changes = by_vm[uuid]
        # a DELETE of what is gone is no order
        orders = [request for request in ledger if request.item == uuid and request.is_order and request.status != 204]
        yield from (f"{name}: {problem}" for problem in _both_on(records.first[uuid], changes, asked))
        yield from (f"{name}: {problem}" for problem in _sent_once(orders, changes, longest_hidden_s(records.lab)))
        yield from (f"{name}: {problem}" for problem in _announced(orders, changes))


def _made_by_us(first: Change) -> bool:
    """Its life begins with an order of ours: the source appliance's machine."""
    return (first["what"], first["before"]) == ("vm", None) and first["cause"] != OTHERS


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


# -- every order sent once ---------------------------------------------------------------------------------------------

# A failover is over when the item says so, since item and job may contradict each other; these two when their job is.
FAILED_OVER = ("PlannedFailoverFailed", "PlannedFailoverCompletionFailed")
JOBS = {"DELETE": "Delete protected item", "PATCH": "Update protected item"}
LOOKS_S = 300.0  # so long the client looks after a lost reply, before it sends an order again


def longest_hidden_s(lab: Lab) -> float:
    """How long an accepted PUT can be neither read nor found among the jobs. All other orders can be read at once."""
    return lab.schedule.short(min(lab.switches.visible_after_s, lab.switches.jobs_lag_s))


def _sent_once(orders: list[Request], changes: list[Change], hidden_s: float) -> Iterator[str]:
    """Orders of a kind that was accepted before and has not ended: whatever became of the further ones.

    One such is no fault: a PUT whose reply was lost, and which the service itself hid for longer than the client looks.
    """
    accepted: dict[str, Request] = {}
    excused: set[Request] = set()
    for order in orders:
        first = accepted.get(order.method)
        if first is not None and _ended(first, order, changes):
            first = None
        if first is not None:
            looked = order.is_create and not first.heard and order.t - first.ended >= LOOKS_S
            if looked and hidden_s > LOOKS_S and first not in excused:
                excused.add(first)
            else:
                yield f"{order.method} at {order.t} ({order.status}) after that of {first.t} was accepted, and not ended"
        if first is None and order.accepted:
            accepted[order.method] = order


def _ended(first: Request, order: Request, changes: list[Change]) -> bool:
    """Whether the first had ended when the other one was sent. What went well is not to be said once more."""
    between = [(change["what"], change["after"]) for change in changes if first.t <= change["t"] <= order.t]
    states = [after for what, after in between if what == "item"]
    jobs = [after["state"] for what, after in between if what == "job" and after["name"] == JOBS.get(order.method)]
    return (
        None in states  # it is gone
        or "Failed" in jobs
        or ("Succeeded" in jobs and first.body != order.body)
        or (order.is_failover and any(state in FAILED_OVER for state in states))
    )


# -- after its mark, and of something that is there -----------------------------------------------------------------------


def _announced(orders: list[Request], changes: list[Change]) -> Iterator[str]:
    accepted = [order for order in orders if order.accepted]
    creates = [order for order in accepted if order.is_create]
    for create in creates:
        if not any("enabled" in mark for mark in _marks(changes, create.t)):
            yield f"PUT at {create.t} without a mark before it"
    for number, post in enumerate((order for order in accepted if order.is_failover), 1):
        if not any(mark.get("attempt") == number and "cutover" in mark for mark in _marks(changes, post.t)):
            yield f"planned failover {number} at {post.t} without its mark before it"
    for order in accepted:
        if not order.is_create and not any(create.t < order.t for create in creates):
            yield f"{order.method} at {order.t} for an item that nobody made"


def _marks(changes: list[Change], before: float) -> list[dict[str, Any]]:
    """The marks on the source that were written by then, but for text that is none of ours."""
    return [
        json.loads(text)
        for change in changes
        if change["side"] == "source" and change["what"] == "mark" and change["t"] <= before
        if (text := change["after"].get(ATTRIBUTE) or "{}").startswith("{")
    ]


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
