# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""appliance_setup against the lab's appliances, over pywinrm in this process: each step, each refusal, each kill."""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import installer
from ansible_collections.azlocal.migrate.tests.support.appliance_host import (
    CLIENT_ID,
    PFX_PASSWORD,
    Killed,
    certificate,
    entra_app,
    from_controller,
    from_media,
    run,
)
from ansible_collections.azlocal.migrate.tests.support.host_actions import changes
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab import appliances, media, names
from lab.appliances import Appliance
from lab.cli import start_lab
from lab.host import installer as real_installer
from lab.host.scripts_appliance import BLACKOUTS
from lab.runtime import Lab
from lab.switches import Switches

SRC, TGT = names.SOURCE_APPLIANCE, names.TARGET_APPLIANCE
VDDK_FOLDER = "C:\\Program Files\\VMware\\VMware Virtual Disk Development Kit"
WORKDAYS = [{"days": ["Monday", "Tuesday"], "start": "08:00", "hours": 9}]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    running = start_lab(tmp_path_factory.mktemp("setup") / "lab", vms=0, estate="empty", speed=6000, stage="bare")
    yield running
    running.stop()


@pytest.fixture
def start(lab: Callable[..., Lab]) -> Callable[..., Lab]:
    def begin(speed: int = 6000, **switches: Any) -> Lab:
        return lab(vms=0, estate="empty", speed=speed, stage="bare", switches=Switches(**switches))

    return begin


def server(lab: Lab, role: str = "source", **changed: Any) -> Appliance:
    """A Windows Server of the user's own, without the software."""
    one = appliances.adopted(lab, role, SRC if role == "source" else TGT, "")
    for name, value in changed.items():
        setattr(one, name, value)
    return one


def image(lab: Lab, role: str = "source") -> Appliance:
    """One of Microsoft's image, whose Windows somebody has set up."""
    one = appliances.of_image(lab, role, SRC if role == "source" else TGT, "")
    one.set_up = True
    return one


def writes(lab: Lab) -> int:
    lines = (lab.state_dir / "ledger.jsonl").read_text().splitlines()
    return sum(line["write"] for line in map(json.loads, lines) if line["system"] == "host")


def restarts(lab: Lab) -> list[Any]:
    """The services of each restart, or "machine"."""
    return [one["after"]["restart"] for one in changes(lab, "appliance") if "restart" in one["after"]]


def everything(lab: Lab, folder: Path | None = None) -> dict[str, Any]:
    return {
        "installer": from_media(lab, media.INSTALLER),
        "vddk": from_controller(lab, media.VDDK),
        "entra_app": entra_app(folder=folder),
        "proxy_address": "http://10.0.0.8:3128",
        "proxy_bypass": "*.lab.example",
        "auto_update": False,
        "bandwidth_limit_mbps": 400,
        "blackout_windows": WORKDAYS,
    }


def ends(one: Appliance) -> dict[str, Any]:
    """All that a run leaves, apart from moments."""
    return {
        "installed": one.installed,
        "registry": one.registry,
        "certificates": sorted(one.certificates),
        "proxy": one.proxy,
        "throttles": one.throttles,
        "files": {path: file.sha256 for path, file in one.files.items()},
        "pending": one.restart_pending,
        "explorer": one.internet_explorer,
    }


# -- from nothing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["value", "file"])
def test_a_bare_windows_becomes_a_source_appliance(bare: Lab, tmp_path: Path, by: str) -> None:
    one = server(bare)
    asked = everything(bare, tmp_path if by == "file" else None)
    before = writes(bare)
    told, calls = run(bare, SRC, check=True, **asked)
    assert calls == ["get_appliance"] and writes(bare) == before
    assert told["changed"] and [word.split()[0] for word in told["steps"]] == [
        "set", "run", "restart", "place", "bring", "set"
    ]  # fmt: skip
    assert not one.installed

    done, _calls = run(bare, SRC, **asked)
    assert "failed" not in done and done["changed"]
    assert one.installed and not one.restart_pending
    assert one.booted_at is not None and one.booted_at.isoformat() > one.installer["EndedUtc"]
    assert done["waiting_for"]["step"] == "key"
    shown = done["appliance"]
    assert (shown["vddk_version"], shown["bandwidth_limit_mbps"], shown["auto_update"]) == ("8.0.2", 400, False)
    assert shown["entra_client_id"] == CLIENT_ID and shown["entra_thumbprint"] == certificate(1)[0]
    assert shown["blackout_windows"] == "Monday;8:00;9h | Tuesday;8:00;9h"
    assert one.registry["AzureMigrateApplianceAadAppTenantId"] == names.TENANT
    assert told["diff"]["after"] == done["diff"]["after"]

    before = writes(bare)
    again, calls = run(bare, SRC, **asked)
    assert (again["changed"], again["steps"], "diff" in again) == (False, [], False)
    assert calls == ["get_appliance", "expand_file"]  # the latter only looks
    assert writes(bare) == before
    assert again["waiting_for"] == done["waiting_for"]


