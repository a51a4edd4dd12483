# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.Storage: storage accounts, and whether a name is free in the world."""

from __future__ import annotations

import re

from . import operations, regions, tags
from .resources import Resource
from .state import Azure
from .tracked import Kind, properties_of, settle, told, whole, words
from .wire import JSON, Answer, ArmError, Request, bad, stamp

TYPE = "Microsoft.Storage/storageAccounts"
_NAME = re.compile(r"[a-z0-9]{3,24}")
_SKUS = tuple(
    f"{tier}_{kind}" for tier in ("Standard", "Premium") for kind in ("LRS", "ZRS", "GRS", "RAGRS", "GZRS", "RAGZRS")
)
_KINDS = ("StorageV2", "Storage", "BlobStorage", "BlockBlobStorage", "FileStorage")
_MAKING_S = 20
_TLS = ("TLS1_0", "TLS1_1", "TLS1_2", "TLS1_3")
_ON_OFF = ("Enabled", "Disabled")


def _name_problem(azure: Azure, name: str, own: str) -> tuple[str, str]:
    """Why a name cannot be had by the account of this id; two empty texts where it can."""
    if not _NAME.fullmatch(name):
        return "AccountNameInvalid", (
            f"{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in "
            "length and use numbers and lower-case letters only."
        )
    taken = name in azure.switches.names_taken or any(
        row.name == name and row.key != own.lower() for row in azure.resources.of(TYPE)
    )
    return ("StorageAccountAlreadyTaken", f"The storage account named {name} is already taken.") if taken else ("", "")


def check_name(azure: Azure, request: Request) -> Answer:
    body = whole(request)
    if body.get("type") != TYPE:
        raise bad("InvalidRequestContent", f"type must be {TYPE}.")
    code, message = _name_problem(azure, str(body.get("name") or ""), "")
    if not code:
        return Answer(body={"nameAvailable": True})
    reason = "AccountNameInvalid" if code == "AccountNameInvalid" else "AlreadyExists"
    return Answer(body={"nameAvailable": False, "reason": reason, "message": message})


def _accept(azure: Azure, request: Request, body: JSON, known: Resource | None) -> JSON:
    given = properties_of(body)
    before = known.properties if known else {}
    acls = given.get("networkAcls", before.get("networkAcls"))
    if acls is not None and (not isinstance(acls, dict) or acls.get("defaultAction") not in ("Allow", "Deny")):
        raise bad("InvalidValuesForRequestParameters", "networkAcls.defaultAction must be Allow or Deny.")

    def said(name: str, default: object) -> object:
        return given[name] if given.get(name) is not None else before.get(name, default)

    return {
        "allowBlobPublicAccess": bool(said("allowBlobPublicAccess", False)),
        "allowSharedKeyAccess": bool(said("allowSharedKeyAccess", True)),
        "allowCrossTenantReplication": bool(said("allowCrossTenantReplication", False)),
        "minimumTlsVersion": words(said("minimumTlsVersion", "TLS1_0"), _TLS, "minimumTlsVersion"),
        "supportsHttpsTrafficOnly": bool(said("supportsHttpsTrafficOnly", True)),
        "publicNetworkAccess": words(said("publicNetworkAccess", "Enabled"), _ON_OFF, "publicNetworkAccess"),
        "networkAcls": {
            "bypass": "AzureServices",
            "virtualNetworkRules": [],
            "ipRules": [],
            "defaultAction": "Allow",
            **(acls or {}),
        },
        "accessTier": words(said("accessTier", "Hot"), ("Hot", "Cool", "Cold"), "accessTier"),
    }


def usual(state: str) -> JSON:
    """The properties of an account that nobody said much about."""
    return {
        "allowBlobPublicAccess": False,
        "allowSharedKeyAccess": True,
        "allowCrossTenantReplication": False,
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
        "publicNetworkAccess": "Enabled",
        "networkAcls": {"bypass": "AzureServices", "virtualNetworkRules": [], "ipRules": [], "defaultAction": "Allow"},
        "accessTier": "Hot",
        "provisioningState": state,
    }


