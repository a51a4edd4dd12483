# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The place VMs are moved to: the Azure Local cluster with its custom location, storage paths and logical networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import values


@dataclass(frozen=True, kw_only=True, slots=True)
class StoragePath:
    id: str
    name: str
    path: str = ""
    free_mb: int | None = None
    state: str = ""  # Succeeded is the only good one; empty is not known
    custom_location_id: str = ""

    @classmethod
    def parse(cls, reply: Mapping[str, Any]) -> StoragePath:
        """A Microsoft.AzureStackHCI/storageContainers resource."""
        found = values.mapping(reply.get("properties"))
        status = values.mapping(found.get("status"))
        return cls(
            id=values.text(reply.get("id")),
            name=values.text(reply.get("name")),
            path=values.text(found.get("path")),
            free_mb=values.whole(status.get("availableSizeMB")),
            state=_state(found, status),
            custom_location_id=_custom_location(reply),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class IpPool:
    start: str
    end: str
    available: int | None = None


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

    @classmethod
    def parse(cls, reply: Mapping[str, Any]) -> LogicalNetwork:
        """A Microsoft.AzureStackHCI/logicalNetworks resource; those of Azure Local have one subnet."""
        found = values.mapping(reply.get("properties"))
        subnets = values.mappings(found.get("subnets"))
        subnet = values.mapping(subnets[0].get("properties")) if subnets else {}
        return cls(
            id=values.text(reply.get("id")),
            name=values.text(reply.get("name")),
            vlan=values.whole(subnet.get("vlan")),
            allocation=values.text(subnet.get("ipAllocationMethod")),
            prefix=values.text(subnet.get("addressPrefix")),
            pools=tuple(_pool(pool) for pool in values.mappings(subnet.get("ipPools"))),
            dns=values.texts(values.mapping(found.get("dhcpOptions")).get("dnsServers")),
            custom_location_id=_custom_location(reply),
            state=_state(found, values.mapping(found.get("status"))),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetPlace:
    cluster_id: str
    custom_location_id: str
    region: str
    bridge_status: str = ""
    storage_paths: tuple[StoragePath, ...] = ()
    networks: tuple[LogicalNetwork, ...] = ()


def _pool(pool: Mapping[str, Any]) -> IpPool:
    return IpPool(
        start=values.text(pool.get("start")),
        end=values.text(pool.get("end")),
        available=values.whole(values.mapping(pool.get("info")).get("available")),
    )


def _custom_location(reply: Mapping[str, Any]) -> str:
    return values.text(values.mapping(reply.get("extendedLocation")).get("name"))


def _state(found: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    """The worse of the two states these resources report: what ARM says and what the cluster says."""
    states = (
        values.text(values.mapping(status.get("provisioningStatus")).get("status")),
        values.text(found.get("provisioningState")),
    )
    return next((state for state in states if state and state.lower() != "succeeded"), next(filter(None, states), ""))
