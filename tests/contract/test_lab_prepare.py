# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab makes while a bare subscription is prepared, against Microsoft's published types."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ansible_collections.azlocal.migrate.tests.support import recordings
from ansible_collections.azlocal.migrate.tests.support.azure_lab import DR
from ansible_collections.azlocal.migrate.tests.support.azure_prepare import (
    AUTH,
    GROUP,
    MASTER_SITE,
    MIGRATE,
    SERVER_SITE,
    connected,
    infrastructure,
    make,
)
from ansible_collections.azlocal.migrate.tests.support.azure_time import TimedAzure, starter
from lab.azure import ids
from lab.runtime import Lab

from .test_lab_replies import differences, unnamed

NEW = (("2018-09-01-preview", "2023-01-01"), ("2023-06-06", "2024-12-01-preview"), (DR, "2026-05-01"))
ROLE = ids.fixed("a role of the contract")


@pytest.fixture
def session(lab: Callable[..., Lab]) -> TimedAzure:
    """Both appliances connected and the pair made, from nothing."""
    recordings.load("02")  # nothing to compare with where the shared data are not
    prepared = starter(lab)(stage="bare", vms=3)
    connected(prepared)
    assert infrastructure(prepared)["status"] == "Succeeded"
    return prepared


def wrong(session: TimedAzure, kind: str, path: str, versions: tuple[str, ...]) -> set[str]:
    return {
        f"{kind}@{version} {line}"
        for version in versions
        for line in unnamed(kind, differences(kind, version, session.get(path, version)))
    }


def test_what_was_made_follows_the_types(session: TimedAzure) -> None:
    migrate, off, replication = NEW
    found = wrong(session, "Microsoft.Migrate/migrateProjects", ids.PROJECT, migrate)
    for name in (ids.DISCOVERY_SOLUTION, ids.MIGRATION_SOLUTION):
        found |= wrong(session, "Microsoft.Migrate/migrateProjects/solutions", name, migrate)
    for kind, path in (
        ("masterSites", MASTER_SITE),
        ("serverSites", SERVER_SITE),
        ("vmwareSites", ids.SOURCE_SITE),
        ("hypervSites", ids.TARGET_SITE),
    ):
        found |= wrong(session, f"Microsoft.OffAzure/{kind}", path, off)
    vaults, fabrics = "Microsoft.DataReplication/replicationVaults", "Microsoft.DataReplication/replicationFabrics"
    for kind, path in (
        (vaults, ids.VAULT),
        (fabrics, ids.SOURCE_FABRIC),
        (fabrics, ids.TARGET_FABRIC),
        (f"{fabrics}/fabricAgents", ids.SOURCE_AGENT),
        (f"{vaults}/replicationPolicies", ids.POLICY),
        (f"{vaults}/replicationExtensions", ids.EXTENSION),
    ):
        found |= wrong(session, kind, path, replication)
    assert not found


def test_a_role_follows_its_type(session: TimedAzure) -> None:
    path = f"{GROUP}/providers/Microsoft.Authorization/roleDefinitions/{ROLE}"
    body = {"roleName": "r", "assignableScopes": [GROUP], "permissions": [{"actions": ["*/read"]}]}
    make(session, path, AUTH, {"properties": body})
    assert not wrong(session, "Microsoft.Authorization/roleDefinitions", path, (AUTH,))


def test_the_prepared_lab_and_the_one_that_prepares_itself_show_the_same(
    session: TimedAzure, lab: Callable[..., Lab]
) -> None:
    """Every client that works on the lab that was prepared meets the same kinds of values on one that it prepared."""
    ready = starter(lab)(vms=3)
    for path, version in (
        (ids.DISCOVERY_SOLUTION, MIGRATE),
        (ids.MIGRATION_SOLUTION, MIGRATE),
        (ids.SOURCE_SITE, "2023-06-06"),
        (ids.TARGET_SITE, "2023-06-06"),
        (ids.VAULT, DR),
        (ids.SOURCE_FABRIC, DR),
        (ids.TARGET_FABRIC, DR),
        (ids.SOURCE_AGENT, DR),
        (ids.TARGET_AGENT, DR),
        (ids.POLICY, DR),
        (ids.EXTENSION, DR),
    ):
        assert shape(session.get(path, version)) == shape(ready.get(path, version)), path


def shape(value: object) -> object:
    """Keys all the way down. What is null in one of them, or is not told, may be a text in the other."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items() if key not in ("tags", "systemData")}
    return [shape(each) for each in value] if isinstance(value, list) else None
