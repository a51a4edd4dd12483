# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTML report: whole, well formed, escaped, and without a need for anything outside of it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.plugin_utils.report_html import render_html
from ansible_collections.azlocal.migrate.plugins.plugin_utils.report_markup import Markup, el
from ansible_collections.azlocal.migrate.plugins.plugin_utils.report_style import DARK, LIGHT
from tests.support.report_sample import sample

VOID = {"meta", "br", "input", "col"}
NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;</style>"


class Page(HTMLParser):
    """The page as a tree of tags; anything that does not nest is an error."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _value in attrs}) == len(attrs), f"<{tag}> has an attribute twice"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.text.append(data)

    def count(self, tag: str) -> int:
        return sum(1 for name, _attributes in self.tags if name == tag)


@pytest.fixture(scope="module")
def html() -> str:
    return render_html(sample())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_every_vm_is_there(page: Page) -> None:
    text = "\n".join(page.text)
    for vm in sample()["vms"]:
        for field in ("name", "msg", "remedy", "correlation_id", "instance_uuid", "error_code"):
            assert str(vm[field]) in text
    details = [attributes for tag, attributes in page.tags if tag == "details" and "data-vm" in attributes]
    assert len(details) == 24


def test_it_says_what_matters_first(page: Page) -> None:
    text = " ".join(page.text)
    places = [
        text.index(part)
        for part in (
            "15 of 24 VMs migrated, 7 stopped",
            "Where the VMs stand",
            "Stopped VMs and what to do",
            "Wave 1",
            "Wave 2",
            "Checks after the migration",
            "Every VM",
            "For auditors",
            "Made by azlocal.migrate 0.1.0",
        )
    ]
    assert places == sorted(places)
    assert "median 21 min 43 s" in text
    assert "within 15 s" in text


def test_nothing_is_fetched(html: str, page: Page) -> None:
    for tag, attributes in page.tags:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form"), tag
        assert not {"src", "srcset", "xlink:href", "action", "data", "poster"} & set(attributes), tag
        assert (attributes.get("href") or "#").startswith("#")
        assert not [name for name in attributes if name.startswith("on")]
    assert "@import" not in html
    assert set(re.findall(r"url\(([^)]*)\)", html)) == {"#left-out", "#failed", "#going"}
    policy = next(
        a["content"] or "" for t, a in page.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'")


def test_it_can_be_used_by_all(html: str, page: Page) -> None:
    assert html.startswith("<!DOCTYPE html>")
    assert next(attributes for tag, attributes in page.tags if tag == "html")["lang"] == "en"
    assert page.count("title") > 1
    assert page.count("h1") == 1
    assert page.count("main") == 1
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
    pictures = [attributes for tag, attributes in page.tags if attributes.get("role") == "img"]
    assert pictures
    assert all(attributes["aria-label"] for attributes in pictures)
    ids = [attributes["id"] for _tag, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {(attributes["href"] or "")[1:] for tag, attributes in page.tags if tag == "a"}
    assert links <= set(ids)
    for rule in ("prefers-color-scheme:dark", "@media print", "max-width:720px"):
        assert rule in html


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast(palette: dict[str, str]) -> None:
    text = [("ink", "card"), ("ink", "bg"), ("ink", "soft"), ("muted", "card"), ("muted", "bg"), ("muted", "soft"),
            ("accent", "card"), ("alarm", "alarm-bg"), ("verified", "card"), ("stopped", "card")]  # fmt: skip
    stages = [name for name in palette if name in
              "done verified migrated cutover ready replicating waiting back stopped unknown".split()]  # fmt: skip
    text += [("on-stage", stage) for stage in stages]
    weak = {pair: contrast(palette[pair[0]], palette[pair[1]]) for pair in text}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}
    shapes = {name: contrast(palette[name], palette["card"]) for name in palette if name.startswith("k-")}
    assert {name: ratio for name, ratio in shapes.items() if ratio < 2.5} == {}


def nasty_vm(text: str) -> dict[str, Any]:
    fields = dict.fromkeys(
        ("name", "wave", "app", "owner", "phase", "phase_reason", "msg", "error_code", "remedy", "correlation_id",
         "target_vm_name", "target_resource_group", "instance_uuid", "source_power", "target_power", "health"), text
    )  # fmt: skip
    event = {"at": "2026-11-21T20:00:00Z", "end": "2026-11-21T20:05:00Z", "what": text, "state": text, "detail": text}
    check = dict.fromkeys(("name", "result", "observer", "expected", "seen", "note"), text)
    down = {"seconds": 5, "precision_s": 1, "from": event["at"], "to": event["end"], "how": text}
    more = {"status": "failed", "timeline": [event], "checks": [check], "downtime": down, "mark": {text: text}}
    return fields | more


def nasty(text: str) -> dict[str, Any]:
    return {"project": text, "resource_group": text, "collection_version": text, "vms": [nasty_vm(text)]}


def test_all_text_is_escaped() -> None:
    clean, dirty = Page(render_html(nasty("x"))), Page(render_html(nasty(NASTY)))
    assert [tag for tag, _attributes in dirty.tags] == [tag for tag, _attributes in clean.tags]
    assert "".join(dirty.text).count(NASTY) >= 20


@given(st.text(max_size=60))
def test_any_text_keeps_the_page_whole(text: str) -> None:
    html = render_html(nasty(text))
    html.encode()
    assert Page(html).count("script") == 1


@pytest.mark.parametrize(
    "data", [{}, {"vms": []}, {"vms": [{}]}, {"vms": [{"name": None, "timeline": [{}], "checks": [{}]}]}]
)
def test_a_report_of_almost_nothing(data: dict[str, Any]) -> None:
    Page(render_html(data))


def test_both_sides_on_raises_an_alarm() -> None:
    found = Page(
        render_html({"vms": [{"name": "a", "phase": "migrated", "source_power": "on", "target_power": "running"}]})
    )
    assert [a["class"] for _t, a in found.tags if a.get("role") == "alert"] == ["alarm"]


def test_a_thousand_vms_are_no_burden() -> None:
    data = sample()
    data["vms"] = [vm | {"name": f"{vm['name']}-{n}"} for n in range(42) for vm in data["vms"]]
    assert len(render_html(data)) < 12_000_000


def test_markup() -> None:
    assert (
        el("p", "a<b", None, [Markup("<br>"), 5], class_="x", title='"')
        == '<p class="x" title="&quot;">a&lt;b<br>5</p>'
    )
