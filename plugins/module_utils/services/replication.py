# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replication as wanted: enable it, keep it as wanted, take it back.

observe -> decide (pure, per VM) -> apply. A VM that fails never stops the others; a create is sent once and then
looked for, never sent again blindly (control-plane §2.4, §2.5, §2.8).
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from ..clients.errors import ClientError, Conflict
from ..domain import changes, concerns, wire
from ..domain.marks import Mark
from ..domain.phase import DELETE_JOB, ENABLE_JOB, MOVING, Phase, Standing, standing
from ..domain.problem import Problem
from ..domain.rights import NO_BRIDGE, NO_BRIDGE_REMEDY
from ..domain.source import SourceMachine
from ..domain.spec import Defaults, Wanted, build
from ..domain.target import TargetPlace
from . import results, target
from .lookup import send_once
from .observation import Entry, Observatory, Subject
from .results import Result
from .told import explained, facts, plan, state_result

# Replication is done with these; cutover and completion say what is to be done.
CUTOVER_AND_AFTER = frozenset({Phase.FAILED_BEFORE, Phase.FAILED_AFTER, Phase.FAILED_REMOVE})


@dataclasses.dataclass(kw_only=True, slots=True)
class Step:
    """One decision: what to send for a VM, and the result if it is accepted."""

    subject: Subject
    result: Result
    send: Callable[[], None] | None = None  # None: nothing to do
    wanted: Wanted | None = None
    urgent: bool = False


