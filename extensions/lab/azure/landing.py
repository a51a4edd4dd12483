# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The target of a failover: VM, disks and NICs on the cluster, and the ARM resources that show them."""

from __future__ import annotations

import ipaddress
from typing import Any

from .. import names
from ..world import SourceNic, TargetDisk, TargetNic, TargetVm
from . import ids
from .jobs import JobFailure
from .state import Azure, Machine, ProtectedItem
from .wire import JSON, same


def make_target(azure: Azure, item: ProtectedItem, cause: int) -> None:
    machine_id = item.machine_id
    known = azure.machine(machine_id)
    reuse = bool(item.wanted.get("migrateAsArcVM"))
    if known is not None and not (reuse and known.vm is None):
        raise JobFailure("1000036", f"A machine named '{item.target_name}' exists in the target resource group.")
    nics = _nics(azure, item)
    vm = _vm(azure, item, machine_id, [nic for nic, _ in nics])
    azure.world.add_target(vm, cause)
    for nic in vm.nics:
        azure.journal(item, "nic", None, {"name": nic.name, "mac": nic.mac, "address": nic.address}, cause)
    machine = known or Machine(
        id=machine_id,
        name=item.target_name,
        location=str(item.wanted["customLocationRegion"]),
        kind="HCI",
        source_uuid=item.vm.instance_uuid,
        created=azure.now(),
    )
    machine.os_type = "windows" if item.vm.guest_family == "windowsGuest" else "linux"
    machine.os_name, machine.wanted, machine.vm, machine.kind = item.vm.guest_name, item.wanted, vm, "HCI"
    group = str(item.wanted["targetResourceGroupId"])
    machine.disk_ids, machine.nic_ids = [], []
    for disk in vm.disks:
        arm_id = ids.of_type(group, "Microsoft.AzureStackHCI/virtualHardDisks", disk.name)
        azure.disks[arm_id.lower()] = _disk_resource(item, disk, arm_id)
        machine.disk_ids.append(arm_id)
    for nic, allocation in nics:
        arm_id = ids.of_type(group, "Microsoft.AzureStackHCI/networkInterfaces", nic.name)
        azure.nics[arm_id.lower()] = _nic_resource(item, nic, allocation, arm_id)
        machine.nic_ids.append(arm_id)
    azure.machines[machine_id.lower()] = machine


def _vm(azure: Azure, item: ProtectedItem, machine_id: str, nics: list[TargetNic]) -> TargetVm:
    wanted = item.wanted
    generation = int(wanted["hyperVGeneration"])
    security = wanted.get("securityOption")
    secure = generation == 2 and (
        security in ("SecureBootEnabled", "TrustedLaunch") or (security is None and item.vm.secure_boot)
    )
    point = item.failover_point or item.points[-1]
    node = names.NODES[azure.nodes_used % len(names.NODES)]
    azure.nodes_used += 1
    return TargetVm(
        name=item.target_name,
        arm_id=machine_id,
        vm_id=azure.guid(),
        node=node,
        source_uuid=item.vm.instance_uuid,
        generation=generation,
        cpu_cores=int(wanted.get("targetCpuCores") or item.vm.cpu_cores),
        memory_mb=int(wanted.get("targetMemoryInMegaBytes") or item.vm.memory_mb),
        secure_boot=secure,
        tpm=security == "TrustedLaunch",
        disks=[
            TargetDisk(
                name=disk["migrateDiskName"],
                path=f"{disk['storageContainerLocalPath']}\\{disk['migrateDiskName']}.{disk['diskType'].lower()}",
                size_bytes=disk["capacityInBytes"],
                # what came over with the last recovery point, whatever the source may have written since
                digest=point.digests.get(str(disk["sourceDiskId"]).lower(), ""),
                source_uuid=disk["sourceDiskId"],
                storage_path=disk["storageContainerId"],
                is_os_disk=disk["isOsDisk"],
            )
            for disk in item.disks
        ],
        nics=nics,
        # the wrong generation for the firmware finds no boot loader
        boots=(generation == 1) == (item.vm.firmware == "bios") or bool(wanted.get("convertToGen2")),
    )


# -- NICs -------------------------------------------------------------------------------------------------------


def _wanted_nics(item: ProtectedItem) -> list[JSON]:
    return [nic for nic in item.wanted["nicsToInclude"] if nic["selectionTypeForFailover"] != "NotSelected"]


def _nics(azure: Azure, item: ProtectedItem) -> list[tuple[TargetNic, str]]:
    """Network interfaces that an earlier, failed failover left behind are used again, as the documents say."""
    left = {nic["name"] for nic in azure.nics.values()}
    if not item.landed_nics or not {nic.name for nic, _ in item.landed_nics} <= left:
        item.landed_nics = [_nic(azure, item, number, wanted) for number, wanted in enumerate(_wanted_nics(item))]
    return item.landed_nics


