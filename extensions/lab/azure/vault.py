# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.DataReplication: the replication vault."""

from __future__ import annotations

from . import ids
from .resources import Resource
from .state import Azure
from .tracked import Kind, place, properties_of, words
from .wire import JSON, Answer, ArmError, Request

TYPE = "Microsoft.DataReplication/replicationVaults"
_MAKING_S, _DELETING_S = 20, 60  # nobody recorded either
_OF_ITEMS = ("/protecteditems", "/jobs", "/events")


def _accept(azure: Azure, request: Request, body: JSON, known: Resource | None) -> JSON:
    kind = words(properties_of(body).get("vaultType"), ("Migrate", "DisasterRecovery"), "vaultType")
    before = known.properties if known else {}
    return {
        "serviceResourceId": before.get("serviceResourceId") or azure.guid(),
        "vaultType": kind or before.get("vaultType") or "Migrate",
    }


def _show(azure: Azure, request: Request, vault: Resource) -> JSON:
    newest: JSON = {}
    if request.api_version >= "2026":
        newest = {"publicNetworkAccess": "Enabled", "privateEndpointState": "None", "privateEndpointConnections": []}
    return vault.show(**newest)


VAULT = Kind(
    type=TYPE,
    part="vault",
    accept=_accept,
    show=_show,
    identity=True,
    making=("Creating", _MAKING_S),
    deleting_s=_DELETING_S,
    polled="Microsoft.DataReplication",
)


def check(azure: Azure, request: Request) -> Answer | None:
    """404 for whatever is below a vault that is not there; an answer at once for one that holds no items.

    The lab replicates in the vault of its own project alone.
    """
    name = request.parts.get("vault")
    path = request.path.lower()
    if name is None or path.endswith(f"/replicationvaults/{name.lower()}"):
        return None
    vault = VAULT.the(azure, request)
    if vault.key == ids.VAULT.lower():
        return None
    below = path[len(vault.key) :]
    if request.method == "GET" and below in _OF_ITEMS:
        return Answer(body={"value": [], "nextLink": None})
    if below.startswith(_OF_ITEMS):
        raise ArmError(404, "ResourceNotFound", f"The Resource '{request.path}' was not found.")
    return None


def delete(azure: Azure, request: Request) -> Answer:
    """With its policies and extensions; not while it protects something."""
    found = VAULT.find(azure, request)
    holds = found is not None and found.key == ids.VAULT.lower() and azure.items
    if holds and azure.switches.vault_in_use == "refuse":
        raise ArmError(
            409, "VaultNotEmpty", f"The vault '{request.parts['vault']}' has {len(azure.items)} protected items."
        )
    return VAULT.delete(azure, request)


def listing(azure: Azure, request: Request) -> Answer:
    rows = [_show(azure, request, row) for row in azure.resources.of(TYPE, place(request))]
    return Answer(body={"value": rows, "nextLink": None})
