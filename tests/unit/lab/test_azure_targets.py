# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure Local in ARM: places before a migration, machines after it, and Resource Graph over both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support.azure_lab import HCI, HYBRID, AzureSession, create_body, until
from lab import names
from lab.azure import ids
from lab.runtime import Lab

GRAPH = "/providers/Microsoft.ResourceGraph/resources"
GROUP = ids.group(names.TARGET_RESOURCE_GROUP)
BRIDGES = """
resources
| where type == 'microsoft.extendedlocation/customlocations'
| extend bridge = tolower(tostring(properties.hostResourceId))
| join kind=inner (kubernetesconfigurationresources
    | where properties.ConfigurationSettings.HCIClusterID =~ '{cluster}') on id
| join kind=inner (resources | where type == 'microsoft.resourceconnector/appliances') on bridge
| project cluster, customLocation, customLocationRegion, status, applianceName
"""


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AzureSession, dict[str, Any]]]:
    from lab.cli import start_lab

    running = start_lab(tmp_path_factory.mktemp("azure") / "lab", vms=12, speed=4000)
    azure = AzureSession(running)
    machine = azure.easy()
    azure.migrate(machine)
    yield azure, machine
    running.stop()


def query(azure: AzureSession, text: str, **options: Any) -> dict[str, Any]:
    body = {"subscriptions": [names.SUBSCRIPTION], "query": text, "options": {f"${k}": v for k, v in options.items()}}
    reply = azure.call("POST", GRAPH, "2021-03-01", body)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def test_the_bridge_join(shared_lab: Lab) -> None:
    azure = AzureSession(shared_lab)
    [row] = query(azure, BRIDGES.replace("{cluster}", ids.CLUSTER))["data"]
    assert row == {
        "cluster": ids.CLUSTER,
        "customLocation": ids.CUSTOM_LOCATION.upper(),
        "customLocationRegion": names.CLUSTER_LOCATION,
        "status": "Running",
        "applianceName": ids.BRIDGE_NAME,
    }
    assert query(azure, BRIDGES.replace("{cluster}", ids.CLUSTER + "2"))["data"] == []


def test_resource_graph_filters_projects_and_pages(shared_lab: Lab) -> None:
    azure = AzureSession(shared_lab)
    text = "resources | where type =~ 'Microsoft.AzureStackHCI/storageContainers' | project id, name, region=location"
    first = query(azure, text, top=2)
    assert (first["count"], first["totalRecords"]) == (2, len(names.STORAGE_PATHS))
    second = query(azure, text, top=2, skipToken=first["$skipToken"])
    assert "$skipToken" not in second
    rows = first["data"] + second["data"]
    assert {row["name"] for row in rows} == set(names.STORAGE_PATHS)
    assert {row["region"] for row in rows} == {names.CLUSTER_LOCATION}
    named = "resources | where type =~ 'microsoft.azurestackhci/logicalnetworks' and name =~ 'LNET-prod-110'"
    assert [row["name"] for row in query(azure, named)["data"]] == ["lnet-prod-110"]


def test_places_by_group_by_subscription_and_alone(shared_lab: Lab) -> None:
    azure = AzureSession(shared_lab)
    providers = f"{ids.SUBSCRIPTION}/providers"
    assert len(azure.list(f"{providers}/Microsoft.AzureStackHCI/storageContainers", HCI)) == len(names.STORAGE_PATHS)
    assert azure.list(f"{GROUP}/providers/Microsoft.AzureStackHCI/storageContainers", HCI) == []
    path = azure.get(ids.STORAGE["UserStorage1"], HCI)["properties"]
    assert path["status"]["availableSizeMB"] <= names.STORAGE_PATHS["UserStorage1"][2]
    network = azure.get(ids.NETWORKS["lnet-prod-110"], HCI)["properties"]["subnets"][0]["properties"]
    info = network["ipPools"][0]["info"]
    assert isinstance(info["used"], str)
    assert int(info["available"]) > 1000
    assert azure.get(ids.CLUSTER, "2026-04-30")["properties"]["status"] == "ConnectedRecently"
    location = azure.get(ids.CUSTOM_LOCATION, "2021-08-15")["properties"]
    assert azure.get(location["hostResourceId"], "2022-10-27")["properties"]["status"] == "Running"


