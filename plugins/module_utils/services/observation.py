# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both worlds, read once and joined by VM: what every bulk verb looks at before it decides anything.

Cost: the project's own reads, one list each of machines, protected items and jobs, one vCenter read. A request per
VM only where the list of protected items leaves out what decides about a VM that is asked for.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import Any

from ..clients.arm import ArmClient
from ..clients.errors import ClientError, DeadlineExceeded, InvalidRequest, PermissionDenied, ReplyLost
from ..clients.vcenter import VcenterClient
from ..domain import selection
from ..domain.item import ProtectedItem
from ..domain.job import Job
from ..domain.marks import ATTRIBUTE, Mark, decode, encode, is_ours
from ..domain.phase import SKEW_S, Observed, TargetSeen
from ..domain.problem import Problem
from ..domain.source import SourceMachine, join, merge
from ..domain.unread import IDENTITY, against
from . import scope as where
from . import target
from .project import Project

Entry = dict[str, Any]
SKEW = dt.timedelta(seconds=SKEW_S)


def machine_key(name: str) -> str:
    """The instance UUID at the end of a discovered machine's (and so a protected item's) name."""
    return name.rsplit("_", 1)[-1].lower()


def _target_id(mark: Mark, item: ProtectedItem | None) -> str:
    """Where its target is: as our cutover said, or as a failover that somebody else sent would make it."""
    if mark.target_id:
        return mark.target_id
    if item is None or not item.protection_state.startswith("PlannedFailover"):
        return ""
    return f"{where.machines_path(item.target_resource_group_id)}/{item.target_vm_name}"


@dataclasses.dataclass(kw_only=True, slots=True)
class Subject:
    """One entry of the wave and what was seen of it; ``problem`` where no single VM answers to it."""

    entry: Entry
    problem: Problem | None = None
    seen: Observed | None = None

    @property
    def sight(self) -> Observed:
        """What was seen, for those that come after the question whether anything was."""
        if self.seen is None:
            raise LookupError(f"nothing was seen of {self.entry.get('name')}")
        return self.seen

    @property
    def item(self) -> ProtectedItem:
        """Its protected item, for those that come after the question whether there is one."""
        if self.sight.item is None:
            raise LookupError(f"{self.sight.source.name} has no protected item")
        return self.sight.item


