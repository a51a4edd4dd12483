# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of connectivity; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: connectivity
short_description: Whether a place reaches the names and ports that it needs
version_added: 0.1.0
description:
  - >-
    Tries, from one place, the names and TCP ports that this place needs for the migration. The place is the host that the
    task runs on (an Azure Local host, the source appliance, the target appliance), or the controller where the task runs on
    C(localhost).
  - Each row of RV(results) says why the place needs it, and what to do where it fails. It changes nothing.
  - On a Windows host it runs a small PowerShell script through the host's own connection (C(winrm), C(psrp) or C(ssh)),
    which resolves the names and opens the ports, all at the same time. It sends nothing. On the controller it does the same
    with sockets of its own.
  - >-
    A documented URL with a star, such as C(*.blob.core.windows.net), is many names, so it cannot be tried. One host under
    it is tried in its place, and the row says so. Where nobody can know a host under it, the row has C(ok=null); name one
    with O(hosts_of_urls) once you know it. Some of the hosts that are tried are inferred; where such a one does not
    resolve, the row has C(ok=null) too.
  - That a port answers does not prove that what is said there gets through; a firewall may look into it.
  - UDP is not tried (the heartbeat of ESXi hosts to vCenter, for instance), nor is port 3389 of the appliances, which only
    people use.
author:
  - azlocal.migrate contributors (@azlocal)
options:
  place:
    description:
      - >-
        What the host is in the migration. V(auto) takes it from the inventory groups C(source_appliance),
        C(target_appliance) and C(azure_local_hosts); with the connection C(local) it is the controller.
    type: str
    choices: [auto, source_appliance, target_appliance, host, controller]
    default: auto
  checks:
    description:
      - Which endpoints to try. What this place does not need is left out by itself.
      - >-
        V(azure) is what the place needs of Azure; V(vcenter), V(esxi) and V(cluster) are those systems (V(cluster) with every
        node); V(appliances) is the other appliance, or for the controller the configuration managers of both; V(image) is
        where a host fetches the target appliance from.
    type: list
    elements: str
    choices: [azure, vcenter, esxi, cluster, appliances, image]
    default: [azure, vcenter, esxi, cluster, appliances, image]
  cluster:
    description: Full DNS name of the Azure Local instance, as it will be typed into the configuration manager.
    type: str
  cluster_nodes:
    description:
      - DNS names of all nodes of the instance. Left out, they are the names of the inventory group C(azure_local_hosts).
    type: list
    elements: str
  vcenter:
    description: Name of vCenter. C(VMWARE_HOST) of the environment is taken where it is left out.
    type: str
  vcenter_port:
    description: Port of vCenter. C(VMWARE_PORT) of the environment is taken where it is left out.
    type: int
    default: 443
  esxi_hosts:
    description: Names of all ESXi hosts that run VMs of the migration, as vCenter calls them.
    type: list
    elements: str
    default: []
  source_appliance:
    description:
      - Name or address of the source appliance. Left out, it is C(ansible_host), or else the name, of the first host of the group
        C(source_appliance).
    type: str
  target_appliance:
    description:
      - Name or address of the target appliance. Left out, it is C(ansible_host), or else the name, of the first host of the group
        C(target_appliance).
    type: str
  image:
    description:
      - What M(azlocal.migrate.target_appliance) is given as its image. Left out, it is Microsoft's download link.
    type: str
  location:
    description: Region of the Azure Migrate project. It is part of the names of some of the service's hosts.
    type: str
  proxy:
    description:
      - HTTP proxy on the place's way to Azure, as C(http://name:port). Then the proxy is tried, and the URLs are not.
      - Left out, the controller takes that of its environment (C(HTTPS_PROXY), C(NO_PROXY)); a host has none.
    type: str
  hosts_of_urls:
    description: Hosts that you know under documented URLs, to be tried in their place.
    type: dict
    default: {}
  cloud_environment:
    description:
      - >-
        The cloud that the controller asks, a known name or an https address, as for all modules of this collection.
        C(AZURE_CLOUD_ENVIRONMENT) of the environment is taken where it is left out.
    type: str
    default: AzureCloud
  further:
    description: Further endpoints to try from this place.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name or address.
        type: str
        required: true
      port:
        description: TCP port. With V(0) the name is only resolved.
        type: int
        required: true
      why:
        description: Why it is needed.
        type: str
        default: named in the task
      remedy:
        description: What to do where it fails.
        type: str
        default: let it through
  timeout_s:
    description: How long to wait for names, and then for ports, in seconds; for all of them together, because they are tried at once.
    type: int
    default: 10
  fail_on:
    description:
      - When the task fails.
      - V(step), only where the place could not be asked; V(any), also where an endpoint is not reached; V(none), never.
        RV(error) then says why the place could not be asked.
    type: str
    choices: [step, any, none]
    default: step
