# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The validator behind the contract tests sees what it must see: on a graph of our own, so everywhere."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support.bicep_types import REPLY, REQUEST, Graph

JSON = dict[str, Any]


def to(number: int) -> JSON:
    return {"$ref": f"#/{number}"}


def prop(number: int, flags: int = 0) -> JSON:
    return {"type": to(number), "flags": flags}


TYPES: list[JSON] = [
    {"$type": "StringType"},
    {"$type": "StringType", "pattern": "^[a-z]+$", "maxLength": 5},
    {"$type": "IntegerType", "minValue": 1},
    {"$type": "BooleanType"},
    {"$type": "StringLiteralType", "value": "Up"},
    {"$type": "StringLiteralType", "value": "Down"},
    {"$type": "UnionType", "elements": [to(4), to(5), to(0)]},
    {"$type": "ObjectType", "name": "Tags", "properties": {}, "additionalProperties": to(0)},
    {"$type": "ObjectType", "name": "Part", "properties": {"size": prop(2, 1), "label": prop(0)}},
    {"$type": "ArrayType", "itemType": to(8)},
    {
        "$type": "DiscriminatedObjectType",
        "name": "Custom",
        "discriminator": "kind",
        "baseProperties": {"owner": prop(0)},
        "elements": {"Small": to(11)},
    },
    {"$type": "ObjectType", "name": "Small", "properties": {"kind": prop(12, 1), "count": prop(2, 1)}},
    {"$type": "StringLiteralType", "value": "Small"},
    {
        "$type": "ObjectType",
        "name": "X/things",
        "properties": {
            "name": prop(1, 9),
            "apiVersion": prop(14, 10),
            "state": prop(6, 2),
            "secret": prop(0, 4),
            "on": prop(3),
            "parts": prop(9, 1),
            "tags": prop(7),
            "custom": prop(10),
        },
    },
    {"$type": "StringLiteralType", "value": "2024-01-01"},
    {"$type": "ResourceType", "name": "X/things@2024-01-01", "body": to(13)},
    {"$type": "ResourceFunctionType", "name": "shrink", "resourceType": "X/things", "input": to(8), "output": to(8)},
]
GOOD: JSON = {"name": "abc", "state": "Up", "on": None, "parts": [{"size": 1}], "tags": {"a": "b"}}


def found(value: JSON, direction: str = REPLY) -> list[str]:
    graph = Graph(TYPES, direction)
    return [f"{each.path}: {each.what}" for each in graph.check(graph.resource("x/THINGS@2024-01-01"), value)]


def test_a_good_reply() -> None:
    assert found(GOOD | {"custom": {"kind": "Small", "count": 3, "owner": "me"}}) == []


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"name": "ABC"}, "name: pattern"),
        ({"name": "abcdef"}, "name: pattern"),
        ({"state": "Sideways"}, "state: word"),
        ({"state": "up"}, "state: case"),
        ({"state": 1}, "state: kind"),
        ({"secret": "x"}, "secret: write-only"),
        ({"on": "true"}, "on: kind"),
        ({"On": True}, "On: case"),
        ({"more": None}, "more: unknown"),
        ({"parts": None}, "parts: null"),
        ({"parts": {}}, "parts: kind"),
        ({"parts": [None]}, "parts[]: null"),
        ({"parts": [{"size": 1}, {}, {}]}, "parts[].size: missing"),
        ({"parts": [{"size": 1.0}]}, "parts[].size: kind"),
        ({"parts": [{"size": True}]}, "parts[].size: kind"),
        ({"parts": [{"size": 0}]}, "parts[].size: pattern"),
        ({"tags": {"a": 1}}, "tags.*: kind"),
        ({"custom": {}}, "custom.kind: missing"),
        ({"custom": {"kind": "Large", "size": 1, "owner": "me"}}, "custom.kind: word"),
        ({"custom": {"kind": "Small"}}, "custom.count: missing"),
    ],
)
def test_each_difference_is_told_once(change: JSON, difference: str) -> None:
    assert found(GOOD | change) == [difference]


def test_missing_properties() -> None:
    assert found({}) == ["name: missing", "parts: missing"]
    assert found({}, REQUEST) == ["parts: missing"]  # the name stands in the URL


def test_a_request_sends_nothing_read_only() -> None:
    body = {"parts": [{"size": 1}], "secret": "x"}
    assert found(body, REQUEST) == []
    assert found(body | {"state": "Up"}, REQUEST) == ["state: read-only"]


def test_actions() -> None:
    graph = Graph(TYPES, REQUEST)
    assert [str(each) for each in graph.check(graph.action("shrink", "X/things"), {})] == ["size: missing"]
    with pytest.raises(LookupError):
        graph.action("grow", "X/things")
    with pytest.raises(LookupError):
        graph.resource("X/nothing@2024-01-01")
