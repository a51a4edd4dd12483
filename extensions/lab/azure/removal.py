# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DELETE of a protected item: the end of a replication, or of a migration."""

from __future__ import annotations

from . import health, jobs, resync
from .jobs import Step
from .state import Azure, Job, ProtectedItem
from .wire import JSON

# recorded together as about 280 s
_PREREQUISITE_S, _DELETING_S = 20, 260
_MARKED_AT_S = 200
# where an item may find itself again after a removal that failed; what it was doing in other states is over
_AT_REST = ("Protected", "PlannedFailoverCompleted", "EnablingFailed", "InitialReplicationFailed", "DisablingFailed")


def begin(azure: Azure, item: ProtectedItem, cause: int) -> Job:
    def marked() -> None:
        azure.move(item, "MarkedForDeletion", [], cause)

    steps = [
        Step(name="Prerequisite check", seconds=_PREREQUISITE_S),
        Step(name="Deleting protected item", seconds=_DELETING_S, events=((_MARKED_AT_S, marked),)),
    ]
    job = jobs.make(
        azure, item, "Delete protected item", "DisableProtection", steps, cause,
        object_id=item.id, internal_id=azure.guid(), overtakes=True,
    )  # fmt: skip
    item.copy_began = None
    resync.stop(item)
    before, allowed, provisioning = item.protection, item.allowed, item.provisioning
    azure.move(item, "DisablingProtection", [], cause, provisioning="Deleting")

    def done() -> None:
        item.gone = True
        azure.items.pop(item.name.lower(), None)
        azure.changed(item)
        for disk in item.disks:
            seed = f"{disk['seedDiskName']}.vhdx"
            if azure.world.seeds.pop(seed, None) is not None:
                azure.journal(item, "seed", seed, None, cause)
        azure.world.change_source(item.vm, "config", "replicated", False, cause)
        azure.journal(item, "item", item.protection, None, cause)

    def failed(error: JSON, task: str) -> None:
        health.critical(azure, item, error)
        azure.move(item, "DisablingFailed", ["DisableProtection"], cause, provisioning="Failed")
        if azure.switches.failed_jobs == "as_before" and before in _AT_REST:
            azure.move(item, before, allowed, cause, provisioning=provisioning)

    jobs.run(azure, item, job, steps, done, failed)
    return job
