# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a programme leaves behind: the list of it, and the removal of what is named, and of nothing else."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm_wire import Exchange
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError, InvalidRequest
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import rights
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.estate import Leftover
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project_setup import ProjectSetup
from ansible_collections.azlocal.migrate.tests.support import project_on_lab
from ansible_collections.azlocal.migrate.tests.support.azure_lab import create_body
from ansible_collections.azlocal.migrate.tests.support.azure_time import TimedAzure
from ansible_collections.azlocal.migrate.tests.support.estate_on_lab import estate, finished, listed, picture
from ansible_collections.azlocal.migrate.tests.support.infrastructure_on_lab import SCOPE, unprepare, work
from ansible_collections.azlocal.migrate.tests.support.killed import Ground
from lab import names
from lab.azure import ids, rbac
from lab.switches import Switches

StartGround = Callable[..., Ground]


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[StartGround]:
    started: list[Ground] = []

    def start(**options: Any) -> Ground:
        started.append(Ground(tmp_path / f"lab{len(started)}", **{"stage": "ready", **options}))
        return started[-1]

    yield start
    for one in started:
        one.lab.stop()


def of(found: list[Leftover], kind: str) -> list[Leftover]:
    return [one for one in found if one.kind == kind]


def removed(ground: Ground, *wanted: str, **more: Any) -> Any:
    outcome, _answers = ground.run(lambda arm: estate(arm, **more).removed(wanted))
    return outcome


def refused(ground: Ground, *wanted: str, **more: Any) -> ClientError:
    moment = ground.records.moment()
    with ground.arm() as arm, pytest.raises(ClientError) as told:
        estate(arm, **more).removed(wanted)
    assert [row for row in ground.records.writes(moment) if not row.is_discovery] == [], "refused before any write"
    return told.value


# -- the list --------------------------------------------------------------------------------------------------------


def test_everything_is_listed_in_the_order_in_which_it_can_go(ground: StartGround) -> None:
    started = ground()
    finished(started)
    moment = started.records.moment()
    found = listed(started)
    assert Counter(one.kind for one in found) == {
        "lock": 3,
        "diagnostic_setting": 1,
        "extension": 1,
        "policy": 1,
        "role_assignment": 6,
        "vault": 1,
        "fabric": 2,
        "storage_account": 1,
        "key_vault": 1,
        "application": 2,
        "vmware_site": 1,
        "hyperv_site": 1,
        "master_site": 1,
        "server_site": 1,
        "project": 1,
    }
    orders = [one.as_dict()["remove_order"] for one in found]
    assert orders == sorted(orders)
    assert all(one.safe for one in found)
    at = {one.id.lower(): number for number, one in enumerate(found)}
    for one in found:
        assert all(at[first.lower()] < at[one.id.lower()] for first in one.first if first.lower() in at), one
    assert {one.kind for one in found if one.ours} == {"lock", "diagnostic_setting"}
    assert "purge" in of(found, "key_vault")[0].how
    assert all(one.how.startswith("az ad app delete --id ") for one in of(found, "application"))
    rows = [row for row in started.records.since(moment) if not row.is_discovery]
    assert len(rows) == 22 and not any(row.write for row in rows)


def test_what_the_collection_made_is_told_apart(ground: StartGround) -> None:
    """After project and infrastructure on a bare subscription: tags and computed names tell."""
    started = ground(stage="bare")
    started.run(lambda arm: ProjectSetup(arm, project_on_lab.WANTED).present())
    started.clock.sleep(3600)
    found = listed(started)
    assert {one.kind: one.ours for one in found} == {
        "role_assignment": True,
        "master_site": True,
        "server_site": True,
        "project": True,
        "resource_group": True,
    }
    assert all(one.safe for one in found)


def test_nothing_is_left_of_what_was_never_there(ground: StartGround) -> None:
    started = ground(stage="bare")
    assert listed(started) == []


