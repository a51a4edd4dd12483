# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything by which a lab's tenant could be recognised, and whether a text tells any of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from lab import names
from lab.azure import ids
from lab.runtime import Lab

_LONG = 5  # a shorter identifier is looked for between the borders of words, because it turns up in others
# What every Azure Local or vSphere has, or what is no identifier.
_NOBODYS = {
    "applications", "files", "default", "static", "dynamic", "providers", names.LOCATION, names.CLUSTER_LOCATION,
    "replicationfabrics", "servers-migration-servermigration_datareplication", "servers-discovery-serverdiscovery",
    "servers-assessment-serverassessment", "vmwaretoazstackhci", "00000000-0000-0000-0000-000000000000",
}  # fmt: skip
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


def identifiers_of(lab: Lab) -> set[str]:
    """In lower case."""
    found = {*_constants(names), *_id_names(), *_world(lab)}
    told = {one.strip().lower() for one in found}
    told |= {guid.lower() for one in told for guid in _GUID.findall(one)}
    return {one for one in told if len(one) > 2} - _NOBODYS


def told_of(known: Iterable[str], text: str) -> list[str]:
    """Which of them a text tells."""
    low = text.lower()
    return sorted(
        one
        for one in known
        if one in low and (len(one) >= _LONG or re.search(rf"(?<![a-z0-9]){re.escape(one)}(?![a-z0-9])", low))
    )


def _constants(module: Any) -> Iterator[str]:
    """Every text of the module of names, whatever holds it."""
    for name, value in vars(module).items():
        if name.isupper():
            yield from _texts(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _texts(inner)


def _id_names() -> Iterator[str]:
    """The names inside the lab's Azure ids."""
    for text in _constants(ids):
        parts = text.split("/")
        if len(parts) < 3:
            yield text
            continue
        yield parts[-1]
        yield from (parts[number + 1] for number, part in enumerate(parts[:-1]) if part.lower() == "resourcegroups")


def _world(lab: Lab) -> Iterator[str]:
    """VMs with all that is theirs: names, ids, hosts, folders, notes, marks, datastores, addresses, MACs, files."""
    for vm in lab.world.source.values():
        yield from (vm.name, vm.instance_uuid, vm.bios_uuid, vm.hostname, vm.host, vm.datastore, vm.annotation)
        yield from (*vm.folder.split("/"), *vm.snapshots, *vm.custom_values.values())
        for disk in vm.disks:
            yield from (disk.uuid, disk.file)
        for nic in vm.nics:
            yield from (nic.mac, nic.network, *nic.addresses)
    for target in lab.world.target.values():
        yield from (target.name, target.node, *(disk.path for disk in target.disks))
        for made in target.nics:
            yield from (made.mac, made.address)
