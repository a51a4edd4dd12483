# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an appliance, or a Windows Server that is to become one, shows of itself from within."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import values

# The eight registry values of the application in Entra ID, by what each holds.
REGISTRY: Mapping[str, str] = {
    "LocalCertThumbprint": "thumbprint",
    "AzureMigrateApplianceAadAppCertThumbPrint": "thumbprint",
    "AgentServiceCommAadAppClientId": "client_id",
    "AzureMigrateApplianceAadAppClientId": "client_id",
    "AgentServiceCommAadAppObjectId": "object_id",
    "AgentServiceCommAadAppName": "name",
    "AgentServiceCommAadAppSpnObjectId": "service_principal_object_id",
    "AzureMigrateApplianceAadAppTenantId": "tenant_id",
}
CLIENT_ID = "AgentServiceCommAadAppClientId"
CERTIFICATE = "LocalCertThumbprint"


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """One of the machine's own store."""

    thumbprint: str
    ends: dt.datetime | None
    has_key: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class InstallerRun:
    """The last run of the installer that we started."""

    state: str = "none"  # none | running | done | failed
    mode: str = ""  # install | remove
    exit_code: int | None = None
    ended: dt.datetime | None = None
    line: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """One file that was asked about, and is there."""

    sha256: str
    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """All of it, at one moment."""

    computer: str
    clock: dt.datetime | None = None
    uptime_s: int = 0
    restart_pending: bool = False
    caption: str = ""
    build: int | None = None
    installation_type: str = "Server"
    evaluation: bool = False
    days_left: int | None = None
    licence_status: str = "Licensed"
    cpu_cores: int = 0
    memory_mb: int = 0
    disk_bytes: int = 0
    edge: bool = True
    internet_explorer: bool = False
    services: Mapping[str, str] = field(default_factory=dict)  # those that start by themselves -> their state
    version: str = ""
    settings: Mapping[str, Any] | None = None  # appliance.json; None before the software is there
    auto_update: bool | None = None
    registry: Mapping[str, str] = field(default_factory=dict)
    certificates: Mapping[str, Certificate] = field(default_factory=dict)
    retired: frozenset[str] = frozenset()  # of before: services are still to be restarted, then these removed
    vddk_folder: str = ""
    vddk_version: str = ""
    vddk_sha256: str = ""  # of its library
    vddk_whole: bool | None = None  # whether all files of our zip are there; None where we brought none
    proxy_address: str = ""
    proxy_bypass: str = ""
    limit_mbps: float = 0.0
    blackout: str = ""
    gateway_restart_due: bool = False  # the blackout windows are written, and not read yet
    cluster_credentials: bool = False
    installer: InstallerRun = field(default_factory=InstallerRun)
    files: Mapping[str, File] = field(default_factory=dict)  # by path, lower case

    @property
    def registered(self) -> bool:
        return self._says("IsApplianceRegistered") is True

    @property
    def discovery_started(self) -> bool:
        return self._says("DiscoveryInitiated") is True

    @property
    def scale_out(self) -> bool:
        return self._says("ScaleOut") is True

    @property
    def private_endpoint(self) -> bool:
        return self._says("PrivateEndpointEnabled") is True

    @property
    def for_azure_local(self) -> bool | None:
        return self._says("EnableAzureStackHCITarget")

    @property
    def fabric_type(self) -> str:
        return values.text((self.settings or {}).get("FabricType"))

    @property
    def installed(self) -> bool:
        """The software is there, and not half of it: a run of ours that failed may have left its settings file."""
        broken = self.installer.state == "failed" and self.installer.mode == "install"
        return self.registered or (self.settings is not None and not broken)

    @property
    def installing(self) -> bool:
        return self.installer.state == "running"

    @property
    def booted(self) -> dt.datetime | None:
        return self.clock - dt.timedelta(seconds=self.uptime_s) if self.clock else None

    @property
    def restart_due(self) -> bool:
        """An installation asks for one restart. Windows' own mark for a pending one may stay for other reasons."""
        run = self.installer
        if run.state != "done" or run.mode != "install" or run.ended is None or self.booted is None:
            return False
        since = (self.booted - run.ended).total_seconds()
        return since < 0 or (since < 1 and self.restart_pending)  # Windows counts whole seconds

    @property
    def stopped(self) -> list[str]:
        """Services that should run and do not."""
        return sorted(name for name, state in self.services.items() if state == "Stopped")

    def file(self, path: str) -> File | None:
        return self.files.get(path.lower())

    def _says(self, name: str) -> bool | None:
        return values.flag((self.settings or {}).get(name))
