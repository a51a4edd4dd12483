# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of behaviours: every row sourced, tagged and tested, every switch thrown, the page up to date."""

from __future__ import annotations

import importlib.util
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import switches
from lab.behaviours import TAGS, UNSURE, Behaviour, every, page

ROOT = Path(__file__).parents[3]
ROWS = [row for _system, row in every()]


def marks() -> Iterator[pytest.Mark]:
    """The marks of all tests that show a behaviour or throw a switch."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if path == Path(__file__) or not any(word in text for word in ("mark.behaviour(", "mark.switch(", "@thrown(")):
            continue
        yield from marks_in(path)


def marks_in(path: Path) -> Iterator[pytest.Mark]:
    """Those of one file. One that skips as a whole hides its marks, and this test would skip with it."""
    spec = importlib.util.spec_from_file_location(f"marks_of_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except pytest.skip.Exception as skipped:
        raise AssertionError(f"{path}: it shows behaviours, and skips as a whole here: {skipped}") from None
    for test in vars(module).values():
        yield from getattr(test, "pytestmark", ())


@pytest.fixture(scope="module")
def tested() -> set[str]:
    return {key for mark in marks() if mark.name == "behaviour" for key in mark.args}


@pytest.fixture(scope="module")
def settings() -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for mark in marks():
        if mark.name == "switch":
            found[mark.args[0]] += mark.args[1:]
    return found


def test_a_module_that_skips_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "test_gone.py").write_text('import pytest\npytest.importorskip("no_such_library")\n')
    with pytest.raises(BaseException, match="skips as a whole") as found:  # a Skipped would skip this test too
        list(marks_in(tmp_path / "test_gone.py"))
    assert isinstance(found.value, AssertionError)


def test_no_key_twice() -> None:
    keys = [row.key for row in ROWS]
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_each_row_is_tagged_and_tested(row: Behaviour, tested: set[str]) -> None:
    tags = set(row.tag.split("/"))
    assert tags <= TAGS.keys() and row.source
    assert not tags & UNSURE or row.switches, "nobody could prove it, so it needs a switch"
    assert row.key in tested, f"no test is marked with behaviour({row.key!r})"


@pytest.mark.parametrize("tag", ["", "X", "R/X"])
def test_a_row_without_a_tag_is_refused(tag: str) -> None:
    with pytest.raises(ValueError, match="tag"):
        Behaviour(key="k", says="s", tag=tag, source="x")


def test_a_guess_without_a_switch_is_refused() -> None:
    with pytest.raises(ValueError, match="switch"):
        Behaviour(key="k", says="s", tag="I", source="x")


def test_every_mark_names_a_row(tested: set[str]) -> None:
    assert tested <= {row.key for row in ROWS}


def test_every_design_number_has_a_row() -> None:
    assert {row.number for row in ROWS} >= set(range(1, 26))


def test_rows_and_switches_name_each_other() -> None:
    assert {name for row in ROWS for name in row.switches} == set(switches.defaults())


@pytest.mark.parametrize("name", switches.defaults())
def test_each_switch_is_thrown_both_ways(name: str, settings: dict[str, list[Any]]) -> None:
    thrown = settings.get(name, [])
    assert len({repr(value) for value in thrown}) >= 2, f"{name} is tested with {thrown} only"
    assert switches.defaults()[name] in thrown, f"{name} is never tested as it is by default"


def test_chance_may_throw_each_switch() -> None:
    offered = {**switches.OTHERS, **switches.STOPPING}
    assert offered.keys() == switches.defaults().keys()
    for name, others in offered.items():
        assert others and all(type(value) is type(switches.defaults()[name]) for value in others), name


def test_the_page_is_up_to_date() -> None:
    shown = (ROOT / "docs" / "lab-behaviours.md").read_text(encoding="utf-8")
    assert shown == page(), "run: make docs"


def test_switches_of_the_command_line() -> None:
    chosen = switches.parse(["items_page=7", "missing-rights=[a/b, c/d]", "kept_ip=lost", "power_lag_s=3"])
    assert (chosen.items_page, chosen.missing_rights, chosen.kept_ip) == (7, ("a/b", "c/d"), "lost")
    for wrong in ("nonsense=1", "items_page", "items_page=many", "source_faults=7"):
        with pytest.raises(ValueError, match="--switch"):
            switches.parse([wrong])
