# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting until both appliances are healthy, with a line of progress; and asking them what only they know."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.appliance_health import FOR_A_PERSON
from ansible_collections.azlocal.migrate.plugins.plugin_utils import appliance_facts, hosts
from ansible_collections.azlocal.migrate.plugins.plugin_utils.batch import StepFailed
from ansible_collections.azlocal.migrate.plugins.plugin_utils.scripts import let_go, run_script, said
from ansible_collections.azlocal.migrate.plugins.plugin_utils.waiting import PRINT_EVERY_S, STUMBLE_S, say

GROUPS = {"source": "source_appliance", "target": "target_appliance"}
UNHEALTHY = "unhealthy"
# An appliance reports twice a minute, and sets its clock soon after it starts. So one look may show what has just been
# mended, or is about to be; what two reports repeat stays [I].
GRACE_S = 60

Answer = dict[str, Any]


def wait(
    look: Callable[[], Answer],
    *,
    timeout_s: float,
    pause_s: float,
    shown: str,
    people: bool = True,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> Answer:
    """Look until both are healthy, waiting does not help, or the time is over. A look that fails is tried again.

    Without ``people`` it ends where all that lacks is what a person has to do, or what is wrong stays until one mends it.
    """
    began, stumbled = monotonic(), None
    answer, teller, trouble = look(), _Teller(shown, monotonic), _Trouble(monotonic)
    while not answer["healthy"] and answer["waiting_helps"]:
        if not people and (_persons(answer) or trouble.stays(answer)):
            break
        teller.tell(answer)
        left = timeout_s - (monotonic() - began)
        if left <= 0:
            break
        sleep(min(pause_s, left))
        try:
            answer, stumbled = look(), None
        except StepFailed:
            stumbled = monotonic() if stumbled is None else stumbled
            if monotonic() - stumbled >= STUMBLE_S or monotonic() - began >= timeout_s:
                raise
    teller.tell(answer)
    return _ended(answer, monotonic() - began)


def _ended(answer: Answer, seconds: float) -> Answer:
    """Not healthy is a failure, unless all that lacks is what a person has to do: then the next run goes on."""
    if answer["healthy"]:
        return answer
    if _persons(answer):
        return {**answer, "msg": f"{answer['msg']}. It waits for {answer['waiting_for']['who']}"}
    lacking = [one for one in answer["appliances"].values() if not one["healthy"]]
    first = next((one for one in lacking if one["status"] == UNHEALTHY), lacking[0])
    told = f"{answer['msg']}. {first['remedy']}"
    if answer["waiting_helps"]:
        told = f"not healthy after {seconds:.0f} s: {told}"
    return {**answer, "failed": True, "msg": told, "error_code": first["error_code"], "remedy": first["remedy"]}


def _persons(answer: Answer) -> bool:
    """Whether a person comes next, and nothing is wrong."""
    ill = any(one["status"] == UNHEALTHY for one in answer["appliances"].values())
    return bool(answer["waiting_for"]) and not ill


class _Trouble:
    """For how long every look has found the same thing wrong that a person has to mend."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._codes: frozenset[str] = frozenset()
        self._since = 0.0

    def stays(self, answer: Answer) -> bool:
        now = self._monotonic()
        codes = FOR_A_PERSON.intersection(one["error_code"] for one in answer["appliances"].values())
        if codes != self._codes:
            self._codes, self._since = codes, now
        return bool(codes) and now - self._since >= GRACE_S


class _Teller:
    """One line on change, or once a minute."""

    def __init__(self, shown: str, monotonic: Callable[[], float]) -> None:
        self._shown, self._monotonic = shown, monotonic
        self._told: tuple[str, ...] = ()
        self._at = 0.0

    def tell(self, answer: Answer) -> None:
        now = self._monotonic()
        codes = tuple(f"{one['status']} {one['error_code']}" for one in answer["appliances"].values())
        if codes == self._told and now - self._at < PRINT_EVERY_S:
            return
        self._told, self._at = codes, now
        say(f"appliance_info: {'; '.join(map(_standing, answer['appliances'].values()))}", self._shown)


def _standing(one: Mapping[str, Any]) -> str:
    if one["healthy"]:
        return f"{one['name']} healthy"
    waits = f", waits for {one['waiting_for']['who']}" if one["waiting_for"] else ""
    return f"{one['name']} {one['status']}{waits} ({one['msg']})"


# -- asking them --------------------------------------------------------------------------------------------------


def ask(action: ActionBase, task_vars: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What each of these appliances says of itself, by role; ``error`` where it could not be asked."""
    groups = task_vars.get("groups") or {}
    asked = {}
    for role, name in names.items():
        host = _host(groups.get(GROUPS[role]) or [], name)
        if host:
            variables = task_vars["hostvars"][host]
            asked[role] = said(host, lambda variables=variables: _inside(action, variables))  # type: ignore[misc]
    return asked


def _host(members: list[str], name: str) -> str:
    """The one that bears the appliance's name; a group of one needs no name."""
    named = [host for host in members if str(host).partition(".")[0].lower() == name.lower()]
    return str((named or (members if len(members) == 1 else [""]))[0])


def _inside(action: ActionBase, variables: Mapping[str, Any]) -> dict[str, Any]:
    own = action._connection
    action._connection = hosts.connection_of(action, variables)
    began = dt.datetime.now(dt.UTC)
    try:
        seen = appliance_facts.seen(run_script(action, "get_appliance", {"files": [], "check": True}))
    finally:
        let_go(action)
        action._connection = own
    between = began + (dt.datetime.now(dt.UTC) - began) / 2
    skew = round((seen.clock - between).total_seconds(), 1) if seen.clock else None
    return {**appliance_facts.shown(seen), "clock_skew_s": skew}