def test_an_appliance_of_a_similar_name_belongs_to_the_project_too(ground: StartGround) -> None:
    started = ground(switches=Switches(similar_appliance=True))
    found = listed(started)
    assert len(of(found, "vmware_site")) == 2 and len(of(found, "fabric")) == 3


def test_another_project_of_the_resource_group_is_not_listed(ground: StartGround) -> None:
    """Its own project, vault, sites and fabrics are somebody else's; group and locks above are both's."""
    started = ground()
    other = dataclasses.replace(SCOPE, project="another")
    outcome, _answers = started.run(lambda arm: estate(arm, scope=other).listed())
    assert outcome is not None and outcome.left == []


def test_a_given_storage_account_stays(ground: StartGround) -> None:
    started = ground()
    given = f"{ids.group(names.RESOURCE_GROUP)}/providers/Microsoft.Storage/storageAccounts/ownaccount"
    with started.arm() as arm:
        unprepare(started.azure)
        body = {"location": "centralus", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {}}
        arm.wait(arm.put(given, "2023-05-01", body), 600)
        started.clock.sleep(60)
        work(arm, account=given).present()
    [account] = of(listed(started), "storage_account")
    assert account.name == "ownaccount" and not account.safe and "whoever owns it" in account.why_not
    assert refused(started, account.id).code == "estate_not_safe"


# -- removal by name -------------------------------------------------------------------------------------------------


def test_all_of_it_goes_and_nothing_else(ground: StartGround) -> None:
    started = ground()
    finished(started)
    before, wanted = picture(started), [one.id for one in listed(started)]
    moment = started.records.moment()
    outcome = removed(started, *wanted)
    assert [one.id for one in outcome.removed] == wanted and outcome.left == [] and outcome.waiting_for is None
    writes = started.accepted(moment)
    assert {row.method for row in writes} == {"DELETE"} and len(writes) == len(wanted)
    after = picture(started)
    groups = {f"{ids.SUBSCRIPTION}/resourcegroups/{name}".lower() for name in ids.GROUPS}
    assert set(after["resources"]) == groups
    assert after["applications"] == after["principals"] == after["parts"] == []
    assert len(after["assignments"]) == 1, "the lab's own Owner of the subscription"
    assert after["deleted_vaults"] == [f"{names.PROJECT}kv"]
    assert set(before["resources"]) > groups

    moment = started.records.moment()
    again = removed(started, *wanted)
    assert again.removed == [] and again.left == [] and sorted(again.gone) == sorted(wanted)
    assert started.accepted(moment) == []


def test_what_was_made_on_a_bare_subscription_goes_with_its_resource_group(ground: StartGround) -> None:
    started = ground(stage="bare")
    nothing = picture(started)
    started.run(lambda arm: ProjectSetup(arm, project_on_lab.WANTED).present())
    started.clock.sleep(3600)
    outcome = removed(started, *(one.id for one in listed(started)))
    assert [one.kind for one in outcome.removed][-2:] == ["project", "resource_group"]
    assert picture(started) == nothing


def test_what_came_into_the_resource_group_meanwhile_keeps_it(ground: StartGround) -> None:
    """The list is an hour old when the group's turn comes. What only a list still shows does not keep it."""
    started = ground(stage="bare")
    started.run(lambda arm: ProjectSetup(arm, project_on_lab.WANTED).present())
    started.clock.sleep(3600)
    wanted = [one.id for one in listed(started)]
    there = f"{ids.group(names.RESOURCE_GROUP)}/providers/Microsoft.Compute/disks/precious"

    def somebody(exchange: Exchange) -> None:
        if exchange.method == "DELETE" and "/migrateprojects/" in exchange.url.lower():
            with started.azure.world.lock:
                started.azure.resources.save(there, "Microsoft.Compute/disks", {"location": "centralus"})

    with started.arm(somebody) as arm, pytest.raises(ClientError) as told:
        estate(arm).removed(wanted)
    assert told.value.code == "estate_not_safe" and told.value.remedy
    assert "precious" in str(told.value) and any("remove project" in text for text in told.value.done)
    assert there.lower() in picture(started)["resources"]

    with started.azure.world.lock:
        started.azure.resources.drop(there)
    assert [one.kind for one in removed(started, *wanted).removed] == ["resource_group"]


