# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cutover: one idempotent tick that takes each VM its next safe step (design: cutover.md).

A planned failover cannot be cancelled. So: guards from lists, fresh reads, mark, POST once, then watch. Run again
and again it does nothing that is not due.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from ..clients.errors import ClientError, Conflict, InvalidRequest
from ..domain import guards, wire
from ..domain.item import ProtectedItem
from ..domain.marks import Mark, decode
from ..domain.phase import FAILOVER_JOB, RUNNING_JOB_STATES, Observed, Phase, Standing, standing
from ..domain.problem import Problem
from ..domain.source import SourceMachine
from ..domain.spec import Defaults, build
from ..domain.unread import ACTING, DEVICES, IDENTITY, against
from ..domain.words import PREPARING_TASK, SHUTDOWN_TASK, TURNING_ON_TASK
from . import results, target
from .aftermath import Aftermath, was_reached
from .hosts import HostView
from .lookup import send_once
from .observation import SKEW, Entry, Observatory, Subject
from .replication import Step, apply
from .results import Result
from .scope import machines_path
from .told import explained, facts, follows, state_result

# Phases of a failed cutover, which may be sent again.
AGAIN = frozenset({Phase.FAILED_BEFORE, Phase.FAILED_AFTER})
# Guards that such a failure of ours explains.
AFTER_FAILURE = frozenset({"health", "power_off", "tools_missing"})
# What must be readable to go on from a phase.
NEEDED = {
    Phase.MIGRATED: DEVICES,
    Phase.COMPLETED: DEVICES,
    Phase.READY: ACTING,
    Phase.FAILED_BEFORE: ACTING,
    Phase.FAILED_AFTER: ACTING,
}
TOOLS_TIMEOUT_S, TOOLS_PAUSE_S = 300, 5
IN_FLIGHT = frozenset({"PlannedFailoverInitiated", "PlannedFailoverCompleting", "PlannedFailoverCompleted"})


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """How the source is stopped."""

    shutdown: str = "service"  # service | none
    both_may_run: bool = False
    force_power_off: bool = False
    shutdown_timeout_s: float = 900
    retry_failed: bool = True

    def __post_init__(self) -> None:
        if self.shutdown == "none" and not self.both_may_run:
            raise InvalidRequest(
                "shutdown: none leaves the source running beside the target",
                code="both_would_run",
                remedy="use shutdown: service, or confirm with i_know_both_will_run: true",
            )


