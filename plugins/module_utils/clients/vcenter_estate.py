# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a programme leaves behind in vCenter beside virtual machines: the custom attribute of the marks, and roles."""

from __future__ import annotations

from typing import Any

from .errors import NotFound
from .vcenter_import import VcenterImport
from .vcenter_places import MARK_ATTRIBUTE
from .vcenter_session import Wire


class VcenterEstate(VcenterImport):
    """Signs in with its first call, as the client does that it extends."""

    def has_attribute(self) -> bool:
        """Whether our custom attribute is there."""
        operation = f"reading the custom attribute {MARK_ATTRIBUTE}"
        return self._session.read(operation, self._places_now).mark_key is not None

    def marked(self) -> list[dict[str, Any]]:
        """Virtual machines that bear a mark, and those of which vCenter keeps back whether they do. One read for all."""
        return [
            vm for vm in self.vms() if vm["mark"] or any(hole["path"] == "customValue" for hole in vm["unreadable"])
        ]

    def remove_attribute(self) -> None:
        """With all marks. One that is gone already is fine."""
        key = self._session.read(f"reading the custom attribute {MARK_ATTRIBUTE}", self._places_now).mark_key
        self._places = None
        if key is None:
            return

        def send(wire: Wire) -> None:
            wire.content.customFieldsManager.RemoveCustomFieldDef(key)

        try:
            self._session.write(f"removing the custom attribute {MARK_ATTRIBUTE}", send)
        except NotFound:
            return

    def roles(self) -> list[str]:
        """The names of all roles that the account is shown."""

        def ask(wire: Wire) -> list[str]:
            return [str(role.name) for role in wire.content.authorizationManager.roleList or []]

        return self._session.read("reading the roles", ask)

    def remove_role(self, name: str) -> bool:
        """False where it was gone already. vCenter refuses it while the role is in use."""

        def find(wire: Wire) -> list[int]:
            found = wire.content.authorizationManager.roleList or []
            return [int(role.roleId) for role in found if role.name == name]

        numbers = self._session.read("reading the roles", find)

        def send(wire: Wire) -> None:
            wire.content.authorizationManager.RemoveAuthorizationRole(numbers[0], True)

        try:
            if numbers:
                self._session.write(f"removing the role {name}", send)
        except NotFound:
            return False
        return bool(numbers)
