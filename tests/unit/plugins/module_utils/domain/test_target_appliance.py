# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done next for the target appliance: from what a node says to one act, or to a refusal."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import appliance_waiting
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import target_appliance as domain
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.target_appliance import (
    Role,
    Seen,
    Vm,
    Volume,
    Wanted,
)

SHA = "ab12" * 16
WANTED = Wanted(name="labtgt", sha256=SHA)
GB = 2**30
VOLUMES = (
    Volume(name="Cluster Virtual Disk (V1)", path="C:\\ClusterStorage\\V1", free_bytes=200 * GB, online=True),
    Volume(name="Cluster Virtual Disk (V2)", path="C:\\ClusterStorage\\V2", free_bytes=900 * GB, online=True),
    Volume(name="Cluster Virtual Disk (V3)", path="C:\\ClusterStorage\\V3", free_bytes=9000 * GB, online=False),
)
HOME = f"C:\\ClusterStorage\\V1\\azlocal.migrate\\labtgt\\{SHA[:12]}"
DISK = f"{HOME}\\image\\a.vhdx"
VMCX = f"{HOME}\\labtgt\\Virtual Machines\\0D54.vmcx"
VM = Vm(
    name="labtgt",
    state="Running",
    generation=2,
    cpu_cores=8,
    memory_mb=16384,
    switch="Converged",
    vlan_id=0,
    disks=(DISK,),
    addresses=("10.10.0.12",),
    clustered=True,
)
EMPTY = Seen(node="NODE1", volumes=VOLUMES, switches={"Converged": "External", "Isolated": "Internal"})


def seen(vm: Vm | None = VM, **more: Any) -> Seen:
    return dataclasses.replace(EMPTY, vm=vm, **more)


def vm(**more: Any) -> Vm:
    return dataclasses.replace(VM, **more)


def asked(**more: Any) -> Wanted:
    return dataclasses.replace(WANTED, **more)


def code(plan: domain.Plan) -> str:
    return plan.problems[0].code if plan.problems else ""


def test_the_documented_image_has_a_whole_hash() -> None:
    assert domain.refuse(Wanted(name="labtgt")) == []


# -- present ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "act"),
    [
        (seen(), ""),
        (seen(vm(state="Off")), "finish"),
        (seen(vm(clustered=False)), "finish"),
        (seen(vm(disks=("c:\\clusterstorage\\v1\\AZLOCAL.MIGRATE\\LABTGT" + DISK[len(HOME) - 13 :],))), ""),
        (seen(vm(disks=(DISK, "D:\\data.vhdx"))), ""),  # a second disk of the user's own
        (seen(vm(cpu_cores=16)), ""),
        (EMPTY, "make"),
        (seen(None, files={f"{HOME}\\image.zip": 9}), "make"),
        (seen(None, files={DISK: 9, f"{HOME}\\image\\Virtual Machines\\0D54.vmcx": 9}), "make"),  # the image brought it
        (seen(files={DISK: 9, VMCX: 9}), ""),
        (seen(vm(disks=(), clustered=False), files={DISK: 9}), "make"),  # killed before its disk was attached
        (seen(None, role=Role(owner="NODE2", online=True), files={DISK: 9}), ""),
    ],
)
def test_the_next_act(there: Seen, act: str) -> None:
    plan = domain.plan(WANTED, there)
    assert (plan.act, plan.problems) == (act, ())


@pytest.mark.parametrize(
    ("there", "refused"),
    [
        (seen(vm(disks=("C:\\ClusterStorage\\V1\\vms\\labtgt.vhdx",))), "VmDiffers"),
        (seen(vm(disks=(DISK.replace("labtgt", "labtgt2"),))), "VmDiffers"),
        (seen(vm(disks=())), "VmDiffers"),
        (seen(None, role=Role(owner="NODE2", online=True)), "VmDiffers"),
        (seen(None, role=Role(owner="node1", online=True), files={DISK: 9}), "VmDiffers"),  # a role, and no machine
        (seen(None, role=Role(owner="NODE2", online=False), files={DISK: 9}), "appliance_elsewhere"),
        (seen(None, files={DISK: 9, VMCX: 9}), "appliance_elsewhere"),  # killed before it had a role
        (seen(None, files={VMCX.upper(): 9}), "appliance_elsewhere"),
        (seen(vm(disks=(DISK.replace(SHA[:12], "0" * 12),))), "appliance_other_image"),
        (seen(vm(cpu_cores=4)), "appliance_too_small"),
        (seen(vm(memory_mb=8192)), "appliance_too_small"),
    ],
)
def test_what_is_refused(there: Seen, refused: str) -> None:
    assert code(domain.plan(WANTED, there)) == refused


@pytest.mark.parametrize(
    ("wishes", "there", "folder"),
    [
        ({}, EMPTY, "C:\\ClusterStorage\\V2"),  # most free space, of those online
        ({}, seen(None, files={f"{HOME}\\image.zip.partial": 9}), "C:\\ClusterStorage\\V1"),
        ({}, seen(None, files={f"{HOME}\\x".replace(SHA[:12], "0" * 12): 9}), "C:\\ClusterStorage\\V2"),
        ({"volume": "V1"}, EMPTY, "C:\\ClusterStorage\\V1"),
        ({"volume": "c:\\clusterstorage\\v1\\"}, EMPTY, "C:\\ClusterStorage\\V1"),
        ({"volume": "Cluster Virtual Disk (V1)"}, EMPTY, "C:\\ClusterStorage\\V1"),
    ],
)
def test_where_it_goes(wishes: dict[str, Any], there: Seen, folder: str) -> None:
    plan = domain.plan(asked(**wishes), there)
    assert (plan.problems, plan.folder) == ((), f"{folder}\\azlocal.migrate\\labtgt\\{SHA[:12]}")


