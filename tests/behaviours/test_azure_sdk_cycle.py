# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A foreign witness: Microsoft's own client of the replication service goes a whole way on the lab.

Its pollers wait, its models read every reply, and whatever they cannot read is named here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential

from ansible_collections.azlocal.migrate.tests.support.azure_lab import AzureSession, create_body
from lab import names
from lab.azure import ids
from lab.runtime import Lab
from lab.switches import Switches

sdk: Any = pytest.importorskip("azure.mgmt.recoveryservicesdatareplication")
models = sdk.models
WHERE = (names.RESOURCE_GROUP, ids.VAULT_NAME)
PATIENCE_S = 60
# What the service was recorded to send and the models of 1.0.0 have no attribute for (control-plane §0.9).
UNREAD = {
    f"JobModel.properties.customProperties.affectedObjectDetails.{key}"
    for key in ("PolicyName", "ReplicationExtensionName", "VaultId")
}
# What its models turn into the opposite: the text "false" is true to Python.
MISREAD = {
    "ProtectedItemModel.properties.resyncRequired",
    "ProtectedItemModel.properties.customProperties.resyncRequired",
    "ProtectedItemModel.properties.customProperties.performAutoResync",
}


class Witness:
    """The client, with every raw reply that its models were made of."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.unread: set[str] = set()
        self.misread: set[str] = set()
        self.read = 0

    def look(self, call: Callable[..., Any], *where: Any) -> Any:
        """A GET of one resource."""
        raw: list[Any] = []
        found = call(*where, raw_response_hook=lambda reply: raw.append(reply.http_response.json()))
        self.compare(found, raw[-1], type(found).__name__)
        return found

    def list(self, call: Callable[..., Any], *where: Any) -> list[Any]:
        raw: list[Any] = []
        pages = call(*where, raw_response_hook=lambda reply: raw.extend(reply.http_response.json()["value"]))
        found = [*pages]
        for row, shown in zip(found, raw, strict=True):
            self.compare(row, shown, type(row).__name__)
        return found

    def compare(self, found: Any, raw: Any, path: str) -> None:
        """Every value of the reply has an attribute, and the attribute has the value."""
        if isinstance(found, list):
            for each, shown in zip(found, raw, strict=True):
                self.compare(each, shown, path)
            return
        attributes = getattr(type(found), "_attr_to_rest_field", None)
        if attributes is None or not isinstance(raw, dict):
            self.read += 1
            if plain(found) != plain(raw):
                self.misread.add(path)
            return
        names_of = {field._rest_name: attribute for attribute, field in attributes.items()}
        for key, value in raw.items():
            if key not in names_of:
                self.unread.add(f"{path}.{key}")
            else:
                self.compare(getattr(found, names_of[key]), value, f"{path}.{key}")


def plain(value: Any) -> Any:
    """Times are equal whatever way they are written; everything else is what it is."""
    if isinstance(value, str) and value[10:11] == "T" and value[4:5] == "-":
        value = dt.datetime.fromisoformat(value)
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).replace(microsecond=value.microsecond // 1000 * 1000)
    return value


@pytest.fixture
def azure(lab: Callable[..., Lab], request: pytest.FixtureRequest) -> AzureSession:
    return AzureSession(lab(vms=12, speed=4000, switches=Switches(**getattr(request, "param", {}))))


@pytest.fixture
def witness(azure: AzureSession) -> Iterator[Witness]:
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
        yield Witness(opened)


def policy() -> Any:
    custom = models.VMwareToAzStackHCIPolicyModelCustomProperties(
        recovery_point_history_in_minutes=4320,
        crash_consistent_frequency_in_minutes=60,
        app_consistent_frequency_in_minutes=240,
    )
    return models.PolicyModel(properties=models.PolicyModelProperties(custom_properties=custom))


def extension() -> Any:
    custom = models.VMwareToAzStackHCIReplicationExtensionModelCustomProperties(
        vmware_fabric_arm_id=ids.SOURCE_FABRIC,
        az_stack_hci_fabric_arm_id=ids.TARGET_FABRIC,
        storage_account_id=ids.STORAGE_ACCOUNT,
    )
    return models.ReplicationExtensionModel(
        properties=models.ReplicationExtensionModelProperties(custom_properties=custom)
    )


def failover() -> Any:
    custom = models.VMwareToAzStackHCIPlannedFailoverModelCustomProperties(shutdown_source_vm=True)
    return models.PlannedFailoverModel(properties=models.PlannedFailoverModelProperties(custom_properties=custom))


def update(cores: int) -> Any:
    custom = models.VMwareToAzStackHCIProtectedItemModelCustomPropertiesUpdate(target_cpu_cores=cores)
    return models.ProtectedItemModelUpdate(
        properties=models.ProtectedItemModelPropertiesUpdate(custom_properties=custom)
    )


@pytest.mark.behaviour("operations", "pair", "vault_identity")
def test_a_whole_cycle(witness: Witness, azure: AzureSession) -> None:
    client, look = witness.client, witness.look
    # the vault and its pair
    client.vault.begin_update(*WHERE, {"identity": {"type": "SystemAssigned"}}).result(PATIENCE_S)
    assert look(client.vault.get, *WHERE).properties.vault_type == "Migrate"
    client.policy.begin_delete(*WHERE, ids.POLICY_NAME).result(PATIENCE_S)
    client.replication_extension.begin_delete(*WHERE, ids.EXTENSION_NAME).result(PATIENCE_S)
    assert [*client.policy.list(*WHERE), *client.replication_extension.list(*WHERE)] == []
    client.policy.begin_create(*WHERE, ids.POLICY_NAME, policy()).result(PATIENCE_S)
    client.replication_extension.begin_create(*WHERE, ids.EXTENSION_NAME, extension()).result(PATIENCE_S)
    assert look(client.policy.get, *WHERE, ids.POLICY_NAME).properties.provisioning_state == "Succeeded"
    look(client.replication_extension.get, *WHERE, ids.EXTENSION_NAME)
    for fabric in witness.list(client.fabric.list, names.RESOURCE_GROUP):
        look(client.fabric.get, names.RESOURCE_GROUP, fabric.name)
        for agent in witness.list(client.fabric_agent.list, names.RESOURCE_GROUP, fabric.name):
            assert look(client.fabric_agent.get, names.RESOURCE_GROUP, fabric.name, agent.name).properties.is_responsive
    # an item from its PUT to its end
    machine = azure.easy()
    name = machine["name"]
    client.protected_item.begin_create(*WHERE, name, create_body(machine)).result(PATIENCE_S)
    look(client.protected_item.get, *WHERE, name)
    azure.wait(machine)
    client.protected_item.begin_update(*WHERE, name, update(3)).result(PATIENCE_S)
    item = look(client.protected_item.get, *WHERE, name).properties
    assert (item.custom_properties.target_cpu_cores, item.protection_state) == (3, "Protected")
    client.protected_item.begin_planned_failover(*WHERE, name, failover()).result(PATIENCE_S)
    [item] = witness.list(client.protected_item.list, *WHERE)
    assert item.properties.protection_state == "PlannedFailoverCompleted"
    assert item.properties.custom_properties.active_location == "Recovery"
    points = witness.list(client.recovery_point.list, *WHERE, name)
    newest = look(client.recovery_point.get, *WHERE, name, points[0].name)
    assert newest.name == item.properties.custom_properties.failover_recovery_point_id
    client.protected_item.begin_delete(*WHERE, name, force_delete=False).result(PATIENCE_S)
    with pytest.raises(ResourceNotFoundError):
        client.protected_item.get(*WHERE, name)
    # what is left to read
    jobs = witness.list(client.job.list, *WHERE)
    assert [job.properties.display_name for job in jobs] == [
        "Delete protected item",
        "Planned failover",
        "Update protected item",
        "Complete initial replication",
        "Create or update protected item",
        "Create or update replication extension",
        "Create or update replication policy",
        "Delete replication extension",
        "Delete replication policy",
    ]
    for job in jobs:
        assert {task.state for task in look(client.job.get, *WHERE, job.name).properties.tasks} == {"Succeeded"}
    assert witness.read > 500
    assert (witness.unread, witness.misread) == (UNREAD, MISREAD)


def test_its_models_read_a_failure(witness: Witness, azure: AzureSession) -> None:
    client, machine = witness.client, azure.awkward("powered_off")
    poller = client.protected_item.begin_create(*WHERE, machine["name"], create_body(machine))
    with pytest.raises(HttpResponseError, match="not powered on"):
        poller.result(PATIENCE_S)
    item = witness.look(client.protected_item.get, *WHERE, machine["name"]).properties
    job = witness.look(client.job.get, *WHERE, item.last_failed_enable_protection_job.name).properties
    assert (job.state, job.errors[0].code) == ("Failed", item.health_errors[0].code)
    [event] = witness.list(client.event.list, *WHERE)
    assert witness.look(client.event.get, *WHERE, event.name).properties.event_name == job.errors[0].code
    assert witness.unread <= UNREAD
    assert witness.misread <= MISREAD


@pytest.mark.behaviour("delete_result")
@pytest.mark.parametrize(
    "azure", [{"delete_result": "200"}, {"delete_result": "204"}], indirect=True, ids=["200", "204"]
)
def test_its_poller_at_the_end_of_a_delete(witness: Witness, azure: AzureSession) -> None:
    """It cannot read a 204 without a body: so 200 is the default."""
    client, machine = witness.client, azure.easy()
    azure.protect(machine)
    poller = client.protected_item.begin_delete(*WHERE, machine["name"], force_delete=False)
    if azure.lab.switches.delete_result == "200":
        poller.result(PATIENCE_S)
    else:
        with pytest.raises(HttpResponseError, match="does not contain a body"):
            poller.result(PATIENCE_S)
    assert [*client.protected_item.list(*WHERE)] == []


@pytest.mark.parametrize("azure", [{"items_page": 2, "jobs_page": 2}], indirect=True)
def test_its_iterators_follow_the_pages(witness: Witness, azure: AzureSession) -> None:
    machines = [azure.easy(number) for number in range(5)]
    for machine in machines:
        azure.put(machine)
    assert [item.name for item in witness.list(witness.client.protected_item.list, *WHERE)] == [
        machine["name"] for machine in machines
    ]
    assert len(witness.list(witness.client.job.list, *WHERE)) == 5
