# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab answers, against Microsoft's published types and against what the real service was recorded to say.

The lab stands in for a service that nobody can call from here: every test on it is worth what these tests prove.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, NamedTuple

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.item import ProtectedItem
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.job import Job
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.source import merge
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.target import LogicalNetwork, StoragePath
from ansible_collections.azlocal.migrate.tests.support import recordings
from ansible_collections.azlocal.migrate.tests.support.bicep_types import Difference, Graph
from ansible_collections.azlocal.migrate.tests.support.lab_cycle import STATES, Cycle, Seen
from ansible_collections.azlocal.migrate.tests.support.recordings import (
    ITEM,
    JOB,
    MACHINE,
    SITE,
    SOLUTION,
    VAULT,
    VSITE,
)
from lab.cli import start_lab


class Drift(NamedTuple):
    """The real service differs from its own types here, so the lab does too. Types and paths are glob patterns."""

    type: str
    path: str
    what: str
    fact: str  # where it is written down
    recording: str = ""  # and the file that shows it: a test below looks


_PATTERN = "control-plane §8: real names break the pattern of the specification"
_HIDDEN = "control-plane §0.8: write-only in effect, null on GET"
_ON_MACHINES = "control-plane §4, recording 01: on the wire, but not in the types"
_SPELT = "control-plane §4, recording 01: spelt otherwise on the wire"

DRIFTS = (
    Drift("*", "type", "case", "control-plane §0.9: the case of ARM ids is arbitrary", "02"),
    # -- DataReplication
    Drift("Microsoft.DataReplication/*", "name", "pattern", _PATTERN, "04"),
    Drift(ITEM, "properties.customProperties.disksToInclude", "null", _HIDDEN),
    Drift(ITEM, "properties.customProperties.nicsToInclude", "null", _HIDDEN),
    Drift(ITEM, "properties.customProperties.nicsToInclude[[][]].label", "null", "control-plane §0.9: absent", "04"),
    Drift(ITEM, "properties.resyncRequired", "kind", "control-plane §0.9: a string", "04"),
    Drift(ITEM, "properties.customProperties.resyncRequired", "kind", "control-plane §0.9: a string", "04"),
    Drift(ITEM, "properties.customProperties.performAutoResync", "kind", "control-plane §4, recording 04", "04"),
    Drift(ITEM, "properties.customProperties.sourceMemoryInMegaBytes", "kind", "control-plane §0.9: a float"),
    Drift(JOB, "properties.customProperties", "null", "control-plane §0.7: the list is trimmed", "08"),
    Drift(JOB, "properties.customProperties.instanceType", "word", "control-plane §0.9: JobDetails", "08"),
    Drift(
        JOB, "properties.customProperties.affectedObjectDetails.*", "unknown", "control-plane §4, recording 08", "08"
    ),
    Drift(recordings.FABRIC, "properties.customProperties.cluster.storage*", "null", "control-plane §0.9: null", "03"),
    Drift(recordings.AGENT, "properties.customProperties.instanceType", "word", "control-plane §0.9: unlisted", "03"),
    # -- Migrate
    Drift(
        "Microsoft.Migrate/migrateProjects", "properties.registeredTools[[][]]", "word", "control-plane §2.1, call 2"
    ),
    Drift("Microsoft.Migrate/migrateProjects", "properties.provisioningState", "unknown", "control-plane §2.2, call 2"),
    Drift(SOLUTION, "properties.tool", "word", "control-plane §2.1, call 2: only since 2023-01-01", "02"),
    Drift(SOLUTION, "name", "pattern", "control-plane §1: names of 35 and 49 characters"),
    # -- OffAzure
    Drift(f"{VSITE}/*", "name", "pattern", "control-plane §1: names of 36 characters and more", "01"),
    Drift(SITE, "etag", "case", _SPELT, "01"),
    Drift(SITE, "kind", "unknown", _ON_MACHINES, "01"),
    Drift(MACHINE, "properties.vCenterFQDN", "case", _SPELT, "01"),
    Drift(MACHINE, "properties.guestOSDetails", "case", _SPELT, "01"),
    Drift(MACHINE, "properties.allocatedMemoryInMB", "case", _SPELT, "01"),
    Drift(MACHINE, "properties.allocatedMemoryInMB", "kind", "control-plane §2.3: a float", "01"),
    Drift(MACHINE, "properties.autoEnableDependencyMapping", "unknown", _ON_MACHINES, "01"),
    Drift(MACHINE, "properties.discoveredWorkloads", "unknown", _ON_MACHINES, "01"),
    Drift(MACHINE, "properties.disks[[][]].usedSpaceInBytes", "unknown", _ON_MACHINES, "01"),
    Drift(MACHINE, "properties.eTag", "unknown", _ON_MACHINES, "01"),
    Drift(MACHINE, "properties.isFileServerSupported", "unknown", _ON_MACHINES, "01"),
    Drift(MACHINE, "tags", "unknown", _ON_MACHINES, "01"),
)

