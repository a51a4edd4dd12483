# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""host_vm_info by real ansible-playbook, over Ansible's own winrm connection, against the lab's nodes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab import names
from lab.cli import start_lab
from lab.runtime import Lab
from lab.world import TargetDisk, TargetNic, TargetVm

PLAYBOOK = """
- hosts: wave
  gather_facts: false
  strategy: linear
  tasks:
    - azlocal.migrate.host_vm_info:
        seed_names: "{{ seed_names | default([]) }}"
      loop: "{{ groups['azure_local_hosts'] }}"
      delegate_to: "{{ item }}"
      run_once: true
      register: on_hosts
      become: "{{ with_become | default(false) }}"
    - ansible.builtin.copy:
        content: "{{ on_hosts | to_json }}"
        dest: "{{ result }}"
        mode: "0600"
      run_once: true
      check_mode: false
"""


def connection(lab: Lab, **changed: Any) -> dict[str, Any]:
    return {
        "ansible_connection": "winrm",
        "ansible_host": "127.0.0.1",
        "ansible_user": names.HOST_USER,
        "ansible_password": names.HOST_PASSWORD,
        "ansible_winrm_scheme": "https",
        "ansible_winrm_transport": "basic",
        "ansible_winrm_ca_trust_path": str(lab.tls.ca),
        **changed,
    }


def port(lab: Lab, node: str) -> int:
    return lab.servers[f"host:{node}"].port


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def play(folder: Path, hosts: dict[str, Any], *arguments: str, **extra: Any) -> tuple[list[dict[str, Any]], str]:
    """The loop's results and what ansible-playbook printed."""
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    groups = {"wave": {"hosts": {"vm1": local, "vm2": local}}, "azure_local_hosts": {"hosts": hosts}}
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"children": groups}}))
    (folder / "play.yml").write_text(PLAYBOOK)
    variables = {"result": str(folder / "result.json"), **extra}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "hosts.yml", "play.yml", *arguments]
    done = subprocess.run(
        [*command, "-e", json.dumps(variables)],
        cwd=folder,
        env={**os.environ, "NO_PROXY": "localhost,127.0.0.1", "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert "[WARNING]" not in output
    results: list[dict[str, Any]] = json.loads((folder / "result.json").read_text())["results"]
    return results, output


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Any:
    running = start_lab(tmp_path_factory.mktemp("hosts"), vms=0, estate="empty", speed=600)
    running.world.add_target(_target(), 0)
    running.world.start_target(next(iter(running.world.target.values())), 0)
    seed = TargetDisk(
        name="d1-seed.vhdx",
        path="C:\\ClusterStorage\\UserStorage_1\\lab\\d1-seed.vhdx",
        size_bytes=2**30,
        digest="d",
        source_uuid="u",
        storage_path="s",
    )
    running.world.seeds[seed.name] = seed
    yield running
    running.stop()


def _target() -> TargetVm:
    disk = TargetDisk(
        name="d1",
        path="C:\\ClusterStorage\\UserStorage_1\\lab\\größe.vhdx",
        size_bytes=2**30,
        digest="d",
        source_uuid="u",
        storage_path="s",
        is_os_disk=True,
    )
    nic = TargetNic(name="nic1", mac="00:15:5d:00:00:01", logical_network="/x/lnet-prod-110", address="10.10.0.21")
    return TargetVm(
        name="erp-db01",
        arm_id="/a/b",
        vm_id="c0ffee",
        node=names.NODES[0],
        source_uuid="u",
        generation=2,
        cpu_cores=2,
        memory_mb=4096,
        secure_boot=False,
        tpm=False,
        disks=[disk],
        nics=[nic],
    )


@pytest.mark.parametrize("arguments", [[], ["--check", "--diff"]], ids=["normal", "check"])
def test_all_nodes_answer(lab: Lab, tmp_path: Path, arguments: list[str]) -> None:
    hosts = {node: connection(lab, ansible_port=port(lab, node)) for node in names.NODES}
    (first, second), _ = play(tmp_path, hosts, *arguments, seed_names=["D1-seed", "d2-seed"])
    assert (first["error"], second["error"]) == (None, None)
    assert (first["changed"], first["node"]) == (False, names.NODES[0].upper())
    (vm,) = first["vms"]
    assert {key: vm[key] for key in ("name", "vm_id", "state", "generation", "cpu_cores", "memory_mb")} == {
        "name": "erp-db01",
        "vm_id": "c0ffee",
        "state": "Running",
        "generation": 2,
        "cpu_cores": 2,
        "memory_mb": 4096,
    }
    assert vm["heartbeat"] == "OkApplicationsUnknown"
    assert vm["nics"] == [
        {
            "name": "nic1",
            "mac": "00:15:5d:00:00:01",
            "addresses": ["10.10.0.21"],
            "connected": True,
            "switch": "ConvergedSwitch(compute_management)",
            "vlan": 110,
        }
    ]
    assert [disk["path"] for disk in vm["disks"]] == ["C:\\ClusterStorage\\UserStorage_1\\lab\\größe.vhdx"]
    assert second["vms"] == []
    assert first["seeds"] == second["seeds"] == ["D1-seed"]
    assert len(first["volumes"]) == 2
    assert first["clock_utc"]


def test_every_failure_is_one_sentence_and_no_failed_task(lab: Lab, tmp_path: Path) -> None:
    good = port(lab, names.NODES[0])
    hosts = {
        "good": connection(lab, ansible_port=good),
        "dead": connection(lab, ansible_port=closed_port()),
        "refused": connection(lab, ansible_port=good, ansible_password="wrong-one"),
        "nameless": connection(lab, ansible_port=good, ansible_host="no-such-host.invalid"),
        "untrusted": connection(lab, ansible_port=good, ansible_winrm_ca_trust_path=None),
    }
    results, output = play(tmp_path, hosts, seed_names=["d1-seed"])
    errors = {result["item"]: result["error"] for result in results}
    assert errors == {
        "good": None,
        "dead": "dead could not be asked: it refuses connections on this port",
        "refused": "refused could not be asked: the login was refused",
        "nameless": "nameless could not be asked: its name cannot be resolved",
        "untrusted": "untrusted could not be asked: its certificate is not trusted",
    }
    assert {result["item"]: result["seeds"] for result in results if result["error"]} == dict.fromkeys(
        ["dead", "refused", "nameless", "untrusted"]
    )
    assert "wrong-one" not in output
    assert "wrong-one" not in json.dumps(results)


def test_become_is_refused_in_words(lab: Lab, tmp_path: Path) -> None:
    node = connection(lab, ansible_port=port(lab, names.NODES[0]))
    hosts = {
        "sudo": node,
        "runas": {**node, "ansible_become_method": "runas", "ansible_become_user": "SYSTEM"},
    }
    results, _ = play(tmp_path, hosts, with_become=True)
    for result in results:
        assert "become does not work for the scripts" in result["error"]
        assert result["vms"] == []


def test_a_failing_script_is_told_with_its_remedy(lab: Lab, tmp_path: Path) -> None:
    lab.faults.add(
        {
            "kind": "reply",
            "system": "host",
            "method": "get_vms",
            "path": names.NODES[0],
            "code": "UnauthorizedAccess",
            "message": "You do not have the required permission",
        }
    )
    (result,), _ = play(tmp_path, {"good": connection(lab, ansible_port=port(lab, names.NODES[0]))})
    assert result["error"].startswith("good: The script get_vms failed: You do not have the required permission (Let")