class Replication:
    """``present`` and ``absent`` for a batch of VMs."""

    def __init__(self, observatory: Observatory, defaults: Defaults, *, check: bool, retry_failed: bool = True) -> None:
        self.see = observatory
        self.defaults = defaults
        self.check = check
        self.retry_failed = retry_failed

    # -- present -----------------------------------------------------------------------------------------------

    def present(self, entries: Sequence[Entry]) -> list[Result]:
        steps = [self._present(subject) for subject in self.see.subjects(entries)]
        self._refuse_twins(steps)
        self._refuse_taken_names(steps)
        return apply(self.see, steps, check=self.check)

    @cached_property
    def place(self) -> TargetPlace:
        return target.place(self.see.arm, self.see.project.fabrics[1].cluster_id)

    def _present(self, subject: Subject) -> Step:
        if subject.seen is None:
            return Step(subject=subject, result=results.unseen(subject.entry, subject.problem))
        stands = standing(subject.seen)
        if stands.phase == Phase.DISCOVERED:
            return self._enable(subject)
        # what could not be removed and was never cut over is the rest of a failed enabling
        never = _never_cut_over(subject)
        if stands.phase in (Phase.FAILED_ENABLE, Phase.FAILED_REMOVE) and never and self.retry_failed:
            return self._remove(subject, stands, "remove_failed")
        later = CUTOVER_AND_AFTER - {Phase.FAILED_REMOVE} if never else CUTOVER_AND_AFTER
        result = state_result(explained(self.see, subject, stands), stands, later=later)
        if subject.seen.item is not None and stands.phase in (Phase.SEEDING, Phase.READY, Phase.READY_HELD):
            return self._drift(subject, result)
        return Step(subject=subject, result=result)

    def _wanted(self, subject: Subject) -> Wanted | list[Problem]:
        return build(subject.entry, subject.sight.source, self.place, self.defaults)

    def _enable(self, subject: Subject) -> Step:
        source = subject.sight.source
        wanted = self._wanted(subject)
        found = concerns.check(source, None if isinstance(wanted, list) else wanted)
        if isinstance(wanted, list):
            found = [*found, *wanted]
        else:
            found = [*found, *wanted.warnings, *wire.unsendable(wanted, self.see.project.version)]
            if not found_run_as(self.see, source):
                found.append(NO_RUN_AS)
        blocking = [problem for problem in found if problem.severity == "block"]
        if blocking or isinstance(wanted, list):
            return Step(subject=subject, result=results.refused(subject.entry, blocking))
        pair = self.pair  # an infrastructure that is not ready is told before any write, in a check too
        result = Result(
            name=results.label(subject.entry),
            host=subject.entry.get("host") or "",
            status=results.CHANGED,
            action="enable",
            phase=Phase.ENABLING,
            settled=self.check,
            msg=f"replication {'would be' if self.check else 'is being'} enabled as {wanted.target_vm_name}",
            diff={"before": {}, "after": plan(wanted)},
            warnings=[problem.text for problem in found],
            extra=facts(subject),
        )
        return Step(subject=subject, result=result, wanted=wanted, send=lambda: self._put(subject, wanted, pair))

    @cached_property
    def pair(self) -> wire.Pair:
        """What every request of this batch names alike."""
        project = self.see.project
        fabric = project.fabrics[1]
        source_agent, target_agent = project.agents
        if not self.place.custom_location_id:
            raise ClientError(
                f"Azure Local instance {fabric.cluster_id.rsplit('/', 1)[-1]}: {NO_BRIDGE}",
                code="no_custom_location",
                remedy=NO_BRIDGE_REMEDY,
            )
        return wire.Pair(
            cluster_id=fabric.cluster_id,
            custom_location_id=self.place.custom_location_id,
            region=self.place.region,
            policy_name=project.policy_name,
            extension_name=project.extension_name,
            source_agent=source_agent.name,
            target_agent=target_agent.name,
        )

    def _put(self, subject: Subject, wanted: Wanted, pair: wire.Pair) -> None:
        source, before = subject.sight.source, subject.sight.mark
        source = dataclasses.replace(source, run_as_account_id=found_run_as(self.see, source))
        version = self.see.project.version
        body = wire.create_body(wanted, source, pair, version)
        path = f"{self.see.project.vault_id}/protectedItems/{source.machine_id.rsplit('/', 1)[-1]}"
        wave = str(subject.entry.get("wave") or "")
        mark = Mark(wave=wave, enabled_at=self.see.clock.now())
        self.see.write_mark(source, mark)
        try:
            send_once(
                self.see, path, ENABLE_JOB, lambda: self.see.arm.put(path, version, body), lambda item: item is not None
            )
        except ClientError as error:
            if isinstance(error, Conflict) and self.see.arm.get_or_none(path, version) is not None:
                return  # the item is being made already, by us or by someone else
            self.see.take_back(source, before, mark, error)
            raise

    def _drift(self, subject: Subject, result: Result) -> Step:
        wanted, item = self._wanted(subject), subject.item
        if isinstance(wanted, list):
            result.warnings.extend(problem.text for problem in wanted)
            return Step(subject=subject, result=result)
        drift = changes.drift(wanted, item)
        if drift.immutable:
            fields = ", ".join(sorted(drift.immutable))
            problem = Problem(
                code="blocked_drift",
                severity="block",
                text=f"{fields} differ(s) from what is replicating and cannot be changed any more",
                remedy="give the values that are replicating, or remove the replication and enable it anew",
            )
            blocked = results.blocked(subject.entry, [problem], phase=result.phase, extra=result.extra)
            blocked.diff = changes.Drift(immutable=drift.immutable).plain()
            return Step(subject=subject, result=blocked)
        if not drift.updatable:
            return Step(subject=subject, result=result)
        if not item.can("DisableProtection") or item.can("CommitFailover"):
            result.warnings.append("it will be changed as wanted once the service allows updates")
            return Step(subject=subject, result=result)
        fields = ", ".join(sorted(drift.updatable))
        result.status, result.action, result.diff = results.CHANGED, "update", drift.plain()
        result.msg = f"{fields} {'would be' if self.check else 'is'} changed"
        body = wire.update_body(drift)
        return Step(
            subject=subject,
            result=result,
            send=lambda: self._patch(item.id, body),
        )

    def _patch(self, item_id: str, body: dict[str, Any]) -> None:
        """PATCH is idempotent in what it says; the next look tells whether a lost one arrived."""
        self.see.arm.patch(item_id, self.see.project.version, body)

    def _refuse_twins(self, steps: Sequence[Step]) -> None:
        """The same target name twice in one batch: neither is sent."""
        names = Counter(_target_key(step.wanted) for step in steps if step.wanted)
        for step in steps:
            if step.wanted and names[_target_key(step.wanted)] > 1:
                self._block(
                    step,
                    Problem(
                        code="name_twice",
                        severity="block",
                        text=f"target name {step.wanted.target_vm_name} is wanted by more than one VM of this wave",
                        remedy="give each a target_vm_name of its own",
                    ),
                )

    def _refuse_taken_names(self, steps: Sequence[Step]) -> None:
        """A machine or another item with that name exists: the service would fail, hours later."""
        groups = {step.wanted.target_resource_group_id for step in steps if step.wanted}
        taken = self.see.targets(groups)
        items = {
            f"{item.target_resource_group_id}/{item.target_vm_name}".lower(): item for item in self.see.items.values()
        }
        untold = not all(item.target_vm_name for item in self.see.items.values())
        for step in steps:
            if step.wanted is None or step.wanted.arc == "reuse":
                continue
            name, group = step.wanted.target_vm_name, step.wanted.target_resource_group_id
            path = f"{group}/providers/Microsoft.HybridCompute/machines/{name}".lower()
            holder = items.get(_target_key(step.wanted))
            if path in taken or holder:
                what = f"replicating VM {holder.source_vm_name}" if holder else "an existing machine"
                text = f"target name {name} is held by {what} in {group.rsplit('/', 1)[-1]}"
                remedy = "choose another target_vm_name, or remove what holds it"
                self._block(step, Problem(code="name_taken", severity="block", text=text, remedy=remedy))
            elif untold:
                step.result.warnings.append(UNTOLD_NAMES)

    @staticmethod
    def _block(step: Step, problem: Problem) -> None:
        step.result = results.blocked(step.subject.entry, [problem], phase=Phase.BLOCKED)
        step.send = step.wanted = None

    # -- absent ------------------------------------------------------------------------------------------------

    def absent(self, entries: Sequence[Entry], *, force: bool = False) -> list[Result]:
        """Take replication back before a cutover: seed disks are discarded, the source is not touched."""
        steps = [self._absent(subject, force) for subject in self.see.subjects(entries)]
        return apply(self.see, steps, check=self.check)

    def _absent(self, subject: Subject, force: bool) -> Step:
        if subject.seen is None:
            return Step(subject=subject, result=results.unseen(subject.entry, subject.problem))
        stands = standing(subject.seen)
        item = subject.seen.item
        if item is None or stands.phase in MOVING - {Phase.SEEDING, Phase.RESYNCING, Phase.ENABLING}:
            result = state_result(subject, stands)
            result.status = results.OK
            return Step(subject=subject, result=result)
        if item.active_location == "Recovery" or stands.phase in (Phase.FAILED_AFTER, Phase.MIGRATED, Phase.FOREIGN):
            problem = Problem(
                code="already_migrated",
                severity="block",
                text=f"it has been cut over, or may have been ({stands.reason})",
                remedy="verify it and use state: completed, or run the cutover again; the item is the proof of it",
            )
            return Step(subject=subject, result=results.blocked(subject.entry, [problem], phase=stands.phase))
        return self._remove(subject, stands, "remove", force)

    def _remove(self, subject: Subject, stands: Standing, action: str, force: bool = False) -> Step:
        item = subject.item
        if not (item.can("DisableProtection") or force):
            text = f"the service does not allow it to be removed now ({stands.reason})"
            problem = Problem(code="not_allowed", severity="block", text=text, remedy="wait, then run again")
            return Step(subject=subject, result=results.blocked(subject.entry, [problem], phase=stands.phase))
        result = state_result(subject, stands)
        result.clear(results.CHANGED)
        result.action, result.phase, result.settled = action, Phase.REMOVING, self.check
        result.msg = f"replication {'would be' if self.check else 'is being'} removed ({stands.reason})"
        result.diff = {"before": {"phase": str(stands.phase)}, "after": {"phase": "discovered"}}
        return Step(subject=subject, result=result, send=lambda: self._take_away(subject, force))

    def _take_away(self, subject: Subject, force: bool) -> None:
        """Our own removal clears the mark first: an item that is gone under a mark was removed by someone else."""
        source, before = subject.sight.source, subject.sight.mark
        cleared = Mark(wave=before.wave)
        self.see.write_mark(source, cleared)
        try:
            remove_item(self.see, subject.item.id, force=force)
        except ClientError as error:
            self.see.take_back(source, before, cleared, error)
            raise


