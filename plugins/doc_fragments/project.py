# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Doc fragment: which Azure Migrate project and appliance pair."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  resource_group:
    description: Resource group of the Azure Migrate project.
    type: str
    required: true
  project:
    description: Name of the Azure Migrate project.
    type: str
    required: true
  source_appliance:
    description: Name of the source appliance (on VMware), as it was registered.
    type: str
    required: true
  target_appliance:
    description: Name of the target appliance (on Azure Local), as it was registered.
    type: str
    required: true
"""
