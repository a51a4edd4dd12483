# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The replication infrastructure against the lab, on virtual time: made, kept, refused, replaced, taken back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError, Conflict
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import ids as arm_ids
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import ours
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.cache_account import names as account_names
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.infrastructure_plan import plan
from ansible_collections.azlocal.migrate.plugins.module_utils.services.infrastructure import Outcome
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project_setup import ProjectSetup
from ansible_collections.azlocal.migrate.tests.support import azure_prepare
from ansible_collections.azlocal.migrate.tests.support.azure_lab import DR, create_body
from ansible_collections.azlocal.migrate.tests.support.azure_time import TimedAzure
from ansible_collections.azlocal.migrate.tests.support.harness import easy
from ansible_collections.azlocal.migrate.tests.support.infrastructure_on_lab import (
    ACCOUNTS,
    SCOPE,
    picture,
    strip,
    work,
)
from ansible_collections.azlocal.migrate.tests.support.killed import Ground
from ansible_collections.azlocal.migrate.tests.support.project_on_lab import WANTED as PROJECT
from ansible_collections.azlocal.migrate.tests.support.records import Request
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab import names
from lab.azure import ids, storage
from lab.switches import Switches

MOST_REQUESTS = 15
OURS, CLI, TERRAFORM = account_names(ids.SOURCE_SITE, names.SOURCE_APPLIANCE, names.PROJECT)
LOGS = {
    "workspace_id": f"{ids.SUBSCRIPTION}/resourceGroups/rg-logs/providers/Microsoft.OperationalInsights/workspaces/log"
}
StartGround = Callable[..., Ground]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartGround]:
    started: list[Ground] = []

    def begin(*, stage: str = "ready", estate: Any = "empty", **switches: Any) -> Ground:
        folder = tmp_path / f"lab{len(started)}"
        started.append(Ground(folder, switches=Switches(**switches), stage=stage, estate=estate))
        return started[-1]

    yield begin
    for ground in started:
        ground.lab.stop()


@pytest.fixture
def ready(start: StartGround) -> Ground:
    """Somebody has prepared everything with the portal."""
    return start()


@pytest.fixture
def fresh(ready: Ground) -> Ground:
    """Both appliances are registered, and nothing else is done."""
    strip(ready)
    return ready


def present(ground: Ground, **asked: Any) -> Outcome:
    with ground.arm() as arm:
        return work(arm, **asked).present()


def absent(ground: Ground, **asked: Any) -> Outcome:
    with ground.arm() as arm:
        return work(arm, **asked).absent()


def does(outcome: Outcome) -> list[str]:
    return [step.does for step in outcome.steps]


def asked_of(ground: Ground, moment: int) -> list[Request]:
    return [request for request in ground.records.since(moment) if not request.is_discovery]


def refused(ground: Ground, code: str, **asked: Any) -> ClientError:
    """It is refused with this code and a remedy, and nothing is written."""
    moment = ground.records.moment()
    with pytest.raises(ClientError) as caught:
        present(ground, **asked)
    assert (caught.value.code, bool(caught.value.remedy)) == (code, True), caught.value
    assert ground.accepted(moment) == []
    return caught.value


def protect(ground: Ground) -> dict[str, Any]:
    """A VM that replicates."""
    session = TimedAzure(ground.lab)
    machine: dict[str, Any] = session.machines()[0]
    assert session.put(machine, create_body(machine)).ok
    return machine


def fail(ground: Ground, code: str) -> None:
    """The extension is made once more, by whomever, and its job fails."""
    message = f"The vault is not authorized ({code})." if code == "AuthorizationFailed" else "Out of order."
    job = "Create or update replication extension"
    ground.lab.faults.add({"kind": "job", "job": job, "code": code, "message": message})
    session = TimedAzure(ground.lab)
    custom = ground.azure.parts[ids.EXTENSION.lower()].custom
    reply = session.call("PUT", ids.EXTENSION, DR, {"properties": {"customProperties": dict(custom)}})
    assert session.ended(reply)["status"] == "Failed"


