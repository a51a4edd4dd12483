# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The appliances' own Windows over WinRM: when it answers, what it shows, what changes it."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.powershell import many
from ansible_collections.azlocal.migrate.tests.support.appliance_lab import (
    LABSRC,
    LABTGT,
    ScriptFailed,
    ask,
    of_image,
    session,
    until,
    windows_server,
    with_installer,
)
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab import names
from lab.appliances import TARGET, alive
from lab.runtime import Lab
from lab.switches import Switches

PRESET = {"Scenario": "VMware", "Cloud": "Public", "ScaleOut": False, "PrivateEndpoint": False, "AzureLocal": True}


@pytest.fixture
def start(lab: Callable[..., Lab]) -> Callable[..., Lab]:
    def bare(**options: Any) -> Lab:
        return lab(**{"vms": 0, "estate": "empty", "stage": "bare", **options})

    return bare


def install(running: Lab, place: str = LABSRC, **params: Any) -> Any:
    given = {"folder": "C:\\AzureMigrate", "preset": PRESET, "answers": ["Y", "N"], **params}
    return ask(running, place, "install_appliance", **given)


def installer(running: Lab, place: str = LABSRC) -> dict[str, Any]:
    found: dict[str, Any] = ask(running, place, "get_appliance")["Installer"]
    return found


def ended(running: Lab, place: str = LABSRC) -> dict[str, Any]:
    until(lambda: running.appliances[place].installer["State"] != "running")
    return installer(running, place)


# -- when it answers -------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("appliance_first_boot")
def test_nobody_answers_before_the_first_boot_is_done(start: Callable[..., Lab]) -> None:
    running = start()
    with pytest.raises(requests.exceptions.ConnectionError):
        session(running, LABSRC).open_shell()  # there is no such machine yet
    one = of_image(running, set_up=False)
    with pytest.raises(requests.exceptions.ConnectionError):
        session(running, LABSRC).open_shell()
    one.set_up = True
    assert ask(running, LABSRC, "get_appliance")["ComputerName"] == LABSRC.upper()
    running.world.power_off_source(running.world.source[one.vm], "somebody", 0, graceful=False)
    with pytest.raises(requests.exceptions.ConnectionError):
        session(running, LABSRC).open_shell()
    running.world.power_on_source(running.world.source[one.vm], "somebody", 0)
    assert not one.answers and not alive(one)  # Windows takes its time
    until(lambda: one.answers)
    assert ask(running, LABSRC, "get_appliance")["UptimeSeconds"] < 60


@pytest.mark.behaviour("appliance_alive")
@thrown("dead_agent", "", "source", "target")
def test_who_is_alive(start: Callable[..., Lab], setting: str) -> None:
    running = start(switches=Switches(dead_agent=setting))
    source, target = of_image(running), of_image(running, TARGET)
    assert (alive(source), alive(target)) == (setting != "source", setting != "target")
    source.services["asrgwy"] = "Stopped"
    assert not alive(source)
    services = {one["Name"]: one["Status"] for one in ask(running, LABSRC, "get_appliance")["Services"]}
    assert services == {"asrgwy": "Stopped", "asrmgmtsvc": "Running", "amvmwdiscoverysvc": "Running"}
    assert ask(running, LABSRC, "restart_appliance", services=["asrgwy"]) == {"Changed": True}
    assert alive(source) is (setting != "source")


def test_a_restart_takes_it_away_for_a_while(start: Callable[..., Lab]) -> None:
    running = start()
    one = of_image(running)
    one.restart_pending = True
    assert ask(running, LABSRC, "restart_appliance", delay_s=0, check=True) == {"Changed": True}
    assert one.answers
    ask(running, LABSRC, "restart_appliance", delay_s=0)
    until(lambda: not one.answers)
    until(lambda: one.answers)
    assert not ask(running, LABSRC, "get_appliance")["RebootPending"]


@pytest.mark.behaviour("appliance_licence")
@thrown("licence_days_left", 170, 20, 0)
def test_licence(start: Callable[..., Lab], setting: int) -> None:
    running = start(switches=Switches(licence_days_left=setting))
    one, own = of_image(running), windows_server(running, TARGET)
    assert ask(running, LABSRC, "get_appliance")["Licence"] == {
        "Evaluation": True,
        "DaysLeft": setting,
        "Status": "Licensed" if setting else "Notification",
    }
    assert alive(one) is (setting > 0)
    assert ask(running, LABTGT, "get_appliance")["Licence"]["DaysLeft"] is None
    own.install()
    assert alive(own)


