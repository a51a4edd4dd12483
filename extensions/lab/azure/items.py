# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The protected items of the vault: list, get, PUT, PATCH, DELETE, planned failover, recovery points."""

from __future__ import annotations

from typing import Any

from . import enable, failover, ids, item_rules, items_show, jobs, operations, removal
from .jobs import Step
from .state import Azure, ProtectedItem
from .wire import JSON, Answer, ArmError, Request, bad, page

_UPDATABLE = (
    "nicsToInclude",
    "targetCpuCores",
    "isDynamicRam",
    "dynamicMemoryConfig",
    "targetMemoryInMegaBytes",
    "osType",
)
_UPDATE_S = 30


def _custom(request: Request) -> tuple[JSON, JSON]:
    properties = request.body.get("properties") if isinstance(request.body, dict) else None
    if not isinstance(properties, dict):
        raise bad("InvalidRequestBody", "The request body needs 'properties'.")
    custom = properties.get("customProperties")
    if not isinstance(custom, dict):
        raise bad("InvalidRequestBody", "The request body needs 'properties.customProperties'.")
    return properties, custom


def _the(azure: Azure, request: Request) -> ProtectedItem:
    item = azure.item_named(request.parts["item"])
    if item is None:
        raise ArmError(404, "ProtectedItemNotFound", f"The protected item '{request.parts['item']}' was not found.")
    return item


def listing(azure: Azure, request: Request) -> Answer:
    rows = _Rows(azure, request.api_version)
    return Answer(body=page(azure.base_url, request, rows, azure.switches.items_page))


class _Rows(list[JSON]):
    """Items in their order; only those of the page asked for are rendered."""

    def __init__(self, azure: Azure, api_version: str) -> None:
        super().__init__()
        self.azure, self.api_version, self.items = azure, api_version, azure.items_in_order()

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, part: Any) -> Any:
        return [items_show.show_listed(self.azure, item, self.api_version) for item in self.items[part]]


def get(azure: Azure, request: Request) -> Answer:
    return Answer(body=items_show.show(azure, _the(azure, request), request.api_version))


def put(azure: Azure, request: Request) -> Answer:
    name = request.parts["item"]
    known = azure.items.get(name.lower())  # visible or not
    if known is not None and azure.switches.duplicate_put == "refuse":
        raise ArmError(409, "ProtectedItemAlreadyExists", f"The protected item '{name}' already exists in the vault.")
    properties, custom = _custom(request)
    vm, wrong = item_rules.check_create(azure, name, properties, request.api_version)
    kept = _known(azure, custom, request.api_version)
    if known is not None:
        return _put_again(azure, known, kept, request)
    azure.items_made += 1
    item = ProtectedItem(
        name=name,
        vm=vm,
        wanted=kept,
        policy=properties["policyName"],
        extension=properties["replicationExtensionName"],
        cause=request.line,
        number=azure.items_made,
        visible_from=azure.clock.monotonic() + azure.schedule.short(azure.switches.visible_after_s),
        correlation_id=azure.guid(),
        created=azure.now(),
    )
    azure.items[name.lower()] = item
    azure.journal(item, "item", None, item.protection, request.line)
    reply = items_show.show(azure, item, request.api_version, fresh=True)
    job = enable.begin(azure, item, wrong)
    azure.changed(item)
    return Answer(status=201, body=reply, headers=operations.of_job(azure, job, request))


def _known(azure: Azure, custom: JSON, api_version: str) -> JSON:
    """What this version knows of what was sent."""
    strange = [key for key in items_show.NEWER if custom.get(key) is not None and api_version < items_show.NEWER_SINCE]
    if strange and azure.switches.newer_fields == "refused":
        raise bad(
            "InvalidRequestBody", f"Could not find member '{strange[0]}' on object of type '{ids.INSTANCE_TYPE}'."
        )
    return {key: value for key, value in custom.items() if key not in strange}


def _put_again(azure: Azure, item: ProtectedItem, kept: JSON, request: Request) -> Answer:
    """Taken as an update of what is there: no second job, and no operation to wait for."""
    if item.provisioning == "Creating":
        item.wanted = kept
    else:
        item.wanted.update({key: kept[key] for key in _UPDATABLE if key in kept})
    azure.changed(item)
    status = 201 if item.provisioning == "Creating" else 200
    return Answer(status=status, body=items_show.show(azure, item, request.api_version))


