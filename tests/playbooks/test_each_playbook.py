# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each playbook by itself, in the order of a migration: planned, done, done again. One world, three VMs.

A step writes when it is done, and neither when it is planned nor when it is done again; a look never writes.
"""

from __future__ import annotations

import csv
import dataclasses
import json
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.playbook import Run
from ansible_collections.azlocal.migrate.tests.support.records import Request
from ansible_collections.azlocal.migrate.tests.support.stage import Stage, dead_node

# playbook -> phase when planned, when done and when done again
STEPS = {
    "replicate": ("enabling", "ready", "ready"),
    "cutover": ("cutting_over", "migrated", "migrated"),
    "complete": ("completing", "completed", "completed"),
}
# where in the migration someone looks, with which playbook, and what the phase then is
LOOKS = {
    ("before", "discover"): "discovered",
    ("before", "status"): "discovered",
    ("replicated", "status"): "ready",
    ("cut over", "verify"): "verified",
    ("completed", "verify"): "completed",
    ("completed", "status"): "completed",
}


@dataclasses.dataclass
class Done:
    """A run, and what was asked of the simulators in it."""

    run: Run
    requests: list[Request]

    @property
    def writes(self) -> list[Request]:
        return [request for request in self.requests if request.write]


Walk = dict[Any, Done]


@pytest.fixture(scope="module")
def stage(set_stage: SetStage) -> Stage:
    return set_stage(vms=3)


@pytest.fixture(scope="module")
def walk(stage: Stage) -> Walk:
    """The whole way, run by run."""
    made: Walk = {}

    def play(key: Any, playbook: str, *args: str, **more: Any) -> None:
        moment = stage.records.moment()
        made[key] = Done(stage.run(playbook, *args, **more), stage.records.since(moment))

    def thrice(playbook: str) -> None:
        play((playbook, "planned"), playbook, "--check", "--diff")
        play((playbook, "done"), playbook)
        play((playbook, "again"), playbook)

    play(("before", "discover"), "discover")
    play(("before", "status"), "status", "--check")
    play("early cutover", "cutover")
    play("early complete", "complete")
    thrice("replicate")
    play(("replicated", "status"), "status")
    play("early verify", "verify")
    thrice("cutover")
    dead = stage.inventory("one-node", change=dead_node)
    play("one node dead", "verify", inventory=dead)
    play(("cut over", "verify"), "verify")
    thrice("complete")
    play(("completed", "verify"), "verify", "--check")
    play(("completed", "status"), "status")
    play("report planned", "report", "--check", "-e", f"azlocal_report_dir={stage.lab.state_dir}/planned")
    play("report", "report", "-e", f"azlocal_report_dir={stage.lab.state_dir}/report")
    return made


def test_no_run_complains_or_fails(walk: Walk) -> None:
    assert {key: done.run.complaints() for key, done in walk.items() if done.run.complaints()} == {}
    assert {key: done.run.text for key, done in walk.items() if done.run.rc} == {}


def test_the_way_as_a_whole_is_sound(walk: Walk, stage: Stage) -> None:
    stage.check(completed=stage.records.movable)


@pytest.mark.parametrize("playbook", STEPS)
@pytest.mark.parametrize("time", ["planned", "done", "again"])
def test_a_step_changes_when_it_is_done_and_only_then(walk: Walk, stage: Stage, playbook: str, time: str) -> None:
    done = walk[playbook, time]
    phase = STEPS[playbook][["planned", "done", "again"].index(time)]
    changed = time != "again"
    for name in stage.records.movable:
        told = done.run.last(name)
        assert (told.result["phase"], told.result["changed"]) == (phase, changed), told
        assert done.run.stats[name].changed == changed
        assert ("diff" in told.result) == changed
    assert bool(done.writes) == (time == "done"), done.writes


@pytest.mark.parametrize("look", LOOKS, ids=" ".join)
def test_a_look_never_writes(walk: Walk, stage: Stage, look: tuple[str, str]) -> None:
    assert walk[look].writes == []
    assert walk[look].run.changed == {}
    for name in stage.records.movable:
        assert walk[look].run.last(name).result["phase"] == LOOKS[look]


@pytest.mark.parametrize("early", ["early cutover", "early complete", "early verify"])
def test_a_step_that_is_not_due_is_held_back_with_its_reason(walk: Walk, stage: Stage, early: str) -> None:
    assert walk[early].writes == []
    for name in stage.records.movable:
        told = walk[early].run.last(name)
        assert told.status == "skipped", told
        assert told.result["remedy"]


def test_a_host_that_does_not_answer_is_not_checked_and_fails_nobody(walk: Walk, stage: Stage) -> None:
    """The VMs on it are judged by what others saw, and it is said who did not answer; the rest is checked in full."""
    run = walk["one node dead"].run
    nodes = {vm.source_uuid.lower(): vm.node for vm in stage.lab.world.target.values()}
    assert len(set(nodes.values())) == 2
    for name in stage.records.movable:
        checks = {check["name"]: check for check in run.last(name).result["checks"]}
        seen = "not_checked" if nodes[stage.records.uuid(name)] == "lab-node1" else "passed"
        assert {checks["host_running"]["result"], checks["heartbeat"]["result"]} == {seen}, name
        assert run.last(name).result["phase"] == "verified"
        if seen == "not_checked":
            assert "lab-node1" in checks["heartbeat"]["note"]
            assert "heartbeat" in run.last(name).msg


def test_all_that_can_be_seen_is_checked(walk: Walk, stage: Stage) -> None:
    for name in stage.records.movable:
        checks = walk["cut over", "verify"].run.last(name).result["checks"]
        assert len(checks) > 10
        assert {check["observer"] for check in checks} == {"arm", "host", "vcenter", "replication"}
        assert [check for check in checks if check["result"] != "passed"] == []


def test_the_report_is_written_only_when_it_is_asked_for(walk: Walk, stage: Stage) -> None:
    assert walk["report planned"].writes + walk["report"].writes == []
    assert not (stage.lab.state_dir / "planned").exists()
    folder = stage.lab.state_dir / "report"
    told = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert {vm["name"]: vm["phase"] for vm in told["vms"]} == dict.fromkeys(stage.records.movable, "completed")
    with (folder / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == [row["name"] for row in stage.rows]
    assert "<html" in (folder / "report.html").read_text(encoding="utf-8")
