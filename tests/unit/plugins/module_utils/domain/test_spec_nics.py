# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which NICs are made, and where."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.problem import Problem
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.source import SourceMachine
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.spec import build
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.spec_nics import maps
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.target import TargetPlace
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain import samples

PROD = samples.network().id
DHCP = samples.network("lnet-dhcp-130").id


def only(
    entry: dict[str, Any], source: SourceMachine | None = None, place: TargetPlace | None = None, **defaults: Any
) -> Problem:
    built = build(entry, source or samples.machine(), place or samples.place(), samples.defaults(**defaults))
    assert isinstance(built, list) and len(built) == 1, built
    return built[0]


def test_by_the_common_map() -> None:
    [nic] = samples.wanted().nics
    assert (nic.nic_id, nic.label, nic.create, nic.network_id) == ("4000", "Network adapter 1", True, PROD)
    assert (nic.keep_ip, nic.keep_mac) == (False, False)


@pytest.mark.parametrize(
    ("source", "fits"),
    [
        ("dvPG-Prod-110", True),
        ("dvpg-prod-110", True),
        ("dvPG-*", True),
        ("*", True),
        ("dvPG-?rod-110", True),
        (110, True),
        ("110", True),
        ("vlan:110", True),
        ("VLAN: 110", True),
        ("dvPG-Prod", False),
        (11, False),
        ("vlan:11", False),
        (True, False),
        (None, False),
        ("", False),
    ],
)
def test_what_a_line_of_the_map_fits(source: Any, fits: bool) -> None:
    assert maps(source, samples.nic()) is fits


def test_a_port_group_may_look_like_a_pattern() -> None:
    assert maps("PG [old]", samples.nic(network="PG [old]"))


def test_the_first_line_wins_and_the_entrys_own_lines_come_first() -> None:
    common = [{"source": "*", "logical_network": "lnet-dhcp-130"}, {"source": 110, "logical_network": "lnet-prod-110"}]
    built = build({}, samples.machine(), samples.place(), samples.defaults(network_map=common))
    assert not isinstance(built, list) and built.nics[0].network_id == DHCP
    own = {"network_map": [{"source": 110, "logical_network": PROD.upper(), "keep_ip": True, "keep_mac": "yes"}]}
    built = build(own, samples.machine(), samples.place(), samples.defaults(network_map=common))
    assert not isinstance(built, list)
    assert (built.nics[0].network_id, built.nics[0].keep_ip, built.nics[0].keep_mac) == (PROD, True, True)


@pytest.mark.parametrize("match", ["4000", 4000, "00:50:56:A3:B6:00", "00-50-56-a3-b6-00", "network adapter 1"])
def test_a_nics_own_entry_wins_field_by_field(match: Any) -> None:
    [nic] = samples.wanted({"nics": [{"match": match, "keep_ip": True}]}).nics
    assert (nic.network_id, nic.keep_ip) == (PROD, True)
    [nic] = samples.wanted({"nics": [{"match": match, "logical_network": "lnet-dhcp-130"}]}).nics
    assert (nic.network_id, nic.keep_ip) == (DHCP, False)


def test_a_nic_that_is_not_made_needs_no_map() -> None:
    source = samples.machine(nics=(samples.nic(0), samples.nic(1, network="heartbeat", vlan=None)))
    first, second = samples.wanted({"nics": [{"match": "4001", "create": False}]}, source).nics
    assert first.create and not second.create and second.network_id is None


def test_an_unmapped_nic_says_how_to_map_it() -> None:
    problem = only({}, network_map=[])
    assert problem.code == "nic_unmapped" and problem.field == "network_map"
    for word in ("erp-db01", "Network adapter 1 (4000)", "'dvPG-Prod-110'", "VLAN 110", "lnet-prod-110, lnet-dhcp-130"):
        assert word in problem.text
    assert "source: 'dvPG-Prod-110'" in problem.remedy and "create: false" in problem.remedy


@pytest.mark.parametrize(
    ("nics", "code"),
    [
        ([{"match": "4009"}], "no_match"),
        ([{"match": "4000"}, {"match": "Network adapter 1"}], "match_twice"),
        ([{"match": "4000", "keepip": True}], "unknown_option"),
        ([{"match": "4000", "keep_ip": "perhaps"}], "bad_value"),
        ([{"match": "4000", "logical_network": "lnet-x"}], "network_unknown"),
        ([{"match": "4000", "logical_network": "lnet-dhcp-130", "keep_ip": True}], "dhcp_static"),
    ],
)
def test_mistakes(nics: list[dict[str, Any]], code: str) -> None:
    assert only({"nics": nics}).code == code


def test_an_unknown_network_lists_the_known() -> None:
    problem = only({"network_map": [{"source": "*", "logical_network": "lnet-x"}]})
    assert "lnet-prod-110, lnet-dhcp-130" in problem.text and problem.field == "network_map[0].logical_network"


def test_a_line_without_source() -> None:
    assert only({"network_map": [{"logical_network": "lnet-prod-110"}]}).code == "no_source"


def test_a_network_of_another_cluster_is_refused() -> None:
    place = samples.place(networks=(samples.network(custom_location_id=samples.OTHER_LOCATION),))
    assert only({}, place=place).code == "net_location"
    unknown = samples.place(
        networks=(samples.network(custom_location_id=samples.OTHER_LOCATION),), custom_location_id=""
    )
    assert not isinstance(build({}, samples.machine(), unknown, samples.defaults()), list)


def test_a_network_that_is_not_ready_is_refused() -> None:
    assert only({}, place=samples.place(networks=(samples.network(state="Failed"),))).code == "network_state"


def test_another_vlan_warns() -> None:
    warnings = samples.wanted({"nics": [{"match": "4000", "logical_network": "lnet-dhcp-130"}]}).warnings
    assert [warning.code for warning in warnings] == ["vlan_differs"]


@pytest.mark.parametrize(
    ("address", "facts", "code"),
    [
        ("10.11.0.30", {}, "ip_pool"),
        ("10.10.0.5", {}, "ip_pool"),
        ("10.10.0.30", {"dns": ("10.10.0.30",)}, "ip_is_dns"),
    ],
)
def test_a_kept_address_must_fit(address: str, facts: dict[str, Any], code: str) -> None:
    keep = {"nics": [{"match": "4000", "keep_ip": True}]}
    source = samples.machine(nics=(samples.nic(0, addresses=(address, "fe80::1")),))
    problem = only(keep, source, samples.place(networks=(samples.network(**facts),)))
    assert problem.code == code and address in problem.text and problem.field == "nics[0].keep_ip"
    assert not isinstance(build({}, source, samples.place(), samples.defaults()), list)


@pytest.mark.parametrize("facts", [{"prefix": ""}, {"pools": ()}, {"prefix": "nonsense"}])
def test_what_is_not_known_of_a_network_is_not_held_against_an_address(facts: dict[str, Any]) -> None:
    place = samples.place(networks=(samples.network(**facts),))
    source = samples.machine(nics=(samples.nic(0, addresses=("10.10.0.5",)),))
    keep = {"nics": [{"match": "4000", "keep_ip": True}]}
    assert not isinstance(build(keep, source, place, samples.defaults()), list)
