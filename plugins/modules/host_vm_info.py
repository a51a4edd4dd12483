# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of host_vm_info; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_vm_info
short_description: What an Azure Local host says of its virtual machines
version_added: 0.1.0
description:
  - Asks one Azure Local host for the virtual machines it owns at this moment, as Hyper-V sees them, and optionally
    whether seed disks of a replication are still on the cluster's volumes.
  - Runs a small PowerShell script through the host's own connection (C(winrm), C(psrp) or C(ssh)); nothing is copied
    to the host and nothing is changed there.
  - Never fails for a host that cannot be asked, so that one dead node does not end a wave. RV(error) then says why.
author:
  - azlocal.migrate contributors (@azlocal)
options:
  names:
    description: Only the virtual machines of these names. All when left out.
    type: list
    elements: str
    default: []
  seed_names:
    description:
      - Names of seed disks to look for, with or without their extension.
      - Looking for them takes a walk through the volumes' folders, so it is done only when names are given.
    type: list
    elements: str
    default: []
  seed_folders:
    description:
      - Folders to look for seed disks in. All cluster shared volumes when left out.
    type: list
    elements: str
    default: []
attributes:
  action:
    description: Runs on the controller as an action plugin.
    support: full
  check_mode:
    description: It only reads, so check mode makes no difference.
    support: full
  diff_mode:
    description: It changes nothing, so there is no difference to show.
    support: none
notes:
  - C(become) is refused, because Ansible ignores it for this way of running scripts on C(winrm).
"""

EXAMPLES = r"""
- name: Ask every Azure Local host, whichever of them answer
  azlocal.migrate.host_vm_info:
    seed_names: [MigratedDisk-0001-seed]
  loop: "{{ groups['azure_local_hosts'] }}"
  delegate_to: "{{ item }}"
  run_once: true
  register: on_hosts

- name: Show the hosts that could not be asked
  ansible.builtin.debug:
    msg: "{{ on_hosts.results | map(attribute='error') | select() | list }}"
  run_once: true
"""

RETURN = r"""
node:
  description: The host's own name; the inventory's name for it if it could not be asked.
  returned: always
  type: str
  sample: LAB-NODE1
vms:
  description: The virtual machines that this host owns.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name in Hyper-V.
      type: str
    vm_id:
      description: Id in Hyper-V.
      type: str
    state:
      description: Hyper-V's word, such as V(Running) or V(Off).
      type: str
    generation:
      description: 1 or 2.
      type: int
    cpu_cores:
      description: Virtual processors.
      type: int
    memory_mb:
      description: Memory at start.
      type: int
    heartbeat:
      description: Hyper-V's word, such as V(OkApplicationsUnknown) once the guest answers. Empty while it is off.
      type: str
    uptime_s:
      description: Seconds since it was started.
      type: int
    nics:
      description: Network adapters, each with C(name), C(mac), C(addresses), C(connected), C(switch) and C(vlan).
      type: list
      elements: dict
    disks:
      description: Disks, each with C(path), C(size_bytes) and C(file_size_bytes).
      type: list
      elements: dict
seeds:
  description:
    - Those of O(seed_names) that are on the volumes.
    - Null when they were asked for and could not be looked for, which proves nothing.
  returned: always
  type: list
  elements: str
volumes:
  description:
    - Cluster shared volumes, each with C(name), C(path), C(size_bytes), C(free_bytes) and C(state).
    - Filled together with RV(seeds).
  returned: always
  type: list
  elements: dict
clock_utc:
  description: The host's clock when it answered.
  returned: always
  type: str
error:
  description: Why the host could not be asked, in one sentence; null when all went well.
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "names": {"type": "list", "elements": "str", "default": []},
            "seed_names": {"type": "list", "elements": "str", "default": []},
            "seed_folders": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    module.fail_json(
        msg="host_vm_info runs on the controller as an action plugin. Call it by its full name, "
        "azlocal.migrate.host_vm_info, from a playbook or ad hoc, with the collection installed on the controller."
    )


if __name__ == "__main__":
    main()
