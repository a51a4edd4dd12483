#!/usr/bin/python
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: estate
short_description: What a finished migration programme leaves behind - listed, and removed by name
version_added: 0.1.0
description:
  - >-
    Lists all that a programme leaves in Azure, in Microsoft Entra and, where O(hostname) names one, in vCenter - locks,
    diagnostic setting, replication extension and policy, role assignments, vault, fabrics, cache storage account, key vault,
    the applications of the appliances, their sites, the project and its resource group, the source appliance, the custom
    attribute of the marks, and roles.
  - >-
    With O(state=removed) what O(names) names goes, and nothing else, in the order in which it can go. All that stands against
    it is said before anything is removed. A run that is ended anywhere is taken up by the next one with the same ids.
  - >-
    While the vault has protected items, of VMs that still replicate or were not completed, O(state=removed) is refused, also
    where O(names) is empty. So it can be asked first where something else is to be removed, a machine for instance.
  - >-
    Where Microsoft Graph cannot be asked, because this identity has no right there or this cloud names no address of it, the
    applications are listed by their client ids, and a person removes them.
  - >-
    What alone names a key vault or an application (the sites and the project) goes last, and stays while a person has to
    remove an application.
options:
  state:
    description: V(listed) changes nothing. V(removed) removes what O(names) names.
    type: str
    choices: [listed, removed]
    default: listed
  names:
    description:
      - Names or ids, exactly as C(estate) has them. Take ids where a run may have to be repeated - of an id it can be seen
        that it is gone already, of a name it cannot, and one that the list lacks is refused.
    type: list
    elements: str
    default: []
  resource_group:
    description: Resource group of the Azure Migrate project.
    type: str
    required: true
  project:
    description: Name of the Azure Migrate project, which may be gone already.
    type: str
    required: true
  source_appliance:
    description: >-
      Name of the source appliance, to find its machine in vCenter. The target appliance's is on the cluster, where
      M(azlocal.migrate.target_appliance) sees it.
    type: str
    default: ""
  target_appliance:
    description: >-
      Name of the target appliance. Nothing is looked for by it, since the list has the fabrics and sites of all appliances of
      the project; it is taken so that the names of project and appliances can be in C(module_defaults).
    type: str
    default: ""
  source_appliance_vm:
    description: Name of the source appliance's machine, where it has another. Left out, it is that of the appliance.
    type: str
    default: ""
  timeout_s:
    description: How long the removal of one thing may take. The service goes on by itself after that.
    type: int
    default: 1800
extends_documentation_fragment:
  - azlocal.migrate.azure
  - azlocal.migrate.vcenter
  - azlocal.migrate.results
"""

EXAMPLES = r"""
- name: What is left
  azlocal.migrate.estate:
    resource_group: rg-migrate-lab
    project: migrate-lab
    source_appliance: labsrc
  register: estate

- name: Show it
  ansible.builtin.debug:
    msg: "{{ estate.report }}"

- name: Remove the fabrics and the vault, whatever they are called, and what has to go before them
  azlocal.migrate.estate:
    resource_group: rg-migrate-lab
    project: migrate-lab
    source_appliance: labsrc
    state: removed
    names: "{{ estate.estate | selectattr('kind', 'in', wanted) | map(attribute='id') }}"
  vars:
    wanted: [lock, diagnostic_setting, extension, policy, vault, fabric]
"""

RETURN = r"""
msg:
  description: What was done, what would be, or what is waited for.
  returned: always
  type: str
estate:
  description: >-
    What is there, in the order in which it can go; with O(state=removed) what is left of it. Each entry has C(kind), C(name),
    C(id), C(ours) (whether this collection made it, as its tag or its name tells), C(safe), C(why_not) (why this module does
    not remove it), C(first) (ids of what has to go before it), C(note), C(how) (what a person may do) and C(remove_order).
  returned: success
  type: list
  elements: dict
items_left:
  description: Protected items that the vault has. While there is one, nothing may go.
  returned: success
  type: list
  elements: str
report:
  description: The same, a line each.
  returned: success
  type: list
  elements: str
steps:
  description: >-
    What was removed, a sentence each; in check mode what would be. Also returned on failure - what was done before it.
  returned: always
  type: list
  elements: str
gone:
  description: Those of O(names) that were gone already.
  returned: success
  type: list
  elements: str
waiting_for:
  description: >-
    What only a person can do next - C(who), C(what), C(where) and the C(data) for it. Null when nothing is waited for.
  returned: success
  type: dict
"""

from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.estate import Leftover
from ansible_collections.azlocal.migrate.plugins.module_utils.module import Frame, run
from ansible_collections.azlocal.migrate.plugins.module_utils.options.azure import azure_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.options.vcenter import vcenter_settings, vcenter_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.services.estate import Outcome, call
from ansible_collections.azlocal.migrate.plugins.module_utils.services.scope import Scope

SPEC: dict[str, Any] = {
    **azure_spec(),
    **vcenter_spec(),
    "state": {"type": "str", "choices": ["listed", "removed"], "default": "listed"},
    "names": {"type": "list", "elements": "str", "default": []},
    "resource_group": {"type": "str", "required": True},
    "project": {"type": "str", "required": True},
    "source_appliance": {"type": "str", "default": ""},
    "target_appliance": {"type": "str", "default": ""},
    "source_appliance_vm": {"type": "str", "default": ""},
    "timeout_s": {"type": "int", "default": 1800},
}


def answer(frame: Frame) -> dict[str, Any]:
    """List, or remove."""
    params, check = frame.params, frame.check_mode
    outcome = call(
        frame.arm,
        Scope(
            subscription_id=frame.arm.subscription_id,
            resource_group=params["resource_group"],
            project=params["project"],
            source_appliance=params["source_appliance"],
        ),
        vcenter_settings(params) if params["hostname"] else None,
        None if params["state"] == "listed" else params["names"],
        machine=params["source_appliance_vm"],
        check=check,
        timeout_s=params["timeout_s"],
    )
    steps = [one.does for one in outcome.removed]
    return {
        "changed": bool(steps),
        "msg": told(outcome, steps, params["project"], check=check),
        "estate": [one.as_dict() for one in outcome.left],
        "items_left": [*outcome.items],
        "report": [line(one) for one in outcome.left],
        "steps": steps,
        "gone": outcome.gone,
        "waiting_for": outcome.waiting_for,
        "diff": {
            "before": {one.id: one.name for one in outcome.removed},
            "after": {},
        },
    }


def line(one: Leftover) -> str:
    """One thing of the list, for people."""
    marks = [] if one.safe else [f"not removed by this module: {one.why_not}"]
    marks += [text for text in (one.note, one.how) if text]
    return f"{one.kind.replace('_', ' ')} {one.name} ({one.id}){'; ' if marks else ''}{'; '.join(marks)}"


def told(outcome: Outcome, steps: list[str], project: str, *, check: bool) -> str:
    """What was done, and what comes next."""
    said = [f"{'would ' if check else ''}{'; '.join(steps)}"] if steps else []
    said += [f"to be had back or purged: {one.note}; {one.how}" for one in outcome.removed if one.kind == "key_vault"]
    if outcome.waiting_for:
        said.append(f"waiting for {outcome.waiting_for['who']}: {outcome.waiting_for['what']}")
    if not said:
        left = len(outcome.left)
        said.append(f"{left} things of project {project} are left" if left else f"nothing of project {project} is left")
    return ". ".join(said)


def main() -> None:
    run(SPEC, answer)


if __name__ == "__main__":
    main()
