# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After a lost reply: look until the answer is certain, before anything is sent again (cutover.md, step 4)."""

from __future__ import annotations

from collections.abc import Callable

from ..clients.clock import Clock
from ..clients.errors import Conflict, ReplyLost
from ..domain.item import ProtectedItem
from .observation import Observatory, machine_key

EQUAL_READS = 3  # so often must "not there" be read in a row ...
AT_LEAST_S = 300.0  # ... over at least this long, because lists and reads lag behind a write [I]
PAUSE_S = 15.0


def send_once(
    see: Observatory,
    item_id: str,
    job_name: str,
    send: Callable[[], object],
    done: Callable[[ProtectedItem | None], bool],
) -> None:
    """Send an order about one protected item. A lost reply is settled by looking, and only then may it be sent again.

    ``done`` tells from the item, or its absence, that the order was accepted. A job of that name which was not there
    before tells it too, while the item itself still lags. A refusal of the second try as being in conflict is the
    first one's trace.
    """

    def accepted() -> bool:
        if done(see.item_now(item_id)):
            return True
        known, mine = {job.id for job in see.all_jobs}, machine_key(item_id)
        return any(
            job.id not in known and job.display_name == job_name and machine_key(job.object_name) == mine
            for job in see.jobs_now()
        )

    try:
        send()
        return
    except ReplyLost:
        if until_certain(accepted, clock=see.clock):
            return
    try:
        send()
    except Conflict:
        return
    except ReplyLost:
        if not until_certain(accepted, clock=see.clock):
            raise


def until_certain(look: Callable[[], bool], *, clock: Clock) -> bool:
    """True as soon as ``look`` is; False once it was not for long enough."""
    began, misses = clock.monotonic(), 0
    while not look():
        misses += 1
        if misses >= EQUAL_READS and clock.monotonic() - began >= AT_LEAST_S:
            return False
        clock.sleep(PAUSE_S)
    return True
