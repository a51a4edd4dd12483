# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Once the weather is fair again: what may still keep a VM from where it is to be, and what that VM must then say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.phase import FAILOVER_JOB, SEEDED_JOB, Phase
from lab import switches
from lab.switches import Switches
from lab.weather import Weather

from .harness import Harness, Plain, Run

# The switches that stop VMs, and what each VM that they stop says. What is not here stops nobody in these waves.
SAYS = {
    "missing_rights": "AuthorizationFailed",
    "application": "AADSTS",
    "hidden_properties": "vcenter_unreadable",
    "hidden_vms": "vcenter_unreadable",
    "missing_privileges": "NoPermission",
    "storage_firewall": "cannot be reached from public networks",
    "storage_region": "the vault in",
    "discovery_stuck": "not_discovered",
    "graph_bridge": "bridge",
}
# a cutover besides these
SAYS_LATER = {
    "bridge_status": "resource bridge is Offline",
    "silent_agents": "agent_silent",
    "dead_agent": "agent_silent",
    "consolidation_needed": "its disks need consolidation",
}


def unfinished(harness: Harness, run: Run, reached: Phase, before: Run | None = None) -> Iterator[str]:
    """Who is not there, and nothing explains it. ``before``: the run whose reasons were looked at already."""
    says = SAYS | (SAYS_LATER if reached == Phase.MIGRATED else {})
    words = [says[switch] for switch in thrown(harness.lab.switches) if switch in says]

    def stopped(told: Plain) -> bool:
        return any(word in f"{told['error_code']}, {told['msg']}" for word in words)

    if run.error is not None:
        if not stopped(run.error):
            yield f"the whole step: {run.error}"
        return
    was_ready = {one["name"] for one in before.results if one["phase"] == Phase.READY} if before else set()
    for result in run.results:
        there = result["status"] != "failed" and result["phase"] == reached
        told_before = before is not None and result["error_code"] == "not_ready" and result["name"] not in was_ready
        if not there and not told_before and not stopped(result) and not excused(harness, result, reached):
            yield f"{result['name']}: {result['status']}, {result['phase']}, {result['error_code']}: {result['msg']}"


def excused(harness: Harness, result: Plain, reached: Phase) -> bool:
    """A VM that cannot be migrated, that a colleague works on, or of which the weather broke for good what it needs."""
    [source] = [vm for vm in harness.records.first.values() if vm.name == result["name"]]
    weather = harness.lab.faults
    assert isinstance(weather, Weather)
    faults = [(where.partition(", ")[0], fault) for where, fault in weather.drawn if f", {source.name}, " in where]
    if result["error_code"] == "timeout":  # the wait for it has an end only where a job has none
        stuck = any(fault.get("stuck") for _job, fault in faults)
        return stuck or held_up(harness.lab.switches, weather) or contradicted(harness.lab.switches, result, faults)
    broken = {job for job, fault in faults if fault.get("code") or fault.get("stuck")}
    if broken & ({SEEDED_JOB, FAILOVER_JOB} if reached == Phase.MIGRATED else {SEEDED_JOB}):
        return True
    acts = any(uuid == source.instance_uuid.lower() for _act, uuid in weather.acts)
    stuck = any(fault.get("stuck") for _job, fault in faults)
    return acts or stuck or source.awkward not in ("", "ipv6")


def held_up(lab: Switches, weather: Weather) -> bool:
    """Where enabling fails for all, all are cleaned up, and enabled anew once nobody is waited for: one that is stuck is."""
    fails_for_all = lab.storage_firewall != "open" or lab.storage_region
    return bool(fails_for_all and any(fault.get("stuck") for _where, fault in weather.drawn))


def contradicted(lab: Switches, result: Plain, faults: list[tuple[str, Plain]]) -> bool:
    """Where the item says that a failover went well whose job failed, the target is waited for, and nobody starts it."""
    failed = any(job == FAILOVER_JOB and fault.get("code") for job, fault in faults)
    return failed and lab.contradictions and result["phase"] == Phase.MIGRATED


def thrown(lab: Switches) -> set[str]:
    usual: dict[str, Any] = switches.defaults()
    return {name for name, value in vars(lab).items() if value != usual[name]}
