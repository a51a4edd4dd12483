# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Management locks: kept on a scope, heeded for it and for all below it."""

from __future__ import annotations

from .resources import Resource
from .state import Azure
from .tracked import properties_of, told, whole, words
from .wire import JSON, Answer, ArmError, Request, bad, page

TYPE = "Microsoft.Authorization/locks"
_LEVELS = ("CanNotDelete", "ReadOnly")


def _id(request: Request) -> str:
    return f"{request.parts['scope']}/providers/{TYPE}/{request.parts['name']}"


def _scope(lock: Resource) -> str:
    return lock.id[: -len(f"/providers/{TYPE}/{lock.name}")]


def _above(scope: str, path: str) -> bool:
    return f"{path}/".lower().startswith(f"{scope}/".lower())


def listing(azure: Azure, request: Request) -> Answer:
    """Those of the scope, above it, and below it unless the filter says atScope()."""
    here, deep = request.parts["scope"], "atscope()" not in request.query.get("$filter", "").lower()
    rows = [
        lock.show()
        for lock in azure.resources.of(TYPE)
        if _above(_scope(lock), here) or (deep and _above(here, _scope(lock)))
    ]
    return Answer(body=page(azure.base_url, request, rows, 100))


def get(azure: Azure, request: Request) -> Answer:
    lock = azure.resources.find(_id(request))
    if lock is None:
        raise ArmError(404, "LockNotFound", f"The lock '{request.parts['name']}' could not be found.", gateway=True)
    return Answer(body=lock.show())


def put(azure: Azure, request: Request) -> Answer:
    if not exists(azure, request.parts["scope"]):
        raise ArmError(404, "ResourceNotFound", f"The Resource '{request.parts['scope']}' was not found.", gateway=True)
    properties = properties_of(whole(request))
    if words(properties.get("level"), _LEVELS, "level") is None:
        raise bad("InvalidLockLevel", "The lock level is required: CanNotDelete or ReadOnly.")
    kept: JSON = {"level": properties["level"], "notes": str(properties.get("notes") or "")}
    known = azure.resources.find(_id(request))
    fresh = azure.resources.save(_id(request), TYPE, {"properties": kept})
    told(azure, fresh, known, request.line)
    return Answer(status=200 if known else 201, body=fresh.show())


def delete(azure: Azure, request: Request) -> Answer:
    known = azure.resources.pop(_id(request).lower(), None)
    if known is None:
        return Answer(status=204)
    azure.world.journal.write("", "target", "resource", {"id": known.id}, None, request.line)
    return Answer()


def exists(azure: Azure, scope: str) -> bool:
    """Whether there is something that a lock or a setting can be put on."""
    parts = scope.lower().strip("/").split("/")
    if parts[:1] == ["subscriptions"] and len(parts) == 2:
        return parts[1] in azure.subscriptions
    key = scope.lower()
    return azure.resources.find(key) is not None or key in azure.parts or key in azure.machines


def check(azure: Azure, request: Request) -> None:
    """A lock stops a deletion at its scope, below it, and above it; a lock against writing stops those too."""
    if request.method in ("GET", "HEAD") or f"/{TYPE}".lower() in request.path.lower():
        return
    locks = azure.resources.of(TYPE)
    if not locks:
        return
    deleting = request.method == "DELETE"
    in_force = [
        _scope(lock)
        for lock in locks
        if (deleting and (_above(_scope(lock), request.path) or _above(request.path, _scope(lock))))
        or (not deleting and lock.properties["level"] == "ReadOnly" and _above(_scope(lock), request.path))
    ]
    if in_force:
        raise ArmError(
            409,
            "ScopeLocked",
            f"The scope '{request.path}' cannot perform {'delete' if deleting else 'write'} operation because following "
            f"scope(s) are locked: '{','.join(in_force)}'. Please remove the lock and try again.",
            gateway=True,
        )
