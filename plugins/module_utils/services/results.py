# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The results that every bulk verb returns: one entry per VM, always of the same shape."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from ..clients.errors import ClientError
from ..domain.problem import Problem

# Codes of problems with what a user wrote: a typing error must not look like a VM that is merely not ready.
BAD_INPUT = frozenset(
    {
        "bad_value",
        "unknown_option",
        "vm_unnamed",
        "vm_unknown",
        "network_unknown",
        "storage_path_unknown",
        "bad_resource_group",
        "no_resource_group",
        "no_storage_path",
        "no_match",
        "os_disk",
    }
)
OK, CHANGED, FAILED, BLOCKED = "ok", "changed", "failed", "blocked"


@dataclasses.dataclass(kw_only=True, slots=True)
class Result:
    """What happened to one VM. ``settled`` is false while the service still moves it."""

    name: str
    host: str = ""  # inventory host, where there is one
    status: str = OK
    action: str = "none"
    msg: str = ""
    phase: str = ""
    settled: bool = True
    error_code: str = ""
    remedy: str = ""
    correlation_id: str = ""
    diff: dict[str, Any] | None = None
    warnings: list[str] = dataclasses.field(default_factory=list)
    extra: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return self.status == CHANGED

    def clear(self, status: str) -> None:
        """Another status, without what was said of a failure."""
        self.status, self.error_code, self.remedy, self.correlation_id = status, "", "", ""

    def as_dict(self) -> dict[str, Any]:
        data = {field.name: getattr(self, field.name) for field in dataclasses.fields(self) if field.name != "extra"}
        return {**data, "changed": self.changed, **self.extra}


def failed(entry: dict[str, Any], error: ClientError, **more: Any) -> Result:
    """The result of a VM whose request was refused."""
    return Result(
        name=label(entry),
        host=entry.get("host") or "",
        status=FAILED,
        msg=str(error),
        error_code=error.code or type(error).__name__,
        remedy=error.remedy,
        correlation_id=error.correlation_id or "",
        **more,
    )


def blocked(entry: dict[str, Any], problems: Sequence[Problem], **more: Any) -> Result:
    """The result of a VM that is left alone, and why."""
    first, name = problems[0], label(entry)
    remedies = list(dict.fromkeys(problem.remedy for problem in problems if problem.remedy))
    return Result(
        name=name,
        host=entry.get("host") or "",
        status=BLOCKED,
        msg="; ".join(dict.fromkeys(problem.text.removeprefix(f"{name}: ") for problem in problems)),
        error_code=first.code,
        remedy="; ".join(remedies),
        **more,
    )


def unseen(entry: dict[str, Any], problem: Problem | None) -> Result:
    """An entry that no single VM answers to."""
    nothing = Problem(code="vm_unknown", severity="block", text="no VM answers to this entry", remedy="name it")
    return refused(entry, [problem or nothing])


def refused(entry: dict[str, Any], problems: Sequence[Problem]) -> Result:
    """A VM that cannot be replicated: left alone for what it is, failed for what was written wrong about it."""
    result = blocked(entry, problems, phase="blocked")
    if any(problem.code in BAD_INPUT for problem in problems):
        result.status = FAILED
    return result


def label(entry: dict[str, Any]) -> str:
    """What a person calls this VM."""
    return str(entry.get("name") or entry.get("instance_uuid") or entry.get("machine_id") or "?")


def summary(results: Iterable[Result]) -> dict[str, int]:
    """How many VMs ended how."""
    counts = {OK: 0, CHANGED: 0, FAILED: 0, BLOCKED: 0}
    for result in results:
        counts[result.status] += 1
    return counts
