# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts and appliances have in common: files from where they can reach, and what they can reach."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.powershell import many
from ansible_collections.azlocal.migrate.tests.support.appliance_lab import (
    LABSRC,
    LABTGT,
    STORAGE,
    ScriptFailed,
    ask,
    media_of,
    of_image,
)
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab import media, names
from lab.appliances import TARGET
from lab.runtime import Lab
from lab.switches import Switches

ONE, OTHER = names.NODES
VDDK = "C:\\Program Files\\VMware\\VMware Virtual Disk Development Kit"


@pytest.fixture
def start(lab: Callable[..., Lab]) -> Callable[..., Lab]:
    def bare(**options: Any) -> Lab:
        return lab(**{"vms": 0, "estate": "empty", "stage": "bare", **options})

    return bare


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def writes(running: Lab) -> list[str]:
    lines = [json.loads(line) for line in (running.state_dir / "ledger.jsonl").read_text().splitlines()]
    return [line["method"] for line in lines if line["system"] == "host" and line["write"]]


# -- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("unc_needs_login")
def test_a_file_from_a_share_needs_a_login(start: Callable[..., Lab]) -> None:
    running = start()
    _, sums = media_of(running)
    given = {"path": f"{STORAGE}\\image.zip", "sha256": sums[media.IMAGE], "size_bytes": 0}
    source = media.SHARE + media.IMAGE
    with pytest.raises(ScriptFailed, match="AccessDenied"):
        ask(running, ONE, "put_file", source=source, **given)
    login = {"user": names.HOST_USER, "password": names.HOST_PASSWORD}
    done = ask(running, ONE, "put_file", source=source, **given, **login)
    assert (done["Complete"], done["Changed"], done["Sha256"]) == (True, True, sums[media.IMAGE])
    again = ask(running, OTHER, "put_file", **given)  # the volume is the same from every node
    assert (again["Complete"], again["Changed"]) == (True, False)
    assert names.HOST_PASSWORD not in (running.state_dir / "ledger.jsonl").read_text()


def test_a_file_by_url(start: Callable[..., Lab]) -> None:
    running = start()
    of_image(running)
    _, sums = media_of(running)
    given = {"path": "C:\\Temp\\vddk.zip", "sha256": sums[media.VDDK], "size_bytes": 0}
    url = media.URL + media.VDDK
    with pytest.raises(ScriptFailed, match="HashMismatch"):
        ask(running, LABSRC, "put_file", source=url, **{**given, "sha256": "00"})
    for missing in (url + ".other", media.URL + "../lab.env", "https://elsewhere.example/x.zip", "D:\\x.zip"):
        with pytest.raises(ScriptFailed, match="SourceNotFound"):
            ask(running, LABSRC, "put_file", source=missing, **given)
    assert ask(running, LABSRC, "put_file", source=url, **given, check=True)["Complete"] is False
    assert list(running.appliances[LABSRC].files) == []
    assert ask(running, LABSRC, "put_file", source=url, **given)["Complete"] is True
    assert writes(running) == ["put_file"] * 6
    folder = {"path": given["path"], "folder": VDDK}
    assert ask(running, LABSRC, "expand_file", **folder, check=True)["Changed"] is True
    assert ask(running, LABSRC, "expand_file", **folder)["Changed"] is True
    assert ask(running, LABSRC, "expand_file", **folder)["Changed"] is False
    told = ask(running, LABSRC, "get_appliance", files=[given["path"], "C:\\nothing"])
    assert (told["Vddk"]["Version"], told["Vddk"]["Files"], told["Vddk"]["Folder"]) == ("8.0.2", 3, VDDK)
    file = {"Path": given["path"], "SizeBytes": done_size(running), "Sha256": sums[media.VDDK], "Version": ""}
    assert told["Files"] == file


def done_size(running: Lab) -> int:
    return (running.state_dir / "media" / media.VDDK).stat().st_size


def test_a_file_in_pieces_goes_on_where_it_was_cut(start: Callable[..., Lab]) -> None:
    running = start()
    data = bytes(range(256)) * 1000
    given = {"path": "C:\\Temp\\kit.zip", "sha256": sha256(data), "size_bytes": len(data)}
    of_image(running)

    def piece(begin: int, end: int) -> Any:
        content = base64.b64encode(data[begin:end]).decode()
        return ask(running, LABSRC, "put_file", content=content, offset=begin, **given)

    assert ask(running, LABSRC, "put_file", **given) == {
        "Path": given["path"],
        "Complete": False,
        "SizeBytes": None,
        "Sha256": None,
        "NextOffset": 0,
        "Changed": False,
    }
    assert piece(0, 100_000)["NextOffset"] == 100_000
    with pytest.raises(ScriptFailed, match="WrongOffset"):
        piece(50_000, 60_000)
    assert ask(running, LABSRC, "put_file", **given)["NextOffset"] == 100_000
    assert piece(0, 90_000)["NextOffset"] == 90_000  # from the beginning is always allowed
    done = piece(90_000, len(data))
    assert (done["Complete"], done["Sha256"]) == (True, sha256(data))
    assert list(running.appliances[LABSRC].files) == [given["path"].lower()]
    assert writes(running) == ["put_file"] * 4  # the questions are none


