#!/usr/bin/python
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: infrastructure
short_description: What a replication needs in Azure - vault identity, policy, storage account, roles, extension
version_added: 0.1.0
description:
  - >-
    Makes what joins the source appliance and the target appliance of an Azure Migrate project: the identity of the
    replication vault, the replication policy, the cache storage account with six role assignments, the link of the
    project to it, and the replication extension. It does what the first replication does in the portal, or
    C(Initialize-AzMigrateLocalReplicationInfrastructure).
  - >-
    The vault appears in Azure when the source appliance is registered. Before that, and until the target appliance is
    registered too, the module does what it can, does not fail, and says in C(waiting_for) what a person has to do. A
    run after it goes on from there.
  - A run that is ended anywhere is taken up by the next one. A run with nothing to do makes 12 to 14 reads and no write.
  - >-
    What is there is kept. What failed, belongs to other appliances, or is closed to the service is named, and nothing is
    begun; see O(replace). A firewall of a storage account is never opened.
  - >-
    With O(state=absent) the extension and the policy of this pair go, and of role assignments, locks, diagnostic setting
    and storage account those that this module made. That is refused while the vault has protected items. Vault and
    appliances stay.
options:
  state:
    description: Whether the infrastructure is to be there.
    type: str
    choices: [present, absent]
    default: present
  cache_storage_account:
    description:
      - >-
        Name, in the resource group of the project, or resource id of the storage account for the metadata of the
        replication. Performance Standard, kind StorageV2, in the region of the project, with public network access from
        all networks.
      - >-
        Left out, one is made (Standard_LRS, TLS 1.2, no public containers), unless the portal, Azure PowerShell, Azure
        CLI or Terraform have made one for this pair.
      - The account that the project is linked to already always wins.
    type: str
  policy:
    description: >-
      The replication policy. One that is there and differs is reported as a warning; it is rewritten with O(replace),
      and only while the vault has no protected item.
    type: dict
    default: {}
    suboptions:
      recovery_point_history_minutes:
        description: How long recovery points are kept.
        type: int
        default: 4320
      crash_consistent_minutes:
        description: Time between two crash consistent recovery points.
        type: int
        default: 60
      app_consistent_minutes:
        description: Time between two application consistent recovery points.
        type: int
        default: 240
  tags:
    description: Tags of the storage account that is made, beside those that say what it is for.
    type: dict
    default: {}
  locks:
    description:
      - >-
        V(true) puts a delete lock on the vault and on the fabrics of both appliances: resources that the portal hides,
        and that no replication survives the loss of. V(false) takes these locks away. Left out, they stay as they are.
      - >-
        Azure lets nothing inside a locked vault be deleted either. Take the locks away before you complete migrations
        or stop replications.
    type: bool
  diagnostics:
    description: Where the logs of the vault go. Left out, the diagnostic setting stays as it is.
    type: dict
    suboptions:
      workspace_id:
        description: Resource id of a Log Analytics workspace.
        type: str
      storage_account_id:
        description: Resource id of a storage account.
        type: str
  replace:
    description:
      - >-
        Whether what stands in the way is removed and made anew: a policy or an extension that failed, an extension of
        other appliances or with another storage account, a link to a storage account that is gone.
      - Refused while a protected item uses it.
      - >-
        One thing is made anew without this: an extension of ours that no item uses, and that failed because a role was
        not in effect yet.
    type: bool
    default: false
  replaces:
    description:
      - >-
        Name of the dead target appliance whose place O(target_appliance) takes, as the project knows it. Until the new
        one has a key, the module waits for that. Then it makes the extension of the new pair beside that of the old one.
      - The old extension stays; delete it once no VM uses it. With O(state=absent) both go.
    type: str
  timeout_s:
    description: >-
      How long one step may take, and how long a step is tried again that needs what an earlier one has made to spread
      through Azure. The service goes on by itself after that.
    type: int
    default: 1800
extends_documentation_fragment:
  - azlocal.migrate.azure
  - azlocal.migrate.project
  - azlocal.migrate.results
"""

EXAMPLES = r"""
- name: Make ready for replication
  azlocal.migrate.infrastructure:
    resource_group: rg-migrate-lab
    project: migrate-lab
    source_appliance: labsrc
    target_appliance: labtgt
  register: infrastructure

