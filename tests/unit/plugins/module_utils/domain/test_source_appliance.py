# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done to the source appliance next: every state that is there against every state that is wanted."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import appliance_mark as marks
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.appliance_mark import STEPS, ApplianceMark
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.source_appliance import (
    STATES,
    Machine,
    Plan,
    Wanted,
    differences,
    plan,
    predicted,
    refuse,
    sentence,
    shown,
    waiting,
    windows_year,
)

HASH, OTHER = "a" * 64, "b" * 64
MARK = ApplianceMark(name="labsrc", sha256=HASH, run="0badcafe", step=marks.COMPLETE)
MINE = Machine(moid="vm-7", name="labsrc", power="off", cpu_cores=8, memory_mb=16384, path="", mark=MARK)


def wanted(state: str = "present", **more: Any) -> Wanted:
    return Wanted(name="labsrc", state=state, sha256=HASH, **more)


def machine(step: str = marks.COMPLETE, **more: Any) -> Machine:
    return dataclasses.replace(MINE, mark=MARK.at(step), **more)


# -- the plan -----------------------------------------------------------------------------------------------------------


def carried_out(done: Plan, want: Wanted) -> list[Machine]:
    """What a step leaves of the machine: the world of this test."""
    left = done.machine
    changes: dict[str, dict[str, Any]] = {
        "finish": {"mark": MARK, "cpu_cores": want.cpu_cores, "memory_mb": want.memory_mb},
        "resize": {"cpu_cores": want.cpu_cores, "memory_mb": want.memory_mb},
        "power_on": {"power": "on"},
        "power_off": {"power": "off"},
        "shut_down": {"power": "off", "tools": "not_running"},
    }
    if done.act == "deploy":
        return [machine(marks.UPLOADED, cpu_cores=4, memory_mb=32768)]
    if done.act in ("discard", "remove") or left is None:
        return []
    return [dataclasses.replace(left, **changes[done.act])]


STARTS = [
    [],
    *(
        [machine(step, power=power, tools=tools, cpu_cores=cores)]
        for step, power, tools, cores in itertools.product(
            STEPS, ("on", "off", "suspended"), ("running", "not_running"), (4, 8, 12)
        )
    ),
]


@pytest.mark.parametrize("state", STATES)
def test_from_anywhere_to_what_is_wanted(state: str) -> None:
    """A few steps, each allowed, then rest; and where it stops, it says why and has changed nothing."""
    ended = 0
    for start in STARTS:
        want, found, acts = wanted(state), list(start), []
        while (step := plan(want, found)).act:
            assert not step.problems
            acts.append(step.act)
            found = carried_out(step, want)
            assert len(acts) < 6, acts
        if step.problems:
            assert start and step.problems[0].blocks and step.problems[0].remedy
            continue
        ended += 1
        if state == "absent":
            assert found == []
            continue
        assert [one.step for one in found] == [marks.COMPLETE] and not found[0].smaller(want)
        assert state == "present" or found[0].power == state.removeprefix("powered_")
        whole = bool(start) and start[0].step != marks.IMPORTING
        assert whole or acts[-1] in ("finish", "power_on")
        assert not whole or "deploy" not in acts, "uploaded once is enough"
    assert ended >= len(STARTS) / 3


