# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In batches of three, on an inventory that has everything which breaks delegation to the controller: an explicit
localhost, winrm for all, an interpreter that does not exist. One VM fails, in the second batch."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.playbook import Run
from ansible_collections.azlocal.migrate.tests.support.records import Request
from ansible_collections.azlocal.migrate.tests.support.stage import Stage, awkward_localhost

BATCHES = ("-e", "azlocal_serial=3")


@dataclasses.dataclass
class Story:
    stage: Stage
    bad: str
    planned: Run
    while_planned: list[Request]
    done: Run
    retry: Run


@pytest.fixture(scope="module")
def story(set_stage: SetStage, tmp_path_factory: pytest.TempPathFactory) -> Story:
    stage = set_stage(vms=5)
    bad = stage.rows[3]["name"]
    inventory = stage.inventory("awkward", change=awkward_localhost)
    planned = stage.run("replicate", "--check", *BATCHES, inventory=inventory)
    while_planned = stage.records.since()
    fault = {"kind": "job", "job": "Delete protected item", "vm": bad, "task": "Prerequisite check"}
    stage.lab.faults.add({**fault, "code": "1000099", "message": "Broken for this test."})
    folder: Path = tmp_path_factory.mktemp("retry")
    env = {"ANSIBLE_RETRY_FILES_ENABLED": "1", "ANSIBLE_RETRY_FILES_SAVE_PATH": str(folder)}
    done = stage.run("migrate", *BATCHES, inventory=inventory, env=env)
    retry = stage.run("migrate", *BATCHES, "--limit", f"@{folder / 'migrate.retry'}", inventory=inventory)
    return Story(stage, bad, planned, while_planned, done, retry)


def test_no_run_complains(story: Story) -> None:
    assert story.planned.complaints() + story.done.complaints() + story.retry.complaints() == []


def test_check_mode_plans_every_batch_and_writes_nothing(story: Story) -> None:
    assert (story.planned.rc, story.planned.failed) == (0, set()), story.planned.text
    assert [request for request in story.while_planned if request.write] == []
    for name in story.stage.records.movable:
        assert story.planned.verdicts(name)["replicate"].result["changed"] is True


def test_one_of_the_second_batch_fails_alone(story: Story) -> None:
    assert (story.done.rc, story.done.failed) == (2, {story.bad}), story.done.text
    assert story.done.last(story.bad).result["phase"] == "failed_remove"
    for name in story.stage.records.movable:
        if name != story.bad:
            assert story.done.last(name).result["phase"] == "completed"


def test_the_second_batch_begins_when_the_first_is_done(story: Story) -> None:
    creates = {request.item: request.t for request in story.stage.records.writes() if request.is_create}
    names = [row["name"] for row in story.stage.rows]
    began = [creates[story.stage.records.uuid(name)] for name in names]
    ended = {
        change["vm"].lower(): change["t"]
        for change in story.stage.records.journal()
        if change["what"] == "item" and change["after"] is None
    }
    assert max(ended[story.stage.records.uuid(name)] for name in names[:3]) < min(began[3:])


def test_the_retry_finishes_it(story: Story) -> None:
    assert (story.retry.rc, set(story.retry.stats)) == (0, {story.bad}), story.retry.text
    assert story.retry.last(story.bad).result["phase"] == "completed"
    story.stage.check(completed=story.stage.records.movable)
