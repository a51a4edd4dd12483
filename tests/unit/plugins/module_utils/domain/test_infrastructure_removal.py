# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking an infrastructure back: ours, in order, and nothing under protected items."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import ours
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.infrastructure import (
    ROLES,
    STORAGE_KEY,
    Item,
    Lock,
    lock_id,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.infrastructure_removal import Remains, plan

from .infrastructure_samples import (
    ACCOUNT,
    GROUP,
    PROJECT,
    SITE,
    SOURCE_FABRIC,
    TARGET_FABRIC,
    VAULT,
    account,
    extension,
    foreign,
    policy,
    solution,
)

ROLE = f"/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/{ROLES['Contributor']}"


def assignment(name: str = "") -> dict[str, Any]:
    name = name or ours.assignment_name(PROJECT, ACCOUNT, "p-source", ROLE)
    return {
        "id": f"{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "name": name,
        "properties": {"scope": ACCOUNT, "principalId": "p-source", "roleDefinitionId": ROLE},
    }


def lock(scope: str, name: str = "") -> Lock:
    path = lock_id(scope)
    return Lock(id=f"{path.rpartition('/')[0]}/{name}" if name else path, level="CanNotDelete")


WHOLE = Remains(
    solution=solution({"vaultId": VAULT, STORAGE_KEY: ACCOUNT, "aszmigratedCount": "5"}),
    source_site_id=SITE,
    vault_id=VAULT,
    fabric_ids=(SOURCE_FABRIC, TARGET_FABRIC),
    policy=policy(),
    extensions=(extension(),),
    locks=(lock(VAULT), lock(SOURCE_FABRIC), lock(VAULT, "theirs")),
    has_diagnostics=True,
    accounts=(account(tags={ours.TAG: "mig"}),),
    assignments=(assignment(), assignment("00000000-0000-4000-8000-000000000001")),
)


def steps(there: Remains) -> list[tuple[str, str]]:
    return [(step.kind, step.verb) for step in plan(there, "mig", PROJECT).steps]


def test_all_of_it_goes_in_the_order_in_which_it_can() -> None:
    assert steps(WHOLE) == [
        ("lock", "delete"),
        ("lock", "delete"),
        ("diagnostics", "delete"),
        ("extension", "delete"),
        ("policy", "delete"),
        ("solution", "put"),
        ("grant", "delete"),
        ("account", "delete"),
    ]


def test_where_nothing_is_there_is_nothing_to_do() -> None:
    assert steps(Remains(solution=solution({}))) == []


def test_nothing_goes_while_a_vm_replicates() -> None:
    items = tuple(Item(name=f"vm-{number}", policy="", extension="") for number in range(5))
    found = plan(dataclasses.replace(WHOLE, items=items), "mig", PROJECT)
    assert found.steps == () and [problem.code for problem in found.refusals] == ["items_left"]
    assert "5 protected items" in found.refusals[0].text and "vm-2, ..." in found.refusals[0].text


def test_an_account_that_others_made_stays_and_its_link_goes() -> None:
    for tags in ({}, {ours.TAG: "another project"}):
        theirs = dataclasses.replace(WHOLE, accounts=(account(tags=tags),), assignments=())
        assert steps(theirs)[-1] == ("solution", "put")


def test_the_link_goes_and_every_other_detail_stays() -> None:
    [step] = [step for step in plan(WHOLE, "mig", PROJECT).steps if step.kind == "solution"]
    assert step.body is not None
    details = step.body["properties"]["details"]["extendedDetails"]
    assert details == {"vaultId": VAULT, STORAGE_KEY: "", "aszmigratedCount": "5"}


def test_extensions_of_others_stay_and_are_named() -> None:
    found = plan(dataclasses.replace(WHOLE, extensions=(extension(), foreign())), "mig", PROJECT)
    assert [step.path for step in found.steps if step.kind == "extension"] == [extension().id]
    assert foreign().name in found.warnings[0]


def test_ours_is_known_when_the_fabrics_are_gone() -> None:
    assert ("extension", "delete") in steps(dataclasses.replace(WHOLE, fabric_ids=(), locks=()))
    assert ("extension", "delete") in steps(dataclasses.replace(WHOLE, source_site_id=""))
    elsewhere = extension(custom={"vmwareSiteId": f"{GROUP}/providers/Microsoft.OffAzure/VMwareSites/else"})
    assert ("extension", "delete") not in steps(
        dataclasses.replace(WHOLE, fabric_ids=(), source_site_id=SITE, extensions=(elsewhere,))
    )


@pytest.mark.parametrize(("state", "verbs"), [("Creating", ["wait", "delete"]), ("Deleting", ["wait"])])
def test_what_moves_is_waited_for(state: str, verbs: list[str]) -> None:
    found = plan(dataclasses.replace(WHOLE, extensions=(extension(state=state),)), "mig", PROJECT)
    assert [step.verb for step in found.steps if step.kind == "extension"] == verbs
