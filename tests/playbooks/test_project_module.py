# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``project`` as a task: its own examples on a bare subscription, again, and refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.azlocal.migrate.plugins.modules.project import EXAMPLES
from ansible_collections.azlocal.migrate.tests.support.playbook import Run
from ansible_collections.azlocal.migrate.tests.support.stage import Stage

TASKS: list[dict[str, Any]] = yaml.safe_load(EXAMPLES)
MODULE = "azlocal.migrate.project"


@pytest.fixture(scope="module")
def stage(set_stage: Callable[..., Stage]) -> Stage:
    return set_stage(stage="bare", vms=2)


def run(stage: Stage, *tasks: dict[str, Any], args: tuple[str, ...] = ()) -> Run:
    play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [*tasks]}]
    path: Path = stage.lab.state_dir / "project.yml"
    path.write_text(yaml.safe_dump(play), encoding="utf-8")
    return stage.run(str(path), *args)


def changed(task: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {**task, MODULE: {**task[MODULE], **options}}


def test_the_examples_in_check_mode_for_real_and_again(stage: Stage) -> None:
    moment = stage.records.moment()
    planned = run(stage, TASKS[0], args=("--check", "--diff"))
    assert planned.rc == 0, planned.text
    assert planned.told[0].result["changed"] is True
    assert planned.told[0].result["diff"]["after"]
    assert [request for request in stage.records.writes(moment) if request.system == "azure"] == []

    made = run(stage, *TASKS)
    assert made.rc == 0, made.text
    first, taken_back = (told.result for told in made.told)
    assert first["steps"] == planned.told[0].result["steps"]
    assert first["waiting_for"] is None and first["project"]["principal_id"] and first["project"]["made_here"]
    assert taken_back["changed"] and taken_back["msg"].startswith("would withdraw the role")

    moment = stage.records.moment()
    again = run(stage, TASKS[0])
    assert again.rc == 0 and again.told[0].result["changed"] is False, again.text
    assert again.told[0].msg == "project migrate-lab is as wanted"
    assert [request for request in stage.records.writes(moment) if request.system == "azure"] == []
    assert planned.complaints() == made.complaints() == again.complaints() == []


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"source_appliance": "lab-appliance-01"}, "bad_appliance_name"),
        ({"cluster": None}, "MissingOption"),
        ({"location": "West US"}, "region_unsupported"),
        ({"resource_group": "rg-typo", "create_resource_group": False}, "resource_group_missing"),
    ],
)
def test_what_is_refused_says_code_and_remedy(stage: Stage, options: dict[str, Any], code: str) -> None:
    refused = run(stage, changed(TASKS[0], **options))
    result = refused.told[0].result
    assert refused.rc != 0 and (result["error_code"], bool(result["remedy"])) == (code, True), refused.text
    assert not result.get("steps") and not result.get("changed")
    assert refused.complaints() == []


def test_a_failure_in_the_middle_tells_what_was_done(stage: Stage) -> None:
    stage.lab.faults.add({"kind": "reply", "system": "azure", "method": "PUT", "path": "/serversites/", "status": 403,
                          "code": "RequestDisallowedByPolicy", "message": "Not here."})  # fmt: skip
    other = changed(TASKS[0], resource_group="rg-second", project="second")
    result = run(stage, other).told[0].result
    assert result["error_code"] == "RequestDisallowedByPolicy" and result["changed"] is True
    assert "make project second" in result["steps"]
    assert "Done before: make resource group rg-second; make project second; " in result["msg"]
    taken_back = run(stage, changed(other, state="absent")).told[0].result
    assert taken_back["steps"][-1] == "delete resource group rg-second" and taken_back["stays"] == []
