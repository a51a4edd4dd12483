# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""appliance_setup by real ansible-playbook, over Ansible's own winrm connection, against the lab's appliances."""

from __future__ import annotations

import base64
import importlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.azlocal.migrate.tests.support.appliance_host import (
    PFX_PASSWORD,
    certificate,
    entra_app,
    from_controller,
    from_media,
)
from lab import appliances, media, names
from lab.cli import start_lab
from lab.runtime import Lab

SRC, TGT = names.SOURCE_APPLIANCE, names.TARGET_APPLIANCE
VCENTER_PASSWORD = "vc-geheim-77"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    running = start_lab(tmp_path / "lab", vms=0, estate="empty", speed=2000, stage="bare")
    yield running
    running.stop()


def host(lab: Lab, name: str, **changed: Any) -> dict[str, Any]:
    """Variables of an appliance's host; ``setup`` is no variable, but the options of its task."""
    setup = {
        "role": "source" if name == SRC else "target",
        "name": name,
        "answer_timeout_s": 0,
        "poll_interval_s": 1,
        **changed.pop("setup", {}),
    }
    return {
        "ansible_connection": "winrm",
        "ansible_host": "127.0.0.1",
        "ansible_port": lab.servers[f"host:{name}"].port,
        "ansible_user": names.APPLIANCE_USER,
        "ansible_password": names.APPLIANCE_PASSWORD,
        "ansible_winrm_scheme": "https",
        "ansible_winrm_transport": "basic",
        "ansible_winrm_ca_trust_path": str(lab.tls.ca),
        "setup": setup,
        **changed,
    }


def playbook(hosts: dict[str, Any], folder: Path, become: bool) -> str:
    """One task for each host, and what it returned as a file."""
    tasks: list[dict[str, Any]] = []
    for name, variables in hosts.items():
        tasks += [
            {
                "azlocal.migrate.appliance_setup": variables["setup"],
                "register": "done",
                "ignore_errors": True,
                "become": become,
                "when": f"inventory_hostname == '{name}'",
            },
            {
                "ansible.builtin.copy": {
                    "content": "{{ done | to_json }}",
                    "dest": f"{folder}/{name}.json",
                    "mode": "0600",
                },
                "delegate_to": "localhost",
                "check_mode": False,
                "when": f"inventory_hostname == '{name}'",
                "vars": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable},
            },
        ]
    play = {"hosts": "source_appliance:target_appliance", "gather_facts": False, "strategy": "linear", "tasks": tasks}
    return yaml.safe_dump([play])


def begin(folder: Path, sources: dict[str, Any], targets: dict[str, Any], *arguments: str, become: bool = False) -> Any:
    folder.mkdir(exist_ok=True)
    hosts = {**sources, **targets}
    (folder / "play.yml").write_text(playbook(hosts, folder, become))
    variables = {name: {key: one[key] for key in one if key != "setup"} for name, one in hosts.items()}
    groups = {
        "source_appliance": {"hosts": {name: variables[name] for name in sources}},
        "target_appliance": {"hosts": {name: variables[name] for name in targets}},
    }
    (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"children": groups}}))
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "hosts.yml", "play.yml", *arguments],
        cwd=folder,
        env={**os.environ, "NO_PROXY": "localhost,127.0.0.1", "ANSIBLE_NOCOLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def play(
    folder: Path, sources: dict[str, Any], targets: dict[str, Any], *arguments: str, become: bool = False
) -> tuple[dict[str, Any], str]:
    """Host -> what the action returned; and what ansible-playbook printed."""
    running = begin(folder, sources, targets, *arguments, become=become)
    output, _ = running.communicate(timeout=180)
    assert running.returncode == 0, output
    return {name: json.loads((folder / f"{name}.json").read_text()) for name in (*sources, *targets)}, output


def writes(lab: Lab) -> list[str]:
    lines = map(json.loads, (lab.state_dir / "ledger.jsonl").read_text().splitlines())
    return [line["method"] for line in lines if line["system"] == "host" and line["write"]]


