# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for both appliances: when it ends, how, and what is printed meanwhile; and asking the lab's appliances."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible.utils.display import Display

from ansible_collections.azlocal.migrate.plugins.plugin_utils import appliance_watch
from ansible_collections.azlocal.migrate.plugins.plugin_utils.batch import StepFailed
from ansible_collections.azlocal.migrate.plugins.plugin_utils.waiting import STUMBLE_S
from ansible_collections.azlocal.migrate.tests.support.host_actions import action, calls
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab import names
from lab.runtime import Lab
from lab.switches import Switches

Answer = dict[str, Any]
NAMES = {"source": names.SOURCE_APPLIANCE, "target": names.TARGET_APPLIANCE}
KEY = {"step": "key", "who": "somebody", "what": "w", "where": "x", "data": {}}


def one(name: str, status: str = "healthy", code: str = "", wait: Answer | None = None) -> Answer:
    return {
        "name": name,
        "status": status,
        "healthy": status == "healthy",
        "msg": f"{name} is {status}",
        "error_code": code,
        "remedy": "mend it",
        "waiting_for": wait,
    }


def answer(source: Answer | None = None, target: Answer | None = None, *, helps: bool = True) -> Answer:
    told = {"source": source or one("app1"), "target": target or one("app2")}
    lacking = [each for each in told.values() if not each["healthy"]]
    return {
        "healthy": not lacking,
        "msg": "; ".join(each["msg"] for each in lacking),
        "waiting_for": next((each["waiting_for"] for each in lacking if each["waiting_for"]), None),
        "waiting_helps": helps,
        "appliances": told,
    }


SICK = answer(one("app1", "unhealthy", "appliance_silent"))
SLOW = answer(one("app1", "registering", "appliance_registering"))
OPEN = answer(one("app1", "no_key", "appliance_no_key", KEY))


class World:
    """A clock, and one answer after another; the last one stays. A number is a look that fails."""

    def __init__(self, *answers: Answer | None) -> None:
        self.now = 0.0
        self.answers = [*answers]
        self.looks = 0

    def look(self) -> Answer:
        self.looks += 1
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if found is None:
            raise StepFailed({"failed": True, "msg": "the network is away"})
        return found

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def wait(self, timeout_s: float = 600, pause_s: float = 30, shown: str = "off", people: bool = True) -> Answer:
        return appliance_watch.wait(
            self.look,
            timeout_s=timeout_s,
            pause_s=pause_s,
            shown=shown,
            people=people,
            sleep=self.sleep,
            monotonic=lambda: self.now,
        )


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    shown: list[str] = []
    monkeypatch.setattr(Display, "display", lambda _self, text, **_more: shown.append(text))
    return shown


# -- when it ends -------------------------------------------------------------------------------------------------


def test_healthy_is_one_look() -> None:
    world = World(answer())
    assert "failed" not in world.wait() and (world.looks, world.now) == (1, 0)


def test_it_looks_until_both_are_healthy() -> None:
    world = World(OPEN, SLOW, SICK, answer())
    assert world.wait()["healthy"] and (world.looks, world.now) == (4, 90)


def test_after_the_time_a_sick_one_is_a_failure_with_its_code() -> None:
    world = World(SICK)
    ended = world.wait(timeout_s=70)
    assert (ended["failed"], ended["error_code"], ended["remedy"]) == (True, "appliance_silent", "mend it")
    assert ended["msg"] == "not healthy after 70 s: app1 is unhealthy. mend it"
    assert world.now == 70 and ended["appliances"] == SICK["appliances"]


def test_after_the_time_a_persons_step_is_no_failure() -> None:
    ended = World(OPEN).wait(timeout_s=60)
    assert "failed" not in ended and ended["waiting_for"] == KEY
    assert ended["msg"] == "app1 is no_key. It waits for somebody"


def test_a_person_is_not_waited_for_where_nobody_wants_it() -> None:
    world = World(SLOW, OPEN, answer())
    ended = world.wait(people=False)
    assert (world.looks, ended["waiting_for"], "failed" in ended) == (2, KEY, False)


def test_a_sick_one_is_waited_for_beside_an_open_one() -> None:
    sick = answer(one("app1", "unhealthy", "appliance_silent"), one("app2", "no_key", "appliance_no_key", KEY))
    world = World(sick, answer())
    assert world.wait(people=False)["healthy"] and world.looks == 2


def test_a_sick_one_beside_an_open_one_is_a_failure() -> None:
    both = answer(one("app1", "no_key", "appliance_no_key", KEY), one("app2", "unhealthy", "agent_silent"))
    assert World(both).wait(timeout_s=0)["error_code"] == "agent_silent"


def test_what_passes_by_itself_and_does_not_is_a_failure() -> None:
    assert World(SLOW).wait(timeout_s=600)["error_code"] == "appliance_registering"


def test_where_waiting_does_not_help_there_is_none() -> None:
    world = World(answer(one("app1", "unhealthy", "appliance_licence"), helps=False))
    ended = world.wait()
    assert (world.looks, ended["failed"], ended["msg"]) == (1, True, "app1 is unhealthy. mend it")


