# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why an Azure Migrate project cannot be what is wanted: from what was asked alone, and from what is there.

One project has one source appliance on VMware and one target appliance on Azure Local, and serves nothing else: a
project that has discovered for Azure, or from Hyper-V, cannot be used again (platform facts §1.2, §1.6).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from . import geographies, ids, ours, values
from .appliance_map import Known, details_of, known
from .problem import Problem
from .project_seen import AZURE_SOLUTION, DISCOVERY_SOLUTION, Seen, Wanted, state_of
from .values import mapping

_APPLIANCE = re.compile(r"[A-Za-z0-9]{1,14}", re.ASCII)
_PROJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{1,62}[A-Za-z0-9]", re.ASCII)
_GROUP = re.compile(r"[\w.()-]{0,89}[\w()-]")
_TAG_NAME = re.compile(r"[^<>%&\\?/]{1,512}")
_MOST_TAGS = 49  # of the 50 that a resource may have, one is ours
_CLUSTER = "Microsoft.AzureStackHCI/clusters"
_NEW_PROJECT = "Name another project: one is made where there is none; the resource group may be the same"


def _problem(code: str, text: str, remedy: str, field: str = "") -> Problem:
    return Problem(code=code, severity="block", text=text, remedy=remedy, field=field)


# -- from what was asked --------------------------------------------------------------------------------------------


def appliance_name(name: str, field: str) -> list[Problem]:
    """An appliance's name goes into names of sites, fabrics and the computer, hence the narrow rule."""
    if _APPLIANCE.fullmatch(name):
        return []
    text = f"{name!r} cannot be the name of an appliance: 1 to 14 letters and digits are allowed"
    return [_problem("bad_appliance_name", text, f"Set {field} to 1 to 14 letters and digits, nothing else", field)]


def asked(wanted: Wanted) -> list[Problem]:
    """What is wrong with the request itself, whatever there is in Azure."""
    found = appliance_name(wanted.source_appliance, "source_appliance")
    found += appliance_name(wanted.target_appliance, "target_appliance")
    found += appliance_name(wanted.replaces, "replaces") if wanted.replaces else []
    if wanted.source_appliance.lower() == wanted.target_appliance.lower():
        text = f"source and target appliance are both called {wanted.source_appliance}"
        found.append(_problem("bad_appliance_name", text, "Give them two names", "target_appliance"))
    for name, rule, field, words in (
        (wanted.project, _PROJECT, "project", "3 to 64 letters, digits and hyphens, no hyphen at either end"),
        (wanted.resource_group, _GROUP, "resource_group", "1 to 90 letters, digits and _ - . ( ), no dot at the end"),
    ):
        if not rule.fullmatch(name):
            text = f"{name!r} cannot be the name of a {field.replace('_', ' ')}: {words}"
            found.append(_problem("bad_azure_name", text, f"Set {field} to a name that Azure takes", field))
    if not wanted.cluster_id:
        text = "cluster does not say which Azure Local instance the VMs are to be moved to"
        found.append(_problem("MissingOption", text, "Set cluster to the resource id of the instance", "cluster"))
    elif not ids.is_resource(wanted.cluster_id, _CLUSTER):
        text = f"{wanted.cluster_id!r} is not the id of an Azure Local instance"
        remedy = f"Give the whole id: /subscriptions/.../resourceGroups/.../providers/{_CLUSTER}/NAME"
        found.append(_problem("bad_cluster_id", text, remedy, "cluster"))
    if wanted.location:
        found += _location(wanted.location, wanted, "location")
    return [*found, *_tags(wanted)]


def _location(location: str, wanted: Wanted, field: str) -> list[Problem]:
    allowed = [geographies.normal(region) for region in wanted.supported_locations]
    if geographies.normal(location) in allowed:
        return []
    text = f"a project for Azure Local may not lie in {location}; it may in {', '.join(sorted(allowed))}"
    remedy = (
        "Choose one of these regions: only metadata lies there, VMs and their disks may be anywhere; where Microsoft "
        "has added a region since, name it in supported_locations"
    )
    return [_problem("region_unsupported", text, remedy, field)]


def reserved_tags(tags: Iterable[str]) -> Iterator[Problem]:
    """Our own mark is not for others to set: each run would change it back. Names of tags have no case."""
    for name in tags:
        if name.lower() == ours.TAG:
            text = f"the tag {name} is ours: it marks what this collection made"
            yield _problem("reserved_tag", text, f"Take {name} out of tags; it is set without being asked for", "tags")


def _tags(wanted: Wanted) -> Iterator[Problem]:
    remedy = "Give at most 49 tags, with names up to 512 and values up to 256 characters, none of < > % & \\ ? /"
    if len(wanted.tags) > _MOST_TAGS:
        yield _problem("bad_tags", f"{len(wanted.tags)} tags are more than Azure takes", remedy, "tags")
    yield from reserved_tags(wanted.tags)
    for name, value in wanted.tags.items():
        if not _TAG_NAME.fullmatch(name) or len(value) > 256:
            yield _problem("bad_tags", f"Azure does not take the tag {name!r}", remedy, "tags")


