# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions that work on a host, run in this process over Ansible's own winrm connection: milliseconds, not seconds."""

from __future__ import annotations

import importlib
import json
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader
from ansible.template import Templar

from ansible_collections.azlocal.migrate.plugins.plugin_utils import hosts
from lab import appliances, names
from lab.runtime import Lab

PACKAGE = "ansible_collections.azlocal.migrate.plugins.action"
APPLIANCES = {"source_appliance": names.SOURCE_APPLIANCE, "target_appliance": names.TARGET_APPLIANCE}


class Killed(BaseException):
    """The run's process is gone. No ``except Exception`` of ours may hold it up."""


def variables(lab: Lab, place: str, **more: Any) -> dict[str, Any]:
    """What the inventory says of a node or an appliance of the lab."""
    appliance = place in APPLIANCES.values()
    role = appliances.SOURCE if place == names.SOURCE_APPLIANCE else appliances.TARGET
    where = {"ansible_host": appliances.ADDRESSES[role], "ansible_winrm_host": "127.0.0.1"} if appliance else {}
    return {
        "inventory_hostname": place,
        "ansible_connection": "winrm",
        "ansible_host": "127.0.0.1",
        "ansible_port": lab.servers[f"host:{place}"].port,
        "ansible_user": names.APPLIANCE_USER if appliance else names.HOST_USER,
        "ansible_password": names.APPLIANCE_PASSWORD if appliance else names.HOST_PASSWORD,
        "ansible_winrm_scheme": "https",
        "ansible_winrm_transport": "basic",
        "ansible_winrm_ca_trust_path": str(lab.tls.ca),
        **where,
        **more,
    }


def action(
    lab: Lab,
    name: str,
    place: str,
    *,
    check: bool = False,
    become: bool = False,
    nodes: tuple[str, ...] = names.NODES,
    said: dict[str, dict[str, Any]] | None = None,
) -> Any:
    """An action on ``place``, which is a node, an appliance or ``localhost``, and the task's variables.

    ``nodes`` are those of the inventory; ``said`` is what it says otherwise of one of its hosts.
    """
    places = [one for one in (*nodes, place, *APPLIANCES.values()) if f"host:{one}" in lab.servers]
    hostvars = {one: variables(lab, one, **(said or {}).get(one, {})) for one in places}
    groups = {"azure_local_hosts": [*nodes], **{group: [one] for group, one in APPLIANCES.items()}}
    own = hostvars.get(place, {"inventory_hostname": place})
    task = Task()
    task.action, task.check_mode, task.become = f"azlocal.migrate.{name}", check, become
    context = PlayContext()
    made = importlib.import_module(f"{PACKAGE}.{name}").ActionModule(
        task=task,
        connection=connection_loader.get("local", context),
        play_context=context,
        loader=DataLoader(),
        templar=Templar(loader=DataLoader(), variables=own),
        shared_loader_obj=None,
    )
    if place in hostvars:
        made._connection = hosts.connection_of(made, hostvars[place])
    return made, {**own, "hostvars": hostvars, "groups": groups}


def run(lab: Lab, name: str, place: str, args: dict[str, Any], *, after: int = 0, **how: Any) -> dict[str, Any]:
    """The action's result. ``after``: the run is killed when a host has answered that many scripts."""
    made, task_vars = action(lab, name, place, **how)
    made._task.args = args
    if after:
        made._low_level_execute_command = _Fuse(made._low_level_execute_command, after)
    result: dict[str, Any] = made.run(None, task_vars)
    json.dumps(result)  # Ansible has to pass it on
    return result


class _Fuse:
    def __init__(self, execute: Any, after: int) -> None:
        self._execute, self._left = execute, after

    def __call__(self, *args: Any, **more: Any) -> Any:
        answer = self._execute(*args, **more)
        self._left -= 1
        if not self._left:
            raise Killed
        return answer


def media_sha256(lab: Lab, name: str) -> str:
    """The hash of a file that the lab offers, as its publisher would tell it."""
    lines = (lab.state_dir / "media" / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    return next(line.partition("  ")[0] for line in lines if line.endswith(f"  {name}"))


def calls(lab: Lab) -> list[dict[str, Any]]:
    """The scripts that hosts were asked to run, as the lab has seen them."""
    text = (lab.state_dir / "ledger.jsonl").read_text(encoding="utf-8")
    return [line for line in map(json.loads, text.splitlines()) if line["system"] == "host"]


def changes(lab: Lab, what: str) -> list[dict[str, Any]]:
    """What has changed in the lab's world."""
    text = (lab.state_dir / "world.jsonl").read_text(encoding="utf-8")
    return [line for line in map(json.loads, text.splitlines()) if line["what"] == what]
