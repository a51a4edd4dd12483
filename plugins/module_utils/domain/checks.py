# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verification: what must be true of a migrated VM, who saw it, and what that says together.

A check is never guessed: what nobody could see is ``not_checked``, with the reason.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .item import ProtectedItem
from .source import SourceMachine
from .spec import Wanted

PASSED, FAILED, NOT_CHECKED = "passed", "failed", "not_checked"

NAMES = (
    "target_running",
    "host_running",
    "heartbeat",
    "source_off",
    "source_nics_disconnected",
    "cpu_cores",
    "memory_mb",
    "disk_count",
    "generation",
    "disk_sizes",
    "nic_count",
    "networks",
    "addresses_kept",
    "possible_data_loss",
)
# Without these two seen and passed a VM is never verified, whatever else holds.
REQUIRED = ("target_running", "source_off")
# A guest that has just been started needs a moment: these may pass a little later.
TAKES_TIME = frozenset({"target_running", "host_running", "heartbeat"})


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    name: str
    result: str
    observer: str  # arm | host | vcenter | replication
    expected: str = ""
    seen: str = ""
    note: str = ""

    def as_dict(self) -> dict[str, str]:
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class TargetFacts:
    """The target VM as ARM shows it (control-plane §5); None where a field was not there."""

    power: str = ""
    provisioning: str = ""
    cpu_cores: int | None = None
    memory_mb: int | None = None
    secure_boot: bool | None = None
    nics: tuple[tuple[str, str, str], ...] = ()  # (mac, address, logical network id)
    disk_count: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class HostFacts:
    """The same VM as the node that runs it shows it."""

    node: str
    state: str
    heartbeat: str
    generation: int | None = None
    cpu_cores: int | None = None
    disk_sizes: tuple[int, ...] = ()
    addresses: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """Everything that was seen of one VM."""

    source: SourceMachine
    wanted: Wanted | None
    item: ProtectedItem | None
    target: TargetFacts | None
    host: HostFacts | None
    hosts_asked: bool
    hosts_silent: tuple[str, ...] = ()
    powered_off_at: dt.datetime | None = None
    addresses: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)  # by NIC, before the cutover
    now: dt.datetime


def evaluate(seen: Evidence, names: Sequence[str] = ()) -> list[Check]:
    """All checks, or those named."""
    checks = [*_running(seen), *_sides(seen), *_shape(seen), *_network(seen), *_data(seen)]
    return [check for check in checks if not names or check.name in names or check.name in REQUIRED]


def verified(checks: Iterable[Check]) -> bool:
    """No check failed, and the required ones were seen and passed."""
    made = list(checks)
    passed = {check.name for check in made if check.result == PASSED}
    return passed.issuperset(REQUIRED) and not any(check.result == FAILED for check in made)


def may_pass_later(checks: Iterable[Check]) -> bool:
    """Something that takes time has not passed yet, and nothing has failed for good."""
    failed = [check for check in checks if check.result == FAILED]
    return bool(failed) and all(check.name in TAKES_TIME for check in failed)


def _compare(name: str, observer: str, expected: Any, seen: Any, note: str = "") -> Check:
    if seen is None or seen == "":
        return Check(name=name, result=NOT_CHECKED, observer=observer, expected=str(expected), note=note or "not seen")
    if expected is None or expected == "":
        return Check(name=name, result=NOT_CHECKED, observer=observer, seen=str(seen), note=note or "nothing wanted")
    result = PASSED if expected == seen else FAILED
    return Check(name=name, result=result, observer=observer, expected=str(expected), seen=str(seen), note=note)


def _unseen(names: Iterable[str], observer: str, note: str) -> Iterable[Check]:
    for name in names:
        yield Check(name=name, result=NOT_CHECKED, observer=observer, note=note)


def _running(seen: Evidence) -> Iterable[Check]:
    if seen.target is None:
        yield Check(
            name="target_running", result=FAILED, observer="arm", expected="Running", note="no target VM in ARM"
        )
    else:
        yield _compare("target_running", "arm", "Running", seen.target.power or "Unknown")
    if seen.host is not None:
        yield _compare("host_running", "host", "Running", seen.host.state, f"seen on {seen.host.node}")
        beats = seen.host.heartbeat.startswith("Ok")
        yield Check(
            name="heartbeat",
            result=PASSED if beats else FAILED,
            observer="host",
            expected="the guest answers its integration services",
            seen=seen.host.heartbeat or "nothing",
        )
        return
    if not seen.hosts_asked:
        note = "no Azure Local host was asked: put them in the group azure_local_hosts"
    elif seen.hosts_silent:
        note = f"not seen, and these hosts did not answer: {', '.join(seen.hosts_silent)}"
    else:
        note = ""
    if note:
        yield from _unseen(("host_running", "heartbeat"), "host", note)
        return
    for name in ("host_running", "heartbeat"):
        yield Check(name=name, result=FAILED, observer="host", expected="on one host", seen="on none")


