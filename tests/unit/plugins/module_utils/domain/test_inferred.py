# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tenant's replies say of each inferred fact: settled, contradicted, not seen, failed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import inferred
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.evidence import (
    CONTRADICTED,
    FAILED,
    NOT_SEEN,
    SETTLED,
    Evidence,
    Failure,
    Judgement,
    Look,
    LookFailed,
    Unseen,
    judge,
    shown,
)
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain import tenant

ROOT = Path(__file__).resolve().parents[5]
FACTS = {fact.key: fact for fact in inferred.FACTS}
READABLE = sorted(key for key, fact in FACTS.items() if fact.judge)
Change = Callable[[dict[str, list[Any]]], object]


def verdict(key: str, evidence: Evidence) -> Judgement:
    return judge(FACTS[key], evidence)


def properties(tree: dict[str, list[Any]], look: str, page: int = 0, row: int | None = None) -> dict[str, Any]:
    body = tree[look][page]
    found: dict[str, Any] = (body if row is None else body["value"][row])["properties"]
    return found


def put(look: str, *path: Any, value: Any) -> Change:
    """Set one value in the bodies of a look; the path begins with the number of the page."""

    def change(tree: dict[str, list[Any]]) -> None:
        at: Any = tree[look]
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value

    return change


def of_item(number: int, name: str, value: Any, *, custom: bool = False) -> Change:
    """Set one property of the item of this number in the list."""
    page, row = divmod(number - 1, 3)
    inside = ("customProperties",) if custom else ()
    return put("items", page, "value", row, "properties", *inside, name, value=value)


# -- the table ---------------------------------------------------------------------------------------------------------


def test_keys_are_unique_and_every_fact_is_complete() -> None:
    assert len(FACTS) == len(inferred.FACTS)
    for fact in inferred.FACTS:
        assert all((fact.statement, fact.source, fact.relied, fact.remedy)), fact.key
        assert bool(fact.judge) != bool(fact.why_not), fact.key


def test_the_code_that_relies_on_a_fact_exists() -> None:
    files = ROOT / "plugins" / "module_utils"
    named = [one for fact in inferred.FACTS for one in fact.relied.split(", ") if one.endswith(".py")]
    assert named
    assert [one for one in named if not (files / one).is_file()] == []


@pytest.mark.parametrize("key", READABLE)
def test_in_a_tenant_as_we_assume_it_all_facts_are_settled(key: str) -> None:
    found = verdict(key, tenant.evidence())
    assert found.verdict == SETTLED, found


@pytest.mark.parametrize("key", sorted(set(FACTS) - set(READABLE)))
def test_what_reading_cannot_settle_says_so(key: str) -> None:
    found = verdict(key, tenant.evidence())
    assert found.verdict == NOT_SEEN
    assert found.seen.startswith("reading cannot settle it: ")


@pytest.mark.parametrize("key", READABLE)
def test_without_any_evidence_nothing_is_seen(key: str) -> None:
    assert verdict(key, Evidence(looks={})).verdict == NOT_SEEN


@pytest.mark.parametrize("key", READABLE)
def test_a_look_that_failed_fails_its_facts_alone(key: str) -> None:
    """Every fact that needs looks fails when all of them failed; those about headers go by the replies."""
    failure = Failure(code="AuthorizationFailed", why="it is not allowed", remedy="a role")
    looks = {name: Look(key=name, failure=failure) for name in tenant.pages()}
    found = verdict(key, Evidence(looks=looks))
    if found.verdict == NOT_SEEN:
        assert key in ("header_provider", "header_subscription", "header_is_a_hint", "retry_after", "correlation_id",
                       "clock_azure", "clocks_agree")  # fmt: skip
    else:
        assert found == Judgement(
            verdict=FAILED, seen="it is not allowed", remedy="a role", error_code="AuthorizationFailed"
        )


# -- contradicted ------------------------------------------------------------------------------------------------------

