# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One change of a resource until it counts: sent once, looked for where its reply was lost, and waited for to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..clients.arm import ArmClient, Reply
from ..clients.errors import ClientError, DeadlineExceeded, NotFound, ReplyLost, ServiceError
from ..domain import ids
from ..domain.project_seen import BROKEN, is_busy, state_of
from .lookup import until_certain

Json = dict[str, Any]
PAUSE_S = 10.0  # between two looks, and before a request is tried again that was refused for something that passes

# Refusals that pass by themselves within minutes. Nothing was done then, so the same request may be sent again.
PASSING = frozenset(
    {
        "missingsubscriptionregistration",  # the provider is registered, and not every region has heard of it
        "principalnotfound",  # the identity is made, and not every directory server has heard of it
        "anotheroperationinprogress",
        "resourcegroupbeingdeleted",
    }
)


class Writes:
    """The changes of one run. ``timeout_s`` is for each of them."""

    def __init__(self, arm: ArmClient, *, timeout_s: float) -> None:
        self.arm, self.timeout_s = arm, timeout_s

    def put(self, path: str, version: str, body: Json) -> Json:
        """Create or replace; the resource as it is in the end.

        Of a change to what was there before, a lost reply says nothing: the caller sees whether it was made.
        """
        reply = self.send(
            lambda: self.arm.put(path, version, body), lambda: self.arm.get_or_none(path, version) is not None
        )
        if reply is not None and reply.body and not reply.operation_url and not is_busy(reply.body):
            found: Json | None = reply.body
        else:
            self._follow(reply)
            found = self.settled(path, version)
        if found is None:
            raise ServiceError(f"{ids.name(path)} was made and is gone again", code="not_as_written")
        if state_of(found) in BROKEN:
            raise ServiceError(f"{ids.name(path)} was taken, and then ended as {state_of(found)}", code="not_made")
        return found

    def delete(self, path: str, version: str) -> None:
        """Delete, and wait until it is gone."""

        def begun() -> bool:
            found = self.arm.get_or_none(path, version)
            return found is None or is_busy(found)

        try:
            self._follow(self.send(lambda: self.arm.delete(path, version), begun))
        except NotFound:
            return
        self.gone(path, version)

    def gone(self, path: str, version: str) -> None:
        """Wait until it is there no longer."""
        end = self.arm.clock.monotonic() + self.timeout_s
        while self.arm.get_or_none(path, version) is not None:
            self._pause(end, f"{ids.name(path)} is still there")

    def settled(self, path: str, version: str) -> Json | None:
        """The resource once the service is no longer at work on it; None where there is none."""
        end = self.arm.clock.monotonic() + self.timeout_s
        while True:
            found = self.arm.get_or_none(path, version)
            if found is None or not is_busy(found):
                return found
            self._pause(end, f"{ids.name(path)} is still {state_of(found)}")

    def send(self, send: Callable[[], Reply], accepted: Callable[[], bool]) -> Reply | None:
        """Any change. None where the reply was lost, and ``accepted`` tells that it is done or begun."""
        clock = self.arm.clock
        end = clock.monotonic() + self.timeout_s
        while True:
            try:
                return send()
            except ReplyLost:
                if until_certain(accepted, clock=clock):
                    return None
                if clock.monotonic() >= end:
                    raise
            except ClientError as error:
                if error.code.lower() not in PASSING or clock.monotonic() >= end:
                    raise
                clock.sleep(PAUSE_S)

    def _follow(self, reply: Reply | None) -> None:
        if reply is not None and reply.operation_url:
            self.arm.wait(reply, self.timeout_s)

    def _pause(self, end: float, why: str) -> None:
        if self.arm.clock.monotonic() >= end:
            raise DeadlineExceeded(f"{why} after {self.timeout_s:g} s", code="timeout")
        self.arm.clock.sleep(PAUSE_S)
