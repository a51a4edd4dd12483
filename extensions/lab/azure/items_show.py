# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the service shows a protected item: to the PUT, and to every later GET."""

from __future__ import annotations

from .. import names
from . import ids
from .jobs_show import summary
from .state import Azure, ProtectedItem
from .wire import JSON, stamp

_DESCRIPTIONS = {
    "EnablingProtection": "Enabling protection",
    "EnablingFailed": "Enable protection failed",
    "DisablingProtection": "Disabling protection",
    "DisablingFailed": "Disable protection failed",
    "MarkedForDeletion": "Deletion in progress",
    "InitialReplicationInProgress": "Initial replication in progress",
    "InitialReplicationCompletedOnPrimary": "Initial replication completed on primary",
    "InitialReplicationCompletedOnRecovery": "Initial replication completed on recovery",
    "InitialReplicationFailed": "Initial replication failed",
    "Protected": "Protected",
    "PlannedFailoverInitiated": "Planned failover initiated",
    "PlannedFailoverCompleting": "Planned failover completing",
    "PlannedFailoverCompleted": "Planned failover finished",
    "PlannedFailoverFailed": "Planned failover failed",
    "PlannedFailoverCompletionFailed": "Planned failover completion failed",
}
_FAILING_OVER = ("PlannedFailoverInitiated", "PlannedFailoverCompleting")
# recorded order of what the service adds to the properties sent
_ECHOED = (
    "instanceType targetHciClusterId targetArcClusterCustomLocationId storageContainerId targetResourceGroupId "
    "customLocationRegion targetVmName hyperVGeneration targetCpuCores isDynamicRam dynamicMemoryConfig "
    "targetMemoryInMegaBytes fabricDiscoveryMachineId runAsAccountId sourceFabricAgentName targetFabricAgentName"
).split()
NEWER_SINCE = "2026"
NEWER = ("securityOption", "convertToGen2", "migrateAsArcVM")  # unknown to the versions before
# What a list leaves out if it is trimmed as the job list is.
_TRIMMED = (
    "allowedJobs healthErrors customProperties currentJob lastFailedEnableProtectionJob lastFailedPlannedFailoverJob "
    "policyName replicationExtensionName"
).split()
_DISK_EMPTY: JSON = {
    "storageContainerId": None,
    "diskBlockSize": None,
    "diskLogicalSectorSize": None,
    "diskPhysicalSectorSize": None,
    "diskIdentifier": "00000000-0000-0000-0000-000000000000",
    "diskController": None,
}
_NIC_EMPTY: JSON = {
    "label": None,
    "networkName": None,
    "isStaticIpMigrationEnabled": None,
    "isMacMigrationEnabled": None,
}


def _progress(azure: Azure, item: ProtectedItem) -> int | None:
    if item.protection.startswith("InitialReplicationCompleted"):
        return 100
    if item.copy_began is None:
        return None
    return min(99, int(100 * (azure.clock.monotonic() - item.copy_began) / max(item.copy_seconds, 0.001)))


def _migration_progress(item: ProtectedItem) -> int | None:
    if item.protection not in _FAILING_OVER or item.job is None:
        return None
    return int(100 * sum(task.state == "Succeeded" for task in item.job.tasks) / len(item.job.tasks))


def _resync_progress(azure: Azure, item: ProtectedItem) -> int | None:
    if item.resync_began is None:
        return None
    return min(99, int(100 * (azure.clock.monotonic() - item.resync_began) / max(item.resync_seconds, 0.001)))


def _is_due(item: ProtectedItem) -> str:
    return "true" if item.resync_due else "false"


def _allowed(azure: Azure, item: ProtectedItem) -> list[str] | None:
    """As it is shown: where nobody has recorded it, it may be told otherwise than it is acted upon."""
    shown, state = azure.switches.allowed_in_flight, item.protection
    seeding = state.startswith("InitialReplication") and state != "InitialReplicationFailed"
    if shown == "expected" or not (seeding or state in _FAILING_OVER):
        return item.allowed
    if shown == "null":
        return None
    return [] if seeding else ["PlannedFailover", "DisableProtection"]


def _memory(item: ProtectedItem) -> JSON | None:
    given = item.wanted.get("dynamicMemoryConfig")
    return dict(given) if isinstance(given, dict) else None