# Every kind of resource that the cycle must have met, with the versions of it.
_DR, _OFF = "2024-09-01 2026-05-01", "2023-06-06 2024-12-01-preview"
_HCI = "2024-01-01 2025-06-01-preview 2026-04-01-preview"
KINDS = {
    "Microsoft.Migrate/migrateProjects": "2018-09-01-preview 2020-05-01 2023-01-01",
    SOLUTION: "2018-09-01-preview 2023-01-01",
    SITE: _OFF,
    "Microsoft.OffAzure/hypervSites": _OFF,
    MACHINE: _OFF,
    f"{VSITE}/vcenters": _OFF,
    f"{VSITE}/runAsAccounts": _OFF,
    VAULT: _DR,
    recordings.FABRIC: _DR,
    recordings.AGENT: _DR,
    recordings.POLICY: _DR,
    recordings.EXTENSION: _DR,
    ITEM: _DR,
    JOB: _DR,
    f"{VAULT}/events": _DR,
    f"{ITEM}/recoveryPoints": _DR,
    "Microsoft.Authorization/roleAssignments": "2022-04-01",
    "Microsoft.Authorization/roleDefinitions": "2022-04-01",
    "Microsoft.HybridCompute/machines": "2024-07-10",
    "Microsoft.AzureStackHCI/virtualMachineInstances": _HCI,
    "Microsoft.AzureStackHCI/virtualHardDisks": _HCI,
    "Microsoft.AzureStackHCI/networkInterfaces": _HCI,
    "Microsoft.AzureStackHCI/logicalNetworks": _HCI,
    "Microsoft.AzureStackHCI/storageContainers": _HCI,
    "Microsoft.AzureStackHCI/clusters": "2026-04-30",
    "Microsoft.ExtendedLocation/customLocations": "2021-08-15",
    "Microsoft.ResourceConnector/appliances": "2022-10-27",
}


@pytest.fixture(scope="module")
def cycle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cycle]:
    """A lab, walked through once."""
    recordings.load("01")  # nothing to walk for where the recordings are not
    running = start_lab(tmp_path_factory.mktemp("cycle") / "lab", vms=12, speed=400)
    walked = Cycle(running)
    walked.walk()
    running.stop()
    yield walked


@cache
def graph(type_: str, version: str) -> Graph:
    namespace, kind = type_.lower().removeprefix("microsoft.").split("/", 1)
    if namespace == "azurestackhci":
        namespace += ".cluster" if kind == "clusters" else ".vm"
    if namespace == "migrate" and version.startswith("2018"):
        namespace += ".migrateprojects"
    return Graph.load(f"{namespace}.{version}")


def differences(type_: str, version: str, body: Any) -> list[Difference]:
    types = graph(type_, version)
    return types.check(types.resource(f"{type_}@{version}"), body)


def named(type_: str, difference: Difference, drift: Drift) -> bool:
    return drift.what == difference.what and fnmatchcase(type_, drift.type) and fnmatchcase(difference.path, drift.path)


def unnamed(type_: str, found: Iterable[Difference]) -> list[str]:
    return [str(each) for each in found if not any(named(type_, each, drift) for drift in DRIFTS)]


