# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the lab's environment into Ansible's process before anything connects.

The lab chooses its ports when it starts, after molecule has settled its own environment, and a playbook that is imported
takes no ``environment``. So this reads LAB_STATE/lab.env when a playbook starts.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: lab_env
type: notification
short_description: Environment of the rehearsal lab
description: Exports what C(lab.env) in the folder E(LAB_STATE) says, for molecule only.
"""


class CallbackModule(CallbackBase):
    """Exports lab.env; a lab that does not run yet has none."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "lab_env"

    def v2_playbook_on_start(self, playbook: object) -> None:
        """Lets a shell read lab.env, as a person would, and takes over what it exports."""
        path = Path(os.environ.get("LAB_STATE", "")) / "lab.env"
        if not path.is_file():
            return
        shell = ["sh", "-c", '. "$1" && env -0', "sh", str(path)]
        printed = subprocess.run(shell, check=True, capture_output=True, text=True).stdout
        os.environ.update(pair.split("=", 1) for pair in printed.split("\0") if pair)
