# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the Azure Local hosts of the inventory what they run, over the connection that the user gave each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import connection_loader

from ansible_collections.azlocal.migrate.plugins.plugin_utils import host_facts
from ansible_collections.azlocal.migrate.plugins.plugin_utils.scripts import run_script, said

GROUP = "azure_local_hosts"


def ask_all(action: ActionBase, task_vars: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One entry per host: ``node``, ``vms`` and ``error``, which is one sentence where a host could not be asked."""
    hosts = (task_vars.get("groups") or {}).get(GROUP) or []
    return [_ask(action, host, task_vars["hostvars"][host]) for host in hosts]


def likely(task_vars: Mapping[str, Any], node: str) -> list[str]:
    """The Azure Local hosts of the inventory, the one that seems to be this node of the cluster first."""
    known = (task_vars.get("groups") or {}).get(GROUP) or []
    return sorted(known, key=lambda host: str(host).partition(".")[0].lower() != node.lower())


def _ask(action: ActionBase, host: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    own = action._connection
    try:
        return {"node": host, "vms": [], "error": None, **said(host, lambda: _vms(action, variables))}
    finally:
        action._connection = own


def _vms(action: ActionBase, variables: Mapping[str, Any]) -> dict[str, Any]:
    action._connection = connection_of(action, variables)
    try:
        reply = run_script(action, "get_vms", {"names": []})
    finally:
        action._connection.close()
    return {"node": reply["Node"], "vms": host_facts.vms(reply)}


def connection_of(action: ActionBase, variables: Mapping[str, Any]) -> Any:
    """The host's own connection, with its options set from its variables as a task on that host would set them."""
    kind = str(variables.get("ansible_connection") or "ssh")
    connection = connection_loader.get(kind, action._play_context.copy())
    if connection is None:
        raise AnsibleError(f"connection plugin {kind} is not installed")
    name = connection._load_name
    options = {key: variables[key] for key in C.config.get_plugin_vars("connection", name) if key in variables}
    if getattr(connection, "allow_extras", False):
        extras = [key for key in variables if key.startswith(f"ansible_{name}_") and key not in options]
        options["_extras"] = {key: variables[key] for key in extras}
    connection.set_options(var_options=options)
    return connection
