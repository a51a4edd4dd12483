# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab breaks on purpose: faults that are handed out once each, or as often as their file says."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

_NEEDED = {"reply": ("system",), "job": ("job",)}


class FaultsFileError(ValueError):
    """A faults file that the lab cannot use; the text says which entry and why."""


class Faults:
    """A list of faults. Each is consumed ``times`` times (default 1; -1 for ever); safe from many threads."""

    def __init__(self, entries: Iterable[Mapping[str, Any]] = ()) -> None:
        self._lock = threading.Lock()
        self._entries = [_checked(number, entry) for number, entry in enumerate(entries, 1)]

    @classmethod
    def load(cls, path: str | Path) -> Faults:
        """Read a YAML or JSON list (JSON is YAML)."""
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or []
        if not isinstance(content, list):
            raise FaultsFileError(f"{path}: a list of faults is expected, not {type(content).__name__}")
        return cls(content)

    @property
    def entries(self) -> list[dict[str, Any]]:
        """What is left of them."""
        with self._lock:
            return [{**entry} for entry in self._entries]

    def add(self, entry: Mapping[str, Any]) -> None:
        """One more, while the lab runs."""
        with self._lock:
            self._entries.append(_checked(len(self._entries) + 1, entry))

    def reply(self, system: str, method: str, path: str) -> dict[str, Any] | None:
        """A reply to give instead of the true one, or None."""

        def fits(entry: dict[str, Any]) -> bool:
            return (
                entry["kind"] == "reply"
                and entry["system"] == system
                and entry.get("method", method).upper() == method.upper()
                and re.search(entry.get("path", ""), path, re.IGNORECASE) is not None
            )

        return self._take(fits)

    def job(self, job: str, vm: str, task: str) -> dict[str, Any] | None:
        """How this task of this job for this VM fails, or None. An entry without ``vm`` or ``task`` fits any."""

        def fits(entry: dict[str, Any]) -> bool:
            wanted = (entry["kind"], entry.get("job"), entry.get("vm", vm), entry.get("task", task))
            return wanted == ("job", job, vm, task)

        return self._take(fits)

    def _take(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
        with self._lock:
            for entry in self._entries:
                if entry["times"] != 0 and fits(entry):
                    entry["times"] -= entry["times"] > 0
                    return {**entry}
        return None


def _checked(number: int, entry: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(entry, Mapping):
        raise FaultsFileError(f"fault {number}: a mapping is expected, not {type(entry).__name__}")
    kind = entry.get("kind")
    if kind not in _NEEDED:
        raise FaultsFileError(f"fault {number}: kind must be one of {', '.join(_NEEDED)}, not {kind!r}")
    missing = [key for key in _NEEDED[kind] if not entry.get(key)]
    if kind == "job" and not any(entry.get(key) for key in ("code", "stuck", "slow")):
        missing.append("code")  # of a job that fails
    if missing:
        raise FaultsFileError(f"fault {number}: {', '.join(missing)} missing")
    fault = {key: value for key, value in entry.items() if value is not None or key == "body"}
    if not isinstance(fault.setdefault("times", 1), int):
        raise FaultsFileError(f"fault {number}: times must be a whole number")
    try:
        re.compile(fault.get("path", ""))
    except re.error as wrong:
        raise FaultsFileError(f"fault {number}: path is not a regular expression: {wrong}") from wrong
    if "code" in fault:
        fault["code"] = str(fault["code"])
    return fault
