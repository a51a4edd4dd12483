# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the collection's playbooks as a user does, in a process of their own, and says what came of it."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from lab import names
from lab.runtime import Lab

BIN = Path(sys.executable).parent
VERDICT = "azlocal.migrate.verdict"
SECRETS = (names.CLIENT_SECRET, names.VCENTER_PASSWORD, names.HOST_PASSWORD, names.APPLIANCE_PASSWORD)
_RECAP = re.compile(
    r"^(?P<host>\S+)\s+: ok=(?P<ok>\d+)\s+changed=(?P<changed>\d+)\s+unreachable=(?P<unreachable>\d+)\s+"
    r"failed=(?P<failed>\d+)\s+skipped=(?P<skipped>\d+)\s+rescued=(?P<rescued>\d+)\s+ignored=(?P<ignored>\d+)\s*$",
    re.MULTILINE,
)
_FOREIGN = ("AZURE_", "ARM_", "VMWARE_", "ANSIBLE_", "REQUESTS_", "SSL_CERT_", "AZLOCAL_")
_runs = itertools.count(1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Counts:
    """One line of the recap."""

    ok: int
    changed: int
    unreachable: int
    failed: int
    skipped: int
    rescued: int
    ignored: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Told:
    """What one task said of one host."""

    status: str  # ok | failed | skipped | unreachable
    host: str
    task: str
    action: str
    result: dict[str, Any]

    @property
    def msg(self) -> str:
        return str(self.result.get("msg") or "")

    @property
    def role(self) -> str:
        """``replicate`` of ``azlocal.migrate.replicate : Give each VM its own result``."""
        return self.task.partition(" : ")[0].rsplit(".", 1)[-1]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """One finished ansible-playbook."""

    rc: int
    stdout: str
    stderr: str
    seconds: float
    stats: dict[str, Counts]
    told: list[Told]

    @property
    def text(self) -> str:
        return f"rc {self.rc}\n{self.stdout}\n{self.stderr}"

    def verdicts(self, host: str) -> dict[str, Told]:
        """The verdict of each role on a host."""
        return {told.role: told for told in self.told if told.host == host and told.action == VERDICT}

    def last(self, host: str) -> Told:
        """The last verdict on a host."""
        return [told for told in self.told if told.host == host and told.action == VERDICT][-1]

    def hosts(self, **wanted: int) -> set[str]:
        """The hosts whose recap says so: ``hosts(failed=1)``."""
        return {
            host
            for host, counts in self.stats.items()
            if all(getattr(counts, name) == value for name, value in wanted.items())
        }

    @property
    def changed(self) -> dict[str, int]:
        return {host: counts.changed for host, counts in self.stats.items() if counts.changed}

    @property
    def failed(self) -> set[str]:
        return {host for host, counts in self.stats.items() if counts.failed or counts.unreachable}

    def complaints(self) -> list[str]:
        """What must never be seen: warnings, deprecations, tracebacks, secrets."""
        both = f"{self.stdout}\n{self.stderr}"
        marks = ("[WARNING]", "[DEPRECATION", "Traceback (most recent call last)", "internal error in")
        found = [line for line in both.splitlines() if any(mark in line for mark in marks)]
        return found + [f"a secret of {len(secret)} characters" for secret in SECRETS if secret in both]


def environment(lab: Lab, **more: str | None) -> dict[str, str]:
    """What a shell has after ``. lab.env``, and nothing else of Azure, vCenter or Ansible. None takes a name away."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    given = {
        **own,
        **lab.environment,
        "NO_PROXY": "localhost,127.0.0.1",
        "no_proxy": "localhost,127.0.0.1",
        "ANSIBLE_NOCOLOR": "1",
        "COLUMNS": "400",  # or messages are broken into lines
        **more,
    }
    return {name: value for name, value in given.items() if value is not None}


def command(playbook: str, inventory: Path, *args: str) -> list[str]:
    name = playbook if playbook.endswith(".yml") else f"azlocal.migrate.{playbook}"
    return [str(BIN / "ansible-playbook"), name, "-i", str(inventory), *args]


def run(
    playbook: str,
    lab: Lab,
    *args: str,
    inventory: Path | None = None,
    env: dict[str, str | None] | None = None,
    timeout_s: float = 180,
) -> Run:
    """``ansible-playbook azlocal.migrate.<playbook>`` with the lab's environment and inventory."""
    records = lab.state_dir / f"records-{next(_runs)}.jsonl"
    plugins = Path(__file__).with_name("callback_plugins")
    ours: dict[str, str | None] = {
        "ANSIBLE_CALLBACK_PLUGINS": str(plugins),
        "ANSIBLE_CALLBACKS_ENABLED": "records",
        "AZLOCAL_TEST_RECORDS": str(records),
        **(env or {}),
    }
    began = time.monotonic()
    done = subprocess.run(
        command(playbook, inventory or lab.state_dir / "inventory.yml", *args),
        env=environment(lab, **ours),
        cwd=lab.state_dir,  # no ansible.cfg there
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    lines = records.read_text(encoding="utf-8").splitlines() if records.exists() else []
    return Run(
        rc=done.returncode,
        stdout=done.stdout,
        stderr=done.stderr,
        seconds=time.monotonic() - began,
        stats=recap(done.stdout),
        told=[Told(**json.loads(line)) for line in lines],
    )


def recap(stdout: str) -> dict[str, Counts]:
    """The recap, which is what a person and an automation controller go by."""
    _, _, tail = stdout.rpartition("PLAY RECAP")
    found = (match.groupdict() for match in _RECAP.finditer(tail))
    return {
        match["host"]: Counts(**{name: int(text) for name, text in match.items() if name != "host"}) for match in found
    }
