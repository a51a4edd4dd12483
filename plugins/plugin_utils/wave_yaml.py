# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wave files in YAML: a list of mappings, or a mapping with that list under ``vms``.

Scalars of known columns are taken as they are written (a VM called ``0123`` or ``on`` stays what it is), so that CSV
and YAML have one way of reading a cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from .wave_columns import COLUMNS, clean, column_name, show
from .wave_csv import notes_on
from .wave_rows import Parsed, RawRow, WaveError, build_row

# libyaml where PyYAML was built with it: ten times faster, same safe set of types.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Beside its own errors PyYAML lets these escape for odd tagged scalars (`!!int ""`, `!!bool x`, `!!timestamp x`).
_FAILURES = (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, OverflowError, RecursionError)
_STANDARD_TAG = "tag:yaml.org,2002:"
_SHAPE = "write a list of VMs (each with a name), or vms: with that list under it"


class _Wrong(Exception):
    """A place in the file and what is wrong there."""

    def __init__(self, node: yaml.Node | None, problem: str, remedy: str, column: str = "") -> None:
        super().__init__(problem)
        self.place = _place(node) if node is not None else ""
        self.problem = problem
        self.remedy = remedy
        self.column = column


def _place(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}"


def _tag(node: yaml.Node) -> str:
    return str(node.tag).removeprefix(_STANDARD_TAG)


def _pairs(node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _Wrong(key, "a column name is not text", "write columns as name: value")
        yield str(key.value), key, value


def _entries(loader: yaml.SafeLoader, root: yaml.Node | None) -> list[yaml.Node]:
    if isinstance(root, yaml.MappingNode):
        loader.flatten_mapping(root)
        named = {clean(key).lower(): value for key, _node, value in _pairs(root)}
        other = [key for key in named if key != "vms"]
        if "vms" not in named or other:
            raise _Wrong(root, "the file is a mapping, but not one of vms: alone", _SHAPE)
        root = named["vms"]
    if root is None or (isinstance(root, yaml.ScalarNode) and _tag(root) == "null"):
        raise _Wrong(None, "the file holds no VMs", _SHAPE)
    if not isinstance(root, yaml.SequenceNode):
        raise _Wrong(root, "there is no list of VMs", _SHAPE)
    return list(root.value)


def _cell(loader: yaml.SafeLoader, column: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode) and _tag(node) == "null":
        return None
    if not str(node.tag).startswith(_STANDARD_TAG):
        raise _Wrong(node, f"the tag {show(str(node.tag))} is not understood here", "write the value itself", column)
    if column in COLUMNS and isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if column == "depends_on" and isinstance(node, yaml.SequenceNode):
        return [str(part.value) if isinstance(part, yaml.ScalarNode) else [] for part in node.value]
    try:
        return loader.construct_document(node)
    except _FAILURES as error:
        remedy = "put the value in quotes if it is text"
        raise _Wrong(node, f"the value cannot be read: {_brief(error)}", remedy, column) from None


def _raw(loader: yaml.SafeLoader, entry: yaml.Node, source: str, errors: list[WaveError]) -> RawRow | None:
    place = _place(entry)
    if not isinstance(entry, yaml.MappingNode):
        raise _Wrong(entry, "this entry of the list is not a VM", "write each VM as a mapping that begins with name:")
    own = [column_name(key) for key, _node, _value in _pairs(entry) if key != "<<"]
    loader.flatten_mapping(entry)
    cells: dict[str, Any] = {}
    before = len(errors)
    for key, node, value in _pairs(entry):
        column = column_name(key)
        try:
            if not column:
                raise _Wrong(node, f"the column name {show(key)} cannot be a variable", "begin it with a letter")
            if column in cells and own.count(column) > 1:
                raise _Wrong(node, "the column is there twice", "keep one of them", column)
            cells[column] = _cell(loader, column, value)
        except _Wrong as wrong:
            errors.append(_error(source, wrong))
    return RawRow(source=source, place=place, cells=cells) if len(errors) == before else None


def _error(source: str, wrong: _Wrong) -> WaveError:
    return WaveError(source=source, place=wrong.place, column=wrong.column, problem=wrong.problem, remedy=wrong.remedy)


def _brief(error: BaseException) -> str:
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error) or type(error).__name__
    return " ".join(str(problem).split())[:200]


def _not_yaml(source: str, error: BaseException) -> WaveError:
    mark = getattr(error, "problem_mark", None)
    place = f"line {mark.line + 1}" if mark is not None else ""
    remedy = "mend the YAML there; mind the indentation, and quote text that holds : or #"
    return WaveError(source=source, place=place, problem=f"this is not YAML: {_brief(error)}", remedy=remedy)


def parse_yaml(text: str, source: str) -> Parsed:
    """Rows, or every error of the file."""
    parsed = Parsed()
    try:
        loader = _Loader(text)
        root: yaml.Node | None = loader.get_single_node()
        entries = _entries(loader, root)
    except _Wrong as wrong:
        parsed.errors.append(_error(source, wrong))
        return parsed
    except _FAILURES as error:
        parsed.errors.append(_not_yaml(source, error))
        return parsed
    unknown: dict[str, None] = {}
    for entry in entries:
        try:
            raw = _raw(loader, entry, source, parsed.errors)
        except _Wrong as wrong:
            parsed.errors.append(_error(source, wrong))
            continue
        except _FAILURES as error:
            parsed.errors.append(_not_yaml(source, error))
            continue
        if raw is None:
            continue
        unknown.update(dict.fromkeys(raw.cells))
        built = build_row(raw)
        if isinstance(built, list):
            parsed.errors += built
        else:
            parsed.rows.append(built)
    parsed.notes += notes_on(source, list(unknown))
    return parsed