- name: Say what a person has to do next
  ansible.builtin.debug:
    var: infrastructure.waiting_for
  when: infrastructure.waiting_for is not none

- name: Take it back once the programme is over
  azlocal.migrate.infrastructure:
    resource_group: rg-migrate-lab
    project: migrate-lab
    source_appliance: labsrc
    target_appliance: labtgt
    state: absent
"""

RETURN = r"""
msg:
  description: What was done, what would be, or what is waited for.
  returned: always
  type: str
waiting_for:
  description: >-
    What only a person can do next - C(who), C(what), C(where) and the C(data) for it. Null when nothing is waited for.
  returned: success
  type: dict
steps:
  description: >-
    What was changed, a sentence each; in check mode what would be. Also returned on failure - what was done before it.
  returned: always
  type: list
  elements: str
  sample: [make identity of the vault, make replication policy migrate-labreplicationvaultVMwareToAzStackHCIpolicy]
infrastructure:
  description: >-
    What is there - C(vault_id), C(policy), C(extension), C(cache_storage_account_id); empty where it is not there yet,
    and with O(state=absent).
  returned: success
  type: dict
"""

from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.infrastructure import Minutes, Wanted
from ansible_collections.azlocal.migrate.plugins.module_utils.module import Frame, run
from ansible_collections.azlocal.migrate.plugins.module_utils.options.azure import azure_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.options.project import project_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.services.infrastructure import Infrastructure, Outcome

SPEC: dict[str, Any] = {
    **azure_spec(),
    **project_spec(),
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "cache_storage_account": {"type": "str"},
    "policy": {
        "type": "dict",
        "default": {},
        "options": {
            "recovery_point_history_minutes": {"type": "int", "default": 4320},
            "crash_consistent_minutes": {"type": "int", "default": 60},
            "app_consistent_minutes": {"type": "int", "default": 240},
        },
    },
    "tags": {"type": "dict", "default": {}},
    "locks": {"type": "bool"},
    "diagnostics": {
        "type": "dict",
        "options": {"workspace_id": {"type": "str"}, "storage_account_id": {"type": "str"}},
        "required_one_of": [("workspace_id", "storage_account_id")],
    },
    "replace": {"type": "bool", "default": False},
    "replaces": {"type": "str"},
    "timeout_s": {"type": "int", "default": 1800},
}


def wanted(frame: Frame) -> Wanted:
    params, scope = frame.params, frame.project.scope
    policy, logs = params["policy"], params["diagnostics"]
    return Wanted(
        project=scope.project,
        project_id=scope.project_path,
        group_id=scope.group_path,
        account=params["cache_storage_account"] or "",
        policy=Minutes(
            history=policy["recovery_point_history_minutes"],
            crash_consistent=policy["crash_consistent_minutes"],
            app_consistent=policy["app_consistent_minutes"],
        ),
        tags={str(name): str(value) for name, value in params["tags"].items()},
        locks=params["locks"],
        diagnostics=None if logs is None else {name: value or "" for name, value in logs.items()},
        replace=params["replace"],
        replaces=params["replaces"] or "",
    )


def answer(frame: Frame) -> dict[str, Any]:
    """Present or absent."""
    present, check = frame.params["state"] == "present", frame.check_mode
    work = Infrastructure(frame.project, wanted(frame), check=check, timeout_s=frame.params["timeout_s"])
    outcome = work.present() if present else work.absent()
    for warning in outcome.warnings:
        frame.module.warn(warning)
    return {
        "changed": bool(outcome.steps),
        "msg": told(outcome, frame.params["project"], present=present, check=check),
        "waiting_for": outcome.waiting_for,
        "infrastructure": outcome.facts(),
        "steps": [step.does for step in outcome.steps],
        "diff": outcome.diff,
    }


def told(outcome: Outcome, project: str, *, present: bool, check: bool) -> str:
    """What was done, and what comes next."""
    said = [f"{'would ' if check else ''}{'; '.join(step.does for step in outcome.steps)}"] if outcome.steps else []
    if outcome.wait is not None:
        said.append(f"waiting for {outcome.wait.who}: {outcome.wait.what}")
    if said:
        return ". ".join(said)
    if present:
        return f"the replication infrastructure of project {project} is as wanted"
    return f"nothing of the replication infrastructure of project {project} is left that goes with it"


def main() -> None:
    run(SPEC, answer)


if __name__ == "__main__":
    main()
