# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VM as it stands on vSphere, seen from both sides: what vCenter says now and what Azure Migrate has discovered.

The two views are joined by the instance UUID. vCenter is read live and wins; Azure Migrate adds its ids. A VM that only
one side knows stays in the list with the other half empty, because "not discovered yet" is an answer a user needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from . import ids, values

UUID_PATHS = ("config", "config.instanceUuid")


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceDisk:
    uuid: str  # in Azure Migrate's spelling where it knows the disk: that is what it must be called on the wire
    label: str = ""
    name: str = ""  # scsi0:0
    capacity_bytes: int = 0
    mode: str = "persistent"
    sharing: str = ""
    rdm: str = ""  # "", physical, virtual
    controller: str = ""
    is_os: bool | None = None  # Azure Migrate's marker; older versions have none

    @property
    def title(self) -> str:
        """How the disk is called in messages."""
        known = ", ".join(part for part in (self.name, self.uuid) if part)
        return f"{self.label or 'disk'} ({known})" if known else self.label or "disk"


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceNic:
    nic_id: str  # the device key: "4000"
    label: str = ""
    mac: str = ""
    network: str = ""  # port group
    vlan: int | None = None
    connected: bool = True
    start_connected: bool = True
    addresses: tuple[str, ...] = ()
    origins: tuple[tuple[str, str], ...] = ()  # (address, dhcp | manual | linklayer | other)

    @property
    def title(self) -> str:
        return f"{self.label or 'NIC'} ({self.nic_id})" if self.nic_id else self.label or "NIC"


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreadable:
    """A property that vCenter kept back: what stands there is not known."""

    path: str
    privilege: str = ""  # that the account lacks, where vCenter says so
    fault: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceMachine:
    name: str
    instance_uuid: str = ""
    moid: str = ""  # empty: vCenter does not know it
    machine_id: str = ""  # empty: Azure Migrate does not know it
    vcenter_id: str = ""
    run_as_account_id: str = ""
    power: str = ""  # on | off | suspended
    tools: str = ""  # running | not_running | not_installed
    os_type: str = ""  # windows | linux
    firmware: str = ""  # bios | efi
    cpu_cores: int = 0
    memory_mb: int = 0
    disks: tuple[SourceDisk, ...] = ()
    nics: tuple[SourceNic, ...] = ()
    cbt_enabled: bool | None = None
    cbt_supported: bool | None = None
    snapshots: int = 0
    newest_snapshot: str = ""  # when it was made, by vCenter's clock
    template: bool = False
    question: str = ""
    consolidation_needed: bool = False
    hostname: str = ""
    connection: str = ""
    secure_boot: bool | None = None
    is_deleted: bool = False
    mark: str = ""
    host: str = ""
    folder: str = ""
    bios_uuid: str = ""
    guest_name: str = ""
    discovered_disks: tuple[str, ...] = ()  # the disk UUIDs Azure Migrate knows, lower case
    discovered_nics: tuple[str, ...] = ()  # the NIC keys Azure Migrate knows
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def in_vcenter(self) -> bool:
        return bool(self.moid)

    @property
    def discovered(self) -> bool:
        return bool(self.machine_id)

    @property
    def item_name(self) -> str:
        """The protected item bears the name of the discovered machine."""
        return ids.name(self.machine_id) if self.machine_id else ""


def merge(
    vcenter_vms: Iterable[Mapping[str, Any]],
    machines: Iterable[Mapping[str, Any]],
    run_as: Mapping[str, str] | None = None,
) -> list[SourceMachine]:
    """One entry per VM. ``run_as`` maps the id of a vCenter in Azure Migrate to its run-as account."""
    accounts = {ids.normal(key): account for key, account in (run_as or {}).items()}
    discovered: dict[str, SourceMachine] = {}
    nameless: list[SourceMachine] = []
    for reply in machines:
        machine = from_discovery(reply, accounts)
        key = machine.instance_uuid.lower()
        if not key:
            nameless.append(machine)
        elif key not in discovered or (discovered[key].is_deleted and not machine.is_deleted):
            discovered[key] = machine
    merged, met = [], set()
    veiled = []
    for shape in vcenter_vms:
        live = from_vcenter(shape)
        key = live.instance_uuid.lower()
        met.add(key)
        if not key and any(hole.path in UUID_PATHS for hole in live.unreadable):
            veiled.append(live)
        else:
            merged.append(join(live, discovered[key]) if key and key in discovered else live)
    unmet = [machine for key, machine in discovered.items() if key not in met]
    return merged + _unveiled(veiled, unmet) + nameless


