# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VM fails at each step that there is, all of them in one run: each fails alone, and the retry finishes it.

Every VM of this estate is named after what happens to it.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.playbook import Run
from ansible_collections.azlocal.migrate.tests.support.stage import Stage

ENABLE, SEED, FAILOVER = "Create or update protected item", "Complete initial replication", "Planned failover"
DELETE = "Delete protected item"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fault:
    """What breaks for one VM, and what the playbook says of it."""

    role: str  # whose verdict fails
    phase: str  # in which it stands then
    fault: dict[str, Any]


def refused(method: str, rest: str = "$", status: int = 400) -> dict[str, Any]:
    path = "/protectedItems/[^/]*{uuid}" + rest
    return {"kind": "reply", "system": "azure", "method": method, "path": path, "status": status,
            "code": "LabRefusal", "message": "The lab refuses this."}  # fmt: skip


def breaks(job: str, task: str, **more: Any) -> dict[str, Any]:
    return {"kind": "job", "job": job, "task": task, "code": "1000099", "message": f"Broken in {task}.", **more}


FAULTS = {
    "put-refused": Fault(role="replicate", phase="discovered", fault=refused("PUT")),
    "patch-refused": Fault(role="replicate", phase="ready", fault=refused("PATCH")),
    "enable-first": Fault(
        role="replicate", phase="failed_enable", fault=breaks(ENABLE, "Creating or updating the protected item")
    ),
    "enable-last": Fault(role="replicate", phase="failed_enable", fault=breaks(ENABLE, "Starting Replication")),
    "seed": Fault(role="replicate", phase="failed_seed", fault=breaks(SEED, "Completing initial replication")),
    "post-refused": Fault(role="cutover", phase="ready", fault=refused("POST", "/plannedFailover$")),
    "fo-check": Fault(role="cutover", phase="failed_before", fault=breaks(FAILOVER, "Prerequisite check")),
    "fo-off": Fault(role="cutover", phase="failed_before", fault=breaks(FAILOVER, "Turning off resource on primary")),
    "fo-start": Fault(role="cutover", phase="failed_before", fault=breaks(FAILOVER, "Starting failover")),
    "fo-prepare": Fault(role="cutover", phase="failed_after", fault=breaks(FAILOVER, "Preparing protected entities")),
    "fo-on": Fault(role="cutover", phase="failed_after", fault=breaks(FAILOVER, "Turning on resource on recovery")),
    # the task fails after all that it does: the target runs
    "fo-late": Fault(
        role="cutover", phase="failed_after", fault=breaks(FAILOVER, "Turning on resource on recovery", late=True)
    ),
    "del-refused": Fault(role="complete", phase="migrated", fault=refused("DELETE")),
    "del-job": Fault(role="complete", phase="failed_remove", fault=breaks(DELETE, "Deleting protected item")),
}
SOUND = ("sound-1", "sound-2")
# What no retry may decide: rule 10 of the rule book (a full seeding is ordered by a person), and rule 25 (it has run).
FOR_A_PERSON = {"seed": "remove the replication", "fo-late": "may have run"}
RETRIED = [name for name in FAULTS if name not in FOR_A_PERSON]
ROLES = ("replicate", "cutover", "verify", "complete")


@dataclasses.dataclass
class Story:
    stage: Stage
    first: Run
    retry_file: Path
    retry: Run
    between: int  # the ledger between the two