def patch(azure: Azure, request: Request) -> Answer:
    item = _the(azure, request)
    _, custom = _custom(request)
    allowed = item.allowed or []
    if "DisableProtection" not in allowed or "CommitFailover" in allowed or item.provisioning == "Updating":
        raise ArmError(
            409, "OperationNotAllowed", f"The protected item cannot be updated while it is {item.protection}."
        )
    if custom.get("instanceType") != ids.INSTANCE_TYPE:
        raise bad("InvalidInstanceType", f"instanceType must be {ids.INSTANCE_TYPE}.")
    generation = str(item.wanted["hyperVGeneration"])
    if custom.get("hyperVGeneration") not in (None, generation):
        raise bad("2109021", "The Hyper-V generation cannot be changed.")
    known = _known(azure, custom, request.api_version)
    changes = {key: known[key] for key in (*_UPDATABLE, "securityOption") if known.get(key) is not None}
    item_rules.check_sizing({**item.wanted, **changes}, generation)
    if "nicsToInclude" in changes:
        item_rules.check_nics(item.vm, changes["nicsToInclude"])
    item_rules.check_security(item.vm, changes, generation)
    return Answer(status=202, headers=_update(azure, item, changes, request))


def _update(azure: Azure, item: ProtectedItem, changes: JSON, request: Request) -> dict[str, str]:
    """A job of its own, beside whatever the item is doing: an update does not stop a replication."""

    def apply() -> None:
        item.wanted.update(changes)
        for wanted in changes.get("nicsToInclude", []):
            fresh = enable.protected_nic(item, wanted, first=False)
            for number, nic in enumerate(item.nics):
                if nic["nicId"] == fresh["nicId"]:
                    item.nics[number] = {**fresh, "isPrimaryNic": nic["isPrimaryNic"]}
        settle()

    def settle() -> None:
        if item.provisioning == "Updating":
            item.provisioning = before

    steps = [Step(name="Updating the protected item", seconds=_UPDATE_S)]
    job = jobs.make(azure, item, "Update protected item", "UpdateProtectedItem", steps, request.line, object_id=item.id)
    before, item.provisioning = item.provisioning, "Updating"
    jobs.run(azure, item, job, steps, apply, lambda error, task: settle(), alongside=True)
    azure.changed(item)
    return operations.of_job(azure, job, request)


def delete(azure: Azure, request: Request) -> Answer:
    item = azure.item_named(request.parts["item"])
    if item is None:
        return Answer(status=204)
    force = request.query.get("forcedelete", "false").lower() == "true"
    if item.protection in ("DisablingProtection", "MarkedForDeletion"):
        raise ArmError(409, "OperationNotAllowed", "The protected item is being deleted.")
    if item.active == "Recovery" and azure.switches.delete_after_cutover == "needs_force" and not force:
        raise ArmError(409, "OperationNotAllowed", "The protected item is failed over: forceDelete must be true.")
    if "DisableProtection" not in (item.allowed or []) and not force:
        raise ArmError(
            409, "OperationNotAllowed", f"The protected item cannot be deleted while it is {item.protection}."
        )
    job = removal.begin(azure, item, request.line)
    extra = f"&forceDelete={force}" if "forcedelete" in request.query else ""
    return Answer(status=202, headers=operations.of_job(azure, job, request, extra, deletes=True))


def planned_failover(azure: Azure, request: Request) -> Answer:
    item = _the(azure, request)
    _, custom = _custom(request)
    if custom.get("instanceType") != ids.INSTANCE_TYPE:
        raise bad("InvalidInstanceType", f"instanceType must be {ids.INSTANCE_TYPE}.")
    if not isinstance(custom.get("shutdownSourceVM"), bool):
        raise bad("RequiredPropertyMissing", "shutdownSourceVM must be true or false.")
    allowed = item.allowed or []
    if not {"PlannedFailover", "Restart"} & set(allowed) or item.provisioning == "Updating":
        raise ArmError(
            409,
            "OperationNotAllowed",
            f"Planned failover is not allowed while the protected item is {item.protection}.",
        )
    job = failover.begin(azure, item, custom["shutdownSourceVM"], request.line)
    return Answer(status=202, headers=operations.of_job(azure, job, request))


def recovery_points(azure: Azure, request: Request) -> Answer:
    item = _the(azure, request)
    rows = [enable.show_point(item, point) for point in reversed(item.points)]
    return Answer(body={"value": rows, "nextLink": None})


def recovery_point(azure: Azure, request: Request) -> Answer:
    item = _the(azure, request)
    for point in item.points:
        if point.name == request.parts["point"].lower():
            return Answer(body=enable.show_point(item, point))
    raise ArmError(404, "RecoveryPointNotFound", f"The recovery point '{request.parts['point']}' was not found.")
