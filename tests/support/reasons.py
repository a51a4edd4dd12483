# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a VM that went nowhere says why, in words of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.index import find

Plain = dict[str, Any]


def unexplained(results: Iterable[Plain], reached: str) -> list[Plain]:
    """What neither went well, which is to have ``reached`` that phase, nor stopped with a reason of the catalogue."""
    good = ("ok", "changed")
    return [one for one in results if not (one["phase"] == reached if one["status"] in good else explained(one))]


def explained(told: Plain) -> bool:
    code = str(told.get("error_code") or "")
    known = find(code or str(told.get("phase") or ""))
    return bool(known and told.get("msg") and told.get("remedy") and code != "internal_error")
