# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of roles and playbooks, each of them paid for: one slow or silent run taught it.

A bulk step runs once and never fails, so without a verdict on its register its failure would be silent. Every task that
runs on each host costs some 20 ms a host, so a role has one, its verdict.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ROLES = sorted(path for path in (ROOT / "roles").glob("*") if (path / "tasks").is_dir())
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
PREFIX = "azlocal.migrate."
# Costs nothing, or next to nothing, on a host.
FREE = {"meta", "import_tasks", "import_role"}
KEYWORDS = {"block", "rescue", "always"}
THE_WAVE = "{{ azlocal_hosts | default('waves') }}"
# Plays about the project as a whole, its appliances and its hosts. A group that an inventory has not is no warning so.
ABOUT_NO_VM = {
    "localhost",
    "{{ groups.azure_local_hosts | default([]) }}",
    "{{ (groups.azure_local_hosts | default([]))[:1] }}",
    "{{ groups.source_appliance | default([]) }}",
    "{{ groups.target_appliance | default([]) }}",
}
# What runs once for the batch of hosts by its class, and is about no VM.
OF_NO_VM = {f"{PREFIX}appliance_info"}

Task = dict[str, Any]


def flat(tasks: list[Task], run_once: bool = False) -> Iterator[tuple[Task, bool]]:
    """Every task, those in blocks too, and whether it runs once; a block hands that down."""
    for task in tasks or []:
        once = bool(task.get("run_once", run_once))
        if "block" in task:
            for part in KEYWORDS:
                yield from flat(task.get(part, []), once)
        else:
            yield task, once


def action_of(task: Task) -> str:
    """The action that a task names, without Ansible's own prefix."""
    for key in task:
        if key.startswith(PREFIX):
            return key
        if key.startswith(("ansible.builtin.", "ansible.legacy.")):
            return key.rsplit(".", 1)[1]
    return next((key for key in task if key in FREE), "")


def tasks_of(file: Path) -> list[tuple[Task, bool]]:
    return list(flat(yaml.safe_load(file.read_text())))


def plays_of(playbook: Path) -> list[dict[str, Any]]:
    return [play for play in yaml.safe_load(playbook.read_text()) if "hosts" in play]


