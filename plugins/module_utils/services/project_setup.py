# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes an Azure Migrate project for Azure Local, or takes back what was made of it: look, plan, one step, plan anew.

A run may end anywhere. What it has made is seen by the next one, which goes on from there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from ..clients.arm import ArmClient
from ..clients.errors import ClientError, Conflict, DeadlineExceeded, InvalidRequest, PermissionDenied, ServiceError
from ..domain import ids, ours, project_rules, values
from ..domain.problem import Problem
from ..domain.project_plan import Step, mended, names_wrong_tool, plan
from ..domain.project_removal import Left, Removal, forbidden, group_removal, others_in, removals, staying
from ..domain.project_seen import Seen, Wanted, state_of
from . import scope as where
from .arm_writes import PAUSE_S, Writes
from .project import NotReady
from .project_look import ProjectLook

Json = dict[str, Any]
_TAGS = "providers/Microsoft.Resources/tags/default"
_SAME_STEP = 3  # so often in a row may one step be taken: a lost reply, a reading that lags
_VERSIONS = {
    "group": where.RESOURCES,
    "project": where.MIGRATE_SETUP,
    "solutions": where.MIGRATE_SETUP,
    "assignments": where.AUTHORIZATION,
    "server_site": where.OFF_AZURE[0],
    "master_site": where.OFF_AZURE[0],
}


@dataclasses.dataclass(kw_only=True)
class Outcome:
    """``steps`` are sentences; in check mode those that would be taken."""

    steps: list[str] = dataclasses.field(default_factory=list)
    before: dict[str, Any] = dataclasses.field(default_factory=dict)
    after: dict[str, Any] = dataclasses.field(default_factory=dict)
    seen: Seen = dataclasses.field(default_factory=Seen)
    stays: list[Left] = dataclasses.field(default_factory=list)


