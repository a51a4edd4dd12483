# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both appliances as appliance_info judges them on the lab: on the way there, healthy, and with each knob thrown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError
from ansible_collections.azlocal.migrate.plugins.module_utils.services.appliances import Appliances
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project import Project
from ansible_collections.azlocal.migrate.plugins.module_utils.services.scope import Scope
from ansible_collections.azlocal.migrate.tests.support import azure_prepare
from ansible_collections.azlocal.migrate.tests.support.azure_time import TimedAzure
from ansible_collections.azlocal.migrate.tests.support.infrastructure_on_lab import SCOPE
from ansible_collections.azlocal.migrate.tests.support.killed import Ground
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab import names
from lab.appliances import SIMILAR, SOURCE, TARGET, Appliance
from lab.azure import ids, registration
from lab.switches import Switches

LABSRC, LABTGT = names.SOURCE_APPLIANCE, names.TARGET_APPLIANCE
HOUR_S = 3600
Said = dict[str, Any]
StartGround = Callable[..., Ground]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartGround]:
    started: list[Ground] = []

    def begin(*, stage: str = "ready", **switches: Any) -> Ground:
        folder = tmp_path / f"lab{len(started)}"
        started.append(Ground(folder, switches=Switches(**switches), stage=stage, estate=None, vms=3))
        return started[-1]

    yield begin
    for ground in started:
        ground.lab.stop()


def look(ground: Ground, scope: Scope = SCOPE, **inside: Said) -> Said:
    """The module's answer, by reads alone."""
    moment = ground.records.moment()
    with ground.arm() as arm:
        answer = Appliances(Project(arm, scope), inside).look().answer()
    assert not [request for request in ground.records.since(moment) if request.write and not request.is_discovery]
    return answer


def standing(answer: Said) -> dict[str, tuple[str, list[str]]]:
    """Status and codes, by role."""
    return {
        role: (one["status"], [reason["code"] for reason in one["reasons"]])
        for role, one in answer["appliances"].items()
    }


HEALTHY = {SOURCE: ("healthy", []), TARGET: ("healthy", [])}


def ill(role: str, *codes: str) -> dict[str, tuple[str, list[str]]]:
    return {**HEALTHY, role: ("unhealthy", [*codes])}


# -- prepared -----------------------------------------------------------------------------------------------------


def test_both_are_healthy_in_twelve_requests(start: StartGround) -> None:
    ground = start()
    moment = ground.records.moment()
    answer = look(ground)
    assert standing(answer) == HEALTHY and answer["healthy"] and answer["waiting_for"] is None
    assert answer["msg"] == "both appliances are healthy: labsrc, labtgt"
    assert len([request for request in ground.records.since(moment) if not request.is_discovery]) == 12
    source, target = answer["appliances"][SOURCE], answer["appliances"][TARGET]
    assert source["machines_found"] and source["registered"] and source["discovery_started"]
    assert [one["name"] for one in source["vcenters"]] == [ids.VCENTER_FQDN]
    assert (source["agent"]["version"], source["agent"]["responsive"]) == ("1.25.819.2", True)
    assert source["fabric"]["name"] == ids.SOURCE_FABRIC_NAME and target["fabric"]["health"] == "Normal"
    assert target["configured"] and target["fabric"]["cluster_id"].lower() == ids.CLUSTER.lower()
    assert (source["licence_days_left"], source["stopped_services"]) == (None, None), "nobody asked it"
    assert answer["free_use"] == {"began": None, "days_left": 180}


@pytest.mark.parametrize(("role", "name", "requests"), [(SOURCE, LABSRC, 10), (TARGET, LABTGT, 12)])
def test_one_of_them_is_judged_where_one_is_asked_for(start: StartGround, role: str, name: str, requests: int) -> None:
    ground = start(dead_agent=TARGET if role == SOURCE else SOURCE)
    ground.clock.sleep(HOUR_S)  # the other one is silent
    moment = ground.records.moment()
    with ground.arm() as arm:
        answer = Appliances(Project(arm, SCOPE), {}, [role]).look().answer()
    assert standing(answer) == {role: ("healthy", [])}
    assert (answer["healthy"], answer["msg"]) == (True, f"the appliance is healthy: {name}")
    assert len([request for request in ground.records.since(moment) if not request.is_discovery]) == requests


def test_free_use_begins_with_the_first_replication(start: StartGround) -> None:
    ground = start()
    session = TimedAzure(ground.lab)
    machine = session.machines()[0]
    session.protect(machine)
    ground.clock.sleep(170 * 86400)
    answer = look(ground)
    assert answer["free_use"]["days_left"] in (9, 10) and answer["free_use"]["began"]
    assert [one["code"] for one in answer["problems"]] == ["free_use_ends"]


# -- on the way there ---------------------------------------------------------------------------------------------


def click(session: TimedAzure, what: Callable[..., None], one: Appliance) -> None:
    with session.lab.world.lock:
        what(azure_prepare.azure_of(session), one, 0)


