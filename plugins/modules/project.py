#!/usr/bin/python
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: project
short_description: The Azure Migrate project - providers, resource group, project, solutions, sites
version_added: 0.1.0
description:
  - >-
    Makes an Azure Migrate project for a migration from VMware to Azure Local, with all that the portal makes with it: the
    project with an identity, four solutions, the role of Azure Migrate assessor for that identity on the resource group,
    and the server site and the master site under which an appliance registers.
  - >-
    Before that it registers the resource providers that are missing, in the subscription of the project, in that of the
    Azure Local instance, and in O(target_subscriptions), and waits until they are registered.
  - >-
    What is there is kept. A migration solution that names the wrong tool is mended, and keeps its details. The tool is the
    wrong one on projects that were made for something else first.
  - >-
    A project serves one source appliance on VMware and one target appliance on Azure Local. A project that discovers or
    migrates for Azure, discovers Hyper-V, or has another appliance, is refused before anything is changed.
  - >-
    Everything that this module makes bears the tag V(azlocal.migrate) with the name of the project. A role assignment takes
    no tag; its name is computed from project, scope, identity and role, so it is the same in every run.
  - >-
    A run may be ended anywhere, and the next one goes on from there. A create is sent once; where its reply is lost, it is
    looked for before it is sent again.
  - >-
    A project that is as wanted costs at most 11 requests, list pages, sign-in and endpoint metadata aside, and no write.
options:
  state:
    description:
      - V(present) makes what is missing.
      - >-
        V(absent) takes back what this module made, and nothing else. It refuses as long as the vault holds protected items
        or an appliance is registered. What stays is told in RV(stays): a project that somebody else made, what the portal
        made with an appliance's key, and the resource group unless this module made it and nothing is left in it. Solutions
        go with the project. Registered providers stay registered: it costs nothing, and others may use them.
    type: str
    choices: [present, absent]
    default: present
  replaces:
    description: >-
      Name of the dead target appliance whose place O(target_appliance) takes. A project that has it is then not refused.
    type: str
  location:
    description:
      - Region of the project, and of the resource group if it is made. Only metadata lies there.
      - Needed where the project does not exist yet. A project cannot be moved.
    type: str
  cluster:
    description:
      - >-
        Resource id of the Azure Local instance that VMs are to be moved to. It must exist, in the same tenant as the
        project. Needed for O(state=present).
    type: str
  create_resource_group:
    description:
      - >-
        Whether the resource group is made where it does not exist. By default it is not, so that a typing error makes no
        second project in a second group.
    type: bool
    default: false
  tags:
    description:
      - Tags of everything that this module makes, and has made before. They are added to those that are there.
      - What somebody else made keeps the tags it has.
    type: dict
    default: {}
  target_subscriptions:
    description: Ids of further subscriptions that migrated VMs come to; the providers that VMs need are registered there.
    type: list
    elements: str
    default: []
  supported_locations:
    description:
      - Regions that a project for Azure Local may lie in. The default is Microsoft's list of March 2026.
    type: list
    elements: str
    default: [eastasia, southeastasia, northeurope, westeurope, centralus, westus2]
  timeout_s:
    description: How long to wait for one thing (the registration of providers, a resource, its deletion), in seconds.
    type: int
    default: 1800
extends_documentation_fragment:
  - azlocal.migrate.azure
  - azlocal.migrate.project
  - azlocal.migrate.results
"""

EXAMPLES = r"""
- name: Make the project
  azlocal.migrate.project:
    resource_group: rg-migrate-lab
    project: migrate-lab
    source_appliance: labsrc
    target_appliance: labtgt
    location: centralus
    cluster: /subscriptions/5b5c71b0-0000-4000-8000-000000000001/resourceGroups/rg-azurelocal-lab/providers/Microsoft.AzureStackHCI/clusters/lab-cl
    create_resource_group: true
    tags: {owner: platform-team}
  register: made

- name: See what would be taken back
  azlocal.migrate.project:
    resource_group: rg-migrate-lab
    project: migrate-lab
    source_appliance: labsrc
    target_appliance: labtgt
    state: absent
  check_mode: true