def skewed(code: str = "appliance_skew") -> Answer:
    return answer(one("app1", "unhealthy", code))


@pytest.mark.parametrize("code", ["appliance_skew", "discovery_stuck", "fabric_failed", "vcenter_failed"])
def test_what_a_person_has_to_mend_is_not_waited_for_where_nobody_wants_it(code: str) -> None:
    world = World(skewed(code))
    ended = world.wait(timeout_s=3600, people=False)
    assert (ended["failed"], ended["error_code"], world.now) == (True, code, appliance_watch.GRACE_S)
    assert ended["msg"] == "not healthy after 60 s: app1 is unhealthy. mend it"
    patient = World(skewed(code))
    assert patient.wait(timeout_s=3600)["failed"] and patient.now == 3600


def test_beside_a_persons_step_it_is_not_waited_for_either() -> None:
    world = World(answer(one("app1", "unhealthy", "vcenter_failed"), one("app2", "no_key", "appliance_no_key", KEY)))
    assert (world.wait(people=False)["error_code"], world.now) == ("vcenter_failed", appliance_watch.GRACE_S)


def test_one_that_passes_or_changes_is_no_false_alarm() -> None:
    world = World(skewed(), skewed(), SLOW, skewed(), None, skewed("fabric_failed"), skewed(), answer())
    assert world.wait(timeout_s=3600, people=False)["healthy"]


def test_what_may_pass_by_itself_is_waited_for() -> None:
    world = World(SICK)
    assert world.wait(timeout_s=3600, people=False)["failed"] and world.now == 3600


def test_no_time_is_one_look() -> None:
    world = World(SICK)
    assert world.wait(timeout_s=0)["failed"] and (world.looks, world.now) == (1, 0)


# -- looks that fail ----------------------------------------------------------------------------------------------


def test_a_passing_fault_is_lived_through() -> None:
    world = World(SLOW, None, None, answer())
    assert world.wait()["healthy"]


def test_the_first_look_must_not_fail() -> None:
    with pytest.raises(StepFailed):
        World(None).wait()


@pytest.mark.parametrize(("timeout_s", "ends"), [(100_000, 30 + STUMBLE_S), (60, 60)])
def test_a_lasting_fault_ends_it(timeout_s: float, ends: float) -> None:
    world = World(SLOW, None)
    with pytest.raises(StepFailed, match="network is away"):
        world.wait(timeout_s=timeout_s)
    assert world.now == ends


# -- what is printed ----------------------------------------------------------------------------------------------


def test_a_line_on_change_and_once_a_minute(lines: list[str]) -> None:
    World(OPEN, OPEN, OPEN, SLOW, answer()).wait(shown="on")
    assert lines == [
        "appliance_info: app1 no_key, waits for somebody (app1 is no_key); app2 healthy",
        "appliance_info: app1 no_key, waits for somebody (app1 is no_key); app2 healthy",
        "appliance_info: app1 registering (app1 is registering); app2 healthy",
        "appliance_info: app1 healthy; app2 healthy",
    ]


# -- asking -------------------------------------------------------------------------------------------------------


@pytest.fixture
def ready(lab: Callable[..., Lab]) -> Iterator[Callable[..., Lab]]:
    yield lambda **switches: lab(vms=0, estate="empty", switches=Switches(**switches))


def ask(lab: Lab, **how: Any) -> Answer:
    made, task_vars = action(lab, "appliance_info", "localhost", **how)
    return appliance_watch.ask(made, task_vars, NAMES)


@thrown("licence_days_left", 170, 12)
def test_the_appliances_of_the_inventory_say_how_they_are(ready: Callable[..., Lab], setting: int) -> None:
    lab = ready(licence_days_left=setting)
    asked = ask(lab)
    assert set(asked) == {"source", "target"}
    for told in asked.values():
        assert (told["licence_days_left"], abs(told["clock_skew_s"]) < 5) == (setting, True)
        assert set(told["services"].values()) == {"Running"}
    assert not [call for call in calls(lab) if call["write"]]


@pytest.mark.behaviour("appliance_clock")
@thrown("appliance_skew_s", 0.0, -240.0, 240.0)
def test_how_far_their_clocks_are_off(ready: Callable[..., Lab], setting: float) -> None:
    assert all(abs(told["clock_skew_s"] - setting) < 5 for told in ask(ready(appliance_skew_s=setting)).values())


def test_one_that_does_not_answer_says_so(ready: Callable[..., Lab]) -> None:
    asked = ask(ready(), said={names.SOURCE_APPLIANCE: {"ansible_port": 9}})
    assert asked["source"] == {
        "error": f"{names.SOURCE_APPLIANCE} could not be asked: it refuses connections on this port"
    }
    assert "licence_days_left" in asked["target"]


@pytest.mark.parametrize(
    ("members", "host"), [([], ""), (["a"], "a"), (["a", "App1.example.com"], "App1.example.com"), (["a", "b"], "")]
)
def test_which_host_of_a_group_is_asked(members: list[str], host: str) -> None:
    assert appliance_watch._host(members, "app1") == host
