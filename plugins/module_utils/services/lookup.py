# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After a lost reply: look until the answer is certain, before anything is sent again (cutover.md, step 4)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

EQUAL_READS = 3  # so often must "not there" be read in a row ...
AT_LEAST_S = 300.0  # ... over at least this long, because lists and reads lag behind a write [I]


def until_certain(
    look: Callable[[], T | None],
    *,
    at_least_s: float = AT_LEAST_S,
    pause_s: float = 15.0,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> T | None:
    """What ``look`` finds as soon as it finds something; None once nothing was there for long enough."""
    began, misses = monotonic(), 0
    while True:
        found = look()
        if found:
            return found
        misses += 1
        if misses >= EQUAL_READS and monotonic() - began >= at_least_s:
            return None
        sleep(pause_s)
