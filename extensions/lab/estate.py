# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's source estate: what stands in vCenter before anybody migrates anything, and the wave over it.

The same seed makes the same estate. With 12 rows or more it holds one machine of each awkward kind and two machines
of one name; every other machine is one that migrates.
"""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path
from typing import Any

import yaml

from . import names
from .estate_names import (
    APPS,
    ENVIRONMENTS,
    LINUX,
    OWNERS,
    ROLES,
    WINDOWS,
    Addresses,
    Labels,
    System,
    disk_uuid,
    mac,
    uuid,
)
from .world import SourceDisk, SourceNic, SourceVm, World

WAVE_SIZE = 12
AWKWARD_FROM = 12  # rows; a smaller estate has only machines that migrate
# row -> awkward kind: both waves of 12 get some
AWKWARD_ROWS = {
    3: "powered_off",
    6: "snapshot_no_cbt",
    8: "twin",
    10: "ipv6",
    14: "no_tools",
    17: "independent_disk",
    20: "refused_name",
}
AWKWARD_ROWS_SMALL = {**{row: kind for row, kind in AWKWARD_ROWS.items() if row < 12}, 2: "no_tools", 5: "refused_name",
                      11: "independent_disk"}  # fmt: skip
# rows that every estate has, so that the extremes are always there: row -> (system, data disks, networks)
_PROD, _DMZ, _DHCP = "dvPG-Prod-110", "dvPG-DMZ-120", "dvPG-Dhcp-130"
SHOWPIECES: dict[int, tuple[System, int, tuple[str, ...]]] = {
    0: (LINUX[0], 2, (_PROD,)),  # BIOS, three disks
    1: (WINDOWS[1], 0, (_PROD,)),  # EFI with secure boot
    4: (LINUX[1], 7, (_PROD, _DMZ)),  # eight disks on three controllers
    7: (WINDOWS[2], 1, (_PROD, _DMZ, _DHCP, _PROD)),  # four NICs, BIOS Windows
}
GIB = 1024**3
_SCSI_UNITS = [unit for unit in range(16) if unit != 7]  # 7 is the adapter itself


def build(world: World, *, vms: int = 24, seed: int = 1) -> None:
    """Fill the world: ``vms`` wave rows, one machine a row, and a second one for the row of the shared name."""
    builder = _Builder(seed)
    awkward = {} if vms < AWKWARD_FROM else AWKWARD_ROWS_SMALL if vms < 24 else AWKWARD_ROWS
    for row in range(vms):
        made = builder.row(row, awkward.get(row, ""))
        for vm in made:
            world.add_source(vm)
        world.wave_rows.append(_wave_row(row, made[0], builder))


def waves(world: World) -> list[dict[str, Any]]:
    """The rows of wave.csv: twelve a wave; machines that share a name share one row, which is ambiguous."""
    return [dict(row) for row in world.wave_rows]


def _wave_row(row: int, vm: SourceVm, builder: _Builder, **said: Any) -> dict[str, Any]:
    """A row, every tenth or so with something overridden."""
    app = builder.apps[vm.moid]
    values: dict[str, Any] = {
        "name": vm.name,
        "wave": row // WAVE_SIZE + 1,
        "app": APPS[app],
        "owner": OWNERS[app],
        "target_vm_name": "",
        "cpu_cores": "",
        "memory_mb": "",
        "arc": "",
        "os_type": "",
    }
    if row % 10 == 5 and not vm.awkward:
        values["memory_mb"] = vm.memory_mb * 2
    if row % 20 == 15 and not vm.awkward:
        values |= {"target_vm_name": f"az-{vm.name}"[:15], "cpu_cores": vm.cpu_cores * 2}
    return values | said


class _Builder:
    """Draws machines; everything that must not repeat is counted here."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.addresses = Addresses()
        self.labels = Labels()
        self.made = 0
        self.nics = 0
        self.apps: dict[str, int] = {}  # which application a machine is part of, by moid
        # every estate has its own MACs; the estate's size does not move them
        self.mac_base = random.Random(f"mac {seed}").randrange(1 << 12) << 10  # noqa: S311

    def row(self, row: int, awkward: str) -> list[SourceVm]:
        first = self.machine(row, awkward)
        if awkward != "twin":
            _make_awkward(first, awkward, self)
            return [first]
        second = self.machine(row, awkward)
        second.name, second.hostname = first.name, first.hostname
        first.folder = first.folder.replace("Test", "Production")
        second.folder = first.folder.replace("Production", "Test")
        for disk in second.disks:
            disk.file = disk.file.replace("/", "_1/", 1)  # as vCenter does where the directory's name is taken
        return [first, second]

    def machine(self, row: int, awkward: str) -> SourceVm:
        draw = random.Random(f"{self.seed}:{row}:{self.made}")  # noqa: S311 - an estate, not a secret
        self.made += 1
        role = draw.choice(ROLES)
        system = draw.choice(WINDOWS if role.windows else LINUX)
        data_disks, networks = draw.choice(role.data_disks), draw.choice(role.networks)
        if row in SHOWPIECES and not awkward:
            system, data_disks, networks = SHOWPIECES[row]
            role = next(one for one in ROLES if one.windows == system.windows and one.word in ("db", "app"))
        if awkward in ("no_tools", "snapshot_no_cbt", "ipv6"):
            networks = (_PROD,)  # these are about an address that is kept
        app = draw.randrange(len(APPS))
        bare = role.word == "web" and draw.random() < 0.5
        name = self.labels.take("" if bare else APPS[app], role.word)
        host = draw.randrange(len(names.ESXI_HOSTS))
        datastore = names.DATASTORES[0] if role.word in ("db", "sql") else draw.choice(names.DATASTORES)
        environment = ENVIRONMENTS[0] if draw.random() < 0.75 else ENVIRONMENTS[1]
        moid = f"vm-{100 + self.made}"
        self.apps[moid] = app
        return SourceVm(
            name=name,
            moid=moid,
            instance_uuid=uuid(draw, "50"),
            bios_uuid=uuid(draw, "42"),
            host=names.ESXI_HOSTS[host],
            cluster=names.CLUSTERS[host * len(names.CLUSTERS) // len(names.ESXI_HOSTS)],
            folder=f"{environment}/{role.folder}",
            datastore=datastore,
            guest_id=system.guest_id,
            guest_name=system.guest_name,
            guest_family=system.family,
            hostname=name,
            firmware=system.firmware,
            cpu_cores=draw.choice(role.cpu),
            memory_mb=draw.choice(role.memory_gb) * 1024,
            disks=_disks(draw, name, datastore, data_disks),
            nics=self.cards(networks),
            secure_boot=system.windows and system.firmware == "efi",
            hardware_version=system.hardware_version,
            annotation=f"{role.word} server of {APPS[app]}",
            custom_values={"Backup": "daily"} if row % WAVE_SIZE == 7 else {},  # somebody else's, to be left alone
            awkward=awkward,
        )

    def cards(self, networks: tuple[str, ...]) -> list[SourceNic]:
        cards = []
        for number, network in enumerate(networks):
            address, _ = self.addresses.take(network)
            cards.append(
                SourceNic(
                    key=4000 + number,
                    label=f"Network adapter {number + 1}",
                    mac=mac(self.mac_base + self.nics),
                    network=network,
                    addresses=[address],
                    origin="dhcp" if network == _DHCP else "manual",
                )
            )
            self.nics += 1
        return cards


def _disks(draw: random.Random, name: str, datastore: str, data_disks: int) -> list[SourceDisk]:
    """The system disk on scsi0:0; with many data disks, later ones on a second SCSI and an NVMe controller."""
    adapter = draw.choice(("pvscsi", "lsilogic"))
    disks = []
    for number in range(data_disks + 1):
        controller, bus, unit = adapter, 0, _SCSI_UNITS[number]
        if number >= 6:
            controller, bus, unit = "nvme", 0, number - 6
        elif number >= 3:
            controller, bus, unit = "pvscsi", 1, number - 3
        file = f"{name}.vmdk" if number == 0 else f"{name}_{number}.vmdk"
        disks.append(
            SourceDisk(
                key=device_key(controller, bus, unit),
                uuid=disk_uuid(draw),
                label=f"Hard disk {number + 1}",
                controller=controller,
                bus=bus,
                unit=unit,
                capacity_bytes=(draw.choice((30, 40, 60)) if number == 0 else draw.choice((5, 10, 20, 50))) * GIB,
                thin=draw.random() < 0.8,
                datastore=datastore,
                file=f"[{datastore}] {name}/{file}",
                writes=draw.randrange(1, 1000),
            )
        )
    return disks


def device_key(controller: str, bus: int, unit: int) -> int:
    """The key that vSphere gives a disk by its place."""
    first, per_bus = {"ide": (3000, 2), "sata": (16000, 30), "nvme": (32000, 64)}.get(controller, (2000, 16))
    return first + bus * per_bus + unit


def _make_awkward(vm: SourceVm, kind: str, builder: _Builder) -> None:
    if kind == "powered_off":
        vm.power = "poweredOff"
    elif kind == "no_tools":
        vm.tools, vm.tools_installed = "guestToolsNotRunning", False
    elif kind == "independent_disk":
        vm.disks[-1].mode = "independent_persistent"
    elif kind == "snapshot_no_cbt":
        vm.cbt_enabled, vm.snapshots = False, ["before patching"]
    elif kind == "ipv6":
        vm.nics[0].addresses.append(f"2001:db8:110::{vm.nics[0].addresses[0].rsplit('.', 1)[1]}")
    elif kind == "refused_name":
        vm.name = vm.hostname = builder.labels.take("windows", "gw")
        for disk in vm.disks:
            disk.file = f"[{disk.datastore}] {vm.name}/{vm.name}{'' if disk is vm.disks[0] else disk.unit}.vmdk"


# -- an estate from a file ---------------------------------------------------------------------------------------


class EstateFileError(ValueError):
    """An estate file that the lab cannot use; the text says which machine and why."""


def load(world: World, path: str | Path) -> None:
    """Fill the world from a YAML list. Each entry has SourceVm's fields; what it leaves out is drawn or usual.

    ``disks`` may also be a number or a list of sizes in GiB, ``nics`` a list of port group names. ``row: false``
    leaves a machine out of the wave; ``row: {wave: 2, target_vm_name: x}`` says what its row holds.
    """
    entries = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or []
    if not isinstance(entries, list):
        raise EstateFileError(f"{path}: a list of machines is expected, not {type(entries).__name__}")
    builder = _Builder(seed=1)
    rows = 0
    listed: set[str] = set()
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict):
            raise EstateFileError(f"{path}: machine {number + 1}: a mapping is expected")
        said = dict(entry)
        row = said.pop("row", {})
        try:
            vm = _from_entry(builder, number, said)
        except (TypeError, KeyError, ValueError) as wrong:
            raise EstateFileError(f"{path}: machine {number + 1} ({entry.get('name', 'no name')}): {wrong}") from wrong
        world.add_source(vm)
        if row is not False and vm.name not in listed:
            listed.add(vm.name)
            world.wave_rows.append(_wave_row(rows, dataclasses.replace(vm, awkward="file"), builder, **(row or {})))
            rows += 1


