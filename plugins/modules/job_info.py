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

import dataclasses
from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.job import Job
from ansible_collections.azlocal.migrate.plugins.module_utils.module import Frame, run
from ansible_collections.azlocal.migrate.plugins.module_utils.options.azure import azure_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.options.project import project_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.services.observation import Observatory


def plain(job: Job) -> dict[str, Any]:
    """A job as JSON-ready data."""
    data = dataclasses.asdict(dataclasses.replace(job, raw={}))
    data.pop("raw")
    for part in (data, *data["tasks"], *data["errors"]):
        for key in ("started_at", "ended_at", "at"):
            if part.get(key):
                part[key] = part[key].isoformat()
    return data


def answer(frame: Frame) -> dict[str, Any]:
    """The newest jobs, with their trees where asked."""
    params = frame.params
    see = Observatory(frame.arm, None, frame.project)
    names = set(params["names"])
    jobs = [job for job in see.all_jobs if not names or job.source_vm_name in names][: params["limit"]]
    if params["tasks"]:
        read = frame.arm.map(lambda job: see.job(job.id), jobs)
        failed = next((job for job in read if isinstance(job, ClientError)), None)
        if failed:
            raise failed
        jobs = [job for job in read if isinstance(job, Job)]
    return {"changed": False, "jobs": [plain(job) for job in jobs]}


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
