# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``target_appliance`` and ``connectivity`` as tasks: their own examples by real ansible-playbook over its winrm connection."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from ansible_collections.azlocal.migrate.plugins.modules import connectivity, target_appliance
from ansible_collections.azlocal.migrate.tests.support.appliance_lab import of_image, until
from ansible_collections.azlocal.migrate.tests.support.host_actions import calls, media_sha256
from ansible_collections.azlocal.migrate.tests.support.playbook import Run
from ansible_collections.azlocal.migrate.tests.support.stage import Stage
from lab import media, names

TARGET: list[dict[str, Any]] = yaml.safe_load(target_appliance.EXAMPLES)
LOOK: list[dict[str, Any]] = yaml.safe_load(connectivity.EXAMPLES)


@pytest.fixture(scope="module")
def stage(set_stage: Callable[..., Stage]) -> Stage:
    return set_stage(stage="bare", vms=0, estate="empty")


def run(stage: Stage, *tasks: dict[str, Any], args: tuple[str, ...] = ()) -> Run:
    play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [*tasks]}]
    path = stage.lab.state_dir / "play.yml"
    path.write_text(yaml.safe_dump(play), encoding="utf-8")
    known = {
        "target_image_sha256": media_sha256(stage.lab, media.IMAGE),
        "share_user": names.HOST_USER,
        "share_password": names.HOST_PASSWORD,
    }
    done = stage.run(str(path), "-e", json.dumps(known), *args)
    assert done.complaints() == []
    return done


def writes(stage: Stage) -> int:
    return len([call for call in calls(stage.lab) if call["write"]])


def test_the_target_appliance_planned_made_made_again_and_taken_back(stage: Stage) -> None:
    *making, taking = TARGET
    planned = run(stage, TARGET[0], args=("--check", "--diff"))
    assert planned.rc == 0 and planned.told[0].result["changed"], planned.text
    assert writes(stage) == 0
    made = run(stage, *making)
    assert made.rc == 0, made.text
    first, console, again = (told.result for told in made.told)
    assert first["actions"] == planned.told[0].result["actions"] and first["appliance"]["vlan_id"] == 110
    assert console["appliance.waiting_for"]["data"]["vm"] == names.TARGET_APPLIANCE
    assert (again["changed"], again["appliance"]) == (False, first["appliance"])

    # the person at the console, and then both appliances look around
    appliance = stage.lab.appliances[names.TARGET_APPLIANCE]
    appliance.set_up = True
    of_image(stage.lab)
    until(lambda: appliance.answers)
    before = writes(stage)
    looked = run(stage, *LOOK)
    assert looked.rc == 0, looked.text
    reached, shown, controller = (told.result for told in looked.told)
    assert reached["summary"]["failed"] == 0 and "*.blob.core.windows.net" in str(shown["msg"])
    assert controller["summary"]["failed"] == controller["summary"]["unchecked"] == 0

    taken = run(stage, taking, taking)
    assert [told.result["changed"] for told in taken.told] == [True, False], taken.text
    assert not stage.lab.cluster.vms and not stage.lab.cluster.files
    assert writes(stage) == before + 1


@pytest.mark.parametrize("address", ["https://me:SECRET@elsewhere.example/a.zip", "http://me:SECRET@nas.example/a.zip"])
def test_no_secret_of_an_images_address_is_shown_however_much_is_asked_for(stage: Stage, address: str) -> None:
    options = {"name": names.TARGET_APPLIANCE, "image": f"{address}?sig=SECRET#SECRET", "sha256": "0" * 64}
    play = {"hosts": names.NODES[0], "gather_facts": False, "tasks": [{"azlocal.migrate.target_appliance": options}]}
    path = stage.lab.state_dir / "secret.yml"
    path.write_text(yaml.safe_dump([play]), encoding="utf-8")
    failed = stage.run(str(path), "-vvvv", "--diff")
    assert failed.complaints() == []
    assert failed.rc != 0 and address.split("@")[1].partition("/")[0] in failed.told[0].result["msg"], failed.text
    assert "SECRET" not in failed.text
