# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is there of an infrastructure to steps, refusals and waits."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import ids
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.infrastructure import (
    ROLES,
    STORAGE_KEY,
    Item,
    Lock,
    Minutes,
    Part,
    Seen,
    Vault,
    lock_id,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.infrastructure_plan import Plan, plan
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.infrastructure_problems import asked, passes

from .infrastructure_samples import (
    ACCOUNT,
    FRESH,
    SOURCE,
    SOURCE_FABRIC,
    TARGET,
    TARGET_FABRIC,
    VAULT,
    WANTED,
    account,
    extension,
    followed,
    foreign,
    policy,
    ready,
    solution,
)

READY = ready()
ITEM = Item(name="vm-1", policy=policy().name, extension=extension().name)
LOG = "/subscriptions/s/resourceGroups/r/providers/Microsoft.OperationalInsights/workspaces/log"


def codes(found: Plan) -> list[str]:
    return [problem.code for problem in found.refusals]


def wanted(**changed: Any) -> Any:
    return dataclasses.replace(WANTED, **changed)


# -- what is asked ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "changed"),
    [
        ("cache_storage_account", {"account": "My-Cache"}),
        ("diagnostics.workspace_id", {"diagnostics": {"workspace_id": "log"}}),
        ("diagnostics.storage_account_id", {"diagnostics": {"workspace_id": LOG, "storage_account_id": LOG}}),
    ],
)
def test_what_is_no_resource_is_told_before_anything_is_read(option: str, changed: dict[str, Any]) -> None:
    [problem] = asked(wanted(**changed))
    assert (problem.code, problem.field, problem.blocks) == ("bad_resource_id", option, True)
    assert option in problem.text


def test_our_own_tag_is_not_for_others_to_set() -> None:
    assert [problem.code for problem in asked(wanted(tags={"AzLocal.Migrate": "mine"}))] == ["reserved_tag"]


def test_names_and_ids_are_understood() -> None:
    sinks = {"workspace_id": LOG, "storage_account_id": ACCOUNT}
    assert [*asked(wanted(account="mycache01", diagnostics=sinks))] == []
    assert [*asked(wanted(account=ACCOUNT, diagnostics={"workspace_id": LOG, "storage_account_id": ""}))] == []


# -- the whole way ------------------------------------------------------------------------------------------------


def test_nothing_is_left_to_do_where_all_is_there() -> None:
    found = plan(READY, WANTED)
    assert (found.steps, found.problems, found.wait) == ((), (), None)


def test_from_a_registered_pair_to_a_ready_one() -> None:
    seen, taken = followed(FRESH)
    kinds = Counter(step.kind for step in taken)
    assert kinds == {"vault": 1, "policy": 1, "account": 1, "grant": 6, "solution": 1, "extension": 1}
    assert [step.kind for step in taken][-1] == "extension", "it needs everything else"
    assert seen.extension is not None and seen.extension.account_id == ACCOUNT
    assert dict(seen.solution.details) == {**FRESH.solution.details, STORAGE_KEY: ACCOUNT}
    assert (seen.solution.tool, seen.solution.purpose) == ("ServerMigration_DataReplication", "Migration")


def test_the_plan_tells_beforehand_all_that_will_be_done() -> None:
    """Check mode: a role whose holder is made on the way has no id yet, and everything else is as it will be."""
    told = plan(FRESH, WANTED).steps
    _seen, taken = followed(FRESH)
    assert [step.does for step in told] == [step.does for step in taken]
    assert [step.path for step in told if step.path] == [step.path for step in taken if "the vault on" not in step.what]
    assert [step.what for step in told if not step.path] == [
        f"role {role} of the vault on the cache storage account" for role in ROLES
    ]


def test_six_assignments_have_the_same_six_names_in_every_run() -> None:
    def names() -> list[str]:
        return [step.path for step in followed(FRESH)[1] if step.kind == "grant"]

    assert names() == names() and len(set(names())) == 6
    upper = dataclasses.replace(FRESH, account_id=ACCOUNT.upper(), account=account(id=ACCOUNT.upper()))
    again = [step.path for step in followed(upper)[1] if step.kind == "grant"]
    assert list(map(ids.name, again)) == list(map(ids.name, names())), "the case of an id is arbitrary"