def test_a_migrated_machine_in_arm(migrated: tuple[AzureSession, dict[str, Any]]) -> None:
    azure, machine = migrated
    found = azure.get(azure.target(machine), HYBRID)
    assert (found["kind"], found["location"]) == ("HCI", names.CLUSTER_LOCATION)
    assert [row["id"] for row in azure.list(f"{GROUP}/providers/Microsoft.HybridCompute/machines", HYBRID)] == [
        found["id"]
    ]
    instance = azure.get(f"{found['id']}/providers/Microsoft.AzureStackHCI/virtualMachineInstances/default", HCI)
    properties = instance["properties"]
    assert properties["hardwareProfile"]["processors"] == machine["properties"]["numberOfProcessorCore"]
    disks = [properties["storageProfile"]["osDisk"], *properties["storageProfile"]["dataDisks"]]
    assert len(disks) == len(machine["properties"]["disks"])
    for disk in disks:
        assert azure.get(disk["id"], HCI)["properties"]["diskFileFormat"] == "vhdx"
    for nic in properties["networkProfile"]["networkInterfaces"]:
        shown = azure.get(nic["id"], HCI)["properties"]
        assert shown["ipConfigurations"][0]["properties"]["subnet"]["id"] in ids.NETWORKS.values()
    rows = query(azure, f"resources | where type =~ 'microsoft.hybridcompute/machines' and id in~ ('{found['id']}')")
    assert rows["count"] == 1


def test_tags_hold_marks(migrated: tuple[AzureSession, dict[str, Any]]) -> None:
    azure, machine = migrated
    path = azure.target(machine)
    assert azure.call("PATCH", path, HYBRID, {"tags": {"azlocal.migrate": "x" * 257}}).status_code == 400
    assert azure.call("PATCH", path, HYBRID, {"tags": {"azlocal.migrate": "{}"}}).status_code == 200
    assert azure.get(path, HYBRID)["tags"] == {"azlocal.migrate": "{}"}
    tags = f"{path}/providers/Microsoft.Resources/tags/default"
    body = {"operation": "Merge", "properties": {"tags": {"other": "1"}}}
    assert azure.call("PATCH", tags, "2021-04-01", body).status_code == 200
    assert azure.get(tags, "2021-04-01")["properties"]["tags"] == {"azlocal.migrate": "{}", "other": "1"}


def test_power_and_removal(lab: Callable[..., Lab]) -> None:
    azure = AzureSession(lab(vms=12, speed=4000))
    machine = azure.easy()
    azure.migrate(machine)
    path = azure.target(machine)
    instance = f"{path}/providers/Microsoft.AzureStackHCI/virtualMachineInstances/default"

    def done(reply: Any) -> None:
        assert reply.status_code == 202
        until(lambda: azure.http.get(reply.headers["Location"]), lambda r: r.json()["status"] == "Succeeded")

    def power() -> str:
        return str(azure.get(instance, HCI)["properties"]["status"]["powerState"])

    done(azure.call("POST", f"{instance}/stop", HCI))
    assert power() == "Stopped"
    done(azure.call("POST", f"{instance}/start", HCI))
    assert power() == "Running"
    disk = azure.get(instance, HCI)["properties"]["storageProfile"]["osDisk"]["id"]
    assert azure.call("DELETE", disk, HCI).status_code == 409
    assert azure.call("DELETE", path, HYBRID).status_code == 409
    done(azure.call("DELETE", instance, HCI))
    assert azure.call("GET", instance, HCI).status_code == 404
    assert azure.get(disk, HCI)["name"]  # the VM is gone, its disks are not
    assert azure.call("DELETE", path, HYBRID).status_code == 200
    done(azure.call("DELETE", disk, HCI))
    assert azure.call("GET", disk, HCI).status_code == 404


def test_names_and_addresses_in_use_stop_the_next_one(migrated: tuple[AzureSession, dict[str, Any]]) -> None:
    azure, machine = migrated
    second = azure.easy(1)
    taken = create_body(second, targetVmName=machine["properties"]["displayName"])
    reply = azure.put(second, taken)
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "TargetVmNameInUse")
    vm = azure.lab.world.source[second["properties"]["instanceUuid"].lower()]
    first = azure.lab.world.source[machine["properties"]["instanceUuid"].lower()]
    vm.nics[0].addresses, vm.nics[0].network = list(first.nics[0].addresses), first.nics[0].network
    second = azure.easy(1)
    azure.protect(second)
    azure.failover(second)
    item = azure.wait(second, ("PlannedFailoverCompletionFailed",))
    assert item["healthErrors"][0]["code"] == "1000037"
