# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One step of an infrastructure: the request, its end, and what is there afterwards."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from typing import Any

from ..clients.errors import ClientError, Conflict, ReplyLost, ServiceError
from ..domain import ids, values
from ..domain.cache_account import Account
from ..domain.infrastructure import Grant, Lock, Part, Seen
from ..domain.infrastructure_plan import Kind, Step, linked
from . import scope as where
from .arm_writes import Writes
from .infrastructure_read import Reader

_VERSIONS: Mapping[Kind, str] = {
    "account": where.STORAGE,
    "grant": where.AUTHORIZATION,
    "solution": where.MIGRATE_SETUP,
    "lock": where.LOCKS,
    "diagnostics": where.DIAGNOSTIC_SETTINGS,
}
_CHANGED_MEANWHILE = 412


class Writer:
    """The changes of one run. ``timeout_s`` is for each of them."""

    def __init__(self, reader: Reader, *, timeout_s: float) -> None:
        self.reader, self.arm, self.timeout_s = reader, reader.arm, timeout_s
        self.writes = Writes(reader.arm, timeout_s=timeout_s)
        self.failure: ClientError | None = None  # how the last attempt at an extension ended

    def do(self, seen: Seen, step: Step) -> tuple[Seen, bool]:
        """Take the step: what is there then, and whether it changed anything."""
        if step.verb == "wait":
            return self._settled(seen, step), False
        if step.verb == "delete":
            self.take_back(step)
            return _without(seen, step), True
        if step.kind == "vault":
            return self._identity(seen, step), True
        if step.kind == "solution":
            return self._link(seen)
        if step.kind == "grant":
            return self._grant(seen, step)
        if step.kind == "extension":
            return self._extension(seen, step), True
        return _with(seen, step, self._put(step)), True

    def take_back(self, step: Step) -> None:
        """A step of a removal."""
        if step.kind == "solution":
            self.writes.put(step.path, self._version(step.kind), linked(self.reader.solution(), ""))
        elif step.verb == "wait":
            self.writes.settled(step.path, self._version(step.kind))
        else:
            self.writes.delete(step.path, self._version(step.kind))

    def _version(self, kind: Kind) -> str:
        return _VERSIONS.get(kind) or self.reader.project.version

    def _put(self, step: Step) -> dict[str, Any]:
        return self.writes.put(step.path, self._version(step.kind), dict(step.body or {}))

    # -- kinds that take more than a PUT ------------------------------------------------------------------------

    def _settled(self, seen: Seen, step: Step) -> Seen:
        if step.kind == "vault":
            return dataclasses.replace(seen, vault=self.reader.vault())
        body = self.writes.settled(step.path, self._version(step.kind))
        if step.kind == "extension":
            return self.reader.judged(dataclasses.replace(seen, extensions=self.reader.extensions(seen)))
        return _without(seen, step) if body is None else _with(seen, step, body)

    def _identity(self, seen: Seen, step: Step) -> Seen:
        """The same change again does no harm: after a lost reply the vault itself tells whether it was made."""
        with contextlib.suppress(ReplyLost):
            reply = self.arm.patch(step.path, self._version(step.kind), dict(step.body or {}))
            if reply.operation_url:
                self.arm.wait(reply, self.timeout_s)
        return dataclasses.replace(seen, vault=self.reader.vault())

    def _link(self, seen: Seen) -> tuple[Seen, bool]:
        """Read once more first, so that no detail written since is lost. A link of somebody else's is not undone."""
        now = self.reader.solution()
        if now.account_id.lower() != seen.solution.account_id.lower():
            raise Conflict(
                f"the project was linked to the cache storage account {now.account_id} while we worked on it",
                code="link_changed_meanwhile",
            )
        changed = True
        try:
            self.writes.put(now.id, self._version("solution"), linked(now, seen.account_id))
        except Conflict as error:
            if error.status != _CHANGED_MEANWHILE:
                raise
            changed = False
        return dataclasses.replace(seen, solution=self.reader.solution()), changed

    def _grant(self, seen: Seen, step: Step) -> tuple[Seen, bool]:
        """One that is there already counts as done, ours or another's: the list of them lags."""
        changed = self.arm.get_or_none(step.path, where.AUTHORIZATION) is None
        if changed:
            try:
                self._put(step)
            except Conflict as error:
                if error.code.lower() != "roleassignmentexists":
                    raise
                changed = False
        said = (step.body or {})["properties"]
        grant = Grant(id=step.path, principal=said["principalId"], role=ids.name(said["roleDefinitionId"]))
        return dataclasses.replace(seen, grants=(*seen.grants, grant)), changed

    def _extension(self, seen: Seen, step: Step) -> Seen:
        """One that was taken and ended badly is read with its reason: the plan decides what comes of it."""
        try:
            return _with(seen, step, self._put(step))
        except ServiceError as error:
            self.failure = error
            after = dataclasses.replace(seen, extensions=self.reader.extensions(seen), extension_is_ours=True)
            if after.extension is None:
                raise
            return self.reader.judged(after)


def _with(seen: Seen, step: Step, body: Mapping[str, Any]) -> Seen:
    """What is there with the reply to a step."""
    if step.kind == "policy":
        return dataclasses.replace(seen, policy=Part.parse(body))
    if step.kind == "extension":
        others = _without(seen, step).extensions
        return dataclasses.replace(seen, extensions=(*others, Part.parse(body)))
    if step.kind == "account":
        return dataclasses.replace(seen, account=Account.parse(body))
    properties = values.mapping(body.get("properties"))
    if step.kind == "diagnostics":
        return dataclasses.replace(seen, diagnostics=properties)
    lock = Lock(id=step.path, level=values.text(properties.get("level")))
    return dataclasses.replace(seen, locks=(*(seen.locks or ()), lock))


def _without(seen: Seen, step: Step) -> Seen:
    if step.kind == "policy":
        return dataclasses.replace(seen, policy=None)
    if step.kind == "account":
        return dataclasses.replace(seen, account=None)
    if step.kind == "extension":
        left = tuple(part for part in seen.extensions if not ids.same_id(part.id, step.path))
        return dataclasses.replace(seen, extensions=left)
    return dataclasses.replace(seen, locks=tuple(lock for lock in seen.locks or () if lock.id != step.path))
