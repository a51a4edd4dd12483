# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As an automation controller runs a job template: ansible-runner, with extra variables and a limit."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.playbook import BIN, SECRETS, environment
from ansible_collections.azlocal.migrate.tests.support.stage import Stage

EVENT_MAX = 100_000  # bytes; a controller stores every event as a row


@dataclasses.dataclass
class Job:
    rc: int
    stdout: str
    events: list[dict[str, Any]]
    sizes: list[int]

    @property
    def stats(self) -> dict[str, dict[str, int]]:
        last = [event for event in self.events if event["event"] == "playbook_on_stats"][-1]
        return {key: value for key, value in last["event_data"].items() if isinstance(value, dict)}

    def hosts(self, event: str, task: str) -> set[str]:
        found = [each["event_data"] for each in self.events if each["event"] == event]
        return {data["host"] for data in found if task in data["task"]}


def run_job(stage: Stage, folder: Path, *, limit: str, **extra: Any) -> Job:
    """A private data directory as a controller lays it out, and the command that it calls."""
    for name, content in {
        "env/extravars": yaml.safe_dump(extra),
        "env/settings": yaml.safe_dump({"suppress_env_files": True}),
        "project/keep": "",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    inventory = str(stage.lab.state_dir / "inventory.yml")
    command = [BIN / "ansible-runner", "run", folder, "-p", "azlocal.migrate.migrate", "-i", "job",
               "--inventory", inventory, "--limit", limit]  # fmt: skip
    env = environment(stage.lab, PATH=f"{BIN}:/usr/bin:/bin")
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=180, check=False)
    files = (folder / "artifacts" / "job" / "job_events").glob("*-*.json")
    texts = [path.read_text(encoding="utf-8") for path in files]
    events = sorted((json.loads(text) for text in texts), key=lambda event: event["counter"])
    return Job(done.returncode, done.stdout + done.stderr, events, [len(text) for text in texts])


@pytest.fixture(scope="module")
def stage(set_stage: SetStage) -> Stage:
    return set_stage(vms=4)


@pytest.fixture(scope="module")
def job(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """Three of four VMs; the second fails at its last step. The extra variables overrule the inventory."""
    names = stage.records.movable
    fault = {"kind": "job", "job": "Delete protected item", "vm": names[1], "task": "Prerequisite check"}
    stage.lab.faults.add({**fault, "code": "1000099", "message": "Broken for this test."})
    folder = tmp_path_factory.mktemp("job")
    return run_job(stage, folder, limit=",".join(names[:3]), azlocal_storage_path="UserStorage2", azlocal_timeout_s=120)


def test_the_job_fails_for_the_failed_vm_alone(stage: Stage, job: Job) -> None:
    first, bad, third, out = stage.records.movable
    assert job.rc == 2, job.stdout
    assert job.stats["failures"] == {bad: 1}
    assert job.stats["changed"] == {first: 3, bad: 2, third: 3}
    assert job.stats["dark"] == {}
    assert set(job.stats["processed"]) == {first, bad, third}
    assert job.hosts("runner_on_failed", "Give each VM its own result") == {bad}
    stage.check(wave=[first, bad, third], completed=[first, third])
    assert out not in job.stdout


def test_extra_variables_reach_every_vm(stage: Stage, job: Job) -> None:
    disks = [disk for target in stage.lab.world.target.values() for disk in target.disks]
    assert disks
    assert {disk.storage_path.rsplit("/", 1)[-1] for disk in disks} == {"UserStorage2"}


def test_events_are_small_and_without_secrets_or_warnings(job: Job) -> None:
    assert job.sizes
    assert max(job.sizes) < EVENT_MAX
    assert not [event for event in job.events if event["event"] in ("warning", "deprecated")]
    assert "[WARNING]" not in job.stdout
    assert "[DEPRECATION" not in job.stdout
    said = job.stdout + json.dumps(job.events)
    assert [len(secret) for secret in SECRETS if secret in said] == []


def test_relaunched_on_failed_hosts_it_finishes(stage: Stage, job: Job, tmp_path: Path) -> None:
    [bad] = job.stats["failures"]
    again = run_job(stage, tmp_path, limit=bad, azlocal_storage_path="UserStorage2")
    assert (again.rc, again.stats["failures"]) == (0, {}), again.stdout
    assert set(again.stats["processed"]) == {bad}
    stage.check(wave=stage.records.movable[:3], completed=stage.records.movable[:3])
