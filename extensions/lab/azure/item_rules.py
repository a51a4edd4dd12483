# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service refuses in a PUT or PATCH of a protected item.

The five codes 2109018-2109022 are the service's own. Nobody recorded the others; their names are the lab's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .. import names
from ..world import SourceVm
from . import ids, pair
from .state import Azure
from .wire import JSON, ArmError, bad, same

_NEEDED = (
    "instanceType targetHciClusterId targetArcClusterCustomLocationId storageContainerId targetResourceGroupId "
    "customLocationRegion disksToInclude nicsToInclude hyperVGeneration fabricDiscoveryMachineId runAsAccountId "
    "sourceFabricAgentName targetFabricAgentName targetVmName"
).split()
_NAME = re.compile(r"[^_\W][a-zA-Z0-9\-]{0,63}(?<![-._])", re.ASCII)
_RESERVED = frozenset(
    "ACCESS APP_CODE APP_THEMES APP_DATA APP_GLOBALRESOURCES APP_LOCALRESOURCES APP_WEBREFERENCES APP_BROWSERS AZURE "
    "BING BIZSPARK BIZTALK CORTANA DIRECTX DOTNET DYNAMICS EXCEL EXCHANGE FOREFRONT GROOVE HOLOLENS HYPERV KINECT LYNC "
    "MSDN O365 OFFICE OFFICE365 ONEDRIVE ONENOTE OUTLOOK POWERPOINT SHAREPOINT SKYPE VISIO VISUALSTUDIO".split()
)
_RAM = {"1": (512, 1048576), "2": (32, 12582912)}
_SELECTIONS = ("NotSelected", "SelectedByUser", "SelectedByDefault", "SelectedByUserOverride")


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def check_create(azure: Azure, name: str, properties: JSON, api_version: str) -> tuple[SourceVm, ArmError | None]:
    """The source VM of a PUT that is taken, and what its job will then find wrong; ArmError where it is refused."""
    custom = properties.get("customProperties")
    if not isinstance(custom, dict):
        raise bad("InvalidRequestBody", "properties.customProperties is required.")
    if custom.get("instanceType") != ids.INSTANCE_TYPE:
        raise bad(
            "InvalidInstanceType", f"instanceType '{custom.get('instanceType')}' does not fit the vault's extension."
        )
    for key in _NEEDED:
        if custom.get(key) in (None, ""):
            raise bad("RequiredPropertyMissing", f"The required property '{key}' is missing in customProperties.")
    for key in ("disksToInclude", "nicsToInclude"):
        _list(custom[key], key)
    vm = _machine(azure, name, custom)
    _pair(azure, properties, custom)
    try:
        _check_wishes(azure, vm, custom, api_version)
    except ArmError as refusal:
        if azure.switches.put_checks == "at_once":
            raise
        return vm, refusal
    return vm, None


def _check_wishes(azure: Azure, vm: SourceVm, custom: JSON, api_version: str) -> None:
    _place(azure, custom)
    _target_name(azure, custom)
    _generation(custom)
    check_sizing(custom, str(custom["hyperVGeneration"]))
    _disks(vm, custom)
    check_nics(vm, custom["nicsToInclude"])
    if api_version >= "2026":
        check_security(vm, custom, str(custom["hyperVGeneration"]))
        if custom.get("migrateAsArcVM"):
            _arc_machine(azure, custom)


def _machine(azure: Azure, name: str, custom: JSON) -> SourceVm:
    vm = next((v for v in azure.world.source.values() if same(ids.machine_name(v.instance_uuid), name)), None)
    if vm is None or vm.template or not same(custom["fabricDiscoveryMachineId"], ids.machine(vm.instance_uuid)):
        raise bad(
            "DiscoveredMachineNotFound",
            f"The discovered machine '{custom['fabricDiscoveryMachineId']}' was not found for protected item '{name}'.",
        )
    return vm


def _pair(azure: Azure, properties: JSON, custom: JSON) -> None:
    for key, kind in (("policyName", "replicationPolicies"), ("replicationExtensionName", "replicationExtensions")):
        if not pair.usable(azure, kind, properties.get(key)):
            raise bad("InvalidReplicationPair", f"The {key} '{properties.get(key)}' was not found, or is not ready.")
    pairs = (
        ("runAsAccountId", custom["runAsAccountId"], ids.RUN_AS),
        ("sourceFabricAgentName", custom["sourceFabricAgentName"], ids.SOURCE_AGENT_NAME),
        ("targetFabricAgentName", custom["targetFabricAgentName"], ids.TARGET_AGENT_NAME),
    )
    for key, given, known in pairs:
        if not same(given, known):
            raise bad("InvalidReplicationPair", f"The {key} '{given}' was not found.")
    for agent in (ids.SOURCE_AGENT, ids.TARGET_AGENT):
        if azure.resources.find(agent) is None:
            raise bad("InvalidReplicationPair", f"The fabric agent '{agent}' was not found.")