"""

RETURN = r"""
project:
  description: >-
    The project with C(id), C(location), C(principal_id) (its identity), C(master_site_id) and C(made_here) (whether this
    module made it). Empty fields are not known yet, or not there any more.
  returned: success
  type: dict
steps:
  description: What was changed, a sentence each; in check mode what would be. On failure, what was done before it.
  returned: success, and failure where something was done before it
  type: list
  elements: str
  sample: [make resource group rg-migrate-lab, make project migrate-lab]
stays:
  description: With O(state=absent), what is left behind - the C(id) of each resource, and C(why).
  returned: success
  type: list
  elements: dict
waiting_for:
  description: Always null; nothing here waits for a person.
  returned: success
  type: dict
"""

import dataclasses
from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.domain import geographies, ours, values
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.project_seen import Wanted
from ansible_collections.azlocal.migrate.plugins.module_utils.module import Frame, run
from ansible_collections.azlocal.migrate.plugins.module_utils.options.azure import azure_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.options.project import project_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project_setup import Outcome, ProjectSetup

SPEC: dict[str, Any] = {
    **azure_spec(),
    **project_spec(),
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "replaces": {"type": "str"},
    "location": {"type": "str"},
    "cluster": {"type": "str"},
    "create_resource_group": {"type": "bool", "default": False},
    "tags": {"type": "dict", "default": {}},
    "target_subscriptions": {"type": "list", "elements": "str", "default": []},
    "supported_locations": {"type": "list", "elements": "str", "default": [*geographies.LOCATIONS]},
    "timeout_s": {"type": "int", "default": 1800},
}


def wanted(frame: Frame) -> Wanted:
    params = frame.params
    return Wanted(
        subscription_id=frame.arm.subscription_id,
        resource_group=params["resource_group"],
        project=params["project"],
        source_appliance=params["source_appliance"],
        target_appliance=params["target_appliance"],
        replaces=params["replaces"] or "",
        cluster_id=params["cluster"] or "",
        location=params["location"] or "",
        tags={str(name): str(value) for name, value in params["tags"].items()},
        create_resource_group=params["create_resource_group"],
        target_subscriptions=tuple(params["target_subscriptions"]),
        supported_locations=tuple(params["supported_locations"]),
    )


def answer(frame: Frame) -> dict[str, Any]:
    """Present or absent."""
    asked = wanted(frame)
    setup = ProjectSetup(frame.arm, asked, check=frame.check_mode, timeout_s=frame.params["timeout_s"])
    present = frame.params["state"] == "present"
    outcome = setup.present() if present else setup.absent()
    return {
        "changed": bool(outcome.steps),
        "msg": told(outcome, asked.project, present=present, check=frame.check_mode),
        "waiting_for": None,
        "project": facts(outcome, asked) if present else {},
        "steps": outcome.steps,
        "stays": [dataclasses.asdict(left) for left in outcome.stays],
        "diff": {"before": outcome.before, "after": outcome.after},
    }


def told(outcome: Outcome, project: str, *, present: bool, check: bool) -> str:
    """One sentence."""
    stays = f". It stays: {', '.join(left.id for left in outcome.stays)}" if outcome.stays else ""
    if outcome.steps:
        return f"{'would ' if check else ''}{'; '.join(outcome.steps)}{stays}"
    if present:
        return f"project {project} is as wanted"
    return f"nothing of project {project} is left that was made here{stays}"


def facts(outcome: Outcome, asked: Wanted) -> dict[str, Any]:
    seen = outcome.seen
    return {
        "id": values.text((seen.project or {}).get("id")) or asked.project_id,
        "location": values.text((seen.project or {}).get("location")) or geographies.normal(asked.location),
        "principal_id": seen.principal_id,
        "master_site_id": seen.named_master_site or values.text((seen.master_site or {}).get("id")),
        "made_here": ours.is_ours(seen.project, asked.project),
    }


def main() -> None:
    run(SPEC, answer)


if __name__ == "__main__":
    main()