def full(lab: Lab) -> tuple[dict[str, Any], dict[str, Any]]:
    """A bare Windows Server and a machine of Microsoft's image, with everything that can be asked for."""
    appliances.adopted(lab, "source", SRC, "")
    appliances.of_image(lab, "target", TGT, "").set_up = True
    share = {
        "source": media.SHARE + media.INSTALLER,
        "sha256": from_media(lab, media.INSTALLER)["sha256"],
        "username": names.HOST_USER,
        "password": names.HOST_PASSWORD,
    }
    source = {
        "installer": share,
        "vddk": from_controller(lab, media.VDDK),
        "entra_app": entra_app(1),
        "proxy_address": "http://10.0.0.8:3128",
        "bandwidth_limit_mbps": 400,
        "blackout_windows": [{"days": ["Monday"], "start": "08:00", "hours": 9}],
        "vcenter_address": "vcenter.lab.example",
        "vcenter_password": VCENTER_PASSWORD,
    }
    target = {"auto_update": False, "cluster_fqdn": "lab-cl.lab.example"}
    return {SRC: host(lab, SRC, setup=source)}, {TGT: host(lab, TGT, setup=target)}


@pytest.mark.slow
def test_both_appliances_in_one_play(lab: Lab, tmp_path: Path) -> None:
    sources, targets = full(lab)
    told, output = play(tmp_path / "check", sources, targets, "--check", "--diff")
    assert {name: result["changed"] for name, result in told.items()} == {SRC: True, TGT: True}
    assert writes(lab) == [] and '+    "auto_update": false' in output

    done, output = play(tmp_path / "do", sources, targets, "-vvvvv")
    assert {name: result["failed"] for name, result in done.items()} == {SRC: False, TGT: False}
    assert {name: result["waiting_for"]["step"] for name, result in done.items()} == {SRC: "key", TGT: "key"}
    assert done[SRC]["steps"][:2] == ["set the proxy", "run the installer of the appliance"]
    assert done[TGT]["steps"] == ["set auto_update"]
    assert done[SRC]["diff"]["after"] == told[SRC]["diff"]["after"]
    assert lab.appliances[SRC].installed and not lab.appliances[SRC].restart_pending
    pfx = base64.b64encode(certificate(1)[1]).decode()
    # the answers of hosts are shown at -vvvvv, as they come: Ansible cannot know what is in them
    answers = [base64.b64decode(word).decode() for word in re.findall(r"(?<![\w+/=])eyJ[\w+/]{40,}={0,2}", output)]
    assert any('"ComputerName"' in answer for answer in answers)
    output += "".join(answers)
    for secret in (PFX_PASSWORD, pfx, VCENTER_PASSWORD, names.HOST_PASSWORD, names.APPLIANCE_PASSWORD):
        assert secret not in output + json.dumps(done)
        assert secret not in (lab.state_dir / "ledger.jsonl").read_text()

    before = len(writes(lab))
    again, output = play(tmp_path / "again", sources, targets)
    assert {name: result["changed"] for name, result in again.items()} == {SRC: False, TGT: False}
    assert len(writes(lab)) == before and "[WARNING]" not in output
    assert {name: result["waiting_for"] for name, result in again.items()} == {
        name: result["waiting_for"] for name, result in done.items()
    }


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_hosts_that_cannot_be_worked_on(lab: Lab, tmp_path: Path) -> None:
    image = appliances.of_image(lab, "source", SRC, "")
    image.set_up = True
    appliances.of_image(lab, "target", TGT, "")  # nobody was at its console
    sources = {
        "good": host(lab, SRC),
        "off": host(lab, SRC, ansible_port=closed_port()),
        "nameless": host(lab, SRC, ansible_host="no-such-host.invalid"),
        "stranger": host(lab, SRC, ansible_password="wrong-geheim"),
        "untrusted": host(lab, SRC, ansible_winrm_ca_trust_path=None),
        "misnamed": host(lab, SRC, setup={"name": "lab-src"}),
        "careless": host(lab, SRC, setup={"vddk": {"sha256": "0" * 64}}),
    }
    told, output = play(tmp_path, sources, {"fresh": host(lab, TGT)})
    assert {
        name: (result["waiting_for"] or {}).get("step") for name, result in told.items() if "waiting_for" in result
    } == {
        "good": "vddk",
        "off": "first_boot",
        "nameless": "first_boot",
        "fresh": "first_boot",
        "stranger": None,
        "untrusted": None,
        "misnamed": None,
    }
    assert {name for name, result in told.items() if result["failed"]} == {
        "stranger", "untrusted", "misnamed", "careless"
    }  # fmt: skip
    assert not any(result["changed"] for result in told.values())
    assert "it refuses connections" in told["off"]["msg"] and "it closes the connection" in told["fresh"]["msg"]
    assert "inventory group target_appliance" in told["fresh"]["waiting_for"]["what"]
    assert "the login was refused" in told["stranger"]["msg"] and told["stranger"]["remedy"]
    assert told["misnamed"]["error_code"] == "bad_appliance_name"
    assert "one of the following is required: path, source, folder" not in told["careless"]["msg"]
    assert "one of the following is required: path, source" in told["careless"]["msg"]
    assert "wrong-geheim" not in output
    assert writes(lab) == []


