# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verification: each check on what it looks at, and what all of them say together."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.checks import (
    FAILED,
    NOT_CHECKED,
    PASSED,
    REQUIRED,
    TAKES_TIME,
    Check,
    Evidence,
    HostFacts,
    TargetFacts,
    evaluate,
    may_pass_later,
    verified,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.item import ProtectedItem
from ansible_collections.azlocal.migrate.tests.unit.plugins.module_utils.domain import samples

OFF = dt.datetime(2025, 2, 19, 21, 58, tzinfo=dt.UTC)
NOW = OFF + dt.timedelta(minutes=20)
GIB = samples.GIB
EVERY = {
    "target_running", "host_running", "heartbeat", "source_off", "source_nics_disconnected", "cpu_cores", "memory_mb",
    "disk_count", "generation", "disk_sizes", "nic_count", "networks", "addresses_kept", "possible_data_loss",
}  # fmt: skip
WAVE = {"nics": [{"match": "4000", "logical_network": "lnet-prod-110", "keep_ip": True}]}
QUIET = (samples.nic(start_connected=False, connected=False, addresses=("10.10.0.30",)),)
NETWORK = samples.network().id
TARGET = TargetFacts(
    power="Running",
    cpu_cores=4,
    memory_mb=4096,
    disk_count=2,
    nics=(("00:50:56:a3:b6:00", "10.10.0.30", NETWORK.upper()),),
)
HOST = HostFacts(
    node="node1",
    state="Running",
    heartbeat="OkApplicationsUnknown",
    generation=2,
    cpu_cores=4,
    disk_sizes=(20 * GIB, 10 * GIB),
)


def evidence(**changes: Any) -> Evidence:
    """A VM that was migrated well; ``source``, ``target`` and ``host`` may be changes to the sample."""
    facts: dict[str, Any] = {
        "source": samples.machine(power="off", nics=QUIET),
        "wanted": samples.wanted(WAVE),
        "item": ProtectedItem(last_recovery_point_at=OFF + dt.timedelta(minutes=2)),
        "target": TARGET,
        "host": HOST,
        "hosts_asked": True,
        "powered_off_at": OFF,
        "now": NOW,
    }
    for name, sample in (("source", facts["source"]), ("target", TARGET), ("host", HOST)):
        if isinstance(changes.get(name), dict):
            changes[name] = dataclasses.replace(sample, **changes[name])
    return Evidence(**facts | changes)


def found(**changes: Any) -> dict[str, str]:
    return {check.name: check.result for check in evaluate(evidence(**changes))}


def test_a_vm_that_was_migrated_well() -> None:
    checks = evaluate(evidence())
    assert {check.name for check in checks} == EVERY
    assert {check.result for check in checks} == {PASSED}
    assert verified(checks) and not may_pass_later(checks)


@pytest.mark.parametrize(
    ("changes", "name", "result"),
    [
        ({"target": None}, "target_running", FAILED),
        ({"target": {"power": "Stopped"}}, "target_running", FAILED),
        ({"target": {"power": ""}}, "target_running", FAILED),
        ({"host": {"state": "Off"}}, "host_running", FAILED),
        ({"host": {"heartbeat": "NoContact"}}, "heartbeat", FAILED),
        ({"host": {"heartbeat": ""}}, "heartbeat", FAILED),
        ({"host": None}, "host_running", FAILED),
        ({"host": None}, "disk_sizes", NOT_CHECKED),
        ({"host": None, "hosts_asked": False}, "host_running", NOT_CHECKED),
        ({"host": None, "hosts_silent": ("node2",)}, "heartbeat", NOT_CHECKED),
        ({"source": {"power": "on"}}, "source_off", FAILED),
        ({"source": {"power": "suspended"}}, "source_off", FAILED),
        ({"source": {"power": ""}}, "source_off", NOT_CHECKED),
        ({"source": {"nics": (samples.nic(),)}}, "source_nics_disconnected", FAILED),
        ({"target": {"cpu_cores": 2}}, "cpu_cores", FAILED),
        ({"target": {"cpu_cores": None}}, "cpu_cores", NOT_CHECKED),
        ({"target": {"memory_mb": 8192}}, "memory_mb", FAILED),
        ({"target": {"disk_count": 1}}, "disk_count", FAILED),
        ({"target": {"disk_count": 0}}, "disk_count", FAILED),
        ({"host": {"generation": 1}}, "generation", FAILED),
        ({"host": {"disk_sizes": (10 * GIB, 10 * GIB)}}, "disk_sizes", FAILED),
        ({"host": {"disk_sizes": ()}}, "disk_sizes", NOT_CHECKED),
        ({"target": {"nics": ()}}, "nic_count", FAILED),
        ({"target": {"nics": (("", "10.10.0.30", "/other"),)}}, "networks", FAILED),
        ({"target": {"nics": (("", "10.10.0.99", NETWORK),)}}, "addresses_kept", FAILED),
        ({"source": {"nics": (dataclasses.replace(QUIET[0], addresses=()),)}}, "addresses_kept", NOT_CHECKED),
        ({"item": ProtectedItem(last_recovery_point_at=OFF - dt.timedelta(seconds=1))}, "possible_data_loss", FAILED),
        ({"item": ProtectedItem()}, "possible_data_loss", FAILED),
        ({"powered_off_at": None}, "possible_data_loss", FAILED),
        ({"item": None}, "possible_data_loss", NOT_CHECKED),
        ({"item": None, "powered_off_at": None}, "possible_data_loss", NOT_CHECKED),
    ],
)  # fmt: skip
def test_a_check(changes: dict[str, Any], name: str, result: str) -> None:
    results = found(**changes)
    assert results[name] == result
    if result == FAILED:
        assert not verified(evaluate(evidence(**changes)))


