# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The line of progress: counted, weighed by size, never wrong by more than it says, and never the end of a wait."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.progress import Tick, line, tick

GIB = 1 << 30


def results(*percents: float | None, size: int = 100 * GIB) -> list[dict[str, Any]]:
    return [{"phase": "seeding", "bytes": size, "progress_percent": percent} for percent in percents]


def test_phases_are_counted_in_a_steady_order() -> None:
    mixed = [{"phase": "seeding"}, {"phase": "ready"}, {"phase": "seeding"}, {"status": "blocked"}, {}]
    assert tick(mixed, 0).phases == (("blocked", 1), ("ready", 1), ("seeding", 2), ("unknown", 1))


def test_a_large_vm_weighs_more() -> None:
    seen = tick([*results(0, size=3 * GIB), *results(100, size=GIB)], 0)
    assert (seen.total_bytes, seen.percent) == (4 * GIB, 25)


def test_a_vm_that_does_not_move_does_not_count() -> None:
    seen = tick([*results(50), *results(None)], 0)
    assert (seen.total_bytes, seen.percent) == (100 * GIB, 50)
    assert tick(results(None), 0).percent is None


@pytest.mark.parametrize(("told", "taken"), [(-5, 0), (0, 0), (100, 100), (180, 100)])
def test_percentages_out_of_bounds(told: float, taken: float) -> None:
    assert tick(results(told), 0).percent == taken


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ([], [], "replication: "),
        (results(None), results(None), "replication: 1 seeding"),
        (results(0), results(0), "replication: 1 seeding | 0 % of 100 GiB"),
        (results(0), results(10), "replication: 1 seeding | 10 % of 100 GiB | 171 MiB/s | about 9 min 00 s left"),
        (results(0), results(100), "replication: 1 seeding | 100 % of 100 GiB | 2 GiB/s"),
        (results(50), results(40), "replication: 1 seeding | 40 % of 100 GiB"),  # it started anew: no rate
        (results(0, size=9000 * GIB), results(1, size=9000 * GIB),
         "replication: 1 seeding | 1 % of 8.8 TiB | 2 GiB/s | about 1 h 39 min left"),
    ],
)  # fmt: skip
def test_the_line(first: list[dict[str, Any]], last: list[dict[str, Any]], expected: str) -> None:
    assert line("replication", tick(first, 1000), tick(last, 1060)) == expected


def test_the_rate_is_that_of_the_whole_wait() -> None:
    first, last = tick(results(20), 0), tick(results(60), 400)
    assert "102 MiB/s" in line("x", first, last)


def test_no_rate_before_time_has_passed() -> None:
    assert "/s" not in line("x", tick(results(0), 5), tick(results(10), 5))


sizes = st.none() | st.integers(0, 1 << 60)
percents = st.none() | st.floats(allow_nan=False, allow_infinity=False)
told = st.lists(st.builds(lambda size, percent: {"bytes": size, "progress_percent": percent}, sizes, percents))


@given(told, told, st.floats(0, 1e9), st.floats(0, 1e9))
def test_no_figures_end_a_wait(first: list[dict[str, Any]], last: list[dict[str, Any]], a: float, b: float) -> None:
    said = line("x", tick(first, a), tick(last, b))
    assert said.startswith("x: ") and "\n" not in said


@given(told)
def test_percent_stays_a_percentage(results: list[dict[str, Any]]) -> None:
    percent = tick(results, 0).percent
    assert percent is None or -1e-6 <= percent <= 100 + 1e-6


def test_a_tick_of_nothing() -> None:
    assert tick([], 3) == Tick(at_s=3, phases=(), total_bytes=0, done_bytes=0)
