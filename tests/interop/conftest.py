# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other people's clients of Azure against the lab, with nothing but its lab.env. `make interop` installs them."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.cli import start_lab
from lab.runtime import Lab

PLACE = Path(__file__).parents[2] / "build" / "interop"
_FOREIGN = ("AZURE_", "ARM_", "ANSIBLE_", "REQUESTS_", "SSL_CERT_", "IDENTITY_", "MSI_", "PYTHON")


def environment_of(name: str) -> Path:
    """The bin folder of one environment; the test is skipped where it could not be made."""
    missing = PLACE / f"{name}.missing"
    if not (PLACE / name / ".stamp").exists():
        pytest.skip(missing.read_text().strip() if missing.exists() else f"no {PLACE / name}: run 'make interop'")
    return PLACE / name / "bin"


@dataclasses.dataclass(frozen=True)
class Done:
    """What a program said."""

    rc: int
    out: str
    err: str

    def json(self) -> Any:
        assert self.rc == 0, f"{self.out}\n{self.err}"
        return json.loads(self.out)


@dataclasses.dataclass(frozen=True)
class Shell:
    """A shell after ``set -a; . lab.env``, with this folder first on PATH."""

    lab: Lab
    bin: Path

    def run(self, *command: str, timeout_s: float = 120, **more: str | None) -> Done:
        """``more``: variables set after lab.env; None takes one away."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        own["PATH"] = f"{self.bin}:{own['PATH']}"
        sets = [f"{name}={value}" for name, value in more.items() if value is not None]
        gone = [word for name, value in more.items() if value is None for word in ("-u", name)]
        done = subprocess.run(
            ["sh", "-c", '. "$0/lab.env"; exec env "$@"', str(self.lab.state_dir), *gone, *sets, *command],
            env=own,
            cwd=self.lab.state_dir,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def requests(self) -> list[dict[str, Any]]:
        """The ledger so far."""
        return [json.loads(line) for line in (self.lab.state_dir / "ledger.jsonl").read_text().splitlines()]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = start_lab(tmp_path_factory.mktemp("interop") / "lab", vms=6, speed=600)
    yield lab
    lab.stop()


@pytest.fixture(scope="session")
def azure_cli(running: Lab) -> Shell:
    return Shell(running, environment_of("cli"))


@pytest.fixture(scope="session")
def azcollection(running: Lab) -> Shell:
    return Shell(running, environment_of("azcollection"))
