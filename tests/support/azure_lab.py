# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain HTTP client of the lab's Azure, for the lab's own tests: no code of the collection, none of the SDK."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

import requests

from lab import names
from lab.azure import ids
from lab.azure.server import start
from lab.runtime import Lab
from lab.switches import Switches

JSON = dict[str, Any]
DR = "2024-09-01"
OFFAZURE = "2023-06-06"
HYBRID = "2024-07-10"
HCI = "2025-06-01-preview"
GOAL = ("Protected", "EnablingFailed", "InitialReplicationFailed")
ENDED = ("PlannedFailoverCompleted", "PlannedFailoverFailed", "PlannedFailoverCompletionFailed")


class AzureSession:
    """Signed in as the lab's service principal."""

    def __init__(self, lab: Lab, switches: Switches | None = None) -> None:
        self.lab = lab
        if switches is not None:  # a second front door with other manners, over the same world
            lab.servers["azure again"] = start(lab, switches)
        self.url = lab.servers["azure again" if switches is not None else "azure"].url
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = str(lab.tls.ca)
        reply = self.token()
        self.http.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"

    def token(self, tenant: str = names.TENANT, **changed: str) -> requests.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": names.CLIENT_ID,
            "client_secret": names.CLIENT_SECRET,
            "scope": f"{self.url}/.default",
        }
        return self.http.post(f"{self.url}/{tenant}/oauth2/v2.0/token", data=form | changed)

    def call(self, method: str, path: str, version: str, body: Any = None, **query: str) -> requests.Response:
        url = path if path.startswith("https:") else self.url + path
        return self.http.request(method, url, params={"api-version": version, **query}, json=body)

    def get(self, path: str, version: str = DR, **query: str) -> Any:
        reply = self.call("GET", path, version, **query)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def list(self, path: str, version: str = DR) -> list[JSON]:
        reply = self.get(path, version)
        rows: list[JSON] = reply["value"]
        while reply.get("nextLink"):
            reply = self.http.get(reply["nextLink"]).json()
            rows += reply["value"]
        return rows

    # -- migration -------------------------------------------------------------------------------------------

    def machines(self) -> list[JSON]:
        return self.list(f"{ids.SOURCE_SITE}/machines", OFFAZURE)

    def easy(self, number: int = 0) -> JSON:
        """A discovered machine that migrates."""
        plain = {vm.instance_uuid for vm in self.lab.world.source.values() if not vm.awkward}
        return [m for m in self.machines() if m["properties"]["instanceUuid"] in plain][number]

    def awkward(self, kind: str) -> JSON:
        odd = {vm.instance_uuid for vm in self.lab.world.source.values() if vm.awkward == kind}
        return next(m for m in self.machines() if m["properties"]["instanceUuid"] in odd)

    def put(self, machine: JSON, body: JSON | None = None, version: str = DR) -> requests.Response:
        return self.call("PUT", ids.item(machine["name"]), version, body or create_body(machine))

    def item(self, machine: JSON, version: str = DR) -> JSON:
        found: JSON = self.get(ids.item(machine["name"]), version)["properties"]
        return found

    def wait(self, machine: JSON, states: tuple[str, ...] = GOAL, seconds: float = 20) -> JSON:
        return until(lambda: self.item(machine), lambda item: item["protectionState"] in states, seconds)

    def protect(self, machine: JSON, body: JSON | None = None) -> JSON:
        reply = self.put(machine, body)
        assert reply.status_code == 201, reply.text
        return self.wait(machine)

    def failover(self, machine: JSON, shut_down: bool = True) -> requests.Response:
        custom = {"instanceType": ids.INSTANCE_TYPE, "shutdownSourceVM": shut_down}
        path = f"{ids.item(machine['name'])}/plannedFailover"
        return self.call("POST", path, DR, {"properties": {"customProperties": custom}})

    def migrate(self, machine: JSON) -> JSON:
        assert self.protect(machine)["protectionState"] == "Protected"
        assert self.failover(machine).status_code == 202
        return self.wait(machine, ENDED)

    def job(self, reply: requests.Response) -> JSON:
        """The job behind the URL of an operation."""
        name = reply.headers["Location"].split("?")[0].rsplit("/", 1)[-1].split("_")[0]
        found: JSON = self.get(ids.job(name))["properties"]
        return found

    def target(self, machine: JSON) -> str:
        group = ids.group(names.TARGET_RESOURCE_GROUP)
        return ids.of_type(group, "Microsoft.HybridCompute/machines", machine["properties"]["displayName"])


def until(read: Callable[[], Any], good: Callable[[Any], bool], seconds: float = 20) -> Any:
    end = time.monotonic() + seconds
    while True:
        value = read()
        if good(value):
            return value
        assert time.monotonic() < end, f"not in {seconds} s: {value}"
        time.sleep(0.01)


def network_of(port_group: str) -> str:
    """The logical network with the VLAN of a port group."""
    vlan = names.PORT_GROUPS[port_group][0]
    name = next((key for key, row in names.LOGICAL_NETWORKS.items() if row[0] == vlan), "lnet-prod-110")
    return ids.NETWORKS[name]


def create_body(machine: JSON, **changed: Any) -> JSON:
    """What a correct client sends to replicate a discovered machine as it is, keeping its addresses."""
    properties = machine["properties"]
    custom: JSON = {
        "instanceType": ids.INSTANCE_TYPE,
        "targetHciClusterId": ids.CLUSTER.replace("/subscriptions/", "/Subscriptions/"),
        "targetArcClusterCustomLocationId": ids.CUSTOM_LOCATION.upper(),
        "storageContainerId": ids.STORAGE["UserStorage1"],
        "targetResourceGroupId": ids.group(names.TARGET_RESOURCE_GROUP),
        "customLocationRegion": names.CLUSTER_LOCATION,
        "disksToInclude": [
            {
                "diskId": disk["uuid"],
                "diskSizeGB": -(-disk["maxSizeInBytes"] // 2**30),
                "diskFileFormat": "VHDX",
                "isOsDisk": number == 0,
                "isDynamic": True,
            }
            for number, disk in enumerate(properties["disks"])
        ],
        "nicsToInclude": [
            {
                "nicId": nic["nicId"],
                "targetNetworkId": network_of(nic["networkName"]),
                "testNetworkId": network_of(nic["networkName"]),
                "selectionTypeForFailover": "SelectedByUser",
                "isStaticIpMigrationEnabled": True,
            }
            for nic in properties["networkAdapters"]
        ],
        "targetVmName": properties["displayName"],
        "hyperVGeneration": "1" if properties["firmware"] == "bios" else "2",
        "targetCpuCores": properties["numberOfProcessorCore"],
        "isDynamicRam": False,
        "dynamicMemoryConfig": {
            "minimumMemoryInMegaBytes": 1024,
            "maximumMemoryInMegaBytes": 1048576,
            "targetMemoryBufferPercentage": 20,
        },
        "targetMemoryInMegaBytes": int(properties["allocatedMemoryInMB"]),
        "fabricDiscoveryMachineId": machine["id"],
        "runAsAccountId": ids.RUN_AS,
        "sourceFabricAgentName": ids.SOURCE_AGENT_NAME,
        "targetFabricAgentName": ids.TARGET_AGENT_NAME,
    }
    custom |= copy.deepcopy(changed)
    return {
        "properties": {
            "policyName": ids.POLICY_NAME,
            "replicationExtensionName": ids.EXTENSION_NAME,
            "customProperties": {key: value for key, value in custom.items() if value is not ...},
        }
    }
