# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Doc fragment: what the Azure Local hosts said."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  hosts_seen:
    description:
      - What each Azure Local host runs, as M(azlocal.migrate.host_vm_info) returns it. Left out, the action asks every
        host of the inventory group C(azure_local_hosts) over its own connection.
    type: list
    elements: dict
    default: []
"""
