# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.Migrate: the project and its solutions."""

from __future__ import annotations

from typing import Any

from . import sites
from .resources import Resource
from .state import Azure
from .tracked import Kind, properties_of, told, whole, words
from .wire import JSON, Answer, ArmError, Request, bad, stamp

_SLIM = "2020-05-01"  # from here on the types have no counts in a summary, but publicNetworkAccess
_WITH_IDENTITY = "2020-06-01-preview"  # the one version whose projects have an identity
TOOLS = (
    "ServerDiscovery",
    "ServerAssessment",
    "ServerMigration",
    "ServerMigration_Replication",
    "ServerMigration_DataReplication",
)
_PURPOSES, _GOALS = ("Discovery", "Assessment", "Migration"), ("Servers", "Databases")
_PURPOSE_OF = {"ServerDiscovery": "Discovery", "ServerAssessment": "Assessment"}
_MAKING_S = 5  # nobody recorded one; the peers wait for Succeeded


# -- projects ---------------------------------------------------------------------------------------------------


def _accept_project(azure: Azure, request: Request, body: JSON, known: Resource | None) -> JSON:
    given = properties_of(body)
    before = known.properties if known else {}
    tools = given.get("registeredTools", before.get("registeredTools", []))
    if not isinstance(tools, list) or not all(isinstance(tool, str) for tool in tools):
        raise bad("InvalidRequestContent", "registeredTools must be a list of texts.")
    access = words(given.get("publicNetworkAccess"), ("Enabled", "Disabled", "NotSpecified"), "publicNetworkAccess")
    return {
        # read-only from 2020-05-01 on: registerTool adds to it
        "registeredTools": tools if request.api_version < _SLIM else before.get("registeredTools", []),
        "publicNetworkAccess": access or before.get("publicNetworkAccess", "Enabled"),
    }


def _show_project(azure: Azure, request: Request, project: Resource) -> JSON:
    kept = project.properties
    properties: JSON = {
        "registeredTools": kept["registeredTools"],
        "summary": {"servers": _summary(azure, project.id, request.api_version)},
        "lastSummaryRefreshedTime": stamp(project.created),
        "refreshSummaryState": "Completed",
        "provisioningState": kept["provisioningState"],
    }
    if request.api_version >= _SLIM:
        properties["publicNetworkAccess"] = kept["publicNetworkAccess"]
    shown = {**project.show(), "eTag": etag(project, "19003645"), "properties": properties}
    if request.api_version != _WITH_IDENTITY or shown.get("identity", {}).get("type") == "None":
        shown.pop("identity", None)
    if not shown.get("tags"):
        shown.pop("tags", None)
    return shown


PROJECT = Kind(
    type="Microsoft.Migrate/MigrateProjects",
    part="project",
    accept=_accept_project,
    show=_show_project,
    identity=True,
    making=("Creating", _MAKING_S),
)


def _without_identity(request: Request) -> None:
    """It is known to one version alone; the others pass it over."""
    if request.api_version != _WITH_IDENTITY and isinstance(request.body, dict):
        request.body.pop("identity", None)


def project_put(azure: Azure, request: Request) -> Answer:
    _without_identity(request)
    _unchanged(request, PROJECT.find(azure, request), "19003645", "eTag")
    return PROJECT.put(azure, request)


def project_patch(azure: Azure, request: Request) -> Answer:
    _without_identity(request)
    return PROJECT.patch(azure, request)


def register_tool(azure: Azure, request: Request) -> Answer:
    project, tool = PROJECT.the(azure, request), whole(request).get("tool")
    if tool not in TOOLS:
        raise bad("InvalidToolName", f"The tool '{tool}' is not known.")
    tools = project.properties["registeredTools"]
    if tool not in tools:
        fresh = azure.resources.amend(project.id, registeredTools=[*tools, tool])
        if fresh is not None:
            told(azure, fresh, project, request.line)
    return Answer(body={"isRegistered": True})


def etag(resource: Resource, first: str) -> str:
    """Another one after each write."""
    return f'"{first}-0000-3300-0000-{0x67B62CFB0000 + resource.version:012x}"'


def _unchanged(request: Request, known: Resource | None, first: str, name: str) -> None:
    """412 for whoever writes over what has changed since."""
    body = request.body if isinstance(request.body, dict) else {}
    wanted = request.headers.get("if-match") or body.get(name)
    if wanted in (None, "", "*") or (known is not None and wanted == etag(known, first)):
        return
    raise ArmError(412, "PreconditionFailed", "The condition specified by the ETag is not satisfied.")


