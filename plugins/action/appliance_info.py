# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of appliance_info: asks the appliances themselves where it is told to, and waits by looking again."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.azlocal.migrate.plugins.plugin_utils import appliance_watch
from ansible_collections.azlocal.migrate.plugins.plugin_utils.batch import BatchAction, StepFailed, _seconds

NAMES = {"source": "source_appliance", "target": "target_appliance"}


class ActionModule(BatchAction):
    """There is no batch here: the base gives the one call on the controller, whatever the host's connection."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        ActionBase.run(self, tmp, task_vars)
        self._vars = task_vars or {}
        args = dict(self._task.args)
        self._become_local()
        try:
            if self._task.check_mode or not self._wants("wait", args):
                return self._once(args)
            return appliance_watch.wait(
                lambda: self._once(args),
                timeout_s=_seconds(args, "timeout_s", 3600),
                pause_s=_seconds(args, "poll_interval_s", 30),
                shown=str(args.get("progress") or "auto"),
                people="wait_for_people" not in args or self._wants("wait_for_people", args),
            )
        except StepFailed as failure:
            return failure.reply
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)

    def _once(self, args: dict[str, Any]) -> dict[str, Any]:
        if self._wants("ask_appliances", args):
            roles = args.get("roles") or NAMES
            names = {role: str(args.get(option) or "") for role, option in NAMES.items() if role in roles}
            asked = appliance_watch.ask(self, self._vars, names)
            args = {**args, "inside": {**asked, **(args.get("inside") or {})}}
        return self.call(args)
