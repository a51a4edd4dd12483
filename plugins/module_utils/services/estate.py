# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists what a programme leaves behind, and removes of it what is named, one after another in the order in which it can go.

A run may end anywhere. What is gone is seen by the next one, what is on its way is waited for, and nothing is sent twice.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Sequence
from typing import Any

from ..clients.arm import ArmClient
from ..clients.errors import ClientError, InvalidRequest, NotFound, PermissionDenied, ReplyLost
from ..clients.vcenter_estate import VcenterEstate
from ..clients.vcenter_session import VcenterSettings
from ..domain import ids
from ..domain.estate import APPLICATION, ORDER, Leftover, chosen, too_early
from ..domain.estate_list import IN_VCENTER, Seen, in_use, leftovers
from ..domain.project_seen import state_of
from .arm_writes import Writes
from .estate_read import EstateReader, kind_of
from .lookup import until_certain
from .project import NotReady
from .scope import Scope

_CLIENT = re.compile(APPLICATION + r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclasses.dataclass(kw_only=True)
class Outcome:
    """``removed``: what this run removed, in check mode what it would; ``gone``: names of what was gone before it.

    ``items``: protected items that the vault has; while there is one, nothing may go.
    """

    left: list[Leftover]
    items: tuple[str, ...] = ()
    removed: list[Leftover] = dataclasses.field(default_factory=list)
    gone: list[str] = dataclasses.field(default_factory=list)
    waiting_for: dict[str, Any] | None = None


class Estate:
    """One call of the module. ``removed`` tells what was changed, also where it ends in an error."""

    def __init__(
        self,
        arm: ArmClient,
        scope: Scope,
        vcenter: VcenterEstate | None = None,
        *,
        machine: str = "",
        check: bool = False,
        timeout_s: float = 1800,
    ) -> None:
        self.arm, self.vcenter, self.check = arm, vcenter, check
        self.reader = EstateReader(arm, scope, vcenter, machine)
        self.writes = Writes(arm, timeout_s=timeout_s)
        self.done: list[Leftover] = []
        self._kept: list[Leftover] = []  # named, and held back because a person has to act first

    def listed(self) -> Outcome:
        try:
            seen = self.reader.seen()
            return Outcome(left=leftovers(seen), items=seen.items)
        finally:
            self.reader.close()

    def removed(self, names: Sequence[str]) -> Outcome:
        try:
            return self._removed(names)
        except ClientError as error:
            raise error.after(one.does for one in self.done) from error
        finally:
            self.reader.close()

    def _removed(self, names: Sequence[str]) -> Outcome:
        seen = self.reader.seen()
        found = leftovers(seen)
        picked, unknown, unclear = chosen(names, found)
        if unclear:
            told = f"several things of the list are called {', '.join(unclear)}"
            raise InvalidRequest(told, code="estate_name_unknown", remedy="Name them by their ids")
        if seen.items:
            raise NotReady(f"nothing is removed: {in_use(seen)}", code="items_left")
        gone, denied = self._gone(unknown, seen)
        _refuse(picked, found)
        outcome = Outcome(left=found, gone=gone)
        if self.check:
            outcome.removed = picked
            return outcome
        outcome.waiting_for = self._remove_all(picked, seen, denied)
        outcome.removed, outcome.left = self.done, [one for one in found if one not in picked or one in self._kept]
        return outcome

    # -- names that the list lacks -------------------------------------------------------------------------------

    def _gone(self, names: Sequence[str], seen: Seen) -> tuple[list[str], list[str]]:
        """What is gone for certain, and client ids of applications of which it cannot be seen. Anything else is refused."""
        gone: list[str] = []
        unseen: list[str] = []
        unknown: list[str] = []
        for name in names:
            if _CLIENT.fullmatch(name):
                readable, row = self.reader.application(name[len(APPLICATION) :])
                (unknown if row else gone if readable else unseen).append(name)
            elif self.vcenter is not None and name.lower() in IN_VCENTER:
                gone.append(name)
            else:
                (gone if self._is_gone(name, seen) else unknown).append(name)
        if unknown:
            raise InvalidRequest(
                f"nothing that project {seen.project} leaves behind is called {', '.join(unknown)}",
                code="estate_name_unknown",
            )
        return gone, [name[len(APPLICATION) :] for name in unseen]

    def _is_gone(self, name: str, seen: Seen) -> bool:
        """Of the resource group, and of what an id within it names, it can be seen."""
        kind = kind_of(name)
        if not kind or not f"{ids.normal(name)}/".startswith(f"{ids.normal(seen.group_id)}/"):
            return False
        return seen.group is None or self.reader.look.there(name, self.reader.version(kind)) is None

    # -- removing ------------------------------------------------------------------------------------------------

    def _remove_all(self, picked: Sequence[Leftover], seen: Seen, denied: list[str]) -> dict[str, Any] | None:
        """In order. What alone names an application stays until that is gone, whoever removes it."""
        for number, one in enumerate(picked):
            if denied and ORDER[one.kind] > ORDER["application"]:
                self._kept += picked[number:]
                break
            if one.kind == "application":
                if not self._application(one, seen):
                    denied.append(_app_id(one))
                    self._kept.append(one)
            elif one.kind == "vcenter_attribute":
                self._attribute(one)
            elif one.kind == "vcenter_role":
                self._role(one)
            else:
                if one.kind == "resource_group":
                    self._still_empty(one)
                self._resource(one)
        return _waiting(denied) if denied else None

    def _resource(self, one: Leftover) -> None:
        """A list may still show what is gone, so it is read by itself first. What is on its way is not asked to go twice."""
        version = self.reader.version(one.kind)
        found = self.reader.look.there(one.id, version)
        if found is None:
            return
        if state_of(found) == "deleting":
            self.writes.gone(one.id, version)
            return
        self.writes.delete(one.id, version)
        self.done.append(one)

    def _still_empty(self, group: Leftover) -> None:
        """The list is as old as this run, and Azure removes a group with all that came into it since.

        What a list shows for a while after it is gone is read by itself.
        """
        others = []
        for row in self.reader.contents(group.id):
            arm_id = str(row.get("id"))
            kind = kind_of(arm_id)
            if not kind or self.reader.look.there(arm_id, self.reader.version(kind)) is not None:
                others.append(ids.name(arm_id))
        if others:
            raise NotReady(
                f"resource group {group.name} is not removed: other resources have come into it since the list was made: "
                f"{', '.join(others)}",
                code="estate_not_safe",
            )

    def _application(self, one: Leftover, seen: Seen) -> bool:
        """False where this identity may not remove it."""
        row = seen.applications[_app_id(one)]
        if row is None:
            return False
        try:
            self.reader.directory.delete(str(row["id"]))
        except NotFound:
            return True
        except PermissionDenied:
            return False
        except ReplyLost:
            if not until_certain(lambda: self.reader.application(_app_id(one)) == (True, None), clock=self.arm.clock):
                raise
        self.done.append(one)
        return True

    def _attribute(self, one: Leftover) -> None:
        if self.vcenter is not None:
            self.vcenter.remove_attribute()
            self.done.append(one)

    def _role(self, one: Leftover) -> None:
        if self.vcenter is not None and self.vcenter.remove_role(one.name):
            self.done.append(one)


def _app_id(one: Leftover) -> str:
    return one.id[len(APPLICATION) :]


def _waiting(app_ids: Sequence[str]) -> dict[str, Any]:
    return {
        "who": "an Application Administrator, or whoever owns these applications in Microsoft Entra",
        "what": "Delete the applications of the appliances with these commands, then run this again. What alone names them "
        "stays until then. An application that is to stay, or that this identity cannot see to be gone, is left out of names",
        "where": "Azure CLI, or Microsoft Entra admin center > App registrations",
        "data": {"commands": [f"az ad app delete --id {app_id}" for app_id in app_ids]},
    }


def _refuse(picked: Sequence[Leftover], found: Sequence[Leftover]) -> None:
    """All that stands against what is named, in one error, before anything is removed."""
    unsafe = [one for one in picked if not one.safe]
    if unsafe:
        locked = any(one.kind == "lock" for one in unsafe) or any("lock of somebody" in one.why_not for one in unsafe)
        raise NotReady(
            "; ".join(f"{one.kind.replace('_', ' ')} {one.name} is not removed: {one.why_not}" for one in unsafe),
            code="estate_locked" if locked else "estate_not_safe",
        )
    early = too_early(picked, found)
    if early:
        told = [f"before {name}: {', '.join(one.name for one in before)}" for name, before in early.items()]
        raise InvalidRequest(f"something else has to go first: {'; '.join(told)}", code="estate_order")


def call(
    arm: ArmClient,
    scope: Scope,
    vcenter: VcenterSettings | None,
    names: Sequence[str] | None,
    *,
    machine: str,
    check: bool,
    timeout_s: float,
) -> Outcome:
    """One call of the module: the list, or with ``names`` the removal of what they name."""
    with VcenterEstate(vcenter) if vcenter else contextlib.nullcontext() as client:
        work = Estate(arm, scope, client, machine=machine, check=check, timeout_s=timeout_s)
        return work.listed() if names is None else work.removed(names)
