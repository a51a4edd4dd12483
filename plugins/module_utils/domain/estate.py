# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a finished programme leaves behind: each thing, whether it may go, what has to go before it, and in which order.

The order follows two rules. What stands on something goes before it. What alone names something goes after it: the project and
the sites name key vault and applications, so they go last, or a run that was ended in between could not find the rest again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from . import ids

# In this order they go.
KINDS = (
    "lock",
    "diagnostic_setting",
    "extension",
    "policy",
    "role_assignment",
    "vault",
    "fabric",
    "storage_account",
    "key_vault",
    "application",
    "vmware_site",
    "hyperv_site",
    "master_site",
    "server_site",
    "project",
    "resource_group",
    "appliance_vm",
    "vcenter_attribute",
    "vcenter_role",
)
ORDER = {kind: number for number, kind in enumerate(KINDS, 1)}
APPLICATION, ATTRIBUTE, ROLE = "applications/", "vcenter/attributes/", "vcenter/roles/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Leftover:
    """``first``: ids of what has to go before it. ``how``: what a person may do in our place."""

    kind: str
    name: str
    id: str
    ours: bool
    why_not: str = ""
    note: str = ""
    how: str = ""
    first: tuple[str, ...] = ()

    @property
    def safe(self) -> bool:
        return not self.why_not

    @property
    def does(self) -> str:
        return f"remove {self.kind.replace('_', ' ')} {self.name}"

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "first": [*self.first], "safe": self.safe, "remove_order": ORDER[self.kind]}


def chosen(names: Iterable[str], found: Sequence[Leftover]) -> tuple[list[Leftover], list[str], list[str]]:
    """What is named, in order; names that the list lacks; names that several things bear."""
    picked: list[Leftover] = []
    unknown: list[str] = []
    unclear: list[str] = []
    for name in dict.fromkeys(names):
        fits = [one for one in found if _is_id_of(name, one)] or [
            one for one in found if one.name.lower() == name.lower()
        ]
        if len(fits) == 1:
            picked += fits
        else:
            (unclear if fits else unknown).append(name)
    return [one for one in found if one in picked], unknown, unclear


def _is_id_of(name: str, leftover: Leftover) -> bool:
    if leftover.id.startswith("/"):
        return ids.same_id(name, leftover.id)
    return name.lower() == leftover.id.lower()


def too_early(picked: Collection[Leftover], found: Sequence[Leftover]) -> dict[str, list[Leftover]]:
    """By the name of what is chosen: what has to go before it, is there, and is not chosen."""
    going = {ids.normal(one.id) for one in picked}
    there = {ids.normal(one.id): one for one in found}
    told = {}
    for one in picked:
        before = [there[key] for key in map(ids.normal, one.first) if key in there and key not in going]
        if before:
            told[one.name] = before
    return told
