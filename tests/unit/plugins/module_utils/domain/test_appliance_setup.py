# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an appliance shows and what is wanted of it -> steps, refusals, warnings, and what is left to a person."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.catalogue.index import find
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import (
    appliance_rules,
    appliance_setup,
    appliance_waiting,
    installer,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.appliance_seen import (
    REGISTRY,
    Certificate,
    File,
    InstallerRun,
    Seen,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.appliance_setup import EntraApp, Package, Wanted
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.appliance_waiting import Told
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.blackout import Window

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
ZIP = Package(sha256="a" * 64)
VDDK_ZIP = appliance_setup.zip_path("vddk").lower()
APP = EntraApp(
    tenant_id="5a1ab0a7-0000-4000-8000-00000000000a",
    client_id="c11e47a0-0000-4000-8000-0000000000d1",
    object_id="c11e47a0-0000-4000-8000-0000000000d2",
    service_principal_object_id="c11e47a0-0000-4000-8000-0000000000d3",
    name="app",
    thumbprint="AB" * 20,
    file_given=True,
)
SOURCE_JSON: dict[str, Any] = {
    "FabricType": "VMwareV2",
    "ScaleOut": False,
    "PrivateEndpointEnabled": False,
    "IsApplianceRegistered": False,
    "DiscoveryInitiated": False,
    "EnableAzureStackHCITarget": True,
}
TARGET_JSON = {**SOURCE_JSON, "FabricType": "AzureStackHCI", "EnableAzureStackHCITarget": False}


def seen(settings: dict[str, Any] | None = None, **changed: Any) -> Seen:
    """A good source appliance that is not registered; ``settings`` changes its appliance.json."""
    start: dict[str, Any] = {
        "computer": "LABSRC",
        "clock": NOW,
        "uptime_s": 3600,
        "caption": "Windows Server 2022",
        "build": 20348,
        "cpu_cores": 8,
        "memory_mb": 16384,
        "disk_bytes": 80 * 2**30,
        "services": {"asrgwy": "Running"},
        "settings": {**SOURCE_JSON, **(settings or {})},
        "vddk_version": "8.0.2",
        "vddk_folder": "C:\\VDDK",
    }
    return Seen(**start | changed)


def wanted(**changed: Any) -> Wanted:
    return Wanted(**{"role": "source", "name": "labsrc", **changed})


def acts(asked: Wanted, found: Seen) -> list[str]:
    return [step.act for step in appliance_setup.steps(asked, found)]


def codes(asked: Wanted, found: Seen) -> list[str]:
    return [problem.code for problem in appliance_rules.refuse_seen(asked, found)]


def registered(**changed: Any) -> Seen:
    return seen({"IsApplianceRegistered": True, **changed.pop("settings", {})}, **changed)


def cert(thumbprint: str = APP.thumbprint, days: int = 365, has_key: bool = True) -> dict[str, Certificate]:
    ends = NOW + dt.timedelta(days=days)
    return {thumbprint: Certificate(thumbprint=thumbprint, ends=ends, has_key=has_key)}


# -- steps --------------------------------------------------------------------------------------------------------------

RUNS = {
    "never": InstallerRun(),
    "at work": InstallerRun(state="running", mode="install"),
    "removing": InstallerRun(state="running", mode="remove"),
    "done": InstallerRun(state="done", mode="install", exit_code=0, ended=NOW - dt.timedelta(minutes=5)),
    "done long ago": InstallerRun(state="done", mode="install", exit_code=0, ended=NOW - dt.timedelta(days=5)),
    "failed": InstallerRun(state="failed", mode="install", exit_code=-3, ended=NOW),
    "removal failed": InstallerRun(state="failed", mode="remove", exit_code=-2, ended=NOW),
}


@pytest.mark.parametrize(
    ("run", "installed", "expected"),
    [
        ("never", False, ["install", "restart"]),
        ("never", True, []),
        ("at work", False, ["follow", "restart"]),
        ("at work", True, ["follow"]),
        ("removing", True, ["follow", "install", "restart"]),
        ("removing", False, ["follow", "install", "restart"]),
        ("done", True, ["restart"]),
        ("done", False, ["install", "restart"]),
        ("done long ago", True, []),
        ("failed", False, ["install", "restart"]),
        ("failed", True, ["install", "restart"]),
        ("removal failed", True, []),
    ],
)
def test_installation(run: str, installed: bool, expected: list[str]) -> None:
    found = seen(installer=RUNS[run], **({} if installed else {"settings": None}))
    if not installed:
        found = dataclasses.replace(found, settings=None)
    assert acts(wanted(installer=ZIP), found) == expected


@pytest.mark.parametrize("run", RUNS)
def test_nothing_is_installed_over_a_registered_appliance(run: str) -> None:
    assert "install" not in acts(wanted(installer=ZIP), registered(installer=RUNS[run])) or run == "removing"


def test_a_pending_restart_of_windows_own_is_no_reason() -> None:
    assert acts(wanted(), seen(installer=RUNS["done long ago"], uptime_s=60, restart_pending=True)) == []


@pytest.mark.parametrize(("pending", "expected"), [(True, ["restart"]), (False, [])])
def test_a_restart_within_the_second_is_known_by_what_is_pending(pending: bool, expected: list[str]) -> None:
    ended = NOW - dt.timedelta(seconds=59.5)
    run = InstallerRun(state="done", mode="install", exit_code=0, ended=ended - dt.timedelta(seconds=1))
    assert acts(wanted(), seen(installer=run, uptime_s=60, restart_pending=pending)) == expected


@pytest.mark.parametrize(
    ("run", "installed", "expected"),
    [
        ("never", True, ["remove"]),
        ("never", False, []),
        ("at work", False, ["follow", "remove"]),
        ("removing", False, ["follow"]),
        ("removing", True, ["follow", "remove"]),
        ("failed", True, ["remove"]),
    ],
)
def test_removal(run: str, installed: bool, expected: list[str]) -> None:
    found = seen(installer=RUNS[run])
    if not installed:
        found = dataclasses.replace(found, settings=None)
    assert acts(wanted(state="removed", installer=ZIP), found) == expected


def test_stopped_services_of_a_registered_appliance_are_started() -> None:
    services = {"asrgwy": "Stopped", "asrmgmtsvc": "Running"}
    (step,) = appliance_setup.steps(wanted(), registered(services=services))
    assert (step.act, step.before, step.after) == ("services", {"asrgwy": "Stopped"}, {"asrgwy": "Running"})
    assert acts(wanted(), seen(services=services)) == []
    assert acts(wanted(), registered(services={"asrgwy": "StartPending"})) == []


OURS = {VDDK_ZIP: File(sha256=ZIP.sha256, version="")}
OLDER = {VDDK_ZIP: File(sha256="b" * 64, version="")}


@pytest.mark.parametrize(
    ("version", "files", "whole", "due"),
    [
        ("", {}, None, True),
        ("7.0.3", {}, None, True),
        ("8.0.0", {}, None, False),  # placed by hand
        ("8.0.1", {}, None, False),
        ("8.0.3", {}, None, True),
        ("8.0.2", OURS, True, False),
        ("8.0.2", OURS, False, True),  # cut off while it was unpacked
        ("8.0.2", OLDER, None, True),
    ],
)
def test_vddk(version: str, files: Any, whole: bool | None, due: bool) -> None:
    found = seen(vddk_version=version, files=files, vddk_whole=whole)
    assert acts(wanted(vddk=ZIP), found) == (["vddk"] if due else [])
    assert acts(wanted(), found) == []


def test_entra_app_from_nothing_to_rotation() -> None:
    asked = wanted(entra=APP)
    assert set(APP.registry) == set(REGISTRY) and len(REGISTRY) == 8
    (step,) = appliance_setup.steps(asked, seen())
    assert step.text.startswith("bring the certificate") and step.after == APP.registry
    half = seen(certificates=cert(), registry={**APP.registry, "AgentServiceCommAadAppName": "other"})
    (step,) = appliance_setup.steps(asked, half)
    assert step.before == {"AgentServiceCommAadAppName": "other"}
    done = seen(certificates=cert(), registry=APP.registry)
    assert acts(asked, done) == []
    newer = dataclasses.replace(APP, thumbprint="CD" * 20)
    (step,) = appliance_setup.steps(wanted(entra=newer), done)
    assert step.text.startswith("replace the certificate")
    assert set(step.after) == {"LocalCertThumbprint", "AzureMigrateApplianceAadAppCertThumbPrint"}
    left = seen(
        certificates=cert() | cert(newer.thumbprint), registry=newer.registry, retired=frozenset({APP.thumbprint})
    )
    assert [step.text for step in appliance_setup.steps(wanted(entra=newer), left)] == [
        "restart the services and remove the former certificate of the Entra application"
    ]
    # somebody removed it before the services were restarted: the note says that this is still to be done
    assert acts(wanted(entra=newer), dataclasses.replace(left, certificates=cert(newer.thumbprint))) == ["entra"]
    assert acts(wanted(entra=newer), dataclasses.replace(left, retired=frozenset({newer.thumbprint}))) == []


@pytest.mark.parametrize(
    ("asked", "found", "after"),
    [
        ({"proxy_address": "http://p:1"}, {}, {"proxy_address": "http://p:1", "proxy_bypass": ""}),
        ({"proxy_address": "http://p:1/"}, {"proxy_address": "http://p:1"}, None),
        ({"proxy_address": ""}, {}, None),
        (
            {"proxy_address": ""},
            {"proxy_address": "http://p:1", "proxy_bypass": "*.x"},
            {"proxy_address": "", "proxy_bypass": ""},
        ),
        (
            {"proxy_bypass": "*.y"},
            {"proxy_address": "http://p:1", "proxy_bypass": "*.x"},
            {"proxy_address": "http://p:1", "proxy_bypass": "*.y"},
        ),
        ({"proxy_bypass": "*.y"}, {}, None),
        ({}, {"proxy_address": "http://p:1/", "proxy_bypass": "x"}, None),
        ({"auto_update": True}, {}, None),
        ({"auto_update": False}, {}, {"auto_update": False}),
        ({"auto_update": True}, {"auto_update": False}, {"auto_update": True}),
        ({"limit_mbps": 100}, {"limit_mbps": 100.0}, None),
        ({"limit_mbps": 0}, {"limit_mbps": 100.0}, {"bandwidth_limit_mbps": 0}),
        ({"blackout": (Window(0, 420, 7),)}, {}, {"blackout_windows": "Monday;7:00;7h"}),
        ({"blackout": (Window(0, 420, 7),)}, {"blackout": "monday;07:00;7h"}, None),
        ({"blackout": ()}, {"blackout": "Monday;7:00;7h"}, {"blackout_windows": ""}),
        ({"blackout": ()}, {}, None),
        # written by a run that ended before the gateway was restarted
        ({}, {"gateway_restart_due": True}, {"blackout_windows": ""}),
        ({}, {"blackout": "Monday;7:00;7h", "gateway_restart_due": True}, {"blackout_windows": "Monday;7:00;7h"}),
        ({"blackout": ()}, {"blackout": "Monday;7:00;7h", "gateway_restart_due": True}, {"blackout_windows": ""}),
    ],
)
def test_settings(asked: dict[str, Any], found: dict[str, Any], after: dict[str, Any] | None) -> None:
    steps = appliance_setup.steps(wanted(**asked), seen(**found))
    assert [step.after for step in steps] == ([] if after is None else [after])
    assert all(step.before.keys() == step.after.keys() for step in steps)


def test_everything_at_once_in_its_order() -> None:
    asked = wanted(
        installer=ZIP, vddk=ZIP, entra=APP, proxy_address="http://p:1", auto_update=False, limit_mbps=1, blackout=()
    )
    found = dataclasses.replace(seen(vddk_version="", internet_explorer=True), settings=None)
    assert acts(asked, found) == ["proxy", "install", "restart", "vddk", "entra", "settings"]


# -- installer ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [*installer.EXITS, -1, 1, None])
def test_every_exit_code_has_a_row(code: int | None) -> None:
    told = installer.exit_of(code)
    assert find(told.code) is not None
    assert told.means and told.means[-1] not in ".,"
    assert (told == installer.OTHER) == (code in (-1, 1))


@pytest.mark.parametrize(
    ("line", "question"),
    [
        ("Enter [Y] to continue or [N] to exit", True),
        ("Install Microsoft Edge? [Y/N]", True),
        ("1. Primary appliance 2. Scale-out appliance", True),
        ("Installing the roles of IIS", False),
        ("", False),
    ],
)
def test_questions_are_known(line: str, question: bool) -> None:
    assert installer.asks(line) is question


# -- what was asked -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"name": "lab-src"}, "bad_appliance_name"),
        ({"installer": Package(sha256="abc")}, "bad_value"),
        ({"role": "target", "vddk": ZIP}, "bad_value"),
        ({"role": "target", "limit_mbps": 5}, "bad_value"),
        ({"role": "target", "blackout": (Window(0, 0, 1),)}, "bad_value"),
        ({"limit_mbps": -1}, "bad_value"),
        ({"limit_mbps": 100_001}, "bad_value"),
        ({"entra": dataclasses.replace(APP, client_id="me")}, "bad_value"),
        ({"entra": dataclasses.replace(APP, thumbprint="AB")}, "bad_value"),
        ({"entra": dataclasses.replace(APP, object_id=APP.service_principal_object_id)}, "bad_value"),
        ({"entra": APP, "other_client_ids": frozenset({APP.client_id})}, "entra_app_shared"),
        ({"proxy_address": "https://p:3128"}, "bad_value"),
        ({"proxy_address": "p:3128"}, "bad_value"),
        ({"proxy_address": "http://p"}, "bad_value"),
        ({"proxy_address": "http://p:1/path"}, "bad_value"),
        ({"proxy_address": "http://p:x"}, "bad_value"),
        ({"proxy_address": "http://me:geheim@p:1"}, "proxy_credentials"),
    ],
)
def test_wishes_that_are_refused(changed: dict[str, Any], code: str) -> None:
    (problem,) = appliance_rules.refuse_asked(wanted(**changed))
    assert (problem.code, problem.blocks) == (code, True)
    assert "geheim" not in f"{problem.text} {problem.remedy}"
    assert find(code) is not None


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"installer": ZIP, "vddk": ZIP, "entra": APP, "limit_mbps": 0, "blackout": ()},
        {"role": "target", "limit_mbps": 0, "blackout": ()},
        {"proxy_address": "http://10.0.0.8:3128/"},
        {"proxy_address": "http://[fd00::8]:3128"},
        {"proxy_address": ""},
        {"entra": APP, "other_client_ids": frozenset({"another"})},
    ],
)
def test_wishes_that_are_not(changed: dict[str, Any]) -> None:
    assert appliance_rules.refuse_asked(wanted(**changed)) == []


