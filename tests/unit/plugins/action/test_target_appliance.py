# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""target_appliance over Ansible's own winrm connection, against the lab's nodes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.azlocal.migrate.tests.support.appliance_lab import until
from ansible_collections.azlocal.migrate.tests.support.host_actions import (
    Killed,
    calls,
    changes,
    media_sha256,
    run,
)
from lab import media, names
from lab.host.cluster import ClusterVm
from lab.host.scripts_files import Shelf
from lab.runtime import Lab
from lab.switches import Switches

NODE, OTHER = names.NODES
NAME = names.TARGET_APPLIANCE
MADE = ["fetched", "unpacked", "created", "clustered", "started"]
FOLDER = "C:\\ClusterStorage\\UserStorage_1\\azlocal.migrate\\labtgt"


@pytest.fixture
def start(lab: Callable[..., Lab]) -> Callable[..., Lab]:
    def bare(**options: Any) -> Lab:
        return lab(**{"vms": 0, "estate": "empty", "stage": "bare", **options})

    return bare


def wanted(lab: Lab, **more: Any) -> dict[str, Any]:
    given = {"name": NAME, "image": media.URL + media.IMAGE, "sha256": media_sha256(lab, media.IMAGE), **more}
    return {name: value for name, value in given.items() if value is not None}


def do(lab: Lab, place: str = NODE, *, how: dict[str, Any] | None = None, **args: Any) -> dict[str, Any]:
    return run(lab, "target_appliance", place, wanted(lab, **args), **(how or {}))


def gone(lab: Lab, place: str = NODE, **how: Any) -> dict[str, Any]:
    return run(lab, "target_appliance", place, {"name": NAME, "state": "absent"}, **how)


def the_vm(lab: Lab) -> ClusterVm:
    (vm,) = lab.cluster.vms.values()
    return vm


def somebody_elses(lab: Lab, node: str = NODE, *, clustered: bool = True) -> ClusterVm:
    vm = ClusterVm(
        name="LABTGT",
        vm_id="theirs",
        node=node,
        generation=2,
        cpu_cores=2,
        memory_mb=4096,
        switch="",
        vlan_id=0,
        disk="C:\\ClusterStorage\\UserStorage_1\\vms\\labtgt.vhdx",
        clustered=clustered,
    )
    lab.cluster.vms[vm.vm_id] = vm
    return vm


def written(lab: Lab) -> list[str]:
    return [call["method"] for call in calls(lab) if call["write"]]


# -- present ---------------------------------------------------------------------------------------------------------


def test_from_nothing_to_the_console_and_then_nothing(start: Callable[..., Lab]) -> None:
    running = start()
    done = do(running, vlan_id=110)
    assert (done["changed"], done["actions"], done.get("failed")) == (True, MADE, None)
    vm = the_vm(running)
    assert (vm.cpu_cores, vm.memory_mb, vm.vlan_id, vm.clustered, vm.state) == (8, 16384, 110, True, "Running")
    assert vm.disk == f"{FOLDER}\\{media_sha256(running, media.IMAGE)[:12]}\\image\\AzureMigrateTargetAppliance.vhdx"
    assert done["appliance"]["disk"] == vm.disk
    assert done["waiting_for"]["data"] == {"node": NODE.upper(), "vm": NAME}
    assert "password" in done["waiting_for"]["what"]
    before = len(calls(running))
    again = do(running, vlan_id=110)
    assert (again["changed"], again["actions"], again["msg"]) == (False, [], "labtgt is as wanted")
    assert again["waiting_for"] == done["waiting_for"]
    assert [call["method"] for call in calls(running)[before:]] == ["get_appliance_host"]
    appliance = running.appliances[NAME]
    until(lambda: appliance.runs)
    appliance.set_up = True
    set_up = do(running)
    assert (set_up["waiting_for"], set_up["appliance"]["addresses"]) == (None, [appliance.address])


def test_check_mode_looks_and_writes_nothing(start: Callable[..., Lab]) -> None:
    running = start()
    told = do(running, how={"check": True})
    assert (told["changed"], told["actions"]) == (True, MADE)
    assert told["msg"] == "labtgt: would be fetched, unpacked, created, clustered, started"
    assert told["diff"]["before"]["state"] == "absent" and told["diff"]["after"]["state"] == "present"
    assert not running.cluster.vms and not running.cluster.files
    assert written(running) == []
    missing = do(running, image=f"{media.URL}nothing.zip", how={"check": True})
    assert (missing["failed"], missing["error_code"]) == (True, "SourceNotFound")