class Cutover:
    """One tick for a batch of VMs."""

    def __init__(self, see: Observatory, options: Options, hosts: Sequence[Mapping[str, Any]], *, check: bool) -> None:
        self.see = see
        self.options = options
        self.check = check
        self.hosts = HostView(hosts)
        self._cache: dict[str, Any] = {}
        self._lock = threading.RLock()

    def tick(self, entries: Sequence[Entry]) -> list[Result]:
        subjects = self.see.subjects(entries, needed=())  # a conflict is told whatever is kept back
        steps = [
            Step(subject=subject, result=results.failed(subject.entry, step)) if isinstance(step, ClientError) else step
            for subject, step in zip(subjects, self.see.arm.map(self._look, subjects), strict=True)
        ]
        # What takes a source off the network waits for nothing; other steps may take minutes.
        apply(self.see, [step for step in steps if step.urgent], check=self.check)
        apply(self.see, [step for step in steps if not step.urgent], check=self.check)
        return [step.result for step in steps]

    def _look(self, subject: Subject) -> Step:
        return self._decide(self._with_power(subject))

    def _with_power(self, subject: Subject) -> Subject:
        """Where there may be a target, its power decides everything: one GET for those VMs alone."""
        if subject.seen is None or subject.seen.target is None:
            return subject
        return dataclasses.replace(subject, seen=self.see.with_power(subject.seen))

    def _decide(self, subject: Subject) -> Step:
        seen = subject.seen
        if seen is None:
            return Step(subject=subject, result=results.unseen(subject.entry, subject.problem))
        stands = standing(seen)
        if stands.phase == Phase.CONFLICT:
            return self._isolate(subject, stands)
        hidden = against(seen.source, NEEDED.get(stands.phase, IDENTITY))
        if hidden:
            return Step(subject=subject, result=results.unseen(subject.entry, hidden[0]))
        if stands.phase == Phase.CUTTING_OVER:
            return self._watch(subject, stands)
        if stands.phase in (Phase.MIGRATED, Phase.COMPLETED):
            return self._settle(subject, stands)
        if stands.phase == Phase.READY:
            return self._start(subject, stands)
        retry = self.options.retry_failed or subject.entry.get("retry")
        if stands.phase in AGAIN and retry:
            return self._again(subject, stands) or self._start(subject, stands)
        result = state_result(explained(self.see, subject, stands), stands, later={Phase.FAILED_REMOVE})
        if stands.phase in (Phase.COMPLETING, Phase.FAILED_REMOVE):  # cut over long ago
            result.settled = True
        elif result.status == results.OK and not follows(subject, result):
            # on its way to ready, or not even replicating
            result.status, result.error_code = results.BLOCKED, "not_ready"
            result.remedy = "wait until it is ready to migrate, then run again"
            result.settled = True
        return Step(subject=subject, result=result)

    def _again(self, subject: Subject, stands: Standing) -> Step | None:
        """A failed cutover, where this tick may take it up: None where it may be sent again."""
        return Aftermath(self.see, self.hosts, check=self.check).step(subject, stands)

    # -- before ------------------------------------------------------------------------------------------------

    def _start(self, subject: Subject, stands: Standing) -> Step:
        seen, protected = subject.sight, subject.item
        again = stands.phase != Phase.READY
        problems = [*_not_yet(subject.entry), *self._problems(subject, protected, seen.source, again=again)]
        result = state_result(subject, stands)
        if problems:
            return Step(subject=subject, result=self._held(subject, problems))
        name = protected.target_vm_name
        result.clear(results.CHANGED)
        result.action, result.phase, result.settled = "cutover", Phase.CUTTING_OVER, self.check
        off = seen.source.power != "on"
        first = "the source, which the failed cutover shut down, is powered on; then the " if off else ""
        verb = "would be" if self.check else "is"
        result.msg = f"{first}planned failover to {name} {verb} sent{'' if self.options.shutdown == 'none' else ', with the source shut down'}"
        result.extra["progress_percent"] = 0.0
        result.diff = {
            "before": {"source": seen.source.power, "target": "none"},
            "after": {"source": "on" if self.options.shutdown == "none" else "off", "target": f"{name} running"},
        }
        step = Step(subject=subject, result=result)
        step.send = lambda: self._send(step, again=again)
        return step

    def _held(self, subject: Subject, problems: Sequence[Problem]) -> Result:
        """Left alone. Where all that stands against it passes by itself, a run that waits takes it up again."""
        held = results.blocked(subject.entry, problems, phase=Phase.READY_HELD, extra=facts(subject))
        if all(problem.code in guards.PASSING for problem in problems):
            held.action, held.settled = "hold", self.check
        return held

    def _problems(
        self, subject: Subject, item: ProtectedItem, source: SourceMachine, *, again: bool = False
    ) -> list[Problem]:
        """The guards that do not hold. After a failure, that failure is why health is not Normal and the source off."""
        place = self._cached("place", self._place)
        wanted = build(subject.entry, source, place, Defaults(subscription_id=self.see.arm.subscription_id))
        found = guards.cutover(item, source, self._around(item), None if isinstance(wanted, list) else wanted)
        return [problem for problem in found if not (again and problem.code in AFTER_FAILURE)]

    def _around(self, item: ProtectedItem) -> guards.Surroundings:
        group = item.target_resource_group_id.lower()
        shared: guards.Surroundings = self._cached("around", self._surroundings)
        names = {
            key.rsplit("/", 1)[-1]: key.rsplit("/", 1)[-1] for key in shared.arm_names if key.startswith(f"{group}/")
        }
        return dataclasses.replace(shared, now=self.see.clock.now(), arm_names=names)

    def _surroundings(self) -> guards.Surroundings:
        """What stands around all cutovers of this tick: a handful of requests, once. Names by their ARM id."""
        groups = {item.target_resource_group_id for item in self.see.items.values()}
        return guards.Surroundings(
            now=self.see.clock.now(),
            clock_ahead=self.see.vcenter.clock_ahead if self.see.vcenter else dt.timedelta(),
            agents_silent=tuple(agent.name for agent in self.see.project.agents if not agent.responsive),
            bridge_status=self._cached("place", self._place).bridge_status,
            arm_names={key: seen.name for key, seen in self.see.targets(groups).items()},
            arm_addresses=self._addresses(groups),
            host_names=self.hosts.names,
        )

    def _cached(self, key: str, read: Any) -> Any:
        """One read a tick for what all VMs share."""
        with self._lock:
            if key not in self._cache:
                self._cache[key] = read()
            return self._cache[key]

    def _place(self) -> Any:
        return target.place(self.see.arm, self.see.project.fabrics[1].cluster_id)

    def _addresses(self, groups: set[str]) -> dict[str, str]:
        held: dict[str, str] = {}
        for nic in target.network_interfaces(self.see.arm, groups).values():
            address = target.addresses(nic)[1]
            if address:
                held[address.lower()] = str(nic["name"])
        return held

    def _send(self, step: Step, *, again: bool) -> None:
        """Fresh reads, guards again, mark, POST once."""
        subject = step.subject
        seen, protected = subject.sight, subject.item
        item, source = self.see.item_now(protected.id), self.see.fresh_source(seen.source)
        if item is None:
            raise InvalidRequest("the protected item is gone", code="item_gone", remedy="look at it, then run again")
        before = decode(source.mark)
        now = dataclasses.replace(seen, item=item, source=source, mark=before, now=self.see.clock.now())
        stands = standing(now)
        if stands.phase not in (AGAIN if again else {Phase.READY}):
            raise Conflict(
                f"it is {stands.phase} by now: {stands.reason}", code="moved_on", remedy="someone else works on it too"
            )
        if self._hold(step, self._problems(subject, item, source, again=again)):
            return
        if again and source.power != "on":
            source = self._restore(now)
            if self._hold(step, [p for p in self._problems(subject, item, source) if p.code != "health"]):
                return
        mark = dataclasses.replace(
            before,
            wave=str(subject.entry.get("wave") or before.wave),
            cutover_at=self.see.clock.now(),
            attempt=before.attempt + 1,
            nics=before.nics or tuple((int(n.nic_id), n.connected, n.start_connected) for n in source.nics),
            addresses=tuple((int(n.nic_id), n.addresses) for n in source.nics if n.addresses) or before.addresses,
            both_may_run=self.options.shutdown == "none",
            target_id=f"{machines_path(item.target_resource_group_id)}/{item.target_vm_name}",
        )
        self.see.write_mark(source, mark)
        self._post(source, item.id, before, mark)

    def _hold(self, step: Step, problems: Sequence[Problem]) -> bool:
        """What a fresh read shows against it stops this VM, before anything is written: for now, or for good."""
        if problems and all(problem.code in guards.PASSING for problem in problems):
            step.result = self._held(step.subject, problems)
        elif problems:
            raise InvalidRequest(
                "; ".join(problem.text for problem in problems), code=problems[0].code, remedy=problems[0].remedy
            )
        return bool(problems)

    def _restore(self, seen: Observed) -> SourceMachine:
        """The failed cutover shut the source down: on again first, as documents want it on until the failover."""
        if self.see.vcenter is None or not self._shut_down_by_us(seen):
            raise InvalidRequest(
                "the source is off, and not by the cutover that failed",
                code="power_off",
                remedy="power it on if it is to be migrated, wait for the next discovery, then run again",
            )
        source = seen.source
        self.see.vcenter.power_on(source.moid, 120)
        deadline = self.see.clock.monotonic() + TOOLS_TIMEOUT_S
        while True:
            source = self.see.fresh_source(source)
            if source.tools == "running" or self.see.clock.monotonic() > deadline:
                return source
            self.see.clock.sleep(TOOLS_PAUSE_S)

    def _shut_down_by_us(self, seen: Observed) -> bool:
        """The failover that failed had come to its shutdown, and the last power-off lies within it."""
        if seen.job is None or seen.job.display_name != FAILOVER_JOB or seen.job.ended_at is None:
            return False
        off = self.see.power_offs([seen]).get(seen.source.moid)
        reached = was_reached(self.see.job(seen.job.id).task(SHUTDOWN_TASK))
        return reached and off is not None and off <= seen.job.ended_at + SKEW

    def _post(self, source: Any, item_id: str, before: Mark, mark: Mark) -> None:
        body = wire.failover_body(self.options.shutdown != "none")
        try:
            send_once(
                self.see,
                item_id,
                FAILOVER_JOB,
                lambda: self.see.arm.post(f"{item_id}/plannedFailover", self.see.project.version, body),
                lambda item: item is not None and item.protection_state in IN_FLIGHT,
            )
        except ClientError as error:
            self.see.take_back(source, before, mark, error)
            raise

    # -- while it runs -----------------------------------------------------------------------------------------

    def _watch(self, subject: Subject, stands: Standing) -> Step:
        """Say which task runs; where the shutdown hangs and the wave says so, power the source off."""
        seen = subject.sight
        result = state_result(subject, stands)
        if seen.job is None or seen.job.display_name != FAILOVER_JOB or seen.job.state not in RUNNING_JOB_STATES:
            return Step(subject=subject, result=result)
        job = self.see.job(seen.job.id)
        running = next((task for task in job.tasks if task.state == "Started"), None)
        if running is None:
            return Step(subject=subject, result=result)
        result = state_result(subject, dataclasses.replace(stands, reason=f"planned failover: {running.name}"))
        result.extra["task"] = running.name
        if (
            running.name in (PREPARING_TASK, TURNING_ON_TASK)
            and self.options.shutdown != "none"
            and self._still_on(seen)
        ):
            return self._isolate(
                subject, Standing(phase=Phase.CONFLICT, reason="the target is made while the source is on")
            )
        if running.name == SHUTDOWN_TASK and self._overdue(running.started_at) and self._still_on(seen):
            if not self.options.force_power_off:
                result.warnings.append("the source has not shut down in time; force_power_off would power it off")
                return Step(subject=subject, result=result)
            result.status, result.action = results.CHANGED, "power_off"
            verb = "would be" if self.check else "is"
            result.msg = f"the guest did not shut down in time and {verb} powered off, as the wave allows"
            return Step(subject=subject, result=result, send=lambda: self._power_off(seen))
        return Step(subject=subject, result=result)

    def _still_on(self, seen: Observed) -> bool:
        """The list was read before the job: only a read after it tells."""
        if seen.source.power != "on" or seen.mark.both_may_run:
            return False
        return self.see.fresh_source(seen.source).power == "on"

    def _overdue(self, since: dt.datetime | None) -> bool:
        return since is not None and (self.see.clock.now() - since).total_seconds() > self.options.shutdown_timeout_s

    def _power_off(self, seen: Observed) -> None:
        if self.see.vcenter is not None:
            self.see.vcenter.power_off(seen.source.moid, 120)

    def _isolate(self, subject: Subject, stands: Standing) -> Step:
        """Both sides run: nobody is powered off by us, but the source leaves the network at once (rule 2)."""
        seen = subject.sight
        result = state_result(subject, stands)
        result.warnings += [problem.text for problem in against(seen.source, DEVICES)]
        connected = [nic for nic in seen.source.nics if nic.connected]
        if not connected or seen.mark.cutover_at is None or seen.mark.both_may_run:
            return Step(subject=subject, result=result)
        result.msg = f"{stands.reason}; the NICs of the source {'would be' if self.check else 'are'} disconnected"
        result.action = "disconnect_source"
        mark = dataclasses.replace(seen.mark, conflict_at=self.see.clock.now())

        def send() -> None:
            self._disconnect(seen)
            with contextlib.suppress(ClientError):  # the network comes first; the mark is for the record
                self.see.write_mark(seen.source, mark)

        return Step(subject=subject, result=result, send=send, urgent=True)

    def _disconnect(self, seen: Observed) -> None:
        if self.see.vcenter is not None:
            wanted = {int(nic.nic_id): (False, False) for nic in seen.source.nics}
            self.see.vcenter.connect_nics(seen.source.moid, wanted, 120)

    # -- after -------------------------------------------------------------------------------------------------

    def _settle(self, subject: Subject, stands: Standing) -> Step:
        """The target runs and the source is off: only now its NICs are set not to connect at power on (step 11)."""
        seen = subject.sight
        result = state_result(subject, stands)
        on = any(nic.start_connected for nic in seen.source.nics)
        if not on or seen.source.power != "off" or seen.target is None or seen.mark.cutover_at is None:
            return Step(subject=subject, result=result)
        if seen.target.power != "Running":
            result.settled, result.msg = self.check, f"the target is {seen.target.power or 'not seen'} yet"
            return Step(subject=subject, result=result)
        result.status, result.action = results.CHANGED, "disconnect_source"
        result.msg = "it runs on Azure Local; the NICs of the source no longer connect at power on"
        result.diff = {"before": {"source_nics": "connect at power on"}, "after": {"source_nics": "stay disconnected"}}
        return Step(subject=subject, result=result, send=lambda: self._disconnect(seen))


def _not_yet(entry: Mapping[str, Any]) -> list[Problem]:
    """What a wave file may ask of a cutover and this version cannot keep: better not at all than at the wrong time."""
    return [
        Problem(
            code="not_supported_yet",
            severity="block",
            text=f"its wave file gives {name}, which this version cannot keep",
            remedy=f"leave {name} out and run the cutover when it is due",
            field=name,
        )
        for name in ("window", "order", "depends_on")
        if entry.get(name)
    ]
