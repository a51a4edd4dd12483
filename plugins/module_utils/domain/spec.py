# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a user asks for one VM to what the target shall be: all defaults filled in, all rules checked.

Everything that is wrong is reported at once; a user should not have to run again to learn of the second mistake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import ids, names
from .entry import Findings, Reader
from .problem import Problem
from .source import SourceMachine
from .spec_disks import resolve_disks
from .spec_memory import resolve_cpu, resolve_memory
from .spec_nics import resolve_nics
from .spec_storage import StorageChoice
from .target import TargetPlace
from .unread import DEVICES, against
from .wanted import DynamicMemory, Wanted, WantedDisk, WantedNic

__all__ = ["Defaults", "DynamicMemory", "Wanted", "WantedDisk", "WantedNic", "build"]

GENERATIONS = ("auto", "1", "2")
SECURITY = ("auto", "none", "secure_boot", "trusted_launch")
OS_TYPES = ("auto", "windows", "linux")
ARC = ("none", "fresh", "reuse")


@dataclass(frozen=True, kw_only=True, slots=True)
class Defaults:
    """What holds for every VM unless its entry says otherwise."""

    target_resource_group: str = ""  # name or id
    storage_path: str = ""  # name or id
    network_map: Sequence[Mapping[str, Any]] = ()
    subscription_id: str = ""


def build(
    entry: Mapping[str, Any], machine: SourceMachine, place: TargetPlace, defaults: Defaults
) -> Wanted | list[Problem]:
    """What is wanted, warnings inside; or the problems that forbid it."""
    hidden = against(machine, DEVICES)
    if hidden:
        return hidden
    findings = Findings(machine.name or machine.instance_uuid or "VM")
    given = Reader(entry, findings)
    storage = StorageChoice(place, findings)
    generation = _generation(given, machine, findings)
    memory_mb, dynamic_memory = resolve_memory(given, machine, generation, findings)
    wanted = Wanted(
        target_vm_name=_target_vm_name(given, machine, findings),
        target_resource_group_id=_resource_group(given, defaults, findings),
        storage_path_id=storage.vm_wide(given, defaults.storage_path),
        cpu_cores=resolve_cpu(given, machine, findings),
        memory_mb=memory_mb,
        dynamic_memory=dynamic_memory,
        generation=generation,
        security=_security(given, machine, generation, findings),
        os_type=_os_type(given, machine),
        arc=given.choice("arc", ARC, "none"),
        auto_resync=given.flag("auto_resync", True) is not False,
        disks=resolve_disks(given, machine, storage, generation, findings),
        nics=resolve_nics(given, machine, place, defaults.network_map, findings),
        warnings=findings.warnings,
    )
    return findings.blocking or wanted


def _target_vm_name(given: Reader, machine: SourceMachine, findings: Findings) -> str:
    asked = given.text("target_vm_name")
    name = asked or names.make_legal(machine.name)
    problems = names.legal_target_name(name)
    for problem in problems:
        findings.take(problem)
    if not asked and not problems and name != machine.name:
        findings.warn(
            "name_changed",
            f"its name is not legal on Azure Local; the target VM is called {name}",
            "set target_vm_name to choose the name yourself",
            "target_vm_name",
        )
    return name


def _resource_group(given: Reader, defaults: Defaults, findings: Findings) -> str:
    field = "target_resource_group"
    asked = given.text(field) or defaults.target_resource_group.strip()
    if not asked:
        findings.block("no_resource_group", "no target resource group is given", f"set {field} (name or id)", field)
        return ""
    group = asked if ids.is_id(asked) else ids.resource_group_id(defaults.subscription_id, asked)
    if not ids.is_resource_group(group):
        findings.block(
            "bad_resource_group",
            f"{asked!r} is neither the name nor the id of a resource group",
            f"set {field} to a name, or to /subscriptions/<id>/resourceGroups/<name>",
            field,
        )
    return group.rstrip("/")


def _generation(given: Reader, machine: SourceMachine, findings: Findings) -> str:
    """BIOS boots on generation 1 only and EFI on generation 2 only; a mismatch never boots."""
    asked = given.choice("generation", GENERATIONS, "auto")
    fitting = {"bios": "1", "efi": "2"}.get(machine.firmware.strip().lower(), "")
    if asked == "auto" and not fitting:
        findings.block(
            "firmware_unknown",
            f"its firmware is {machine.firmware or 'not known'}, so the generation cannot be derived",
            "wait for a fresh read of the VM, or set generation",
            "generation",
        )
    elif fitting and asked not in ("auto", fitting):
        findings.block(
            "firmware_gen",
            f"generation {asked} is asked for, but its firmware is {machine.firmware}: the target would not boot",
            f"leave generation at auto, or set it to {fitting}",
            "generation",
        )
    return (fitting or "2") if asked == "auto" else asked


def _security(given: Reader, machine: SourceMachine, generation: str, findings: Findings) -> str:
    asked = given.choice("security", SECURITY, "auto")
    if generation == "1" and asked not in ("auto", "none"):
        findings.block(
            "secure_gen1",
            f"security {asked} needs a generation 2 VM, this one is generation 1",
            "set security to auto or none",
            "security",
        )
    elif generation == "2" and asked == "none" and machine.secure_boot:
        findings.block(
            "secure_boot",
            "security none is refused while the source has Secure Boot on",
            "set security to auto, or turn Secure Boot off in the source first",
            "security",
        )
    elif asked == "trusted_launch":
        findings.warn(
            "trusted_launch",
            "a VM with Trusted Launch cannot be live migrated between the nodes of the cluster",
            "set security to secure_boot where live migration matters",
            "security",
        )
    return asked


def _os_type(given: Reader, machine: SourceMachine) -> str:
    asked = given.choice("os_type", OS_TYPES, "auto")
    return machine.os_type if asked == "auto" else asked
