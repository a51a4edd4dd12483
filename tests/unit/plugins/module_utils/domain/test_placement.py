# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a machine goes: names and paths of an inventory with two datacenters and every kind of namesake."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.placement import (
    GIB,
    Place,
    Placed,
    Wishes,
    matching,
    resolve,
    space,
)


def row(kind: str, path: str, **more: Any) -> Place:
    ident = more.pop("id", path)
    name = more.pop("name", path.rpartition("/")[2])
    return Place.parse({"kind": kind, "id": ident, "name": name, "path": path, "datacenter": path[:4], **more})


REACH = {"stores": ["/DC1/datastore/Gold", "/DC1/datastore/Silver"], "networks": ["/DC1/network/Mgmt"]}
INVENTORY = [
    row("datacenter", "/DC1"),
    row("datacenter", "/DC2"),
    row("folder", "/DC1/vm", root=True),
    row("folder", "/DC1/vm/Infra"),
    row("folder", "/DC1/vm/Prod"),
    row("folder", "/DC1/vm/Prod/Infra"),
    row("folder", "/DC2/vm", root=True),
    row("compute", "/DC1/host/A"),
    row("compute", "/DC1/host/B"),
    row("compute", "/DC1/host/alone.example"),
    row("pool", "/DC1/host/A/Resources", compute="/DC1/host/A", root=True),
    row("pool", "/DC1/host/A/Resources/Tools", compute="/DC1/host/A"),
    row("pool", "/DC1/host/B/Resources", compute="/DC1/host/B", root=True),
    row("pool", "/DC1/host/B/Resources/Tools", compute="/DC1/host/B"),
    row("pool", "/DC1/host/alone.example/Resources", compute="/DC1/host/alone.example", root=True),
    row("host", "/DC1/host/A/esx1", compute="/DC1/host/A", **REACH, state="it is in maintenance mode"),
    row("host", "/DC1/host/A/esx2", compute="/DC1/host/A", stores=["/DC1/datastore/Gold"], networks=[]),
    row("host", "/DC1/host/A/esx3", compute="/DC1/host/A", **REACH),
    row("host", "/DC1/host/A/esx4", compute="/DC1/host/A", **REACH),
    row("host", "/DC1/host/B/esx5", compute="/DC1/host/B", **REACH),
    row("host", "/DC1/host/alone.example/alone.example", compute="/DC1/host/alone.example", **REACH),
    row("datastore", "/DC1/datastore/Gold", free_bytes=500 * GIB),
    row("datastore", "/DC1/datastore/Silver", free_bytes=500 * GIB),
    row("datastore", "/DC1/datastore/Broken", state="it is not accessible"),
    row("network", "/DC1/network/Mgmt"),
    row("network", "/DC1/network/Switch1/Prod"),
    row("network", "/DC1/network/Switch2/Prod"),
    row("network", "/DC1/network/10/24", name="10/24"),
]
ALL = Wishes(datacenter="DC1", cluster="A", datastore="Gold", network="Mgmt")


def wish(**more: str) -> Wishes:
    return dataclasses.replace(ALL, **more)


def where(wishes: Wishes) -> Placed:
    placed, problems = resolve(INVENTORY, wishes)
    assert problems == []
    assert placed is not None
    return placed


def test_names_are_enough_where_they_are_unique() -> None:
    placed = where(ALL)
    assert [place.path for place in (placed.pool, placed.host, placed.folder, placed.datastore, placed.network)] == [
        "/DC1/host/A/Resources",
        "/DC1/host/A/esx3",
        "/DC1/vm",
        "/DC1/datastore/Gold",
        "/DC1/network/Mgmt",
    ]


@pytest.mark.parametrize(
    ("more", "pool", "host"),
    [
        ({"esxi_host": "esx4"}, "A/Resources", "A/esx4"),
        ({"esxi_host": "esx5", "cluster": ""}, "B/Resources", "B/esx5"),
        ({"esxi_host": "alone.example", "cluster": ""}, "alone.example/Resources", "alone.example/alone.example"),
        ({"cluster": "alone.example"}, "alone.example/Resources", "alone.example/alone.example"),
        ({"resource_pool": "Tools"}, "A/Resources/Tools", "A/esx3"),
        ({"resource_pool": "B/Resources/Tools", "cluster": ""}, "B/Resources/Tools", "B/esx5"),
        ({"resource_pool": "/DC1/host/B/Resources/Tools", "cluster": ""}, "B/Resources/Tools", "B/esx5"),
        ({"resource_pool": "Tools", "cluster": "B", "esxi_host": "esx5"}, "B/Resources/Tools", "B/esx5"),
    ],
)
def test_pool_and_host(more: dict[str, str], pool: str, host: str) -> None:
    placed = where(wish(**more))
    assert (placed.pool.path, placed.host.path) == (f"/DC1/host/{pool}", f"/DC1/host/{host}")


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("", "/DC1/vm"),
        ("Prod", "/DC1/vm/Prod"),
        ("Prod/Infra", "/DC1/vm/Prod/Infra"),
        ("/DC1/vm/Infra", "/DC1/vm/Infra"),
        ("/DC1/vm/Infra/", "/DC1/vm/Infra"),
    ],
)
def test_folder(said: str, path: str) -> None:
    assert where(wish(folder=said)).folder.path == path