@pytest.fixture(scope="module")
def story(set_stage: SetStage, tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("retry")
    estate = folder / "estate.yml"
    machines = [{"name": name, "disks": 1, "nics": ["dvPG-Prod-110"]} for name in (*SOUND, *FAULTS)]
    estate.write_text(yaml.safe_dump(machines), encoding="utf-8")
    stage = set_stage(estate=estate)
    for name, broken in FAULTS.items():
        fault = {**broken.fault, "vm": name}
        if "path" in fault:
            fault["path"] = fault["path"].replace("{uuid}", stage.records.uuid(name))
        stage.lab.faults.add(fault)
    assert stage.run("replicate", "--limit", "patch-refused").rc == 0
    more = str(stage.records.vm("patch-refused").memory_mb * 2)
    rows = [{**row, "memory_mb": more if row["name"] == "patch-refused" else ""} for row in stage.rows]
    env = {"ANSIBLE_RETRY_FILES_ENABLED": "1", "ANSIBLE_RETRY_FILES_SAVE_PATH": str(folder)}
    inventory = stage.inventory("grown", rows=rows)
    first = stage.run("migrate", inventory=inventory, env=env)
    between = stage.records.moment()
    retry_file = folder / "migrate.retry"
    retry = stage.run("migrate", "--limit", f"@{retry_file}", inventory=inventory)
    return Story(stage, first, retry_file, retry, between)


def test_the_others_are_completed(story: Story) -> None:
    for name in SOUND:
        assert story.first.last(name).result["phase"] == "completed"
        assert story.first.stats[name].failed == 0


@pytest.mark.parametrize("name", FAULTS)
def test_it_fails_alone_at_its_step_and_says_why(story: Story, name: str) -> None:
    told, broken = story.first.last(name), FAULTS[name]
    assert story.first.stats[name].failed == 1
    assert (told.status, told.role, told.result["phase"]) == ("failed", broken.role, broken.phase)
    assert broken.fault["message"].rstrip(".") in told.msg
    assert str(broken.fault["code"]) in told.msg
    before = ROLES[: ROLES.index(broken.role)]
    assert [story.first.verdicts(name)[role].status for role in before] == ["ok"] * len(before)


def test_recap_exit_code_and_retry_file_name_them_and_nobody_else(story: Story) -> None:
    assert story.first.rc == 2
    assert story.first.failed == set(FAULTS)
    assert set(story.retry_file.read_text(encoding="utf-8").split()) == set(FAULTS)
    assert story.first.complaints() + story.retry.complaints() == []


@pytest.mark.parametrize("name", [name for name in FAULTS if name.endswith("-refused")])
def test_a_refused_order_is_not_sent_again_by_the_same_run(story: Story, name: str) -> None:
    """Waiting for others, a step looks many times; none of these looks may repeat what was refused."""
    method, uuid = FAULTS[name].fault["method"], story.stage.records.uuid(name)
    orders = [each for each in story.stage.records.writes() if each.item == uuid and each.method == method]
    orders = [each for each in orders if each.is_failover == (name == "post-refused")]
    assert [each.accepted for each in orders] == [False, True]
    assert orders[1] in story.stage.records.since(story.between)


@pytest.mark.parametrize("name", RETRIED)
def test_the_retry_finishes_it(story: Story, name: str) -> None:
    assert story.retry.last(name).result["phase"] == "completed", story.retry.last(name)
    assert story.retry.stats[name].failed == 0


@pytest.mark.parametrize("name", FOR_A_PERSON)
def test_what_a_person_must_decide_stays_as_it_is(story: Story, name: str) -> None:
    told = story.retry.last(name)
    assert (told.status, told.role, told.result["phase"]) == ("failed", FAULTS[name].role, FAULTS[name].phase)
    assert FOR_A_PERSON[name] in told.msg
    writes = story.stage.records.since(story.between)
    assert [each for each in writes if each.write and each.item == story.stage.records.uuid(name)] == []


def test_the_retry_is_about_the_failed_only(story: Story) -> None:
    assert set(story.retry.stats) == set(FAULTS)
    assert (story.retry.rc, story.retry.failed) == (2, set(FOR_A_PERSON))


def test_what_was_changed_by_hand_of_the_wave_arrives(story: Story) -> None:
    """The memory that was refused at first is that of the target."""
    vm = story.stage.records.vm("patch-refused")
    [target] = [one for one in story.stage.lab.world.target.values() if one.name == vm.name]
    assert target.memory_mb == 2 * vm.memory_mb


def test_the_data_is_right_whatever_broke(story: Story) -> None:
    story.stage.check(completed=[*SOUND, *RETRIED])
