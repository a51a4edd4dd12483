# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PropertyCollector: many properties of many objects in one call, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .reading import Opened, Unmodelled
from .service import Call, Service, not_authenticated, operation
from .sessions import Session
from .types import fault, make, support, vim, vmodl

_pc = vmodl.query.PropertyCollector
PAGE_CAP = 1000  # objects a page, however many a client asks for


@dataclass
class Wanted:
    """An object to read, and which of its properties."""

    ref: Any
    paths: list[str]
    every: bool


# what anybody may read: who has no session learns from it that there is none
_OPEN_TO_ALL = ("ServiceInstance", "SessionManager")


@operation("Fetch", anonymous=True)
def fetch(call: Call) -> Any:
    """One property of one object: what ``vm.name`` is in pyVmomi."""
    if call.moid not in _OPEN_TO_ALL:
        _ = call.logged_in
    path = call.args["prop"]
    opened = call.service.open(call.this, call.session)
    try:
        value = opened.get(path)
    except Unmodelled:
        raise fault(vmodl.fault.NotSupported, f"The lab does not model {path}.") from None
    call.result = type(opened.ref)._GetPropertyInfo(path).type if "." not in path else object
    return value


@operation("RetrievePropertiesEx", anonymous=True)
def retrieve_ex(call: Call) -> Any:
    if call.session is None:
        return make(_pc.RetrieveResult, token=None, objects=_strangers(call))
    session = call.logged_in
    wanted = wanted_by(call.service, session, call.args.get("specSet"))
    options = call.args.get("options")
    asked = options.maxObjects if options is not None else None
    size = min(asked, PAGE_CAP) if asked and asked > 0 else PAGE_CAP
    return _page(call.service, session, wanted, size)


@operation("ContinueRetrievePropertiesEx")
def continue_ex(call: Call) -> Any:
    session = call.logged_in
    left = session.pages.pop(call.args["token"], None)
    if left is None:
        raise fault(
            vmodl.fault.InvalidArgument, "A specified parameter was not correct: token", invalidProperty="token"
        )
    wanted, size = left
    return _page(call.service, session, wanted, size)


@operation("CancelRetrievePropertiesEx")
def cancel_ex(call: Call) -> None:
    if call.logged_in.pages.pop(call.args["token"], None) is None:
        raise fault(
            vmodl.fault.InvalidArgument, "A specified parameter was not correct: token", invalidProperty="token"
        )


@operation("RetrieveProperties", anonymous=True)
def retrieve(call: Call) -> Any:
    """The old form: everything at once."""
    if call.session is None:
        return _strangers(call)
    session = call.logged_in
    wanted = wanted_by(call.service, session, call.args.get("specSet"))
    return [content for one in wanted if (content := _content(call.service, session, one)) is not None]


def _strangers(call: Call) -> list[Any]:
    """What a read without a session shows: each property of the named objects is missing. Or a plain refusal."""
    if call.service.lab.switches.expired_read != "missing_set":
        raise not_authenticated(call.this)
    contents = []
    for spec in call.args.get("specSet") or []:
        for root in spec.objectSet:
            paths = [path for one in spec.propSet if isinstance(root.obj, one.type) for path in one.pathSet or []]
            if root.skip or not paths:
                raise not_authenticated(root.obj)  # a view has died with its session
            missing = [make(_pc.MissingProperty, path=path, fault=not_authenticated(root.obj)) for path in paths]
            contents.append(make(_pc.ObjectContent, obj=root.obj, propSet=[], missingSet=missing))
    return contents


def _page(service: Service, session: Session, wanted: list[Wanted], size: int) -> Any:
    now, later = wanted[:size], wanted[size:]
    contents = [content for one in now if (content := _content(service, session, one)) is not None]
    if not contents and not later:
        return None  # as vCenter: no object, no result
    token = None
    if later:
        token = session.token()
        session.pages[token] = (later, size)
    return make(_pc.RetrieveResult, token=token, objects=contents)


