# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""The twin of get_appliance: all that one appliance shows of itself.

get_appliance       {files}; ``files`` are looked for and hashed, and their version is told
    -> {ComputerName, ClockUtc, UptimeSeconds, RebootPending, Os, Licence, Hardware, Edge, InternetExplorer, Services,
       InstalledVersion, ApplianceJson, AutoUpdate, Registry, Certificates, RetiredCertificates, Vddk, Proxy, QosPolicies,
       BlackoutWindows, GatewayRestartDue, ClusterCredentials, Installer, Files}; what each holds is in the functions below
"""

from __future__ import annotations

import json
import re
from typing import Any

from ..appliances import SERVICES, SOURCE, Appliance, File
from ..runtime import Lab
from .installer import CONFIG, CREDENTIALS
from .scripts_files import Shelf, clock
from .twin import Params, many

VDDK_FOLDER = "C:\\Program Files\\VMware\\VMware Virtual Disk Development Kit"
BLACKOUTS = CONFIG + "GatewayDataWorker.json"
THROTTLE = "ThrottleReplication"  # documented name of the policy
GATEWAY = "GatewayWindowsService.exe"
REGISTRY = (
    "LocalCertThumbprint",
    "AzureMigrateApplianceAadAppCertThumbPrint",
    "AgentServiceCommAadAppClientId",
    "AzureMigrateApplianceAadAppClientId",
    "AgentServiceCommAadAppObjectId",
    "AgentServiceCommAadAppName",
    "AgentServiceCommAadAppSpnObjectId",
    "AzureMigrateApplianceAadAppTenantId",
)
_NOT_RUN = {"State": "none", "Mode": "", "ExitCode": None, "StartedUtc": None, "EndedUtc": None, "LastLine": ""}


def get_appliance(lab: Lab, place: str, params: Params, cause: int) -> Any:
    shelf = Shelf(lab, place)
    with lab.world.lock:
        one = lab.appliances[place.lower()]
        asked = [file for path in many(params.get("files")) if (file := shelf.get(str(path)))]
        return {
            "ComputerName": one.hostname,
            "ClockUtc": clock(lab, place),
            **_windows(lab, one),
            "Services": [
                {"Name": name, "DisplayName": SERVICES[one.role][name], "Status": state, "StartType": "Automatic"}
                for name, state in one.services.items()
            ],
            "InstalledVersion": one.version,
            "ApplianceJson": appliance_json(one),
            "AutoUpdate": one.registry["AutoUpdate"] == "1" if "AutoUpdate" in one.registry else None,
            "Registry": {name: one.registry[name] for name in REGISTRY if name in one.registry},
            "Certificates": [*one.certificates.values()],
            "RetiredCertificates": [*one.retired],
            "Vddk": _vddk(shelf),
            "Proxy": {"Address": "", "Bypass": "", **one.proxy},
            "QosPolicies": [
                {"Name": name, "AppPath": GATEWAY, "BitsPerSecond": rate} for name, rate in one.throttles.items()
            ],
            "BlackoutWindows": blackouts(shelf),
            "GatewayRestartDue": one.gateway_restart_due,
            "ClusterCredentials": shelf.get(CREDENTIALS + "TargetClusterCredentials.json") is not None,
            "Installer": {**_NOT_RUN, **one.installer},
            "Files": [_shown(file) for file in asked],
        }


def _windows(lab: Lab, one: Appliance) -> dict[str, Any]:
    up = (lab.clock.now() - one.booted_at).total_seconds() if one.booted_at else 0
    left = max(0, lab.switches.licence_days_left)
    cores, memory_mb = _size(lab, one)
    return {
        "UptimeSeconds": max(0, int(up)),
        "RebootPending": one.restart_pending,
        "Os": {
            "Caption": "Microsoft Windows Server 2022 " + ("Standard Evaluation" if one.evaluation else "Standard"),
            "Version": "10.0.20348",
            "InstallationType": "Server",
        },
        "Licence": {
            "Evaluation": one.evaluation,
            "DaysLeft": left if one.evaluation else None,
            "Status": "Notification" if one.evaluation and not left else "Licensed",
        },
        "Hardware": {
            "ProcessorCount": cores,
            "MemoryMB": memory_mb,
            "SystemDriveBytes": 85 * 2**30,
            "SystemDriveFreeBytes": 52 * 2**30,
        },
        "Edge": one.edge,
        "InternetExplorer": one.internet_explorer,
    }


def _size(lab: Lab, one: Appliance) -> tuple[int, int]:
    vm = lab.world.source.get(one.vm.lower()) if one.role == SOURCE else lab.cluster.vms.get(one.vm)
    return (vm.cpu_cores, vm.memory_mb) if vm is not None else (8, 16384)


def appliance_json(one: Appliance) -> dict[str, Any] | None:
    """The file as it is at this moment; None before the software is there."""
    if not one.installed:
        return None
    source = one.role == SOURCE
    told: dict[str, Any] = {
        "Cloud": "Public",
        "FabricType": "VMwareV2" if source else "AzureStackHCI",
        "ScaleOut": False,
        "PrivateEndpointEnabled": False,
        "VddkInstallerFolder": VDDK_FOLDER if source else "",
        "IsApplianceRegistered": one.registered_at is not None,
        "DiscoveryInitiated": one.discovery_started_at is not None,
        "EnableAzureStackHCITarget": source,
    }
    if one.lab.switches.appliance_json == "texts":
        return {name: str(value).lower() if isinstance(value, bool) else value for name, value in told.items()}
    return told


def vddk_version(shelf: Shelf) -> str:
    """What the library in the folder says of itself, "" where there is none."""
    library = shelf.get(f"{VDDK_FOLDER}\\bin\\vixDiskLib.dll")
    return _version(library) if library else ""


def _version(file: File) -> str:
    """Only programs and libraries have one."""
    said = re.match(rb"MZ vixDiskLib (\S+)", file.data)
    return said[1].decode() if said else ""


def _shown(file: File) -> dict[str, Any]:
    return {"Path": file.path, "SizeBytes": file.size, "Sha256": file.sha256, "Version": _version(file)}


def _vddk(shelf: Shelf) -> dict[str, Any]:
    library = shelf.get(f"{VDDK_FOLDER}\\bin\\vixDiskLib.dll")
    return {
        "Folder": VDDK_FOLDER,
        "Version": vddk_version(shelf),
        "Files": len(shelf.under(VDDK_FOLDER)),
        "Sha256": library.sha256 if library else "",
    }


def blackouts(shelf: Shelf) -> str:
    """What the gateway's file says."""
    file = shelf.get(BLACKOUTS)
    return str(json.loads(file.data).get("BlackoutWindows") or "") if file else ""
