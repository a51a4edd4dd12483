# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Azure Migrate project against the lab, on virtual time: made, mended, refused, taken back."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError, ReplyLost
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import ours
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.project_seen import Wanted
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project_setup import Outcome, ProjectSetup
from ansible_collections.azlocal.migrate.tests.support.killed import Ground
from ansible_collections.azlocal.migrate.tests.support.project_on_lab import WANTED, picture
from ansible_collections.azlocal.migrate.tests.support.records import Request
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab import names
from lab.azure import ids
from lab.switches import Switches, parse

GROUP = ids.group(names.RESOURCE_GROUP)
LOCAL = f"{ids.PROJECT}/solutions/{ids.MIGRATION_SOLUTION_NAME}"
DISCOVERY = f"{ids.PROJECT}/solutions/{ids.DISCOVERY_SOLUTION_NAME}"
MOST_REQUESTS = 11
StartGround = Callable[..., Ground]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartGround]:
    started: list[Ground] = []

    def begin(*switches: str, **lab: Any) -> Ground:
        chosen: Switches = parse([*switches])
        started.append(Ground(tmp_path / f"lab{len(started)}", switches=chosen, **lab))
        return started[-1]

    yield begin
    for ground in started:
        ground.lab.stop()


@pytest.fixture
def bare(start: StartGround) -> Ground:
    return start()


@pytest.fixture
def made(bare: Ground) -> Ground:
    present(bare)
    return bare


def present(ground: Ground, *, check: bool = False, timeout_s: float = 1800, **changed: Any) -> Outcome:
    return work(ground, "present", check, timeout_s, dataclasses.replace(WANTED, **changed))


def absent(ground: Ground, *, check: bool = False, **changed: Any) -> Outcome:
    return work(ground, "absent", check, 1800, dataclasses.replace(WANTED, **changed))


def work(ground: Ground, verb: str, check: bool, timeout_s: float, wanted: Wanted) -> Outcome:
    with ground.arm() as arm:
        outcome: Outcome = getattr(ProjectSetup(arm, wanted, check=check, timeout_s=timeout_s), verb)()
        return outcome


def asked(ground: Ground, moment: int) -> list[Request]:
    return [request for request in ground.records.since(moment) if not request.is_discovery]


def refused(ground: Ground, code: str, **changed: Any) -> ClientError:
    """It is refused with this code and a remedy, and nothing is written."""
    moment = ground.records.moment()
    with pytest.raises(ClientError) as caught:
        present(ground, **changed)
    assert (caught.value.code, bool(caught.value.remedy)) == (code, True)
    assert ground.accepted(moment) == []
    return caught.value


# -- made ---------------------------------------------------------------------------------------------------------


def test_from_a_bare_subscription(bare: Ground) -> None:
    outcome = present(bare)
    there = picture(bare)["resources"]
    assert {key.rsplit("/providers/", 1)[-1] for key in there if "/providers/" in key} == {
        f"microsoft.migrate/migrateprojects/{names.PROJECT}",
        *(
            f"microsoft.migrate/migrateprojects/{names.PROJECT}/solutions/{name}"
            for name in (
                "servers-assessment-serverassessment",
                "servers-discovery-serverdiscovery",
                "servers-migration-servermigration",
                "servers-migration-servermigration_datareplication",
            )
        ),
        f"microsoft.offazure/serversites/{names.PROJECT}-serversite",
        f"microsoft.offazure/mastersites/{names.PROJECT}-mastersite",
    }
    tagged = [row["tags"] for row in there.values() if row["tags"] is not None]
    assert tagged == [{"owner": "platform", ours.TAG: names.PROJECT}] * 4
    assert picture(bare)["roles"] == [(GROUP.lower(), "ba480ccd-6499-4709-b581-8f38bb215c63")]
    assert outcome.seen.principal_id
    assert outcome.steps == list(outcome.after)
    assert len([step for step in outcome.steps if step.startswith("register ")]) == 5


