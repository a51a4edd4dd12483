# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guards of a cutover: all open for a VM that is as it was replicated, and each shut by what it is there for."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import guards, rights
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.guards import Surroundings
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.item import ItemDisk, ItemNic, ProtectedItem
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.problem import Problem
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.source import (
    SourceDisk,
    SourceMachine,
    Unreadable,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.wanted import Wanted
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain import samples

NOW = dt.datetime(2025, 2, 19, 22, 0, tzinfo=dt.UTC)


def replicated(disk: SourceDisk) -> ItemDisk:
    return ItemDisk(uuid=disk.uuid.upper(), capacity_bytes=disk.capacity_bytes)


def item(**changes: Any) -> ProtectedItem:
    facts: dict[str, Any] = {
        "protection_state": "Protected",
        "provisioning_state": "Succeeded",
        "health": "Normal",
        "allowed_jobs": ("PlannedFailover", "DisableProtection"),
        "last_recovery_point_at": NOW - dt.timedelta(minutes=40),
        "target_vm_name": "erp-db01",
        "disks": tuple(map(replicated, samples.machine().disks)),
        "nics": (ItemNic(nic_id="4000", keep_ip=True),),
    }
    return ProtectedItem(**facts | changes)


def around(**changes: Any) -> Surroundings:
    return Surroundings(now=NOW, **changes)


def shut(
    protected: ProtectedItem | None = None,
    source: SourceMachine | None = None,
    there: Surroundings | None = None,
    wanted: Wanted | None = None,
) -> list[Problem]:
    return guards.cutover(protected or item(), source or samples.machine(), there or around(), wanted)


def codes(*seen: Any) -> list[str]:
    return [problem.code for problem in shut(*seen)]


def test_all_open() -> None:
    assert codes() == []
    assert codes(item(), samples.machine(), around(), samples.wanted()) == []
    assert codes(item(allowed_jobs=("Restart",))) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"allowed_jobs": ()}, "not_allowed"),
        ({"allowed_jobs": ("DisableProtection", "CommitFailover")}, "not_allowed"),
        ({"provisioning_state": "Updating"}, "not_provisioned"),
        ({"provisioning_state": ""}, "not_provisioned"),
        ({"health": "Warning"}, "health"),
        ({"health": "Critical"}, "health"),
        ({"health": ""}, "health"),
        ({"resync_required": True}, "resync"),
        ({"resync_state": "PreparedForResynchronization"}, "resync"),
        ({"resynchronization_state": "ResynchronizationFailed"}, "resync"),
        ({"last_recovery_point_at": None}, "no_recovery_point"),
        ({"last_recovery_point_at": NOW - dt.timedelta(hours=2, seconds=1)}, "recovery_point_old"),
        ({"disks": ()}, "disks_differ"),
    ],
)
def test_the_service_side(changes: dict[str, Any], code: str) -> None:
    assert set(codes(item(**changes))) == {code}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"power": "off"}, "power_off"),
        ({"power": "suspended"}, "power_off"),
        ({"power": ""}, "power_off"),
        ({"tools": "not_running"}, "tools_missing"),
        ({"tools": "not_installed"}, "tools_missing"),
        ({"tools": ""}, "tools_missing"),
        ({"snapshots": 2}, "snapshots"),
        ({"consolidation_needed": True}, "consolidate"),
        ({"question": "Was it moved or copied?"}, "question"),
        ({"connection": "disconnected"}, "disconnected"),
        ({"connection": "inaccessible"}, "disconnected"),
    ],
)
def test_the_source_side(changes: dict[str, Any], code: str) -> None:
    assert codes(item(), samples.machine(**changes)) == [code]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"agents_silent": ("labsrcdra",)}, "agent_silent"),
        ({"bridge_status": "Offline"}, "bridge"),
        ({"bridge_status": ""}, "bridge"),
        ({"arm_names": {"erp-db01": "ERP-DB01"}}, "name_taken"),
        ({"host_names": {"erp-db01": "node1"}}, "name_taken_host"),
        ({"arm_addresses": {"10.10.0.30": "network interface nic-7"}}, "address_taken"),
    ],
)
def test_what_stands_around(changes: dict[str, Any], code: str) -> None:
    assert codes(item(), samples.machine(), around(**changes)) == [code]


