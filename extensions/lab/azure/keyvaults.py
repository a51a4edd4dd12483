# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.KeyVault: vaults, which a project's first key brings, and what is left of one after its deletion."""

from __future__ import annotations

from .. import names
from .deletion import KEY_VAULT
from .resources import Resource
from .state import Azure
from .tracked import Kind
from .wire import JSON, Answer, ArmError, Request, stamp

KEY_VAULTS = Kind(type=KEY_VAULT, part="keyvault")


def body(region: str, name: str) -> JSON:
    return {
        "location": region,
        "tags": {},
        "properties": {
            "sku": {"family": "A", "name": "standard"},
            "tenantId": names.TENANT,
            "accessPolicies": [],
            "enabledForDeployment": False,
            "enableSoftDelete": True,
            "softDeleteRetentionInDays": 90,
            "enableRbacAuthorization": False,
            "vaultUri": f"https://{name}.vault.azure.net/",
            "provisioningState": "Succeeded",
            "publicNetworkAccess": "Enabled",
        },
    }


def _show(subscription: str, vault: Resource) -> JSON:
    location = vault.body["location"]
    return {
        "id": f"/subscriptions/{subscription}/providers/{KEY_VAULT.partition('/')[0]}/locations/{location}/deletedVaults/"
        f"{vault.name}",
        "name": vault.name,
        "type": "Microsoft.KeyVault/deletedVaults",
        "properties": {"vaultId": vault.id, "location": location, "tags": {}, "deletionDate": stamp(vault.created)},
    }


def _of(azure: Azure, request: Request) -> list[Resource]:
    start = f"/subscriptions/{request.parts['sub']}/".lower()
    return [vault for vault in azure.deleted_vaults.values() if vault.key.startswith(start)]


def deleted(azure: Azure, request: Request) -> Answer:
    """Soft deletion cannot be switched off: the name stays taken for 90 days, or until the vault is purged."""
    rows = [_show(request.parts["sub"], vault) for vault in _of(azure, request)]
    return Answer(body={"value": rows})


def _the(azure: Azure, request: Request) -> Resource:
    wanted = request.parts["keyvault"].lower()
    for vault in _of(azure, request):
        if vault.name.lower() == wanted and vault.body["location"] == request.parts["location"].lower():
            return vault
    raise ArmError(404, "DeletedVaultNotFound", f"The specified deleted vault '{wanted}' does not exist.")


def deleted_one(azure: Azure, request: Request) -> Answer:
    return Answer(body=_show(request.parts["sub"], _the(azure, request)))


def purge(azure: Azure, request: Request) -> Answer:
    vault = _the(azure, request)
    azure.deleted_vaults.pop(vault.name.lower())
    azure.world.journal.write("", "target", "resource", {"id": vault.id, "deleted": True}, None, request.line)
    return Answer(status=202)