def test_a_role_that_is_there_under_any_name_is_not_given_again() -> None:
    given = tuple(dataclasses.replace(grant, id=f"other-{number}") for number, grant in enumerate(READY.grants))
    assert plan(dataclasses.replace(READY, grants=given), WANTED).steps == ()
    conditional = dataclasses.replace(READY, grants=(dataclasses.replace(given[0], conditional=True), *given[1:]))
    found = plan(conditional, WANTED)
    assert found.steps == () and [problem.code for problem in found.problems] == ["assignment_conditional"]
    assert "other-0" in found.warnings[0] and "role Contributor of the vault" in found.warnings[0]
    [step] = plan(dataclasses.replace(READY, grants=given[1:]), WANTED).steps
    assert step.kind == "grant" and step.body is not None
    assert step.body["properties"]["principalId"] == given[0].principal


@given(st.data())
def test_a_run_that_ended_anywhere_is_taken_up(data: st.DataObject) -> None:
    """Whatever subset of the parts is there: the next run makes the rest, and makes nothing twice."""
    whole = READY
    parts: dict[str, Any] = {
        "vault": FRESH.vault,
        "policy": None,
        "grants": data.draw(st.sets(st.sampled_from(whole.grants)).map(tuple)),
        "solution": FRESH.solution,
        "extensions": (),
    }
    lacking = data.draw(st.sets(st.sampled_from(sorted(parts))))
    seen = dataclasses.replace(whole, **{name: parts[name] for name in lacking})
    end, taken = followed(seen)
    assert plan(end, WANTED).steps == ()
    assert max(Counter((step.verb, step.path) for step in taken).values(), default=1) == 1
    assert not any(step.kind == "account" for step in taken)


# -- waiting ------------------------------------------------------------------------------------------------------


def test_without_a_vault_there_is_nothing_to_do_but_to_say_who_must_register() -> None:
    found = plan(dataclasses.replace(FRESH, vault=None, solution=solution({})), WANTED)
    assert found.steps == () and found.problems == () and found.wait is not None
    assert "no replication vault yet; Azure makes it at registration" in found.wait.what
    assert (found.wait.data["appliance"], found.wait.data["project"]) == ("src", "mig")
    assert "https://src:44368" in found.wait.where


def test_what_can_be_done_is_done_while_the_target_appliance_is_waited_for() -> None:
    nobody = dataclasses.replace(TARGET, fabric_id="", principal="", responsive=False)
    seen, taken = followed(dataclasses.replace(FRESH, target=nobody))
    assert Counter(step.kind for step in taken) == {"vault": 1, "policy": 1, "account": 1, "grant": 4, "solution": 1}
    found = plan(seen, WANTED)
    assert found.wait is not None and found.wait.data["appliance"] == "tgt"
    end, rest = followed(dataclasses.replace(seen, target=TARGET))
    assert [step.kind for step in rest] == ["grant", "grant", "extension"]
    assert plan(end, WANTED).wait is None


@pytest.mark.parametrize(
    ("side", "known", "word", "place"),
    [
        ("target", {"site_id": ""}, "Generate its project key", "portal"),
        ("target", {}, "Paste its project key", "https://tgt:44368"),
        ("target", {"registered": True}, "press Configure", "https://tgt:44368"),
        ("source", {"registered": True}, "within minutes", "https://src:44368"),
    ],
)
def test_the_next_thing_that_an_appliance_lacks_is_named(side: str, known: Any, word: str, place: str) -> None:
    whole = TARGET if side == "target" else SOURCE
    found = plan(
        dataclasses.replace(FRESH, **{side: dataclasses.replace(whole, fabric_id="", principal="", **known)}), WANTED
    )
    assert found.wait is not None and word in found.wait.what and place in found.wait.where


@pytest.mark.parametrize("state", ["Creating", "Updating", "Deleting"])
def test_what_the_service_is_at_work_on_is_waited_for(state: str) -> None:
    for changed in ({"extensions": (extension(state=state),)}, {"policy": policy(state=state)}):
        found = plan(dataclasses.replace(READY, **changed), WANTED)
        assert [step.verb for step in found.steps] == ["wait"] and found.problems == ()
        assert not any(step.changes for step in found.steps)


# -- policy -------------------------------------------------------------------------------------------------------

SWAPPED = policy(Minutes(crash_consistent=240, app_consistent=60))


