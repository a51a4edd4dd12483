# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes when a resource goes: everything below it, and whatever was granted on it."""

from __future__ import annotations

from . import ids
from .resources import Resource
from .state import Azure

KEY_VAULT = "Microsoft.KeyVault/vaults"


def gone(azure: Azure, arm_id: str, cause: int) -> None:
    """A resource or a resource group, with all that stands in it. What it could be reached by from elsewhere stays."""
    start = f"{arm_id.rstrip('/')}/".lower()

    def within(key: str) -> bool:
        return f"{key}/".startswith(start)

    for resource in azure.resources.drop(arm_id):
        _afterwards(azure, resource, cause)
        azure.world.journal.write("", "target", "resource", {"id": resource.id}, None, cause)
    for store in (azure.parts, azure.assignments, azure.machines, azure.disks, azure.nics, azure.tags):
        for key in [key for key in store if within(key)]:
            store.pop(key)
    for vm in [vm for key, vm in azure.world.target.items() if within(key)]:
        azure.world.remove_target(vm, cause)


def _afterwards(azure: Azure, resource: Resource, cause: int) -> None:
    azure.identities.pop(resource.key, None)
    azure.discovered_from.pop(resource.key, None)
    if resource.type == KEY_VAULT:
        azure.deleted_vaults[resource.name.lower()] = resource  # its name stays taken until it is purged
    if resource.key == ids.VAULT.lower():
        for item in [*azure.items.values()]:
            item.gone = True
            item.epoch += 1  # what was planned for it falls silent
            azure.items.pop(item.name.lower())
            azure.changed(item)
            azure.world.change_source(item.vm, "config", "replicated", False, cause)
