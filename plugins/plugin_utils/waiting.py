# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for a wave: merges what each look says of every VM, and says on the terminal how it goes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible.utils.display import Display

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import progress
from ansible_collections.azlocal.migrate.plugins.module_utils.options.azure import azure_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.options.project import project_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.options.vcenter import vcenter_spec

# Only the parent process knows; a worker's streams are never terminals. The linear strategy imports us in the parent.
_TERMINAL = sys.stderr.isatty()

PRINT_EVERY_S = 60.0
STUMBLE_S = 900.0  # how long looks may fail in a row: a vCenter restarts in some ten minutes
CLEANING = frozenset({"clean_up", "remove_failed", "hold"})  # actions that a second try follows
GOES_ON = "it goes on by itself; run again to take it up, or give a larger timeout_s"
PASSES = 3  # how often the verb may act again in one task

_INFO = frozenset({**azure_spec(), **vcenter_spec(), **project_spec(), "vms": {}})


def info_args(args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a verb that replication_info knows too."""
    return {key: value for key, value in args.items() if key in _INFO}


def follow(
    waiter: Waiter,
    *,
    look: Callable[[], list[dict[str, Any]]],
    act: Callable[[], list[dict[str, Any]]] | None,
    pause_s: float,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Look until all is settled or the time is over; where looking is not acting, ``act`` has the last word."""
    while True:
        if waiter.settled:
            if act is None or not waiter.open or not waiter.may_act_again():
                return
            waiter.take(act())
            if waiter.settled:
                return
        if waiter.overdue:
            waiter.give_up()
            if act is not None and waiter.open:  # a look only looks: what else has failed is for the verb to say
                waiter.take(act())
                waiter.give_up()
            return
        sleep(pause_s)
        waiter.take(look(), looked=act is not None)


class Waiter:
    """The state of one wait."""

    def __init__(
        self,
        *,
        what: str,
        results: list[dict[str, Any]],
        timeout_s: float,
        shown: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.what = what
        self.results = [dict(result) for result in results]
        self._monotonic = monotonic
        self._began = monotonic()
        self._timeout_s = timeout_s
        self._shown = shown
        self._passes = 0
        self._given_up: set[int] = set()
        self._stumbled_at: float | None = None
        self._first: progress.Tick | None = None
        self._printed: tuple[tuple[str, int], ...] | None = None
        self._printed_at = -PRINT_EVERY_S
        self._say()

    @property
    def settled(self) -> bool:
        return all(result.get("settled", True) for result in self.results)

    @property
    def cleaning(self) -> list[bool]:
        """Per VM: this task cleans up an earlier failure of it, or holds it back, and may try it again."""
        return [result.get("action") in CLEANING and not result.get("settled", True) for result in self.results]

    @property
    def open(self) -> list[int]:
        """Which VMs are asked about again: a refused order is this task's result, and is not sent a second time."""
        judged = ("failed", "blocked")
        over = [result["status"] in judged and result.get("settled", True) for result in self.results]
        return [index for index, done in enumerate(over) if not done and index not in self._given_up]

    @property
    def overdue(self) -> bool:
        return self._monotonic() - self._began > self._timeout_s

    def may_act_again(self) -> bool:
        self._passes += 1
        return self._passes <= PASSES

    def stumble(self, why: Mapping[str, Any]) -> bool:
        """A look failed. True where it is time to give up; what is not settled then fails with that reason."""
        now = self._monotonic()
        if self._stumbled_at is None:
            self._stumbled_at = now
        if now - self._stumbled_at < STUMBLE_S:
            return False
        for result in self.results:
            if not result.get("settled", True):
                said = {key: str(why.get(key) or "") for key in ("error_code", "remedy", "correlation_id")}
                result.update(said, status="failed", changed=False, settled=True, msg=f"not followed: {why.get('msg')}")
        return True

    def take(self, latest: list[dict[str, Any]], *, looked: bool = False) -> None:
        """Merge what was seen of the open VMs. What was changed for one in this task stays changed, unless it fails."""
        if not latest:
            return
        self._stumbled_at = None
        for index, new in zip(self.open, latest, strict=True):
            _say_what_to_do(self.results[index], new)
            self.results[index] = _merge(self.results[index], new, looked=looked)
        self._say()

    def give_up(self) -> None:
        """The time is over: what still moves failed for this task, and goes on by itself."""
        for index, result in enumerate(self.results):
            if result["status"] == "blocked":  # it was held back all the time, and says why
                result["settled"] = True
            if not result.get("settled", True) and result["status"] != "failed":
                self._given_up.add(index)
                result.update(
                    status="failed",
                    changed=False,
                    error_code="timeout",
                    msg=f"not done after {self._timeout_s:.0f} s: {result.get('msg')}",
                    remedy=f"{result['remedy']}; then run again" if result.get("remedy") else GOES_ON,
                )

    def _say(self) -> None:
        tick = progress.tick(self.results, self._monotonic())
        if self._first is None or (self._first.total_bytes == 0 and tick.total_bytes):
            self._first = tick
        due = tick.at_s - self._printed_at >= PRINT_EVERY_S
        if tick.phases == self._printed and not due:
            return
        self._printed, self._printed_at = tick.phases, tick.at_s
        say(progress.line(self.what, self._first, tick), self._shown)


def say(text: str, shown: str) -> None:
    """A line of progress: ``on``, ``off``, or ``auto``, which is on where somebody looks at a terminal."""
    if shown == "on" or (shown == "auto" and _TERMINAL):
        Display().display(text, stderr=True)
    elif shown == "auto":
        Display().v(text)


def _say_what_to_do(known: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """A person is to do something about a VM that still moves: that cannot wait until the task ends."""
    moves = new["status"] in ("ok", "changed") and not new.get("settled", True)
    if moves and new.get("remedy") and new["remedy"] != known.get("remedy"):
        Display().warning(f"{new['name']}: {new['msg']}. {new['remedy']}")


def _merge(known: Mapping[str, Any], new: Mapping[str, Any], *, looked: bool) -> dict[str, Any]:
    """One VM's result after another look (``looked``: by the info module, which never judges)."""
    if looked and known["status"] in ("failed", "blocked"):
        return dict(known)
    merged = {**known, **new}
    merged["warnings"] = list(dict.fromkeys([*known.get("warnings", []), *new.get("warnings", [])]))
    if known["status"] == "changed" and new["status"] in ("ok", "changed"):
        action = new["action"] if new["status"] == "changed" else known["action"]
        merged.update(status="changed", changed=True, action=action, diff=known.get("diff") or new.get("diff"))
    return merged
