# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The replication infrastructure, made and taken back, by runs that end after any of their requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.services.infrastructure import Outcome
from ansible_collections.azlocal.migrate.tests.support.infrastructure_on_lab import picture, strip, work
from ansible_collections.azlocal.migrate.tests.support.killed import Ground
from ansible_collections.azlocal.migrate.tests.support.killed_again import killed_everywhere
from lab.azure import ids
from lab.switches import parse

LOGS = {
    "workspace_id": f"{ids.SUBSCRIPTION}/resourceGroups/rg-logs/providers/Microsoft.OperationalInsights/workspaces/log"
}


def present(arm: ArmClient) -> Outcome:
    return work(arm, locks=True, diagnostics=LOGS).present()


def absent(arm: ArmClient) -> Outcome:
    return work(arm).absent()


@pytest.mark.slow
def test_a_run_that_was_killed_anywhere_is_finished_by_the_next(tmp_path: Path) -> None:
    with Ground(tmp_path, stage="ready") as ground:
        strip(ground)
        writes = killed_everywhere(ground, present, picture)
    assert set(writes.values()) == {1}
    kinds = [path.rpartition("/providers/")[2].rpartition("/")[0] for _method, path in writes]
    assert kinds.count("microsoft.authorization/roleassignments") == 6
    assert kinds.count("microsoft.storage/storageaccounts") == 1
    assert len(writes) == 1 + 1 + 1 + 6 + 1 + 1 + 3 + 1


@pytest.mark.slow
def test_the_same_where_azure_takes_its_time(tmp_path: Path) -> None:
    """Roles that are not in effect yet, identities that are not known yet, lists that lag."""
    slow = parse(
        ["principal_lag_s=120", "principal_type=ignored", "role_propagation_s=400", "assignment_lag_s=300"],
    )
    with Ground(tmp_path, stage="ready", switches=slow) as ground:
        strip(ground)
        writes = killed_everywhere(ground, present, picture)
    assert writes["PUT", ids.EXTENSION.lower()] > 1, "it had to be made more than once"


@pytest.mark.slow
def test_a_removal_that_was_killed_anywhere_is_finished_by_the_next(tmp_path: Path) -> None:
    with Ground(tmp_path, stage="ready") as ground:
        strip(ground)
        ground.run(present)
        ground.clock.sleep(3600)  # nothing lags any more
        writes = killed_everywhere(ground, absent, picture)
    assert set(writes.values()) == {1}
    assert {method for method, _path in writes} == {"DELETE", "PUT"}
