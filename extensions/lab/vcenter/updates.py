# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for changes: filters of a property collector, and what changed in them since a version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import soap
from .collector import read, wanted_by
from .service import Call, Service, gone, operation
from .sessions import Session
from .types import VERSION, fault, make, support, vmodl

_pc = vmodl.query.PropertyCollector
_ANYTHING = support.Object(name="val", type=object, version=VERSION, flags=0)
_SHORTEST_LOOK_S, _LONGEST_LOOK_S = 0.01, 0.2
_LONGEST_WAIT_S = 600
DEFAULT = "propertyCollector"  # the collector that every session has


@dataclass
class Filter:
    """What somebody watches, and how it looked when last told: object -> path -> value as text."""

    ref: Any
    spec: Any
    collector: str
    told: dict[str, dict[str, str]] = field(default_factory=dict)

    def roots(self, _: Service) -> dict[str, Callable[[], Any]]:
        return {"spec": lambda: self.spec, "partialUpdates": lambda: False}


@dataclass
class Collector:
    """A property collector with filters of its own."""

    ref: Any
    filters: list[Filter] = field(default_factory=list)
    version: int = 0
    cancelled: bool = False

    def roots(self, _: Service) -> dict[str, Callable[[], Any]]:
        return {"filter": lambda: [one.ref for one in self.filters]}


def _collector(call: Call, session: Session) -> Collector:
    found = session.objects.get(call.moid)
    if isinstance(found, Collector):
        return found
    if call.moid != DEFAULT:
        raise gone(call.this)
    made: Collector = session.objects.setdefault(DEFAULT, Collector(_pc(DEFAULT)))
    return made


@operation("CreatePropertyCollector")
def create_collector(call: Call) -> Any:
    collector = Collector(None)
    collector.ref = _pc(call.logged_in.keep("pc", collector))
    return collector.ref


@operation("DestroyPropertyCollector")
def destroy_collector(call: Call) -> None:
    session = call.logged_in
    collector = _collector(call, session)
    collector.cancelled = True
    for one in collector.filters:
        session.objects.pop(one.ref._moId, None)
    session.objects.pop(call.moid, None)


@operation("CreateFilter")
def create_filter(call: Call) -> Any:
    session = call.logged_in
    collector = _collector(call, session)
    made = Filter(None, call.args["spec"], call.moid)
    wanted_by(call.service, session, [made.spec])  # what is wrong with it is told at once
    made.ref = _pc.Filter(session.keep("filter", made))
    collector.filters.append(made)
    return made.ref


@operation("DestroyPropertyFilter")
def destroy_filter(call: Call) -> None:
    session = call.logged_in
    made = session.objects.pop(call.moid, None)
    if not isinstance(made, Filter):
        raise gone(call.this)
    collector = session.objects.get(made.collector)
    if isinstance(collector, Collector) and made in collector.filters:
        collector.filters.remove(made)


@operation("WaitForUpdatesEx")
def wait_for_updates_ex(call: Call) -> Any:
    options = call.args.get("options")
    seconds = options.maxWaitSeconds if options is not None else None
    return _wait(call, _LONGEST_WAIT_S if seconds is None else seconds)


@operation("WaitForUpdates")
def wait_for_updates(call: Call) -> Any:
    return _wait(call, _LONGEST_WAIT_S)


@operation("CheckForUpdates")
def check_for_updates(call: Call) -> Any:
    return _wait(call, 0)


@operation("CancelWaitForUpdates")
def cancel(call: Call) -> None:
    _collector(call, call.logged_in).cancelled = True


def _wait(call: Call, seconds: float) -> Any:
    """The changes since the client's version, as soon as there are any; nothing when the time is over."""
    session = call.logged_in
    collector = _collector(call, session)
    version = str(call.args.get("version") or "")
    if version == "":
        for one in collector.filters:
            one.told = {}
    elif version != str(collector.version):
        raise fault(vmodl.query.InvalidCollectorVersion, "The version of the collector is not valid any more.")
    collector.cancelled = False
    clock = call.service.world.clock
    until, look = clock.monotonic() + seconds, _SHORTEST_LOOK_S
    while True:
        changed = [update for one in collector.filters if (update := _update(call.service, session, one)) is not None]
        if changed:
            collector.version += 1
            return make(_pc.UpdateSet, version=str(collector.version), filterSet=changed, truncated=False)
        if collector.cancelled:
            raise fault(vmodl.fault.RequestCanceled, "The request was canceled.")
        left = until - clock.monotonic()
        if left <= 0 or call.service.sessions.find(session.key) is None:
            return None
        clock.sleep(min(look, left))
        look = min(look * 2, _LONGEST_LOOK_S)


def _update(service: Service, session: Session, watched: Filter) -> Any:
    """What is new in one filter, None when nothing is."""
    changes, seen = [], set()
    for wanted in wanted_by(service, session, [watched.spec]):
        try:
            opened = service.open(wanted.ref, session)
        except vmodl.fault.ManagedObjectNotFound:
            continue
        with service.world.lock:
            found, missing = read(opened, [*opened.roots] if wanted.every else wanted.paths)
        moid = opened.ref._moId
        seen.add(moid)
        known = watched.told.get(moid)
        fresh = {path: soap.serialize(value, _ANYTHING, VERSION) for path, value in found.items()}
        moved = [path for path, text in fresh.items() if known is None or known.get(path) != text]
        unset = [path for path in known or {} if path not in fresh]
        if known is not None and not moved and not unset:
            continue
        watched.told[moid] = fresh
        values = [make(_pc.Change, name=path, op="assign", val=found[path]) for path in moved]
        values += [make(_pc.Change, name=path, op="assign", val=None) for path in unset]
        kind = "enter" if known is None else "modify"
        changes.append(make(_pc.ObjectUpdate, kind=kind, obj=opened.ref, changeSet=values, missingSet=missing))
    for moid in [moid for moid in watched.told if moid not in seen]:
        del watched.told[moid]
    return make(_pc.FilterUpdate, filter=watched.ref, objectSet=changes) if changes else None
