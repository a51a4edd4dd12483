# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pyVmomi of the older generation, in a folder of its own, for tests that run a script with either."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PINNED = ROOT / "requirements" / "pyvmomi8.txt"
FOLDER = ROOT / "build" / "pyvmomi-8"
WITNESS = Path(__file__).with_name("pyvmomi_witness.py")
VERSIONS = ("8", "9")


def folder() -> Path:
    """Where pyvmomi 8 is; installed once, and again when its pin has changed. Skips where pip gets nothing."""
    stamp = FOLDER / "pinned.txt"
    FOLDER.parent.mkdir(exist_ok=True)
    with FOLDER.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may start at once
        if stamp.exists() and stamp.read_bytes() == PINNED.read_bytes():
            return FOLDER
        shutil.rmtree(FOLDER, ignore_errors=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check"]
        done = subprocess.run(
            [*command, "--target", str(FOLDER), "-r", str(PINNED)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"pip cannot install {PINNED.name}: {done.stderr.strip()[-200:]}")
        shutil.copyfile(PINNED, stamp)
    return FOLDER


def witness(version: str, place: Mapping[str, Any]) -> dict[str, Any]:
    """What the witness saw with that version of pyVmomi. ``place``: host, port, ca, user, password."""
    environment = dict(os.environ)
    if version == "8":
        environment["PYTHONPATH"] = str(folder())
    done = subprocess.run(
        [sys.executable, str(WITNESS)],
        input=json.dumps(dict(place)),
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen
