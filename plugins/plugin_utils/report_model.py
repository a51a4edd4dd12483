# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report says about a migration, as plain data: read once, tolerantly, and then only rendered.

The input is one mapping; every key may be missing or null, unknown keys are passed over::

    {"generated_at": ISO time, "project": str, "resource_group": str, "source_appliance": str,
     "target_appliance": str, "collection_version": str, "runs": anything JSON can hold,
     "vms": [
        {"name": str, "wave": str, "app": str, "owner": str,
         "phase": str (domain/phase.py), "phase_reason": str, "status": "ok|changed|failed|blocked",
         "msg": str, "error_code": str, "remedy": str, "correlation_id": str,
         "target_vm_name": str, "target_resource_group": str, "instance_uuid": str,
         "source_power": "on|off|suspended|", "target_power": "on|running|off|stopped|...|" ("" = not seen),
         "progress_percent": number, "bytes": int (moved so far), "health": str, "started_at": ISO time,
         "timeline": [{"at": ISO time, "end": ISO time or null, "what": str, "state": str, "detail": str}],
                      (an event without an end is an instant, or goes on where its state says running)
         "downtime": {"seconds": number or null, "precision_s": number or null, "from": ISO, "to": ISO, "how": str},
         "checks": [{"name", "result": "passed|failed|not_checked", "observer", "expected", "seen", "note"}],
         "mark": mapping or null}]}
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

SCHEMA: Final = "azlocal.migrate/report"
SCHEMA_VERSION: Final = 1

# No page, no table and no UTF-8 file can hold these; they are shown as what they are: not readable.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_RUNNING = frozenset({"running", "inprogress", "in_progress", "started", "active"})
_BAD = frozenset({"failed", "error", "cancelled", "canceled", "timedout"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One stretch of a VM's way, or one instant of it."""

    at: dt.datetime
    end: dt.datetime | None
    what: str
    state: str
    detail: str

    @property
    def goes_on(self) -> bool:
        return self.end is None and self.state.replace(" ", "").lower() in _RUNNING

    @property
    def failed(self) -> bool:
        return self.state.replace(" ", "").lower() in _BAD

    def until(self, now: dt.datetime | None) -> dt.datetime:
        """The end, which is now for what goes on, and the start for an instant."""
        end = now if self.goes_on and now is not None else self.end
        return max(self.at, end) if end is not None else self.at


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    name: str
    result: str
    observer: str
    expected: str
    seen: str
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Downtime:
    seconds: float | None = None
    precision_s: float | None = None
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    how: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Vm:
    name: str
    wave: str
    app: str
    owner: str
    phase: str
    phase_reason: str
    status: str
    msg: str
    error_code: str
    remedy: str
    correlation_id: str
    target_vm_name: str
    target_resource_group: str
    instance_uuid: str
    source_power: str
    target_power: str
    progress_percent: float | None
    bytes: int | None
    health: str
    started_at: dt.datetime | None
    timeline: tuple[Event, ...]
    downtime: Downtime
    checks: tuple[Check, ...]
    mark: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    generated_at: dt.datetime | None
    project: str
    resource_group: str
    source_appliance: str
    target_appliance: str
    collection_version: str
    runs: Any = None
    vms: tuple[Vm, ...] = field(default=())


_VM_TEXTS: Final = (
    "name", "wave", "app", "owner", "phase", "phase_reason", "status", "msg", "error_code", "remedy",
    "correlation_id", "target_vm_name", "target_resource_group", "instance_uuid", "source_power", "target_power",
    "health",
)  # fmt: skip
_REPORT_TEXTS: Final = ("project", "resource_group", "source_appliance", "target_appliance", "collection_version")


def read(data: Mapping[str, Any]) -> Report:
    """The report's model; never an error for what the data holds, only less to show."""
    return Report(
        generated_at=moment(data.get("generated_at")),
        runs=plain(data.get("runs")),
        vms=tuple(_vm(part) for part in _mappings(data.get("vms"))),
        **{key: text(data.get(key)) for key in _REPORT_TEXTS},
    )


def _vm(data: Mapping[str, Any]) -> Vm:
    mark = data.get("mark")
    moved = number(data.get("bytes"))
    return Vm(
        progress_percent=number(data.get("progress_percent")),
        bytes=int(moved) if moved is not None else None,
        started_at=moment(data.get("started_at")),
        timeline=_timeline(data.get("timeline")),
        downtime=_downtime(data.get("downtime")),
        checks=tuple(
            Check(**{key: text(part.get(key)) for key in ("name", "result", "observer", "expected", "seen", "note")})
            for part in _mappings(data.get("checks"))
        ),
        mark=plain(mark) if isinstance(mark, Mapping) else None,
        **{key: text(data.get(key)) for key in _VM_TEXTS},
    )


def _timeline(data: Any) -> tuple[Event, ...]:
    events = []
    for part in _mappings(data):
        at = moment(part.get("at"))
        if at is not None:
            words = {key: text(part.get(key)) for key in ("what", "state", "detail")}
            events.append(Event(at=at, end=moment(part.get("end")), **words))
    return tuple(sorted(events, key=lambda event: event.at))


def _downtime(data: Any) -> Downtime:
    if not isinstance(data, Mapping):
        return Downtime()
    seconds = number(data.get("seconds"))
    precision = number(data.get("precision_s"))
    return Downtime(
        seconds=seconds if seconds is not None and seconds >= 0 else None,
        precision_s=abs(precision) if precision is not None else None,
        start=moment(data.get("from")),
        end=moment(data.get("to")),
        how=text(data.get("how")),
    )


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        return []
    return [part for part in value if isinstance(part, Mapping)]


def text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _UNPRINTABLE.sub("\ufffd", str(value))


def number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and abs(found) < 1e18 else None


def moment(value: Any) -> dt.datetime | None:
    """A time in UTC; a time without a zone is taken as UTC."""
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if not isinstance(value, dt.datetime):
        return None
    try:
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
    except OverflowError:  # the ends of the calendar
        return None


def plain(value: Any, depth: int = 0) -> Any:
    """Data that JSON can hold, whatever came in."""
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth > 20:
        return "..."
    if isinstance(value, Mapping):
        return {text(key): plain(part, depth + 1) for key, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(part, depth + 1) for part in value]
    return text(value)


def iso(at: dt.datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at is not None else None


def as_dict(report: Report) -> dict[str, Any]:
    """The model in the shape of the input, made uniform."""
    head: dict[str, Any] = {"generated_at": iso(report.generated_at)}
    head.update({key: getattr(report, key) for key in _REPORT_TEXTS})
    head["runs"] = report.runs
    head["vms"] = [_vm_dict(vm) for vm in report.vms]
    return head


def _vm_dict(vm: Vm) -> dict[str, Any]:
    out: dict[str, Any] = {key: getattr(vm, key) for key in _VM_TEXTS}
    out |= {"progress_percent": vm.progress_percent, "bytes": vm.bytes, "started_at": iso(vm.started_at)}
    out["timeline"] = [
        {"at": iso(e.at), "end": iso(e.end), "what": e.what, "state": e.state, "detail": e.detail} for e in vm.timeline
    ]
    down = vm.downtime
    out["downtime"] = {
        "seconds": down.seconds,
        "precision_s": down.precision_s,
        "from": iso(down.start),
        "to": iso(down.end),
        "how": down.how,
    }
    out["checks"] = [{key: getattr(check, key) for key in Check.__slots__} for check in vm.checks]
    out["mark"] = vm.mark
    return out