def _nic(azure: Azure, item: ProtectedItem, number: int, wanted: JSON) -> tuple[TargetNic, str]:
    source = next(nic for nic in item.vm.nics if str(nic.key) == str(wanted["nicId"]))
    network = str(wanted["targetNetworkId"])
    name = next(key for key, arm_id in ids.NETWORKS.items() if same(arm_id, network))
    _, allocation, prefix, _, _ = names.LOGICAL_NETWORKS[name]
    if allocation == "Dynamic":
        azure.leases += 1
        address = str(ipaddress.ip_network(prefix)[256 + azure.leases])
    elif wanted.get("isStaticIpMigrationEnabled") in (True, "true") and azure.switches.kept_ip == "kept":
        address = _kept(azure, source, network, prefix)
    else:
        address = _next_of_pool(azure, name)
    if wanted.get("isMacMigrationEnabled") in (True, "true"):
        mac = source.mac
    else:
        mac = "00:15:5D:" + ":".join(azure.hex(2).upper() for _ in range(3))  # Hyper-V's own range
    own_name = f"nic-{azure.hex(8)}"
    if azure.switches.nic_names == "after_vm":
        own_name = f"{item.target_name}-nic-{number}-{azure.hex(4)}"
    return TargetNic(name=own_name, mac=mac, logical_network=network, address=address), allocation


def _used(azure: Azure, network: str) -> set[str]:
    return {
        part["properties"].get("privateIPAddress", "")
        for nic in azure.nics.values()
        for part in nic["properties"]["ipConfigurations"]
        if same(part["properties"]["subnet"]["id"], network)
    }


def _kept(azure: Azure, source: SourceNic, network: str, prefix: str) -> str:
    kept = next((text for text in source.addresses if "." in text), "")
    if not kept:
        raise JobFailure("1000038", f"No IPv4 address of {source.label} is known, so none can be kept.")
    if ipaddress.ip_address(kept) not in ipaddress.ip_network(prefix):
        raise JobFailure("1000039", f"The address {kept} does not belong to {prefix} of the logical network.")
    if kept in _used(azure, network):
        raise JobFailure("1000037", f"The address {kept} is InUse by another network interface.")
    return kept


def _next_of_pool(azure: Azure, name: str) -> str:
    _, _, _, first, final = names.LOGICAL_NETWORKS[name]
    used = _used(azure, ids.NETWORKS[name])
    # from the far end of the pool, where kept addresses are unlikely to be waiting
    address = ipaddress.IPv4Address(final)
    while str(address) in used:
        address -= 1
    if address < ipaddress.IPv4Address(first):
        raise JobFailure("1000041", f"The address pool of {name} is exhausted.")
    return str(address)


def pool_use(azure: Azure, name: str) -> tuple[int, int]:
    """How many addresses of a pool are used, and how many are left."""
    _, _, _, first, final = names.LOGICAL_NETWORKS[name]
    low, high = int(ipaddress.IPv4Address(first)), int(ipaddress.IPv4Address(final))
    used = sum(low <= int(ipaddress.IPv4Address(text)) <= high for text in _used(azure, ids.NETWORKS[name]) if text)
    return used, high - low + 1 - used


# -- ARM resources ----------------------------------------------------------------------------------------------


def _tracked(item: ProtectedItem, arm_id: str, kind: str, properties: JSON) -> JSON:
    return {
        "id": arm_id,
        "name": arm_id.rsplit("/", 1)[-1],
        "type": f"microsoft.azurestackhci/{kind}",
        "location": item.wanted["customLocationRegion"],
        "extendedLocation": {"type": "CustomLocation", "name": item.wanted["targetArcClusterCustomLocationId"]},
        "properties": {
            **properties,
            "provisioningState": "Succeeded",
            "status": {"provisioningStatus": {"status": "Succeeded"}},
        },
    }


def _disk_resource(item: ProtectedItem, disk: TargetDisk, arm_id: str) -> JSON:
    shown = next(each for each in item.disks if each["migrateDiskName"] == disk.name)
    return _tracked(
        item,
        arm_id,
        "virtualharddisks",
        {
            "diskSizeGB": -(-disk.size_bytes // 2**30),
            "dynamic": shown["isDynamic"],
            "logicalSectorBytes": shown["diskLogicalSectorSize"],
            "physicalSectorBytes": shown["diskPhysicalSectorSize"],
            "blockSizeBytes": shown["diskBlockSize"],
            "diskFileFormat": shown["diskType"].lower(),
            "hyperVGeneration": f"V{item.wanted['hyperVGeneration']}",
            "containerId": disk.storage_path,
        },
    )


def _nic_resource(item: ProtectedItem, nic: TargetNic, allocation: str, arm_id: str) -> JSON:
    properties: dict[str, Any] = {"subnet": {"id": nic.logical_network}}
    if allocation == "Static":
        properties["privateIPAddress"] = nic.address
    return _tracked(
        item,
        arm_id,
        "networkinterfaces",
        {
            "ipConfigurations": [{"name": "ipconfig1", "properties": properties}],
            "macAddress": nic.mac,
            "dnsSettings": {"dnsServers": []},
        },
    )
