# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab as its users start it: one command, a process of its own, and what it leaves in its folder."""

from __future__ import annotations

import csv
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import lab as package
from lab import names
from lab.faults import Faults, FaultsFileError
from lab.runtime import Lab

FOLDER = str(Path(package.__file__).parent)


def run(state: Path, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, FOLDER, command, "--state", str(state), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd="/",
    )


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "a lab's state"  # a name that needs quoting
    yield folder
    run(folder, "stop")


def test_serve_status_world_stop(state: Path) -> None:
    served = run(state, "serve", "--speed", "600")
    assert (served.returncode, served.stderr) == (0, "")
    for simulator in ("azure", "vcenter", *(f"host:{node}" for node in names.NODES)):
        assert f"{simulator} " in served.stdout
    assert str(state) in served.stdout

    status = run(state, "status")
    assert status.returncode == 0
    assert "running" in status.stdout

    world = json.loads(run(state, "world").stdout)
    assert len(world["source"]) == 25  # one for each of 24 wave rows, and the twin of one of them
    assert {"source", "target", "seeds", "events", "azure"} <= world.keys()

    stopped = run(state, "stop")
    assert "has stopped" in stopped.stdout
    assert run(state, "status").returncode == 1
    assert json.loads((state / "world.json").read_text())["at"] > world["at"]  # the end left a fresh one
    assert not (state / "lab.json").exists()
    assert (state / "lab.log").read_text() == ""


def test_every_world_is_newer_than_its_question(state: Path) -> None:
    run(state, "serve", "--estate", "empty")
    first, second = (json.loads(run(state, "world").stdout)["at"] for _ in range(2))
    assert second > first


def test_serve_again_is_kind(state: Path) -> None:
    run(state, "serve", "--estate", "empty")
    again = run(state, "serve", "--estate", "empty")
    assert again.returncode == 0
    assert "already runs" in again.stdout
    other = run(state, "serve", "--estate", "empty", "--seed", "7")
    assert other.returncode == 1
    assert "with other options; stop it first" in other.stderr
    assert f"stop --state {state}" in other.stderr


def test_stop_and_world_without_a_lab(state: Path) -> None:
    assert run(state, "stop").returncode == 0
    world = run(state, "world")
    assert (world.returncode, world.stderr) == (1, f"lab: no lab runs for {state}, and none has left its world there\n")


def test_a_new_lab_starts_with_empty_records(state: Path) -> None:
    for name in ("ledger.jsonl", "world.jsonl", "world.json"):
        state.mkdir(exist_ok=True)
        (state / name).write_text('{"of": "yesterday"}\n')
    run(state, "serve", "--estate", "empty")
    assert (state / "ledger.jsonl").read_text() == ""
    assert not (state / "world.json").exists()


def test_wrong_faults_file_is_told_at_once(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "faults.yml"
    file.write_text("[{kind: earthquake}]")
    served = run(state, "serve", "--faults", str(file))
    assert (served.returncode, served.stderr) == (
        1,
        "lab: fault 1: kind must be one of reply, job, not 'earthquake'\n",
    )


def test_help_tells_the_way() -> None:
    done = subprocess.run([sys.executable, FOLDER, "--help"], capture_output=True, text=True, check=True)
    for word in ("serve", "stop", "status", "world", "lab.env", "ledger.jsonl"):
        assert word in done.stdout


def test_lab_env_gives_a_shell_all_it_needs(lab: Any) -> None:
    running: Lab = lab(vms=0, estate="empty")
    shown = subprocess.run(
        ["sh", "-c", '. "$0/lab.env"; env', str(running.state_dir)],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "NO_PROXY": "intranet"},
    ).stdout
    found = dict(line.split("=", 1) for line in shown.splitlines())
    azure = f"https://localhost:{running.servers['azure'].port}"
    assert found["AZURE_CLOUD_ENVIRONMENT"] == azure
    assert found["ARM_CLOUD_METADATA_URL"] == f"{azure}/metadata/endpoints?api-version=2019-05-01"
    assert (found["VMWARE_HOST"], found["VMWARE_PORT"]) == ("localhost", str(running.servers["vcenter"].port))
    assert found["VMWARE_PASSWORD"] == names.VCENTER_PASSWORD
    assert found["AZURE_SECRET"] == found["AZURE_CLIENT_SECRET"] == names.CLIENT_SECRET
    assert found["LAB_STATE"] == str(running.state_dir)
    assert found["NO_PROXY"] == "localhost,127.0.0.1,intranet"
    for name in ("AZURE_CA_PATH", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "VMWARE_CA_PATH"):
        assert ssl.create_default_context(cafile=found[name])
    assert Path(found["AZURE_CONFIG_DIR"]).is_relative_to(running.state_dir)


