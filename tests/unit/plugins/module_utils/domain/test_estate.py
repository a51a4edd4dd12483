# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is listed of what is shown, what may be chosen of the list, and what has to go before it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import ids, marks, ours
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.estate import (
    APPLICATION,
    KINDS,
    ORDER,
    Leftover,
    chosen,
    too_early,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.estate_list import (
    IN_VCENTER,
    OUR_ROLES,
    Seen,
    application_ids,
    is_migrating,
    key_vault_ids,
    leftovers,
    principals,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.infrastructure import lock_id

GROUP = "/subscriptions/s/resourceGroups/rg"
PROJECT = f"{GROUP}/providers/Microsoft.Migrate/migrateProjects/p"
DR = f"{GROUP}/providers/Microsoft.DataReplication"
VAULT, FABRIC = f"{DR}/replicationVaults/v", f"{DR}/replicationFabrics/f1"
SITE = f"{GROUP}/providers/Microsoft.OffAzure/VMwareSites/s1"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/acc"
KEYS = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv"
EXTENSION = f"{VAULT}/replicationExtensions/e"
LOCKS = "providers/Microsoft.Authorization/locks"
ROLES = f"{GROUP}/providers/Microsoft.Authorization/roleAssignments"


def row(arm_id: str, tags: dict[str, str] | None = None, **properties: Any) -> dict[str, Any]:
    return {"id": arm_id, "name": ids.name(arm_id), "tags": tags or {}, "properties": properties}


def assignment(name: str, scope: str, who: str, role: str = "r") -> dict[str, Any]:
    return row(f"{ROLES}/{name}", scope=scope, principalId=who, roleDefinitionId=f"/x/{role}")


def seen(**more: Any) -> Seen:
    """A programme with one appliance, made by others."""
    custom = {"vmwareSiteId": SITE.upper(), "migrationSolutionId": f"{PROJECT}/solutions/x"}
    own = {"applicationId": "APP-1", "objectId": "agent"}
    site = row(SITE, servicePrincipalIdentityDetails=own, agentDetails={"keyVaultId": KEYS})
    agent = row(f"{FABRIC}/fabricAgents/a", machineName="src", isResponsive=True, resourceAccessIdentity=own)
    extension = row(EXTENSION, customProperties={"vmwareFabricArmId": FABRIC.upper(), "storageAccountId": ACCOUNT})
    given: dict[str, Any] = {
        "project_id": PROJECT,
        "group_id": GROUP,
        "group": row(GROUP),
        "project_row": row(PROJECT),
        "contents": tuple(map(row, (PROJECT, VAULT, FABRIC, SITE, ACCOUNT, KEYS))),
        "accounts": (row(ACCOUNT, {"Migrate Project": "P"}),),
        "sites": {"vmware_site": (site,)},
        "vaults": (row(VAULT),),
        "extensions": (extension,),
        "fabrics": (row(FABRIC, customProperties=custom),),
        "agents": (agent,),
        "applications": {"app-1": {"displayName": "src app"}},
        **more,
    }
    return Seen(**given)


def by_kind(found: list[Leftover]) -> dict[str, Leftover]:
    return {one.kind: one for one in found}


def test_what_each_thing_stands_on() -> None:
    found = by_kind(leftovers(seen()))
    assert list(found) == [kind for kind in KINDS if kind in found]
    assert found["fabric"].first == (EXTENSION,) and found["storage_account"].first == (EXTENSION,)
    assert found["vmware_site"].first == (FABRIC,) and found["project"].first == (FABRIC, SITE)
    assert all(one.safe and not one.ours for one in found.values())
    assert "src still reports" in found["fabric"].note
    assert found["application"].id == f"{APPLICATION}app-1" and found["application"].name == "src app"


def test_who_belongs_to_it_and_what_they_name() -> None:
    assert principals(seen()) == {"agent": "appliance src"}
    assert application_ids(seen()) == ["app-1"] and key_vault_ids(seen()) == {KEYS}
    assert principals(seen(agents=())) == {"agent": "the appliance of site s1"}


def test_only_roles_in_the_group_of_those_who_belong_to_it() -> None:
    name = ours.assignment_name(PROJECT, ACCOUNT, "somebody", "r")
    rows = (
        assignment("a", ACCOUNT, "AGENT"),
        assignment("b", "/subscriptions/s", "agent"),
        assignment("c", ACCOUNT, "stranger"),
        assignment(name, ACCOUNT, "somebody"),
        assignment("d", f"{GROUP}2", "agent"),
        assignment("e", GROUP, ""),
    )
    found = [one for one in leftovers(seen(assignments=rows)) if one.kind == "role_assignment"]
    assert [(one.name, one.ours) for one in found] == sorted([("a", False), (name, True)])


@pytest.mark.parametrize(
    ("tags", "is_linked", "listed", "safe", "mine"),
    [
        ({}, True, True, False, False),
        ({"Migrate Project": "p"}, True, True, True, False),
        ({ours.TAG: "p"}, True, True, True, True),
        ({ours.TAG: "p"}, False, True, True, True),
        ({ours.TAG: "other"}, False, False, False, False),
        ({}, False, False, False, False),
    ],
)
def test_whose_storage_account_it_is(
    tags: dict[str, str], is_linked: bool, listed: bool, safe: bool, mine: bool
) -> None:
    custom = {"storageAccountId": ACCOUNT if is_linked else ""}
    there = seen(accounts=(row(ACCOUNT, tags),), extensions=(row(EXTENSION, customProperties=custom),))
    found = by_kind(leftovers(there)).get("storage_account")
    assert (found is not None) is listed
    if found is not None:
        assert (found.safe, found.ours) == (safe, mine)


def test_locks() -> None:
    mine, theirs = lock_id(VAULT), f"{KEYS}/{LOCKS}/x"
    found = leftovers(seen(locks=(row(mine), row(theirs), row(f"{GROUP}/providers/Microsoft.Else/y/z/{LOCKS}/o"))))
    locks = {one.id: one for one in found if one.kind == "lock"}
    assert {key: (one.ours, one.safe) for key, one in locks.items()} == {mine: (True, True), theirs: (False, False)}
    kinds = by_kind(found)
    assert mine in kinds["vault"].first and mine in kinds["extension"].first
    assert not kinds["key_vault"].safe and "somebody else's" in kinds["key_vault"].why_not


@pytest.mark.parametrize("scope", [GROUP, "/subscriptions/s"])
def test_a_lock_above_stands_over_everything(scope: str) -> None:
    found = leftovers(seen(locks=(row(f"{scope}/{LOCKS}/x"),)))
    assert {one.kind for one in found if one.safe} == {"application"}


@given(st.booleans(), st.booleans())
def test_the_resource_group_goes_when_it_is_ours_and_nothing_else_is_in_it(mine: bool, others: bool) -> None:
    group = row(GROUP, {ours.TAG: "p"} if mine else {})
    more = (row(f"{GROUP}/providers/Microsoft.Else/things/x"),) if others else ()
    there = seen(group=group, contents=(*seen().contents, *more))
    found = by_kind(leftovers(there)).get("resource_group")
    assert (found is not None) is mine
    if found is not None:
        assert found.safe is not others
        assert set(found.first) == {str(one["id"]) for one in there.contents}


def test_nothing_is_safe_while_items_are_left() -> None:
    found = leftovers(seen(items=("a", "b", "c", "d"), appliance_vms=(("src", True),), attribute_marks=4))
    assert found and all("4 protected items are left: a, b, c" in one.why_not for one in found)


NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ENABLED = marks.encode(marks.Mark(enabled_at=NOW))
SENT = marks.encode(marks.Mark(enabled_at=NOW, cutover_at=NOW))


@pytest.mark.parametrize(
    ("mark", "power", "connects", "kept_back", "goes_on"),
    [
        ("", "on", True, "", False),
        ("somebody else's text", "on", True, "", False),
        (marks.encode(marks.Mark(wave="1")), "on", True, "", False),
        (ENABLED, "on", True, "", True),
        (ENABLED, "off", False, "", True),
        (SENT, "on", False, "", True),
        (SENT, "suspended", False, "", True),
        (SENT, "off", True, "", True),
        (SENT, "off", False, "", False),
        (SENT, "off", False, "guest.net", False),
        (SENT, "off", False, "config.hardware.device", True),
        ("", "off", False, "customValue", True),
    ],
)
def test_whether_a_mark_is_of_a_migration_that_goes_on(
    mark: str, power: str, connects: bool, kept_back: str, goes_on: bool
) -> None:
    holes = [{"path": kept_back}] if kept_back else []
    vm = {"mark": mark or None, "power": power, "nics": [{"start_connected": connects}], "unreadable": holes}
    assert is_migrating(vm) is goes_on


def test_the_attribute_is_not_safe_while_a_migration_goes_on() -> None:
    found = by_kind(leftovers(seen(attribute_marks=5, migrating=("a", "b"))))["vcenter_attribute"]
    assert not found.safe and "2 VMs" in found.why_not and "a, b" in found.why_not and found.how
    assert by_kind(leftovers(seen(attribute_marks=5)))["vcenter_attribute"].safe


def test_only_the_roles_of_our_guide_are_listed() -> None:
    found = [one for one in leftovers(seen(roles=("Admin", *OUR_ROLES))) if one.kind == "vcenter_role"]
    assert sorted(one.name for one in found) == sorted(OUR_ROLES) and {one.id for one in found} < set(IN_VCENTER)


def test_an_application_that_may_not_be_read_is_said_so() -> None:
    found = by_kind(leftovers(seen(applications={"app-1": None})))["application"]
    assert found.name == "app-1" and "cannot be read" in found.note and found.how == "az ad app delete --id app-1"


# -- choosing --------------------------------------------------------------------------------------------------------

EVERYTHING = leftovers(seen(locks=(row(lock_id(VAULT)),), attribute_marks=0))


@given(st.lists(st.sampled_from(EVERYTHING), unique=True), st.booleans(), st.booleans())
def test_what_is_named_is_chosen_in_the_order_in_which_it_can_go(
    picked: list[Leftover], ids_: bool, upper: bool
) -> None:
    names = [one.id if ids_ else one.name for one in picked]
    found, unknown, unclear = chosen([name.upper() if upper else name for name in names], EVERYTHING)
    assert found == [one for one in EVERYTHING if one in picked] and unknown == unclear == []
    assert [ORDER[one.kind] for one in found] == sorted(ORDER[one.kind] for one in found)


@given(st.lists(st.sampled_from(EVERYTHING), unique=True))
def test_what_goes_first_is_chosen_or_named(picked: list[Leftover]) -> None:
    early = too_early(picked, EVERYTHING)
    for one in picked:
        missing = [other for other in EVERYTHING if other.id in one.first and other not in picked]
        assert {other.id for other in early.get(one.name, [])} == {other.id for other in missing}
    assert too_early(EVERYTHING, EVERYTHING) == {}


@given(st.text())
def test_any_other_name_is_unknown(name: str) -> None:
    known = {text.lower() for one in EVERYTHING for text in (one.id, one.id.strip("/"), one.name)}
    if name.lower().strip().strip("/") not in known and name.lower() not in known:
        assert chosen([name], EVERYTHING) == ([], [name], [])


def test_a_name_that_two_bear_is_neither() -> None:
    twins = [dataclasses.replace(EVERYTHING[0], id=f"{EVERYTHING[0].id}{number}") for number in range(2)]
    name = EVERYTHING[0].name
    assert chosen([name], twins) == ([], [], [name])
    assert chosen([twins[1].id], twins) == ([twins[1]], [], [])


def test_what_stands_on_something_goes_before_it_always() -> None:
    at = {one.id.lower(): ORDER[one.kind] for one in EVERYTHING}
    for one, first in itertools.product(EVERYTHING, EVERYTHING):
        if first.id in one.first:
            assert at[first.id.lower()] < at[one.id.lower()]
