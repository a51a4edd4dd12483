# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes every task result of a run to a file, one JSON object a line, so that tests need not read a terminal's text."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: records
type: notification
short_description: Task results as JSON lines, for the tests of this collection
description: Appends every result to the file that E(AZLOCAL_TEST_RECORDS) names.
"""


class CallbackModule(CallbackBase):
    """Loaded by ``tests/support/playbook.py`` only."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "records"

    def _write(self, status: str, result: Any) -> None:
        # the public names are new in ansible-core 2.19, the others end with 2.23
        host = (result.host if hasattr(result, "host") else result._host).get_name()
        task = result.task if hasattr(result, "task") else result._task
        said = result.result if hasattr(result, "result") else result._result
        line = {"status": status, "host": host, "task": task.get_name(), "action": task.action, "result": dict(said)}
        with open(os.environ["AZLOCAL_TEST_RECORDS"], "a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        self._write("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write("failed", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._write("skipped", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._write("unreachable", result)
