# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subscriptions, tenants and regions: what every client asks first."""

from __future__ import annotations

from .. import names
from . import regions
from .state import Azure
from .wire import JSON, Answer, Request


def _subscription(name: str) -> JSON:
    return {
        "id": f"/subscriptions/{name}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": name,
        "tenantId": names.TENANT,
        "displayName": "Lab" if name == names.SUBSCRIPTION else "Lab 2",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Internal_2014-09-01",
            "quotaId": "Internal_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def subscriptions(azure: Azure, request: Request) -> Answer:
    rows = [_subscription(name) for name in azure.subscriptions]
    return Answer(body={"value": rows, "count": {"type": "Total", "value": len(rows)}})


def subscription(azure: Azure, request: Request) -> Answer:
    return Answer(body=_subscription(request.parts["sub"].lower()))


def locations(azure: Azure, request: Request) -> Answer:
    subscription_id = f"/subscriptions/{request.parts['sub']}"
    rows = [
        {"id": f"{subscription_id}/locations/{name}", "name": name, "displayName": name, "type": "Region"}
        for name in regions.SHOWN
    ]
    return Answer(body={"value": rows})


def tenants(azure: Azure, request: Request) -> Answer:
    row = {
        "id": f"/tenants/{names.TENANT}",
        "tenantId": names.TENANT,
        "countryCode": "US",
        "displayName": "Lab",
        "domains": ["lab.example"],
        "tenantCategory": "Home",
        "defaultDomain": "lab.example",
        "tenantType": "AAD",
    }
    return Answer(body={"value": [row]})
