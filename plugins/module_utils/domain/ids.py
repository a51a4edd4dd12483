# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure resource ids. Their case is arbitrary on the wire, so they are compared without it and never changed."""

from __future__ import annotations

import itertools
import re

_SEGMENT = re.compile(r"^[^/?#\s][^/?#]*$")


def _parts(arm_id: str) -> list[str]:
    return arm_id.strip().strip("/").split("/")


def normal(arm_id: str) -> str:
    """The form to use as a dictionary key."""
    return "/".join(_parts(arm_id)).lower()


def same_id(a: str, b: str) -> bool:
    """Whether both name the same resource. Nothing equals an empty id."""
    return bool(a.strip("/ ")) and normal(a) == normal(b)


def segment(arm_id: str, kind: str) -> str:
    """What follows the segment ``kind`` (``resourceGroups``, ``clusters`` ...), in its own case; empty if absent."""
    parts = _parts(arm_id)
    for key, value in itertools.pairwise(parts):
        if key.lower() == kind.lower():
            return value
    return ""


def name(arm_id: str) -> str:
    """The last segment."""
    return _parts(arm_id)[-1]


def is_id(value: str) -> bool:
    """Whether the value is meant as an id rather than a name."""
    return value.strip().startswith("/")


def is_resource_group(arm_id: str) -> bool:
    """Whether it is a complete resource group id."""
    parts = _parts(arm_id)
    return (
        len(parts) == 4
        and parts[0].lower() == "subscriptions"
        and parts[2].lower() == "resourcegroups"
        and all(_SEGMENT.match(part) for part in parts)
    )


def is_resource(arm_id: str, resource_type: str) -> bool:
    """Whether it is a complete id of that type, e.g. ``Microsoft.AzureStackHCI/logicalNetworks``."""
    parts = _parts(arm_id)
    namespace, *kinds = resource_type.lower().split("/")
    return (
        len(parts) == 6 + 2 * len(kinds)
        and is_resource_group("/".join(parts[:4]))
        and parts[4].lower() == "providers"
        and parts[5].lower() == namespace
        and [part.lower() for part in parts[6::2]] == kinds
        and all(_SEGMENT.match(part) for part in parts)
    )


def resource_group_id(subscription_id: str, resource_group: str) -> str:
    return f"/subscriptions/{subscription_id}/resourceGroups/{resource_group}"
