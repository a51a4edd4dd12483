# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure Policy: types that somebody has forbidden in this subscription."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

from .. import names
from . import rbac
from .state import Azure
from .wire import ArmError, Request, last

_ASSIGNMENT = f"/providers/Microsoft.Management/managementGroups/{names.TENANT}/providers/Microsoft.Authorization"


def denied(azure: Azure, kind: str) -> bool:
    return any(fnmatchcase(kind.lower(), each.lower()) for each in azure.switches.policy_denies)


def check(azure: Azure, request: Request) -> None:
    """A policy with the effect deny looks at what is made or changed, never at what is read or deleted."""
    if request.method in ("PUT", "PATCH") and azure.switches.policy_denies:
        need(azure, rbac.type_of(request.path), last(request.path))


def need(azure: Azure, kind: str, name: str) -> None:
    if not denied(azure, kind):
        return
    told = {
        "policyAssignment": {"name": "Not allowed types", "id": f"{_ASSIGNMENT}/policyAssignments/not-allowed-types"},
        "policyDefinition": {"name": "Not allowed types", "id": f"{_ASSIGNMENT}/policyDefinitions/not-allowed-types"},
    }
    info = {
        "policyDefinitionDisplayName": told["policyDefinition"]["name"],
        "policyDefinitionId": told["policyDefinition"]["id"],
        "policyDefinitionEffect": "deny",
        "policyAssignmentDisplayName": told["policyAssignment"]["name"],
        "policyAssignmentId": told["policyAssignment"]["id"],
        "policyAssignmentScope": _ASSIGNMENT.rpartition("/providers/")[0],
    }
    raise ArmError(
        403,
        "RequestDisallowedByPolicy",
        f"Resource '{name}' was disallowed by policy. Policy identifiers: '{json.dumps([told])}'.",
        gateway=True,
        more={"target": name, "additionalInfo": [{"type": "PolicyViolation", "info": info}]},
    )