@pytest.mark.parametrize(
    ("more", "code", "option", "words"),
    [
        ({"datacenter": ""}, "placement_needed", "datacenter", "/DC1, /DC2"),
        ({"datacenter": "DC3"}, "placement_unknown", "datacenter", "/DC1, /DC2"),
        ({"cluster": ""}, "placement_needed", "cluster", "/DC1/host/B"),
        ({"cluster": "C"}, "placement_unknown", "cluster", "/DC1/host/A"),
        ({"resource_pool": "Tools", "cluster": ""}, "placement_ambiguous", "resource_pool", "B/Resources/Tools"),
        (
            {"resource_pool": "Tools", "esxi_host": "alone.example", "cluster": ""},
            "placement_unknown",
            "resource_pool",
            "",
        ),
        ({"esxi_host": "esx5"}, "placement_unknown", "esxi_host", "esx4"),
        ({"folder": "Infra"}, "placement_ambiguous", "folder", "/DC1/vm/Prod/Infra"),
        ({"folder": "/Infra"}, "placement_unknown", "folder", "/DC1/vm/Infra"),
        ({"datastore": ""}, "placement_needed", "datastore", "Silver"),
        ({"datastore": "Broken"}, "placement_unusable", "datastore", "not accessible"),
        ({"network": "Prod"}, "placement_ambiguous", "network", "/DC1/network/Switch2/Prod"),
        ({"network": "mgmt"}, "placement_unknown", "network", "/DC1/network/Mgmt"),
        ({"esxi_host": "esx1"}, "placement_unusable", "esxi_host", "maintenance"),
        ({"esxi_host": "esx2"}, "placement_unusable", "esxi_host", "does not reach the network Mgmt"),
        ({"network": "Switch2/Prod"}, "placement_unusable", "esxi_host", "esx4: it does not reach the network Prod"),
    ],
)
def test_what_has_no_single_answer(more: dict[str, str], code: str, option: str, words: str) -> None:
    placed, problems = resolve(INVENTORY, wish(**more))
    assert placed is None
    assert [(problem.code, problem.field) for problem in problems] == [(code, option)]
    assert words in problems[0].text and problems[0].remedy


def test_several_questions_at_once() -> None:
    _placed, problems = resolve(INVENTORY, Wishes(datacenter="DC1"))
    assert [problem.field for problem in problems] == ["datastore", "network", "cluster"]


def test_a_datacenter_without_anything() -> None:
    _placed, problems = resolve(INVENTORY, Wishes(datacenter="DC2"))
    assert {problem.code for problem in problems} == {"placement_needed"}
    assert all("there is none" in problem.text for problem in problems)


def test_a_slash_may_be_part_of_a_name() -> None:
    assert [place.path for place in matching("10/24", INVENTORY)] == ["/DC1/network/10/24"]


def test_long_lists_are_cut() -> None:
    many = [row("datastore", f"/DC1/datastore/S{number:02}") for number in range(25)]
    _placed, problems = resolve([*INVENTORY, *many], wish(datastore="Nothing"))
    assert problems[0].text.count("/DC1/datastore/") == 10 and "and 18 more" in problems[0].text


@pytest.mark.parametrize(
    ("free", "codes"), [(100, []), (99, ["datastore_tight"]), (20, ["datastore_tight"]), (19, ["datastore_full"])]
)
def test_space(free: int, codes: list[str]) -> None:
    store = row("datastore", "/DC1/datastore/Gold", free_bytes=free * GIB)
    problems = space(store, needed_bytes=20 * GIB, later_bytes=100 * GIB)
    assert [problem.code for problem in problems] == codes
    assert all(problem.blocks == (problem.code == "datastore_full") for problem in problems)
