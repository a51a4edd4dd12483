# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""First contact as a user runs it: nothing written, nothing changed, one readable line a fact, files only when asked."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.identifiers import identifiers_of, told_of
from ansible_collections.azlocal.migrate.tests.support.playbook import Run
from ansible_collections.azlocal.migrate.tests.support.stage import Stage, awkward_localhost

TITLES = [
    "CONTRADICTED: not as we assume",
    "failed: could not be read",
    "settled: as we assume",
    "not seen: nothing here",
]


@pytest.fixture(scope="module")
def stage(set_stage: SetStage) -> Stage:
    return set_stage(vms=3)


@pytest.fixture(scope="module")
def folder(stage: Stage) -> Path:
    return stage.lab.state_dir / "told"


@pytest.fixture(scope="module")
def run(stage: Stage, folder: Path) -> Run:
    done = stage.run("first_contact", "-e", f"azlocal_first_contact_dir={folder}")
    assert done.rc == 0, done.text
    return done


def report(run: Run) -> list[str]:
    [told] = [told for told in run.told if told.action == "ansible.builtin.debug"]
    lines: list[str] = told.result["msg"]
    return lines


def test_it_changes_nothing_and_complains_of_nothing(run: Run, stage: Stage) -> None:
    assert run.complaints() == []
    assert run.changed == {}
    assert set(run.stats) == {"localhost"}
    assert stage.records.writes() == []


def test_it_prints_one_line_a_fact_under_four_titles(run: Run) -> None:
    lines = report(run)
    titles = [line for line in lines if not line.startswith("  ")]
    assert [title.partition(" (")[0].startswith(wanted) for title, wanted in zip(titles, TITLES, strict=True)] == [
        True
    ] * 4
    assert titles[0].endswith("(0)")
    assert titles[1].endswith("(0)")
    assert [line for line in lines if line.startswith("  ") and ("[" not in line or ": " not in line)] == []
    assert all(json.dumps(line)[1:-1] in run.stdout for line in lines)


def test_neither_output_nor_files_name_the_tenant(run: Run, stage: Stage, folder: Path) -> None:
    known = identifiers_of(stage.lab)
    assert told_of(known, run.stdout.replace(str(folder), "")) == []
    written = sorted(folder.iterdir())
    assert [path.name for path in written] == ["azure.json", "facts.json", "vcenter.json"]
    for path in written:
        assert told_of(known, path.read_text(encoding="utf-8")) == [], path.name


def test_a_missing_right_is_said_with_what_to_do(stage: Stage) -> None:
    stage.lab.switches.missing_rights = ("Microsoft.DataReplication/replicationVaults/protectedItems/delete",)
    try:
        done = stage.run("first_contact")
    finally:
        stage.lab.switches.missing_rights = ()
    assert done.rc == 0
    [line] = [line for line in report(done) if line.startswith("  rights_project")]
    assert "protectedItems/delete] -> give the identity a role" in line


def test_check_mode_writes_no_file(stage: Stage, folder: Path) -> None:
    other = folder.with_name("planned")
    done = stage.run("first_contact", "--check", "-e", f"azlocal_first_contact_dir={other}")
    assert done.rc == 0, done.text
    assert not other.exists()
    assert len(report(done)) > 50


def test_it_needs_neither_a_wave_nor_vcenter(stage: Stage, tmp_path: Path) -> None:
    variables = {key: value for key, value in stage.lab.environment.items() if key.startswith("VMWARE_")}
    inventory = tmp_path / "project.ini"
    inventory.write_text(
        "[all:vars]\nazlocal_resource_group=rg-migrate-lab\nazlocal_project=migrate-lab\n"
        "azlocal_source_appliance=labsrc\nazlocal_target_appliance=labtgt\n"
    )
    done = stage.run("first_contact", inventory=inventory, env=dict.fromkeys(variables))
    assert done.rc == 0, done.text
    assert [line for line in done.complaints() if "implicit localhost" not in line] == []
    assert any("vcenter_version" in line and "no vCenter is named" in line for line in report(done))


def test_variables_for_other_hosts_do_not_lead_it_astray(stage: Stage) -> None:
    """A group variable ansible_connection=winrm is meant for the guests."""
    done = stage.run("first_contact", inventory=stage.inventory("awkward", change=awkward_localhost))
    assert done.rc == 0, done.text


def test_files_are_for_their_owner_alone(run: Run, folder: Path) -> None:
    assert {os.stat(path).st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
