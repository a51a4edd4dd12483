# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an entry to what is wanted."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.problem import Problem
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.source import SourceMachine
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.spec import build
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.wanted import DynamicMemory, Wanted
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain import samples

GROUP = f"{samples.GROUP}/rg-target"


def problems(entry: dict[str, Any], source: SourceMachine | None = None, **defaults: Any) -> list[Problem]:
    built = build(entry, source or samples.machine(), samples.place(), samples.defaults(**defaults))
    assert isinstance(built, list), built
    return built


def only(entry: dict[str, Any], source: SourceMachine | None = None, **defaults: Any) -> Problem:
    [problem] = problems(entry, source, **defaults)
    assert problem.blocks and problem.remedy and (source or samples.machine()).name in problem.text
    return problem


def test_defaults_come_from_the_source() -> None:
    wanted = samples.wanted()
    assert wanted.target_vm_name == "erp-db01"
    assert wanted.target_resource_group_id == GROUP
    assert wanted.storage_path_id == samples.storage().id
    assert (wanted.cpu_cores, wanted.memory_mb, wanted.dynamic_memory, wanted.generation) == (4, 4096, None, "2")
    assert (wanted.security, wanted.os_type, wanted.arc, wanted.auto_resync) == ("auto", "linux", "none", True)
    assert wanted.warnings == ()


def test_every_mistake_is_told_at_once() -> None:
    found = problems({"cpu_cores": "abc", "storage_path": "nope", "generation": 3, "disks": "all"})
    assert {problem.field for problem in found} == {"cpu_cores", "storage_path", "generation", "disks"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cpu_cores", "abc"),
        ("cpu_cores", 2.5),
        ("cpu_cores", True),
        ("memory_mb", []),
        ("generation", "3"),
        ("security", "vtpm"),
        ("os_type", "bsd"),
        ("arc", "maybe"),
        ("auto_resync", "sometimes"),
        ("dynamic_memory", "much"),
        ("disks", {"match": "scsi0:0"}),
        ("nics", [1]),
        ("network_map", "dvPG=lnet"),
        ("target_vm_name", ["x"]),
        ("storage_path", {}),
    ],
)
def test_a_value_of_the_wrong_kind_names_its_field(field: str, value: Any) -> None:
    problem = only({field: value})
    assert problem.code == "bad_value" and problem.field == field and repr(value) in problem.text


@pytest.mark.parametrize(
    ("field", "value"), [("cpu_cores", "8"), ("cpu_cores", 8.0), ("memory_mb", "2048"), ("auto_resync", "no")]
)
def test_text_from_a_wave_file_is_understood(field: str, value: Any) -> None:
    assert getattr(samples.wanted({field: value}), field) in (8, 2048, False)


def test_null_and_empty_mean_not_given() -> None:
    empty = dict.fromkeys(("target_vm_name", "cpu_cores", "disks", "nics", "network_map", "os_disk", "security"))
    assert samples.wanted(empty) == samples.wanted({key: "" for key in empty}) == samples.wanted()


class TestName:
    def test_is_made_legal_and_says_so(self) -> None:
        wanted = samples.wanted({}, samples.machine(name="ERP DB_01"))
        assert wanted.target_vm_name == "ERP-DB-01"
        assert [warning.code for warning in wanted.warnings] == ["name_changed"]

    def test_a_reserved_word_is_refused(self) -> None:
        problem = only({}, samples.machine(name="windows-gw01"))
        assert problem.code == "name_rules" and "WINDOWS" in problem.text and "target_vm_name" in problem.remedy

    def test_a_given_name_cures_it(self) -> None:
        assert samples.wanted({"target_vm_name": "gw01"}, samples.machine(name="windows-gw01")).target_vm_name == "gw01"

    def test_a_given_name_is_never_changed(self) -> None:
        assert only({"target_vm_name": "gw_01"}).code == "name_rules"


class TestResourceGroup:
    def test_by_id(self) -> None:
        asked = "/subscriptions/other/resourceGroups/rg-erp/"
        assert samples.wanted({"target_resource_group": asked}).target_resource_group_id == asked.rstrip("/")

    @pytest.mark.parametrize("asked", ["/subscriptions/other", "a/b", "/x"])
    def test_nonsense(self, asked: str) -> None:
        assert only({"target_resource_group": asked}).code == "bad_resource_group"

    def test_missing(self) -> None:
        assert only({}, target_resource_group="").code == "no_resource_group"


