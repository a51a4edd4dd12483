# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the model means to a reader: stages, figures, the headline, and times and sizes in words."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from .report_model import Report, Vm

# Stage of a VM, in the order of the way, with its heading. A VM is in exactly one.
STAGES: Final[dict[str, str]] = {
    "done": "Completed",
    "verified": "Verified",
    "migrated": "Migrated, not yet verified",
    "cutover": "Cutting over",
    "ready": "Ready for cutover",
    "replicating": "Replicating",
    "waiting": "Not started",
    "back": "Rolled back",
    "stopped": "Stopped",
    "unknown": "Not known",
}
MIGRATED: Final = frozenset({"done", "verified", "migrated"})
UNDER_WAY: Final = frozenset({"cutover", "ready", "replicating"})

# phase -> (stage, words). Phases that only a person can move are stopped, whatever their status says.
PHASES: Final[dict[str, tuple[str, str]]] = {
    "completed": ("done", "Completed"),
    "decommissioned": ("done", "Source decommissioned"),
    "completing": ("verified", "Completing"),
    "verified": ("verified", "Verified"),
    "migrated": ("migrated", "Migrated"),
    "cutting_over": ("cutover", "Cutting over"),
    "ready": ("ready", "Ready for cutover"),
    "ready_held": ("ready", "Ready, held back"),
    "enabling": ("replicating", "Enabling replication"),
    "seeding": ("replicating", "Initial replication"),
    "resyncing": ("replicating", "Resynchronising"),
    "discovered": ("waiting", "Discovered"),
    "removing": ("waiting", "Replication being removed"),
    "rolling_back": ("back", "Rolling back"),
    "rolled_back": ("back", "Rolled back"),
    "conflict": ("stopped", "On at both sides"),
    "blocked": ("stopped", "Blocked before start"),
    "blocked_drift": ("stopped", "Blocked: wish changed"),
    "removed_elsewhere": ("stopped", "Removed by someone else"),
    "foreign": ("stopped", "In someone else's hands"),
    "failed_enable": ("stopped", "Enabling failed"),
    "failed_seed": ("stopped", "Initial replication failed"),
    "failed_before": ("stopped", "Failover failed, target not made"),
    "failed_after": ("stopped", "Failover failed, target half made"),
    "failed_after_live": ("stopped", "Failover failed, target has run"),
    "failed_arc": ("stopped", "Failover failed (Arc reuse)"),
    "failed_remove": ("stopped", "Removal failed"),
    "unknown": ("unknown", "Not known"),
}
_PAST_CUTOVER = frozenset({"done", "verified", "migrated", "cutover", "back"})
_ON = frozenset({"on", "running", "poweredon", "powered_on"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    total: int
    stages: dict[str, int]
    migrated: int
    stopped: int
    both_on: tuple[str, ...]  # names of VMs that run on both sides
    unseen: int  # past the cutover, but one side's power was not seen
    downtimes: int  # how many VMs have one measured
    median_s: float | None
    longest_s: float | None
    longest_vm: str
    precision_s: float | None  # the worst of all
    bytes: int
    checks: dict[str, int]


def phase_words(vm: Vm) -> str:
    known = PHASES.get(vm.phase)
    return known[1] if known else (vm.phase.replace("_", " ").capitalize() or "Not known")


def stage(vm: Vm) -> str:
    """Where the VM is counted: what stopped comes before how far it came."""
    if vm.status in ("failed", "blocked"):
        return "stopped"
    return PHASES.get(vm.phase, ("unknown", ""))[0]


def is_on(power: str) -> bool:
    return power.lower().replace(" ", "") in _ON


def runs_on_both(vm: Vm) -> bool:
    return vm.phase == "conflict" or (is_on(vm.source_power) and is_on(vm.target_power))


def _unseen(vm: Vm) -> bool:
    past = PHASES.get(vm.phase, ("unknown", ""))[0] in _PAST_CUTOVER or bool(vm.target_power)
    return past and not (vm.source_power and vm.target_power)


def figures(vms: Iterable[Vm]) -> Figures:
    vms = list(vms)
    stages = Counter(stage(vm) for vm in vms)
    down = sorted(
        ((vm.downtime.seconds, vm) for vm in vms if vm.downtime.seconds is not None), key=lambda pair: -pair[0]
    )
    precisions = [vm.downtime.precision_s for _seconds, vm in down if vm.downtime.precision_s is not None]
    results = Counter(check.result for vm in vms for check in vm.checks)
    return Figures(
        total=len(vms),
        stages={name: stages[name] for name in STAGES if stages[name]},
        migrated=sum(stages[name] for name in MIGRATED),
        stopped=stages["stopped"],
        both_on=tuple(vm.name for vm in vms if runs_on_both(vm)),
        unseen=sum(_unseen(vm) for vm in vms),
        downtimes=len(down),
        median_s=statistics.median(seconds for seconds, _vm in down) if down else None,
        longest_s=down[0][0] if down else None,
        longest_vm=down[0][1].name if down else "",
        precision_s=max(precisions, default=None),
        bytes=sum(vm.bytes or 0 for vm in vms),
        checks={name: results[name] for name in ("passed", "failed", "not_checked")},
    )


def headline(numbers: Figures) -> str:
    """The one sentence that a manager reads."""
    if not numbers.total:
        return "No VMs in this report."
    parts = [f"{numbers.migrated} of {plural(numbers.total, 'VM')} migrated"]
    if numbers.stopped:
        parts.append(f"{numbers.stopped} stopped")
    under_way = sum(numbers.stages.get(name, 0) for name in UNDER_WAY)
    if under_way:
        parts.append(f"{under_way} under way")
    if numbers.both_on:
        parts.append(f"{len(numbers.both_on)} RUNNING ON BOTH SIDES")
    elif numbers.unseen:
        parts.append("none seen running on both sides")
    else:
        parts.append("none running on both sides")
    return ", ".join(parts) + "."


def waves(vms: Iterable[Vm]) -> list[tuple[str, list[Vm]]]:
    """VMs by wave, waves in the order in which a person counts, those without a wave last."""
    groups: dict[str, list[Vm]] = {}
    for vm in vms:
        groups.setdefault(vm.wave, []).append(vm)
    return sorted(groups.items(), key=lambda item: _counting(item[0]))


def _counting(wave: str) -> tuple[bool, int, str]:
    digits = "".join(c for c in wave if c in "0123456789")[:9]
    return (not wave, int(digits or "0"), wave)


def needs_attention(vms: Iterable[Vm]) -> list[Vm]:
    """Stopped VMs, and whatever runs on both sides, worst first."""
    found = [vm for vm in vms if stage(vm) == "stopped" or runs_on_both(vm)]
    return sorted(found, key=lambda vm: (not runs_on_both(vm), vm.status != "failed", _counting(vm.wave), vm.name))


def as_dict(numbers: Figures) -> dict[str, Any]:
    out = {name: getattr(numbers, name) for name in Figures.__slots__}
    return out | {"both_on": list(numbers.both_on), "headline": headline(numbers)}


def plural(count: int, word: str) -> str:
    return f"{count:,} {word}" + ("" if count == 1 else "s")


def duration(seconds: float | None) -> str:
    """``4 min 12 s``: two units, as a person would say it."""
    if seconds is None:
        return "not measured"
    if 0 < seconds < 10 and seconds != int(seconds):
        return f"{seconds:.1f} s"
    left = round(seconds)
    parts: list[str] = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if left >= size or (unit == "s" and not parts):
            parts.append(f"{left // size:,} {unit}")
            left %= size
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(parts)


def size(count: float | None) -> str:
    if count is None:
        return ""
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(value) < 1024 or unit == "TiB":
            break
        value /= 1024
    return f"{value:,.0f} {unit}" if value >= 100 or unit == "B" else f"{value:,.1f} {unit}"


def clock(at: dt.datetime | None) -> str:
    return f"{at.day} {at:%b %Y, %H:%M} UTC" if at is not None else ""


def heading(report: Report) -> str:
    return f"Migration report {report.project}".strip()
