# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What there is to take back of a replication infrastructure: whatever of it can still be found."""

from __future__ import annotations

import dataclasses
from typing import Any

from ..clients.errors import NotFound
from ..domain import ids, infrastructure
from ..domain.cache_account import Account
from ..domain.infrastructure import Solution
from ..domain.infrastructure_removal import Remains
from .infrastructure_read import Reader
from .project import NotReady

_NOTHING = ("ResourceGroupNotFound", "ResourceNotFound", "project_not_found")


def remains(reader: Reader) -> Remains:
    """Project, vault or appliances may be gone already."""
    try:
        solution = Solution.parse(reader.project.migration_solution)
    except NotReady as error:
        if error.code not in _NOTHING:
            raise
        solution = Solution()
    except NotFound as error:
        if error.code not in _NOTHING:
            raise
        return Remains(solution=Solution())  # not even the resource group
    there = Remains(solution=solution, **_in_vault(reader, solution))
    accounts = _accounts(reader, solution.account_id)
    assignments = tuple(row for account in accounts for row in reader.assignments(account.id))
    return dataclasses.replace(there, accounts=tuple(accounts), assignments=assignments)


def _in_vault(reader: Reader, solution: Solution) -> dict[str, Any]:
    try:
        vault = reader.vault() if solution.vault_id else None
    except NotReady:
        vault = None
    if vault is None:
        return {}
    project, scope = reader.project, reader.scope
    source_site = project.sites.get(scope.source_appliance.lower(), "")
    target_site = project.sites.get(scope.target_appliance.lower(), "")
    fabrics = (project.source_fabric if source_site else None, project.target_fabric if target_site else None)
    return {
        "source_site_id": source_site,
        "vault_id": vault.id,
        "fabric_ids": tuple(fabric.id for fabric in fabrics if fabric),
        "policy": reader.part(infrastructure.policy_id(vault.id)),
        "extensions": tuple(reader.parts("replicationExtensions")),
        "items": reader.items(whole=False),
        "locks": reader.locks(),
        "has_diagnostics": bool(reader.diagnostics(vault.id)),
    }


def _accounts(reader: Reader, linked: str) -> list[Account]:
    """Those that we made for this project, and the one that it is linked to."""
    ours = [account for account in reader.accounts() if account.is_ours(reader.scope.project)]
    if not linked or any(ids.same_id(account.id, linked) for account in ours):
        return ours
    account = reader.account(linked)
    return ours if account is None else [account, *ours]