WRONG: dict[str, Change] = {
    "solution_vault": put("migration_solution", 0, "properties", "details", value=None),
    "site_map": put("discovery_solution", 0, "properties", "details", "extendedDetails", value={}),
    "fabric_links": put("fabrics", 0, "value", 0, "properties", "customProperties", "vmwareSiteId", value="another"),
    "fabric_cluster": put("fabrics", 0, "value", 1, "properties", "customProperties", "cluster", value=None),
    "agent_responsive": put("source_agents", 0, "value", 0, "properties", "isResponsive", value="Connected"),
    "run_as": put("vcenters", 0, "value", 0, "properties", "runAsAccountId", value=None),
    "machine_key": put("machines", 0, "value", 0, "name", value="another"),
    "machine_words": put("machines", 0, "value", 0, "properties", "powerStatus", value="Dozing"),
    "vcenter_version": put("vcenter_about", 0, "api_version", value="6.0"),
    "vcenter_attribute": put("vcenter_attribute", 0, "count", value=None),
    "join_uuid": lambda tree: [vm.update(instance_uuid="another") for vm in tree["vcenter_vms"][0]],
    "join_disks": put("vcenter_vms", 0, 0, "disks", value=[]),
    "join_nics": put("machines", 0, "value", 0, "properties", "networkAdapters", 0, "nicId", value="Network 1"),
    "os_disk": lambda tree: [
        disk.pop("isOSDisk") for page in tree["machines"] for row in page["value"] for disk in row["properties"]["disks"]
    ],
    "os_disk_scsi00": put(
        "machines",
        0,
        "value",
        0,
        "properties",
        "disks",
        value=[{"name": "scsi0:0", "isOSDisk": "false"}, {"name": "scsi0:1", "isOSDisk": "true"}],
    ),
    "bridge_row": put("bridge", 0, "value", 0, "customLocationRegion", value=""),
    "bridge_status": put("bridge", 0, "value", 0, "status", value='{"state":"Running"}'),
    "free_space": put("storage_paths", 0, "value", 0, "properties", "status", value={}),
    "network_shape": put("logical_networks", 0, "value", 0, "properties", "subnets", value=[]),
    "cluster_nodes": put("cluster", 0, "properties", "reportedProperties", value={}),
    "target_machine": put("target_machines", 0, "value", 0, "name", value="another"),
    "target_instance": put("target_instance", 0, "properties", "status", "powerState", value="Dozing"),
    "target_nics": put("target_nics", 0, "value", 0, "name", value="nic-1"),
    "items_list_fields": of_item(5, "allowedJobs", None),
    "items_list_agrees": of_item(5, "protectionState", "Protected"),
    "items_paging": put("items", 1, "value", value=tenant.pages()["items"][0]["value"]),
    "items_page_size": put("items_small", 0, "value", value=tenant.pages()["items"][0]["value"]),
    "items_states": of_item(1, "protectionState", "Hibernated"),
    "items_health": of_item(1, "replicationHealth", "Sneezing"),
    "allowed_ready": of_item(1, "allowedJobs", ["DisableProtection"]),
    "allowed_seeding": of_item(2, "allowedJobs", ["PlannedFailover"]),
    "allowed_failing_over": of_item(3, "allowedJobs", ["PlannedFailover"]),
    "allowed_after_failure": of_item(4, "allowedJobs", ["DisableProtection"]),
    "allowed_failed_over": of_item(5, "allowedJobs", None),
    "bios_id": of_item(5, "targetVmBiosId", "a uuid", custom=True),
    "booleans": of_item(1, "resyncRequired", "maybe"),
    "item_key": put("items", 0, "value", 0, "name", value="another"),
    "id_case": of_item(1, "storageContainerId", "another", custom=True),
    "jobs_newest_first": lambda tree: tree["jobs"].reverse(),
    "jobs_trimmed": put("jobs", 0, "value", 0, "properties", "tasks", value=[]),
    "jobs_object_name": put("jobs", 0, "value", 0, "properties", "objectName", value=""),
    "jobs_initial": put("jobs", 1, "value", 0, "properties", "objectId", value="an id"),
    "jobs_provisioning": put("jobs", 0, "value", 0, "properties", "provisioningState", value="Succeeded"),
    "jobs_states": put("jobs", 0, "value", 0, "properties", "state", value="Dozing"),
    "jobs_titles": lambda tree: [
        row["properties"].update(displayName="Geplantes Failover") for page in tree["jobs"] for row in page["value"]
    ],
    "jobs_paging": put("jobs", 1, "value", value=[]),
    "job_tree": put("job_1", 0, "properties", "tasks", value=None),
    "job_task_names": lambda tree: [
        task.update(taskName="Eine Aufgabe") for key in ("job_1", "job_2") for task in tree[key][0]["properties"]["tasks"]
    ],
    "job_failover_time": lambda tree: [
        row["properties"].update(startTime="2020-01-01T00:00:00Z") for page in tree["jobs"] for row in page["value"]
    ],
    "job_never_begun": put("job_1", 0, "properties", "tasks", 4, "state", value="Succeeded"),
    "machines_paging": put("machines", 1, "value", value=tenant.pages()["machines"][0]["value"]),
    "rights_project": put("rights_project", 0, "value", 0, "notActions", value=["*/plannedFailover/action"]),
    "rights_cluster": put("rights_cluster", 0, "value", value=[]),
    "rights_target": put("rights_target", 0, "value", 0, "actions", value=["*/read"]),
    "privileges_vm": put("vcenter_privileges", 0, 1, "privileges", value=["System.View"]),
    "privileges_root": put("vcenter_privileges", 0, 0, "privileges", value=[]),
    "clock_vcenter": put("vcenter_clock", 0, "server", value=(tenant.NOW + dt.timedelta(minutes=3)).isoformat()),
}  # fmt: skip
VERSIONS = {
    "version_replication": "vault",
    "version_offazure": "site",
    "version_migrate": "migration_solution",
    "version_hybrid_compute": "target_machines",
    "version_local_vm": "storage_paths",
    "version_cluster": "cluster",
    "version_resource_graph": "bridge",
}
BY_REPLIES = {"header_provider", "header_subscription", "header_is_a_hint", "retry_after", "correlation_id",
              "clock_azure", "clocks_agree"}  # fmt: skip
