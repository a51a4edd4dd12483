# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated Azure Local nodes, asked by pywinrm itself."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import winrm
from winrm.exceptions import InvalidCredentialsError, WSManFaultError

from ansible_collections.azlocal.migrate.tests.support.winrm_host import FIRST_NODE, execute, session, target_vm
from lab import names
from lab.host import shell
from lab.runtime import Lab
from lab.world import TargetDisk

NODE = FIRST_NODE
PREFIX = "PowerShell -NoProfile -NonInteractive -ExecutionPolicy Unrestricted -EncodedCommand "
BOOTSTRAP = (
    '$j=(@($input)-join"`n")|ConvertFrom-Json; $o=&([ScriptBlock]::Create($j.script)) $j.params; '
    "[Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes((ConvertTo-Json $o -Depth 8 -Compress)))"
)


def add_seed(lab: Lab, name: str) -> None:
    path = f"{names.STORAGE_PATHS['UserStorage1'][0]}\\{name}"
    lab.world.seeds[name] = TargetDisk(
        name=name, path=path, size_bytes=2**30, digest="d", source_uuid="u", storage_path="s"
    )


def encoded(script: str) -> str:
    return PREFIX + base64.b64encode(script.encode("utf-16-le")).decode()


def call(lab: Lab, name: str, params: dict[str, Any] | None = None, node: str = NODE) -> Any:
    text = f"# azlocal.migrate script: {name}\nparam($Params)\n"
    stdin = json.dumps({"script": text, "params": params or {}}).encode()
    stdout, stderr, code = execute(session(lab, node), encoded(BOOTSTRAP), stdin)
    assert code == 0
    assert stderr.startswith(b"#< CLIXML")
    return json.loads(base64.b64decode(stdout))


def ledger(lab: Lab) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (lab.state_dir / "ledger.jsonl").read_text().splitlines()]
    return [line for line in lines if line["system"] == "host"]


@pytest.fixture
def host(lab: Any) -> Lab:
    started: Lab = lab(vms=0, estate="empty")
    return started


class TestScripts:
    def test_a_node_shows_its_own_vms(self, host: Lab) -> None:
        host.world.add_target(target_vm("here-01", disks=2), 0)
        host.world.add_target(target_vm("there-01", node=names.NODES[1]), 0)
        value = call(host, "get_vms")["value"]
        assert value["Node"] == NODE.upper()
        assert value["Vms"]["Name"] == "here-01"  # one element: collapsed, as PowerShell does
        assert [disk["SizeBytes"] for disk in value["Vms"]["Disks"]] == [2**30, 2**30]

    def test_addresses_appear_once_the_guest_answers(self, host: Lab) -> None:
        vm = target_vm("here-01")
        host.world.add_target(vm, 0)
        adapter = call(host, "get_vms")["value"]["Vms"]["NetworkAdapters"]
        assert (adapter["IPAddresses"], adapter["VlanId"], adapter["MacAddress"]) == (None, 110, "00155D000001")
        vm.state, vm.heartbeat = "Running", "OkApplicationsUnknown"
        assert call(host, "get_vms")["value"]["Vms"]["NetworkAdapters"]["IPAddresses"] == "10.10.0.21"

    def test_names_filter_ignores_case(self, host: Lab) -> None:
        for name in ("here-01", "here-02", "here-03"):
            host.world.add_target(target_vm(name), 0)
        vms = call(host, "get_vms", {"names": ["HERE-02", "here-03"]})["value"]["Vms"]
        assert [vm["Name"] for vm in vms] == ["here-02", "here-03"]

    def test_seeds_with_or_without_extension_and_by_folder(self, host: Lab) -> None:
        add_seed(host, "a-seed.vhdx")
        add_seed(host, "b-seed.vhdx")
        seeds = call(host, "get_storage", {"seed_names": ["A-seed", "b-seed.vhdx", "c-seed"]})["value"]["Seeds"]
        assert [seed["Name"] for seed in seeds] == ["a-seed.vhdx", "b-seed.vhdx"]
        elsewhere = {"seed_names": ["a-seed"], "folders": ["C:\\ClusterStorage\\UserStorage_2"]}
        value = call(host, "get_storage", elsewhere)["value"]
        assert value["Seeds"] is None
        assert [volume["Path"] for volume in value["Volumes"]] == [
            "C:\\ClusterStorage\\UserStorage_1",
            "C:\\ClusterStorage\\UserStorage_2",
        ]

    def test_one_line_of_the_ledger_a_script(self, host: Lab) -> None:
        call(host, "get_vms")
        (line,) = ledger(host)
        assert (line["method"], line["path"], line["write"], line["status"]) == ("get_vms", NODE, False, 200)
        assert line["principal"] == names.HOST_USER

    def test_an_injected_fault_is_an_exception_of_the_script(self, lab: Any) -> None:
        fault = {"kind": "reply", "system": "host", "method": "get_vms", "code": "AccessDenied", "message": "no"}
        host = lab(vms=0, estate="empty", faults=[fault])
        assert call(host, "get_vms") == {"ok": False, "error": "no", "id": "AccessDenied"}
        assert call(host, "get_vms")["ok"] is True