def test_one_killed_anywhere_goes_on_from_there(start: Callable[..., Lab]) -> None:
    """After every answer of a host, without a second download, disk or machine."""
    whole = start()
    do(whole)
    answers = len(calls(whole))
    assert answers > len(MADE)
    for after in range(1, answers + 1):
        cut = start()
        with pytest.raises(Killed):
            do(cut, how={"after": after})
        done = do(cut)
        assert not done.get("failed"), (after, done)
        vm = the_vm(cut)
        assert (vm.clustered, vm.state) == (True, "Running")
        made = [one["after"]["path"].rpartition(".")[2] for one in changes(cut, "file") if one["after"]]
        assert made == ["zip", "vhdx", "vmcx"], after  # each once
        assert do(cut)["changed"] is False


def test_one_killed_within_the_making_is_completed(start: Callable[..., Lab]) -> None:
    running = start()
    do(running)
    vm = the_vm(running)
    vm.clustered, vm.state = False, "Off"
    told = do(running, how={"check": True})
    assert (told["actions"], vm.state) == (["clustered", "started"], "Off")
    before = len(written(running))
    assert do(running)["actions"] == ["clustered", "started"]
    assert written(running)[before:] == ["new_appliance_vm"]


def test_from_a_share_and_from_a_volume(start: Callable[..., Lab]) -> None:
    running = start()
    share = media.SHARE + media.IMAGE
    denied = do(running, image=share)
    assert (denied["failed"], denied["error_code"]) == (True, "AccessDenied")
    assert "a user and a password" in denied["remedy"]
    login = {"image_user": names.HOST_USER, "image_password": names.HOST_PASSWORD}
    done = do(running, image=share, **login)
    assert done["actions"] == MADE
    assert names.HOST_PASSWORD not in str(done)
    gone(running)
    path = "C:\\ClusterStorage\\UserStorage_2\\in\\image.zip"
    data = (running.state_dir / "media" / media.IMAGE).read_bytes()
    Shelf(running, NODE).put(path, data, 0)
    assert do(running, image=path, volume="UserStorage_2")["appliance"]["disk"].startswith(path[:31])


def test_an_image_that_is_the_disk_itself_is_not_unpacked(start: Callable[..., Lab]) -> None:
    running = start()
    bare = running.state_dir / "media" / "appliance.vhd"
    bare.write_bytes(media.VHDX_MARK + b"disk")
    sha256 = hashlib.sha256(bare.read_bytes()).hexdigest()
    done = do(running, image=f"{media.URL}appliance.vhd", sha256=sha256)
    assert done["actions"] == ["fetched", "created", "clustered", "started"]
    assert the_vm(running).generation == 1


# -- refusals --------------------------------------------------------------------------------------------------------


def test_a_wrong_hash_leaves_nothing_behind(start: Callable[..., Lab]) -> None:
    running = start()
    failed = do(running, sha256="0" * 64)
    assert (failed["failed"], failed["error_code"], failed["changed"]) == (True, "HashMismatch", False)
    assert not running.cluster.files and not running.cluster.vms
    assert "publisher" in failed["remedy"]


def test_nothing_is_fetched_where_it_would_not_fit_or_hang_on_nothing(start: Callable[..., Lab]) -> None:
    running = start()
    for args, code in (
        ({"minimum_free_gb": 10**6}, "volume_full"),
        ({"volume": "UserStorage_9"}, "no_volume"),
        ({"switch": "Isolated"}, "SwitchNotFound"),
        ({"name": "lab-tgt"}, "bad_appliance_name"),
        ({"cpu_cores": 4}, "appliance_too_small"),
        ({"sha256": "abc"}, "bad_value"),
        ({"sha256": None}, "MissingOption"),
    ):
        failed = do(running, **args)
        assert (failed["failed"], failed["error_code"]) == (True, code), args
    assert written(running) == [] and not running.cluster.files


@pytest.mark.parametrize("node", names.NODES)
def test_a_machine_of_that_name_that_is_not_ours_is_left_alone(start: Callable[..., Lab], node: str) -> None:
    running = start()
    somebody_elses(running, node)
    for result in (do(running), gone(running)):
        assert (result["failed"], result["error_code"]) == (True, "VmDiffers")
    assert written(running) == [] and running.cluster.vms


def test_the_script_refuses_what_the_first_look_did_not_show(start: Callable[..., Lab]) -> None:
    """Somebody makes a machine of that name while the image is fetched."""
    running = start()
    running.faults.add({"kind": "reply", "system": "host", "method": "new_appliance_vm", "code": "VmDiffers"})
    failed = do(running)
    assert (failed["failed"], failed["error_code"], failed["changed"]) == (True, "VmDiffers", True)
    assert failed["actions"] == ["fetched", "unpacked"]


def test_another_image_is_no_reason_to_replace_it(start: Callable[..., Lab]) -> None:
    running = start()
    do(running)
    failed = do(running, sha256="1" * 64)
    assert (failed["failed"], failed["error_code"]) == (True, "appliance_other_image")
    assert "state absent" in failed["remedy"]


