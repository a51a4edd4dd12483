# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting: what several looks say of one VM, when it is over, and what is printed meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.utils.display import Display

from ansible_collections.azlocal.migrate.plugins.module_utils.module import bulk_spec
from ansible_collections.azlocal.migrate.plugins.plugin_utils import waiting
from ansible_collections.azlocal.migrate.plugins.plugin_utils.waiting import PASSES, PRINT_EVERY_S, STUMBLE_S, Waiter

Result = dict[str, Any]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def result(status: str = "ok", *, settled: bool = True, **more: Any) -> Result:
    told = {
        "name": "a",
        "status": status,
        "changed": status == "changed",
        "action": "none",
        "msg": status,
        "diff": None,
    }
    return {**told, "phase": "seeding", "warnings": [], "settled": settled, **more}


def waiter(*results: Result, timeout_s: float = 60, shown: str = "off", clock: Clock | None = None) -> Waiter:
    return Waiter(
        what="replication", results=list(results), timeout_s=timeout_s, shown=shown, monotonic=clock or Clock()
    )


# -- when it is over ---------------------------------------------------------------------------------------------------


def test_settled_is_when_every_vm_is() -> None:
    assert waiter().settled
    assert waiter(result(), result("failed")).settled
    assert not waiter(result(), result("changed", settled=False)).settled


def test_overdue_by_the_monotonic_clock() -> None:
    clock = Clock()
    waiting_for = waiter(result(settled=False), timeout_s=60, clock=clock)
    clock.now += 60
    assert not waiting_for.overdue
    clock.now += 0.1
    assert waiting_for.overdue


def test_giving_up_fails_what_still_moves_and_nothing_else() -> None:
    waiting_for = waiter(
        result("changed", settled=False, msg="initial replication at 3 %"),
        result("ok"),
        result("blocked", error_code="power_off"),
        result("failed", settled=False, error_code="heartbeat"),
    )
    waiting_for.give_up()
    late, calm, blocked, failed = waiting_for.results
    assert (late["status"], late["changed"], late["error_code"]) == ("failed", False, "timeout")
    assert late["msg"] == "not done after 60 s: initial replication at 3 %" and late["remedy"]
    assert (calm["status"], blocked["error_code"], failed["error_code"]) == ("ok", "power_off", "heartbeat")


def test_a_vm_that_may_hang_is_spoken_of_at_once_and_not_forgotten_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    spoken: list[str] = []
    monkeypatch.setattr(Display, "warning", lambda self, text, **more: spoken.append(text))
    held = result("blocked", settled=False, action="hold", remedy="wait", name="b")
    waiting_for = waiter(result("changed", settled=False), held)
    slow = result(settled=False, msg="it runs and runs", remedy="look at its job")
    for _look in range(2):
        waiting_for.take([slow, {**held, "remedy": "wait longer"}])
    assert spoken == ["a: it runs and runs. look at its job"]
    waiting_for.give_up()
    late = waiting_for.results[0]
    assert (late["error_code"], late["msg"]) == ("timeout", "not done after 60 s: it runs and runs")
    assert late["remedy"] == "look at its job; then run again"
    waiting_for = waiter(result("changed", settled=False))
    waiting_for.take([slow])
    waiting_for.take([result("failed", msg="it failed", remedy="repair it")])
    assert len(spoken) == 2  # a failure is told by its result


def test_a_vm_that_is_held_back_is_taken_up_again_and_keeps_its_reason() -> None:
    held = result("blocked", settled=False, action="hold", error_code="replication_cycle", remedy="wait")
    waiting_for = waiter(held, result("blocked", error_code="power_off"))
    assert (waiting_for.settled, waiting_for.open, waiting_for.cleaning) == (False, [0], [True, False])
    waiting_for.take([held])
    assert not waiting_for.settled
    waiting_for.take([result("changed", settled=False, action="cutover")])
    assert (waiting_for.results[0]["status"], waiting_for.results[0]["changed"]) == ("changed", True)
    late = waiter(held)
    late.give_up()
    assert late.settled
    assert (late.results[0]["status"], late.results[0]["error_code"]) == ("blocked", "replication_cycle")


def test_looks_may_fail_for_a_while_and_then_what_moves_fails_with_their_reason() -> None:
    clock = Clock()
    waiting_for = waiter(result("changed", settled=False), result(), clock=clock)
    why = {"msg": "vCenter does not answer", "error_code": "Unreachable"}
    assert not waiting_for.stumble(why)
    clock.now += STUMBLE_S - 1
    waiting_for.take([])  # a look that said nothing forgets no stumble
    assert not waiting_for.stumble(why)
    clock.now += 2
    assert waiting_for.stumble(why)
    assert [one["status"] for one in waiting_for.results] == ["failed", "ok"]
    assert waiting_for.results[0]["error_code"] == "Unreachable"
    assert "vCenter does not answer" in waiting_for.results[0]["msg"]
    assert waiting_for.settled


