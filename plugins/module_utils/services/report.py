# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report tells: standing, reasons, history and proof of every VM, all read anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..domain.phase import Phase
from ..domain.spec import Defaults
from . import results
from .observation import Entry, Observatory
from .replication import Replication
from .status import Status
from .verification import Verification

_MIGRATED = frozenset({Phase.MIGRATED, Phase.VERIFIED, Phase.COMPLETED, Phase.COMPLETING})


def gather(
    see: Observatory, defaults: Defaults, entries: Sequence[Entry], hosts: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """``vms`` for the report model: status and reason as the verbs would give them today, without a write."""
    told = Status(see).history(entries)
    planned = Replication(see, defaults, check=True, retry_failed=False).present(entries) if entries else []
    migrated = [entry for entry, vm in zip(entries, told, strict=False) if vm["phase"] in _MIGRATED]
    proofs = Verification(see, defaults, hosts, check_mode=True).verify(migrated) if migrated else []
    by_entry = {id(entry): proof for entry, proof in zip(migrated, proofs, strict=True)}
    for entry, vm, plan in zip(entries, told, planned, strict=False):
        proof = by_entry.get(id(entry))
        final = proof or plan
        pending = final.status == results.CHANGED  # what a run would do is not what was done
        vm.update(
            phase_reason=vm["msg"],
            target_resource_group=str(entry.get("target_resource_group") or "").rsplit("/", 1)[-1],
            wave=str(entry.get("wave") or ""),
            app=str(entry.get("app") or ""),
            owner=str(entry.get("owner") or ""),
            status=results.OK if pending else final.status,
            phase=vm["phase"] if pending else str(final.phase),
            msg=vm["msg"] if pending else final.msg,
            error_code="" if pending else final.error_code,
            remedy="" if pending else final.remedy,
            checks=final.extra.get("checks", []),
            target_power=final.extra.get("target_power", ""),
        )
    scope = see.project.scope
    return {
        "vms": told,
        "project": scope.project,
        "resource_group": scope.resource_group,
        "source_appliance": scope.source_appliance,
        "target_appliance": scope.target_appliance,
    }