def test_files_with_secrets_are_the_owners_alone(lab: Any) -> None:
    running: Lab = lab(vms=0, estate="empty")
    for name in ("lab.env", "inventory.yml", "tls/server.key"):
        assert (running.state_dir / name).stat().st_mode & 0o077 == 0


def test_inventory_names_every_place_and_only_public_options(lab: Any) -> None:
    running: Lab = lab(vms=24)
    config = yaml.safe_load((running.state_dir / "inventory.yml").read_text())
    assert (config["plugin"], config["source"]) == ("azlocal.migrate.wave", "wave.csv")
    tree = config["inventory"]["all"]
    assert set(tree["children"]) == {"azure_local_hosts", "source_appliance", "target_appliance"}
    assert set(tree["children"]["azure_local_hosts"]["hosts"]) == set(names.NODES)
    mapped = {entry["source"]: entry["logical_network"] for entry in tree["vars"]["azlocal_network_map"]}
    assert set(mapped) == set(names.PORT_GROUPS)
    assert set(mapped.values()) <= set(names.LOGICAL_NETWORKS)
    assert tree["vars"]["azlocal_target_resource_group"].endswith(f"/resourceGroups/{names.TARGET_RESOURCE_GROUP}")

    with (running.state_dir / "wave.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    estate = {vm.name for vm in running.world.source.values()}
    assert {row["name"] for row in rows} <= estate
    assert {row["wave"] for row in rows} == {"1", "2"}


def test_same_seed_same_estate(lab: Any) -> None:
    first, second, third = lab(seed=5), lab(seed=5), lab(seed=6)
    assert set(first.world.source) == set(second.world.source) != set(third.world.source)


def test_a_stopped_lab_no_longer_answers_and_keeps_its_world(lab: Any) -> None:
    running: Lab = lab(vms=0, estate="empty")
    running.dumpers["more"] = lambda: {"kept": {2, 1}}
    running.stop()
    running.stop()
    assert json.loads((running.state_dir / "world.json").read_text())["more"] == {"kept": [1, 2]}


class TestFaults:
    REPLY = {"kind": "reply", "system": "azure", "method": "PUT", "path": "/protectedItems/", "status": 400}

    def test_a_reply_is_consumed(self) -> None:
        faults = Faults([self.REPLY])
        assert faults.reply("azure", "GET", "/x/protecteditems/y") is None
        assert faults.reply("vcenter", "PUT", "/x/protectedItems/y") is None
        found = faults.reply("azure", "PUT", "/x/protecteditems/y")
        assert found is not None
        assert found["status"] == 400
        assert faults.reply("azure", "PUT", "/x/protecteditems/y") is None

    def test_times(self) -> None:
        twice, always = Faults([{**self.REPLY, "times": 2}]), Faults([{**self.REPLY, "times": -1}])
        path = "/protectedItems/a"
        assert [bool(twice.reply("azure", "PUT", path)) for _ in range(3)] == [True, True, False]
        assert all(always.reply("azure", "PUT", path) for _ in range(5))

    def test_job_by_vm_and_task(self) -> None:
        faults = Faults(
            [{"kind": "job", "job": "Planned failover", "vm": "a", "task": "Starting failover", "code": 1000001}]
        )
        assert faults.job("Planned failover", "b", "Starting failover") is None
        assert faults.job("Planned failover", "a", "Prerequisite check") is None
        found = faults.job("Planned failover", "a", "Starting failover")
        assert found is not None
        assert found["code"] == "1000001"

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("kind: reply", "a list of faults is expected"),
            ("[reply]", "fault 1: a mapping is expected"),
            ("[{kind: reply}]", "fault 1: system missing"),
            ("[{kind: job, job: x}]", "fault 1: code missing"),
            ("[{kind: reply, system: azure, path: '('}]", "not a regular expression"),
            ("[{kind: reply, system: azure, times: often}]", "times must be a whole number"),
        ],
    )
    def test_a_wrong_file_says_what_is_wrong(self, tmp_path: Path, content: str, said: str) -> None:
        file = tmp_path / "faults.yml"
        file.write_text(content)
        with pytest.raises(FaultsFileError, match=said.replace("(", r"\(")):
            Faults.load(file)
