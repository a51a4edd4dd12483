#!/usr/bin/python
# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: appliance_info
short_description: Whether both Azure Migrate appliances are registered and healthy, with reasons
version_added: 0.1.0
description:
  - Gives one verdict on the source and one on the target appliance of a project, with all reasons, and says what a person has
    to do next.
  - An appliance is found in the project's own list by its whole name, and its site, fabric and agent by the id of its site. A
    second appliance with a similar name is never mistaken for it.
  - Looks at the key, the registration, the last sign of life, the replication fabric and its errors, the replication agent,
    the connection to vCenter, and whether machines are found; on the target, whether an Azure Local instance is configured.
  - Licence, services and clock are known to the appliance alone; see O(ask_appliances) and O(inside).
  - Reads only. A look costs 12 requests where both are connected. Without O(wait) it never fails because an appliance is not
    healthy.
options:
  roles:
    description: Which of the two to judge. Before there is a target appliance, the source may be all that is asked about.
    type: list
    elements: str
    choices: [source, target]
    default: [source, target]
  ask_appliances:
    description:
      - Also ask the appliances themselves, over the connection that the inventory gives the host in the groups
        C(source_appliance) and C(target_appliance). One that does not answer is no failure; RV(appliances) says so.
      - Where a group has several hosts, the one that bears the appliance's name is asked.
    type: bool
    default: false
  inside:
    description:
      - What the appliances said of themselves, by role (C(source), C(target)) - RV(azlocal.migrate.appliance_setup#module:appliance)
        of an earlier task. It wins over O(ask_appliances).
      - Of it C(licence_days_left), C(services), C(version), C(discovery_started) and C(clock_skew_s) are looked at.
    type: dict
    default: {}
    suboptions:
      source:
        description: The source appliance.
        type: dict
      target:
        description: The target appliance.
        type: dict
  wait:
    description:
      - Look again until both appliances are healthy. The waiting happens on the controller; a run that is interrupted is taken up
        by the next one.
      - It ends earlier where waiting cannot help, such as an evaluation licence that has ended. After O(timeout_s) it fails with
        the first reason, unless all that lacks is what a person has to do; then it ends well, and RV(waiting_for) says what.
      - In check mode there is one look and no waiting.
    type: bool
    default: false
  wait_for_people:
    description:
      - Whether O(wait) goes on while all that lacks is what a person has to do. V(false) then ends well at once, with
        RV(waiting_for).
      - With V(false) it also fails after a minute where what is wrong stays until a person mends it - a clock that is off, a
        fabric that failed, a vCenter that it cannot work with, a discovery that finds nothing.
    type: bool
    default: true
  timeout_s:
    description: How long to wait. V(0) looks once.
    type: int
    default: 3600
  poll_interval_s:
    description: Seconds between two looks.
    type: int
    default: 30
  progress:
    description:
      - Whether a line of progress is printed on standard error, on change or once a minute. V(auto) prints only to a terminal.
    type: str
    choices: [auto, "on", "off"]
    default: auto
extends_documentation_fragment:
  - azlocal.migrate.azure
  - azlocal.migrate.project
  - azlocal.migrate.results
notes:
  - The free use of a project lasts 180 days from its first replication. Azure does not tell when that was; the oldest job of the
    vault that enabled a replication is taken for it. So C(free_use.days_left) is the most that can be left.
"""

EXAMPLES = r"""
- name: See how both appliances are
  azlocal.migrate.appliance_info:
    resource_group: rg-migrate-lab
    project: migrate-lab
    source_appliance: labsrc
    target_appliance: labtgt
  register: appliances

- name: Show what somebody has to do
  ansible.builtin.debug:
    var: appliances.waiting_for
  when: appliances.waiting_for is not none

- name: Wait until both are healthy, and look at licence, services and clock too
  azlocal.migrate.appliance_info:
    resource_group: rg-migrate-lab
    project: migrate-lab
    source_appliance: labsrc
    target_appliance: labtgt
    ask_appliances: true
    wait: true
    timeout_s: 1800
"""

RETURN = r"""
healthy:
  description: Whether all that O(roles) names are.
  returned: success
  type: bool
msg:
  description: The first reason of each appliance that is not healthy.
  returned: always
  type: str
waiting_for:
  description:
    - The first thing that only a person can do next, with C(step), C(who), C(what), C(where) and C(data); null when there is none.
    - C(step) is C(key), C(registration), C(vcenter_credentials) or C(cluster), as M(azlocal.migrate.appliance_setup) has them.
  returned: success
  type: dict
waiting_helps:
  description: False where an appliance will not become healthy by itself or by a repair, and has to be made anew.
  returned: success
  type: bool
appliances:
  description:
    - One entry per role of O(roles), C(source) and C(target), with C(name), C(status), C(healthy), C(msg), C(error_code), C(remedy),
      C(reasons), C(waiting_for) and what was seen.
    - C(status) is C(healthy), C(unhealthy), C(no_key), C(not_registered), C(not_discovering), C(not_configured) (a person is next),
      C(registering), C(discovering) (passes by itself), or C(not_yet) (the other appliance comes first).
    - C(reasons) is a list of C(code), C(severity), C(text) and C(remedy). C(block) keeps the appliance from being healthy, C(warn)
      does not.
    - Seen by Azure are C(key_generated), C(registered), C(configured), C(discovery_started), C(machines_found), C(newest_data),
      C(heartbeat), C(discovery_agent_version), C(fabric), C(agent), C(vcenters), C(site_id), and C(other_appliances) of the same role.
    - Told by the appliance are C(version), C(licence_days_left) (of 180), C(stopped_services) and C(clock_skew_s); null where it was not
      asked. C(inside_error) says why it could not be.
  returned: success
  type: dict
free_use:
  description: C(began), the first replication that is known of, and C(days_left) of 180; null where it cannot be told.
  returned: success
  type: dict
problems:
  description: What concerns the project and not one appliance, with C(code), C(severity), C(text) and C(remedy).
  returned: success
  type: list
  elements: dict
"""

from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.module import Frame, run
from ansible_collections.azlocal.migrate.plugins.module_utils.options.azure import azure_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.options.project import project_spec
from ansible_collections.azlocal.migrate.plugins.module_utils.services.appliances import Appliances


def answer(frame: Frame) -> dict[str, Any]:
    """One look. Waiting, and asking the appliances, is the action's."""
    report = Appliances(frame.project, frame.params["inside"], frame.params["roles"]).look()
    for text in report.warnings:
        frame.module.warn(text)
    return report.answer()


def main() -> None:
    spec: dict[str, Any] = {
        **azure_spec(),
        **project_spec(),
        "roles": {
            "type": "list",
            "elements": "str",
            "choices": ["source", "target"],
            "default": ["source", "target"],
        },
        "ask_appliances": {"type": "bool", "default": False},
        "inside": {
            "type": "dict",
            "default": {},
            "options": {"source": {"type": "dict"}, "target": {"type": "dict"}},
        },
        "wait": {"type": "bool", "default": False},
        "wait_for_people": {"type": "bool", "default": True},
        "timeout_s": {"type": "int", "default": 3600},
        "poll_interval_s": {"type": "int", "default": 30},
        "progress": {"type": "str", "choices": ["auto", "on", "off"], "default": "auto"},
    }
    run(spec, answer)


if __name__ == "__main__":
    main()
