#!/usr/bin/python
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: source_appliance
short_description: The source appliance on vCenter, from Microsoft's OVA or on a Windows Server of yours
version_added: 0.1.0
description:
  - Deploys the OVA of the Azure Migrate appliance. The file is compared with O(sha256), the place is looked up and vCenter
    is asked whether it can use the descriptor, all before anything is written. The disks go to the ESXi host as they are
    read; the file is never unpacked.
  - The machine gets O(cpu_cores) and O(memory_mb), and a mark (in its notes and in the custom attribute
    C(azlocal.migrate)) that holds O(name), the hash, and how far the deployment has come. Name and mark together make it
    ours. A machine without the mark is never changed and never removed.
  - A run that fails gives the import up, and vCenter removes the half-made machine. After a run that was killed, the next
    one removes what is half made and begins anew, or completes what was uploaded already. For up to five minutes after
    the kill vCenter may still hold the machine; this is waited for.
  - While it uploads, the task in vCenter shows how far it is.
  - With O(adopt=true) nothing is written. A Windows Server that you made for the script install is compared with what the
    installer and the service need.
  - The first start of a fresh appliance asks for language, licence and password at its console. No program can answer;
    RV(waiting_for) says who has to do what.
author:
  - azlocal.migrate contributors (@azlocal)
options:
  name:
    description: Name of the virtual machine.
    type: str
    required: true
  state:
    description:
      - V(present) is a machine that is deployed, whether it runs or not; V(powered_on) and V(powered_off) deploy it too.
      - V(absent) powers our machine off and removes it with its disks.
    type: str
    choices: [present, absent, powered_on, powered_off]
    default: present
  ova:
    description:
      - Path of the downloaded OVA on the machine where the module runs. It is read only to deploy.
      - Needed unless O(state=absent) or O(adopt=true).
    type: path
  sha256:
    description:
      - SHA-256 of the file, as its publisher names it. Needed where O(ova) is.
      - An appliance that was deployed from a file with another hash is not replaced; that is an error.
    type: str
  verify_manifest:
    description: Whether each file in the OVA is compared with the manifest in the OVA too. O(sha256) covers all of them already.
    type: bool
    default: false
  datacenter:
    description: Name or path. Left out, it is the only one there is. So it is with the following ones.
    type: str
  cluster:
    description: Name or path of the cluster, or of the host that is in none.
    type: str
  esxi_host:
    description:
      - Name of the ESXi host.
      - Left out, it is the first one of the cluster, by name, that is connected, not in maintenance, and reaches
        O(datastore) and O(network).
    type: str
  resource_pool:
    description: Name or path of the resource pool. Left out, it is the topmost one of the cluster.
    type: str
  folder:
    description: Name or path of the folder for the machine, such as V(/DC/vm/Infrastructure). Left out, it is the topmost one.
    type: str
  datastore:
    description: Name or path of the datastore. It must have room for the disks and for a swap file of the size of the memory.
    type: str
  network:
    description:
      - Name or path of the port group or network, such as V(/DC/network/dvPG-Mgmt). A name that fits several is refused.
      - The appliance must reach vCenter, the ESXi hosts, Azure and the target appliance from there.
    type: str
  disk_provisioning:
    description: How the disks are made.
    type: str
    choices: [thin, thick]
    default: thin
  cpu_cores:
    description: Virtual processors, at least 8. A deployed machine that has more keeps them.
    type: int
    default: 8
  memory_mb:
    description: Memory in MB, at least 16384. A deployed machine that has more keeps it.
    type: int
    default: 16384
  force_power_off:
    description: Whether O(state=powered_off) powers off a machine whose VMware Tools do not run.
    type: bool
    default: false
  adopt:
    description:
      - Whether the machine is one of yours, for the script install. It is only checked, whatever O(state) is; V(absent) is
        refused.
    type: bool
    default: false
extends_documentation_fragment:
  - azlocal.migrate.vcenter
attributes:
  check_mode:
    description: Reads and checks all of it, the OVA's hash too, and writes nothing.
    support: full
  diff_mode:
    description: Shows state, power, size and hash before and after.
    support: full
"""

EXAMPLES = r"""
- name: The source appliance runs
  azlocal.migrate.source_appliance:
    name: labsrc
    state: powered_on
    ova: /srv/media/MicrosoftAzureMigration.ova
    sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    datacenter: DC-Lab
    cluster: Cluster-A
    datastore: DS-Gold-01
    network: VM Network
  register: appliance

- name: Say what a person has to do now
  ansible.builtin.debug:
    var: appliance.waiting_for

