# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which endpoints a place needs, and what is said of each."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.index import find
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import connectivity, endpoints, geographies
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.connectivity import Endpoint, Estate, Peer, Tried
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.endpoints import (
    CONTROLLER,
    HOST,
    NEEDS,
    PLACES,
    SOURCE,
    TARGET,
    URLS,
)

ESTATE = Estate(
    named={
        "cluster": [Peer(name="cl.example")],
        "nodes": [Peer(name="n1"), Peer(name="n2")],
        "vcenter": [Peer(name="vc", port=8443)],
        "esxi_hosts": [Peer(name="esx1")],
        "image_hosts": [Peer(name="media")],
        SOURCE: [Peer(name="src")],
        TARGET: [Peer(name="tgt")],
    },
    logins=[Peer(name="10.0.0.1", port=5986)],
    azure=[Peer(name="management.azure.com", port=443)],
    location="Central US",
)
ONE = Endpoint(name="x", port=445, why="y", remedy="open it")
GOOD, REFUSED = Tried(addresses=("1.2.3.4",), reachable=True), Tried(addresses=("1.2.3.4",), reason="Refused")


def names(place: str, estate: Estate = ESTATE, checks: Any = endpoints.CHECKS) -> list[str]:
    return [f"{one.name}:{one.port}" for one in connectivity.wanted(place, estate, checks)]


def row(endpoint: Endpoint, tried: Tried | None) -> dict[str, Any]:
    (found,) = connectivity.rows(SOURCE, "labsrc", [endpoint], [tried])
    return found


# -- the table -------------------------------------------------------------------------------------------------------


def test_every_row_says_why_and_what_to_do() -> None:
    for need in NEEDS:
        assert need.why and need.remedy and set(need.places) <= set(PLACES) and need.check in endpoints.CHECKS
    assert all(url.why for url in URLS)
    assert len({url.url for url in URLS}) == len(URLS) == 21


def test_the_host_of_a_url_lies_under_it() -> None:
    for url in URLS:
        assert not url.host or url.host == url.url or f".{url.host}".endswith(url.url.removeprefix("*"))


def test_every_region_of_a_project_has_its_code() -> None:
    assert set(endpoints.GEO) == set(geographies.LOCATIONS)


# -- what a place needs ----------------------------------------------------------------------------------------------


def test_the_source_appliance() -> None:
    own = ["cluster", "vcenter", "esxi", "appliances"]
    assert names(SOURCE, checks=own) == [
        "cl.example:0",
        "cl.example:5985",
        "cl.example:5986",
        "cl.example:445",
        "n1:5985",
        "n1:5986",
        "n2:5985",
        "n2:5986",
        "n1:445",
        "n2:445",
        "vc:8443",
        "esx1:443",
        "esx1:902",
        "tgt:445",
    ]
    assert len(names(SOURCE)) == 14 + len(URLS)


def test_the_target_appliance_needs_nothing_of_vmware() -> None:
    assert not {"vc:8443", "esx1:443", "esx1:902"} & set(names(TARGET))
    assert "src:445" in names(TARGET) and "tgt:445" not in names(TARGET)


def test_a_host_needs_names_and_the_image() -> None:
    assert names(HOST) == ["cl.example:0", "n1:0", "n2:0", "media:443"]
    assert "media:443" not in names(HOST, Estate(named={**ESTATE.named, "image_hosts": []}))


def test_the_controller() -> None:
    assert names(CONTROLLER) == [
        "vc:8443",
        "esx1:443",
        "src:44368",
        "tgt:44368",
        "10.0.0.1:5986",
        "management.azure.com:443",
    ]
    assert names(CONTROLLER, checks=["azure"]) == ["management.azure.com:443"]


@pytest.mark.parametrize("place", PLACES)
def test_what_is_not_named_is_told_as_not_checked(place: str) -> None:
    for one in connectivity.wanted(place, Estate(), ["cluster", "vcenter", "esxi", "appliances"]):
        assert "is not given" in one.untried and row(one, None)["ok"] is None


