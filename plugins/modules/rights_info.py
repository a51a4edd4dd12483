#!/usr/bin/python
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rights_info
short_description: Which rights are missing in Azure and vCenter, for which phase, and why they are needed
version_added: 0.1.0
description:
  - >-
    Compares what the identity in Azure and the account in vCenter may do with what this collection needs in the phases that
    are asked for, and names each right that is missing - the action or privilege, the scope or object, the phases, the
    reason, and how it is given. Nothing is changed.
  - >-
    Azure tells what is granted on each scope, with what a role leaves out (C(notActions)). vCenter is asked about the
    objects themselves, so that a role that is not propagated is seen.
  - >-
    A right to register resource providers or to make the resource group is missing also where both are there already. Ask
    for the phase V(prepare) only while it lies ahead.
  - Azure cannot tell what Microsoft Entra allows. What is needed there is in the guide on least privilege.
options:
  phases:
    description:
      - The phases to ask for. Left out, all of them.
      - Those from V(discover) to V(complete) build on one another; each holds what those before it need.
    type: list
    elements: str
    choices: [prepare, discover, replicate, cutover, verify, complete, decommission]
    default: [prepare, discover, replicate, cutover, verify, complete, decommission]
  systems:
    description: Which systems to ask. vCenter is asked only where O(hostname) names one.
    type: list
    elements: str
    choices: [azure, vcenter]
    default: [azure, vcenter]
  resource_group:
    description: Resource group of the Azure Migrate project. It need not be there yet. Needed for Azure.
    type: str
  project:
    description: Name of the Azure Migrate project. It need not be there yet. Needed for Azure.
    type: str
  source_appliance:
    description: Name of the source appliance.
    type: str
    default: ""
  target_appliance:
    description: Name of the target appliance. With it the Azure Local instance is found, where O(cluster) does not name it.
    type: str
    default: ""
  cluster:
    description: Resource id of the Azure Local instance.
    type: str
    default: ""
  target_resource_groups:
    description: Names or ids of the resource groups that migrated VMs go to. Left out, these are not asked about.
    type: list
    elements: str
    default: []
  appliance_object_ids:
    description: >-
      Object ids of the service principals of the appliances' Entra applications. Each must be Contributor of the resource
      group of the project.
    type: list
    elements: str
    default: []
  vcenter_account:
    description:
      - Whose account O(username) is. V(automation) is the one that this collection works with, V(appliance) the one that is
        typed into the source appliance.
      - With V(appliance) the O(password) is looked at too, for characters that the appliance cannot take.
    type: str
    choices: [automation, appliance]
    default: automation
  vms:
    description: Names of virtual machines to ask about. Left out, all that the account is shown, 200 at most.
    type: list
    elements: str
    default: []
  resource_pool:
    description: Name of the resource pool for the source appliance. Left out, one that the account may use is enough.
    type: str
    default: ""
  folder:
    description: Name of the folder for the source appliance. Left out, one that the account may use is enough.
    type: str
    default: ""
  datastore:
    description: Name of the datastore for the source appliance. Left out, one that the account may use is enough.
    type: str
    default: ""
  network:
    description: Name of the network for the source appliance. Left out, one that the account may use is enough.
    type: str
    default: ""
  fail_on:
    description: >-
      V(any) fails where a right is missing. V(step) fails only where the rights could not be asked for as a whole. V(none)
      never fails; an error of the whole step is in RV(step_error).
    type: str
    choices: [step, any, none]
    default: any
extends_documentation_fragment:
  - azlocal.migrate.azure
  - azlocal.migrate.vcenter
  - azlocal.migrate.results
"""

EXAMPLES = r"""
- name: See what is missing, for everything
  azlocal.migrate.rights_info:
    resource_group: rg-migrate-lab
    project: migrate-lab
    target_appliance: labtgt
    target_resource_groups: [rg-lab-vms]
    fail_on: none
  register: rights

- name: Show it
  ansible.builtin.debug:
    msg: "{{ rights.report }}"

