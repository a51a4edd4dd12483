# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""verdict by real ansible-playbook: one registered step, and what each host makes of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

PLAYBOOK = """
- hosts: all
  gather_facts: false
  strategy: linear
  tasks:
    - azlocal.migrate.verdict:
        step: "{{ name_of_step | default('azlocal_step') }}"
      register: mine
      ignore_errors: "{{ keep_on | default(true) }}"
    - ansible.builtin.copy:
        content: "{{ mine | to_json }}"
        dest: "{{ folder }}/{{ inventory_hostname }}.json"
        mode: "0600"
      check_mode: false
"""


def result(host: str, status: str, **more: Any) -> dict[str, Any]:
    told = {"name": host, "host": host, "status": status, "changed": status == "changed", "phase": "ready", "msg": "m"}
    return {**told, "action": "none", "error_code": "", "remedy": "", "correlation_id": "", "warnings": [], **more}


DIFF = {"before": {"cpu_cores": 2}, "after": {"cpu_cores": 4}}
HOSTS: dict[str, dict[str, Any]] = {
    "calm": {},
    "new": {},
    "wrong": {},
    "alone": {},
    "earlier": {"azlocal_verdict": {"blocked": True, "skipped": True, "msg": "it is a template", "phase": "blocked"}},
    "unknown": {"azlocal_verdict": {"blocked": False}},
}
STEP = {
    "error": None,
    "results": [
        result("new", "changed", action="update", diff=DIFF, warnings=["an IPv6 address is not kept"]),
        result("calm", "ok"),
        result(
            "wrong",
            "failed",
            error_code="1000037",
            remedy="free the address",
            correlation_id="c-1",
            phase="failed_after",
        ),
        result("alone", "blocked", error_code="power_off", msg="it is powered off", remedy="power it on", phase=""),
        result("someone_else", "failed"),
    ],
}


def play(
    folder: Path, step: Any, *arguments: str, hosts: dict[str, dict[str, Any]] = HOSTS, **extra: Any
) -> tuple[dict[str, dict[str, Any]], str, int]:
    """What each host was told, what ansible-playbook printed, and how it ended."""
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    theirs = {name: {**local, **variables} for name, variables in hosts.items()}
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": theirs, "vars": {"azlocal_step": step}}}))
    (folder / "play.yml").write_text(PLAYBOOK)
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "hosts.yml", "play.yml", *arguments]
    done = subprocess.run(
        [*command, "-e", json.dumps({"folder": str(folder), **extra})],
        cwd=folder,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_HOME": str(folder / ".ansible")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    told = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}
    return told, done.stdout + done.stderr, done.returncode


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, dict[str, Any]], str]:
    found, printed, _ = play(tmp_path_factory.mktemp("verdict"), {"step": STEP, "changed": False}, "--diff")
    assert set(found) == set(HOSTS), printed
    return found, printed


@pytest.mark.parametrize(
    ("host", "changed", "failed", "skipped"),
    [
        ("calm", False, False, False),
        ("new", True, False, False),
        ("wrong", False, True, False),
        ("alone", False, False, True),
        ("earlier", False, False, True),
        ("unknown", False, True, False),
    ],
)
def test_each_host_has_a_result_of_its_own(
    told: tuple[dict[str, dict[str, Any]], str], host: str, changed: bool, failed: bool, skipped: bool
) -> None:
    mine = told[0][host]
    assert (mine["changed"], mine["failed"], mine.get("skipped", False)) == (changed, failed, skipped)
    assert mine["blocked"] is skipped and mine["phase"]


def test_a_failure_says_what_to_do(told: tuple[dict[str, dict[str, Any]], str]) -> None:
    mine = told[0]["wrong"]
    assert mine["msg"] == "m. free the address"
    assert (mine["error_code"], mine["correlation_id"], mine["phase"]) == ("1000037", "c-1", "failed_after")


def test_a_host_that_is_left_alone_says_why_on_the_screen_too(told: tuple[dict[str, dict[str, Any]], str]) -> None:
    mine, printed = told[0]["alone"], told[1]
    assert mine["skip_reason"] == mine["msg"] == "it is powered off. power it on"
    assert (mine["phase"], mine["error_code"]) == ("unknown", "power_off")
    assert "alone is left alone: it is powered off. power it on" in printed


def test_who_was_left_alone_stays_so(told: tuple[dict[str, dict[str, Any]], str]) -> None:
    assert told[0]["earlier"]["msg"] == "it is a template"


def test_a_host_that_the_step_forgot_does_not_pass(told: tuple[dict[str, dict[str, Any]], str]) -> None:
    assert "says nothing of unknown" in told[0]["unknown"]["msg"]


def test_diff_and_concerns_are_shown(told: tuple[dict[str, dict[str, Any]], str]) -> None:
    found, printed = told
    assert found["new"]["diff"] == DIFF and found["new"]["concerns"] == ["an IPv6 address is not kept"]
    assert re.search(r'-.*"cpu_cores": 2', printed) and re.search(r'\+.*"cpu_cores": 4', printed)


def test_a_step_that_failed_as_a_whole_fails_every_host(tmp_path: Path) -> None:
    error = {
        "msg": "the project does not exist",
        "error_code": "project_not_found",
        "remedy": "",
        "correlation_id": "c",
    }
    found, printed, _ = play(tmp_path, {"step": {"error": error, "results": []}})
    assert set(found) == set(HOSTS), printed
    for mine in found.values():
        assert mine["failed"] and not mine["changed"] and not mine["blocked"]
        assert (mine["msg"], mine["error_code"]) == ("the project does not exist", "project_not_found")


def test_the_recap_counts_vms(tmp_path: Path) -> None:
    _, printed, code = play(tmp_path, {"step": STEP}, "--check", keep_on=False)
    recap = dict(re.findall(r"^(\w+)\s+:.*?(ok=\d+.*)$", printed, re.MULTILINE))
    assert code == 2
    assert "failed=1" in recap["wrong"] and "failed=1" in recap["unknown"]
    for host in ("alone", "earlier"):
        assert "skipped=1" in recap[host] and "failed=0" in recap[host]
    assert "failed=0" in recap["calm"] and "failed=0" in recap["new"]


def test_what_is_no_step_is_said(tmp_path: Path) -> None:
    cases: dict[str, tuple[dict[str, Any], str]] = {
        "absent": ({"name_of_step": "no_such"}, "no_such is not the registered result"),
        "skipped": ({"azlocal_step": {"skipped": True}}, "azlocal_step is not the registered result"),
        "text": ({"azlocal_step": "a text"}, "azlocal_step is not the registered result"),
        "content": ({"name_of_step": ["azlocal_step"]}, "takes the name of the variable"),
    }
    found, printed, _ = play(
        tmp_path, {"step": STEP}, hosts={name: variables for name, (variables, _) in cases.items()}
    )
    assert set(found) == set(cases), printed
    for name, (_, words) in cases.items():
        assert found[name]["failed"] and words in found[name]["msg"]