@pytest.mark.parametrize(
    ("wishes", "there", "refused"),
    [
        ({"volume": "V3"}, EMPTY, "no_volume"),
        ({}, seen(None, volumes=()), "no_volume"),
        ({"minimum_free_gb": 1000}, EMPTY, "volume_full"),
        ({"volume": "V1", "minimum_free_gb": 202}, seen(None, files={f"{HOME}\\i.zip": GB}), "volume_full"),
        ({"volume": "V1", "minimum_free_gb": 202}, seen(None, files={f"{HOME}\\i.zip": 2 * GB}), ""),
        ({}, seen(None, switches={"A": "External", "B": "External"}), "switch_unclear"),
        ({}, seen(None, switches={"A": "Internal"}), "switch_unclear"),
        ({"switch": "b"}, seen(None, switches={"A": "External", "B": "External"}), ""),
        ({"switch": "Isolated"}, EMPTY, "SwitchNotFound"),
    ],
)
def test_what_must_hold_before_it_is_made(wishes: dict[str, Any], there: Seen, refused: str) -> None:
    assert code(domain.plan(asked(**wishes), there)) == refused


# -- absent ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "act", "refused"),
    [
        (EMPTY, "", ""),
        (seen(), "remove", ""),
        (seen(vm(state="Off", clustered=False)), "remove", ""),
        (seen(vm(disks=(DISK.replace(SHA[:12], "0" * 12),))), "remove", ""),  # of whatever image
        (seen(vm(disks=()), files={DISK: 9}), "remove", ""),
        (seen(None, files={DISK: 9}), "remove", ""),
        (seen(None, files={DISK: 9, VMCX: 9}), "", "appliance_elsewhere"),
        (seen(files={DISK: 9, VMCX: 9}), "remove", ""),
        (seen(vm(disks=(DISK, "D:\\data.vhdx"))), "", "VmDiffers"),
        (seen(vm(disks=("D:\\data.vhdx",))), "", "VmDiffers"),
        (seen(None, role=Role(owner="NODE2", online=True), files={DISK: 9}), "", "appliance_elsewhere"),
        (seen(None, role=Role(owner="NODE2", online=True)), "", "VmDiffers"),
    ],
)
def test_absent(there: Seen, act: str, refused: str) -> None:
    plan = domain.plan(asked(state="absent"), there)
    assert (plan.act, code(plan)) == (act, refused)


# -- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "name"),
    [
        (domain.IMAGE, "image.zip"),
        ("https://x.example/a/b.zip?sig=c/d.vhd", "b.zip"),
        ("\\\\server\\share\\Appliance.VHDX", "Appliance.VHDX"),
        ("C:\\ClusterStorage\\V1\\in\\a.zip", "a.zip"),
        ("C:\\in\\a.iso", "image.zip"),
    ],
)
def test_the_name_of_the_download(image: str, name: str) -> None:
    assert domain.leaf(image) == name


def test_which_disk_of_the_image() -> None:
    one, two = "C:\\f\\image\\Virtual Hard Disks\\a.vhd", "C:\\f\\image\\b.vhdx"
    assert domain.choose_disk(WANTED, ["C:\\f\\readme.txt", one]) == (one, ())
    for disks in ([one, two], ["C:\\f\\readme.txt"], []):
        assert domain.choose_disk(WANTED, disks)[1][0].code == "image_unclear"
    assert domain.choose_disk(asked(disk="Virtual Hard Disks/A.vhd"), [one, two]) == (one, ())
    assert domain.choose_disk(asked(disk="c.vhd"), [one, two])[1][0].code == "image_unclear"


def test_the_generation_follows_the_disk_unless_it_is_named() -> None:
    assert [domain.generation(WANTED, f"a{ending}") for ending in (".vhd", ".VHDX")] == [1, 2]
    assert domain.generation(asked(generation=1), "a.vhdx") == 1


# -- what is told ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("addresses", [(), ("fe80::1",), ("169.254.7.7", "FE80::2")])
def test_who_has_no_address_waits_for_its_console(addresses: tuple[str, ...]) -> None:
    waits = appliance_waiting.console(seen(vm(addresses=addresses)))
    assert waits is not None and waits["data"] == {"node": "NODE1", "vm": "labtgt"}
    assert appliance_waiting.console(seen(vm(addresses=(*addresses, "10.0.0.1")))) is None
    assert appliance_waiting.console(seen(vm(addresses=addresses, state="Off"))) is None


def test_differences_are_told_of_what_is_named() -> None:
    assert domain.differences(WANTED, vm(switch="Other", vlan_id=7)) == []
    assert domain.differences(asked(switch="converged", vlan_id=0, generation=2), VM) == []
    assert [one["what"] for one in domain.differences(asked(switch="X", vlan_id=7, generation=1), VM)] == [
        "switch",
        "vlan_id",
        "generation",
    ]
