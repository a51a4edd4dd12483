# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role definitions, and who was given which."""

from __future__ import annotations

import re

from .. import names
from . import ids
from .state import Azure
from .wire import JSON, Answer, ArmError, Request, bad, page, same, stamp

_PROVIDER = "/providers/Microsoft.Authorization"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
STORAGE_CONTRIBUTOR = "17d1049b-9a84-46fb-8f53-869881c3d3ab"
SERVICE_READER = "ba480ccd-6499-4709-b581-8f38bb215c63"  # what a project's identity is given
BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
# built-in role -> (name, actions, not actions, data actions)
_BLOBS = "Microsoft.Storage/storageAccounts/blobServices"
_ROLES: dict[str, tuple[str, list[str], list[str], list[str]]] = {
    OWNER: ("Owner", ["*"], [], []),
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
    STORAGE_CONTRIBUTOR: (
        "Storage Account Contributor",
        ["Microsoft.Authorization/*/read", "Microsoft.Storage/storageAccounts/*", "Microsoft.Support/*"],
        [],
        [],
    ),
    SERVICE_READER: ("Azure Migrate Service Reader", ["Microsoft.Migrate/*/read", "Microsoft.OffAzure/*/read"], [], []),
}


def _definition(role: str) -> JSON:
    name, actions, not_actions, data_actions = _ROLES[role]
    allowed = {"actions": actions, "notActions": not_actions, "dataActions": data_actions, "notDataActions": []}
    return _role(role, name, "BuiltInRole", ["/"], [allowed])


def _role(name: str, title: str, kind: str, scopes: list[str], allowed: list[JSON], about: str = "") -> JSON:
    return {
        "properties": {
            "roleName": title,
            "type": kind,
            "description": about,
            "assignableScopes": scopes,
            "permissions": allowed,
        },
        "id": f"{ids.SUBSCRIPTION}{_PROVIDER}/roleDefinitions/{name}",
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": name,
    }


def _known(azure: Azure, role: str) -> JSON | None:
    return _definition(role) if role in _ROLES else azure.own_roles.get(role)


def definitions(azure: Azure, request: Request) -> Answer:
    asked = request.query.get("$filter", "")
    wanted = re.search(r"roleName\s+eq\s+'([^']*)'", asked, re.IGNORECASE)
    kind = re.search(r"type\s+eq\s+'([^']*)'", asked, re.IGNORECASE)
    rows = [*(_definition(role) for role in _ROLES), *(row for row in azure.own_roles.values() if _here(row, request))]
    if wanted is not None:
        rows = [row for row in rows if same(row["properties"]["roleName"], wanted[1])]
    if kind is not None:
        rows = [row for row in rows if same(row["properties"]["type"], kind[1])]
    return Answer(body={"value": rows})


def _here(row: JSON, request: Request) -> bool:
    """A custom role is known in the scopes that it may be assigned in, and below them."""
    here = f"{request.parts['scope']}/".lower()
    return any(here.startswith(f"{scope.rstrip('/')}/".lower()) for scope in row["properties"]["assignableScopes"])


def _no_role(role: str) -> ArmError:
    return ArmError(
        404, "RoleDefinitionDoesNotExist", f"The specified role definition with ID '{role}' does not exist."
    )


def definition(azure: Azure, request: Request) -> Answer:
    row = _known(azure, request.parts["name"].lower())
    if row is None:
        raise _no_role(request.parts["name"])
    return Answer(body=row)


def define(azure: Azure, request: Request) -> Answer:
    """A custom role. Its name is taken in the whole tenant."""
    name, properties = request.parts["name"].lower(), _properties(request)
    if not _GUID.fullmatch(name) or name in _ROLES:
        raise bad("InvalidRoleDefinitionId", f"The role definition ID '{name}' is not valid.")
    title, scopes = properties.get("roleName"), properties.get("assignableScopes")
    allowed = properties.get("permissions")
    if not isinstance(title, str) or not 0 < len(title) <= 128:
        raise bad("RoleDefinitionNameInvalid", "The role definition name must have 1 to 128 characters.")
    if not isinstance(scopes, list) or not scopes or not all(isinstance(scope, str) for scope in scopes):
        raise bad("MissingAssignableScopes", "The role definition must have at least one assignable scope.")
    if not isinstance(allowed, list) or not all(isinstance(each, dict) for each in allowed):
        raise bad("InvalidRoleDefinitionPermissions", "The permissions of the role definition must be a list.")
    others = [_definition(role) for role in _ROLES] + [row for key, row in azure.own_roles.items() if key != name]
    if any(same(row["properties"]["roleName"], title) for row in others):
        raise ArmError(
            409, "RoleDefinitionWithSameNameExists", f"A custom role with the name '{title}' already exists."
        )
    fresh = _role(name, title, "CustomRole", scopes, allowed, str(properties.get("description") or ""))
    if azure.own_roles.get(name) != fresh:
        azure.own_roles[name] = fresh
        azure.world.journal.write("", "target", "role", None, fresh["id"], request.line)
    return Answer(status=201, body=fresh)


