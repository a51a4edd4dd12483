# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No message tells the secrets that an address may hold."""

from __future__ import annotations

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import target_appliance
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.address import hidden, shown


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("https://store.example/media/a.zip?sv=1&sig=SECRET", "https://store.example/media/a.zip"),
        ("https://me:SECRET@store.example:8443/a.zip#SECRET", "https://store.example:8443/a.zip"),
        ("HTTPS://me:SEC@RET@store.example?SECRET", "HTTPS://store.example"),
        ("https://store.example/a@b.zip", "https://store.example/a@b.zip"),
        (r"\\nas\share\50% #1.zip", r"\\nas\share\50% #1.zip"),
        (r"C:\in\a#b.zip", r"C:\in\a#b.zip"),
    ],
)
def test_what_of_an_address_is_told(source: str, expected: str) -> None:
    assert shown(source) == expected


def test_a_message_that_repeats_it() -> None:
    source = "https://me:SECRET@store.example/a.zip?sig=SECRET&note=a SECRET"
    assert hidden(f"{source} cannot be fetched: 403", source) == "https://store.example/a.zip cannot be fetched: 403"
    assert "SECRET" not in hidden(f"cut off: {source[:-12]}", source)
    assert hidden("C:\\a?b#c is held", "") == "C:\\a?b#c is held"


def test_an_image_without_tls_is_refused_without_its_secrets() -> None:
    wanted = target_appliance.Wanted(name="labtgt", image="http://me:SECRET@store.example/a.zip?sig=SECRET")
    [problem] = target_appliance.refuse(wanted)
    assert problem.text == "http://store.example/a.zip is not fetched without TLS"
