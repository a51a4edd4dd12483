# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both appliances registered and nothing prepared for them yet, as a person leaves a project; and a picture of it."""

from __future__ import annotations

import copy
from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.infrastructure import Wanted
from ansible_collections.azlocal.migrate.plugins.module_utils.services.infrastructure import Infrastructure
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project import Project
from ansible_collections.azlocal.migrate.plugins.module_utils.services.scope import Scope
from lab import names
from lab.azure import ids, storage
from lab.azure.state import Azure

from .killed import Ground

SCOPE = Scope(
    subscription_id=names.SUBSCRIPTION,
    resource_group=names.RESOURCE_GROUP,
    project=names.PROJECT,
    source_appliance=names.SOURCE_APPLIANCE,
    target_appliance=names.TARGET_APPLIANCE,
)
ACCOUNTS = f"{ids.group(names.RESOURCE_GROUP)}/providers/Microsoft.Storage/storageAccounts"


def work(
    arm: ArmClient, scope: Scope = SCOPE, *, check: bool = False, timeout_s: float = 1800, **asked: Any
) -> Infrastructure:
    """One module call."""
    wanted = Wanted(project=scope.project, project_id=scope.project_path, group_id=scope.group_path, **asked)
    return Infrastructure(Project(arm, scope), wanted, check=check, timeout_s=timeout_s)


def strip(ground: Ground) -> None:
    unprepare(ground.azure)


def unprepare(azure: Azure) -> None:
    """Takes everything away that the lab has prepared for the pair, so that it is as after the registration."""
    with azure.world.lock:
        azure.parts.clear()
        for account in azure.resources.of(storage.TYPE, ids.group(names.RESOURCE_GROUP)):
            azure.resources.drop(account.id)
        for key in [key for key in azure.assignments if key.startswith(ACCOUNTS.lower())]:
            azure.assignments.pop(key)
        azure.resources.amend(ids.MIGRATION_SOLUTION, extendedDetails={"vaultId": ids.VAULT}, tool="ServerDiscovery")
        vault = azure.resources.find(ids.VAULT)
        assert vault is not None
        azure.resources.save(ids.VAULT, vault.type, {**vault.body, "identity": {"type": "None"}})
        azure.identities.pop(ids.VAULT.lower(), None)


def picture(ground: Ground) -> dict[str, Any]:
    """All that the module makes and mends, without what differs from lab to lab."""
    azure = ground.azure
    with azure.world.lock:
        return {
            "parts": {key: (part.provisioning, part.custom) for key, part in azure.parts.items()},
            "resources": {
                row.key: copy.deepcopy({**row.body, "identity": (row.body.get("identity") or {}).get("type")})
                for row in azure.resources.values()
                if _is_touched(row.key)
            },
            "assignments": sorted(_grant(azure, row) for row in azure.assignments.values()),
        }


def _is_touched(key: str) -> bool:
    words = ("/solutions/", "/replicationvaults/", "/storageaccounts/", "/locks/", "/diagnosticsettings/")
    return any(word in key for word in words)


def _grant(azure: Azure, row: dict[str, Any]) -> tuple[str, str, str]:
    """Whose identity, which role, and where; the vault's identity has another id in each lab."""
    said = row["properties"]
    vault = azure.identities.get(ids.VAULT.lower())
    who = "the vault" if said["principalId"] == vault else said["principalId"]
    return who, said["roleDefinitionId"].rpartition("/")[2], said["scope"].lower()
