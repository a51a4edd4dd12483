# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which actions a role allows: wildcards, notActions, case; and that the needed rights are well named."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.rights import place_of, role_for
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import rights
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.appliance_rules import vcenter_password
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.rights import PHASES, SETUP, WAVE, Need
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.rights_gap import (
    ANY_OF,
    Held,
    Scope,
    appliance_gaps,
    azure_gaps,
    problem_gap,
    vcenter_gaps,
)

ROOT = Path(__file__).resolve().parents[5]

PUT = "Microsoft.DataReplication/replicationVaults/protectedItems/write"


@pytest.mark.parametrize(
    ("permission", "allowed"),
    [
        ({"actions": ["*"]}, True),
        ({"actions": ["*/write"]}, True),
        ({"actions": ["*/read"]}, False),
        ({"actions": ["Microsoft.DataReplication/*"]}, True),
        ({"actions": ["microsoft.datareplication/*/WRITE"]}, True),
        ({"actions": ["Microsoft.DataReplication/replicationVaults/*/write"]}, True),
        ({"actions": ["Microsoft.DataReplication"]}, False),
        ({"actions": [PUT + "/more"]}, False),
        ({"actions": ["*"], "notActions": ["*/write"]}, False),
        ({"actions": ["*"], "notActions": ["Microsoft.Authorization/*/write"]}, True),
        ({"actions": ["*"], "notActions": None}, True),
        ({"actions": None}, False),
        ({"dataActions": ["*"]}, False),
        ({}, False),
    ],
)
def test_one_role(permission: dict[str, object], allowed: bool) -> None:
    assert rights.allows(permission, PUT) == allowed


def test_what_one_role_leaves_out_another_may_allow() -> None:
    """notActions is no prohibition: it only takes away from what the same role gives."""
    contributor = {"actions": ["*"], "notActions": ["*/write"]}
    assert rights.missing([PUT], [contributor]) == [PUT]
    assert rights.missing([PUT], [contributor, {"actions": [PUT]}]) == []
    assert rights.missing([PUT], []) == [PUT]


@given(st.lists(st.sampled_from([need.what for need in rights.AZURE]), unique=True))
def test_exactly_what_is_not_granted_is_missing(granted: list[str]) -> None:
    needed = [need.what for need in rights.AZURE]
    assert rights.missing(needed, [{"actions": granted}]) == [one for one in needed if one not in granted]


def test_needs_are_named_as_the_services_name_them() -> None:
    for need in rights.AZURE:
        assert re.fullmatch(
            r"Microsoft\.\w+(/\w+)+/(read|write|delete|action)|Microsoft\.\w+/register/action", need.what
        ), need
        assert need.on.removesuffix("_subscription") in ("project", "cluster", "target")
    for need in (*rights.VCENTER, *rights.APPLIANCE_VCENTER):
        assert re.fullmatch(r"\w+(\.\w+)+", need.what), need
        assert need.on in ("vm", "root", "pool", "folder", "datastore", "network")
        if not need.what.startswith("System."):
            assert place_of(need.what), f"where the vSphere Client has {need.what}"
    for need in (*rights.AZURE, *rights.VCENTER, *rights.APPLIANCE_VCENTER):
        assert need.why and need.phases and set(need.phases) <= set(PHASES)


def test_a_phase_of_a_wave_holds_what_those_before_it_need() -> None:
    for before, after in itertools.pairwise(WAVE):
        for needs in (rights.AZURE, rights.VCENTER, rights.APPLIANCE_VCENTER):
            assert _asked(needs, before) <= _asked(needs, after)


def _asked(needs: tuple[Need, ...], *phases: str) -> set[tuple[str, str]]:
    return {(need.on, need.what.lower()) for need in rights.needs_of(needs, phases)}


@given(st.sets(st.sampled_from(PHASES)))
def test_a_right_is_asked_for_once_with_all_its_phases(phases: set[str]) -> None:
    found = rights.needs_of(rights.AZURE, phases)
    assert len({(need.on, need.what.lower()) for need in found}) == len(found)
    for need in found:
        wanted = {phase for one in rights.AZURE if (one.on, one.what) == (need.on, need.what) for phase in one.phases}
        assert set(need.phases) == wanted & phases


def test_the_right_to_remove_solutions_comes_with_two_reasons() -> None:
    [need] = [one for one in rights.needs_of(rights.AZURE, SETUP) if one.what.endswith("/solutions/write")]
    assert need.phases == SETUP and need.why.count(";") == 1


# -- what is missing -------------------------------------------------------------------------------------------------

EVERYTHING = ({"actions": ["*"]},)
GROUP = "/subscriptions/s/resourceGroups/rg"


