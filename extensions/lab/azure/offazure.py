# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.OffAzure: the appliances' sites and what they discovered, straight from the world's source VMs."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

from .. import names
from ..world import SourceDisk, SourceNic, SourceVm
from . import ids, sites
from .state import Azure
from .wire import JSON, Answer, Request, not_found, page, stamp

_CONTROLLERS = {
    "lsilogic": ("scsi", "VirtualLsiLogicController"),
    "lsisas": ("scsi", "VirtualLsiLogicSASController"),
    "buslogic": ("scsi", "VirtualBusLogicController"),
    "pvscsi": ("scsi", "ParaVirtualSCSIController"),
    "nvme": ("nvme", "VirtualNVMEController"),
    "ide": ("ide", "VirtualIDEController"),
    "sata": ("sata", "VirtualAHCIController"),
}
_NOT_ASSOCIATED: JSON = {
    "discoveryScopeStatus": "RunAsAccountNotAssociated",
    "errors": [],
    "hydratedRunAsAccountId": None,
}


def _site(azure: Azure, request: Request) -> str:
    """The site that the path names, in the case in which ids point to it."""
    return sites.VMWARE_SITE.the(azure, request).id.replace("/vmwareSites/", "/VMwareSites/")


def _beat(azure: Azure) -> str | None:
    """The appliances report every 30 s."""
    moment = azure.now()
    return stamp(moment - dt.timedelta(seconds=moment.second % 30))


# -- machines ---------------------------------------------------------------------------------------------------


def _disk(disk: SourceDisk, number: int, *, newest: bool) -> JSON:
    bus, controller = _CONTROLLERS.get(disk.controller, ("scsi", disk.controller))
    shown: JSON = {
        "uuid": disk.uuid.lower().replace("6000c29", "6000C29", 1),
        "label": disk.label,
        "diskProvisioningPolicy": "ThinProvisioned" if disk.thin else "ThickProvisioned",
        "diskScrubbingPolicy": "LazilyScrubbed",
        "diskMode": disk.mode,
        "controllerType": controller,
        "maxSizeInBytes": disk.capacity_bytes,
        "usedSpaceInBytes": 0,
        "name": f"{bus}{disk.bus}:{disk.unit}",
        "diskType": "Static",
        "lun": number,
        "path": disk.file,
    }
    if newest:
        shown["isOSDisk"] = "true" if number == 0 else "false"
    return shown


def _nic(nic: SourceNic, *, seen: bool) -> JSON:
    return {
        "label": nic.label,
        "adapterType": f"Virtual{nic.adapter[:1].upper()}{nic.adapter[1:]}",
        "nicId": str(nic.key),
        "macAddress": nic.mac,
        # the appliance has addresses from VMware Tools alone
        "ipAddressList": list(nic.addresses) if seen else [],
        "networkName": nic.network,
        "ipAddressType": "Static",  # whatever it is: recorded so on a port group with DHCP
    }


# What the appliance would learn inside the guest, as recorded where nobody gave it a guest's login.
_GUEST_NOT_LOOKED_INTO: JSON = {
    "numberOfApplications": -1,
    "guestDetailsDiscoveryTimestamp": None,
    "isFileServerSupported": None,
    "isGuestDetailsDiscoveryInProgress": True,
    "dependencyMapping": "Disabled",
    "autoEnableDependencyMapping": "ValidationInProgress",
    "dependencyMappingStartTime": None,
    "dependencyMappingEndTime": None,
    "runAsAccountId": None,
    "applianceNames": [],
    "errors": [],
    "applicationDiscovery": _NOT_ASSOCIATED,
    "dependencyMapDiscovery": _NOT_ASSOCIATED,
    "staticDiscovery": {**_NOT_ASSOCIATED, "discoveryScopeStatus": "DiscoverySucceeded"},
    "appsAndRoles": None,
    "productSupportStatus": {
        "currentVersion": None,
        "esuStatus": "Unknown",
        "supportStatus": "Unknown",
        "supportEndDate": "0001-01-01T00:00:00",
        "esuYear": "Unknown",
    },
    "discoveredWorkloads": [],
}


