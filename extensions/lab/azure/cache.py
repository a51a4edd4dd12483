# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What replication needs of its cache storage account, and how it fails without."""

from __future__ import annotations

from . import fabrics, roles, storage
from .jobs import JobFailure
from .resources import Resource
from .state import Azure
from .wire import JSON

# The first two are documented; the others are the lab's own: nobody recorded any.
_NO_ACCOUNT, _UNFIT, _RIGHTS, _NO_AGENT = "542", "VMwareToAzLocalProtectionStateEnablingFailed", "2100021", "2100022"


def need(azure: Azure, vault_id: str, extension: JSON) -> None:
    """A job that uses the pair fails where something of this is missing."""
    vault, account = azure.resources.find(vault_id), azure.resources.find(extension.get("storageAccountId"))
    if account is None or vault is None:
        raise JobFailure(_NO_ACCOUNT, f"The storage account '{extension.get('storageAccountId')}' was not found.")
    _region(azure, vault, account)
    _reach(azure, account)
    for who, principal in _principals(azure, vault, extension):
        lacking = [
            role for role in (roles.CONTRIBUTOR, roles.BLOB_CONTRIBUTOR)
            if not roles.holds(azure, principal, role, account.id)
        ]  # fmt: skip
        if lacking:
            raise JobFailure(
                _RIGHTS,
                f"AuthorizationPermissionMismatch: {who} ({principal or 'no identity'}) is not authorized on the storage "
                f"account '{account.name}'.",
                recommendation="Assign the roles, and wait until they have reached the storage account.",
            )


def _region(azure: Azure, vault: Resource, account: Resource) -> None:
    here = storage.region(azure, account)
    if here != vault.body["location"]:
        raise JobFailure(
            _UNFIT,
            f"The storage account '{account.name}' is in '{here}', the vault in '{vault.body['location']}'.",
            recommendation="Use a storage account in the region of the project.",
        )


def _reach(azure: Azure, account: Resource) -> None:
    if not storage.reachable(azure, account):
        raise JobFailure(
            _UNFIT,
            f"The storage account '{account.name}' cannot be reached from public networks.",
            recommendation="Enable public network access to the storage account.",
        )


def _principals(azure: Azure, vault: Resource, extension: JSON) -> list[tuple[str, str]]:
    found = [("the vault", str((vault.body.get("identity") or {}).get("principalId") or ""))]
    for key in ("vmwareFabricArmId", "azStackHciFabricArmId"):
        agents = azure.resources.of(fabrics.AGENT_TYPE, str(extension[key]))
        if not agents:
            raise JobFailure(_NO_AGENT, f"The fabric '{extension[key]}' has no agent.")
        agent = agents[0].properties
        found.append((f"the agent of {agent['machineName']}", str(agent["resourceAccessIdentity"]["objectId"])))
    return found
