# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of an Azure Local instance will stop a migration, or soon may."""

from __future__ import annotations

from collections.abc import Iterator

from .problem import Problem
from .rights import NO_BRIDGE, NO_BRIDGE_REMEDY
from .spec_storage import same_location
from .target import Cluster, LogicalNetwork, TargetPlace, volumes

GOOD = "succeeded"
RUNNING = "running"
CONNECTED = "connected"
FULL_MB = 1024  # a volume with less holds no disk that is worth a migration
TIGHT_PERCENT = 10  # replication fills what a failover needs too


def problems(place: TargetPlace, cluster: Cluster | None, why_not: str = "") -> Iterator[Problem]:
    """All of them. ``why_not`` is what a direct look for a bridge ended with, where that found nothing either."""
    yield from _instance(cluster)
    yield from _bridge(place, why_not)
    yield from _storage(place)
    yield from _networks(place)


def block(code: str, text: str, remedy: str) -> Problem:
    return Problem(code=code, severity="block", text=text, remedy=remedy)


def warn(code: str, text: str, remedy: str) -> Problem:
    return Problem(code=code, severity="warn", text=text, remedy=remedy)


def _instance(cluster: Cluster | None) -> Iterator[Problem]:
    if cluster is None or not cluster.connectivity or cluster.connectivity.lower() == CONNECTED:
        return
    last = f", last heard of at {cluster.last_sync}" if cluster.last_sync else ""
    yield warn(
        "instance_disconnected",
        f"the Azure Local instance {cluster.name} is {cluster.connectivity} to Azure{last}",
        "see whether its nodes run and reach Azure",
    )


def _bridge(place: TargetPlace, why_not: str) -> Iterator[Problem]:
    if not place.custom_location_id:
        name = place.cluster_id.rstrip("/").rpartition("/")[2]
        looked = f". A direct look: {why_not}" if why_not else ""
        yield block("no_custom_location", f"{name}: {NO_BRIDGE}{looked}", NO_BRIDGE_REMEDY)
    elif place.bridge_status.lower() != RUNNING:
        yield block(
            "bridge",
            f"the Arc resource bridge is {place.bridge_status or 'not found'}",
            "bring the bridge of the Azure Local instance to Running",
        )


def _storage(place: TargetPlace) -> Iterator[Problem]:
    paths = [path for path in place.storage_paths if same_location(path.custom_location_id, place)]
    if not paths:
        yield block(
            "no_target_storage",
            "the Azure Local instance has no storage path",
            "create one on a volume with enough space",
        )
    for path in paths:
        if path.state and path.state.lower() != GOOD:
            yield block(
                "path_state",
                f"storage path {path.name} is {path.state}, not Succeeded",
                "repair it on the cluster, or choose another",
            )
    for volume in volumes(paths):
        if volume.free_mb is None:
            continue
        on_it = f"{volume.path} (storage path {', '.join(volume.storage_paths)})"
        space = f"{volume.free_mb} MB free"
        if volume.free_mb < FULL_MB:
            remedy = "expand the volume, or free space on it"
            yield block("storage_full", f"the volume {on_it} is full: {space}", remedy)
        elif volume.size_mb and volume.free_mb * 100 < volume.size_mb * TIGHT_PERCENT:
            text = f"the volume {on_it} is nearly full: {space} of {volume.size_mb} MB"
            yield warn("storage_tight", text, "expand the volume, or place fewer VMs on it")


def _networks(place: TargetPlace) -> Iterator[Problem]:
    networks = [network for network in place.networks if same_location(network.custom_location_id, place)]
    if not networks:
        yield block(
            "no_target_network",
            "the Azure Local instance has no logical network",
            "create one for each VLAN that VMs come from",
        )
    for network in networks:
        if network.state and network.state.lower() != GOOD:
            yield block(
                "network_state",
                f"logical network {network.name} is {network.state}, not Succeeded",
                "repair the logical network, or choose another",
            )
        if _is_static(network) and network.free_addresses == 0:
            yield block(
                "network_full",
                f"logical network {network.name} has no free address in its pools",
                "add a pool to it, or free addresses",
            )


def _is_static(network: LogicalNetwork) -> bool:
    return network.allocation.lower() == "static"
