# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A project as Azure would show it, whole or in parts."""

from __future__ import annotations

import copy
import dataclasses
import json
from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import ids, ours
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.project_plan import Step, plan
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.project_seen import Seen, Wanted

SUBSCRIPTION = "11111111-0000-4000-8000-000000000001"
INSTANCE_SUBSCRIPTION = "22222222-0000-4000-8000-000000000002"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-mig"
CLUSTER = (
    f"/subscriptions/{INSTANCE_SUBSCRIPTION}/resourceGroups/rg-hci/providers/Microsoft.AzureStackHCI/clusters/cl-1"
)
PRINCIPAL = "99999999-0000-4000-8000-000000000009"
OFF_AZURE = f"{GROUP}/providers/Microsoft.OffAzure"
WANTED = Wanted(
    subscription_id=SUBSCRIPTION,
    resource_group="rg-mig",
    project="mig",
    source_appliance="src",
    target_appliance="tgt",
    cluster_id=CLUSTER,
    location="westeurope",
    create_resource_group=True,
)
JSON = dict[str, Any]


def wanted(**changed: Any) -> Wanted:
    return dataclasses.replace(WANTED, **changed)


def after(step: Step, asked: Wanted, seen: Seen) -> Seen:
    """What Azure would show once the step is taken."""
    body = copy.deepcopy(dict(step.body))
    if step.kind in ("register", "registered"):
        states = {name: dict(rows) for name, rows in seen.providers.items()}
        mine = states.setdefault(ids.segment(step.path, "subscriptions").lower(), {})
        if step.kind == "register":
            mine[ids.name(step.path).lower()] = "Registering"
        else:
            mine |= {name.lower(): "Registered" for name in body["namespaces"]}
        return dataclasses.replace(seen, providers=states)
    if step.kind == "assignment":
        row = {"id": step.path, "name": ids.name(step.path), "properties": {**body["properties"], "scope": GROUP}}
        return dataclasses.replace(seen, assignments=(*seen.assignments, row))
    if step.kind == "solution":
        name = ids.name(step.path)
        row = {"id": step.path, "name": name, "etag": "1", **body}
        return dataclasses.replace(seen, solutions={**seen.solutions, name.lower(): row})
    before = getattr(seen, step.part) or {}
    if step.kind == "tags":
        made = {**before, "tags": {**before.get("tags", {}), **body["properties"]["tags"]}}
    elif step.kind == "settle":
        made = {**before, "properties": {**before["properties"], "provisioningState": "Succeeded"}}
    else:
        made = {"id": step.path, "name": ids.name(step.path), **body}
        made["properties"] = {**body.get("properties", {}), "provisioningState": "Succeeded"}
        if step.kind == "project":
            made["identity"] = {"type": "SystemAssigned", "principalId": PRINCIPAL}
    return dataclasses.replace(seen, **{step.part: made})


def finished(asked: Wanted = WANTED, seen: Seen | None = None) -> tuple[Seen, list[Step]]:
    """The whole way, one step at a time, and the steps that were taken."""
    seen, taken = seen or Seen(), list[Step]()
    while steps := plan(asked, seen):
        taken.append(steps[0])
        assert len(taken) < 60, [step.does for step in taken[-5:]]
        seen = after(steps[0], asked, seen)
    return seen, taken


def entry(name: str, kind: str, *, registered: bool = True, source: bool | None = None) -> JSON:
    """One appliance in the third map."""
    return {
        name: {
            "ApplianceName": name,
            "SiteId": f"{OFF_AZURE}/{kind}/{name}1234site",
            "ApplianceDetails": {"isRegistered": registered},
            "supportAzStackTarget": source,
        }
    }


def with_appliances(seen: Seen, *entries: JSON, second: list[JSON] | None = None, **details: str) -> Seen:
    """The project knows these appliances."""
    key = "servers-discovery-serverdiscovery"
    solution = copy.deepcopy(dict(seen.solutions.get(key) or {"name": key, "properties": {}}))
    said = {"applianceNameToSiteIdMapV3": json.dumps([*entries]), **details}
    if second is not None:
        said["applianceNameToSiteIdMapV2"] = json.dumps(second)
    solution["properties"]["details"] = {"extendedDetails": said}
    return dataclasses.replace(seen, solutions={**seen.solutions, key: solution})


def foreign(resource: Any) -> JSON:
    """The same, made by somebody else."""
    made = copy.deepcopy(dict(resource))
    made["tags"] = {name: value for name, value in made.get("tags", {}).items() if name != ours.TAG}
    return made
