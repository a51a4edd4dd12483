# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first look at a tenant's vCenter: reads only, about 30 calls whatever its size (at most 201 VMs are read)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from ..clients.vcenter_contact import VcenterContact
from ..domain import rights, values
from ..domain.evidence import Look
from .looks import Looks

_KEYS = ("vcenter_about", "vcenter_clock", "vcenter_attribute", "vcenter_vms", "vcenter_privileges", "vcenter_events")
_ASKED = 20  # virtual machines whose privileges are asked for
_EVENTS_SINCE = dt.timedelta(days=30)


def vcenter_looks(vcenter: VcenterContact | None, now: Callable[[], dt.datetime]) -> dict[str, Look]:
    """All looks at vCenter; without one it is said that none is named."""
    looks = Looks()
    if vcenter is None:
        for key in _KEYS:
            looks.without(key, "no vCenter is named")
        return looks.made

    def ask(key: str, question: Callable[[], Any], more: bool = False) -> None:
        looks.ask(key, lambda: Look(key=key, pages=(question(),), more=more))

    ask("vcenter_about", vcenter.about)
    ask("vcenter_clock", lambda: vcenter.clock(now))
    ask("vcenter_attribute", vcenter.attribute)
    looks.ask("vcenter_vms", lambda: _vms(vcenter))
    vms = [vm for vm in values.mappings(looks.body("vcenter_vms")) if not vm.get("template")]
    moids = [values.text(vm.get("moid")) for vm in vms]
    ask("vcenter_privileges", lambda: [_needed(row) for row in vcenter.privileges(moids[:_ASKED])])
    if moids:
        ask("vcenter_events", lambda: vcenter.events(moids[0], ["VmPoweredOffEvent"], now() - _EVENTS_SINCE))
    else:
        looks.without("vcenter_events", "the account is shown no virtual machine", "vcenter_vms")
    return looks.made


def _needed(row: dict[str, Any]) -> dict[str, Any]:
    """Of the privileges held those that we need: the others are nobody's business."""
    needed = set(rights.needed(rights.VCENTER, row["on"]))
    return {**row, "privileges": sorted(needed.intersection(row["privileges"]))}


def _vms(vcenter: VcenterContact) -> Look:
    found, more = vcenter.vms()
    return Look(key="vcenter_vms", pages=(found,), more=more)
