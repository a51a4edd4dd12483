# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Doc fragment: waiting, on the controller, with progress."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Wait until nothing moves by itself any more. The waiting happens on the controller, tick by tick; a run that is
        interrupted is taken up by the next one.
    type: bool
    default: false
  timeout_s:
    description: How long to wait. A VM that is still moving then is reported as failed; it keeps moving.
    type: int
    default: 14400
  poll_interval_s:
    description: Seconds between two looks.
    type: int
    default: 15
  progress:
    description:
      - Whether a line of progress is printed on standard error, on change or once a minute. V(auto) prints only to a
        terminal.
    type: str
    choices: [auto, "on", "off"]
    default: auto
  retry_failed:
    description: Whether what failed in an earlier run is tried again where that is safe.
    type: bool
    default: true
"""
