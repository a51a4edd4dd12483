# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the script get_appliance answers, in the collection's own words. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.powershell import many
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import values
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.appliance_seen import (
    CERTIFICATE,
    CLIENT_ID,
    Certificate,
    File,
    InstallerRun,
    Seen,
)

_LIMIT = "ThrottleReplication"  # the name that the documents give to the policy
_BITS = 1_000_000


def seen(reply: Any) -> Seen:
    """The reply of ``get_appliance``."""
    windows, licence, hardware = (values.mapping(reply.get(part)) for part in ("Os", "Licence", "Hardware"))
    vddk, proxy = values.mapping(reply.get("Vddk")), values.mapping(reply.get("Proxy"))
    settings = reply.get("ApplianceJson")
    return Seen(
        computer=reply["ComputerName"],
        clock=values.when(reply.get("ClockUtc")),
        uptime_s=values.whole(reply.get("UptimeSeconds")) or 0,
        restart_pending=reply.get("RebootPending") is True,
        caption=values.text(windows.get("Caption")),
        build=values.whole(values.text(windows.get("Version")).rpartition(".")[2]),
        installation_type=values.text(windows.get("InstallationType")) or "Server",
        evaluation=licence.get("Evaluation") is True,
        days_left=values.whole(licence.get("DaysLeft")),
        licence_status=values.text(licence.get("Status")),
        cpu_cores=hardware["ProcessorCount"],
        memory_mb=hardware["MemoryMB"],
        disk_bytes=hardware["SystemDriveBytes"],
        edge=reply["Edge"],
        internet_explorer=reply["InternetExplorer"],
        services={
            service["Name"]: service["Status"]
            for service in many(reply.get("Services"))
            if str(service.get("StartType")).startswith("Automatic")
        },
        version=values.text(reply.get("InstalledVersion")),
        settings=settings if isinstance(settings, dict) else None,
        auto_update=values.flag(reply.get("AutoUpdate")),
        registry={name: str(value) for name, value in values.mapping(reply.get("Registry")).items()},
        certificates={one.thumbprint: one for one in map(_certificate, many(reply.get("Certificates")))},
        retired=frozenset(str(one).upper() for one in many(reply.get("RetiredCertificates"))),
        vddk_folder=values.text(vddk.get("Folder")),
        vddk_version=values.text(vddk.get("Version")),
        vddk_sha256=values.text(vddk.get("Sha256")).lower(),
        proxy_address=values.text(proxy.get("Address")),
        proxy_bypass=values.text(proxy.get("Bypass")),
        limit_mbps=_limit(reply),
        blackout=values.text(reply.get("BlackoutWindows")),
        gateway_restart_due=reply.get("GatewayRestartDue") is True,
        cluster_credentials=reply.get("ClusterCredentials") is True,
        installer=_installer(values.mapping(reply.get("Installer"))),
        files={
            str(file["Path"]).lower(): File(sha256=file["Sha256"].lower(), version=values.text(file.get("Version")))
            for file in many(reply.get("Files"))
        },
    )


def _certificate(found: dict[str, Any]) -> Certificate:
    return Certificate(
        thumbprint=found["Thumbprint"].upper(),
        ends=values.when(found.get("NotAfterUtc")),
        has_key=found.get("HasPrivateKey") is True,
    )


def _installer(found: Any) -> InstallerRun:
    return InstallerRun(
        state=values.text(found.get("State")) or "none",
        mode=values.text(found.get("Mode")),
        exit_code=values.whole(found.get("ExitCode")),
        ended=values.when(found.get("EndedUtc")),
        line=values.text(found.get("LastLine")),
    )


def _limit(reply: Any) -> float:
    rates = [policy["BitsPerSecond"] for policy in many(reply.get("QosPolicies")) if policy.get("Name") == _LIMIT]
    return float(rates[0]) / _BITS if rates else 0.0


def shown(found: Seen) -> dict[str, Any]:
    """What a result tells of an appliance; no secret is among it."""
    return {
        "computer_name": found.computer,
        "clock_utc": found.clock.isoformat() if found.clock else None,
        "windows": found.caption,
        "licence_days_left": found.days_left,
        "cpu_cores": found.cpu_cores,
        "memory_mb": found.memory_mb,
        "installed": found.installed,
        "version": found.version,
        "registered": found.registered,
        "discovery_started": found.discovery_started,
        "cluster_credentials": found.cluster_credentials,
        "services": dict(found.services),
        "entra_client_id": found.registry.get(CLIENT_ID, ""),
        "entra_thumbprint": found.registry.get(CERTIFICATE, ""),
        "vddk_version": found.vddk_version,
        "proxy_address": found.proxy_address,
        "proxy_bypass": found.proxy_bypass,
        "auto_update": found.auto_update,
        "bandwidth_limit_mbps": found.limit_mbps,
        "blackout_windows": found.blackout,
    }