class TestStoragePath:
    def test_by_name_or_id_in_any_case(self) -> None:
        for asked in ("userSTORAGE1", samples.storage().id.upper()):
            assert samples.wanted({"storage_path": asked}).storage_path_id == samples.storage().id

    def test_unknown_lists_the_known(self) -> None:
        problem = only({"storage_path": "Gold"})
        assert problem.code == "storage_path_unknown" and "UserStorage1, FastStorage" in problem.text

    def test_missing(self) -> None:
        assert only({}, storage_path="").code == "no_storage_path"

    def test_of_another_cluster(self) -> None:
        place = samples.place(storage_paths=(samples.storage(custom_location_id=samples.OTHER_LOCATION),))
        [problem] = build({}, samples.machine(), place, samples.defaults())  # type: ignore[misc]
        assert isinstance(problem, Problem) and problem.code == "net_location" and "cl-two" in problem.text

    def test_the_one_of_this_cluster_is_meant(self) -> None:
        other = samples.storage(id="/other", custom_location_id=samples.OTHER_LOCATION)
        built = build(
            {}, samples.machine(), samples.place(storage_paths=(other, samples.storage())), samples.defaults()
        )
        assert isinstance(built, Wanted) and built.storage_path_id == samples.storage().id

    def test_not_ready(self) -> None:
        place = samples.place(storage_paths=(samples.storage(state="Failed"),))
        [problem] = build({}, samples.machine(), place, samples.defaults())  # type: ignore[misc]
        assert isinstance(problem, Problem) and problem.code == "path_state" and "Failed" in problem.text


class TestGeneration:
    @pytest.mark.parametrize(("firmware", "generation"), [("bios", "1"), ("BIOS", "1"), ("efi", "2"), ("EFI", "2")])
    def test_follows_the_firmware(self, firmware: str, generation: str) -> None:
        assert samples.wanted({}, samples.machine(firmware=firmware)).generation == generation
        assert (
            samples.wanted({"generation": int(generation)}, samples.machine(firmware=firmware)).generation == generation
        )

    @pytest.mark.parametrize(("firmware", "generation"), [("bios", 2), ("efi", "1")])
    def test_a_mismatch_would_not_boot(self, firmware: str, generation: Any) -> None:
        assert only({"generation": generation}, samples.machine(firmware=firmware)).code == "firmware_gen"

    def test_unknown_firmware_needs_a_word(self) -> None:
        assert only({}, samples.machine(firmware="")).code == "firmware_unknown"
        assert samples.wanted({"generation": "2"}, samples.machine(firmware="")).generation == "2"


class TestSecurity:
    @pytest.mark.parametrize("asked", ["secure_boot", "trusted_launch"])
    def test_generation_1_takes_none(self, asked: str) -> None:
        assert only({"security": asked}, samples.machine(firmware="bios")).code == "secure_gen1"
        assert samples.wanted({"security": "none"}, samples.machine(firmware="bios")).security == "none"

    def test_secure_boot_is_not_taken_away(self) -> None:
        assert only({"security": "none"}, samples.machine(secure_boot=True)).code == "secure_boot"
        assert samples.wanted({"security": "none"}, samples.machine(secure_boot=False)).security == "none"

    def test_trusted_launch_warns(self) -> None:
        assert [w.code for w in samples.wanted({"security": "trusted_launch"}).warnings] == ["trusted_launch"]


class TestCpuAndMemory:
    @pytest.mark.parametrize("cores", [0, 241, -1])
    def test_cpu_range(self, cores: int) -> None:
        assert only({"cpu_cores": cores}).code == "cpu_range"

    def test_many_cores_warn(self) -> None:
        assert [w.code for w in samples.wanted({"cpu_cores": 65}).warnings] == ["cpu_many"]
        assert samples.wanted({"cpu_cores": 64}).warnings == ()

    @pytest.mark.parametrize(("firmware", "low", "high"), [("bios", 512, 1_048_576), ("efi", 32, 12_582_912)])
    def test_memory_range(self, firmware: str, low: int, high: int) -> None:
        source = samples.machine(firmware=firmware)
        for good in (low, high):
            assert samples.wanted({"memory_mb": good}, source).memory_mb == good
        for bad in (low - 1, high + 1):
            assert only({"memory_mb": bad}, source).code == "ram_range"

    def test_a_small_source_gets_a_gigabyte(self) -> None:
        assert samples.wanted({}, samples.machine(memory_mb=256)).memory_mb == 1024

    @pytest.mark.parametrize("asked", [True, "yes", {"enabled": True}])
    def test_dynamic_memory_defaults(self, asked: Any) -> None:
        expected = DynamicMemory(minimum_mb=1024, maximum_mb=1_048_576, buffer_percent=20)
        assert samples.wanted({"dynamic_memory": asked}).dynamic_memory == expected

    @pytest.mark.parametrize("asked", [None, False, {}, {"enabled": False, "minimum_mb": 99999}, {"minimum_mb": 64}])
    def test_dynamic_memory_is_off_unless_enabled(self, asked: Any) -> None:
        assert samples.wanted({"dynamic_memory": asked}).dynamic_memory is None

    @pytest.mark.parametrize(
        "asked",
        [
            {"minimum_mb": 5000},
            {"maximum_mb": 4095},
            {"minimum_mb": 16},
            {"buffer_percent": 4},
            {"buffer_percent": 2001},
        ],
    )
    def test_dynamic_memory_rules(self, asked: dict[str, int]) -> None:
        assert only({"dynamic_memory": {"enabled": True, **asked}}).code == "dyn_mem"

    def test_a_misspelt_option_is_heard(self) -> None:
        problem = only({"dynamic_memory": {"enabled": True, "min_mb": 5}})
        assert problem.code == "unknown_option" and problem.field == "dynamic_memory.min_mb"
