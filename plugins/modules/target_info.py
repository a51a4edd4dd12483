#!/usr/bin/python
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: target_info
short_description: The Azure Local instance - custom location, bridge, storage paths, logical networks
version_added: 0.1.0
description:
  - Reads the Azure Local instance behind the target appliance, or the one named, in three requests and list pages.
options:
  cluster:
    description: Resource id of the Azure Local instance. Left out, it is that of the target appliance.
    type: str
extends_documentation_fragment:
  - azlocal.migrate.azure
  - azlocal.migrate.project
  - azlocal.migrate.results
"""

EXAMPLES = r"""
- name: See where VMs can go
  azlocal.migrate.target_info:
    resource_group: rg-migrate-lab
    project: migrate-lab
    source_appliance: labsrc
    target_appliance: labtgt
  register: target
"""

RETURN = r"""
target:
  description: >-
    The instance with C(cluster_id), C(custom_location_id), C(region), C(bridge_status), C(storage_paths) (each with
    C(name), C(path), C(free_mb), C(state)) and C(networks) (each with C(name), C(vlan), C(allocation), C(prefix),
    C(pools), C(dns), C(state)).
  returned: success
  type: dict
"""

import dataclasses
from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.rights import NO_BRIDGE, NO_BRIDGE_REMEDY
from ansible_collections.azlocal.migrate.plugins.module_utils.module import Frame, run
from ansible_collections.azlocal.migrate.plugins.module_utils.options.azure import azure_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.options.project import project_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.services.target import place


def answer(frame: Frame) -> dict[str, Any]:
    """The instance as plain data."""
    cluster = frame.params["cluster"] or frame.project.fabrics[1].cluster_id
    found = place(frame.arm, cluster)
    if not found.custom_location_id:
        frame.module.warn(f"{cluster.rsplit('/', 1)[-1]}: {NO_BRIDGE}; {NO_BRIDGE_REMEDY}")
    return {"changed": False, "target": dataclasses.asdict(found)}


def main() -> None:
    run({**azure_spec(), **project_spec(), "cluster": {"type": "str"}}, answer)


if __name__ == "__main__":
    main()
