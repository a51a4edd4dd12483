# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A first look at a vCenter: what it is, what time it has, what the account may see and do. Reads only, and few."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Collection
from typing import Any

from . import vcenter_events, vcenter_read
from .vcenter_collector import container_view, retrieve
from .vcenter_places import MARK_ATTRIBUTE
from .vcenter_sdk import moid
from .vcenter_session import Session, VcenterSettings, Wire

MOST_VMS = 200  # of which the first contact reads the properties
_PAGE = 100


class VcenterContact:
    """Signs in with its first question, signs out when it is closed. Each answer is plain data."""

    def __init__(self, settings: VcenterSettings) -> None:
        self._session = Session(settings)

    def close(self) -> None:
        self._session.close()

    def about(self) -> dict[str, str]:
        """Product and version."""

        def ask(wire: Wire) -> dict[str, str]:
            about = wire.content.about
            return {
                "full_name": about.fullName or "",
                "api_type": about.apiType or "",
                "api_version": about.apiVersion or "",
                "build": about.build or "",
            }

        return self._session.read("reading what it is", ask)

    def clock(self, now: Callable[[], dt.datetime]) -> dict[str, str]:
        """vCenter's time, and the caller's before and after the question."""

        def ask(wire: Wire) -> dict[str, str]:
            before = now()
            server = wire.service_instance.CurrentTime()
            return {"before": before.isoformat(), "server": server.isoformat(), "after": now().isoformat()}

        return self._session.read("reading its time", ask)

    def attribute(self) -> dict[str, Any]:
        """How many custom attributes the account is shown, and whether ours is among them."""

        def ask(wire: Wire) -> dict[str, Any]:
            manager = wire.content.customFieldsManager
            fields = None if manager is None else list(manager.field or [])
            if fields is None:
                return {"count": None, "ours": False}
            return {"count": len(fields), "ours": any(field.name == MARK_ATTRIBUTE for field in fields)}

        return self._session.read("reading the custom attributes", ask)

    def vms(self) -> tuple[list[dict[str, Any]], bool]:
        """The first virtual machines, and whether there are more."""

        def ask(wire: Wire) -> tuple[list[dict[str, Any]], bool]:
            places = vcenter_read.read_places(wire)
            kind = wire.sdk.vim.VirtualMachine
            with container_view(wire, [kind]) as view:
                wanted = [(kind, vcenter_read.VM_PATHS)]
                found = list(itertools.islice(retrieve(wire, wanted, view=view, page_size=_PAGE), MOST_VMS + 1))
            shown = [vcenter_read.parse_vm(moid(vm), props, places) for vm, props, _missing in found[:MOST_VMS]]
            return shown, len(found) > MOST_VMS

        return self._session.read("reading virtual machines", ask)

    def privileges(self, moids: Collection[str]) -> list[dict[str, Any]]:
        """What the account may do on these virtual machines and on the topmost folder."""

        def ask(wire: Wire) -> list[dict[str, Any]]:
            root = wire.content.rootFolder
            entities = [root, *(wire.managed(wire.sdk.vim.VirtualMachine, one) for one in moids)]
            user = wire.content.sessionManager.currentSession.userName
            told = wire.content.authorizationManager.FetchUserPrivilegeOnEntities(entities, user)
            return [
                {
                    "on": "root" if moid(result.entity) == moid(root) else "vm",
                    "moid": moid(result.entity),
                    "privileges": sorted(result.privileges or []),
                }
                for result in told or []
            ]

        return self._session.read("reading the account's privileges", ask)

    def events(self, vm: str, kinds: Collection[str], since: dt.datetime) -> list[dict[str, Any]]:
        """Events of one virtual machine."""
        return self._session.read("reading events", lambda wire: vcenter_events.read(wire, {vm}, kinds, since))
