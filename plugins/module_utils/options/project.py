# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that the bulk verbs share: which project, which VMs, when a task counts as failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..services.scope import Scope


def project_spec() -> dict[str, Any]:
    """Kept equal to the doc fragment azlocal.migrate.project by a test."""
    return {
        "resource_group": {"type": "str", "required": True},
        "project": {"type": "str", "required": True},
        "source_appliance": {"type": "str", "required": True},
        "target_appliance": {"type": "str", "required": True},
    }


def batch_spec() -> dict[str, Any]:
    """Kept equal to the doc fragment azlocal.migrate.batch by a test."""
    return {
        "vms": {"type": "list", "elements": "dict"},
        "fail_on": {"type": "str", "choices": ["step", "any", "none"], "default": "step"},
    }


def wait_spec() -> dict[str, Any]:
    """Kept equal to the doc fragment azlocal.migrate.wait by a test."""
    return {
        "wait": {"type": "bool", "default": False},
        "timeout_s": {"type": "int", "default": 14400},
        "poll_interval_s": {"type": "int", "default": 15},
        "progress": {"type": "str", "choices": ["auto", "on", "off"], "default": "auto"},
        "retry_failed": {"type": "bool", "default": True},
    }


def hosts_spec() -> dict[str, Any]:
    """What the Azure Local hosts said of their VMs; the action of the same name fills it in."""
    return {"hosts_seen": {"type": "list", "elements": "dict", "default": []}}


def scope(params: Mapping[str, Any], subscription_id: str) -> Scope:
    return Scope(
        subscription_id=subscription_id,
        resource_group=params["resource_group"],
        project=params["project"],
        source_appliance=params["source_appliance"],
        target_appliance=params["target_appliance"],
    )