BY_LOOK = {"policy_name": "policy", "extension_name": "extension"}
NEVER = {"vcenter_events"}  # it was read or it was not


def test_every_fact_is_contradicted_by_something_here() -> None:
    assert set(READABLE) == {*WRONG, *VERSIONS, *BY_REPLIES, *BY_LOOK, *NEVER}


@pytest.mark.parametrize("key", WRONG)
def test_another_reply_contradicts_the_fact(key: str) -> None:
    found = verdict(key, tenant.evidence(WRONG[key]))
    assert found.verdict == CONTRADICTED, found
    assert found.seen


@pytest.mark.parametrize("key", VERSIONS)
def test_a_refused_version_contradicts_and_names_what_is_accepted(key: str) -> None:
    refused = {"refused": ("2026-05-01",), "supported": ("2024-09-01",), "version": "2024-09-01"}
    found = verdict(key, tenant.evidence(looks={VERSIONS[key]: refused}))
    assert found.verdict == CONTRADICTED
    assert found.seen == "refused: 2026-05-01; 2024-09-01 is accepted; it names 2024-09-01"


@pytest.mark.parametrize("key", BY_LOOK)
def test_what_is_not_there_under_the_name_we_expect_contradicts(key: str) -> None:
    assert verdict(key, tenant.evidence(looks={BY_LOOK[key]: {"gone": True, "pages": ()}})).verdict == CONTRADICTED


def late(seconds: float, **headers: str) -> list[Any]:
    """The replies by a clock of ours that is ``seconds`` ahead of Azure's."""
    return [
        dataclasses.replace(reply, at=reply.at + dt.timedelta(seconds=seconds), headers={**reply.headers, **headers})
        for reply in tenant.replies()
    ]


@pytest.mark.parametrize("key", ["clock_azure", "clocks_agree"])
@pytest.mark.parametrize(
    ("seconds", "wanted"), [(-59, SETTLED), (59, SETTLED), (-200, CONTRADICTED), (200, CONTRADICTED)]
)
def test_a_clock_is_wrong_by_more_than_we_allow(key: str, seconds: float, wanted: str) -> None:
    found = verdict(key, tenant.evidence(replies_too=late(seconds)))
    assert found.verdict == wanted
    if wanted == CONTRADICTED:
        assert f"{abs(seconds):.0f} s {'behind' if seconds > 0 else 'ahead'}" in found.seen


def test_two_clocks_that_are_wrong_alike_agree() -> None:
    server = (tenant.NOW - dt.timedelta(minutes=3)).isoformat()
    evidence = tenant.evidence(put("vcenter_clock", 0, "server", value=server), replies_too=late(180))
    assert verdict("clocks_agree", evidence).verdict == SETTLED
    assert verdict("clock_azure", evidence).verdict == CONTRADICTED


def without(name: str) -> list[Any]:
    return [
        dataclasses.replace(reply, headers={key: value for key, value in reply.headers.items() if key != name})
        for reply in tenant.replies()
    ]


@pytest.mark.parametrize(
    ("key", "replies"),
    [
        ("header_provider", without(tenant.PROVIDER_COUNT)),
        ("header_subscription", without(tenant.READS_COUNT)),
        ("header_provider", late(0, **{tenant.READS_COUNT: "249"})),
        ("retry_after", without("retry-after")),
        ("correlation_id", without("x-ms-correlation-request-id")),
    ],
)
def test_headers_that_are_other_than_we_assume(key: str, replies: list[Any]) -> None:
    assert verdict(key, tenant.evidence(replies_too=replies)).verdict == CONTRADICTED


