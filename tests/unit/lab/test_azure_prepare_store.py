# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The store of control-plane resources, what each stage puts into it, and who reads it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from ansible_collections.azlocal.migrate.tests.support.azure_lab import DR
from ansible_collections.azlocal.migrate.tests.support.azure_prepare import (
    GROUP,
    MIGRATE,
    RESOURCES,
    STORAGE,
    azure_of,
    error,
    make,
    project,
    solution,
)
from ansible_collections.azlocal.migrate.tests.support.azure_time import StartAzure, TimedAzure, starter
from lab import names
from lab.azure import ids, traces
from lab.azure.rbac import needed, type_of
from lab.azure.resources import Resources
from lab.clock import OwnedClock
from lab.runtime import Lab
from lab.schedule import Schedule

KIND = "Microsoft.X/things"
AT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.X/things"


@pytest.fixture
def store() -> Resources:
    return Resources(Schedule(60, OwnedClock()))


@pytest.fixture
def azure(lab: Callable[..., Lab]) -> StartAzure:
    return starter(lab)


def graph(session: TimedAzure, query: str, **more: object) -> list[dict[str, object]]:
    reply = session.call("POST", "/providers/Microsoft.ResourceGraph/resources", "2021-03-01", {"query": query, **more})
    return list(reply.json()["data"])


# -- the store --------------------------------------------------------------------------------------------------


def test_ids_have_no_case(store: Resources) -> None:
    made = store.save(f"{AT}/One", KIND, {"location": "here", "properties": {"a": 1}})
    assert store.find(f"{AT}/ONE/") is made
    again = store.save(f"{AT}/one", "microsoft.x/THINGS", {"location": "there"})
    assert (again.id, again.type, again.number, again.version) == (made.id, KIND, made.number, made.version + 1)
    assert store.find(None) is None
    assert again.show() == {"id": f"{AT}/One", "name": "One", "type": KIND, "location": "there"}
    assert made.show(b=2)["properties"] == {"a": 1, "b": 2}


def test_lists_are_in_the_order_of_creation(store: Resources) -> None:
    for name in ("b", "a", "c"):
        store.save(f"{AT}/{name}", KIND, {})
    store.save(f"{AT}/b", KIND, {"changed": True})
    store.save(f"{AT}/a/parts/p", f"{KIND}/parts", {})
    store.save(f"{AT.replace('/g/', '/other/')}/d", KIND, {})
    assert [row.name for row in store.of(KIND)] == ["b", "a", "c", "d"]
    assert [row.name for row in store.of(KIND.upper(), AT.rpartition("/providers/")[0])] == ["b", "a", "c"]


def test_what_is_dropped_takes_what_is_below_it(store: Resources) -> None:
    for path in ("a", "a/parts/p", "ab"):
        store.save(f"{AT}/{path}", KIND, {})
    assert {row.id for row in store.drop(f"{AT}/A")} == {f"{AT}/a", f"{AT}/a/parts/p"}
    assert [row.name for row in store.of(KIND)] == ["ab"]
    assert store.amend(f"{AT}/a", state="gone") is None


