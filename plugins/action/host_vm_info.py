# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of host_vm_info: asks one Azure Local host, and turns whatever goes wrong into data."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.azlocal.migrate.plugins.plugin_utils import host_facts
from ansible_collections.azlocal.migrate.plugins.plugin_utils.scripts import let_go, run_script, said

_OPTIONS = {
    "names": {"type": "list", "elements": "str", "default": []},
    "seed_names": {"type": "list", "elements": "str", "default": []},
    "seed_folders": {"type": "list", "elements": "str", "default": []},
}


class ActionModule(ActionBase):
    """Reads only, so it runs the same under check mode."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        options = self.validate_argument_spec(argument_spec=_OPTIONS)[1]
        host = self._task.delegate_to or (task_vars or {}).get("inventory_hostname", "the host")
        result: dict[str, Any] = {
            "changed": False,
            "node": str(host),
            "vms": [],
            "seeds": None if options["seed_names"] else [],
            "volumes": [],
            "clock_utc": None,
            "error": None,
        }
        try:
            result.update(said(str(host), lambda: self._vms(options)))
            if options["seed_names"] and not result["error"]:
                result.update(said(str(host), lambda: self._storage(options)))
        finally:
            let_go(self)
        return result

    def _vms(self, options: dict[str, Any]) -> dict[str, Any]:
        reply = run_script(self, "get_vms", {"names": options["names"]})
        return {"node": reply["Node"], "vms": host_facts.vms(reply), "clock_utc": reply["ClockUtc"]}

    def _storage(self, options: dict[str, Any]) -> dict[str, Any]:
        asked = options["seed_names"]
        reply = run_script(self, "get_storage", {"seed_names": asked, "folders": options["seed_folders"]})
        return {"seeds": host_facts.seeds(reply, asked), "volumes": host_facts.volumes(reply)}
