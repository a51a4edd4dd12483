# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which VM an entry means."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.problem import Problem
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.selection import select
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.source import SourceMachine
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain import samples

ONE = samples.machine()
TWIN_A = samples.machine(name="twin", instance_uuid="aaaa", machine_id=f"{samples.SITE}/machines/vc1_aaaa", folder="A")
TWIN_B = samples.machine(name="twin", instance_uuid="bbbb", machine_id=f"{samples.SITE}/machines/vc1_bbbb", folder="B")
GONE = samples.machine(name="gone", instance_uuid="cccc", is_deleted=True)
TEMPLATE = samples.machine(name="golden", instance_uuid="dddd", machine_id="", template=True)
ALL = [ONE, TWIN_A, TWIN_B, GONE, TEMPLATE]


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "erp-db01"},
        {"instance_uuid": samples.UUID.upper()},
        {"machine_id": samples.MACHINE_ID.lower()},
        {"machine_id": f"vc1_{samples.UUID}"},
        {"name": "twin", "instance_uuid": samples.UUID},
        {"name": "twin", "instance_uuid": "bbbb", "machine_id": samples.MACHINE_ID},
    ],
)
def test_finds(entry: dict[str, str]) -> None:
    assert select(entry, ALL) is ONE


@pytest.mark.parametrize(
    ("entry", "code", "words"),
    [
        ({"name": "twin"}, "vm_ambiguous", ["aaaa", "bbbb", "folder A"]),
        ({"name": "erp-db02"}, "vm_unknown", ["'erp-db02'", "erp-db01"]),
        ({"name": "ERP-DB01"}, "vm_unknown", ["similar names: erp-db01"]),
        ({"name": "gone"}, "vm_deleted", ["gone", "deleted"]),
        ({"name": "golden"}, "template", ["golden"]),
        ({"instance_uuid": "eeee"}, "vm_unknown", ["instance_uuid", "eeee"]),
        ({}, "vm_unnamed", ["names no VM"]),
        ({"name": None, "instance_uuid": ""}, "vm_unnamed", ["names no VM"]),
        ({"name": ["x"]}, "vm_unnamed", ["name must be text"]),
    ],
)
def test_says_what_is_unclear(entry: dict[str, Any], code: str, words: list[str]) -> None:
    problem = select(entry, ALL)
    assert isinstance(problem, Problem)
    assert problem.code == code and problem.blocks and problem.remedy
    for word in words:
        assert word in problem.text


def test_a_deleted_double_does_not_make_a_name_ambiguous() -> None:
    assert select({"name": "twin"}, [TWIN_A, samples.machine(name="twin", is_deleted=True)]) is TWIN_A


MACHINES = st.lists(
    st.builds(
        SourceMachine,
        name=st.sampled_from(["a", "b", ""]),
        instance_uuid=st.sampled_from(["u1", "u2", ""]),
        machine_id=st.sampled_from(["/m/u1", "/m/u2", ""]),
        is_deleted=st.booleans(),
        template=st.booleans(),
    ),
    max_size=6,
)
VALUES = st.one_of(
    st.none(), st.sampled_from(["a", "u1", "U2", "/m/u1", "", "x"]), st.integers(), st.booleans(), st.lists(st.none())
)


@given(st.dictionaries(st.sampled_from(["name", "instance_uuid", "machine_id"]), VALUES), MACHINES)
def test_never_picks_a_deleted_one_or_a_template(entry: dict[str, Any], machines: list[SourceMachine]) -> None:
    found = select(entry, machines)
    if isinstance(found, SourceMachine):
        assert not found.is_deleted and not found.template
    else:
        assert found.blocks and found.remedy