def undefine(azure: Azure, request: Request) -> Answer:
    name = request.parts["name"].lower()
    if name not in azure.own_roles:
        return Answer(status=204)
    if any(_role_of(row["properties"]) == name for row in azure.assignments.values()):
        raise bad("RoleDefinitionHasAssignments", "There are existing role assignments referencing this role.")
    row = azure.own_roles.pop(name)
    azure.world.journal.write("", "target", "role", row["id"], None, request.line)
    return Answer(body=row)


# -- role assignments -------------------------------------------------------------------------------------------


def row(azure: Azure, scope: str, name: str, role: str, who: str, kind: str = "ServicePrincipal") -> JSON:
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
    for each in azure.assignments.ago(azure.switches.assignment_lag_s).values():
        scope = each["properties"]["scope"].lower()
        below = f"{scope}/".startswith(f"{here}/") and scope != here
        related = f"{here}/".startswith(f"{scope}/") or (below and "atscope()" not in asked.lower())
        if related and (who is None or same(who[1], each["properties"]["principalId"])):
            rows.append(each)
    return Answer(body=page(azure.base_url, request, rows, 100))


def assignment(azure: Azure, request: Request) -> Answer:
    found = azure.assignments.get(_id(request).lower())
    if found is None:
        raise ArmError(
            404, "RoleAssignmentNotFound", f"The role assignment '{request.parts['name']}' is not found.", gateway=True
        )
    return Answer(body=found)


def _properties(request: Request) -> JSON:
    properties = request.body.get("properties") if isinstance(request.body, dict) else None
    return properties if isinstance(properties, dict) else {}


def _role_of(properties: JSON) -> str:
    return str(properties.get("roleDefinitionId", "")).rsplit("/", 1)[-1].lower()


def assign(azure: Azure, request: Request) -> Answer:
    if not _GUID.fullmatch(request.parts["name"]):
        raise bad("InvalidRoleAssignmentId", f"The role assignment ID '{request.parts['name']}' is not valid.")
    properties = _properties(request)
    role, who = _role_of(properties), properties.get("principalId")
    if _known(azure, role) is None:
        raise _no_role(role)
    if not isinstance(who, str) or not _GUID.fullmatch(who):
        raise bad("InvalidPrincipalId", f"The principal ID '{who}' is not valid.")
    _principal_known(azure, who, properties)
    kind = str(properties.get("principalType") or "ServicePrincipal")
    fresh = row(azure, request.parts["scope"], request.parts["name"], role, who, kind)
    known = azure.assignments.get(fresh["id"].lower())
    if known is not None:
        if not _same_grant(known, fresh):
            raise bad(
                "RoleAssignmentUpdateNotPermitted",
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
            )
        return Answer(body=known)
    if any(_same_grant(each, fresh) for each in azure.assignments.values()):
        raise ArmError(409, "RoleAssignmentExists", "The role assignment already exists.")
    azure.assignments[fresh["id"].lower()] = fresh
    azure.world.journal.write("", "target", "role", None, fresh["id"], request.line)
    return Answer(status=201, body=fresh)


def _principal_known(azure: Azure, who: str, properties: JSON) -> None:
    """A young principal is not known everywhere yet; whoever names its type is believed."""
    born = azure.born.get(who.lower())
    if born is None or (properties.get("principalType") and azure.switches.principal_type == "believed"):
        return
    if azure.clock.monotonic() < born + azure.schedule.short(azure.switches.principal_lag_s):
        raise bad(
            "PrincipalNotFound",
            f"Principal {who.replace('-', '')} does not exist in the directory {names.TENANT}. Check that you have the "
            "correct principal ID. If you are creating this principal and then immediately assigning a role, this error "
            "might be related to a replication delay. In this case, set the role assignment principalType property to a "
            "value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
        )


def holds(azure: Azure, who: str, role: str, scope: str) -> bool:
    """Whether a grant on the scope or above it has reached the place where it is asked for."""
    here = f"{scope}/".lower()
    for each in azure.assignments.ago(azure.switches.role_propagation_s).values():
        properties = each["properties"]
        above = here.startswith(f"{properties['scope']}/".lower())
        if above and same(properties["principalId"], who) and _role_of(properties) in (role, OWNER):
            return True
    return False


def _same_grant(left: JSON, right: JSON) -> bool:
    return all(
        same(left["properties"][key], right["properties"][key]) for key in ("scope", "principalId", "roleDefinitionId")
    )


def withdraw(azure: Azure, request: Request) -> Answer:
    known = azure.assignments.pop(_id(request).lower(), None)
    if known is None:
        return Answer(status=204)
    azure.world.journal.write("", "target", "role", known["id"], None, request.line)
    return Answer(body=known)
