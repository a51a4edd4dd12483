# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's figures, its sentences, and its forms for machines."""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.phase import Phase
from ansible_collections.azlocal.migrate.plugins.plugin_utils import report_figures as figures
from ansible_collections.azlocal.migrate.plugins.plugin_utils.report_csv import COLUMNS, render_csv, safe
from ansible_collections.azlocal.migrate.plugins.plugin_utils.report_json import render_json
from ansible_collections.azlocal.migrate.plugins.plugin_utils.report_model import as_dict, moment, number, read
from ansible_collections.azlocal.migrate.plugins.plugin_utils.report_timeline import NARROW, Axis
from tests.support.report_sample import NOW, sample


def vm(**fields: Any) -> dict[str, Any]:
    return {"name": "vm1", "phase": "completed", "status": "ok", "source_power": "off", "target_power": "on"} | fields


def headline(*vms: dict[str, Any]) -> str:
    return figures.headline(figures.figures(read({"vms": list(vms)}).vms))


def test_the_headline() -> None:
    assert headline(*sample()["vms"]) == "15 of 24 VMs migrated, 7 stopped, 2 under way, none running on both sides."
    assert headline() == "No VMs in this report."
    assert headline(vm()) == "1 of 1 VM migrated, none running on both sides."


def test_a_side_that_was_not_seen_is_not_called_off() -> None:
    assert "none seen running on both sides" in headline(vm(source_power=""))


@pytest.mark.parametrize(
    "fields", [{"source_power": "on"}, {"phase": "conflict"}, {"source_power": "on", "target_power": "Running"}]
)
def test_both_sides_on_is_in_the_headline(fields: dict[str, str]) -> None:
    assert "1 RUNNING ON BOTH SIDES" in headline(vm(**fields))


def test_a_failed_vm_is_stopped_however_far_it_came() -> None:
    assert headline(vm(status="failed")).startswith("0 of 1 VM migrated, 1 stopped")
    assert headline(vm(status="ok", phase="failed_after")).startswith("0 of 1 VM migrated, 1 stopped")


def test_every_phase_of_the_domain_has_words() -> None:
    assert {str(phase) for phase in Phase} - set(figures.PHASES) == set()
    assert {stage for stage, _words in figures.PHASES.values()} <= set(figures.STAGES)


def test_an_unknown_phase_is_shown_as_it_is() -> None:
    (found,) = read({"vms": [vm(phase="brand_new")]}).vms
    assert figures.phase_words(found) == "Brand new"
    assert figures.stage(found) == "unknown"


def test_downtime_figures() -> None:
    times = [{"seconds": seconds, "precision_s": precision} for seconds, precision in ((60, 5), (90, 15), (600, None))]
    found = figures.figures(
        read({"vms": [vm(name=str(n), downtime=time) for n, time in enumerate(times)] + [vm()]}).vms
    )
    assert (found.downtimes, found.median_s, found.longest_s, found.longest_vm, found.precision_s) == (
        3,
        90,
        600,
        "2",
        15,
    )


def test_waves_are_counted_as_people_do() -> None:
    vms = read({"vms": [vm(wave=wave) for wave in ("10", "2", "", "1", "pilot")]}).vms
    assert [name for name, _members in figures.waves(vms)] == ["pilot", "1", "2", "10", ""]


def test_what_runs_on_both_sides_comes_first() -> None:
    vms = [vm(name="a", status="blocked"), vm(name="b", status="failed"), vm(name="c", source_power="on"), vm(name="d")]
    assert [found.name for found in figures.needs_attention(read({"vms": vms}).vms)] == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.4, "0.4 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3601, "1 h"),
        (93600, "1 d 2 h"),
        (None, "not measured"),
    ],
)
def test_durations(seconds: float | None, words: str) -> None:
    assert figures.duration(seconds) == words


def test_sizes() -> None:
    assert [figures.size(count) for count in (None, 0, 1536, 2**40 * 3000)] == ["", "0 B", "1.5 KiB", "3,000 TiB"]


def test_times_are_utc() -> None:
    assert moment("2026-11-21T20:00:00+02:00") == dt.datetime(2026, 11, 21, 18, tzinfo=dt.UTC)
    assert moment("2026-11-21T20:00:00") == dt.datetime(2026, 11, 21, 20, tzinfo=dt.UTC)
    assert [moment(value) for value in ("soon", None, 5, "0001-01-01T00:00:00+10:00")] == [None] * 4