def _machine(azure: Azure, site: str, vm: SourceVm, api_version: str, *, deleted: bool = False) -> JSON:
    newest = api_version >= "2024-12-01"
    tools = vm.tools_status
    kept = azure.switches.addresses_when_off == "kept" and vm.power != "poweredOn" and vm.tools_installed
    seen = tools == "OK" or kept
    protected = ids.machine_name(vm.instance_uuid).lower() in azure.items
    tags = {"asrprotectedmachine": str(protected)}
    properties: dict[str, Any] = {
        "vCenterFQDN": ids.VCENTER_FQDN,
        "vCenterId": f"{site}/vcenters/{ids.VCENTER_KEY}",
        "instanceUuid": vm.instance_uuid,
        "dataCenterScope": names.DATACENTER,
        "description": vm.annotation,
        "disks": [_disk(disk, number, newest=newest) for number, disk in enumerate(vm.disks)],
        "hostInMaintenanceMode": False,
        "hostName": vm.host,
        "hostPowerState": "poweredOn",
        "hostVersion": "7.0.3",
        "networkAdapters": [_nic(nic, seen=seen) for nic in vm.nics],
        "vMwareToolsStatus": tools,
        "vMwareToolsVersion": "11360" if vm.tools_installed else "0",
        "changeTrackingSupported": True,
        "changeTrackingEnabled": vm.cbt_enabled,
        "maxSnapshots": -1,
        "diskEnabledUuid": "no",
        "numberOfSnapshots": len(vm.snapshots),
        "altGuestName": vm.guest_id,
        "powerStatus": {"poweredOn": "ON", "poweredOff": "OFF"}.get(vm.power, "SUSPENDED"),
        "vmFqdn": vm.hostname,
        "vmConfigurationFileLocation": f"[{vm.datastore}] {vm.name}/{vm.name}.vmx",
        "firmware": vm.firmware.lower(),
        "guestOSDetails": {"osType": None, "osName": None, "osVersion": None, "osArchitecture": None},
        **_GUEST_NOT_LOOKED_INTO,
        "eTag": '"03002194-0000-3300-0000-67b60ab80000"',
        "numberOfProcessorCore": vm.cpu_cores,
        "allocatedMemoryInMB": float(vm.memory_mb),
        "operatingSystemDetails": {
            "osType": vm.guest_family,
            "osName": vm.guest_name,
            "osVersion": None,
            "osArchitecture": None,
        },
        "biosSerialNumber": vm.bios_uuid,
        "biosGuid": vm.bios_uuid,
        "displayName": vm.name,
        "isDeleted": deleted,
        "createdTimestamp": stamp(azure.started),
        "tags": tags,
        "updatedTimestamp": _beat(azure),
    }
    if newest:
        properties["secureBootEnabled"] = vm.secure_boot
        properties["arcDiscovery"] = {"status": "Unknown", "machineResourceId": ""}
        properties["provisioningState"] = "Succeeded"
    return {
        "properties": properties,
        "id": f"{site}/machines/{ids.machine_name(vm.instance_uuid)}",
        "name": ids.machine_name(vm.instance_uuid),
        "type": "Microsoft.OffAzure/VMwareSites/machines",
        "tags": tags,
    }


def prepare(azure: Azure) -> None:
    """Discovery is told of every change before it is made: it shows the machine as it was for a while longer."""

    def changing(vm: SourceVm) -> None:
        key = vm.instance_uuid.lower()
        azure.discovered.was(key, _picture(vm) if key in azure.world.source else None)

    azure.world.before_change.append(changing)


def _picture(vm: SourceVm) -> SourceVm:
    view = copy.copy(vm)
    view.nics = [copy.copy(nic) for nic in vm.nics]
    view.disks = [copy.copy(disk) for disk in vm.disks]
    return view


def _known(azure: Azure) -> list[tuple[SourceVm, bool]]:
    """In order of discovery; and whether discovery knows that the machine is gone."""
    shown = azure.discovered.ago(azure.switches.discovery_lag_s, azure.world.source)
    rows = [(vm, False) for vm in shown.values() if not vm.template]
    if azure.switches.deleted_machines == "flagged":
        rows += [(vm, True) for key, vm in azure.world.removed.items() if key not in shown]
    return rows


