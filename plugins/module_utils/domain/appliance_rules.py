# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What forbids the setup of an appliance, from what was asked and from what its machine shows; and what is only warned of."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from . import project_rules
from .appliance_seen import CLIENT_ID, Seen
from .appliance_setup import SOURCE, VDDK_VERSIONS, EntraApp, Package, Wanted
from .installer import SCRIPT
from .problem import Problem

# What the documents on Azure Local ask of both appliances. Windows shows a little less than a machine was given.
CPU_CORES, MEMORY_MB, DISK_GB = 8, 16 * 1024, 80
_SHOWN = 0.95
# build of Windows Server -> its year; the installer takes no older one
SERVERS = {17763: 2019, 20348: 2022, 26100: 2025}
LICENCE_WARN_DAYS = 30
CERTIFICATE_WARN_DAYS = 30
# what FabricType in appliance.json says of the role [S]
_ROLE_OF_FABRIC = {"vmwarev2": "source", "azurestackhci": "target"}
# vCenter passwords with these, or with anything that is not ASCII, are not taken by the appliance
UNFIT_CHARACTERS = "&;\"'^\\%<>£"

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_THUMBPRINT = re.compile(r"[0-9A-F]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PROXY = re.compile(r"http://([\w.-]+|\[[0-9a-f:.]+\]):\d{1,5}/?", re.IGNORECASE)
_DISKLIB = re.compile(r"disklib-(\d+\.\d+\.\d+)", re.IGNORECASE)


def _block(code: str, text: str, remedy: str, option: str = "") -> Problem:
    return Problem(code=code, severity="block", text=text, remedy=remedy, field=option)


def _bad(text: str, remedy: str, option: str) -> Problem:
    return Problem(code="bad_value", severity="block", text=text, remedy=remedy, field=option)


# -- what was asked -----------------------------------------------------------------------------------------------------


def refuse_asked(wanted: Wanted) -> list[Problem]:
    """What is wrong with the wishes themselves. No secret is ever repeated."""
    return [
        *project_rules.appliance_name(wanted.name, "name"),
        *_hashes(wanted),
        *_other_role(wanted),
        *(_application(wanted.entra, wanted.other_client_ids) if wanted.entra else ()),
        *_proxy(wanted.proxy_address),
        *_limit(wanted.limit_mbps),
    ]


def _hashes(wanted: Wanted) -> Iterator[Problem]:
    for option, package in (("installer", wanted.installer), ("vddk", wanted.vddk)):
        if package and not _SHA256.fullmatch(package.sha256):
            text = f"{option}: sha256 must be 64 hexadecimal digits, not {package.sha256!r}"
            yield _bad(text, "take it from whoever published the file", option)


def _other_role(wanted: Wanted) -> Iterator[Problem]:
    """What only the source appliance has."""
    if wanted.role == SOURCE:
        return
    for option, given in (
        ("vddk", wanted.vddk is not None),
        ("bandwidth_limit_mbps", bool(wanted.limit_mbps)),
        ("blackout_windows", bool(wanted.blackout)),
    ):
        if given:
            yield _bad(f"{option} belongs to the source appliance only", f"leave {option} out here", option)


def _application(app: EntraApp, others: frozenset[str]) -> Iterator[Problem]:
    for field in ("tenant_id", "client_id", "object_id", "service_principal_object_id"):
        if not _GUID.fullmatch(getattr(app, field)):
            yield _bad(f"entra_app: {field} is no GUID", "copy it from the application's page", "entra_app")
    if not _THUMBPRINT.fullmatch(app.thumbprint):
        yield _bad(
            "entra_app: thumbprint must be 40 hexadecimal digits", "copy the certificate's thumbprint", "entra_app"
        )
    if app.object_id.lower() == app.service_principal_object_id.lower():
        text = "entra_app: object_id and service_principal_object_id are the same"
        remedy = "give the object id of the application registration, and that of its enterprise application"
        yield _bad(text, remedy, "entra_app")
    if app.client_id.lower() in others:
        text = f"the Entra application {app.client_id} is also that of another appliance"
        yield _block(
            "entra_app_shared", text, "register a second application: each appliance needs its own", "entra_app"
        )


def _proxy(address: str | None) -> Iterator[Problem]:
    """The address may hold a password, so it is never repeated."""
    if not address:
        return
    if "@" in address:
        remedy = "leave user and password out of the address, and type them into the appliance's configuration manager"
        yield _block("proxy_credentials", "proxy_address holds a user or a password", remedy, "proxy_address")
    elif not address.lower().startswith("http://"):
        text = "proxy_address does not begin with http://, and the appliance knows HTTP proxies only"
        yield _bad(text, "give http://name:port", "proxy_address")
    elif not _PROXY.fullmatch(address):
        yield _bad("proxy_address is not of the form http://name:port", "give http://name:port", "proxy_address")


def _limit(limit_mbps: int | None) -> Iterator[Problem]:
    if limit_mbps is not None and not 0 <= limit_mbps <= 100_000:
        text = f"bandwidth_limit_mbps is {limit_mbps}, expected 1 to 100000, or 0 for no limit"
        yield _bad(text, "give megabits per second", "bandwidth_limit_mbps")


def vcenter_password(password: str) -> list[Problem]:
    """Whether the appliance can take it. What is wrong with it is not told any closer."""
    if password.isascii() and not set(password) & set(UNFIT_CHARACTERS):
        return []
    text = "the password of the vCenter account holds a character that the appliance cannot take"
    remedy = f"give the account a password of ASCII characters without any of {' '.join(UNFIT_CHARACTERS)}"
    return [_block("vcenter_password_unfit", text, remedy, "vcenter_password")]


def vddk_name(name: str) -> list[Problem]:
    """VMware's own file names say the version, so a wrong one is refused before anything is sent."""
    named = _DISKLIB.search(name)
    return [] if named is None else vddk_version(named[1])


def vddk_version(version: str) -> list[Problem]:
    """Only three versions are supported; 7.0 is known not to work."""
    if version in VDDK_VERSIONS:
        return []
    text = f"the appliance for Azure Local supports the VDDK {', '.join(VDDK_VERSIONS)}, and this is {version}"
    return [_block("vddk_version", text, f"fetch VDDK {VDDK_VERSIONS[-1]} for Windows from Broadcom", "vddk")]


# -- what is there ------------------------------------------------------------------------------------------------------


def refuse_seen(wanted: Wanted, seen: Seen) -> list[Problem]:
    """What forbids to go on, in the order of how early it could be known."""
    if wanted.state == "removed":
        return [*_role(wanted, seen), *_removal(wanted, seen)]
    return [
        *_windows(seen),
        *_licence(seen),
        *_hardware(seen),
        *_role(wanted, seen),
        *_kind(seen),
        *_installer(wanted, seen),
        *(_certificate(wanted.entra, seen) if wanted.entra else ()),
    ]


def _windows(seen: Seen) -> Iterator[Problem]:
    remedy = "use Windows Server 2022 or 2025 with the desktop experience"
    if seen.installation_type != "Server":
        text = (
            f"{seen.computer} runs {seen.caption or 'Windows'} ({seen.installation_type}), which cannot be an appliance"
        )
        yield _block("appliance_windows", text, remedy)
    elif seen.build is not None and seen.build < min(SERVERS):
        yield _block(
            "appliance_windows", f"{seen.computer} runs {seen.caption}, which is too old for an appliance", remedy
        )


def _licence(seen: Seen) -> Iterator[Problem]:
    if seen.evaluation and (seen.days_left == 0 or seen.licence_status == "Notification"):
        text = (
            f"the 180 days of the evaluation licence of {seen.computer} are over, and its Windows keeps shutting down"
        )
        remedy = "deploy a new appliance: activating this one afterwards does not repair it"
        yield _block("appliance_licence", text, remedy)


def _hardware(seen: Seen) -> Iterator[Problem]:
    lacking = [
        f"{found} {unit} instead of {least}"
        for found, least, unit in (
            (seen.cpu_cores, CPU_CORES, "vCPU"),
            (round(seen.memory_mb / 1024), MEMORY_MB // 1024, "GB of memory"),
            (round(seen.disk_bytes / 2**30), DISK_GB, "GB of system disk"),
        )
        if found < least * _SHOWN
    ]
    if lacking:
        remedy = "shut the machine down, give it what it needs, start it, and run again"
        yield _block("appliance_too_small", f"{seen.computer} has {', '.join(lacking)}", remedy)


def _role(wanted: Wanted, seen: Seen) -> Iterator[Problem]:
    role = _ROLE_OF_FABRIC.get(seen.fabric_type.lower())
    if role and role != wanted.role:
        text = f"{seen.computer} is a {role} appliance (FabricType {seen.fabric_type}), and role is {wanted.role}"
        yield _block("appliance_role", text, "run this against the right host, or correct role", "role")


def _kind(seen: Seen) -> Iterator[Problem]:
    for wrong, what in (
        (seen.scale_out, "a scale-out appliance"),
        (seen.private_endpoint, "set up for private endpoints"),
    ):
        if wrong:
            text = f"{seen.computer} is {what}, and migration to Azure Local does not support that"
            remedy = "remove the software with state removed, then set it up again"
            yield _block("appliance_kind", text, remedy)


def _installer(wanted: Wanted, seen: Seen) -> Iterator[Problem]:
    if seen.installed or (seen.installing and seen.installer.mode == "install"):
        return
    if wanted.installer is None:
        text = f"the appliance's software is not installed on {seen.computer}, and no installer is given"
        yield _block("installer_missing", text, "give installer, or deploy the appliance from its image", "installer")
    else:
        yield from _unpacked(wanted.installer, seen)


def _unpacked(package: Package, seen: Seen) -> Iterator[Problem]:
    """An installer that was unpacked by somebody else is known by the hash of its script."""
    if not package.folder:
        return
    script = seen.file(f"{package.folder}\\{SCRIPT}")
    if script is None:
        text = f"{package.folder} on {seen.computer} holds no {SCRIPT}"
        yield _block("installer_missing", text, "correct installer.folder, or give the zip", "installer")
    elif script.sha256 != package.sha256:
        text = f"{SCRIPT} in {package.folder} has the SHA-256 {script.sha256}, and {package.sha256} is asked for"
        yield _block("installer_hash", text, "unpack the installer again, or correct its sha256", "installer")


def _certificate(app: EntraApp, seen: Seen) -> Iterator[Problem]:
    known = seen.registry.get(CLIENT_ID, "")
    if seen.registered and known and known.lower() != app.client_id.lower():
        text = f"{seen.computer} is registered with the Entra application {known}, not with {app.client_id}"
        remedy = "give that application; for another one, remove the software with state removed and register anew"
        yield _block("entra_app_other", text, remedy, "entra_app")
    found = seen.certificates.get(app.thumbprint)
    if found is None and not app.file_given:
        text = f"the certificate {app.thumbprint} is not on {seen.computer}, and no file with it is given"
        yield _block("entra_certificate", text, "give certificate_path, or certificate", "entra_app")
    elif found is not None and not found.has_key:
        text = f"the certificate {app.thumbprint} is on {seen.computer} without its private key"
        yield _block("entra_certificate", text, "remove it there, and give the file with the private key", "entra_app")
    elif found is not None and (left := _left(found.ends, seen)) is not None and left <= dt.timedelta():
        text = f"the certificate {app.thumbprint} has expired"
        yield _block(
            "entra_certificate", text, "make a new one, upload it to the application, give it here", "entra_app"
        )


def _left(ends: dt.datetime | None, seen: Seen) -> dt.timedelta | None:
    return ends - seen.clock if ends and seen.clock else None


def _removal(wanted: Wanted, seen: Seen) -> Iterator[Problem]:
    if seen.settings is None:
        return
    if seen.registered and not wanted.force:
        text = f"{seen.computer} is registered with its project, and replications may depend on it"
        yield _block("appliance_in_use", text, "stop or complete its replications, then set force to true", "force")
    if wanted.installer is None:
        text = f"the software of {seen.computer} is removed by its installer, and none is given"
        yield _block("installer_missing", text, "give installer", "installer")
    else:
        yield from _unpacked(wanted.installer, seen)


def warnings(wanted: Wanted, seen: Seen) -> list[str]:
    """What does not forbid anything today."""
    return [] if wanted.state == "removed" else list(_warnings(wanted, seen))


def _warnings(wanted: Wanted, seen: Seen) -> Iterator[str]:
    year = SERVERS.get(seen.build or 0)
    if year == min(SERVERS.values()):
        yield f"{seen.computer} runs Windows Server {year}: the installer takes it, Azure Local's documents ask for 2022 or 2025"
    elif year is None:
        yield f"{seen.computer} runs {seen.caption or 'a Windows'} of a build that is not known here ({seen.build})"
    if seen.evaluation and seen.days_left is not None and 0 < seen.days_left <= LICENCE_WARN_DAYS:
        yield f"the evaluation licence of {seen.computer} ends in {seen.days_left} days; it cannot be repaired after that"
    if seen.registered and wanted.role == SOURCE and seen.for_azure_local is False:
        yield f"appliance.json of {seen.computer} says that it was not set up for Azure Local"
    if seen.registered and wanted.role == SOURCE and not seen.vddk_version:
        yield f"there is no VDDK on {seen.computer}, so it cannot read disks"
    for app in filter(None, [wanted.entra]):
        found = seen.certificates.get(app.thumbprint)
        left = _left(found.ends, seen) if found else None
        if left is not None and dt.timedelta() < left <= dt.timedelta(days=CERTIFICATE_WARN_DAYS):
            yield f"the certificate of the Entra application ends in {left.days} days: give a new one in time"
