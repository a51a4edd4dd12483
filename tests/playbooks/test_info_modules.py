# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``appliance_info`` and ``target_info`` as tasks: their own examples, waiting, and what is told of what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.azlocal.migrate.plugins.modules import appliance_info, target_info
from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.playbook import Run
from ansible_collections.azlocal.migrate.tests.support.stage import Stage
from lab import names
from lab.azure.server import of
from lab.switches import Switches

SEE, SHOW, WAIT = yaml.safe_load(appliance_info.EXAMPLES)
TARGET: list[dict[str, Any]] = yaml.safe_load(target_info.EXAMPLES)
MODULE = "azlocal.migrate.appliance_info"


@pytest.fixture(scope="module")
def stage(set_stage: SetStage) -> Stage:
    return set_stage(vms=2)


@pytest.fixture(autouse=True)
def harmless(stage: Stage) -> Iterator[None]:
    yield
    for name, value in vars(Switches()).items():
        setattr(stage.lab.switches, name, value)


def run(stage: Stage, *tasks: dict[str, Any], args: tuple[str, ...] = ()) -> Run:
    play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [*tasks]}]
    path: Path = stage.lab.state_dir / "play.yml"
    path.write_text(yaml.safe_dump(play), encoding="utf-8")
    return stage.run(str(path), *args)


def waiting(**options: Any) -> dict[str, Any]:
    return {**WAIT, MODULE: {**WAIT[MODULE], "poll_interval_s": 1, "progress": "on", **options}}


def test_the_examples_of_appliance_info(stage: Stage) -> None:
    moment = stage.records.moment()
    done = run(stage, SEE, SHOW, WAIT)
    assert done.rc == 0 and done.complaints() == [], done.text
    seen, shown, waited = done.told
    assert seen.result["healthy"] and seen.result["changed"] is False and shown.status == "skipped"
    assert seen.result["appliances"]["source"]["licence_days_left"] is None
    inside = waited.result["appliances"]["source"]
    assert (inside["licence_days_left"], inside["stopped_services"], inside["inside_error"]) == (170, [], "")
    assert [one.bare for one in stage.records.writes(moment) if one.system != "entra"] == []


def test_the_examples_of_target_info(stage: Stage) -> None:
    done = run(stage, *TARGET)
    assert done.rc == 0 and done.complaints() == [], done.text
    told, shown, asserted = done.told
    assert told.result["problems"] == [] and asserted.status == "ok"
    shared = shown.result["msg"]["volumes"]
    assert {path.rsplit("\\", 1)[-1] for path in shared} == {"UserStorage_1", "UserStorage_2"}
    assert set(shown.result["msg"]["addresses"]) == {"lnet-prod-110", "lnet-dmz-120"}


def test_what_stops_a_migration_is_warned_of(stage: Stage) -> None:
    stage.lab.switches.bridge_status = "Offline"
    done = run(stage, *TARGET)
    assert done.rc != 0 and done.told[-1].msg == "the Arc resource bridge is Offline"
    assert "the Arc resource bridge is Offline; bring the bridge" in done.text


@pytest.mark.parametrize("skew", [-240.0, 240.0])
def test_a_clock_that_is_off_is_warned_of(stage: Stage, skew: float) -> None:
    stage.lab.switches.appliance_skew_s = skew
    done = run(stage, WAIT)
    assert done.rc == 0 and "the clock of source appliance labsrc is 2" in done.text
    reasons = [one["reasons"] for one in done.told[0].result["appliances"].values()]
    assert [[reason["code"] for reason in each] for each in reasons] == [["appliance_skew"]] * 2


def test_a_dead_appliance_ends_the_wait_with_its_reason(stage: Stage) -> None:
    stage.lab.switches.dead_agent = "target"
    done = run(stage, waiting(timeout_s=2))
    result = done.told[0].result
    # on the wall clock of this test the last sign of life is seconds old, so it is the agent alone that is silent
    assert done.rc != 0 and (result["error_code"], bool(result["remedy"])) == ("agent_silent", True), done.text
    assert result["appliances"]["target"]["status"] == "unhealthy"
    assert (
        "appliance_info: labsrc healthy; labtgt unhealthy (the replication agent of target appliance labtgt"
        in done.text
    )
    told = run(stage, {MODULE: SEE[MODULE]})
    assert told.rc == 0 and told.told[0].result["healthy"] is False, "to look is no failure"
    assert run(stage, waiting(timeout_s=60), args=("--check",)).rc == 0, "check mode does not wait"


def test_an_ended_licence_is_not_waited_out(stage: Stage) -> None:
    stage.lab.switches.licence_days_left = 0
    done = run(stage, waiting(timeout_s=600))
    result = done.told[0].result
    assert (result["error_code"], result["waiting_helps"]) == ("appliance_licence", False)
    assert done.seconds < 60


def test_what_a_person_has_to_do_is_no_failure(set_stage: SetStage) -> None:
    """A target appliance that was registered, and in which nobody has configured the instance."""
    stage = set_stage(vms=2)
    azure = of(stage.lab.servers["azure"])
    with stage.lab.world.lock:
        fabrics = azure.resources.of("Microsoft.DataReplication/replicationFabrics")
        [fabric] = [row for row in fabrics if row.name.startswith(names.TARGET_APPLIANCE)]
        custom = {**fabric.properties["customProperties"], "cluster": None}
        azure.resources.amend(fabric.id, customProperties=custom)
    done = run(stage, waiting(timeout_s=1))
    result = done.told[0].result
    assert done.rc == 0 and done.complaints() == [], done.text
    assert (result["healthy"], result["waiting_for"]["step"]) == (False, "cluster")
    assert result["msg"].endswith(f"It waits for {result['waiting_for']['who']}")
