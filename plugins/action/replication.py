# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of replication: batch form, and waiting by replication_info."""

from __future__ import annotations

from typing import Any

from ansible_collections.azlocal.migrate.plugins.plugin_utils import role_options
from ansible_collections.azlocal.migrate.plugins.plugin_utils.batch import BatchAction


class ActionModule(BatchAction):
    takes = frozenset(role_options.PROJECT + role_options.WAIT + role_options.FORCE)
    looks_by = "azlocal.migrate.replication_info"

    def _asks(self, args: dict[str, Any]) -> str:
        return "first" if args.get("state") == "completed" else "never"
