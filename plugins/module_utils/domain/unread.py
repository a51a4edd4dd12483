# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What vCenter keeps back of a VM. A mark, snapshot or question that may not be read is not the same as none."""

from __future__ import annotations

from collections.abc import Collection

from .problem import Problem
from .source import SourceMachine

# Whatever is done to a VM: which one it is, what was done to it before, whether it runs.
IDENTITY = ("config.instanceUuid", "customValue", "customFieldsManager.field", "runtime.powerState")
DEVICES = (*IDENTITY, "config.hardware.device")
# To replicate it and to cut it over: everything but what only names or describes it.
ACTING = (
    *DEVICES,
    "name",
    "config.guestId",
    "config.firmware",
    "config.bootOptions",
    "config.hardware.numCPU",
    "config.hardware.memoryMB",
    "config.template",
    "config.changeTrackingEnabled",
    "capability.changeTrackingSupported",
    "guest.toolsRunningStatus",
    "guest.net",
    "runtime.connectionState",
    "runtime.host",
    "runtime.question",
    "runtime.consolidationNeeded",
    "snapshot",
)
NAMED = 4  # so many properties are listed, the rest is counted


def against(machine: SourceMachine, needed: Collection[str]) -> list[Problem]:
    """The one problem of a VM of which something needed is kept back. It names all that is kept back."""
    if not any(_overlap(hole.path, path) for hole in machine.unreadable for path in needed):
        return []
    return [Problem(code="vcenter_unreadable", severity="block", text=sentence(machine), remedy=_remedy(machine))]


def sentence(machine: SourceMachine) -> str:
    """Which properties of which VM, and for want of what."""
    paths = [hole.path for hole in machine.unreadable]
    paths.sort(key=lambda path: path not in IDENTITY)
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    lacking = _lacking(machine)
    why = f"the account lacks {lacking}" if lacking else f"it answered {_faults(machine)}"
    whose = machine.name or machine.instance_uuid or machine.moid
    if not machine.in_vcenter:
        whose = f"a VM that may be {whose}"
    return f"vCenter keeps back {', '.join(paths[:NAMED])}{more} of {whose} ({why}), so what is there is not known"


def _remedy(machine: SourceMachine) -> str:
    lacking = _lacking(machine)
    if lacking:
        return f"give the account a role with {lacking} on this VM, then run again"
    return "see in vCenter why they cannot be read, then run again"


def _lacking(machine: SourceMachine) -> str:
    return ", ".join(dict.fromkeys(hole.privilege for hole in machine.unreadable if hole.privilege))


def _faults(machine: SourceMachine) -> str:
    return ", ".join(dict.fromkeys(hole.fault or "no reason" for hole in machine.unreadable))


def _overlap(one: str, other: str) -> bool:
    """The same property, or one is within the other."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