def test_from_a_bare_project_to_both_connected(start: StartGround) -> None:
    """At each moment one of them is next, and the words are those of appliance_setup."""
    ground = start(stage="bare")
    session = TimedAzure(ground.lab)

    def stands() -> tuple[str, str, str, str]:
        answer = look(ground)
        wait = answer["waiting_for"] or {"step": "", "data": {"appliance": ""}}
        told = answer["appliances"]
        return told[SOURCE]["status"], told[TARGET]["status"], wait["step"], wait["data"]["appliance"]

    with pytest.raises(ClientError) as refused:
        look(ground)
    assert refused.value.code in ("project_not_found", "ResourceNotFound", "ResourceGroupNotFound")
    azure_prepare.project(session)
    assert stands() == ("no_key", "not_yet", "key", LABSRC)
    source = azure_prepare.machine(session, LABSRC, SOURCE)
    source.key = azure_prepare.key(session, LABSRC, SOURCE)
    assert stands() == ("not_registered", "not_yet", "registration", LABSRC)
    click(session, registration.register, source)
    session.let(70)
    assert stands()[0] == "registering" or stands()[2] == "vcenter_credentials"
    session.let(240)
    assert stands() == ("not_discovering", "not_yet", "vcenter_credentials", LABSRC)
    click(session, registration.start_discovery, source)
    assert stands() == ("discovering", "not_yet", "", "")
    session.let(900)
    assert stands() == ("healthy", "no_key", "key", LABTGT)
    target = azure_prepare.machine(session, LABTGT, TARGET)
    target.key = azure_prepare.key(session, LABTGT, TARGET)
    assert stands() == ("healthy", "not_registered", "registration", LABTGT)
    click(session, registration.register, target)
    session.let(300)
    assert stands() == ("healthy", "not_configured", "cluster", LABTGT)
    click(session, registration.configure_target, target)
    session.let(120)
    assert stands() == ("healthy", "healthy", "", "")


def test_a_wait_names_who_what_where_and_what_to_paste(start: StartGround) -> None:
    ground = start(stage="bare")
    azure_prepare.project(TimedAzure(ground.lab))
    wait = look(ground)["waiting_for"]
    assert all(wait[part] for part in ("who", "what", "where", "data"))
    assert wait["data"]["project"] == names.PROJECT and names.CLIENT_SECRET not in str(wait)


@thrown("target_fabric", "register", "configure")
def test_a_target_that_nobody_configured(start: StartGround, setting: str) -> None:
    ground = start(stage="bare", target_fabric=setting)
    session = TimedAzure(ground.lab)
    azure_prepare.project(session)
    azure_prepare.connect(session, LABSRC, SOURCE)
    target = azure_prepare.machine(session, LABTGT, TARGET)
    target.key = azure_prepare.key(session, LABTGT, TARGET)
    click(session, registration.register, target)
    session.let(HOUR_S)
    assert standing(look(ground))[TARGET] == ("not_configured", ["appliance_unconfigured"])


# -- the knobs ----------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("appliance_alive")
@thrown("dead_agent", "", "source", "target")
@pytest.mark.parametrize("dead_fabric", ["Critical", "Normal"])
def test_a_dead_appliance_is_one_reason(start: StartGround, setting: str, dead_fabric: str) -> None:
    ground = start(dead_fabric=dead_fabric)
    assert standing(look(ground)) == HEALTHY
    ground.lab.switches.dead_agent = setting
    ground.clock.sleep(HOUR_S)
    answer = look(ground)
    assert standing(answer) == (ill(setting, "appliance_silent") if setting else HEALTHY)
    if setting:
        name = {SOURCE: LABSRC, TARGET: LABTGT}[setting]
        assert answer["msg"] == f"nothing was heard of {setting} appliance {name} for 60 minutes"
        assert answer["appliances"][setting]["remedy"] and answer["waiting_for"] is None
        ground.lab.switches.dead_agent = ""
        assert standing(look(ground)) == HEALTHY


@thrown("silent_agents", (), (LABTGT,))
def test_a_silent_agent_in_a_living_appliance(start: StartGround, setting: tuple[str, ...]) -> None:
    ground = start(silent_agents=setting)
    assert standing(look(ground)) == (ill(TARGET, "agent_silent") if setting else HEALTHY)


@pytest.mark.behaviour("discovery_stuck")
@thrown("discovery_stuck", False, True)
def test_a_discovery_that_finds_nothing(start: StartGround, setting: bool) -> None:
    ground = start(discovery_stuck=setting)
    early = standing(look(ground))[SOURCE]
    assert early == (("discovering", ["discovery_running"]) if setting else HEALTHY[SOURCE])
    ground.clock.sleep(48 * HOUR_S)
    answer = look(ground)
    assert standing(answer) == (ill(SOURCE, "discovery_stuck") if setting else HEALTHY)
    if setting:
        assert answer["msg"] == "source appliance labsrc has discovered for 2 days, and no machine is shown"


