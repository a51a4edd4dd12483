# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where which resource types can stand. Not all of the world: enough to be wrong in."""

from __future__ import annotations

from typing import Any

from .wire import ArmError, bad

# regions with the names that people see
SHOWN = {
    "centralus": "Central US",
    "eastus": "East US",
    "westus2": "West US 2",
    "northeurope": "North Europe",
    "westeurope": "West Europe",
    "southeastasia": "Southeast Asia",
    "eastasia": "East Asia",
    "uksouth": "UK South",
    "canadacentral": "Canada Central",
    "japaneast": "Japan East",
}
# One region for each geography of Azure Migrate. That a project here can migrate to Azure Local is a narrower matter
# (platform §1.2), which ARM does not look at.
_MIGRATE = tuple(name for name in SHOWN if name != "eastus")
_OF = {"microsoft.migrate": _MIGRATE, "microsoft.offazure": _MIGRATE, "microsoft.datareplication": _MIGRATE}


def plain(given: Any) -> str:
    """ "Central US" is centralus."""
    return str(given or "").replace(" ", "").lower()


def check(kind: str, given: Any) -> str:
    """The region as it is kept, or ARM's refusal."""
    if not isinstance(given, str) or not given.strip():
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.", gateway=True)
    wanted = plain(given)
    allowed = _OF.get(kind.partition("/")[0].lower(), tuple(SHOWN))
    if wanted not in allowed:
        raise bad(
            "LocationNotAvailableForResourceType",
            f"The provided location '{given}' is not available for resource type '{kind}'. List of available regions "
            f"for the resource type is '{','.join(allowed)}'.",
        )
    return wanted


def shown(namespace: str) -> list[str]:
    """As a resource provider lists them."""
    return [SHOWN[name] for name in _OF.get(namespace.lower(), tuple(SHOWN))]
