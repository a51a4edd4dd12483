# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blackout windows: what is asked for, what the gateway's file says, and whether both mean the same hours."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import blackout
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.blackout import DAYS, Window

WINDOWS = st.builds(Window, st.integers(0, 6), st.integers(0, 1439), st.integers(1, 24))


def entry(**changed: Any) -> dict[str, Any]:
    return {"days": ["Monday"], "start": "22:00", "hours": 4, **changed}


def test_documented_form() -> None:
    windows, problems = blackout.read([entry(days=["tuesday", "Monday"], start="7:00", hours=7)])
    assert problems == []
    assert blackout.text(windows) == "Monday;7:00;7h | Tuesday;7:00;7h"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"days": []}, "days are English names"),
        ({"days": ["Montag"]}, "days are English names"),
        ({"start": "24:00"}, "is no time of day"),
        ({"start": "22:60"}, "is no time of day"),
        ({"start": "1320"}, "is no time of day"),  # what YAML 1.1 makes of an unquoted 22:00
        ({"hours": 0}, "expected 1 to 24"),
        ({"hours": 25}, "expected 1 to 24"),
    ],
)
def test_what_is_refused(changed: dict[str, Any], says: str) -> None:
    (problem,) = blackout.read([entry(), entry(**changed)])[1]
    assert problem.blocks
    assert (problem.code, problem.field) == ("bad_value", "blackout_windows")
    assert problem.text.startswith("blackout window 2: ") and says in problem.text


def test_some_of_the_week_must_be_left() -> None:
    assert blackout.read([entry(days=DAYS, start="0:00", hours=24)])[1][0].text.startswith(
        "the blackout windows leave no"
    )
    assert blackout.read([entry(days=DAYS, start="0:00", hours=23)])[1] == []
    assert blackout.read([entry(days=DAYS[:6], start="00:00", hours=24)])[1] == []


@given(st.lists(WINDOWS, max_size=8))
def test_what_is_written_is_read_back(windows: list[Window]) -> None:
    assert blackout.same(blackout.text(windows), windows)


@given(st.lists(WINDOWS, max_size=6), st.lists(WINDOWS, max_size=6))
def test_the_same_only_where_the_same_minutes_are_covered(some: list[Window], others: list[Window]) -> None:
    def covered(windows: list[Window]) -> set[int]:
        return {
            (window.day * 1440 + window.start_min + minute) % 10080
            for window in windows
            for minute in range(window.hours * 60)
        }

    assert blackout.same(blackout.text(some), others) == (covered(some) == covered(others))


@pytest.mark.parametrize(
    ("written", "windows", "same"),
    [
        ("", [], True),
        ("Monday;07:00;7h|", [Window(0, 420, 7)], True),
        ("monday ; 7:00 ; 3h | Monday;10:00;4H", [Window(0, 420, 7)], True),
        ("Sunday;22:00;4h", [Window(6, 1320, 2), Window(0, 0, 2)], True),
        ("Monday;7:00;6h", [Window(0, 420, 7)], False),
        ("weekdays", [], False),
        ("Monday;7;7h", [Window(0, 420, 7)], False),
    ],
)
def test_texts_of_others(written: str, windows: list[Window], same: bool) -> None:
    assert blackout.same(written, windows) is same
