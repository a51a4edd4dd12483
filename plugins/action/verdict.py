# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action verdict: one host's own result of a bulk step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.azlocal.migrate.plugins.plugin_utils.batch import VERDICT


class ActionModule(ActionBase):
    _requires_connection = False
    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        variables = task_vars or {}
        name = self._task.args.get("step")
        if not isinstance(name, str):
            raise AnsibleActionFail("step takes the name of the variable that the bulk step registered")
        registered = variables.get(name)
        step = registered.get("step") if isinstance(registered, Mapping) else None
        if step is None:
            raise AnsibleActionFail(f"{name} is not the registered result of a bulk step in batch form")
        if step.get("error"):
            return {**step["error"], "failed": True, "changed": False, "blocked": False, "phase": "unknown"}
        host = variables["inventory_hostname"]
        result = next((result for result in step["results"] if result.get("host") == host), None)
        before = variables.get(VERDICT) or {}
        if result is None and before.get("blocked"):
            return dict(before)
        if result is None:
            return {"failed": True, "blocked": False, "phase": "unknown", "msg": f"the step says nothing of {host}"}
        told = _told(result)
        for line in _lines(host, told, show=boolean(self._task.args.get("show", False))):
            Display().display(line, stderr=True)
        return told


def _lines(host: str, told: dict[str, Any], *, show: bool) -> list[str]:
    """What a person must read: Ansible shows no reason of a skipped host, and no message of one that is ok."""
    if told["blocked"]:
        return [f"{host} is left alone: {told['msg']}"]
    if show and not told["failed"]:
        return [f"{host} is {told['phase']}: {told.get('msg', '')}"]
    return [f"{host}: {concern}" for concern in told.get("concerns", ())] if told["changed"] else []


def _told(result: dict[str, Any]) -> dict[str, Any]:
    status = result["status"]
    told: dict[str, Any] = {
        "changed": status == "changed",
        "failed": status == "failed",
        "skipped": status == "blocked",
        "blocked": status == "blocked",
    }
    for key in ("msg", "phase", "action", "error_code", "remedy", "correlation_id", "checks", "planned"):
        if result.get(key):
            told[key] = result[key]
    told.setdefault("phase", "unknown")
    if result.get("remedy") and status in ("failed", "blocked"):
        told["msg"] = f"{result['msg'].rstrip('.')}. {result['remedy']}"
    if result.get("warnings"):
        told["concerns"] = result["warnings"]
    if status == "blocked":
        told["skip_reason"] = told["msg"]
    if result.get("diff"):
        diff = result["diff"]
        told["diff"] = {"before": diff["before"], "after": diff["after"]}
    return told