@pytest.mark.behaviour("appliance_clock")
@thrown("appliance_skew_s", 0.0, 600.0)
def test_clock(start: Callable[..., Lab], setting: float) -> None:
    running = start(switches=Switches(appliance_skew_s=setting))
    of_image(running)
    told = dt.datetime.fromisoformat(ask(running, LABSRC, "get_appliance")["ClockUtc"])
    assert abs((told - running.clock.now()).total_seconds() - setting) < 30
    node = dt.datetime.fromisoformat(ask(running, names.NODES[0], "get_vms")["ClockUtc"])
    assert abs((node - running.clock.now()).total_seconds()) < 30


# -- what it shows ---------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("appliance_json")
@thrown("appliance_json", "booleans", "texts")
def test_appliance_json(start: Callable[..., Lab], setting: str) -> None:
    running = start(switches=Switches(appliance_json=setting))
    one = of_image(running)
    told = ask(running, LABSRC, "get_appliance")["ApplianceJson"]
    yes, no = (True, False) if setting == "booleans" else ("true", "false")
    assert (told["IsApplianceRegistered"], told["DiscoveryInitiated"]) == (no, no)
    assert (told["FabricType"], told["EnableAzureStackHCITarget"], told["Cloud"]) == ("VMwareV2", yes, "Public")
    one.registered_at = running.clock.now()
    assert ask(running, LABSRC, "get_appliance")["ApplianceJson"]["IsApplianceRegistered"] == yes


def test_a_machine_without_the_software(start: Callable[..., Lab]) -> None:
    running = start()
    windows_server(running)
    told = ask(running, LABSRC, "get_appliance")
    assert (told["ApplianceJson"], told["InstalledVersion"], told["AutoUpdate"]) == (None, "", None)
    assert (told["Services"], told["Vddk"]["Version"], told["Installer"]["State"]) == (None, "", "none")
    assert told["Hardware"]["ProcessorCount"] == 8


def test_scripts_of_the_cluster_do_not_run_there(start: Callable[..., Lab]) -> None:
    running = start()
    of_image(running)
    for place, script in ((LABSRC, "get_vms"), (names.NODES[0], "get_appliance")):
        with pytest.raises(ScriptFailed) as told:
            ask(running, place, script)
        assert told.value.args[0] == "CommandNotFoundException"


# -- the installer ---------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("installer_prompts")
def test_installer_asks_although_all_is_preset(start: Callable[..., Lab]) -> None:
    running = start()
    one = windows_server(running, edge=False)
    with pytest.raises(ScriptFailed, match="InstallerMissing"):
        install(running)
    with_installer(one)
    assert install(running, check=True) == {"Started": False, "Changed": True}
    assert not one.installer
    assert install(running, answers=["Y", "N", "Y"]) == {"Started": True, "Changed": True}
    with pytest.raises(ScriptFailed, match="InstallerRunning"):
        install(running)
    done = ended(running)
    assert (done["State"], done["ExitCode"], done["Mode"]) == ("done", 0, "install")
    told = ask(running, LABSRC, "get_appliance")
    assert (told["Edge"], told["InternetExplorer"], told["AutoUpdate"]) == (False, False, True)
    assert told["InstalledVersion"] and told["ApplianceJson"]["IsApplianceRegistered"] is False
    assert json.loads(one.files["c:\\azuremigrate\\preset.json"].data) == PRESET
    until(lambda: not one.restart_pending)  # who removes Internet Explorer is restarted


@pytest.mark.behaviour("installer_prompts")
def test_who_says_no_has_no_appliance(start: Callable[..., Lab]) -> None:
    running = start()
    with_installer(windows_server(running))
    install(running, answers=["N"])
    assert ended(running)["ExitCode"] == 0
    assert ask(running, LABSRC, "get_appliance")["InstalledVersion"] == ""


@pytest.mark.behaviour("installer_end_of_input")
@thrown("installer_end_of_input", "hangs", "fails")
def test_installer_without_enough_answers(start: Callable[..., Lab], setting: str) -> None:
    running = start(switches=Switches(installer_end_of_input=setting))
    one = windows_server(running)
    with_installer(one)
    install(running, answers=["Y"])
    until(lambda: "Explorer" in one.installer["LastLine"])
    if setting == "fails":
        assert ended(running)["ExitCode"] == 1
    else:
        running.clock.sleep(1.5)  # longer than an installation takes
        assert installer(running)["State"] == "running"
        ask(running, LABSRC, "restart_appliance", delay_s=0)
        assert until(lambda: one.installer["State"] == "failed")
    assert not one.installed


@pytest.mark.behaviour("installer_exit_codes")
@thrown("installer_exit", 0, -3)
def test_installer_exit_codes(start: Callable[..., Lab], setting: int) -> None:
    running = start(switches=Switches(installer_exit=setting))
    one = windows_server(running)
    with_installer(one)
    install(running)
    assert (ended(running)["ExitCode"], one.installed) == (setting, setting == 0)
    install(running, preset={**PRESET, "Scenario": "AzureLocalTarget"})
    assert ended(running)["ExitCode"] == -20
    install(running, preset={**PRESET, "ScaleOut": True})
    assert "scaleout" in ended(running)["LastLine"]


