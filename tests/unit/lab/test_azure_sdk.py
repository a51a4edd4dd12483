# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft's own client of the replication service, with its pollers, against the lab."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential

from ansible_collections.azlocal.migrate.tests.support.azure_lab import AzureSession, create_body
from lab import names
from lab.azure import ids
from lab.runtime import Lab

sdk: Any = pytest.importorskip("azure.mgmt.recoveryservicesdatareplication")
WHERE = (names.RESOURCE_GROUP, ids.VAULT_NAME)


@pytest.fixture
def azure(lab: Callable[..., Lab]) -> AzureSession:
    return AzureSession(lab(vms=12, speed=4000))


@pytest.fixture
def client(azure: AzureSession) -> Iterator[Any]:
    ca = str(azure.lab.tls.ca)
    credential = ClientSecretCredential(
        names.TENANT,
        names.CLIENT_ID,
        names.CLIENT_SECRET,
        authority=azure.url,
        disable_instance_discovery=True,
        connection_verify=ca,
    )
    with (
        credential,
        sdk.RecoveryServicesDataReplicationMgmtClient(
            credential,
            names.SUBSCRIPTION,
            base_url=azure.url,
            credential_scopes=[f"{azure.url}/.default"],
            connection_verify=ca,
            polling_interval=0.05,
        ) as opened,
    ):
        yield opened


def test_reads(client: Any) -> None:
    assert client.vault.get(*WHERE).properties.vault_type == "Migrate"
    assert {fabric.id for fabric in client.fabric.list(names.RESOURCE_GROUP)} == {ids.SOURCE_FABRIC, ids.TARGET_FABRIC}
    [agent] = client.fabric_agent.list(names.RESOURCE_GROUP, ids.SOURCE_FABRIC_NAME)
    assert agent.properties.is_responsive
    assert list(client.protected_item.list(*WHERE)) == []
    with pytest.raises(ResourceNotFoundError):
        client.protected_item.get(*WHERE, "none")


def test_its_pollers_come_to_their_end(client: Any, azure: AzureSession) -> None:
    machine = azure.easy()
    name = machine["name"]
    client.protected_item.begin_create(*WHERE, name, create_body(machine)).result(timeout=30)
    azure.wait(machine)
    custom = {"instanceType": ids.INSTANCE_TYPE, "shutdownSourceVM": True}
    body = {"properties": {"customProperties": custom}}
    client.protected_item.begin_planned_failover(*WHERE, name, body).result(timeout=30)
    assert client.protected_item.get(*WHERE, name).properties.protection_state == "PlannedFailoverCompleted"
    assert next(iter(client.job.list(*WHERE))).properties.display_name == "Planned failover"
    client.protected_item.begin_delete(*WHERE, name, force_delete=False).result(timeout=30)
    assert list(client.protected_item.list(*WHERE)) == []


def test_its_pollers_see_a_failure(client: Any, azure: AzureSession) -> None:
    machine = azure.awkward("powered_off")
    poller = client.protected_item.begin_create(*WHERE, machine["name"], create_body(machine))
    with pytest.raises(HttpResponseError, match="not powered on"):
        poller.result(timeout=30)