@pytest.mark.parametrize("items", [None, (), (ITEM,)])
def test_a_swapped_policy_is_a_warning_and_stays(items: tuple[Item, ...] | None) -> None:
    found = plan(dataclasses.replace(READY, policy=SWAPPED, items=items), WANTED)
    assert found.steps == () and found.refusals == []
    [warning] = found.warnings
    assert "4320 / 240 / 60" in warning and "swapped" in warning and "4320 / 60 / 240 is wanted" in warning


def test_a_policy_is_rewritten_on_request_but_never_under_items() -> None:
    free = dataclasses.replace(READY, policy=SWAPPED, items=())
    [step] = plan(free, wanted(replace=True)).steps
    assert (step.kind, step.verb, step.before, step.after) == ("policy", "put", "4320 / 240 / 60", "4320 / 60 / 240")
    used = plan(dataclasses.replace(free, items=(ITEM,)), wanted(replace=True))
    assert used.steps == () and len(used.warnings) == 1


def test_a_policy_may_be_wanted_otherwise() -> None:
    hour = Minutes(history=1440, crash_consistent=60, app_consistent=120)
    [step] = [step for step in followed(FRESH, wanted(policy=hour))[1] if step.kind == "policy"]
    assert step.body is not None
    assert step.body["properties"]["customProperties"]["recoveryPointHistoryInMinutes"] == 1440


# -- leftovers ----------------------------------------------------------------------------------------------------

FAILED = extension(state="Failed", reason_code="2100020", reason="The storage account is elsewhere")
LEFTOVERS: dict[str, tuple[str, dict[str, Any]]] = {
    "failed policy": ("policy_failed", {"policy": policy(state="Failed")}),
    "cancelled policy": ("policy_failed", {"policy": policy(state="Canceled")}),
    "failed extension": ("extension_failed", {"extensions": (FAILED,)}),
    "cancelled extension": ("extension_failed", {"extensions": (extension(state="Canceled"),)}),
    "other account": (
        "extension_other_account",
        {"extensions": (extension(custom={"storageAccountId": f"{ACCOUNT}9"}),)},
    ),
    "other fabrics under our name": (
        "extension_foreign",
        {"extensions": (extension(custom={"vmwareFabricArmId": f"{SOURCE_FABRIC}9"}),)},
    ),
    "of other appliances": ("extension_foreign", {"extensions": (foreign(),)}),
}


@pytest.mark.parametrize("what", LEFTOVERS)
def test_a_leftover_is_named_and_nothing_is_begun(what: str) -> None:
    code, changed = LEFTOVERS[what]
    fresh = dataclasses.replace(FRESH, **changed)
    found = plan(fresh, WANTED)
    assert codes(found) == [code] and found.steps == ()
    [problem] = found.refusals
    part = changed.get("policy") or changed["extensions"][0]
    assert part.name in problem.text and "replace: true" in problem.remedy


@pytest.mark.parametrize("what", LEFTOVERS)
def test_a_leftover_is_replaced_on_request(what: str) -> None:
    _code, changed = LEFTOVERS[what]
    end, taken = followed(dataclasses.replace(READY, **changed, items=()), wanted(replace=True))
    assert [(step.kind, step.verb) for step in taken][:1] in ([("policy", "delete")], [("extension", "delete")])
    assert end.extension is not None and end.extension.account_id == ACCOUNT and end.foreign == []
    assert plan(end, WANTED).problems == ()


@pytest.mark.parametrize("what", LEFTOVERS)
def test_a_leftover_that_vms_use_is_not_replaced(what: str) -> None:
    _code, changed = LEFTOVERS[what]
    part: Part = changed.get("policy") or changed["extensions"][0]
    known = Item(name="vm-1", policy=part.name.upper(), extension=part.name)
    for user in (known, Item(name="vm-1", policy="", extension="")):
        found = plan(dataclasses.replace(READY, **changed, items=(user,)), wanted(replace=True))
        assert codes(found) == ["infrastructure_in_use"] and "vm-1" in found.refusals[0].text and found.steps == ()


def test_the_reason_of_a_failure_is_told() -> None:
    [problem] = plan(dataclasses.replace(READY, extensions=(FAILED,)), WANTED).refusals
    assert "Failed: The storage account is elsewhere (2100020)" in problem.text


def test_an_extension_of_others_beside_ours_is_only_told() -> None:
    found = plan(dataclasses.replace(READY, extensions=(extension(), foreign("Failed"))), WANTED)
    assert found.steps == () and found.refusals == [] and foreign().name in found.warnings[0]


