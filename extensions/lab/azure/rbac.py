# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure RBAC: which action a request needs, what is refused without it, and role assignments.

The lab's principal may do everything but what the switch ``missing_rights`` names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from .. import names
from . import ids
from .state import Azure
from .wire import JSON, Answer, ArmError, Request, bad, page, same, stamp

_PROVIDER = "/providers/Microsoft.Authorization"
_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete", "POST": "action"}
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
# built-in role -> (name, actions, not actions, data actions)
_BLOBS = "Microsoft.Storage/storageAccounts/blobServices"
_ROLES: dict[str, tuple[str, list[str], list[str], list[str]]] = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": ("Owner", ["*"], [], []),
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": ("Reader", ["*/read"], [], []),
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": (
        "User Access Administrator",
        ["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
        [],
        [],
    ),
    CONTRIBUTOR: (
        "Contributor",
        ["*"],
        ["Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"],
        [],
    ),
    BLOB_CONTRIBUTOR: (
        "Storage Blob Data Contributor",
        [f"{_BLOBS}/containers/{verb}" for verb in ("delete", "read", "write")],
        [],
        [f"{_BLOBS}/containers/blobs/{verb}" for verb in ("delete", "read", "write")],
    ),
}


def prepare(azure: Azure) -> None:
    """What stands before: the principal owns the subscription; the appliances and the vault may use the storage."""
    owner = next(iter(_ROLES))
    rows = [_row(azure, ids.SUBSCRIPTION, ids.fixed("owner"), owner, names.CLIENT_ID)]
    for who in (
        ids.VAULT_PRINCIPAL,
        ids.agent_principal(names.SOURCE_APPLIANCE),
        ids.agent_principal(names.TARGET_APPLIANCE),
    ):
        for role in (CONTRIBUTOR, BLOB_CONTRIBUTOR):
            rows.append(_row(azure, ids.STORAGE_ACCOUNT, ids.fixed(f"assignment {who} {role}"), role, who))
    azure.assignments.update({row["id"].lower(): row for row in rows})  # since ever: no list lags behind these


# -- what a request needs ---------------------------------------------------------------------------------------


def needed(method: str, path: str) -> tuple[str, str]:
    """The action, and the scope it is needed on."""
    at = path.lower().rfind("/providers/")  # an id may come in capitals
    before, after = (path[:at], path[at + len("/providers/") :]) if at >= 0 else ("", "")
    namespace, *rest = after.split("/") if before else ("Microsoft.Resources", *path.strip("/").split("/"))
    if before and rest == ["register"]:
        return f"{namespace}/register/action", before
    if before and not rest:
        return "Microsoft.Resources/subscriptions/providers/read", before
    action = "/".join([namespace, *rest[0::2], _VERBS.get(method, "action")])
    if len(rest) % 2 == 0:
        return action, path
    return action, path.rpartition("/")[0] if len(rest) > 1 else before or "/"


def _missing(azure: Azure, action: str) -> bool:
    return any(fnmatchcase(action.lower(), right.lower()) for right in azure.switches.missing_rights)


def readable(azure: Azure, kind: str) -> bool:
    """Resource Graph shows what one may read, and never refuses."""
    return not _missing(azure, f"{kind}/read")


def check(azure: Azure, request: Request) -> None:
    if not azure.switches.missing_rights or not request.path.lower().startswith("/subscriptions/"):
        return
    action, scope = needed(request.method, request.path)
    who = f"The client '{request.principal}' with object id '{request.principal}'"
    if _missing(azure, action):
        raise ArmError(
            403,
            "AuthorizationFailed",
            f"{who} does not have authorization to perform action '{action}' over scope '{scope}' or the scope is "
            "invalid. If access was recently granted, please refresh your credentials.",
            gateway=True,
        )
    linked = [(other, where) for other, where in _linked(request, action) if _missing(azure, other)]
    if linked:
        actions, scopes = (",".join(part) for part in zip(*linked, strict=True))
        raise ArmError(
            403,
            "LinkedAuthorizationFailed",
            f"{who} has permission to perform action '{action}' on scope '{scope}'; however, it does not have "
            f"permission to perform action(s) '{actions}' on the linked scope(s) '{scopes}' (respectively) or the "
            "linked scope(s) are invalid.",
            gateway=True,
        )


def _linked(request: Request, action: str) -> Iterator[tuple[str, str]]:
    """What a protected item uses elsewhere."""
    if not action.lower().endswith("/protecteditems/write"):
        return
    properties = request.body.get("properties") if isinstance(request.body, dict) else None
    custom = properties.get("customProperties") if isinstance(properties, dict) else None
    if not isinstance(custom, dict):
        return
    for key, action_there in (
        ("targetArcClusterCustomLocationId", "Microsoft.ExtendedLocation/customLocations/deploy/action"),
        ("storageContainerId", "Microsoft.AzureStackHCI/storageContainers/deploy/action"),
    ):
        if custom.get(key):
            yield action_there, str(custom[key])
    nics = custom.get("nicsToInclude")
    nics = [nic for nic in nics if isinstance(nic, dict)] if isinstance(nics, list) else []
    for network in dict.fromkeys(nic.get("targetNetworkId") for nic in nics):
        if network:
            yield "Microsoft.AzureStackHCI/logicalNetworks/join/action", str(network)


