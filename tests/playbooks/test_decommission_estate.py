# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a finished programme leaves behind, as playbook and as module: listed, refused, removed by name, and again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_estate import VcenterEstate
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.appliance_mark import (
    COMPLETE,
    ApplianceMark,
    encode,
)
from ansible_collections.azlocal.migrate.plugins.modules.estate import EXAMPLES
from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.azure_lab import create_body
from ansible_collections.azlocal.migrate.tests.support.azure_time import TimedAzure
from ansible_collections.azlocal.migrate.tests.support.playbook import Run
from ansible_collections.azlocal.migrate.tests.support.rights_on_lab import settings
from ansible_collections.azlocal.migrate.tests.support.stage import Stage
from lab import names
from lab.azure import ids
from lab.azure.server import of
from lab.host.cluster import ClusterVm

LIST, SHOW, REMOVE = yaml.safe_load(EXAMPLES)
MODULE = "azlocal.migrate.estate"
TARGET = f"cluster/vms/{names.TARGET_APPLIANCE}"
SOURCE = f"vcenter/vms/{names.SOURCE_APPLIANCE}"


@pytest.fixture
def stage(set_stage: SetStage) -> Stage:
    return set_stage(vms=2)


def play(stage: Stage, *wanted: str, args: tuple[str, ...] = (), **more: Any) -> Run:
    return stage.run("decommission_estate", "-e", json.dumps({"azlocal_decommission": wanted}), *args, **more)


def run(stage: Stage, *tasks: dict[str, Any], args: tuple[str, ...] = ()) -> Run:
    path: Path = stage.lab.state_dir / "estate.yml"
    plays = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [*tasks]}]
    path.write_text(yaml.safe_dump(plays), encoding="utf-8")
    return stage.run(str(path), *args)


def writes(stage: Stage, moment: int) -> list[str]:
    """Changes that were sent, scripts that only look aside."""
    return [row.bare for row in stage.records.writes(moment) if not row.is_discovery]


def appliance_on_cluster(stage: Stage) -> None:
    """A machine as target_appliance leaves it: it is known by the folder of its disk."""
    volume = names.STORAGE_PATHS["UserStorage1"][0]
    folder = f"{volume}\\azlocal.migrate\\{names.TARGET_APPLIANCE}\\{'0' * 12}"
    vm = ClusterVm(
        name=names.TARGET_APPLIANCE,
        vm_id="4f6d1b1e-0000-4000-8000-000000000001",
        node=names.NODES[0],
        generation=2,
        cpu_cores=8,
        memory_mb=16384,
        switch="ConvergedSwitch(compute_management)",
        vlan_id=0,
        disk=f"{folder}\\{names.TARGET_APPLIANCE}.vhdx",
        state="Running",
        clustered=True,
        started_at=stage.lab.clock.now(),
    )
    with stage.lab.world.lock:
        stage.lab.cluster.vms[vm.vm_id] = vm


def test_the_playbook_lists_removes_by_name_and_finds_nothing_to_do_again(stage: Stage) -> None:
    appliance_on_cluster(stage)
    moment = stage.records.moment()
    shown = play(stage)
    assert shown.rc == 0 and all(count.changed == 0 for count in shown.stats.values()), shown.text
    assert writes(stage, moment) == [], "a list changes nothing"
    assert ids.VAULT in shown.stdout and f"{TARGET}: " in shown.stdout and "az ad app delete" in shown.stdout
    [found] = [told.result["estate"] for told in shown.told if told.action == MODULE and told.status == "ok"]

    wanted = [one["id"] for one in found if one["safe"]] + [TARGET, SOURCE]
    moment = stage.records.moment()
    planned = play(stage, *wanted, args=("--check",))
    assert planned.rc == 0 and writes(stage, moment) == [], planned.text

    done = play(stage, *wanted)
    assert done.rc == 0, done.text
    assert done.stats["localhost"].changed == 1 and done.stats[names.NODES[0]].changed == 1, done.text
    assert not stage.lab.cluster.vms
    assert [row.name for row in of(stage.lab.servers["azure"]).resources.of("Microsoft.Migrate/MigrateProjects")] == []

    moment = stage.records.moment()
    again = play(stage, *wanted)
    assert again.rc == 0 and all(count.changed == 0 for count in again.stats.values()), again.text
    assert writes(stage, moment) == []
    assert shown.complaints() == planned.complaints() == done.complaints() == again.complaints() == []


def test_a_wrong_name_ends_the_run_before_any_machine_is_removed(stage: Stage) -> None:
    appliance_on_cluster(stage)
    moment = stage.records.moment()
    refused = play(stage, TARGET, ids.POLICY, "no-such-thing")
    assert refused.rc != 0 and "estate_name_unknown" in refused.text
    assert writes(stage, moment) == [] and len(stage.lab.cluster.vms) == 1


