# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every PowerShell script parses, says its own name first, and has a twin in the lab."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_powershell

from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.index import find
from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.scripts import SCRIPTS as MEANINGS
from ansible_collections.azlocal.migrate.plugins.module_utils.clients import powershell
from ansible_collections.azlocal.migrate.plugins.plugin_utils import scripts
from lab.host.scripts import TWINS

FOLDER = Path(scripts.__file__).parent / "powershell"
SCRIPTS = sorted(FOLDER.glob("*.ps1"))
PAGE = Path(__file__).parents[3] / "docs" / "powershell.md"
ROW = re.compile(r"^\| `(\w+)` \|(.+)\|(.+)\|(.+)\|$", re.MULTILINE)


def errors(text: str) -> list[str]:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    found, waiting = [], [parser.parse(text.encode()).root_node]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            found.append(f"line {node.start_point[0] + 1}: {(node.text or b'')[:60]!r}")
        waiting += node.children
    return found


def test_there_are_scripts() -> None:
    assert SCRIPTS


def test_parser_sees_an_error() -> None:
    assert errors("if ($a -eq 1 { 2 }")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
class TestScript:
    def test_parses(self, path: Path) -> None:
        assert errors(path.read_text(encoding="utf-8")) == []

    def test_is_ascii_and_named_in_its_first_line(self, path: Path) -> None:
        assert path.read_bytes().isascii()
        assert scripts.script_text(path.stem)

    def test_takes_its_params_first(self, path: Path) -> None:
        code = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
        assert code[0] == "param($Params)"

    def test_has_a_twin(self, path: Path) -> None:
        assert path.stem in TWINS


def test_no_twin_without_a_script() -> None:
    assert set(TWINS) == {path.stem for path in SCRIPTS}


def test_bootstrap_parses() -> None:
    assert errors(powershell.BOOTSTRAP) == []


def test_what_the_scripts_throw_is_in_the_catalogue_and_nothing_else_is() -> None:
    thrown = {id for path in SCRIPTS for id in re.findall(r"Stop-Script '(\w+)'", path.read_text(encoding="utf-8"))}
    assert {id for id in thrown if find(id) is None} == set()
    assert set(MEANINGS) <= thrown


def test_the_page_has_one_row_for_each_script_that_says_what_it_changes() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert "None of them has run on real Windows" in page
    rows = {match[1]: match[4].strip() for match in ROW.finditer(page)}
    assert set(rows) == {path.stem for path in SCRIPTS}
    assert {name for name, changes in rows.items() if changes != "nothing"} == {
        name for name, twin in TWINS.items() if twin.write
    }
