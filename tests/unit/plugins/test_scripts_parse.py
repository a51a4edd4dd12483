# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every PowerShell script parses, says its own name first, and has a twin in the lab."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_powershell

from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.index import find
from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.scripts import SCRIPTS as MEANINGS
from ansible_collections.azlocal.migrate.plugins.module_utils.clients import powershell
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import address
from ansible_collections.azlocal.migrate.plugins.plugin_utils import scripts
from lab.host.scripts import TWINS

FOLDER = Path(scripts.__file__).parent / "powershell"
SCRIPTS = sorted(FOLDER.glob("*.ps1"))
PAGE = Path(__file__).parents[3] / "docs" / "powershell.md"
ROW = re.compile(r"^\| `(\w+)` \|(.+)\|(.+)\|(.+)\|$", re.MULTILINE)


def nodes(text: str) -> Iterator[tree_sitter.Node]:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    waiting = [parser.parse(text.encode()).root_node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += node.children


def of_kind(text: str, kind: str) -> list[str]:
    """The text of every node of this kind."""
    return [(node.text or b"").decode() for node in nodes(text) if node.type == kind]


def errors(text: str) -> list[str]:
    return [
        f"line {node.start_point[0] + 1}: {(node.text or b'')[:60]!r}"
        for node in nodes(text)
        if node.is_error or node.is_missing
    ]


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


@pytest.mark.parametrize("name", ["", "get_appliance", "set_appliance"])
def test_no_conversion_of_what_others_wrote_speaks_for_itself(name: str) -> None:
    """In Windows PowerShell 5.1 the error of ConvertFrom-Json quotes all that it was given."""
    text = scripts.script_text(name) if name else powershell.BOOTSTRAP
    guarded = [tried for tried in of_kind(text, "try_statement") if "ConvertFrom-Json" in tried]
    assert len(guarded) == text.count("ConvertFrom-Json")
    for tried in guarded:
        assert "catch" in tried and "$_" not in tried, tried


def order(name: str, *parts: str) -> list[int]:
    """Where each part stands in the script, and only there."""
    text = scripts.script_text(name)
    assert [text.count(part) for part in parts] == [1] * len(parts)
    return [text.index(part) for part in parts]


def test_what_a_run_leaves_undone_is_noted_first_and_the_note_goes_last() -> None:
    gateway = (
        "-Name 'GatewayRestartDue' -Value",
        "WriteAllText",
        "Move-Item",
        "Restart-Service",
        "Remove-ItemProperty",
    )
    certificate = ("-Name 'RetiredCertificates' -Value", "-Value $values[$name]", "Restart-Service", "-DeleteKey")
    for name, parts in (("set_appliance", gateway), ("set_entra_app", (*certificate, "Remove-ItemProperty"))):
        assert (places := order(name, *parts)) == sorted(places)
    (condition,) = [
        block for block in of_kind(scripts.script_text("set_entra_app"), "if_statement")
        if "Restart-Service" in block and block.startswith("if ($retired")
    ]  # fmt: skip
    assert condition.startswith("if ($retired.Count)")


def test_a_file_of_somebody_else_keeps_its_letters() -> None:
    assert "-Encoding" not in scripts.script_text("set_appliance").replace("-Raw -Encoding UTF8", "")


def test_a_share_is_closed_however_a_script_ends() -> None:
    """psrp has one runspace for a whole task, where a drive of the first run would stand in the way of the second."""
    text = scripts.script_text("put_file")
    (opened,) = [block for block in of_kind(text, "function_statement") if "New-PSDrive" in block]
    assert opened.index("Close-Share") < opened.index("New-PSDrive")
    (closing,) = [block for block in of_kind(text, "function_statement") if "Remove-PSDrive" in block]
    assert closing.startswith("function Close-Share")
    assert any("Close-Share" in block for block in of_kind(text, "finally_clause"))


def test_a_source_is_told_without_what_may_be_secret_in_it() -> None:
    """Cut by the same pattern as in Python, which other tests try."""
    text = scripts.script_text("put_file")
    told = re.findall(r"Stop-Script '\w+' \"(.*)\"", text)
    assert sum("Get-Shown" in message for message in told) == 2
    assert not [message for message in told if re.search(r"(?<!Get-Shown )\$(source|Address)", message)]
    assert f"'(?s){address.SECRET.pattern}'" in text


@pytest.mark.parametrize("name", ["new_appliance_vm", "remove_appliance_vm"])
def test_a_machine_that_another_node_has_made_is_refused_before_anything_is_done(name: str) -> None:
    text = scripts.script_text(name)
    assert text.index(".vmcx") < min(
        text.index(word) for word in ("New-VM -", "Remove-Item -", "Set-VM ") if word in text
    )


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