# -- from what is there ---------------------------------------------------------------------------------------------


def found(wanted: Wanted, seen: Seen) -> list[Problem]:
    """Why what is there cannot become what is wanted. The order is that of the remedies."""
    return [*_tenants(wanted, seen), *_group(wanted, seen), *_project(wanted, seen), *_use(wanted, seen)]


def _tenants(wanted: Wanted, seen: Seen) -> Iterator[Problem]:
    home = seen.tenants.get(wanted.subscription_id.lower(), "")
    other = seen.tenants.get(ids.segment(wanted.cluster_id, "subscriptions").lower(), "")
    if home and other and home.lower() != other.lower():
        text = (
            f"the Azure Local instance {ids.name(wanted.cluster_id)} belongs to tenant {other}, "
            f"the subscription of the project to {home}"
        )
        yield _problem("other_tenant", text, "Make the project in a subscription of the instance's tenant", "cluster")


def _group(wanted: Wanted, seen: Seen) -> Iterator[Problem]:
    going = state_of(seen.group) == "deleting"
    if (seen.group is None or going) and not wanted.create_resource_group:
        text = f"resource group {wanted.resource_group} {'is being deleted' if going else 'does not exist'} in "
        text += f"subscription {wanted.subscription_id}"
        remedy = "Check the name and the subscription, or set create_resource_group: true to have it made"
        yield _problem("resource_group_missing", text, remedy, "resource_group")
    if seen.group is None and not wanted.location:
        yield _no_location(wanted)


def _no_location(wanted: Wanted) -> Problem:
    text = f"project {wanted.project} does not exist, and location does not say where to make it"
    remedy = f"Set location to one of {', '.join(sorted(wanted.supported_locations))}"
    return _problem("no_location", text, remedy, "location")


def _project(wanted: Wanted, seen: Seen) -> Iterator[Problem]:
    if seen.project is None:
        if seen.group is not None and not wanted.location:
            yield _no_location(wanted)
        return
    place = values.text(seen.project.get("location"))
    if wanted.location and place and geographies.normal(place) != geographies.normal(wanted.location):
        text = f"project {wanted.project} lies in {place}, not in {wanted.location}; a project cannot be moved"
        yield _problem("project_elsewhere", text, f"Set location to {place}, or leave it out", "location")
    elif place:
        yield from _location(place, wanted, "project")
    if values.text(mapping(seen.project.get("properties")).get("publicNetworkAccess")) == "Disabled":
        text = f"project {wanted.project} is made for private endpoints, which a migration to Azure Local cannot use"
        yield _problem("project_private", text, _NEW_PROJECT, "project")


def _use(wanted: Wanted, seen: Seen) -> Iterator[Problem]:
    """What the project is used for already, by its appliances and by the tool for migration to Azure."""
    vault = details_of(seen.solutions.get(AZURE_SOLUTION.lower())).get("vaultId", "")
    if vault:
        text = f"project {wanted.project} migrates to Azure already (vault {ids.name(vault)})"
        yield _problem("project_used_for_azure", text, _NEW_PROJECT, "project")
    for appliance in known(seen.solutions.get(DISCOVERY_SOLUTION.lower())):
        yield from _appliance(wanted, appliance)


def _appliance(wanted: Wanted, there: Known) -> Iterator[Problem]:
    name, who = there.name.lower(), f"appliance {there.name} of project {wanted.project}"
    vmware, target = there.kind == "vmwaresites", there.kind == "hypervsites"
    if vmware and there.azure_local_source is False:
        text = f"{who} discovers for Azure, not for Azure Local"
        yield _problem("project_used_for_azure", text, _NEW_PROJECT, "project")
    elif target and there.azure_local_source:
        text = f"{who} discovers Hyper-V; VMware and Hyper-V cannot share a project"
        yield _problem("project_used_for_hyperv", text, _NEW_PROJECT, "project")
    elif not (vmware or target):
        text = f"{who} discovers physical servers"
        yield _problem("project_used_for_azure", text, _NEW_PROJECT, "project")
    elif target and name == wanted.replaces.lower():
        return  # dead; ours takes its place
    elif name != (wanted.source_appliance if vmware else wanted.target_appliance).lower():
        yield _second(wanted, there, "source" if vmware else "target")


def _second(wanted: Wanted, there: Known, role: str) -> Problem:
    field = f"{role}_appliance"
    text = (
        f"project {wanted.project} has the {role} appliance {there.name}, and {getattr(wanted, field)} is wanted; "
        f"a project has one {role} appliance"
    )
    remedy = f"Set {field} to {there.name} if it is the one; else remove that appliance, or name another project"
    if role == "target":
        remedy += f"; if it is dead and {wanted.target_appliance} takes its place, set replaces to {there.name}"
    return _problem("second_appliance", text, remedy, field)
