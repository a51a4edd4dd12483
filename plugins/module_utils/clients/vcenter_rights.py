# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the signed-in account may do in vCenter, on which objects, as vCenter itself tells it. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from . import vcenter_inventory
from .vcenter_collector import container_view, retrieve
from .vcenter_contact import VcenterContact
from .vcenter_names import decode
from .vcenter_sdk import moid
from .vcenter_session import Wire

MOST = 200  # objects of one kind; more say nothing new of a role that is propagated
_CHUNK = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Entity:
    on: str  # vm | root | pool | folder | datastore | network
    type: str
    moid: str
    name: str


class VcenterRights(VcenterContact):
    """Signs in with its first question, signs out when it is closed."""

    def entities(self) -> list[Entity]:
        """The topmost folder, virtual machines, and what a new one can be put on."""
        found = [*self._session.read("reading the inventory", _root), *self._machines()]
        for row in self._session.read("reading the inventory", vcenter_inventory.read):
            if row["kind"] in ("pool", "folder", "datastore", "network"):
                found.append(Entity(on=row["kind"], type=row["type"], moid=row["id"], name=row["name"]))
        return found

    def _machines(self) -> list[Entity]:
        def ask(wire: Wire) -> list[Entity]:
            kind = wire.sdk.vim.VirtualMachine
            with container_view(wire, [kind]) as view:
                rows = list(retrieve(wire, [(kind, ["name"])], view=view, page_size=1000))
            return [
                Entity(
                    on="vm",
                    type="VirtualMachine",
                    moid=moid(row.thing),
                    # what is hidden has no name, and that is what is to be told of it
                    name=decode(str(row.props.get("name") or "")) or moid(row.thing),
                )
                for row in rows
            ]

        return self._session.read("reading virtual machines", ask)

    def granted(self, entities: Sequence[Entity], privileges: Collection[str]) -> list[frozenset[str]]:
        """Of these privileges the ones that the account holds on each object, in the order of the objects."""
        wanted = sorted(privileges)

        def ask(wire: Wire) -> list[frozenset[str]]:
            manager, key = wire.content.authorizationManager, wire.content.sessionManager.currentSession.key
            told: dict[str, frozenset[str]] = {}
            for start in range(0, len(entities), _CHUNK):
                objects = [_managed(wire, one) for one in entities[start : start + _CHUNK]]
                for answer in manager.HasPrivilegeOnEntities(objects, key, wanted) or []:
                    rows = answer.privAvailability or []
                    told[moid(answer.entity)] = frozenset(row.privId for row in rows if row.isGranted)
            return [told.get(one.moid, frozenset()) for one in entities]

        return self._session.read("reading the account's privileges", ask)

    @property
    def username(self) -> str:
        return self._session.settings.username


def _root(wire: Wire) -> list[Entity]:
    root = wire.content.rootFolder
    return [Entity(on="root", type="Folder", moid=moid(root), name="the topmost folder")]


def _managed(wire: Wire, entity: Entity) -> Any:
    vim = wire.sdk.vim
    types = {"DistributedVirtualPortgroup": vim.dvs.DistributedVirtualPortgroup}
    return wire.managed(types.get(entity.type) or getattr(vim, entity.type), entity.moid)
