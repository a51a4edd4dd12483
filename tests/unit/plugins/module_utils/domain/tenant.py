# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tenant in which every fact that reading can settle is settled, as plain evidence, and ways to change it."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import rights
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.evidence import Evidence, Look, Reply

NOW = dt.datetime(2026, 11, 23, 12, 0, 0, tzinfo=dt.UTC)
GROUP = "/subscriptions/0b9f3c52-8a41-4d2e-9c77-5e1a2b3c4d5e/resourceGroups/rg-berlin"
SITE = f"{GROUP}/providers/Microsoft.OffAzure/VMwareSites/srcberlinsite"
VAULT = f"{GROUP}/providers/Microsoft.DataReplication/replicationVaults/berlinvault"
CLUSTER = f"{GROUP}/providers/Microsoft.AzureStackHCI/clusters/azl-berlin"
STORAGE = f"{GROUP}/providers/Microsoft.AzureStackHCI/storageContainers/fast-berlin"
UUIDS = ("5012ab3c-1111-2222-3333-000000000001", "5012ab3c-1111-2222-3333-000000000002")
STATES = {
    "Protected": ["PlannedFailover", "DisableProtection"],
    "InitialReplicationInProgress": ["DisableProtection"],
    "PlannedFailoverInitiated": [],
    "PlannedFailoverFailed": ["PlannedFailover", "DisableProtection"],
    "PlannedFailoverCompleted": ["CommitFailover", "DisableProtection"],
}
TASKS = (
    "Prerequisite check",
    "Turning off resource on primary",
    "Starting failover",
    "Preparing protected entities",
    "Turning on resource on recovery",
)
PROVIDER_COUNT = "x-ms-ratelimit-remaining-subscription-resource-requests"
READS_COUNT = "x-ms-ratelimit-remaining-subscription-reads"

Tree = dict[str, Any]


def item(number: int, state: str) -> Tree:
    over = state == "PlannedFailoverCompleted"
    return {
        "id": f"{VAULT}/protectedItems/{machine_name(number)}",
        "name": machine_name(number),
        "properties": {
            "protectionState": state,
            "allowedJobs": STATES[state],
            "replicationHealth": "Normal",
            "provisioningState": "Succeeded",
            "resyncRequired": "false",
            "currentJob": None,
            "customProperties": {
                "activeLocation": "Recovery" if over else "Primary",
                "targetVmName": f"erp-berlin-{number}",
                "targetHciClusterId": CLUSTER.upper(),
                "storageContainerId": STORAGE,
                "fabricDiscoveryMachineId": f"{SITE}/machines/{machine_name(number)}",
                "targetVmBiosId": None,
                "isDynamicRam": False,
                "protectedDisks": [{"isOsDisk": True}],
            },
        },
    }


def machine_name(number: int) -> str:
    return f"vcenter-key_{uuid(number)}"


def uuid(number: int) -> str:
    return f"5012ab3c-1111-2222-3333-{number:012d}"


def machine(number: int) -> Tree:
    return {
        "id": f"{SITE}/machines/{machine_name(number)}",
        "name": machine_name(number),
        "properties": {
            "instanceUuid": uuid(number),
            "powerStatus": "ON",
            "vMwareToolsStatus": "OK",
            "firmware": "efi",
            "disks": [{"uuid": f"6000C29-{number}", "name": "scsi0:0", "isOSDisk": "true"}],
            "networkAdapters": [{"nicId": "4000"}],
        },
    }


def vm(number: int) -> Tree:
    return {
        "moid": f"vm-{number}",
        "instance_uuid": uuid(number).upper(),
        "disks": [{"uuid": f"6000c29-{number}"}],
        "nics": [{"key": 4000}],
    }


def job(number: int, title: str, state: str, *, tasks: list[Tree] | None = None) -> Tree:
    return {
        "id": f"{VAULT}/jobs/{number}",
        "name": str(number),
        "properties": {
            "displayName": title,
            "state": state,
            "startTime": (NOW - dt.timedelta(hours=number)).isoformat(),
            "endTime": (NOW - dt.timedelta(hours=number - 0.5)).isoformat(),
            "objectId": None if title.startswith("Complete") else "an id",
            "objectName": machine_name(1),
            "objectType": "ProtectedItem",
            "provisioningState": "Canceled",
            "tasks": tasks,
            "errors": None,
            "customProperties": None,
        },
    }


def tasks(*states: str) -> list[Tree]:
    began = NOW.isoformat()
    return [
        {"taskName": name, "state": state, **({"startTime": began} if state in ("Succeeded", "Failed") else {})}
        for name, state in zip(TASKS, states, strict=True)
    ]


