# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One verdict per appliance: every way it may stand, and that a reason is told once, the cause first."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.appliance_health import (
    LASTING,
    SILENT_S,
    STALE_S,
    STUCK_S,
    Verdict,
    judge,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.appliance_map import Known
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.appliance_view import (
    Agent,
    Fabric,
    Found,
    Inside,
    Site,
    Trouble,
    Vcenter,
    View,
    site_of,
)

NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
GRAVE = Trouble(code="7", severity="Error", text="it broke", remedy="mend it")
SMALL = dataclasses.replace(GRAVE, severity="Warning")


def ago(seconds: float) -> dt.datetime:
    return NOW - dt.timedelta(seconds=seconds)


def site_id(role: str) -> str:
    kind = {"source": "VMwareSites", "target": "HyperVSites"}[role]
    return f"/subscriptions/s/resourceGroups/g/providers/Microsoft.OffAzure/{kind}/{role}site"


def view(role: str = "source", **changes: Any) -> View:
    """A healthy one."""
    known = Known(name="app1", site_id=site_id(role), registered=True, azure_local_source=role == "source",
                  discovery_status="Success" if role == "source" else "NotStarted")  # fmt: skip
    cluster = (
        "" if role == "source" else "/subscriptions/s/resourceGroups/h/providers/Microsoft.AzureStackHCI/clusters/c"
    )
    facts: dict[str, Any] = {
        "known": known,
        "site": Site(heartbeat=ago(20)),
        "fabric": Fabric(id="/f", name="f", state="Succeeded", health="Normal", cluster_id=cluster),
        "agent": Agent(appliance="app1", responsive=True, heartbeat=ago(10)),
    }
    if role == "source":
        facts["vcenters"] = (Vcenter(name="vc", added=ago(90_000), updated=ago(60)),)
        facts["found"] = Found(any=True, newest=ago(60))
    return View(role=role, name="app1", **facts | changes)


def known(**changes: Any) -> Known:
    one = view().known
    assert one is not None
    return dataclasses.replace(one, **changes)


def fabric(**changes: Any) -> Fabric:
    return dataclasses.replace(Fabric(id="/f", name="f", state="Succeeded", health="Normal"), **changes)


def told(verdict: Verdict) -> tuple[str, list[str]]:
    return verdict.status, [reason.code for reason in verdict.reasons]


SILENT = Site(heartbeat=ago(SILENT_S + 60))
DEAD = Agent(appliance="app1", responsive=False, heartbeat=ago(7200))
WAITING = (Vcenter(name="vc", added=ago(60)),)


@pytest.mark.parametrize("role", ["source", "target"])
def test_a_healthy_appliance(role: str) -> None:
    verdict = judge(view(role), NOW)
    assert told(verdict) == ("healthy", []) and verdict.healthy and verdict.main is None


