#!/usr/bin/python
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: target_info
short_description: The Azure Local instance - nodes, custom location, bridge, storage paths, logical networks
version_added: 0.1.0
description:
  - Reads the Azure Local instance behind the target appliance, or the one named - cluster, custom location, Arc resource
    bridge, storage paths with the space of their volumes, logical networks with their free addresses.
  - Says in RV(problems) what of it will stop a migration, and warns of it.
  - Custom location and bridge are seen by Resource Graph. Where it shows none, or a bridge that does not run, they are read
    directly, because Resource Graph lags; RV(target) says in C(bridge_seen_by) which way was used.
  - Costs four requests and list pages; a direct look at the bridge takes two to four more.
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

- name: Show the space of the volumes, and the free addresses of each static network
  ansible.builtin.debug:
    msg:
      volumes: "{{ target.target.volumes | items2dict(key_name='path', value_name='free_mb') }}"
      addresses: "{{ target.target.networks | selectattr('allocation', 'equalto', 'Static')
        | items2dict(key_name='name', value_name='free_addresses') }}"

- name: Stop here if a migration to this instance cannot work
  ansible.builtin.assert:
    that: target.problems | selectattr('severity', 'equalto', 'block') | length == 0
    fail_msg: "{{ target.problems | map(attribute='text') | join('; ') }}"
"""

RETURN = r"""
target:
  description:
    - The instance with C(cluster_id), C(custom_location_id), C(region) (of the custom location), C(bridge_status), C(bridge_seen_by),
      C(cluster), C(storage_paths), C(volumes) and C(networks).
    - C(bridge_seen_by) is C(resource_graph) or C(direct); empty where no custom location was seen.
    - C(cluster) has C(name), C(version), C(status), C(connectivity), C(last_sync), C(region) and C(nodes), and is null where it may
      not be read.
    - C(storage_paths) and C(networks) are those of the instance's subscription; C(custom_location_id) of each says whose it is. A
      storage path has C(name), C(path), C(free_mb), C(size_mb), C(volume), C(state). A network has C(name), C(vlan), C(allocation),
      C(prefix), C(gateway), C(dns), C(pools) (each with C(start), C(end), C(available), C(used)), C(free_addresses), C(switch),
      C(state).
    - C(volumes) adds nothing up twice - C(path), C(free_mb), C(size_mb), and the names of the C(storage_paths) that share it.
  returned: success
  type: dict
problems:
  description:
    - What will stop a migration (C(severity) is C(block)), or soon may (C(warn)), each with C(code), C(text) and C(remedy).
    - A bridge that does not run, a storage path or network that is not Succeeded, a full volume, a static network without a free
      address, no storage path or network at all.
  returned: success
  type: list
  elements: dict
  sample:
    - code: bridge
      severity: block
      text: the Arc resource bridge is Offline
      remedy: bring the bridge of the Azure Local instance to Running
"""

import dataclasses
from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.module import Frame, run
from ansible_collections.azlocal.migrate.plugins.module_utils.options.azure import azure_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.options.project import project_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.services.instance import instance
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project import NotReady


def answer(frame: Frame) -> dict[str, Any]:
    """The instance as plain data."""
    cluster = frame.params["cluster"] or frame.project.fabrics[1].cluster_id
    if not cluster:
        raise NotReady(
            f"no Azure Local instance is configured in target appliance {frame.params['target_appliance']} yet",
            code="appliance_not_connected",
            remedy="press Configure in its configuration manager, or set cluster",
        )
    found = instance(frame.arm, cluster)
    for problem in found.problems:
        frame.module.warn(f"{problem.text}; {problem.remedy}")
    return {
        "changed": False,
        "target": found.facts(),
        "problems": [dataclasses.asdict(problem) for problem in found.problems],
    }


def main() -> None:
    run({**azure_spec(), **project_spec(), "cluster": {"type": "str"}}, answer)


if __name__ == "__main__":
    main()
