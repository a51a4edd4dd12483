# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bodies we send."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import wire
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.changes import drift
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.item import ProtectedItem
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain import samples

OLD, NEW = "2024-09-01", "2026-05-01"
PAIR = wire.Pair(
    cluster_id="/cluster",
    custom_location_id="/LOCATION",
    region="eastus",
    policy_name="policy",
    extension_name="extension",
    source_agent="srcdra",
    target_agent="tgtdra",
)


def custom(entry: dict[str, Any] | None = None, version: str = NEW) -> dict[str, Any]:
    body = wire.create_body(samples.wanted(entry), samples.machine(), PAIR, version)
    assert set(body) == {"properties"}
    found: dict[str, Any] = body["properties"]["customProperties"]
    return found


def test_fixed_memory_sends_its_defaults_along() -> None:
    sent = custom()
    assert (sent["isDynamicRam"], sent["targetMemoryInMegaBytes"]) == (False, 4096)
    assert sent["dynamicMemoryConfig"] == {
        "minimumMemoryInMegaBytes": 1024,
        "maximumMemoryInMegaBytes": 1_048_576,
        "targetMemoryBufferPercentage": 20,
    }


def test_resync_is_asked_for() -> None:
    assert custom()["performAutoResync"] is True
    assert "performAutoResync" not in custom({"auto_resync": False})


def test_a_nic_has_its_label_and_only_what_is_wanted() -> None:
    [nic] = custom()["nicsToInclude"]
    assert nic == {
        "nicId": "4000",
        "label": "Network adapter 1",
        "selectionTypeForFailover": "SelectedByUser",
        "targetNetworkId": samples.network().id,
        "testNetworkId": samples.network().id,
    }
    [nic] = custom({"nics": [{"match": "4000", "keep_ip": True, "keep_mac": True}]})["nicsToInclude"]
    assert (nic["isStaticIpMigrationEnabled"], nic["isMacMigrationEnabled"]) == (True, True)


def test_a_nic_that_is_not_made() -> None:
    [nic] = custom({"nics": [{"match": "4000", "create": False}]})["nicsToInclude"]
    assert nic == {"nicId": "4000", "label": "Network adapter 1", "selectionTypeForFailover": "NotSelected"}


def test_a_disks_own_wishes() -> None:
    entry = {"disks": [{"match": "scsi0:1", "storage_path": "FastStorage", "sector_size": 4096, "dynamic": False}]}
    first, second = custom(entry)["disksToInclude"]
    assert "storageContainerId" not in first and "diskPhysicalSectorSize" not in first
    assert second["storageContainerId"] == samples.storage("FastStorage").id
    assert (second["diskPhysicalSectorSize"], second["isDynamic"], second["diskSizeGB"]) == (4096, False, 20)


@pytest.mark.parametrize(
    ("security", "word"),
    [("auto", None), ("none", "None"), ("secure_boot", "SecureBootEnabled"), ("trusted_launch", "TrustedLaunch")],
)
def test_security_in_the_new_version_only(security: str, word: str | None) -> None:
    assert custom({"security": security}).get("securityOption") == word
    assert "securityOption" not in custom({"security": security}, OLD)


def test_arc_reuse_in_the_new_version_only() -> None:
    assert custom({"arc": "reuse"})["migrateAsArcVM"] is True
    assert "migrateAsArcVM" not in custom({"arc": "reuse"}, OLD)
    assert "migrateAsArcVM" not in custom({"arc": "fresh"})


@pytest.mark.parametrize(
    ("entry", "fields"),
    [
        ({}, []),
        ({"security": "none", "arc": "fresh"}, []),
        ({"security": "secure_boot"}, ["security"]),
        ({"security": "trusted_launch", "arc": "reuse"}, ["security", "arc"]),
    ],
)
def test_what_the_old_version_cannot_say(entry: dict[str, Any], fields: list[str]) -> None:
    wanted = samples.wanted(entry)
    assert [problem.field for problem in wire.unsendable(wanted, OLD)] == fields
    assert all(problem.blocks and OLD in problem.text for problem in wire.unsendable(wanted, OLD))
    assert wire.unsendable(wanted, NEW) == [] == wire.unsendable(wanted, "2026-09-01-preview")


def test_update_sends_what_differs_and_nothing_else() -> None:
    source = samples.machine()
    item = ProtectedItem.parse(samples.read_back(wire.create_body(samples.wanted(), source, PAIR, NEW), source))
    changed = samples.wanted({"cpu_cores": 8, "memory_mb": 8192})
    assert wire.update_body(drift(changed, item)) == {
        "properties": {
            "customProperties": {
                "instanceType": "VMwareToAzStackHCI",
                "targetCpuCores": 8,
                "targetMemoryInMegaBytes": 8192,
            }
        }
    }


def test_update_sends_all_nics_with_every_flag() -> None:
    source = samples.machine(nics=(samples.nic(0), samples.nic(1)))
    made = wire.create_body(samples.wanted({}, source), source, PAIR, NEW)
    item = ProtectedItem.parse(samples.read_back(made, source))
    changed = samples.wanted({"nics": [{"match": "4001", "logical_network": "lnet-dhcp-130"}]}, source)
    nics = wire.update_body(drift(changed, item))["properties"]["customProperties"]["nicsToInclude"]
    assert [nic["nicId"] for nic in nics] == ["4000", "4001"]
    assert nics[1]["targetNetworkId"].endswith("/lnet-dhcp-130")
    assert {nic["isStaticIpMigrationEnabled"] for nic in nics} == {False}


def test_update_of_dynamic_memory_security_and_system() -> None:
    source = samples.machine()
    made = samples.read_back(wire.create_body(samples.wanted({"security": "secure_boot"}), source, PAIR, NEW), source)
    made["properties"]["customProperties"]["osType"] = "OtherGuest"
    item = ProtectedItem.parse(made)
    changed = samples.wanted({"dynamic_memory": True, "security": "trusted_launch", "os_type": "linux"})
    sent = wire.update_body(drift(changed, item))["properties"]["customProperties"]
    assert (sent["isDynamicRam"], sent["securityOption"], sent["osType"]) == (True, "TrustedLaunch", "LinuxGuest")
    assert sent["dynamicMemoryConfig"]["minimumMemoryInMegaBytes"] == 1024
    assert "nicsToInclude" not in sent


def test_failover() -> None:
    assert wire.failover_body(True)["properties"]["customProperties"] == {
        "instanceType": "VMwareToAzStackHCI",
        "shutdownSourceVM": True,
    }
