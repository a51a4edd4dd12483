# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's operator: what he does, what he waits for, and how he is asked."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support.appliance_lab import (
    LABSRC,
    LABTGT,
    ask,
    of_image,
    until,
    windows_server,
    with_project,
)
from ansible_collections.azlocal.migrate.tests.support.azure_lab import OFFAZURE, AzureSession
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab import media, names
from lab.appliances import TARGET
from lab.azure import ids
from lab.runtime import Lab
from lab.switches import Switches

Start = Callable[..., Lab]
FOLDER = Path(__file__).parents[3] / "extensions" / "lab"
VDDK = "C:\\Program Files\\VMware\\VMware Virtual Disk Development Kit\\bin\\vixDiskLib.dll"


@pytest.fixture
def bare(lab: Start) -> Start:
    def start(**options: Any) -> Lab:
        return lab(**{"vms": 2, "stage": "bare", **options})

    return start


def with_vddk(one: Any) -> None:
    one.put(VDDK, b"MZ vixDiskLib 8.0.2\n")


class TestWhatHeWaitsFor:
    def test_machines(self, bare: Start) -> None:
        running = bare()
        assert running.operator.act() == ["There is no source appliance yet.", "There is no target appliance yet."]
        assert running.operator.act("labsrc") == ["labsrc: there is no such machine."]

    def test_power(self, bare: Start) -> None:
        running = bare()
        one = of_image(running, set_up=False)
        vm = running.world.source[one.vm]
        running.world.power_off_source(vm, "somebody", 0, graceful=False)
        assert running.operator.act(LABSRC) == ["labsrc: its machine does not run."]
        running.world.power_on_source(vm, "somebody", 0)
        assert running.operator.act(LABSRC) == ["labsrc: Windows is still starting."]
        until(lambda: one.runs)
        first, second = running.operator.act(LABSRC)
        assert "password were set at its console" in first and one.set_up
        assert second == "labsrc: There is no project 'migrate-lab'."
        assert vm.tools_status == "OK" and vm.nics[0].addresses == [one.address]

    def test_software(self, bare: Start) -> None:
        running = bare()
        windows_server(running)
        assert running.operator.act(LABSRC) == ["labsrc: the appliance's software is not installed."]

    def test_vddk_and_the_way_to_azure(self, bare: Start) -> None:
        running = bare(switches=Switches(blocked_ports=("labsrc>management.azure.com:443",)))
        with_project(running)
        one = of_image(running)
        assert running.operator.act(LABSRC) == [
            "labsrc: its project key was generated in the portal.",
            "labsrc: its configuration manager finds no VDDK.",
        ]
        with_vddk(one)
        said = "labsrc: it does not reach management.azure.com at port 443 (TimedOut)."
        assert running.operator.act(LABSRC) == [said]
        running.switches.blocked_ports = ()
        assert "pasted" in running.operator.act(LABSRC)[0]
        assert running.operator.act(LABSRC) == ["labsrc: it is being registered."]

    def test_discovered_servers_and_the_cluster(self, bare: Start) -> None:
        running = bare()
        with_project(running)
        of_image(running, TARGET)
        assert "target appliance comes after discovery" in running.operator.act(LABTGT)[0]
        source = of_image(running)
        with_vddk(source)
        running.switches.unresolved_names = ("*>lab-cl",)
        running.operator.act(LABSRC)
        until(lambda: source.registered_at)
        assert running.operator.act(LABSRC) == ["labsrc: it does not reach lab-cl at port 5985 (NotResolved)."]
        source.services["asrgwy"] = "Stopped"
        running.switches.unresolved_names = ()
        assert running.operator.act(LABSRC) == ["labsrc: its services do not run."]
        assert source.discovery_started_at is None


def test_from_two_machines_to_a_pair(bare: Start) -> None:
    running = bare(operator=True)
    with_project(running)
    source, target = of_image(running, set_up=False), of_image(running, TARGET, set_up=False)
    with_vddk(source)
    until(lambda: target.configured_at, 20)
    assert source.registered_at and source.discovery_started_at and target.registered_at
    assert source.registered_at < source.discovery_started_at < target.registered_at < target.configured_at
    assert running.operator.act() == ["labsrc: nothing is left to do.", "labtgt: nothing is left to do."]
    assert ask(running, LABTGT, "get_appliance")["ClusterCredentials"] is True
    assert ask(running, LABSRC, "get_appliance")["ApplianceJson"]["DiscoveryInitiated"] is True
    for record in ("ledger.jsonl", "world.jsonl"):
        assert source.key not in (running.state_dir / record).read_text()


def test_a_new_machine_of_the_same_name_takes_the_place_of_a_dead_one(bare: Start) -> None:
    running = bare(operator=True)
    with_project(running)
    source, dead = of_image(running), of_image(running, TARGET)
    with_vddk(source)
    until(lambda: dead.configured_at, 20)
    ask(running, names.NODES[0], "remove_appliance_vm", name=LABTGT, files=[])
    agents = f"{ids.TARGET_FABRIC}/fabricAgents"
    azure = AzureSession(running)
    until(lambda: not azure.list(agents)[0]["properties"]["isResponsive"])
    fresh = of_image(running, TARGET)
    assert fresh is not dead
    until(lambda: fresh.configured_at, 20)
    (agent,) = azure.list(agents)
    assert (agent["properties"]["isResponsive"], agent["properties"]["machineId"]) == (True, fresh.id)


@pytest.mark.behaviour("discovery_stuck")
@thrown("discovery_stuck", False, True)
def test_discovery_that_is_stuck(bare: Start, setting: bool) -> None:
    running = bare(switches=Switches(discovery_stuck=setting), speed=6000)
    with_project(running)
    source = of_image(running)
    with_vddk(source)
    azure = AzureSession(running)
    found = f"{ids.SOURCE_SITE}/machines"
    running.operator.act()
    until(lambda: source.registered_at)
    running.operator.act()
    assert source.discovery_started_at
    if setting:
        running.clock.sleep(1)
        assert azure.list(found, OFFAZURE) == []
    else:
        until(lambda: azure.list(found, OFFAZURE))


class TestHowHeIsAsked:
    def run(self, command: str, state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, str(FOLDER), command, "--state", str(state), *arguments]
        return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)

    def test_from_the_command_line(self, tmp_path: Path) -> None:
        assert "no lab runs" in self.run("operator", tmp_path).stderr
        served = self.run("serve", tmp_path, "--stage", "bare", "--estate", "empty", "--operator")
        try:
            assert served.returncode == 0, served.stderr
            assert (tmp_path / "media" / media.OVA).exists()
            for _ in range(2):
                said = self.run("operator", tmp_path)
                assert said.stdout.splitlines() == [
                    "There is no source appliance yet.",
                    "There is no target appliance yet.",
                ]
            assert "labtgt: there is no such machine." in self.run("operator", tmp_path, "--appliance", LABTGT).stdout
            assert "stage bare, operator True" in self.run("status", tmp_path).stdout
            assert (tmp_path / "lab.log").read_text() == ""
        finally:
            self.run("stop", tmp_path)

    def test_one_who_stays_acts_by_himself(self, bare: Start) -> None:
        running = bare(operator=True)
        one = of_image(running, set_up=False)
        until(lambda: one.set_up)
        assert of_image(running, TARGET, set_up=False)
        until(lambda: running.appliances[LABTGT].set_up)