def test_a_bare_windows_becomes_a_target_appliance(bare: Lab) -> None:
    one = server(bare, "target")
    done, _calls = run(bare, TGT, installer=from_controller(bare, media.INSTALLER), cluster_fqdn="lab-cl.lab.example")
    assert "failed" not in done, done
    assert one.installed and done["waiting_for"]["step"] == "key"
    assert json.loads(one.files[
        next(path for path in one.files if path.endswith("preset.json"))
    ].data)["Scenario"] == "AzureLocalTarget"  # fmt: skip
    assert run(bare, TGT)[0]["changed"] is False


def test_an_installer_that_lies_there_unpacked(bare: Lab) -> None:
    one = server(bare)
    with zipfile.ZipFile(bare.state_dir / "media" / media.INSTALLER) as archive:
        for name in archive.namelist():
            one.put(f"D:\\Unpacked\\{name}", archive.read(name))
    script = one.files["d:\\unpacked\\azuremigrateinstaller.ps1"].sha256
    wrong, calls = run(bare, SRC, installer={"folder": "D:\\Unpacked", "sha256": "0" * 64})
    assert wrong["error_code"] == "installer_hash" and calls == ["get_appliance"]
    done, calls = run(bare, SRC, installer={"folder": "D:\\Unpacked\\", "sha256": script.upper()})
    assert one.installed and "put_file" not in calls and done["changed"]


def test_an_image_needs_no_installer(bare: Lab) -> None:
    image(bare)
    done, calls = run(bare, SRC)
    assert (done["changed"], calls, done["waiting_for"]["step"]) == (False, ["get_appliance"], "vddk")


def test_software_that_is_missing_without_an_installer(bare: Lab) -> None:
    server(bare)
    told, calls = run(bare, SRC)
    assert told["error_code"] == "installer_missing" and calls == ["get_appliance"]
    assert told["remedy"]


# -- the installer ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("edge", [True, False])
@pytest.mark.parametrize("explorer", [True, False])
@pytest.mark.parametrize("role", ["source", "target"])
@pytest.mark.parametrize("remove", [True, False])
def test_every_question_is_answered_and_no_answer_is_left(
    bare: Lab, edge: bool, explorer: bool, role: str, remove: bool
) -> None:
    one = server(bare, role, edge=edge, internet_explorer=explorer)
    machine = installer.Machine(edge=edge, internet_explorer=explorer, remove=remove)
    asked = real_installer.Run(one, installer.preset(role), (), installer.answers(machine), remove)
    assert asked.outcome() == 0
    assert asked.agreed and asked.answers == []


@pytest.mark.behaviour("installer_exit_codes")
@thrown("installer_exit", 0, -3, -5, -20, 7)
def test_exit_codes(start: Callable[..., Lab], setting: int) -> None:
    lab = start(installer_exit=setting)
    one = server(lab)
    told, _calls = run(lab, SRC, installer=from_media(lab, media.INSTALLER))
    if not setting:
        assert one.installed and "failed" not in told
        return
    assert told["error_code"] == installer.exit_of(setting).code
    assert f"exit code {setting}" in told["msg"] and told["remedy"]
    lab.switches.installer_exit = 0
    again, _calls = run(lab, SRC, installer=from_media(lab, media.INSTALLER))
    assert one.installed and "failed" not in again


