# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes two appliances a pair: the replication policy and the replication extension of the vault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import names
from . import cache, ids, jobs, operations, vault
from .jobs import Step
from .state import Azure, Job, PairPart
from .wire import JSON, Answer, ArmError, Request, bad, page, same

_TYPE = "Microsoft.DataReplication/replicationVaults"
# kind -> (in codes, in the names of jobs, as a job's objectType, recorded seconds to make one)
_WORDS = {
    "replicationPolicies": ("ReplicationPolicy", "replication policy", "Policy", 1.0),
    "replicationExtensions": ("ReplicationExtension", "replication extension", "ReplicationExtension", 131.0),
}
_DELETE_S = 30  # nobody recorded one
_MINUTES = ("recoveryPointHistoryInMinutes", "crashConsistentFrequencyInMinutes", "appConsistentFrequencyInMinutes")


def usable(azure: Azure, kind: str, name: Any) -> bool:
    """Whether an item may name this policy or extension."""
    part = azure.parts.get(f"{ids.VAULT}/{kind}/{name}".lower())
    return part is not None and part.provisioning == "Succeeded"


def _kind(request: Request) -> str:
    return "replicationPolicies" if "/replicationpolicies" in request.path.lower() else "replicationExtensions"


def _show(part: PairPart) -> JSON:
    return {
        "properties": {"provisioningState": part.provisioning, "customProperties": part.custom},
        "id": part.id,
        "name": part.name,
        "type": f"{_TYPE}/{part.kind}",
        "systemData": None,
    }


def listing(azure: Azure, request: Request) -> Answer:
    above = f"{_vault(request)}/".lower()
    parts = [part for key, part in azure.parts.items() if key.startswith(above)]
    rows = [_show(part) for part in parts if part.kind == _kind(request)]
    return Answer(body=page(azure.base_url, request, rows, 100))


def _vault(request: Request) -> str:
    return vault.VAULT.id(request)


def _id(request: Request) -> str:
    return f"{_vault(request)}/{_kind(request)}/{request.parts['part']}"


def get(azure: Azure, request: Request) -> Answer:
    part = azure.parts.get(_id(request).lower())
    if part is None:
        code, words, _, _ = _WORDS[_kind(request)]
        raise ArmError(404, f"{code}NotFound", f"The {words} '{request.parts['part']}' was not found.")
    return Answer(body=_show(part))


def put(azure: Azure, request: Request) -> Answer:
    kind, arm_id = _kind(request), _id(request)
    properties = request.body.get("properties") if isinstance(request.body, dict) else None
    custom = properties.get("customProperties") if isinstance(properties, dict) else None
    if not isinstance(custom, dict) or custom.get("instanceType") != ids.INSTANCE_TYPE:
        raise bad("InvalidInstanceType", f"customProperties.instanceType must be {ids.INSTANCE_TYPE}.")
    kept = _policy(custom) if kind == "replicationPolicies" else _extension(azure, custom)
    part = azure.parts.get(arm_id.lower())
    status, state = 200, "Updating"
    if part is None:
        part = PairPart(id=arm_id, name=request.parts["part"], kind=kind, custom={})
        azure.parts[arm_id.lower()] = part
        status, state = 201, "Creating"
    if part.job is not None and part.job.state == "Started":
        raise ArmError(409, "OperationNotAllowed", f"Another operation on '{part.name}' is in progress.")
    part.custom, part.provisioning = kept, state
    reply = _show(part)
    policy = kind == "replicationPolicies"
    vault_id = _vault(request)

    def done() -> None:
        part.provisioning = "Succeeded"
        part.custom = kept if policy else read_back(azure, kept, vault_id)

    def look() -> None:
        if not policy and azure.switches.extension_checks == "job":
            cache.need(azure, vault_id, kept)

    seconds = _WORDS[kind][3]
    job = _job(azure, part, "Create or update", "CreateOrUpdate", seconds, request, done, look)
    return Answer(status=status, body=reply, headers=operations.of_job(azure, job, request))


