# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where VMs can go: cluster, custom location, resource bridge, storage paths, logical networks."""

from __future__ import annotations

from collections import Counter

from .. import names
from . import ids, landing
from .state import Azure
from .wire import JSON, Answer, Request, not_found, same, stamp

EXTENSION = f"{ids.BRIDGE}/providers/Microsoft.KubernetesConfiguration/extensions/vmss-hci"
_SUCCEEDED: JSON = {"provisioningStatus": {"status": "Succeeded"}}


def _here(request: Request) -> bool:
    """Lists of a resource group show what is in it; lists of the subscription show all."""
    return request.parts.get("rg", names.CLUSTER_RESOURCE_GROUP).lower() == names.CLUSTER_RESOURCE_GROUP.lower()


def _one(rows: list[JSON], request: Request, kind: str) -> Answer:
    for row in rows:
        if _here(request) and same(row["name"], request.parts["name"]):
            return Answer(body=row)
    raise not_found(kind, request.parts["name"], request.parts["rg"])


def _all(rows: list[JSON], request: Request) -> Answer:
    return Answer(body={"value": rows if _here(request) else [], "nextLink": None})


def _custom_location() -> JSON:
    return {"type": "CustomLocation", "name": ids.CUSTOM_LOCATION}


def clusters_rows(azure: Azure) -> list[JSON]:
    return [
        {
            "id": ids.CLUSTER,
            "name": names.CLUSTER,
            "type": "microsoft.azurestackhci/clusters",
            "location": names.CLUSTER_LOCATION,
            "properties": {
                "provisioningState": "Succeeded",
                "status": "ConnectedRecently",
                "connectivityStatus": "Connected",
                "cloudId": ids.fixed("cluster cloud"),
                "lastSyncTimestamp": stamp(azure.started),
                "trialDaysRemaining": 0,
                "billingModel": "Trial",
                "clusterPattern": "Standard",
                "identityProvider": "ActiveDirectory",
                "reportedProperties": {
                    "clusterName": names.CLUSTER,
                    "clusterId": ids.fixed("cluster"),
                    "clusterVersion": "10.0.26100.32690",
                    "nodes": [
                        {"name": node, "id": number + 1, "model": "Lab", "coreCount": 64, "memoryInGiB": 1024}
                        for number, node in enumerate(names.NODES)
                    ],
                },
            },
        }
    ]


def clusters(azure: Azure, request: Request) -> Answer:
    return _all(clusters_rows(azure), request)


def cluster(azure: Azure, request: Request) -> Answer:
    return _one(clusters_rows(azure), request, "Microsoft.AzureStackHCI/clusters")


def custom_location_rows(azure: Azure) -> list[JSON]:
    return [
        {
            "id": ids.CUSTOM_LOCATION,
            "name": ids.CUSTOM_LOCATION_NAME,
            "type": "Microsoft.ExtendedLocation/customLocations",
            "location": names.CLUSTER_LOCATION,
            "properties": {
                "hostType": "Kubernetes",
                "hostResourceId": ids.BRIDGE,
                "namespace": "loc-lab-east",
                "displayName": ids.CUSTOM_LOCATION_NAME,
                "provisioningState": "Succeeded",
                "clusterExtensionIds": [EXTENSION],
                "authentication": {},
            },
        }
    ]


def custom_locations(azure: Azure, request: Request) -> Answer:
    return _all(custom_location_rows(azure), request)


def custom_location(azure: Azure, request: Request) -> Answer:
    return _one(custom_location_rows(azure), request, "Microsoft.ExtendedLocation/customLocations")


def extension(azure: Azure, request: Request) -> Answer:
    """What runs the VMs of the cluster behind a bridge, and the one place that says which cluster that is."""
    if not (_here(request) and same(request.path.rstrip("/"), EXTENSION)):
        raise not_found("Microsoft.KubernetesConfiguration/extensions", request.parts["name"], request.parts["rg"])
    properties = {
        "extensionType": "microsoft.azstackhci.operator",
        "provisioningState": "Succeeded",
        "configurationSettings": {"HCIClusterID": ids.CLUSTER, "Microsoft.CustomLocation.ServiceAccount": "default"},
    }
    kind = "Microsoft.KubernetesConfiguration/extensions"
    return Answer(body={"id": EXTENSION, "name": "vmss-hci", "type": kind, "properties": properties})