def roles_of(play: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Role and tasks file of what a play takes in."""
    for task, _once in flat(play.get("tasks", [])):
        for key in ("import_role", "include_role"):
            if named := task.get(f"ansible.builtin.{key}"):
                yield named["name"].removeprefix(PREFIX), named.get("tasks_from", "main")


def files_for(wave: bool) -> list[Path]:
    """The tasks files that plays of a wave take in, or all others."""
    taken = {
        pair
        for playbook in PLAYBOOKS
        for play in plays_of(playbook)
        if play["hosts"] == THE_WAVE
        for pair in roles_of(play)
    }
    files = {ROOT / "roles" / role / "tasks" / f"{name}.yml" for role, name in taken}
    return sorted(files if wave else {file for role in ROLES for file in (role / "tasks").glob("*.yml")} - files)


def batch_actions() -> set[str]:
    """The actions that run their module once for the batch of hosts: by the class that they extend."""
    found = set()
    for path in (ROOT / "plugins" / "action").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and any("Batch" in ast.unparse(base) for base in node.bases):
                found.add(PREFIX + path.stem)
    return found - OF_NO_VM


def silent_steps(tasks: list[tuple[Task, bool]], batch: set[str]) -> list[str]:
    """What is wrong with the batch steps of a role: each runs once, registers, and is judged later under that name."""
    wrong = []
    for number, (task, once) in enumerate(tasks):
        if action_of(task) not in batch:
            continue
        label = task.get("name", action_of(task))
        judged = [(later.get(PREFIX + "verdict") or {}).get("step") for later, _once in tasks[number + 1 :]]
        if not once:
            wrong.append(f"{label}: not run_once")
        if not task.get("register"):
            wrong.append(f"{label}: registers nothing")
        elif task["register"] not in judged:
            wrong.append(f"{label}: no verdict on {task['register']} after it")
    return wrong


def per_host(tasks: list[tuple[Task, bool]]) -> list[str]:
    return [action_of(task) or str(task) for task, once in tasks if not once and action_of(task) not in FREE]


def strings(value: Any, key: str) -> Iterator[Any]:
    """Every value under a key, however deep."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key:
                yield inner
            yield from strings(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner, key)


def label(path: Path) -> str:
    return f"{path.parent.parent.name}-{path.stem}"


@pytest.mark.parametrize("file", files_for(wave=True), ids=label)
def test_a_batch_step_is_followed_by_a_verdict_on_its_register(file: Path) -> None:
    assert silent_steps(tasks_of(file), batch_actions()) == []


@pytest.mark.parametrize("file", files_for(wave=True), ids=label)
def test_a_role_has_one_task_for_each_host_its_verdict(file: Path) -> None:
    assert per_host(tasks_of(file)) == [PREFIX + "verdict"]


@pytest.mark.parametrize("file", files_for(wave=False), ids=label)
def test_what_is_about_no_vm_has_no_step_for_vms(file: Path) -> None:
    """A batch would be that of hosts that are no VMs, and nobody would judge it."""
    of_vms = batch_actions() | {PREFIX + "verdict"}
    assert [action_of(task) for task, _once in tasks_of(file) if action_of(task) in of_vms] == []


def test_every_tasks_file_has_its_description() -> None:
    """So that each can be imported by somebody else, and a wrong variable is told before anything is done."""
    for role in ROLES:
        specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
        assert set(specs) == {file.stem for file in (role / "tasks").glob("*.yml")}, role.name
        assert all(spec["short_description"] and spec["description"] for spec in specs.values()), role.name


@pytest.mark.parametrize("file", files_for(wave=False), ids=label)
def test_a_tasks_file_reads_no_variable_that_is_not_described(file: Path) -> None:
    specs = yaml.safe_load((file.parent.parent / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    tasks = yaml.safe_load(file.read_text())
    ours = {"azlocal_appliances", "azlocal_target_machine", *strings(tasks, "register")}
    ours |= {name for key in ("vars", "ansible.builtin.set_fact") for given in strings(tasks, key) for name in given}
    read = set(re.findall(r"\bazlocal_\w+", "\n".join(lines_of(file))))
    assert read - ours - set(specs[file.stem]["options"]) == set()


def lines_of(file: Path) -> list[str]:
    return [line for line in file.read_text().splitlines() if not line.lstrip().startswith("#")]


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.name)
def test_every_play_is_linear(playbook: Path) -> None:
    """run_once, on which the batch stands, does not exist in the other strategies."""
    plays = plays_of(playbook)
    assert [play.get("name") for play in plays if play.get("strategy") != "linear"] == []


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.name)
def test_every_play_takes_every_vm_of_the_wave_file_or_none(playbook: Path) -> None:
    """A pattern such as wave_* would pass over the rows without a wave, in silence; a bare name of a group warns."""
    assert {play["hosts"] for play in plays_of(playbook)} <= {THE_WAVE, *ABOUT_NO_VM}


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.name)
def test_a_play_of_vms_has_nothing_for_each_of_them_but_roles(playbook: Path) -> None:
    plays = [play for play in plays_of(playbook) if play["hosts"] == THE_WAVE]
    assert [found for play in plays for found in per_host(list(flat(play["tasks"])))] == []


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.name)
def test_what_runs_on_the_controller_takes_no_connection_from_the_inventory(playbook: Path) -> None:
    plays = [play for play in plays_of(playbook) if play["hosts"] == "localhost"]
    assert [play["name"] for play in plays if play.get("vars", {}).get("ansible_connection") != "local"] == []


@pytest.mark.parametrize("path", [*PLAYBOOKS, *ROLES], ids=lambda path: path.name)
def test_any_errors_fatal_is_never_templated(path: Path) -> None:
    """Up to ansible-core 2.19 a template there is true whatever it says, and one VM stops them all."""
    files = [path] if path.is_file() else sorted(path.rglob("*.yml"))
    values = [value for file in files for value in strings(yaml.safe_load(file.read_text()), "any_errors_fatal")]
    assert [value for value in values if not isinstance(value, bool)] == []


def test_the_rules_catch_what_they_are_for() -> None:
    step = {"name": "Replicate", f"{PREFIX}replication": {}, "register": "azlocal_step"}
    verdict = {f"{PREFIX}verdict": {"step": "azlocal_step"}}
    batch = {f"{PREFIX}replication"}
    assert silent_steps([(step, True), (verdict, False)], batch) == []
    assert silent_steps([(step, False), (verdict, False)], batch) == ["Replicate: not run_once"]
    assert silent_steps([(verdict, False), (step, True)], batch) == ["Replicate: no verdict on azlocal_step after it"]
    bare = {key: value for key, value in step.items() if key != "register"}
    assert silent_steps([(bare, True), (verdict, False)], batch) == ["Replicate: registers nothing"]
    nested = [{"run_once": True, "block": [step]}, {"ansible.builtin.meta": "end_host"}, {"ansible.builtin.debug": {}}]
    assert per_host(list(flat(nested))) == ["debug"]
