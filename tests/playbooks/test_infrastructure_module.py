# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``infrastructure`` as a task: its own examples, planned, done, done again, refused and taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.azlocal.migrate.plugins.modules.infrastructure import EXAMPLES
from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.infrastructure_on_lab import unprepare
from ansible_collections.azlocal.migrate.tests.support.playbook import Run
from ansible_collections.azlocal.migrate.tests.support.stage import Stage
from lab.azure import ids
from lab.azure.server import of
from lab.azure.state import Azure

MAKE, SAY, TAKE_BACK = yaml.safe_load(EXAMPLES)
MODULE = "azlocal.migrate.infrastructure"


@pytest.fixture(scope="module")
def stage(set_stage: SetStage) -> Stage:
    return set_stage(vms=2)


@pytest.fixture(scope="module")
def azure(stage: Stage) -> Azure:
    return of(stage.lab.servers["azure"])


def run(stage: Stage, *tasks: dict[str, Any], args: tuple[str, ...] = ()) -> Run:
    play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [*tasks]}]
    path: Path = stage.lab.state_dir / "infrastructure.yml"
    path.write_text(yaml.safe_dump(play), encoding="utf-8")
    return stage.run(str(path), *args)


def changed(**options: Any) -> dict[str, Any]:
    return {**MAKE, MODULE: {**MAKE[MODULE], **options}}


def writes(stage: Stage, moment: int) -> list[str]:
    return [request.bare for request in stage.records.writes(moment) if request.system == "azure"]


def test_the_examples_planned_done_done_again_and_taken_back(stage: Stage, azure: Azure) -> None:
    unprepare(azure)
    moment = stage.records.moment()
    planned = run(stage, MAKE, args=("--check", "--diff")).told[0].result
    assert planned["changed"] is True and len(planned["steps"]) == 11 and writes(stage, moment) == []
    assert planned["msg"].startswith("would make identity of the vault; make replication policy")
    policy = f"replication policy {ids.POLICY_NAME}"
    assert planned["diff"]["after"][policy] == "4320 / 60 / 240" and planned["diff"]["before"][policy] is None

    made = run(stage, MAKE, SAY)
    assert made.rc == 0 and made.complaints() == [], made.text
    done = made.told[0].result
    assert (done["steps"], done["waiting_for"]) == (planned["steps"], None)
    assert done["infrastructure"]["extension"] == ids.EXTENSION_NAME
    assert made.told[1].status == "skipped", "nothing is waited for"

    moment = stage.records.moment()
    again = run(stage, MAKE).told[0].result
    assert again["changed"] is False and writes(stage, moment) == []
    assert again["msg"] == "the replication infrastructure of project migrate-lab is as wanted"

    back = run(stage, TAKE_BACK).told[0].result
    assert back["changed"] is True and len(back["steps"]) == 10 and back["infrastructure"] == {}
    assert run(stage, TAKE_BACK).told[0].result["changed"] is False


def test_what_is_waited_for_is_no_failure(stage: Stage, azure: Azure) -> None:
    unprepare(azure)
    azure.resources.drop(ids.TARGET_FABRIC)
    waiting = run(stage, MAKE, SAY)
    assert waiting.rc == 0 and waiting.complaints() == []
    result = waiting.told[0].result
    assert result["waiting_for"]["data"]["appliance"] == "labtgt" and result["waiting_for"]["what"] in result["msg"]
    assert result["changed"] is True and result["infrastructure"]["extension"] == ""


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"cache_storage_account": "My-Account"}, "bad_resource_id"),
        ({"cache_storage_account": "nobody01"}, "cache_account_missing"),
        ({"diagnostics": {"workspace_id": "log"}}, "bad_resource_id"),
        ({"project": "typo"}, "ResourceNotFound"),
        ({"source_appliance": "typo"}, "appliance_unknown"),
    ],
)
def test_what_is_refused_says_code_and_remedy(stage: Stage, azure: Azure, options: dict[str, Any], code: str) -> None:
    unprepare(azure)
    refused = run(stage, changed(**options))
    result = refused.told[0].result
    assert refused.rc != 0 and (result["error_code"], bool(result["remedy"])) == (code, True), refused.text
    assert not result.get("changed") and not result.get("steps") and refused.complaints() == []


def test_a_failure_in_the_middle_tells_what_was_done(stage: Stage, azure: Azure) -> None:
    unprepare(azure)
    stage.lab.faults.add(
        {"kind": "reply", "system": "azure", "method": "PUT", "path": "/storageaccounts/", "status": 403,
         "code": "RequestDisallowedByPolicy", "message": "Not here."}
    )  # fmt: skip
    result = run(stage, MAKE).told[0].result
    assert result["error_code"] == "RequestDisallowedByPolicy" and result["changed"] is True
    assert len(result["steps"]) == 2 and f"Done before: {'; '.join(result['steps'])}." in result["msg"]


def test_a_warning_is_a_warning(stage: Stage, azure: Azure) -> None:
    unprepare(azure)
    asked = {"policy": {"crash_consistent_minutes": 240, "app_consistent_minutes": 60}}
    assert azure.resources.find(ids.TARGET_FABRIC) is None and run(stage, changed(**asked)).rc == 0
    told = run(stage, MAKE)
    assert told.rc == 0 and "frequencies are swapped" in told.text
    assert told.told[0].result["changed"] is False
