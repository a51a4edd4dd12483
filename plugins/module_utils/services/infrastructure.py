# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the replication infrastructure of a pair of appliances, or takes it back: look, plan, one step, plan anew.

A run may end anywhere. What it has made is seen by the next one, which goes on from there.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from ..clients.errors import ClientError, DeadlineExceeded, InvalidRequest, ServiceError
from ..domain.infrastructure import Seen, Wanted
from ..domain.infrastructure_plan import Plan, Step, Wait, plan
from ..domain.infrastructure_problems import asked, passes
from ..domain.infrastructure_removal import plan as removal_plan
from ..domain.problem import Problem
from .infrastructure_read import Reader
from .infrastructure_removal import remains
from .infrastructure_write import Writer
from .project import NotReady, Project

FIRST_PAUSE_S, LONGEST_PAUSE_S = 15.0, 60.0  # before a step is taken once more; each follows an answer that asks for it


@dataclasses.dataclass(kw_only=True)
class Outcome:
    """``steps`` are those taken; in check mode those that would be."""

    steps: Sequence[Step] = ()
    warnings: Sequence[str] = ()
    wait: Wait | None = None
    seen: Seen | None = None

    @property
    def waiting_for(self) -> dict[str, Any] | None:
        return None if self.wait is None else dataclasses.asdict(self.wait)

    def facts(self) -> dict[str, str]:
        """Where the parts are; "" for what is not there."""
        if self.seen is None:
            return {}
        seen = self.seen
        return {
            "vault_id": seen.vault.id if seen.vault else "",
            "policy": seen.policy.name if seen.policy else "",
            "extension": seen.extension.name if seen.extension else "",
            "cache_storage_account_id": seen.account.id if seen.account else "",
        }

    @property
    def diff(self) -> dict[str, dict[str, Any]]:
        """Of what is replaced, as it was before the first step and as it is after the last."""
        before = {step.what: step.before for step in reversed(self.steps)}
        return {"before": before, "after": {step.what: step.after for step in self.steps}}


class Infrastructure:
    """One call of the module. ``done`` tells what was changed, also where it ends in an error."""

    def __init__(self, project: Project, wanted: Wanted, *, check: bool = False, timeout_s: float = 1800) -> None:
        self.wanted, self.check, self.timeout_s = wanted, check, timeout_s
        self.clock = project.arm.clock
        self.reader = Reader(project)
        self.writer = Writer(self.reader, timeout_s=timeout_s)
        self.done: list[Step] = []

    def present(self) -> Outcome:
        _refuse(list(asked(self.wanted)), InvalidRequest)
        seen = self.reader.seen(self.wanted)
        due = self._plan(seen)
        if self.check:
            steps = [step for step in due.steps if step.changes]
            return Outcome(steps=steps, warnings=due.warnings, wait=due.wait, seen=seen)
        with self._told():
            seen, due = self._follow(seen)
        return Outcome(steps=self.done, warnings=due.warnings, wait=due.wait, seen=seen)

    def absent(self) -> Outcome:
        due = removal_plan(remains(self.reader), self.wanted.project, self.wanted.project_id)
        _refuse(due.refusals, NotReady)
        if not self.check:
            with self._told():
                for step in due.steps:
                    self.writer.take_back(step)
                    self._record(step, changed=step.changes)
        return Outcome(steps=[step for step in due.steps if step.changes], warnings=due.warnings)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """An error in the middle says what there is by now."""
        try:
            yield
        except ClientError as error:
            raise error.after(step.does for step in self.done) from error

    def _plan(self, seen: Seen) -> Plan:
        found = plan(seen, self.wanted)
        _refuse(found.refusals, NotReady)
        return found

    def _follow(self, seen: Seen) -> tuple[Seen, Plan]:
        """Step by step, until nothing is left. A step that comes again waits for what it needs to spread."""
        end = self.clock.monotonic() + self.timeout_s
        taken: set[tuple[str, str]] = set()
        pause = FIRST_PAUSE_S
        while (due := self._plan(seen)).steps:
            step = due.steps[0]
            if (step.verb, step.path) in taken and step.verb != "delete":
                if self.clock.monotonic() + pause > end:
                    raise self.writer.failure or _endless(step, self.timeout_s)
                self.clock.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
            taken.add((step.verb, step.path))
            try:
                seen, changed = self.writer.do(seen, step)
            except ClientError as error:
                if not passes(step.kind, error.code, str(error)):
                    raise
                self.writer.failure = error
            else:
                self._record(step, changed=changed)
        return seen, due

    def _record(self, step: Step, *, changed: bool) -> None:
        """What is made once more within this run, after it was taken away again, was made once."""
        if not changed:
            return
        if step in self.done:
            del self.done[self.done.index(step) :]
        self.done.append(step)


def _endless(step: Step, timeout_s: float) -> ClientError:
    if step.verb == "wait":
        return DeadlineExceeded(f"the {step.what} was not there after {timeout_s:g} s", code="timeout")
    return ServiceError(
        f"the {step.what} was accepted, and what is read does not show it after {timeout_s:g} s", code="not_as_written"
    )


def _refuse(refusals: Sequence[Problem], kind: type[ClientError]) -> None:
    """All reasons in one error, with the code of the first."""
    if refusals:
        raise kind(
            "; ".join(problem.text for problem in refusals),
            code=refusals[0].code,
            remedy="; ".join(dict.fromkeys(problem.remedy.rstrip(".") for problem in refusals)),
        )