@pytest.mark.parametrize(
    ("found", "state", "act", "code"),
    [
        ([], "present", "deploy", ""),
        ([], "absent", "", ""),
        ([MINE], "present", "", ""),
        ([MINE], "powered_on", "power_on", ""),
        ([MINE], "absent", "remove", ""),
        ([machine(marks.IMPORTING)], "powered_off", "discard", ""),
        ([machine(marks.IMPORTING)], "absent", "discard", ""),
        ([machine(marks.UPLOADED)], "absent", "discard", ""),
        ([machine(marks.UPLOADED)], "present", "finish", ""),
        ([machine(marks.IMPORTING, power="on")], "present", "", "appliance_odd"),
        ([machine(marks.IMPORTING, power="on")], "absent", "", "appliance_odd"),
        ([machine(power="on")], "absent", "power_off", ""),
        ([machine(power="on", tools="running")], "powered_off", "shut_down", ""),
        ([machine(power="on")], "powered_off", "", "appliance_no_shutdown"),
        ([machine(cpu_cores=4)], "present", "resize", ""),
        ([machine(memory_mb=4096, power="on")], "powered_on", "", "appliance_too_small"),
        ([machine(memory_mb=4096, power="on", tools="running")], "powered_off", "shut_down", ""),
        ([machine(memory_mb=32768, cpu_cores=16)], "present", "", ""),
        ([dataclasses.replace(MINE, mark=None)], "present", "", "appliance_not_ours"),
        ([dataclasses.replace(MINE, mark=None)], "absent", "", "appliance_not_ours"),
        ([dataclasses.replace(MINE, mark=None, moid="vm-8"), MINE], "absent", "remove", ""),
        ([MINE, dataclasses.replace(MINE, moid="vm-8")], "absent", "", "appliance_twice"),
    ],
)
def test_next_step(found: list[Machine], state: str, act: str, code: str) -> None:
    step = plan(wanted(state), found)
    assert (step.act, [problem.code for problem in step.problems]) == (act, [code] if code else [])
    assert step.machine is None or step.machine.mark


def test_hard_power_off_must_be_allowed() -> None:
    assert plan(wanted("powered_off", force_power_off=True), [machine(power="on")]).act == "power_off"


def test_another_file_is_not_deployed_over_it() -> None:
    step = plan(Wanted(name="labsrc", sha256=OTHER), [MINE])
    assert [problem.code for problem in step.problems] == ["appliance_other_ova"]
    assert HASH in step.problems[0].text and OTHER in step.problems[0].text
    assert plan(Wanted(name="labsrc", state="absent"), [MINE]).act == "remove"


# -- what is asked ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ({}, []),
        ({"name": ""}, ["name"]),
        ({"name": "x" * 81}, ["name"]),
        ({"sha256": "A" * 64}, ["sha256"]),
        ({"sha256": "a" * 63}, ["sha256"]),
        ({"cpu_cores": 4}, ["cpu_cores"]),
        ({"memory_mb": 8192, "cpu_cores": 7}, ["cpu_cores", "memory_mb"]),
        ({"cpu_cores": 16, "memory_mb": 32768}, []),
    ],
)
def test_wishes(more: dict[str, Any], fields: list[str]) -> None:
    asked = dataclasses.replace(wanted(), **more)
    assert [problem.field for problem in refuse(asked, deploys=True)] == fields
    assert "sha256" not in [problem.field for problem in refuse(asked, deploys=False)]


# -- marks --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS)
def test_a_mark_comes_back_from_both_places(step: str) -> None:
    mark = MARK.at(step)
    notes = marks.note("Owned by team X\nask first", mark)
    assert notes.startswith("Owned by team X\nask first\n")
    assert marks.decode(marks.encode(mark)) == mark == marks.find(None, notes) == marks.find(marks.encode(mark), "")
    assert marks.note(notes, mark.at(marks.COMPLETE)).count("azlocal.migrate: ") == 1


def test_the_further_of_two_marks_counts() -> None:
    for first, second in itertools.product(STEPS, STEPS):
        found = marks.find(marks.encode(MARK.at(first)), marks.note("", MARK.at(second)))
        assert found and found.step == max(first, second, key=STEPS.index)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "hello",
        "[]",
        "1",
        '{"v":1,"enabled":"2026-01-01T00:00:00Z"}',
        '{"v":1,"appliance":[]}',
        '{"v":2,"appliance":{"name":"a","sha256":"b","run":"c","step":"complete"}}',
        '{"v":1,"appliance":{"name":"a","sha256":"b","run":"c","step":"sold"}}',
        '{"v":1,"appliance":{"name":"a","sha256":1,"run":"c","step":"complete"}}',
    ],
)
def test_what_is_no_mark(text: str | None) -> None:
    assert marks.decode(text) is None
    assert marks.find(text, f"azlocal.migrate: {text}") is None


