# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One walk through the lab's Azure, from discovery to a completed migration, with every reply kept under its type.

Three VMs walk: one migrates and is completed; one, created in the words of the newest api-version, fails over in
vain; one cannot be enabled at all.
"""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import requests

from lab import names
from lab.azure import ids
from lab.runtime import Lab

from .azure_lab import HYBRID, AzureSession, create_body, until

JSON = dict[str, Any]
REPLICATION = ("2024-09-01", "2026-05-01")
OFF_AZURE = ("2023-06-06", "2024-12-01-preview")
LOCAL_VM = ("2024-01-01", "2025-06-01-preview", "2026-04-01-preview")
AUTHORIZATION = "2022-04-01"
MIGRATE = ("2018-09-01-preview", "2020-05-01", "2023-01-01")
FAULT = {"kind": "job", "job": "Planned failover", "task": "Starting failover", "code": "1000001", "message": "Broken."}
# States that are sure to be met on the way, whatever the machine that runs this is busy with.
STATES = {
    "UnprotectedStatesBegin",
    "EnablingProtection",
    "EnablingFailed",
    "InitialReplicationInProgress",
    "Protected",
    "PlannedFailoverInitiated",
    "PlannedFailoverCompleting",
    "PlannedFailoverCompleted",
    "PlannedFailoverFailed",
    "DisablingProtection",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Seen:
    """One resource in one reply."""

    type: str  # "Microsoft.X/y", as Microsoft spells it
    version: str
    label: str
    body: JSON
    headers: frozenset[str] = frozenset()  # names, in lower case, of the reply it came in


class Cycle:
    """``walk`` once, then look at ``seen``."""

    def __init__(self, lab: Lab) -> None:
        self.azure = AzureSession(lab)
        self.lab = lab
        self.seen: list[Seen] = []
        self.states: set[str] = set()
        self.envelopes: list[tuple[str, JSON]] = []

    def of(self, type_: str, version: str = "") -> list[Seen]:
        return [each for each in self.seen if each.type == type_ and version in ("", each.version)]

    def one(self, type_: str, label: str, version: str = "") -> Seen:
        """The first reply of that kind and label."""
        return next(each for each in self.of(type_, version) if each.label == label)

    def walk(self) -> None:
        self._places()
        self._project()
        self._discovery("before")
        self._pair()
        self._prepare()
        self._migrations()
        self._places()
        self._discovery("after")

    # -- keeping ---------------------------------------------------------------------------------------------

    def keep(self, type_: str, version: str, label: str, reply: requests.Response, body: JSON | None = None) -> JSON:
        assert reply.ok, reply.text
        headers = frozenset(name.lower() for name in reply.headers)
        kept: JSON = reply.json() if body is None else body
        self.seen.append(Seen(type=type_, version=version, label=label, body=kept, headers=headers))
        return kept

    def get(self, type_: str, version: str, path: str, label: str = "get") -> JSON:
        return self.keep(type_, version, label, self.azure.call("GET", path, version))

    def listing(self, type_: str, version: str, path: str, label: str = "list") -> list[JSON]:
        """The first page. All pages have the same form."""
        reply = self.azure.call("GET", path, version)
        assert reply.ok, reply.text
        self.envelopes.append((f"{path} {version}", reply.json()))
        return [self.keep(type_, version, label, reply, row) for row in reply.json()["value"]]

    # -- what stands there before ------------------------------------------------------------------------------

    def _project(self) -> None:
        for version in MIGRATE:
            self.get("Microsoft.Migrate/migrateProjects", version, ids.PROJECT)
            if version != "2020-05-01":  # which has no type for a solution
                kind = "Microsoft.Migrate/migrateProjects/solutions"
                self.listing(kind, version, f"{ids.PROJECT}/solutions")
                self.get(kind, version, ids.DISCOVERY_SOLUTION, "discovery")
                self.get(kind, version, ids.MIGRATION_SOLUTION, "migration")

    def _discovery(self, when: str) -> None:
        kind = "Microsoft.OffAzure/vmwareSites"
        for version in OFF_AZURE:
            rows = self.listing(f"{kind}/machines", version, f"{ids.SOURCE_SITE}/machines", f"{when}: list")
            self.get(f"{kind}/machines", version, rows[0]["id"], when)
            self.get(kind, version, ids.SOURCE_SITE)
            self.get("Microsoft.OffAzure/hypervSites", version, ids.TARGET_SITE)
            self.listing(f"{kind}/vcenters", version, f"{ids.SOURCE_SITE}/vcenters")
            self.get(f"{kind}/vcenters", version, ids.VCENTER)
            self.listing(f"{kind}/runAsAccounts", version, f"{ids.SOURCE_SITE}/runasaccounts")

    def _pair(self) -> None:
        group = f"{ids.group(names.RESOURCE_GROUP)}/providers/Microsoft.DataReplication"
        vault, fabric = "Microsoft.DataReplication/replicationVaults", "Microsoft.DataReplication/replicationFabrics"
        for version in REPLICATION:
            self.listing(vault, version, f"{group}/replicationVaults")
            self.get(vault, version, ids.VAULT)
            for which, path in (("source", ids.SOURCE_FABRIC), ("target", ids.TARGET_FABRIC)):
                self.get(fabric, version, path, which)
                self.listing(f"{fabric}/fabricAgents", version, f"{path}/fabricAgents", which)
            self.listing(fabric, version, f"{group}/replicationFabrics")
            self.get(f"{fabric}/fabricAgents", version, ids.SOURCE_AGENT)
            for part, path in (("replicationPolicies", ids.POLICY), ("replicationExtensions", ids.EXTENSION)):
                self.listing(f"{vault}/{part}", version, f"{ids.VAULT}/{part}")
                self.get(f"{vault}/{part}", version, path)
        roles = f"{ids.STORAGE_ACCOUNT}/providers/Microsoft.Authorization"
        for kind in ("roleAssignments", "roleDefinitions"):
            self.listing(f"Microsoft.Authorization/{kind}", AUTHORIZATION, f"{roles}/{kind}")

    def _prepare(self) -> None:
        """Policy and extension are written once more: their jobs stand in the lists that follow."""
        for path in (ids.POLICY, ids.EXTENSION):
            known = self.azure.get(path)["properties"]["customProperties"]
            reply = self.azure.call("PUT", path, REPLICATION[0], {"properties": {"customProperties": known}})
            assert reply.status_code == 200, reply.text
            until(
                lambda path=path: self.azure.get(path),
                lambda part: part["properties"]["provisioningState"] != "Updating",
            )

    def _places(self) -> None:
        local = f"{ids.SUBSCRIPTION}/providers/Microsoft.AzureStackHCI"
        for version in LOCAL_VM:
            self.listing("Microsoft.AzureStackHCI/storageContainers", version, f"{local}/storageContainers")
            self.listing("Microsoft.AzureStackHCI/logicalNetworks", version, f"{local}/logicalNetworks")
        self.get("Microsoft.AzureStackHCI/clusters", "2026-04-30", ids.CLUSTER)
        self.get("Microsoft.ExtendedLocation/customLocations", "2021-08-15", ids.CUSTOM_LOCATION)
        self.get("Microsoft.ResourceConnector/appliances", "2022-10-27", ids.BRIDGE)

    # -- migrations ------------------------------------------------------------------------------------------

    def _migrations(self) -> None:
        good, vain, off = self.azure.easy(0), self.azure.easy(1), self.azure.awkward("powered_off")
        self.lab.faults.add(FAULT | {"vm": vain["properties"]["displayName"]})
        self._put(good, REPLICATION[0], create_body(good))
        self._put(vain, REPLICATION[1], rich_body(vain))
        self._put(off, REPLICATION[0], create_body(off))
        goal = {"Protected", "EnablingFailed"}
        self._watch((good, vain, off), goal)
        self._replication("replicated", good)
        update = {"properties": {"customProperties": {"instanceType": ids.INSTANCE_TYPE, "targetCpuCores": 2}}}
        assert self.azure.call("PATCH", ids.item(vain["name"]), REPLICATION[1], update).status_code == 202
        self._job(vain, "update")
        self._watch((vain,), goal)
        for machine in (good, vain):
            assert self.azure.failover(machine).status_code == 202
        self._watch((good, vain), {"PlannedFailoverCompleted", "PlannedFailoverFailed"})
        self._replication("failed over", good)
        self._targets(good)
        assert self.azure.call("DELETE", ids.item(good["name"]), REPLICATION[0]).status_code == 202
        self._watch((good,), set())
        self._replication("completed", vain)

    def _put(self, machine: JSON, version: str, body: JSON) -> None:
        reply = self.azure.put(machine, body, version)
        assert reply.status_code == 201, reply.text
        self.states.add(reply.json()["properties"]["protectionState"])
        self.keep("Microsoft.DataReplication/replicationVaults/protectedItems", version, "PUT", reply)
        self._job(machine, "create")

    def _watch(self, machines: tuple[JSON, ...], goal: set[str], seconds: float = 30) -> None:
        """Keep each state of each item once, as both api-versions show it, until all are where they should be."""
        end, open_ = time.monotonic() + seconds, {machine["name"]: "" for machine in machines}
        while open_:
            assert time.monotonic() < end, f"not in {seconds} s: {open_}"
            for name, before in [*open_.items()]:
                now = self._item(name, before)
                if now in goal or (not now and not goal):
                    del open_[name]
                else:
                    open_[name] = now
            time.sleep(0.01)

    def _item(self, name: str, before: str) -> str:
        """The state of an item; "" where it is gone or still being updated."""
        kind = "Microsoft.DataReplication/replicationVaults/protectedItems"
        for version in REPLICATION:
            reply = self.azure.call("GET", ids.item(name), version)
            if reply.status_code == 404:
                return ""
            properties = reply.json()["properties"]
            state = str(properties["protectionState"])
            if state == before:
                return state
            self.states.add(state)
            self.keep(kind, version, state, reply)
            running = properties["currentJob"]
            if running is not None:
                kept = self.get("Microsoft.DataReplication/replicationVaults/jobs", version, running["id"], "running")
                assert kept["name"] == running["name"]
        return "updating" if properties["provisioningState"] == "Updating" else state

    def _job(self, machine: JSON, label: str) -> None:
        kind = "Microsoft.DataReplication/replicationVaults/jobs"
        for version in REPLICATION:
            newest = self.azure.get(f"{ids.VAULT}/jobs", version)["value"][0]
            assert newest["properties"]["objectName"] == machine["name"]
            self.get(kind, version, newest["id"], label)

    def _replication(self, when: str, machine: JSON) -> None:
        vault = "Microsoft.DataReplication/replicationVaults"
        for version in REPLICATION:
            self.listing(f"{vault}/protectedItems", version, f"{ids.VAULT}/protectedItems", f"list: {when}")
            for row in self.listing(f"{vault}/jobs", version, f"{ids.VAULT}/jobs"):
                self.get(f"{vault}/jobs", version, row["id"], row["properties"]["displayName"])
            self.listing(f"{vault}/events", version, f"{ids.VAULT}/events")
            points = f"{ids.item(machine['name'])}/recoveryPoints"
            rows = self.listing(f"{vault}/protectedItems/recoveryPoints", version, points)
            self.get(f"{vault}/protectedItems/recoveryPoints", version, rows[0]["id"])

    def _targets(self, machine: JSON) -> None:
        path = self.azure.target(machine)
        hci = "Microsoft.AzureStackHCI"
        group = f"{ids.group(names.TARGET_RESOURCE_GROUP)}/providers"
        self.get("Microsoft.HybridCompute/machines", HYBRID, path)
        self.listing("Microsoft.HybridCompute/machines", HYBRID, f"{group}/Microsoft.HybridCompute/machines")
        for version in LOCAL_VM:
            instances = f"{path}/providers/{hci}/virtualMachineInstances"
            self.get(f"{hci}/virtualMachineInstances", version, f"{instances}/default")
            self.listing(f"{hci}/virtualMachineInstances", version, instances)
            for part in ("networkInterfaces", "virtualHardDisks"):
                for row in self.listing(f"{hci}/{part}", version, f"{group}/{hci}/{part}"):
                    self.get(f"{hci}/{part}", version, row["id"])


def rich_body(machine: JSON) -> JSON:
    """Every property that the newest api-version takes, set."""
    body = create_body(
        machine,
        isDynamicRam=True,
        performAutoResync=True,
        securityOption="None" if machine["properties"]["firmware"] == "bios" else "TrustedLaunch",
        migrateAsArcVM=False,
        convertToGen2=False,
    )
    custom = body["properties"]["customProperties"]
    for disk in custom["disksToInclude"]:
        disk |= {
            "storageContainerId": ids.STORAGE["UserStorage2"],
            "diskBlockSize": 1048576,
            "diskLogicalSectorSize": 512,
            "diskPhysicalSectorSize": 4096,
        }
    for nic in custom["nicsToInclude"]:
        nic |= {"label": "Network adapter", "isMacMigrationEnabled": True}
    return body
