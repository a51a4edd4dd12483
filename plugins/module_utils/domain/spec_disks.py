# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which disks are moved, which one boots, and what they become."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from .entry import Findings, Reader
from .source import SourceDisk, SourceMachine, SourceNic
from .spec_storage import StorageChoice
from .wanted import WantedDisk

GIB = 1 << 30
LARGEST_GB = {"VHD": 2040, "VHDX": 64 * 1024}  # limits of the two file formats
FORMATS = ("VHDX", "VHD")
SECTORS = (512, 4096)
FIRST_SCSI = "scsi0:0"

Thing = TypeVar("Thing", SourceDisk, SourceNic)


def resolve_disks(
    given: Reader, machine: SourceMachine, storage: StorageChoice, generation: str, findings: Findings
) -> tuple[WantedDisk, ...]:
    overrides = match_overrides(given.entries("disks"), machine.disks, is_disk, findings)
    for override in overrides.values():
        override.only(("match", "include", "format", "dynamic", "storage_path", "sector_size"))
    boot = _os_disk(given, machine, findings)
    wanted = []
    for position, disk in enumerate(machine.disks):
        override = overrides.get(position) or Reader({}, findings, "disks.")
        if override.flag("include", True) is not False:
            wanted.append(_disk(override, disk, disk is boot, storage, generation, findings))
        elif disk is boot:
            findings.block(
                "os_excluded",
                f"{disk.title} is the OS disk and is left out: the target would have nothing to boot from",
                "include it, or name another disk as os_disk",
                override.field("include"),
            )
    for uuid, times in Counter(disk.uuid.lower() for disk in wanted if disk.uuid).items():
        if times > 1:
            findings.block(
                "disk_dup_uuid",
                f"{times} of its disks have the same UUID {uuid}: they cannot be told apart",
                "give each disk a UUID of its own in vSphere",
                "disks",
            )
    if not wanted:
        findings.block("no_disk", "no disk is left to migrate", "include at least the OS disk", "disks")
    return tuple(wanted)


def match_overrides(
    entries: Sequence[Reader], things: Sequence[Thing], matches: Callable[[Thing, str], bool], findings: Findings
) -> dict[int, Reader]:
    """Which entry speaks of which disk or NIC, by its position. One that speaks of none is a mistake worth hearing."""
    found: dict[int, Reader] = {}
    for entry in entries:
        asked, field = entry.text("match"), entry.field("match")
        hits = [position for position, thing in enumerate(things) if asked and matches(thing, asked)]
        if len(hits) != 1:
            known = ", ".join(thing.title for thing in things) or "none"
            findings.block(
                "no_match" if not hits else "match_ambiguous",
                f"{field} {asked!r} matches {len(hits) or 'nothing'} of: {known}",
                "correct it so that it names exactly one",
                field,
            )
        elif hits[0] in found:
            findings.block(
                "match_twice",
                f"{things[hits[0]].title} is named by two entries, {found[hits[0]].field('match')} and {field}",
                "keep one of them",
                field,
            )
        else:
            found[hits[0]] = entry
    return found


def is_disk(disk: SourceDisk, asked: str) -> bool:
    return asked.lower() in {part.lower() for part in (disk.uuid, disk.name) if part}


def _os_disk(given: Reader, machine: SourceMachine, findings: Findings) -> SourceDisk | None:
    """Asked for, else marked by Azure Migrate, else scsi0:0 [I], else the first."""
    asked = given.text("os_disk")
    if asked:
        found = [disk for disk in machine.disks if is_disk(disk, asked)]
        if len(found) == 1:
            return found[0]
        known = ", ".join(disk.title for disk in machine.disks) or "none"
        findings.block("os_disk", f"os_disk {asked!r} is not one of its disks: {known}", "correct os_disk", "os_disk")
        return None
    marked = [disk for disk in machine.disks if disk.is_os]
    if len(marked) > 1:
        findings.warn(
            "os_disk",
            f"Azure Migrate marks {len(marked)} disks as OS disk; {marked[0].title} is taken",
            "set os_disk",
            "os_disk",
        )
    first = [disk for disk in machine.disks if disk.name.lower() == FIRST_SCSI]
    return next(iter(marked or first or machine.disks), None)


def _disk(
    override: Reader, disk: SourceDisk, is_os: bool, storage: StorageChoice, generation: str, findings: Findings
) -> WantedDisk:
    size_gb = -(-disk.capacity_bytes // GIB)
    file_format = override.choice("format", [word.lower() for word in FORMATS], "vhdx").upper()
    sector = override.whole("sector_size")
    asked_path = override.text("storage_path")
    _check(override, disk, file_format, sector, size_gb, generation, findings)
    return WantedDisk(
        uuid=disk.uuid,
        is_os=is_os,
        size_gb=size_gb,
        format=file_format,
        dynamic=override.flag("dynamic", True) is not False,
        storage_path_id=storage.find(asked_path, override.field("storage_path")) if asked_path else None,
        sector_size=sector,
    )


def _check(
    override: Reader,
    disk: SourceDisk,
    file_format: str,
    sector: int | None,
    size_gb: int,
    generation: str,
    findings: Findings,
) -> None:
    if generation == "2" and file_format != "VHDX":
        findings.block(
            "gen2_vhd",
            f"{disk.title} is wanted as VHD, but a generation 2 VM takes VHDX only",
            "set its format to VHDX",
            override.field("format"),
        )
    if sector is not None and sector not in SECTORS:
        findings.wrong(override.field("sector_size"), sector, "512 or 4096")
    elif sector == 4096 and file_format == "VHD":
        findings.block(
            "vhd_4k",
            f"{disk.title} is wanted as VHD with 4096-byte sectors; VHD has 512-byte sectors only",
            "set its sector_size to 512 or its format to VHDX",
            override.field("sector_size"),
        )
    if size_gb > LARGEST_GB[file_format]:
        findings.block(
            "size_vhd",
            f"{disk.title} has {size_gb} GB; a {file_format} holds at most {LARGEST_GB[file_format]}",
            "use VHDX" if file_format == "VHD" else "split the disk, or leave it out",
            override.field("format"),
        )
