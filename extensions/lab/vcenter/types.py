# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pyVmomi's types, and a quick way to make them complete.

pyVmomi has no type hints and checks every assignment: right for a client, slow for a server that makes a hundred
thousand objects a call. ``make`` starts from a template that has every required field.
"""

from __future__ import annotations

import datetime as dt
import functools
import importlib
from typing import Any

_pyvmomi: Any = importlib.import_module("pyVmomi")
vim: Any = _pyvmomi.vim
vmodl: Any = _pyvmomi.vmodl
support: Any = importlib.import_module("pyVmomi.VmomiSupport")
soap: Any = importlib.import_module("pyVmomi.SoapAdapter")

# What this server says it is. pyVmomi 8.0.3 and later know this version.
VERSION = "vim.version.v8_0_3_0"
EPOCH = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
_OPTIONAL: int = support.F_OPTIONAL


def make(kind: Any, /, **values: Any) -> Any:
    """A data object with these values; required fields that are not named get a harmless one."""
    made = kind.__new__(kind)
    # pyVmomi checks assignments in __setattr__; the tests check what we made instead
    made.__dict__.update(_template(kind))
    made.__dict__.update(values)
    return made


@functools.cache
def _template(kind: Any) -> dict[str, Any]:
    return {field.name: _default(field) for field in kind._GetPropertyList()}


def _default(field: Any) -> Any:
    kind = field.type
    if issubclass(kind, list):
        return kind()
    if field.flags & _OPTIONAL:
        return None
    if kind is bool:
        return False
    if issubclass(kind, support.Enum):
        return kind.values[0]
    if issubclass(kind, str):
        return ""
    if issubclass(kind, (int, float)):
        return kind(0)
    if issubclass(kind, dt.datetime):
        return EPOCH
    if issubclass(kind, support.DataObject):
        return make(kind)
    return None


def array(kind: Any, items: Any) -> Any:
    """A list of a typed array type, which knows its type even where the field says only "anything"."""
    made = kind()
    list.extend(made, items)
    return made


@functools.cache
def reference(kind: Any, moid: str) -> Any:
    """A managed object reference."""
    return kind(moid)


def fault(kind: Any, message: str, /, **values: Any) -> Any:
    """A fault to raise, with the text that a client shows."""
    made = make(kind, msg=message, faultCause=None, **values)
    for field in kind._GetPropertyList():
        value = getattr(made, field.name)
        if field.flags & _OPTIONAL or not (value is None or (isinstance(value, list) and not value)):
            continue
        # a planned fault names no object, and its lists have nothing in them: on the wire both must be something
        if issubclass(field.type, list):
            setattr(made, field.name, array(field.type, [_something(field.type.Item)]))
        else:
            setattr(made, field.name, _something(field.type))
    return made


def _something(kind: Any) -> Any:
    if issubclass(kind, support.ManagedObject):
        return reference(kind, "none")
    return _default(support.Object(name="", type=kind, version=VERSION, flags=0))


def fault_class(name: str) -> Any:
    """A fault by its bare or full name, or None."""
    for space in ("", "vim.fault.", "vmodl.fault.", "vmodl.query.", "vmodl."):
        try:
            kind = support.GetVmodlType(space + name)
        except (KeyError, AttributeError):
            continue
        if issubclass(kind, vmodl.MethodFault):
            return kind
    return None