def test_further_ones_come_last() -> None:
    assert connectivity.wanted(HOST, Estate(further=[ONE]), []) == [ONE]


# -- addresses with a star -------------------------------------------------------------------------------------------


def of_url(url: str, estate: Estate = ESTATE) -> Endpoint:
    (found,) = [one for one in connectivity.wanted(SOURCE, estate, ["azure"]) if url in (one.stands_for, one.name)]
    return found


def test_one_host_is_tried_in_place_of_many() -> None:
    told = row(of_url("*.live.com"), GOOD)
    assert (told["ok"], told["name"], told["stands_for"]) == (True, "login.live.com", "*.live.com")
    assert "tried for *.live.com, which is many names" in told["msg"]
    assert row(of_url("management.azure.com"), GOOD)["stands_for"] == ""


def test_a_host_that_is_inferred_proves_nothing_when_it_does_not_resolve() -> None:
    service = of_url("*.siterecovery.azure.com")
    assert service.name == "agent-asrrp1.cus.siterecovery.azure.com"
    assert row(service, Tried(reason="NotResolved"))["ok"] is None
    assert row(service, REFUSED)["ok"] is False
    assert row(of_url("*.live.com"), Tried(reason="NotResolved"))["ok"] is False


def test_what_nobody_can_know_is_not_checked_unless_it_is_named() -> None:
    vault = of_url("*.vault.azure.net")
    assert "hosts_of_urls" in row(vault, None)["msg"] and row(vault, None)["name"] == "*.vault.azure.net"
    assert of_url("*.siterecovery.azure.com", Estate()).untried
    given = of_url("*.vault.azure.net", Estate(hosts_of={"*.vault.azure.net": "kv.vault.azure.net"}))
    assert (given.name, given.untried, given.sure) == ("kv.vault.azure.net", "", True)


def test_behind_a_proxy_the_proxy_is_tried_and_the_addresses_are_not() -> None:
    behind = Estate(proxy=Peer(name="proxy", port=3128), azure=ESTATE.azure)
    for place in (SOURCE, CONTROLLER):
        first, *others = connectivity.wanted(place, behind, ["azure"])
        assert (first.name, first.port, first.untried) == ("proxy", 3128, "")
        assert others and all("through the proxy proxy" in one.untried and one.name for one in others)


# -- what is said ----------------------------------------------------------------------------------------------------


def test_a_good_row() -> None:
    assert row(ONE, GOOD) == {
        "place": SOURCE,
        "host": "labsrc",
        "name": "x",
        "port": 445,
        "stands_for": "",
        "ok": True,
        "why_needed": "y",
        "msg": "x port 445 answers",
        "remedy": "",
        "error_code": "",
    }
    assert row(Endpoint(name="x", port=0, why="y", remedy="z"), GOOD)["msg"] == "x resolves to 1.2.3.4"


@pytest.mark.parametrize(
    ("tried", "code", "remedy"),
    [
        (Tried(reason="NotResolved"), "name_unknown", "Make the name known there: in DNS, or in its hosts file"),
        (REFUSED, "port_refused", "Open it"),
        (Tried(addresses=("1.2.3.4",), reason="TimedOut"), "port_silent", "Open it"),
    ],
)
def test_a_bad_row_has_code_and_remedy(tried: Tried, code: str, remedy: str) -> None:
    told = row(ONE, tried)
    assert (told["ok"], told["error_code"], told["remedy"]) == (False, code, remedy)
    assert find(code) is not None


def test_one_of_the_two_ports_of_winrm_is_enough() -> None:
    both = [one for one in connectivity.wanted(SOURCE, ESTATE, ["cluster"]) if one.name == "n1" and one.one_of]
    told = connectivity.rows(SOURCE, "s", both, [GOOD, REFUSED])
    assert [one["ok"] for one in told] == [True, True]
    assert "one is enough" in told[1]["msg"]
    assert [one["ok"] for one in connectivity.rows(SOURCE, "s", both, [REFUSED, REFUSED])] == [False, False]
