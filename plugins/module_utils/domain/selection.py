# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which VM an entry means. A wrong guess here would migrate the wrong VM, so anything unclear is a problem."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import ids
from .problem import Problem
from .source import SourceMachine


def select(entry: Mapping[str, Any], machines: Iterable[SourceMachine]) -> SourceMachine | Problem:
    """``machine_id`` wins, then ``instance_uuid``, then ``name``, which must be exact and unique."""
    everyone = list(machines)
    for key in ("machine_id", "instance_uuid", "name"):
        wanted = entry.get(key)
        if wanted in (None, ""):
            continue
        if not isinstance(wanted, str | int) or isinstance(wanted, bool):
            return _problem("vm_unnamed", f"{key} must be text, not {wanted!r}", f"give {key} as text", key)
        return _pick(key, str(wanted), everyone)
    return _problem("vm_unnamed", "the entry names no VM", "give name, instance_uuid or machine_id", "name")


def _pick(key: str, wanted: str, everyone: Sequence[SourceMachine]) -> SourceMachine | Problem:
    found = [machine for machine in everyone if _is(key, wanted, machine)]
    usable = [machine for machine in found if not machine.is_deleted and not machine.template]
    if len(usable) == 1:
        return usable[0]
    if len(usable) > 1:
        return _ambiguous(key, wanted, usable)
    if found:
        return _unusable(key, wanted, found[0])
    return _unknown(key, wanted, everyone)


def _is(key: str, wanted: str, machine: SourceMachine) -> bool:
    if key == "name":
        return machine.name == wanted
    if key == "instance_uuid":
        return bool(machine.instance_uuid) and machine.instance_uuid.lower() == wanted.strip().lower()
    if ids.is_id(wanted):
        return ids.same_id(machine.machine_id, wanted)
    return bool(machine.machine_id) and machine.item_name.lower() == wanted.strip().lower()


def _ambiguous(key: str, wanted: str, found: Sequence[SourceMachine]) -> Problem:
    listed = "; ".join(
        f"{machine.instance_uuid or machine.machine_id or machine.moid}"
        + (f" (folder {machine.folder})" if machine.folder else "")
        for machine in found
    )
    return _problem(
        "vm_ambiguous",
        f"{len(found)} VMs have the {key} {wanted!r}: {listed}",
        "set instance_uuid to the one you mean",
        key,
    )


def _unusable(key: str, wanted: str, machine: SourceMachine) -> Problem:
    if machine.template:
        return _problem(
            "template", f"{machine.name or wanted!r} is a template", "leave it out, or convert it to a VM first", key
        )
    return _problem(
        "vm_deleted",
        f"Azure Migrate has marked {machine.name or wanted!r} as deleted",
        "check that the VM still exists in vCenter and wait until the source appliance has discovered it again",
        key,
    )


def _unknown(key: str, wanted: str, everyone: Sequence[SourceMachine]) -> Problem:
    near = _near(wanted, everyone) if key == "name" else []
    hint = f"; similar names: {', '.join(near)}" if near else ""
    return _problem(
        "vm_unknown",
        f"neither vCenter nor Azure Migrate knows a VM with the {key} {wanted!r}{hint}",
        "correct it, or wait until the source appliance has discovered the VM",
        key,
    )


def _near(wanted: str, everyone: Sequence[SourceMachine]) -> list[str]:
    by_folded: dict[str, str] = {}
    for machine in everyone:
        if machine.name and not machine.is_deleted and not machine.template:
            by_folded.setdefault(machine.name.casefold(), machine.name)
    return [by_folded[folded] for folded in difflib.get_close_matches(wanted.casefold(), list(by_folded), n=3)]


def _problem(code: str, text: str, remedy: str, field: str) -> Problem:
    return Problem(code=code, severity="block", text=text, remedy=remedy, field=field)