class ProjectSetup:
    """One call of the module. An error of it tells what was changed before (``ClientError.done``)."""

    def __init__(self, arm: ArmClient, wanted: Wanted, *, check: bool = False, timeout_s: float = 1800) -> None:
        self.arm, self.wanted, self.check, self.timeout_s = arm, wanted, check, timeout_s
        self.look = ProjectLook(arm, wanted)
        self.writes = Writes(arm, timeout_s=timeout_s)
        self.done: list[str] = []

    # -- present -------------------------------------------------------------------------------------------------

    def present(self) -> Outcome:
        _refuse(project_rules.asked(self.wanted), InvalidRequest)
        seen = self._seen()
        steps = [step for step in plan(self.wanted, seen) if step.writes]
        outcome = Outcome(
            before={step.does: step.before for step in steps}, after={step.does: step.after for step in steps}
        )
        if self.check:
            outcome.steps, outcome.seen = [step.does for step in steps], seen
            return outcome
        try:
            outcome.seen = self._follow(seen)
        except ClientError as error:
            raise error.after(self.done) from error
        outcome.steps = self.done
        return outcome

    def _seen(self) -> Seen:
        """What is there, if it can become what is wanted."""
        seen = self.look.whole()
        _refuse(project_rules.found(self.wanted, seen), NotReady)
        return seen

    def _follow(self, seen: Seen) -> Seen:
        last, times = "", 0
        while steps := plan(self.wanted, seen):
            step = steps[0]
            times = times + 1 if step.key == last else 1
            last = step.key
            if times > _SAME_STEP:
                raise ServiceError(
                    f"it was accepted to {step.does}, and what is read does not show it",
                    code="not_as_written",
                )
            seen = self._take(step, steps, seen)
        return seen

    def _take(self, step: Step, steps: Sequence[Step], seen: Seen) -> Seen:
        """One step, and what is there after it."""
        if step.kind == "register":
            return self._register(step, steps, seen)
        if step.kind == "registered":
            self._registered(step)
            return self._seen()  # what was there before is to be seen only now
        path, version = step.path, _VERSIONS[step.part]
        if step.kind == "settle":
            self.writes.settled(path, version)
            return self._seen()  # what was being deleted may have taken other parts along
        if step.kind == "assignment":
            return self._assign(step, seen)
        if step.kind == "solution":
            made = self._solution(step)
            return dataclasses.replace(seen, solutions={**seen.solutions, ids.name(path).lower(): made})
        if step.kind == "tags":
            found: Any = self._tag(step, version)
        else:
            found = self.writes.put(path, version, dict(step.body))
        self.done.append(step.does)
        return dataclasses.replace(seen, **{step.part: found})

    def _tag(self, step: Step, version: str) -> Json:
        tags = step.body["properties"]["tags"]
        self.writes.send(
            lambda: self.arm.patch(f"{step.path}/{_TAGS}", where.RESOURCES, dict(step.body)),
            lambda: not ours.missing_tags(self.arm.get(step.path, version), tags),
        )
        return self.arm.get(step.path, version)

    def _register(self, step: Step, steps: Sequence[Step], seen: Seen) -> Seen:
        subscription, namespace = ids.segment(step.path, "subscriptions"), ids.name(step.path)
        try:
            reply = self.writes.send(
                lambda: self.arm.post(f"{step.path}/register", where.RESOURCES, None),
                lambda: self._state(step.path) in ("registered", "registering"),
            )
        except PermissionDenied as error:
            raise _unregistered(error, [other for other in steps if other.kind == "register"]) from error
        self.done.append(step.does)
        state = values.text(((reply and reply.body) or {}).get("registrationState")) or "Registering"
        return _with_states(seen, subscription, {namespace: state})

    def _registered(self, step: Step) -> None:
        """Looks until no provider is on its way any more, wherever it has come to."""
        end = self.arm.clock.monotonic() + self.timeout_s
        for namespace in step.body["namespaces"]:
            while self._state(f"{step.path}/providers/{namespace}").endswith("registering"):
                if self.arm.clock.monotonic() >= end:
                    why = f"{namespace} is not registered after {self.timeout_s:g} s"
                    raise DeadlineExceeded(why, code="timeout")
                self.arm.clock.sleep(PAUSE_S)

    def _state(self, provider: str) -> str:
        return values.text(self.arm.get(provider, where.RESOURCES).get("registrationState")).lower()

    def _solution(self, step: Step) -> Json:
        """A new one as planned. One that is mended is read once more first, so that no detail written since is lost."""
        version = where.MIGRATE_SETUP
        if step.before is None:
            made = self.writes.put(step.path, version, dict(step.body))
        else:
            made = self.arm.get(step.path, version)
            if not names_wrong_tool(made):
                return made
            try:
                self.writes.put(step.path, version, mended(made))
            except Conflict as error:  # somebody wrote in between: plan anew from what is there now
                if error.status != 412:
                    raise
                return self.arm.get(step.path, version)
            made = self.arm.get(step.path, version)
        self.done.append(step.does)
        return made

    def _assign(self, step: Step, seen: Seen) -> Seen:
        """An assignment that is there already counts as done: the list of them lags."""
        try:
            self.writes.put(step.path, where.AUTHORIZATION, dict(step.body))
            self.done.append(step.does)
        except Conflict as error:
            if error.code.lower() != "roleassignmentexists":
                raise
        row = {"properties": {**step.body["properties"], "scope": self.wanted.group_id}}
        return dataclasses.replace(seen, assignments=(*seen.assignments, row))

    # -- absent --------------------------------------------------------------------------------------------------

    def absent(self) -> Outcome:
        seen = self.look.rest()
        if seen.group is None or state_of(seen.group) == "deleting":  # a run before this one has begun that
            if seen.group is not None and not self.check:
                self.writes.gone(self.wanted.group_id, where.RESOURCES)
            return Outcome()
        used = self.look.used(seen)
        _refuse(list(forbidden(self.wanted, seen, used)), NotReady)
        steps = removals(self.wanted, seen)
        others = others_in(used.contents, steps)
        planned = [*steps, *group_removal(self.wanted, seen, others)]
        does = [step.does for step in planned]
        outcome = Outcome(
            steps=does,
            before={step.does: step.path for step in planned},
            after=dict.fromkeys(does),
            seen=seen,
            stays=staying(self.wanted, seen, others),
        )
        if not self.check:
            try:
                others = self._take_back(seen, steps, others)
            except ClientError as error:
                raise error.after(self.done) from error
            outcome.steps, outcome.stays = self.done, staying(self.wanted, seen, others)
        return outcome

    def _take_back(self, seen: Seen, steps: Sequence[Removal], others: list[str]) -> list[str]:
        """What is in the group with ours, in the end. The group goes with all that is in it, so that is read once more."""
        for step in steps:
            self._remove(step)
        if group_removal(self.wanted, seen, others):
            others = others_in(self.look.contents(), steps)
            for step in group_removal(self.wanted, seen, others):
                self._remove(step)
        return others

    def _remove(self, step: Removal) -> None:
        self.writes.delete(step.path, _VERSIONS[step.part])
        self.done.append(step.does)


def _with_states(seen: Seen, subscription: str, states: dict[str, str]) -> Seen:
    known = {name: dict(rows) for name, rows in seen.providers.items()}
    known.setdefault(subscription.lower(), {}).update({name.lower(): state for name, state in states.items()})
    return dataclasses.replace(seen, providers=known)


def _refuse(problems: Sequence[Problem], kind: Callable[..., ClientError]) -> None:
    if problems:
        remedies = dict.fromkeys(problem.remedy for problem in problems)
        raise kind(
            "; ".join(dict.fromkeys(problem.text for problem in problems)),
            code=problems[0].code,
            remedy="; ".join(remedies),
        )


def _unregistered(error: ClientError, missing: Sequence[Step]) -> ClientError:
    """All that is missing, so that whoever may register is asked once."""
    by_subscription: dict[str, list[str]] = {}
    for step in missing:
        by_subscription.setdefault(ids.segment(step.path, "subscriptions"), []).append(ids.name(step.path))
    what = "; ".join(f"{', '.join(names)} in subscription {name}" for name, names in by_subscription.items())
    commands = [
        f"az provider register --namespace {namespace} --subscription {name}"
        for name, names in by_subscription.items()
        for namespace in names
    ]
    return PermissionDenied(
        f"resource providers are not registered, and this identity may not register them: {what}",
        code="providers_unregistered",
        remedy=f"Have a Contributor of the subscription run: {'; '.join(commands)}",
        correlation_id=error.correlation_id,
        status=error.status,
    )