def _sides(seen: Evidence) -> Iterable[Check]:
    yield _compare("source_off", "vcenter", "off", seen.source.power, "the source must stay off once the target ran")
    connecting = [nic.label for nic in seen.source.nics if nic.start_connected]
    yield Check(
        name="source_nics_disconnected",
        result=PASSED if not connecting else FAILED,
        observer="vcenter",
        expected="no NIC connects at power on",
        seen=", ".join(connecting) or "none",
    )


def _shape(seen: Evidence) -> Iterable[Check]:
    wanted, target, host = seen.wanted, seen.target, seen.host
    if wanted is None or target is None:
        yield from _unseen(("cpu_cores", "memory_mb", "disk_count"), "arm", _nothing(seen))
        yield from _unseen(("generation", "disk_sizes"), "host", _nothing(seen))
        return
    yield _compare("cpu_cores", "arm", wanted.cpu_cores, target.cpu_cores)
    if wanted.dynamic_memory is None:
        yield _compare("memory_mb", "arm", wanted.memory_mb, target.memory_mb)
    yield _compare("disk_count", "arm", len(wanted.disks), target.disk_count)
    if host is None:
        yield from _unseen(("generation", "disk_sizes"), "host", "not seen on a host")
        return
    yield _compare("generation", "host", int(wanted.generation), host.generation)
    by_uuid = {disk.uuid.lower(): disk.capacity_bytes for disk in seen.source.disks}
    sizes = sorted(by_uuid.get(disk.uuid.lower(), 0) for disk in wanted.disks)
    yield _compare("disk_sizes", "host", sizes, sorted(host.disk_sizes) or None)


def _nothing(seen: Evidence) -> str:
    return "no target VM in ARM" if seen.target is None else "what is wanted of it cannot be told from its entry"


def _network(seen: Evidence) -> Iterable[Check]:
    wanted, target = seen.wanted, seen.target
    if wanted is None or target is None:
        yield from _unseen(("nic_count", "networks", "addresses_kept"), "arm", _nothing(seen))
        return
    created = [nic for nic in wanted.nics if nic.create]
    yield _compare("nic_count", "arm", len(created), len(target.nics))
    networks = sorted((nic.network_id or "").lower() for nic in created)
    yield _compare("networks", "arm", networks, sorted(nic[2].lower() for nic in target.nics))
    kept = {nic.nic_id for nic in created if nic.keep_ip}
    # vCenter's list is emptied once the source is off (lab-behaviours 13, 21); the mark remembers it.
    told = {nic.nic_id: nic.addresses or seen.addresses.get(nic.nic_id, ()) for nic in seen.source.nics}
    before = {nic: [address for address in told.get(nic, ()) if ":" not in address] for nic in kept}
    expected = {nic: addresses for nic, addresses in before.items() if addresses}
    shown = {nic[1] for nic in target.nics if nic[1]}
    if kept and not expected:
        yield from _unseen(("addresses_kept",), "arm", "vCenter no longer tells the addresses of the source")
    if expected:
        lost = [nic for nic, addresses in expected.items() if not shown.intersection(addresses)]  # ARM shows one a NIC
        yield Check(
            name="addresses_kept",
            result=PASSED if not lost else FAILED,
            observer="arm",
            expected=", ".join(sorted(address for addresses in expected.values() for address in addresses)),
            seen=", ".join(sorted(shown)),
        )


def _data(seen: Evidence) -> Iterable[Check]:
    """While the item is there, a missing proof is a failure: completing it would give up the last way back."""
    if seen.item is None:
        note = "the protected item is gone: this was proved before it was completed"
        yield from _unseen(("possible_data_loss",), "replication", note)
        return
    off, point = seen.powered_off_at, seen.item.last_recovery_point_at
    proved = off is not None and point is not None and point >= off
    if off is None:
        note = "vCenter holds no power-off event of the source since the cutover"
    elif point is None:
        note = "the service names no recovery point"
    else:
        note = "" if proved else "what the guest wrote last is not proved to be on the target"
    when = f" {off.isoformat()}" if off else ""
    yield Check(
        name="possible_data_loss",
        result=PASSED if proved else FAILED,
        observer="replication",
        expected=f"a recovery point later than the source's power off{when}",
        seen=point.isoformat() if point else "",
        note=note,
    )