def _summary(azure: Azure, project_id: str, api_version: str) -> JSON:
    shown: JSON = {"instanceType": "Servers"}
    return shown if api_version >= _SLIM else {**shown, **_progress(azure, project_id)}


def _progress(azure: Azure, project_id: str) -> JSON:
    found = sites.found_by(azure, project_id)
    return {
        "discoveredCount": len(found),
        "assessedCount": 0,
        "replicatingCount": sum(item.active == "Primary" for item in azure.items.values()),
        "testMigratedCount": 0,
        "migratedCount": sum(item.active == "Recovery" for item in azure.items.values()),
    }


# -- solutions --------------------------------------------------------------------------------------------------


def _accept_solution(azure: Azure, request: Request, body: JSON, known: Resource | None) -> JSON:
    given = properties_of(body)
    tool = words(given.get("tool"), TOOLS, "tool")
    details = given.get("details") or {}
    if not isinstance(details, dict):
        raise bad("InvalidRequestContent", "details must be an object.")
    return {
        "tool": tool,
        "purpose": words(given.get("purpose"), _PURPOSES, "purpose") or _PURPOSE_OF.get(str(tool), "Migration"),
        "goal": words(given.get("goal"), _GOALS, "goal") or "Servers",
        "status": words(given.get("status"), ("Inactive", "Active"), "status") or "Inactive",
        "extendedDetails": _texts(details.get("extendedDetails") or {}),
    }


def _texts(details: Any) -> dict[str, str]:
    if not isinstance(details, dict) or not all(isinstance(value, str) for value in details.values()):
        raise bad("InvalidRequestContent", "extendedDetails must map texts to texts.")
    return dict(details)


def _show_solution(azure: Azure, request: Request, solution: Resource) -> JSON:
    kept, project_id = solution.properties, solution.id.rsplit("/", 2)[0]
    details = {"groupCount": 0, "assessmentCount": 0, "extendedDetails": _details(azure, project_id, kept)}
    return {
        "id": solution.id,
        "name": solution.name,
        "type": solution.type,
        "etag": etag(solution, "190036c7"),
        "properties": {
            **{name: kept[name] for name in ("tool", "purpose", "goal", "status")},
            "cleanupState": "None",
            "summary": _summary(azure, project_id, request.api_version),
            "details": details,
        },
    }


def _details(azure: Azure, project_id: str, kept: JSON) -> dict[str, str]:
    """What was written there, and what the service counts once it has something to count."""
    details = dict(kept["extendedDetails"])
    if "masterSiteId" in details:
        details |= _counts(azure, project_id)
    if "vaultId" in details:
        progress = _progress(azure, project_id)
        details |= {
            **_counts(azure, project_id),
            "dependencyEnabledMachines": "0",
            "machinesHavingSqlServers": "0",
            "machinesHavingWebServers": "0",
            "aszreplicatingCount": str(progress["replicatingCount"]),
            "asztestMigratedCount": "0",
            "aszmigratedCount": str(progress["migratedCount"]),
        }
    return details


def _counts(azure: Azure, project_id: str) -> dict[str, str]:
    families = [vm.guest_family for vm in sites.found_by(azure, project_id)]
    windows, linux = families.count("windowsGuest"), families.count("linuxGuest")
    return {
        "serversOnWindows": str(windows),
        "serversOnLinux": str(linux),
        "serversOnOther": str(len(families) - windows - linux),
    }


SOLUTION = Kind(
    type="Microsoft.Migrate/MigrateProjects/Solutions",
    part="solution",
    accept=_accept_solution,
    show=_show_solution,
    parent=(PROJECT.type, "project"),
    located=False,
)


def solution_put(azure: Azure, request: Request) -> Answer:
    """All of it is written over: a client that leaves out a detail takes it away."""
    _unchanged(request, SOLUTION.find(azure, request), "190036c7", "etag")
    return SOLUTION.put(azure, request)


def solution_patch(azure: Azure, request: Request) -> Answer:
    """What is named is written over; details that are named replace all that were there."""
    known = SOLUTION.the(azure, request)
    _unchanged(request, known, "190036c7", "etag")
    given, kept = properties_of(whole(request)), known.properties
    named = {name: given.get(name, kept[name]) for name in ("tool", "purpose", "goal", "status")}
    details = given.get("details") or {"extendedDetails": kept["extendedDetails"]}
    request.body = {"properties": {**named, "details": details}}
    return SOLUTION.put(azure, request)
