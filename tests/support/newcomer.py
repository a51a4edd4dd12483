# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an empty subscription to replicating VMs: the playbooks, and between them a person who does what they ask for."""

from __future__ import annotations

import dataclasses
import time

from lab.runtime import Lab

from .playbook import Run
from .records import Request
from .stage import Stage

SEQUENCE = ("prepare", "discover", "replicate")
SAYS = "Say what a person does next"
MOST_RUNS = 6
PATIENCE_S = 600  # of whoever runs a test on a busy machine
LOOK_S, STILL = 0.2, 3  # a person who is told the same three times has nothing more to do


@dataclasses.dataclass
class Done:
    """A run, and what was asked of the simulators in it."""

    run: Run
    requests: list[Request]

    @property
    def writes(self) -> list[Request]:
        return [request for request in self.requests if request.write and not request.is_discovery]

    @property
    def waits(self) -> list[str]:
        """What a person was told, line by line; empty where the run came to its end."""
        told = [told for told in self.run.told if told.task.endswith(SAYS) and told.status == "ok"]
        return [line for each in told for line in each.result["msg"]]


def site(stage: Stage) -> str:
    """A playbook that has all of them, as a user may write it."""
    path = stage.lab.state_dir / "site.yml"
    path.write_text("".join(f"- ansible.builtin.import_playbook: azlocal.migrate.{name}\n" for name in SEQUENCE))
    return str(path)


def play(stage: Stage, name: str, *args: str) -> Done:
    moment = stage.records.moment()
    run = stage.run(name, *args, timeout_s=PATIENCE_S)
    return Done(run, stage.records.since(moment))


def person(lab: Lab) -> list[str]:
    """All that a person can do now; what is said at the end."""
    said: list[str] = []
    still = 0
    while still < STILL:
        before, said = said, lab.operator.act()
        still = still + 1 if said == before else 0
        time.sleep(LOOK_S)
    return said


def until_done(stage: Stage, name: str, *args: str) -> list[Done]:
    """The playbook, and the person, in turn, until nobody is waited for."""
    runs = [play(stage, name, *args)]
    while runs[-1].waits and len(runs) < MOST_RUNS:
        person(stage.lab)
        runs.append(play(stage, name, *args))
    return runs