# -- what passes by itself ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "code", "text", "expected"),
    [
        ("grant", "PrincipalNotFound", "Principal p does not exist in the directory.", True),
        ("grant", "AuthorizationFailed", "does not have authorization to perform action 'x/write'", False),
        ("extension", "AuthorizationFailed", "The vault has no authorization on the storage account.", True),
        ("extension", "2100021", "AuthorizationPermissionMismatch: the vault is not authorized on x.", True),
        ("extension", "2100020", "The storage account is in 'eastus'.", False),
        (
            "extension",
            "AuthorizationFailed",
            "does not have authorization to perform action "
            "'Microsoft.DataReplication/replicationVaults/replicationExtensions/write' over scope 'x'",
            False,
        ),
        ("policy", "RetryableError", "later", False),
    ],
)
def test_what_passes_by_itself(kind: str, code: str, text: str, expected: bool) -> None:
    assert passes(kind, code, text) is expected


NO_ROLE_YET = extension(state="Failed", reason_code="2100021", reason="the vault (p) is not authorized on the account")
LACKED: Seen = dataclasses.replace(READY, extensions=(NO_ROLE_YET,), items=(), extension_is_ours=True)


def test_an_extension_of_ours_that_failed_for_want_of_roles_is_made_anew_unasked() -> None:
    other = Item(name="vm-2", policy="of-others", extension="of-others")
    for items in ((), (other,)):
        _end, taken = followed(dataclasses.replace(LACKED, items=items))
        assert [(step.kind, step.verb) for step in taken] == [("extension", "delete"), ("extension", "put")]


@pytest.mark.parametrize(
    "changed",
    [
        {"extension_is_ours": False},
        {"items": None},
        {"items": (ITEM,)},
        {"items": (Item(name="vm-1", policy="", extension=""),)},
        {"extensions": (dataclasses.replace(NO_ROLE_YET, reason_code="1", reason="Out of order"),)},
    ],
)
def test_without_all_of_that_it_is_replaced_on_request_only(changed: dict[str, Any]) -> None:
    seen: Seen = dataclasses.replace(LACKED, **changed)
    found = plan(seen, WANTED)
    assert codes(found) == ["extension_failed"] and found.steps == ()
    asked_for = plan(seen, wanted(replace=True))
    assert codes(asked_for) == (["infrastructure_in_use"] if seen.items else [])


# -- a dead target appliance --------------------------------------------------------------------------------------

OLD_TARGET = f"{TARGET_FABRIC[:-20]}0old"
OLD = dataclasses.replace(
    extension(custom={"azStackHciFabricArmId": OLD_TARGET}),
    id=f"{VAULT}/replicationExtensions/{ids.name(SOURCE_FABRIC)}-{ids.name(OLD_TARGET)}-MigReplicationExtn",
)


@pytest.mark.parametrize("replace", [False, True])
def test_the_extension_of_a_dead_target_appliance_stays_beside_ours(replace: bool) -> None:
    items = (Item(name="vm-1", policy=policy().name, extension=OLD.name),)
    seen: Seen = dataclasses.replace(READY, extensions=(OLD,), items=items)
    assert codes(plan(seen, WANTED)) == ["extension_foreign"], "unless somebody says that it is dead"
    seen = dataclasses.replace(seen, replaced_fabric_id=OLD_TARGET.upper())
    end, taken = followed(seen, wanted(replaces="old", replace=replace))
    assert [(step.kind, step.verb) for step in taken] == [("extension", "put")]
    assert end.foreign == [OLD] and end.extension is not None
    [warning] = plan(end, wanted(replaces="old")).warnings
    assert OLD.name in warning and "delete it once no VM uses it" in warning


@pytest.mark.parametrize("dead", ["", f"{OLD_TARGET}er"], ids=["no fabric", "another one"])
@pytest.mark.parametrize("theirs", [foreign(), OLD], ids=["of another pair", "of our source appliance"])
def test_naming_a_dead_target_appliance_excuses_no_other_pair(theirs: Part, dead: str) -> None:
    """Our source appliance may have been joined to a third one, which is in use."""
    seen = dataclasses.replace(READY, extensions=(theirs,), replaced_fabric_id=dead)
    assert codes(plan(seen, wanted(replaces="old"))) == ["extension_foreign"]


