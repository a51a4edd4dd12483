# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource groups."""

from __future__ import annotations

import re
from functools import partial

from . import machines, operations, places, regions, tags
from .resources import GROUP
from .state import Azure
from .tracked import go, state_of, told, whole
from .wire import JSON, Answer, ArmError, Request, bad, page

_NAME = re.compile(r"[-\w._()]{1,90}(?<!\.)")
_DELETE_S = 90  # nobody recorded one; with much in it, it takes longer


def arm_id(request: Request) -> str:
    return f"/subscriptions/{request.parts['sub']}/resourceGroups/{request.parts['rg']}"


def listing(azure: Azure, request: Request) -> Answer:
    rows = [row.show() for row in azure.resources.of(GROUP, f"/subscriptions/{request.parts['sub']}")]
    return Answer(body=page(azure.base_url, request, rows, 100))


def no_group(name: str) -> ArmError:
    return ArmError(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.", gateway=True)


def check(azure: Azure, subscription: str, name: str, method: str) -> None:
    """Whatever stands in a group needs it; nothing comes into one that is going."""
    found = azure.resources.find(f"/subscriptions/{subscription}/resourceGroups/{name}")
    if found is None:
        raise no_group(name)
    if method in ("PUT", "PATCH") and state_of(found) == "Deleting":
        raise going(name)


def going(name: str) -> ArmError:
    return ArmError(
        409,
        "ResourceGroupBeingDeleted",
        f"The resource group '{name}' is in deprovisioning state and cannot perform this operation.",
        gateway=True,
    )


def get(azure: Azure, request: Request) -> Answer:
    found = azure.resources.find(arm_id(request))
    if found is None:
        raise no_group(request.parts["rg"])
    return Answer(body=found.show())


def head(azure: Azure, request: Request) -> Answer:
    return Answer(status=204 if azure.resources.find(arm_id(request)) else 404)


def put(azure: Azure, request: Request) -> Answer:
    name, body, known = request.parts["rg"], whole(request), azure.resources.find(arm_id(request))
    if not _NAME.fullmatch(name):
        raise bad("InvalidResourceGroup", f"The provided resource group name '{name}' has characters that are invalid.")
    if known is not None and state_of(known) == "Deleting":
        raise going(name)
    location = regions.check(GROUP, body.get("location"))
    if known is not None and known.body["location"] != location:
        raise ArmError(
            409,
            "InvalidResourceGroupLocation",
            f"Invalid resource group location '{location}'. The Resource group already exists in location "
            f"'{known.body['location']}'.",
            gateway=True,
        )
    kept: JSON = {"location": location, "properties": {"provisioningState": "Succeeded"}}
    if "tags" in body:
        kept["tags"] = tags.checked(body["tags"] or {})
    fresh = azure.resources.save(arm_id(request), GROUP, kept)
    told(azure, fresh, known, request.line)
    return Answer(status=200 if known else 201, body=fresh.show())


def contents(azure: Azure, request: Request) -> Answer:
    """What stands in a group, whoever made it: id, name, type and region of each."""
    start = f"{arm_id(request)}/".lower()
    rows = [
        row.show() for row in sorted(azure.resources.values(), key=lambda row: row.number) if "location" in row.body
    ]
    rows += [machines.row(azure, machine) for machine in azure.machines.values()]
    rows += [*azure.disks.values(), *azure.nics.values()]
    for place in (
        places.clusters_rows,
        places.custom_location_rows,
        places.bridge_rows,
        places.storage_rows,
        places.network_rows,
    ):
        rows += place(azure)
    shown = [
        {name: row[name] for name in ("id", "name", "type", "location")}
        for row in rows
        if row["id"].lower().startswith(start)
    ]
    return Answer(body=page(azure.base_url, request, shown, 100))


def patch(azure: Azure, request: Request) -> Answer:
    known, body = azure.resources.find(arm_id(request)), whole(request)
    if known is None:
        raise no_group(request.parts["rg"])
    kept = {**known.body, "tags": tags.checked(body["tags"] or {})} if "tags" in body else known.body
    fresh = azure.resources.save(known.id, GROUP, kept)
    told(azure, fresh, known, request.line)
    return Answer(body=fresh.show())


def delete(azure: Azure, request: Request) -> Answer:
    """With all that is in it; a Location tells when."""
    known = azure.resources.find(arm_id(request))
    if known is None:
        raise no_group(request.parts["rg"])
    azure.resources.amend(known.id, provisioningState="Deleting")
    azure.locked_after(_DELETE_S, partial(go, azure, known, request.line))
    above = f"/subscriptions/{request.parts['sub']}/operationresults"
    _, headers = operations.of_location(azure, request, above, dict, _DELETE_S)
    return Answer(status=202, headers=headers)
