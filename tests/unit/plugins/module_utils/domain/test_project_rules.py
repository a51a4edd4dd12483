# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a project is refused for, before anything is changed."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import geographies, project_rules
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.project_seen import AZURE_SOLUTION, Seen
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain.project_samples import (
    GROUP,
    INSTANCE_SUBSCRIPTION,
    SUBSCRIPTION,
    WANTED,
    entry,
    finished,
    wanted,
    with_appliances,
)

WHOLE, _TAKEN = finished()
OUR_SOURCE, OUR_TARGET = entry("SRC", "VMwareSites", source=True), entry("tgt", "HyperVSites", source=False)


def asked(**changed: Any) -> list[tuple[str, str]]:
    return [(problem.code, problem.field) for problem in project_rules.asked(wanted(**changed))]


def found(seen: Seen, **changed: Any) -> list[str]:
    problems = project_rules.found(wanted(**changed), seen)
    assert all(problem.blocks and problem.text and problem.remedy for problem in problems)
    return [problem.code for problem in problems]


# -- from what was asked ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a", "Src1", "x" * 14, "0815"])
def test_names_of_appliances_that_are_taken(name: str) -> None:
    assert project_rules.appliance_name(name, "source_appliance") == []


@pytest.mark.parametrize("name", ["", "x" * 15, "lab-src", "lab_src", "lab src", "läb", "٣", "src\n"])
def test_names_of_appliances_that_are_not(name: str) -> None:
    assert asked(source_appliance=name) == [("bad_appliance_name", "source_appliance")]
    assert asked(target_appliance=name) == [("bad_appliance_name", "target_appliance")]


def test_two_appliances_have_two_names() -> None:
    assert asked(target_appliance="SRC") == [("bad_appliance_name", "target_appliance")]


@pytest.mark.parametrize("name", ["ab", "-ab", "ab-", "a b", "a_b", "x" * 65, ""])
def test_names_of_projects_that_are_not(name: str) -> None:
    assert asked(project=name) == [("bad_azure_name", "project")]


@pytest.mark.parametrize("name", ["", "rg.", "a/b", "x" * 91, "rg\n"])
def test_names_of_groups_that_are_not(name: str) -> None:
    assert asked(resource_group=name) == [("bad_azure_name", "resource_group")]


@pytest.mark.parametrize("name", ["a", "rg-(1)_x.y", "x" * 90, "Gruppe-ä"])
def test_names_of_groups_that_are_taken(name: str) -> None:
    assert asked(resource_group=name) == []


@pytest.mark.parametrize("cluster", ["cl-1", f"{GROUP}/providers/Microsoft.AzureStackHCI/clusters", GROUP])
def test_the_instance_is_named_by_its_whole_id(cluster: str) -> None:
    assert asked(cluster_id=cluster) == [("bad_cluster_id", "cluster")]


@pytest.mark.parametrize("place", [*geographies.LOCATIONS, "West Europe", "CENTRAL US"])
def test_supported_regions_by_either_name(place: str) -> None:
    assert asked(location=place) == []


def test_other_regions_are_refused_until_they_are_named() -> None:
    assert asked(location="uksouth") == [("region_unsupported", "location")]
    assert asked(location="UK South", supported_locations=("uksouth",)) == []
    [problem] = project_rules.asked(wanted(location="uksouth"))
    assert all(region in problem.text for region in geographies.LOCATIONS)


def test_tags_that_azure_would_not_take() -> None:
    assert asked(tags={"a<b": "x"}) == asked(tags={"a": "x" * 257}) == [("bad_tags", "tags")]
    assert asked(tags={f"t{number}": "" for number in range(50)}) == [("bad_tags", "tags")]
    assert asked(tags={f"t{number}": "" for number in range(49)}) == []


@pytest.mark.parametrize("name", ["azlocal.migrate", "AzLocal.Migrate"])
def test_the_tag_that_marks_what_we_made_is_not_for_others_to_set(name: str) -> None:
    assert asked(tags={name: "mine", "owner": "x"}) == [("reserved_tag", "tags")]


# -- from what is there -------------------------------------------------------------------------------------------


def test_a_project_of_ours_is_taken_at_every_stage() -> None:
    assert found(Seen()) == found(WHOLE) == []
    assert found(with_appliances(WHOLE, OUR_SOURCE)) == found(with_appliances(WHOLE, OUR_SOURCE, OUR_TARGET)) == []


def test_tenants_are_compared() -> None:
    seen = dataclasses.replace(WHOLE, tenants={SUBSCRIPTION: "T1", INSTANCE_SUBSCRIPTION: "t1"})
    assert found(seen) == []
    seen = dataclasses.replace(WHOLE, tenants={SUBSCRIPTION: "t1", INSTANCE_SUBSCRIPTION: "t2"})
    assert found(seen) == ["other_tenant"]


