# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The subscription that `az account set` has chosen. Tokens of the Azure CLI come through azure-identity."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess

_TIMEOUT_S = 30


def account_subscription() -> str:
    """Its id; nothing where the Azure CLI is missing, not signed in, or says something else."""
    program = shutil.which("az")
    return _asked(program, os.environ.get("AZURE_CONFIG_DIR", "")) if program else ""


@functools.cache  # the Azure CLI takes a second to answer, and one run asks several times
def _asked(program: str, _profile: str) -> str:
    try:
        done = subprocess.run(
            [program, "account", "show", "--output", "json"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
            cwd="/",
        )
        found = json.loads(done.stdout) if done.returncode == 0 else {}
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return ""
    return str(found.get("id") or "") if isinstance(found, dict) else ""
