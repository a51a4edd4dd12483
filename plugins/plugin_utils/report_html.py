# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one HTML page that needs nothing else: no network, no fonts, no script to be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .report_figures import (
    STAGES,
    Figures,
    clock,
    duration,
    figures,
    heading,
    headline,
    needs_attention,
    plural,
    size,
    stage,
    waves,
)
from .report_html_parts import audit, cell, checks_overview, chip, downtimes, vm_details, vm_id, vm_link
from .report_markup import Child, Markup, el
from .report_model import Report, Vm, iso, read
from .report_style import POLICY, SCRIPT, STYLE
from .report_timeline import NARROW, Axis, axis_labels, legend, strip

# Patterns that the strips use: a wait left out, a failure, something that goes on.
_PATTERNS: Final = Markup(
    '<svg width="0" height="0" aria-hidden="true" style="position:absolute"><defs>'
    '<pattern id="left-out" width="7" height="24" patternUnits="userSpaceOnUse">'
    '<rect width="7" height="24" style="fill:var(--card)"/><circle cx="3.5" cy="12" r="1.6" style="fill:var(--muted)"/></pattern>'
    '<pattern id="failed" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="9" height="9" style="fill:var(--k-failed)"/><rect width="3" height="9" style="fill:var(--card);fill-opacity:.55"/></pattern>'
    '<pattern id="going" width="12" height="12" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="5" height="12" style="fill:var(--card);fill-opacity:.35"/></pattern></defs></svg>'
)


def render_html(data: Mapping[str, Any]) -> str:
    report = read(data)
    numbers = figures(report.vms)
    title = heading(report)
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="referrer", content="no-referrer"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", f"{title}: {headline(numbers)}"),
        el("style", Markup(STYLE)),
    )
    body = el(
        "body",
        el("a", "To the figures", href="#figures", class_="skip"),
        _PATTERNS,
        el("div", _header(report, numbers), _main(report, numbers), _footer(report), class_="page"),
        el("script", Markup(SCRIPT)),
    )
    return "<!DOCTYPE html>\n" + el("html", head, "\n", body, lang="en") + "\n"


def _header(report: Report, numbers: Figures) -> Markup:
    facts = (
        ("Resource group", report.resource_group),
        ("Source appliance", report.source_appliance),
        ("Target appliance", report.target_appliance),
    )
    items = [el("li", f"{label} ", el("b", value)) for label, value in facts if value]
    if report.generated_at is not None:
        when = el("time", clock(report.generated_at), datetime=iso(report.generated_at))
        items.append(el("li", "As of ", el("b", when)))
    alarm = None
    if numbers.both_on:
        alarm = el(
            "div",
            "These VMs run on both sides. Disconnect one side now, before clients reach both:",
            el("ul", [el("li", name) for name in numbers.both_on]),
            class_="alarm",
            role="alert",
        )
    unseen = None
    if numbers.unseen:
        text = (
            f"The power state of both sides was not seen for {plural(numbers.unseen, 'VM')} past the cutover; "
            "see the list of VMs."
        )
        unseen = el("p", text, class_="lead")
    return el(
        "header",
        el("p", heading(report), class_="kicker"),
        el("h1", headline(numbers)),
        unseen,
        el("ul", items, class_="facts"),
        alarm,
    )


def _main(report: Report, numbers: Figures) -> Markup:
    vms = report.vms
    return el(
        "main",
        _figures(numbers),
        _stages(numbers),
        _filter(),
        _attention(vms),
        [_wave(name, members, report) for name, members in waves(vms)],
        downtimes(vms, numbers),
        checks_overview(vms),
        _every_vm(report),
        audit(vms),
        id="figures",
    )


def _figures(numbers: Figures) -> Markup:
    precision = f"each within {duration(numbers.precision_s)}" if numbers.precision_s is not None else ""
    checks = numbers.checks
    seen = checks["passed"] + checks["failed"]
    shown = (
        ("Migrated", f"{numbers.migrated} of {numbers.total}", "on Azure Local"),
        ("Stopped", str(numbers.stopped), "need a person" if numbers.stopped else "nothing to do"),
        ("Median downtime", duration(numbers.median_s), precision or f"{plural(numbers.downtimes, 'VM')} measured"),
        ("Longest downtime", duration(numbers.longest_s), numbers.longest_vm),
        ("Checks passed", f"{checks['passed']} of {seen}", f"{checks['not_checked']} not checked"),
        ("Data moved", size(numbers.bytes) if numbers.bytes else "not known", ""),
    )
    return el(
        "dl",
        [
            el("div", el("dt", label), el("dd", value), el("dd", note, class_="note") if note else None)
            for label, value, note in shown
        ],
        class_="figures",
    )


def _bar(counts: Mapping[str, int], thin: bool = False) -> Markup:
    text = ", ".join(f"{STAGES[name]}: {count}" for name, count in counts.items())
    parts = [
        el("span", str(count), class_=f"s-{name}", style=f"flex:{count}", title=f"{STAGES[name]}: {count}")
        for name, count in counts.items()
    ]
    return el("div", parts, class_="bar thin" if thin else "bar", role="img", aria_label=text)


def _stages(numbers: Figures) -> Markup:
    keys = [
        el("li", el("i", class_=f"key s-{name}"), f"{STAGES[name]} ", el("b", count))
        for name, count in numbers.stages.items()
    ]
    return el(
        "section",
        el("h2", "Where the VMs stand"),
        _bar(numbers.stages) if numbers.stages else el("p", "There are no VMs.", class_="lead"),
        el("ul", keys, class_="legend"),
        class_="card",
    )


def _filter() -> Markup:
    box = (
        el("label", "Find a VM", for_="word"),
        el("input", id="word", type="search", placeholder="name, application, owner, phase ..."),
        el("span", id="said", class_="muted", role="status"),
    )
    return el("div", box, class_="filter", id="filter", hidden="hidden")


