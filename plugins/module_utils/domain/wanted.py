# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wanted of one VM on the target, with every default filled in. Made by ``spec.build``."""

from __future__ import annotations

from dataclasses import dataclass

from .problem import Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamicMemory:
    minimum_mb: int
    maximum_mb: int
    buffer_percent: int = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedDisk:
    uuid: str
    is_os: bool
    size_gb: int
    format: str = "VHDX"
    dynamic: bool = True
    storage_path_id: str | None = None  # None: the VM's
    sector_size: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedNic:
    nic_id: str
    label: str
    create: bool
    network_id: str | None = None
    keep_ip: bool = False
    keep_mac: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    target_vm_name: str
    target_resource_group_id: str
    storage_path_id: str
    cpu_cores: int
    memory_mb: int
    generation: str  # "1" | "2"
    dynamic_memory: DynamicMemory | None = None  # None: fixed memory
    security: str = "auto"  # auto | none | secure_boot | trusted_launch
    os_type: str = ""  # windows | linux | "" (not known)
    arc: str = "none"  # none | fresh | reuse
    auto_resync: bool = True
    disks: tuple[WantedDisk, ...] = ()
    nics: tuple[WantedNic, ...] = ()
    warnings: tuple[Problem, ...] = ()