def test_what_stands_against_a_machine_is_told_before_any_is_removed(stage: Stage) -> None:
    appliance_on_cluster(stage)
    theirs = next(iter(stage.lab.world.source.values())).name
    nowhere = stage.inventory("nowhere", change=lambda tree: tree["children"].pop("azure_local_hosts"))
    moment = stage.records.moment()
    no_host = play(stage, TARGET, inventory=nowhere)
    assert no_host.rc != 0 and "azure_local_hosts" in no_host.text

    not_ours = play(stage, TARGET, f"vcenter/vms/{theirs}", args=("-e", f"azlocal_source_appliance={theirs}"))
    assert not_ours.rc != 0 and "appliance_not_ours" in not_ours.text
    assert writes(stage, moment) == []

    session = TimedAzure(stage.lab)
    machine = session.machines()[0]
    assert session.put(machine, create_body(machine)).ok
    moment = stage.records.moment()
    busy = play(stage, TARGET, SOURCE)
    assert busy.rc != 0 and "items_left" in busy.text
    assert writes(stage, moment) == [] and len(stage.lab.cluster.vms) == 1


def test_a_run_that_leaves_azure_out_removes_no_machine(stage: Stage) -> None:
    """--limit to the hosts passes over the plays of localhost, and with them all that is looked at first."""
    appliance_on_cluster(stage)
    moment = stage.records.moment()
    limited = play(stage, TARGET, args=("--limit", "azure_local_hosts"))
    assert limited.rc != 0 and "goes only in a run that has listed" in limited.text, limited.text
    assert writes(stage, moment) == [] and len(stage.lab.cluster.vms) == 1
    only_looked = play(stage, args=("--limit", "azure_local_hosts"))
    assert only_looked.rc == 0 and f"{TARGET}: " in only_looked.stdout, only_looked.text


@pytest.mark.parametrize("args", [(), ("--check",)], ids=["real", "check"])
def test_a_run_that_leaves_the_hosts_out_removes_nothing(stage: Stage, args: tuple[str, ...]) -> None:
    """The fabric must not go while the machine still reports to it. Only a localhost of the inventory can be limited to."""
    appliance_on_cluster(stage)
    inventory = stage.inventory("with_localhost", change=lambda tree: tree.update(hosts={"localhost": {}}))
    moment = stage.records.moment()
    limit = ("--limit", "localhost", *args)
    limited = play(stage, TARGET, SOURCE, ids.EXTENSION, ids.TARGET_FABRIC, args=limit, inventory=inventory)
    assert limited.rc != 0 and "looked for it in this run" in limited.text, limited.text
    assert writes(stage, moment) == [] and len(stage.lab.cluster.vms) == 1


def test_names_that_the_hosts_do_not_know_remove_nothing(stage: Stage) -> None:
    appliance_on_cluster(stage)
    named = {"azlocal_decommission": [TARGET, ids.EXTENSION, ids.TARGET_FABRIC]}
    inventory = stage.inventory("own", change=lambda tree: tree.update(hosts={"localhost": named}))
    moment = stage.records.moment()
    done = stage.run("decommission_estate", inventory=inventory)
    assert done.rc != 0 and "removed it in this run" in done.text, done.text
    assert writes(stage, moment) == [] and len(stage.lab.cluster.vms) == 1


def test_the_machine_of_the_source_appliance_may_have_a_name_of_its_own(stage: Stage) -> None:
    machine = next(iter(stage.lab.world.source.values()))
    mark = ApplianceMark(name=machine.name, sha256="0" * 64, run="1", step=COMPLETE)
    with VcenterEstate(settings(stage.lab)) as vcenter:
        vcenter.set_mark(machine.moid, encode(mark))
    named, wanted = ("-e", f"azlocal_source_appliance_vm={machine.name}"), f"vcenter/vms/{machine.name}"
    shown = play(stage, args=named)
    assert shown.rc == 0 and wanted in shown.stdout, shown.text
    done = play(stage, wanted, args=named)
    assert done.rc == 0, done.text
    assert machine.instance_uuid.lower() not in stage.lab.world.source
    again = play(stage, wanted, args=named)
    assert again.rc == 0 and all(count.changed == 0 for count in again.stats.values()), again.text


def test_the_names_of_project_and_appliances_may_be_defaults_of_the_group(stage: Stage) -> None:
    common = ("resource_group", "project", "source_appliance")
    group = {name: LIST[MODULE][name] for name in common} | {"target_appliance": names.TARGET_APPLIANCE}
    listed = run(stage, {**LIST, MODULE: {}, "module_defaults": {"group/azlocal.migrate.azure": group}})
    assert listed.rc == 0 and listed.told[0].result["estate"], listed.text


def test_the_examples_of_the_module(stage: Stage) -> None:
    moment = stage.records.moment()
    planned = run(stage, LIST, REMOVE, args=("--check", "--diff"))
    assert planned.rc == 0 and writes(stage, moment) == [], planned.text
    done = run(stage, LIST, SHOW, REMOVE)
    assert done.rc == 0, done.text
    assert done.told[2].result["steps"] == planned.told[1].result["steps"]
    assert {one["kind"] for one in done.told[2].result["estate"]}.isdisjoint(REMOVE["vars"]["wanted"])
    assert done.told[2].result["diff"]["before"].keys() >= {ids.VAULT}
    assert planned.complaints() == done.complaints() == []