def _attention(vms: tuple[Vm, ...]) -> Markup:
    found = needs_attention(vms)
    if not found:
        return el(
            "section", el("h2", "Stopped VMs"), el("p", "None. No VM waits for a person.", class_="lead"), class_="card"
        )
    rows = [
        el(
            "tr",
            el("th", vm_link(vm), el("span", _belongs(vm), class_="sub"), scope="row"),
            cell("Phase", chip(vm)),
            cell("What happened", _reason(vm)),
            cell("What to do", el("span", vm.remedy, class_="do") if vm.remedy else "Look at the VM's details below."),
            data_vm=vm.name,
        )
        for vm in found
    ]
    return el(
        "section",
        el("h2", "Stopped VMs and what to do"),
        el("p", "These VMs go no further on their own. The others are not held up by them.", class_="lead"),
        _table(("VM", "Phase", "What happened", "What to do"), rows, "cards", ("20%", "18%", "31%", "31%")),
        class_="card",
    )


def _belongs(vm: Vm) -> str:
    parts = (f"Wave {vm.wave}" if vm.wave else "", vm.app, vm.owner)
    return ", ".join(part for part in parts if part)


def _reason(vm: Vm) -> list[Child]:
    reason = vm.msg or vm.phase_reason or "No reason was given."
    more = vm.phase_reason if vm.phase_reason and vm.phase_reason != reason else ""
    code = el("span", "Code ", el("code", vm.error_code), class_="sub") if vm.error_code else None
    return [reason, el("span", more, class_="sub") if more else None, code]


def _table(
    heads: tuple[Child, ...], rows: list[Markup], class_: str, widths: tuple[str, ...] = (), caption: str = ""
) -> Markup:
    return el(
        "table",
        el("caption", caption, class_="out") if caption else None,
        el("colgroup", [el("col", style=f"width:{width}") for width in widths]) if widths else None,
        el("thead", el("tr", [el("th", head, scope="col") for head in heads])),
        el("tbody", rows),
        class_=class_,
    )


def _wave(name: str, members: list[Vm], report: Report) -> Markup:
    numbers = figures(members)
    axis = Axis((event for vm in members for event in vm.timeline), report.generated_at)
    downtime = f" Median downtime {duration(numbers.median_s)}." if numbers.median_s is not None else ""
    rows = [_wave_row(vm, axis, report) for vm in members]
    head = (
        el("th", "VM", scope="col", class_="c-vm"),
        el("th", "Phase", scope="col", class_="c-phase"),
        el("th", el("span", "Time line (UTC)", class_="out"), axis_labels(axis, NARROW), scope="col"),
        el("th", "Downtime", scope="col", class_="c-down"),
        el("th", "Checks", scope="col", class_="c-checks"),
    )
    title = f"Wave {name}" if name else "Without a wave"
    return el(
        "section",
        el("h2", title),
        el("p", f"{headline(numbers)}{downtime}", class_="muted"),
        _bar(numbers.stages, thin=True),
        el(
            "table",
            el("caption", f"{title}: the VMs", class_="out"),
            el("thead", el("tr", head)),
            el("tbody", rows),
            class_="wave cards",
        ),
        legend(members),
        class_="card",
    )


def _wave_row(vm: Vm, axis: Axis, report: Report) -> Markup:
    results = [check.result for check in vm.checks]
    failed, unseen = results.count("failed"), results.count("not_checked")
    checks: list[Child] = []
    if results:
        words = f"{results.count('passed')} passed"
        checks = [
            el("span", f"{failed} failed", class_="bad") if failed else el("span", words, class_="ok"),
            el("span", words, class_="sub") if failed else None,
            el("span", f"{unseen} not checked", class_="sub") if unseen else None,
        ]
    down = vm.downtime
    times: list[Child] = []
    if down.seconds is not None:
        precise = (
            el("span", f"within {duration(down.precision_s)}", class_="sub") if down.precision_s is not None else None
        )
        times = [el("span", duration(down.seconds), class_="num"), precise]
    progress = f"{vm.progress_percent:.0f} %" if vm.progress_percent is not None and stage(vm) == "replicating" else ""
    return el(
        "tr",
        el(
            "th",
            vm_link(vm),
            el("span", ", ".join(part for part in (vm.app, vm.owner) if part), class_="sub"),
            scope="row",
        ),
        cell("Phase", [chip(vm), el("span", progress, class_="sub") if progress else None]),
        cell("Time line", strip(vm, axis, report.generated_at)),
        cell("Downtime", times),
        cell("Checks", checks),
        data_vm=vm.name,
    )


def _every_vm(report: Report) -> Markup:
    return el(
        "section",
        el("h2", "Every VM"),
        el("p", "Open a VM for its way, its checks and its identity.", class_="lead"),
        [
            el(
                "details",
                el("summary", el("b", vm.name or "(no name)"), chip(vm), el("span", _belongs(vm), class_="muted")),
                el("div", vm_details(vm, report.generated_at), class_="inside"),
                id=vm_id(vm),
                data_vm=vm.name,
            )
            for _wave_name, members in waves(report.vms)
            for vm in members
        ],
        class_="card",
    )


def _footer(report: Report) -> Markup:
    tool = f"azlocal.migrate {report.collection_version}".strip()
    when = f" on {clock(report.generated_at)}" if report.generated_at else ""
    return el(
        "footer",
        el("p", f"Made by {tool}{when}. All times are UTC."),
        el(
            "p",
            "A downtime runs from the moment the source went off to the first check that found the target healthy; "
            "it is true within the precision given with it. A check that nobody could make counts as not checked, "
            "never as passed.",
        ),
    )
