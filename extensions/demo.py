# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make lab``: two waves of VMware VMs from a wave file to completed VMs on Azure Local, on the rehearsal lab.

Everything after the first line is what a user would type: the lab's environment, ansible-playbook, the playbooks.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LAB = [sys.executable, str(ROOT / "extensions" / "lab")]
WAVES = ("wave_1", "wave_2")


def main() -> int:
    options = _options()
    state: Path = options.state
    began = time.monotonic()
    subprocess.run([*LAB, "stop", "--state", str(state)], check=False, capture_output=True)
    shutil.rmtree(state, ignore_errors=True)
    serve = ["serve", "--state", str(state), "--vms", str(options.vms), "--seed", str(options.seed)]
    subprocess.run([*LAB, *serve, "--speed", str(options.speed)], check=True)
    environment = {**os.environ, **_exports(state / "lab.env")}
    report = state / "report"
    ended = 0
    _say(
        f"{options.vms} VMs in {len(WAVES)} waves go to Azure Local, {options.speed:g} times as fast as the recorded "
        f"services: some minutes; progress is told as it goes"
    )
    try:
        for wave in WAVES:
            _say(f"{wave}: replicate, cut over, verify, complete")
            ended |= _play("migrate", state, environment, "--limit", wave, "-e", "azlocal_progress=on")
        _say("report")
        ended |= _play("report", state, environment, "-e", f"azlocal_report_dir={report}")
    finally:
        subprocess.run([*LAB, "stop", "--state", str(state)], check=False, capture_output=True)
    _say(f"done in {time.monotonic() - began:.0f} s; every request is in {state / 'ledger.jsonl'}")
    if (report / "report.json").is_file():
        print("\n".join(_closing(json.loads((report / "report.json").read_text(encoding="utf-8")))))
        print(f"\nThe report: {report / 'report.html'}", flush=True)
    return ended


def _closing(report: dict[str, Any]) -> list[str]:
    """How many VMs made it; each one that did not, why, and what to do about it."""
    vms: list[dict[str, Any]] = report["vms"]
    left = [vm for vm in vms if vm["phase"] != "completed"]
    lines = [f"{len(vms) - len(left)} of {len(vms)} VMs completed."]
    if left:
        lines += [f"{len(left)} not, each for its own reason:", ""]
    width = shutil.get_terminal_size().columns
    for vm in left:
        why = vm["msg"] or vm["phase_reason"] or vm["phase"]
        told = [f"{vm['name']}: {why}", *([f"do this: {vm['remedy']}"] if vm["remedy"] else [])]
        for indent, text in zip(("  ", "      "), told, strict=False):
            lines += textwrap.wrap(text, width, initial_indent=indent, subsequent_indent="      ")
    return lines


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--state", type=Path, default=ROOT / "build" / "lab", help="folder of the lab (made anew)")
    parser.add_argument("--vms", type=int, default=24, help="how many rows the waves have (24)")
    parser.add_argument("--seed", type=int, default=1, help="which estate (1)")
    parser.add_argument("--speed", type=float, default=60, help="how much faster than the recorded services (60)")
    return parser.parse_args()


def _exports(path: Path) -> dict[str, str]:
    """The variables of a file of ``export NAME='value'`` lines."""
    words = shlex.split(path.read_text(encoding="utf-8"), comments=True)
    return dict(word.split("=", 1) for word in words if "=" in word)


def _play(name: str, state: Path, environment: dict[str, str], *more: str) -> int:
    playbook = str(Path(sys.executable).with_name("ansible-playbook"))
    command = [playbook, f"azlocal.migrate.{name}", "-i", str(state / "inventory.yml"), *more]
    print(f"$ ansible-playbook {' '.join(command[1:])}", flush=True)
    return subprocess.run(command, env=environment, check=False).returncode


def _say(text: str) -> None:
    print(f"\n== {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
