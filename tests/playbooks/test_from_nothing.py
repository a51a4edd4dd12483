# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an empty subscription to VMs that are ready: ``prepare``, ``discover``, ``replicate``; each planned, done, done again.

Between the runs a person does what the last run asked for, and nothing else.
"""

from __future__ import annotations

import threading
from time import sleep

import pytest

from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.host_actions import calls
from ansible_collections.azlocal.migrate.tests.support.newcomer import SEQUENCE, Done, play, site, until_done
from ansible_collections.azlocal.migrate.tests.support.stage import Stage, Tree, awkward_localhost
from lab import names

pytestmark = pytest.mark.slow
# playbook -> how many runs until a person has nothing more to do: each ends with what is asked of him, but the last one
RUNS = {"prepare": 1, "discover": 3, "replicate": 2}
ON_A_PREPARED_PROJECT = {"discover": 10, "replicate": 26}  # requests of Azure, beside those of the wave
LOOK = "azlocal.migrate.appliance_info"
Walk = dict[tuple[str, str], list[Done]]


@pytest.fixture(scope="module")
def stage(set_stage: SetStage) -> Stage:
    return set_stage(stage="bare", vms=3)


@pytest.fixture(scope="module")
def walk(stage: Stage) -> Walk:
    made: Walk = {("site", "planned"): [play(stage, site(stage), "--check")]}
    for name in SEQUENCE:
        made[name, "planned"] = [play(stage, name, "--check", "--diff")]
        made[name, "done"] = until_done(stage, name, *(["-vvvv"] if name == "replicate" else []))
        made[name, "again"] = [play(stage, name)]
    made["site", "again"] = [play(stage, site(stage))]
    return made


def test_no_run_complains_or_fails_and_no_secret_is_told(walk: Walk) -> None:
    runs = {(key, number): done.run for key, all_of in walk.items() for number, done in enumerate(all_of)}
    assert {key: run.complaints() for key, run in runs.items() if run.complaints()} == {}
    assert {key: run.text for key, run in runs.items() if run.rc} == {}


@pytest.mark.parametrize("name", SEQUENCE)
def test_planned_it_writes_nothing_and_foretells_a_change(walk: Walk, name: str) -> None:
    (planned,) = walk[name, "planned"]
    assert planned.writes == []
    assert len(planned.run.changed) == 1  # the first thing that is not there yet; the rest cannot be foretold


@pytest.mark.parametrize("name", SEQUENCE)
def test_it_is_done_with_no_more_runs_than_a_person_is_needed(walk: Walk, name: str) -> None:
    runs = walk[name, "done"]
    assert [bool(done.waits) for done in runs] == [True] * (RUNS[name] - 1) + [False]
    assert any(done.writes for done in runs)


@pytest.mark.parametrize("name", SEQUENCE)
def test_again_changes_nothing_and_writes_nothing(walk: Walk, name: str) -> None:
    (again,) = walk[name, "again"]
    assert (again.run.changed, again.writes, again.waits) == ({}, [], [])


def test_in_one_playbook_planned_it_ends_where_nothing_more_can_be_foretold(walk: Walk) -> None:
    (planned,) = walk["site", "planned"]
    assert (planned.writes, len(planned.run.changed)) == ([], 1)
    assert planned.waits[0] == "Who: nobody"
    assert {told.role for told in planned.run.told if told.task.startswith("azlocal.migrate.")} == {"prepare"}


def test_in_one_playbook_the_target_is_looked_at_though_the_source_was_found_healthy_before(walk: Walk) -> None:
    (again,) = walk["site", "again"]
    assert (again.run.changed, again.writes, again.waits) == ({}, [], [])
    looked = [told.result["appliances"] for told in again.run.told if told.action == LOOK]
    assert [set(appliances) for appliances in looked] == [{"source"}, {"source", "target"}]
    for appliances in looked:
        assert {one["licence_days_left"] for one in appliances.values()} == {170}, "the appliances were asked"


def test_what_the_source_appliance_reaches_is_tried_until_it_is_healthy(walk: Walk) -> None:
    def tried(done: Done) -> list[str]:
        return [told.status for told in done.run.told if told.task.endswith("See what the source appliance reaches")]

    assert [tried(done) for done in walk["discover", "done"]] == [[], ["ok"], ["skipped"]]
    assert tried(walk["discover", "again"][0]) == ["skipped"]


def test_who_is_waited_for_is_told_in_plain_sentences_and_no_vm_is_touched(walk: Walk, stage: Stage) -> None:
    waiting = [done for key in walk if key[1] == "done" for done in walk[key] if done.waits]
    vms = set(stage.records.movable) | set(stage.records.awkward)
    for done in waiting:
        who, what, where = done.waits[:3]
        assert (who[:5], what[:6], where[:7]) == ("Who: ", "What: ", "Where: ")
        assert all(line.partition(": ")[2] for line in done.waits)
        assert who in done.run.stdout
        assert not vms & set(done.run.stats)
    asked = " ".join(line for done in waiting for line in done.waits)
    assert "first start" in asked and "project key" in asked


def test_the_wave_is_ready_and_all_is_sound(walk: Walk, stage: Stage) -> None:
    for name in stage.records.movable:
        for time in ("done", "again"):
            assert walk["replicate", time][-1].run.last(name).result["phase"] == "ready"
        assert walk["discover", "done"][-1].run.last(name).result["phase"] == "discovered"
    stage.check()


@pytest.mark.parametrize("name", ON_A_PREPARED_PROJECT)
def test_what_is_prepared_costs_little(walk: Walk, stage: Stage, name: str) -> None:
    """Against the wave alone; and who has it made by others leaves it out."""
    (again,) = walk[name, "again"]
    alone = play(stage, name, "-e", "azlocal_infrastructure=false")
    assert (alone.run.rc, alone.run.changed, alone.run.complaints()) == (0, {}, []), alone.run.text
    assert set(alone.run.stats) == {row["name"] for row in stage.rows}
    assert azure(again) - azure(alone) <= ON_A_PREPARED_PROJECT[name]


@pytest.mark.usefixtures("walk")
def test_a_limit_to_a_vm_leaves_everything_else_out(stage: Stage) -> None:
    vm = stage.records.movable[0]
    done = play(stage, "replicate", "--limit", vm)
    assert (done.run.rc, done.run.changed, done.run.complaints()) == (0, {}, []), done.run.text
    assert set(done.run.stats) == {vm}


def azure(done: Done) -> int:
    return len([request for request in done.requests if request.system == "azure" and not request.is_discovery])


@pytest.mark.usefixtures("walk")
def test_it_works_without_groups_of_hosts_and_from_an_awkward_localhost(stage: Stage) -> None:
    """Nobody has to name an appliance or an Azure Local host; then nothing is set up in them, and nothing warns."""

    def fewer(tree: Tree) -> None:
        del tree["children"]
        awkward_localhost(tree)

    inventory = stage.inventory("no-groups", change=fewer)
    run = stage.run("replicate", inventory=inventory)
    assert (run.rc, run.changed, run.complaints()) == (0, {}, []), run.text
    assert names.TARGET_APPLIANCE not in run.stats
    assert stage.run("prepare", "--check", inventory=inventory).complaints() == []


@pytest.mark.usefixtures("walk")
def test_a_registered_source_appliance_whose_tools_are_stopped_is_not_taken_for_a_fresh_one(stage: Stage) -> None:
    vm = stage.lab.world.source[stage.lab.appliances[names.SOURCE_APPLIANCE].vm.lower()]
    before, vm.tools = vm.tools, "guestToolsNotRunning"
    try:
        runs = [play(stage, "discover"), play(stage, "discover", "--check")]
    finally:
        vm.tools = before
    for done in runs:
        assert taken_for_fresh(done), "the deployment alone cannot tell"
        assert (done.run.rc, done.waits) == (0, []), done.run.text
        assert {row["name"] for row in stage.rows} <= set(done.run.stats)


@pytest.mark.usefixtures("walk")
def test_a_registered_target_appliance_that_restarts_is_not_taken_for_a_fresh_one(stage: Stage) -> None:
    appliance = stage.lab.appliances[names.TARGET_APPLIANCE]
    seen = looks(stage)

    def boots() -> None:
        while looks(stage) == seen:
            sleep(0.1)
        appliance.answers_from = 0.0

    appliance.answers_from = float("inf")
    windows = threading.Thread(target=boots, daemon=True)
    windows.start()
    try:
        done = play(stage, "replicate")
    finally:
        appliance.answers_from = 0.0
    assert taken_for_fresh(done), "the deployment alone cannot tell"
    assert (done.run.rc, done.waits) == (0, []), done.run.text
    assert {row["name"] for row in stage.rows} <= set(done.run.stats)


def looks(stage: Stage) -> int:
    """How often the machine of the target appliance was looked at."""
    return sum("get_appliance_host" in call["method"] for call in calls(stage.lab))


def taken_for_fresh(done: Done) -> bool:
    deployed = [told.result for told in done.run.told if "Deploy the" in told.task and told.result.get("actions") == []]
    return any(
        "first start" in deployment["waiting_for"]["what"] for deployment in deployed if deployment["waiting_for"]
    )
