#!/usr/bin/python
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: replication
short_description: Protected items as wanted - replicate VMs, take replication back, complete migrations
version_added: 0.1.0
description:
  - Makes the protected items of many VMs as wanted, in a handful of requests and one write per VM.
  - With O(state=present) a VM that does not replicate yet is enabled; one that does is brought to what is wanted, as
    far as the service can change it. A VM that cannot be replicated is left alone and says why.
  - With O(state=absent) replication is taken back before a cutover. The source VM is never touched.
  - With O(state=completed) the migration of VMs that are cut over and verified is completed. Verification is
    recomputed for this; what does not pass is refused.
  - >-
    An entry of O(vms) may say, beside what names the VM: C(target_vm_name), C(target_resource_group) (name or id),
    C(storage_path) (name or id), C(cpu_cores), C(memory_mb), C(dynamic_memory), C(generation) (C(auto), C(1), C(2)),
    C(security) (C(auto), C(none), C(secure_boot), C(trusted_launch)), C(os_type), C(arc) (C(none), C(fresh),
    C(reuse)), C(auto_resync), C(disks), C(os_disk), C(nics) and C(network_map). Hosts say the same in variables of
    these names with the prefix C(azlocal_).
options:
  state:
    description: What is wanted.
    type: str
    choices: [present, absent, completed]
    default: present
  force:
    description:
      - With O(state=absent) or O(state=completed), remove an item that the service does not remove in order. It may leave
        seed disks behind.
      - What does not pass verification is not completed, with force either.
    type: bool
    default: false
extends_documentation_fragment:
  - azlocal.migrate.azure
  - azlocal.migrate.vcenter
  - azlocal.migrate.project
  - azlocal.migrate.batch
  - azlocal.migrate.wait
  - azlocal.migrate.hosts
  - azlocal.migrate.results
seealso:
  - module: azlocal.migrate.replication_info
  - module: azlocal.migrate.cutover
"""

EXAMPLES = r"""
- name: Replicate two VMs
  azlocal.migrate.replication:
    resource_group: rg-migrate-lab
    project: migrate-lab
    source_appliance: labsrc
    target_appliance: labtgt
    vms:
      - name: erp-db01
        target_resource_group: rg-migrated-lab
        storage_path: UserStorage1
        cpu_cores: 4
        network_map: &networks
          - {source: "dvPG-Prod-*", logical_network: lnet-prod-110, keep_ip: true}
          - {source: "*", logical_network: lnet-dhcp-130}
      - name: erp-web01
        target_resource_group: rg-migrated-lab
        storage_path: UserStorage1
        network_map: *networks

- name: Take replication of a VM back
  azlocal.migrate.replication:
    resource_group: rg-migrate-lab
    project: migrate-lab
    source_appliance: labsrc
    target_appliance: labtgt
    state: absent
    vms:
      - name: erp-db01
"""

RETURN = r"""
results:
  description: One entry per VM, in the order of O(vms).
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: What the VM is called., type: str, returned: always}
    status: {description: "V(ok), V(changed), V(failed) or V(blocked).", type: str, returned: always}
    changed: {description: "Whether something was, or in check mode would be, changed for it.", type: bool, returned: always}
    action: {description: What was done., type: str, returned: always}
    msg: {description: One sentence that says how it stands., type: str, returned: always}
    phase: {description: Where the VM stands., type: str, returned: always}
    settled: {description: Whether nothing moves by itself any more., type: bool, returned: always}
    error_code: {description: Code of what is wrong., type: str, returned: always}
    remedy: {description: What to do about it., type: str, returned: always}
    correlation_id: {description: What Microsoft Support asks for., type: str, returned: always}
    diff: {description: Before and after., type: dict, returned: when something changes}
    warnings: {description: Concerns that do not stop it., type: list, elements: str, returned: always}
summary:
  description: How many VMs ended how.
  returned: always
  type: dict
"""

from ansible_collections.azlocal.migrate.plugins.module_utils.module import Frame, bulk_spec, run_bulk
from ansible_collections.azlocal.migrate.plugins.module_utils.options.project import hosts_spec, wait_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.services.replication import Replication
from ansible_collections.azlocal.migrate.plugins.module_utils.services.results import Result
from ansible_collections.azlocal.migrate.plugins.module_utils.services.verification import Verification


def work(frame: Frame) -> list[Result]:
    """One state for many VMs."""
    params, see = frame.params, frame.observatory()
    if params["state"] == "completed":
        verification = Verification(
            see,
            frame.defaults,
            params["hosts_seen"],
            check_mode=frame.check_mode,
            retry_failed=params["retry_failed"],
            force=params["force"],
        )
        return verification.complete(frame.entries)
    replication = Replication(see, frame.defaults, check=frame.check_mode, retry_failed=params["retry_failed"])
    if params["state"] == "absent":
        return replication.absent(frame.entries, force=params["force"])
    return replication.present(frame.entries)


def main() -> None:
    run_bulk(
        bulk_spec(
            state={"type": "str", "choices": ["present", "absent", "completed"], "default": "present"},
            force={"type": "bool", "default": False},
            **wait_spec(),
            **hosts_spec(),
        ),
        work,
    )


if __name__ == "__main__":
    main()