def bridge_rows(azure: Azure) -> list[JSON]:
    return [
        {
            "id": ids.BRIDGE,
            "name": ids.BRIDGE_NAME,
            "type": "Microsoft.ResourceConnector/appliances",
            "location": names.CLUSTER_LOCATION,
            "identity": {
                "type": "SystemAssigned",
                "principalId": ids.fixed("bridge identity"),
                "tenantId": names.TENANT,
            },
            "properties": {
                "distro": "AKSEdge",
                "infrastructureConfig": {"provider": "HCI"},
                "provisioningState": "Succeeded",
                "status": azure.switches.bridge_status,
                "version": "1.5.0",
            },
        }
    ]


def bridges(azure: Azure, request: Request) -> Answer:
    return _all(bridge_rows(azure), request)


def bridge(azure: Azure, request: Request) -> Answer:
    return _one(bridge_rows(azure), request, "Microsoft.ResourceConnector/appliances")


def _volume(path: str) -> str:
    """The cluster shared volume of a storage path: all paths on it share its space."""
    return "\\".join(path.split("\\")[:3])


def _used_mb(azure: Azure) -> Counter[str]:
    """What the disks on each volume take."""
    volumes = {ids.STORAGE[name].lower(): _volume(path) for name, (path, _, _) in names.STORAGE_PATHS.items()}
    used: Counter[str] = Counter()
    for disk in [disk for vm in azure.world.target.values() for disk in vm.disks] + [*azure.world.seeds.values()]:
        used[volumes.get(disk.storage_path.lower(), "")] += disk.size_bytes // 2**20
    return used


def storage_rows(azure: Azure) -> list[JSON]:
    rows = []
    used = _used_mb(azure)
    for name, (path, size, free) in names.STORAGE_PATHS.items():
        rows.append(
            {
                "id": ids.STORAGE[name],
                "name": name,
                "type": "microsoft.azurestackhci/storagecontainers",
                "location": names.CLUSTER_LOCATION,
                "extendedLocation": _custom_location(),
                "properties": {
                    "path": path,
                    "provisioningState": "Succeeded",
                    "status": {
                        **_SUCCEEDED,
                        "availableSizeMB": max(0, free - used[_volume(path)]),
                        "containerSizeMB": size,
                    },
                },
            }
        )
    return rows


def storage_containers(azure: Azure, request: Request) -> Answer:
    return _all(storage_rows(azure), request)


def storage_container(azure: Azure, request: Request) -> Answer:
    return _one(storage_rows(azure), request, "Microsoft.AzureStackHCI/storageContainers")


def network_rows(azure: Azure, api_version: str = "") -> list[JSON]:
    """``api_version`` is that of the VM service; Resource Graph shows the newest."""
    newer: JSON = {} if api_version == "2024-01-01" else {"networkType": "Workload"}
    rows = []
    for name, (vlan, allocation, prefix, first, final) in names.LOGICAL_NETWORKS.items():
        subnet: JSON = {
            "addressPrefix": prefix,
            "ipAllocationMethod": allocation,
            "vlan": vlan,
            "ipConfigurationReferences": [],
        }
        if allocation == "Static":
            used, left = landing.pool_use(azure, name)
            # counts as text: recorded in the type of the service, and a trap for arithmetic
            info = {"used": str(used), "available": str(left)}
            subnet["ipPools"] = [{"start": first, "end": final, "ipPoolType": "vm", "info": info}]
            gateway = {"addressPrefix": "0.0.0.0/0", "nextHopIpAddress": prefix.replace("0.0/16", "0.1")}
            subnet["routeTable"] = {"properties": {"routes": [{"name": "default", "properties": gateway}]}}
        rows.append(
            {
                "id": ids.NETWORKS[name],
                "name": name,
                "type": "microsoft.azurestackhci/logicalnetworks",
                "location": names.CLUSTER_LOCATION,
                "extendedLocation": _custom_location(),
                "properties": {
                    "subnets": [{"name": f"{name}-subnet", "properties": subnet}],
                    "dhcpOptions": {"dnsServers": ["10.10.0.4"] if allocation == "Static" else []},
                    "vmSwitchName": "ConvergedSwitch(compute_management)",
                    **newer,
                    "provisioningState": "Succeeded",
                    "status": _SUCCEEDED,
                },
            }
        )
    return rows


def logical_networks(azure: Azure, request: Request) -> Answer:
    return _all(network_rows(azure, request.api_version), request)


def logical_network(azure: Azure, request: Request) -> Answer:
    return _one(network_rows(azure, request.api_version), request, "Microsoft.AzureStackHCI/logicalNetworks")
