# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a project is taken back, what forbids it, and what stays."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import ids, ours
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.project_removal import (
    Used,
    forbidden,
    group_removal,
    others_in,
    removals,
    staying,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.project_seen import LOCAL_SOLUTION, Seen
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain.project_samples import (
    GROUP,
    OFF_AZURE,
    WANTED,
    entry,
    finished,
    foreign,
    wanted,
    with_appliances,
)

WHOLE, _TAKEN = finished()
CONTENTS = (WANTED.project_id.upper(), WANTED.server_site_id, WANTED.master_site_id)
SITE = f"{OFF_AZURE}/VMwareSites/src1234site"


def parts(seen: Seen, contents: tuple[str, ...] = CONTENTS) -> list[str]:
    steps = removals(WANTED, seen)
    return [step.part for step in (*steps, *group_removal(WANTED, seen, others_in(contents, steps)))]


def stays(seen: Seen, contents: tuple[str, ...] = CONTENTS) -> dict[str, str]:
    others = others_in(contents, removals(WANTED, seen))
    return {left.id: left.why for left in staying(WANTED, seen, others)}


def codes(seen: Seen, used: Used) -> list[str]:
    return [problem.code for problem in forbidden(WANTED, seen, used)]


def test_all_that_was_made_goes_the_role_while_its_holder_is_known() -> None:
    assert parts(WHOLE) == ["assignments", "master_site", "server_site", "project", "group"]
    assert stays(WHOLE) == {}


@pytest.mark.parametrize("part", ["master_site", "server_site", "project", "group"])
def test_what_somebody_else_made_stays(part: str) -> None:
    seen = dataclasses.replace(WHOLE, **{part: foreign(getattr(WHOLE, part))})
    assert part not in parts(seen)
    if part != "group":
        assert "group" not in parts(seen), "it is not empty"
        assert stays(seen)[GROUP] == "other resources are in it"
    assert ids.normal(getattr(WANTED, f"{part}_id")) in {ids.normal(row) for row in stays(seen)}


def test_what_was_made_for_another_project_stays_but_an_empty_group() -> None:
    other = wanted(project="other")
    assert removals(other, dataclasses.replace(WHOLE, solutions={})) == []
    assert [step.part for step in group_removal(other, WHOLE, [])] == ["group"]


def test_a_role_by_another_name_is_not_ours() -> None:
    [row] = WHOLE.assignments
    assert ours.is_our_assignment(row, WANTED.project_id)
    renamed: Any = {**row, "name": "00000000-0000-4000-8000-000000000000"}
    assert "assignments" not in parts(dataclasses.replace(WHOLE, assignments=(renamed,)))


def test_other_contents_keep_the_group() -> None:
    contents = (*CONTENTS, SITE)
    assert parts(WHOLE, contents) == ["assignments", "master_site", "server_site", "project"]
    assert stays(WHOLE, contents) == {SITE: "it was not made by this step", GROUP: "other resources are in it"}


def test_nothing_there_nothing_to_do() -> None:
    assert parts(Seen(), ()) == [] and stays(Seen(), ()) == {}


# -- what forbids it ----------------------------------------------------------------------------------------------


def test_protected_items_forbid_it() -> None:
    many = tuple(f"vm{number}" for number in range(9))
    assert codes(WHOLE, Used(items=many)) == ["items_left"]
    [problem] = forbidden(WANTED, WHOLE, Used(items=many))
    assert "9 protected items" in problem.text and "vm0" in problem.text and "vm8" not in problem.text


def test_an_appliance_counts_while_its_site_is_there() -> None:
    registered = with_appliances(WHOLE, entry("src", "VMwareSites"))
    waiting = with_appliances(WHOLE, entry("src", "VMwareSites", registered=False))
    assert codes(registered, Used(sites=(SITE.upper(),))) == ["appliance_registered"]
    assert codes(registered, Used()) == codes(waiting, Used(sites=(SITE,))) == []


def test_a_fabric_counts_by_the_solution_that_it_serves() -> None:
    def fabric(solution: str) -> dict[str, Any]:
        return {"id": "/f/srcfabric", "properties": {"customProperties": {"migrationSolutionId": solution}}}

    mine = fabric(WANTED.solution_id(LOCAL_SOLUTION).upper())
    assert codes(WHOLE, Used(fabrics=(mine,))) == ["appliance_registered"]
    assert codes(WHOLE, Used(fabrics=(fabric(wanted(project="other").solution_id(LOCAL_SOLUTION)),))) == []


# -- how ours is known --------------------------------------------------------------------------------------------


def test_the_name_of_an_assignment_tells_who_where_and_what() -> None:
    name = ours.assignment_name("/p", GROUP, "who", "/roles/what")
    assert name == ours.assignment_name("/P/", GROUP.upper(), "WHO", "WHAT")
    others = [("/q", GROUP, "who", "what"), ("/p", f"{GROUP}2", "who", "what"), ("/p", GROUP, "me", "what")]
    assert name not in {ours.assignment_name(*words) for words in (*others, ("/p", GROUP, "who", "that"))}


@given(st.dictionaries(st.text(max_size=9), st.text(max_size=9)), st.text(min_size=1, max_size=9))
def test_the_mark_is_read_back(tags: dict[str, str], project: str) -> None:
    assert ours.is_ours({"tags": ours.marked(tags, project)}, project) or any(name.lower() == ours.TAG for name in tags)
    assert not ours.is_ours({"tags": {}}, project) and not ours.is_ours(None, project)
