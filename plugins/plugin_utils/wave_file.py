# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wave files: bytes of one or more files -> one typed row per VM, or all errors, each with file, row and column.

A row has at least a ``name``. Known columns are typed (wave_columns.py), others are kept as they are. Nothing here
knows Ansible or opens a file.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from .wave_csv import parse_csv
from .wave_rows import Parsed, Row, WaveError, explain, twice
from .wave_yaml import parse_yaml

__all__ = ["Parsed", "Row", "WaveError", "explain", "parse_bytes", "parse_text", "read_all"]

_TABLES = frozenset({".csv", ".tsv", ".txt"})
_TREES = frozenset({".yml", ".yaml", ".json"})
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_SAVE_AS_CSV = "save it as 'CSV UTF-8' from the spreadsheet, and name that file"


def read_all(files: Iterable[tuple[str, bytes]]) -> Parsed:
    """All sources together, (name to show, content) each, with the rules that hold across them."""
    parsed = Parsed()
    for source, data in files:
        parsed.add(parse_bytes(data, source))
    parsed.errors += twice(parsed.rows)
    return parsed


def parse_bytes(data: bytes, source: str) -> Parsed:
    """One file."""
    if data.startswith(_WORKBOOKS):
        return _failed(source, "this is a workbook, not text", _SAVE_AS_CSV)
    text, note = _decode(data)
    if text is None:
        return _failed(source, "the text is neither UTF-8 nor Windows-1252", _SAVE_AS_CSV)
    parsed = parse_text(text, source)
    if note:
        parsed.notes.append(f"{source}: {note}")
    return parsed


def parse_text(text: str, source: str) -> Parsed:
    """One file's text; the ending of its name says what it is."""
    ending = PurePath(source).suffix.lower()
    if ending in _TABLES:
        return parse_csv(text, source)
    if ending in _TREES:
        return parse_yaml(text, source)
    return _failed(source, f"a file ending in '{ending}' is no wave file", "use .csv (or .tsv), or .yml (or .yaml)")


def _failed(source: str, problem: str, remedy: str) -> Parsed:
    return Parsed(errors=[WaveError(source=source, problem=problem, remedy=remedy)])


def _decode(data: bytes) -> tuple[str | None, str]:
    """The text and what to say about how it was read."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # what Excel calls Unicode text
        try:
            return data.decode("utf-16"), ""
        except UnicodeDecodeError:
            return None, ""
    try:
        return data.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252"), "this is not UTF-8 and was read as Windows-1252; save it as UTF-8 to be sure"
    except UnicodeDecodeError:
        return None, ""