def pages() -> dict[str, list[Any]]:
    """The bodies of every look."""
    items = [item(number, state) for number, state in enumerate(STATES, 1)]
    machines = [machine(number) for number in range(1, len(STATES) + 1)]
    failed = job(2, "Planned failover", "Failed", tasks=tasks("Succeeded", "Succeeded", "Failed", "Skipped", "Skipped"))
    good = job(3, "Planned failover", "Succeeded", tasks=tasks(*["Succeeded"] * 5))
    jobs = [
        job(2, "Planned failover", "Failed"),
        job(3, "Planned failover", "Succeeded"),
        job(4, "Complete initial replication", "Succeeded"),
        job(5, "Create or update protected item", "Succeeded"),
    ]
    fabrics = [
        {"properties": {"customProperties": {"vmwareSiteId": SITE.upper()}}},
        {"properties": {"customProperties": {"azStackHciSiteId": "x", "cluster": {"resourceName": CLUSTER}}}},
    ]
    return {
        "migration_solution": [{"properties": {"details": {"extendedDetails": {"vaultId": VAULT}}}}],
        "discovery_solution": [
            {"properties": {"details": {"extendedDetails": {"applianceNameToSiteIdMapV3": '[{"srcberlin": {}}]'}}}}
        ],
        "vault": [{"id": VAULT}],
        "site": [{"id": SITE}],
        "items": [{"value": items[:3]}, {"value": items[3:]}],
        "items_small": [{"value": items[:1]}, {"value": items[1:2]}],
        "item": [copy.deepcopy(items[4])],
        "jobs": [{"value": jobs[:2]}, {"value": jobs[2:]}],
        "job_1": [failed],
        "job_2": [good],
        "fabrics": [{"value": fabrics}],
        "source_agents": [{"value": [{"properties": {"isResponsive": True}}]}],
        "target_agents": [{"value": [{"properties": {"isResponsive": "true"}}]}],
        "policy": [{"properties": {"provisioningState": "Succeeded"}}],
        "extension": [{"properties": {"provisioningState": "Succeeded"}}],
        "machines": [{"value": machines[:2]}, {"value": machines[2:]}],
        "vcenters": [{"value": [{"properties": {"runAsAccountId": "an id"}}]}],
        "cluster": [{"id": CLUSTER, "properties": {"reportedProperties": {"nodes": [{"name": "azl-node-berlin"}]}}}],
        "bridge": [{"value": [{"customLocation": "x", "customLocationRegion": "eastus", "status": "Running"}]}],
        "storage_paths": [{"value": [{"id": STORAGE, "properties": {"status": {"availableSizeMB": 1024}}}]}],
        "logical_networks": [
            {"value": [{"properties": {"subnets": [{"properties": {"ipAllocationMethod": "Static"}}]}}]}
        ],
        "target_machines": [{"value": [{"name": "ERP-Berlin-5"}]}],
        "target_nics": [{"value": [{"name": "erp-berlin-5-nic-1"}]}],
        "target_instance": [
            {
                "properties": {
                    "status": {"powerState": "Running"},
                    "hardwareProfile": {"processors": 2},
                    "networkProfile": {"networkInterfaces": []},
                    "storageProfile": {"osDisk": {}},
                }
            }
        ],
        "rights_project": [{"value": [{"actions": ["*"], "notActions": []}]}],
        "rights_cluster": [{"value": [{"actions": ["*/read", "*/deploy/action", "*/join/action"], "notActions": []}]}],
        "rights_target": [{"value": [{"actions": ["*"], "notActions": ["Microsoft.Authorization/*"]}]}],
        "vcenter_about": [{"api_type": "VirtualCenter", "api_version": "8.0.3.0"}],
        "vcenter_clock": [{"before": NOW.isoformat(), "server": NOW.isoformat(), "after": NOW.isoformat()}],
        "vcenter_attribute": [{"count": 2, "ours": True}],
        "vcenter_vms": [[vm(number) for number in range(1, len(STATES) + 1)]],
        "vcenter_privileges": [
            [
                {"on": "root", "privileges": rights.needed(rights.VCENTER, "root")},
                {"on": "vm", "privileges": rights.needed(rights.VCENTER, "vm")},
            ]
        ],
        "vcenter_events": [[]],
    }


VERSIONS = {"vault": "2026-05-01", "site": "2024-12-01-preview", "storage_paths": "2024-01-01"}


def replies() -> list[Reply]:
    def reply(path: str, /, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
        told = {
            "date": NOW.strftime("%a, %d %b %Y %H:%M:%S GMT"),
            "x-ms-correlation-request-id": "x",
            **(headers or {}),
        }
        return Reply(look="vault", method="GET", url=path, status=status, headers=told, body={}, at=NOW)

    return [
        *(reply(VAULT, headers={PROVIDER_COUNT: count}) for count in ("1099", "1099", "1097")),
        reply(f"{GROUP}/providers/Microsoft.Migrate/migrateProjects/berlin", headers={READS_COUNT: "249"}),
        reply(VAULT, 429, {"retry-after": "17"}),
    ]


def evidence(
    change: Callable[[dict[str, list[Any]]], object] = lambda tree: None,
    *,
    replies_too: list[Reply] | None = None,
    looks: Mapping[str, Mapping[str, Any]] | None = None,
) -> Evidence:
    """The good tenant, changed: its bodies by ``change``, its looks by name (fields of Look)."""
    told = pages()
    change(told)
    made = {
        key: Look(key=key, pages=tuple(bodies), version=VERSIONS.get(key, "2024-07-10")) for key, bodies in told.items()
    }
    for key, fields in (looks or {}).items():
        made[key] = dataclasses.replace(made[key], **fields)
    return Evidence(looks=made, replies=tuple(replies() if replies_too is None else replies_too))