def test_numbers() -> None:
    assert [number(value) for value in ("5", 5, True, "nan", float("inf"), 10**400, "x", None)] == [5, 5] + [None] * 6


# -- time axis ---------------------------------------------------------------------------------------------------------


def axis(*spans: tuple[int, int]) -> Axis:
    start = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    line = [
        {"at": (start + dt.timedelta(minutes=at)).isoformat(), "end": (start + dt.timedelta(minutes=end)).isoformat()}
        for at, end in spans
    ]
    (found,) = read({"vms": [vm(timeline=line)]}).vms
    return Axis(found.timeline, NOW)


def test_a_long_wait_is_left_out() -> None:
    assert list(axis((0, 60), (70, 100)).breaks()) == []
    ((_x, _width, seconds),) = axis((0, 60), (3000, 3030)).breaks()
    assert seconds == 2940 * 60


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**5)), min_size=1, max_size=30))
def test_the_axis_keeps_the_order_of_times(spans: list[tuple[int, int]]) -> None:
    found = axis(*((at, at + length) for at, length in spans))
    times = sorted(time for stretch in found.stretches for time in (stretch.start, stretch.end))
    places = [found.x(time) for time in times]
    assert places == sorted(places)
    assert all(-0.01 <= place <= 1000.01 for place in places)
    ticks = [x for x, _label in found.ticks(NARROW)]
    assert all(
        later - earlier >= NARROW - 0.01 for earlier, later in itertools.pairwise(ticks) if later + NARROW * 2.6 < 1000
    )


def test_an_axis_of_nothing() -> None:
    assert Axis((), None).ticks(NARROW) == []


# -- CSV ---------------------------------------------------------------------------------------------------------------


def table(data: dict[str, Any]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render_csv(data))))


def test_csv_has_one_line_for_each_vm() -> None:
    text = render_csv(sample())
    assert len(text.splitlines()) == 25
    rows = table(sample())
    assert [row["name"] for row in rows] == [vm["name"] for vm in sample()["vms"]]
    assert {row["stage"] for row in rows} == {"done", "verified", "migrated", "replicating", "stopped"}
    assert all(None not in row for row in rows)


@pytest.mark.parametrize(
    "value", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\uff1d1", "=cmd|' /C calc'!A0"]
)
def test_csv_holds_no_formula(value: str) -> None:
    assert str(safe(value)).startswith("'")
    assert table({"vms": [vm(name=value, msg=value)]})[0]["msg"].startswith("'")


def test_csv_keeps_numbers_and_plain_text() -> None:
    assert [safe(value) for value in (-5, 1.5, None, "a-b", "a\nb")] == [-5, 1.5, "", "a-b", "a b"]


@given(st.text())
def test_csv_survives_any_text(text: str) -> None:
    (row,) = table({"vms": [vm(name=text, msg=text)]})
    assert list(row) == list(COLUMNS)
    assert not row["msg"].startswith(("=", "+", "-", "@", "\t"))


# -- JSON --------------------------------------------------------------------------------------------------------------


def test_json_is_the_model_with_a_schema() -> None:
    found = json.loads(render_json(sample()))
    assert (found["schema"], found["schema_version"]) == ("azlocal.migrate/report", 1)
    assert found["figures"]["migrated"] == 15
    assert found["figures"]["headline"].startswith("15 of 24 VMs migrated")
    assert [vm["name"] for vm in found["vms"]] == [vm["name"] for vm in sample()["vms"]]
    again = as_dict(read(found))
    assert again == {key: found[key] for key in again}, "reading what was written changes nothing"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda part: st.lists(part) | st.dictionaries(st.text(), part),
)
FIELDS = sorted(
    vm()
    | {key: 0 for key in ("timeline", "downtime", "checks", "mark", "bytes", "progress_percent", "started_at", "wave")}
)


@given(st.dictionaries(st.sampled_from(FIELDS), ANYTHING), ANYTHING)
def test_json_survives_anything(fields: dict[str, Any], rest: Any) -> None:
    json.loads(render_json({"vms": [fields], "runs": rest, "generated_at": rest, "project": rest}))
    render_csv({"vms": [fields]})
    render_json({"vms": rest})
