# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Storage paths and logical networks as ARM shows them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.target import IpPool, LogicalNetwork, StoragePath
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain import samples


def test_logical_network() -> None:
    network = LogicalNetwork.parse(
        {
            "id": f"{samples.HCI}/logicalNetworks/n",
            "name": "n",
            "extendedLocation": {"type": "CustomLocation", "name": samples.LOCATION},
            "properties": {
                "provisioningState": "Succeeded",
                "dhcpOptions": {"dnsServers": ["10.10.0.1"]},
                "vmSwitchName": "Converged",
                "subnets": [
                    {
                        "properties": {
                            "ipAllocationMethod": "Static",
                            "addressPrefix": "10.10.0.0/16",
                            "vlan": 110,
                            "routeTable": {
                                "properties": {
                                    "routes": [
                                        {
                                            "properties": {
                                                "addressPrefix": "10.0.0.0/8",
                                                "nextHopIpAddress": "10.10.0.9",
                                            }
                                        },
                                        {"properties": {"addressPrefix": "0.0.0.0/0", "nextHopIpAddress": "10.10.0.1"}},
                                    ]
                                }
                            },
                            "ipPools": [{"start": "a", "end": "b", "info": {"used": "2", "available": "250"}}],
                        }
                    }
                ],
            },
        }
    )
    assert (network.vlan, network.allocation, network.state) == (110, "Static", "Succeeded")
    assert network.pools == (IpPool(start="a", end="b", available=250, used=2),) and network.free_addresses == 250
    assert (network.gateway, network.switch) == ("10.10.0.1", "Converged")
    assert network.dns == ("10.10.0.1",) and network.custom_location_id == samples.LOCATION


@pytest.mark.parametrize(
    ("arm", "cluster", "state"),
    [
        ("Succeeded", "Succeeded", "Succeeded"),
        ("Succeeded", None, "Succeeded"),
        ("Succeeded", "Failed", "Failed"),
        ("Updating", "Succeeded", "Updating"),
        (None, None, ""),
    ],
)
def test_a_storage_path_is_as_good_as_its_worse_state(arm: Any, cluster: Any, state: str) -> None:
    path = StoragePath.parse(
        {
            "id": "/x",
            "name": "x",
            "properties": {
                "provisioningState": arm,
                "path": "C:\\ClusterStorage\\x",
                "status": {"availableSizeMB": 10, "provisioningStatus": {"status": cluster}},
            },
        }
    )
    assert (path.state, path.free_mb, path.path) == (state, 10, "C:\\ClusterStorage\\x")


def test_empty_replies_are_read_too() -> None:
    assert StoragePath.parse({}).id == "" and LogicalNetwork.parse({"properties": {"subnets": None}}).vlan is None
