# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From hosts to entries: the batch of a play as the ``vms`` of a bulk verb."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PREFIX = "azlocal_"

# What a host may say of its VM (design: interface.md §4); each is read from the variable azlocal_<key>.
KEYS = (
    "name",
    "machine_id",
    "instance_uuid",
    "target_vm_name",
    "target_resource_group",
    "storage_path",
    "cpu_cores",
    "memory_mb",
    "dynamic_memory",
    "generation",
    "security",
    "os_type",
    "arc",
    "auto_resync",
    "disks",
    "os_disk",
    "nics",
    "network_map",
    "wave",
    "app",
    "owner",
    "window",
    "order",
    "depends_on",
)


def entry(host: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """One host's entry; its VM bears the host's name unless it says otherwise."""
    said = {key: variables[PREFIX + key] for key in KEYS if PREFIX + key in variables}
    given = {key: value for key, value in said.items() if value is not None and value != ""}
    return {"name": host, **given, "host": host}
