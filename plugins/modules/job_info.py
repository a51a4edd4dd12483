#!/usr/bin/python
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: job_info
short_description: Replication jobs with their task trees
version_added: 0.1.0
description:
  - Lists the jobs of the replication vault, newest first. With O(tasks=true) each is read once more, because the
    service trims tasks and errors from its list.
options:
  names:
    description: Names of VMs; jobs of all where left out.
    type: list
    elements: str
    default: []
  tasks:
    description: Whether to read the task tree and the errors of each job (one request each).
    type: bool
    default: false
  limit:
    description: How many jobs at the most.
    type: int
    default: 50
extends_documentation_fragment:
  - azlocal.migrate.azure
  - azlocal.migrate.project
  - azlocal.migrate.results
"""

EXAMPLES = r"""
- name: See what the service did for a VM
  azlocal.migrate.job_info:
    resource_group: rg-migrate-lab
    project: migrate-lab
    source_appliance: labsrc
    target_appliance: labtgt
    names: [erp-db01]
    tasks: true
  register: jobs
"""

RETURN = r"""
jobs:
  description: >-
    Jobs with C(display_name), C(state), C(started_at), C(ended_at), C(source_vm_name), C(tasks) and C(errors). The
    service's C(provisioningState) says Canceled of every job and is left out.
  returned: success
  type: list
  elements: dict
"""

from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.module import Frame, run
from ansible_collections.azlocal.migrate.plugins.module_utils.options.azure import azure_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.options.project import project_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.services.jobs import listing
from ansible_collections.azlocal.migrate.plugins.module_utils.services.observation import Observatory


def answer(frame: Frame) -> dict[str, Any]:
    """The newest jobs, with their trees where asked."""
    params, see = frame.params, Observatory(frame.arm, None, frame.project)
    return {"changed": False, "jobs": listing(see, params["names"], trees=params["tasks"], limit=params["limit"])}


def main() -> None:
    spec = {
        **azure_spec(),
        **project_spec(),
        "names": {"type": "list", "elements": "str", "default": []},
        "tasks": {"type": "bool", "default": False},
        "limit": {"type": "int", "default": 50},
    }
    run(spec, answer)


if __name__ == "__main__":
    main()