def _unveiled(veiled: list[SourceMachine], unmet: list[SourceMachine]) -> list[SourceMachine]:
    """A VM whose UUID vCenter keeps back may be one that Azure Migrate knows: then that one is not to be touched."""
    names = {machine.name for machine in unmet}
    told = [live for live in veiled if live.name and live.name not in names]
    for machine in unmet:
        behind = next((live.unreadable for live in veiled if live.name in ("", machine.name)), ())
        told.append(replace(machine, unreadable=behind))
    return told


def from_vcenter(shape: Mapping[str, Any]) -> SourceMachine:
    """The vCenter client's plain shape of one VM."""
    return SourceMachine(
        name=values.text(shape.get("name")),
        instance_uuid=values.text(shape.get("instance_uuid")),
        bios_uuid=values.text(shape.get("bios_uuid")),
        moid=values.text(shape.get("moid")),
        power=values.text(shape.get("power")),
        connection=values.text(shape.get("connection")),
        tools=values.text(shape.get("tools")),
        os_type=_os_type(shape.get("guest_family")),
        guest_name=values.text(shape.get("guest_name")),
        hostname=values.text(shape.get("hostname")),
        firmware=values.text(shape.get("firmware")).lower(),
        secure_boot=values.flag(shape.get("secure_boot")),
        cpu_cores=values.whole(shape.get("cpu_cores")) or 0,
        memory_mb=values.whole(shape.get("memory_mb")) or 0,
        template=values.flag(shape.get("template")) or False,
        question=values.text(shape.get("question")),
        consolidation_needed=values.flag(shape.get("consolidation_needed")) or False,
        snapshots=values.whole(shape.get("snapshots")) or 0,
        newest_snapshot=values.text(shape.get("newest_snapshot")),
        unreadable=tuple(_hole(entry) for entry in values.mappings(shape.get("unreadable"))),
        cbt_enabled=values.flag(shape.get("cbt_enabled")),
        cbt_supported=values.flag(shape.get("cbt_supported")),
        host=values.text(shape.get("host")),
        folder=values.text(shape.get("folder")),
        mark=values.text(shape.get("mark")),
        disks=tuple(_vcenter_disk(disk) for disk in values.mappings(shape.get("disks"))),
        nics=tuple(_vcenter_nic(nic) for nic in values.mappings(shape.get("nics"))),
    )


def from_discovery(reply: Mapping[str, Any], accounts: Mapping[str, str] | None = None) -> SourceMachine:
    """One machine of Azure Migrate's discovery, as it came."""
    found = values.mapping(reply.get("properties"))
    vcenter_id = values.text(found.get("vCenterId"))
    account = (accounts or {}).get(ids.normal(vcenter_id), "") or values.text(found.get("runAsAccountId"))
    system = values.mapping(found.get("operatingSystemDetails"))
    disks = tuple(_discovered_disk(disk) for disk in values.mappings(found.get("disks")))
    nics = tuple(_discovered_nic(nic) for nic in values.mappings(found.get("networkAdapters")))
    return SourceMachine(
        name=values.text(found.get("displayName")),
        instance_uuid=values.text(found.get("instanceUuid")),
        bios_uuid=values.text(found.get("biosGuid")),
        machine_id=values.text(reply.get("id")),
        vcenter_id=vcenter_id,
        run_as_account_id=account,
        power=_POWER.get(values.text(found.get("powerStatus")).lower(), ""),
        tools=_TOOLS.get(values.text(found.get("vMwareToolsStatus")).lower(), ""),
        os_type=_os_type(system.get("osType")),
        guest_name=values.text(system.get("osName")),
        firmware=values.text(found.get("firmware")).lower(),
        secure_boot=values.flag(found.get("secureBootEnabled")),
        cpu_cores=values.whole(found.get("numberOfProcessorCore")) or 0,
        memory_mb=values.whole(found.get("allocatedMemoryInMB", found.get("allocatedMemoryInMb"))) or 0,
        snapshots=max(0, values.whole(found.get("numberOfSnapshots")) or 0),
        cbt_enabled=values.flag(found.get("changeTrackingEnabled")),
        cbt_supported=values.flag(found.get("changeTrackingSupported")),
        hostname=values.text(found.get("vmFqdn")),
        host=values.text(found.get("hostName")),
        is_deleted=values.flag(found.get("isDeleted")) or False,
        disks=disks,
        nics=nics,
        discovered_disks=tuple(disk.uuid.lower() for disk in disks if disk.uuid),
        discovered_nics=tuple(nic.nic_id for nic in nics if nic.nic_id),
    )


