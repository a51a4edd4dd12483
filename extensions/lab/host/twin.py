# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Python twin of one of the collection's PowerShell scripts is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..runtime import Lab

Params = dict[str, Any]
HOST, APPLIANCE = "host", "appliance"


class ScriptError(Exception):
    """What the script would throw; ``kind`` is PowerShell's FullyQualifiedErrorId."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Twin:
    """``run(lab, place, params, ledger line)``; ``write`` where the script changes something.

    A place is a node of the cluster or an appliance, by name. ``on``: where the script finds what it needs.
    """

    run: Callable[[Lab, str, Params, int], Any]
    write: bool = False
    on: tuple[str, ...] = (HOST,)
    asks: Callable[[Params], bool] = lambda params: not params.get("check")  # of one that writes: whether it does now


def many(value: Any) -> list[Any]:
    """A list, whatever became of it on its way."""
    return [] if value is None else value if isinstance(value, list) else [value]
