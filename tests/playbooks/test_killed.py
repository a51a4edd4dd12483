# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way from nothing to ready, with real playbooks that are killed ten times on it, and simply run again.

After which write a run is killed comes of a seed. ``tests/harness`` does the same after every request, without Ansible.
"""

from __future__ import annotations

import dataclasses
import random
from collections import Counter

import pytest

from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.newcomer import SEQUENCE, Done, person, play
from ansible_collections.azlocal.migrate.tests.support.sigkill import killed_after
from ansible_collections.azlocal.migrate.tests.support.stage import Stage
from lab import names
from lab.azure.state import Azure

pytestmark = pytest.mark.slow
SEED = 47
# The runs of the way; how often each is killed before it may come to its end, and after how many writes at most, so that
# there is something left to do for all of them. A person acts after each. The VMs themselves are left out: a mark without its item
# speaks for ten minutes (domain/phase.py), and the harness does not wait.
STEPS = (
    ("prepare", 3, 4),
    ("discover", 2, 4),
    ("discover", 1, 2),
    ("discover", 0, 0),
    ("replicate", 1, 2),
    ("replicate", 3, 3),
)
# Written in more than one step even where nobody is killed: the solution is made first, and linked at the end.
TWICE = "/solutions/servers-migration-servermigration_datareplication"


@dataclasses.dataclass
class Story:
    stage: Stage
    killed: list[tuple[str, int]]
    ended: list[Done]
    again: list[Done]


@pytest.fixture(scope="module")
def story(set_stage: SetStage) -> Story:
    stage, chance = set_stage(stage="bare", vms=2), random.Random(SEED)
    told = Story(stage, [], [], [])
    for name, kills, most in STEPS:
        for write in [chance.randint(1, most) for _kill in range(kills)]:
            if killed_after(stage, name, write):
                told.killed.append((name, write))
        told.ended.append(play(stage, name))
        person(stage.lab)
    told.again = [play(stage, name) for name in SEQUENCE]
    return told


def test_ten_were_killed_and_what_ran_after_them_came_to_its_end(story: Story) -> None:
    assert len(story.killed) == 10, story.killed
    assert [done.run.text for done in story.ended if done.run.rc] == []
    assert [line for done in story.ended for line in done.run.complaints()] == []
    assert story.ended[-1].waits == []


def test_it_converges(story: Story) -> None:
    for done in story.again:
        assert (done.run.rc, done.run.changed, done.writes, done.waits) == (0, {}, [], []), done.run.text
    for name in story.stage.records.movable:
        assert story.again[-1].run.last(name).result["phase"] == "ready"
    story.stage.check()


def test_nothing_was_made_twice_in_azure(story: Story) -> None:
    puts = [request for request in story.stage.records.since() if request.system == "azure" and request.method == "PUT"]
    accepted = Counter(request.bare.lower() for request in puts if request.accepted)
    often = {path: times for path, times in accepted.items() if times > 1 + path.endswith(TWICE)}
    assert often == {}, story.killed
    azure: Azure = story.stage.lab.dumpers["azure"].__self__  # type: ignore[attr-defined]
    with story.stage.lab.world.lock:
        kinds = Counter(row.type.lower().rpartition("/")[2] for row in azure.resources.values())
        kinds.update(part.kind.lower() for part in azure.parts.values())
        granted = Counter(
            tuple(str(row.properties[part]).lower() for part in ("scope", "principalId", "roleDefinitionId"))
            for row in azure.resources.of("Microsoft.Authorization/roleAssignments")
        )
    once = ("migrateprojects", "replicationvaults", "replicationpolicies", "replicationextensions", "storageaccounts")
    assert {kind: kinds[kind] for kind in once} == dict.fromkeys(once, 1)
    assert [each for each, times in granted.items() if times > 1] == []


def test_nothing_was_made_twice_of_machines_and_uploads(story: Story) -> None:
    """What was being uploaded when the run was killed is uploaded anew; what was whole is not."""
    stage, lab = story.stage, story.stage.lab
    with lab.world.lock:
        made = [vm.name for uuid, vm in lab.world.source.items() if uuid not in stage.records.first]
        assert made == [names.SOURCE_APPLIANCE]
        assert [vm.name for vm in lab.cluster.vms.values()] == [names.TARGET_APPLIANCE]
        leaves = Counter(path.rpartition("\\")[2] for path in lab.cluster.files)
    assert [leaf for leaf, copies in leaves.items() if copies > 1] == []
    done = Counter(request.method for request in stage.records.writes() if request.accepted)
    assert (done["HttpNfcLeaseComplete"], done["new_appliance_vm"]) == (1, 1)
