# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a ``--check`` of many hosts through ``replicate`` takes, by the clock on the wall; the lab's start stands aside.

.venv/bin/python tests/bench/replicate_check.py [--vms 1000] [--limit-s 40] [--profile FILE]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "extensions"))

from ansible_collections.azlocal.migrate.tests.support.playbook import command, environment, recap  # noqa: E402
from ansible_collections.azlocal.migrate.tests.support.stage import Stage  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vms", type=int, default=1000, help="hosts of the wave (1000)")
    parser.add_argument("--limit-s", type=float, default=40, help="what it may take (40)")
    parser.add_argument("--profile", type=Path, help="write cProfile's data of ansible-playbook itself to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder), vms=options.vms)
        try:
            seconds, failed = measured(stage, options.profile)
        finally:
            stage.lab.stop()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"replicate --check, {options.vms} hosts: {seconds:.1f} s (at most {options.limit_s:g} s)")
    print(f"processor {used.ru_utime + used.ru_stime:.1f} s, largest process {used.ru_maxrss / 1024:.0f} MiB")
    return int(failed or seconds > options.limit_s)


def measured(stage: Stage, profile: Path | None) -> tuple[float, bool]:
    """Seconds, and whether anything but the time is wrong."""
    args = command("replicate", stage.lab.state_dir / "inventory.yml", "--check")
    if profile:
        args = [sys.executable, "-m", "cProfile", "-o", str(profile), *args]
    moment, began = stage.records.moment(), time.monotonic()
    done = subprocess.run(args, env=environment(stage.lab), capture_output=True, text=True, check=False)
    seconds = time.monotonic() - began
    requests, stats = stage.records.since(moment), recap(done.stdout)
    planned = sum(counts.changed for counts in stats.values())
    print(f"{len(stats)} hosts, {planned} planned, {len(requests)} requests, {len(done.stdout)} characters of output")
    if done.returncode or any(request.write for request in requests) or not planned:
        print(done.stdout[-2000:], done.stderr[-2000:], file=sys.stderr)
        return seconds, True
    return seconds, False


if __name__ == "__main__":
    sys.exit(main())
