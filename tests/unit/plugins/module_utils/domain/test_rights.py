# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which actions a role allows: wildcards, notActions, case; and that the needed rights are well named."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import rights

PUT = "Microsoft.DataReplication/replicationVaults/protectedItems/write"


@pytest.mark.parametrize(
    ("permission", "allowed"),
    [
        ({"actions": ["*"]}, True),
        ({"actions": ["*/write"]}, True),
        ({"actions": ["*/read"]}, False),
        ({"actions": ["Microsoft.DataReplication/*"]}, True),
        ({"actions": ["microsoft.datareplication/*/WRITE"]}, True),
        ({"actions": ["Microsoft.DataReplication/replicationVaults/*/write"]}, True),
        ({"actions": ["Microsoft.DataReplication"]}, False),
        ({"actions": [PUT + "/more"]}, False),
        ({"actions": ["*"], "notActions": ["*/write"]}, False),
        ({"actions": ["*"], "notActions": ["Microsoft.Authorization/*/write"]}, True),
        ({"actions": ["*"], "notActions": None}, True),
        ({"actions": None}, False),
        ({"dataActions": ["*"]}, False),
        ({}, False),
    ],
)
def test_one_role(permission: dict[str, object], allowed: bool) -> None:
    assert rights.allows(permission, PUT) == allowed


def test_what_one_role_leaves_out_another_may_allow() -> None:
    """notActions is no prohibition: it only takes away from what the same role gives."""
    contributor = {"actions": ["*"], "notActions": ["*/write"]}
    assert rights.missing([PUT], [contributor]) == [PUT]
    assert rights.missing([PUT], [contributor, {"actions": [PUT]}]) == []
    assert rights.missing([PUT], []) == [PUT]


@given(st.lists(st.sampled_from([need.what for need in rights.AZURE]), unique=True))
def test_exactly_what_is_not_granted_is_missing(granted: list[str]) -> None:
    needed = [need.what for need in rights.AZURE]
    assert rights.missing(needed, [{"actions": granted}]) == [one for one in needed if one not in granted]


def test_needs_are_named_as_the_services_name_them() -> None:
    for need in rights.AZURE:
        assert re.fullmatch(r"Microsoft\.\w+(/\w+)+/(read|write|delete|action)", need.what), need
        assert need.on in ("project", "cluster", "target")
    for need in rights.VCENTER:
        assert re.fullmatch(r"\w+(\.\w+)+", need.what), need
        assert need.on in ("vm", "root")
    for needs in (rights.AZURE, rights.VCENTER):
        assert len({(need.on, need.what) for need in needs}) == len(needs)