def make_account(ground: Ground, name: str, **changed: Any) -> str:
    """One that somebody else has made."""
    arm_id = f"{ACCOUNTS}/{name}"
    body = {"sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "location": names.LOCATION, "tags": {}}
    with ground.azure.world.lock:
        kept = {**body, "properties": storage.usual("Succeeded"), **changed}
        ground.azure.resources.save(arm_id, storage.TYPE, kept)
    return arm_id


def details(ground: Ground) -> dict[str, str]:
    solution = ground.azure.resources.find(ids.MIGRATION_SOLUTION)
    assert solution is not None
    return dict(solution.properties["extendedDetails"])


# -- prepared -----------------------------------------------------------------------------------------------------


def test_a_prepared_project_costs_a_few_reads_and_no_write(ready: Ground) -> None:
    moment = ready.records.moment()
    outcome = present(ready)
    requests = asked_of(ready, moment)
    assert (does(outcome), outcome.warnings, outcome.wait) == ([], [], None)
    assert {request.method for request in requests} == {"GET"} and ready.accepted(moment) == []
    assert len(requests) <= MOST_REQUESTS, [request.bare for request in requests]
    assert outcome.facts()["extension"] == ids.EXTENSION_NAME


def test_all_that_can_be_asked_for_costs_no_more_than_that(fresh: Ground) -> None:
    asked: dict[str, Any] = {"locks": True, "diagnostics": LOGS}
    assert len(present(fresh, **asked).steps) == 15
    moment = fresh.records.moment()
    assert does(present(fresh, **asked)) == []
    requests = asked_of(fresh, moment)
    assert len(requests) <= MOST_REQUESTS and {request.method for request in requests} == {"GET"}


def test_check_mode_tells_all_and_writes_nothing(fresh: Ground) -> None:
    moment = fresh.records.moment()
    planned = present(fresh, check=True)
    assert not [request for request in asked_of(fresh, moment) if request.write]
    done = present(fresh)
    assert does(planned) == does(done) and planned.diff == done.diff
    assert does(present(fresh, check=True)) == []


# -- made ---------------------------------------------------------------------------------------------------------


def test_a_registered_pair_is_made_ready(fresh: Ground) -> None:
    before = details(fresh)
    outcome = present(fresh)
    account = fresh.azure.resources.find(f"{ACCOUNTS}/{OURS}")
    assert account is not None and outcome.facts()["cache_storage_account_id"] == account.id
    assert (account.body["kind"], account.body["sku"]["name"], account.body["location"]) == (
        "StorageV2",
        "Standard_LRS",
        names.LOCATION,
    )
    assert account.properties["minimumTlsVersion"] == "TLS1_2" and not account.properties["allowBlobPublicAccess"]
    assert account.properties["publicNetworkAccess"] == "Enabled"
    assert account.body["tags"] == {"Migrate Project": names.PROJECT, ours.TAG: names.PROJECT}
    assert before.items() <= details(fresh).items()
    assert details(fresh)["replicationStorageAccountId"] == account.id
    grants = [row for row in picture(fresh)["assignments"] if row[2] == account.key]
    assert len(grants) == 6 and len({who for who, _role, _scope in grants}) == 3
    with fresh.arm() as arm:  # and it is what a replication needs
        see = work(arm).reader.project
        assert (see.policy_name, see.extension_name) == (ids.POLICY_NAME, ids.EXTENSION_NAME)
    moment = fresh.records.moment()
    assert does(present(fresh)) == [] and fresh.accepted(moment) == []


def test_from_a_bare_project_each_registration_brings_it_further(start: StartGround) -> None:
    ground = start(stage="bare", estate=easy_two)
    with ground.arm() as arm:
        ProjectSetup(arm, PROJECT).present()
    nothing = present(ground)
    assert does(nothing) == [] and nothing.waiting_for is not None
    assert nothing.waiting_for["data"]["appliance"] == names.SOURCE_APPLIANCE
    session = TimedAzure(ground.lab)
    azure_prepare.connect(session, names.SOURCE_APPLIANCE, azure_prepare.SOURCE)
    half = present(ground)
    assert [step.kind for step in half.steps].count("grant") == 4
    assert half.waiting_for is not None and half.waiting_for["data"]["appliance"] == names.TARGET_APPLIANCE
    assert "project key" in half.waiting_for["what"]
    azure_prepare.connect(session, names.TARGET_APPLIANCE, azure_prepare.TARGET)
    whole = present(ground)
    assert [step.kind for step in whole.steps] == ["grant", "grant", "extension"] and whole.wait is None
    moment = ground.records.moment()
    assert does(present(ground)) == [] and ground.accepted(moment) == []
    assert absent(ground).steps and present(ground).steps  # and back, and again


def easy_two(world: Any) -> None:
    easy(2)(world, 1)


@pytest.mark.parametrize("name", [CLI, TERRAFORM])
def test_an_account_that_another_tool_has_made_is_taken(fresh: Ground, name: str) -> None:
    arm_id = make_account(fresh, name)
    assert present(fresh).facts()["cache_storage_account_id"] == arm_id
    assert not [step for step in absent(fresh).steps if step.kind == "account"], "it is not ours to remove"
    assert fresh.azure.resources.find(arm_id) is not None


def test_the_account_that_is_given_is_taken(fresh: Ground) -> None:
    arm_id = make_account(fresh, "mycache01")
    assert present(fresh, account=arm_id).facts()["cache_storage_account_id"] == arm_id
    other = present(fresh, account="another01")
    assert does(other) == [] and "mycache01 already" in other.warnings[0]


# -- Azure takes its time -----------------------------------------------------------------------------------------


@pytest.mark.behaviour("assignment_lag")
@thrown("assignment_lag_s", 0.0, 300.0)
def test_a_list_of_roles_that_lags_makes_no_second_write(start: StartGround, setting: float) -> None:
    ground = start(assignment_lag_s=setting)
    strip(ground)
    present(ground)
    moment = ground.records.moment()
    assert does(present(ground)) == [] and ground.accepted(moment) == []


def test_a_role_that_is_not_in_effect_yet_is_waited_for_by_trying_again(start: StartGround) -> None:
    ground = start(role_propagation_s=400.0)
    strip(ground)
    outcome = present(ground)
    assert does(outcome)[-1] == f"make replication extension {ids.EXTENSION_NAME}"
    assert len([text for text in does(outcome) if "extension" in text]) == 1, "what is made anew is told once"
    puts = [
        request
        for request in ground.accepted()
        if request.method == "PUT" and "/replicationextensions/" in request.bare.lower()
    ]
    assert 2 <= len(puts) <= 4
    assert ground.clock.monotonic() <= 400 + 131 + 300


def test_a_role_that_does_not_come_into_effect_is_told_with_the_reason(start: StartGround) -> None:
    ground = start(role_propagation_s=50000.0)
    strip(ground)
    with pytest.raises(ClientError, match="is not authorized on the storage account") as caught:
        present(ground, timeout_s=600)
    assert caught.value.done[:2] == ("make identity of the vault", f"make replication policy {ids.POLICY_NAME}")
    ground.clock.sleep(50000)
    assert does(present(ground)) == [f"make replication extension {ids.EXTENSION_NAME}"]


@pytest.mark.parametrize(
    "path",
    ["/replicationpolicies/", "/storageaccounts/[^/]+$", "/roleassignments/", "/replicationextensions/", "/solutions/"],
)
def test_a_lost_reply_is_looked_after(fresh: Ground, path: str) -> None:
    fresh.lab.faults.add({"kind": "reply", "system": "azure", "method": "PUT", "path": path, "lost": True})
    moment = fresh.records.moment()
    present(fresh)
    puts = [request.bare.lower() for request in fresh.accepted(moment) if request.method == "PUT"]
    assert len(puts) == len(set(puts)) == 10
    assert does(present(fresh)) == []


def test_the_identity_of_the_vault_survives_a_lost_reply(fresh: Ground) -> None:
    fresh.lab.faults.add(
        {"kind": "reply", "system": "azure", "method": "PATCH", "path": "/replicationvaults/", "lost": True}
    )
    moment = fresh.records.moment()
    present(fresh)
    assert len([request for request in fresh.accepted(moment) if request.method == "PATCH"]) == 1


# -- others work on it too ----------------------------------------------------------------------------------------


def test_a_detail_that_the_service_writes_meanwhile_is_not_lost(fresh: Ground) -> None:
    """The solution is read, somebody adds a detail, and our write is refused: it is read and written again."""
    azure, pending = fresh.azure, ["once"]

    def meanwhile(exchange: Any) -> None:
        account = azure.resources.find(f"{ACCOUNTS}/{OURS}")
        if account is not None and exchange.method == "GET" and "/solutions/" in exchange.url.lower() and pending:
            pending.clear()
            azure.resources.amend(ids.MIGRATION_SOLUTION, extendedDetails={"vaultId": ids.VAULT, "new": "detail"})

    with fresh.arm(meanwhile) as arm:  # type: ignore[arg-type]
        work(arm).present()
    assert pending == [] and details(fresh)["new"] == "detail"
    assert details(fresh)["replicationStorageAccountId"].endswith(OURS)


def test_a_link_that_somebody_else_makes_meanwhile_is_not_undone(fresh: Ground) -> None:
    with fresh.arm() as arm:
        run = work(arm)
        seen = run.reader.seen(run.wanted)
        [step] = [step for step in plan(seen, run.wanted).steps if step.kind == "solution"]
        theirs = make_account(fresh, "theirs01")
        linked = {"vaultId": ids.VAULT, "replicationStorageAccountId": theirs}
        fresh.azure.resources.amend(ids.MIGRATION_SOLUTION, extendedDetails=linked)
        with pytest.raises(Conflict, match="theirs01") as caught:
            run.writer.do(seen, step)
    assert caught.value.code == "link_changed_meanwhile" and "Run again" in caught.value.remedy
    assert details(fresh) == linked


def test_a_role_with_a_condition_is_told_and_not_written_again(fresh: Ground) -> None:
    present(fresh)
    azure = fresh.azure
    with azure.world.lock:
        key, row = next((key, row) for key, row in azure.assignments.items() if OURS in key)
        said = {**row["properties"], "condition": "@Resource[x] StringEquals 'y'", "conditionVersion": "2.0"}
        azure.assignments.pop(key)
        theirs = f"{row['id'].rpartition('/')[0]}/{ids.fixed('theirs')}"
        azure.assignments[theirs.lower()] = {**row, "id": theirs, "name": ids.fixed("theirs"), "properties": said}
    moment = fresh.records.moment()
    for _again in range(2):
        outcome = present(fresh)
        assert does(outcome) == [] and "condition" in outcome.warnings[0] and ids.fixed("theirs") in outcome.warnings[0]
    assert not [request for request in asked_of(fresh, moment) if request.write]


# -- refused ------------------------------------------------------------------------------------------------------


@thrown("storage_firewall", "open", "closed", "private")
def test_a_firewall_is_never_opened(start: StartGround, setting: str) -> None:
    ground = start(storage_firewall=setting)
    if setting == "open":
        assert does(present(ground)) == []
        return
    error = refused(ground, "cache_account_closed")
    assert "migratersa1867481726" in str(error) and "not opened by us" in error.remedy


@pytest.mark.parametrize("setting", ["closed", "private"])
def test_a_policy_that_closes_what_we_make_is_told_and_the_account_is_named(start: StartGround, setting: str) -> None:
    ground = start(storage_firewall=setting)
    strip(ground)
    with pytest.raises(ClientError) as caught:
        present(ground)
    assert caught.value.code == "cache_account_closed" and f"make cache storage account {OURS}" in str(caught.value)
    assert ground.azure.resources.find(ids.EXTENSION) is None and not ground.azure.assignments.get(OURS)
    assert does(absent(ground))[-1] == f"remove cache storage account {OURS}"


@thrown("storage_region", "", "eastus")
def test_an_account_elsewhere_is_not_taken(start: StartGround, setting: str) -> None:
    ground = start(storage_region=setting)
    if not setting:
        assert does(present(ground)) == []
        return
    assert "eastus" in str(refused(ground, "cache_account_unfit"))


def test_an_account_that_is_not_there_is_an_error_and_not_made(fresh: Ground) -> None:
    refused(fresh, "cache_account_missing", account="nobody01")


@thrown("names_taken", (), (OURS,))
def test_a_name_that_a_stranger_has(start: StartGround, setting: tuple[str, ...]) -> None:
    ground = start(names_taken=setting)
    strip(ground)
    if not setting:
        assert present(ground).steps
        return
    with pytest.raises(ClientError) as caught:
        present(ground)
    assert caught.value.code == "StorageAccountAlreadyTaken" and caught.value.remedy
    arm_id = make_account(ground, "mycache01")
    assert present(ground, account=arm_id).facts()["cache_storage_account_id"] == arm_id


@thrown("policy_denies", (), ("Microsoft.Storage/storageAccounts",))
def test_a_policy_of_the_customer(start: StartGround, setting: tuple[str, ...]) -> None:
    ground = start(policy_denies=setting)
    strip(ground)
    if not setting:
        assert present(ground).steps
        return
    with pytest.raises(ClientError, match="disallowed by policy") as caught:
        present(ground)
    assert caught.value.code == "RequestDisallowedByPolicy" and caught.value.remedy


@pytest.mark.parametrize(
    "right",
    [
        "Microsoft.Authorization/roleAssignments/write",
        "Microsoft.DataReplication/replicationVaults/replicationExtensions/write",
    ],
)
def test_a_right_of_our_own_that_is_missing_is_told_at_once(start: StartGround, right: str) -> None:
    ground = start(missing_rights=(right,))
    strip(ground)
    with pytest.raises(ClientError, match=right) as caught:
        present(ground)
    assert caught.value.code == "AuthorizationFailed" and caught.value.done
    assert ground.clock.monotonic() < 300, "nothing is waited for that does not come"


@thrown("dead_agent", "", "source", "target")
def test_a_dead_agent_is_told_before_anything_is_made(start: StartGround, setting: str) -> None:
    ground = start(dead_agent=setting)
    if setting:
        assert "does not answer Azure" in present(ground).warnings[0], "what is there works on"
    strip(ground)
    if not setting:
        assert present(ground).steps
        return
    assert f"{setting} appliance" in str(refused(ground, "agent_silent"))


@pytest.mark.parametrize("which", ["source_appliance", "target_appliance"])
def test_an_appliance_that_the_project_does_not_know(ready: Ground, which: str) -> None:
    scope = dataclasses.replace(SCOPE, **{which: "lab"})
    with ready.arm() as arm, pytest.raises(ClientError, match="known: labsrc, labtgt") as caught:
        work(arm, scope).present()
    assert caught.value.code == "appliance_unknown"


def test_a_vault_that_is_gone(ready: Ground) -> None:
    ready.azure.resources.drop(ids.VAULT)
    refused(ready, "vault_gone")
    assert does(absent(ready)) == ["change link of the project to the cache storage account"]


# -- leftovers ----------------------------------------------------------------------------------------------------


def test_an_extension_that_failed_is_named_with_its_reason_and_replaced_on_request(fresh: Ground) -> None:
    fault = {"kind": "job", "job": "Create or update replication extension", "code": "1", "message": "Out of order."}
    fresh.lab.faults.add(fault)
    with pytest.raises(ClientError, match=r"is Failed: Out of order \(1\)") as caught:
        present(fresh)
    assert caught.value.code == "extension_failed" and caught.value.done
    refused(fresh, "extension_failed")
    replaced = present(fresh, replace=True)
    assert [step.verb for step in replaced.steps] == ["delete", "put"]
    what = f"replication extension {ids.EXTENSION_NAME}"
    assert replaced.diff["before"] == {what: {"name": ids.EXTENSION_NAME, "state": "Failed"}}
    assert replaced.diff["after"][what]["storageAccountId"] == f"{ACCOUNTS}/{OURS}"
    assert does(present(fresh)) == []


def test_an_extension_of_others_that_failed_for_want_of_roles_is_replaced_on_request_only(ready: Ground) -> None:
    """Whoever prepared it with the portal, which gave the roles too."""
    fail(ready, code="AuthorizationFailed")
    assert "is not authorized" in str(refused(ready, "extension_failed"))
    assert [step.verb for step in present(ready, replace=True).steps] == ["delete", "put"]


@pytest.mark.parametrize("lag", [0.0, 3600.0])
@pytest.mark.parametrize("given", [False, True])
def test_ours_is_made_anew_by_the_next_run(start: StartGround, lag: float, given: bool) -> None:
    """Known by the account that we made, or by the roles that we gave on one of the customer's; their list may lag."""
    ground = start(assignment_lag_s=lag)
    strip(ground)
    asked = {"account": make_account(ground, "mycache01")} if given else {}
    present(ground, **asked)
    fail(ground, code="AuthorizationFailed")
    assert [step.verb for step in present(ground, **asked).steps] == ["delete", "put"]


@thrown("items_list", "whole", "trimmed")
@pytest.mark.parametrize("replace", [False, True])
def test_ours_is_not_made_anew_under_a_vm(start: StartGround, setting: str, replace: bool) -> None:
    ground = start(estate=easy_two, items_list=setting)
    strip(ground)
    present(ground)
    protect(ground)
    fail(ground, code="AuthorizationFailed")
    refused(ground, "infrastructure_in_use" if replace else "extension_failed", replace=replace)


@thrown("items_list", "whole", "trimmed")
def test_an_item_that_uses_another_extension_is_in_nobodys_way(start: StartGround, setting: str) -> None:
    """A trimmed list does not say which one it uses: it is read by name."""
    ground = start(estate=easy_two, items_list=setting)
    protect(ground)
    [item] = ground.azure.items.values()
    item.extension = "of-others"
    fail(ground, code="1")
    assert [step.verb for step in present(ground, replace=True).steps] == ["delete", "put"]


def test_an_extension_with_another_account_is_replaced_on_request_only(ready: Ground) -> None:
    other = make_account(ready, "other01")
    linked = {"vaultId": ids.VAULT, "replicationStorageAccountId": other}
    ready.azure.resources.amend(ids.MIGRATION_SOLUTION, extendedDetails=linked)
    assert "uses migratersa1867481726" in str(refused(ready, "extension_other_account"))
    assert [step.kind for step in present(ready, replace=True).steps] == ["grant"] * 6 + ["extension"] * 2
    assert ready.azure.parts[ids.EXTENSION.lower()].custom["storageAccountId"] == other


def test_an_account_that_was_deleted_is_named_and_replaced_on_request(ready: Ground) -> None:
    ready.azure.resources.drop(ids.STORAGE_ACCOUNT)
    assert "migratersa1867481726" in str(refused(ready, "cache_account_gone"))
    assert present(ready, replace=True).facts()["cache_storage_account_id"].endswith(OURS)
    assert does(present(ready)) == []


def test_a_swapped_policy_is_a_warning_and_stays(ready: Ground) -> None:
    part = ready.azure.parts[ids.POLICY.lower()]
    part.custom |= {"crashConsistentFrequencyInMinutes": 240, "appConsistentFrequencyInMinutes": 60}
    moment = ready.records.moment()
    assert "swapped" in present(ready).warnings[0] and ready.accepted(moment) == []
    assert does(present(ready, replace=True)) == [f"change replication policy {ids.POLICY_NAME}"]
    assert present(ready).warnings == []


@thrown("items_list", "whole", "trimmed")
def test_nothing_is_replaced_or_taken_back_under_a_vm(start: StartGround, setting: str) -> None:
    ground = start(estate=easy_two, items_list=setting)
    machine = protect(ground)
    ground.azure.parts[ids.EXTENSION.lower()].provisioning = "Failed"
    assert machine["name"] in str(refused(ground, "infrastructure_in_use", replace=True))
    before = picture(ground)
    with pytest.raises(ClientError, match="1 protected items") as caught:
        absent(ground)
    assert caught.value.code == "items_left" and picture(ground) == before


# -- taken back ---------------------------------------------------------------------------------------------------


def test_all_that_was_made_is_taken_back_and_can_be_made_again(fresh: Ground) -> None:
    before = picture(fresh)
    present(fresh, locks=True, diagnostics=LOGS)
    planned = absent(fresh, check=True)
    assert does(absent(fresh)) == does(planned)
    left = picture(fresh)
    key = arm_ids.normal(ids.MIGRATION_SOLUTION)
    changed = {name: row for name, row in left["resources"].items() if row != before["resources"].get(name)}
    assert {f"/{key}", ids.VAULT.lower()} == set(changed), "the identity of the vault stays, and the right tool"
    assert details(fresh)["vaultId"] == ids.VAULT and details(fresh)["replicationStorageAccountId"] == ""
    assert (left["parts"], left["assignments"]) == (before["parts"], before["assignments"])
    moment = fresh.records.moment()
    assert does(absent(fresh)) == [] and fresh.accepted(moment) == []
    assert does(present(fresh))[0].startswith("make replication policy")


def test_what_the_portal_has_made_beside_the_pair_stays(ready: Ground) -> None:
    assert [step.kind for step in absent(ready).steps] == ["extension", "policy", "solution"]
    assert ready.azure.resources.find(ids.STORAGE_ACCOUNT) is not None


def test_locks_are_taken_away_on_request(fresh: Ground) -> None:
    present(fresh, locks=True)
    assert [step.verb for step in present(fresh, locks=False).steps] == ["delete"] * 3
    assert does(present(fresh, locks=False)) == []


def test_a_lock_of_the_customer_stops_the_removal_and_is_named(ready: Ground) -> None:
    lock = f"{ids.VAULT}/providers/Microsoft.Authorization/locks/theirs"
    ready.azure.resources.save(lock, "Microsoft.Authorization/locks", {"properties": {"level": "CanNotDelete"}})
    with pytest.raises(ClientError) as caught:
        absent(ready)
    assert caught.value.code == "ScopeLocked" and caught.value.remedy


def test_a_project_that_is_gone_leaves_our_account_to_be_taken_back(fresh: Ground) -> None:
    present(fresh)
    for arm_id in (ids.PROJECT, ids.VAULT):
        fresh.azure.resources.drop(arm_id)
    assert [step.kind for step in absent(fresh).steps] == ["grant"] * 6 + ["account"]
    assert does(absent(fresh)) == []
    fresh.azure.resources.drop(ids.group(names.RESOURCE_GROUP))
    assert does(absent(fresh)) == []
