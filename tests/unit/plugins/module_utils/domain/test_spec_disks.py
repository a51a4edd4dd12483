# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which disks are moved and what they become."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.source import SourceMachine
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.spec import build
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain import samples

FIRST, SECOND = samples.disk(0), samples.disk(1)


def code(entry: dict[str, Any], source: SourceMachine | None = None) -> str:
    built = build(entry, source or samples.machine(), samples.place(), samples.defaults())
    assert isinstance(built, list) and len(built) == 1, built
    return built[0].code


def test_all_disks_by_default() -> None:
    disks = samples.wanted().disks
    assert [(disk.uuid, disk.is_os, disk.size_gb, disk.format, disk.dynamic) for disk in disks] == [
        (FIRST.uuid, True, 10, "VHDX", True),
        (SECOND.uuid, False, 20, "VHDX", True),
    ]
    assert {(disk.storage_path_id, disk.sector_size) for disk in disks} == {(None, None)}


@pytest.mark.parametrize("size", [1, samples.GIB - 1, samples.GIB])
def test_a_started_gigabyte_counts(size: int) -> None:
    assert samples.wanted({}, samples.machine(disks=(samples.disk(0, capacity_bytes=size),))).disks[0].size_gb == 1


def test_generation_1_has_vhdx_too() -> None:
    assert {disk.format for disk in samples.wanted({}, samples.machine(firmware="bios")).disks} == {"VHDX"}


@pytest.mark.parametrize("match", [SECOND.uuid, SECOND.uuid.upper(), "scsi0:1", "SCSI0:1"])
def test_an_override_matches_by_uuid_or_place(match: str) -> None:
    entry = {"match": match, "dynamic": False, "storage_path": "FastStorage", "sector_size": 4096}
    first, second = samples.wanted({"disks": [entry]}).disks
    assert first.dynamic and first.storage_path_id is None
    assert (second.dynamic, second.sector_size) == (False, 4096)
    assert second.storage_path_id == samples.storage("FastStorage").id


def test_a_disk_can_be_left_out() -> None:
    assert [d.uuid for d in samples.wanted({"disks": [{"match": "scsi0:1", "include": False}]}).disks] == [FIRST.uuid]


@pytest.mark.parametrize(
    ("disks", "expected"),
    [
        ([{"match": "scsi0:9"}], "no_match"),
        ([{}], "no_match"),
        ([{"match": "scsi0:1"}, {"match": SECOND.uuid}], "match_twice"),
        ([{"match": "scsi0:1", "size_gb": 5}], "unknown_option"),
        ([{"match": "scsi0:1", "format": "qcow2"}], "bad_value"),
        ([{"match": "scsi0:1", "sector_size": 520}], "bad_value"),
        ([{"match": "scsi0:1", "storage_path": "Gold"}], "storage_path_unknown"),
        ([{"match": "scsi0:1", "format": "VHD"}], "gen2_vhd"),
        ([{"match": "scsi0:0", "include": False}], "os_excluded"),
    ],
)
def test_mistakes(disks: list[dict[str, Any]], expected: str) -> None:
    assert code({"disks": disks}) == expected


def test_vhd_rules_of_generation_1() -> None:
    source = samples.machine(firmware="bios", disks=(samples.disk(0, capacity_bytes=2040 * samples.GIB),))
    vhd = {"match": "scsi0:0", "format": "vhd"}
    assert samples.wanted({"disks": [vhd]}, source).disks[0].format == "VHD"
    assert samples.wanted({"disks": [vhd | {"sector_size": 512}]}, source).disks[0].sector_size == 512
    assert code({"disks": [vhd | {"sector_size": 4096}]}, source) == "vhd_4k"
    large = samples.machine(firmware="bios", disks=(samples.disk(0, capacity_bytes=2041 * samples.GIB),))
    assert code({"disks": [vhd]}, large) == "size_vhd"


class TestOsDisk:
    def test_as_asked(self) -> None:
        assert [disk.is_os for disk in samples.wanted({"os_disk": "scsi0:1"}).disks] == [False, True]
        assert [disk.is_os for disk in samples.wanted({"os_disk": SECOND.uuid.lower()}).disks] == [False, True]

    def test_as_marked(self) -> None:
        source = samples.machine(disks=(FIRST, samples.disk(1, is_os=True)))
        assert [disk.is_os for disk in samples.wanted({}, source).disks] == [False, True]

    def test_two_marks_warn(self) -> None:
        source = samples.machine(disks=(samples.disk(0, is_os=True), samples.disk(1, is_os=True)))
        wanted = samples.wanted({}, source)
        assert [disk.is_os for disk in wanted.disks] == [True, False]
        assert [warning.code for warning in wanted.warnings] == ["os_disk"]

    def test_scsi_0_0_wherever_it_stands(self) -> None:
        source = samples.machine(disks=(SECOND, FIRST))
        assert [(d.uuid, d.is_os) for d in samples.wanted({}, source).disks] == [
            (SECOND.uuid, False),
            (FIRST.uuid, True),
        ]

    def test_the_first_otherwise(self) -> None:
        source = samples.machine(disks=(samples.disk(0, name="sata0:0"), samples.disk(1, name="sata0:1")))
        assert [disk.is_os for disk in samples.wanted({}, source).disks] == [True, False]

    def test_unknown(self) -> None:
        assert code({"os_disk": "scsi1:0"}) == "os_disk"


def test_no_disk() -> None:
    assert code({}, samples.machine(disks=())) == "no_disk"


def test_two_disks_of_one_uuid() -> None:
    source = samples.machine(disks=(FIRST, samples.disk(1, uuid=FIRST.uuid.upper())))
    assert code({}, source) == "disk_dup_uuid"


def test_one_wrong_storage_path_is_told_once() -> None:
    assert code({"disks": [{"match": f"scsi0:{i}", "storage_path": "Gold"} for i in (0, 1)]}) == "storage_path_unknown"