def _show(azure: Azure, request: Request, account: Resource) -> JSON:
    location = region(azure, account)
    sku = account.body["sku"]["name"]
    return {
        **account.show(
            **_doors(azure, account),
            primaryEndpoints={kind: f"https://{account.name}.{kind}.core.windows.net/" for kind in ("blob", "file")},
            primaryLocation=location,
            statusOfPrimary="available",
            creationTime=stamp(account.created),
            privateEndpointConnections=[],
            encryption={
                "services": {kind: {"keyType": "Account", "enabled": True} for kind in ("file", "blob")},
                "keySource": "Microsoft.Storage",
            },
        ),
        "location": location,
        "sku": {"name": sku, "tier": sku.partition("_")[0]},
    }


def region(azure: Azure, account: Resource) -> str:
    """A switch moves every account there is."""
    return azure.switches.storage_region or str(account.body["location"])


def _doors(azure: Azure, account: Resource) -> JSON:
    """Network access as it is: a policy of the customer's may have closed it behind whoever made the account."""
    kept, closed = account.properties, azure.switches.storage_firewall
    acls = {**kept["networkAcls"], "defaultAction": "Deny"} if closed == "closed" else kept["networkAcls"]
    access = "Disabled" if closed == "private" else kept["publicNetworkAccess"]
    return {"networkAcls": acls, "publicNetworkAccess": access}


def reachable(azure: Azure, account: Resource) -> bool:
    doors = _doors(azure, account)
    return bool(doors["publicNetworkAccess"] == "Enabled" and doors["networkAcls"]["defaultAction"] == "Allow")


ACCOUNT = Kind(type=TYPE, part="account", accept=_accept, show=_show, keeps=("sku", "kind"))


def put(azure: Azure, request: Request) -> Answer:
    """A new one takes a while, and is answered with 202 and a Location."""
    arm_id, known, body = ACCOUNT.id(request), ACCOUNT.find(azure, request), whole(request)
    code, message = _name_problem(azure, request.parts["account"], arm_id)
    if code:
        raise ArmError(400 if code == "AccountNameInvalid" else 409, code, message)
    sku = body.get("sku")
    if not isinstance(sku, dict) or sku.get("name") not in _SKUS:
        raise bad("InvalidValuesForRequestParameters", "Values for request parameters are invalid: sku.name.")
    if words(body.get("kind"), _KINDS, "kind") is None:
        raise bad("InvalidValuesForRequestParameters", "Values for request parameters are invalid: kind.")
    kept = ACCOUNT.taken(azure, request)
    kept["sku"] = {"name": sku["name"]}
    if known is not None:
        kept["properties"]["provisioningState"] = known.properties["provisioningState"]
        fresh = azure.resources.save(known.id, TYPE, kept)
        told(azure, fresh, known, request.line)
        return Answer(body=_show(azure, request, fresh))
    kept["properties"]["provisioningState"] = "Creating"
    fresh = azure.resources.save(arm_id, TYPE, kept)
    told(azure, fresh, None, request.line)
    azure.locked_after(_MAKING_S, lambda: settle(azure, fresh))
    above = f"/subscriptions/{request.parts['sub']}/providers/Microsoft.Storage/locations/{kept['location']}/asyncoperations"

    def made() -> JSON:
        now = azure.resources.find(arm_id)
        return _show(azure, request, now) if now else {}

    _, headers = operations.of_location(azure, request, above, made, _MAKING_S)
    return Answer(status=202, headers=headers)


def patch(azure: Azure, request: Request) -> Answer:
    """Tags, SKU and properties; region and kind are for ever."""
    known, body = ACCOUNT.the(azure, request), whole(request)
    if "location" in body and regions.plain(body["location"]) != known.body["location"]:
        raise bad("InvalidValuesForRequestParameters", "The location of a storage account cannot be changed.")
    kept = dict(known.body)
    if "tags" in body:
        kept["tags"] = tags.checked(body["tags"] or {})
    if isinstance(body.get("sku"), dict) and body["sku"].get("name") in _SKUS:
        kept["sku"] = {"name": body["sku"]["name"]}
    state = known.properties["provisioningState"]
    kept["properties"] = {**_accept(azure, request, body, known), "provisioningState": state}
    fresh = azure.resources.save(known.id, TYPE, kept)
    told(azure, fresh, known, request.line)
    return Answer(body=_show(azure, request, fresh))