@given(st.text(max_size=12))
def test_a_password_is_refused_without_a_word_about_it(password: str) -> None:
    problems = appliance_rules.vcenter_password(password)
    unfit = any(character in "&;\"'^\\%<>£" or ord(character) > 127 for character in password)
    assert bool(problems) is unfit
    told = {f"{problem.text} {problem.remedy}" for problem in problems}
    assert told <= {
        f"{appliance_rules.vcenter_password('£')[0].text} {appliance_rules.vcenter_password('£')[0].remedy}"
    }


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("VMware-vix-disklib-8.0.2-22388865.x86_64.zip", True),
        ("/a/VMware-vix-disklib-7.0.3-1.x86_64.zip", False),
        ("https://x/vmware-vix-disklib-8.0.3-1.zip", False),
        ("vddk.zip", True),  # is looked at on the appliance
        ("", True),
    ],
)
def test_versions_in_file_names(name: str, good: bool) -> None:
    assert [problem.code for problem in appliance_rules.vddk_name(name)] == ([] if good else ["vddk_version"])


# -- what is there ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (seen(), []),
        (seen(memory_mb=16383, disk_bytes=79 * 2**30), []),  # Windows shows a little less
        (seen(cpu_cores=4), ["appliance_too_small"]),
        (seen(memory_mb=8192), ["appliance_too_small"]),
        (seen(disk_bytes=60 * 2**30), ["appliance_too_small"]),
        (seen(build=14393), ["appliance_windows"]),
        (seen(build=17763), []),
        (seen(build=26100), []),
        (seen(installation_type="Server Core"), ["appliance_windows"]),
        (seen(installation_type="Client", build=22631), ["appliance_windows"]),
        (seen(evaluation=True, days_left=170), []),
        (seen(evaluation=True, days_left=0), ["appliance_licence"]),
        (seen(evaluation=True, days_left=5, licence_status="Notification"), ["appliance_licence"]),
        (seen(licence_status="Notification"), []),
        (seen({"FabricType": "AzureStackHCI"}), ["appliance_role"]),
        (seen({"FabricType": "Unheard"}), []),
        (seen({"ScaleOut": "true"}), ["appliance_kind"]),
        (seen({"PrivateEndpointEnabled": True}), ["appliance_kind"]),
        (dataclasses.replace(seen(), settings=None), ["installer_missing"]),
        (dataclasses.replace(seen(installer=RUNS["at work"]), settings=None), []),
        (seen(installer=RUNS["failed"]), ["installer_missing"]),
        (seen(cpu_cores=1, evaluation=True, days_left=0), ["appliance_licence", "appliance_too_small"]),
    ],
)
def test_machines(found: Seen, expected: list[str]) -> None:
    assert codes(wanted(), found) == expected
    assert codes(wanted(state="removed"), dataclasses.replace(found, settings=None)) == []


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (seen(), []),
        (seen(certificates=cert()), []),
        (registered(registry=APP.registry, certificates=cert()), []),
        (registered(registry={"AgentServiceCommAadAppClientId": APP.client_id.upper()}), []),
        (registered(registry={"AgentServiceCommAadAppClientId": "other"}), ["entra_app_other"]),
        (seen(registry={"AgentServiceCommAadAppClientId": "other"}), []),
        (seen(certificates=cert(has_key=False)), ["entra_certificate"]),
        (seen(certificates=cert(days=-1)), ["entra_certificate"]),
    ],
)
def test_applications(found: Seen, expected: list[str]) -> None:
    assert codes(wanted(entra=APP), found) == expected


