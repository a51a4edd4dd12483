# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One VM, one target and the readback of one item, to be changed by each test as it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.source import SourceDisk, SourceMachine, SourceNic
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.spec import Defaults, build
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.target import (
    IpPool,
    LogicalNetwork,
    StoragePath,
    TargetPlace,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.wanted import Wanted

SUBSCRIPTION = "11111111-2222-4333-8444-555555555555"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"
LOCATION = f"{GROUP}/rg-hci/providers/Microsoft.ExtendedLocation/customLocations/cl-one"
OTHER_LOCATION = f"{GROUP}/rg-hci/providers/Microsoft.ExtendedLocation/customLocations/cl-two"
HCI = f"{GROUP}/rg-hci/providers/Microsoft.AzureStackHCI"
SITE = f"{GROUP}/rg-mig/providers/Microsoft.OffAzure/VMwareSites/srcsite"
UUID = "50238fae-8286-3153-78db-9613d575e73f"
MACHINE_ID = f"{SITE}/machines/vc1_{UUID}"
GIB = 1 << 30


def disk(number: int = 0, **changes: Any) -> SourceDisk:
    facts: dict[str, Any] = {
        "uuid": f"6000C290-a4d0-e5ea-bad5-0000000000{number:02x}",
        "label": f"Hard disk {number + 1}",
        "name": f"scsi0:{number}",
        "capacity_bytes": (number + 1) * 10 * GIB,
        "sharing": "sharingNone",
        "controller": "pvscsi",
    }
    return SourceDisk(**facts | changes)


def nic(number: int = 0, **changes: Any) -> SourceNic:
    facts: dict[str, Any] = {
        "nic_id": str(4000 + number),
        "label": f"Network adapter {number + 1}",
        "mac": f"00:50:56:a3:b6:{number:02x}",
        "network": "dvPG-Prod-110",
        "vlan": 110,
        "addresses": (f"10.10.0.{number + 30}", "fe80::250:56ff:fea3:b6f0"),
    }
    return SourceNic(**facts | changes)


def machine(**changes: Any) -> SourceMachine:
    facts: dict[str, Any] = {
        "name": "erp-db01",
        "instance_uuid": UUID,
        "moid": "vm-101",
        "machine_id": MACHINE_ID,
        "vcenter_id": f"{SITE}/vcenters/vc1",
        "run_as_account_id": f"{SITE}/runasaccounts/account",
        "power": "on",
        "connection": "connected",
        "tools": "running",
        "os_type": "linux",
        "firmware": "efi",
        "cpu_cores": 4,
        "memory_mb": 4096,
        "disks": (disk(0), disk(1)),
        "nics": (nic(0),),
        "cbt_enabled": True,
        "cbt_supported": True,
        "discovered_disks": (disk(0).uuid.lower(), disk(1).uuid.lower()),
        "discovered_nics": ("4000",),
    }
    return SourceMachine(**facts | changes)


def storage(name: str = "UserStorage1", **changes: Any) -> StoragePath:
    facts: dict[str, Any] = {
        "id": f"{HCI}/storageContainers/{name}",
        "name": name,
        "state": "Succeeded",
        "custom_location_id": LOCATION.upper(),
    }
    return StoragePath(**facts | changes)


def network(name: str = "lnet-prod-110", **changes: Any) -> LogicalNetwork:
    facts: dict[str, Any] = {
        "id": f"{HCI}/logicalNetworks/{name}",
        "name": name,
        "vlan": 110,
        "allocation": "Static",
        "prefix": "10.10.0.0/16",
        "pools": (IpPool(start="10.10.0.20", end="10.10.255.250"),),
        "state": "Succeeded",
        "custom_location_id": LOCATION,
    }
    return LogicalNetwork(**facts | changes)


def place(**changes: Any) -> TargetPlace:
    facts: dict[str, Any] = {
        "cluster_id": f"{HCI}/clusters/one",
        "custom_location_id": LOCATION,
        "region": "eastus",
        "bridge_status": "Running",
        "storage_paths": (storage(), storage("FastStorage")),
        "networks": (network(), network("lnet-dhcp-130", vlan=130, allocation="Dynamic")),
    }
    return TargetPlace(**facts | changes)


def defaults(**changes: Any) -> Defaults:
    facts: dict[str, Any] = {
        "target_resource_group": "rg-target",
        "storage_path": "UserStorage1",
        "network_map": [{"source": "dvPG-Prod-*", "logical_network": "lnet-prod-110"}],
        "subscription_id": SUBSCRIPTION,
    }
    return Defaults(**facts | changes)


def wanted(entry: Mapping[str, Any] | None = None, source: SourceMachine | None = None) -> Wanted:
    """What the entry asks for, where it is expected to be fine."""
    built = build(entry or {}, source or machine(), place(), defaults())
    assert isinstance(built, Wanted), built
    return built


def read_back(body: Mapping[str, Any], source: SourceMachine) -> dict[str, Any]:
    """What the service shows of an item made with that body: inputs become null, the protected lists appear."""
    custom = dict(body["properties"]["customProperties"])
    sizes = {one.uuid: one.capacity_bytes for one in source.disks}
    macs = {one.nic_id: one.mac for one in source.nics}
    custom["protectedDisks"] = [
        {
            "sourceDiskId": one["diskId"].upper(),
            "capacityInBytes": sizes[one["diskId"]],
            "isOsDisk": one["isOsDisk"],
            "isDynamic": one["isDynamic"],
            "storageContainerId": (one.get("storageContainerId") or custom["storageContainerId"]).upper(),
        }
        for one in custom["disksToInclude"]
    ]
    custom["protectedNics"] = [
        {
            "nicId": one["nicId"],
            "macAddress": macs[one["nicId"]],
            "targetNetworkId": one.get("targetNetworkId"),
            "testNetworkId": one.get("testNetworkId"),
            "selectionTypeForFailover": one["selectionTypeForFailover"],
        }
        for one in custom["nicsToInclude"]
    ]
    custom |= {"disksToInclude": None, "nicsToInclude": None, "resyncRequired": "false", "osType": None}
    custom["performAutoResync"] = str(custom.get("performAutoResync", False)).lower()
    custom["targetMemoryInMegaBytes"] = float(custom["targetMemoryInMegaBytes"])
    return {
        "id": "/subscriptions/x",
        "name": source.item_name,
        "properties": {**body["properties"], "customProperties": custom, "protectionState": "Protected"},
    }
