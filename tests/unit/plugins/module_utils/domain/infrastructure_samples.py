# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A replication infrastructure as it may be found, whole or in parts, and what each step would leave of it."""

from __future__ import annotations

import dataclasses
from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import ids
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.cache_account import PROVIDER, Account, names
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.infrastructure import (
    INSTANCE_TYPE,
    PURPOSE,
    TOOL,
    Grant,
    Lock,
    Minutes,
    Part,
    Seen,
    Side,
    Solution,
    Vault,
    Wanted,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.infrastructure_plan import Step, plan

GROUP = "/subscriptions/11111111-0000-4000-8000-000000000001/resourceGroups/rg-mig"
PROJECT = f"{GROUP}/providers/Microsoft.Migrate/migrateProjects/mig"
REPLICATION = f"{GROUP}/providers/Microsoft.DataReplication"
VAULT = f"{REPLICATION}/replicationVaults/migreplicationvault"
SOURCE_FABRIC = f"{REPLICATION}/replicationFabrics/src1bccfreplicationfabric"
TARGET_FABRIC = f"{REPLICATION}/replicationFabrics/tgt16128replicationfabric"
SITE = f"{GROUP}/providers/Microsoft.OffAzure/VMwareSites/src16906site"
ACCOUNT = f"{GROUP}/providers/{PROVIDER}/{names(SITE, 'src', 'mig')[0]}"
JSON = dict[str, Any]

SOURCE = Side(
    appliance="src", role="source", site_id=SITE, fabric_id=SOURCE_FABRIC, principal="p-source", responsive=True
)
TARGET = Side(
    appliance="tgt", role="target", site_id="site-tgt", fabric_id=TARGET_FABRIC, principal="p-target", responsive=True
)
WANTED = Wanted(project="mig", project_id=PROJECT, group_id=GROUP)


def solution(details: JSON, tool: str = TOOL, purpose: str = PURPOSE) -> Solution:
    raw = {
        "id": f"{PROJECT}/Solutions/Servers-Migration-ServerMigration_DataReplication",
        "etag": '"7"',
        "properties": {
            "tool": tool,
            "purpose": purpose,
            "goal": "Servers",
            "status": "Inactive",
            "details": {"groupCount": 0, "assessmentCount": 0, "extendedDetails": details},
        },
    }
    return Solution.parse(raw)


def account(**changed: Any) -> Account:
    return dataclasses.replace(
        Account(
            id=ACCOUNT,
            state="Succeeded",
            region="westeurope",
            kind="StorageV2",
            tier="Standard",
            public_access="Enabled",
            firewall="Allow",
            minimum_tls="TLS1_2",
            blobs_public=False,
        ),
        **changed,
    )


# Registered, and nothing made yet.
FRESH = Seen(
    project_region="westeurope",
    solution=solution({"vaultId": VAULT, "aszreplicatingCount": "0"}, tool="ServerDiscovery", purpose="Discovery"),
    source=SOURCE,
    target=TARGET,
    vault=Vault(id=VAULT, identity_type="None"),
    account_id=ACCOUNT,
)


def after(step: Step, seen: Seen) -> Seen:
    """What is there once the step is taken."""
    body: JSON = dict(step.body or {})
    if step.verb == "wait":
        part = seen.extension if step.kind == "extension" else seen.policy
        return part_put(seen, step, dict(part.custom) if part else {})
    if step.verb == "delete":
        return _deleted(step, seen)
    if step.kind == "vault":
        return dataclasses.replace(
            seen, vault=dataclasses.replace(seen.vault, identity_type=body["identity"]["type"], principal="p-vault")
        )
    if step.kind == "account":
        return dataclasses.replace(seen, account=account(id=step.path, tags=body["tags"]))
    if step.kind == "grant":
        said = body["properties"]
        grant = Grant(id=step.path, principal=said["principalId"], role=ids.name(said["roleDefinitionId"]))
        return dataclasses.replace(seen, grants=(*seen.grants, grant))
    if step.kind == "solution":
        return dataclasses.replace(seen, solution=Solution.parse({**body, "id": step.path}))
    if step.kind == "lock":
        lock = Lock(id=step.path, level=body["properties"]["level"])
        return dataclasses.replace(seen, locks=(*(seen.locks or ()), lock))
    if step.kind == "diagnostics":
        return dataclasses.replace(seen, diagnostics=body["properties"])
    return part_put(seen, step, body["properties"]["customProperties"])


def part_put(seen: Seen, step: Step, custom: JSON) -> Seen:
    part = Part(id=step.path, state="Succeeded", custom=custom)
    if step.kind == "policy":
        return dataclasses.replace(seen, policy=part)
    others = tuple(each for each in seen.extensions if each.id != part.id)
    return dataclasses.replace(seen, extensions=(*others, part))


def _deleted(step: Step, seen: Seen) -> Seen:
    if step.kind == "policy":
        return dataclasses.replace(seen, policy=None)
    if step.kind == "extension":
        return dataclasses.replace(seen, extensions=tuple(each for each in seen.extensions if each.id != step.path))
    return dataclasses.replace(seen, locks=tuple(lock for lock in seen.locks or () if lock.id != step.path))


def followed(seen: Seen, wanted: Wanted = WANTED, most: int = 40) -> tuple[Seen, list[Step]]:
    """Step by step to the end."""
    taken: list[Step] = []
    while steps := plan(seen, wanted).steps:
        seen = after(steps[0], seen)
        taken.append(steps[0])
        assert len(taken) <= most, [step.does for step in taken]
    return seen, taken


def ready(**changed: Any) -> Seen:
    """All of it is there."""
    return dataclasses.replace(followed(FRESH)[0], **changed)


def extension(**changed: Any) -> Part:
    custom = {
        "instanceType": INSTANCE_TYPE,
        "vmwareFabricArmId": SOURCE_FABRIC,
        "azStackHciFabricArmId": TARGET_FABRIC,
        "storageAccountId": ACCOUNT,
        "vmwareSiteId": SITE,
    }
    part = Part(id=FRESH.extension_id, state="Succeeded", custom={**custom, **changed.pop("custom", {})})
    return dataclasses.replace(part, **changed)


def foreign(state: str = "Succeeded") -> Part:
    other = f"{REPLICATION}/replicationFabrics/old1"
    return Part(
        id=f"{VAULT}/replicationExtensions/old1-tgt16128replicationfabric-MigReplicationExtn",
        state=state,
        custom={"vmwareFabricArmId": other, "azStackHciFabricArmId": TARGET_FABRIC, "storageAccountId": ACCOUNT},
    )


def policy(minutes: Minutes | None = None, state: str = "Succeeded") -> Part:
    custom = (minutes or Minutes()).body()
    return Part(id=f"{VAULT}/replicationPolicies/migreplicationvault{INSTANCE_TYPE}policy", state=state, custom=custom)
