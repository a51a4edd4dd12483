# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as a table: one line per VM, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any, Final

from .report_figures import stage
from .report_model import Vm, iso, read

COLUMNS: Final = (
    "name", "wave", "app", "owner", "stage", "phase", "phase_reason", "status", "msg", "error_code", "remedy",
    "correlation_id", "target_vm_name", "target_resource_group", "instance_uuid", "source_power", "target_power",
    "progress_percent", "bytes", "health", "started_at", "downtime_s", "downtime_precision_s", "downtime_from",
    "downtime_to", "downtime_how", "checks_passed", "checks_failed", "checks_not_checked", "failed_checks",
)  # fmt: skip

# A cell that begins with one of these is a formula to a spreadsheet; the wide forms count as well in some.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def render_csv(data: Mapping[str, Any]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for vm in read(data).vms:
        row = _row(vm)
        writer.writerow([safe(row[column]) for column in COLUMNS])
    return out.getvalue()


def safe(value: Any) -> Any:
    """Numbers as they are; text on one line, and never the beginning of a formula."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    inert = "'" if value.startswith(_FORMULA) or value.lstrip().startswith(_FORMULA) else ""
    return inert + " ".join(value.splitlines())


def _row(vm: Vm) -> dict[str, Any]:
    down = vm.downtime
    results = [check.result for check in vm.checks]
    row: dict[str, Any] = {name: getattr(vm, name) for name in COLUMNS if name in Vm.__slots__}
    return row | {
        "stage": stage(vm),
        "started_at": iso(vm.started_at),
        "downtime_s": down.seconds,
        "downtime_precision_s": down.precision_s,
        "downtime_from": iso(down.start),
        "downtime_to": iso(down.end),
        "downtime_how": down.how,
        "checks_passed": results.count("passed"),
        "checks_failed": results.count("failed"),
        "checks_not_checked": results.count("not_checked"),
        "failed_checks": "; ".join(check.name for check in vm.checks if check.result == "failed"),
    }
