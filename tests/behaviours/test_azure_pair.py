# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What prepares a vault: its identity, the replication policy, the replication extension."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support.azure_lab import DR
from ansible_collections.azlocal.migrate.tests.support.azure_time import StartAzure
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from lab.azure import ids

POLICY = {
    "instanceType": ids.INSTANCE_TYPE,
    "recoveryPointHistoryInMinutes": 4320,
    "crashConsistentFrequencyInMinutes": 60,
    "appConsistentFrequencyInMinutes": 240,
}
EXTENSION = {
    "instanceType": ids.INSTANCE_TYPE,
    "vmwareFabricArmId": ids.SOURCE_FABRIC,
    "azStackHciFabricArmId": ids.TARGET_FABRIC,
    "storageAccountId": ids.STORAGE_ACCOUNT,
    "storageAccountSasSecretName": None,
}
PARTS = [
    (ids.POLICY, POLICY, "Policy", "Create or update replication policy", 1),
    (ids.EXTENSION, EXTENSION, "ReplicationExtension", "Create or update replication extension", 131),
]


def body(custom: dict[str, Any]) -> dict[str, Any]:
    return {"properties": {"customProperties": custom}}


@pytest.mark.behaviour("pair")
@pytest.mark.parametrize(("path", "custom", "kind", "job_name", "seconds"), PARTS, ids=["policy", "extension"])
def test_a_pair_is_taken_apart_and_made_again(
    azure: StartAzure, path: str, custom: dict[str, Any], kind: str, job_name: str, seconds: float
) -> None:
    session = azure()
    before = session.get(path)["properties"]["customProperties"]
    gone = session.call("DELETE", path, DR)
    assert (gone.status_code, session.ended(gone)["status"]) == (202, "Succeeded")
    assert session.call("GET", path, DR).status_code == 404
    assert session.call("DELETE", path, DR).status_code == 204
    refused = session.put(session.easy())
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "InvalidReplicationPair")
    reply = session.call("PUT", path, DR, body(custom))
    assert (reply.status_code, reply.json()["properties"]["provisioningState"]) == (201, "Creating")
    assert session.put(session.easy()).status_code == 400  # not ready yet
    assert session.ended(reply)["status"] == "Succeeded"
    job = session.job(reply)
    took = dt.datetime.fromisoformat(job["endTime"]) - dt.datetime.fromisoformat(job["startTime"])
    assert (job["displayName"], job["objectType"], job["objectId"]) == (job_name, kind, path)
    assert took.total_seconds() * 600 == pytest.approx(seconds, abs=1)
    made = session.get(path)["properties"]
    assert (made["provisioningState"], made["customProperties"]) == ("Succeeded", before)
    assert session.put(session.easy()).status_code == 201
    again = session.call("PUT", path, DR, body(custom))
    assert (again.status_code, again.json()["properties"]["provisioningState"]) == (200, "Updating")


@pytest.mark.behaviour("pair")
def test_the_extension_reads_back_more_than_was_sent(azure: StartAzure) -> None:
    session = azure()
    custom = session.get(ids.EXTENSION)["properties"]["customProperties"]
    assert custom["azStackHciSiteId"] == ids.TARGET_FABRIC  # which is no site
    assert custom["vmwareSiteId"] == ids.SOURCE_SITE
    assert (custom["storageAccountSasSecretName"], custom["gatewayServiceUri"][:8]) == ("", "https://")
    wrong = session.call("PUT", ids.EXTENSION, DR, body({**EXTENSION, "vmwareFabricArmId": "/other"}))
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "FabricNotFound")
    wrong = session.call("PUT", ids.POLICY, DR, body({**POLICY, "instanceType": "HyperVToAzStackHCI"}))
    assert wrong.status_code == 400


@pytest.mark.behaviour("pair")
def test_a_part_that_could_not_be_made_is_failed(azure: StartAzure) -> None:
    fault = {"kind": "job", "job": "Create or update replication extension", "code": "1000002", "message": "No access."}
    session = azure(faults=[fault])
    reply = session.call("PUT", ids.EXTENSION, DR, body(EXTENSION))
    assert session.ended(reply)["error"]["code"] == "1000002"
    assert session.get(ids.EXTENSION)["properties"]["provisioningState"] == "Failed"
    assert session.put(session.easy()).status_code == 400
    assert session.ended(session.call("PUT", ids.EXTENSION, DR, body(EXTENSION)))["status"] == "Succeeded"
    assert session.put(session.easy()).status_code == 201


@pytest.mark.behaviour("pair_in_use")
@thrown("pair_in_use", "refuse", "delete")
def test_what_items_use(azure: StartAzure, setting: str) -> None:
    session = azure(pair_in_use=setting)
    session.put(session.easy())
    reply = session.call("DELETE", ids.EXTENSION, DR)
    assert reply.status_code == (409 if setting == "refuse" else 202)


@pytest.mark.behaviour("vault_identity")
def test_the_vaults_identity(azure: StartAzure) -> None:
    session = azure()
    principal = session.get(ids.VAULT)["identity"]["principalId"]
    taken = session.call("PATCH", ids.VAULT, DR, {"identity": {"type": "None"}})
    assert (taken.status_code, taken.json()["identity"]) == (200, {"type": "None"})
    assert "principalId" not in session.get(ids.VAULT)["identity"]
    given = session.call("PATCH", ids.VAULT, DR, {"identity": {"type": "SystemAssigned"}})
    assert given.json()["identity"]["principalId"] == principal
    assert session.call("PATCH", ids.VAULT, DR, {"identity": {"type": "Other"}}).status_code == 400
    put = session.call("PUT", ids.VAULT, DR, {"identity": {"type": "SystemAssigned"}})
    assert (put.status_code, put.json()["error"]["code"]) == (400, "LocationRequired")  # what a peer sends
