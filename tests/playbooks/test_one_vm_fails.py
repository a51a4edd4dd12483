# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VM fails at each step that there is, all of them in one run: each fails alone, and the retry finishes it.

Every VM of this estate is named after what happens to it.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.azlocal.migrate.tests.playbooks.conftest import SetStage
from ansible_collections.azlocal.migrate.tests.support.playbook import Run
from ansible_collections.azlocal.migrate.tests.support.stage import Stage

ENABLE, SEED, FAILOVER = "Create or update protected item", "Complete initial replication", "Planned failover"
DELETE = "Delete protected item"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fault:
    """What breaks for one VM, and what the playbook says of it."""

    role: str  # whose verdict fails
    phase: str  # in which it stands then
    fault: dict[str, Any]
    code: str = ""  # a part of what is said


def refused(method: str, rest: str = "$", status: int = 400) -> dict[str, Any]:
    path = "/protectedItems/[^/]*{uuid}" + rest
    return {"kind": "reply", "system": "azure", "method": method, "path": path, "status": status,
            "code": "LabRefusal", "message": "The lab refuses this."}  # fmt: skip


def breaks(job: str, task: str, **more: Any) -> dict[str, Any]:
    return {"kind": "job", "job": job, "task": task, "code": "1000099", "message": f"Broken in {task}.", **more}


FAULTS = {
    "put-refused": Fault(role="replicate", phase="discovered", fault=refused("PUT"), code="LabRefusal"),
    "patch-refused": Fault(role="replicate", phase="ready", fault=refused("PATCH"), code="LabRefusal"),
    "enable-first": Fault(
        role="replicate", phase="failed_enable", fault=breaks(ENABLE, "Creating or updating the protected item")
    ),
    "enable-last": Fault(role="replicate", phase="failed_enable", fault=breaks(ENABLE, "Starting Replication")),
    "seed": Fault(role="replicate", phase="failed_seed", fault=breaks(SEED, "Completing initial replication")),
    "post-refused": Fault(
        role="cutover", phase="ready", fault=refused("POST", "/plannedFailover$"), code="LabRefusal"
    ),
    "fo-check": Fault(role="cutover", phase="failed_before", fault=breaks(FAILOVER, "Prerequisite check")),
    "fo-off": Fault(role="cutover", phase="failed_before", fault=breaks(FAILOVER, "Turning off resource on primary")),
    "fo-start": Fault(role="cutover", phase="failed_before", fault=breaks(FAILOVER, "Starting failover")),
    "fo-prepare": Fault(role="cutover", phase="failed_after", fault=breaks(FAILOVER, "Preparing protected entities")),
    "fo-on": Fault(role="cutover", phase="failed_after", fault=breaks(FAILOVER, "Turning on resource on recovery")),
    "del-refused": Fault(role="complete", phase="migrated", fault=refused("DELETE", status=400), code="LabRefusal"),
    "del-job": Fault(role="complete", phase="failed_remove", fault=breaks(DELETE, "Deleting protected item")),
}
SOUND = ("sound-1", "sound-2")