def test_what_is_no_archive(start: Callable[..., Lab]) -> None:
    running = start()
    one = of_image(running)
    one.put("C:\\Temp\\no.zip", b"no zip")
    evil = running.state_dir / "evil.zip"
    with zipfile.ZipFile(evil, "w") as archive:
        archive.writestr("../outside.txt", "x")
    one.put("C:\\Temp\\evil.zip", evil.read_bytes())
    for name in ("no.zip", "evil.zip"):
        with pytest.raises(ScriptFailed, match="NotAnArchive"):
            ask(running, LABSRC, "expand_file", path=f"C:\\Temp\\{name}", folder="C:\\Out")
    with pytest.raises(ScriptFailed, match="SourceNotFound"):
        ask(running, LABSRC, "expand_file", path="C:\\Temp\\none.zip", folder="C:\\Out")


# -- the target appliance's VM ---------------------------------------------------------------------------------------


def image_on(running: Lab) -> str:
    """The image's disk, unpacked on a cluster volume."""
    _, sums = media_of(running)
    path = f"{STORAGE}\\image.zip"
    url = media.URL + media.IMAGE
    ask(running, ONE, "put_file", path=path, sha256=sums[media.IMAGE], size_bytes=0, source=url)
    disk = ask(running, ONE, "expand_file", path=path, folder=f"{STORAGE}\\{LABTGT}")["Files"]["Path"]
    return str(disk)


def made(running: Lab, node: str = ONE, **params: Any) -> Any:
    given = {
        "name": LABTGT,
        "folder": f"{STORAGE}\\{LABTGT}",
        "disk": f"{STORAGE}\\{LABTGT}\\AzureMigrateTargetAppliance.vhdx",
        "generation": 2,
        "cpu_cores": 8,
        "memory_mb": 16384,
        "switch": "ConvergedSwitch(compute_management)",
        "vlan_id": 0,
        "clustered": True,
        "start": True,
        **params,
    }
    return ask(running, node, "new_appliance_vm", **given)


@pytest.mark.behaviour("role_anywhere_vm_here")
def test_a_vm_from_the_image(start: Callable[..., Lab]) -> None:
    running = start()
    for wrong, kind in (({}, "DiskNotFound"), ({"switch": "none"}, "SwitchNotFound"), ({"memory_mb": 2**30}, "Disk")):
        with pytest.raises(ScriptFailed, match=kind):
            made(running, **wrong)
    disk = image_on(running)
    assert made(running, check=True)["Did"] == ["created", "clustered", "started"]
    assert not running.cluster.vms
    assert made(running, clustered=False, start=False)["Did"] == "created"
    done = made(running)
    assert (done["Did"], done["State"], done["Changed"]) == (["clustered", "started"], "Running", True)
    assert (made(running)["Did"], made(running)["Changed"]) == (None, False)
    folder = f"{STORAGE}\\{LABTGT}"
    here = ask(running, ONE, "get_appliance_host", name=LABTGT, folder=folder, files=[disk])
    there = ask(running, OTHER, "get_appliance_host", name=LABTGT, folder="", files=[])
    assert (here["Vm"]["Id"], here["Vm"]["DiskPaths"], there["Vm"]) == (done["Id"], disk, None)
    assert here["Role"] == there["Role"] == {"Name": LABTGT, "OwnerNode": ONE, "State": "Online"}
    assert {one["Name"]: one["Type"] for one in here["Switches"]}["ConvergedSwitch(compute_management)"] == "External"
    files = {file["Path"]: file["Sha256"] for file in here["Files"]}
    assert len(files.pop(disk)) == 64
    assert files == {f"{folder}\\{LABTGT}\\Virtual Machines\\{done['Id'].upper()}.vmcx": None}
    assert ask(running, ONE, "get_vms", names=[LABTGT])["Vms"]["State"] == "Running"
    with pytest.raises(ScriptFailed, match="VmElsewhere"):
        made(running, OTHER)
    with pytest.raises(ScriptFailed, match="VmDiffers"):
        made(running, disk=f"{STORAGE}\\other.vhdx")
    one = running.appliances[LABTGT]
    assert (one.role, one.installed, one.set_up) == (TARGET, True, False)


