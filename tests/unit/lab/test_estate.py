# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The estate: the same for the same seed, with its awkward machines, and otherwise ready to migrate."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from pathlib import Path

import pytest

from lab import estate, names
from lab.journal import Journal
from lab.schedule import Schedule
from lab.world import SourceVm, World

KINDS = {"powered_off", "no_tools", "independent_disk", "snapshot_no_cbt", "ipv6", "refused_name"}
NETWORK_OF = {vlan: (prefix, start, end) for vlan, _, prefix, start, end in names.LOGICAL_NETWORKS.values()}


class NoJournal(Journal):
    """Building an estate changes nothing that is journalled."""

    def __init__(self) -> None:
        self.started = 0.0


def made(vms: int = 24, seed: int = 1) -> World:
    world = World(NoJournal(), Schedule())
    estate.build(world, vms=vms, seed=seed)
    return world


def machines(world: World) -> list[SourceVm]:
    return list(world.source.values())


def test_same_seed_same_estate() -> None:
    first, again, other = made(), made(), made(seed=2)
    assert first.dump() == again.dump()
    assert estate.waves(first) == estate.waves(again)
    assert not set(first.source) & set(other.source)


@pytest.mark.parametrize("vms", [0, 1, 11, 12, 23, 24, 200])
def test_rows_and_machines(vms: int) -> None:
    world = made(vms)
    rows = estate.waves(world)
    assert len(rows) == vms
    assert len({row["name"] for row in rows}) == vms
    assert len(world.source) == (vms if vms < 12 else vms + 1)
    kinds = Counter(vm.awkward for vm in machines(world) if vm.awkward)
    assert kinds == (Counter() if vms < 12 else Counter({**dict.fromkeys(KINDS, 1), "twin": 2}))


def test_both_waves_of_twelve_have_awkward_ones() -> None:
    world = made()
    awkward = {vm.name: vm.awkward for vm in machines(world)}
    waves = Counter(row["wave"] for row in estate.waves(world))
    assert waves == {1: 12, 2: 12}
    for wave in (1, 2):
        kinds = [awkward[row["name"]] for row in estate.waves(world) if row["wave"] == wave]
        assert 3 <= sum(kind != "" for kind in kinds) <= 4
    assert 1 <= sum(bool(row["target_vm_name"] or row["memory_mb"]) for row in estate.waves(world)) <= 4


def test_twins() -> None:
    world = made()
    first, second = (vm for vm in machines(world) if vm.awkward == "twin")
    assert first.name == second.name
    assert first.folder != second.folder
    assert not {disk.file for disk in first.disks} & {disk.file for disk in second.disks}
    assert [row["name"] for row in estate.waves(world)].count(first.name) == 1


def test_awkward_as_they_say() -> None:
    by = {vm.awkward: vm for vm in machines(made())}
    assert by["powered_off"].power == "poweredOff"
    assert not by["no_tools"].tools_installed
    assert by["no_tools"].nics[0].origin == "manual"
    assert by["independent_disk"].disks[-1].mode == "independent_persistent"
    assert (by["snapshot_no_cbt"].cbt_enabled, len(by["snapshot_no_cbt"].snapshots)) == (False, 1)
    assert any(":" in address for address in by["ipv6"].nics[0].addresses)
    assert by["refused_name"].name == "windows-gw01"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_others_can_migrate(seed: int) -> None:
    for vm in machines(made(200, seed)):
        if vm.awkward:
            continue
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,13}[a-z0-9]", vm.name), vm.name
        assert not re.search("windows|microsoft", vm.name)
        assert (vm.power, vm.tools_status, vm.cbt_enabled, vm.snapshots) == ("poweredOn", "OK", True, [])
        assert vm.disks[0].controller in ("pvscsi", "lsilogic")
        assert (vm.disks[0].bus, vm.disks[0].unit) == (0, 0)
        assert all(disk.mode == "persistent" and not disk.rdm for disk in vm.disks)
        assert len({(disk.controller, disk.bus, disk.unit) for disk in vm.disks}) == len(vm.disks)


@pytest.mark.parametrize("vms", [24, 1000])
def test_nothing_repeats_and_addresses_fit_their_network(vms: int) -> None:
    every = machines(made(vms))
    cards = [nic for vm in every for nic in vm.nics]
    disks = [disk for vm in every for disk in vm.disks]
    for unique in (
        [vm.moid for vm in every],
        [vm.bios_uuid for vm in every],
        [nic.mac for nic in cards],
        [address for nic in cards for address in nic.addresses],
        [disk.uuid for disk in disks],
    ):
        assert len(unique) == len(set(unique))
    for nic in cards:
        prefix, start, end = NETWORK_OF[names.PORT_GROUPS[nic.network][0]]
        address = ipaddress.ip_address(nic.addresses[0])
        assert address in ipaddress.ip_network(prefix)
        assert nic.origin == ("dhcp" if not start else "manual")
        if start:
            assert ipaddress.ip_address(start) <= address <= ipaddress.ip_address(end)


def test_extremes_are_there() -> None:
    every = machines(made())
    assert {len(vm.disks) for vm in every} >= {1, 8}
    assert {len(vm.nics) for vm in every} >= {1, 2, 4}
    assert {(vm.firmware, vm.guest_family) for vm in every} == {
        (firmware, family) for firmware in ("bios", "efi") for family in ("windowsGuest", "linuxGuest")
    }
    largest = max(every, key=lambda vm: len(vm.disks))
    assert len({(disk.controller, disk.bus) for disk in largest.disks}) == 3


def test_estate_file(tmp_path: Path) -> None:
    file = tmp_path / "estate.yml"
    file.write_text(
        """
- name: erp/db
  guest_id: other6xLinux64Guest
  disks: [40, {capacity_bytes: 1073741824, rdm: physicalMode, controller: lsilogic, bus: 1, unit: 3}]
  nics: [VM Network, {network: dvPG-Prod-110, connected: false}]
- {name: two, disks: 3, row: {wave: 4, target_vm_name: second}}
- {name: hidden, row: false}
- {}
""",
        encoding="utf-8",
    )
    world = World(NoJournal(), Schedule())
    estate.load(world, file)
    first, second, hidden, drawn = machines(world)
    assert (first.name, first.guest_id, first.hostname) == ("erp/db", "other6xLinux64Guest", "erp/db")
    assert [disk.capacity_bytes for disk in first.disks] == [40 * 1024**3, 1024**3]
    assert (first.disks[1].key, first.disks[1].rdm) == (2019, "physicalMode")
    assert [(nic.network, nic.connected) for nic in first.nics] == [("VM Network", True), ("dvPG-Prod-110", False)]
    assert len(second.disks) == 3
    rows = estate.waves(world)
    assert [row["name"] for row in rows] == ["erp/db", "two", drawn.name]
    assert (rows[1]["wave"], rows[1]["target_vm_name"]) == (4, "second")
    assert hidden.instance_uuid.lower() in world.source


def test_estate_file_that_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "estate.yml"
    world = World(NoJournal(), Schedule())
    file.write_text("name: x", encoding="utf-8")
    with pytest.raises(estate.EstateFileError, match="a list"):
        estate.load(world, file)
    file.write_text("- {name: x, colour: red}", encoding="utf-8")
    with pytest.raises(estate.EstateFileError, match=r"machine 1 \(x\).*colour"):
        estate.load(world, file)