def test_a_look_that_worked_forgets_the_stumbles() -> None:
    clock = Clock()
    waiting_for = waiter(result(settled=False), clock=clock)
    waiting_for.stumble({"msg": "gone"})
    clock.now += STUMBLE_S + 1
    waiting_for.take([result(settled=False)])
    assert not waiting_for.stumble({"msg": "gone"})


def test_the_verb_acts_again_a_few_times_only() -> None:
    waiting_for = waiter(result())
    assert [waiting_for.may_act_again() for _ in range(PASSES + 1)] == [True] * PASSES + [False]


# -- merging -----------------------------------------------------------------------------------------------------------

SENT = result("changed", settled=False, action="enable", diff={"before": {}, "after": {"cpu": 4}}, warnings=["w"])


def merged(known: Result, new: Result, *, looked: bool = False) -> Result:
    waiting_for = waiter(known)
    waiting_for.take([new], looked=looked)
    return waiting_for.results[0]


@pytest.mark.parametrize("looked", [True, False])
def test_what_was_changed_stays_changed(looked: bool) -> None:
    after = merged(SENT, result("ok", phase="ready", msg="ready to migrate", warnings=["w", "v"]), looked=looked)
    assert (after["status"], after["changed"], after["action"]) == ("changed", True, "enable")
    assert (after["phase"], after["msg"], after["settled"]) == ("ready", "ready to migrate", True)
    assert after["diff"] == SENT["diff"] and after["warnings"] == ["w", "v"]


@pytest.mark.parametrize("status", ["failed", "blocked"])
def test_what_went_wrong_later_counts(status: str) -> None:
    after = merged(SENT, result(status, error_code="failed_enable"))
    assert (after["status"], after["changed"], after["error_code"]) == (status, False, "failed_enable")


@pytest.mark.parametrize("status", ["failed", "blocked"])
def test_a_look_does_not_judge(status: str) -> None:
    """The info module says ok of every VM: what the verb refused stays refused."""
    known = result(status, settled=False, error_code="name_taken")
    assert merged(known, result("ok", phase="discovered"), looked=True) == known


def test_a_second_change_is_the_one_that_is_told() -> None:
    after = merged(
        result("changed", settled=False, action="remove_failed"), result("changed", settled=False, action="enable")
    )
    assert (after["action"], after["status"]) == ("enable", "changed")


def test_a_refused_order_is_not_asked_about_again() -> None:
    waiting_for = waiter(result("failed"), result("changed", settled=False), result("failed", settled=False), result())
    assert waiting_for.open == [1, 2, 3]
    waiting_for.take([result("ok", phase="ready"), result("ok", phase="verified"), result()])
    assert [one["status"] for one in waiting_for.results] == ["failed", "changed", "ok", "ok"]


def test_an_answer_about_other_vms_is_no_answer() -> None:
    with pytest.raises(ValueError, match="zip"):
        waiter(result()).take([result(), result()])


def test_what_is_being_cleaned_up_may_be_tried_again() -> None:
    waiting_for = waiter(
        result("changed", settled=False, action="clean_up"),
        result("changed", settled=True, action="remove_failed"),
        result("changed", settled=False, action="cutover"),
    )
    assert waiting_for.cleaning == [True, False, False]


def test_the_results_given_are_not_touched() -> None:
    given = result("changed", settled=False)
    waiting_for = waiter(given)
    waiting_for.give_up()
    assert given["status"] == "changed"


# -- progress ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(Display, "display", lambda _self, text, **_options: said.append(text))
    return said


def test_a_line_at_each_change_and_once_a_minute(printed: list[str]) -> None:
    clock = Clock()
    waiting_for = waiter(result(settled=False), shown="on", clock=clock)
    assert printed == ["replication: 1 seeding"]
    clock.now += 10
    waiting_for.take([result(settled=False)])
    assert len(printed) == 1
    waiting_for.take([result(settled=False, phase="ready")])
    assert printed[1:] == ["replication: 1 ready"]
    clock.now += PRINT_EVERY_S
    waiting_for.take([result(settled=False, phase="ready")])
    assert len(printed) == 3


def test_nothing_is_printed_where_nobody_looks(printed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    waiter(result(), shown="off")
    monkeypatch.setattr(waiting, "_TERMINAL", False)
    waiter(result(), shown="auto")
    assert printed == []
    monkeypatch.setattr(waiting, "_TERMINAL", True)
    waiter(result(), shown="auto")
    assert len(printed) == 1


# -- looking -----------------------------------------------------------------------------------------------------------


def test_a_look_gets_only_the_arguments_that_it_knows() -> None:
    args = {"resource_group": "rg", "hostname": "vc", "tenant": "t", "vms": [], "state": "present", "wait": True}
    assert waiting.info_args(args) == {"resource_group": "rg", "hostname": "vc", "tenant": "t", "vms": []}
    assert set(waiting.info_args(dict.fromkeys(bulk_spec()))) == set(bulk_spec()) - {"fail_on"}