class _Rows(list[JSON]):
    """Only those of the page asked for are rendered."""

    def __init__(self, azure: Azure, site: str, api_version: str) -> None:
        super().__init__()
        self.azure, self.site, self.api_version = azure, site, api_version
        self.known = _known(azure) if sites.shows_machines(azure, site) else []

    def __len__(self) -> int:
        return len(self.known)

    def __getitem__(self, part: Any) -> Any:
        return [
            _machine(self.azure, self.site, vm, self.api_version, deleted=deleted) for vm, deleted in self.known[part]
        ]


def machines(azure: Azure, request: Request) -> Answer:
    rows = _Rows(azure, _site(azure, request), request.api_version)
    return Answer(body=page(azure.base_url, request, rows, azure.switches.machines_page))


def machine(azure: Azure, request: Request) -> Answer:
    site, wanted = _site(azure, request), request.parts["machine"].lower()
    for vm, deleted in _known(azure) if sites.shows_machines(azure, site) else ():
        if ids.machine_name(vm.instance_uuid).lower() == wanted:
            return Answer(body=_machine(azure, site, vm, request.api_version, deleted=deleted))
    raise not_found("Microsoft.OffAzure/VMwareSites/machines", request.parts["machine"], request.parts["rg"])


# -- vCenters and accounts --------------------------------------------------------------------------------------


def _appliance_has(azure: Azure, site: str) -> bool:
    """vCenter and account are known from the moment on at which somebody typed them in."""
    return site.lower() in azure.discovered_from


_LOGIN_REFUSED: JSON = {
    "id": 400,  # the lab's own: nobody recorded one
    "code": "InvalidLogin",
    "severity": "Error",
    "summaryMessage": "The vCenter Server refuses the account.",
    "message": "The login of the account at the vCenter Server is refused.",
    "possibleCauses": "The password was changed, or the account is locked.",
    "recommendedAction": "Correct the account in the appliance's configuration manager.",
}


def _vcenter(azure: Azure, site: str) -> JSON:
    return {
        "id": f"{site}/vcenters/{ids.VCENTER_KEY}",
        "name": ids.VCENTER_KEY,
        "type": "Microsoft.OffAzure/VMwareSites/vcenters",
        "properties": {
            "fqdn": ids.VCENTER_FQDN,
            "port": "443",
            "runAsAccountId": f"{site}/runasaccounts/{ids.RUN_AS_NAME}",
            "version": "7.0.3",
            "perfStatisticsLevel": "1",
            "instanceUuid": ids.fixed("vcenter instance"),
            "friendlyName": None,
            "errors": [_LOGIN_REFUSED] if azure.switches.vcenter_login == "refused" else [],
            "createdTimestamp": stamp(azure.started),
            "updatedTimestamp": _beat(azure),
        },
    }


def vcenters(azure: Azure, request: Request) -> Answer:
    site = _site(azure, request)
    return Answer(body={"value": [_vcenter(azure, site)] if _appliance_has(azure, site) else [], "nextLink": None})


def vcenter(azure: Azure, request: Request) -> Answer:
    site = _site(azure, request)
    if request.parts["vcenter"].lower() != ids.VCENTER_KEY.lower() or not _appliance_has(azure, site):
        raise not_found("Microsoft.OffAzure/VMwareSites/vcenters", request.parts["vcenter"], request.parts["rg"])
    return Answer(body=_vcenter(azure, site))


def run_as_accounts(azure: Azure, request: Request) -> Answer:
    site = _site(azure, request)
    row = {
        "id": f"{site}/runasaccounts/{ids.RUN_AS_NAME}",
        "name": ids.RUN_AS_NAME,
        "type": "Microsoft.OffAzure/VMwareSites/runasaccounts",
        "properties": {
            "displayName": "vcenter",
            "credentialType": "VMwareFabric",
            "applianceName": sites.VMWARE_SITE.the(azure, request).properties["applianceName"],
            "createdTimestamp": stamp(azure.started),
            "updatedTimestamp": stamp(azure.started),
        },
    }
    return Answer(body={"value": [row] if _appliance_has(azure, site) else [], "nextLink": None})