def _place(azure: Azure, custom: JSON) -> None:
    if not same(custom["targetHciClusterId"], ids.CLUSTER):
        raise bad("ClusterNotFound", f"The cluster '{custom['targetHciClusterId']}' was not found.")
    if not same(custom["targetArcClusterCustomLocationId"], ids.CUSTOM_LOCATION):
        raise bad(
            "CustomLocationNotFound",
            f"The custom location '{custom['targetArcClusterCustomLocationId']}' was not found.",
        )
    if not same(custom["customLocationRegion"], names.CLUSTER_LOCATION):
        raise bad(
            "CustomLocationRegionMismatch",
            f"The custom location is in '{names.CLUSTER_LOCATION}', not in '{custom['customLocationRegion']}'.",
        )
    _storage(custom["storageContainerId"])
    if azure.resources.find(custom["targetResourceGroupId"]) is None:
        raise bad("ResourceGroupNotFound", f"Resource group '{custom['targetResourceGroupId']}' could not be found.")


def _storage(container: Any) -> None:
    if not any(same(container, arm_id) for arm_id in ids.STORAGE.values()):
        raise bad("StorageContainerNotFound", f"The storage container '{container}' was not found.")


def _target_name(azure: Azure, custom: JSON) -> None:
    name = str(custom["targetVmName"])
    upper = name.upper()
    if (
        not _NAME.fullmatch(name)
        or upper in _RESERVED
        or "MICROSOFT" in upper
        or "WINDOWS" in upper
        or upper.startswith(("LOGIN", "XBOX"))
    ):
        raise bad("InvalidTargetVmName", f"The target virtual machine name '{name}' is not allowed.")
    machine = azure.machine(ids.of_type(custom["targetResourceGroupId"], "Microsoft.HybridCompute/machines", name))
    if machine is not None and machine.kind == "HCI":
        raise ArmError(
            409, "TargetVmNameInUse", f"A virtual machine named '{name}' exists in the target resource group."
        )


def _generation(custom: JSON) -> None:
    if custom["hyperVGeneration"] not in ("1", "2"):
        raise bad(
            "InvalidHyperVGeneration", f'hyperVGeneration must be "1" or "2", not {custom["hyperVGeneration"]!r}.'
        )


def check_sizing(custom: JSON, generation: str) -> None:
    cores, memory = custom.get("targetCpuCores"), custom.get("targetMemoryInMegaBytes")
    if cores is not None and not (_is_int(cores) and 1 <= cores <= 240):
        raise bad("InvalidCpuCores", f"targetCpuCores must be 1 to 240, not {cores!r}.")
    low, high = _RAM[generation]
    if memory is not None and not (_is_int(memory) and low <= memory <= high):
        raise bad(
            "InvalidMemory", f"targetMemoryInMegaBytes must be {low} to {high} for this generation, not {memory!r}."
        )
    if not custom.get("isDynamicRam"):
        return
    dynamic = custom.get("dynamicMemoryConfig")
    if not isinstance(dynamic, dict):
        raise bad("InvalidDynamicMemory", "dynamicMemoryConfig is required where isDynamicRam is true.")
    least, most = dynamic.get("minimumMemoryInMegaBytes"), dynamic.get("maximumMemoryInMegaBytes")
    buffer = dynamic.get("targetMemoryBufferPercentage")
    if not (isinstance(least, int) and isinstance(most, int) and isinstance(buffer, int)):
        raise bad("InvalidDynamicMemory", "dynamicMemoryConfig needs minimum, maximum and buffer as whole numbers.")
    if not (low <= least <= most <= high) or (memory is not None and not least <= memory <= most):
        raise bad("InvalidDynamicMemory", "Minimum, target and maximum memory must be in this order and within limits.")
    if not 5 <= buffer <= 2000:
        raise bad("InvalidDynamicMemory", "targetMemoryBufferPercentage must be 5 to 2000.")