def test_a_certificate_that_is_nowhere() -> None:
    assert codes(wanted(entra=dataclasses.replace(APP, file_given=False)), seen()) == ["entra_certificate"]


@pytest.mark.parametrize(
    ("script", "expected"),
    [(None, "installer_missing"), ("b" * 64, "installer_hash"), ("a" * 64, None)],
)
def test_an_unpacked_installer_is_known_by_its_script(script: str | None, expected: str | None) -> None:
    package = Package(sha256="a" * 64, folder="D:\\Installer")
    files = {"d:\\installer\\azuremigrateinstaller.ps1": File(sha256=script, version="")} if script else {}
    found = dataclasses.replace(seen(files=files), settings=None)
    assert codes(wanted(installer=package), found) == ([expected] if expected else [])
    assert "D:\\Installer\\AzureMigrateInstaller.ps1" in appliance_setup.asked_files(wanted(installer=package))


def test_what_removal_is_refused_for() -> None:
    removal = {"state": "removed"}
    assert codes(wanted(**removal), seen()) == ["installer_missing"]
    assert codes(wanted(**removal, installer=ZIP), seen()) == []
    assert codes(wanted(**removal, installer=ZIP), registered()) == ["appliance_in_use"]
    assert codes(wanted(**removal, installer=ZIP, force=True), registered()) == []
    assert codes(wanted(**removal, installer=ZIP), seen({"FabricType": "AzureStackHCI"})) == ["appliance_role"]
    assert codes(wanted(**removal), dataclasses.replace(seen(), settings=None)) == []


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (seen(build=17763), "Windows Server 2019"),
        (seen(build=30000), "not known here (30000)"),
        (seen(evaluation=True, days_left=12), "ends in 12 days"),
        (registered(settings={"EnableAzureStackHCITarget": "false"}), "not set up for Azure Local"),
        (registered(vddk_version=""), "no VDDK"),
        (seen(certificates=cert(days=3)), "ends in 3 days"),
    ],
)
def test_warnings(found: Seen, says: str) -> None:
    (warning,) = appliance_rules.warnings(wanted(entra=APP), found)
    assert says in warning
    assert appliance_rules.warnings(wanted(state="removed"), found) == []


