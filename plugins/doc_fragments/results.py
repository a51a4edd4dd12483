# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Doc fragment: attributes that the bulk verbs share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
requirements:
  - Python >= 3.11 on the controller
  - azure-identity
  - azure-mgmt-core
  - pyvmomi
author:
  - azlocal.migrate contributors (@azlocal)
notes:
  - Runs on the controller whatever the connection of the hosts is.
attributes:
  check_mode:
    description: Can run in check mode and return what it would change, without a write.
    support: full
  diff_mode:
    description: Returns what it changes, or in check mode would change, for each VM.
    support: full
"""
