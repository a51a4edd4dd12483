# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The source appliance on the lab's vCenter: made, kept, sized, powered and removed, in few requests and no needless write."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.source_appliance import Wanted
from ansible_collections.azlocal.migrate.plugins.module_utils.services import source_appliance as service
from ansible_collections.azlocal.migrate.tests.support.appliance_bench import NAME, ApplianceBench, methods, writes
from ansible_collections.azlocal.migrate.tests.support.ovf import DISK_BYTES, OVF, write_ova
from ansible_collections.azlocal.migrate.tests.support.vcenter_on_lab import any_vm
from lab.clock import OwnedClock
from lab.runtime import Lab

MOST_REQUESTS = 16  # of a run that finds everything as wanted, signing in and out included


@pytest.fixture
def bench(lab: Callable[..., Lab], tmp_path: Path) -> ApplianceBench:
    return ApplianceBench.make(lab(vms=3, speed=1, clock=OwnedClock()), tmp_path)


def refused(bench: ApplianceBench, code: str, state: str = "powered_on", **more: Any) -> ClientError:
    """The run fails with this code, and nothing was written."""
    with bench.told() as asked, pytest.raises(ClientError) as caught:
        bench.run(state, **more)
    assert caught.value.code == code
    assert caught.value.remedy
    assert writes(asked) == []
    return caught.value


# -- making -------------------------------------------------------------------------------------------------------------


