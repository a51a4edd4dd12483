# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users write wrong: a clear error that names the place, and nothing is written anywhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.stage import Row, Stage, Tree, as_csv


@pytest.fixture(scope="module")
def stage(set_stage: SetStage) -> Iterator[Stage]:
    """One world for all: whatever a test of this file does, not even one request for a change may be seen."""
    stage = set_stage(vms=12)
    yield stage
    assert stage.records.writes() == []
    assert stage.records.journal() == []


@dataclasses.dataclass(frozen=True, kw_only=True)
class WrongFile:
    wave: Callable[[list[Row]], str]
    says: tuple[str, ...]  # file, row, column, and what is wrong


def changed(rows: list[Row], number: int, **cells: str) -> str:
    return as_csv([{**row, **(cells if at == number else {})} for at, row in enumerate(rows)])


WRONG_FILES = {
    "no column of names": WrongFile(
        wave=lambda rows: as_csv([{"vm": row["name"], "wave": "1"} for row in rows]), says=("row 1", "column name")
    ),
    "a name twice": WrongFile(wave=lambda rows: as_csv([*rows, rows[0]]), says=("row 14", "column name", "also in")),
    "a target name twice": WrongFile(
        wave=lambda rows: changed(rows, 4, target_vm_name=rows[0]["name"].upper()),
        says=("row 6", "column target_vm_name"),
    ),
    "a wrong number": WrongFile(
        wave=lambda rows: changed(rows, 1, cpu_cores="four"), says=("row 3", "column cpu_cores", "'four'")
    ),
    "a number out of range": WrongFile(
        wave=lambda rows: changed(rows, 1, memory_mb="-1"), says=("row 3", "column memory_mb", "-1")
    ),
    "an unknown word": WrongFile(
        wave=lambda rows: changed(rows, 2, arc="perhaps"), says=("row 4", "column arc", "perhaps")
    ),
    "an empty file": WrongFile(wave=lambda rows: "", says=("the file is empty",)),
}


@pytest.mark.parametrize("name", WRONG_FILES)
def test_a_wrong_wave_file_ends_the_run_and_names_the_place(stage: Stage, name: str) -> None:
    wrong = WRONG_FILES[name]
    run = stage.run("migrate", inventory=stage.inventory("wrong", wave=wrong.wave(stage.rows)))
    assert run.rc != 0, run.text
    assert run.stats == {}
    for part in ("wrong.csv", *wrong.says):
        assert part in run.stderr, part
    assert "Traceback" not in run.text


# -- values that only Azure and vCenter can judge ------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class WrongValue:
    value: dict[str, Any]
    says: tuple[str, ...]


# each in one run with the others, each for another VM; none of these VMs may be touched, all others can be migrated
WRONG_VALUES = [
    WrongValue(value={"azlocal_cpu_cores": "many"}, says=("cpu_cores", "many", "whole number")),
    WrongValue(value={"azlocal_disks": "all of them"}, says=("disks", "all of them", "list")),
    WrongValue(value={"azlocal_storage_path": "{{ nobody_defined_it }}"}, says=("azlocal_storage_path", "undefined")),
    WrongValue(
        value={"azlocal_network_map": [{"source": "*", "logical_network": "lnet-nope"}]},
        says=("lnet-nope", "known: lnet-prod-110"),
    ),
    WrongValue(value={"azlocal_storage_path": "nope"}, says=("storage path 'nope'", "UserStorage1")),
]


def test_a_wrong_value_stops_its_own_vm_only(stage: Stage) -> None:
    movable = stage.records.movable
    wrong = dict(zip(movable, WRONG_VALUES, strict=False))
    assert len(wrong) == len(WRONG_VALUES) < len(movable)

    def say(tree: Tree) -> None:
        tree["hosts"] = {host: bad.value for host, bad in wrong.items()}

    run = stage.run("replicate", "--check", inventory=stage.inventory("values", change=say))
    for host, bad in wrong.items():
        told = run.last(host)
        assert told.status == "failed", told
        for part in bad.says:
            assert part in told.msg, told
    assert run.rc == 2
    assert run.failed == set(wrong)
    sound = set(movable) - set(wrong)
    assert {host for host in run.changed} == sound
    assert run.complaints() == []


def test_a_name_of_two_vms_lists_both_and_of_none_lists_near_ones(stage: Stage) -> None:
    rows = [{**row, "name": "pay-bd01"} if row["name"] == "pay-db01" else row for row in stage.rows]
    run = stage.run("replicate", "--check", inventory=stage.inventory("names", rows=rows))
    twins = [vm for vm in stage.records.first.values() if vm.awkward == "twin"]
    assert len(twins) == 2
    told = run.last(twins[0].name)
    assert told.status == "skipped"  # nothing wrong was written: the name is what vCenter has
    for vm in twins:
        assert vm.instance_uuid in told.msg
        assert vm.folder in told.msg
    told = run.last("pay-bd01")
    assert told.status == "failed"
    assert (run.rc, run.failed) == (2, {"pay-bd01"})
    assert "pay-bd01" in told.msg
    assert "pay-db01" in told.msg  # a near name


def test_a_vm_is_found_by_its_uuid_where_its_name_is_not_unique(stage: Stage) -> None:
    twin = next(vm for vm in stage.records.first.values() if vm.awkward == "twin")
    rows = [{"name": "the-second-one", "wave": "1", "instance_uuid": twin.instance_uuid}]
    run = stage.run("replicate", "--check", inventory=stage.inventory("uuid", rows=rows))
    assert (run.rc, run.changed) == (0, {"the-second-one": 1}), run.text


def test_a_row_without_a_wave_is_taken_and_a_limit_leaves_it_out(stage: Stage) -> None:
    first, second = stage.records.movable[:2]
    rows = [{"name": first, "wave": ""}, {"name": second, "wave": "1"}]
    inventory = stage.inventory("no-wave", rows=rows)
    assert set(stage.run("replicate", "--check", inventory=inventory).changed) == {first, second}
    assert set(stage.run("replicate", "--check", "--limit", "wave_1", inventory=inventory).changed) == {second}


def test_one_vm_in_two_rows_is_refused(stage: Stage) -> None:
    uuid = next(vm for vm in stage.records.first.values() if vm.awkward == "twin").instance_uuid
    rows = [{"name": "one", "instance_uuid": uuid}, {"name": "other", "instance_uuid": uuid.upper()}]
    run = stage.run("replicate", "--check", inventory=stage.inventory("same", rows=rows))
    assert run.rc != 0
    for part in ("row 3", "column instance_uuid", "same.csv row 2", uuid):
        assert part in run.stderr, part
