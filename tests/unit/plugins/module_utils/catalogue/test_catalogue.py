# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue holds every code that we show, once, and each with words that fit into a sentence."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyVmomi import vim, vmodl

from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.arm import ARM
from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.entra import ENTRA
from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.entry import RETRIES, Meaning
from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.hosts import HOSTS
from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.index import SYSTEMS, find
from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.own_appliance import OWN_APPLIANCE
from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.own_prepare import OWN_PREPARE
from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.own_run import KINDS, OWN_RUN
from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.own_source_appliance import OWN_SOURCE_APPLIANCE
from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.own_vm import OWN_VM, PHASES
from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.rights import place_of, role_for
from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.vcenter import VCENTER
from ansible_collections.azlocal.migrate.plugins.module_utils.clients import arm_errors, powershell, vcenter_faults
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.checks import NAMES
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.phase import FAILED, STOPPED
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project import NotReady
from ansible_collections.azlocal.migrate.plugins.module_utils.services.results import BAD_INPUT

ROOT = Path(__file__).parents[5]
EVERYTHING = [meaning for rows in SYSTEMS.values() for meaning in rows.values()]
# Functions whose first plain word is the code of a problem.
HELPERS = frozenset({"block", "warn", "_block", "_problem", "_concern"})


@pytest.mark.parametrize("meaning", EVERYTHING, ids=lambda meaning: meaning.code)
def test_words_fit_into_a_sentence(meaning: Meaning) -> None:
    for words in (meaning.means, meaning.remedy):
        assert words and words == " ".join(words.split()) and words[-1] not in ".,;:!"
    assert meaning.remedy[0].isupper()
    assert meaning.retry in RETRIES


def test_no_code_is_there_twice() -> None:
    ours = [meaning.code for meaning in EVERYTHING if meaning.code == meaning.code.lower()]
    theirs = [meaning.code.lower() for meaning in EVERYTHING if meaning.code != meaning.code.lower()]
    assert len(ours) == len(set(ours)) and len(theirs) == len(set(theirs))


@pytest.mark.parametrize("meaning", EVERYTHING, ids=lambda meaning: meaning.code)
def test_every_code_is_found(meaning: Meaning) -> None:
    assert find(meaning.code) is meaning
    if meaning.code != meaning.code.lower():
        assert find(meaning.code.swapcase()) is meaning


def test_what_nobody_knows_is_not_found() -> None:
    assert find("") is None and find("Teleported") is None
    assert find("conflict") is not find("Conflict")


def test_every_code_in_our_code_is_known() -> None:
    used = {code: place for place, code in _used()}
    assert len(used) > 100, "the scan finds nothing any more"
    assert {code: place for code, place in used.items() if find(code) is None} == {}


def test_no_code_of_ours_is_there_for_nothing() -> None:
    used = {code for _place, code in _used()}
    ours = {*OWN_VM, *OWN_APPLIANCE, *OWN_PREPARE, *OWN_SOURCE_APPLIANCE, *OWN_RUN}
    assert ours == used & ours


def test_every_phase_and_kind_is_known() -> None:
    assert set(PHASES) == FAILED | STOPPED
    assert {kind.__name__ for kind in _kinds(ClientError)} == set(KINDS)
    assert issubclass(NotReady, ClientError)
    assert set(OWN_VM) >= BAD_INPUT


@pytest.mark.parametrize("name", [*VCENTER, *vcenter_faults._KNOWN])
def test_a_fault_of_vcenter_exists(name: str) -> None:
    assert any(hasattr(place, name) for place in (vim.fault, vmodl.fault, vmodl.query))
    assert find(name) is not None


def test_sign_in_errors_are_numbers() -> None:
    assert all(re.fullmatch(r"AADSTS\d{5,7}", code) for code in ENTRA)


def test_words_that_the_clients_go_by_are_known() -> None:
    assert set(powershell._KNOWN) <= set(HOSTS)
    theirs = {code.lower() for code in (*ARM, *KINDS)}
    assert set(arm_errors._KIND_BY_CODE) | arm_errors.VERSION_REFUSALS <= theirs


def test_the_page_is_what_the_catalogue_says() -> None:
    made = subprocess.run(
        [sys.executable, "tools/errors_page.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert made.stdout == (ROOT / "docs/errors.md").read_text(encoding="utf-8"), "run 'make docs'"


def test_an_error_takes_its_remedy_from_the_catalogue() -> None:
    assert "lock" in ClientError("x", code="ScopeLocked").remedy
    assert ClientError("x", code="ScopeLocked", remedy="Ask Ann.").remedy == "Ask Ann"
    assert NotReady("x", code="Unheard").remedy == KINDS["NotReady"].remedy
    assert ClientError("x", code="Unheard").remedy == ""


@pytest.mark.parametrize(
    ("action", "role"),
    [
        ("Microsoft.Authorization/roleAssignments/write", "User Access Administrator"),
        ("Microsoft.Authorization/roleAssignments/read", "Reader"),
        ("microsoft.authorization/locks/delete", "User Access Administrator"),
        ("Microsoft.DataReplication/replicationVaults/protectedItems/read", "Reader"),
        ("Microsoft.DataReplication/replicationVaults/protectedItems/write", "Contributor"),
        ("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write", "Storage Blob Data Contributor"),
    ],
)
def test_the_role_for_an_action(action: str, role: str) -> None:
    assert role_for(action) == role


def test_the_place_of_a_privilege() -> None:
    assert place_of("Global.SetCustomField") == "Global > Set custom attribute"
    assert place_of("Nobody.KnowsIt") == ""


def _kinds(base: type[ClientError]) -> Iterator[type[ClientError]]:
    for kind in base.__subclasses__():
        if ".plugins." in kind.__module__:
            yield kind
            yield from _kinds(kind)


def _used() -> Iterator[tuple[str, str]]:
    """Every code that stands as a literal in plugins/, and where."""
    for name in NAMES:
        yield "domain/checks.py", name
    for path in sorted((ROOT / "plugins").rglob("*.py")):
        if "catalogue" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for value in _code_values(node):
                for code in _literals(value):
                    yield f"{path.relative_to(ROOT)}:{value.lineno}", code


def _code_values(node: ast.AST) -> Iterator[ast.expr]:
    """Expressions that become a code: code=, error_code=, {"error_code": ...}, x.error_code = ..., block("...")."""
    if isinstance(node, ast.keyword) and node.arg in ("code", "error_code"):
        yield node.value
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "error_code":
                yield value
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            for name, value in zip(names, values, strict=False):
                if isinstance(name, ast.Attribute) and name.attr == "error_code":
                    yield value
    elif isinstance(node, ast.Call) and node.args:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in HELPERS:
            yield from node.args[: 2 if called == "_concern" else 1]
    elif isinstance(node, ast.FunctionDef) and node.name == "_misfit":
        for inner in ast.walk(node):
            if isinstance(inner, ast.Return) and isinstance(inner.value, ast.Tuple):
                yield inner.value.elts[0]


def _literals(value: ast.expr) -> Iterator[str]:
    """Plain words: of both arms of a condition, of neither a comparison nor a dictionary's description."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from (*_literals(value.body), *_literals(value.orelse))
    elif isinstance(value, ast.BoolOp):
        for arm in value.values:
            yield from _literals(arm)
