# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""De-identification: no identifier comes through, and everything else does."""

from __future__ import annotations

import ipaddress
import json
import re
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.deidentify import Deidentifier
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.known_fields import ENUMS, FIELDS
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.known_words import FIXED_NAMES, WORDS

KEY = b"0123456789abcdef"
SUBSCRIPTION = "0b9f3c52-8a41-4d2e-9c77-5e1a2b3c4d5e"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-berlin"
SITE = f"{GROUP}/providers/Microsoft.OffAzure/VMwareSites/srcberlin1234site"

# A name that a tenant could choose. Longer ones cannot turn up by chance.
names = st.text(string.ascii_letters + string.digits + "-" + "äßéЖ数", min_size=7, max_size=20).filter(
    lambda name: name.strip("-") == name and name.lower() not in WORDS and not name.isdigit()
)
spaced = st.lists(names, min_size=2, max_size=3).map(" ".join)
ipv4 = (
    st.ip_addresses(v=4).map(str).filter(lambda one: not one.startswith(("198.18.", "198.19.", "0.", "127.", "255.")))
)
macs = (
    st.binary(min_size=6, max_size=6).filter(lambda raw: raw[0] > 2).map(lambda raw: ":".join(f"{b:02x}" for b in raw))
)
guids = st.uuids(version=4).map(str)
identifiers = st.one_of(names, spaced, guids, macs, ipv4, names.map(lambda name: f"{name}@{name}.org"))
fields = st.sampled_from(["displayName", "name", "message", "networkName", "value", "hostName", "strangeField", "id"])


@st.composite
def around(draw: st.DrawFn, identifier: str) -> str:
    """An identifier alone, in an id, in text, in a URL, in JSON."""
    forms = [
        identifier,
        f"The virtual machine {identifier} was not found.",
        json.dumps([{"ApplianceName": identifier}]),
    ]
    if re.fullmatch(r"[\w-]+", identifier):
        forms += [
            f"{GROUP}/providers/Microsoft.AzureStackHCI/storageContainers/{identifier}",
            f"https://{identifier}.vault.azure.net/secrets/{identifier}?sig={identifier}",
            f"{identifier}-OSdisk-0",
            f"CONTOSO\\{identifier}",
        ]
    return draw(st.sampled_from(forms))


@st.composite
def planted(draw: st.DrawFn) -> tuple[list[str], Any]:
    """Identifiers, and a tree that holds them in many places."""
    found = draw(st.lists(identifiers, min_size=1, max_size=6, unique_by=str.lower))
    texts = st.sampled_from(found).flatmap(around)
    leaves = st.one_of(st.none(), st.booleans(), st.integers(), texts, texts, texts)
    tree = draw(
        st.recursive(
            leaves,
            lambda inner: (
                st.lists(inner, max_size=4) | st.dictionaries(fields | st.sampled_from(found), inner, max_size=4)
            ),
            max_leaves=12,
        )
    )
    return found, tree


def cleaned(tree: Any, *roots: str) -> Any:
    tool = Deidentifier(KEY, roots)
    tool.learn(tree)
    return tool.clean(tree)


@given(planted())
def test_no_identifier_comes_through(case: tuple[list[str], Any]) -> None:
    found, tree = case
    told = json.dumps(cleaned(tree), ensure_ascii=False).lower()
    assert [one for one in found if one.lower() in told] == []


def shape(tree: Any) -> Any:
    """What must stay: types, lengths, order, and whatever is no text."""
    if isinstance(tree, dict):
        return [shape(value) for value in tree.values()]
    if isinstance(tree, list):
        return [shape(value) for value in tree]
    return str if isinstance(tree, str) else tree


@given(planted())
def test_the_structure_stays(case: tuple[list[str], Any]) -> None:
    assert shape(cleaned(case[1])) == shape(case[1])