# -- appliances ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_silent_agent_stops_a_new_pair_and_is_told_of_an_old_one(side: str) -> None:
    silent = dataclasses.replace(SOURCE if side == "source" else TARGET, responsive=False, last_heartbeat="long ago")
    found = plan(dataclasses.replace(FRESH, **{side: silent}), WANTED)
    assert codes(found) == ["agent_silent"] and "long ago" in found.refusals[0].text
    later = plan(dataclasses.replace(READY, **{side: silent}), WANTED)
    assert later.refusals == [] and later.steps == () and len(later.warnings) == 1


# -- account ------------------------------------------------------------------------------------------------------


def test_an_account_that_is_still_being_made_is_waited_for() -> None:
    found = plan(dataclasses.replace(READY, account=account(state="ResolvingDNS")), WANTED)
    assert [(step.kind, step.verb) for step in found.steps] == [("account", "wait")]


@pytest.mark.parametrize(("origin", "code"), [("given", "cache_account_missing"), ("linked", "cache_account_gone")])
def test_an_account_that_is_not_there_is_not_made_in_its_place(origin: Any, code: str) -> None:
    found = plan(dataclasses.replace(FRESH, account_origin=origin), WANTED)
    assert codes(found) == [code] and ACCOUNT in found.refusals[0].text


def test_an_account_that_is_closed_stops_everything_before_it_begins() -> None:
    found = plan(dataclasses.replace(FRESH, account=account(firewall="Deny")), WANTED)
    assert codes(found) == ["cache_account_closed"] and found.steps == ()


def test_another_account_than_the_one_linked_is_not_used() -> None:
    found = plan(READY, wanted(account=f"{ACCOUNT}9"))
    assert found.steps == () and found.refusals == [] and "is not used" in found.warnings[0]


def test_every_detail_of_the_solution_is_kept() -> None:
    details = {"vaultId": VAULT, "aszmigratedCount": "5", "somethingNew": "x"}
    [step] = plan(dataclasses.replace(READY, solution=solution(details)), WANTED).steps
    assert step.kind == "solution" and step.body is not None
    assert step.body["etag"] == '"7"'
    assert step.body["properties"]["details"] == {
        "groupCount": 0,
        "assessmentCount": 0,
        "extendedDetails": {**details, STORAGE_KEY: ACCOUNT},
    }


# -- identity -----------------------------------------------------------------------------------------------------


def test_an_identity_of_the_customer_stays_beside_ours() -> None:
    vault = Vault(id=VAULT, identity_type="UserAssigned", user_identities=("/id/one",))
    step = plan(dataclasses.replace(FRESH, vault=vault), WANTED).steps[0]
    assert step.body == {"identity": {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {"/id/one": {}}}}


# -- locks and diagnostics ----------------------------------------------------------------------------------------


def test_locks_are_left_alone_unless_something_is_said_of_them() -> None:
    ours = tuple(Lock(id=lock_id(scope), level="CanNotDelete") for scope in (VAULT, SOURCE_FABRIC, TARGET_FABRIC))
    assert plan(dataclasses.replace(READY, locks=ours), WANTED).steps == ()
    unlocked, taken = followed(dataclasses.replace(READY, locks=ours), wanted(locks=False))
    assert unlocked.locks == () and len(taken) == 3
    locked, taken = followed(unlocked, wanted(locks=True))
    assert {lock.scope for lock in locked.locks or ()} == {lock.scope for lock in ours} and len(taken) == 3
    assert plan(locked, wanted(locks=True)).steps == ()


def test_a_lock_of_the_customer_counts_and_is_never_taken() -> None:
    theirs = Lock(id=f"{VAULT}/providers/Microsoft.Authorization/locks/theirs", level="CanNotDelete")
    seen: Seen = dataclasses.replace(READY, locks=(theirs,))
    assert [step.path for step in plan(seen, wanted(locks=True)).steps] == [
        lock_id(SOURCE_FABRIC),
        lock_id(TARGET_FABRIC),
    ]
    assert plan(seen, wanted(locks=False)).steps == ()


def test_the_logs_of_the_vault_go_where_they_shall() -> None:
    asked = wanted(diagnostics={"workspace_id": LOG})
    end, [step] = followed(dataclasses.replace(READY, diagnostics={}), asked)
    assert step.body is not None and step.body["properties"]["workspaceId"] == LOG
    assert plan(end, asked).steps == ()
    [step] = plan(end, wanted(diagnostics={"workspace_id": f"{LOG}2"})).steps
    assert step.before == {"workspaceId": LOG, "storageAccountId": ""}
