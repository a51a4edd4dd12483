# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading one entry of ``vms`` as a user wrote it: values of the wrong kind become problems that name the field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .problem import Problem

_YES = frozenset({"true", "yes", "on", "y", "1"})
_NO = frozenset({"false", "no", "off", "n", "0"})


class Findings:
    """The problems met while one VM's entry is read; every text starts with the VM."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.problems: list[Problem] = []

    def block(self, code: str, text: str, remedy: str, field: str = "") -> None:
        self._add(Problem(code=code, severity="block", text=text, remedy=remedy, field=field))

    def warn(self, code: str, text: str, remedy: str, field: str = "") -> None:
        self._add(Problem(code=code, severity="warn", text=text, remedy=remedy, field=field))

    def take(self, problem: Problem) -> None:
        self._add(problem)

    def _add(self, problem: Problem) -> None:
        self.problems.append(
            Problem(
                code=problem.code,
                severity=problem.severity,
                text=f"{self.subject}: {problem.text}",
                remedy=problem.remedy,
                field=problem.field,
            )
        )

    def wrong(self, field: str, value: Any, expected: str) -> None:
        shown = repr(value)
        shown = shown if len(shown) <= 80 else shown[:77] + "..."
        self.block("bad_value", f"{field} is {shown}, expected {expected}", f"set {field} to {expected}", field)

    @property
    def blocking(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.blocks]

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if not problem.blocks)


class Reader:
    """One mapping of the user's; missing, null and empty values mean "not given"."""

    def __init__(self, given: Mapping[str, Any], findings: Findings, prefix: str = "") -> None:
        self.given = given
        self.findings = findings
        self.prefix = prefix

    def field(self, key: str) -> str:
        return f"{self.prefix}{key}"

    def has(self, key: str) -> bool:
        value = self.given.get(key)
        return not (value is None or (isinstance(value, str) and not value.strip()))

    def only(self, known: Iterable[str]) -> None:
        """A misspelt key would be ignored in silence: say so instead."""
        known = sorted(known)
        for key in self.given:
            if key not in known:
                self.findings.block(
                    "unknown_option",
                    f"{self.field(str(key))} is not an option; known here: {', '.join(known)}",
                    "correct the spelling or remove it",
                    self.field(str(key)),
                )

    def text(self, key: str) -> str:
        if not self.has(key):
            return ""
        value = self.given[key]
        if isinstance(value, str):
            return value.strip()
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)  # YAML reads a name like 0815 as a number
        self.findings.wrong(self.field(key), value, "text")
        return ""

    def whole(self, key: str) -> int | None:
        if not self.has(key):
            return None
        value = self.given[key]
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        try:
            if isinstance(value, str):
                return int(value.strip())
            if isinstance(value, float) and value.is_integer():
                return int(value)
        except ValueError:
            pass
        self.findings.wrong(self.field(key), value, "a whole number")
        return None

    def flag(self, key: str, default: bool | None = None) -> bool | None:
        if not self.has(key):
            return default
        value = self.given[key]
        if isinstance(value, bool):
            return value
        word = str(value).strip().lower() if isinstance(value, str | int) else ""
        if word in _YES or word in _NO:
            return word in _YES
        self.findings.wrong(self.field(key), value, "true or false")
        return default

    def choice(self, key: str, choices: Sequence[str], default: str) -> str:
        if not self.has(key):
            return default
        value = self.given[key]
        word = str(value).strip().lower() if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if word in choices:
            return word
        self.findings.wrong(self.field(key), value, f"one of {', '.join(choices)}")
        return default

    def entries(self, key: str) -> list[Reader]:
        """A list of mappings, each as a reader that knows its place."""
        if not self.has(key):
            return []
        value = self.given[key]
        if isinstance(value, list | tuple) and all(isinstance(entry, Mapping) for entry in value):
            return [Reader(entry, self.findings, f"{self.field(key)}[{i}].") for i, entry in enumerate(value)]
        self.findings.wrong(self.field(key), value, "a list of mappings")
        return []

    def nested(self, key: str) -> Reader | None:
        if not self.has(key):
            return None
        value = self.given[key]
        if isinstance(value, Mapping):
            return Reader(value, self.findings, f"{self.field(key)}.")
        self.findings.wrong(self.field(key), value, "a mapping")
        return None
