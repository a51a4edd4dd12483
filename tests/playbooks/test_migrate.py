# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``migrate`` three times on one world: planned, done, done again. Twelve VMs, one of each awkward kind among them."""

from __future__ import annotations

import dataclasses
import json

import pytest

from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.playbook import Run
from ansible_collections.azlocal.migrate.tests.support.records import Request
from ansible_collections.azlocal.migrate.tests.support.stage import Stage

REASONS = {  # what is the matter with a VM -> a part of the reason that a person reads
    "powered_off": "it is powered off",
    "no_tools": "VMware Tools is not installed",
    "independent_disk": "independent_persistent",
    "snapshot_no_cbt": "changed block tracking is off",
    "refused_name": "WINDOWS anywhere in a name",
    "twin": "2 VMs have the name",
}


@dataclasses.dataclass
class Thrice:
    stage: Stage
    planned: Run
    while_planned: list[Request]
    done: Run
    again: Run
    while_again: list[Request]
    journal_before_again: int


@pytest.fixture(scope="module")
def thrice(set_stage: SetStage) -> Thrice:
    stage = set_stage(vms=12, speed=600)
    planned = stage.run("migrate", "--check", "--diff")
    while_planned = stage.records.since()
    report = str(stage.lab.state_dir / "report")
    done = stage.run("migrate", "-e", f"azlocal_report_dir={report}")
    moment, changes = stage.records.moment(), len(stage.records.journal())
    again = stage.run("migrate")
    return Thrice(stage, planned, while_planned, done, again, stage.records.since(moment), changes)


def test_no_run_complains(thrice: Thrice) -> None:
    assert {"planned": thrice.planned.complaints(), "done": thrice.done.complaints(), "again": thrice.again.complaints()} == {
        "planned": [], "done": [], "again": [],
    }  # fmt: skip


def test_check_mode_writes_nothing(thrice: Thrice) -> None:
    assert [request for request in thrice.while_planned if request.write] == []
    assert thrice.planned.rc == 0, thrice.planned.text


def test_check_mode_shows_a_plan_of_every_vm_that_would_migrate(thrice: Thrice) -> None:
    planned, movable = thrice.planned, thrice.stage.records.movable
    assert len(movable) >= 5
    assert planned.hosts(failed=0) == {row["name"] for row in thrice.stage.rows}
    for name in movable:
        told = planned.verdicts(name)["replicate"]
        assert told.result["changed"] is True
        assert "would be enabled" in told.msg
        plan = told.result["diff"]["after"]
        assert plan["target_vm_name"] == name
        assert len(plan["disks"]) == len(thrice.stage.records.vm(name).disks)
        assert f'"target_vm_name": "{name}"' in planned.stdout  # --diff shows it
        later = [planned.verdicts(name)[role] for role in ("cutover", "verify", "complete")]
        assert {(told.status, told.result["changed"]) for told in later} == {("ok", False)}


def test_what_can_migrate_is_completed(thrice: Thrice) -> None:
    done, records = thrice.done, thrice.stage.records
    assert done.rc == 0, done.text
    for name in records.movable:
        said = {role: told.result["phase"] for role, told in done.verdicts(name).items()}
        assert said.keys() == {"replicate", "cutover", "verify", "complete"}, name
        assert (said["replicate"], said["complete"]) == ("ready", "completed"), name
        assert done.stats[name].changed == 3, name  # replicate, cutover, complete; verify only looks
    thrice.stage.check(completed=records.movable)


def test_what_cannot_migrate_is_left_alone_with_its_reason(thrice: Thrice) -> None:
    done, records = thrice.done, thrice.stage.records
    assert set(REASONS) == set(records.awkward.values())
    for name, kind in records.awkward.items():
        for run in (thrice.planned, done, thrice.again):
            told = run.verdicts(name)["replicate"]
            assert (told.status, run.stats[name].ok, run.stats[name].failed) == ("skipped", 0, 0), name
            assert REASONS[kind] in told.result["skip_reason"], name
            assert REASONS[kind] in run.stderr  # a skipped host's reason is on the terminal too
    twins = [uuid for uuid, vm in records.first.items() if vm.awkward == "twin"]
    reason = done.verdicts(records.first[twins[0]].name)["replicate"].result["skip_reason"]
    assert all(uuid in reason.lower() for uuid in twins)
    touched = {change["vm"] for change in records.journal()}
    assert touched.isdisjoint(records.vm(name).instance_uuid for name in records.awkward)


def test_again_changes_nothing(thrice: Thrice) -> None:
    assert thrice.again.rc == 0, thrice.again.text
    assert thrice.again.changed == {}
    assert [request for request in thrice.while_again if request.write] == []
    assert len(thrice.stage.records.journal()) == thrice.journal_before_again
    for name in thrice.stage.records.movable:
        assert thrice.again.last(name).result["phase"] == "completed"


def test_the_report_of_the_run_names_every_vm(thrice: Thrice) -> None:
    folder = thrice.stage.lab.state_dir / "report"
    told = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    page = (folder / "report.html").read_text(encoding="utf-8")
    names = {row["name"] for row in thrice.stage.rows}
    assert {vm["name"] for vm in told["vms"]} == names
    assert all(name in page for name in names)
    assert (folder / "report.csv").read_text(encoding="utf-8").count("\n") >= len(names)