def test_one_name_takes_one_thing(ground: StartGround) -> None:
    started = ground()
    finished(started)
    before = picture(started)
    found = listed(started)
    [setting] = of(found, "diagnostic_setting")
    locks = [one.id for one in of(found, "lock")]
    removed(started, *locks)
    [policy] = of(listed(started), "policy")
    outcome = removed(started, policy.name.upper())
    assert [one.id for one in outcome.removed] == [policy.id]
    after = picture(started)
    assert set(before["parts"]) - set(after["parts"]) == {policy.id.lower()}
    assert set(before["resources"]) - set(after["resources"]) == {lock.lower() for lock in locks}
    assert setting.id.lower() in after["resources"]
    assert [one.id for one in outcome.left] == [one.id for one in listed(started)]


def test_check_mode_writes_nothing(ground: StartGround) -> None:
    started = ground()
    wanted = [one.id for one in listed(started)]
    before, moment = picture(started), started.records.moment()
    outcome = removed(started, *wanted, check=True)
    assert [one.id for one in outcome.removed] == wanted
    assert started.accepted(moment) == [] and picture(started) == before


def test_nothing_is_named_nothing_goes(ground: StartGround) -> None:
    started = ground()
    moment = started.records.moment()
    outcome = removed(started)
    assert outcome.removed == [] and len(outcome.left) == len(listed(started))
    assert started.accepted(moment) == []


# -- what stands against it ------------------------------------------------------------------------------------------


def test_a_name_that_is_not_in_the_list_stops_everything(ground: StartGround) -> None:
    started = ground()
    [policy] = of(listed(started), "policy")
    elsewhere = f"{ids.group(names.TARGET_RESOURCE_GROUP)}/providers/Microsoft.KeyVault/vaults/other"
    for wrong in ("no-such-thing", elsewhere, ids.CLUSTER, ids.group(names.RESOURCE_GROUP), f"{policy.id}/more"):
        error = refused(started, policy.id, wrong)
        assert error.code == "estate_name_unknown" and wrong in str(error)


def test_what_is_there_and_is_not_the_programmes_is_refused_by_its_id(ground: StartGround) -> None:
    started = ground()
    stranger = f"{ids.group(names.RESOURCE_GROUP)}/providers/Microsoft.Storage/storageAccounts/stranger"
    with started.arm() as arm:
        body = {"location": "centralus", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {}}
        arm.wait(arm.put(stranger, "2023-05-01", body), 600)
    assert refused(started, stranger).code == "estate_name_unknown"


def test_a_name_that_several_bear_is_refused(ground: StartGround) -> None:
    started = ground()
    with started.arm() as arm:
        app = started.azure.applications[ids.fixed(f"application {names.SOURCE_APPLIANCE}")]
        twin = next(one for one in started.azure.applications.values() if one is not app)
        twin["displayName"] = app["displayName"]
        with pytest.raises(InvalidRequest) as told:
            estate(arm).removed([app["displayName"]])
    assert told.value.code == "estate_name_unknown" and "ids" in told.value.remedy


def test_nothing_goes_while_items_are_protected(ground: StartGround) -> None:
    started = ground(estate=None, vms=1)
    session = TimedAzure(started.lab)
    machine = session.machines()[0]
    assert session.put(machine, create_body(machine)).ok
    found = listed(started)
    assert found and not any(one.safe for one in found)
    for wanted in ([found[-1].id], []):  # also where a caller has only machines to remove
        error = refused(started, *wanted)
        assert error.code == "items_left" and "1 protected items are left" in str(error)


def test_what_has_to_go_first_is_named(ground: StartGround) -> None:
    started = ground()
    finished(started)
    found = listed(started)
    error = refused(started, of(found, "fabric")[0].id)
    assert error.code == "estate_order"
    assert of(found, "extension")[0].name in str(error) and of(found, "lock")[0].name in str(error)
    assert refused(started, of(found, "project")[0].id).code == "estate_order"


