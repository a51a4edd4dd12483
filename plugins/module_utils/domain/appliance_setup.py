# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The setup of an appliance from within: what is wanted, and the steps from what is there to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import blackout, installer
from .appliance_seen import CERTIFICATE, REGISTRY, Seen
from .blackout import Window

SOURCE, TARGET = "source", "target"
# our own folder on the appliance: what was brought there stays, so that a later run finds it
OWN_FOLDER = "C:\\ProgramData\\azlocal.migrate"
CREDENTIALS = "C:\\ProgramData\\Microsoft Azure\\CredStore\\Credentials.json"
VDDK_VERSIONS = ("8.0.0", "8.0.1", "8.0.2")
VDDK_LIBRARY = "bin\\vixDiskLib.dll"


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    """A zip that the user gives. ``folder``: it lies unpacked on the appliance already, and sha256 is the script's."""

    sha256: str
    folder: str = ""

    def unpacked(self, kind: str) -> str:
        """Where its content lies on the appliance: each zip has a folder of its own."""
        return self.folder or f"{OWN_FOLDER}\\{kind}-{self.sha256[:12]}"


def zip_path(kind: str) -> str:
    """Where a zip is put on the appliance."""
    return f"{OWN_FOLDER}\\{kind}.zip"


@dataclass(frozen=True, kw_only=True, slots=True)
class EntraApp:
    """The application of one appliance. ``file_given``: whether a certificate file came with it."""

    tenant_id: str
    client_id: str
    object_id: str
    service_principal_object_id: str
    name: str
    thumbprint: str
    file_given: bool = False

    @property
    def registry(self) -> dict[str, str]:
        return {value: getattr(self, what) for value, what in REGISTRY.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What the user asks for; None leaves a thing as it is."""

    role: str
    name: str
    state: str = "present"  # present | removed
    force: bool = False
    installer: Package | None = None
    vddk: Package | None = None
    entra: EntraApp | None = None
    other_client_ids: frozenset[str] = frozenset()  # of the applications of other appliances, lower case
    proxy_address: str | None = None
    proxy_bypass: str | None = None
    auto_update: bool | None = None
    limit_mbps: int | None = None
    blackout: tuple[Window, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """``act`` is what the shell does, ``text`` what the reader is told, ``before`` and ``after`` what becomes of what."""

    act: str  # proxy | follow | install | restart | services | vddk | entra | settings | remove
    text: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


def steps(wanted: Wanted, seen: Seen) -> list[Step]:
    """What is to be done, in order. What was refused is not looked at again here."""
    return list(_removal(seen) if wanted.state == "removed" else _presence(wanted, seen))


_FOLLOW = Step(act="follow", text="wait for the installer that is at work")
_RESTART = Step(act="restart", text="restart Windows, as the installation asks for")
_INSTALL = Step(
    act="install",
    text="run the installer of the appliance",
    before={"software": "not installed"},
    after={"software": "installed"},
)
_REMOVE = Step(
    act="remove",
    text="remove the appliance's software with RemoveAzMigrate",
    before={"software": "installed"},
    after={"software": "not installed"},
)


def _removal(seen: Seen) -> Iterator[Step]:
    if seen.installing:
        yield _FOLLOW
    if seen.settings is not None or (seen.installing and seen.installer.mode == "install"):
        yield _REMOVE


def _presence(wanted: Wanted, seen: Seen) -> Iterator[Step]:
    yield from _proxy(wanted, seen)  # before the installer, which may need it
    if seen.installing:
        yield _FOLLOW
    fresh = not seen.installed
    being_removed = seen.installing and seen.installer.mode == "remove"
    if being_removed or (fresh and not seen.installing):
        yield _INSTALL
    if being_removed or fresh or seen.restart_due:
        yield _RESTART
    if seen.registered and seen.stopped:
        stopped = {name: "Stopped" for name in seen.stopped}
        started = dict.fromkeys(stopped, "Running")
        yield Step(act="services", text=f"start {', '.join(stopped)}", before=stopped, after=started)
    if wanted.vddk and not vddk_done(wanted.vddk, seen):
        before, after = {"vddk": seen.vddk_version}, {"vddk": f"of the zip {wanted.vddk.sha256[:12]}"}
        yield Step(act="vddk", text="place the VDDK", before=before, after=after)
    if wanted.entra:
        yield from _entra(wanted.entra, seen)
    yield from _settings(wanted, seen)


def vddk_done(package: Package, seen: Seen) -> bool:
    """A version that is supported is left where somebody else has placed it; ours must be whole."""
    if seen.vddk_version not in VDDK_VERSIONS:
        return False
    brought = seen.file(zip_path("vddk"))
    return brought is None or (brought.sha256 == package.sha256 and seen.vddk_whole is True)


def _entra(app: EntraApp, seen: Seen) -> Iterator[Step]:
    former = seen.registry.get(CERTIFICATE, "").upper()
    written = {name: value for name, value in app.registry.items() if seen.registry.get(name) != value}
    left = seen.retired - {app.thumbprint}
    if former and former != app.thumbprint:
        text = "replace the certificate of the Entra application"
    elif app.thumbprint not in seen.certificates:
        text = "bring the certificate of the Entra application"
    elif written:
        text = "write the registry values of the Entra application"
    elif left:
        text = "restart the services and remove the former certificate of the Entra application"
    else:
        return
    before = {name: seen.registry.get(name, "") for name in written}
    yield Step(act="entra", text=text, before=before, after=written)


def _proxy(wanted: Wanted, seen: Seen) -> Iterator[Step]:
    """Both or nothing: Windows sets them together."""
    if wanted.proxy_address is None and wanted.proxy_bypass is None:
        return
    address = seen.proxy_address if wanted.proxy_address is None else wanted.proxy_address
    bypass = seen.proxy_bypass if wanted.proxy_bypass is None else wanted.proxy_bypass
    before = {"proxy_address": seen.proxy_address, "proxy_bypass": seen.proxy_bypass}
    after = {"proxy_address": address.rstrip("/"), "proxy_bypass": bypass if address else ""}
    if after != before:
        yield Step(act="proxy", text="set the proxy" if address else "take the proxy away", before=before, after=after)


def _settings(wanted: Wanted, seen: Seen) -> Iterator[Step]:
    before: dict[str, Any] = {
        "auto_update": seen.auto_update is not False,  # where nothing is written, it updates itself
        "bandwidth_limit_mbps": seen.limit_mbps,
        "blackout_windows": seen.blackout,
    }
    after = dict(before)
    if wanted.auto_update is not None:
        after["auto_update"] = wanted.auto_update
    if wanted.limit_mbps is not None:
        after["bandwidth_limit_mbps"] = wanted.limit_mbps
    if wanted.blackout is not None and not blackout.same(seen.blackout, wanted.blackout):
        after["blackout_windows"] = blackout.text(wanted.blackout)
    if seen.gateway_restart_due:
        before["blackout_windows"] = f"{seen.blackout} (not read by the gateway yet)".strip()
    changed = [name for name, value in after.items() if value != before[name]]
    if changed:
        yield Step(
            act="settings",
            text=f"set {', '.join(changed)}",
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )


def installer_params(wanted: Wanted, seen: Seen) -> dict[str, Any]:
    """What the script install_appliance is given, its folder aside."""
    remove = wanted.state == "removed"
    machine = installer.Machine(edge=seen.edge, internet_explorer=seen.internet_explorer, remove=remove)
    return {
        "preset": installer.preset(wanted.role),
        "arguments": [],
        "answers": installer.answers(machine),
        "remove": remove,
    }


def asked_files(wanted: Wanted) -> list[str]:
    """The files of the appliance that a look is to tell about. The zip of the installer is large, and is not among them."""
    paths = [CREDENTIALS]
    if wanted.vddk:
        paths += [zip_path("vddk"), f"{wanted.vddk.unpacked('vddk')}\\{VDDK_LIBRARY}"]
    if wanted.installer and wanted.installer.folder:
        paths.append(f"{wanted.installer.folder}\\{installer.SCRIPT}")
    return paths
