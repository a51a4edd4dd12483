# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Throwing a switch of the lab: each value in a test of its own."""

from __future__ import annotations

from typing import Any

import pytest


def thrown(switch: str, *settings: Any) -> Any:
    """Run the test once for each of ``settings``, handed in as ``setting``; the switch's default is among them."""

    def mark(test: Any) -> Any:
        test = pytest.mark.switch(switch, *settings)(test)
        return pytest.mark.parametrize("setting", settings, ids=str)(test)

    return mark
