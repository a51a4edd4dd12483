# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time lines: a time axis that leaves long waits out, and the strips of coloured stretches drawn on it.

The strips are SVG that stretches with the page; the labels of the axis are HTML, so that they keep their size.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from .report_figures import clock, duration
from .report_markup import Markup, el
from .report_model import Event, Vm

WIDTH: Final = 1000.0
_BREAK: Final = 34.0  # width of a wait that is left out
NARROW: Final = 125.0  # room for a time on the strip of a table
WIDE: Final = 50.0  # and on a strip as wide as the page
_STEPS: Final = (60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000, 31536000)

# Words in the name of an event -> its colour; the first that fits.
KINDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("replicat", "seed", "Replication"),
    ("enable", "enable", "Enabling"),
    ("seed", "seed", "Replication"),
    ("resync", "seed", "Replication"),
    ("failover", "failover", "Planned failover"),
    ("power", "power", "Source powered off"),
    ("shut", "power", "Source powered off"),
    ("verif", "verify", "Verification"),
    ("check", "verify", "Verification"),
    ("complet", "complete", "Completion"),
)


def kind(what: str) -> str:
    word = what.lower()
    if word.startswith("enabl"):
        return "enable"
    return next((name for part, name, _legend in KINDS if part in word), "other")


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A piece of time that is drawn to scale."""

    start: dt.datetime
    end: dt.datetime
    x: float
    width: float


class Axis:
    """Maps times to 0..1000. Waits that are much longer than what happens around them shrink to a break."""

    def __init__(self, events: Iterable[Event], now: dt.datetime | None) -> None:
        spans = sorted((event.at, event.until(now)) for event in events)
        merged: list[list[dt.datetime]] = []
        whole = (max(end for _start, end in spans) - spans[0][0]).total_seconds() if spans else 0.0
        busy = self._busy(spans)
        longest_wait = max(60.0, min(busy * 0.35, whole))
        for start, end in spans:
            if merged and (start - merged[-1][1]).total_seconds() <= longest_wait:
                merged[-1][1] = max(merged[-1][1], end)
            else:
                merged.append([start, end])
        self.stretches = self._place(merged)

    @staticmethod
    def _busy(spans: list[tuple[dt.datetime, dt.datetime]]) -> float:
        total, reached = 0.0, None
        for start, end in spans:
            begin = start if reached is None else max(start, reached)
            total += max(0.0, (end - begin).total_seconds())
            reached = end if reached is None else max(reached, end)
        return total

    @staticmethod
    def _place(merged: list[list[dt.datetime]]) -> list[_Stretch]:
        lengths = [max(1.0, (end - start).total_seconds()) for start, end in merged]
        breaks = max(0, len(merged) - 1)
        gap = min(_BREAK, WIDTH * 0.3 / breaks) if breaks else 0.0
        room = WIDTH - gap * breaks
        # A cutover of minutes after a seeding of hours is what people look for: every stretch gets its share of room.
        shares = [max(length / sum(lengths), 0.7 / len(lengths)) for length in lengths]
        x, placed = 0.0, []
        for (start, end), share in zip(merged, shares, strict=True):
            width = room * share / sum(shares)
            placed.append(_Stretch(start, end, x, width))
            x += width + gap
        return placed

    def x(self, at: dt.datetime) -> float:
        for stretch in self.stretches:
            if at <= stretch.end:
                length = max(1.0, (stretch.end - stretch.start).total_seconds())
                return stretch.x + stretch.width * max(0.0, (at - stretch.start).total_seconds()) / length
        return WIDTH

    def breaks(self) -> Iterator[tuple[float, float, float]]:
        """(x, width, seconds left out)."""
        for before, after in zip(self.stretches, self.stretches[1:], strict=False):
            edge = before.x + before.width
            yield edge, after.x - edge, (after.start - before.end).total_seconds()

    def ticks(self, room: float) -> list[tuple[float, str]]:
        """(x, label): the beginnings of the stretches with their day, then round times where there is room for them.

        ``room`` is what five letters take; a label with a day takes more than twice of it.
        """
        found: list[tuple[float, float, dt.datetime, bool]] = []
        starts = [(stretch.start, True) for stretch in self.stretches]
        for at, dated in [*starts, *((at, False) for at in self._moments(room))]:
            width = room * (2.3 if dated else 1.0)
            x = self.x(at)
            left = x - width if x + width > WIDTH + room * 0.3 else x
            if left >= 0 and all(left >= end or left + width <= begin for begin, end, _at, _dated in found):
                found.append((left, left + width, at, dated))
        labels = {at: f"{at.day} {at:%b}, {at:%H:%M}" if dated else f"{at:%H:%M}" for _b, _e, at, dated in found}
        return sorted((self.x(at), label) for at, label in labels.items())

    def _moments(self, room: float) -> Iterator[dt.datetime]:
        for stretch in self.stretches:
            length = (stretch.end - stretch.start).total_seconds()
            per_unit = length / stretch.width if stretch.width else 0
            step = next((step for step in _STEPS if step >= per_unit * room), _STEPS[-1])
            first = int(stretch.start.timestamp() // step + 1) * step
            for index in range(min(12, int(max(0.0, stretch.end.timestamp() - first) // step) + 1)):
                at = first + index * step
                if stretch.start.timestamp() < at <= stretch.end.timestamp():
                    yield dt.datetime.fromtimestamp(at, tz=dt.UTC)


def axis_labels(axis: Axis, room: float) -> Markup:
    """The axis as HTML; it says nothing that the list of events does not say, so readers of screens pass it by."""
    marks = []
    for x, label in axis.ticks(room):
        side = "end" if x + room * (1.0 if len(label) < 6 else 2.3) > WIDTH + room * 0.3 else None
        marks.append(el("span", label, style=f"left:{x / WIDTH:.2%}", class_=side))
    return el("span", marks, class_="axis", aria_hidden="true")


def sentence(event: Event, now: dt.datetime | None) -> str:
    when = clock(event.at)
    if event.goes_on:
        length = f", goes on since {duration((event.until(now) - event.at).total_seconds())}"
    elif event.end is not None:
        length = f", took {duration((event.until(now) - event.at).total_seconds())}"
    else:
        length = ""
    state = f" ({event.state})" if event.state else ""
    return f"{event.what or 'Event'}{state}: {when}{length}"


def strip(vm: Vm, axis: Axis, now: dt.datetime | None) -> Markup:
    """The VM's events on the axis, one picture with a text of its own."""
    if not vm.timeline:
        return el("span", "nothing yet", class_="muted")
    shapes: list[Markup] = [el("rect", class_="rail", x=0, y=10, width=WIDTH, height=4)]
    shapes += [el("rect", class_="gap", x=_r(x), y=2, width=_r(width), height=20) for x, width, _s in axis.breaks()]
    # Stretches first, instants over them.
    for event in sorted(vm.timeline, key=lambda event: event.until(now) == event.at):
        shapes.append(_shape(event, axis, now))
    text = f"{vm.name}: " + "; ".join(sentence(event, now) for event in vm.timeline)
    return el(
        "svg", shapes, class_="strip", viewBox="0 0 1000 24", preserveAspectRatio="none", role="img", aria_label=text
    )


