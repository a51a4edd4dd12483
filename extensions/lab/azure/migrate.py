# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.Migrate: the project and its solutions."""

from __future__ import annotations

import json

from .. import names
from . import ids
from .state import Azure
from .wire import JSON, Answer, Request, not_found, stamp

_SLIM = "2020-05-01"  # from here on the types have no counts in a summary, but publicNetworkAccess


def project(azure: Azure, request: Request) -> Answer:
    _project_exists(request)
    properties: JSON = {
        "registeredTools": ["ServerDiscovery", "ServerAssessment", "ServerMigration_DataReplication"],
        "summary": {"servers": _summary(azure, request.api_version)},
        "lastSummaryRefreshedTime": stamp(azure.started),
        "refreshSummaryState": "Completed",
        "provisioningState": "Succeeded",
    }
    if request.api_version >= _SLIM:
        properties["publicNetworkAccess"] = "Enabled"
    return Answer(
        body={
            "id": ids.PROJECT,
            "name": names.PROJECT,
            "type": "Microsoft.Migrate/MigrateProjects",
            "eTag": '"19003645-0000-3300-0000-67b62cfb0000"',
            "location": names.LOCATION,
            "properties": properties,
        }
    )


def _project_exists(request: Request) -> None:
    if request.parts["project"].lower() != names.PROJECT.lower():
        raise not_found("Microsoft.Migrate/MigrateProjects", request.parts["project"], request.parts["rg"])


def _summary(azure: Azure, api_version: str) -> JSON:
    shown: JSON = {"instanceType": "Servers"}
    return shown if api_version >= _SLIM else {**shown, **_progress(azure)}


def _progress(azure: Azure) -> JSON:
    found = [vm for vm in azure.world.source.values() if not vm.template]
    return {
        "discoveredCount": len(found),
        "assessedCount": 0,
        "replicatingCount": sum(item.active == "Primary" for item in azure.items.values()),
        "testMigratedCount": 0,
        "migratedCount": sum(item.active == "Recovery" for item in azure.items.values()),
    }


def _appliance(name: str, site: str, *, source: bool) -> JSON:
    return {
        name: {
            "ApplianceName": name,
            "SiteId": site,
            "KeyVaultId": ids.KEY_VAULT,
            "KeyVaultUrl": None,
            "ApplianceDetails": {
                "machineID": ids.fixed(f"machine {name}"),
                "IPAddress": "10.10.0.11" if source else "10.10.0.12",
                "HostName": f"WIN-{name.upper()}",
                "isRegistered": True,
                "applianceRegistrationTimeStamp": "11/11/2025 8:40:43 PM" if source else None,
                "discoveryStatus": "Success" if source else "NotStarted",
                "deepDiscoveryDisabled": False,
            },
            "CertificateContents": {f"{name}agentauthcertv2": ""},
            "AadAppDetails": {
                "TenantID": names.TENANT,
                "AppName": f"{name}authandaccessaadapp",
                "AppID": ids.fixed(f"app {name}"),
                "ObjectID": ids.fixed(f"object {name}"),
            },
            "ScaleOutList": None,
            "isV2Site": False,
            "supportAzStackTarget": source,
        }
    }


def _counts(azure: Azure) -> JSON:
    families = [vm.guest_family for vm in azure.world.source.values() if not vm.template]
    windows, linux = families.count("windowsGuest"), families.count("linuxGuest")
    return {
        "serversOnWindows": str(windows),
        "serversOnLinux": str(linux),
        "serversOnOther": str(len(families) - windows - linux),
    }


def _discovery(azure: Azure) -> JSON:
    appliances = [
        _appliance(names.SOURCE_APPLIANCE, ids.SOURCE_SITE, source=True),
        _appliance(names.TARGET_APPLIANCE, ids.TARGET_SITE, source=False),
    ]
    return {
        **_counts(azure),
        "keyVaultUrl": f"https://{names.PROJECT}kv.vault.azure.net",
        "masterSiteId": ids.MASTER_SITE,
        "applianceNameToSiteIdMapV3": json.dumps(appliances, indent=2).replace("\n", "\r\n"),
        "keyVaultId": ids.KEY_VAULT,
    }


def _migration(azure: Azure) -> JSON:
    progress = _progress(azure)
    return {
        **_counts(azure),
        "dependencyEnabledMachines": "0",
        "machinesHavingSqlServers": "0",
        "machinesHavingWebServers": "0",
        "vaultId": ids.VAULT,
        "replicationStorageAccountId": ids.STORAGE_ACCOUNT,
        "aszreplicatingCount": str(progress["replicatingCount"]),
        "asztestMigratedCount": "0",
        "aszmigratedCount": str(progress["migratedCount"]),
    }


def _solutions(azure: Azure, api_version: str) -> list[JSON]:
    rows: tuple[tuple[str, str, str, JSON], ...] = (
        (ids.DISCOVERY_SOLUTION_NAME, "ServerDiscovery", "Discovery", _discovery(azure)),
        (ids.ASSESSMENT_SOLUTION_NAME, "ServerAssessment", "Assessment", {}),
        (ids.MIGRATION_SOLUTION_NAME, "ServerMigration_DataReplication", "Migration", _migration(azure)),
    )
    return [
        {
            "id": f"{ids.PROJECT}/Solutions/{name}",
            "name": name,
            "type": "Microsoft.Migrate/MigrateProjects/Solutions",
            "etag": '"190036c7-0000-3300-0000-67b62cfb0000"',
            "properties": {
                "tool": tool,
                "purpose": purpose,
                "goal": "Servers",
                "status": "Inactive",
                "cleanupState": "None",
                "summary": _summary(azure, api_version),
                "details": {"groupCount": 0, "assessmentCount": 0, "extendedDetails": details},
            },
        }
        for name, tool, purpose, details in rows
    ]


def solutions(azure: Azure, request: Request) -> Answer:
    _project_exists(request)
    return Answer(body={"value": _solutions(azure, request.api_version), "nextLink": None})


def solution(azure: Azure, request: Request) -> Answer:
    _project_exists(request)
    wanted = request.parts["solution"].lower()
    for row in _solutions(azure, request.api_version):
        if row["name"].lower() == wanted:
            return Answer(body=row)
    raise not_found("Microsoft.Migrate/MigrateProjects/Solutions", request.parts["solution"], request.parts["rg"])
