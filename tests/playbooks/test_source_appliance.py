# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of source_appliance as a playbook, and what is left when the process that runs it is ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.azlocal.migrate.plugins.modules.source_appliance import EXAMPLES
from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.ovf import write_ova
from ansible_collections.azlocal.migrate.tests.support.playbook import Run, command, environment
from ansible_collections.azlocal.migrate.tests.support.stage import Stage
from ansible_collections.azlocal.migrate.tests.support.vcenter_on_lab import count, until

NAME = "newsrc"
MODULE = "azlocal.migrate.source_appliance"


@pytest.fixture(scope="module")
def stage(set_stage: SetStage) -> Stage:
    return set_stage(vms=3, speed=60)  # a lease lives five seconds


@pytest.fixture(scope="module")
def tasks(stage: Stage) -> list[dict[str, Any]]:
    """The module's examples, with a file and a Windows Server that are there."""
    path = stage.lab.state_dir / "appliance.ova"
    sha256 = write_ova(path)
    theirs = next(iter(stage.lab.world.source.values()))
    theirs.name, theirs.guest_id = "win-migrate-01", "windows2019srvNext_64Guest"
    theirs.cpu_cores, theirs.memory_mb, theirs.disks[0].capacity_bytes = 8, 16384, 80 * 2**30
    made: list[dict[str, Any]] = yaml.safe_load(EXAMPLES)
    for task in made:
        options = task.get(MODULE, {})
        if options.get("name") == "labsrc":
            options["name"] = NAME
        if "ova" in options:
            options |= {"ova": str(path), "sha256": sha256}
    return made


def play(stage: Stage, name: str, tasks: list[dict[str, Any]]) -> Path:
    path = stage.lab.state_dir / f"{name}.yml"
    path.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    return path


def ran(stage: Stage, name: str, tasks: list[dict[str, Any]], *args: str) -> Run:
    run = stage.run(str(play(stage, name, tasks)), *args)
    assert run.rc == 0, run.text
    assert run.complaints() == []
    return run


def test_the_examples(stage: Stage, tasks: list[dict[str, Any]]) -> None:
    before = count(stage.lab, "ImportVApp")
    checked = ran(stage, "check", tasks[:3], "--check", "--diff")
    assert checked.changed == {"localhost": 1} and "+sha256" in checked.stdout.replace(" ", "").replace('"', "")
    assert count(stage.lab, "ImportVApp") == before

    first = ran(stage, "deploy", tasks[:3])
    assert first.changed == {"localhost": 1}
    deployed, told, adopted = first.told
    assert deployed.result["actions"] == ["deploy", "finish", "power_on"]
    assert deployed.result["appliance"]["power"] == "on"
    assert set(told.result["appliance.waiting_for"]) == {"who", "what", "where", "data"}
    assert adopted.result["differences"] == []

    assert ran(stage, "again", tasks[:3]).changed == {}
    assert ran(stage, "all", tasks).changed == {"localhost": 1}  # the last one removes it
    assert ran(stage, "gone", tasks[3:]).changed == {}


def test_one_that_is_not_fit_says_why(stage: Stage, tasks: list[dict[str, Any]]) -> None:
    theirs = next(vm for vm in stage.lab.world.source.values() if vm.name == "win-migrate-01")
    theirs.memory_mb = 8192
    run = stage.run(str(play(stage, "unfit", [tasks[2]])))
    theirs.memory_mb = 16384
    [told] = run.told
    assert (told.status, told.result["error_code"]) == ("failed", "appliance_unfit")
    assert told.result["differences"] == [{"what": "memory_mb", "is": 8192, "wanted": 16384}]
    assert told.result["remedy"] and "memory_mb is 8192, wanted 16384" in told.msg


def test_a_failure_after_the_first_act_tells_what_was_done(stage: Stage, tasks: list[dict[str, Any]]) -> None:
    stage.lab.faults.add({"kind": "reply", "system": "vcenter", "method": "PowerOnVM_Task", "status": 0})
    [told] = stage.run(str(play(stage, "half", tasks[:1]))).told
    assert (told.status, told.result["changed"], told.result["actions"]) == ("failed", True, ["deploy", "finish"])
    ran(stage, "half-gone", tasks[3:])
    (path := play(stage, "refused", tasks[:1])).write_text(path.read_text().replace(NAME, "win-migrate-01"))
    [told] = stage.run(str(path)).told
    assert (told.status, told.result["changed"], told.result["actions"]) == ("failed", False, [])


def below(process: int) -> list[int]:
    """The processes that this one has started, the last ones first."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    except FileNotFoundError:  # it has just ended
        return []
    return [one for child in map(int, children) for one in [*below(child), child]]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_process_that_is_ended_in_the_upload(stage: Stage, tasks: list[dict[str, Any]], number: int) -> None:
    """Asked to end, it gives the import up itself; killed, it leaves that to vCenter and to the next run."""
    lab = stage.lab
    lab.faults.add({"kind": "reply", "system": "vcenter", "method": "PUT", "stall_s": 4})
    aborts = count(lab, "HttpNfcLeaseAbort")
    playbook = play(stage, f"ended-{number}", tasks[:1])
    process = subprocess.Popen(
        command(str(playbook), lab.state_dir / "inventory.yml"),
        env=environment(lab),
        cwd=lab.state_dir,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(lambda: any(vm.name == NAME for vm in lab.world.source.values()), 30)
    for one in [*below(process.pid), process.pid]:  # Ansible's workers have process groups of their own
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, number)
    process.wait(30)
    if number == signal.SIGTERM:
        until(lambda: count(lab, "HttpNfcLeaseAbort") == aborts + 1)
    until(lambda: all(vm.name != NAME for vm in lab.world.source.values()), 30)
    assert ran(stage, f"after-{number}", tasks[:1]).changed == {"localhost": 1}
    assert ran(stage, f"removed-{number}", tasks[3:]).changed == {"localhost": 1}