@pytest.mark.behaviour("installer_end_of_input")
@thrown("installer_end_of_input", "hangs", "fails")
def test_a_question_that_nobody_knows(start: Callable[..., Lab], setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = start(installer_end_of_input=setting)
    server(lab)
    monkeypatch.setattr(installer, "answers", lambda machine: [])
    monkeypatch.setattr(installer, "STUCK_S", 0.2)
    told, _calls = run(lab, SRC, installer=from_media(lab, media.INSTALLER))
    assert told["error_code"] == ("installer_asks" if setting == "hangs" else "installer_failed")
    assert "Enter [Y] to continue" in told["msg"]
    assert "installer" in told["remedy"].lower()


@pytest.fixture
def slow_server(start: Callable[..., Lab]) -> tuple[Lab, dict[str, Any]]:
    """The installer is at work there, and whoever has started it is gone."""
    lab = start(speed=200)
    server(lab, internet_explorer=False)
    asked = {"installer": from_media(lab, media.INSTALLER)}
    with pytest.raises(Killed):
        run(lab, SRC, kill_at=("install_appliance", 1, "after"), **asked)
    return lab, asked


def test_an_installer_that_is_at_work_is_waited_for(slow_server: tuple[Lab, dict[str, Any]]) -> None:
    lab, asked = slow_server
    foretold, _calls = run(lab, SRC, check=True, **asked)
    assert [step.split()[0] for step in foretold["steps"]] == ["wait", "restart"]
    done, calls = run(lab, SRC, **asked)
    assert "install_appliance" not in calls and lab.appliances[SRC].installed
    assert done["steps"] == foretold["steps"]


def test_an_installer_that_was_cut_off_is_started_anew(slow_server: tuple[Lab, dict[str, Any]]) -> None:
    lab, asked = slow_server
    lab.appliances[SRC].installer["State"] = "failed"  # as after a restart
    done, calls = run(lab, SRC, **asked)
    assert "install_appliance" in calls and lab.appliances[SRC].installed and "failed" not in done


def test_an_installer_that_is_cut_off_while_it_is_waited_for(slow_server: tuple[Lab, dict[str, Any]]) -> None:
    lab, asked = slow_server
    lab.schedule.after(100, lambda: lab.appliances[SRC].installer.update(State="failed"))
    told, _calls = run(lab, SRC, **asked)
    assert told["error_code"] == "installer_interrupted" and "no exit code" in told["msg"]
    assert "failed" not in run(lab, SRC, **asked)[0]


def test_time_runs_out(slow_server: tuple[Lab, dict[str, Any]]) -> None:
    lab, asked = slow_server
    told, _calls = run(lab, SRC, timeout_s=0, **asked)
    assert told["error_code"] == "DeadlineExceeded"
    assert "failed" not in run(lab, SRC, **asked)[0]


# -- early checks -------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("appliance_licence")
@thrown("licence_days_left", 170, 12, 0)
def test_licence(start: Callable[..., Lab], setting: int) -> None:
    lab = start(licence_days_left=setting)
    image(lab)
    told, calls = run(lab, SRC, vddk=from_controller(lab, media.VDDK))
    if setting:
        assert told["appliance"]["licence_days_left"] == setting
        assert [("ends in" in warning) for warning in told["warnings"]] == ([True] if setting == 12 else [])
        return
    assert told["error_code"] == "appliance_licence" and calls == ["get_appliance"]
    assert "new appliance" in told["remedy"]


@pytest.mark.behaviour("appliance_json")
@thrown("appliance_json", "booleans", "texts")
def test_settings_file(start: Callable[..., Lab], setting: str) -> None:
    lab = start(appliance_json=setting)
    one = image(lab)
    assert run(lab, SRC)[0]["appliance"]["registered"] is False
    one.registered_at = one.discovery_started_at = lab.clock.now()
    done = run(lab, SRC, vddk=from_controller(lab, media.VDDK))[0]
    assert done["appliance"]["registered"] is True and done["appliance"]["discovery_started"] is True
    assert done["waiting_for"] is None


def test_the_wrong_host(bare: Lab) -> None:
    image(bare)
    told, calls = run(bare, SRC, role="target", auto_update=False)
    assert told["error_code"] == "appliance_role" and calls == ["get_appliance"]


def test_a_machine_that_nobody_has_set_up(bare: Lab) -> None:
    one = image(bare)
    one.set_up = False
    told, calls = run(bare, SRC)
    assert (told["changed"], "failed" in told, calls) == (False, False, ["get_appliance"])
    assert told["waiting_for"]["step"] == "first_boot" and told["appliance"] is None
    assert run(bare, SRC, state="removed")[0]["failed"] is True
    one.set_up = True
    assert run(bare, SRC)[0]["waiting_for"]["step"] == "vddk"


def test_a_machine_that_starts_is_waited_for(bare: Lab) -> None:
    one = image(bare)
    one.boot()
    told, calls = run(bare, SRC, answer_timeout_s=60)
    assert told["waiting_for"]["step"] == "vddk" and set(calls) == {"get_appliance"}


def test_wishes_are_refused_before_anybody_is_asked(bare: Lab) -> None:
    image(bare)
    without = {key: value for key, value in entra_app().items() if key != "certificate"}
    for given, code in (
        ({"vcenter_password": "geheim%1"}, "vcenter_password_unfit"),
        ({"proxy_address": "http://me:geheim@p:1"}, "proxy_credentials"),
        ({"blackout_windows": [{"days": ["Monday"], "start": "25:00", "hours": 1}]}, "bad_value"),
        ({"vddk": {"path": "/x/VMware-vix-disklib-7.0.3-1.zip", "sha256": "0" * 64}}, "vddk_version"),
        ({"entra_app": entra_app(), "other_client_ids": [CLIENT_ID.upper()]}, "entra_app_shared"),
        ({"entra_app": entra_app(certificate="no base64")}, "bad_value"),
        ({"entra_app": {**without, "certificate_path": "/nowhere.pfx"}}, "file_unreadable"),
    ):
        told, calls = run(bare, SRC, **given)
        assert (told.get("error_code"), calls) == (code, []), given
        assert "geheim" not in json.dumps(told)


# -- the VDDK -----------------------------------------------------------------------------------------------------------


def made_vddk(folder: Path, version: str) -> dict[str, Any]:
    return {"path": str(folder / "vddk.zip"), "sha256": media.make_vddk(folder / "vddk.zip", version)}


@pytest.mark.parametrize("version", ["8.0.0", "8.0.1", "8.0.2", "8.0.3", "7.0.3", "6.7.0"])
def test_versions_of_the_vddk(bare: Lab, tmp_path: Path, version: str) -> None:
    one = image(bare)
    told, _calls = run(bare, SRC, vddk=made_vddk(tmp_path, version))
    placed = [path for path in one.files if path.startswith(VDDK_FOLDER.lower())]
    if version.startswith("8.0") and version != "8.0.3":
        assert told["appliance"]["vddk_version"] == version and len(placed) == 3
    else:
        assert told["error_code"] == "vddk_version" and version in told["msg"]
        assert placed == []  # a good one that lies there is never overwritten by a bad one


def test_a_supported_vddk_of_somebody_else_is_left(bare: Lab, tmp_path: Path) -> None:
    one = image(bare)
    one.put(f"{VDDK_FOLDER}\\bin\\vixDiskLib.dll", b"MZ vixDiskLib 8.0.1\n")
    told, calls = run(bare, SRC, vddk=made_vddk(tmp_path, "8.0.2"))
    assert (told["changed"], calls) == (False, ["get_appliance"])


def test_an_unsupported_vddk_of_somebody_else_is_replaced(bare: Lab, tmp_path: Path) -> None:
    one = image(bare)
    one.put(f"{VDDK_FOLDER}\\bin\\vixDiskLib.dll", b"MZ vixDiskLib 7.0.3\n")
    assert run(bare, SRC, vddk=made_vddk(tmp_path, "8.0.2"))[0]["appliance"]["vddk_version"] == "8.0.2"


def test_another_vddk_of_the_same_size_is_told(bare: Lab, tmp_path: Path) -> None:
    one = image(bare)
    run(bare, SRC, vddk=made_vddk(tmp_path, "8.0.1"))
    told, _calls = run(bare, SRC, vddk=made_vddk(tmp_path, "8.0.2"))
    assert told["error_code"] == "vddk_in_the_way" and VDDK_FOLDER in told["msg"]
    one.files = {path: file for path, file in one.files.items() if not path.startswith(VDDK_FOLDER.lower())}
    assert run(bare, SRC, vddk=made_vddk(tmp_path, "8.0.2"))[0]["appliance"]["vddk_version"] == "8.0.2"


def test_a_zip_that_is_something_else(bare: Lab, tmp_path: Path) -> None:
    image(bare)
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("vmware-vix-disklib-distrib/bin64/libvixDiskLib.so", b"\x7fELF")
    sha256 = appliances.File("", (tmp_path / "other.zip").read_bytes()).sha256
    told, _calls = run(bare, SRC, vddk={"path": str(tmp_path / "other.zip"), "sha256": sha256})
    assert told["error_code"] == "vddk_unlike"
    told, _calls = run(bare, SRC, vddk={"path": str(tmp_path / "other.zip"), "sha256": "0" * 64})
    assert told["error_code"] == "file_hash"


def test_files_that_are_lost_are_brought_back(bare: Lab) -> None:
    one = image(bare)
    asked = {"vddk": from_media(bare, media.VDDK)}
    run(bare, SRC, **asked)
    del one.files[f"{VDDK_FOLDER}\\lib\\vixDiskLib.lib".lower()]
    told, calls = run(bare, SRC, check=True, **asked)
    assert told["changed"] and calls == ["get_appliance", "expand_file"]
    assert run(bare, SRC, **asked)[0]["changed"]
    assert run(bare, SRC, **asked)[0]["changed"] is False


# -- the application in Entra ID ----------------------------------------------------------------------------------------


def test_a_certificate_is_renewed_and_the_former_removed(bare: Lab) -> None:
    one = image(bare)
    run(bare, SRC, entra_app=entra_app(1))
    assert list(one.certificates) == [certificate(1)[0]]
    done, calls = run(bare, SRC, entra_app=entra_app(2))
    assert calls.count("set_entra_app") == 1 and done["changed"]
    assert list(one.certificates) == [certificate(2)[0]]
    assert one.registry["LocalCertThumbprint"] == certificate(2)[0]
    assert set(done["diff"]["after"]) == {"LocalCertThumbprint", "AzureMigrateApplianceAadAppCertThumbPrint"}
    without = {key: value for key, value in entra_app(2).items() if not key.startswith("certificate")}
    assert run(bare, SRC, entra_app=without)[0]["changed"] is False


@pytest.mark.parametrize("kept", [True, False])
def test_a_rotation_that_ended_before_the_restart_is_taken_up(bare: Lab, kept: bool) -> None:
    """All values are written, nothing was restarted; somebody may have removed the former certificate meanwhile."""
    one = image(bare)
    run(bare, SRC, entra_app=entra_app(1))
    former = dict(one.certificates)
    run(bare, SRC, entra_app=entra_app(2))
    one.retired, one.certificates = list(former), {**one.certificates, **(former if kept else {})}
    one.services["asrmgmtsvc"] = "Stopped"
    told, _calls = run(bare, SRC, entra_app=entra_app(2), check=True)
    assert told["steps"] == ["restart the services and remove the former certificate of the Entra application"]
    before = len(restarts(bare))
    assert run(bare, SRC, entra_app=entra_app(2))[0]["changed"]
    assert restarts(bare)[before:] == [["asrgwy", "amvmwdiscoverysvc"]]  # one that was stopped reads it when it starts
    assert (list(one.certificates), one.retired) == ([certificate(2)[0]], [])
    assert run(bare, SRC, entra_app=entra_app(2))[0]["changed"] is False


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"certificate_password": "wrong-geheim"}, "WrongPassword"),
        ({"thumbprint": "AB" * 20}, "WrongCertificate"),
    ],
)
def test_a_file_that_does_not_fit(bare: Lab, changed: dict[str, Any], code: str) -> None:
    one = image(bare)
    told, _calls = run(bare, SRC, entra_app=entra_app(**changed))
    assert (told["error_code"], one.certificates, one.registry.get("LocalCertThumbprint")) == (code, {}, None)
    assert told["remedy"] and "geheim" not in json.dumps(told) and PFX_PASSWORD not in json.dumps(told)