@given(st.sampled_from(rights.AZURE), st.sets(st.sampled_from(PHASES), min_size=1))
def test_an_action_that_a_role_leaves_out_is_named_for_the_phases_that_need_it(need: Need, phases: set[str]) -> None:
    scopes = [Scope(on=need.on, id=GROUP, permissions=({"actions": ["*"], "notActions": [need.what]},))]
    found = [gap for gap in azure_gaps(scopes, phases, "ours", role_for) if gap.right == need.what]
    assert bool(found) == bool(phases & {phase for one in rights.AZURE if one.what == need.what and one.on == need.on
                                         for phase in one.phases})  # fmt: skip
    for gap in found:
        assert gap.scope == GROUP and set(gap.phases) <= phases
        assert re.search(r"docs/roles/azure-(setup|migrate)-[a-z-]+\.json", gap.remedy)
        assert gap.line().startswith(f"{need.what} on {GROUP}, for ")
    assert azure_gaps([Scope(on=need.on, id=GROUP, permissions=EVERYTHING)], phases, "ours", role_for) == []


@given(st.sampled_from(rights.VCENTER), st.lists(st.booleans(), min_size=1, max_size=6))
def test_a_privilege_that_is_missing_on_some_objects(need: Need, held: list[bool]) -> None:
    everything = frozenset(one.what for one in rights.VCENTER)
    objects = [
        Held(on=need.on, name=f"o{number}", privileges=everything if one else everything - {need.what})
        for number, one in enumerate(held)
    ]
    found = [gap for gap in vcenter_gaps(rights.VCENTER, objects, PHASES, "a", place_of) if gap.right == need.what]
    enough = all(held) or (need.on in ANY_OF and any(held))
    assert bool(found) is not enough
    assert bool(vcenter_gaps(rights.VCENTER, objects, PHASES, "a", place_of, ())) is not all(held)
    for gap in found:
        assert gap.scope.startswith(f"o{held.index(False)}") and gap.remedy.startswith(f"add {need.what}")


def test_only_contributor_on_the_group_or_above_serves_an_appliance() -> None:
    def row(role: str) -> dict[str, Any]:
        return {"properties": {"roleDefinitionId": f"/subscriptions/s/providers/x/roleDefinitions/{role}"}}

    reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
    rows = {"a": [row(reader), row(rights.APPLIANCE_ROLES[0].upper())], "b": [row(reader)], "c": [], "d": [{}]}
    found = appliance_gaps(rows, GROUP)
    assert [gap.account for gap in found] == ["b", "c", "d"]
    assert all(f"--scope {GROUP}" in gap.remedy for gap in found)


def test_a_password_that_the_appliance_cannot_take_is_a_gap_that_does_not_tell_it() -> None:
    [problem] = vcenter_password("geheim&1")
    gap = problem_gap(problem, "svc")
    assert (gap.account, gap.right, gap.phases) == ("svc", "vcenter_password_unfit", ("prepare",))
    assert "geheim" not in gap.line() and "&" in gap.remedy
    assert vcenter_password("geheim-1") == []


# -- the files that are made of it -----------------------------------------------------------------------------------


def test_the_role_definitions_are_up_to_date(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, ROOT / "tools/roles.py", tmp_path], check=True, capture_output=True, text=True
    )
    assert made.stdout == ""
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {path.name for path in (ROOT / "docs/roles").iterdir()}, "run 'make docs'"
    for name in names:
        assert (tmp_path / name).read_text() == (ROOT / "docs/roles" / name).read_text(), f"{name}: run 'make docs'"


def test_the_role_definitions_grant_exactly_what_is_needed() -> None:
    for path in (ROOT / "docs/roles").glob("azure-*.json"):
        what, _, on = path.stem.removeprefix("azure-").partition("-")
        phases = {"setup": SETUP, "migrate": WAVE}[what]
        role = json.loads(path.read_text())
        needed = rights.needed(rights.AZURE, on.replace("-", "_"), phases)
        assert rights.missing(needed, [{"actions": role["Actions"]}]) == []
        assert len(role["Actions"]) == len(needed)
        assert "<" in role["AssignableScopes"][0] and not any("*" in action for action in role["Actions"])


def test_the_roles_of_vcenter_hold_all_but_what_each_role_has() -> None:
    for name, needs in (("automation", rights.VCENTER), ("appliance", rights.APPLIANCE_VCENTER)):
        lines = (ROOT / f"docs/roles/vcenter-{name}.txt").read_text().splitlines()
        assert set(lines) == {need.what for need in needs if not need.what.startswith("System.")}
