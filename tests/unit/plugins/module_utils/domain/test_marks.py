# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Marks: what is written is what is read, and nothing that anybody writes there stops us."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.marks import VERSION, Mark, decode, encode

MOMENT = dt.datetime(2025, 2, 19, 21, 56, 25, tzinfo=dt.UTC)
moments = st.datetimes(
    min_value=dt.datetime(2000, 1, 1),
    max_value=dt.datetime(9000, 1, 1),
    timezones=st.just(dt.UTC),
).map(lambda moment: moment.replace(microsecond=0))
marks = st.builds(
    Mark,
    wave=st.text(max_size=20),
    enabled_at=st.none() | moments,
    cutover_at=st.none() | moments,
    attempt=st.integers(0, 99),
    nics=st.lists(st.tuples(st.integers(4000, 4015), st.booleans(), st.booleans()), max_size=10).map(tuple),
    conflict_at=st.none() | moments,
    target_id=st.text(max_size=200),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = ("v", "wave", "enabled", "cutover", "attempt", "nics", "conflict", "target")


@given(marks)
def test_what_is_written_is_read(mark: Mark) -> None:
    assert decode(encode(mark)) == mark


@given(marks)
def test_it_is_one_line_and_stays_the_same(mark: Mark) -> None:
    text = encode(mark)
    assert "\n" not in text and text.isascii()
    assert encode(decode(text)) == text


def test_an_empty_mark_says_nothing() -> None:
    assert encode(Mark()) == f'{{"v":{VERSION}}}'
    assert decode(encode(Mark())) == Mark()


def test_the_wire_form() -> None:
    """Other controllers, and older releases, read this: change VERSION with it."""
    mark = Mark(
        wave="1",
        enabled_at=MOMENT,
        cutover_at=MOMENT,
        attempt=2,
        nics=((4000, True, False),),
        target_id="/x/machines/a",
    )
    assert json.loads(encode(mark)) == {
        "v": 1,
        "wave": "1",
        "enabled": "2025-02-19T21:56:25Z",
        "cutover": "2025-02-19T21:56:25Z",
        "attempt": 2,
        "nics": [[4000, 1, 0]],
        "target": "/x/machines/a",
    }


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "written by a backup tool",
        "[]",
        "null",
        "1",
        '{"wave": "1"}',
        '{"v": 2, "wave": "1"}',
        '{"v": 1',
        "[" * 100_000,
        '{"v": 1, "attempt": ' + "9" * 5000 + "}",
    ],
)
def test_what_is_not_ours_is_an_empty_mark(text: str | None) -> None:
    assert decode(text) == Mark()


@pytest.mark.parametrize(
    "written",
    ["2025-02-19T21:56:25Z", "2025-02-19T21:56:25", "2025-02-19T22:56:25+01:00", "2025-02-19T21:56:25.000+00:00"],
)
def test_times_are_utc_whatever_is_written(written: str) -> None:
    read = decode(json.dumps({"v": 1, "cutover": written})).cutover_at
    assert read == MOMENT and read.tzinfo == dt.UTC


@pytest.mark.parametrize(
    "odd",
    [
        {"enabled": 5, "cutover": "soon", "conflict": "0001-01-01T00:00:00+14:00"},
        {"attempt": "2"},
        {"attempt": True},
        {"attempt": None},
        {"nics": "4000"},
        {"nics": [4000, [4000], ["4000", 1, 1], [4000, 1, 1, 1], None]},
        {"wave": None, "target": None},
    ],
)
def test_a_part_that_cannot_be_read_is_left_out(odd: dict[str, object]) -> None:
    assert decode(json.dumps({"v": 1, **odd})) == Mark()


@given(st.text())
def test_no_text_stops_us(text: str) -> None:
    assert isinstance(decode(text), Mark)


@given(anything | st.fixed_dictionaries({"v": st.just(1)}, optional={key: anything for key in KEYS[1:]}))
def test_no_json_stops_us(value: object) -> None:
    mark = decode(json.dumps(value))
    assert isinstance(mark, Mark)
    assert decode(encode(mark)) == mark
