# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``rights_info`` as a task: its own examples, with rights that are there and rights that are missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.azlocal.migrate.plugins.modules.rights_info import EXAMPLES
from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.playbook import Run
from ansible_collections.azlocal.migrate.tests.support.stage import Stage
from lab import names

ASK, SHOW, APPLIANCE = yaml.safe_load(EXAMPLES)
MODULE = "azlocal.migrate.rights_info"
RIGHT, PRIVILEGE = "Microsoft.Storage/storageAccounts/write", "Network.Assign"


@pytest.fixture(scope="module")
def stage(set_stage: SetStage) -> Stage:
    return set_stage(vms=2)


def run(stage: Stage, *tasks: dict[str, Any]) -> Run:
    plays = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [*tasks]}]
    path: Path = stage.lab.state_dir / "rights.yml"
    path.write_text(yaml.safe_dump(plays), encoding="utf-8")
    return stage.run(str(path), "--check")


def changed(task: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {**task, MODULE: {**task[MODULE], **options}}


def test_the_examples(stage: Stage) -> None:
    login = {"username": names.VCENTER_USER, "password": names.VCENTER_PASSWORD}
    moment = stage.records.moment()
    asked = run(stage, ASK, SHOW, changed(APPLIANCE, **login))
    assert asked.rc == 0, asked.text
    first, _shown, appliance = (told.result for told in asked.told)
    assert first["gaps"] == [] and first["not_asked"] == [] and first["summary"]["asked"] > 80
    assert appliance["summary"]["asked"] > 10 and appliance["gaps"] == []
    assert [row for row in stage.records.writes(moment) if row.system in ("azure", "host")] == []
    assert asked.complaints() == []


def test_what_is_missing_is_named(stage: Stage) -> None:
    stage.lab.switches.missing_rights, stage.lab.switches.missing_privileges = (RIGHT,), (PRIVILEGE,)
    try:
        told = run(stage, ASK, changed(ASK, fail_on="step"), changed(ASK, fail_on="any"))
    finally:
        stage.lab.switches.missing_rights = stage.lab.switches.missing_privileges = ()
    kept, step, failed = (one.result for one in told.told)
    assert step["gaps"] == kept["gaps"] and not step.get("failed")
    assert told.rc != 0 and [gap["right"] for gap in kept["gaps"]] == [RIGHT, PRIVILEGE], told.text
    assert kept["gaps"][0]["phases"] == ["prepare"] and names.RESOURCE_GROUP in kept["gaps"][0]["scope"]
    assert failed["error_code"] == "rights_missing" and RIGHT in failed["msg"] and PRIVILEGE in failed["msg"]
    assert failed["gaps"] == kept["gaps"]
    assert all(any(right in line for line in kept["report"]) for right in (RIGHT, PRIVILEGE))


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"resource_group": ""}, "MissingOption"),
        ({"resource_group": "", "fail_on": "step"}, "MissingOption"),
        ({"systems": ["vcenter"], "hostname": ""}, "no_vcenter"),
    ],
)
def test_what_is_refused(stage: Stage, options: dict[str, Any], code: str) -> None:
    told = run(stage, changed(ASK, **{"fail_on": "any", **options}))
    assert told.rc != 0 and told.told[0].result["error_code"] == code, told.text
