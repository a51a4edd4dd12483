# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guards of a cutover: everything that must hold before a planned failover is sent (design: cutover.md, step 0).

A planned failover cannot be cancelled, so each guard that does not hold is a blocking problem with its remedy.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping

from . import values
from .item import ProtectedItem
from .problem import Problem
from .rights import NO_BRIDGE, NO_BRIDGE_REMEDY
from .source import SourceMachine
from .unread import ACTING, against
from .wanted import Wanted

# A recovery point is made each hour at most speed; two missed cycles mean that replication is not alive [I].
RECOVERY_POINT_MAX_AGE_S = 2 * 3600
# The appliance makes a snapshot for each replication cycle and removes it at the end of the cycle. A snapshot that is
# older is not taken for one of those [I].
CYCLE_S = 30 * 60
_FAILED_FAILOVER = frozenset({"PlannedFailoverFailed", "PlannedFailoverCompletionFailed"})
# The guards that open by themselves: a cutover waits for them.
PASSING = frozenset({"replication_cycle"})


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What stands around one cutover. Names and addresses are lower case keys to who holds them."""

    now: dt.datetime
    clock_ahead: dt.timedelta = dt.timedelta()  # how far vCenter's clock is before ours
    agents_silent: tuple[str, ...] = ()  # names of fabric agents that do not answer
    bridge_status: str = "Running"
    arm_names: Mapping[str, str] = dataclasses.field(default_factory=dict)  # machines of the target resource group
    arm_addresses: Mapping[str, str] = dataclasses.field(default_factory=dict)  # addresses held by NICs in ARM
    host_names: Mapping[str, str] = dataclasses.field(default_factory=dict)  # VM name -> node


def _block(code: str, text: str, remedy: str) -> Problem:
    return Problem(code=code, severity="block", text=text, remedy=remedy)


def cutover(
    item: ProtectedItem, source: SourceMachine, around: Surroundings, wanted: Wanted | None = None
) -> list[Problem]:
    """Every guard that does not hold, in the order in which a person would look at them.

    ``wanted`` knows what the service does not tell: which disks were left out and which NICs keep their address.
    """
    hidden = against(source, ACTING)
    if hidden:  # what the other guards would say of the source stands on what is not known
        return [*_service(item, around), *hidden]
    return [
        *_service(item, around),
        *_source(source, around),
        *_disks(item, source, wanted),
        *_names(item, source, around, wanted),
    ]


def _service(item: ProtectedItem, around: Surroundings) -> Iterable[Problem]:
    if not (item.can("PlannedFailover") or item.can("Restart")):
        yield _block("not_allowed", "the service does not allow a planned failover now", "wait, then run again")
    if item.provisioning_state != "Succeeded" and not _failed_by_a_failover(item):
        state = item.provisioning_state or "in no state that the service tells"
        yield _block("not_provisioned", f"its protected item is {state}", "wait until it is Succeeded")
    if item.health != "Normal":
        health = item.health or "not told"
        yield _block("health", f"replication health is {health}", "repair what its health errors name, then run again")
    if item.resyncing:
        yield _block("resync", "it needs a resynchronisation first", "wait for it; the service starts it by itself")
    point = item.last_recovery_point_at
    if point is None:
        yield _block("no_recovery_point", "it has no recovery point yet", "wait for the next replication cycle")
    elif (around.now - point).total_seconds() > RECOVERY_POINT_MAX_AGE_S:
        yield _block(
            "recovery_point_old",
            f"its newest recovery point is of {point:%Y-%m-%d %H:%M} UTC, older than two cycles",
            "see why replication stands still: appliance, datastore space, events of the vault",
        )
    for agent in around.agents_silent:
        yield _block("agent_silent", f"fabric agent {agent} does not answer", "start its appliance and its services")
    if not around.bridge_status:
        yield _block("bridge", f"the Azure Local instance: {NO_BRIDGE}", NO_BRIDGE_REMEDY)
    elif around.bridge_status != "Running":
        yield _block(
            "bridge",
            f"the Arc resource bridge is {around.bridge_status}",
            "bring the bridge of the Azure Local instance to Running",
        )


def _failed_by_a_failover(item: ProtectedItem) -> bool:
    """A failover that failed may leave the resource itself Failed, and another one is what repairs it [I]."""
    return item.provisioning_state == "Failed" and item.protection_state in _FAILED_FAILOVER


def _source(source: SourceMachine, around: Surroundings) -> Iterable[Problem]:
    if not source.in_vcenter:
        yield _block(
            "not_in_vcenter",
            "vCenter does not show it, so nothing can be known of it or marked on it",
            "name the vCenter that holds it, and see that the account may read it",
        )
    if source.connection not in ("", "connected"):
        yield _block("disconnected", f"vCenter shows it as {source.connection}", "repair the ESXi host's connection")
    if source.power != "on":
        yield _block(
            "power_off",
            f"the source VM is {source.power or 'not seen in vCenter'}",
            "power it on and wait for the next discovery; documents disagree on whether one that is off is accepted",
        )
    elif source.tools != "running":
        yield _block("tools_missing", "VMware Tools do not run, so it cannot be shut down", "start VMware Tools")
    if _may_be_a_cycle(source, around):
        yield _block(
            "replication_cycle",
            f"a replication cycle may be under way: the source VM has one snapshot, younger than {CYCLE_S // 60} minutes",
            "it can be cut over as soon as the snapshot is gone: wait, or run again in some minutes",
        )
    elif source.snapshots:
        yield _block("snapshots", f"the source VM has {source.snapshots} snapshot(s)", "delete them, then run again")
    if source.consolidation_needed:
        yield _block("consolidate", "its disks need consolidation", "consolidate them in vCenter")
    if source.question:
        yield _block("question", "the VM waits for an answer in vCenter", "answer the pending question")


def _may_be_a_cycle(source: SourceMachine, around: Surroundings) -> bool:
    """One snapshot, made a short while ago. The clock of an ESXi host may be somewhat before vCenter's own."""
    made = values.when(source.newest_snapshot)
    if source.snapshots != 1 or made is None:
        return False
    return abs((around.now + around.clock_ahead - made).total_seconds()) < CYCLE_S


