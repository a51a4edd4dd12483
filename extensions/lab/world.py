# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one simulated world that all three simulators show: source VMs, target VMs, and what happens to them.

Every change goes through a method here, under one lock, and is journalled with the ledger line that caused it.
The physics (what a guest does when asked to shut down, what a disk's digest becomes) are here; the APIs are not.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import threading
from collections.abc import Callable
from typing import Any

from .journal import Journal
from .schedule import Schedule
from .switches import Switches


@dataclasses.dataclass(kw_only=True)
class SourceDisk:
    key: int  # vSphere device key, 2000...
    uuid: str  # 6000C29x-....
    label: str  # "Hard disk 1"
    controller: str  # lsilogic | pvscsi | nvme | ide | sata
    bus: int
    unit: int
    capacity_bytes: int
    thin: bool = True
    mode: str = "persistent"  # independent_persistent, ...
    sharing: str = "sharingNone"
    rdm: str = ""  # "", physicalMode, virtualMode
    datastore: str = ""
    file: str = ""  # "[DS] vm/vm.vmdk"
    writes: int = 0  # grows while the guest runs; the digest follows it

    @property
    def digest(self) -> str:
        """What the content hashes to: it changes with every write of the guest."""
        return hashlib.sha256(f"{self.uuid.lower()}:{self.capacity_bytes}:{self.writes}".encode()).hexdigest()


@dataclasses.dataclass(kw_only=True)
class SourceNic:
    key: int  # 4000...
    label: str
    mac: str
    network: str  # port group name
    adapter: str = "vmxnet3"
    connected: bool = True
    start_connected: bool = True
    addresses: list[str] = dataclasses.field(default_factory=list)
    origin: str = "manual"  # manual | dhcp


@dataclasses.dataclass(kw_only=True)
class Event:
    key: int
    at: dt.datetime
    kind: str  # VmPoweredOffEvent, VmGuestShutdownEvent, VmPoweredOnEvent, VmReconfiguredEvent, VmRenamedEvent ...
    vm: str  # instance uuid
    user: str
    text: str
    details: dict[str, Any] = dataclasses.field(default_factory=dict)  # the event's own fields, as vSphere names them


@dataclasses.dataclass(kw_only=True)
class SourceVm:
    name: str
    moid: str  # vm-101
    instance_uuid: str
    bios_uuid: str
    host: str
    cluster: str
    folder: str  # "Production/Web"; "" is the datacenter's vm folder
    datastore: str
    guest_id: str
    guest_name: str
    guest_family: str  # windowsGuest | linuxGuest | otherGuestFamily
    hostname: str
    firmware: str  # bios | efi
    cpu_cores: int
    memory_mb: int
    disks: list[SourceDisk]
    nics: list[SourceNic]
    power: str = "poweredOn"  # poweredOff | suspended
    connection: str = "connected"
    tools: str = "guestToolsRunning"  # guestToolsNotRunning
    tools_installed: bool = True
    secure_boot: bool = False
    hardware_version: str = "vmx-19"
    cbt_enabled: bool = True
    snapshots: list[str] = dataclasses.field(default_factory=list)
    snapshot_times: dict[str, dt.datetime] = dataclasses.field(default_factory=dict)  # of those made while the lab runs
    question: str = ""
    template: bool = False
    consolidation_needed: bool = False
    annotation: str = ""
    custom_values: dict[str, str] = dataclasses.field(default_factory=dict)
    shutdown: str = "graceful"  # what the guest does when asked: graceful | hangs
    awkward: str = ""  # why the lab put it here, for its own documentation
    powered_off_at: dt.datetime | None = None
    replicated: bool = False  # the appliance is taking snapshots of it
    config_changes: int = 0  # so often has its configuration changed; marks and folders are no part of that

    @property
    def tools_status(self) -> str:
        """As Azure Migrate reports it: OK | NotRunning | NotInstalled."""
        if not self.tools_installed:
            return "NotInstalled"
        return "OK" if self.tools == "guestToolsRunning" and self.power == "poweredOn" else "NotRunning"


@dataclasses.dataclass(kw_only=True)
class TargetDisk:
    name: str  # migrateDiskName
    path: str  # file on the cluster volume
    size_bytes: int
    digest: str
    source_uuid: str
    storage_path: str  # ARM id of the storage container
    is_os_disk: bool = False


@dataclasses.dataclass(kw_only=True)
class TargetNic:
    name: str
    mac: str
    logical_network: str  # ARM id
    address: str
    connected: bool = True


@dataclasses.dataclass(kw_only=True)
class TargetVm:
    name: str
    arm_id: str  # of the Microsoft.HybridCompute machine
    vm_id: str  # Hyper-V GUID
    node: str
    source_uuid: str
    generation: int
    cpu_cores: int
    memory_mb: int
    secure_boot: bool
    tpm: bool
    disks: list[TargetDisk]
    nics: list[TargetNic]
    state: str = "Off"  # Hyper-V's word: Off | Starting | Running | Stopping
    heartbeat: str = "NoContact"  # OkApplicationsUnknown once the guest answers
    started_at: dt.datetime | None = None
    ever_ran: bool = False
    disks_written_at: dt.datetime | None = None  # since when nothing writes to them; None while it runs
    boots: bool = True  # False: the guest never shows a heartbeat


class World:
    """Source and target VMs, events, time. Hold ``lock`` while reading more than one value."""

    def __init__(self, journal: Journal, schedule: Schedule, switches: Switches | None = None) -> None:
        self.lock = threading.RLock()
        self.journal = journal
        self.schedule = schedule
        self.clock = schedule.clock
        self.switches = switches or Switches()
        self.source: dict[str, SourceVm] = {}  # by instance uuid, lower case
        self.target: dict[str, TargetVm] = {}  # by ARM id, lower case
        self.seeds: dict[str, TargetDisk] = {}  # seed disks on the cluster volumes, by file name
        self.events: list[Event] = []
        self.folders: set[str] = set()
        self.custom_fields: dict[str, int] = {}  # vCenter custom attributes: name -> key
        self.held_roles: set[str] = set()  # names of vCenter roles that users or groups have
        self.wave_rows: list[dict[str, Any]] = []  # what wave.csv says about this estate
        self.power_listeners: list[Callable[[SourceVm], None]] = []
        self.before_change: list[Callable[[SourceVm], None]] = []  # told while the source VM still is as it was
        self.change_listeners: list[Callable[[SourceVm, str], None]] = []  # of a source VM and the attribute changed
        self.removed: dict[str, SourceVm] = {}  # source VMs that are no more, which old events still name
        self._event_key = 1000
        self._by_moid: dict[str, SourceVm] = {}

    def source_now(self) -> dt.datetime:
        """The time as vCenter and its hosts have it."""
        return self.clock.now() + dt.timedelta(seconds=self.switches.vcenter_skew_s)

    # -- source side -------------------------------------------------------------------------------------------

    def add_source(self, vm: SourceVm) -> None:
        self.source[vm.instance_uuid.lower()] = vm
        self._by_moid[vm.moid] = vm
        for name in vm.custom_values:
            self.custom_fields.setdefault(name, 101 + len(self.custom_fields))
        parts = vm.folder.split("/") if vm.folder else []
        for depth in range(1, len(parts) + 1):
            self.folders.add("/".join(parts[:depth]))

    def source_by_moid(self, moid: str) -> SourceVm | None:
        return self._by_moid.get(moid)

    def new_moid(self) -> str:
        """An id that no source VM has or had."""
        taken = [int(moid.removeprefix("vm-")) for moid in self._by_moid]
        taken += [int(vm.moid.removeprefix("vm-")) for vm in self.removed.values()]
        return f"vm-{max(taken, default=100) + 1}"

    def create_source(self, vm: SourceVm, user: str, cause: int) -> None:
        """A machine that was not there before."""
        with self.lock:
            self._about_to_change(vm)
            self.add_source(vm)
            self.journal.write(vm.instance_uuid, "source", "vm", None, vm.name, cause)
            self.event(vm, "VmCreatedEvent", user, f"Created virtual machine {vm.name} on {vm.host}")

    def remove_source(self, vm: SourceVm, user: str, cause: int) -> None:
        """Gone with its disks. Whoever asks by its id is told that there is none."""
        with self.lock:
            if vm.instance_uuid.lower() not in self.source:
                return
            self._about_to_change(vm)
            self.source.pop(vm.instance_uuid.lower())
            self._by_moid.pop(vm.moid, None)
            self.removed[vm.instance_uuid.lower()] = vm
            self.journal.write(vm.instance_uuid, "source", "vm", vm.name, None, cause)
            self.event(vm, "VmRemovedEvent", user, f"Removed {vm.name} on {vm.host}")

    def event(self, vm: SourceVm, kind: str, user: str, text: str, **details: Any) -> None:
        with self.lock:
            self._event_key += 1
            self.events.append(
                Event(
                    key=self._event_key,
                    at=self.source_now(),
                    kind=kind,
                    vm=vm.instance_uuid,
                    user=user,
                    text=text,
                    details=details,
                )
            )

    def _about_to_change(self, vm: SourceVm) -> None:
        for listener in self.before_change:
            listener(vm)

    def change_source(self, vm: SourceVm, what: str, attribute: str, value: Any, cause: int) -> None:
        """Set one attribute of a source VM and journal it. ``what``: power, nic, disk, mark, name, folder, config."""
        with self.lock:
            before = getattr(vm, attribute)
            if before == value:
                return
            self._about_to_change(vm)
            setattr(vm, attribute, value)
            vm.config_changes += what not in ("mark", "folder") and attribute != "replicated"
            self.journal.write(vm.instance_uuid, "source", what, before, value, cause)
        for listener in self.change_listeners:
            listener(vm, attribute)

    def take_snapshot(self, vm: SourceVm, name: str, cause: int) -> None:
        """One more, below the others."""
        with self.lock:
            vm.snapshot_times[name] = self.source_now()
            self.change_source(vm, "config", "snapshots", [*vm.snapshots, name], cause)

    def change_source_nic(
        self, vm: SourceVm, nic: SourceNic, connected: bool, start_connected: bool, cause: int
    ) -> None:
        with self.lock:
            before = {"key": nic.key, "connected": nic.connected, "start_connected": nic.start_connected}
            after = {"key": nic.key, "connected": connected, "start_connected": start_connected}
            if before != after:
                self._about_to_change(vm)
                nic.connected, nic.start_connected = connected, start_connected
                vm.config_changes += 1
                self.journal.write(vm.instance_uuid, "source", "nic", before, after, cause)

    def add_folder(self, path: str, cause: int) -> None:
        """A VM folder, "Production/Web"; its parents are there already."""
        with self.lock:
            if path not in self.folders:
                self.folders.add(path)
                self.journal.write("", "source", "folder", None, path, cause)

    def add_custom_field(self, name: str, cause: int) -> int:
        """The key of a custom attribute, made when it is new."""
        with self.lock:
            if name not in self.custom_fields:
                self.custom_fields[name] = 1 + max(self.custom_fields.values(), default=100)
                self.journal.write("", "source", "custom_field", None, name, cause)
            return self.custom_fields[name]

    def set_custom_value(self, vm: SourceVm, name: str, value: str, cause: int, user: str = "") -> None:
        """What a custom attribute says about a VM. An empty text takes the value away, as vCenter shows it."""
        with self.lock:
            values = {key: text for key, text in vm.custom_values.items() if key != name}
            before = vm.custom_values.get(name, "")
            if value:
                values[name] = value
            self.change_source(vm, "mark", "custom_values", values, cause)
            if value != before:
                text = f"Changed custom field {name} on {vm.name} from '{before}' to '{value}'"
                told = {"fieldKey": self.custom_fields.get(name, 0), "name": name, "value": value, "prevState": before}
                self.event(vm, "CustomFieldValueChangedEvent", user, text, **told)

    def power_off_source(self, vm: SourceVm, user: str, cause: int, *, graceful: bool) -> None:
        """The VM is off from now on. A graceful end leaves VmGuestShutdownEvent before VmPoweredOffEvent."""
        with self.lock:
            if vm.power == "poweredOff":
                return
            for disk in vm.disks:
                disk.writes += 1  # what the guest still wrote since the last look
            if graceful:
                self.event(vm, "VmGuestShutdownEvent", user, f"Guest OS shut down for {vm.name}")
            vm.powered_off_at = self.source_now()
            self.change_source(vm, "power", "power", "poweredOff", cause)
            self.event(vm, "VmPoweredOffEvent", user, f"{vm.name} on {vm.host} is powered off")
            for listener in self.power_listeners:
                listener(vm)

    def power_on_source(self, vm: SourceVm, user: str, cause: int) -> None:
        with self.lock:
            if vm.power == "poweredOn":
                return
            vm.powered_off_at = None
            self.change_source(vm, "power", "power", "poweredOn", cause)
            self.event(vm, "VmPoweredOnEvent", user, f"{vm.name} on {vm.host} is powered on")
            for nic in vm.nics:
                if nic.connected != nic.start_connected:
                    self.change_source_nic(vm, nic, nic.start_connected, nic.start_connected, cause)
            for listener in self.power_listeners:
                listener(vm)

    def shutdown_guest(self, vm: SourceVm, user: str, cause: int) -> None:
        """Ask the guest. Returns at once; the VM goes off some 20 recorded seconds later, or never if it hangs."""
        if vm.shutdown == "graceful":
            self.schedule.after(20, lambda: self.power_off_source(vm, user, cause, graceful=True))

    # -- target side -------------------------------------------------------------------------------------------

    def add_target(self, vm: TargetVm, cause: int) -> None:
        with self.lock:
            self.target[vm.arm_id.lower()] = vm
            vm.disks_written_at = self.clock.now()
            self.journal.write(vm.source_uuid, "target", "vm", None, vm.name, cause)
            for disk in vm.disks:
                self.journal.write(
                    vm.source_uuid, "target", "disk", None, {"name": disk.name, "digest": disk.digest}, cause
                )

    def start_target(self, vm: TargetVm, cause: int) -> None:
        """Running at once; the guest's heartbeat follows 15 recorded seconds later, if it boots."""
        with self.lock:
            if vm.state == "Running":
                return
            self.journal.write(vm.source_uuid, "target", "power", vm.state, "Running", cause)
            vm.state, vm.started_at, vm.ever_ran = "Running", self.clock.now(), True
            vm.disks_written_at = None

        def beat() -> None:
            with self.lock:
                if vm.state == "Running" and vm.boots:
                    vm.heartbeat = "OkApplicationsUnknown"

        self.schedule.after(15, beat)

    def stop_target(self, vm: TargetVm, cause: int) -> None:
        with self.lock:
            if vm.state == "Off":
                return
            self.journal.write(vm.source_uuid, "target", "power", vm.state, "Off", cause)
            vm.state, vm.heartbeat, vm.started_at, vm.disks_written_at = "Off", "NoContact", None, self.clock.now()

    def move_target(self, vm: TargetVm, node: str, cause: int) -> None:
        """A live migration: another node of the cluster owns the machine from now on; it goes on running."""
        with self.lock:
            before, vm.node = vm.node, node
            self.journal.write(vm.source_uuid, "target", "node", before, node, cause)

    def remove_target(self, vm: TargetVm, cause: int) -> None:
        with self.lock:
            self.target.pop(vm.arm_id.lower(), None)
            self.journal.write(vm.source_uuid, "target", "vm", vm.name, None, cause)

    # -- all of it ---------------------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """The whole world as JSON-ready data."""
        with self.lock:
            source = {}
            for uuid, vm in self.source.items():
                source[uuid] = dataclasses.asdict(vm)
                for shown, disk in zip(source[uuid]["disks"], vm.disks, strict=True):
                    shown["digest"] = disk.digest
            return {
                "source": source,
                "target": {arm_id: dataclasses.asdict(vm) for arm_id, vm in self.target.items()},
                "seeds": {name: dataclasses.asdict(disk) for name, disk in self.seeds.items()},
                "events": [dataclasses.asdict(event) for event in self.events],
            }