def permissions(azure: Azure, request: Request) -> Answer:
    row = {
        "actions": ["*"],
        "notActions": list(azure.switches.missing_rights),
        "dataActions": [],
        "notDataActions": [],
    }
    return Answer(body={"value": [row], "nextLink": None})


# -- role definitions -------------------------------------------------------------------------------------------


def _definition(role: str) -> JSON:
    name, actions, not_actions, data_actions = _ROLES[role]
    allowed = {"actions": actions, "notActions": not_actions, "dataActions": data_actions, "notDataActions": []}
    return {
        "properties": {
            "roleName": name,
            "type": "BuiltInRole",
            "description": "",
            "assignableScopes": ["/"],
            "permissions": [allowed],
        },
        "id": f"{ids.SUBSCRIPTION}{_PROVIDER}/roleDefinitions/{role}",
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": role,
    }


def definitions(azure: Azure, request: Request) -> Answer:
    wanted = re.search(r"roleName\s+eq\s+'([^']*)'", request.query.get("$filter", ""), re.IGNORECASE)
    rows = [_definition(role) for role in _ROLES if wanted is None or same(_ROLES[role][0], wanted[1])]
    return Answer(body={"value": rows})


# -- role assignments -------------------------------------------------------------------------------------------


def _row(azure: Azure, scope: str, name: str, role: str, who: str, kind: str = "ServicePrincipal") -> JSON:
    return {
        "properties": {
            "roleDefinitionId": f"{ids.SUBSCRIPTION}{_PROVIDER}/roleDefinitions/{role}",
            "principalId": who,
            "principalType": kind,
            "scope": scope,
            "condition": None,
            "conditionVersion": None,
            "createdOn": stamp(azure.now()),
            "updatedOn": stamp(azure.now()),
            "createdBy": names.CLIENT_ID,
            "updatedBy": names.CLIENT_ID,
            "delegatedManagedIdentityResourceId": None,
            "description": None,
        },
        "id": f"{scope}{_PROVIDER}/roleAssignments/{name}",
        "type": "Microsoft.Authorization/roleAssignments",
        "name": name,
    }


def _id(request: Request) -> str:
    return f"{request.parts['scope']}{_PROVIDER}/roleAssignments/{request.parts['name']}"


def assignments(azure: Azure, request: Request) -> Answer:
    """Those at the scope and above it, and below it unless the filter says atScope()."""
    asked = request.query.get("$filter", "")
    who = re.search(r"(?:principalId\s+eq\s+|assignedTo\()'([^']*)'", asked, re.IGNORECASE)
    here = request.parts["scope"].lower()
    rows = []
    for row in azure.assignments.ago(azure.switches.assignment_lag_s).values():
        scope = row["properties"]["scope"].lower()
        below = f"{scope}/".startswith(f"{here}/") and scope != here
        related = f"{here}/".startswith(f"{scope}/") or (below and "atscope()" not in asked.lower())
        if related and (who is None or same(who[1], row["properties"]["principalId"])):
            rows.append(row)
    return Answer(body=page(azure.base_url, request, rows, 100))


def assignment(azure: Azure, request: Request) -> Answer:
    row = azure.assignments.get(_id(request).lower())
    if row is None:
        raise ArmError(
            404, "RoleAssignmentNotFound", f"The role assignment '{request.parts['name']}' is not found.", gateway=True
        )
    return Answer(body=row)


def assign(azure: Azure, request: Request) -> Answer:
    if not _GUID.fullmatch(request.parts["name"]):
        raise bad("InvalidRoleAssignmentId", f"The role assignment ID '{request.parts['name']}' is not valid.")
    properties = request.body.get("properties") if isinstance(request.body, dict) else None
    properties = properties if isinstance(properties, dict) else {}
    role = str(properties.get("roleDefinitionId", "")).rsplit("/", 1)[-1].lower()
    who = properties.get("principalId")
    if role not in _ROLES:
        raise ArmError(
            404, "RoleDefinitionDoesNotExist", f"The specified role definition with ID '{role}' does not exist."
        )
    if not isinstance(who, str) or not _GUID.fullmatch(who):
        raise bad("InvalidPrincipalId", f"The principal ID '{who}' is not valid.")
    kind = str(properties.get("principalType") or "ServicePrincipal")
    row = _row(azure, request.parts["scope"], request.parts["name"], role, who, kind)
    known = azure.assignments.get(row["id"].lower())
    if known is not None:
        if not _same_grant(known, row):
            raise bad(
                "RoleAssignmentUpdateNotPermitted",
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
            )
        return Answer(body=known)
    if any(_same_grant(each, row) for each in azure.assignments.values()):
        raise ArmError(409, "RoleAssignmentExists", "The role assignment already exists.")
    azure.assignments[row["id"].lower()] = row
    azure.world.journal.write("", "target", "role", None, row["id"], request.line)
    return Answer(status=201, body=row)


def _same_grant(left: JSON, right: JSON) -> bool:
    return all(
        same(left["properties"][key], right["properties"][key]) for key in ("scope", "principalId", "roleDefinitionId")
    )


def withdraw(azure: Azure, request: Request) -> Answer:
    row = azure.assignments.pop(_id(request).lower(), None)
    if row is None:
        return Answer(status=204)
    azure.world.journal.write("", "target", "role", row["id"], None, request.line)
    return Answer(body=row)