def test_a_registered_appliance_keeps_its_application(bare: Lab) -> None:
    one = image(bare)
    run(bare, SRC, entra_app=entra_app())
    one.registered_at = bare.clock.now()
    other = entra_app(client_id="c11e47a0-0000-4000-8000-0000000000ee")
    told, calls = run(bare, SRC, entra_app=other)
    assert told["error_code"] == "entra_app_other" and calls == ["get_appliance"]
    assert run(bare, SRC, entra_app=entra_app(2))[0]["changed"]


# -- settings, services -------------------------------------------------------------------------------------------------


def test_settings_come_and_go(bare: Lab) -> None:
    one = image(bare)
    asked = {
        "bandwidth_limit_mbps": 250,
        "blackout_windows": WORKDAYS,
        "auto_update": False,
        "proxy_address": "http://p:3128",
    }
    for given in (asked, {"bandwidth_limit_mbps": 0, "blackout_windows": [], "auto_update": True, "proxy_address": ""}):
        assert run(bare, SRC, check=True, **given)[0]["changed"]
        assert run(bare, SRC, **given)[0]["changed"]
        before = writes(bare)
        assert run(bare, SRC, **given)[0]["changed"] is False
        assert writes(bare) == before
    assert (one.throttles, one.proxy["Address"], one.registry["AutoUpdate"]) == ({}, "", "1")
    assert json.loads(one.files[BLACKOUTS.lower()].data) == {"BlackoutWindows": ""}
    assert run(bare, SRC)[0]["changed"] is False  # what nobody names is left alone


