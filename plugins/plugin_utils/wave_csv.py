# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wave files as tables of text (CSV): the delimiter is found out, rows are counted as a spreadsheet shows them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from .wave_columns import SPREADSHEET_ERRORS, clean, column_name, show
from .wave_rows import Parsed, RawRow, WaveError, build_row, near_miss

DELIMITERS = ",;\t"
_NEEDS_HEADER = "make the first line the column names, such as name,wave,app"


class _Lines:
    """Lines for csv.reader, comments left empty: only at the start of a record is a # a comment."""

    def __init__(self, text: str) -> None:
        self._lines = iter(io.StringIO(text, newline=""))
        self.at_start = True

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        if self.at_start and _is_comment(line):
            return "\n"
        self.at_start = False
        return line


def _is_comment(line: str) -> bool:
    start = line.lstrip("\ufeff \t")
    return start.startswith("#") and not start.upper().startswith(tuple(SPREADSHEET_ERRORS))


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """(row as a spreadsheet counts it, cells); the last one may be the error that ended reading."""
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    number = 0
    while True:
        number += 1
        lines.at_start = True
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, error
            return
        yield number, record


def _header(text: str, delimiter: str) -> tuple[int, list[str]]:
    for number, record in _records(text, delimiter):
        if isinstance(record, csv.Error):
            break
        if any(clean(cell) for cell in record):
            return number, record
    return 0, []


def _sniff(text: str) -> str:
    """The delimiter under which the header names the column `name`, and else most columns."""
    told = re.match(r"sep=([,;\t])\s*(\r|\n|$)", text)  # Excel's own hint
    if told:
        return told[1]

    def worth(delimiter: str) -> tuple[bool, int]:
        names = [column_name(cell) for cell in _header(text, delimiter)[1]]
        return "name" in names, len(names)

    return max(DELIMITERS, key=worth)


def _columns(source: str, number: int, header: list[str], parsed: Parsed) -> list[str]:
    """The uniform name of each column; errors and notes go to parsed."""
    columns = [column_name(cell) for cell in header]
    place = f"row {number}"
    seen: dict[str, str] = {}
    for cell, column in zip(header, columns, strict=True):
        if not column:
            if clean(cell):
                problem = f"the column name {show(clean(cell))} cannot be a variable"
                remedy = "begin it with a letter and use letters, digits and underscores"
                parsed.errors.append(WaveError(source=source, place=place, problem=problem, remedy=remedy))
            continue
        if column in seen:
            problem = f"the columns {show(seen[column])} and {show(clean(cell))} are the same"
            parsed.errors.append(
                WaveError(source=source, place=place, column=column, problem=problem, remedy="keep one of them")
            )
        seen.setdefault(column, clean(cell))
    if "name" not in seen:
        found = ", ".join(show(cell) for cell in list(seen.values())[:8]) or "none"
        parsed.errors.append(
            WaveError(
                source=source,
                place=place,
                column="name",
                problem=f"there is no such column (found: {found})",
                remedy="call the column that holds the names of the VMs in vCenter 'name'",
            )
        )
    return columns


def notes_on(source: str, columns: list[str]) -> list[str]:
    """Columns that look like a slip of the pen: they are kept, but have no effect on the migration."""
    return [
        f"{source}: the column '{column}' is kept as a plain host variable; was '{meant}' meant?"
        for column in columns
        if column and (meant := near_miss(column)) and meant != column
    ]


def parse_csv(text: str, source: str) -> Parsed:
    """Rows, or every error of the file."""
    parsed = Parsed()
    text = text.removeprefix("\ufeff")
    delimiter = _sniff(text)
    columns: list[str] | None = None
    for number, record in _records(text, delimiter):
        if isinstance(record, csv.Error):
            parsed.errors.append(_unreadable(source, number, record))
            break
        if not any(clean(cell) for cell in record) or (number == 1 and record[0].startswith("sep=")):
            continue
        if columns is None:
            columns = _columns(source, number, record, parsed)
            if parsed.errors:
                return parsed  # every row would only repeat what is wrong with the header
            parsed.notes += notes_on(source, columns)
            continue
        _take(source, number, columns, record, parsed)
    if columns is None and not parsed.errors:
        parsed.errors.append(WaveError(source=source, problem="the file is empty", remedy=_NEEDS_HEADER))
    return parsed


def _unreadable(source: str, number: int, error: csv.Error) -> WaveError:
    return WaveError(
        source=source,
        place=f"row {number}",
        problem=f"the row cannot be read ({error}), and what follows it was not looked at",
        remedy='close every quote that is opened, and write a quote inside of a quoted cell twice ("")',
    )


def _take(source: str, number: int, columns: list[str], record: list[str], parsed: Parsed) -> None:
    place = f"row {number}"
    cells: dict[str, str] = {}
    for index, cell in enumerate(record):
        if index < len(columns) and columns[index]:
            cells[columns[index]] = cell
        elif clean(cell):
            problem = f"the cell {show(clean(cell))} has no column (it is cell {index + 1} of the row)"
            remedy = "give the column a name, or put a cell that holds the delimiter in double quotes"
            parsed.errors.append(WaveError(source=source, place=place, problem=problem, remedy=remedy))
            return
    built = build_row(RawRow(source=source, place=place, cells=cells))
    if isinstance(built, list):
        parsed.errors += built
    else:
        parsed.rows.append(built)