def test_a_host_that_does_not_find_the_place_says_so(start: Callable[..., Lab]) -> None:
    running = start(switches=Switches(blocked_ports=("lab-node1>media.lab.example:443",)))
    failed = do(running)
    assert (failed["failed"], failed["error_code"]) == (True, "SourceNotFound")
    assert do(running, OTHER)["actions"] == MADE


# -- another node ----------------------------------------------------------------------------------------------------


def test_one_that_has_moved_is_found_and_worked_on_there(start: Callable[..., Lab]) -> None:
    running = start()
    do(running)
    vm = the_vm(running)
    vm.node = OTHER
    done = do(running)
    assert (done["changed"], done["appliance"]["node"]) == (False, OTHER.upper())
    vm.state = "Off"
    assert do(running)["actions"] == ["started"]
    assert calls(running)[-2]["path"] == OTHER
    assert gone(running)["actions"] == ["removed"]
    assert not running.cluster.vms and not running.cluster.files


def test_an_owner_that_cannot_be_asked(start: Callable[..., Lab]) -> None:
    running = start()
    do(running)
    vm = the_vm(running)
    vm.node = OTHER
    alone: dict[str, Any] = {"nodes": (NODE,)}
    told = do(running, how=alone)
    assert (told["changed"], told["appliance"]) == (False, {"node": OTHER, "clustered": True})
    assert "as far as the cluster says" in told["msg"]
    wrong = {"nodes": names.NODES, "said": {OTHER: {"ansible_password": "wrong-one"}}}
    assert do(running, how=wrong)["changed"] is False
    vm.state = "Off"
    for result in (do(running, how=alone), gone(running, **alone)):
        assert (result["failed"], result["error_code"]) == (True, "appliance_elsewhere")
    assert OTHER in result["remedy"]


@pytest.mark.behaviour("vm_without_role")
def test_one_without_a_role_is_left_to_the_node_that_made_it(start: Callable[..., Lab]) -> None:
    """A run is killed between the machine and its role, and the next one works on another node."""
    running = start()
    do(running)
    vm = the_vm(running)
    vm.clustered, vm.state = False, "Off"
    before, files = len(written(running)), dict(running.cluster.files)
    for result in (do(running, OTHER), gone(running, OTHER), gone(running, OTHER, check=True)):
        assert (result["failed"], result["error_code"], result["changed"]) == (True, "appliance_elsewhere", False)
        assert "Get-VM -Name labtgt" in result["remedy"] and vm.configuration in result["remedy"]
    assert len(written(running)) == before and running.cluster.files == files
    assert do(running)["actions"] == ["clustered", "started"]
    assert do(running, OTHER)["changed"] is False


def test_an_owner_under_another_name_in_the_inventory(start: Callable[..., Lab]) -> None:
    running = start()
    do(running)
    the_vm(running).node = OTHER
    running.servers["host:hv-b"] = running.servers[f"host:{OTHER}"]
    assert do(running, how={"nodes": (NODE, "hv-b")})["appliance"]["node"] == OTHER.upper()
    del running.servers["host:hv-b"]


# -- absent ----------------------------------------------------------------------------------------------------------


def test_absent_takes_back_what_was_made_and_nothing_else(start: Callable[..., Lab]) -> None:
    running = start()
    Shelf(running, NODE).put("C:\\ClusterStorage\\UserStorage_1\\azlocal.migrate\\other\\x.vhdx", b"x", 0)
    do(running)
    told = gone(running, check=True)
    assert (told["changed"], told["actions"], bool(running.cluster.vms)) == (True, ["removed"], True)
    done = gone(running)
    assert (done["changed"], done["actions"], done["waiting_for"]) == (True, ["removed"], None)
    assert not running.cluster.vms
    assert list(running.cluster.files) == ["c:\\clusterstorage\\userstorage_1\\azlocal.migrate\\other\\x.vhdx"]
    before = len(written(running))
    again = gone(running)
    assert (again["changed"], again["msg"]) == (False, "labtgt is as wanted")
    assert len(written(running)) == before


def test_absent_takes_back_what_a_killed_run_left(start: Callable[..., Lab]) -> None:
    running = start()
    with pytest.raises(Killed):
        do(running, how={"after": 4})
    assert running.cluster.files and not running.cluster.vms
    assert gone(running)["actions"] == ["removed"]
    assert not running.cluster.files


# -- a host that does not answer -------------------------------------------------------------------------------------


def test_become_and_a_refused_login_are_told_in_words(start: Callable[..., Lab]) -> None:
    running = start()
    failed = do(running, how={"said": {NODE: {"ansible_password": "wrong-one"}}})
    assert (failed["failed"], failed["error_code"]) == (True, "Unreachable")
    assert failed["msg"].startswith("lab-node1 could not be asked: the login was refused")
    assert "wrong-one" not in str(failed)
    with pytest.raises(AnsibleActionFail, match="become does not work"):
        do(running, how={"become": True})
