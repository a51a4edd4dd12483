# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.Insights: where the logs of a vault are sent."""

from __future__ import annotations

from .locks import exists
from .state import Azure
from .tracked import properties_of, told, whole
from .wire import JSON, Answer, ArmError, Request, bad, last

TYPE = "Microsoft.Insights/diagnosticSettings"
_CATEGORIES = (
    "HealthEvents",
    "JobEvents",
    "ProtectedItems",
    "ReplicationExtensions",
    "ReplicationPolicies",
    "ReplicationVaults",
)
_GROUPS = ("allLogs", "audit")
_SINKS = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId")
_VAULTS = "/providers/microsoft.datareplication/replicationvaults/"


def _id(request: Request) -> str:
    return f"{request.parts['scope']}/providers/{TYPE}/{request.parts['name']}"


def _check(azure: Azure, request: Request) -> None:
    if not exists(azure, request.parts["scope"]):
        raise ArmError(404, "ResourceNotFound", f"The Resource '{request.parts['scope']}' was not found.", gateway=True)
    if _VAULTS not in request.parts["scope"].lower():
        raise bad("ResourceTypeNotSupported", f"The resource '{last(request.parts['scope'])}' has no logs to send.")


def listing(azure: Azure, request: Request) -> Answer:
    _check(azure, request)
    return Answer(body={"value": [row.show() for row in azure.resources.of(TYPE, request.parts["scope"])]})


def get(azure: Azure, request: Request) -> Answer:
    _check(azure, request)
    found = azure.resources.find(_id(request))
    if found is None:
        raise ArmError(404, "ResourceNotFound", f"The diagnostic setting '{request.parts['name']}' doesn't exist.")
    return Answer(body=found.show())


def put(azure: Azure, request: Request) -> Answer:
    _check(azure, request)
    given = properties_of(whole(request))
    logs, metrics = given.get("logs") or [], given.get("metrics") or []
    if not any(given.get(sink) for sink in _SINKS):
        raise bad("BadRequest", "At least one data sink needs to be specified.")
    if metrics:
        raise bad("BadRequest", "Metrics are not supported for this resource.")
    if not logs:
        raise bad("BadRequest", "At least one log category needs to be enabled.")
    for row in logs:
        _log(row)
    kept: JSON = {**{sink: given.get(sink) for sink in _SINKS}, "logs": logs, "metrics": []}
    known = azure.resources.find(_id(request))
    fresh = azure.resources.save(_id(request), TYPE, {"properties": kept})
    told(azure, fresh, known, request.line)
    return Answer(body=fresh.show())


def _log(row: JSON) -> None:
    category, group = row.get("category"), row.get("categoryGroup")
    if (category is None) == (group is None):
        raise bad("BadRequest", "Either a category or a categoryGroup is needed.")
    if category is not None and category not in _CATEGORIES:
        raise bad("BadRequest", f"Category '{category}' is not supported.")
    if group is not None and group not in _GROUPS:
        raise bad("BadRequest", f"Category group '{group}' is not supported.")


def delete(azure: Azure, request: Request) -> Answer:
    known = azure.resources.pop(_id(request).lower(), None)
    if known is None:
        return Answer(status=204)
    azure.world.journal.write("", "target", "resource", {"id": known.id}, None, request.line)
    return Answer()


def categories(azure: Azure, request: Request) -> Answer:
    _check(azure, request)
    rows = [
        {
            "id": f"{request.parts['scope']}/providers/{TYPE}Categories/{name}",
            "name": name,
            "type": "Microsoft.Insights/diagnosticSettingsCategories",
            "properties": {"categoryType": "Logs", "categoryGroups": ["allLogs"]},
        }
        for name in _CATEGORIES
    ]
    return Answer(body={"value": rows})
