# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a VM's standing and plan are told: the same words in every verb, in a diff, in a report."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ..domain.phase import FAILED, STOPPED, Phase, Standing
from ..domain.spec import Wanted
from . import results
from .observation import Subject
from .results import Result


def plan(wanted: Wanted) -> dict[str, Any]:
    """The plan of one VM as a person reads it in a diff."""
    return {
        "target_vm_name": wanted.target_vm_name,
        "target_resource_group": wanted.target_resource_group_id.rsplit("/", 1)[-1],
        "storage_path": wanted.storage_path_id.rsplit("/", 1)[-1],
        "cpu_cores": wanted.cpu_cores,
        "memory_mb": wanted.memory_mb,
        "generation": wanted.generation,
        "disks": [
            f"{disk.uuid} {disk.size_gb} GB {disk.format}{' (OS)' if disk.is_os else ''}" for disk in wanted.disks
        ],
        "nics": [
            f"{nic.label} -> {(nic.network_id or '').rsplit('/', 1)[-1]}{', keeps its address' if nic.keep_ip else ''}"
            if nic.create
            else f"{nic.label} -> not created"
            for nic in wanted.nics
        ],
    }


def facts(subject: Subject) -> dict[str, Any]:
    """What every result says of a VM beside its status."""
    seen = subject.seen
    if seen is None:
        return {}
    item = seen.item
    size = sum(disk.capacity_bytes or 0 for disk in (item.disks if item and item.disks else seen.source.disks))
    return {
        "instance_uuid": seen.source.instance_uuid,
        "source_power": seen.source.power,
        "target_vm_name": item.target_vm_name if item else str(subject.entry.get("target_vm_name") or ""),
        "target_id": seen.target.arm_id if seen.target else "",
        "target_power": seen.target.power if seen.target else "",
        "health": item.health if item else "",
        "bytes": size,
        "progress_percent": percent(subject),
    }


def percent(subject: Subject) -> float | None:
    """How far the current movement of the VM is, where the service says so."""
    item = subject.seen.item if subject.seen else None
    if item is None:
        return None
    state = item.protection_state
    if state.startswith("PlannedFailover"):
        return 100.0 if state == "PlannedFailoverCompleted" else item.migration_percent
    if state.startswith("Protected"):
        return item.resync_percent if item.resync_required else 100.0
    return item.initial_replication_percent


def state_result(subject: Subject, stands: Standing, *, later: Collection[Phase] = ()) -> Result:
    """The result of a VM for which nothing is to be done: its phase decides ok, failed or blocked.

    ``later`` are phases that a later step of the way deals with: they are none of this verb's business.
    """
    result = Result(
        name=results.label(subject.entry),
        host=subject.entry.get("host") or "",
        phase=stands.phase,
        settled=stands.settled,
        msg=stands.reason,
        extra=facts(subject),
    )
    if stands.phase in later:
        return result
    if stands.phase in FAILED:
        result.status, result.error_code = results.FAILED, str(stands.phase)
        result.remedy = REMEDY.get(stands.phase, "see the job and the events of the vault")
    elif stands.phase in STOPPED:
        result.status, result.error_code = results.BLOCKED, str(stands.phase)
        result.remedy = REMEDY.get(stands.phase, "")
    return result


def follows(subject: Subject, result: Result) -> bool:
    """In a check, a step before this one would have changed the VM: this one would follow, so it is not blocked."""
    if not subject.entry.get("planned"):
        return False
    result.status, result.error_code, result.remedy, result.settled = results.OK, "", "", True
    result.msg = "would follow once the step before it is done"
    result.extra["planned"] = True
    return True


REMEDY = {
    Phase.CONFLICT: "decide which side is right and power the other off; disconnect its NICs first",
    Phase.FAILED_ENABLE: "repair what the health error names, then run again: it is removed and enabled anew",
    Phase.FAILED_SEED: "repair what the health error names, remove the replication (state: absent), enable it anew",
    Phase.FAILED_BEFORE: "repair what the error names, then run the cutover again",
    Phase.FAILED_AFTER: "repair what the error names, then run the cutover again: "
    "a half-made target VM that never ran is removed first",
    Phase.FAILED_REMOVE: "run again; if it stays, remove it in the portal with force",
    Phase.REMOVED_ELSEWHERE: "find out who removed it, then clear the custom attribute azlocal.migrate of the source VM",
    Phase.READY_HELD: "repair what is named, then run again",
    Phase.FOREIGN: "someone else works on this VM: let them finish",
}
