# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole Azure Local instance, as somebody sees it who plans a migration.

Cost: 4 requests and list pages where Resource Graph shows a running bridge. Where it shows none, or one that does not
run, the resources themselves are asked, because the Graph lags: 2 requests more with a custom location in hand, else one
list, one request for each cluster extension until the right one is found, and one for the bridge.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from ..clients.arm import ArmClient
from ..clients.errors import InvalidRequest, NotFound, PermissionDenied
from ..domain import ids, values
from ..domain.problem import Problem
from ..domain.target import Cluster, TargetPlace, Volume, volumes
from ..domain.target_problems import RUNNING, problems
from . import scope as where
from .target import place

GRAPH, DIRECT = "resource_graph", "direct"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Instance:
    """``bridge_seen_by`` is how custom location and bridge were seen; "" where they were not."""

    place: TargetPlace
    cluster: Cluster | None  # None: it may not be read
    volumes: tuple[Volume, ...]
    bridge_seen_by: str
    problems: tuple[Problem, ...]

    def facts(self) -> dict[str, Any]:
        return {
            **dataclasses.asdict(self.place),
            "cluster": dataclasses.asdict(self.cluster) if self.cluster else None,
            "volumes": [dataclasses.asdict(volume) for volume in self.volumes],
            "bridge_seen_by": self.bridge_seen_by,
        }


def instance(arm: ArmClient, cluster_id: str) -> Instance:
    """All of it; InvalidRequest where there is no such instance."""
    if not ids.is_resource(cluster_id, "Microsoft.AzureStackHCI/clusters"):
        raise InvalidRequest(f"{cluster_id!r} is not the id of an Azure Local instance", code="bad_cluster_id")
    cluster = _cluster(arm, cluster_id)
    found, seen_by, why_not = place(arm, cluster_id), GRAPH, ""
    if found.bridge_status.lower() != RUNNING:
        try:
            found, seen_by = _directly(arm, found), DIRECT
        except (InvalidRequest, NotFound, PermissionDenied) as error:  # what the Graph said stays, it is all there is
            why_not = str(error).rstrip(".")
    if not found.custom_location_id:
        seen_by = ""
    return Instance(
        place=found,
        cluster=cluster,
        volumes=volumes(found.storage_paths),
        bridge_seen_by=seen_by,
        problems=tuple(problems(found, cluster, why_not)),
    )


def _cluster(arm: ArmClient, cluster_id: str) -> Cluster | None:
    try:
        return Cluster.parse(arm.get(cluster_id, where.CLUSTER))
    except NotFound as error:
        raise InvalidRequest(
            f"the Azure Local instance {cluster_id} does not exist, or is hidden from this identity",
            code="instance_not_found",
            correlation_id=error.correlation_id,
        ) from error
    except PermissionDenied:
        return None  # nothing of the migration itself needs it


def _directly(arm: ArmClient, known: TargetPlace) -> TargetPlace:
    """The same place with custom location and bridge as they say of themselves."""
    if known.custom_location_id:
        location = arm.get(known.custom_location_id, where.CUSTOM_LOCATION)
    else:
        location = _custom_location(arm, known.cluster_id)
    bridge = arm.get(_about(location, "hostResourceId"), where.BRIDGE)
    return dataclasses.replace(
        known,
        custom_location_id=values.text(location.get("id")),
        region=values.text(location.get("location")),
        bridge_status=_about(bridge, "status"),
    )


def _custom_location(arm: ArmClient, cluster_id: str) -> dict[str, Any]:
    """The one whose cluster extension names the instance. Nothing else says whose it is; names and groups do not."""
    subscription = ids.segment(cluster_id, "subscriptions")
    path = f"/subscriptions/{subscription}/providers/Microsoft.ExtendedLocation/customLocations"
    locations = sorted(arm.list(path, where.CUSTOM_LOCATION), key=lambda row: values.text(row.get("id")).lower())
    for location in locations:
        for extension_id in values.texts(values.mapping(location.get("properties")).get("clusterExtensionIds")):
            extension = arm.get_or_none(extension_id, where.CLUSTER_EXTENSION)
            if ids.same_id(_cluster_of(extension or {}), cluster_id):
                return location
    raise NotFound(f"none of {len(locations)} custom locations of the subscription belongs to it")


def _cluster_of(extension: dict[str, Any]) -> str:
    settings = values.mapping(values.mapping(extension.get("properties")).get("configurationSettings"))
    return next((values.text(value) for name, value in settings.items() if name.lower() == "hciclusterid"), "")


def _about(resource: dict[str, Any], name: str) -> str:
    return values.text(values.mapping(resource.get("properties")).get(name))