@pytest.mark.parametrize("changes", [{"wanted": None}, {"target": None}, {"host": None, "hosts_asked": False}])
def test_what_cannot_be_compared_is_told(changes: dict[str, Any]) -> None:
    """A check that is not made must show: ``complete`` lists what nobody saw."""
    checks = evaluate(evidence(**changes))
    assert {check.name for check in checks} == EVERY
    assert all(check.note for check in checks if check.result == NOT_CHECKED)


def test_dynamic_memory_is_not_compared() -> None:
    wanted = samples.wanted({**WAVE, "dynamic_memory": {"enabled": True, "minimum_mb": 1024, "maximum_mb": 8192}})
    assert "memory_mb" not in found(wanted=wanted, target={"memory_mb": 1500})


def test_checks_by_name_leave_out_no_required_one() -> None:
    assert {check.name for check in evaluate(evidence(), ["cpu_cores"])} == {"cpu_cores", *REQUIRED}


def test_each_check_names_its_observer() -> None:
    observers = {check.name: check.observer for check in evaluate(evidence())}
    assert set(observers.values()) == {"arm", "host", "vcenter", "replication"}
    assert observers["source_off"] == "vcenter" and observers["heartbeat"] == "host"
    assert evaluate(evidence())[0].as_dict().keys() == {"name", "result", "observer", "expected", "seen", "note"}


# -- together ----------------------------------------------------------------------------------------------------------

names = st.sampled_from(sorted(EVERY)) | st.text(max_size=4)
checks = st.lists(
    st.builds(Check, name=names, result=st.sampled_from([PASSED, FAILED, NOT_CHECKED]), observer=st.just("arm"))
)


@given(checks)
def test_verified_needs_target_and_source_and_no_failure(made: list[Check]) -> None:
    if verified(made):
        assert not any(check.result == FAILED for check in made)
        for name in REQUIRED:
            assert any(check.name == name and check.result == PASSED for check in made)


@given(checks)
def test_an_iterator_will_do(made: list[Check]) -> None:
    assert verified(iter(made)) == verified(made)


@given(checks)
def test_what_may_pass_later_has_failed_and_only_takes_time(made: list[Check]) -> None:
    if may_pass_later(made):
        assert not verified(made)
        assert {check.name for check in made if check.result == FAILED} <= TAKES_TIME


@given(
    power=st.sampled_from(["on", "off", "suspended", ""]),
    target=st.none() | st.sampled_from(["Running", "Stopped", "Starting", "", "Unknown"]),
    off=st.none() | st.just(OFF),
    point=st.none() | st.integers(-60, 60).map(lambda seconds: OFF + dt.timedelta(seconds=seconds)),
    hosts=st.booleans(),
)
def test_only_proof_verifies(
    power: str, target: str | None, off: dt.datetime | None, point: dt.datetime | None, hosts: bool
) -> None:
    seen = evidence(
        source={"power": power},
        target=target if target is None else {"power": target},
        powered_off_at=off,
        item=ProtectedItem(last_recovery_point_at=point),
        hosts_asked=hosts,
        host=HOST if hosts else None,
    )
    proved = off is not None and point is not None and point >= off
    assert verified(evaluate(seen)) == (power == "off" and target == "Running" and proved)
