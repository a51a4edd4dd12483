# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The setup of an appliance from within: look, decide, do one step, look again; end with what is left to a person."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import (
    InvalidRequest,
    ServiceError,
    Unreachable,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import (
    appliance_rules,
    appliance_setup,
    appliance_waiting,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.appliance_seen import Seen
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.appliance_setup import Step
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.problem import Problem, blocking
from ansible_collections.azlocal.migrate.plugins.module_utils.options import appliance_setup as options_of
from ansible_collections.azlocal.migrate.plugins.plugin_utils import appliance_facts
from ansible_collections.azlocal.migrate.plugins.plugin_utils.appliance_work import Work, certificate_file
from ansible_collections.azlocal.migrate.plugins.plugin_utils.host_action import Host
from ansible_collections.azlocal.migrate.plugins.plugin_utils.scripts import silent
from ansible_collections.azlocal.migrate.plugins.plugin_utils.waiting import say


class Setup:
    """One run of appliance_setup. ``result`` is filled as it goes, so that a failure shows what was done before it."""

    def __init__(
        self,
        host: Host,
        options: Mapping[str, Any],
        result: dict[str, Any],
        *,
        other_client_ids: frozenset[str] = frozenset(),
        address: str = "",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._host, self._options, self._result, self._sleep = host, options, result, sleep
        self._wanted, self._problems = options_of.wanted(options, other_client_ids)
        self._told = options_of.told(options, address or host.name)
        self._work = Work(host, options, self._wanted, sleep=sleep)
        self._done: list[Step] = []
        self._vddk_whole = False  # asked until it is so

    def run(self) -> None:
        """All that can be done now."""
        self._result.update(steps=[], warnings=[], appliance=None)
        self._refuse([*self._problems, *appliance_rules.refuse_asked(self._wanted), *self._given()])
        pfx = certificate_file(self._options["entra_app"] or {})  # told before anything is changed
        seen = self._first_look()
        if seen is None:
            return
        while steps := self._next(seen):
            if self._host.check:
                self._note(steps)
                break
            self._work.do(steps[0], seen, pfx)
            self._note(steps[:1])
            seen = self._work.patiently(lambda: ("", self._look()), f"{steps[0].text} on {seen.computer}")
        self._end(seen)

    # -- deciding ------------------------------------------------------------------------------------------------

    def _given(self) -> list[Problem]:
        """What is wrong with things that never become part of what is wanted."""
        vddk = self._options["vddk"] or {}
        return [
            *appliance_rules.vcenter_password(self._options["vcenter_password"] or ""),
            *appliance_rules.vddk_name(vddk.get("path") or vddk.get("source") or ""),
        ]

    def _next(self, seen: Seen) -> list[Step]:
        """The steps that are left; a step that had no effect is not tried again."""
        self._refuse(appliance_rules.refuse_seen(self._wanted, seen))
        steps = appliance_setup.steps(self._wanted, seen)
        if steps and steps[0].act in {step.act for step in self._done}:
            raise ServiceError(
                f"{seen.computer} was told to {steps[0].text}, and does not show it", code="appliance_no_effect"
            )
        return steps

    @staticmethod
    def _refuse(problems: Sequence[Problem]) -> None:
        if found := blocking(problems):
            raise InvalidRequest(
                "; ".join(problem.text for problem in found),
                code=found[0].code,
                remedy="; ".join(dict.fromkeys(problem.remedy for problem in found)),
            )

    def _note(self, steps: Sequence[Step]) -> None:
        """Tell of steps that are done, or, in check mode, would be."""
        self._done += steps
        changing = [step for step in self._done if step.act != "follow"]
        self._result["steps"] = [step.text for step in self._done]
        self._result["changed"] = bool(changing)
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        for step in changing:
            before = {**step.before, **before}
            after |= step.after
        if changing:
            self._result["diff"] = {"before": {name: before[name] for name in after}, "after": after}

    def _end(self, seen: Seen) -> None:
        waiting = appliance_waiting.waiting(self._wanted, self._told, seen)
        done = "; ".join(self._result["steps"])
        if self._host.check and done:
            msg = f"would {done} on {seen.computer}"
        elif waiting:
            msg = f"{seen.computer} waits for somebody{f' (done: {done})' if done else ''}: {waiting['what']}"
        else:
            state = "has no appliance's software" if self._wanted.state == "removed" else "is set up"
            msg = f"{seen.computer} {state}" + (f" (done: {done})" if done else "")
        self._result.update(
            msg=msg,
            waiting_for=waiting,
            appliance=appliance_facts.shown(seen),
            warnings=appliance_rules.warnings(self._wanted, seen),
        )

    # -- looking -------------------------------------------------------------------------------------------------

    def _first_look(self) -> Seen | None:
        """A machine that nobody has set up yet does not answer: that is no failure."""
        began = time.monotonic()
        while True:
            try:
                return self._look()
            except Unreachable as failure:
                if not silent(failure.__cause__) or self._wanted.state == "removed":
                    raise
                if time.monotonic() - began >= self._options["answer_timeout_s"]:
                    waiting = appliance_waiting.first_boot(self._wanted, self._told, failure.message)
                    self._result.update(msg=waiting["what"], waiting_for=waiting)
                    return None
                say(failure.message, self._options["progress"])
            self._sleep(self._options["poll_interval_s"])

    def _look(self) -> Seen:
        seen = self._work.look(appliance_setup.asked_files(self._wanted))
        brought = seen.file(appliance_setup.zip_path("vddk"))
        if not self._wanted.vddk or brought is None or brought.sha256 != self._wanted.vddk.sha256:
            return seen
        self._vddk_whole = self._vddk_whole or self._work.vddk_whole(seen.vddk_folder)
        return dataclasses.replace(seen, vddk_whole=self._vddk_whole)