@pytest.mark.parametrize(
    ("changes", "status", "codes"),
    [
        ({"known": None}, "no_key", ["appliance_no_key"]),
        ({"site": None}, "unhealthy", ["appliance_site_gone"]),
        ({"known": known(registered=False)}, "not_registered", ["appliance_unregistered"]),
        ({"known": known(registered=None), "site": Site()}, "not_registered", ["appliance_unregistered"]),
        ({"known": known(registered=None)}, "healthy", []),
        ({"fabric": None, "agent": None}, "registering", ["appliance_registering"]),
        ({"agent": None}, "registering", ["appliance_registering"]),
        ({"fabric": fabric(state="Creating")}, "registering", ["appliance_registering"]),
        ({"fabric": fabric(state="Failed")}, "unhealthy", ["fabric_failed"]),
        ({"site": Site(), "fabric": None, "agent": None}, "registering", ["appliance_registering"]),
        # alive
        ({"site": SILENT, "agent": DEAD}, "unhealthy", ["appliance_silent"]),
        ({"site": SILENT, "agent": DEAD, "fabric": fabric(health="Critical")}, "unhealthy", ["appliance_silent"]),
        ({"agent": DEAD}, "unhealthy", ["agent_silent"]),
        ({"agent": DEAD, "fabric": fabric(health="Critical")}, "unhealthy", ["agent_silent"]),
        ({"site": SILENT}, "unhealthy", ["discovery_silent"]),
        ({"site": Site(), "known": known()}, "unhealthy", ["discovery_silent"]),
        ({"fabric": fabric(health="Critical", troubles=(GRAVE,))}, "unhealthy", ["fabric_critical"]),
        ({"fabric": fabric(health="Warning", troubles=(SMALL,))}, "healthy", ["fabric_warning"]),
        ({"agent": dataclasses.replace(DEAD, responsive=True, troubles=(SMALL,))}, "healthy", ["fabric_warning"]),
        # discovery
        ({"known": known(discovery_status="NotStarted"), "vcenters": (), "found": Found()}, "not_discovering",
         ["discovery_not_started"]),
        ({"vcenters": WAITING, "found": Found()}, "discovering", ["discovery_running"]),
        ({"vcenters": (), "found": Found()}, "discovering", ["discovery_running"]),
        ({"found": Found()}, "unhealthy", ["discovery_stuck"]),
        ({"vcenters": (Vcenter(name="vc", added=ago(STUCK_S + 1)),), "found": Found()}, "unhealthy", ["discovery_stuck"]),
        ({"vcenters": (Vcenter(name="vc", added=ago(STUCK_S)),), "found": Found()}, "discovering", ["discovery_running"]),
        ({"vcenters": (), "found": Found(any=True, newest=ago(STALE_S + 1))}, "healthy", ["discovery_stale"]),
        ({"found": Found(any=True, newest=ago(STALE_S + 1))}, "healthy", []),
        ({"vcenters": (Vcenter(name="vc", troubles=(GRAVE,)),)}, "unhealthy", ["vcenter_failed"]),
        ({"vcenters": (Vcenter(name="vc", troubles=(SMALL,)),)}, "healthy", ["vcenter_failed"]),
        ({"vcenters": (Vcenter(name="vc", added=ago(STUCK_S + 9), troubles=(GRAVE,)),), "found": Found()}, "unhealthy",
         ["vcenter_failed"]),
        ({"known": known(azure_local_source=False)}, "healthy", ["appliance_for_azure"]),
        # what only the appliance knows
        ({"inside": Inside(licence_days_left=0)}, "unhealthy", ["appliance_licence"]),
        ({"inside": Inside(licence_days_left=29)}, "healthy", ["appliance_licence_ends"]),
        ({"inside": Inside(licence_days_left=30, clock_skew_s=59, version="6")}, "healthy", []),
        ({"inside": Inside(stopped=("asrgwy",))}, "unhealthy", ["appliance_services"]),
        ({"inside": Inside(clock_skew_s=-240)}, "healthy", ["appliance_skew"]),
        ({"inside": Inside(clock_skew_s=301)}, "unhealthy", ["appliance_skew"]),
        ({"inside": Inside(error="app1 does not answer")}, "healthy", []),
        ({"inside": Inside(discovery_started=False)}, "not_discovering", ["discovery_not_started"]),
        # the cause comes first
        ({"inside": Inside(licence_days_left=0), "site": SILENT, "agent": DEAD}, "unhealthy",
         ["appliance_licence", "appliance_silent"]),
        ({"inside": Inside(stopped=("asrmgmtsvc",)), "agent": DEAD}, "unhealthy", ["appliance_services", "agent_silent"]),
    ],
)  # fmt: skip
def test_how_a_source_appliance_stands(changes: dict[str, Any], status: str, codes: list[str]) -> None:
    verdict = judge(view(**changes), NOW)
    assert told(verdict) == (status, codes)
    assert all(reason.text and reason.remedy for reason in verdict.reasons)
    assert verdict.healthy == (status == "healthy") == (verdict.main is None)
    assert verdict.waiting_helps == (not LASTING & set(codes))
    assert verdict.needs_a_person == (status in ("no_key", "not_registered", "not_discovering", "not_configured"))


