# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real playbook that is killed once the lab has seen its n-th write: SIGKILL, for all of its processes."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import time
from pathlib import Path

from . import playbook
from .stage import Stage

MARK = "AZLOCAL_TEST_KILLED"  # in the environment of every process of the run: workers have sessions of their own
WRITE = b'"write":true'
LOOK_S = 0.003
_runs = itertools.count(1)


def killed_after(stage: Stage, name: str, write: int, timeout_s: float = 600) -> bool:
    """Run it until the lab has seen so many writes of it; one that came to its end before is not killed."""
    mark = f"{MARK}={os.getpid()}-{next(_runs)}"
    ledger, begins = stage.lab.state_dir / "ledger.jsonl", stage.records.moment()
    env = playbook.environment(stage.lab, **dict([mark.split("=")]))
    process = subprocess.Popen(
        playbook.command(name, stage.lab.state_dir / "inventory.yml"),
        env=env,
        cwd=stage.lab.state_dir,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    ends = time.monotonic() + timeout_s
    try:
        while process.poll() is None and writes(ledger, begins) < write:
            if time.monotonic() > ends:
                raise TimeoutError(f"{name} has made {writes(ledger, begins)} writes in {timeout_s} s")
            time.sleep(LOOK_S)
        running = process.poll() is None
    finally:
        while pids := marked(mark):  # again: what was just begun may have been missed
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.poll()
        process.wait()
    stage.records.moment()  # what was on its way is answered and written down
    return running


def writes(ledger: Path, begins: int) -> int:
    with ledger.open("rb") as file:
        file.seek(begins)
        return file.read().count(WRITE)


def marked(mark: str) -> list[int]:
    """The processes with this in their environment; what has ended and was not waited for has none any more."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark.encode() in (place / "environ").read_bytes().split(b"\0"):
                found.append(int(place.name))
    return found
