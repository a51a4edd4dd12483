# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands against replicating a source VM."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.concerns import check, is_global_ipv6
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.source import Unreadable
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain import samples


def codes(entry: dict[str, Any] | None = None, **facts: Any) -> list[tuple[str, str]]:
    source = samples.machine(**facts)
    found = check(source, samples.wanted(entry or {}, source))
    assert all(source.name in problem.text and problem.remedy for problem in found)
    return [(problem.code, problem.severity) for problem in found]


def test_an_ordinary_vm_has_none() -> None:
    assert codes() == []
    assert check(samples.machine(), None) == []


@pytest.mark.parametrize(
    ("facts", "code", "severity"),
    [
        ({"power": "off"}, "power_off", "block"),
        ({"power": "suspended"}, "suspended", "block"),
        ({"connection": "inaccessible"}, "disconnected", "block"),
        ({"question": "moved or copied?"}, "question", "block"),
        ({"template": True}, "template", "block"),
        ({"consolidation_needed": True}, "consolidate", "block"),
        ({"snapshots": 1, "cbt_enabled": False}, "cbt_off_snap", "block"),
        ({"snapshots": 2}, "snapshots", "warn"),
        ({"cbt_supported": False}, "cbt_unsupported", "block"),
        ({"machine_id": ""}, "not_discovered", "block"),
        ({"is_deleted": True}, "vm_deleted", "block"),
        ({"moid": ""}, "not_in_vcenter", "block"),
        ({"tools": "not_running"}, "tools_missing", "warn"),
        ({"tools": "not_installed"}, "tools_missing", "warn"),
        ({"os_type": ""}, "os_unknown", "block"),
        ({"nics": (samples.nic(0, addresses=("10.0.0.1", "2001:db8::1")),)}, "ipv6", "warn"),
    ],
)
def test_of_the_vm(facts: dict[str, Any], code: str, severity: str) -> None:
    assert codes(**facts) == [(code, severity)]


@pytest.mark.parametrize(
    "path", ["customValue", "guest.net", "snapshot", "runtime.question", "config", "runtime.powerState"]
)
def test_what_vcenter_keeps_back_is_not_taken_for_none(path: str) -> None:
    blind = samples.machine(tools="not_running", unreadable=(Unreadable(path=path, privilege="System.Read"),))
    [problem] = check(blind, None)
    assert (problem.code, problem.severity) == ("vcenter_unreadable", "block")
    assert path in problem.text and "System.Read" in problem.text and "System.Read" in problem.remedy


def test_changed_block_tracking_may_be_off_without_snapshots() -> None:
    assert codes(cbt_enabled=False) == []


def test_unknown_is_not_held_against_it() -> None:
    assert codes(power="", connection="", tools="", cbt_enabled=None, cbt_supported=None, discovered_disks=()) == []


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"mode": "independent_persistent"}, "independent"),
        ({"mode": "independent_nonpersistent"}, "independent"),
        ({"mode": "nonpersistent"}, "nonpersistent"),
        ({"rdm": "physical"}, "rdm_physical"),
        ({"sharing": "sharingMultiWriter"}, "multi_writer"),
        ({"uuid": "6000C290-new"}, "disk_uuid"),
    ],
)
def test_of_a_disk_unless_it_is_left_out(facts: dict[str, Any], code: str) -> None:
    disks = (samples.disk(0), samples.disk(1, **facts))
    [problem] = check(samples.machine(disks=disks), samples.wanted({}, samples.machine(disks=disks)))
    assert problem.code == code and problem.blocks
    assert "Hard disk 2" in problem.text and "scsi0:1" in problem.text
    assert codes({"disks": [{"match": "scsi0:1", "include": False}]}, disks=disks) == []


def test_keeping_an_address_needs_tools() -> None:
    keep = {"nics": [{"match": "4000", "keep_ip": True}]}
    assert codes(keep, tools="not_installed") == [("tools_missing", "block")]


def test_that_nothing_runs_in_a_vm_that_is_off_is_no_news() -> None:
    assert codes(power="off", tools="not_running") == [("power_off", "block")]


def test_a_nic_that_discovery_has_not_seen() -> None:
    nics = (samples.nic(0), samples.nic(1))
    assert codes(nics=nics) == [("nic_unknown", "block")]
    assert codes({"nics": [{"match": "4001", "create": False}]}, nics=nics) == []


def test_os_type_can_be_told() -> None:
    assert codes({"os_type": "windows"}, os_type="") == []


def test_blocking_ones_come_first() -> None:
    assert codes(power="off", snapshots=1) == [("power_off", "block"), ("snapshots", "warn")]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("2001:db8::1", True),
        ("fd00::1", True),
        ("2001:db8::1/64", True),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("::1", False),
        ("10.0.0.1", False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_global_ipv6(address: str, expected: bool) -> None:
    assert is_global_ipv6(address) is expected
