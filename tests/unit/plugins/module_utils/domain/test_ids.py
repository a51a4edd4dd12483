# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure resource ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import ids

NETWORK = "/subscriptions/s/resourceGroups/g/providers/Microsoft.AzureStackHCI/logicalNetworks/n"


def test_case_and_slashes_do_not_matter() -> None:
    assert ids.same_id("/Subscriptions/S/resourceGroups/g/", "/subscriptions/s/RESOURCEGROUPS/G")
    assert not ids.same_id("/subscriptions/s/resourceGroups/g", "/subscriptions/s/resourceGroups/g2")
    assert not ids.same_id("", "")


def test_segment_keeps_its_case() -> None:
    assert ids.segment("/subscriptions/s/RESOURCEGROUPS/Rg-One", "resourceGroups") == "Rg-One"
    assert ids.segment("/subscriptions/s", "clusters") == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/subscriptions/s/resourceGroups/g", True),
        ("/SUBSCRIPTIONS/s/resourcegroups/g", True),
        ("/subscriptions//resourceGroups/g", False),
        ("/subscriptions/s/resourceGroups/", False),
        (NETWORK, False),
        ("g", False),
    ],
)
def test_resource_group(value: str, expected: bool) -> None:
    assert ids.is_resource_group(value) is expected


def test_resource() -> None:
    assert ids.is_resource(NETWORK.lower(), "Microsoft.AzureStackHCI/logicalNetworks")
    assert not ids.is_resource(NETWORK, "Microsoft.AzureStackHCI/storageContainers")
    assert not ids.is_resource(NETWORK + "/x", "Microsoft.AzureStackHCI/logicalNetworks")
    assert ids.is_resource(
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.OffAzure/VMwareSites/v/machines/m",
        "microsoft.offazure/vmwaresites/machines",
    )


@given(st.text(), st.text())
def test_never_raises(a: str, b: str) -> None:
    ids.same_id(a, b)
    ids.segment(a, b)
    ids.name(a)
    ids.is_resource_group(a)
    ids.is_resource(a, b)
