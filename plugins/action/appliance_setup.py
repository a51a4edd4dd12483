# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of appliance_setup: works inside one appliance, over the connection that the user gave it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.options.appliance_setup import SPEC
from ansible_collections.azlocal.migrate.plugins.plugin_utils.appliance_setup import Setup
from ansible_collections.azlocal.migrate.plugins.plugin_utils.host_action import Host, HostAction

GROUPS = ("source_appliance", "target_appliance")


class ActionModule(HostAction):
    """Each appliance has an application of its own, so those of the others are looked up in the inventory."""

    SPEC = SPEC

    def work(self, host: Host, options: dict[str, Any]) -> None:
        setup = Setup(
            host,
            options,
            self.result,
            other_client_ids=self._other_client_ids(host.name),
            address=str(self._variable(host.name, "ansible_host") or host.name),
        )
        setup.run()

    def _other_client_ids(self, own: str) -> frozenset[str]:
        """Of the variable azlocal_entra_app of every other appliance."""
        groups = self.vars.get("groups") or {}
        others = {name for group in GROUPS for name in groups.get(group) or []} - {own}
        apps = [self._variable(name, "azlocal_entra_app") for name in others]
        return frozenset(str(app.get("client_id")).lower() for app in apps if isinstance(app, Mapping))

    def _variable(self, host: str, name: str) -> Any:
        with contextlib.suppress(Exception):  # one that is missing or cannot be templated is not ours to judge
            return self.vars["hostvars"][host][name]
        return None
