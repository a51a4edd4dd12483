# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of target_appliance, for its action and its documentation."""

from __future__ import annotations

from typing import Any

from ..domain import target_appliance as domain

SPEC: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": list(domain.STATES), "default": "present"},
    "image": {"type": "str"},
    "sha256": {"type": "str"},
    "image_user": {"type": "str"},
    "image_password": {"type": "str", "no_log": True},
    "disk": {"type": "str"},
    "volume": {"type": "str"},
    "switch": {"type": "str"},
    "vlan_id": {"type": "int"},
    "generation": {"type": "int", "choices": [1, 2]},
    "cpu_cores": {"type": "int", "default": domain.CPU_CORES},
    "memory_mb": {"type": "int", "default": domain.MEMORY_MB},
    "minimum_free_gb": {"type": "int", "default": domain.MINIMUM_FREE_GB},
}
