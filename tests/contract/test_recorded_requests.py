# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our requests against a recorded one and against the published schemas; recorded replies against our reading."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft4Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import wire
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.changes import drift
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.item import ProtectedItem
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.job import Job
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.source import SourceMachine, merge
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.spec import Defaults, build
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.target import (
    LogicalNetwork,
    StoragePath,
    TargetPlace,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.wanted import Wanted
from ansible_collections.azlocal.migrate.tests.support import shared
from ansible_collections.azlocal.migrate.tests.support.bicep_types import REQUEST, Graph
from ansible_collections.azlocal.migrate.tests.support.recordings import ITEM

VERSIONS = ("2024-09-01", "2026-05-01")
EXPRESSIONS = "https://schema.management.azure.com/schemas/common/definitions.json"


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    """The PUT that Microsoft's cmdlet sent for a VM."""
    found: dict[str, Any] = shared.load("control-plane/04-protected-item-create.json")["pairs"][0]
    return found


@pytest.fixture(scope="module")
def custom(recorded: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = recorded["request"]["body"]["properties"]["customProperties"]
    return found


@pytest.fixture(scope="module")
def machine(custom: dict[str, Any]) -> SourceMachine:
    """The recorded machine, with the run-as account that its vCenter named."""
    reply = shared.load("control-plane/01-discovered-machine-and-site.vmware.json")["pairs"][0]["response"]["body"]
    [found] = merge([], [reply], run_as={reply["properties"]["vCenterId"]: custom["runAsAccountId"]})
    return found


@pytest.fixture(scope="module")
def place(custom: dict[str, Any]) -> TargetPlace:
    network = custom["nicsToInclude"][0]["targetNetworkId"]
    return TargetPlace(
        cluster_id=custom["targetHciClusterId"],
        custom_location_id=custom["targetArcClusterCustomLocationId"],
        region=custom["customLocationRegion"],
        storage_paths=(StoragePath(id=custom["storageContainerId"], name="path"),),
        networks=(LogicalNetwork(id=network, name="network"),),
    )


@pytest.fixture(scope="module")
def pair(recorded: dict[str, Any], custom: dict[str, Any]) -> wire.Pair:
    properties = recorded["request"]["body"]["properties"]
    return wire.Pair(
        cluster_id=custom["targetHciClusterId"],
        custom_location_id=custom["targetArcClusterCustomLocationId"],
        region=custom["customLocationRegion"],
        policy_name=properties["policyName"],
        extension_name=properties["replicationExtensionName"],
        source_agent=custom["sourceFabricAgentName"],
        target_agent=custom["targetFabricAgentName"],
    )


def wanted(entry: dict[str, Any], machine: SourceMachine, place: TargetPlace, group: str) -> Wanted:
    network_map = [{"source": "dhcp_lan", "logical_network": "network"}]
    defaults = Defaults(target_resource_group=group, storage_path="path", network_map=network_map)
    built = build(entry, machine, place, defaults)
    assert isinstance(built, Wanted), built
    return built


def test_the_same_wishes_make_the_recorded_request(
    recorded: dict[str, Any], custom: dict[str, Any], machine: SourceMachine, place: TargetPlace, pair: wire.Pair
) -> None:
    entry = {"target_vm_name": "hciVm1", "dynamic_memory": {"enabled": True}, "auto_resync": False}
    asked = wanted(entry, machine, place, custom["targetResourceGroupId"])
    body = wire.create_body(asked, machine, pair, "2024-09-01")
    sent = body["properties"]["customProperties"]
    # The two things that we send better: the size in place of 0, and the label that the specification demands.
    assert [disk.pop("diskSizeGB") for disk in sent["disksToInclude"]] == [40, 16, 10]
    assert [nic.pop("label") for nic in sent["nicsToInclude"]] == ["Network adapter 1"]
    expected = recorded["request"]["body"]
    without_sizes = [
        {key: value for key, value in disk.items() if key != "diskSizeGB"} for disk in custom["disksToInclude"]
    ]
    expected = {
        "properties": {**expected["properties"], "customProperties": {**custom, "disksToInclude": without_sizes}}
    }
    assert body == expected
    assert recorded["request"]["url"].split("?")[0].rsplit("/", 1)[-1] == machine.item_name


def test_the_recorded_reply_is_read_and_shows_no_drift(
    recorded: dict[str, Any], custom: dict[str, Any], machine: SourceMachine, place: TargetPlace
) -> None:
    item = ProtectedItem.parse(recorded["response"]["body"])
    assert (item.protection_state, item.allowed_jobs, item.resync_required) == ("UnprotectedStatesBegin", (), False)
    assert (item.cpu_cores, item.auto_resync, item.disks, item.nics) == (4, False, (), ())
    entry = {"target_vm_name": "hciVm1", "dynamic_memory": True}
    assert not drift(wanted(entry, machine, place, custom["targetResourceGroupId"]), item)


def test_recorded_jobs_are_read() -> None:
    data = shared.load("control-plane/08-jobs-list-and-get.json")
    listed = [Job.parse(job) for job in data["list"]["body"]["value"]]
    assert [job.display_name for job in listed][:2] == ["Planned failover", "Delete protected item"]
    assert all(job.finished and not job.has_tasks and job.started_at and job.ended_at for job in listed)
    assert listed[2].object_id == "" and listed[2].object_name
    one = Job.parse(data["get"]["body"])
    assert one.has_tasks and [task.state for task in one.tasks] == ["Succeeded"] * 4
    assert one.tasks[-1].name == "Starting Replication"


def test_the_recorded_machine_is_read(machine: SourceMachine) -> None:
    assert (machine.firmware, machine.os_type, machine.power, machine.tools) == ("efi", "linux", "on", "running")
    assert (machine.cpu_cores, machine.memory_mb, len(machine.disks), machine.nics[0].network) == (
        4,
        4096,
        3,
        "dhcp_lan",
    )


ENTRIES: dict[str, dict[str, Any]] = {
    "plain": {},
    "rich": {
        "dynamic_memory": {"enabled": True, "minimum_mb": 2048, "maximum_mb": 8192, "buffer_percent": 30},
        "security": "trusted_launch",
        "arc": "reuse",
        "disks": [
            {"match": "scsi0:1", "storage_path": "path", "sector_size": 4096},
            {"match": "scsi0:2", "include": False},
        ],
        "nics": [{"match": "4000", "keep_ip": True, "keep_mac": True}],
    },
    "no nic": {"nics": [{"match": "4000", "create": False}]},
}


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> Iterator[str]:
    yield request.param


def validator(version: str, name: str) -> Any:
    """The published schema; template expressions (``[...]``) are no part of a REST body, so nothing counts as one."""
    schema = shared.load(f"control-plane/openapi/armschema.{version}.Microsoft.DataReplication.json")
    # The base type closes itself with additionalProperties: false inside an allOf, which no subtype could satisfy.
    base = schema["definitions"]["ProtectedItemModelCustomProperties"]["allOf"][0]
    base.pop("additionalProperties", None)
    none = Resource.from_contents({"definitions": {"expression": {"not": {}}}}, default_specification=DRAFT4)
    whole = Resource.from_contents(schema, default_specification=DRAFT4)
    registry: Registry[Any] = Registry().with_resources([(EXPRESSIONS, none), ("urn:arm", whole)])
    return Draft4Validator({"$ref": f"urn:arm#/definitions/{name}"}, registry=registry)


@pytest.mark.parametrize("kind", ENTRIES)
def test_put_bodies_follow_the_schema(
    version: str, kind: str, custom: dict[str, Any], machine: SourceMachine, place: TargetPlace, pair: wire.Pair
) -> None:
    asked = wanted(ENTRIES[kind], machine, place, custom["targetResourceGroupId"])
    body = wire.create_body(asked, machine, pair, version)
    validator(version, "ProtectedItemModelProperties").validate(body["properties"])
    known = shared.load(f"control-plane/openapi/armschema.{version}.Microsoft.DataReplication.json")["definitions"]
    for definition, sent in (
        ("VMwareToAzStackHCIProtectedItemModelCustomProperties", [body["properties"]["customProperties"]]),
        ("VMwareToAzStackHCIDiskInput", body["properties"]["customProperties"]["disksToInclude"]),
        ("VMwareToAzStackHCINicInput", body["properties"]["customProperties"]["nicsToInclude"]),
    ):
        for one in sent:
            assert set(one) <= set(known[definition]["properties"])


def test_the_schema_refuses_a_wrong_body(version: str, recorded: dict[str, Any]) -> None:
    """The validator itself works: the recorded body lacks the label that the specification demands."""
    check = validator(version, "ProtectedItemModelProperties")
    assert not check.is_valid(recorded["request"]["body"]["properties"])
    assert not check.is_valid({})


# Properties that an update may carry (specification, and the SDK for 2024-09-01); the schemas have no type for it.
UPDATABLE = {
    "instanceType",
    "nicsToInclude",
    "targetCpuCores",
    "isDynamicRam",
    "dynamicMemoryConfig",
    "targetMemoryInMegaBytes",
    "osType",
}


def patch_body(
    version: str, custom: dict[str, Any], machine: SourceMachine, place: TargetPlace, pair: wire.Pair
) -> dict[str, Any]:
    """Everything has drifted that this version lets us change."""
    plain = wanted({}, machine, place, custom["targetResourceGroupId"])
    reply = {"properties": wire.create_body(plain, machine, pair, version)["properties"]}
    reply["properties"]["customProperties"] |= {
        "osType": "OtherGuest",
        "securityOption": "SecureBootEnabled" if version != "2024-09-01" else None,
        "protectedNics": [{"nicId": "4000", "selectionTypeForFailover": "NotSelected"}],
    }
    entry = {"cpu_cores": 8, "memory_mb": 8192, "dynamic_memory": True, "security": "trusted_launch"}
    asked = wanted(entry, machine, place, custom["targetResourceGroupId"])
    return wire.update_body(drift(asked, ProtectedItem.parse(reply)))


def test_patch_bodies_follow_the_specification(
    version: str, custom: dict[str, Any], machine: SourceMachine, place: TargetPlace, pair: wire.Pair
) -> None:
    sent = patch_body(version, custom, machine, place, pair)["properties"]["customProperties"]
    allowed = UPDATABLE | ({"securityOption"} if version != "2024-09-01" else set())
    assert set(sent) == allowed
    validator(version, "ProtectedItemDynamicMemoryConfig").validate(sent["dynamicMemoryConfig"])
    for nic in sent["nicsToInclude"]:
        validator(version, "VMwareToAzStackHCINicInput").validate(nic)


def differences(version: str, body: dict[str, Any], action: str = "") -> set[str]:
    """Against the type graph, which also knows what a client must not send."""
    graph = Graph.load(f"datareplication.{version}", REQUEST)
    type_ = graph.action(action, ITEM) if action else graph.resource(f"{ITEM}@{version}")
    return {f"{each.path.removeprefix('properties.')}: {each.what}" for each in graph.check(type_, body)}


@pytest.mark.parametrize("kind", ENTRIES)
def test_put_bodies_follow_the_type(
    version: str, kind: str, custom: dict[str, Any], machine: SourceMachine, place: TargetPlace, pair: wire.Pair
) -> None:
    asked = wanted(ENTRIES[kind], machine, place, custom["targetResourceGroupId"])
    assert differences(version, wire.create_body(asked, machine, pair, version)) == set()


def test_the_recorded_put_lacks_the_label_and_nothing_else(version: str, recorded: dict[str, Any]) -> None:
    assert differences(version, recorded["request"]["body"]) == {"customProperties.nicsToInclude[].label: missing"}


def test_patch_bodies_follow_the_type_of_the_item(
    version: str, custom: dict[str, Any], machine: SourceMachine, place: TargetPlace, pair: wire.Pair
) -> None:
    """No file has a type for an update, so what is sent is held against the item's own type, and nothing is missing.

    osType is the one property that only an update can set (control-plane §1.1); of the item it is read-only.
    """
    found = differences(version, patch_body(version, custom, machine, place, pair))
    assert {each for each in found if not each.endswith(": missing")} == {"customProperties.osType: read-only"}


@pytest.mark.parametrize("shut_down", [True, False])
def test_failover_bodies_follow_the_type(version: str, shut_down: bool) -> None:
    body = wire.failover_body(shut_down)
    assert differences(version, body, "plannedFailover") == set()
    del body["properties"]["customProperties"]["shutdownSourceVM"]
    assert differences(version, body, "plannedFailover") == {"customProperties.shutdownSourceVM: missing"}