def _list(value: Any, name: str) -> list[JSON]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise bad("InvalidRequestBody", f"{name} must be a list of objects.")
    return value


def _unique(values: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for value in values:
        if value.lower() in seen:
            raise bad("DuplicateId", f"The {what} '{value}' is given more than once.")
        seen.add(value.lower())


def _disks(vm: SourceVm, custom: JSON) -> None:
    disks = _list(custom["disksToInclude"], "disksToInclude")
    if not disks:
        raise bad("NoDisksIncluded", "At least one disk must be included.")
    known = {disk.uuid.lower() for disk in vm.disks}
    _unique((str(disk.get("diskId")) for disk in disks), "disk")
    for disk in disks:
        if str(disk.get("diskId")).lower() not in known:
            raise bad("DiskNotFound", f"The disk '{disk.get('diskId')}' was not found on machine '{vm.name}'.")
        _disk(disk, str(custom["hyperVGeneration"]))
    if sum(disk["isOsDisk"] for disk in disks) != 1:
        raise bad("InvalidOsDisk", "Exactly one disk must be marked as OS disk.")


def _disk(disk: JSON, generation: str) -> None:
    name = disk["diskId"]
    if not isinstance(disk.get("isOsDisk"), bool):
        raise bad("RequiredPropertyMissing", f"isOsDisk of disk '{name}' must be true or false.")
    if not _is_int(disk.get("diskSizeGB")) or disk["diskSizeGB"] < 0:
        raise bad("InvalidDiskSize", f"diskSizeGB of disk '{name}' must be a whole number.")
    form, sector = disk.get("diskFileFormat"), disk.get("diskPhysicalSectorSize")
    if form not in ("VHD", "VHDX"):
        raise bad("InvalidDiskFormat", f"diskFileFormat of disk '{name}' must be VHD or VHDX.")
    if generation == "2" and form != "VHDX":
        raise bad("InvalidDiskFormat", f"Disk '{name}' must be VHDX for generation 2.")
    if sector is not None and (sector not in (512, 4096) or (form == "VHD" and sector != 512)):
        raise bad(
            "InvalidSectorSize", f"diskPhysicalSectorSize {sector!r} of disk '{name}' is not supported for {form}."
        )
    if disk.get("storageContainerId"):
        _storage(disk["storageContainerId"])


def check_nics(vm: SourceVm, given: Any) -> None:
    nics = _list(given, "nicsToInclude")
    known = {str(nic.key) for nic in vm.nics}
    _unique((str(nic.get("nicId")) for nic in nics), "NIC")
    for nic in nics:
        name, selection = nic.get("nicId"), nic.get("selectionTypeForFailover")
        if not isinstance(name, str) or name not in known:
            raise bad("NicNotFound", f"The NIC '{name}' was not found on machine '{vm.name}'.")
        if selection not in _SELECTIONS:
            raise bad("InvalidNicSelection", f"selectionTypeForFailover '{selection}' of NIC '{name}' is not valid.")
        network = nic.get("targetNetworkId")
        if selection != "NotSelected" and not network:
            raise bad("TargetNetworkMissing", f"NIC '{name}' is selected but has no targetNetworkId.")
        for each in (network, nic.get("testNetworkId")):
            if each and not any(same(each, arm_id) for arm_id in ids.NETWORKS.values()):
                raise bad("LogicalNetworkNotFound", f"The logical network '{each}' was not found.")


def check_security(vm: SourceVm, custom: JSON, generation: str) -> None:
    option = custom.get("securityOption")
    if option is None:
        return
    if option == "EnablevTPM":
        raise bad("2109020", "The security option EnablevTPM is not allowed.")
    if option not in ("None", "SecureBootEnabled", "TrustedLaunch"):
        raise bad("2109022", f"The security option '{option}' is not valid.")
    if generation == "1" and option != "None":
        raise bad("2109018", f"The security option {option} is not supported for generation 1.")
    if option == "None" and generation == "2" and vm.secure_boot:
        raise bad("2109019", "Secure Boot of the source cannot be taken away: the downgrade is not allowed.")


def _arc_machine(azure: Azure, custom: JSON) -> None:
    name = custom["targetVmName"]
    machine = azure.machine(ids.of_type(custom["targetResourceGroupId"], "Microsoft.HybridCompute/machines", name))
    if machine is None or machine.kind:
        raise bad(
            "ArcMachineNotFound", f"migrateAsArcVM needs an Arc-enabled machine '{name}' in the target resource group."
        )