def _shape(event: Event, axis: Axis, now: dt.datetime | None) -> Markup:
    title = el("title", sentence(event, now) + (f". {event.detail}" if event.detail else ""))
    start, end = axis.x(event.at), axis.x(event.until(now))
    colour = f"k-{kind(event.what)}"
    if event.until(now) == event.at:
        at = min(max(start, 2.0), WIDTH - 2.0)
        failed = " k-failed" if event.failed else ""
        return el("line", title, class_=f"at {colour}{failed}", x1=_r(at), x2=_r(at), y1=1, y2=23)
    width = max(end - start, 3.0)
    start = min(start, WIDTH - width)
    stretch = el("rect", title, class_=colour, x=_r(start), y=4, width=_r(width), height=16)
    if event.failed:
        stretch = Markup(stretch + el("rect", class_="failed", x=_r(start), y=4, width=_r(width), height=16))
    elif event.goes_on:
        stretch = Markup(stretch + el("rect", class_="on", x=_r(start), y=4, width=_r(width), height=16))
    return stretch


def _r(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def legend(vms: Iterable[Vm]) -> Markup:
    """The colours that are in use, each with its word."""
    used = {kind(event.what) for vm in vms for event in vm.timeline}
    words = {name: word for _part, name, word in reversed(KINDS)} | {"other": "Other"}
    order = ("enable", "seed", "failover", "power", "verify", "complete", "other")
    items = [el("li", el("i", class_=f"key k-{name}"), words[name]) for name in order if name in used]
    if any(event.failed for vm in vms for event in vm.timeline):
        items.append(el("li", el("i", class_="key k-failed"), "Failed"))
    if items:
        items.append(el("li", el("i", class_="key left-out"), "Wait left out; each stretch has its own scale"))
    return el("ul", items, class_="legend") if items else Markup("")
