# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Health errors of protected items, and the events they leave behind."""

from __future__ import annotations

from .. import names
from . import ids
from .state import Azure, ProtectedItem
from .wire import JSON, stamp


def critical(azure: Azure, item: ProtectedItem, error: JSON) -> None:
    """The item turns Critical, with the job's error as its health error, and the vault gets an event."""
    item.health = "Critical"
    item.health_errors = [
        {
            "affectedResourceType": "ProtectedItem",
            "affectedResourceCorrelationIds": [item.correlation_id],
            "childErrors": [],
            "code": error["code"],
            "healthCategory": "Replication",
            "category": "Replication",
            "severity": "Error",
            "source": "DataReplicationService",
            "creationTime": stamp(azure.now()),
            "isCustomerResolvable": True,
            "summary": error["message"],
            "message": error["message"],
            "causes": error["causes"],
            "recommendation": error["recommendation"],
        }
    ]
    name = azure.guid()
    azure.events.append(
        {
            "properties": {
                "resourceType": "ProtectedItem",
                "resourceName": item.vm.name,
                "eventType": "VmHealth",
                "eventName": error["code"],
                "timeOfOccurrence": stamp(azure.now()),
                "severity": "Critical",
                "description": error["message"],
                "correlationId": item.correlation_id,
                "healthErrors": item.health_errors,
                "customProperties": {
                    "instanceType": ids.INSTANCE_TYPE,
                    "eventSourceFriendlyName": item.vm.name,
                    "protectedItemFriendlyName": item.vm.name,
                    "sourceApplianceName": names.SOURCE_APPLIANCE,
                    "targetApplianceName": names.TARGET_APPLIANCE,
                    "serverType": ids.INSTANCE_TYPE,
                },
                "provisioningState": "Succeeded",
            },
            "id": f"{ids.VAULT}/events/{name}",
            "name": name,
            "type": "Microsoft.DataReplication/replicationVaults/events",
            "systemData": None,
        }
    )


def normal(item: ProtectedItem) -> None:
    item.health, item.health_errors = "Normal", []