@given(st.lists(st.one_of(names, guids, macs, ipv4), min_size=2, max_size=30, unique_by=str.lower))
def test_different_identifiers_stay_different_and_the_same_the_same(found: list[str]) -> None:
    told = cleaned({"value": [{"name": one} for one in found] + [{"id": one} for one in found]})["value"]
    first, second = told[: len(found)], told[len(found) :]
    assert [row["name"] for row in first] == [row["id"] for row in second]
    assert len({row["name"].lower() for row in first}) == len(found)


@given(st.lists(st.text("ab1", min_size=1, max_size=2), min_size=1, max_size=30, unique=True))
def test_even_the_shortest_names_do_not_fall_together(found: list[str]) -> None:
    told = [row["name"] for row in cleaned([{"name": one} for one in found])]
    assert len(set(told)) == len(found)


@given(names.filter(lambda name: "ß" not in name), st.sampled_from([str.upper, str.lower, str.title]))
def test_case_is_no_difference_and_is_kept(name: str, other: Any) -> None:
    one, two = cleaned([{"name": name}, {"name": other(name)}])
    assert one["name"].lower() == two["name"].lower()
    assert [sign.isupper() for sign in two["name"]] == [sign.isupper() for sign in other(name)]


@given(names)
def test_a_name_keeps_its_shape(name: str) -> None:
    [told] = cleaned([{"name": name}])
    kinds = [(sign.isalpha(), sign.isdigit()) for sign in told["name"]]
    assert kinds == [(sign.isalpha(), sign.isdigit()) for sign in name]


@given(st.sampled_from(sorted(ENUMS)), st.sampled_from(sorted(FIELDS)))
def test_words_and_fields_of_the_services_stay(word: str, field: str) -> None:
    assert cleaned({"properties": {field: {"state": word}}}) == {"properties": {field: {"state": word}}}


@given(st.sampled_from(sorted(word for word in ENUMS if word.lower() not in FIXED_NAMES)))
def test_a_vm_named_like_a_word_of_the_services_is_replaced_everywhere(word: str) -> None:
    told = cleaned({"value": [{"displayName": word}, {"state": word}]})["value"]
    assert word.lower() not in (told[0]["displayName"].lower(), told[1]["state"].lower())


@given(planted(), planted())
def test_two_runs_have_nothing_in_common(one: tuple[list[str], Any], two: tuple[list[str], Any]) -> None:
    name = {"name": "erp-db01.corp.contoso.org"}
    told = []
    for key, tree in ((b"a" * 32, one[1]), (b"b" * 32, two[1])):
        tool = Deidentifier(key)
        tool.learn([tree, name])
        told.append(tool.clean(name))
    assert told[0] != told[1]


# -- by example ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kept",
    [
        "2026-05-01",
        "2024-12-01-preview",
        "2025-10-31T22:59:49.8810877+00:00",
        "0001-01-01T00:00:00",
        "11/11/2025 8:40:43 PM",
        "Mon, 23 Nov 2026 08:34:44 GMT",
        "scsi0:1",
        "Hard disk 1",
        "Planned failover",
        "Turning off resource on primary",
        "Microsoft Windows Server 2022 (64-bit)",
        "Microsoft.DataReplication/replicationVaults/protectedItems",
        "application/json; charset=utf-8",
        "*",
        "",
        "00000000-0000-0000-0000-000000000000",
        "eastus",
    ],
)
def test_what_says_nothing_of_a_tenant_stays(kept: str) -> None:
    assert cleaned({"properties": {"text": kept}}) == {"properties": {"text": kept}}


def test_an_id_keeps_its_types_and_loses_its_names() -> None:
    told = cleaned({"id": SITE})["id"]
    parts = told.split("/")
    assert parts[1::2] == ["subscriptions", "resourceGroups", "providers", "VMwareSites"]
    assert parts[6] == "Microsoft.OffAzure"
    assert not {SUBSCRIPTION, "rg-berlin", "srcberlin1234site"} & set(parts)