def custom_properties(azure: Azure, item: ProtectedItem, api_version: str, *, fresh: bool) -> JSON:
    shown: JSON = {name: item.wanted.get(name) for name in _ECHOED}
    shown["dynamicMemoryConfig"] = _memory(item)
    if api_version >= NEWER_SINCE:
        shown |= {name: item.wanted.get(name) for name in NEWER}
    if fresh:
        shown["disksToInclude"] = [_DISK_EMPTY | disk for disk in item.wanted["disksToInclude"]]
        shown["nicsToInclude"] = [_NIC_EMPTY | nic for nic in item.wanted["nicsToInclude"]]
    else:
        shown["disksToInclude"] = shown["nicsToInclude"] = None
    vm = item.vm if item.described else None
    last = item.points[-1] if item.points else None
    shown |= {
        "activeLocation": item.active,
        "protectedDisks": item.disks,
        "protectedNics": item.nics,
        "resyncRetryCount": 0,
        "resyncRequired": _is_due(item),
        "resyncState": item.resync_state or "None",
        "performAutoResync": "true" if item.wanted.get("performAutoResync") in (True, "true") else "false",
        "resumeRetryCount": 0,
        "targetAzStackHciClusterName": names.CLUSTER if vm else None,
        "targetLocation": item.wanted.get("customLocationRegion") if vm else None,
        "targetVmBiosId": None,
        "targetNetworkId": item.wanted.get("targetNetworkId"),
        "testNetworkId": item.wanted.get("testNetworkId"),
        "osType": (item.wanted.get("osType") or vm.guest_family.lower()) if vm else None,
        "osName": vm.guest_name if vm else None,
        "firmwareType": vm.firmware.upper() if vm else None,
        "sourceVmName": vm.name if vm else None,
        "sourceCpuCores": vm.cpu_cores if vm else None,
        "sourceMemoryInMegaBytes": float(vm.memory_mb) if vm else None,
        "sourceApplianceName": names.SOURCE_APPLIANCE if vm else None,
        "targetApplianceName": names.TARGET_APPLIANCE if vm else None,
        "failoverRecoveryPointId": item.failover_point.name if item.failover_point else None,
        "lastRecoveryPointId": last.name if last else None,
        "initialReplicationProgressPercentage": _progress(azure, item),
        "migrationProgressPercentage": _migration_progress(item),
        "resumeProgressPercentage": None,
        "resyncProgressPercentage": _resync_progress(azure, item),
        "lastReplicationUpdateTime": stamp(item.updated) if vm else None,
    }
    if last is not None:
        shown["lastRecoveryPointReceived"] = stamp(last.at)
    return shown


def show_listed(azure: Azure, item: ProtectedItem, api_version: str) -> JSON:
    """As the list shows it."""
    shown = show(azure, item, api_version)
    if azure.switches.items_list == "trimmed":
        shown["properties"] |= dict.fromkeys(_TRIMMED)
    return shown


def show(azure: Azure, item: ProtectedItem, api_version: str, *, fresh: bool = False) -> JSON:
    """``fresh`` is the reply to the PUT: it alone shows what was sent as it was sent."""
    known = item.described
    properties: JSON = {
        "policyName": item.policy,
        "replicationExtensionName": item.extension,
        "customProperties": custom_properties(azure, item, api_version, fresh=fresh),
        "correlationId": item.correlation_id if known else None,
        "protectionStateDescription": _DESCRIPTIONS.get(item.protection),
        "testFailoverStateDescription": None,
        # three spellings of the same ids, as recorded: only a comparison without case finds them equal
        "fabricObjectId": ids.machine(item.vm.instance_uuid).lower() if known else None,
        "fabricObjectName": item.vm.name if known else None,
        "sourceFabricProviderId": ids.fixed("source fabric provider") if known else None,
        "targetFabricProviderId": ids.fixed("target fabric provider") if known else None,
        "fabricId": ids.SOURCE_FABRIC.replace("/subscriptions/", "/Subscriptions/") if known else None,
        "targetFabricId": ids.TARGET_FABRIC if known else None,
        "fabricAgentId": ids.SOURCE_AGENT if known else None,
        "targetFabricAgentId": ids.TARGET_AGENT if known else None,
        "allowedJobs": _allowed(azure, item),
        "healthErrors": item.health_errors,
        "provisioningState": item.provisioning,
        "protectionState": item.protection,
        "testFailoverState": "None",
        "resynchronizationState": "ResynchronizationInitiated" if item.resync_state else "None",
        "resyncRequired": _is_due(item),
        "replicationHealth": item.health,
    }
    if not fresh:
        running = item.job if item.job is not None and item.job.state == "Started" else None
        properties |= {
            "currentJob": summary(running),
            "lastFailedEnableProtectionJob": summary(item.failed_enable),
            "lastFailedPlannedFailoverJob": summary(item.failed_failover),
            "lastTestFailoverJob": None,
            "lastSuccessfulPlannedFailoverTime": stamp(item.failover_done),
            "lastSuccessfulUnplannedFailoverTime": None,
            "lastSuccessfulTestFailoverTime": None,
        }
    return {
        "properties": properties,
        "id": item.id,
        "name": item.name,
        "type": "Microsoft.DataReplication/replicationVaults/protectedItems",
        "systemData": None,
    }
