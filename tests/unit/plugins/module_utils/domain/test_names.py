# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names on Azure Local."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import names
from ansible_collections.azlocal.migrate.tests.support import shared

# As Microsoft's cmdlet has it (validation-rules.json); kept here by itself so that a slip in ours shows.
RULE = re.compile(r"^[^_\W][a-zA-Z0-9\-]{0,63}(?<![-._])$")


@pytest.mark.parametrize("name", ["a", "A1", "erp-db01", "x" * 64, "azure-1", "my-login", "0815"])
def test_accepts(name: str) -> None:
    assert names.legal_target_name(name) == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "empty"),
        ("x" * 65, "65 characters"),
        ("a_b", "letters, digits and hyphens"),
        ("-a", "start and end"),
        ("a-", "start and end"),
        ("a.b", "letters"),
        ("münchen", "letters"),
        ("a\n", "letters"),
        ("HyperV", "reserves this word"),
        ("windows-gw01", "WINDOWS"),
        ("my-microsoft-1", "MICROSOFT"),
        ("LoginServer", "start with LOGIN"),
        ("xbox1", "start with XBOX"),
    ],
)
def test_refuses_and_says_why(name: str, why: str) -> None:
    [problem] = names.legal_target_name(name)
    assert why in problem.text
    assert problem.blocks and problem.field == "target_vm_name" and problem.remedy


@pytest.mark.parametrize(
    ("name", "legal"),
    [
        ("erp-db01", "erp-db01"),
        ("ERP DB 01", "ERP-DB-01"),
        ("web.corp.example", "web-corp-example"),
        ("_x_", "x"),
        ("a--b", "a--b"),
        ("Zürich", "Zurich"),
        ("x" * 70, "x" * 64),
        ("y" * 63 + "-z", "y" * 63),
        ("日本", ""),
    ],
)
def test_make_legal(name: str, legal: str) -> None:
    assert names.make_legal(name) == legal


@given(st.text(max_size=90))
def test_made_names_are_legal_or_reported(name: str) -> None:
    made = names.make_legal(name)
    assert names.make_legal(made) == made
    assert RULE.match(made) or names.legal_target_name(made)


@given(st.text(alphabet="abcXYZ019-_. ü", max_size=70))
def test_whatever_is_accepted_follows_the_rule(name: str) -> None:
    if not names.legal_target_name(name):
        assert RULE.match(name)


def test_reserved_words_are_those_of_the_service() -> None:
    rules = shared.load("control-plane/validation-rules.json")["target_vm_name"]
    assert set(rules["reserved_exact"]) == names.RESERVED
    assert tuple(rules["forbidden_substring"]) == names.FORBIDDEN_WITHIN
    assert tuple(rules["forbidden_prefix"]) == names.FORBIDDEN_START
    assert rules["regex"] == RULE.pattern
