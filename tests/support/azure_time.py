# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's Azure on a clock that stands still until the test lets time pass: lags can be looked at to the second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests

from lab.azure import ids
from lab.clock import OwnedClock
from lab.runtime import Lab
from lab.switches import Switches
from lab.world import SourceVm

from .azure_lab import DR, ENDED, GOAL, HCI, JSON, AzureSession

INSTANCE = "providers/Microsoft.AzureStackHCI/virtualMachineInstances/default"


class TimedAzure(AzureSession):
    """All seconds here are recorded seconds of the real service."""

    def let(self, seconds: float) -> None:
        """Let time pass."""
        self.lab.clock.sleep(self.lab.schedule.short(seconds))

    def wait(self, machine: JSON, states: tuple[str, ...] = GOAL, seconds: float = 20_000) -> JSON:
        for _ in range(int(seconds / 10)):
            item = self.item(machine)
            if item["protectionState"] in states:
                return item
            self.let(10)
        raise AssertionError(f"not in {seconds} s: {item['protectionState']}")

    def fail_over(self, machine: JSON, shut_down: bool = True) -> tuple[requests.Response, JSON]:
        """The reply to the POST, and the item once the job has ended."""
        reply = self.failover(machine, shut_down)
        assert reply.status_code == 202, reply.text
        while self.job(reply)["state"] == "Started":
            self.let(10)
        return reply, self.item(machine)

    def migrate(self, machine: JSON) -> JSON:
        assert self.protect(machine)["protectionState"] == "Protected"
        self.fail_over(machine)
        return self.wait(machine, ENDED)

    def remove(self, machine: JSON, **query: str) -> requests.Response:
        return self.call("DELETE", ids.item(machine["name"]), DR, **query)

    def listed(self) -> dict[str, str]:
        """Name and state of what the list of items shows."""
        rows = self.list(f"{ids.VAULT}/protectedItems")
        return {row["name"]: row["properties"]["protectionState"] for row in rows}

    def vm(self, machine: JSON) -> SourceVm:
        """The source of a discovered machine, behind Azure's back."""
        return self.lab.world.source[machine["properties"]["instanceUuid"].lower()]

    def instance(self, machine: JSON, version: str = HCI) -> JSON:
        found: JSON = self.get(f"{self.target(machine)}/{INSTANCE}", version)["properties"]
        return found

    def ended(self, reply: requests.Response) -> JSON:
        """The last answer of an operation."""
        while True:
            answer = self.http.get(reply.headers["Location"])
            if answer.status_code != 202:
                return dict(answer.json()) if answer.content else {}
            self.let(10)


StartAzure = Callable[..., TimedAzure]


def starter(lab: Callable[..., Lab]) -> StartAzure:
    """``azure(kept_ip="lost")``: a lab of its own with these switches; what is named here goes to the lab."""

    def start(
        *,
        faults: Any = None,
        vms: int = 12,
        throttle: str = "off",
        speed: float = 600,
        stage: str = "ready",
        **switches: Any,
    ) -> TimedAzure:
        running = lab(
            vms=vms,
            speed=speed,
            clock=OwnedClock(),
            faults=faults,
            throttle=throttle,
            stage=stage,
            switches=Switches(**switches),
        )
        return TimedAzure(running)

    return start