def test_blackout_windows_that_the_gateway_has_not_read(bare: Lab) -> None:
    """The run before ended between the file and the restart; the file holds things of others, too."""
    one = image(bare)
    others = {"Server": "Zürich", "Depth": [1, {"a": None}]}
    one.put(BLACKOUTS, json.dumps({**others, "BlackoutWindows": ""}, ensure_ascii=False).encode())
    run(bare, SRC, blackout_windows=WORKDAYS)
    content = one.files[BLACKOUTS.lower()].data.decode("utf-8")
    assert json.loads(content).items() > others.items()
    one.gateway_restart_due = True
    told, _calls = run(bare, SRC, blackout_windows=WORKDAYS, check=True)
    assert told["steps"] == ["set blackout_windows"]
    assert "not read" in told["diff"]["before"]["blackout_windows"]
    before = len(restarts(bare))
    assert run(bare, SRC)[0]["changed"]
    assert restarts(bare)[before:] == [["asrgwy"]] and not one.gateway_restart_due
    assert one.files[BLACKOUTS.lower()].data.decode("utf-8") == content
    assert run(bare, SRC, blackout_windows=WORKDAYS)[0]["changed"] is False


def test_stopped_services_are_started(bare: Lab) -> None:
    one = image(bare)
    one.registered_at = bare.clock.now()
    one.services["asrgwy"] = "Stopped"
    done, _calls = run(bare, SRC)
    assert done["steps"] == ["start asrgwy"] and one.services["asrgwy"] == "Running"