def apply(see: Observatory, steps: Sequence[Step], *, check: bool) -> list[Result]:
    """Send what was decided, several at a time; a refusal is that VM's own result."""
    if not check:
        sending = [step for step in steps if step.send]

        def send(step: Step) -> None:
            if step.send:
                step.send()

        for step, outcome in zip(sending, see.arm.map(send, sending), strict=True):
            if isinstance(outcome, ClientError):
                phase = standing(step.subject.seen).phase if step.subject.seen else Phase.UNKNOWN
                step.result = results.failed(step.subject.entry, outcome, action=step.result.action, phase=phase)
    return [step.result for step in steps]


def remove_item(see: Observatory, item_id: str, *, force: bool) -> None:
    """DELETE once; the end of it is an item that is gone."""
    params = {"forceDelete": "true" if force else "false"}
    send_once(
        see,
        item_id,
        DELETE_JOB,
        lambda: see.arm.delete(item_id, see.project.version, params),
        lambda item: item is None or item.protection_state in ("DisablingProtection", "MarkedForDeletion"),
    )


UNTOLD_NAMES = (
    "the list of protected items does not tell their target names: whether another replicating VM is to have the same one "
    "is not known"
)
NO_RUN_AS = Problem(
    code="no_run_as",
    severity="block",
    text="the source appliance has no login to its vCenter",
    remedy="enter the vCenter account in the appliance's configuration manager",
)


def found_run_as(see: Observatory, source: SourceMachine) -> str:
    """The run-as account that the service needs for this VM's vCenter; a VM not yet discovered has its own reason."""
    return see.run_as.get(source.vcenter_id.lower(), "") if source.vcenter_id else "not discovered"


def _never_cut_over(subject: Subject) -> bool:
    seen = subject.sight
    return seen.item is not None and seen.item.active_location != "Recovery" and seen.mark.cutover_at is None


def _target_key(wanted: Wanted) -> str:
    return f"{wanted.target_resource_group_id}/{wanted.target_vm_name}".lower()