def test_a_second_run_reads_a_little_and_writes_nothing(made: Ground) -> None:
    moment = made.records.moment()
    outcome = present(made)
    requests = asked(made, moment)
    assert outcome.steps == [] and outcome.before == outcome.after == {}
    assert [request.method for request in requests] == ["GET"] * len(requests)
    assert len(requests) <= MOST_REQUESTS, [request.bare for request in requests]


@pytest.mark.behaviour("assignment_lag")
@thrown("assignment_lag_s", 0.0, 300.0)
def test_a_list_of_roles_that_lags_makes_no_second_write(start: StartGround, setting: float) -> None:
    ground = start(f"assignment_lag_s={setting}")
    present(ground)
    moment = ground.records.moment()
    assert present(ground).steps == []
    assert ground.accepted(moment) == []
    assert len(absent(ground).steps) == 5
    assert picture(ground)["roles"] == []


def test_check_mode_tells_the_steps_and_takes_none(bare: Ground) -> None:
    moment = bare.records.moment()
    planned = present(bare, check=True)
    assert not [request for request in asked(bare, moment) if request.write]
    assert planned.steps == present(bare).steps
    again = bare.records.moment()
    assert present(bare, check=True).steps == []
    assert not [request for request in asked(bare, again) if request.write]


def test_providers_are_registered_wherever_vms_come_to(start: StartGround) -> None:
    ground = start("second_subscription=true")
    outcome = present(ground, target_subscriptions=(names.SECOND_SUBSCRIPTION,))
    second = [step for step in outcome.steps if names.SECOND_SUBSCRIPTION in step]
    assert [step.split()[1] for step in second] == [
        "Microsoft.DataReplication",
        "Microsoft.AzureStackHCI",
        "Microsoft.HybridCompute",
        "Microsoft.ExtendedLocation",
    ]
    assert present(ground, target_subscriptions=(names.SECOND_SUBSCRIPTION,)).steps == []


def test_a_registration_that_takes_too_long_is_named_and_taken_up_later(start: StartGround) -> None:
    ground = start("register_lag_s=2000")
    with pytest.raises(ClientError, match=r"Microsoft\.DataReplication.* not registered after 300 s") as caught:
        present(ground, timeout_s=300)
    assert caught.value.code == "timeout" and caught.value.remedy
    ground.clock.sleep(3600)
    assert not [step for step in present(ground).steps if step.startswith("register ")]


@pytest.mark.behaviour("young_principal")
@thrown("principal_type", "believed", "ignored")
def test_an_identity_that_is_not_known_everywhere_yet(start: StartGround, setting: str) -> None:
    ground = start("principal_lag_s=200", f"principal_type={setting}")
    began = ground.clock.monotonic()
    assert len(present(ground).steps) == 14
    assert (ground.clock.monotonic() - began >= 200) == (setting == "ignored")
    assert len(picture(ground)["roles"]) == 1


def test_a_region_that_has_not_heard_of_the_registration_yet(bare: Ground) -> None:
    bare.lab.faults.add({"kind": "reply", "system": "azure", "method": "PUT", "path": "/migrateprojects/[^/]+$",
                         "status": 409, "code": "MissingSubscriptionRegistration", "message": "Later.",
                         "times": 3})  # fmt: skip
    assert len(present(bare).steps) == 14


def test_tags_are_added_to_what_is_ours(made: Ground) -> None:
    outcome = present(made, tags={"owner": "platform", "cost": "7"})
    assert [step.split()[0] for step in outcome.steps] == ["tag"] * 4
    tagged = [row["tags"] for row in picture(made)["resources"].values() if row["tags"] is not None]
    assert tagged == [{"owner": "platform", "cost": "7", ours.TAG: names.PROJECT}] * 4


def test_a_lost_reply_is_looked_after(bare: Ground) -> None:
    for path in ("/resourcegroups/[^/]+$", "/migrateprojects/[^/]+$", "/roleassignments/", "/mastersites/"):
        bare.lab.faults.add({"kind": "reply", "system": "azure", "method": "PUT", "path": path, "lost": True})
    moment = bare.records.moment()
    present(bare)
    puts = [request.bare.lower() for request in bare.accepted(moment) if request.method == "PUT"]
    assert len(puts) == len(set(puts)) == 9
    assert present(bare).steps == []


