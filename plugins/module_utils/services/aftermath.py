# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After a failed cutover: what may exist on the target decides what may happen next (cutover.md, after a failure).

Nothing there: it may be sent again. A half-made VM that never ran: the VM and its shell are removed, its disks and NICs
are kept, because the next try uses them. A VM that ran, or anything unclear: a person decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..clients.errors import InvalidRequest
from ..domain.ids import name as last_segment
from ..domain.job import Job, Task
from ..domain.phase import FAILOVER_JOB, Observed, Phase, Standing
from ..domain.words import PREPARING_TASK, TURNING_ON_TASK
from . import results
from . import scope as where
from .hosts import HostView, may_have_run
from .observation import Observatory, Subject
from .replication import Step
from .told import explained, state_result

DELETE_TIMEOUT_S = 900


class Aftermath:
    """Decides for one tick; ``hosts`` is what the Azure Local hosts said just now."""

    def __init__(self, see: Observatory, hosts: HostView, *, check: bool) -> None:
        self.see = see
        self.check = check
        self.hosts = hosts

    def step(self, subject: Subject, stands: Standing) -> Step | None:
        """What to do first; None where the cutover may be sent again."""
        seen, item = subject.sight, subject.item
        if not (item.can("PlannedFailover") or item.can("Restart")):
            return self._person(subject, stands, "the service does not allow it to be sent again")
        job = self._job(seen)
        if stands.phase == Phase.FAILED_BEFORE and seen.target is None and not boundary_passed(job):
            return None
        if item.migrate_as_arc:
            return self._person(subject, stands, "with Arc reuse it must not be sent again: open a support case")
        nodes = self.see.cluster_nodes
        missing = self.hosts.unheard(nodes) or list(self.hosts.silent)
        if not nodes or not self.hosts.asked or missing:
            who = f"no answer from {', '.join(missing)}" if missing else "the nodes of the cluster are not known"
            return self._person(subject, stands, f"whether a half-made VM exists is not proved ({who})")
        on_host = self.hosts.vm(item.target_vm_name)
        if seen.target is None and on_host is None:
            return None
        return self._half_made(subject, stands, job, on_host)

    def _job(self, seen: Observed) -> Job | None:
        if seen.job is None or seen.job.display_name != FAILOVER_JOB:
            return None
        return self.see.job(seen.job.id)

    def _half_made(self, subject: Subject, stands: Standing, job: Job | None, on_host: Any) -> Step:
        seen, item = subject.sight, subject.item
        if seen.target is None:
            return self._person(subject, stands, "a VM of its name is on a host, and Azure does not know it")
        instance = self.see.instance(seen.target.arm_id)
        if _ran(instance, on_host, job):
            return self._person(
                subject, stands, "the target VM may have run: decide yourself whether to keep or to remove it"
            )
        if instance is not None:
            if not _ours(instance, {disk.migrate_disk_name.lower() for disk in item.disks}):
                return self._person(subject, stands, "the VM of its name does not hold the migrated disks")
            path = where.vm_instance_path(seen.target.arm_id)
            return self._clean(subject, stands, "half-made target VM", lambda: self._delete(path, where.LOCAL_VM))
        if on_host is not None:
            return self._clean(subject, stands, "half-made VM, still seen on a host,", lambda: None)
        machine = seen.target.arm_id
        return self._clean(subject, stands, "shell of the half-made target VM", lambda: self._delete_shell(machine))

    def _clean(self, subject: Subject, stands: Standing, what: str, send: Callable[[], None]) -> Step:
        result = state_result(subject, stands)
        result.clear(results.CHANGED)
        result.action, result.settled = "clean_up", self.check
        verb = "would be" if self.check else "is"
        result.msg = f"the {what} {verb} removed (it never ran; disks and NICs are kept), then it is cut over anew"
        result.diff = {"before": {"target": "half-made"}, "after": {"target": "none, then cut over"}}
        return Step(subject=subject, result=result, send=send)

    def _delete(self, path: str, version: str) -> None:
        self.see.arm.wait(self.see.arm.delete(path, version), DELETE_TIMEOUT_S)

    def _delete_shell(self, machine_id: str) -> None:
        machine = self.see.arm.get_or_none(machine_id, where.HYBRID_COMPUTE)
        if machine is None:
            return
        if str(machine.get("kind") or "").lower() != "hci":
            raise InvalidRequest(
                f"{last_segment(machine_id)} is not the shell of an Azure Local VM",
                code="not_ours",
                remedy="find out what it is before you remove it",
            )
        self._delete(machine_id, where.HYBRID_COMPUTE)

    def _person(self, subject: Subject, stands: Standing, why: str) -> Step:
        result = state_result(explained(self.see, subject, stands), stands)
        result.msg = f"{result.msg}; {why}"
        result.remedy = "this is for a person to decide; nothing is done to it meanwhile"
        return Step(subject=subject, result=result)


def boundary_passed(job: Job | None) -> bool:
    """Whether something may exist on the target: unclear evidence counts as yes."""
    return was_reached(job.task(PREPARING_TASK) if job else None)


def was_reached(task: Task | None) -> bool:
    """Whether a job came to this task. What a failed job calls the tasks it never began is not recorded [?]."""
    return task is None or task.started_at is not None or task.state not in ("Pending", "Skipped", "Cancelled")


def _ran(instance: Mapping[str, Any] | None, on_host: Mapping[str, Any] | None, job: Job | None) -> bool:
    """Whether the target may ever have run. Without a job that says otherwise it may have."""
    power = (((instance or {}).get("properties") or {}).get("status") or {}).get("powerState")
    if power in ("Running", "Starting", "Stopping", "Paused", "Saved"):
        return True
    task = job.task(TURNING_ON_TASK) if job else None
    if job is None or task is None or task.state == "Succeeded":
        return True
    return on_host is not None and may_have_run(on_host, job.ended_at)


def _ours(instance: Mapping[str, Any], disk_names: set[str]) -> bool:
    """It holds disks that this replication made: a name alone proves nothing."""
    storage = (instance.get("properties") or {}).get("storageProfile") or {}
    attached = [storage.get("osDisk") or {}, *(storage.get("dataDisks") or [])]
    names = {last_segment(str(disk.get("id") or "")).lower() for disk in attached if disk}
    return bool(names) and names <= disk_names
