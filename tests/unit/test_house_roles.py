# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of roles and playbooks, each of them paid for: one slow or silent run taught it.

A bulk step runs once and never fails, so without a verdict on its register its failure would be silent. Every task that
runs on each host costs some 20 ms a host, so a role has one, its verdict.
"""

from __future__ import annotations

import ast
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
# Playbooks about the project as a whole: they run on the controller alone.
WITHOUT_A_WAVE = {"decommission_estate", "first_contact"}

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


def role_tasks(role: Path) -> list[tuple[Task, bool]]:
    files = sorted((role / "tasks").glob("*.yml"))
    return [pair for file in files for pair in flat(yaml.safe_load(file.read_text()))]


def batch_actions() -> set[str]:
    """The actions that run their module once for the batch of hosts: by the class that they extend."""
    found = set()
    for path in (ROOT / "plugins" / "action").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and any("Batch" in ast.unparse(base) for base in node.bases):
                found.add(PREFIX + path.stem)
    return found


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


@pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)
def test_a_batch_step_is_followed_by_a_verdict_on_its_register(role: Path) -> None:
    assert silent_steps(role_tasks(role), batch_actions()) == []


@pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)
def test_a_role_has_at_most_one_task_for_each_host_its_verdict(role: Path) -> None:
    found = per_host(role_tasks(role))
    assert found in ([], [PREFIX + "verdict"])


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.name)
def test_every_play_is_linear(playbook: Path) -> None:
    """run_once, on which the batch stands, does not exist in the other strategies."""
    plays = [play for play in yaml.safe_load(playbook.read_text()) if "hosts" in play]
    assert [play.get("name") for play in plays if play.get("strategy") != "linear"] == []


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.name)
def test_every_play_takes_every_vm_of_the_wave_file(playbook: Path) -> None:
    """A pattern such as wave_* would pass over the rows without a wave, in silence."""
    if playbook.stem in WITHOUT_A_WAVE:
        return
    plays = [play for play in yaml.safe_load(playbook.read_text()) if "hosts" in play]
    assert {play["hosts"] for play in plays} == {"{{ azlocal_hosts | default('waves') }}"}


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