attributes:
  action:
    description: Runs on the controller as an action plugin.
    support: full
  check_mode:
    description: It only looks, so check mode makes no difference.
    support: full
  diff_mode:
    description: It changes nothing, so there is no difference to show.
    support: none
notes:
  - The ports are those of Microsoft's page on prerequisites of March 2026, the URLs those of the public cloud.
  - C(become) is refused, because Ansible ignores it for this way of running scripts on C(winrm).
"""

EXAMPLES = r"""
- name: What the source appliance reaches
  azlocal.migrate.connectivity:
    cluster: lab-cl.lab.example
    vcenter: vcenter.lab.example
    vcenter_port: 443
    esxi_hosts: [esx01.lab.example, esx02.lab.example]
    location: centralus
    hosts_of_urls:
      "*.vault.azure.net": kv-migrate-lab.vault.azure.net
    fail_on: any
  delegate_to: "{{ groups['source_appliance'] | first }}"
  run_once: true
  register: reached

- name: Show what is not reached, with what to do
  ansible.builtin.debug:
    msg: "{{ reached.results | rejectattr('ok', 'equalto', true) | items2dict(key_name='msg', value_name='remedy') }}"
  run_once: true

- name: What the controller reaches, before there are appliances
  azlocal.migrate.connectivity:
    place: controller
    checks: [azure, vcenter, cluster]
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
msg:
  description: How it went, in a sentence.
  returned: always
  type: str
results:
  description: One row for each endpoint.
  returned: always
  type: list
  elements: dict
  contains:
    place:
      description: Who needs it, V(source_appliance), V(target_appliance), V(host) or V(controller).
      type: str
    host:
      description: The host of the inventory from which it was tried.
      type: str
    name:
      description: What was tried. Empty where the task does not name it.
      type: str
    port:
      description: TCP port; 0 where only the name was resolved.
      type: int
    stands_for:
      description: The documented URL that the name stands for; empty for all others.
      type: str
    ok:
      description: Whether it was reached. Null where it could not be tried.
      type: bool
    why_needed:
      description: Why the place needs it.
      type: str
    msg:
      description: What was found.
      type: str
    remedy:
      description: What to do; empty where nothing is wrong.
      type: str
    error_code:
      description: V(name_unknown), V(port_refused) or V(port_silent); empty where nothing is wrong.
      type: str
summary:
  description: How many endpoints are C(ok), C(failed) and C(unchecked).
  returned: always
  type: dict
  sample: {"ok": 31, "failed": 1, "unchecked": 4}
error:
  description: Why the place could not be asked, in one sentence; null when it could.
  returned: always
  type: str
waiting_for:
  description: Always null; nothing here waits for a person.
  returned: always
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.azlocal.migrate.plugins.module_utils.options.connectivity import SPEC


def main() -> None:
    module = AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
    module.fail_json(
        msg="connectivity runs on the controller as an action plugin. Call it by its full name, "
        "azlocal.migrate.connectivity, from a playbook or ad hoc, with the collection installed on the controller."
    )


if __name__ == "__main__":
    main()
