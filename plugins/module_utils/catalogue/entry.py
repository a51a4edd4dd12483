# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One row of the catalogue: what a code means, what to do about it, and whether trying again may help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

# no: the same run ends the same way until somebody changes what was asked.
# later: it passes by itself; run again.
# after_repair: somebody has to mend something outside first; then run again.
# done: nothing is left to do.
Retry = Literal["no", "later", "after_repair", "done"]
RETRIES: tuple[str, ...] = get_args(Retry)


@dataclass(frozen=True, slots=True)
class Meaning:
    """``means`` is a clause without a full stop, ``remedy`` a sentence without one: both fit into longer ones."""

    code: str
    means: str
    remedy: str
    retry: Retry


Row = tuple[str, str, Retry]


def table(rows: Mapping[str, Row]) -> dict[str, Meaning]:
    """Rows by their code, as it is written by whoever says it."""
    return {code: Meaning(code, *row) for code, row in rows.items()}
