# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The project that the lab's bare subscription lacks: what is wanted of it, and a picture of what is there of it."""

from __future__ import annotations

from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.project_seen import Wanted
from lab import names
from lab.azure import ids

from .killed import Ground

WANTED = Wanted(
    subscription_id=names.SUBSCRIPTION,
    resource_group=names.RESOURCE_GROUP,
    project=names.PROJECT,
    source_appliance=names.SOURCE_APPLIANCE,
    target_appliance=names.TARGET_APPLIANCE,
    cluster_id=ids.CLUSTER,
    location="Central US",
    tags={"owner": "platform"},
    create_resource_group=True,
)
_GROUP = f"/resourcegroups/{names.RESOURCE_GROUP}"


def picture(ground: Ground) -> dict[str, Any]:
    """Everything in the project's resource group but what differs from lab to lab, and the registered providers."""
    azure = ground.azure
    with azure.world.lock:
        return {
            "resources": {
                key: {
                    "properties": row.properties,
                    "tags": row.body.get("tags"),
                    "location": row.body.get("location"),
                    "identity": (row.body.get("identity") or {}).get("type"),
                }
                for key, row in azure.resources.items()
                if key.partition("/providers/")[0].endswith(_GROUP)
            },
            "roles": sorted(
                (row["properties"]["scope"].lower(), row["properties"]["roleDefinitionId"].rsplit("/", 1)[-1])
                for key, row in azure.assignments.items()
                if _GROUP in key
            ),
            "providers": sorted(azure.registrations),
        }
