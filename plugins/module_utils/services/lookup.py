# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After a lost reply: look until the answer is certain, before anything is sent again."""

from __future__ import annotations

from collections.abc import Callable

from ..clients.clock import Clock
from ..clients.errors import ClientError, Conflict, ReplyLost
from ..domain.ids import same_id
from ..domain.item import ItemJob, ProtectedItem
from ..domain.job import Job
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
    before tells it too, the item's own current one or one of the list, while the rest still lags. A second try that
    is refused as being in conflict may be the trace of the first: that too is settled by looking. Where a look fails,
    nothing is certain, and it ends as the lost reply that it is.
    """

    def is_new(job: Job | ItemJob) -> bool:
        return job.display_name == job_name and not any(same_id(job.id, known.id) for known in see.all_jobs)

    def accepted() -> bool:
        item = see.item_now(item_id)
        if done(item) or (item is not None and item.current_job is not None and is_new(item.current_job)):
            return True
        mine = machine_key(item_id)
        return any(machine_key(job.object_name) == mine and is_new(job) for job in see.jobs_now())

    def found(lost: ReplyLost) -> bool:
        try:
            return until_certain(accepted, clock=see.clock)
        except ClientError as error:  # a look that fails tells nothing: the end is as unclear as it was
            raise lost from error

    try:
        send()
        return
    except ReplyLost as first:
        if found(first):
            return
        lost = first
    try:
        send()
    except Conflict:
        if not found(lost):
            raise
    except ReplyLost as second:
        if not found(second):
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
