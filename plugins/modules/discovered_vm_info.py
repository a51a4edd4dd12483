#!/usr/bin/python
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: discovered_vm_info
short_description: Source VMs as Azure Migrate and vCenter see them, merged by UUID
version_added: 0.1.0
description:
  - Lists the VMs that the source appliance discovered, joined with what vCenter says now.
options:
  names:
    description: Names of VMs in vCenter; all where left out.
    type: list
    elements: str
    default: []
  include_deleted:
    description: Whether VMs that Azure Migrate marks as deleted are told too.
    type: bool
    default: false
extends_documentation_fragment:
  - azlocal.migrate.azure
  - azlocal.migrate.vcenter
  - azlocal.migrate.project
  - azlocal.migrate.results
"""

EXAMPLES = r"""
- name: List what was discovered
  azlocal.migrate.discovered_vm_info:
    resource_group: rg-migrate-lab
    project: migrate-lab
    source_appliance: labsrc
    target_appliance: labtgt
  register: discovered
"""

RETURN = r"""
vms:
  description: >-
    One entry per VM with C(name), C(instance_uuid), C(machine_id), C(power), C(tools), C(os_type), C(firmware),
    C(cpu_cores), C(memory_mb), C(disks), C(nics), C(snapshots), C(host), C(folder) and what else is known.
    C(unreadable) lists what vCenter keeps back from the account.
    C(machine_id) is empty where Azure Migrate does not know the VM yet, C(moid) where vCenter does not.
  returned: success
  type: list
  elements: dict
"""

import dataclasses
from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.module import Frame, run
from ansible_collections.azlocal.migrate.plugins.module_utils.options.azure import azure_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.options.project import project_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.options.vcenter import vcenter_spec


def answer(frame: Frame) -> dict[str, Any]:
    """The merged list as plain data."""
    names = set(frame.params["names"])
    machines = frame.observatory(vcenter_required=False).machines
    return {
        "changed": False,
        "vms": [
            dataclasses.asdict(machine)
            for machine in machines
            if (not names or machine.name in names) and (frame.params["include_deleted"] or not machine.is_deleted)
        ],
    }


def main() -> None:
    spec = {
        **azure_spec(),
        **vcenter_spec(),
        **project_spec(),
        "names": {"type": "list", "elements": "str", "default": []},
        "include_deleted": {"type": "bool", "default": False},
    }
    run(spec, answer)


if __name__ == "__main__":
    main()