class Observatory:
    """Lazy, cached reads for one module call."""

    def __init__(self, arm: ArmClient, vcenter: VcenterClient | None, project: Project) -> None:
        self.arm = arm
        self.clock = arm.clock
        self.vcenter = vcenter
        self.project = project
        self._targets: dict[str, TargetSeen] = {}
        self._listed: set[str] = set()
        self._refused: dict[str, ClientError] = {}

    @cached_property
    def machines(self) -> list[SourceMachine]:
        """Every source VM, merged from vCenter and Azure Migrate by instance UUID."""
        site = self.project.source_site_id
        version = self.arm.negotiate(site, where.OFF_AZURE)
        return merge(self.live, self.arm.list(f"{site}/machines", version))

    @cached_property
    def live(self) -> list[dict[str, Any]]:
        return self.vcenter.vms() if self.vcenter else []

    @cached_property
    def run_as(self) -> dict[str, str]:
        """Run-as account id by vCenter id (lower case): the appliance's own login to vCenter."""
        site = self.project.source_site_id
        listed = self.arm.list(f"{site}/vcenters", self.arm.negotiate(site, where.OFF_AZURE))
        return {str(v["id"]).lower(): str((v.get("properties") or {}).get("runAsAccountId") or "") for v in listed}

    @cached_property
    def items(self) -> dict[str, ProtectedItem]:
        """Protected items by instance UUID, as their list shows them: it may be trimmed."""
        listed = self.arm.list(f"{self.project.vault_id}/protectedItems", self.project.version)
        return {machine_key(item.name): item for item in map(ProtectedItem.parse, listed)}

    @cached_property
    def all_jobs(self) -> list[Job]:
        """All jobs of protected items, newest first, trimmed as lists are (control-plane §0.7)."""
        epoch = dt.datetime.min.replace(tzinfo=dt.UTC)
        return sorted(
            (job for job in self.jobs_now() if job.object_name), key=lambda job: job.started_at or epoch, reverse=True
        )

    def jobs_now(self) -> list[Job]:
        """The list of jobs, read afresh."""
        return [Job.parse(job) for job in self.arm.list(f"{self.project.vault_id}/jobs", self.project.version)]

    @cached_property
    def newest_job(self) -> dict[str, Job]:
        newest: dict[str, Job] = {}
        for job in self.all_jobs:
            newest.setdefault(machine_key(job.object_name), job)
        return newest

    def job(self, job_id: str) -> Job:
        """One job with its task tree."""
        return Job.parse(self.arm.get(job_id, self.project.version))

    def item_now(self, item_id: str) -> ProtectedItem | None:
        """One item, read afresh: lists lag."""
        reply = self.arm.get_or_none(item_id, self.project.version)
        return ProtectedItem.parse(reply) if reply else None

    def instance(self, machine_id: str) -> dict[str, Any] | None:
        """The VM instance behind a target machine."""
        return self.arm.get_or_none(where.vm_instance_path(machine_id), where.LOCAL_VM)

    def subjects(self, entries: Iterable[Entry], needed: Collection[str] = IDENTITY) -> list[Subject]:
        """Join every entry with what was seen of it. Of a VM of which vCenter keeps back what is needed that is said."""
        entries = list(entries)
        chosen = [selection.select(entry, self.machines) for entry in entries]
        self._complete({found.instance_uuid.lower() for found in chosen if isinstance(found, SourceMachine)})
        groups = {str(entry.get("target_resource_group") or "") for entry in entries}
        groups |= {item.target_resource_group_id for item in self.items.values()}
        marks = [decode(found.mark) for found in chosen if isinstance(found, SourceMachine)]
        groups |= {mark.target_id.split("/providers/")[0] for mark in marks}
        targets = self.targets({self.project.scope.group_id(group) for group in groups if group})
        now = self.clock.now()
        met: set[str] = set()
        subjects = []
        for entry, found in zip(entries, chosen, strict=True):
            problem = found if isinstance(found, Problem) else self._unusable(entry, found, met, needed)
            if problem is None and isinstance(found, SourceMachine):
                met.add(found.instance_uuid.lower())
                subjects.append(Subject(entry=entry, seen=self._observe(found, targets, now)))
            else:
                subjects.append(Subject(entry=entry, problem=problem))
        return subjects

    def _complete(self, keys: Collection[str]) -> None:
        """Read singly the items of these VMs that the list shows trimmed, several at a time."""
        lacking = [item for key, item in self.items.items() if key in keys and item.trimmed]
        for item, reply in zip(lacking, self.arm.map(lambda item: self.item_now(item.id), lacking), strict=True):
            if isinstance(reply, ClientError):
                raise reply  # nothing may be decided by a trimmed row
            if reply is None:  # it went meanwhile
                del self.items[machine_key(item.name)]
            else:
                self.items[machine_key(item.name)] = reply

    def _unusable(self, entry: Entry, source: SourceMachine, met: set[str], needed: Collection[str]) -> Problem | None:
        """One VM named twice would be ordered twice; a group that may not be read hides what is in it."""
        if source.instance_uuid.lower() in met:
            text = f"an earlier entry names the same VM ({source.name}, {source.instance_uuid})"
            return Problem(code="vm_twice", severity="block", text=text, remedy="keep one of the two")
        error = self._refused.get(self.project.scope.group_id(str(entry.get("target_resource_group") or "")).lower())
        if error is None:
            return next(iter(against(source, needed)), None)
        return Problem(code=error.code or "group_refused", severity="block", text=str(error), remedy=error.remedy)

    def targets(self, groups: set[str]) -> dict[str, TargetSeen]:
        """The machines of these resource groups; each group is listed once in a call."""
        for group in sorted({group.lower() for group in groups if group} - self._listed):
            self._listed.add(group)
            try:
                self._targets.update(target.machines(self.arm, {group}))
            except (PermissionDenied, InvalidRequest) as error:
                self._refused[group] = error  # told to the VMs that are to go there
        return self._targets

    def _observe(self, source: SourceMachine, targets: dict[str, TargetSeen], now: dt.datetime) -> Observed:
        key = source.instance_uuid.lower()
        mark = decode(source.mark)
        item = self.items.get(key)
        return Observed(
            now=now,
            source=source,
            item=item,
            job=self.newest_job.get(key),
            target=targets.get(_target_id(mark, item).lower()),
            mark=mark,
        )

    def fresh_source(self, source: SourceMachine) -> SourceMachine:
        """The same VM read again from vCenter, joined with what Azure Migrate knew of it."""
        if self.vcenter is None or not source.moid:
            return source
        [again] = merge([self.vcenter.vm(source.moid)], [])
        return join(again, source)

    def with_power(self, seen: Observed) -> Observed:
        """Read the target's power state where there may be a target: one GET for that VM.

        The source's was read in a list, before: where both seem to run it is read again, after.
        """
        if seen.target is None:
            return seen
        instance = self.instance(seen.target.arm_id)
        power = (((instance or {}).get("properties") or {}).get("status") or {}).get("powerState") or ""
        seen = dataclasses.replace(seen, target=dataclasses.replace(seen.target, power=power))
        if seen.source.power == "on" and power in ("Running", "Starting"):
            fresh = self.fresh_source(seen.source)
            if not against(fresh, IDENTITY):  # else what the list showed is all that is known
                seen = dataclasses.replace(seen, source=fresh)
        return seen

    def power_offs(self, seen: Iterable[Observed]) -> dict[str, dt.datetime]:
        """By managed object: when each source last went off since its cutover was sent. One event query for all."""
        sent = {one.source.moid: one.mark.cutover_at for one in seen if one.mark.cutover_at and one.source.moid}
        if self.vcenter is None or not sent:
            return {}
        ends: dict[str, dt.datetime] = {}
        for event in self.vcenter.events(list(sent), ["VmPoweredOffEvent"], min(sent.values()) - SKEW):
            if event["at"] >= sent[event["moid"]] - SKEW:
                ends[event["moid"]] = max(ends.get(event["moid"], event["at"]), event["at"])
        return ends

    @cached_property
    def cluster_nodes(self) -> frozenset[str]:
        """Names of the cluster's nodes, lower case and short; empty where Azure does not tell them."""
        cluster = self.arm.get(self.project.fabrics[1].cluster_id, where.CLUSTER)
        reported = (cluster.get("properties") or {}).get("reportedProperties") or {}
        return frozenset(str(node.get("name") or "").lower().partition(".")[0] for node in reported.get("nodes") or [])

    def write_mark(self, source: SourceMachine, mark: Mark) -> None:
        """Write a mark on the source VM, before the act that it announces. Text that is not ours is left alone."""
        if not is_ours(source.mark):
            raise InvalidRequest(
                f"{source.name}: its custom attribute {ATTRIBUTE} holds text that this version did not write",
                code="foreign_mark",
                remedy="use the version that wrote it, or clear the attribute if you know that nothing is under way",
            )
        if self.vcenter is None or not source.moid:
            raise InvalidRequest(
                f"{source.name}: vCenter does not show it, so no mark can be written",
                code="not_in_vcenter",
                remedy="name the vCenter that holds it, and see that the account may read it",
            )
        self.vcenter.set_mark(source.moid, encode(mark))

    def take_back(self, source: SourceMachine, before: Mark, mine: Mark, error: ClientError) -> None:
        """After a refusal nothing is on its way: the mark says again what it said. Unclear ends leave it standing.

        Only our own mark is taken back: where somebody else has written since, theirs is the one that speaks.
        """
        if isinstance(error, ReplyLost | DeadlineExceeded) or self.vcenter is None:
            return
        with contextlib.suppress(ClientError):  # the refusal is what must be told
            if self.vcenter.vm(source.moid).get("mark") == encode(mine):
                self.write_mark(source, before)
