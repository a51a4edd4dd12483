# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The place VMs are moved to: the Azure Local cluster with its custom location, storage paths and logical networks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import values

_CLUSTER_VOLUME = re.compile(r"[a-z]:\\ClusterStorage\\[^\\]+", re.IGNORECASE)
_DEFAULT_ROUTES = ("0.0.0.0/0", "::/0")


@dataclass(frozen=True, kw_only=True, slots=True)
class StoragePath:
    id: str
    name: str
    path: str = ""
    free_mb: int | None = None
    state: str = ""  # Succeeded is the only good one; empty is not known
    custom_location_id: str = ""
    size_mb: int | None = None
    volume: str = ""  # what shares its space

    @classmethod
    def parse(cls, reply: Mapping[str, Any]) -> StoragePath:
        """A Microsoft.AzureStackHCI/storageContainers resource."""
        found = values.mapping(reply.get("properties"))
        status = values.mapping(found.get("status"))
        path = values.text(found.get("path"))
        return cls(
            id=values.text(reply.get("id")),
            name=values.text(reply.get("name")),
            path=path,
            free_mb=values.whole(status.get("availableSizeMB")),
            state=_state(found, status),
            custom_location_id=_custom_location(reply),
            size_mb=values.whole(status.get("containerSizeMB")),
            volume=volume_of(path),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Volume:
    """What several storage paths may share. Its space is there once, however many paths tell of it."""

    path: str
    free_mb: int | None
    size_mb: int | None
    storage_paths: tuple[str, ...]  # names


@dataclass(frozen=True, kw_only=True, slots=True)
class IpPool:
    start: str
    end: str
    available: int | None = None
    used: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LogicalNetwork:
    id: str
    name: str
    vlan: int | None = None
    allocation: str = ""  # Static | Dynamic; empty is not known
    prefix: str = ""
    pools: tuple[IpPool, ...] = ()
    dns: tuple[str, ...] = ()
    custom_location_id: str = ""
    state: str = ""
    gateway: str = ""
    switch: str = ""
    free_addresses: int | None = None  # of all pools; None where a pool does not tell, or there is none

    @classmethod
    def parse(cls, reply: Mapping[str, Any]) -> LogicalNetwork:
        """A Microsoft.AzureStackHCI/logicalNetworks resource; those of Azure Local have one subnet."""
        found = values.mapping(reply.get("properties"))
        subnets = values.mappings(found.get("subnets"))
        subnet = values.mapping(subnets[0].get("properties")) if subnets else {}
        pools = tuple(_pool(pool) for pool in values.mappings(subnet.get("ipPools")))
        return cls(
            id=values.text(reply.get("id")),
            name=values.text(reply.get("name")),
            vlan=values.whole(subnet.get("vlan")),
            allocation=values.text(subnet.get("ipAllocationMethod")),
            prefix=values.text(subnet.get("addressPrefix")),
            pools=pools,
            dns=values.texts(values.mapping(found.get("dhcpOptions")).get("dnsServers")),
            custom_location_id=_custom_location(reply),
            state=_state(found, values.mapping(found.get("status"))),
            gateway=_gateway(subnet),
            switch=values.text(found.get("vmSwitchName")),
            free_addresses=_total(pool.available for pool in pools),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Cluster:
    """The Azure Local instance itself."""

    id: str
    name: str
    region: str = ""
    version: str = ""  # of its operating system
    status: str = ""  # ConnectedRecently is the good one
    connectivity: str = ""  # Connected is the good one; empty is not known
    last_sync: str = ""
    nodes: tuple[str, ...] = ()

    @classmethod
    def parse(cls, reply: Mapping[str, Any]) -> Cluster:
        """A Microsoft.AzureStackHCI/clusters resource."""
        found = values.mapping(reply.get("properties"))
        reported = values.mapping(found.get("reportedProperties"))
        return cls(
            id=values.text(reply.get("id")),
            name=values.text(reply.get("name")),
            region=values.text(reply.get("location")),
            version=values.text(reported.get("clusterVersion")),
            status=values.text(found.get("status")),
            connectivity=values.text(found.get("connectivityStatus")),
            last_sync=values.text(found.get("lastSyncTimestamp")),
            nodes=values.texts([node.get("name") for node in values.mappings(reported.get("nodes"))]),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetPlace:
    cluster_id: str
    custom_location_id: str
    region: str
    bridge_status: str = ""
    storage_paths: tuple[StoragePath, ...] = ()
    networks: tuple[LogicalNetwork, ...] = ()


def volume_of(path: str) -> str:
    """The cluster shared volume of a path; else its drive, or share: nothing closer is known of those."""
    plain = path.strip().replace("/", "\\")
    found = _CLUSTER_VOLUME.match(plain)
    return found.group() if found else plain.partition("\\")[0] if plain[1:2] == ":" else plain


def volumes(paths: Iterable[StoragePath]) -> tuple[Volume, ...]:
    """The volumes behind the paths, by name. Paths may tell of one volume at two moments: then the lesser counts."""
    shared: dict[str, list[StoragePath]] = {}
    for path in paths:
        shared.setdefault(path.volume.lower(), []).append(path)
    return tuple(
        Volume(
            path=on_it[0].volume,
            free_mb=min((path.free_mb for path in on_it if path.free_mb is not None), default=None),
            size_mb=min((path.size_mb for path in on_it if path.size_mb is not None), default=None),
            storage_paths=tuple(sorted(path.name for path in on_it)),
        )
        for _key, on_it in sorted(shared.items())
    )


def _pool(pool: Mapping[str, Any]) -> IpPool:
    info = values.mapping(pool.get("info"))
    return IpPool(
        start=values.text(pool.get("start")),
        end=values.text(pool.get("end")),
        available=values.whole(info.get("available")),
        used=values.whole(info.get("used")),
    )


def _total(told: Iterable[int | None]) -> int | None:
    counts = list(told)
    known = [count for count in counts if count is not None]
    return sum(known) if counts and len(known) == len(counts) else None


def _gateway(subnet: Mapping[str, Any]) -> str:
    """Where the default route of a subnet leads."""
    table = values.mapping(values.mapping(subnet.get("routeTable")).get("properties"))
    routes = [values.mapping(route.get("properties")) for route in values.mappings(table.get("routes"))]
    ways = (route for route in routes if values.text(route.get("addressPrefix")) in _DEFAULT_ROUTES)
    return next((values.text(route.get("nextHopIpAddress")) for route in ways), "")


def _custom_location(reply: Mapping[str, Any]) -> str:
    return values.text(values.mapping(reply.get("extendedLocation")).get("name"))


def _state(found: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    """The worse of the two states these resources report: what ARM says and what the cluster says."""
    states = (
        values.text(values.mapping(status.get("provisioningStatus")).get("status")),
        values.text(found.get("provisioningState")),
    )
    return next((state for state in states if state and state.lower() != "succeeded"), next(filter(None, states), ""))
