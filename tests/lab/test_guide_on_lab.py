# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/from-nothing-to-ready.md says of the lab: how long it took, how many requests, and what a person is told."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support.journey_on_lab import Journey, Told
from ansible_collections.azlocal.migrate.tests.support.killed import Ground

PAGE = (Path(__file__).parents[2] / "docs" / "from-nothing-to-ready.md").read_text(encoding="utf-8")
FIGURES = {
    step: (int(first), int(again))
    for step, first, again in re.findall(r"^\| ([\w ]+) \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)
}


@dataclasses.dataclass(frozen=True)
class Taken:
    requests: int
    seconds: float  # of the lab's own time


@dataclasses.dataclass(kw_only=True)
class Counted(Journey):
    """By the name of a step, each time that it was taken; and all that a person was told."""

    taken: dict[str, list[Taken]] = dataclasses.field(default_factory=dict)
    waits: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    def _taken(self, name: str, step: Callable[[], Told]) -> Told:
        records, time = self.ground.records, self.ground.time
        moment, begun = records.moment(), time.monotonic()
        told = super()._taken(name, step)
        requests = [request for request in records.since(moment) if not request.is_discovery]
        self.taken.setdefault(name, []).append(Taken(len(requests), time.monotonic() - begun))
        if told.waiting:
            self.waits.append(told.waiting)
        return told


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Counted:
    with Ground(tmp_path_factory.mktemp("guide") / "lab", estate=None, vms=3) as ground:
        made = Counted.begin(ground)
        assert isinstance(made, Counted)
        assert made.go().step == made.run().step == "ready"
        return made


def test_it_names_steps_of_the_journey(journey: Counted) -> None:
    assert len(FIGURES) == 8
    assert set(FIGURES) <= set(journey.taken)


@pytest.mark.parametrize("step", FIGURES)
def test_so_many_requests_at_most_and_not_far_fewer(journey: Counted, step: str) -> None:
    first, again = FIGURES[step]
    taken = journey.taken[step]
    for said, counted in ((first, taken[0].requests), (again, taken[-1].requests)):
        assert counted <= said <= 2 * counted + 3, (said, counted)


def test_how_long_it_took_on_the_lab(journey: Counted) -> None:
    assert journey.taken["project"][0].seconds == pytest.approx(70, abs=10)
    assert journey.taken["infrastructure"][0].seconds == pytest.approx(180, abs=30)
    assert "L: 70 s" in PAGE and "L: 3 minutes" in PAGE


def test_the_example_of_what_a_person_is_told_is_what_is_told(journey: Counted) -> None:
    who, what, where = re.findall(r"^(?:Who|What|Where): (.*)$", PAGE, re.MULTILINE)
    (told,) = [wait for wait in journey.waits if wait.get("step") == "key" and "Start discovery" in wait["what"]]
    assert told["who"] == who
    assert told["what"].startswith(what.removesuffix(" ..."))
    assert told["where"].replace("labsrc", "erpsrc") == where
    assert {"appliance", "project"} <= set(told["data"])
