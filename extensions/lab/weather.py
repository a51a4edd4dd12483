# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad weather by seed: faults of every kind, drawn as requests come, the same again for the same seed and requests.

A file of faults says what breaks; the weather leaves it to chance. What it draws is written down in ``drawn``.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from . import names, second_operator
from .faults import Faults
from .runtime import Lab

Fault = dict[str, Any]


def _error(status: int, code: str, **more: Any) -> Fault:
    return {"status": status, "code": code, "message": f"The lab's weather: {code}.", **more}


_PAGE = {"body": "<html><body>502 Bad Gateway</body></html>", "headers": {"Content-Type": "text/html"}}
# What may happen to a request of each kind. ``wire``: reset before, cut in mid-answer, lost after. ``after``: the work
# is done, and then the answer says otherwise.
READ: tuple[Fault, ...] = (
    {"wire": "reset"},
    {"wire": "cut"},
    {"status": 502, **_PAGE},
    {"status": 200, **_PAGE},
    {"slow_s": 40},
    _error(500, "InternalServerError"),
    _error(503, "ServerBusy", retry_after=3),
    _error(429, "TooManyRequests", retry_after=7),
    _error(401, "ExpiredAuthenticationToken"),
)
WRITE: tuple[Fault, ...] = (
    {"wire": "reset"},
    {"wire": "cut"},
    {"wire": "lost"},
    {"status": 502, **_PAGE},
    {"status": 502, "after": True, **_PAGE},
    {"slow_s": 90},
    _error(500, "InternalServerError"),
    _error(500, "InternalServerError", after=True),
    _error(504, "GatewayTimeout", after=True),
    _error(503, "ServerBusy", retry_after=3),
    _error(429, "TooManyRequests", retry_after=7),
    _error(409, "AnotherOperationInProgress"),
    _error(401, "ExpiredAuthenticationToken"),
)
SIGN_IN: tuple[Fault, ...] = ({"wire": "reset"}, {"wire": "cut"}, {"status": 503, **_PAGE}, {"status": 500, **_PAGE})
VCENTER: tuple[Fault, ...] = ({"status": 0}, {"status": 503, "message": "later"}, {"session_expired": True})
JOB: tuple[Fault, ...] = (
    {"code": "1000001"},
    {"code": "1000001", "late": True},
    {"code": "572", "message": "The disks could not be consolidated."},
    {"code": "1000037", "message": "The address is already set or in use."},
    {"code": "", "slow": 6},
    {"code": "", "stuck": True},
)
# What a colleague does in vCenter while the wave runs; he deletes nothing and touches nobody's marks.
ACTS = ("power_off", "power_on", "rename", "move", "snapshot", "add_disk")
SILENT_S = 1200  # recorded seconds that an appliance is silent

CHANCES = {"azure read": 0.03, "azure write": 0.08, "entra": 0.05, "vcenter": 0.01, "job": 0.02}


class Weather(Faults):
    """Faults of a file first, then those of chance. ``times``: how much worse than usual; 0: fair weather."""

    def __init__(self, seed: int, *, times: float = 1.0, entries: Iterable[Mapping[str, Any]] = ()) -> None:
        super().__init__(entries)
        self.seed, self.times = seed, times
        self.drawn: list[tuple[str, Fault]] = []
        self.acts: list[tuple[str, str]] = []  # of the second operator, as they happened: what, and the VM's UUID
        self._random = random.Random(seed)  # noqa: S311 - weather, not secrets

    def reply(self, system: str, method: str, path: str) -> Fault | None:
        planned = super().reply(system, method, path)
        if planned is not None:
            return planned
        if system == "azure":
            reading = method in ("GET", "HEAD") or path.lower().endswith("/microsoft.resourcegraph/resources")
            return self._draw(f"azure {'read' if reading else 'write'}", READ if reading else WRITE, f"{method} {path}")
        if system == "entra":
            return self._draw("entra", SIGN_IN, f"{method} {path}")
        if system == "vcenter" and method not in ("Login", "RetrieveServiceContent"):
            return self._draw("vcenter", VCENTER, f"{method} {path}")
        return None

    def job(self, job: str, vm: str, task: str) -> Fault | None:
        return super().job(job, vm, task) or self._draw("job", JOB, f"{job}, {vm}, {task}")

    def _draw(self, what: str, kinds: tuple[Fault, ...], where: str) -> Fault | None:
        with self._lock:
            if self._random.random() >= CHANCES[what] * self.times:
                return None
            fault = {**self._random.choice(kinds)}
            self.drawn.append((where, fault))
            return fault

    def begin(self, lab: Lab, *, hours: float = 6.0) -> None:
        """What happens by itself in these hours: an appliance that falls silent for a while, a colleague at work."""
        for moment in _moments(self._random, 0.3 * self.times, hours):
            appliance = self._random.choice((names.SOURCE_APPLIANCE, names.TARGET_APPLIANCE))
            lab.schedule.after(moment, partial(self._silence, lab, appliance))
        vms = sorted(lab.world.source)
        for moment in _moments(self._random, 0.5 * self.times, hours):
            act, uuid = self._random.choice(ACTS), self._random.choice(vms)
            self.drawn.append((f"{moment:.0f} s", {"act": act, "vm": uuid}))
            lab.schedule.after(moment, partial(self._act, lab, act, uuid))

    def _silence(self, lab: Lab, appliance: str) -> None:
        if self.times:
            silence(lab, appliance)

    def _act(self, lab: Lab, act: str, uuid: str) -> None:
        if self.times:
            self.acts.append((act, uuid))
            second_operator.act(lab, act, lab.world.source[uuid])


def _moments(chance: random.Random, an_hour: float, hours: float) -> list[float]:
    """So many times an hour, on average."""
    found, moment = list[float](), chance.expovariate(max(an_hour, 1e-9)) * 3600
    while moment < hours * 3600:
        found.append(moment)
        moment += chance.expovariate(an_hour) * 3600
    return found


def silence(lab: Lab, appliance: str) -> None:
    """An appliance is not heard of for a while; where it is silent for another reason too, that one stays."""
    lab.switches.silent_agents = (*lab.switches.silent_agents, appliance)

    def speak() -> None:
        silent = [*lab.switches.silent_agents]
        if appliance in silent:
            silent.remove(appliance)
        lab.switches.silent_agents = tuple(silent)

    lab.schedule.after(SILENT_S, speak)
