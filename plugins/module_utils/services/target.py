# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The target side: the Azure Local instance behind the target appliance, and the VMs that live on it.

Facts: control-plane §2.4 (bridge, storage path, networks) and §5 (Azure Local VM).
"""

from __future__ import annotations

from typing import Any

from ..clients.arm import ArmClient
from ..clients.errors import NotFound
from ..domain.checks import TargetFacts
from ..domain.ids import segment
from ..domain.phase import TargetSeen
from ..domain.target import LogicalNetwork, StoragePath, TargetPlace
from . import scope as where
from .project import NotReady

# Custom location, its region, and the state of the bridge behind it, for one cluster. The three tables are joined
# as control-plane §6 says; Resource Graph lags, so the status is a reason to wait and never a proof.
BRIDGE_QUERY = """
kubernetesconfigurationresources
| where type =~ 'microsoft.kubernetesconfiguration/extensions'
| extend cluster = tostring(properties.ConfigurationSettings.HCIClusterID), extension = tolower(id)
| where cluster =~ '{cluster}'
| join kind=inner (resources
  | where type =~ 'microsoft.extendedlocation/customlocations'
  | mv-expand one = properties.clusterExtensionIds
  | project customLocation = id, customLocationRegion = location, extension = tolower(tostring(one)),
      bridge = tolower(tostring(properties.hostResourceId))) on extension
| join kind=inner (resources
  | where type =~ 'microsoft.resourceconnector/appliances'
  | project bridge = tolower(id), applianceName = name, status = tostring(properties.status)) on bridge
| project cluster, customLocation, customLocationRegion, status, applianceName
"""


def place(arm: ArmClient, cluster_id: str) -> TargetPlace:
    """Everything of the instance that a VM's specification refers to: 3 requests and list pages."""
    if not cluster_id:
        raise NotReady("the target appliance names no Azure Local instance", code="appliance_not_configured")
    subscription = segment(cluster_id, "subscriptions")
    rows = arm.resource_graph(BRIDGE_QUERY.format(cluster=cluster_id.replace("'", "")), [subscription])
    # Several custom locations on one cluster: a running one first, then by name, so that every run picks the same.
    rows.sort(key=lambda row: (row.get("status") != "Running", str(row.get("customLocation") or "").lower()))
    bridge = rows[0] if rows else {}
    provider = f"/subscriptions/{subscription}/providers/Microsoft.AzureStackHCI"
    return TargetPlace(
        cluster_id=cluster_id,
        custom_location_id=str(bridge.get("customLocation") or ""),
        region=str(bridge.get("customLocationRegion") or ""),
        bridge_status=str(bridge.get("status") or ""),
        storage_paths=tuple(map(StoragePath.parse, arm.list(f"{provider}/storageContainers", where.LOCAL_VM))),
        networks=tuple(map(LogicalNetwork.parse, arm.list(f"{provider}/logicalNetworks", where.LOCAL_VM))),
    )


def _number(value: Any) -> int | None:
    try:
        return int(float(value))
    except (TypeError, ValueError):
        return None


def machines(arm: ArmClient, resource_group_ids: set[str]) -> dict[str, TargetSeen]:
    """The machines of the target resource groups, by ARM id in lower case: one list a group."""
    found: dict[str, TargetSeen] = {}
    for group in sorted({group.lower() for group in resource_group_ids if group}):
        try:
            listed = arm.list(where.machines_path(group), where.HYBRID_COMPUTE)
        except NotFound:
            continue  # the group does not exist: nothing of ours can be in it
        for machine in listed:
            tags = tuple(sorted((str(key), str(value)) for key, value in (machine.get("tags") or {}).items()))
            seen = TargetSeen(arm_id=machine["id"], name=machine["name"], tags=tags)
            found[machine["id"].lower()] = seen
    return found


def network_interfaces(arm: ArmClient, resource_group_ids: set[str]) -> dict[str, dict[str, Any]]:
    """NICs of the target resource groups, by id in lower case."""
    found: dict[str, dict[str, Any]] = {}
    for group in sorted({group.lower() for group in resource_group_ids if group}):
        try:
            listed = arm.list(where.network_interfaces_path(group), where.LOCAL_VM)
        except NotFound:
            continue
        found.update({nic["id"].lower(): nic for nic in listed})
    return found


def addresses(nic: dict[str, Any]) -> tuple[str, str, str]:
    """(MAC, address, logical network id) of a NIC in ARM; only its first configuration is shown there."""
    properties = nic.get("properties") or {}
    configuration = ((properties.get("ipConfigurations") or [{}])[0] or {}).get("properties") or {}
    network = (configuration.get("subnet") or {}).get("id") or ""
    return str(properties.get("macAddress") or ""), str(configuration.get("privateIPAddress") or ""), str(network)


def facts(instance: dict[str, Any], nics: dict[str, dict[str, Any]]) -> TargetFacts:
    """The fields of a VM instance that verification compares."""
    properties = instance.get("properties") or {}
    hardware = properties.get("hardwareProfile") or {}
    storage = properties.get("storageProfile") or {}
    uefi = (properties.get("securityProfile") or {}).get("uefiSettings") or {}
    attached = ((properties.get("networkProfile") or {}).get("networkInterfaces")) or []
    disks = [disk for disk in (storage.get("dataDisks") or []) if disk]
    return TargetFacts(
        power=str((properties.get("status") or {}).get("powerState") or ""),
        provisioning=str(properties.get("provisioningState") or ""),
        cpu_cores=_number(hardware.get("processors")),
        memory_mb=_number(hardware.get("memoryMB")),
        secure_boot=uefi.get("secureBootEnabled"),
        nics=tuple(addresses(nics.get(str(nic.get("id")).lower(), {})) for nic in attached),
        disk_count=len(disks) + (1 if storage.get("osDisk") else 0),
    )