def test_what_does_not_hold_is_told(bare: Lab) -> None:
    image(bare)
    bare.faults.add({"kind": "reply", "system": "host", "method": "set_appliance", "path": SRC, "code": "GroupPolicy"})
    told, _calls = run(bare, SRC, auto_update=False)
    assert told["error_code"] == "GroupPolicy" and told["steps"] == []


# -- people -------------------------------------------------------------------------------------------------------------


def test_from_key_to_discovery(bare: Lab) -> None:
    one = image(bare)
    asked = {"vddk": from_media(bare, media.VDDK), "vcenter_address": "vc", "cluster_fqdn": "lab-cl.lab.example"}
    steps = [run(bare, SRC, **asked)[0]["waiting_for"]["step"]]
    steps.append(run(bare, SRC, key_generated=True, **asked)[0]["waiting_for"]["step"])
    one.registered_at = bare.clock.now()
    steps.append(run(bare, SRC, **asked)[0]["waiting_for"]["step"])
    one.put(real_installer.CREDENTIALS + "Credentials.json", b"{}")
    steps.append(run(bare, SRC, **asked)[0]["waiting_for"]["step"])
    one.put(real_installer.CREDENTIALS + "TargetClusterCredentials.json", b"{}")
    steps.append(run(bare, SRC, **asked)[0]["waiting_for"]["step"])
    one.discovery_started_at = bare.clock.now()
    assert steps == ["key", "registration", "vcenter_credentials", "cluster_credentials", "discovery"]
    done, _calls = run(bare, SRC, **asked)
    assert (done["waiting_for"], done["changed"]) == (None, False)
    assert done["msg"] == "LABSRC is set up"


def test_the_lab_that_is_ready_has_nothing_left(lab: Callable[..., Lab]) -> None:
    ready = lab(vms=0, estate="empty", speed=6000)
    for name in (SRC, TGT):
        done, calls = run(ready, name)
        assert (done["changed"], done["waiting_for"], done["warnings"], calls) == (False, None, [], ["get_appliance"])