def _from_entry(builder: _Builder, number: int, said: dict[str, Any]) -> SourceVm:
    fields = {field.name for field in dataclasses.fields(SourceVm)}
    unknown = sorted(set(said) - fields)
    if unknown:
        raise KeyError(f"unknown fields {', '.join(unknown)}")
    vm = builder.machine(1000 + number, "file")
    vm.awkward = ""
    name = str(said.get("name", vm.name))
    draw = random.Random(f"file {number} {name}")  # noqa: S311
    if "nics" in said:
        said["nics"] = _cards_said(builder, said["nics"])
    if "disks" in said:
        said["disks"] = _disks_said(draw, name, str(said.get("datastore", vm.datastore)), said["disks"])
    elif name != vm.name:
        for disk in vm.disks:
            disk.file = disk.file.replace(vm.name, name)
    if "hostname" not in said:
        said["hostname"] = name
    made = dataclasses.replace(vm, **said)
    builder.apps[made.moid] = builder.apps[vm.moid]
    return made


def _cards_said(builder: _Builder, said: list[Any]) -> list[SourceNic]:
    cards = builder.cards(tuple(nic if isinstance(nic, str) else nic.get("network", _PROD) for nic in said))
    return [dataclasses.replace(card, **({} if isinstance(nic, str) else nic))
            for card, nic in zip(cards, said, strict=True)]  # fmt: skip


def _disks_said(draw: random.Random, name: str, datastore: str, said: Any) -> list[SourceDisk]:
    wanted = list(range(said)) if isinstance(said, int) else list(said)
    disks = _disks(draw, name, datastore, len(wanted) - 1)
    if isinstance(said, int):
        return disks
    done = []
    for disk, wish in zip(disks, wanted, strict=True):
        change = {"capacity_bytes": int(wish * GIB)} if isinstance(wish, (int, float)) else dict(wish)
        disk = dataclasses.replace(disk, **change)
        if "key" not in change:
            disk.key = device_key(disk.controller, disk.bus, disk.unit)
        done.append(disk)
    return done