# -- against the types ------------------------------------------------------------------------------------------


def test_the_cycle_met_everything(cycle: Cycle) -> None:
    assert {(each.type, each.version) for each in cycle.seen} == {
        (kind, version) for kind, versions in KINDS.items() for version in versions.split()
    }
    assert cycle.states >= STATES


def test_replies_follow_the_types_but_for_named_drifts(cycle: Cycle) -> None:
    wrong = {
        f"{each.type}@{each.version} {each.label} {line}"
        for each in cycle.seen
        for line in unnamed(each.type, differences(each.type, each.version, each.body))
    }
    assert not wrong


def test_no_drift_is_named_in_vain(cycle: Cycle) -> None:
    """A row that the lab does not need any more hides the next mistake."""
    found = {(s.type, d) for s in cycle.seen for d in differences(s.type, s.version, s.body)}
    idle = [drift for drift in DRIFTS if not any(named(kind, each, drift) for kind, each in found)]
    assert not idle


def test_the_real_service_drifts_as_the_table_says() -> None:
    """The recordings need the same leave, and no other: rows that claim a recording are in it."""
    wrong, found = set(), []
    for each in recordings.replies():
        for version in each.versions:
            these = differences(each.type, version, each.body)
            wrong |= {f"{each.file} {each.type}@{version} {line}" for line in unnamed(each.type, these)}
            found += [(each.file, each.type, difference) for difference in these]
    assert not wrong
    claimed = [drift for drift in DRIFTS if drift.recording]
    idle = [d for d in claimed if not any(f == d.recording and named(kind, each, d) for f, kind, each in found)]
    assert not idle


def test_lists_come_in_the_envelope_of_arm(cycle: Cycle) -> None:
    for where, reply in cycle.envelopes:
        assert set(reply) <= {"value", "nextLink"}, where
        assert isinstance(reply["value"], list), where
        assert isinstance(reply.get("nextLink"), (str, type(None))), where


# -- against the recordings -------------------------------------------------------------------------------------

# What a recorded reply has and the lab's has not.
ABSENT = {
    (recordings.EXTENSION, "properties.customProperties.hyperVFabricArmId"): "recorded of a HyperVToAzStackHCI pair",
    (recordings.EXTENSION, "properties.customProperties.hyperVSiteId"): "recorded of a HyperVToAzStackHCI pair",
}


def lacking(recorded: Any, shown: Any, path: str = "") -> Iterator[str]:
    """Keys that only the recording has, and values of another JSON kind. What was null may be anything."""
    if recorded is None:
        return
    if type(recorded) is not type(shown):
        yield f"{path}: {type(shown).__name__} for {type(recorded).__name__}"
    elif isinstance(recorded, dict):
        for key, value in recorded.items():
            where = f"{path}.{key}" if path else key
            if key in shown:
                yield from lacking(value, shown[key], where)
            else:
                yield where
    elif isinstance(recorded, list) and recorded:
        if not shown:
            yield f"{path}[]"
        for number, each in enumerate(shown):
            yield from lacking(recorded[min(number, len(recorded) - 1)], each, f"{path}[]")


def counterparts(cycle: Cycle, recorded: recordings.Recorded) -> list[Seen]:
    """The lab's replies to the same question in the same situation."""
    if recorded.type == JOB:
        return [each for each in cycle.of(JOB) if _same_job(each, recorded)]
    if recorded.type == recordings.FABRIC:
        words = recorded.body["properties"]["customProperties"]["instanceType"]
        return [s for s in cycle.of(recorded.type) if s.body["properties"]["customProperties"]["instanceType"] == words]
    if recorded.type == SOLUTION:
        versions = set(recorded.versions)
        name = recorded.body["name"]
        return [s for s in cycle.of(SOLUTION) if s.body["name"] == name and s.version in versions]
    return [each for each in cycle.of(recorded.type) if recorded.label in ("", each.label)]


