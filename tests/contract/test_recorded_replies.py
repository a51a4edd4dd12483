# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every recorded reply, read by the collection: by the domain, and by the services that find the replication pair."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import NotFound
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.item import ProtectedItem
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.job import Job
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project import NotReady, Project
from ansible_collections.azlocal.migrate.plugins.module_utils.services.scope import (
    DISCOVERY_SOLUTION,
    MIGRATION_SOLUTION,
    Scope,
)
from ansible_collections.azlocal.migrate.tests.support import recordings
from ansible_collections.azlocal.migrate.tests.support.recordings import ITEM, JOB

JSON = dict[str, Any]
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = "aszmige2etestscratchKPIvmw01"
# The recordings come from three projects; with the names of one, they fit together.
ONE_PROJECT = {
    "VMwareSites/src16906site": "HyperVSites/HyperV-1c100b4site",
    "tgt16653site": "asz-1c100b4site",
    "src1bccfreplicationfabric": "VMware-1f0b4ff5920replicationfabric",
    "tgt16128replicationfabric": "asz-1f0b4ff5d25replicationfabric",
}


class RecordedArm:
    """An ArmClient for reading that knows the recorded replies and nothing else."""

    def __init__(self, solutions: JSON | None = None) -> None:
        text = json.dumps(recordings.load("03"))
        for theirs, ours in ONE_PROJECT.items():
            text = text.replace(theirs, ours)
        self.pair: JSON = json.loads(text)
        solved = recordings.load("02") if solutions is None else solutions
        self.solutions: JSON = {
            DISCOVERY_SOLUTION: solved["discovery_solution"],
            MIGRATION_SOLUTION: solved["solution_after_init"],
        }

    def negotiate(self, path: str, versions: tuple[str, ...]) -> str:
        return "2024-09-01"

    def get(self, path: str, api_version: str, params: JSON | None = None) -> JSON:
        name = path.rsplit("/", 1)[-1]
        if name not in self.solutions:
            raise NotFound(f"{path} is not recorded", status=404)
        found: JSON = self.solutions[name]
        return found

    def get_or_none(self, path: str, api_version: str, params: JSON | None = None) -> JSON | None:
        self.asked = path
        found: JSON = self.pair["policy" if "replicationPolicies" in path else "extension"]["body"]
        return found

    def list(self, path: str, api_version: str, params: JSON | None = None) -> list[JSON]:
        key = "fabric_agents_list" if path.endswith("fabricAgents") else "fabrics_list"
        text = json.dumps(self.pair[key]["body"]["value"])
        if "VMware" in path:  # of the source's fabric no agent was recorded
            text = text.replace("asz-1c100b4", "HyperV-1c100b4")
        rows: list[JSON] = json.loads(text)
        return rows


def project(arm: RecordedArm, source: str = "HyperV-1c100b4", target: str = "asz-1c100b4") -> Project:
    scope = Scope(
        subscription_id=SUBSCRIPTION,
        resource_group=GROUP,
        project="aszmigtest1f0b4ff",
        source_appliance=source,
        target_appliance=target,
    )
    return Project(cast(ArmClient, arm), scope)


@pytest.fixture
def created() -> JSON:
    """The body that Microsoft's cmdlet sent, with the names that it had found."""
    found: JSON = recordings.load("04")["pairs"][0]["request"]["body"]["properties"]
    return found


def test_every_recorded_item_and_job_is_read() -> None:
    read = 0
    for each in recordings.replies():
        raw = each.body["properties"]
        if each.type == ITEM:
            item = ProtectedItem.parse(each.body)
            assert (item.provisioning_state, item.protection_state) == ("Creating", "UnprotectedStatesBegin")
            assert (item.target_vm_name, item.generation, item.active_location) == ("hciVm1", "2", "Primary")
            assert (item.memory_mb, item.is_dynamic_memory, item.health) == (4096, True, "Normal")
            assert item.current_job is None and item.health_errors == ()
        elif each.type == JOB:
            job = Job.parse(each.body)
            assert (job.display_name, job.state, job.name) == (raw["displayName"], raw["state"], each.body["name"])
            assert job.started_at and job.finished == (job.state == "Succeeded") == bool(job.ended_at)
            assert not job.failed and job.has_tasks == (raw["tasks"] is not None)
        read += each.type in (ITEM, JOB)
    assert read == 8


