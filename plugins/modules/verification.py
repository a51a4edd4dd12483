#!/usr/bin/python
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: verification
short_description: Proof that migrated VMs run, on one side only, as wanted
version_added: 0.1.0
description:
  - Checks migrated VMs against what was wanted, and each check names who saw it - Resource Manager, the Azure Local
    host, vCenter, the replication service. What nobody could see is V(not_checked), never passed.
  - Changes nothing and remembers nothing; M(azlocal.migrate.replication) with O(azlocal.migrate.replication#module:state=completed)
    computes it anew.
options:
  checks:
    description: Names of the checks to make; all where left out. Those for power are always made.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - azlocal.migrate.azure
  - azlocal.migrate.vcenter
  - azlocal.migrate.project
  - azlocal.migrate.batch
  - azlocal.migrate.wait
  - azlocal.migrate.hosts
  - azlocal.migrate.results
"""

EXAMPLES = r"""
- name: Verify a migrated VM
  azlocal.migrate.verification:
    resource_group: rg-migrate-lab
    project: migrate-lab
    source_appliance: labsrc
    target_appliance: labtgt
    wait: true
    timeout_s: 600
    vms:
      - name: erp-db01
        target_resource_group: rg-migrated-lab
        storage_path: UserStorage1
        network_map:
          - {source: "*", logical_network: lnet-prod-110}
"""

RETURN = r"""
results:
  description: >-
    One entry per VM, of the shape that M(azlocal.migrate.replication) returns, with C(checks) - each with C(name),
    C(result), C(observer), C(expected), C(seen) and C(note).
  returned: always
  type: list
  elements: dict
summary:
  description: How many VMs ended how.
  returned: always
  type: dict
"""

from ansible_collections.azlocal.migrate.plugins.module_utils.module import Frame, bulk_spec, run_bulk
from ansible_collections.azlocal.migrate.plugins.module_utils.options.project import hosts_spec, wait_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.services.results import Result
from ansible_collections.azlocal.migrate.plugins.module_utils.services.verification import Verification


def work(frame: Frame) -> list[Result]:
    """All checks of many VMs."""
    service = Verification(frame.observatory(), frame.defaults, frame.params["hosts_seen"], check_mode=frame.check_mode)
    return service.verify(frame.entries, frame.params["checks"])


def main() -> None:
    run_bulk(bulk_spec(checks={"type": "list", "elements": "str", "default": []}, **wait_spec(), **hosts_spec()), work)


if __name__ == "__main__":
    main()