def test_from_nothing_to_running(bench: ApplianceBench) -> None:
    with bench.told() as asked:
        outcome = bench.run()
    assert outcome.acts == ["deploy", "finish", "power_on"]
    assert outcome.before == {"state": "absent"}
    assert outcome.after == {
        "state": "present",
        "power": "on",
        "cpu_cores": 8,
        "memory_mb": 16384,
        "sha256": bench.sha256,
    }
    assert outcome.warnings == []
    assert outcome.waiting_for and outcome.waiting_for["data"]["vm"] == NAME
    [vm] = bench.machines
    assert (vm.power, vm.cpu_cores, vm.memory_mb, vm.cluster) == ("poweredOn", 8, 16384, "Cluster-A")
    assert [(disk.capacity_bytes // 2**30, disk.thin, disk.datastore) for disk in vm.disks] == [
        (80, True, "DS-Gold-01"),
        (10, True, "DS-Gold-01"),
    ]
    assert [nic.network for nic in vm.nics] == ["VM Network"]
    uploads = [entry for entry in asked if entry["method"] == "PUT"]
    assert [entry["request_bytes"] for entry in uploads] == [DISK_BYTES, DISK_BYTES]
    assert [method for method in writes(asked) if method not in ("PUT", "HttpNfcLeaseProgress")] == [
        "AddCustomFieldDef",
        "ImportVApp",
        "SetField",
        "SetField",
        "HttpNfcLeaseComplete",
        "ReconfigVM_Task",
        "SetField",
        "PowerOnVM_Task",
    ]


def test_a_second_run_reads_only_and_little(bench: ApplianceBench) -> None:
    bench.run()
    source = dataclasses.replace(bench.source, path="/nowhere/any-more.ova")  # the file is not needed again
    with bench.told() as asked:
        outcome = bench.run(source=source)
    assert outcome.acts == [] and outcome.msg == f"{NAME} is as wanted"
    assert outcome.before == outcome.after
    assert writes(asked) == []
    assert len(asked) <= MOST_REQUESTS, methods(asked)


@pytest.mark.parametrize("state", ["present", "powered_on", "powered_off"])
def test_check_mode_looks_at_everything_and_writes_nothing(bench: ApplianceBench, state: str) -> None:
    with bench.told() as asked:
        told = bench.run(state, check=True)
    assert told.acts == ["deploy"] and bench.machines == []
    assert writes(asked) == [] and "CreateImportSpec" in methods(asked)
    made = bench.run(state)
    assert (told.before, told.after) == (made.before, made.after)


def test_the_size_is_what_is_asked_and_not_what_the_descriptor_says(bench: ApplianceBench) -> None:
    path = Path(bench.source.path)
    sha256 = write_ova(path, OVF.replace(">8<", ">2<").replace(">16384<", ">32768<"))
    outcome = bench.run("present", sha256=sha256, cpu_cores=12, memory_mb=20480)
    assert outcome.machine and (outcome.machine.cpu_cores, outcome.machine.memory_mb) == (12, 20480)
    assert bench.run("present", sha256=sha256).acts == []  # more than is asked for is left alone


def test_thick_disks_in_a_folder_on_a_host(bench: ApplianceBench) -> None:
    bench.lab.world.add_folder("Infra", 0)
    wishes = dataclasses.replace(
        bench.source.wishes, folder="Infra", esxi_host="esx02.lab.example", network="/DC-Lab/network/dvPG-Prod-110"
    )
    bench.run("present", source=dataclasses.replace(bench.source, wishes=wishes, provisioning="thick"))
    [vm] = bench.machines
    assert (vm.folder, vm.host, vm.power) == ("Infra", "esx02.lab.example", "poweredOff")
    assert [disk.thin for disk in vm.disks] == [False, False]
    assert [nic.network for nic in vm.nics] == ["dvPG-Prod-110"]
    assert bench.run("present").acts == []  # by name and mark, wherever it was put


# -- what is refused before anything is written --------------------------------------------------------------------------


def test_another_file_is_refused_with_both_hashes(bench: ApplianceBench) -> None:
    error = refused(bench, "ova_hash", sha256="0" * 64)
    assert "0" * 64 in str(error) and hashlib.sha256(Path(bench.source.path).read_bytes()).hexdigest() in str(error)


def test_too_small_is_refused(bench: ApplianceBench) -> None:
    assert "8 vCPU" in str(refused(bench, "appliance_too_small", cpu_cores=4))
    assert "16384" in str(refused(bench, "appliance_too_small", memory_mb=8192))


def test_places_and_files_that_are_not_there(bench: ApplianceBench) -> None:
    def with_wish(**more: str) -> Any:
        return dataclasses.replace(bench.source, wishes=dataclasses.replace(bench.source.wishes, **more))

    refused(bench, "placement_unknown", source=with_wish(network="VM Netwerk"))
    refused(bench, "placement_needed", source=with_wish(cluster=""))
    refused(bench, "ova_unreadable", source=dataclasses.replace(bench.source, path="/nowhere.ova"))


def test_descriptors_that_cannot_be_used(bench: ApplianceBench) -> None:
    path = Path(bench.source.path)
    for wrong, code in (
        (OVF.replace("VirtualHardwareSection", "Other"), "OvfMissingElement"),
        (OVF.replace("appliance-disk2", "gone-disk2"), "ova_unusable"),
        (OVF.replace('"80"', '"900000"'), "datastore_full"),
    ):
        provisioned = dataclasses.replace(bench.source, provisioning="thick")
        refused(bench, code, sha256=write_ova(path, wrong), source=provisioned)
    refused(
        bench,
        "ova_unusable",
        sha256=write_ova(path, spoil="appliance-disk1.vmdk"),
        source=dataclasses.replace(bench.source, verify_manifest=True),
    )


def test_a_datastore_that_may_become_too_small_warns(bench: ApplianceBench) -> None:
    sha256 = write_ova(Path(bench.source.path), OVF.replace('"80"', '"900000"'))
    [warning] = bench.run("present", sha256=sha256).warnings
    assert "DS-Gold-01" in warning and "may grow" in warning


def test_a_machine_of_somebody_else_is_left_alone(bench: ApplianceBench) -> None:
    theirs = any_vm(bench.lab)
    before = dataclasses.asdict(theirs)
    for state in ("present", "powered_on", "powered_off", "absent"):
        error = refused(bench, "appliance_not_ours", state, name=theirs.name)
        assert theirs.name in str(error)
    assert dataclasses.asdict(theirs) == before


def test_another_hash_is_another_appliance(bench: ApplianceBench) -> None:
    bench.run("present")
    error = refused(bench, "appliance_other_ova", sha256="0" * 64)
    assert bench.sha256 in str(error)


def test_a_missing_privilege_is_told_before_the_upload(bench: ApplianceBench) -> None:
    for privilege in ("Global.ManageCustomFields", "VApp.Import", "Global.SetCustomField"):
        bench.lab.switches.missing_privileges = (privilege,)
        with bench.told() as asked, pytest.raises(ClientError) as caught:
            bench.run()
        assert caught.value.code == "NoPermission" and privilege in str(caught.value)
        assert "PUT" not in methods(asked)
        assert bench.machines == []
    bench.lab.switches.missing_privileges = ()
    assert bench.run().acts == ["deploy", "finish", "power_on"]


# -- later ---------------------------------------------------------------------------------------------------------------


def test_power_and_size_of_one_that_is_there(bench: ApplianceBench) -> None:
    bench.run()
    [vm] = bench.machines
    refused(bench, "appliance_no_shutdown", "powered_off")
    bench.lab.world.change_source(vm, "config", "tools_installed", True, 0)
    bench.lab.world.change_source(vm, "config", "tools", "guestToolsRunning", 0)
    bench.lab.world.change_source(vm, "config", "hostname", "NEWSRC", 0)
    assert bench.run().waiting_for is None  # somebody was at the console
    refused(bench, "appliance_too_small", memory_mb=32768)
    assert bench.run("powered_off", memory_mb=32768).acts == ["shut_down", "resize"]
    assert (vm.power, vm.memory_mb) == ("poweredOff", 32768)
    assert bench.run("powered_off").acts == []
    assert bench.run("powered_on").acts == ["power_on"]
    bench.lab.world.change_source(vm, "config", "tools", "guestToolsNotRunning", 0)
    assert bench.run("powered_off", force_power_off=True).acts == ["power_off"]


def test_absent_removes_ours_and_nothing_else(bench: ApplianceBench) -> None:
    others = {vm.name for vm in bench.lab.world.source.values()}
    bench.run()
    with bench.told() as asked:
        assert bench.run("absent", check=True).after == {"state": "absent"}
    assert writes(asked) == []
    assert bench.run("absent", sha256="").acts == ["power_off", "remove"]
    assert {vm.name for vm in bench.lab.world.source.values()} == others
    with bench.told() as asked:
        assert bench.run("absent").acts == []
    assert writes(asked) == []


def test_a_lost_attribute_does_not_make_it_half_made(bench: ApplianceBench) -> None:
    """The notes hold the mark too, and the other way round."""
    bench.run()
    [vm] = bench.machines
    world, notes = bench.lab.world, vm.annotation
    world.set_custom_value(vm, "azlocal.migrate", "", 0)
    assert bench.run().acts == []
    world.change_source(vm, "config", "annotation", "", 0)
    refused(bench, "appliance_not_ours", "absent")
    world.change_source(vm, "config", "annotation", notes, 0)
    assert bench.run("absent").acts == ["power_off", "remove"]


# -- a machine of the user's own -----------------------------------------------------------------------------------------


def test_adopting_compares_and_writes_nothing(bench: ApplianceBench) -> None:
    theirs = next(vm for vm in bench.lab.world.source.values())
    theirs.guest_id, theirs.guest_name = "windows2019srvNext_64Guest", "Microsoft Windows Server 2022 (64-bit)"
    theirs.cpu_cores, theirs.memory_mb = 4, 16384
    theirs.disks[0].capacity_bytes = 80 * 2**30
    wanted = Wanted(name=theirs.name)
    with bench.told() as asked:
        seen = service.adopted(bench.settings, wanted)
        assert seen.differences == [{"what": "cpu_cores", "is": 4, "wanted": 8}]
        assert seen.error and seen.error.code == "appliance_unfit" and "cpu_cores is 4" in str(seen.error)
        theirs.cpu_cores = 8
        seen = service.adopted(bench.settings, wanted)
        assert (seen.machine.name, seen.differences, seen.error) == (theirs.name, [], None)
        with pytest.raises(ClientError, match="no virtual machine nobody") as missing:
            service.adopted(bench.settings, Wanted(name="nobody"))
        with pytest.raises(ClientError, match="never removed"):
            service.adopted(bench.settings, Wanted(name=theirs.name, state="absent"))
    assert missing.value.code == "appliance_missing"
    assert writes(asked) == []


def test_without_a_file_it_says_that_one_is_needed(bench: ApplianceBench) -> None:
    error = refused(bench, "MissingOption", source=dataclasses.replace(bench.source, path=""))
    assert "ova" in error.remedy
