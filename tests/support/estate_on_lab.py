# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of estate on a lab, and a picture of all that it could touch."""

from __future__ import annotations

from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_estate import VcenterEstate
from ansible_collections.azlocal.migrate.plugins.module_utils.services.estate import Estate
from ansible_collections.azlocal.migrate.plugins.module_utils.services.scope import Scope
from lab.azure import ids

from .infrastructure_on_lab import SCOPE, work
from .killed import Ground

LOGS = {"workspace_id": f"{ids.group('rg-logs')}/providers/Microsoft.OperationalInsights/workspaces/log"}


def estate(
    arm: ArmClient, vcenter: VcenterEstate | None = None, *, check: bool = False, scope: Scope = SCOPE, **more: Any
) -> Estate:
    """One module call."""
    return Estate(arm, scope, vcenter, check=check, **more)


def listed(ground: Ground) -> list[Any]:
    outcome, _answers = ground.run(lambda arm: estate(arm).listed())
    assert outcome is not None
    return outcome.left


def finished(ground: Ground) -> None:
    """A programme that used all that there is: locks and a diagnostic setting too."""
    ground.run(lambda arm: work(arm, locks=True, diagnostics=LOGS).present())
    ground.clock.sleep(3600)  # nothing lags any more


def picture(ground: Ground) -> dict[str, Any]:
    """What is there of the programme, without what differs from lab to lab."""
    azure = ground.azure
    with azure.world.lock:
        return {
            "resources": sorted(azure.resources),
            "parts": sorted(azure.parts),
            "assignments": sorted(azure.assignments),
            "applications": sorted(azure.applications),
            "principals": sorted(azure.service_principals),
            "deleted_vaults": sorted(azure.deleted_vaults),
        }