_POWER = {"on": "on", "off": "off", "suspended": "suspended"}
_TOOLS = {"ok": "running", "notrunning": "not_running", "notinstalled": "not_installed"}


def _os_type(value: Any) -> str:
    word = values.text(value).lower()
    return next((family for family in ("windows", "linux") if word.startswith(family)), "")


def _hole(entry: Mapping[str, Any]) -> Unreadable:
    return Unreadable(
        path=values.text(entry.get("path")),
        privilege=values.text(entry.get("privilege")),
        fault=values.text(entry.get("fault")),
    )


def _vcenter_disk(disk: Mapping[str, Any]) -> SourceDisk:
    return SourceDisk(
        uuid=values.text(disk.get("uuid")),
        label=values.text(disk.get("label")),
        name=values.text(disk.get("name")),
        capacity_bytes=values.whole(disk.get("capacity_bytes")) or 0,
        mode=values.text(disk.get("mode")),
        sharing=values.text(disk.get("sharing")),
        rdm=values.text(disk.get("rdm")),
        controller=values.text(disk.get("controller")),
    )


def _vcenter_nic(nic: Mapping[str, Any]) -> SourceNic:
    origins = values.mapping(nic.get("origins"))
    return SourceNic(
        nic_id=values.text(nic.get("key")),
        label=values.text(nic.get("label")),
        mac=values.text(nic.get("mac")),
        network=values.text(nic.get("network")),
        vlan=values.whole(nic.get("vlan")),
        connected=values.flag(nic.get("connected")) or False,
        start_connected=values.flag(nic.get("start_connected")) or False,
        addresses=values.texts(nic.get("addresses")),
        origins=tuple((str(address), values.text(origin)) for address, origin in origins.items()),
    )


def _discovered_disk(disk: Mapping[str, Any]) -> SourceDisk:
    return SourceDisk(
        uuid=values.text(disk.get("uuid")),
        label=values.text(disk.get("label")),
        name=values.text(disk.get("name")),
        capacity_bytes=values.whole(disk.get("maxSizeInBytes")) or 0,
        mode=values.text(disk.get("diskMode")),
        controller=values.text(disk.get("controllerType")),
        is_os=values.flag(disk.get("isOSDisk")),
    )


def _discovered_nic(nic: Mapping[str, Any]) -> SourceNic:
    # ipAddressType is left out on purpose: it was recorded as Static on a port group with DHCP.
    return SourceNic(
        nic_id=values.text(nic.get("nicId")),
        label=values.text(nic.get("label")),
        mac=values.text(nic.get("macAddress")),
        network=values.text(nic.get("networkName")),
        addresses=values.texts(nic.get("ipAddressList")),
    )


def join(live: SourceMachine, known: SourceMachine) -> SourceMachine:
    """vCenter's half wins where it says anything; the ids, the OS-disk marker and the spelling come from discovery."""
    markers = {disk.uuid.lower(): disk for disk in known.disks if disk.uuid}
    disks = tuple(
        replace(disk, uuid=markers[disk.uuid.lower()].uuid, is_os=markers[disk.uuid.lower()].is_os)
        if disk.uuid.lower() in markers
        else disk
        for disk in live.disks
    )
    return replace(
        live,
        machine_id=known.machine_id,
        vcenter_id=known.vcenter_id,
        run_as_account_id=known.run_as_account_id,
        is_deleted=known.is_deleted,
        os_type=live.os_type or known.os_type,
        firmware=live.firmware or known.firmware,
        secure_boot=known.secure_boot if live.secure_boot is None else live.secure_boot,
        hostname=live.hostname or known.hostname,
        disks=disks,
        discovered_disks=known.discovered_disks,
        discovered_nics=known.discovered_nics,
    )
