#!/usr/bin/python
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: verdict
short_description: Gives each host its own result of a bulk step
version_added: 0.1.0
description:
  - A bulk verb such as M(azlocal.migrate.replication) works on a whole batch of hosts in one task. This action looks
    its host up in what that task registered and is ok, changed, failed or skipped for it, with its message and diff, so
    that recap, retry files and job views work per VM.
  - Where the whole step failed, every host fails with its reason.
  - Runs on the controller only and opens no connection.
options:
  step:
    description: Name of the variable that the bulk step registered; the name, not its content.
    type: str
    required: true
  show:
    description: Whether the phase of the VM and its message are printed on standard error where it is ok.
    type: bool
    default: false
author:
  - azlocal.migrate contributors (@azlocal)
attributes:
  check_mode:
    description: Can run in check mode.
    support: full
  diff_mode:
    description: Shows the diff of its host.
    support: full
"""

EXAMPLES = r"""
- name: Replicate the batch
  azlocal.migrate.replication:
    resource_group: rg-migrate-lab
    project: migrate-lab
    source_appliance: labsrc
    target_appliance: labtgt
  run_once: true
  register: azlocal_step

- name: Give each VM its own result
  azlocal.migrate.verdict:
    step: azlocal_step
"""

RETURN = r"""
blocked:
  description: Whether the VM was left alone, so that nothing more should be done for it.
  returned: always
  type: bool
phase:
  description: Where the VM stands.
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    spec = {"step": {"type": "str", "required": True}, "show": {"type": "bool", "default": False}}
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    module.fail_json(msg="azlocal.migrate.verdict is an action: it runs on the controller, inside a play")


if __name__ == "__main__":
    main()
