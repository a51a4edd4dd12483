#!/usr/bin/python
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: cutover
short_description: Planned failover of VMs, guarded, one safe step at a time
version_added: 0.1.0
description:
  - Takes each VM its next safe step of the cutover and returns. Run again, it takes up where things are.
  - A planned failover cannot be cancelled once it is sent. So every guard is read before, from lists and then afresh
    for the one VM; a mark is written on the source VM; and the order is sent once.
  - The source is shut down by the service before the final synchronisation, unless O(shutdown) says otherwise. Once
    the target runs and the source is off, the source's network adapters are set not to connect at power on.
  - Where both sides are seen running, the source is disconnected from its networks at once and the VM fails.
options:
  shutdown:
    description:
      - Who shuts the source down. V(service) is Azure Migrate, before the final synchronisation.
      - V(none) leaves the source running beside the target and needs O(i_know_both_will_run=true).
    type: str
    choices: [service, none]
    default: service
  i_know_both_will_run:
    description: Confirms O(shutdown=none).
    type: bool
    default: false
  force_power_off:
    description: Power the source off where its guest does not shut down within O(shutdown_timeout_s).
    type: bool
    default: false
  shutdown_timeout_s:
    description: How long the guest may take to shut down.
    type: int
    default: 900
extends_documentation_fragment:
  - azlocal.migrate.azure
  - azlocal.migrate.vcenter
  - azlocal.migrate.project
  - azlocal.migrate.batch
  - azlocal.migrate.wait
  - azlocal.migrate.hosts
  - azlocal.migrate.results
seealso:
  - module: azlocal.migrate.verification
"""

EXAMPLES = r"""
- name: Cut two VMs over and wait for them
  azlocal.migrate.cutover:
    resource_group: rg-migrate-lab
    project: migrate-lab
    source_appliance: labsrc
    target_appliance: labtgt
    wait: true
    vms:
      - name: erp-db01
      - name: erp-web01
"""

RETURN = r"""
results:
  description: One entry per VM, of the shape that M(azlocal.migrate.replication) returns.
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
from ansible_collections.azlocal.migrate.plugins.module_utils.services.cutover import Cutover, Options
from ansible_collections.azlocal.migrate.plugins.module_utils.services.results import Result


def work(frame: Frame) -> list[Result]:
    """One tick for many VMs."""
    params = frame.params
    options = Options(
        shutdown=params["shutdown"],
        both_may_run=params["i_know_both_will_run"],
        force_power_off=params["force_power_off"],
        shutdown_timeout_s=params["shutdown_timeout_s"],
        retry_failed=params["retry_failed"],
    )
    return Cutover(frame.observatory(), options, params["hosts_seen"], check=frame.check_mode).tick(frame.entries)


def main() -> None:
    run_bulk(
        bulk_spec(
            shutdown={"type": "str", "choices": ["service", "none"], "default": "service"},
            i_know_both_will_run={"type": "bool", "default": False},
            force_power_off={"type": "bool", "default": False},
            shutdown_timeout_s={"type": "int", "default": 900},
            **wait_spec(),
            **hosts_spec(),
        ),
        work,
    )


if __name__ == "__main__":
    main()
