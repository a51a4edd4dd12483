# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the properties of any managed object by their paths."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .types import array, fault, support, vmodl

Root = Callable[[], Any]
_STEP = re.compile(r"^(\w+)(?:\[\"?([^\]\"]*)\"?\])?$")


class Unmodelled(Exception):
    """A property that the real type has and the lab does not."""


class Opened:
    """A managed object whose properties are being read. What it builds it keeps until the read is over."""

    def __init__(
        self,
        ref: Any,
        roots: Mapping[str, Root],
        shallow: Mapping[str, Root] | None = None,
        denied: Callable[[str], Any] | None = None,
    ) -> None:
        """``denied``: the fault for a path that the account may not read, else None."""
        self.ref = ref
        self.roots = roots
        self.shallow = shallow or {}
        self._denied = denied
        self._built: dict[str, Any] = {}

    def get(self, path: str) -> Any:
        """A property's value, None when it is unset."""
        first, _, rest = path.partition(".")
        info = self._declared(first, path)
        refused = self._denied(path) if self._denied is not None else None
        if refused is not None:
            raise refused
        deep = next((known for known in self.roots if "." in known and path.startswith(known)), None)
        if deep is not None and path[len(deep) : len(deep) + 1] in ("", ".", "["):
            return self._deep(deep, path)
        bare = _STEP.match(first)
        root = bare.group(1) if bare else first
        if root not in self.roots:
            raise Unmodelled(path)
        value = self._root(root, shallow=bool(rest))
        if "[" in first:
            value, info = _keyed(value, info, first, path)
        return _typed(*_walk(value, info, rest, path))

    def _declared(self, first: str, path: str) -> Any:
        try:
            return type(self.ref)._GetPropertyInfo(first.partition("[")[0])
        except AttributeError:
            raise invalid(path) from None

    def _deep(self, known: str, path: str) -> Any:
        """A property inside another that has a builder of its own, so that the rest need not be built."""
        info = type(self.ref)._GetPropertyInfo(known.partition(".")[0])
        for step in known.split(".")[1:]:
            info = info.type._GetPropertyInfo(step)
        value = self._root(known, shallow=False)
        left = path[len(known) :]
        if left.startswith("["):
            end = left.index("]") + 1
            value, info = _keyed(value, info, f"{info.name}{left[:end]}", path)
            left = left[end:]
        return _typed(*_walk(value, info, left.removeprefix("."), path))

    def _root(self, name: str, *, shallow: bool) -> Any:
        if name in self._built:
            return self._built[name]
        if shallow and name in self.shallow:
            key = f"{name} shallow"
            if key not in self._built:
                self._built[key] = self.shallow[name]()
            return self._built[key]
        self._built[name] = self.roots[name]()
        return self._built[name]


def invalid(path: str) -> Any:
    """The fault for a path that the type does not have."""
    return fault(vmodl.query.InvalidProperty, f"A specified property does not exist: {path}", name=path)


def _walk(value: Any, info: Any, rest: str, path: str) -> tuple[Any, Any]:
    for step in rest.split(".") if rest else ():
        if value is None:
            return None, info
        bare = step.partition("[")[0]
        if isinstance(value, list):
            raise invalid(path)
        try:
            info = type(value)._GetPropertyInfo(bare)
        except AttributeError:
            raise invalid(path) from None
        value = getattr(value, bare)
        if "[" in step:
            value, info = _keyed(value, info, step, path)
    return value, info


def _keyed(value: Any, info: Any, step: str, path: str) -> tuple[Any, Any]:
    """device[4000]: the element of an array by its key."""
    match = _STEP.match(step)
    if match is None or not isinstance(value, list):
        raise invalid(path)
    found = next((item for item in value if str(getattr(item, "key", None)) == match.group(2)), None)
    return found, support.Object(name=info.name, type=info.type.Item, version=info.version, flags=info.flags)


def _typed(value: Any, info: Any) -> Any:
    """Lists know their type, so that they can be sent as "anything"; enumerations are more than text."""
    if isinstance(value, list) and not isinstance(value, support.Array):
        return array(info.type, value)
    if isinstance(value, str) and issubclass(info.type, support.Enum) and not isinstance(value, support.Enum):
        return info.type(value)
    # numbers too: 8 as a long is not 8 as an int
    if type(value) is int and issubclass(info.type, int) and info.type is not bool:
        return info.type(value)
    return value