def test_names_made_of_other_names_still_show_it() -> None:
    """That a policy is named after its vault is one of the facts that the files are for."""
    tree = {"name": "berlin", "id": f"{GROUP}/providers/Microsoft.DataReplication/replicationVaults/berlinvault/"
            "replicationPolicies/berlinvaultVMwareToAzStackHCIpolicy", "disk": "berlin-OSdisk-0"}  # fmt: skip
    told = cleaned(tree, "berlin")
    vault, policy = told["id"].split("/")[8], told["id"].split("/")[10]
    assert vault.startswith(told["name"])
    assert policy.startswith(told["name"])
    assert policy.endswith("VMwareToAzStackHCIpolicy")
    assert told["disk"].startswith(f"{told['name']}-OSdisk-")


def test_a_machine_shows_the_same_uuid_in_its_name() -> None:
    uuid = "5012ab3c-1111-2222-3333-444455556666"
    told = cleaned({"name": f"vcenter-9f1e2d3c-aaaa-bbbb-cccc-0123456789ab_{uuid}", "instanceUuid": uuid.upper()})
    assert told["name"].endswith("_" + told["instanceUuid"].lower())
    assert uuid not in told["name"]


def test_a_host_and_its_full_name_share_their_first_part() -> None:
    told = cleaned(
        {"name": "erp-db01", "vmFqdn": "erp-db01.corp.contoso.org", "message": "erp-db01.corp.contoso.org: failed"}
    )
    assert told["vmFqdn"].startswith(told["name"] + ".")
    assert told["message"] == f"{told['vmFqdn']}: failed"


def test_addresses_become_addresses_of_nobody() -> None:
    tree = {"a": "10.1.2.3", "b": "10.1.2.0/24", "c": "2001:4860::8888", "d": "00:50:56:AB:CD:EF", "e": "10.1.2.3:443"}
    tool = Deidentifier(KEY)
    told = [tool.clean(value) for value in tree.values()]
    assert ipaddress.ip_address(told[0]) in ipaddress.ip_network("198.18.0.0/15")
    assert told[4] == f"{told[0]}:443"
    assert told[1].endswith("/24")
    assert ipaddress.ip_address(told[2]) in ipaddress.ip_network("2001:db8::/32")
    assert told[3].startswith("02:00:00:")


def test_text_keeps_its_plain_words() -> None:
    tree = {"displayName": "File Server 01", "message": "Snapshot of file server 01 failed: disk is not found on esx7."}
    told = cleaned(tree)
    assert re.fullmatch(r"Snapshot of \w{4} \w{6} \d\d failed: disk is not found on \w{3}\d\.", told["message"])
    assert told["displayName"].lower() in told["message"].lower()


def test_tags_and_other_keys_of_the_tenant_are_replaced() -> None:
    told = cleaned({"tags": {"CostCentre-Berlin": "4711-Berlin"}, "map": {"srcberlin": {"SiteId": SITE}}}, "srcberlin")
    assert "berlin" not in json.dumps(told).lower()
    assert "SiteId" in json.dumps(told)


def test_a_vlan_is_replaced_and_a_size_is_not() -> None:
    told = cleaned([{"vlan": 110, "maxSizeInBytes": 42949672960}, {"vlan": 120}, {"vlan": 110}, {"vlan": 0}])
    assert [row["vlan"] for row in told] == [1, 2, 1, 0]
    assert told[0]["maxSizeInBytes"] == 42949672960


def test_a_signature_of_a_url_is_replaced_and_its_parameters_stay() -> None:
    told = cleaned(
        {
            "nextLink": f"https://management.azure.com{SITE}/machines?api-version=2023-06-06&continuationToken=ZXJwLWRi%2B"
        }
    )
    link = told["nextLink"]
    assert link.startswith("https://management.azure.com/subscriptions/")
    assert "?api-version=2023-06-06&continuationToken=" in link
    assert "ZXJwLWRi" not in link


def test_the_last_look_finds_what_is_still_told() -> None:
    tool = Deidentifier(KEY, ["berlin"])
    tool.learn({"name": "ERP-DB01", "hostName": "a1"})
    assert tool.told('{"x": "https://erp-db01/berlin?a1=Running"}') == {"erp-db01", "berlin"}
    assert tool.told(json.dumps(tool.clean({"name": "ERP-DB01", "text": "on berlin"}))) == set()