@pytest.mark.parametrize(
    ("changes", "status", "codes"),
    [
        ({"fabric": None, "agent": None}, "not_configured", ["appliance_unconfigured"]),
        ({"fabric": fabric()}, "not_configured", ["appliance_unconfigured"]),
        ({"site": Site(), "fabric": fabric(), "agent": None}, "not_configured", ["appliance_unconfigured"]),
        ({"agent": None}, "registering", ["appliance_registering"]),
        ({"site": SILENT}, "healthy", []),
        ({"site": Site()}, "healthy", []),
        ({"site": SILENT, "agent": DEAD}, "unhealthy", ["appliance_silent"]),
        ({"site": SILENT, "agent": None, "fabric": None}, "unhealthy", ["appliance_silent", "appliance_unconfigured"]),
    ],
)
def test_how_a_target_appliance_stands(changes: dict[str, Any], status: str, codes: list[str]) -> None:
    assert told(judge(view("target", **changes), NOW)) == (status, codes)


def test_a_target_can_have_a_key_only_after_a_discovery() -> None:
    assert told(judge(view("target", known=None), NOW, discovered=False)) == ("not_yet", ["appliance_too_early"])
    assert told(judge(view("target", known=None), NOW, discovered=True)) == ("no_key", ["appliance_no_key"])
    verdict = judge(view("target", known=None, others=("old",)), NOW)
    assert verdict.main is not None and "known: old" in verdict.main.text


@pytest.mark.parametrize(
    ("seconds", "words"), [(20 * 60, "for 20 minutes"), (3 * 3600, "for 3 hours"), (5 * 86400, "for 5 days")]
)
def test_how_long_it_is_silent_is_told(seconds: int, words: str) -> None:
    verdict = judge(view(site=Site(heartbeat=ago(seconds)), agent=dataclasses.replace(DEAD, heartbeat=None)), NOW)
    assert verdict.main is not None and verdict.main.text == f"nothing was heard of source appliance app1 {words}"


def test_a_silent_appliance_that_was_asked_too() -> None:
    verdict = judge(view(site=SILENT, agent=DEAD, inside=Inside(error="app1 refuses connections")), NOW)
    assert verdict.main is not None and verdict.main.text.endswith("controller either: app1 refuses connections")


def test_a_grave_fabric_says_why_and_what_to_do() -> None:
    verdict = judge(view(fabric=fabric(health="Critical", troubles=(GRAVE,))), NOW)
    assert verdict.main is not None
    assert "it broke (7)" in verdict.main.text and verdict.main.remedy == "mend it"


# -- reading ------------------------------------------------------------------------------------------------------


def test_errors_of_fabrics_and_of_vcenters_are_read_alike() -> None:
    theirs = {"code": "1", "severity": "Error", "summary": "short", "message": "Long.", "recommendation": "Do."}
    other = {"code": None, "id": 400, "severity": "Warning", "summaryMessage": "short", "recommendedAction": "Do."}
    one, two = Trouble.parse_all([theirs, other, None])
    assert (one.text, one.remedy, one.grave, str(one)) == ("Long", "Do", True, "Long (1)")
    assert (two.code, two.text, two.grave) == ("400", "short", False)
    assert Trouble.parse_all(None) == () and str(Trouble.parse_all([{}])[0]) == "an error"


def test_a_fabric_belongs_to_the_appliance_of_its_site() -> None:
    own = {"properties": {"customProperties": {"vmwareSiteId": "/a"}}}
    assert site_of(own) == "/a" and site_of({"name": "app1replicationfabric"}) == ""


def test_deleted_machines_are_not_found() -> None:
    gone = {"properties": {"isDeleted": True, "updatedTimestamp": "2026-11-23T11:00:00Z"}}
    assert Found.parse([gone]).any is False and Found.parse([{"properties": {}}]).any is True
    assert Found.parse([]).newest is None


def test_what_an_appliance_says_of_itself() -> None:
    said = {
        "services": {"b": "Stopped", "a": "Stopped", "c": "Running"},
        "licence_days_left": 12,
        "clock_skew_s": "1.5",
    }
    inside = Inside.parse(said)
    assert (inside.stopped, inside.licence_days_left, inside.clock_skew_s) == (("a", "b"), 12, 1.5)
    assert Inside.parse({}) == Inside()