def test_a_lock_of_somebody_elses_stops_what_it_stands_over(ground: StartGround) -> None:
    started = ground()
    lock = f"{ids.KEY_VAULT}/providers/Microsoft.Authorization/locks/theirs"
    with started.arm() as arm:
        arm.put(lock, "2020-05-01", {"properties": {"level": "CanNotDelete"}})
    found = listed(started)
    [vault] = of(found, "key_vault")
    assert [one.ours for one in of(found, "lock")] == [False] and not vault.safe
    assert sum(not one.safe for one in found) == 2
    for wanted in (vault.id, lock):
        assert refused(started, wanted).code == "estate_locked"


# -- applications ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("directory_rights", ["read", "none"])
def test_applications_that_we_may_not_remove_are_a_persons_work(ground: StartGround, directory_rights: str) -> None:
    """What alone names them stays until they are gone."""
    started = ground()
    started.lab.switches.directory_rights = directory_rights
    found = listed(started)
    wanted = [one.id for one in found]
    first = removed(started, *wanted)
    left = ["application", "application", "vmware_site", "hyperv_site", "master_site", "server_site", "project"]
    assert [one.kind for one in first.left] == left
    commands = first.waiting_for["data"]["commands"]
    assert commands == [one.how for one in of(found, "application")]

    started.clock.sleep(3600)
    moment = started.records.moment()
    second = removed(started, *wanted)
    assert second.waiting_for == first.waiting_for and second.removed == []
    assert started.accepted(moment) == []

    with started.azure.world.lock:
        started.azure.applications.clear()
    # whoever may not look, leaves them out of the names once they are gone
    rest = wanted if directory_rights == "read" else [one for one in wanted if not one.startswith("applications/")]
    third = removed(started, *rest)
    assert [one.kind for one in third.removed] == left[2:] and third.waiting_for is None


def test_where_the_cloud_names_no_graph_a_person_removes_the_applications(ground: StartGround) -> None:
    started = ground()

    def without(arm: ArmClient) -> ArmClient:
        _wire, cloud = arm._connect()
        arm._cloud = dataclasses.replace(cloud, graph="")
        return arm

    outcome, _answers = started.run(lambda arm: estate(without(arm)).listed())
    found = of(outcome.left, "application")
    assert len(found) == 2 and all("cannot be read here" in one.note and one.safe for one in found)
    told, _answers = started.run(lambda arm: estate(without(arm)).removed([one.id for one in found]))
    assert told.removed == [] and told.waiting_for["data"]["commands"] == [one.how for one in found]


# -- rights ----------------------------------------------------------------------------------------------------------


def test_listing_and_removing_needs_nothing_that_is_not_named(ground: StartGround) -> None:
    started = ground()
    finished(started)
    moment = started.records.moment()
    removed(started, *(one.id for one in listed(started)))
    named = {need.what.lower() for need in rights.needs_of(rights.AZURE, ["decommission"])}
    rows = [row for row in started.records.since(moment) if row.bare.lower().startswith("/subscriptions/")]
    assert {rbac.needed(row.method, row.bare)[0].lower() for row in rows} - named == set()


def test_a_refusal_in_the_middle_tells_what_was_done(ground: StartGround) -> None:
    started = ground()
    wanted = [one.id for one in listed(started)]
    right = "Microsoft.KeyVault/vaults/delete"
    started.lab.switches.missing_rights = (right,)
    with started.arm() as arm, pytest.raises(ClientError) as told:
        estate(arm).removed(wanted)
    assert told.value.code == "AuthorizationFailed" and right in str(told.value)
    assert "remove vault" in str(told.value) and any("remove fabric" in text for text in told.value.done)
    started.lab.switches.missing_rights = ()
    started.clock.sleep(600)
    assert removed(started, *wanted).left == []