# -- what somebody else made ----------------------------------------------------------------------------------------


def test_a_project_of_the_portal_is_completed_and_stays_theirs(start: StartGround) -> None:
    ground = start(stage="ready")
    before = picture(ground)["resources"]
    outcome = present(ground)
    assert outcome.steps == [
        f"give project {names.PROJECT} an identity",
        "add solution Servers-Migration-ServerMigration",
        f"make the identity of project {names.PROJECT} Azure Migrate assessor of the resource group",
    ]
    after = picture(ground)["resources"]
    for key, row in before.items():
        assert after[key]["properties"] == row["properties"], key
        assert ours.TAG not in (after[key]["tags"] or {})
    assert present(ground).steps == []


def test_the_wrong_tool_is_mended_and_no_detail_is_lost(made: Ground) -> None:
    details = {"vaultId": f"{GROUP}/providers/Microsoft.DataReplication/replicationVaults/v", "theirs": "kept"}
    with made.lab.world.lock:
        made.azure.resources.amend(LOCAL, tool="ServerDiscovery", purpose="Discovery", extendedDetails=details)
    moment = made.records.moment()
    outcome = present(made)
    assert len(outcome.steps) == 1 and "wrong tool" in outcome.steps[0]
    found = picture(made)["resources"][LOCAL.lower()]["properties"]
    assert (found["tool"], found["purpose"]) == ("ServerMigration_DataReplication", "Migration")
    assert details.items() <= found["extendedDetails"].items()
    assert len(made.accepted(moment)) == 1
    assert present(made).steps == []


