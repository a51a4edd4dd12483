# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A resynchronisation: some time after an item is Protected the service finds it due, and does it by itself.

Nobody recorded one. The words are those of the specification; their order and the times are inferred.
"""

from __future__ import annotations

from .state import Azure, ProtectedItem

_DUE_AT_S, _PREPARED_S, _RUNS_S = 120, 60, 600


def plan(azure: Azure, item: ProtectedItem) -> None:
    """Called when the item has become Protected."""
    if azure.switches.resync != "once":
        return

    def due() -> None:
        item.resync_due, item.resync_state = True, "PreparedForResynchronization"
        azure.move(item, "Protected", ["DisableProtection"], item.cause)
        azure.while_so(item, _PREPARED_S, run)

    def run() -> None:
        item.resync_state = "StartedResynchronization"
        item.resync_began, item.resync_seconds = azure.clock.monotonic(), azure.schedule.short(_RUNS_S)
        azure.changed(item)
        azure.while_so(item, _RUNS_S, done)

    def done() -> None:
        stop(item)
        azure.move(item, "Protected", ["PlannedFailover", "DisableProtection"], item.cause)

    azure.while_so(item, _DUE_AT_S, due)


def stop(item: ProtectedItem) -> None:
    """It ends without a result."""
    item.resync_due, item.resync_state, item.resync_began = False, "", None
