#!/usr/bin/python
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: replication_info
short_description: Where VMs stand - phase, progress, health
version_added: 0.1.0
description:
  - Reads protected items and jobs in list pages and vCenter in one read, and says for each VM in which phase it is.
  - Without O(names) and O(vms) every VM that replicates, or bears a mark of this collection, is told.
options:
  names:
    description: Names of VMs in vCenter; a short form of O(vms).
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - azlocal.migrate.azure
  - azlocal.migrate.vcenter
  - azlocal.migrate.project
  - azlocal.migrate.batch
  - azlocal.migrate.results
"""

EXAMPLES = r"""
- name: See how a wave stands
  azlocal.migrate.replication_info:
    resource_group: rg-migrate-lab
    project: migrate-lab
    source_appliance: labsrc
    target_appliance: labtgt
    names:
      - erp-db01
  register: standing
"""

RETURN = r"""
results:
  description: >-
    One entry per VM, of the shape that M(azlocal.migrate.replication) returns, with C(progress_percent), C(bytes),
    C(health), C(source_power) and C(target_vm_name).
  returned: always
  type: list
  elements: dict
summary:
  description: How many VMs ended how.
  returned: always
  type: dict
"""

from ansible_collections.azlocal.migrate.plugins.module_utils.module import Frame, bulk_spec, run_bulk
from ansible_collections.azlocal.migrate.plugins.module_utils.services.results import Result
from ansible_collections.azlocal.migrate.plugins.module_utils.services.status import Status


def work(frame: Frame) -> list[Result]:
    """The standing of many VMs."""
    entries = frame.entries + [{"name": name} for name in frame.params["names"]]
    return Status(frame.observatory(vcenter_required=False)).look(entries)


def main() -> None:
    run_bulk(bulk_spec(names={"type": "list", "elements": "str", "default": []}), work)


if __name__ == "__main__":
    main()