def test_a_bridge_that_is_not_seen_may_be_one_that_may_not_be_read() -> None:
    [hidden] = shut(item(), samples.machine(), around(bridge_status=""))
    assert "may not read" in hidden.text
    assert all(right in hidden.remedy for right in rights.BRIDGE_READS)
    [offline] = shut(item(), samples.machine(), around(bridge_status="Offline"))
    assert "Offline" in offline.text and "read" not in offline.text


@pytest.mark.parametrize("state", ["PlannedFailoverFailed", "PlannedFailoverCompletionFailed"])
def test_a_failover_that_failed_is_repaired_by_another(state: str) -> None:
    assert codes(item(protection_state=state, provisioning_state="Failed")) == []
    assert codes(item(protection_state=state, provisioning_state="Updating")) == ["not_provisioned"]


@pytest.mark.parametrize("state", ["Protected", "EnablingFailed", "InitialReplicationFailed", "DisablingFailed"])
def test_what_failed_otherwise_is_not_failed_over(state: str) -> None:
    assert codes(item(protection_state=state, provisioning_state="Failed")) == ["not_provisioned"]


def test_names_are_compared_without_case() -> None:
    assert codes(item(target_vm_name="ERP-db01"), samples.machine(), around(arm_names={"erp-db01": "x"})) == [
        "name_taken"
    ]


def test_an_arc_machine_that_is_to_be_reused_is_not_in_the_way() -> None:
    assert codes(item(migrate_as_arc=True), samples.machine(), around(arm_names={"erp-db01": "erp-db01"})) == []


def test_an_address_that_is_not_kept_may_be_held() -> None:
    held = around(arm_addresses={"10.10.0.30": "network interface nic-7"})
    assert codes(item(nics=(ItemNic(nic_id="4000", keep_ip=False),)), samples.machine(), held) == []


def test_the_wave_knows_better_which_address_is_kept() -> None:
    held = around(arm_addresses={"10.10.0.30": "network interface nic-7"})
    silent = item(nics=(ItemNic(nic_id="4000"),))
    keeps = samples.wanted({"nics": [{"match": "4000", "logical_network": "lnet-prod-110", "keep_ip": True}]})
    assert codes(silent, samples.machine(), held, keeps) == ["address_taken"]


AGES = [(0, True), (29, True), (31, False), (-29, True), (-31, False), (60 * 24, False)]


@pytest.mark.parametrize(("minutes", "passes"), AGES)
def test_one_young_snapshot_is_waited_for(minutes: int, passes: bool) -> None:
    made = (NOW - dt.timedelta(minutes=minutes)).isoformat()
    assert codes(item(), samples.machine(snapshots=1, newest_snapshot=made)) == [
        "replication_cycle" if passes else "snapshots"
    ]
    assert codes(item(), samples.machine(snapshots=2, newest_snapshot=made)) == ["snapshots"]


def test_the_age_of_a_snapshot_goes_by_the_clock_that_made_it() -> None:
    ahead = dt.timedelta(hours=-5)
    fresh = samples.machine(snapshots=1, newest_snapshot=(NOW + ahead).isoformat())
    assert codes(item(), fresh) == ["snapshots"]
    assert codes(item(), fresh, around(clock_ahead=ahead)) == ["replication_cycle"]


def test_what_is_kept_back_is_said_once_and_instead_of_guesses() -> None:
    holes = (Unreadable(path="guest.toolsRunningStatus", privilege="System.Read"),)
    blind = samples.machine(tools="not_running", snapshots=2, unreadable=holes)
    assert codes(item(), blind) == ["vcenter_unreadable"]
    assert codes(item(health="Critical"), blind) == ["health", "vcenter_unreadable"]


def test_what_only_describes_it_may_be_kept_back() -> None:
    assert codes(item(), samples.machine(unreadable=(Unreadable(path="guest.hostName"),))) == []


def test_every_guard_is_told_at_once_and_with_a_remedy() -> None:
    problems = shut(item(health="Critical"), samples.machine(snapshots=1), around(bridge_status="Offline"))
    assert [problem.code for problem in problems] == ["health", "bridge", "snapshots"]
    assert all(problem.severity == "block" and problem.text and problem.remedy for problem in problems)


# -- disks -------------------------------------------------------------------------------------------------------------


def grown(disk: SourceDisk, by: int = 1) -> SourceDisk:
    return dataclasses.replace(disk, capacity_bytes=disk.capacity_bytes + by)