def _same_job(seen: Seen, recorded: recordings.Recorded) -> bool:
    mine, theirs = seen.body["properties"], recorded.body["properties"]
    whole = (mine["tasks"] is None) == (theirs["tasks"] is None)
    return whole and all(mine[key] == theirs[key] for key in ("displayName", "state"))


def test_no_recorded_key_is_missing_and_no_value_of_another_kind(cycle: Cycle) -> None:
    wrong: set[tuple[str, str, str]] = set()
    allowed: set[tuple[str, str, str]] = set()
    for recorded in recordings.replies(before_init=False):
        mine = counterparts(cycle, recorded)
        assert mine, f"{recorded.file}: the lab never answered for {recorded.type} {recorded.label}"
        for each in mine:
            for path in lacking(recorded.body, each.body):
                target = allowed if (each.type, path) in ABSENT else wrong
                target.add((each.type, path, "" if target is allowed else f"{each.version} {each.label}"))
    assert not wrong
    assert {(kind, path) for kind, path, _ in allowed} == set(ABSENT)


def test_the_map_of_appliances_has_the_recorded_form(cycle: Cycle) -> None:
    """Text that holds JSON: the types know nothing of it."""

    def appliances(solution: dict[str, Any]) -> list[Any]:
        text = solution["properties"]["details"]["extendedDetails"]["applianceNameToSiteIdMapV3"]
        entries = [entry for each in json.loads(text) for entry in each.items()]
        for name, entry in entries:
            assert entry["ApplianceName"] == name
            [certificate] = entry.pop("CertificateContents")  # its key holds the appliance's name
            assert certificate == f"{name}agentauthcertv2"
        return [entry for _, entry in entries]

    theirs = appliances(recordings.load("02")["discovery_solution"])
    mine = appliances(cycle.one(SOLUTION, "discovery").body)
    assert not [*lacking(theirs, mine)]
    assert [{*each} for each in mine] == [{*each} for each in theirs]


def test_recorded_headers_are_there(cycle: Cycle) -> None:
    checked = 0
    for recorded in recordings.replies():
        for each in counterparts(cycle, recorded) if recorded.headers else ():
            assert recorded.headers <= each.headers, f"{each.type} {each.label}"
            checked += 1
    assert checked > 20


# -- and read by the collection -----------------------------------------------------------------------------------


def test_items_and_jobs_are_read_in_every_state(cycle: Cycle) -> None:
    for seen in cycle.of(ITEM):
        item, raw = ProtectedItem.parse(seen.body), seen.body["properties"]
        assert item.protection_state == raw["protectionState"]
        assert item.allowed_jobs == tuple(raw["allowedJobs"] or ())
        assert (item.resync_required, item.target_vm_name) == (False, raw["customProperties"]["targetVmName"])
        assert len(item.disks) == len(raw["customProperties"]["protectedDisks"])
        assert bool(item.health_errors) == (item.health == "Critical")
    for seen in cycle.of(JOB):
        job = Job.parse(seen.body)
        assert job.display_name and job.started_at and job.object_name
        assert job.finished == bool(job.ended_at) and job.failed == (job.state == "Failed")
        assert job.has_tasks == (seen.body["properties"]["tasks"] is not None)


def test_machines_and_places_are_read(cycle: Cycle) -> None:
    machines = [each.body for each in cycle.of(MACHINE, "2024-12-01-preview") if each.label == "before: list"]
    for machine in merge([], machines):
        assert machine.instance_uuid and machine.machine_id and machine.memory_mb and machine.disks and machine.nics
        assert [disk.is_os for disk in machine.disks].count(True) == 1
    for seen in cycle.of("Microsoft.AzureStackHCI/storageContainers"):
        path = StoragePath.parse(seen.body)
        assert path.free_mb and path.custom_location_id and path.state == "Succeeded"
    for seen in cycle.of("Microsoft.AzureStackHCI/logicalNetworks"):
        network = LogicalNetwork.parse(seen.body)
        assert network.vlan and network.prefix and network.state == "Succeeded"
        assert bool(network.pools) == (network.allocation == "Static")
        assert all(pool.available for pool in network.pools)
