# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an Azure Migrate project for Azure Local may lie. Only metadata lies there; source and target may be anywhere.

Source: Microsoft's "System requirements" for VMware migration to Azure Local (migrate-vmware-requirements.md, dated
2026-03-26), section on supported geographies. The list grows; the option ``supported_locations`` overrides it.
"""

from __future__ import annotations

# geography -> regions, as Resource Manager writes them
SUPPORTED: dict[str, tuple[str, ...]] = {
    "Asia Pacific": ("eastasia", "southeastasia"),
    "Europe": ("northeurope", "westeurope"),
    "United States": ("centralus", "westus2"),
}
LOCATIONS: tuple[str, ...] = tuple(region for regions in SUPPORTED.values() for region in regions)


def normal(location: str) -> str:
    """The name of a region as Resource Manager writes it, from that of the portal too (``West Europe``)."""
    return "".join(location.split()).lower()
