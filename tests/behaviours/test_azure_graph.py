# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure Resource Graph: late, in pages, and not as often as one likes."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support.azure_lab import HYBRID
from ansible_collections.azlocal.migrate.tests.support.azure_time import StartAzure, TimedAzure
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab import names
from lab.azure import ids

GRAPH = "/providers/Microsoft.ResourceGraph/resources"
MACHINES = "resources | where type =~ 'microsoft.hybridcompute/machines' | project id, name"
NETWORKS = "resources | where type =~ 'microsoft.azurestackhci/logicalnetworks' | project id, name"
NO_ID = NETWORKS.replace("project id, name", "project name")


def ask(session: TimedAzure, query: str, **options: Any) -> Any:
    body = {"subscriptions": [names.SUBSCRIPTION], "query": query, "options": {f"${k}": v for k, v in options.items()}}
    return session.call("POST", GRAPH, "2021-03-01", body)


@pytest.mark.behaviour("graph_lag")
@thrown("graph_lag_s", 0.0, 300.0)
def test_resources_appear_and_vanish_late(azure: StartAzure, setting: float) -> None:
    session = azure(graph_lag_s=setting)
    machine = session.easy()
    session.protect(machine)
    session.failover(machine)
    instance = f"{session.target(machine)}/providers/Microsoft.AzureStackHCI/virtualMachineInstances/default"
    while session.call("GET", session.target(machine), HYBRID).status_code == 404:
        session.let(5)
    late = setting > 0
    assert ask(session, MACHINES).json()["count"] == (0 if late else 1)
    session.let(setting + 300)
    assert [row["id"] for row in ask(session, MACHINES).json()["data"]] == [session.target(machine)]
    session.ended(session.call("DELETE", instance, "2024-01-01"))
    assert session.call("DELETE", session.target(machine), HYBRID).status_code == 200
    assert ask(session, MACHINES).json()["count"] == (1 if late else 0)
    session.let(setting + 1)
    assert ask(session, MACHINES).json()["count"] == 0
    assert ask(session, NETWORKS).json()["count"] == 3  # what always stood there is never late


@pytest.mark.behaviour("graph_pages")
@thrown("graph_page", 1000, 2)
def test_pages_need_the_column_id(azure: StartAzure, setting: int) -> None:
    session = azure(graph_page=setting)
    page = ask(session, NETWORKS, top=1000).json()
    cut = setting == 2
    assert (page["count"], page["totalRecords"], page["resultTruncated"]) == (2 if cut else 3, 3, "false")
    assert ("$skipToken" in page) == cut
    if cut:
        rest = ask(session, NETWORKS, top=1000, skipToken=page["$skipToken"]).json()
        assert len({row["name"] for row in page["data"] + rest["data"]}) == 3
        assert "$skipToken" not in rest
    lost = ask(session, NO_ID, top=1000).json()
    assert lost["resultTruncated"] == ("true" if cut else "false")  # text, not a boolean
    assert "$skipToken" not in lost


@pytest.mark.behaviour("graph_quota")
@pytest.mark.parametrize("throttle", ["off", "arm"])
def test_fifteen_queries_in_five_seconds(azure: StartAzure, throttle: str) -> None:
    session = azure(throttle=throttle)
    replies = [ask(session, NETWORKS) for _ in range(16)]
    left = [int(reply.headers["x-ms-user-quota-remaining"]) for reply in replies]
    assert left == [*range(14, -1, -1), 0]
    assert {reply.status_code for reply in replies[:15]} == {200}
    if throttle == "off":
        assert replies[15].status_code == 200
        return
    assert (replies[15].status_code, replies[15].json()["error"]["code"]) == (429, "RateLimiting")
    hours, minutes, seconds = replies[15].headers["x-ms-user-quota-resets-after"].split(":")
    assert (hours, minutes) == ("00", "00")
    session.lab.clock.sleep(int(seconds))
    assert ask(session, NETWORKS).status_code == 200


@pytest.mark.behaviour("graph_rights")
@thrown(
    "missing_rights",
    (),
    ("Microsoft.AzureStackHCI/*/read",),
    ("Microsoft.ResourceConnector/appliances/read",),
    ("Microsoft.KubernetesConfiguration/extensions/read",),
)
def test_what_may_not_be_read_is_left_out(azure: StartAzure, setting: tuple[str, ...]) -> None:
    session = azure(missing_rights=setting)
    rows = ask(session, NETWORKS)
    assert (rows.status_code, rows.json()["count"]) == (200, 0 if "Microsoft.AzureStackHCI/*/read" in setting else 3)
    bridges = ask(session, "kubernetesconfigurationresources | project id").json()["count"]
    joined = ("Microsoft.ResourceConnector/", "Microsoft.KubernetesConfiguration/")
    assert bridges == (0 if any(right.startswith(joined) for right in setting) else 1)


@pytest.mark.behaviour("bridge")
@thrown("bridge_status", "Running", "Offline")
def test_the_bridge_is_told_as_a_plain_text(azure: StartAzure, setting: str) -> None:
    session = azure(bridge_status=setting)
    assert session.get(ids.BRIDGE, "2022-10-27")["properties"]["status"] == setting
    query = f"""resources | where type == 'microsoft.extendedlocation/customlocations'
        | join kind=inner (kubernetesconfigurationresources
            | where properties.ConfigurationSettings.HCIClusterID =~ '{ids.CLUSTER}') on id
        | project id, customLocationRegion, status"""
    [row] = ask(session, query).json()["data"]
    assert (row["status"], row["customLocationRegion"]) == (setting, names.CLUSTER_LOCATION)
    assert row["customLocation"] == ids.CUSTOM_LOCATION.upper()


EXTENSION = f"{ids.BRIDGE}/providers/Microsoft.KubernetesConfiguration/extensions/vmss-hci"


@pytest.mark.behaviour("graph_bridge")
@thrown("graph_bridge", "current", "missing", "Offline")
def test_the_graph_lags_and_the_resources_do_not(azure: StartAzure, setting: str) -> None:
    session = azure(graph_bridge=setting)
    rows = ask(session, "kubernetesconfigurationresources | project id, status").json()["data"]
    assert [row["status"] for row in rows] == {"current": ["Running"], "missing": [], "Offline": ["Offline"]}[setting]
    [location] = session.list(f"{ids.SUBSCRIPTION}/providers/Microsoft.ExtendedLocation/customLocations", "2021-08-15")
    assert location["properties"]["clusterExtensionIds"] == [EXTENSION]
    extension = session.get(EXTENSION, "2022-11-01")["properties"]
    assert extension["configurationSettings"]["HCIClusterID"] == ids.CLUSTER
    assert session.get(location["properties"]["hostResourceId"], "2022-10-27")["properties"]["status"] == "Running"
    assert session.call("GET", EXTENSION.replace("vmss-hci", "other"), "2022-11-01").status_code == 404