def test_removal_takes_the_vm_its_disk_and_what_is_named(start: Callable[..., Lab]) -> None:
    running = start()
    image_on(running)
    made(running)
    given = {"name": LABTGT, "files": [f"{STORAGE}\\image.zip"]}
    with pytest.raises(ScriptFailed, match="VmElsewhere"):
        ask(running, OTHER, "remove_appliance_vm", **given)
    assert len(ask(running, ONE, "remove_appliance_vm", **given, check=True)["Removed"]) == 3
    assert running.cluster.vms
    assert ask(running, ONE, "remove_appliance_vm", **given)["Changed"] is True
    assert ask(running, ONE, "remove_appliance_vm", **given) == {"Removed": None, "Changed": False}
    assert (running.cluster.vms, running.cluster.files) == ({}, {})
    assert not running.appliances[LABTGT].powered_on
    # any other disk is no appliance
    running.cluster.files[f"{STORAGE}\\own.vhdx".lower()] = of_bytes(f"{STORAGE}\\own.vhdx")
    before = running.appliances[LABTGT]
    made(running, disk=f"{STORAGE}\\own.vhdx")
    assert running.appliances[LABTGT] is before


def of_bytes(path: str) -> Any:
    from lab.appliances import File

    return File(path, b"vhdxfile of a plain Windows")


# -- who reaches whom ------------------------------------------------------------------------------------------------


def looked(running: Lab, place: str, *endpoints: tuple[str, int]) -> list[dict[str, Any]]:
    asked = [{"name": name, "port": port} for name, port in endpoints]
    return many(ask(running, place, "test_endpoints", endpoints=asked, timeout_s=5)["Results"])


@pytest.mark.behaviour("ports_between_places")
@thrown("blocked_ports", (), ("lab-node1>labsrc:445", "*>lab-cl:*"))
def test_ports(start: Callable[..., Lab], setting: tuple[str, ...]) -> None:
    running = start(switches=Switches(blocked_ports=setting))
    of_image(running)
    blocked = "TimedOut" if setting else ""
    from_node = looked(running, ONE, (LABSRC, 445), (LABSRC, 44368), (f"{LABSRC}.lab.example", 445))
    assert [one["Reason"] for one in from_node] == [blocked, "", blocked]
    from_appliance = looked(
        running, LABSRC, ("lab-cl.lab.example", 5985), (ONE, 445), ("esx01.lab.example", 902),
        ("esx01.lab.example", 445), ("management.azure.com", 443), (LABTGT, 445),
    )  # fmt: skip
    assert [one["Reason"] for one in from_appliance] == [blocked, "", "", "Refused", "", "NotResolved"]
    assert from_appliance[1]["Addresses"] == "10.10.0.6"
    running.world.power_off_source(running.world.source[running.appliances[LABSRC].vm], "x", 0, graceful=False)
    assert looked(running, ONE, (LABSRC, 44368))[0]["Reason"] == "TimedOut"


@pytest.mark.behaviour("names_between_places")
@thrown("unresolved_names", (), ("labsrc>lab-cl",))
def test_names(start: Callable[..., Lab], setting: tuple[str, ...]) -> None:
    running = start(switches=Switches(unresolved_names=setting))
    of_image(running)
    (there,) = looked(running, LABSRC, ("lab-cl.lab.example", 0))
    assert (there["Resolved"], there["Reachable"]) == (not setting, None)
    assert looked(running, ONE, ("lab-cl", 445))[0]["Reachable"] is True
    (nowhere,) = looked(running, ONE, ("nowhere.example", 443))
    assert (nowhere["Resolved"], nowhere["Reason"]) == (False, "NotResolved")


def test_a_fault_that_comes_after_the_work(start: Callable[..., Lab]) -> None:
    fault = {"kind": "reply", "system": "host", "method": "expand_file", "code": "Lost", "after": True}
    running = start(faults=[fault])
    _, sums = media_of(running)
    path, url = "D:\\image.zip", media.URL + media.IMAGE
    ask(running, ONE, "put_file", path=path, sha256=sums[media.IMAGE], size_bytes=0, source=url)
    given = {"path": path, "folder": f"{STORAGE}\\x"}
    with pytest.raises(ScriptFailed, match="Lost"):
        ask(running, ONE, "expand_file", **given)
    assert ask(running, ONE, "expand_file", **given)["Changed"] is False
    with pytest.raises(ScriptFailed, match="SourceNotFound"):  # a disk of one node is not the other's
        ask(running, OTHER, "expand_file", **given)