- name: A Windows Server of ours is fit for the script install
  azlocal.migrate.source_appliance:
    name: win-migrate-01
    adopt: true

- name: The source appliance is gone
  azlocal.migrate.source_appliance:
    name: labsrc
    state: absent
"""

RETURN = r"""
msg:
  description: What was done, in a sentence.
  returned: always
  type: str
actions:
  description: What was done, in its order. In check mode the first step only. Also returned on failure.
  returned: always
  type: list
  elements: str
  sample: [deploy, finish, power_on]
appliance:
  description: The machine as it is at the end. Empty where there is none.
  returned: success
  type: dict
  sample:
    name: labsrc
    moid: vm-142
    power: "on"
    cpu_cores: 8
    memory_mb: 16384
    folder: ""
    tools: not_running
    hostname: ""
    sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
differences:
  description: With O(adopt=true), where the machine falls short. Anything in it fails the task.
  returned: when O(adopt=true) and the machine is there
  type: list
  elements: dict
  sample: [{"what": "memory_mb", "is": 8192, "wanted": 16384}]
waiting_for:
  description: What a person has to do before the next step, with C(who), C(what), C(where) and C(data). Null where nothing.
  returned: success
  type: dict
"""

import signal
from typing import Any, NoReturn

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import source_appliance as domain
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.placement import Wishes
from ansible_collections.azlocal.migrate.plugins.module_utils.module import Frame, fail, run
from ansible_collections.azlocal.migrate.plugins.module_utils.options.vcenter import vcenter_settings, vcenter_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.services import source_appliance as service
from ansible_collections.azlocal.migrate.plugins.module_utils.services.appliance_import import Source

PLACES = ("datacenter", "cluster", "esxi_host", "resource_pool", "folder", "datastore", "network")


def answer(frame: Frame) -> dict[str, Any]:
    """The machine as wanted, or compared."""
    params = frame.params
    wanted = domain.Wanted(
        name=params["name"],
        state=params["state"],
        sha256=(params["sha256"] or "").strip().lower(),
        cpu_cores=params["cpu_cores"],
        memory_mb=params["memory_mb"],
        force_power_off=params["force_power_off"],
    )
    if params["adopt"]:
        return adopted(frame, wanted)
    wishes = Wishes(**{name: params[name] or "" for name in PLACES})
    source = Source(
        path=params["ova"] or "",
        wishes=wishes,
        provisioning=params["disk_provisioning"],
        verify_manifest=params["verify_manifest"],
    )
    outcome = service.deployed(vcenter_settings(params), wanted, source, check=frame.check_mode)
    if outcome.error:
        fail(frame.module, outcome.error, actions=outcome.acts)
    for warning in outcome.warnings:
        frame.module.warn(f"{wanted.name}: {warning}")
    return {
        "changed": bool(outcome.acts),
        "msg": outcome.msg,
        "actions": outcome.acts,
        "appliance": domain.described(outcome.machine),
        "waiting_for": outcome.waiting_for,
        "diff": {"before": outcome.before, "after": outcome.after},
    }


def adopted(frame: Frame, wanted: domain.Wanted) -> dict[str, Any]:
    """The user's own machine; where it falls short is a failure that names all of it."""
    seen = service.adopted(vcenter_settings(frame.params), wanted)
    told = {"appliance": domain.described(seen.machine), "differences": seen.differences}
    if seen.error:
        fail(frame.module, seen.error, **told)
    msg = f"{wanted.name} is fit for the script install"
    return {"changed": False, "msg": msg, "actions": [], "waiting_for": None, **told}


def end(*_told: Any) -> NoReturn:
    """Whoever ends Ansible ends this by SIGTERM, often more than once: the first is heeded, and leaves time to clear up."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(143)


def main() -> None:
    signal.signal(signal.SIGTERM, end)
    run(
        {
            **vcenter_spec(),
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": list(domain.STATES), "default": "present"},
            "ova": {"type": "path"},
            "sha256": {"type": "str"},
            "verify_manifest": {"type": "bool", "default": False},
            **{name: {"type": "str"} for name in PLACES},
            "disk_provisioning": {"type": "str", "choices": ["thin", "thick"], "default": "thin"},
            "cpu_cores": {"type": "int", "default": domain.CPU_CORES},
            "memory_mb": {"type": "int", "default": domain.MEMORY_MB},
            "force_power_off": {"type": "bool", "default": False},
            "adopt": {"type": "bool", "default": False},
        },
        answer,
    )


if __name__ == "__main__":
    main()
