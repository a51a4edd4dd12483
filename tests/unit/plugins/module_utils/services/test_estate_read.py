# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which kind of leftover an id names."""

from __future__ import annotations

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.services.estate_read import TYPES, kind_of

GROUP = "/subscriptions/s/resourceGroups/rg"


@pytest.mark.parametrize(("kind", "type_"), TYPES.items())
def test_every_kind_is_known_by_its_id(kind: str, type_: str) -> None:
    namespace, *names = type_.split("/")
    arm_id = f"{GROUP}/providers/{namespace}/" + "/".join(f"{name}/x" for name in names)
    assert kind_of(arm_id) == kind_of(arm_id.upper()) == kind
    assert kind_of(f"{GROUP}/providers/Microsoft.Else/y/z{arm_id.removeprefix(GROUP)}") == kind
    assert kind_of(f"{arm_id}/more") == kind_of(f"{arm_id}/more/y") == ""


@pytest.mark.parametrize("name", ["", "vault", "/", "/subscriptions/s", "applications/x", f"{GROUP}/providers/a"])
def test_anything_else_is_none(name: str) -> None:
    assert kind_of(name) == ""


def test_a_resource_group() -> None:
    assert kind_of(GROUP) == kind_of(GROUP.upper()) == "resource_group"