def delete(azure: Azure, request: Request) -> Answer:
    part = azure.parts.get(_id(request).lower())
    if part is None:
        return Answer(status=204)
    users = [i for i in azure.items.values() if same(part.name, i.policy) or same(part.name, i.extension)]
    if users and azure.switches.pair_in_use == "refuse":
        raise ArmError(409, "ResourceInUse", f"'{part.name}' is used by {len(users)} protected items.")
    part.provisioning = "Deleting"

    def done() -> None:
        azure.parts.pop(part.id.lower(), None)

    job = _job(azure, part, "Delete", "Delete", _DELETE_S, request, done)
    return Answer(status=202, headers=operations.of_job(azure, job, request, deletes=True))


def _job(
    azure: Azure,
    part: PairPart,
    verb: str,
    scenario: str,
    seconds: float,
    request: Request,
    do: Callable[[], object],
    look: Callable[[], None] | None = None,
) -> Job:
    _, words, object_type, _ = _WORDS[part.kind]
    steps = [Step(name=f"{verb} {words}", seconds=seconds, end=look)]
    job = jobs.make(
        azure, part, f"{verb} {words}", f"{scenario}{object_type}", steps, request.line,
        object_id=part.id, object_type=object_type, overtakes=True,
    )  # fmt: skip

    def done() -> None:
        do()
        azure.journal(part, "pair", None, {"name": part.name, "state": part.provisioning}, job.cause)

    def failed(error: JSON, task: str) -> None:
        part.provisioning = "Failed"

    jobs.run(azure, part, job, steps, done, failed)
    return job


def _policy(custom: JSON) -> JSON:
    for name in _MINUTES:
        if not isinstance(custom.get(name), int) or custom[name] < 0:
            raise bad("InvalidPolicy", f"{name} must be a whole number of minutes.")
    return {**{name: custom[name] for name in _MINUTES}, "instanceType": ids.INSTANCE_TYPE}


def _extension(azure: Azure, custom: JSON) -> JSON:
    for key, kind in (("vmwareFabricArmId", "VMwareMigrate"), ("azStackHciFabricArmId", "AzStackHCI")):
        fabric = azure.resources.find(custom.get(key))
        if fabric is None or fabric.properties.get("customProperties", {}).get("instanceType") != kind:
            raise bad("FabricNotFound", f"The fabric '{custom.get(key)}' of {key} was not found.")
    return {
        "vmwareFabricArmId": custom["vmwareFabricArmId"],
        "azStackHciFabricArmId": custom["azStackHciFabricArmId"],
        "storageAccountId": custom.get("storageAccountId"),
        "storageAccountSasSecretName": custom.get("storageAccountSasSecretName") or "",
        "instanceType": ids.INSTANCE_TYPE,
    }


def read_back(azure: Azure, given: JSON, vault_id: str) -> JSON:
    """What the service adds to what was sent."""
    source = azure.resources.find(given["vmwareFabricArmId"])
    _, _, subscription, _, group, *_ = vault_id.split("/")
    return {
        **given,
        "vmwareSiteId": source.properties["customProperties"]["vmwareSiteId"] if source else None,
        "azStackHciSiteId": given["azStackHciFabricArmId"],  # the service repeats the fabric here
        "asrServiceUri": "https://agent-asrrp1.lab.example",
        "rcmServiceUri": "https://pod01-rcm1.lab.example",
        "gatewayServiceUri": "https://pod01-gws1.lab.example",
        "sourceGatewayServiceId": "lab-pod01-gws1",
        "targetGatewayServiceId": "lab-pod01-gws1",
        "sourceStorageContainerName": f"migrateconfig-{ids.fixed('source container')}",
        "targetStorageContainerName": f"migrateconfig-{ids.fixed('target container')}",
        "resourceLocation": names.LOCATION,
        "subscriptionId": subscription,
        "resourceGroup": group,
    }