def _disks(item: ProtectedItem, source: SourceMachine, wanted: Wanted | None) -> Iterable[Problem]:
    """A disk added, grown or removed since replication began would be lost in silence."""
    included = {disk.uuid.lower() for disk in wanted.disks} if wanted else None
    protected = {disk.uuid.lower(): disk for disk in item.disks}
    if not protected:
        yield _disk("the service names no replicated disk")
    for uuid, count in Counter(disk.uuid.lower() for disk in source.disks).items():
        if count > 1:
            yield _disk(f"{count} disks of the VM have the same UUID ({uuid or 'none'}), so they cannot be told apart")
    present = {disk.uuid.lower(): disk for disk in source.disks}
    for uuid, disk in protected.items():
        now = present.get(uuid)
        if now is None:
            yield _disk(f"disk {uuid} is replicated but no longer part of the VM")
        elif not disk.capacity_bytes:
            yield _disk(f"the service does not tell how large {now.title} was when replication began")
        elif now.capacity_bytes != disk.capacity_bytes:
            yield _disk(f"{now.title} is {now.capacity_bytes} bytes, replicated were {disk.capacity_bytes}")
    for uuid, now in present.items():
        left_out = included is not None and uuid not in included
        if uuid not in protected and not left_out:
            yield _disk(f"{now.title} is not replicated: it was added after replication began, or left out elsewhere")


def _disk(text: str) -> Problem:
    return _block("disks_differ", text, "remove the replication of this VM and replicate it anew (a full seeding)")


def _names(
    item: ProtectedItem, source: SourceMachine, around: Surroundings, wanted: Wanted | None
) -> Iterable[Problem]:
    name = item.target_vm_name.lower()
    if name in around.arm_names and not item.migrate_as_arc:  # then its Arc machine is there on purpose
        yield _block(
            "name_taken",
            f"{around.arm_names[name]} exists already in the target resource group",
            "remove or rename it: this cutover did not make it",
        )
    if name in around.host_names:
        yield _block(
            "name_taken_host",
            f"a VM named {item.target_vm_name} runs on {around.host_names[name]} already",
            "remove or rename it: this cutover did not make it",
        )
    kept = {nic.nic_id for nic in (wanted.nics if wanted else item.nics) if nic.keep_ip}
    for nic in source.nics:
        for address in nic.addresses if nic.nic_id in kept else ():
            holder = around.arm_addresses.get(address.lower(), "")
            if holder and not _left_by_us(holder, item):
                yield _block(
                    "address_taken",
                    f"address {address} of {nic.label} is held by network interface {holder}",
                    "free the address: the target would fail with 1000037 (InUse)",
                )


def _left_by_us(nic_name: str, item: ProtectedItem) -> bool:
    """NICs of an earlier, failed cutover are kept and used again. The service names them after the target VM [I]."""
    return (
        nic_name.lower().startswith(f"{item.target_vm_name.lower()}-")
        and item.last_failed_planned_failover_job is not None
    )