def test_it_knows_what_it_held(store: Resources) -> None:
    store.save(f"{AT}/a", KIND, {}, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    assert store.ago(600) == {}
    store.drop(f"{AT}/a")
    assert (store.ago(0), [*store.ago(600)]) == ({}, [])


# -- stages -----------------------------------------------------------------------------------------------------


def test_a_bare_subscription(azure: StartAzure) -> None:
    session = azure(stage="bare")
    groups = {row["name"] for row in session.list(f"{ids.SUBSCRIPTION}/resourceGroups", RESOURCES)}
    assert groups == {names.CLUSTER_RESOURCE_GROUP, names.TARGET_RESOURCE_GROUP}
    states = {
        row["namespace"]: row["registrationState"]
        for row in session.get(f"{ids.SUBSCRIPTION}/providers", RESOURCES)["value"]
    }
    assert {name for name, state in states.items() if state == "NotRegistered"} == {
        f"Microsoft.{name}" for name in ("Migrate", "OffAzure", "DataReplication", "KeyVault", "Storage", "Insights")
    }
    assert session.get(ids.CLUSTER, "2026-04-30")["properties"]["status"] == "ConnectedRecently"
    assert len(session.list(f"{ids.SUBSCRIPTION}/providers/Microsoft.AzureStackHCI/logicalNetworks", "2024-01-01")) == 3
    for kind in ("replicationVaults", "replicationFabrics"):
        assert session.list(f"{ids.SUBSCRIPTION}/providers/Microsoft.DataReplication/{kind}") == []
    assert error(session.call("GET", ids.VAULT, DR)) == (404, "ResourceGroupNotFound")


def test_what_both_stages_share_stands_in_the_record_of_the_world(azure: StartAzure) -> None:
    session = azure()
    shown = session.lab.dump()["azure"]
    assert {ids.VAULT, ids.PROJECT, ids.STORAGE_ACCOUNT, ids.SOURCE_AGENT} <= set(shown["resources"])
    assert (len(shown["assignments"]), len(shown["applications"])) == (7, 2)


# -- readers ----------------------------------------------------------------------------------------------------


def test_resource_graph_knows_what_was_made(azure: StartAzure) -> None:
    session = azure(stage="bare", second_subscription=True, graph_lag_s=600.0)
    project(session)
    query = "resources | where type =~ 'microsoft.migrate/migrateprojects' | project id, name, location, resourceGroup"
    assert graph(session, query) == []  # made a moment ago
    session.let(600)
    assert graph(session, query) == [
        {
            "id": ids.PROJECT,
            "name": names.PROJECT,
            "location": names.LOCATION,
            "resourceGroup": names.RESOURCE_GROUP,
        }
    ]
    groups = "resourcecontainers | where type =~ 'microsoft.resources/subscriptions/resourcegroups'"
    assert len(graph(session, groups)) == 3
    assert graph(session, groups, subscriptions=[names.TENANT]) == []


def test_tags_of_whatever_resource(azure: StartAzure) -> None:
    session = azure()
    path = f"{ids.STORAGE_ACCOUNT}/providers/Microsoft.Resources/tags/default"
    merged = {"operation": "Merge", "properties": {"tags": {"who": "us"}}}
    assert session.call("PATCH", path, RESOURCES, merged).status_code == 200
    wanted = {"Migrate Project": names.PROJECT, "who": "us"}
    assert session.get(ids.STORAGE_ACCOUNT, STORAGE)["tags"] == wanted
    assert session.get(path, RESOURCES)["properties"]["tags"] == wanted
    nowhere = f"{ids.STORAGE_ACCOUNT}x/providers/Microsoft.Resources/tags/default"
    assert session.call("GET", nowhere, RESOURCES).status_code == 404


def test_tags_of_a_group(azure: StartAzure) -> None:
    session = azure()
    assert "tags" not in session.get(GROUP, RESOURCES)
    assert session.call("PATCH", GROUP, RESOURCES, {"tags": {"a": "b"}}).json()["tags"] == {"a": "b"}
    assert error(session.call("PUT", f"{GROUP}.", RESOURCES, {"location": names.LOCATION})) == (
        400,
        "InvalidResourceGroup",
    )
    assert error(session.call("PATCH", f"{GROUP}x", RESOURCES, {"tags": {}})) == (404, "ResourceGroupNotFound")


def test_another_vault_holds_no_items(azure: StartAzure) -> None:
    """The lab replicates in the vault of its own project; whatever is in there is not in another one."""
    session = azure()
    session.put(session.easy())
    other = f"{ids.VAULT}2"
    reply = session.call("PUT", other, DR, {"location": names.LOCATION, "identity": {"type": "SystemAssigned"}})
    assert (reply.status_code, reply.json()["properties"]["provisioningState"]) == (201, "Creating")
    session.ended(reply)
    assert session.get(other)["identity"]["principalId"] != session.get(ids.VAULT)["identity"]["principalId"]
    for kind in ("protectedItems", "jobs", "events", "replicationPolicies", "replicationExtensions"):
        assert session.list(f"{other}/{kind}") == []
    assert session.call("GET", f"{other}/protectedItems/x", DR).status_code == 404
    assert session.call("GET", f"{other}3/jobs", DR).status_code == 404


def test_a_map_that_somebody_has_spoilt(azure: StartAzure) -> None:
    session = azure()
    for text in ("nonsense", "{}", '[1, {"a": {}, "b": {}}]'):
        body = solution("ServerDiscovery", {"extendedDetails": {traces.MAP: text}})
        make(session, ids.DISCOVERY_SOLUTION, MIGRATE, body)
        assert traces.entries(azure_of(session), ids.PROJECT) == []
        assert traces.entry(azure_of(session), ids.PROJECT, names.SOURCE_APPLIANCE) is None


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("PUT", GROUP, "Microsoft.Resources/subscriptions/resourceGroups/write"),
        ("POST", f"{ids.PROJECT}/registerTool", "Microsoft.Migrate/MigrateProjects/registerTool/action"),
        ("DELETE", f"{GROUP}/providers/Microsoft.Authorization/locks/x", "Microsoft.Authorization/locks/delete"),
        ("POST", f"{ids.SUBSCRIPTION}/providers/Microsoft.Migrate/register", "Microsoft.Migrate/register/action"),
    ],
)
def test_what_a_change_needs(method: str, path: str, action: str) -> None:
    assert needed(method, path)[0] == action
    assert method == "POST" or type_of(path) == action.rpartition("/")[0]


def test_a_right_that_is_missing_stops_each_change(azure: StartAzure) -> None:
    session = azure(missing_rights=("Microsoft.Migrate/migrateProjects/*", "*/resourceGroups/write", "*/locks/*"))
    for method, path, version in (
        ("PUT", ids.PROJECT, MIGRATE),
        ("PUT", f"{GROUP}2", RESOURCES),
        ("PUT", f"{GROUP}/providers/Microsoft.Authorization/locks/x", "2020-05-01"),
        ("DELETE", ids.MIGRATION_SOLUTION, MIGRATE),
    ):
        assert error(session.call(method, path, version, {})) == (403, "AuthorizationFailed")