# -- taking back --------------------------------------------------------------------------------------------------------


def test_removal(bare: Lab) -> None:
    one = image(bare, "target")
    one.registered_at = bare.clock.now()
    asked = {"state": "removed", "installer": from_media(bare, media.INSTALLER)}
    told, calls = run(bare, TGT, **asked)
    assert told["error_code"] == "appliance_in_use" and calls == ["get_appliance"] and one.installed
    told, _calls = run(bare, TGT, check=True, force=True, **asked)
    assert told["changed"] and one.installed
    done, _calls = run(bare, TGT, force=True, **asked)
    assert done["changed"] and not one.installed and done["waiting_for"] is None
    before = writes(bare)
    again, calls = run(bare, TGT, **asked)
    assert (again["changed"], calls, writes(bare)) == (False, ["get_appliance"], before)
    back, _calls = run(bare, TGT, installer=asked["installer"])
    assert one.installed and back["waiting_for"]["step"] == "key"


def test_a_dead_target_appliance_is_replaced(bare: Lab) -> None:
    """The new machine takes the name; what is left to a person is a new key of the same project."""
    dead = image(bare, "target")
    dead.registered_at = bare.clock.now()
    image(bare, "target")
    told, _calls = run(bare, TGT, replaces="oldtgt", project="migrate-lab")
    assert told["waiting_for"]["step"] == "key"
    assert "dead one" in told["waiting_for"]["what"] and told["waiting_for"]["data"]["project"] == "migrate-lab"


# -- cut off anywhere ---------------------------------------------------------------------------------------------------


def settle(lab: Lab, asked: dict[str, Any]) -> None:
    """Run as a person would, who runs again after a failure; then once more, which must change nothing."""
    for _attempt in range(3):
        told, _calls = run(lab, SRC, near=True, answer_timeout_s=30, **asked)
        if "failed" not in told:
            break
    else:
        raise AssertionError(told)
    before = writes(lab)
    again, _calls = run(lab, SRC, near=True, **asked)
    assert (again["changed"], writes(lab)) == (False, before), again


def points(calls: list[str]) -> list[tuple[str, int, str]]:
    """Every call of a run, after its work, and before it unless that is after the call before. Looks only read: the first
    ones stand for all.
    """
    found, counted, told = list[tuple[str, int, str]](), Counter[str](), False
    for name in calls:
        counted[name] += 1
        wanted = name != "get_appliance" or counted[name] <= 8
        if wanted:
            found += [(name, counted[name], where) for where in (("after",) if told else ("before", "after"))]
        told = wanted
    return found


@pytest.mark.slow
@pytest.mark.parametrize("explorer", [True, False])  # with it, the installer restarts Windows by itself
def test_killed_at_every_call_the_next_run_converges(bare: Lab, explorer: bool) -> None:
    asked = everything(bare)
    reference = server(bare, edge=False, internet_explorer=explorer)
    done, calls = run(bare, SRC, near=True, **asked)
    expected = ends(reference)
    # a look may come just before the installer's own restart: then we order one, too
    assert "failed" not in done and set(calls) - ({"restart_appliance"} if explorer else set()) == {
        "get_appliance", "set_appliance", "put_file", "expand_file", "install_appliance", "set_entra_app",
        *(() if explorer else ("restart_appliance",)),
    }  # fmt: skip
    killed = 0
    for point in points(calls):
        one = server(bare, edge=False, internet_explorer=explorer)
        try:
            run(bare, SRC, near=True, kill_at=point, **asked)
        except Killed:
            killed += 1
        settle(bare, asked)
        assert ends(one) == expected, point
    assert killed > 20


def test_killed_rotation_and_removal_converge(bare: Lab) -> None:
    newer = {"entra_app": entra_app(2)}
    removal = {"state": "removed", "installer": from_media(bare, media.INSTALLER)}

    def machine() -> Appliance:
        one = image(bare)
        run(bare, SRC, near=True, entra_app=entra_app(1))
        return one

    machine()
    for asked in (newer, removal):
        for point in points(run(bare, SRC, near=True, **asked)[1]):
            one = machine()
            with contextlib.suppress(Killed):
                run(bare, SRC, near=True, kill_at=point, **asked)
            settle(bare, asked)
            assert one.installed is (asked is newer), point
            assert list(one.certificates) == [certificate(2 if asked is newer else 1)[0]], point