class TestProtocol:
    def test_big_input_and_big_output_come_in_pieces(self, host: Lab) -> None:
        for number in range(400):
            host.world.add_target(target_vm(f"vm-{number:04}", disks=3), 0)
        value = call(host, "get_vms", {"ignored": "x" * 500_000})["value"]
        assert len(value["Vms"]) == 400

    def test_double_encoding_of_older_clients_is_unwrapped(self) -> None:
        assert shell.unwrapped(encoded(encoded(BOOTSTRAP))) == BOOTSTRAP

    def test_wrong_password(self, host: Lab) -> None:
        with pytest.raises(InvalidCredentialsError):
            session(host, password="wrong").open_shell()
        (line,) = ledger(host)
        assert (line["method"], line["status"]) == ("login", 401)

    def test_unknown_shell_is_a_fault(self, host: Lab) -> None:
        with pytest.raises(WSManFaultError, match="was not found"):
            session(host).run_command("0000", "ipconfig")

    @pytest.mark.parametrize(
        ("line", "stdin", "said"),
        [
            ("ipconfig /all", b"", b"'ipconfig' is not recognized"),
            (encoded("Get-VM | Remove-VM"), b"", b"'Get-VM' is not recognized"),
            (encoded(BOOTSTRAP), b"{}", b"ConvertFrom-Json"),
            (encoded(BOOTSTRAP), b'{"script": "Get-VM", "params": {}}', b"does not begin with"),
            (encoded(BOOTSTRAP), b'{"script": "# azlocal.migrate script: nope\\n", "params": {}}', b"does not know"),
            (encoded(BOOTSTRAP), '{"script": "ü", "params": {}}'.encode(), b"ASCII"),
            (encoded(BOOTSTRAP + " " * 4000), b"{}", b"too long"),
            (PREFIX + "AAA", b"", b"-EncodedCommand is not base64"),
        ],
    )
    def test_anything_else_fails_loudly(self, host: Lab, line: str, stdin: bytes, said: bytes) -> None:
        stdout, stderr, code = execute(session(host), line, stdin)
        assert (stdout, code) == (b"", 1)
        assert said in stderr
        assert [entry["status"] for entry in ledger(host)] == [400]

    def test_a_client_that_does_not_trust_the_lab_is_turned_away_quietly(
        self, host: Lab, capsys: pytest.CaptureFixture[str]
    ) -> None:
        untrusting = winrm.Protocol(
            host.servers[f"host:{NODE}"].url, transport="basic", username="u", password="p", ca_trust_path=None
        )
        with pytest.raises(Exception, match="CERTIFICATE_VERIFY_FAILED"):
            untrusting.open_shell()
        assert capsys.readouterr().err == ""


def test_every_node_has_a_port_of_its_own(host: Lab) -> None:
    ports = {host.servers[f"host:{node}"].port for node in names.NODES}
    assert len(ports) == len(names.NODES)
