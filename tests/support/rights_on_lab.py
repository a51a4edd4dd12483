# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab's identity and the lab's account lack, asked as rights_info asks it."""

from __future__ import annotations

from collections.abc import Collection

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_session import VcenterSettings
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.rights import PHASES
from ansible_collections.azlocal.migrate.plugins.module_utils.services import rights
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project import Project
from ansible_collections.azlocal.migrate.plugins.module_utils.services.rights import Answer, Places
from lab import names
from lab.azure import ids
from lab.runtime import Lab

from .infrastructure_on_lab import SCOPE

PLACES = Places(cluster_id=ids.CLUSTER, target_groups=(names.TARGET_RESOURCE_GROUP,))


def azure(arm: ArmClient, phases: Collection[str] = PHASES, places: Places = PLACES) -> Answer:
    answer = Answer()
    rights.azure(Project(arm, SCOPE), places, phases, answer, "ours")
    return answer


def settings(lab: Lab) -> VcenterSettings:
    told = lab.environment
    return VcenterSettings(
        hostname=told["VMWARE_HOST"],
        port=int(told["VMWARE_PORT"]),
        username=told["VMWARE_USER"],
        password=told["VMWARE_PASSWORD"],
        vcenter_ca_path=told["VMWARE_CA_PATH"],
    )


def vcenter(lab: Lab, account: str, phases: Collection[str] = PHASES, places: Places = PLACES) -> Answer:
    answer = Answer()
    rights.vcenter(settings(lab), account, places, phases, answer)
    return answer
