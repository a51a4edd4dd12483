# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reason counts only where the catalogue knows its code; and it knows all that the lab's weather says."""

from __future__ import annotations

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.index import find
from ansible_collections.azlocal.migrate.tests.support.reasons import explained
from lab import weather

TOLD = {"msg": "the VM is stuck", "remedy": "Mend it", "phase": "failed_enable"}


@pytest.mark.parametrize(
    ("more", "good"),
    [
        ({}, True),
        ({"error_code": "572"}, True),
        ({"error_code": "572", "remedy": ""}, False),
        ({"error_code": "Unheard"}, False),
        ({"phase": "unheard"}, False),
        ({"error_code": "internal_error"}, False),
    ],
)
def test_what_counts_as_a_reason(more: dict[str, str], good: bool) -> None:
    assert explained({**TOLD, **more}) is good


@pytest.mark.parametrize("group", ["READ", "WRITE", "JOB"])
def test_the_weather_speaks_in_known_codes(group: str) -> None:
    codes = {str(fault["code"]) for fault in getattr(weather, group) if fault.get("code")}
    assert codes and {code for code in codes if find(code) is None} == set()