def test_a_group_is_made_only_when_asked() -> None:
    assert found(Seen(), create_resource_group=False) == ["resource_group_missing"]
    going: Any = {**(WHOLE.group or {}), "properties": {"provisioningState": "Deleting"}}
    seen = dataclasses.replace(WHOLE, group=going)
    assert found(seen, create_resource_group=False) == ["resource_group_missing"]
    assert found(seen) == []


def test_where_to_make_it_must_be_said() -> None:
    assert found(Seen(), location="") == ["no_location"]
    assert found(dataclasses.replace(WHOLE, project=None), location="") == ["no_location"]
    assert found(WHOLE, location="") == []


def test_a_project_cannot_be_moved() -> None:
    assert found(WHOLE, location="West Europe") == []
    assert found(WHOLE, location="centralus") == ["project_elsewhere"]


def test_a_project_that_lies_in_a_region_that_is_not_supported() -> None:
    project: Any = {**(WHOLE.project or {}), "location": "uksouth"}
    assert found(dataclasses.replace(WHOLE, project=project), location="") == ["region_unsupported"]


def test_private_endpoints_cannot_be_used() -> None:
    project: Any = {**(WHOLE.project or {}), "properties": {"publicNetworkAccess": "Disabled"}}
    assert found(dataclasses.replace(WHOLE, project=project)) == ["project_private"]


def test_a_project_that_migrates_to_azure() -> None:
    solution = {"properties": {"details": {"extendedDetails": {"vaultId": "/x/Microsoft.RecoveryServices/vaults/v"}}}}
    seen = dataclasses.replace(WHOLE, solutions={**WHOLE.solutions, AZURE_SOLUTION.lower(): solution})
    assert found(seen) == ["project_used_for_azure"]


@pytest.mark.parametrize(
    ("appliance", "code"),
    [
        (entry("src", "VMwareSites", source=False), "project_used_for_azure"),
        (entry("other", "VMwareSites", source=False), "project_used_for_azure"),
        (entry("other", "VMwareSites", source=True), "second_appliance"),
        (entry("src10", "VMwareSites", source=True), "second_appliance"),
        (entry("hv", "HyperVSites", source=True), "project_used_for_hyperv"),
        (entry("tgt", "HyperVSites", source=True), "project_used_for_hyperv"),
        (entry("other", "HyperVSites", source=False), "second_appliance"),
        (entry("phys", "ServerSites", source=False), "project_used_for_azure"),
        (entry("src", "VMwareSites", source=None), ""),
        (entry("src", "VMwareSites", registered=False, source=True), ""),
    ],
)
def test_what_other_appliances_tell(appliance: dict[str, Any], code: str) -> None:
    assert found(with_appliances(WHOLE, appliance)) == ([code] if code else [])


def test_a_dead_target_appliance_that_is_named_may_stay_in_the_list() -> None:
    old = with_appliances(WHOLE, OUR_SOURCE, entry("old1", "HyperVSites", source=False))
    [problem] = project_rules.found(WANTED, old)
    assert problem.code == "second_appliance" and "set replaces to old1" in problem.remedy
    assert project_rules.found(wanted(replaces="OLD1"), old) == []
    for others in ("old", "src"):
        assert [each.code for each in project_rules.found(wanted(replaces=others), old)] == ["second_appliance"]
    second = with_appliances(WHOLE, entry("old1", "VMwareSites", source=True))
    assert [each.code for each in project_rules.found(wanted(replaces="old1"), second)] == ["second_appliance"]
    assert asked(replaces="old-1") == [("bad_appliance_name", "replaces")]


def test_the_older_map_counts_where_the_newer_is_silent() -> None:
    row = {"ApplianceName": "other", "SiteId": f"{GROUP}/providers/Microsoft.OffAzure/VMwareSites/o1site"}
    assert found(with_appliances(WHOLE, OUR_SOURCE, second=[row])) == ["second_appliance"]
    mine = {"ApplianceName": "src", "SiteId": row["SiteId"].replace("VMwareSites", "ServerSites")}
    assert found(with_appliances(WHOLE, OUR_SOURCE, second=[mine])) == []


def test_maps_that_make_no_sense_say_nothing() -> None:
    for text in ("", "{", "[1, null]", '{"a": 1}', "null"):
        assert found(with_appliances(WHOLE, applianceNameToSiteIdMapV3=text, applianceNameToSiteIdMapV2=text)) == []


def test_the_request_itself_is_fine() -> None:
    assert project_rules.asked(WANTED) == []