def test_no_warning_without_a_reason() -> None:
    assert appliance_rules.warnings(wanted(entra=APP), registered(certificates=cert())) == []


# -- what is left to a person -------------------------------------------------------------------------------------------

TOLD = Told(
    project="proj",
    resource_group="rg",
    address="10.0.0.11",
    vcenter_address="vc.example",
    vcenter_username="svc@vsphere.local",
    cluster_fqdn="cl.example",
    cluster_domain="example",
    cluster_username="adm",
)
CREDENTIALS = {appliance_setup.CREDENTIALS.lower(): File(sha256="c" * 64, version="")}
TARGET = wanted(role="target", name="labtgt")


def target(**changed: Any) -> Seen:
    return seen(TARGET_JSON | changed.pop("settings", {}), computer="LABTGT", vddk_version="", **changed)


CASES: list[tuple[str | None, Wanted, Told, Seen]] = [
    ("vddk", wanted(), TOLD, seen(vddk_version="")),
    ("key", wanted(), TOLD, seen()),
    ("key", wanted(entra=APP), TOLD, seen(registry=APP.registry)),
    ("registration", wanted(), dataclasses.replace(TOLD, key_generated=True), seen()),
    ("registration", wanted(), TOLD, seen(registry={"AgentServiceCommAadAppClientId": "made by Azure"})),
    ("vcenter_credentials", wanted(), TOLD, registered()),
    ("cluster_credentials", wanted(), TOLD, registered(files=CREDENTIALS)),
    ("discovery", wanted(), TOLD, registered(files=CREDENTIALS, cluster_credentials=True)),
    (None, wanted(), TOLD, registered(settings={"DiscoveryInitiated": "true"})),
    ("key", TARGET, TOLD, target()),
    ("registration", TARGET, dataclasses.replace(TOLD, key_generated=True), target()),
    ("cluster", TARGET, TOLD, target(settings={"IsApplianceRegistered": True})),
    (None, TARGET, TOLD, target(settings={"IsApplianceRegistered": True}, cluster_credentials=True)),
    (None, TARGET, dataclasses.replace(TOLD, configured=True), target(settings={"IsApplianceRegistered": True})),
    (None, wanted(state="removed"), TOLD, seen()),
]