def test_the_vault_is_found_by_the_recorded_solutions() -> None:
    solutions = recordings.load("02")
    expected = solutions["solution_after_init"]["properties"]["details"]["extendedDetails"]["vaultId"]
    assert project(RecordedArm(solutions)).vault_id == expected
    before = solutions | {"solution_after_init": solutions["solution_before_init"]}
    assert project(RecordedArm(before)).vault_id == expected  # the vault comes with the appliance
    assert not project(RecordedArm(before)).sites.keys() - {"hyperv-1c100b4", "asz-1c100b4"}


def test_a_solution_without_a_vault_is_not_ready() -> None:
    solutions = recordings.load("02")
    del solutions["solution_after_init"]["properties"]["details"]["extendedDetails"]["vaultId"]
    with pytest.raises(NotReady, match="no replication vault"):
        _ = project(RecordedArm(solutions)).vault_id


def test_the_recorded_map_of_appliances_is_read() -> None:
    found = project(RecordedArm())
    sites = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.OffAzure/HyperVSites"
    assert found.sites == {
        "hyperv-1c100b4": f"{sites}/HyperV-1c100b4site",
        "asz-1c100b4": f"{sites}/asz-1c100b4site",
    }
    assert found.site_id("ASZ-1C100B4") == f"{sites}/asz-1c100b4site"
    with pytest.raises(NotReady, match="asz-1c100b is not known"):
        found.site_id("asz-1c100b")  # a prefix is no match


def test_an_older_map_is_read_and_the_newer_one_wins() -> None:
    solutions = recordings.load("02")
    details = solutions["discovery_solution"]["properties"]["details"]["extendedDetails"]
    older = [{"ApplianceName": "asz-1c100b4", "SiteId": "/old"}, {"ApplianceName": "Third", "SiteId": "/third"}]
    details["applianceNameToSiteIdMapV2"] = json.dumps(older)
    sites = project(RecordedArm(solutions)).sites
    assert sites["third"] == "/third"
    assert sites["asz-1c100b4"].endswith("/HyperVSites/asz-1c100b4site")


def test_fabrics_and_agents_are_found_by_their_sites(created: JSON) -> None:
    found = project(RecordedArm())
    source, target = found.fabrics
    assert (source.name, source.cluster_id) == ("VMware-1f0b4ff5920replicationfabric", "")
    assert target.name == "asz-1f0b4ff5d25replicationfabric"
    assert target.cluster_id.lower().endswith("/microsoft.azurestackhci/clusters/n22r1004-cl")
    assert target.cluster_id == created["customProperties"]["targetHciClusterId"]
    mine, theirs = found.agents
    assert (mine.appliance, theirs.appliance) == ("HyperV-1c100b4", "asz-1c100b4")
    assert theirs.name == "asz-1c100b48becdra" and theirs.responsive
    assert theirs.last_heartbeat == "2025-11-14T00:30:46.9150151Z"


def test_policy_and_extension_have_the_recorded_names(created: JSON) -> None:
    arm = RecordedArm()
    found = project(arm)
    assert found.policy_name == created["policyName"]
    assert arm.asked == f"{found.vault_id}/replicationPolicies/{created['policyName']}"
    assert found.extension_name == created["replicationExtensionName"]
    arm.pair["policy"]["body"]["properties"]["provisioningState"] = "Updating"
    with pytest.raises(NotReady, match="Updating"):
        _ = project(arm).policy_name
