# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ``ansible-test sanity`` under build/ct, on a copy of what Ansible loads.

    python tools/sanity.py VENV [arguments of ansible-test sanity]

ansible-test insists on a folder named ansible_collections/azlocal/migrate that is no link and a git repository. It
also fetches pip's bootstrap script from a host of its own; a stand-in that calls ensurepip spares the download, so
that package registries are all it needs. Its home, where it keeps its environments, is inside VENV: the first run
takes a minute or more, the later ones seconds, and nothing outside the checkout is touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parent.parent
TREE = ROOT / "build" / "ct" / "ansible_collections" / "azlocal" / "migrate"
# What Ansible never loads has ruff and mypy, and need not follow Ansible's own style.
WORKSHOP = (".ci/", "extensions/", "tests/", "tools/")
NEEDED = ("tests/config.yml", "tests/sanity/")
# pslint needs PowerShell, which is not on the machines that this runs on.
SKIPPED = ("pslint",)

# ensurepip runs in a child: in this process it would leave PIP_CONFIG_FILE=/dev/null behind, and with it the registry.
STAND_IN = """\
import subprocess, sys
subprocess.check_call([sys.executable, "-c", "import ensurepip; ensurepip.bootstrap()"])
arguments = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", *arguments]))
"""


def git(*arguments: str, cwd: Path) -> str:
    """Runs git and returns what it printed."""
    return subprocess.run(["git", *arguments], cwd=cwd, check=True, capture_output=True, text=True).stdout


def copy_tree() -> None:
    """Copies what git knows or would know, the workshop excepted, and makes a repository of it."""
    shutil.rmtree(TREE, ignore_errors=True)
    for name in git("ls-files", "-coz", "--exclude-standard", cwd=ROOT).split("\0"):
        source = ROOT / name
        if name and source.is_file() and (name.startswith(NEEDED) or not name.startswith(WORKSHOP)):
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, TREE / name)
    git("init", "--quiet", cwd=TREE)
    git("add", "--all", cwd=TREE)


def pip_version(python: str) -> str:
    """Asks the installed ansible-test which pip it is going to bootstrap."""
    from ansible_test._internal.python_requirements import get_venv_packages

    return str(get_venv_packages(SimpleNamespace(version=python))["pip"])  # type: ignore[arg-type]


def prepare_home(home: Path, python: str) -> dict[str, str]:
    """Puts the stand-in where ansible-test looks for its download; returns the environment to run with."""
    script = home / ".ansible" / "test" / "cache" / f"get_pip_{pip_version(python).replace('.', '_')}.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(STAND_IN)
    user = Path.home()
    return {
        **os.environ,
        "HOME": str(home),
        # pip still reads the user's configuration and cache.
        "XDG_CONFIG_HOME": os.environ.get("XDG_CONFIG_HOME", str(user / ".config")),
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(user / ".cache")),
        "LC_ALL": "C.UTF-8",
    }


def main() -> None:
    """Copies, prepares, runs."""
    venv, arguments = Path(sys.argv[1]).resolve(), sys.argv[2:]
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    copy_tree()
    environment = prepare_home(venv / "ansible-test-home", python)
    skipped = [word for name in SKIPPED for word in ("--skip-test", name)]
    command = [str(venv / "bin" / "ansible-test"), "sanity", "--python", python, *skipped, *arguments]
    started = time.monotonic()
    status = subprocess.run(command, cwd=TREE, env=environment, check=False).returncode
    verdict = f"{'passed' if status == 0 else 'FAILED'} in {time.monotonic() - started:.0f} s"
    print(f"ansible-test sanity on Python {python}: {verdict} (without {', '.join(SKIPPED)})")
    raise SystemExit(status)


if __name__ == "__main__":
    main()
