# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of target_appliance; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: target_appliance
short_description: The target appliance as a virtual machine on the Azure Local cluster
version_added: 0.1.0
description:
  - Runs on one Azure Local host, any node of the cluster. Fetches the image of the target appliance to a cluster volume,
    compares it with O(sha256), unpacks it, makes a virtual machine with a role in the cluster, and starts it.
  - Name, place, free space and switch are checked before anything is fetched, the hash before anything is made.
  - >-
    All of it lies in C(<volume>\azlocal.migrate\<name>\<first 12 digits of sha256>). That path is how our machine is known
    again; there is no file that remembers it. A virtual machine of that name whose disk lies elsewhere is somebody
    else's - it is refused, and never changed or removed.
  - A machine that has moved to another node is found through its role in the cluster. What is to be done with it is done on
    that node, over the connection that the inventory group C(azure_local_hosts) gives it.
  - A run may be ended anywhere; the next one goes on from there. A download that broke off is continued where the server
    can do that. A machine that has no role in the cluster yet is known to the node that made it only, so go on from that
    node; another one refuses (C(appliance_elsewhere)) and changes nothing.
  - The first start asks for language, licence and password at the console. No program can answer; RV(waiting_for) says who
    has to do what.
  - Runs small PowerShell scripts through the host's own connection (C(winrm), C(psrp) or C(ssh)). They have not been run on
    a real Windows yet.
author:
  - azlocal.migrate contributors (@azlocal)
options:
  name:
    description:
      - Name of the virtual machine, 1 to 14 letters and digits, which is what the name of an appliance may be.
    type: str
    required: true
  state:
    description:
      - V(present) is a machine that is there, has a role in the cluster, and runs. One that was turned off is started.
      - V(absent) turns our machine off and removes its role, the machine and all files of it, the download included. What
        the appliance has registered in Azure stays.
    type: str
    choices: [present, absent]
    default: present
  image:
    description:
      - >-
        Where the host fetches the image from. An https address, a share (C(\\server\share\file.zip), with O(image_user)
        and O(image_password)), or a path on the host or a cluster volume.
      - A zip with one disk, as Microsoft offers it, or the C(.vhd) or C(.vhdx) itself.
      - Left out, it is Microsoft's download link, C(https://go.microsoft.com/fwlink/?linkid=2246416), some 9 GB.
    type: str
  sha256:
    description:
      - SHA-256 of the file at O(image). Needed where O(image) is given.
      - >-
        Left out together with O(image), it is the value that Microsoft's documentation named in March 2026,
        V(6ae1144b026efb2650f5e11c007a457c351a752f942c2db827dd2903f468dccb). Each release has another; then give the one
        that the documentation names today.
      - A machine that was made of another image is not replaced; that is an error.
    type: str
  image_user:
    description: User who may read the share, as C(DOMAIN\user).
    type: str
  image_password:
    description: Password of O(image_user).
    type: str
  disk:
    description: The disk within the zip, where it holds several, such as V(Virtual Hard Disks/appliance.vhd).
    type: str
  volume:
    description:
      - Cluster volume to use, by path (V(C:\\ClusterStorage\\UserStorage_1)), by its last part, or by its name in the cluster.
      - Left out, it is the one where an earlier run began, else the one with the most free space.
    type: str
  switch:
    description:
      - External virtual switch for the machine. Left out, it is the only one that the node has. Of several one must be named.
    type: str
  vlan_id:
    description: VLAN of the machine's network adapter. None when left out.
    type: int
  generation:
    description: Generation of the machine. Left out, it is 1 for a C(.vhd) and 2 for a C(.vhdx).
    type: int
    choices: [1, 2]
  cpu_cores:
    description: Virtual processors, at least 8.
    type: int
    default: 8
  memory_mb:
    description: Memory in MB, at least 16384. It is not dynamic.
    type: int
    default: 16384
  minimum_free_gb:
    description:
      - Free space that the volume must have before the download begins, what an earlier run left there included.
      - The appliance's disk may grow to 80 GB; the download stays beside it.
    type: int
    default: 100
attributes:
  action:
    description: Runs on the controller as an action plugin.
    support: full
  check_mode:
    description: Reads and checks all of it, and looks whether the host finds the image. Writes nothing.
    support: full
  diff_mode:
    description: Shows state, power, role and size before and after.
    support: full
notes:
  - C(become) is refused, because Ansible ignores it for this way of running scripts on C(winrm).
"""

EXAMPLES = r"""
- name: The target appliance runs on the cluster
  azlocal.migrate.target_appliance:
    name: labtgt
    image: https://media.lab.example/AzureMigrateTargetAppliance.zip
    sha256: "{{ target_image_sha256 }}"
    volume: UserStorage_1
    vlan_id: 110
  delegate_to: "{{ groups['azure_local_hosts'] | first }}"
  run_once: true
  register: appliance

- name: Say what a person has to do now
  ansible.builtin.debug:
    var: appliance.waiting_for
  run_once: true

- name: The same from a share
  azlocal.migrate.target_appliance:
    name: labtgt
    image: \\media.lab.example\images\AzureMigrateTargetAppliance.zip
    sha256: "{{ target_image_sha256 }}"
    image_user: "{{ share_user }}"
    image_password: "{{ share_password }}"
  delegate_to: "{{ groups['azure_local_hosts'] | first }}"
  run_once: true

- name: The target appliance is gone, with its disk and the download
  azlocal.migrate.target_appliance:
    name: labtgt
    state: absent
  delegate_to: "{{ groups['azure_local_hosts'] | first }}"
  run_once: true
"""

RETURN = r"""
msg:
  description: What was done, in a sentence.
  returned: always
  type: str
actions:
  description: What was done, in its order; in check mode what would be. Also returned on failure.
  returned: always
  type: list
  elements: str
  sample: [fetched, unpacked, created, clustered, started]
appliance:
  description: >-
    The machine as it is at the end, as the node that owns it says it. Empty where there is none. Only C(node) and
    C(clustered) where the node that owns it could not be asked.
  returned: always
  type: dict
  sample:
    name: labtgt
    node: LAB-NODE1
    state: Running
    generation: 2
    cpu_cores: 8
    memory_mb: 16384
    switch: ConvergedSwitch(compute_management)
    vlan_id: 110
    disk: C:\ClusterStorage\UserStorage_1\azlocal.migrate\labtgt\6ae1144b026e\image\AzureMigrateTargetAppliance.vhdx
    addresses: [10.10.0.12]
    clustered: true
differences:
  description: >-
    Where O(switch), O(vlan_id) or O(generation) are named, and the machine has another. It is left as it is.
  returned: always
  type: list
  elements: dict
  sample: [{"what": "vlan_id", "is": 0, "wanted": 110}]
waiting_for:
  description: What a person has to do before the next step, with C(who), C(what), C(where) and C(data). Null where nothing.
  returned: always
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.azlocal.migrate.plugins.module_utils.options.target_appliance import SPEC


def main() -> None:
    module = AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
    module.fail_json(
        msg="target_appliance runs on the controller as an action plugin. Call it by its full name, "
        "azlocal.migrate.target_appliance, from a playbook or ad hoc, with the collection installed on the controller."
    )


if __name__ == "__main__":
    main()
