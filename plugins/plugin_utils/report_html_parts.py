# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of the HTML report: downtimes, checks, the details of a VM, and what auditors ask for."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter

from .report_figures import Figures, clock, duration, phase_words, plural, size, stage
from .report_markup import Child, Markup, el
from .report_model import Check, Vm, iso
from .report_timeline import WIDE, Axis, axis_labels, kind, sentence, strip

RESULTS = {"passed": "Passed", "failed": "Failed", "not_checked": "Not checked"}
OBSERVERS = {
    "arm": "Azure (ARM)",
    "host": "Azure Local host",
    "vcenter": "vCenter",
    "replication": "Replication service",
}
_ORDER = {"failed": 0, "not_checked": 1, "passed": 2}


def cell(label: str, content: Child, class_: str | None = None) -> Markup:
    """A table cell that carries its heading along, for narrow screens where rows become cards."""
    return el("td", content, data_label=label, class_=class_)


def chip(vm: Vm) -> Markup:
    """The phase in words, with the colour of its stage."""
    return el("span", el("i", class_=f"s-{stage(vm)}"), phase_words(vm), class_="chip")


def vm_id(vm: Vm) -> str:
    """An anchor that any name gives: twins differ by their UUID."""
    return "vm-" + hashlib.sha256(f"{vm.name}\0{vm.instance_uuid}\0{vm.wave}".encode()).hexdigest()[:12]


def vm_link(vm: Vm) -> Markup:
    return el("a", vm.name or "(no name)", href=f"#{vm_id(vm)}")


def downtimes(vms: tuple[Vm, ...], numbers: Figures) -> Markup | None:
    """Every measured downtime, longest first."""
    measured = [(vm.downtime.seconds, vm) for vm in vms if vm.downtime.seconds is not None]
    if not measured:
        return None
    measured.sort(key=lambda pair: (-pair[0], pair[1].name))
    longest = max(measured[0][0], 1.0)
    ways = {vm.downtime.how for _seconds, vm in measured}
    common = ways.pop() if len(ways) == 1 else ""
    rows = [
        el(
            "tr",
            el("th", vm_link(vm), scope="row"),
            cell("Downtime", [duration(seconds), _precision(vm)], "num"),
            el("td", el("span", class_="meter", style=f"width:{seconds / longest:.1%}"), aria_hidden="true"),
            cell(
                "When" if common else "How it was measured",
                [vm.downtime.how if not common else None, _span(vm)],
                "small",
            ),
            data_vm=vm.name,
        )
        for seconds, vm in measured
    ]
    missing = sum(1 for vm in vms if vm.downtime.seconds is None and stage(vm) in ("done", "verified", "migrated"))
    text = (
        f"{plural(numbers.downtimes, 'VM')} measured: median {duration(numbers.median_s)}, "
        f"longest {duration(numbers.longest_s)} ({numbers.longest_vm})."
    )
    if missing:
        text += f" Not measured for {plural(missing, 'migrated VM')}."
    if common:
        text += f" Measured from {common}." if not common.lower().startswith("from ") else f" Measured {common}."
    heads = (("VM", "c-vm"), ("Downtime", "c-time"), ("", ""), ("When" if common else "How it was measured", "c-how"))
    return el(
        "section",
        el("h2", "Downtime"),
        el("p", text, class_="lead"),
        el(
            "table",
            el("thead", el("tr", [_head(word, class_) for word, class_ in heads])),
            el("tbody", rows),
            class_="downs cards",
        ),
        class_="card",
    )


def _head(word: str, class_: str) -> Markup:
    return el("th", word, scope="col", class_=class_) if word else el("td", aria_hidden="true")


def _precision(vm: Vm) -> Markup | None:
    if vm.downtime.precision_s is None:
        return el("span", "precision not known", class_="sub")
    return el("span", f"within {duration(vm.downtime.precision_s)}", class_="sub")


def _span(vm: Vm) -> Markup | None:
    start, end = vm.downtime.start, vm.downtime.end
    if start is None or end is None:
        return None
    last = f"{end:%H:%M:%S}" if end.date() == start.date() else f"{end.day} {end:%b %H:%M:%S}"
    return el("span", f"{start.day} {start:%b %H:%M:%S} to {last}", class_="sub num")


