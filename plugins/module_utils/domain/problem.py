# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a VM or with what is asked for it, said so that the reader can act on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["block", "warn", "info"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One finding: ``text`` names the thing and why, ``remedy`` what to do, ``field`` the option at fault."""

    code: str
    severity: Severity
    text: str
    remedy: str
    field: str = ""

    @property
    def blocks(self) -> bool:
        return self.severity == "block"


def blocking(problems: Iterable[Problem]) -> list[Problem]:
    """Those that forbid the next step, in their order."""
    return [problem for problem in problems if problem.blocks]
