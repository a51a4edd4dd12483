# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between what is wanted and what a protected item says, and which of it the service can still change.

Where the item is silent (null, missing, an empty list just after the PUT) nothing is known, so nothing has drifted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import ids, words
from .item import ItemDynamicMemory, ItemNic, ProtectedItem
from .spec_disks import GIB
from .wanted import DynamicMemory, Wanted, WantedNic

Change = tuple[Any, Any]  # before, after


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """``updatable`` goes into a PATCH; ``immutable`` needs the item to be made anew. Both: name -> (before, after)."""

    updatable: Mapping[str, Change] = field(default_factory=dict)
    immutable: Mapping[str, Change] = field(default_factory=dict)
    memory_mb: int = 0  # what memory is wanted, changed or not: a dynamic memory configuration follows from it

    def __bool__(self) -> bool:
        return bool(self.updatable or self.immutable)

    def plain(self) -> dict[str, dict[str, Any]]:
        """JSON-ready, for diffs and results: {"before": {...}, "after": {...}}."""
        both = {**self.updatable, **self.immutable}
        return {
            "before": {name: _plain(change[0]) for name, change in both.items()},
            "after": {name: _plain(change[1]) for name, change in both.items()},
        }


def drift(wanted: Wanted, item: ProtectedItem) -> Drift:
    return Drift(updatable=_updatable(wanted, item), immutable=_immutable(wanted, item), memory_mb=wanted.memory_mb)


def _updatable(wanted: Wanted, item: ProtectedItem) -> dict[str, Change]:
    found: dict[str, Change] = {}
    _differs(found, "cpu_cores", item.cpu_cores, wanted.cpu_cores)
    _differs(found, "memory_mb", item.memory_mb, wanted.memory_mb)
    dynamic = _dynamic_memory(wanted, item)
    if dynamic is not None:
        found["dynamic_memory"] = dynamic
    if _nics_differ(wanted, item):
        found["nics"] = (item.nics, wanted.nics)
    if wanted.os_type:
        _differs(found, "os_type", words.os_type(item.os_type), wanted.os_type)
    if wanted.security != "auto":
        _differs(found, "security", words.security(item.security_option), wanted.security)
    return found


def _immutable(wanted: Wanted, item: ProtectedItem) -> dict[str, Change]:
    found: dict[str, Change] = {}
    _differs(found, "target_vm_name", item.target_vm_name, wanted.target_vm_name, lambda a, b: a.lower() == b.lower())
    _differs(
        found, "target_resource_group", item.target_resource_group_id, wanted.target_resource_group_id, ids.same_id
    )
    _differs(found, "storage_path", item.storage_path_id, wanted.storage_path_id, ids.same_id)
    _differs(found, "generation", item.generation, wanted.generation)
    _differs(found, "arc", _arc(item.migrate_as_arc), _arc(wanted.arc == "reuse"))
    before, after = _disk_view(item, wanted)
    if item.disks and before != after:
        found["disks"] = (list(before.values()), list(after.values()))
    return found


def _differs(
    found: dict[str, Change], name: str, before: Any, after: Any, same: Callable[[Any, Any], bool] | None = None
) -> None:
    """Note a difference, unless the item is silent."""
    if before is None or before == "":
        return
    if not (same(before, after) if same else before == after):
        found[name] = (before, after)


def _arc(reused: bool | None) -> str | None:
    """Only reuse is told on the wire; a fresh registration happens after the migration."""
    return None if reused is None else ("reuse" if reused else "no reuse")


def _dynamic_memory(wanted: Wanted, item: ProtectedItem) -> Change | None:
    if item.is_dynamic_memory is None:
        return None
    before = item.dynamic_memory if item.is_dynamic_memory else None
    after = wanted.dynamic_memory
    if item.is_dynamic_memory != (after is not None):
        return before, after
    if before is None or after is None or _same_memory(before, after):
        return None
    return before, after


def _same_memory(before: ItemDynamicMemory, after: DynamicMemory) -> bool:
    pairs = (
        (before.minimum_mb, after.minimum_mb),
        (before.maximum_mb, after.maximum_mb),
        (before.buffer_percent, after.buffer_percent),
    )
    return all(known is None or known == asked for known, asked in pairs)


def _nics_differ(wanted: Wanted, item: ProtectedItem) -> bool:
    present = {nic.nic_id: nic for nic in item.nics if nic.nic_id}
    return bool(present) and any(_nic_differs(present.get(nic.nic_id), nic) for nic in wanted.nics)


def _nic_differs(before: ItemNic | None, after: WantedNic) -> bool:
    if before is None or before.create is None:
        # The service lists the NICs it knows; one that it does not list matters only if it shall be made.
        return before is None and after.create
    if before.create != after.create:
        return True
    if not after.create:
        return False
    if before.target_network_id and not ids.same_id(before.target_network_id, after.network_id or ""):
        return True
    return (before.keep_ip is not None and before.keep_ip != after.keep_ip) or (
        before.keep_mac is not None and before.keep_mac != after.keep_mac
    )


def _disk_view(item: ProtectedItem, wanted: Wanted) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Both sides' disks by UUID, each with only those facts that the item tells about that disk."""
    before: dict[str, dict[str, Any]] = {}
    after: dict[str, dict[str, Any]] = {}
    known = {disk.uuid.lower(): disk for disk in item.disks if disk.uuid}
    for uuid, seen in known.items():
        before[uuid] = {"uuid": uuid}
        if seen.is_os is not None:
            before[uuid]["is_os"] = seen.is_os
        if seen.capacity_bytes:
            before[uuid]["size_gb"] = -(-seen.capacity_bytes // GIB)
        if seen.dynamic is not None:
            before[uuid]["dynamic"] = seen.dynamic
        if seen.storage_path_id:
            before[uuid]["storage_path"] = ids.normal(seen.storage_path_id)
    for disk in wanted.disks:
        uuid = disk.uuid.lower()
        full = {
            "uuid": uuid,
            "is_os": disk.is_os,
            "size_gb": disk.size_gb,
            "dynamic": disk.dynamic,
            "storage_path": ids.normal(disk.storage_path_id or wanted.storage_path_id),
        }
        after[uuid] = {key: value for key, value in full.items() if key in before.get(uuid, full)}
    return before, after


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value