@pytest.mark.behaviour("appliance_of_similar_name")
@thrown("similar_appliance", False, True)
def test_app1_is_not_app10(start: StartGround, setting: bool) -> None:
    """What is wrong with the one is never told of the other, whichever is asked about."""
    ground = start(similar_appliance=setting)
    answer = look(ground)
    assert standing(answer) == HEALTHY
    assert answer["appliances"][SOURCE]["other_appliances"] == ([SIMILAR] if setting else [])
    assert answer["appliances"][SOURCE]["site_id"].endswith(ids.SOURCE_SITE_NAME)
    ground.lab.switches.dead_agent = "source"  # the similar one lives on
    ground.clock.sleep(HOUR_S)
    assert standing(look(ground)) == ill(SOURCE, "appliance_silent")
    if setting:
        other = Scope(**{**_fields(SCOPE), "source_appliance": SIMILAR})
        told = look(ground, other)["appliances"][SOURCE]
        assert (told["agent"]["responsive"], told["other_appliances"]) == (True, [LABSRC])
    with pytest.raises(ClientError, match="known: labsrc") as refused:
        look(ground, Scope(**{**_fields(SCOPE), "source_appliance": "labsr"}))
    assert refused.value.code == "appliance_unknown"


def _fields(scope: Scope) -> Said:
    return {name: getattr(scope, name) for name in scope.__slots__}


@thrown("licence_days_left", 170, 25, 0)
def test_an_evaluation_licence_that_ends(start: StartGround, setting: int) -> None:
    """As the appliance told it; a Windows whose licence has ended stops, so Azure hears nothing either."""
    ground = start(licence_days_left=setting)
    ground.clock.sleep(HOUR_S)
    inside = {role: {"licence_days_left": setting} for role in (SOURCE, TARGET)}
    answer = look(ground, **inside)
    told = standing(answer)[SOURCE]
    assert told[1][:1] == {170: [], 25: ["appliance_licence_ends"], 0: ["appliance_licence"]}[setting]
    assert answer["healthy"] == (setting > 0) == answer["waiting_helps"]


# -- what else may be wrong ---------------------------------------------------------------------------------------


def test_names_in_the_wrong_places(start: StartGround) -> None:
    swapped = Scope(**{**_fields(SCOPE), "source_appliance": LABTGT, "target_appliance": LABSRC})
    with pytest.raises(ClientError) as refused:
        look(start(), swapped)
    assert (refused.value.code, bool(refused.value.remedy)) == ("appliance_other_role", True)


def test_a_new_target_appliance_for_a_dead_one(start: StartGround) -> None:
    answer = look(start(), Scope(**{**_fields(SCOPE), "target_appliance": "newtgt"}))
    assert standing(answer)[TARGET] == ("no_key", ["appliance_no_key"])
    assert "takes the place of the dead one" in answer["waiting_for"]["what"]
    assert answer["appliances"][TARGET]["other_appliances"] == [LABTGT]


@pytest.mark.parametrize("gone", [ids.SOURCE_SITE, ids.TARGET_SITE])
def test_a_site_that_somebody_has_deleted(start: StartGround, gone: str) -> None:
    ground = start()
    ground.azure.resources.drop(gone)
    role = SOURCE if gone == ids.SOURCE_SITE else TARGET
    answer = look(ground)
    assert standing(answer)[role] == ("unhealthy", ["appliance_site_gone"]) and not answer["waiting_helps"]


@pytest.mark.parametrize("state", ["Failed", "Updating"])
def test_a_fabric_that_is_not_there(start: StartGround, state: str) -> None:
    ground = start()
    ground.azure.resources.amend(ids.SOURCE_FABRIC, provisioningState=state)
    expected = {"Failed": ("unhealthy", ["fabric_failed"]), "Updating": ("registering", ["appliance_registering"])}
    assert standing(look(ground))[SOURCE] == expected[state]
    ground.azure.resources.drop(ids.SOURCE_FABRIC)
    assert standing(look(ground))[SOURCE] == ("registering", ["appliance_registering"])


@pytest.mark.behaviour("vcenter_login")
@thrown("vcenter_login", "good", "refused")
def test_a_vcenter_that_refuses_the_appliance(start: StartGround, setting: str) -> None:
    answer = look(start(vcenter_login=setting))
    assert standing(answer) == (ill(SOURCE, "vcenter_failed") if setting == "refused" else HEALTHY)
    if setting == "refused":
        assert f"{ids.VCENTER_FQDN}: The login of the account" in answer["msg"] and "(InvalidLogin)" in answer["msg"]
        assert answer["appliances"][SOURCE]["remedy"].startswith("Correct the account")


def test_a_vault_that_somebody_has_deleted(start: StartGround) -> None:
    ground = start()
    ground.azure.resources.drop(ids.VAULT)
    answer = look(ground)
    assert standing(answer) == HEALTHY, "that is not the appliances' fault; infrastructure says it"
    assert answer["free_use"]["days_left"] == 180
