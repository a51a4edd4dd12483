# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of replication_info: batch form."""

from __future__ import annotations

from typing import Any

from ansible_collections.azlocal.migrate.plugins.plugin_utils import role_options
from ansible_collections.azlocal.migrate.plugins.plugin_utils.batch import BatchAction


class ActionModule(BatchAction):
    takes = frozenset(role_options.PROJECT)

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        names = self._task.args.get("names")
        if names and not self._task.args.get("vms"):  # named VMs: the module's own form
            listed = names.split(",") if isinstance(names, str) else names
            self._task.args["vms"] = [{"name": str(name).strip()} for name in listed]
            del self._task.args["names"]
        return super().run(tmp, task_vars)