def test_a_count_that_falls_by_one_each_time_is_a_balance() -> None:
    counted = [
        dataclasses.replace(reply, headers={**reply.headers, tenant.PROVIDER_COUNT: str(100 - number)})
        for number, reply in enumerate(tenant.replies()[:3])
    ]
    assert verdict("header_is_a_hint", tenant.evidence(replies_too=counted)).verdict == CONTRADICTED


# -- not seen ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("items_list_fields", put("items", 1, "value", value=[])),
        ("items_page_size", lambda tree: tree.update(items=[{"value": tree["items"][0]["value"][:1]}])),
        ("allowed_seeding", of_item(2, "protectionState", "Protected")),
        ("jobs_newest_first", lambda tree: tree.update(jobs=[{"value": tree["jobs"][0]["value"][:1]}])),
        ("job_never_begun", put("job_1", 0, "properties", "state", value="Succeeded")),
        ("machines_paging", lambda tree: tree["machines"].pop()),
        ("os_disk_scsi00", put("machines", 0, "value", value=[])),
        ("bios_id", put("items", 1, "value", value=[])),
    ],
)
def test_evidence_that_is_not_there_is_not_seen(key: str, change: Change) -> None:
    def only_first(tree: dict[str, list[Any]]) -> None:
        change(tree)
        if key == "os_disk_scsi00":
            tree["machines"].pop()

    assert verdict(key, tenant.evidence(only_first)).verdict == NOT_SEEN


@pytest.mark.parametrize(
    ("key", "look"),
    [
        ("item_key", "machines"),
        ("id_case", "machines"),
        ("id_case", "storage_paths"),
        ("join_uuid", "vcenter_vms"),
        ("target_machine", "target_machines"),
        ("target_nics", "target_nics"),
    ],
)
def test_what_may_be_on_a_page_that_was_not_read_is_not_contradicted(key: str, look: str) -> None:
    assert verdict(key, tenant.evidence(WRONG[key])).verdict == CONTRADICTED
    assert verdict(key, tenant.evidence(WRONG[key], looks={look: {"more": True}})).verdict == NOT_SEEN


@pytest.mark.parametrize("key", VERSIONS)
def test_what_is_not_there_says_nothing_of_its_version(key: str) -> None:
    gone = {"gone": True, "pages": (), "version": ""}
    assert verdict(key, tenant.evidence(looks={VERSIONS[key]: gone})).verdict == NOT_SEEN


# -- whatever comes ----------------------------------------------------------------------------------------------------

SECRET = "zq7x-berlin"
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.just(SECRET) | st.text(max_size=5)
junk: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to everything in a tree."""
    steps = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path] * bool(path) + [found for step, value in steps for found in places(value, (*path, step))]


PLACES = [place for place in places(tenant.pages()) if len(place) > 1]


@given(st.lists(st.tuples(st.sampled_from(PLACES), junk), min_size=1, max_size=4))
def test_no_reply_breaks_a_judgement_or_gets_into_its_words(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    def change(tree: dict[str, list[Any]]) -> None:
        for place, value in changes:
            at: Any = tree
            try:
                for step in place[:-1]:
                    at = at[step]
                at[place[-1]] = value
            except (KeyError, IndexError, TypeError):
                pass  # an earlier change took the place away

    evidence = tenant.evidence(change)
    for key in READABLE:
        asked = FACTS[key].judge
        assert asked is not None
        try:
            found = asked(evidence)
        except (Unseen, LookFailed):
            continue
        assert SECRET not in found.seen.lower(), key
        assert "berlin" not in found.seen.lower(), key


@given(junk)
def test_a_value_is_shown_only_when_it_belongs_to_the_services(value: Any) -> None:
    assert SECRET not in shown(value)


def test_what_is_shown() -> None:
    assert [shown(value) for value in (None, True, 3, 2.5, "Running", "2026-05-01", "", SECRET, [], {})] == [
        "null", "true", "3", "2.5", "Running", "2026-05-01", "an empty text", "a text of 11 characters", "a list",
        "an object",
    ]  # fmt: skip


def test_no_judgement_of_the_tenant_names_it() -> None:
    told = json.dumps([dataclasses.astuple(found) for _fact, found in inferred.judgements(tenant.evidence())])
    assert "berlin" not in told.lower()
    assert tenant.GROUP.split("/")[2] not in told
