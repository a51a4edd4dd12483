# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Doc fragment: which VMs, and when the task counts as failed."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  vms:
    description:
      - The VMs, one mapping each. A VM is named by C(name) (its name in vCenter), C(instance_uuid) or C(machine_id)
        (its id in Azure Migrate); the ids win. What else an entry may say is in the description of
        M(azlocal.migrate.replication).
      - Left out, the batch of hosts of the play is taken, each from its C(azlocal_*) variables, and the task never
        fails and never reports a change; M(azlocal.migrate.verdict) then gives each host its own result.
    type: list
    elements: dict
  fail_on:
    description:
      - When the task counts as failed. V(step) fails it only where nothing could be done for any VM,
        V(any) also where one VM failed, V(none) never.
    type: str
    choices: [step, any, none]
    default: step
"""