def _content(service: Service, session: Session, wanted: Wanted) -> Any:
    """One object's properties, None when it went away between two pages."""
    try:
        opened = service.open(wanted.ref, session)
    except vmodl.fault.ManagedObjectNotFound:
        return None
    paths = [*opened.roots, *wanted.paths] if wanted.every else wanted.paths
    with service.world.lock:
        found, missing = read(opened, dict.fromkeys(path for path in paths if not (wanted.every and "." in path)))
    properties = [make(vmodl.DynamicProperty, name=path, val=value) for path, value in found.items()]
    return make(_pc.ObjectContent, obj=opened.ref, propSet=properties, missingSet=missing)


def read(opened: Opened, paths: Any) -> tuple[dict[str, Any], list[Any]]:
    """Values by path, and what could not be read. Properties that are unset are in neither, as in vCenter."""
    found, missing = {}, []
    for path in paths:
        try:
            value = opened.get(path)
        except Unmodelled:
            why = fault(vmodl.fault.NotSupported, f"The lab does not model {path}.")
            missing.append(make(_pc.MissingProperty, path=path, fault=why))
            continue
        except vim.fault.NoPermission as why:
            missing.append(make(_pc.MissingProperty, path=path, fault=why))
            continue
        if value is not None:
            found[path] = value
    return found, missing


# -- which objects -----------------------------------------------------------------------------------------------


def wanted_by(service: Service, session: Session, specs: Any) -> list[Wanted]:
    """The objects that filter specs select, each once, with all the properties that any of them asks for."""
    found: dict[str, Wanted] = {}
    for spec in specs or []:
        for ref in _selected(service, session, spec.objectSet):
            for properties in spec.propSet:
                if not isinstance(ref, properties.type):
                    continue
                one = found.setdefault(ref._moId, Wanted(ref, [], False))
                one.every = one.every or bool(properties.all)
                one.paths += [str(path) for path in properties.pathSet or []]
    return list(found.values())


def _selected(service: Service, session: Session, object_set: Any) -> Iterator[Any]:
    """The objects that the specs name and reach. One that does not exist is a fault, unless skipping was allowed."""
    seen: set[str] = set()
    for spec in object_set:
        opened = service.open(spec.obj, session)
        if not spec.skip and opened.ref._moId not in seen:
            seen.add(opened.ref._moId)
            yield opened.ref
        named: dict[str, Any] = {}
        _learn(spec.selectSet, named)
        yield from _follow(service, session, opened, spec.selectSet, named, seen, set())


def _learn(select_set: Any, named: dict[str, Any]) -> None:
    """Traversals have names, so that one can call another, or itself."""
    for selection in select_set or []:
        if isinstance(selection, _pc.TraversalSpec):
            if selection.name:
                named[selection.name] = selection
            _learn(selection.selectSet, named)


def _follow(
    service: Service,
    session: Session,
    opened: Opened,
    select_set: Any,
    named: dict[str, Any],
    seen: set[str],
    walked: set[tuple[str, int]],
) -> Iterator[Any]:
    for selection in select_set or []:
        step = selection if isinstance(selection, _pc.TraversalSpec) else named.get(selection.name)
        if step is None:
            raise fault(
                vmodl.fault.InvalidArgument, f"no traversal is named {selection.name}", invalidProperty="selectSet"
            )
        if not isinstance(opened.ref, step.type) or (opened.ref._moId, id(step)) in walked:
            continue
        walked.add((opened.ref._moId, id(step)))
        for ref in _targets(opened, str(step.path)):
            if not step.skip and ref._moId not in seen:
                seen.add(ref._moId)
                yield ref
            if step.selectSet:
                below = service.open(ref, session)
                yield from _follow(service, session, below, step.selectSet, named, seen, walked)


def _targets(opened: Opened, path: str) -> list[Any]:
    value = opened.get(path)
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, support.ManagedObject)]
