# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure RBAC: which action a request needs, and what is refused without it.

The lab's principal may do everything but what the switch ``missing_rights`` names.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from .state import Azure
from .wire import Answer, ArmError, Request

_PROVIDER = "/providers/Microsoft.Authorization"
_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete", "POST": "action"}


# -- what a request needs ---------------------------------------------------------------------------------------


def target_of(path: str) -> tuple[str, str, list[str]]:
    """What the last provider in a path stands below, its namespace, and the types and names after it."""
    at = path.lower().rfind("/providers/")  # an id may come in capitals
    if at < 0:
        return "", "Microsoft.Resources", path.strip("/").split("/")
    namespace, *rest = path[at + len("/providers/") :].split("/")
    return path[:at], namespace, rest


def type_of(path: str) -> str:
    """The resource type that a path names."""
    _, namespace, rest = target_of(path)
    return "/".join([namespace, *rest[0::2]])


def needed(method: str, path: str) -> tuple[str, str]:
    """The action, and the scope it is needed on."""
    before, namespace, rest = target_of(path)
    if before and rest == ["register"]:
        return f"{namespace}/register/action", before
    if before and not rest:
        return "Microsoft.Resources/subscriptions/providers/read", before
    action = f"{type_of(path)}/{_VERBS.get(method, 'action')}"
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
