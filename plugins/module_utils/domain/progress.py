# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One steady line that says how a wave stands: VMs by phase, percent, bytes, rate, time left."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """How far a wave is at one moment. ``done_bytes`` is what progress percentages say of the disks' sizes."""

    at_s: float  # monotonic clock
    phases: tuple[tuple[str, int], ...]
    total_bytes: int
    done_bytes: float

    @property
    def percent(self) -> float | None:
        return 100.0 * self.done_bytes / self.total_bytes if self.total_bytes else None


def tick(results: Iterable[Mapping[str, Any]], at_s: float) -> Tick:
    """Sum up results of one module call; entries need ``phase``, ``bytes`` and ``progress_percent``."""
    phases: Counter[str] = Counter()
    total, done = 0, 0.0
    for result in results:
        phase = str(result.get("phase") or result.get("status") or "unknown")
        phases[phase] += 1
        size, percent = result.get("bytes") or 0, result.get("progress_percent")
        if percent is not None:
            total += size
            done += size * min(max(float(percent), 0.0), 100.0) / 100.0
    return Tick(at_s=at_s, phases=tuple(sorted(phases.items())), total_bytes=total, done_bytes=done)


def _size(count: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def line(what: str, first: Tick, last: Tick) -> str:
    """The line. The rate is that of the whole wait so far: steady, and honest after a pause."""
    parts = [f"{what}: " + ", ".join(f"{count} {phase}" for phase, count in last.phases)]
    if last.percent is not None:
        parts.append(f"{last.percent:.0f} % of {_size(last.total_bytes)}")
        elapsed, gained = last.at_s - first.at_s, last.done_bytes - first.done_bytes
        if elapsed > 0 and gained > 0:
            rate = gained / elapsed
            parts.append(f"{_size(rate)}/s")
            if last.done_bytes < last.total_bytes and rate >= 1:  # slower than a byte a second: nobody can tell
                parts.append(f"about {_duration((last.total_bytes - last.done_bytes) / rate)} left")
    return " | ".join(parts)
