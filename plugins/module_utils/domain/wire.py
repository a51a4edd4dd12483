# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bodies we send. Only what is wanted goes out: the service's own defaults hold for the rest.

Equal to what Microsoft's cmdlet was recorded to send for the same wishes, but for two things we send better: the disk
size (it sent 0) and the NIC label (the specification demands it, it sent none).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .changes import Drift
from .problem import Problem
from .source import SourceMachine
from .spec_memory import default_dynamic
from .wanted import DynamicMemory, Wanted, WantedDisk, WantedNic
from .words import OS_TYPE, SECURITY_OPTION

INSTANCE_TYPE = "VMwareToAzStackHCI"
# The first version that knows securityOption and migrateAsArcVM.
SECURITY_SINCE = "2026-05-01"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """Everything about the appliance pair and the target that every item of a wave shares."""

    cluster_id: str
    custom_location_id: str
    region: str
    policy_name: str
    extension_name: str
    source_agent: str
    target_agent: str


def unsendable(wanted: Wanted, api_version: str) -> list[Problem]:
    """Wishes this version of the service has no words for. Dropping them in silence would make another VM."""
    if _knows_security(api_version):
        return []
    problems = []
    # "none" needs no word: left out, the target mirrors the source, and none is refused where that has Secure Boot.
    if wanted.security not in ("auto", "none"):
        problems.append(_unsendable("security", wanted, f"security {wanted.security}", api_version, "auto"))
    if wanted.arc == "reuse":
        problems.append(_unsendable("arc", wanted, "arc reuse", api_version, "none or fresh"))
    return problems


def create_body(wanted: Wanted, machine: SourceMachine, pair: Pair, api_version: str) -> dict[str, Any]:
    """PUT protectedItem. Ask ``unsendable`` first."""
    custom: dict[str, Any] = {
        "instanceType": INSTANCE_TYPE,
        "targetHciClusterId": pair.cluster_id,
        "targetArcClusterCustomLocationId": pair.custom_location_id,
        "customLocationRegion": pair.region,
        "storageContainerId": wanted.storage_path_id,
        "targetResourceGroupId": wanted.target_resource_group_id,
        "targetVmName": wanted.target_vm_name,
        "hyperVGeneration": wanted.generation,
        "targetCpuCores": wanted.cpu_cores,
        "targetMemoryInMegaBytes": wanted.memory_mb,
        **_memory(wanted.dynamic_memory, wanted.memory_mb),
        "disksToInclude": [_disk(disk) for disk in wanted.disks],
        "nicsToInclude": [_nic(nic) for nic in wanted.nics],
        "fabricDiscoveryMachineId": machine.machine_id,
        "runAsAccountId": machine.run_as_account_id,
        "sourceFabricAgentName": pair.source_agent,
        "targetFabricAgentName": pair.target_agent,
    }
    if wanted.auto_resync:  # left out, the service was recorded to take it as false
        custom["performAutoResync"] = True
    if _knows_security(api_version):
        if wanted.security != "auto":  # left out, the target mirrors the source
            custom["securityOption"] = SECURITY_OPTION[wanted.security]
        if wanted.arc == "reuse":
            custom["migrateAsArcVM"] = True
    return {
        "properties": {
            "policyName": pair.policy_name,
            "replicationExtensionName": pair.extension_name,
            "customProperties": custom,
        }
    }


def update_body(drift: Drift) -> dict[str, Any]:
    """PATCH protectedItem with what has drifted and may be changed."""
    after = {name: change[1] for name, change in drift.updatable.items()}
    custom: dict[str, Any] = {"instanceType": INSTANCE_TYPE}
    if "cpu_cores" in after:
        custom["targetCpuCores"] = after["cpu_cores"]
    if "memory_mb" in after:
        custom["targetMemoryInMegaBytes"] = after["memory_mb"]
    if "dynamic_memory" in after:
        custom |= _memory(after["dynamic_memory"], drift.memory_mb)
    if "nics" in after:
        custom["nicsToInclude"] = [_nic(nic, explicit=True) for nic in after["nics"]]
    if "os_type" in after:
        custom["osType"] = OS_TYPE[after["os_type"]]
    if "security" in after:
        custom["securityOption"] = SECURITY_OPTION[after["security"]]
    return {"properties": {"customProperties": custom}}


def failover_body(shutdown_source: bool) -> dict[str, Any]:
    """POST plannedFailover."""
    return {"properties": {"customProperties": {"instanceType": INSTANCE_TYPE, "shutdownSourceVM": shutdown_source}}}


def _knows_security(api_version: str) -> bool:
    return api_version[:10] >= SECURITY_SINCE


def _memory(dynamic: DynamicMemory | None, memory_mb: int) -> dict[str, Any]:
    """The configuration goes along even where dynamic memory is off, as the peers send it."""
    config = dynamic or default_dynamic(memory_mb)
    return {
        "isDynamicRam": dynamic is not None,
        "dynamicMemoryConfig": {
            "minimumMemoryInMegaBytes": config.minimum_mb,
            "maximumMemoryInMegaBytes": config.maximum_mb,
            "targetMemoryBufferPercentage": config.buffer_percent,
        },
    }


def _disk(disk: WantedDisk) -> dict[str, Any]:
    body: dict[str, Any] = {
        "diskId": disk.uuid,
        "diskSizeGB": disk.size_gb,
        "diskFileFormat": disk.format,
        "isDynamic": disk.dynamic,
        "isOsDisk": disk.is_os,
    }
    if disk.storage_path_id is not None:
        body["storageContainerId"] = disk.storage_path_id
    if disk.sector_size is not None:
        body["diskPhysicalSectorSize"] = disk.sector_size
    return body


def _nic(nic: WantedNic, explicit: bool = False) -> dict[str, Any]:
    """``explicit`` says no to keeping address and MAC too: an update must be able to take a yes back."""
    body: dict[str, Any] = {
        "nicId": nic.nic_id,
        "label": nic.label or nic.nic_id,
        "selectionTypeForFailover": "SelectedByUser" if nic.create else "NotSelected",
    }
    if nic.create:
        body["targetNetworkId"] = nic.network_id
        body["testNetworkId"] = nic.network_id
        if nic.keep_ip or explicit:
            body["isStaticIpMigrationEnabled"] = nic.keep_ip
        if nic.keep_mac or explicit:
            body["isMacMigrationEnabled"] = nic.keep_mac
    return body


def _unsendable(field: str, wanted: Wanted, wish: str, api_version: str, instead: str) -> Problem:
    return Problem(
        code="unsendable",
        severity="block",
        text=f"{wanted.target_vm_name}: {wish} needs api-version {SECURITY_SINCE}; this region answers {api_version}",
        remedy=f"set {field} to {instead}, or wait until the region offers the newer version",
        field=field,
    )
