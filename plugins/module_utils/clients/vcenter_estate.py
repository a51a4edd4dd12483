# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a programme leaves behind in vCenter beside virtual machines: the custom attribute of the marks, and roles."""

from __future__ import annotations

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

    def marked(self) -> int:
        """How many virtual machines still bear a mark."""
        return sum(bool(vm["mark"]) for vm in self.vms())

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
