# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests and replies against the type graphs that Microsoft publishes for Bicep (``bicep.*.types.json``).

A graph is a list of types that point to one another by index. A difference is never raised, only told: what counts
as wrong is for the test to say, because the real services differ from their own types.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

from . import shared

_REQUIRED, _READ_ONLY, _WRITE_ONLY, _FIXED = 1, 2, 4, 8  # flags of a property; _FIXED: known when the URL is
_OPENAPI = "control-plane/openapi"

REPLY, REQUEST = "reply", "request"
Type = dict[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Difference:
    """``what`` is one of

    missing   a required property is not there
    null      a required property, or an element of a list, is null
    unknown   the type has no such property
    case      the property, or the word, has another case in the type
    kind      the value is of another kind (text for a number, and so on)
    word      the value is none of the words that the type lists
    pattern   the text breaks the length or the pattern of the type, or the number its limits
    read-only a request sends what only the service sets
    write-only a reply shows what only the client sends
    """

    path: str  # properties.disks[].uuid: without the numbers of the elements
    what: str
    detail: str = dataclasses.field(default="", compare=False)  # about the one value that was met

    def __str__(self) -> str:
        return f"{self.path}: {self.what}" + (f" ({self.detail})" if self.detail else "")


class Graph:
    """One file: a namespace at one api-version."""

    def __init__(self, types: list[Type], direction: str = REPLY) -> None:
        self.types = types
        self.direction = direction

    @classmethod
    def load(cls, file: str, direction: str = REPLY) -> Graph:
        """``Graph.load("datareplication.2024-09-01")``; skips the test where the file is not there."""
        return cls(shared.load(f"{_OPENAPI}/bicep.microsoft.{file}.types.json"), direction)

    # -- finding types ---------------------------------------------------------------------------------------

    def resource(self, name: str) -> Type:
        """The body of a resource type: ``Microsoft.X/y@2024-01-01``, in any case."""
        for each in self.types:
            if each["$type"] == "ResourceType" and each["name"].lower() == name.lower():
                return self._at(each["body"])
        raise LookupError(f"no resource type {name}")

    def action(self, name: str, resource_type: str) -> Type:
        """What a POST takes: ``action("plannedFailover", "Microsoft.X/y")``."""
        for each in self.types:
            if (
                each["$type"] == "ResourceFunctionType"
                and each["name"].lower() == name.lower()
                and each["resourceType"].lower() == resource_type.lower()
            ):
                return self._at(each["input"])
        raise LookupError(f"no action {name} of {resource_type}")

    def _at(self, reference: dict[str, str]) -> Type:
        return self.types[int(reference["$ref"].removeprefix("#/"))]

    @staticmethod
    def _properties(type_: Type) -> dict[str, Any]:
        found: dict[str, Any] = type_.get("properties") or type_.get("baseProperties") or {}
        return found

    # -- comparing -------------------------------------------------------------------------------------------

    def check(self, type_: Type, value: Any) -> list[Difference]:
        """Each difference once, in order of its path."""
        return sorted(set(self._value(type_, value, "")))

    def _value(self, type_: Type, value: Any, path: str) -> Iterator[Difference]:
        kind = type_["$type"]
        if kind == "AnyType":
            return
        if kind == "UnionType":
            yield from self._union(type_, value, path)
        elif kind == "ArrayType":
            yield from self._array(type_, value, path)
        elif kind == "ObjectType":
            yield from self._object(type_, self._properties(type_), value, path)
        elif kind == "DiscriminatedObjectType":
            yield from self._discriminated(type_, value, path)
        elif kind == "StringLiteralType":
            yield from _word((type_["value"],), value, path)
        else:
            yield from _scalar(type_, value, path)

    def _union(self, type_: Type, value: Any, path: str) -> Iterator[Difference]:
        """Words, mostly. "Or any other text" stands in nearly every union, to keep clients alive: no leave for us."""
        options = [self._at(each) for each in type_["elements"]]
        words = tuple(each["value"] for each in options if each["$type"] == "StringLiteralType")
        others = [each for each in options if each["$type"] not in ("StringLiteralType", "StringType")]
        if words and not others:
            yield from _word(words, value, path)
            return
        outcomes = [list(self._value(each, value, path)) for each in options]
        yield from min(outcomes, key=len)

    def _array(self, type_: Type, value: Any, path: str) -> Iterator[Difference]:
        if not isinstance(value, list):
            yield _kind(path, "a list", value)
            return
        element = self._at(type_["itemType"])
        for each in value:
            if each is None:
                yield Difference(path=f"{path}[]", what="null")
            else:
                yield from self._value(element, each, f"{path}[]")

    def _discriminated(self, type_: Type, value: Any, path: str) -> Iterator[Difference]:
        if not isinstance(value, dict):
            yield _kind(path, "an object", value)
            return
        name, base = type_["discriminator"], type_["baseProperties"]
        word = value.get(name)
        if word not in type_["elements"]:
            what = "missing" if word is None else "word"
            yield Difference(path=_join(path, name), what=what, detail=repr(word) if word else "")
            # What it would be is not known: its own properties are nobody's, those of every such object are checked.
            rest = {key: each for key, each in value.items() if key in base}
            yield from self._object(type_, base, rest, path)
            return
        chosen = self._at(type_["elements"][word])
        yield from self._object(chosen, {**base, **self._properties(chosen)}, value, path)

    def _object(self, type_: Type, known: dict[str, Any], value: Any, path: str) -> Iterator[Difference]:
        if not isinstance(value, dict):
            yield _kind(path, "an object", value)
            return
        by_lower = {name.lower(): name for name in known}
        seen = set()
        for key, each in value.items():
            name = key if key in known else by_lower.get(key.lower())
            where = _join(path, key)
            if name is None:
                yield from self._extra(type_, each, where)
                continue
            seen.add(name)
            if name != key:
                yield Difference(path=where, what="case", detail=name)
            yield from self._property(known[name], each, where)
        for name in known:
            if name not in seen and self._expected(known[name], path):
                yield Difference(path=_join(path, name), what="missing")

    def _extra(self, type_: Type, value: Any, path: str) -> Iterator[Difference]:
        if "additionalProperties" not in type_:
            yield Difference(path=path, what="unknown")
        elif value is not None:
            yield from self._value(self._at(type_["additionalProperties"]), value, path.rsplit(".", 1)[0] + ".*")

    def _property(self, known: Type, value: Any, path: str) -> Iterator[Difference]:
        flags = known["flags"]
        if value is None:
            if flags & _REQUIRED:
                yield Difference(path=path, what="null")
            return
        if self.direction == REQUEST and flags & _READ_ONLY:
            yield Difference(path=path, what="read-only")
            return
        if self.direction == REPLY and flags & _WRITE_ONLY:
            yield Difference(path=path, what="write-only")
        yield from self._value(self._at(known["type"]), value, path)

    def _expected(self, known: Type, path: str) -> bool:
        """Name, id and type of a resource stand in its URL when it is sent, and in its reply; the version never."""
        flags = known["flags"]
        if flags & _FIXED and not path:
            return self.direction == REPLY and self._at(known["type"]).get("value", "")[:2] != "20"
        return bool(flags & _REQUIRED) and not (self.direction == REQUEST and flags & _READ_ONLY)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _kind(path: str, wanted: str, value: Any) -> Difference:
    return Difference(path=path, what="kind", detail=f"{type(value).__name__} for {wanted}: {str(value)[:60]!r}")


def _word(words: tuple[str, ...], value: Any, path: str) -> Iterator[Difference]:
    if value in words:
        return
    if not isinstance(value, str):
        yield _kind(path, "a word", value)
    elif value.lower() in (word.lower() for word in words):
        yield Difference(path=path, what="case", detail=repr(value))
    else:
        yield Difference(path=path, what="word", detail=repr(value))


def _scalar(type_: Type, value: Any, path: str) -> Iterator[Difference]:
    kind = type_["$type"]
    wanted: type = {"StringType": str, "IntegerType": int, "BooleanType": bool}[kind]
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        yield _kind(path, kind.removesuffix("Type").lower(), value)
    elif isinstance(value, str):
        short = len(value) < type_.get("minLength", 0) or len(value) > type_.get("maxLength", len(value))
        if short or not re.search(type_.get("pattern", ""), value):
            yield Difference(path=path, what="pattern", detail=repr(value[:60]))
    elif wanted is int and not type_.get("minValue", value) <= value <= type_.get("maxValue", value):
        yield Difference(path=path, what="pattern", detail=str(value))
