# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""Twins of the scripts that change an appliance from within; get_appliance is in scripts_appliance_read.

install_appliance   {folder, preset: {Scenario, Cloud, ScaleOut, PrivateEndpoint, AzureLocal}, arguments, answers, remove,
                    check}; writes Preset.json, starts the installer detached, and returns -> {Started, Changed}
    InstallerMissing | InstallerRunning
set_entra_app       {tenant_id, client_id, object_id, service_principal_object_id, app_name, thumbprint, pfx,
                    pfx_password, remove_others, check} -> {Imported, Values, Removed, Changed}; pfx "": it is there
    WrongPassword | WrongCertificate
set_appliance       {proxy_address, proxy_bypass, auto_update, bandwidth_limit_mbps, blackout_windows, check}
                    null leaves, "" or 0 takes away -> {Set: [names], Changed}
restart_appliance   {delay_s, services, check}; no services: the machine -> {Changed}
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from ..appliances import Appliance
from ..runtime import Lab
from . import installer
from .scripts_appliance_read import BLACKOUTS, REGISTRY, THROTTLE, blackouts, get_appliance
from .scripts_files import Shelf, clock
from .twin import APPLIANCE, Params, ScriptError, Twin, many

_CLOSING_S = 0.5


def install_appliance(lab: Lab, place: str, params: Params, cause: int) -> Any:
    folder = str(params["folder"]).rstrip("\\")
    with lab.world.lock:
        one = lab.appliances[place.lower()]
        if one.installer.get("State") == "running":
            raise ScriptError("InstallerRunning", "The installer is at work already.")
        if f"{folder}\\{installer.SCRIPT}".lower() not in one.files:
            raise ScriptError("InstallerMissing", f"{folder} holds no {installer.SCRIPT}.")
        if params.get("check"):
            return {"Started": False, "Changed": True}
        preset = dict(params.get("preset") or {})
        one.put(f"{folder}\\Preset.json", json.dumps(preset).encode())
        run = installer.Run(
            appliance=one,
            preset=preset,
            arguments=tuple(str(word) for word in many(params.get("arguments"))),
            answers=[str(word) for word in many(params.get("answers"))],
            remove=bool(params.get("remove")),
            at_end=lab.switches.installer_end_of_input,
        )
        _begin(lab, one, run, cause)
    return {"Started": True, "Changed": True}


def _begin(lab: Lab, one: Appliance, run: installer.Run, cause: int) -> None:
    state: dict[str, Any] = {
        "State": "running",
        "Mode": "remove" if run.remove else "install",
        "ExitCode": None,
        "StartedUtc": clock(lab, one.name),
        "EndedUtc": None,
        "LastLine": "",
    }
    one.installer = state
    _journal(lab, one, {"installer": state["Mode"]}, cause)
    code = run.outcome()
    state["LastLine"] = run.line
    if code is None:
        return

    def ended() -> None:
        with lab.world.lock:
            if state["State"] != "running":  # a restart has killed it
                return
            final = code or lab.switches.installer_exit
            state.update(State="failed" if final else "done", ExitCode=final, EndedUtc=clock(lab, one.name))
            if not final and run.agreed:
                installer.finish(run)
            _journal(lab, one, {"installer": state["State"], "code": final}, cause)

    lab.schedule.after(installer.REMOVE_S if run.remove else installer.INSTALL_S, ended)


def _journal(lab: Lab, one: Appliance, what: dict[str, Any], cause: int) -> None:
    lab.journal.write("", one.role, "appliance", None, {"appliance": one.name, **what}, cause)


# -- the application in Entra ID ------------------------------------------------------------------------------------


def set_entra_app(lab: Lab, place: str, params: Params, cause: int) -> Any:
    thumbprint = str(params["thumbprint"]).upper()
    wanted = {
        "LocalCertThumbprint": thumbprint,
        "AzureMigrateApplianceAadAppCertThumbPrint": thumbprint,
        "AgentServiceCommAadAppClientId": str(params["client_id"]),
        "AzureMigrateApplianceAadAppClientId": str(params["client_id"]),
        "AgentServiceCommAadAppObjectId": str(params["object_id"]),
        "AgentServiceCommAadAppName": str(params["app_name"]),
        "AgentServiceCommAadAppSpnObjectId": str(params["service_principal_object_id"]),
        "AzureMigrateApplianceAadAppTenantId": str(params["tenant_id"]),
    }
    with lab.world.lock:
        one = lab.appliances[place.lower()]
        certificate = _certificate(params, thumbprint)
        if certificate is None and thumbprint not in one.certificates:
            raise ScriptError("WrongCertificate", f"No certificate {thumbprint} is on this machine, and none was sent.")
        imported = thumbprint not in one.certificates
        former = one.registry.get("LocalCertThumbprint", "").upper()
        retired = [old for old in dict.fromkeys([*one.retired, former]) if old not in ("", thumbprint)]
        removed = [old for old in retired if old in one.certificates] if params.get("remove_others") else []
        values = [name for name in REGISTRY if one.registry.get(name) != wanted[name]]
        changed = bool(imported or values or retired)
        if changed and not params.get("check"):
            if imported and certificate is not None:
                one.certificates[thumbprint] = certificate
            one.registry |= wanted
            if retired:
                _restart_services(lab, one, [name for name, state in one.services.items() if state != "Stopped"], cause)
            for old in removed:
                one.certificates.pop(old)
            one.retired = [] if params.get("remove_others") else retired
            kept = ("tenant_id", "client_id", "object_id", "service_principal_object_id", "app_name")
            one.entra = {**{name: str(params[name]) for name in kept}, "thumbprint": thumbprint}
            _journal(lab, one, {"entra": one.entra["client_id"], "thumbprint": thumbprint}, cause)
    return {"Imported": imported, "Values": values, "Removed": removed, "Changed": changed}


