# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is there to the missing steps of a project."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import ours
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.project_plan import (
    ASSESSOR,
    SOLUTIONS,
    mended,
    names_wrong_tool,
    plan,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.project_seen import (
    LOCAL_SOLUTION,
    Seen,
)
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain.project_samples import (
    GROUP,
    OFF_AZURE,
    PRINCIPAL,
    WANTED,
    after,
    finished,
    foreign,
    wanted,
    with_appliances,
)

WHOLE, TAKEN = finished()
LOCAL = LOCAL_SOLUTION.lower()
PARTS = ("group", "project", "server_site", "master_site")


def kinds(seen: Seen, **changed: Any) -> list[str]:
    return [step.kind for step in plan(wanted(**changed), seen)]


def test_from_nothing_everything_is_made_once_and_in_order() -> None:
    done = [step.kind for step in TAKEN]
    first = [kind for number, kind in enumerate(done) if kind not in done[:number]]
    assert first == ["register", "group", "registered", "project", "solution", "assignment", "site"]
    assert len({step.key for step in TAKEN}) == len(TAKEN)
    assert plan(WANTED, WHOLE) == []


def test_the_first_plan_tells_all_that_will_be_written() -> None:
    told = [step.does for step in plan(WANTED, Seen()) if step.writes]
    assert told == [step.does for step in TAKEN if step.writes]


@given(st.data())
def test_from_anywhere_it_gets_to_the_same_end(data: st.DataObject) -> None:
    """Parts are there or not, ours or not, broken or on their way: a run that was cut off, or a person's work."""
    seen = WHOLE
    for part in PARTS:
        how = data.draw(st.sampled_from(["there", "none", "foreign", "Failed", "Creating"]), part)
        resource: Any = getattr(WHOLE, part)
        if how == "none":
            resource = None
        elif how == "foreign":
            resource = foreign(resource)
        elif how != "there":
            resource = {**resource, "properties": {**resource["properties"], "provisioningState": how}}
        seen = dataclasses.replace(seen, **{part: resource})
    kept = data.draw(st.sets(st.sampled_from(sorted(WHOLE.solutions))), "solutions")
    seen = dataclasses.replace(seen, solutions={name: WHOLE.solutions[name] for name in kept})
    if data.draw(st.booleans(), "no assignment"):
        seen = dataclasses.replace(seen, assignments=())
    states = st.sampled_from(["Registered", "NotRegistered", "Registering", "Unregistered"])
    providers = {
        subscription: {namespace.lower(): data.draw(states) for namespace in namespaces}
        for subscription, namespaces in WANTED.providers().items()
    }
    seen = dataclasses.replace(seen, providers=providers)
    end, taken = finished(WANTED, seen)
    assert len({step.key for step in taken}) == len(taken), "a step was taken twice"
    assert set(end.solutions) == {solution.name.lower() for solution in SOLUTIONS}
    for part in PARTS:
        before = getattr(seen, part)
        if before is not None:  # whoever made it, it is still theirs
            assert ours.made_for(getattr(end, part)) == ours.made_for(before), part


@pytest.mark.parametrize("cut", range(len(TAKEN)))
def test_a_run_that_was_cut_off_is_taken_up(cut: int) -> None:
    seen = Seen()
    for step in TAKEN[:cut]:
        seen = after(step, WANTED, seen)
    end, rest = finished(WANTED, seen)
    assert [step.key for step in rest] == [step.key for step in TAKEN[cut:]]
    assert end == WHOLE


# -- providers ----------------------------------------------------------------------------------------------------


def test_only_what_is_missing_is_registered_in_each_subscription() -> None:
    asked = wanted(target_subscriptions=("33333333-0000-4000-8000-000000000003",))
    needed = asked.providers()
    assert {name[0] for name in needed} == {"1", "2", "3"}
    assert all("Microsoft.DataReplication" in namespaces for namespaces in needed.values())
    seen = dataclasses.replace(WHOLE, providers={**WHOLE.providers, "3" * 8 + "-0000-4000-8000-000000000003": {}})
    steps = [step for step in plan(asked, seen) if step.kind == "register"]
    assert [step.path.rsplit("/", 1)[-1] for step in steps] == list(needed["33333333-0000-4000-8000-000000000003"])
    assert not [step for step in steps if "11111111" in step.path]


def test_one_subscription_for_all_needs_each_provider_once() -> None:
    asked = wanted(cluster_id=WANTED.cluster_id.replace("22222222-0000-4000-8000-000000000002", WANTED.subscription_id))
    [namespaces] = asked.providers().values()
    assert len(namespaces) == len(set(namespaces)) == 10


def test_one_that_is_on_its_way_out_is_waited_for_first() -> None:
    [subscription, *_rest] = WHOLE.providers
    seen = dataclasses.replace(
        WHOLE, providers={**WHOLE.providers, subscription: {**WHOLE.providers[subscription], "microsoft.migrate": "Unregistering"}}
    )  # fmt: skip
    assert kinds(seen) == ["registered"]


# -- parts --------------------------------------------------------------------------------------------------------


def test_everything_that_is_made_bears_the_mark_and_the_tags() -> None:
    end, _taken = finished(wanted(tags={"owner": "ann"}))
    for part in PARTS:
        assert ours.tags_of(getattr(end, part)) == {"owner": "ann", ours.TAG: "mig"}


def test_tags_are_brought_up_to_date_on_what_is_ours_and_nowhere_else() -> None:
    seen = dataclasses.replace(WHOLE, project=foreign(WHOLE.project))
    steps = plan(wanted(tags={"Owner": "ann"}), seen)
    assert [(step.kind, step.part) for step in steps] == [
        ("tags", "group"),
        ("tags", "server_site"),
        ("tags", "master_site"),
    ]
    assert steps[0].body == {"operation": "Merge", "properties": {"tags": {"Owner": "ann"}}}


def test_a_name_of_a_tag_has_no_case() -> None:
    end, _taken = finished(wanted(tags={"Owner": "ann"}))
    assert kinds(end, tags={"owner": "ann"}) == []
    assert kinds(end, tags={"owner": "Ann"}) == ["tags"] * 4


def test_a_project_without_identity_gets_one_and_keeps_the_rest() -> None:
    bare = {
        "id": WANTED.project_id,
        "location": "westeurope",
        "tags": {"cost": "7"},
        "properties": {"provisioningState": "Succeeded", "publicNetworkAccess": "NotSpecified"},
    }
    steps = plan(WANTED, dataclasses.replace(WHOLE, project=bare, assignments=()))
    assert [step.kind for step in steps] == ["project", "assignment"]
    assert steps[0].body["tags"] == {"cost": "7"}
    assert steps[0].body["properties"] == {"publicNetworkAccess": "NotSpecified"}
    assert steps[0].body["identity"] == {"type": "SystemAssigned"}


@pytest.mark.parametrize(
    ("scope", "enough"),
    [
        (GROUP, True),
        (GROUP.upper(), True),
        (f"/subscriptions/{WANTED.subscription_id}", True),
        ("/", True),
        (f"{GROUP}x", False),
        (f"{GROUP}/providers/Microsoft.Migrate/migrateProjects/mig", False),
    ],
)
def test_the_role_counts_where_it_reaches_the_group(scope: str, enough: bool) -> None:
    row = {"properties": {"scope": scope, "principalId": PRINCIPAL.upper(), "roleDefinitionId": f"/x/{ASSESSOR}"}}
    assert kinds(dataclasses.replace(WHOLE, assignments=(row,))) == ([] if enough else ["assignment"])


def test_another_role_or_another_identity_does_not_count() -> None:
    for principal, role in ((PRINCIPAL, "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"), ("somebody", ASSESSOR)):
        row = {"properties": {"scope": GROUP, "principalId": principal, "roleDefinitionId": f"/x/{role}"}}
        assert kinds(dataclasses.replace(WHOLE, assignments=(row,))) == ["assignment"]


def test_a_project_that_names_its_own_master_site_gets_no_scaffold() -> None:
    seen = dataclasses.replace(WHOLE, server_site=None, master_site=None)
    named = with_appliances(seen, masterSiteId=f"{OFF_AZURE}/MasterSites/mig7d21mastersite")
    assert kinds(named) == []
    assert kinds(with_appliances(seen, masterSiteId=WANTED.master_site_id.upper())) == ["site", "site"]


def test_a_master_site_keeps_the_sites_that_it_has() -> None:
    other = f"{OFF_AZURE}/VMwareSites/src1234site"
    master: Any = {**(WHOLE.master_site or {}), "tags": {"a": "b"}}
    master["properties"] = {"sites": [other], "customerStorageAccountArmId": "/x", "publicNetworkAccess": "Disabled"}
    [step] = plan(WANTED, dataclasses.replace(WHOLE, master_site=master))
    assert step.body["tags"] == {"a": "b"}
    assert step.body["properties"] == {
        "publicNetworkAccess": "Disabled",
        "allowMultipleSites": True,
        "sites": [other, WANTED.server_site_id],
        "customerStorageAccountArmId": "/x",
    }


# -- the solution that names the wrong tool -----------------------------------------------------------------------

WRONG = {
    "id": WANTED.solution_id(LOCAL_SOLUTION),
    "name": LOCAL_SOLUTION,
    "etag": '"1-2"',
    "properties": {
        "tool": "ServerDiscovery",
        "purpose": "Discovery",
        "goal": "Servers",
        "status": "Active",
        "cleanupState": "None",
        "summary": {"instanceType": "Servers"},
        "details": {"groupCount": 0, "assessmentCount": 2, "extendedDetails": {"vaultId": "/v", "x": "1"}},
    },
}


def test_the_wrong_tool_is_mended_and_nothing_is_lost() -> None:
    seen = dataclasses.replace(WHOLE, solutions={**WHOLE.solutions, LOCAL: WRONG})
    [step] = plan(WANTED, seen)
    assert (step.before, step.after) == (
        {"tool": "ServerDiscovery", "purpose": "Discovery"},
        {"tool": "ServerMigration_DataReplication", "purpose": "Migration"},
    )
    body = mended(WRONG)
    assert step.body == body
    assert body["etag"] == '"1-2"'
    assert body["properties"] == {
        "tool": "ServerMigration_DataReplication",
        "purpose": "Migration",
        "goal": "Servers",
        "status": "Active",
        "cleanupState": "None",
        "details": {"groupCount": 0, "assessmentCount": 2, "extendedDetails": {"vaultId": "/v", "x": "1"}},
    }
    assert not names_wrong_tool({"properties": body["properties"]})


def test_the_tools_of_other_solutions_are_their_own_business() -> None:
    name = SOLUTIONS[0].name.lower()
    odd = {**WHOLE.solutions[name], "properties": {"tool": "Movere"}}
    assert kinds(dataclasses.replace(WHOLE, solutions={**WHOLE.solutions, name: odd})) == []