def test_a_registered_appliance_is_asked_about_and_removed(start: Callable[..., Lab]) -> None:
    running = start()
    one = of_image(running)
    one.registered_at = running.clock.now()
    with_installer(one)
    install(running, answers=["N"])
    assert "registered already" not in ended(running)["LastLine"] and one.registered_at
    install(running, answers=["Y"], remove=True)
    assert ended(running)["Mode"] == "remove"
    told = ask(running, LABSRC, "get_appliance")
    assert (told["InstalledVersion"], told["Services"], told["ApplianceJson"]) == ("", None, None)
    assert one.registered_at is None and not alive(one)


# -- what changes it -------------------------------------------------------------------------------------------------


def certificate(password: str) -> tuple[str, str]:
    """(pfx in base64, thumbprint) of a fresh one."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, LABSRC)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    lock = serialization.BestAvailableEncryption(password.encode())
    pfx = pkcs12.serialize_key_and_certificates(b"labsrc", key, made, None, lock)
    return base64.b64encode(pfx).decode(), made.fingerprint(hashes.SHA1()).hex().upper()


def test_entra_application_by_certificate_and_its_rotation(start: Callable[..., Lab]) -> None:
    running = start()
    one = of_image(running)
    pfx, thumbprint = certificate("secret-1")
    given = {
        "tenant_id": names.TENANT,
        "client_id": "c-1",
        "object_id": "o-1",
        "service_principal_object_id": "s-1",
        "app_name": "labsrc-app",
        "thumbprint": thumbprint,
        "pfx": pfx,
        "pfx_password": "secret-1",
        "remove_others": True,
    }
    with pytest.raises(ScriptFailed, match="WrongPassword"):
        ask(running, LABSRC, "set_entra_app", **{**given, "pfx_password": "wrong"})
    with pytest.raises(ScriptFailed, match="WrongCertificate"):
        ask(running, LABSRC, "set_entra_app", **{**given, "thumbprint": "00"})
    assert ask(running, LABSRC, "set_entra_app", **given, check=True)["Changed"] and not one.entra
    done = ask(running, LABSRC, "set_entra_app", **given)
    assert (done["Imported"], len(done["Values"]), done["Changed"]) == (True, 8, True)
    assert ask(running, LABSRC, "set_entra_app", **{**given, "pfx": ""})["Changed"] is False
    told = ask(running, LABSRC, "get_appliance")
    assert told["Registry"]["LocalCertThumbprint"] == thumbprint
    assert told["Registry"]["AgentServiceCommAadAppSpnObjectId"] == "s-1"
    assert (told["Certificates"]["Thumbprint"], told["Certificates"]["HasPrivateKey"]) == (thumbprint, True)
    fresh, other = certificate("secret-2")
    rotated = {**given, "pfx": fresh, "pfx_password": "secret-2", "thumbprint": other}
    assert ask(running, LABSRC, "set_entra_app", **rotated)["Removed"] == thumbprint
    assert list(one.certificates) == [other]
    assert one.entra["thumbprint"] == other
    for record in ("ledger.jsonl", "world.jsonl"):
        text = (running.state_dir / record).read_text()
        assert "secret-" not in text and pfx not in text


def test_settings(start: Callable[..., Lab]) -> None:
    running = start()
    of_image(running)
    wanted = {
        "proxy_address": "http://10.1.1.1:8080",
        "auto_update": False,
        "bandwidth_limit_mbps": 200,
        "blackout_windows": "Monday;7:00;7h",
    }
    assert ask(running, LABSRC, "set_appliance", **wanted, check=True)["Set"] == list(wanted)
    assert ask(running, LABSRC, "set_appliance", **wanted)["Changed"] is True
    assert ask(running, LABSRC, "set_appliance", **wanted) == {"Set": None, "Changed": False}
    told = ask(running, LABSRC, "get_appliance")
    assert told["Proxy"] == {"Address": "http://10.1.1.1:8080", "Bypass": ""}
    assert (told["AutoUpdate"], told["BlackoutWindows"]) == (False, "Monday;7:00;7h")
    assert (told["QosPolicies"]["Name"], told["QosPolicies"]["BitsPerSecond"]) == ("ThrottleReplication", 200_000_000)
    ask(running, LABSRC, "set_appliance", proxy_address="", bandwidth_limit_mbps=0, blackout_windows="")
    told = ask(running, LABSRC, "get_appliance")
    assert (told["Proxy"]["Address"], many(told["QosPolicies"]), told["BlackoutWindows"]) == ("", [], "")
    assert told["AutoUpdate"] is False
