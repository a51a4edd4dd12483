# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verification of migrated VMs, and the completion that stands on it: recomputed each time, never remembered."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from ..clients.errors import ClientError, Conflict, InvalidRequest
from ..domain.checks import NAMES, Evidence, TargetFacts, evaluate, may_pass_later, verified
from ..domain.phase import Observed, Phase, Standing, standing
from ..domain.problem import Problem
from ..domain.spec import Defaults, Wanted, build
from ..domain.unread import DEVICES
from . import results, target
from .hosts import HostView
from .observation import Entry, Observatory, Subject
from .replication import Step, apply, remove_item
from .results import Result
from .told import follows, state_result

FORCE = (
    "If the service refuses it again, complete this VM with force: true (azlocal_force); that may leave seed disks behind "
    "on the storage path, so look there afterwards"
)
# Where there is a target to look at; a removal that failed took nothing from it.
CAN_BE_VERIFIED = frozenset({Phase.MIGRATED, Phase.COMPLETED, Phase.FAILED_REMOVE})


class Verification:
    """Checks for a batch of VMs; ``complete`` deletes the protected items of those that pass."""

    def __init__(
        self,
        see: Observatory,
        defaults: Defaults,
        hosts: Sequence[Mapping[str, Any]],
        *,
        check_mode: bool,
        retry_failed: bool = True,
        force: bool = False,
    ) -> None:
        self.see = see
        self.defaults = defaults
        self.hosts = HostView(hosts)
        self.check_mode = check_mode
        self.retry_failed = retry_failed
        self.force = force
        self._nics: dict[str, dict[str, Any]] = {}

    def verify(self, entries: Sequence[Entry], names: Sequence[str] = ()) -> list[Result]:
        unknown = sorted(set(names) - set(NAMES))
        if unknown:
            raise InvalidRequest(
                f"unknown checks: {', '.join(unknown)}", code="unknown_check", remedy=f"choose of {', '.join(NAMES)}"
            )
        return [self._verdict(subject, evidence, names) for subject, evidence in self._look(entries)]

    def complete(self, entries: Sequence[Entry]) -> list[Result]:
        """Complete what is verified; refuse the rest and say which check stands against it."""
        steps = [self._complete(subject, evidence) for subject, evidence in self._look(entries)]
        return apply(self.see, steps, check=self.check_mode)

    # -- looking -----------------------------------------------------------------------------------------------

    def _look(self, entries: Sequence[Entry]) -> list[tuple[Subject, Evidence | ClientError | None]]:
        subjects = self.see.subjects(entries, DEVICES)
        migrated = [s for s in subjects if s.seen and s.seen.mark.cutover_at]
        groups = {s.seen.mark.target_id.split("/providers/")[0] for s in migrated if s.seen and s.seen.mark.target_id}
        self._nics = target.network_interfaces(self.see.arm, groups) if groups else {}
        ends = self.see.power_offs([s.seen for s in migrated if s.seen])
        place = target.place(self.see.arm, self.see.project.fabrics[1].cluster_id) if migrated else None

        def look(subject: Subject) -> Evidence | None:
            seen = subject.seen
            if seen is None or seen.mark.cutover_at is None:
                return None
            wanted = build(subject.entry, seen.source, place, self.defaults) if place else []
            if not isinstance(wanted, Wanted) and seen.item is not None:  # without intent there is nothing to compare
                raise InvalidRequest(
                    "; ".join(problem.text for problem in wanted) or "what was wanted is not known",
                    code="no_intent",
                    remedy="give the values that it was replicated with; it is not completed without them",
                )
            return self._evidence(seen, wanted if isinstance(wanted, Wanted) else None, ends)

        return list(zip(subjects, self.see.arm.map(look, subjects), strict=True))

    def _evidence(self, seen: Observed, wanted: Wanted | None, ends: dict[str, dt.datetime]) -> Evidence:
        instance = self.see.instance(seen.target.arm_id) if seen.target else None
        facts: TargetFacts | None = target.facts(instance, self._nics) if instance else None
        name = seen.target.name if seen.target else (wanted.target_vm_name if wanted else "")
        return Evidence(
            source=seen.source,
            wanted=wanted,
            item=self._fresh_item(seen),
            target=facts,
            host=self.hosts.facts(name),
            hosts_asked=self.hosts.asked,
            hosts_silent=self.hosts.silent,
            powered_off_at=ends.get(seen.source.moid),
            addresses={str(key): addresses for key, addresses in seen.mark.addresses},
            now=self.see.clock.now(),
        )

    def _fresh_item(self, seen: Observed) -> Any:
        return self.see.item_now(seen.item.id) if seen.item else None

    # -- judging -----------------------------------------------------------------------------------------------

    def _verdict(self, subject: Subject, evidence: Evidence | ClientError | None, names: Sequence[str] = ()) -> Result:
        if isinstance(evidence, ClientError):
            return results.failed(subject.entry, evidence, action="verify")
        if subject.seen is None:
            return results.unseen(subject.entry, subject.problem)
        stands = self._standing(subject.seen, evidence)
        result = state_result(subject, stands, later=CAN_BE_VERIFIED)
        result.action = "verify"
        if evidence is None or stands.phase not in CAN_BE_VERIFIED:
            if result.status == results.OK and not follows(subject, result):
                result.status, result.error_code = results.BLOCKED, "not_migrated"
                result.remedy = "cut it over first (azlocal.migrate.cutover)"
            return result
        if follows(subject, result):  # a step before this one would still change what is checked here
            return result
        checks = evaluate(evidence, names)
        result.extra["checks"] = [check.as_dict() for check in checks]
        result.extra["target_power"] = evidence.target.power if evidence.target else ""
        open_ones = [check.name for check in checks if check.result == "not_checked"]
        if verified(checks):
            result.msg = f"verified by {len(checks) - len(open_ones)} checks"
            if open_ones:
                result.msg += f"; not checked: {', '.join(open_ones)}"
            if stands.phase != Phase.COMPLETED and not names:  # some of the checks prove nothing
                result.phase = Phase.VERIFIED
            return result
        bad = [check for check in checks if check.result == "failed"]
        result.status = results.FAILED
        result.error_code = bad[0].name if bad else "not_verified"
        result.msg = (
            "; ".join(
                f"{check.name}: expected {check.expected or 'it'}, seen {check.seen or 'nothing'} ({check.observer})"
                for check in bad
            )
            or f"not seen: {', '.join(open_ones)}"
        )
        result.remedy = "repair what the check names, then verify again; the protected item is kept until then"
        result.settled = not may_pass_later(checks)
        return result

    @staticmethod
    def _standing(seen: Observed, evidence: Evidence | ClientError | None) -> Standing:
        if isinstance(evidence, Evidence) and evidence.target and seen.target:
            powered = dataclasses.replace(seen.target, power=evidence.target.power)
            seen = dataclasses.replace(seen, target=powered, item=evidence.item)
        return standing(seen)

    def _complete(self, subject: Subject, evidence: Evidence | ClientError | None) -> Step:
        result = self._verdict(subject, evidence)
        stands = self._standing(subject.seen, evidence) if subject.seen else None
        if subject.seen and stands and stands.phase == Phase.FAILED_REMOVE and not self.retry_failed:
            return Step(subject=subject, result=state_result(subject, stands))
        if subject.seen is not None and result.phase in (Phase.COMPLETED, Phase.COMPLETING):
            if result.phase == Phase.COMPLETING:  # its proof was given before the DELETE was sent
                result.status, result.error_code, result.remedy = results.OK, "", ""
            return Step(subject=subject, result=result)
        if result.phase != Phase.VERIFIED:
            if result.status == results.FAILED:
                result.msg = f"not completed, because it is not verified: {result.msg}"
            result.settled = True
            return Step(subject=subject, result=result)
        item = evidence.item if isinstance(evidence, Evidence) else None
        if item is None or not (item.can("DisableProtection") or self.force):
            problem = Problem(
                code="not_allowed", severity="block", text="the service does not allow it now", remedy="run again later"
            )
            return Step(subject=subject, result=results.blocked(subject.entry, [problem], phase=result.phase))
        item_id = item.id
        result.status, result.action, result.phase = results.CHANGED, "complete", Phase.COMPLETING
        result.settled = self.check_mode
        verb = "would be" if self.check_mode else "is being"
        result.msg = f"migration {verb} completed ({result.msg})"
        result.diff = {"before": {"protected_item": "present"}, "after": {"protected_item": "absent"}}
        return Step(subject=subject, result=result, send=lambda: self._delete(item_id))

    def _delete(self, item_id: str) -> None:
        """Force is for a person to decide: it may leave seed disks behind."""
        try:
            remove_item(self.see, item_id, force=self.force)
        except (Conflict, InvalidRequest) as refusal:
            if not self.force:
                refusal.remedy = ". ".join(filter(None, (refusal.remedy, FORCE)))
            raise