- name: The appliance's own account in vCenter
  azlocal.migrate.rights_info:
    systems: [vcenter]
    phases: [discover, replicate, cutover]
    vcenter_account: appliance
    username: svc-azmigrate@vsphere.local
    password: "{{ appliance_vcenter_password }}"
"""

RETURN = r"""
msg:
  description: How many rights are missing, and how much could not be asked about, in a sentence.
  returned: success
  type: str
gaps:
  description: >-
    One entry for each right that is missing - C(system) (V(azure) or V(vcenter)), C(account), C(right), C(scope), C(phases),
    C(why), C(inferred) (whether the need is read off descriptions only), and C(remedy).
  returned: always
  type: list
  elements: dict
report:
  description: The same, a line each, and what could not be asked about.
  returned: always
  type: list
  elements: str
summary:
  description: How many rights were asked about (C(asked)), and how many are missing (C(missing)).
  returned: always
  type: dict
not_asked:
  description: What could not be asked about - C(scope) and C(why).
  returned: always
  type: list
  elements: dict
step_error:
  description: What made the whole step fail, with O(fail_on=none).
  returned: when it failed
  type: dict
"""

from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.rights import PHASES
from ansible_collections.azlocal.migrate.plugins.module_utils.module import Frame, fail, run
from ansible_collections.azlocal.migrate.plugins.module_utils.options.azure import azure_settings, azure_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.options.vcenter import vcenter_settings, vcenter_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.services import rights
from ansible_collections.azlocal.migrate.plugins.module_utils.services.rights import Answer, Places

_PLACES = {"pool": "resource_pool", "folder": "folder", "datastore": "datastore", "network": "network"}
_TEXT: dict[str, Any] = {"type": "str", "default": ""}
_TEXTS: dict[str, Any] = {"type": "list", "elements": "str", "default": []}
SPEC: dict[str, Any] = {
    **azure_spec(),
    **vcenter_spec(),
    "phases": {"type": "list", "elements": "str", "choices": [*PHASES], "default": [*PHASES]},
    "systems": {"type": "list", "elements": "str", "choices": ["azure", "vcenter"], "default": ["azure", "vcenter"]},
    "resource_group": {"type": "str"},
    "project": {"type": "str"},
    "source_appliance": _TEXT,
    "target_appliance": _TEXT,
    "cluster": _TEXT,
    "target_resource_groups": _TEXTS,
    "appliance_object_ids": _TEXTS,
    "vcenter_account": {"type": "str", "choices": ["automation", "appliance"], "default": "automation"},
    "vms": _TEXTS,
    **dict.fromkeys(_PLACES.values(), _TEXT),
    "fail_on": {"type": "str", "choices": ["step", "any", "none"], "default": "any"},
}


def work(frame: Frame) -> dict[str, Any]:
    """Ask, compare, tell."""
    params = frame.params
    systems = rights.systems(
        params["systems"],
        has_vcenter=bool(params["hostname"]),
        resource_group=params["resource_group"],
        project=params["project"],
    )
    places = Places(
        cluster_id=params["cluster"],
        target_groups=tuple(params["target_resource_groups"]),
        vms=tuple(params["vms"]),
        named={kind: params[option] for kind, option in _PLACES.items()},
    )
    answer = Answer()
    if "azure" in systems:
        account = azure_settings(params).client_id or "the identity signed in"
        rights.azure(frame.project, places, params["phases"], answer, account)
        rights.applications(frame.project, params["appliance_object_ids"], answer)
    if "vcenter" in systems:
        rights.vcenter(vcenter_settings(params), params["vcenter_account"], places, params["phases"], answer)
    reply = {
        "changed": False,
        "msg": answer.told,
        "gaps": [gap.as_dict() for gap in answer.gaps],
        "report": answer.report(),
        "summary": {"asked": answer.asked, "missing": len(answer.gaps)},
        "not_asked": answer.not_asked,
    }
    if answer.gaps and params["fail_on"] == "any":
        reply.pop("msg")
        fail(frame.module, rights.failure(answer), **reply)
    return reply


def main() -> None:
    run(SPEC, work)


if __name__ == "__main__":
    main()
