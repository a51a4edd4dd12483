# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what the services send: never raises, because real replies carry nulls, floats and booleans as strings."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

_EMPTY: Mapping[str, Any] = {}


def mapping(value: Any) -> Mapping[str, Any]:
    """The object, or an empty one where the service sent null or something else."""
    return value if isinstance(value, Mapping) else _EMPTY


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; whatever else is in it is left out."""
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list | tuple) else []


def text(value: Any) -> str:
    """A string as it stands, a number as text, everything else empty."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return ""


def texts(value: Any) -> tuple[str, ...]:
    """The non-empty strings of a list."""
    if not isinstance(value, list | tuple):
        return ()
    return tuple(entry for entry in map(text, value) if entry)


def number(value: Any) -> float | None:
    """A finite number; services send numbers as text now and then."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def whole(value: Any) -> int | None:
    """A whole number, from 4096.0 too."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = number(value)
    return None if found is None else int(found)


def flag(value: Any) -> bool | None:
    """True or False, also from "true" and "false" as the service writes them on some items; None where it is silent."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return None


def when(value: Any) -> dt.datetime | None:
    """An aware time. The services' way to say "never" is the year 1."""
    if not isinstance(value, str) or not value:
        return None
    try:
        found = dt.datetime.fromisoformat(value.strip())
        if found.tzinfo is None:
            found = found.replace(tzinfo=dt.UTC)
        found = found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
    return None if found.year <= 1 else found