def vm(**more: Any) -> dict[str, Any]:
    """The client's shape, as far as it is read."""
    shape = {
        "moid": "vm-7",
        "name": "labsrc",
        "power": "off",
        "cpu_cores": 8,
        "memory_mb": 16384,
        "folder": "",
        "mark": marks.encode(MARK),
        "notes": "",
        "tools": "not_installed",
        "hostname": "",
        "guest_id": "windows2019srvNext_64Guest",
        "guest_name": "Microsoft Windows Server 2022 (64-bit)",
        "disks": [{"capacity_bytes": 80 * 2**30}],
        "template": False,
    }
    return shape | more


def test_a_mark_counts_for_the_name_that_it_holds() -> None:
    assert Machine.parse(vm()).mark == MARK
    assert Machine.parse(vm(name="LabSrc")).mark == MARK
    assert Machine.parse(vm(name="labsrc-clone")).mark is None


# -- adopting -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "fall_short"),
    [
        ({}, []),
        ({"guest_id": "windows2019srv_64Guest", "guest_name": ""}, []),
        ({"guest_id": "windows2022srvNext_64Guest", "guest_name": ""}, []),
        ({"guest_id": "newerThanWeKnow", "guest_name": "Microsoft Windows Server 2025 (64-bit)"}, []),
        ({"guest_id": "windows9Server64Guest", "guest_name": "Microsoft Windows Server 2016 or later"}, ["guest"]),
        ({"guest_id": "windows9_64Guest", "guest_name": "Microsoft Windows 10 (64-bit)"}, ["guest"]),
        ({"guest_id": "ubuntu64Guest", "guest_name": "Ubuntu Linux (64-bit)"}, ["guest"]),
        ({"cpu_cores": 4, "memory_mb": 8192}, ["cpu_cores", "memory_mb"]),
        ({"disks": [{"capacity_bytes": 60 * 2**30}]}, ["disk_gb"]),
        ({"disks": [{"capacity_bytes": 60 * 2**30}, {"capacity_bytes": 40 * 2**30}]}, []),
        ({"template": True}, ["template"]),
    ],
)
def test_where_a_machine_falls_short(more: dict[str, Any], fall_short: list[str]) -> None:
    seen = Machine.parse(vm(**more))
    assert [one["what"] for one in differences(wanted(), seen)] == fall_short
    powered = [one["what"] for one in differences(wanted("powered_on"), seen)]
    assert powered == [*fall_short, "power"]


def test_years_of_windows() -> None:
    assert windows_year("", "Microsoft Windows Server 2022 Datacenter (64-bit)") == 2022
    assert windows_year("", "Windows Server Standard 2019") == 2019
    assert windows_year("", "Windows 11") is None


# -- what is told -------------------------------------------------------------------------------------------------------


def test_a_person_is_waited_for_until_windows_has_a_name() -> None:
    for power, tools, hostname in itertools.product(("on", "off"), ("running", "not_running"), ("", "LABSRC")):
        told = waiting(machine(power=power, tools=tools, hostname=hostname), "vc.example")
        assert (told is None) == (power == "off" or (tools == "running" and hostname != ""))
        if told:
            assert told["data"] == {"vcenter": "vc.example", "vm": "labsrc", "moid": "vm-7"}
            assert {"who", "what", "where"} < told.keys()


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("start", [[], [MINE], [machine(marks.IMPORTING)], [machine(marks.UPLOADED, cpu_cores=16)]])
def test_a_check_tells_what_a_run_does(state: str, start: list[Machine]) -> None:
    want, found = wanted(state), list(start)
    while (step := plan(want, found)).act:
        found = carried_out(step, want)
    told = predicted(want, start[0] if start else None)
    assert told == shown(found[0] if found else None)


def test_a_sentence() -> None:
    assert sentence("labsrc", [], check=True) == "labsrc is as wanted"
    assert sentence("labsrc", ["power_on"], check=True) == "labsrc would be changed, first: power on"
    assert sentence("labsrc", ["discard", "deploy"], check=False).startswith("labsrc: a half-made machine")