def _certificate(params: Params, thumbprint: str) -> dict[str, Any] | None:
    """What Windows would show of the file, if it is the certificate that was named."""
    if not params.get("pfx"):
        return None
    try:
        key, leaf, _ = pkcs12.load_key_and_certificates(
            base64.b64decode(params["pfx"]), str(params.get("pfx_password") or "").encode() or None
        )
    except ValueError:
        raise ScriptError("WrongPassword", "The password of the certificate file is wrong, or it is none.") from None
    if leaf is None or _thumbprint(leaf) != thumbprint:
        raise ScriptError("WrongCertificate", f"The file does not hold the certificate {thumbprint}.")
    return {
        "Thumbprint": thumbprint,
        "Subject": leaf.subject.rfc4514_string(),
        "NotAfterUtc": leaf.not_valid_after_utc.isoformat(),
        "HasPrivateKey": key is not None,
    }


def _thumbprint(certificate: x509.Certificate) -> str:
    der = certificate.public_bytes(serialization.Encoding.DER)
    return hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()


# -- what may be changed later --------------------------------------------------------------------------------------


def set_appliance(lab: Lab, place: str, params: Params, cause: int) -> Any:
    with lab.world.lock:
        one = lab.appliances[place.lower()]
        before: dict[str, Any] = {
            "proxy_address": one.proxy.get("Address", ""),
            "proxy_bypass": one.proxy.get("Bypass", ""),
            "auto_update": one.registry.get("AutoUpdate") == "1",
            "bandwidth_limit_mbps": one.throttles.get(THROTTLE, 0) / 1_000_000,
            "blackout_windows": blackouts(Shelf(lab, place)),
        }
        if one.gateway_restart_due:
            before["blackout_windows"] = None  # done only when the gateway has read it
        changes = {name: params[name] for name in before if params.get(name) not in (None, before[name])}
        if changes and not params.get("check"):
            _set(one, changes)
            _journal(lab, one, {"set": changes}, cause)
            if "blackout_windows" in changes:
                _restart_services(lab, one, ["asrgwy"], cause)
                one.gateway_restart_due = False
    return {"Set": list(changes), "Changed": bool(changes)}


def _set(one: Appliance, changes: dict[str, Any]) -> None:
    for name, shown in (("proxy_address", "Address"), ("proxy_bypass", "Bypass")):
        if name in changes:
            one.proxy[shown] = str(changes[name])
    if "auto_update" in changes:
        one.registry["AutoUpdate"] = "1" if changes["auto_update"] else "0"
    if "bandwidth_limit_mbps" in changes:
        one.throttles = {key: rate for key, rate in one.throttles.items() if key != THROTTLE}
        if changes["bandwidth_limit_mbps"]:
            one.throttles[THROTTLE] = int(changes["bandwidth_limit_mbps"] * 1_000_000)
    if "blackout_windows" in changes:
        file = one.files.get(BLACKOUTS.lower())
        content = {**(json.loads(file.data) if file else {}), "BlackoutWindows": changes["blackout_windows"]}
        one.put(BLACKOUTS, json.dumps(content, ensure_ascii=False).encode())


def restart_appliance(lab: Lab, place: str, params: Params, cause: int) -> Any:
    with lab.world.lock:
        one = lab.appliances[place.lower()]
        services = [str(name) for name in many(params.get("services"))]
        missing = [name for name in services if name not in one.services]
        if missing:
            raise ScriptError("NoServiceFoundForGivenName", f"There is no service {missing[0]}.")
        if not params.get("check"):
            if services:
                _restart_services(lab, one, services, cause)
            else:
                _journal(lab, one, {"restart": "machine"}, cause)
                # never at once, however fast the lab is: whoever asked still has to close his shell
                pause = max(lab.schedule.short(float(params.get("delay_s") or 0)), _CLOSING_S)
                lab.clock.at(lab.clock.monotonic() + pause, lambda: _restart(one))
    return {"Changed": True}


def _restart_services(lab: Lab, one: Appliance, services: list[str], cause: int) -> None:
    """Those that exist; one that was stopped runs afterwards."""
    there = [name for name in services if name in one.services]
    if there:
        _journal(lab, one, {"restart": there}, cause)
        one.services |= dict.fromkeys(there, "Running")


def _restart(one: Appliance) -> None:
    if one.installer.get("State") == "running":
        one.installer["State"] = "failed"
    one.boot()


TWINS = {
    "get_appliance": Twin(get_appliance, on=(APPLIANCE,)),
    "install_appliance": Twin(install_appliance, write=True, on=(APPLIANCE,)),
    "set_entra_app": Twin(set_entra_app, write=True, on=(APPLIANCE,)),
    "set_appliance": Twin(set_appliance, write=True, on=(APPLIANCE,)),
    "restart_appliance": Twin(restart_appliance, write=True, on=(APPLIANCE,)),
}
