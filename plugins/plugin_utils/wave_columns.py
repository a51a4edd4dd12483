# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The columns of a wave file: what each may hold, and how a cell's text becomes a typed value.

No Ansible here and no files: text in, value out, or a CellError that says what is wrong and what to do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

PREFIX: Final = "azlocal_"

# What a spreadsheet writes where a formula failed. Such a cell is never data, and never a comment either.
SPREADSHEET_ERRORS: Final = frozenset(
    {"#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#FIELD!"}
)

# Words that Ansible keeps for itself (playbook keywords, Jinja globals, magic variables). A column of such a name
# ("environment" and "tags" are common) becomes azlocal_<column>: a plain variable would warn in every play, or be lost.
_RESERVED_WORDS = """
action always any_errors_fatal args async async_val become become_exe become_flags become_method become_user block
changed_when check_mode collections connection cycler debugger delay delegate_facts delegate_to dict diff
environment fact_path failed_when force_handlers gather_facts gather_timeout handlers hosts ignore_errors
ignore_unreachable joiner lipsum local_action lookup loop loop_control loop_with max_fail_percentage
module_defaults name namespace no_log notify now omit order poll port post_tasks pre_tasks q query range register
remote_user rescue retries roles run_once serial strategy tags tasks throttle timeout undef until validate_argspec vars vars_files
vars_prompt when with_ groups group_names hostvars inventory_hostname inventory_hostname_short inventory_dir
inventory_file playbook_dir role_name role_names role_path play_hosts ansible_play_batch ansible_play_hosts
ansible_play_hosts_all ansible_play_name ansible_version ansible_check_mode ansible_diff_mode ansible_forks
"""
RESERVED: Final = frozenset(_RESERVED_WORDS.split())

# NUL and its kin, and halves of surrogate pairs: no field holds them, and some of them break the tools behind us.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_INVISIBLE = "\u200b\u200e\u200f\ufeff"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_WHOLE = re.compile(r"([+-]?[0-9]{1,15})(\.0+)?")  # spreadsheets like to write 4.0
_TEMPLATE = re.compile(r"\{\{|\{%|\{#")
_MAX_DEPTH = 8
_MAX_PARTS = 10_000


