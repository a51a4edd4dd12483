# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The store of control-plane resources: what was prepared before the lab began, and what clients make and delete.

Read and changed under ``world.lock``. A resource is replaced when it changes, never changed in place.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from ..schedule import Schedule
from .past import Remembered
from .wire import JSON

GROUP = "Microsoft.Resources/resourceGroups"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Resource:
    """``body``: what ARM shows of it beside id, name and type."""

    id: str
    type: str
    body: JSON
    created: dt.datetime
    born: float  # monotonic
    number: int  # order of creation: lists are in this order
    version: int = 0  # how often it was written since

    @property
    def key(self) -> str:
        return self.id.lower()

    @property
    def name(self) -> str:
        return self.id.rsplit("/", 1)[-1]

    @property
    def properties(self) -> JSON:
        return dict(self.body.get("properties") or {})

    def show(self, **changed: Any) -> JSON:
        """As ARM shows it; ``changed`` properties are laid over."""
        shown: JSON = {"id": self.id, "name": self.name, "type": self.type, **self.body}
        if changed or "properties" in shown:
            shown["properties"] = {**self.properties, **changed}
        return shown


class Resources(Remembered[Resource]):
    """By ARM id, lower case."""

    def __init__(self, schedule: Schedule) -> None:
        super().__init__(schedule)
        self._clock = schedule.clock
        self._made = 0

    def find(self, arm_id: Any) -> Resource | None:
        return self.get(arm_id.rstrip("/").lower()) if isinstance(arm_id, str) else None

    def of(self, kind: str, under: str = "") -> list[Resource]:
        """All of a type, below an id, in order of creation."""
        start = f"{under.rstrip('/')}/".lower() if under else ""
        rows = [row for row in self.values() if row.type.lower() == kind.lower() and row.key.startswith(start)]
        return sorted(rows, key=lambda row: row.number)

    def save(self, arm_id: str, kind: str, body: JSON, since: dt.datetime | None = None) -> Resource:
        """Made, or written over: the id, the type and the age of what is there already stay."""
        known = self.find(arm_id)
        if known is not None:
            fresh = dataclasses.replace(known, body=body, version=known.version + 1)
        else:
            self._made += 1
            fresh = Resource(
                id=arm_id,
                type=kind,
                body=body,
                created=since or self._clock.now(),
                born=self._clock.monotonic(),
                number=self._made,
            )
        self[fresh.key] = fresh
        return fresh

    def amend(self, arm_id: str, **changed: Any) -> Resource | None:
        """These properties are as given from now on, if the resource is still there."""
        known = self.find(arm_id)
        if known is None:
            return None
        return self.save(arm_id, known.type, {**known.body, "properties": {**known.properties, **changed}})

    def drop(self, arm_id: str) -> list[Resource]:
        """Gone, with all that stands below it."""
        start = arm_id.rstrip("/").lower()
        keys = [key for key in self if f"{key}/".startswith(f"{start}/")]
        return [self.pop(key) for key in keys]
