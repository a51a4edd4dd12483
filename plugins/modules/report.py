#!/usr/bin/python
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: A report of a migration that a manager can read
version_added: 0.1.0
description:
  - Reads how every VM stands and what happened to it from Azure and vCenter, and writes one self-contained HTML page
    together with JSON and CSV files of the same.
  - Reads only; the files are written on the controller by the action of the same name.
options:
  dest:
    description: Folder for C(report.html), C(report.json) and C(report.csv). It is made where missing.
    type: path
    required: true
extends_documentation_fragment:
  - azlocal.migrate.azure
  - azlocal.migrate.vcenter
  - azlocal.migrate.project
  - azlocal.migrate.batch
  - azlocal.migrate.hosts
  - azlocal.migrate.results
"""

EXAMPLES = r"""
- name: Write the report
  azlocal.migrate.report:
    resource_group: rg-migrate-lab
    project: migrate-lab
    source_appliance: labsrc
    target_appliance: labtgt
    dest: "{{ playbook_dir }}/report"
    vms:
      - name: erp-db01
"""

RETURN = r"""
path:
  description: Path of the HTML page.
  returned: success
  type: str
vms:
  description: One entry per VM with its phase, timeline and downtime.
  returned: success
  type: list
  elements: dict
"""

from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.module import Frame, bulk_spec, run
from ansible_collections.azlocal.migrate.plugins.module_utils.options.project import hosts_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.services.report import gather


def answer(frame: Frame) -> dict[str, Any]:
    """What the report tells; the action writes it down."""
    told = gather(frame.observatory(), frame.defaults, frame.entries, frame.params["hosts_seen"])
    return {"changed": False, **told}


def main() -> None:
    run(bulk_spec(dest={"type": "path", "required": True}, **hosts_spec()), answer)


if __name__ == "__main__":
    main()
