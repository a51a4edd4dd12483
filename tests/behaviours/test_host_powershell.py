# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Azure Local hosts as pywinrm sees them: owners of VMs, what PowerShell makes of lists, who may go where."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import PermissionDenied, ServiceError
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.powershell import COMMAND, PowerShellClient, many
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from ansible_collections.azlocal.migrate.tests.support.winrm_host import add_target, execute, session
from lab import names
from lab.runtime import Lab
from lab.switches import Switches

ONE, OTHER = names.NODES


@pytest.fixture
def start_hosts(lab: Callable[..., Lab]) -> Callable[..., Lab]:
    def start(**options: Any) -> Lab:
        return lab(**{"vms": 0, "estate": "empty", **options})

    return start


def raw(
    running: Lab, name: str, node: str = ONE, body: str = "param($Params)", **params: Any
) -> tuple[bytes, bytes, int]:
    """stdout, stderr and exit code of a script of that name."""
    script = f"# azlocal.migrate script: {name}\n{body}\n"
    return execute(session(running, node), COMMAND, json.dumps({"script": script, "params": params}).encode())


def said(running: Lab, name: str, node: str = ONE, **params: Any) -> Any:
    """What the script answered."""
    reply = json.loads(base64.b64decode(raw(running, name, node, **params)[0]))
    assert reply["ok"] is True
    return reply["value"]


def client(running: Lab, node: str = ONE) -> PowerShellClient:
    """Our own client over the same connection."""

    def run(line: str, stdin: bytes) -> tuple[int, str, str]:
        stdout, stderr, code = execute(session(running, node), line, stdin)
        return code, stdout.decode(), stderr.decode()

    return PowerShellClient(run)


@pytest.mark.behaviour("vm_on_any_node")
def test_machine_moves_to_another_node_while_it_runs(start_hosts: Callable[..., Lab]) -> None:
    running = start_hosts(speed=600)
    vm = add_target(running, "app-01")
    running.world.start_target(vm, 0)
    before = many(said(running, "get_vms")["Vms"])[0]
    assert many(said(running, "get_vms", OTHER)["Vms"]) == []
    running.world.move_target(vm, OTHER, 0)
    assert many(said(running, "get_vms")["Vms"]) == []
    after = many(said(running, "get_vms", OTHER)["Vms"])[0]
    assert (after["Id"], after["State"], after["Disks"]["Path"]) == (before["Id"], "Running", before["Disks"]["Path"])
    assert after["UptimeSeconds"] >= before["UptimeSeconds"]
    assert said(running, "get_vms", OTHER)["Node"] == OTHER.upper()


@pytest.mark.behaviour("arrays_collapse")
@thrown("arrays_collapse", True, False)
def test_lists_of_one_and_of_none(start_hosts: Callable[..., Lab], setting: bool) -> None:
    running = start_hosts(switches=Switches(arrays_collapse=setting))
    none = said(running, "get_vms")["Vms"]
    add_target(running, "app-01")
    one = said(running, "get_vms")["Vms"]
    add_target(running, "app-02")
    two = said(running, "get_vms")["Vms"]
    assert (none, type(one), type(two)) == ((None, dict, list) if setting else ([], list, list))
    assert [len(many(value)) for value in (none, one, two)] == [0, 1, 2]
    assert many(two[0]["NetworkAdapters"])[0]["Name"] == "app-01-nic"
    assert many(client(running).call("get_vms", "# azlocal.migrate script: get_vms\n", {})["Vms"]) == two


@pytest.mark.behaviour("clixml_on_stderr")
def test_progress_on_stderr_is_no_error(start_hosts: Callable[..., Lab]) -> None:
    running = start_hosts()
    _, stderr, code = raw(running, "get_vms")
    assert (code, stderr.splitlines()[0]) == (0, b"#< CLIXML")
    assert b'S="progress"' in stderr
    assert b'S="Error"' not in stderr


@pytest.mark.behaviour("clixml_on_stderr")
def test_errors_are_clixml_too(start_hosts: Callable[..., Lab]) -> None:
    running = start_hosts()
    stdout, stderr, code = raw(running, "no_such_<script>")
    assert (stdout, code) == (b"", 1)
    assert stderr.startswith(b"#< CLIXML")
    assert b'<S S="Error">' in stderr
    with pytest.raises(ServiceError) as told:
        client(running).call("get_it", "# azlocal.migrate script: get_it\n", {})
    assert "does not know the script get_it" in str(told.value)
    assert "CLIXML" not in str(told.value)


@pytest.mark.behaviour("stdin_cut")
def test_what_was_cut_on_its_way_is_not_quoted(start_hosts: Callable[..., Lab]) -> None:
    running = start_hosts()

    def cut(line: str, stdin: bytes) -> tuple[int, str, str]:
        stdout, stderr, code = execute(session(running, ONE), line, stdin[:-9])
        assert b"ScriptInput" in base64.b64decode(stdout) and b"geheim" not in base64.b64decode(stdout)
        return code, stdout.decode(), stderr.decode()

    with pytest.raises(ServiceError) as told:
        PowerShellClient(cut).call(
            "get_vms", "# azlocal.migrate script: get_vms\n", {"password": "geheim", "x": "y" * 9}
        )
    assert told.value.code == "ScriptInput" and told.value.remedy
    assert "geheim" not in str(told.value)


@pytest.mark.behaviour("double_hop")
@pytest.mark.parametrize(
    "body",
    [
        "param($Params)\nGet-VM -ComputerName lab-node2",
        "param($Params)\nInvoke-Command lab-node2 { Get-VM }",
        "param($Params)\nGet-VM -CimSession (New-CimSession lab-node2)",
    ],
)
def test_no_way_from_one_node_to_another(start_hosts: Callable[..., Lab], body: str) -> None:
    running = start_hosts()
    reply = json.loads(base64.b64decode(raw(running, "get_vms", body=body)[0]))
    assert (reply["ok"], reply["error"]) == (False, "Access is denied.")
    with pytest.raises(PermissionDenied) as told:
        client(running).call("get_vms", f"# azlocal.migrate script: get_vms\n{body}", {})
    assert told.value.code == "AccessDenied"
    assert client(running, OTHER).call("get_vms", "# azlocal.migrate script: get_vms\n", {})["Node"] == OTHER.upper()


@pytest.mark.behaviour("two_paths_one_volume")
def test_two_storage_paths_on_one_volume(start_hosts: Callable[..., Lab]) -> None:
    running = start_hosts()
    volumes = many(said(running, "get_storage")["Volumes"])
    on_volume = {
        volume["Path"]: [
            name for name, (path, _, _) in names.STORAGE_PATHS.items() if path.startswith(f"{volume['Path']}\\")
        ]
        for volume in volumes
    }
    assert len(on_volume) == len(volumes)  # each volume is told once
    assert sorted(map(len, on_volume.values())) == [1, 2]
    folder = names.STORAGE_PATHS["UserStorage1-Archive"][0]
    add_target(running, "app-01", volume=folder)
    found = many(said(running, "get_storage", seed_names=["app-01-0"], folders=[folder])["Seeds"])
    assert [seed["Path"] for seed in found] == [f"{folder}\\app-01-0.vhdx"]
    elsewhere = names.STORAGE_PATHS["UserStorage1"][0]
    assert many(said(running, "get_storage", seed_names=["app-01-0"], folders=[elsewhere])["Seeds"]) == []