@pytest.mark.parametrize(("step", "asked", "told", "found"), CASES)
def test_who_is_waited_for(step: str | None, asked: Wanted, told: Told, found: Seen) -> None:
    waiting = appliance_waiting.waiting(asked, told, found)
    assert (waiting and waiting["step"]) == step
    if waiting is None:
        return
    assert all(waiting[part] for part in ("who", "what", "where", "data"))
    assert waiting["data"]["appliance"] == asked.name
    if step != "vddk":
        page = f"https://{found.computer.lower()}:44368"
        assert page in waiting["where"] and waiting["data"]["configuration_manager"] == page
    json.dumps(waiting)


def test_each_wait_has_words_of_its_own() -> None:
    texts = [
        waiting["what"]
        for step, asked, told, found in CASES
        if (waiting := appliance_waiting.waiting(asked, told, found))
    ]
    first = [
        appliance_waiting.first_boot(asked, TOLD, "it refuses connections")["what"] for asked in (wanted(), TARGET)
    ]
    assert len(set(texts + first)) == len(texts) + 2


def test_data_to_paste() -> None:
    def data(step: str, role: str) -> dict[str, Any]:
        case = next(case for case in CASES if (case[0], case[1].role) == (step, role))
        waiting = appliance_waiting.waiting(*case[1:])
        assert waiting is not None
        return dict(waiting["data"])

    assert data("key", "source")["project"] == "proj"
    assert data("vcenter_credentials", "source")["vcenter_address"] == "vc.example"
    assert data("vcenter_credentials", "source")["cluster_fqdn"] == "cl.example"
    assert data("cluster", "target")["cluster_domain"] == "example"
    assert data("cluster", "target").get("vcenter_address") is None
    boot = appliance_waiting.first_boot(TARGET, TOLD, "it closes the connection")
    assert boot["step"] == "first_boot" and boot["data"]["address"] == "10.0.0.11"
    assert "it closes the connection" in boot["what"] and "target_appliance" in boot["what"]


def test_the_words_fit_the_case() -> None:
    def what(asked: Wanted, told: Told, found: Seen) -> str:
        waiting = appliance_waiting.waiting(asked, told, found)
        assert waiting is not None
        return str(waiting["what"])

    assert "device code" in what(wanted(), TOLD, seen())
    assert "device code" not in what(wanted(entra=APP), TOLD, seen(registry=APP.registry))
    assert "second time" in what(TARGET, TOLD, target()) and "second time" not in what(wanted(), TOLD, seen())
    assert "the dead one, old1, for" in what(TARGET, dataclasses.replace(TOLD, replaces="old1"), target())
    assert "dead one" not in what(TARGET, TOLD, target())
