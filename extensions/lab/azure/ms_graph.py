# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft Graph, as far as applications and their service principals go."""

from __future__ import annotations

import base64
import re
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from .. import names
from .state import Azure
from .tracked import whole
from .wire import JSON, Answer, ArmError, Request, page, stamp

_FILTER = re.compile(r"(\w+)\s+eq\s+'([^']*)'", re.IGNORECASE)
_FIELDS = ("displayName", "signInAudience", "keyCredentials", "notes", "tags", "description")
_READ, _WRITE = "read", "write"


def _allowed(azure: Azure, need: str) -> None:
    """Nobody may do more in the directory than its administrators allowed."""
    rights = azure.switches.directory_rights
    if rights == "none" or (rights == "read" and need == _WRITE):
        raise ArmError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def _selected(azure: Azure, rows: dict[str, JSON], request: Request) -> Answer:
    _allowed(azure, _READ)
    wanted = _FILTER.findall(request.query.get("$filter", ""))
    found = [row for row in rows.values() if all(str(row.get(key)).lower() == value.lower() for key, value in wanted)]
    reply = page(azure.base_url, request, found, 100)
    shown: JSON = {"value": reply["value"]}
    if reply["nextLink"]:
        shown["@odata.nextLink"] = reply["nextLink"]
    return Answer(body=shown)


def _the(rows: dict[str, JSON], request: Request) -> JSON:
    found = rows.get(request.parts["object"].lower())
    if found is None:
        raise ArmError(
            404,
            "Request_ResourceNotFound",
            f"Resource '{request.parts['object']}' does not exist or one of its queried reference-property objects are "
            "not present.",
        )
    return found


def applications(azure: Azure, request: Request) -> Answer:
    return _selected(azure, azure.applications, request)


def application(azure: Azure, request: Request) -> Answer:
    _allowed(azure, _READ)
    return Answer(body=_the(azure.applications, request))


def make(azure: Azure, display_name: str, keys: list[JSON], object_id: str = "", app_id: str = "", **more: Any) -> JSON:
    """A new application, registered by whomever."""
    row: JSON = {
        "id": object_id or azure.guid(),
        "appId": app_id or azure.guid(),
        "displayName": display_name,
        "signInAudience": "AzureADMyOrg",
        "createdDateTime": stamp(azure.now()),
        **more,
        "keyCredentials": [_key(azure, key) for key in keys],
    }
    azure.applications[row["id"]] = row
    return row


def make_principal(azure: Azure, app: JSON, object_id: str = "") -> JSON:
    """Its service principal. Roles cannot be given to it at once: it has to be known everywhere."""
    row: JSON = {
        "id": object_id or azure.guid(),
        "appId": app["appId"],
        "displayName": app["displayName"],
        "accountEnabled": True,
        "appOwnerOrganizationId": names.TENANT,
        "servicePrincipalType": "Application",
    }
    azure.service_principals[row["id"]] = row
    azure.born.setdefault(row["id"], azure.clock.monotonic())
    return row


def _key(azure: Azure, given: Any) -> JSON:
    """A certificate as it is shown from then on: what was uploaded never comes back."""
    if not isinstance(given, dict) or given.get("type") != "AsymmetricX509Cert" or given.get("usage") != "Verify":
        raise ArmError(400, "Request_BadRequest", "A key credential must be an AsymmetricX509Cert for Verify.")
    if given.get("key") is None and given.get("keyId"):
        return dict(given)  # one that was shown, sent back as it stands
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(str(given.get("key")), validate=True))
    except ValueError:
        raise ArmError(400, "KeyCredentialsInvalidEncoding", "The key value of a key credential is invalid.") from None
    return {
        "keyId": azure.guid(),
        "type": given["type"],
        "usage": given["usage"],
        "displayName": given.get("displayName") or certificate.subject.rfc4514_string(),
        "startDateTime": stamp(certificate.not_valid_before_utc),
        "endDateTime": stamp(certificate.not_valid_after_utc),
        "customKeyIdentifier": certificate.fingerprint(hashes.SHA1()).hex().upper(),  # noqa: S303 - a name, no protection
        "key": None,
    }


def application_post(azure: Azure, request: Request) -> Answer:
    _allowed(azure, _WRITE)
    body = _body(request)
    if not isinstance(body.get("displayName"), str) or not body["displayName"]:
        raise ArmError(
            400, "Request_BadRequest", "Invalid value specified for property 'displayName' of resource 'Application'."
        )
    more = {name: body[name] for name in _FIELDS if name in body and name not in ("displayName", "keyCredentials")}
    row = make(azure, body["displayName"], body.get("keyCredentials") or [], **more)
    azure.world.journal.write("", "target", "application", None, row["displayName"], request.line)
    return Answer(status=201, body=row)


def _body(request: Request) -> JSON:
    body = whole(request)
    keys = body.get("keyCredentials") or []
    if not isinstance(keys, list):
        raise ArmError(400, "Request_BadRequest", "keyCredentials must be a list.")
    return body


def application_patch(azure: Azure, request: Request) -> Answer:
    """The list of keys is written over: a key that is not sent again is gone."""
    _allowed(azure, _WRITE)
    row, body = _the(azure.applications, request), _body(request)
    unknown = [name for name in body if name not in _FIELDS]
    if unknown:
        raise ArmError(400, "Request_BadRequest", f"Property '{unknown[0]}' is read-only and cannot be set.")
    changed = {name: body[name] for name in _FIELDS if name in body and name != "keyCredentials"}
    if "keyCredentials" in body:
        changed["keyCredentials"] = [_key(azure, key) for key in body["keyCredentials"]]
    azure.applications[row["id"]] = {**row, **changed}
    azure.world.journal.write("", "target", "application", row["displayName"], sorted(changed), request.line)
    return Answer(status=204)


def application_delete(azure: Azure, request: Request) -> Answer:
    """With its service principal in this tenant; what was granted to that stays behind."""
    _allowed(azure, _WRITE)
    row = _the(azure.applications, request)
    azure.applications.pop(row["id"])
    for principal in [each for each in azure.service_principals.values() if each["appId"] == row["appId"]]:
        azure.service_principals.pop(principal["id"])
    azure.world.journal.write("", "target", "application", row["displayName"], None, request.line)
    return Answer(status=204)


def principals(azure: Azure, request: Request) -> Answer:
    return _selected(azure, azure.service_principals, request)


def principal(azure: Azure, request: Request) -> Answer:
    _allowed(azure, _READ)
    return Answer(body=_the(azure.service_principals, request))


def principal_post(azure: Azure, request: Request) -> Answer:
    _allowed(azure, _WRITE)
    wanted = _body(request).get("appId")
    app = next((row for row in azure.applications.values() if row["appId"] == wanted), None)
    if app is None:
        raise ArmError(
            400,
            "Request_BadRequest",
            f"The appId '{wanted}' of the service principal does not reference a valid application object.",
        )
    if any(row["appId"] == wanted for row in azure.service_principals.values()):
        raise ArmError(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            f"The service principal of the appId '{wanted}' already exists.",
        )
    row = make_principal(azure, app)
    azure.world.journal.write("", "target", "principal", None, row["displayName"], request.line)
    return Answer(status=201, body=row)


def principal_delete(azure: Azure, request: Request) -> Answer:
    _allowed(azure, _WRITE)
    row = _the(azure.service_principals, request)
    azure.service_principals.pop(row["id"])
    azure.world.journal.write("", "target", "principal", row["displayName"], None, request.line)
    return Answer(status=204)