def test_become_is_refused_in_words(lab: Lab, tmp_path: Path) -> None:
    appliances.of_image(lab, "source", SRC, "").set_up = True
    told, _output = play(tmp_path, {SRC: host(lab, SRC)}, {}, become=True)
    assert told[SRC]["failed"] and "become does not work" in told[SRC]["msg"]


def test_two_appliances_never_share_an_application(lab: Lab, tmp_path: Path) -> None:
    for role, name in (("source", SRC), ("target", TGT)):
        appliances.of_image(lab, role, name, "").set_up = True
    app = entra_app(1)
    variables = {"azlocal_entra_app": {key: value for key, value in app.items() if key == "client_id"}}
    sources = {SRC: host(lab, SRC, setup={"entra_app": app}, **variables)}
    told, _output = play(tmp_path / "same", sources, {TGT: host(lab, TGT, setup={"entra_app": app}, **variables)})
    assert {result["error_code"] for result in told.values()} == {"entra_app_shared"}
    assert writes(lab) == []
    other = {**app, "client_id": "c11e47a0-0000-4000-8000-0000000000ee"}
    targets = {TGT: host(lab, TGT, setup={"entra_app": other}, azlocal_entra_app={"client_id": other["client_id"]})}
    told, _output = play(tmp_path / "own", sources, targets)
    assert not any(result["failed"] for result in told.values())


@pytest.mark.slow
@pytest.mark.parametrize("at", ["install_appliance", "expand_file"])
def test_a_play_that_is_killed_is_taken_up(lab: Lab, tmp_path: Path, at: str) -> None:
    sources, targets = full(lab)
    running = begin(tmp_path / "killed", sources, targets)
    deadline = time.monotonic() + 120
    while at not in writes(lab):
        assert time.monotonic() < deadline and running.poll() is None
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate()
    sources[SRC]["setup"]["answer_timeout_s"] = 60
    told, _output = play(tmp_path / "next", sources, targets)
    assert not any(result["failed"] for result in told.values())
    assert writes(lab).count("install_appliance") == 1
    again, _output = play(tmp_path / "again", sources, targets)
    assert not any(result["changed"] for result in again.values())


def test_examples_run(lab: Lab, tmp_path: Path) -> None:
    """As they stand in the documentation, but for files and certificates that are the reader's own."""
    for role, name in (("source", SRC), ("target", TGT)):
        appliances.of_image(lab, role, name, "").set_up = True
    module = importlib.import_module("ansible_collections.azlocal.migrate.plugins.modules.appliance_setup")
    first, _show, second = (task.get("azlocal.migrate.appliance_setup") for task in yaml.safe_load(module.EXAMPLES))
    first["vddk"] = from_controller(lab, media.VDDK)
    mine = entra_app(1, tmp_path)
    second["entra_app"] |= {key: mine[key] for key in ("thumbprint", "certificate_path", "certificate_password")}
    told, _output = play(tmp_path / "run", {SRC: host(lab, SRC, setup=first)}, {TGT: host(lab, TGT, setup=second)})
    assert {name: (result["failed"], result["changed"]) for name, result in told.items()} == {
        SRC: (False, True),
        TGT: (False, True),
    }
    documented = set(yaml.safe_load(module.RETURN))
    plain = {"changed", "failed", "msg", "diff", "warnings"}
    assert {key for result in told.values() for key in result if not key.startswith("_")} - plain == documented