first, second, third = samples.disk(0), samples.disk(1), samples.disk(2)
DIFFER: list[tuple[str, tuple[SourceDisk, ...], str]] = [
    ("one was added", (first, second, third), "scsi0:2"),
    ("one was removed", (first,), second.uuid.lower()),
    ("one grew", (first, grown(second)), "scsi0:1"),
    ("one shrank", (first, grown(second, -1)), "scsi0:1"),
    ("one was replaced", (first, third), "scsi0:2"),
    ("none is left", (), first.uuid.lower()),
    ("an independent one was added", (first, second, samples.disk(2, mode="independent_persistent")), "scsi0:2"),
    ("one without a UUID was added", (first, second, samples.disk(2, uuid="")), "scsi0:2"),
    ("one was copied with its UUID", (first, second, samples.disk(2, uuid=second.uuid)), "same UUID"),
]


@pytest.mark.parametrize(("disks", "named"), [(disks, named) for _, disks, named in DIFFER], ids=[d[0] for d in DIFFER])
def test_disks_that_differ(disks: tuple[SourceDisk, ...], named: str) -> None:
    problems = shut(item(), samples.machine(disks=disks))
    assert {problem.code for problem in problems} == {"disks_differ"}
    assert any(named in problem.text for problem in problems)


def test_the_spelling_of_a_uuid_does_not_matter() -> None:
    loud = tuple(dataclasses.replace(disk, uuid=disk.uuid.upper()) for disk in (first, second))
    assert codes(item(), samples.machine(disks=loud)) == []


def test_a_size_that_the_service_does_not_tell_proves_nothing() -> None:
    unknown = tuple(ItemDisk(uuid=disk.uuid) for disk in (first, second))
    assert codes(item(disks=unknown)) == ["disks_differ"] * 2


def test_a_disk_that_the_wave_leaves_out_is_no_difference() -> None:
    left_out = samples.wanted({"disks": [{"match": "scsi0:1", "include": False}]})
    only = item(disks=(replicated(first),))
    assert codes(only) == ["disks_differ"]
    assert codes(only, samples.machine(), around(), left_out) == []


def test_leaving_one_out_hides_no_other() -> None:
    source = samples.machine(disks=(grown(first), second, third), discovered_disks=())
    left_out = samples.wanted({"disks": [{"match": "scsi0:1", "include": False}]}, source)
    assert codes(item(disks=(replicated(first),)), source, around(), left_out) == ["disks_differ"] * 2


uuids = st.sampled_from([f"6000c29{number}-aaaa" for number in range(5)] + ["6000C291-AAAA", ""])
capacities = st.integers(0, 3).map(lambda size: size * samples.GIB)
source_disks = st.lists(
    st.builds(
        SourceDisk,
        uuid=uuids,
        capacity_bytes=capacities,
        mode=st.sampled_from(["persistent", "independent_persistent"]),
        rdm=st.sampled_from(["", "physical"]),
    ),
    max_size=4,
)
item_disks = st.lists(st.builds(ItemDisk, uuid=uuids, capacity_bytes=st.none() | capacities), max_size=4)


@given(present=source_disks, protected=item_disks)
def test_no_differing_disk_passes(present: list[SourceDisk], protected: list[ItemDisk]) -> None:
    """Whatever else is seen: with no guard shut, the disks are the replicated ones, each once and of its size."""
    found = shut(item(disks=tuple(protected)), samples.machine(disks=tuple(present)))
    same = sorted((disk.uuid.lower(), disk.capacity_bytes) for disk in present) == sorted(
        {(disk.uuid.lower(), disk.capacity_bytes or 0) for disk in protected}
    )
    if not found:
        assert same and present
    assert all(problem.code == "disks_differ" for problem in found)


@given(present=source_disks, protected=item_disks, included=st.frozensets(uuids))
def test_what_is_left_out_is_all_that_may_differ(
    present: list[SourceDisk], protected: list[ItemDisk], included: frozenset[str]
) -> None:
    plain = samples.wanted()
    wanted = dataclasses.replace(
        plain, disks=tuple(dataclasses.replace(plain.disks[0], uuid=uuid) for uuid in included)
    )
    if shut(item(disks=tuple(protected)), samples.machine(disks=tuple(present)), around(), wanted):
        return
    replicated_now = {disk.uuid.lower() for disk in protected}
    for disk in present:
        kept_back = disk.uuid.lower() not in {uuid.lower() for uuid in included}
        assert disk.uuid.lower() in replicated_now or kept_back
