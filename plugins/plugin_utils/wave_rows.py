# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a wave file is read into: rows, and errors that say where and what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .wave_columns import COLUMNS, CellError, convert, show, variable_name

SHOWN_ERRORS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class WaveError:
    """One thing that is wrong with a wave file."""

    source: str
    place: str = ""  # "row 3" of a table, "line 12" of a YAML file
    column: str = ""
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        column = f"column {self.column}" if self.column else ""
        where = ", ".join(part for part in (self.source, self.place, column) if part)
        return f"{where}: {self.problem}" + (f". Do this: {self.remedy}" if self.remedy else "") + "."


@dataclass(frozen=True, kw_only=True, slots=True)
class RawRow:
    """A row as a file holds it: column names made uniform, cells not looked at yet."""

    source: str
    place: str
    cells: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One VM of a wave: its name and its other columns, typed; what was not given is not there."""

    name: str
    source: str
    place: str
    values: Mapping[str, Any]

    @property
    def where(self) -> str:
        return f"{self.source} {self.place}"

    @property
    def wave_group(self) -> str:
        """``wave_1`` for wave "1", and also for "Wave 1"."""
        return _group("wave", re.sub(r"^wave[\s_-]+", "", str(self.values.get("wave", "")), flags=re.IGNORECASE))

    @property
    def app_group(self) -> str:
        return _group("app", str(self.values.get("app", "")))

    def host_vars(self) -> dict[str, Any]:
        return {"azlocal_name": self.name, **{variable_name(key): value for key, value in self.values.items()}}


@dataclass(kw_only=True, slots=True)
class Parsed:
    """All that reading gave: rows are only to be used where there are no errors."""

    rows: list[Row] = field(default_factory=list)
    errors: list[WaveError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, other: Parsed) -> None:
        self.rows += other.rows
        self.errors += other.errors
        self.notes += other.notes


def _group(kind: str, text: str) -> str:
    """A valid group name; empty where the text has nothing to make one of."""
    word = re.sub(r"\W+", "_", text).strip("_")
    return f"{kind}_{word}" if word else ""


def build_row(raw: RawRow) -> Row | list[WaveError]:
    """The typed row, or everything that is wrong with it."""
    errors: list[WaveError] = []
    values: dict[str, Any] = {}

    def wrong(column: str, problem: str, remedy: str) -> None:
        errors.append(WaveError(source=raw.source, place=raw.place, column=column, problem=problem, remedy=remedy))

    for column, cell in raw.cells.items():
        try:
            value = convert(column, cell)
        except CellError as error:
            wrong(column, error.problem, error.remedy)
        else:
            if value is not None:
                values[column] = value
    name = values.pop("name", "")
    row = Row(name=name, source=raw.source, place=raw.place, values=values)
    if not name and not any(error.column == "name" for error in errors):
        wrong("name", "is empty", "every row needs the name of its VM in vCenter")
    if name and any(other.casefold() == name.casefold() for other in values.get("depends_on", ())):
        wrong("depends_on", f"{show(name)} depends on itself", "name only other VMs")
    for column, group in (("wave", row.wave_group), ("app", row.app_group)):
        if column in values and not group:
            wrong(column, f"{show(values[column])} gives no group name", "use a letter or a digit at least")
    return errors or row


def twice(rows: Iterable[Row]) -> list[WaveError]:
    """Rules across all rows of all sources: each VM once, by name and by id; each target name once."""
    errors: list[WaveError] = []
    names: dict[str, Row] = {}
    targets: dict[str, Row] = {}
    vms: dict[tuple[str, str], Row] = {}
    for row in rows:
        first = names.setdefault(row.name, row)
        if first is not row:
            errors.append(
                WaveError(
                    source=row.source,
                    place=row.place,
                    column="name",
                    problem=f"{show(row.name)} is also in {first.where}",
                    remedy="keep one of the two rows; for two VMs of one name, name the rows differently and say which "
                    "VM each is by instance_uuid",
                )
            )
            continue
        errors += _same_vm(row, vms)
        target = str(row.values.get("target_vm_name", row.name))
        other = targets.setdefault(target.casefold(), row)
        if other is not row:
            errors.append(
                WaveError(
                    source=row.source,
                    place=row.place,
                    column="target_vm_name",
                    problem=f"the target would be called {show(target)}, as that of {other.where} ({show(other.name)})",
                    remedy="give each VM a target_vm_name of its own; upper and lower case do not count",
                )
            )
    return errors


def _same_vm(row: Row, seen: dict[tuple[str, str], Row]) -> Iterator[WaveError]:
    """Two rows of different names may still mean one VM, and it would be migrated twice at once."""
    for column in ("instance_uuid", "machine_id"):
        vm = str(row.values.get(column, "")).rstrip("/")
        other = seen.setdefault((column, vm.casefold()), row) if vm else row
        if other is not row:
            yield WaveError(
                source=row.source,
                place=row.place,
                column=column,
                problem=f"{show(row.name)} is the VM of {other.where} ({show(other.name)}) again, {show(vm, 200)}",
                remedy=f"keep one of the two rows, or correct the {column} of one",
            )


def near_miss(column: str) -> str:
    """The known column that an unknown one was perhaps meant to be."""
    close = difflib.get_close_matches(column, COLUMNS, n=1, cutoff=0.82)
    return close[0] if close else ""


def explain(errors: list[WaveError]) -> str:
    """All errors as one text for a person; a long list is cut, and says so."""
    count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    lines = [f"The wave has {count}, nothing was taken from it:"]
    lines += [f"  - {error}" for error in errors[:SHOWN_ERRORS]]
    if len(errors) > SHOWN_ERRORS:
        lines.append(f"  ... and {len(errors) - SHOWN_ERRORS} more.")
    return "\n".join(lines)
