# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The infrastructure's reading against recorded replies, and what it sends against the published types."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import ids
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.infrastructure import (
    Minutes,
    Part,
    Solution,
    Vault,
    policy_id,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.infrastructure_plan import linked, plan
from ansible_collections.azlocal.migrate.tests.support import recordings
from ansible_collections.azlocal.migrate.tests.support.bicep_types import REQUEST, Graph
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain.infrastructure_samples import (
    FRESH,
    WANTED,
)

TYPES = {"vault": recordings.VAULT, "policy": recordings.POLICY, "extension": recordings.EXTENSION}


@pytest.fixture(scope="module")
def pair() -> dict[str, Any]:
    return {name: reply["body"] for name, reply in recordings.load("03").items() if isinstance(reply, dict)}


def test_a_vault_and_its_parts_are_read(pair: dict[str, Any]) -> None:
    vault = Vault.parse(pair["vault"])
    assert vault.principal and vault.identity_type == "SystemAssigned"
    policy, extension = Part.parse(pair["policy"]), Part.parse(pair["extension"])
    assert (policy.state, extension.state, policy.moves) == ("Succeeded", "Succeeded", False)
    assert Minutes.parse(policy.custom) == WANTED.policy, "the portal makes the policy that we want"
    # recorded of a Hyper-V source; the name is made alike
    assert policy.id == policy_id(vault.id).replace("VMwareToAzStackHCI", "HyperVToAzStackHCI")
    source = ids.name(extension.custom["hyperVFabricArmId"])
    target = ids.name(extension.custom["azStackHciFabricArmId"])
    assert extension.name == f"{source}-{target}-MigReplicationExtn"
    assert ids.name(extension.account_id).startswith("migratersa")


def test_the_recorded_initialisation_changes_what_ours_would() -> None:
    before, after = (Solution.parse(recordings.load("02")[f"solution_{when}_init"]) for when in ("before", "after"))
    assert (before.tool, before.purpose) == ("ServerDiscovery", "Discovery")
    sent = linked(before, before.account_id)["properties"]
    assert (sent["tool"], sent["purpose"]) == (after.tool, after.purpose)
    assert sent["details"]["extendedDetails"].items() <= after.details.items()


@pytest.mark.parametrize("version", recordings.REPLICATION)
@pytest.mark.parametrize("kind", TYPES)
def test_what_is_sent_fits_the_published_types(kind: str, version: str) -> None:
    [step] = [step for step in plan(FRESH, WANTED).steps if step.kind == kind]
    graph = Graph.load(f"datareplication.{version}", REQUEST)
    body = {"location": "westeurope", **dict(step.body or {})} if kind == "vault" else dict(step.body or {})
    assert [str(each) for each in graph.check(graph.resource(f"{TYPES[kind]}@{version}"), body)] == []