class CellError(Exception):
    """One cell that cannot be taken as it is: what is wrong with it, and what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}; {remedy}")
        self.problem = problem
        self.remedy = remedy


def show(text: str, limit: int = 60) -> str:
    """The text as an error message may quote it: one line, not too long, nothing invisible."""
    cut = text if len(text) <= limit else text[: limit - 3] + "..."
    return "'" + "".join(c if c.isprintable() else "?" for c in cut) + "'"


def clean(text: str) -> str:
    """Without the white space and the invisible marks that copying between tools leaves at both ends."""
    before = None
    while before != text:
        before = text
        text = text.strip().strip(_INVISIBLE)
    return text


def sound(text: str) -> str:
    """The text, refused where it holds what no field may hold."""
    if _FORBIDDEN.search(text):
        raise CellError("holds a control character", "delete the cell and type its value again")
    if text.upper() in SPREADSHEET_ERRORS:
        raise CellError(f"{text} is a formula that the spreadsheet could not work out", "put the value itself there")
    return text


def column_name(header: str) -> str:
    """A header as the variable that it becomes: ``CPU Cores`` -> ``cpu_cores``, ``azlocal_app`` -> ``app``.

    Empty where nothing usable is left.
    """
    word = re.sub(r"\W+", "_", clean(header).lower(), flags=re.ASCII).strip("_")
    bare = word.removeprefix(PREFIX)
    if bare in COLUMNS:
        return bare
    return word if word.isidentifier() else ""


def variable_name(column: str) -> str:
    """The host variable of a column."""
    return PREFIX + column if column in COLUMNS or column in RESERVED else column


def _text(cell: str) -> str:
    return cell


def _name(cell: str) -> str:
    if "\n" in cell or "\r" in cell:
        raise CellError("holds a line break", "put one VM name on one line")
    if _TEMPLATE.search(cell):
        raise CellError(
            f"{show(cell)} holds template marks, which a host name may not hold",
            "give the row a plain name and say which VM it is by instance_uuid",
        )
    return cell


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def parse(cell: str) -> int:
        found = _WHOLE.fullmatch(cell)
        value = int(found[1]) if found else None
        if value is None:
            raise CellError(f"{show(cell)} is not a whole number", "write digits only, such as 4")
        if not lowest <= value <= highest:
            raise CellError(f"{value} is out of range", f"use a number from {lowest} to {highest}")
        return value

    return parse


def _yes_no(cell: str) -> bool:
    word = cell.lower()
    if word in {"true", "yes", "y", "on", "1"}:
        return True
    if word in {"false", "no", "n", "off", "0"}:
        return False
    raise CellError(f"{show(cell)} is neither yes nor no", "use true or false")


def _choice(*words: str) -> Callable[[str], str]:
    def parse(cell: str) -> str:
        word = re.sub(r"[\s-]+", "_", cell.lower())
        if word.isdigit() or word.endswith(".0"):
            word = word.removesuffix(".0")
        if word in words:
            return word
        raise CellError(f"{show(cell)} is not known here", "use one of: " + ", ".join(words))

    return parse


def _uuid(cell: str) -> str:
    if _UUID.fullmatch(cell):
        return cell.lower()
    raise CellError(
        f"{show(cell)} is not a UUID",
        "use 32 hexadecimal digits in five groups, such as 503fa9d0-1c2b-4d3e-8f90-a1b2c3d4e5f6",
    )


def _names(cell: str) -> list[str]:
    return [name for name in (clean(part) for part in re.split(r"[;,]", cell)) if name]


def _not_json(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _json(cell: str, example: str) -> Any:
    try:
        return json.loads(cell, parse_constant=_not_json)
    except json.JSONDecodeError as error:
        why = f"is not JSON: {error.msg} at character {error.pos + 1} of {show(cell)}"
    except (ValueError, RecursionError):
        why = f"is not JSON that can be read: {show(cell)}"
    raise CellError(why, f"write it as JSON, such as {example}")


def _shape(value: Any, mapping: bool, example: str) -> Any:
    if mapping and isinstance(value, dict):
        return value
    if not mapping and isinstance(value, list) and all(isinstance(part, dict) for part in value):
        return value
    wanted = "a mapping" if mapping else "a list of mappings"
    raise CellError(f"is not {wanted}", f"write it such as {example}")


_EXAMPLES: Final[Mapping[str, str]] = {
    "dynamic_memory": '{"enabled": true, "minimum_mb": 1024, "maximum_mb": 8192}',
    "disks": '[{"match": "scsi0:1", "include": false}]',
    "nics": '[{"match": "4000", "logical_network": "lnet-prod-110", "keep_ip": true}]',
    "network_map": '[{"source": "dvPG-Prod-*", "logical_network": "lnet-prod-110"}]',
}

# The public columns (the fields of the replication entry, and what a wave says about a VM besides).
COLUMNS: Final[Mapping[str, Callable[[str], Any]]] = {
    "name": _name,
    "wave": _text,
    "app": _text,
    "owner": _text,
    "window": _text,
    "order": _whole(1, 1_000_000),
    "hold_days": _whole(1, 3650),
    "depends_on": _names,
    "machine_id": _text,
    "instance_uuid": _uuid,
    "target_vm_name": _text,
    "target_resource_group": _text,
    "storage_path": _text,
    "os_disk": _text,
    "cpu_cores": _whole(1, 2048),
    "memory_mb": _whole(1, 251_658_240),
    "generation": _choice("auto", "1", "2"),
    "security": _choice("auto", "none", "secure_boot", "trusted_launch"),
    "os_type": _choice("auto", "windows", "linux"),
    "arc": _choice("none", "fresh", "reuse"),
    "auto_resync": _yes_no,
    "dynamic_memory": _text,
    "disks": _text,
    "nics": _text,
    "network_map": _text,
}


def _typed(column: str, text: str) -> Any:
    if column in _EXAMPLES:
        example = _EXAMPLES[column]
        return plain(_shape(_json(text, example), column == "dynamic_memory", example))
    parse = COLUMNS.get(column, _text)
    return parse(text)


def convert(column: str, cell: Any) -> Any:
    """The typed value of one cell: text (CSV, YAML scalars) or a nested value (YAML). None where nothing was given."""
    if cell is None:
        return None
    if isinstance(cell, str):
        text = clean(cell)
        return None if not text else _typed(column, sound(text))
    if column in _EXAMPLES:
        return plain(_shape(cell, column == "dynamic_memory", _EXAMPLES[column]))
    if column == "depends_on" and isinstance(cell, list):
        if not all(isinstance(part, str) for part in cell):
            raise CellError("is not a list of names", "list VM names only")
        return [name for name in (clean(sound(part)) for part in cell) if name]
    if column in COLUMNS:
        raise CellError("holds a list or a mapping", "put one value there")
    return plain(cell)


def plain(value: Any) -> Any:
    """Nested data as a host variable may hold it: copied, bounded, text keys only, nothing but JSON's types."""
    left = [_MAX_PARTS]

    def copy(part: Any, depth: int) -> Any:
        left[0] -= 1
        if depth > _MAX_DEPTH or left[0] < 0:
            raise CellError("is nested too deeply or is too long", "make it simpler, and do not let it refer to itself")
        if isinstance(part, str):
            return sound(part)
        if part is None or isinstance(part, bool | int):
            return part
        if isinstance(part, float):
            return part if part - part == 0 else str(part)  # infinities and nan have no place in JSON
        if isinstance(part, list):
            return [copy(item, depth + 1) for item in part]
        if isinstance(part, dict):
            if not all(isinstance(key, str) for key in part):
                raise CellError("has a key that is not text", "put the key in quotes")
            return {sound(key): copy(item, depth + 1) for key, item in part.items()}
        return str(part)  # dates and times as YAML reads them

    return copy(value, 0)
