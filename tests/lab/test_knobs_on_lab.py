# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each trouble on the way from nothing to ready: one error at the earliest step that can know, nothing half made unnamed.

The troubles of a journey are all there from the beginning. The run must come to the step of the first, so no step before it
complained, and must say there what its row says. Run again, it says the same and makes nothing more. Once that trouble is
over, the run must come to the next one. After the last, it comes to "ready" and leaves the same things as a journey that
nothing disturbed: what was half made was found and completed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.index import find
from ansible_collections.azlocal.migrate.tests.support.infrastructure_on_lab import work
from ansible_collections.azlocal.migrate.tests.support.journey_on_lab import Asked, Journey, Told
from ansible_collections.azlocal.migrate.tests.support.killed import Ground
from ansible_collections.azlocal.migrate.tests.support.troubles_on_lab import STEPS, TROUBLES, Trouble, shared_journeys
from lab import names
from lab.switches import Switches

JOURNEYS = shared_journeys()


@pytest.fixture(autouse=True)
def password_of_the_lab() -> Iterator[None]:
    """One trouble changes it."""
    before = names.VCENTER_PASSWORD
    yield
    names.VCENTER_PASSWORD = before


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Counter[tuple[str, str]]:
    """What a journey without trouble leaves. Every step says what it makes, and the last run makes nothing."""
    with Ground(tmp_path_factory.mktemp("undisturbed") / "lab", estate=None, vms=3) as ground:
        journey = Journey.begin(ground)
        ended = journey.go()
        assert (ended.step, journey.unnamed) == ("ready", []), ended
        things, moment = journey.things(), ground.records.moment()
        assert journey.run().step == "ready"
        assert (journey.things(), ground.accepted(moment)) == (things, [])
        return things


@pytest.mark.parametrize("troubles", JOURNEYS, ids=lambda troubles: troubles[0].knob)
def test_one_error_at_the_earliest_step_and_nothing_unnamed(
    tmp_path: Path, undisturbed: Counter[tuple[str, str]], troubles: list[Trouble]
) -> None:
    switches = Switches(**{name: value for one in troubles for name, value in one.switches.items()})
    with Ground(tmp_path / "lab", switches=switches, estate=None, vms=3) as ground:
        journey = Journey.begin(ground)
        for trouble in troubles:
            trouble.begin(journey)
        for trouble in troubles:
            is_told(trouble, journey.go(), journey.passed)
            is_told_again(trouble, journey)
            trouble.end(journey)
        ended = journey.go()
        assert (ended.step, journey.unnamed) == ("ready", []), ended
        things = journey.things()
        for_good = [trouble.leaves for trouble in troubles if trouble.leaves]
        more = [name for _kind, name in things - undisturbed if not any(part in name for part in for_good)]
        assert (more, undisturbed - things) == ([], Counter())


def is_told(trouble: Trouble, ended: Told, passed: list[str]) -> None:
    assert (ended.step, ended.code) == (trouble.step, trouble.code), (trouble.knob, ended)
    assert passed == STEPS[: STEPS.index(trouble.step)], f"{trouble.knob}: no step before it can know: {trouble.why}"
    if trouble.code:
        assert find(trouble.code) is not None and ended.remedy, trouble.knob
    else:
        assert ended.waiting and ended.waiting["step"] == trouble.wait, (trouble.knob, ended)
        assert all(ended.waiting[part] for part in ("who", "what", "where", "data"))
    text = f"{ended.text} {ended.remedy} {ended.waiting}"
    assert [words for words in (*trouble.says, trouble.leaves) if words not in text] == [], (trouble.knob, text)


def is_told_again(trouble: Trouble, journey: Journey) -> None:
    left = journey.things()
    again = journey.run()
    assert (again.step, again.code, journey.things()) == (trouble.step, trouble.code, left), (trouble.knob, again)
    assert journey.unnamed == [], trouble.knob


def test_every_trouble_of_the_issue_has_a_row_in_one_journey() -> None:
    """Part 11 of the issue, and what else its other parts name."""
    assert Counter(one.knob for journey in JOURNEYS for one in journey) == Counter(one.knob for one in TROUBLES)
    known = " | ".join(trouble.knob for trouble in TROUBLES)
    for knob in (
        "agent dead, of the source",
        "agent dead, of the target",
        "wrong region",
        "firewall closed",
        "policy refused",
        "licence expired",
        "second appliance of a similar name",
        "discovery stuck",
        "hash mismatch",
        "VDDK of another version",
        "vCenter password",
        "missing rights",
    ):
        assert knob in known


def test_no_vault_yet_is_waited_for_by_name(tmp_path: Path) -> None:
    """Before there is a project it is an error; with one, infrastructure waits for the source appliance."""
    with Ground(tmp_path / "lab", estate=None, vms=3) as ground:
        Journey.begin(ground).run()  # up to the console of the source appliance
        moment = ground.records.moment()
        with ground.arm() as arm:
            outcome = work(arm).present()
        waiting = outcome.waiting_for
        assert waiting and "no replication vault yet" in waiting["what"] and waiting["data"]["role"] == "source"
        assert outcome.steps == [] and ground.accepted(moment) == []


def test_a_project_that_lies_in_the_wrong_region(tmp_path: Path) -> None:
    """The one of somebody else, which nobody can move: refused by the step that first sees it, and nothing is written."""
    switches = Switches(project_region="uksouth")
    with Ground(tmp_path / "lab", switches=switches, stage="ready", estate=None, vms=3) as ground:
        for location, code in (("Central US", "project_elsewhere"), ("", "region_unsupported")):
            ended = Journey(ground=ground, asked=Asked(location=location)).run()
            assert (ended.step, ended.code, ground.accepted()) == ("project", code, [])
            assert ended.remedy