def checks_overview(vms: tuple[Vm, ...]) -> Markup | None:
    """Per check: who looks, and how often it passed, failed, or could not be made."""
    by_name: dict[str, list[Check]] = {}
    for vm in vms:
        for check in vm.checks:
            by_name.setdefault(check.name, []).append(check)
    if not by_name:
        return None
    rows = []
    for name, checks in by_name.items():
        counts = Counter(check.result for check in checks)
        observers = ", ".join(sorted({observer(check) for check in checks if check.observer}))
        rows.append(
            el(
                "tr",
                el("th", words(name), scope="row"),
                cell("Seen by", observers),
                *(
                    cell(word, el("span", counts[key], class_="bad" if key == "failed" and counts[key] else None), "r")
                    for key, word in RESULTS.items()
                ),
            )
        )
    heads = [el("th", "Check", scope="col"), el("th", "Seen by", scope="col")]
    heads += [el("th", word, scope="col", class_="r") for word in RESULTS.values()]
    return el(
        "section",
        el("h2", "Checks after the migration"),
        el("p", "Each check names who saw it. What nobody could see is not checked, and not passed.", class_="lead"),
        el("div", el("table", el("thead", el("tr", heads)), el("tbody", rows)), class_="scroll"),
        class_="card",
    )


def observer(check: Check) -> str:
    return OBSERVERS.get(check.observer, check.observer)


def words(name: str) -> str:
    """``source_off`` as a person says it."""
    return name.replace("_", " ")


def vm_details(vm: Vm, now: dt.datetime | None) -> list[Child]:
    """All that is known of one VM."""
    parts: list[Child] = [_facts(vm)]
    said = [text for text in (vm.msg, vm.phase_reason if vm.phase_reason != vm.msg else "") if text]
    parts += [el("p", text) for text in said]
    if vm.remedy:
        parts.append(el("p", "To do: ", el("span", vm.remedy, class_="do")))
    if vm.timeline:
        axis = Axis(vm.timeline, now)
        events = [
            el(
                "li",
                el("i", class_=f"key k-{'failed' if event.failed else kind(event.what)}"),
                el("span", sentence(event, now), el("span", event.detail, class_="sub") if event.detail else None),
            )
            for event in vm.timeline
        ]
        parts += [
            el("h3", "Time line"),
            strip(vm, axis, now),
            axis_labels(axis, WIDE),
            el("ol", events, class_="events"),
        ]
    if vm.checks:
        parts += [el("h3", "Checks"), _checks(vm)]
    if vm.mark:
        mark = json.dumps(vm.mark, ensure_ascii=False, sort_keys=True)
        parts += [el("h3", "Mark on the source VM"), el("p", el("code", mark))]
    return parts


def _facts(vm: Vm) -> Markup:
    pairs = (
        ("Target VM", vm.target_vm_name),
        ("Target resource group", vm.target_resource_group),
        ("Source power", vm.source_power or "not seen"),
        ("Target power", vm.target_power or "not seen"),
        ("Replication health", vm.health),
        ("Progress", f"{vm.progress_percent:.0f} %" if vm.progress_percent is not None else ""),
        ("Data moved", size(vm.bytes)),
        ("Started", clock(vm.started_at)),
        ("Error code", vm.error_code),
    )
    shown = [el("div", el("dt", label), el("dd", value)) for label, value in pairs if value]
    return el("dl", shown, class_="pairs")


def _checks(vm: Vm) -> Markup:
    rows = [
        el(
            "tr",
            el("th", words(check.name), scope="row"),
            cell("Result", el("span", RESULTS.get(check.result, check.result), class_=_tone(check.result))),
            cell("Seen by", observer(check)),
            cell("Expected", check.expected),
            cell("Seen", [check.seen, el("span", check.note, class_="sub") if check.note else None]),
        )
        for check in sorted(vm.checks, key=lambda check: _ORDER.get(check.result, 1))
    ]
    heads = [el("th", word, scope="col") for word in ("Check", "Result", "Seen by", "Expected", "Seen")]
    return el("table", el("thead", el("tr", heads)), el("tbody", rows), class_="cards")


def _tone(result: str) -> str | None:
    return {"passed": "ok", "failed": "bad"}.get(result, "muted")


def audit(vms: tuple[Vm, ...]) -> Markup:
    """What ties this page to the logs of Azure and vCenter."""
    rows = [
        el(
            "tr",
            el("th", vm.name, scope="row"),
            cell("Source instance UUID", el("code", vm.instance_uuid) if vm.instance_uuid else None),
            cell("Target", "/".join(part for part in (vm.target_resource_group, vm.target_vm_name) if part)),
            cell("Started", el("time", clock(vm.started_at), datetime=iso(vm.started_at)) if vm.started_at else None),
            cell("Correlation id", el("code", vm.correlation_id) if vm.correlation_id else None),
            data_vm=vm.name,
        )
        for vm in vms
    ]
    heads = ("VM", "Source instance UUID", "Target", "Started", "Correlation id")
    table = el(
        "table",
        el("thead", el("tr", [el("th", head, scope="col") for head in heads])),
        el("tbody", rows),
        class_="cards small",
    )
    return el(
        "section",
        el("h2", "For auditors"),
        el("details", el("summary", el("b", "Identities and correlation ids")), el("div", table, class_="inside")),
        class_="card",
    )
