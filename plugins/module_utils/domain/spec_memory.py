# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU and memory of the target: defaults from the source, limits of Hyper-V."""

from __future__ import annotations

from collections.abc import Mapping

from .entry import Findings, Reader
from .source import SourceMachine
from .wanted import DynamicMemory

MOST_CORES = 240
MANY_CORES = 64  # what Microsoft's own cmdlet allows; the service takes more
LEAST_DEFAULT_MB = 1024
MEMORY_MB: Mapping[str, tuple[int, int]] = {"1": (512, 1_048_576), "2": (32, 12_582_912)}
DYNAMIC_MINIMUM_MB = 1024
DYNAMIC_MAXIMUM_MB = 1_048_576
BUFFER_PERCENT = (5, 2000)
DEFAULT_BUFFER_PERCENT = 20


def default_dynamic(memory_mb: int) -> DynamicMemory:
    """What is meant where dynamic memory is on and nothing more is said; the service wants it even when it is off."""
    return DynamicMemory(
        minimum_mb=min(memory_mb, DYNAMIC_MINIMUM_MB),
        maximum_mb=max(memory_mb, DYNAMIC_MAXIMUM_MB),
        buffer_percent=DEFAULT_BUFFER_PERCENT,
    )


def resolve_cpu(given: Reader, machine: SourceMachine, findings: Findings) -> int:
    asked = given.whole("cpu_cores")
    cores = machine.cpu_cores if asked is None else asked
    if not 1 <= cores <= MOST_CORES:
        findings.block(
            "cpu_range",
            f"{cores} CPU cores are {'asked for' if asked is not None else 'what the source has'}; "
            f"1 to {MOST_CORES} are allowed",
            "set cpu_cores within the range",
            "cpu_cores",
        )
    elif cores > MANY_CORES:
        findings.warn(
            "cpu_many",
            f"{cores} CPU cores: Microsoft's own tool stops at {MANY_CORES}, the service may refuse more",
            f"set cpu_cores to {MANY_CORES} or fewer where possible",
            "cpu_cores",
        )
    return cores


def resolve_memory(
    given: Reader, machine: SourceMachine, generation: str, findings: Findings
) -> tuple[int, DynamicMemory | None]:
    asked = given.whole("memory_mb")
    memory_mb = max(machine.memory_mb, LEAST_DEFAULT_MB) if asked is None else asked
    low, high = MEMORY_MB[generation]
    if not low <= memory_mb <= high:
        findings.block(
            "ram_range",
            f"{memory_mb} MB of memory; generation {generation} allows {low} to {high}",
            "set memory_mb within the range",
            "memory_mb",
        )
    return memory_mb, _dynamic(given, memory_mb, (low, high), findings)


def _dynamic(given: Reader, memory_mb: int, limits: tuple[int, int], findings: Findings) -> DynamicMemory | None:
    defaults = default_dynamic(memory_mb)
    if not isinstance(given.given.get("dynamic_memory"), Mapping):  # plain true or false is understood too
        return defaults if given.flag("dynamic_memory", False) else None
    asked = given.nested("dynamic_memory")
    if asked is None:
        return None
    asked.only(("enabled", "minimum_mb", "maximum_mb", "buffer_percent"))
    numbers = [asked.whole(key) for key in ("minimum_mb", "maximum_mb", "buffer_percent")]
    if not asked.flag("enabled", False):
        return None
    minimum, maximum, buffer = (
        default if number is None else number
        for number, default in zip(
            numbers, (defaults.minimum_mb, defaults.maximum_mb, defaults.buffer_percent), strict=True
        )
    )
    low, high = limits
    if not low <= minimum <= memory_mb <= maximum <= high:
        findings.block(
            "dyn_mem",
            f"dynamic memory from {minimum} to {maximum} MB does not fit {memory_mb} MB of memory: minimum, memory and "
            f"maximum must rise in this order, between {low} and {high}",
            "correct dynamic_memory.minimum_mb and dynamic_memory.maximum_mb",
            "dynamic_memory",
        )
    if not BUFFER_PERCENT[0] <= buffer <= BUFFER_PERCENT[1]:
        findings.block(
            "dyn_mem",
            f"a memory buffer of {buffer} %; {BUFFER_PERCENT[0]} to {BUFFER_PERCENT[1]} are allowed",
            "correct dynamic_memory.buffer_percent",
            "dynamic_memory.buffer_percent",
        )
    return DynamicMemory(minimum_mb=minimum, maximum_mb=maximum, buffer_percent=buffer)
