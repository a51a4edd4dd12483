#!/usr/bin/python
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: first_contact
short_description: What a real tenant and vCenter say of the facts that this collection infers
version_added: 0.1.0
description:
  - Reads a project, its replication vault, the Azure Local instance and vCenter, and compares them with what this
    collection assumes - api-versions, paging, the shape of lists, headers, clocks, rights.
  - Nothing is changed. It makes at most 48 requests to Azure and about 30 calls of vCenter, whatever the size of the
    estate; sign-in and retries come on top.
  - A look that fails is a fact that failed, with its code and remedy, and never fails the module.
  - What it returns holds no name, id or address of the tenant.
options:
  target_resource_group:
    description: >-
      Name or id of the resource group that migrated VMs go to. Left out, it is that of an item that is replicated
      already.
    type: str
  dest:
    description:
      - Folder for the de-identified replies, made if needed. Left out, no file is written.
      - The files are evidence on the controller, not a part of the estate, so writing them is no change. In check mode
        none is written.
    type: path
extends_documentation_fragment:
  - azlocal.migrate.azure
  - azlocal.migrate.vcenter
  - azlocal.migrate.project
  - azlocal.migrate.results
"""

EXAMPLES = r"""
- name: See which assumptions hold here
  azlocal.migrate.first_contact:
    resource_group: rg-migrate
    project: migrate
    source_appliance: source1
    target_appliance: target1
    dest: first-contact
  register: contact

- name: Show it
  ansible.builtin.debug:
    msg: "{{ contact.report }}"
"""

RETURN = r"""
facts:
  description: >-
    One entry for each fact - C(key), C(statement), C(verdict) (V(settled), V(contradicted), V(not_seen), V(failed)),
    C(seen) (what it is judged by), C(source), C(relied) (which code relies on it), C(remedy) and C(error_code).
  returned: success
  type: list
  elements: dict
summary:
  description: How many facts have which verdict.
  returned: success
  type: dict
report:
  description: The facts as lines to read, those that need a person first.
  returned: success
  type: list
  elements: str
files:
  description: Paths of the files written.
  returned: success
  type: list
  elements: str
requests:
  description: How many replies Azure gave.
  returned: success
  type: int
"""

from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.module import Frame, run
from ansible_collections.azlocal.migrate.plugins.module_utils.options.azure import azure_settings, azure_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.options.project import project_spec, scope
from ansible_collections.azlocal.migrate.plugins.module_utils.options.vcenter import vcenter_settings, vcenter_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.services import first_contact as service
from ansible_collections.azlocal.migrate.plugins.module_utils.services import first_contact_files as replies

# Options that name somebody, and so must stand in no file.
NAMING = ("subscription_id", "tenant", "client_id", "hostname", "username", "target_resource_group")


def answer(frame: Frame) -> dict[str, Any]:
    """Look, judge, and write the files that were asked for."""
    params = frame.params
    contact = service.first_contact(
        azure_settings(params),
        vcenter_settings(params) if params["hostname"] else None,
        lambda subscription_id: scope(params, subscription_id),
        target_group=params["target_resource_group"] or "",
    )
    written: list[str] = []
    if params["dest"] and not frame.check_mode:
        named = [str(params[name] or "").rpartition("/")[2] for name in NAMING]
        written = replies.write(params["dest"], replies.files(contact, named))
    return {
        "changed": False,
        "facts": contact.facts(),
        "summary": contact.summary(),
        "report": contact.report(),
        "files": written,
        "requests": len(contact.evidence.replies),
    }


def main() -> None:
    spec = {
        **azure_spec(),
        **vcenter_spec(),
        **project_spec(),
        "target_resource_group": {"type": "str"},
        "dest": {"type": "path"},
    }
    run(spec, answer)


if __name__ == "__main__":
    main()