def test_a_detail_that_is_written_meanwhile_is_not_lost(made: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody writes between our read and our write: the etag tells, and it is read anew."""
    with made.lab.world.lock:
        made.azure.resources.amend(LOCAL, tool="ServerDiscovery", purpose="Discovery")
    with made.arm() as arm:
        put, times = arm.put, list[str]()

        def late(path: str, version: str, body: dict[str, Any]) -> Any:
            if not times:
                with made.lab.world.lock:
                    made.azure.resources.amend(LOCAL, extendedDetails={"theirs": "1"})
            times.append(path)
            return put(path, version, body)

        monkeypatch.setattr(arm, "put", late)
        ProjectSetup(arm, WANTED).present()
    found = picture(made)["resources"][LOCAL.lower()]["properties"]
    assert (found["tool"], found["extendedDetails"]) == ("ServerMigration_DataReplication", {"theirs": "1"})
    assert len(times) == 2


# -- refused --------------------------------------------------------------------------------------------------------


def test_refused_before_anything_is_asked(bare: Ground) -> None:
    moment = bare.records.moment()
    refused(bare, "bad_appliance_name", source_appliance="lab-src")
    refused(bare, "region_unsupported", location="uksouth")
    refused(bare, "bad_cluster_id", cluster_id="lab-cl")
    refused(bare, "MissingOption", cluster_id="")
    assert bare.records.since(moment) == []


def test_refused_once_it_is_seen(bare: Ground) -> None:
    refused(bare, "resource_group_missing", create_resource_group=False)
    refused(bare, "no_location", location="")
    refused(bare, "instance_not_found", cluster_id=f"{ids.CLUSTER}x")
    strange = ids.CLUSTER.replace(names.SUBSCRIPTION, "5b5c71b0-0000-4000-8000-00000000dead")
    refused(bare, "other_tenant", cluster_id=strange)


def test_a_project_elsewhere(start: StartGround) -> None:
    ground = start("project_region=uksouth", stage="ready")
    refused(ground, "project_elsewhere")
    refused(ground, "region_unsupported", location="")


def test_a_project_with_another_appliance(start: StartGround) -> None:
    ground = start(stage="ready")
    assert names.SOURCE_APPLIANCE in refused(ground, "second_appliance", source_appliance="labsrc1").message
    refused(ground, "second_appliance", target_appliance="other")


@pytest.mark.parametrize("similar", [False, True])
def test_a_second_appliance_of_a_similar_name(start: StartGround, similar: bool) -> None:
    ground = start(f"similar_appliance={similar}", stage="ready")
    if similar:
        assert "labsrc1" in refused(ground, "second_appliance").message
    else:
        assert present(ground).steps


def test_a_project_that_is_used_for_hyper_v(made: Ground) -> None:
    site = f"{GROUP}/providers/Microsoft.OffAzure/HyperVSites/hv1site"
    told = [{"hv1": {"ApplianceName": "hv1", "SiteId": site, "supportAzStackTarget": True}}]
    with made.lab.world.lock:
        made.azure.resources.amend(DISCOVERY, extendedDetails={"applianceNameToSiteIdMapV3": json.dumps(told)})
    refused(made, "project_used_for_hyperv")


def test_a_policy_that_denies_is_told_with_what_was_done_before(start: StartGround) -> None:
    ground = start("policy_denies=Microsoft.OffAzure/MasterSites")
    with pytest.raises(ClientError) as caught:
        present(ground)
    assert caught.value.code == "RequestDisallowedByPolicy" and caught.value.remedy
    done = caught.value.done
    assert done[-1] == f"make server site {names.PROJECT}-serversite"
    assert all(step in str(caught.value) for step in done)
    assert len(ground.accepted()) == len(done)
    ground.lab.switches.policy_denies = ()
    assert present(ground).steps == [f"make master site {names.PROJECT}-mastersite"]


def test_all_providers_that_may_not_be_registered_are_named_at_once(start: StartGround) -> None:
    error = refused(start("missing_rights='*/register/action'"), "providers_unregistered")
    assert all(name in error.message for name in ("Microsoft.Migrate", "Microsoft.OffAzure", "Microsoft.KeyVault"))
    assert "az provider register --namespace Microsoft.Storage" in error.remedy


# -- taken back -----------------------------------------------------------------------------------------------------


def test_all_that_was_made_is_taken_back(bare: Ground) -> None:
    before = picture(bare)
    present(bare)
    planned = absent(bare, check=True)
    assert picture(bare)["resources"], "check mode takes nothing back"
    outcome = absent(bare)
    assert outcome.steps == planned.steps and outcome.stays == []
    after = picture(bare)
    assert (after["resources"], after["roles"]) == (before["resources"], before["roles"]) == ({}, [])
    moment = bare.records.moment()
    assert absent(bare).steps == []
    assert bare.accepted(moment) == []


def test_what_is_foreign_stays_and_is_named(made: Ground) -> None:
    account = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/theirs"
    with made.lab.world.lock:
        made.azure.resources.save(account, "Microsoft.Storage/storageAccounts", {"location": names.LOCATION})
    outcome = absent(made)
    assert {left.id: left.why for left in outcome.stays} == {
        account: "it was not made by this step",
        WANTED.group_id: "other resources are in it",
    }
    assert set(picture(made)["resources"]) == {GROUP.lower(), account.lower()}
    assert picture(made)["roles"] == []
    assert absent(made).steps == []


def test_a_project_that_is_in_use_is_not_taken_back(start: StartGround) -> None:
    ground = start(stage="ready")
    before = picture(ground)
    with pytest.raises(ClientError) as caught:
        absent(ground)
    assert caught.value.code == "appliance_registered" and caught.value.remedy
    assert names.SOURCE_APPLIANCE in caught.value.message
    assert picture(ground) == before


def test_a_lost_reply_of_a_removal_is_looked_after(made: Ground) -> None:
    made.lab.faults.add(
        {"kind": "reply", "system": "azure", "method": "DELETE", "path": "/migrateprojects/", "lost": True}
    )
    moment = made.records.moment()
    assert len(absent(made).steps) == 5
    deletes = [request.bare for request in made.accepted(moment)]
    assert len(deletes) == len(set(deletes)) == 5


def test_a_service_that_answers_nothing_ends_the_run_with_the_reason(bare: Ground) -> None:
    bare.lab.faults.add({"kind": "reply", "system": "azure", "method": "PUT", "path": "/resourcegroups/[^/]+$",
                         "status": 500, "times": -1})  # fmt: skip
    with pytest.raises(ReplyLost):
        present(bare)
