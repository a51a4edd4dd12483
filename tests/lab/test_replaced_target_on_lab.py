# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dead target appliance and the one that takes its place: project and infrastructure, while a VM replicates."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import project_seen
from ansible_collections.azlocal.migrate.plugins.module_utils.services.infrastructure import Outcome
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project_setup import ProjectSetup
from ansible_collections.azlocal.migrate.tests.support import azure_prepare
from ansible_collections.azlocal.migrate.tests.support.azure_lab import create_body
from ansible_collections.azlocal.migrate.tests.support.azure_time import TimedAzure
from ansible_collections.azlocal.migrate.tests.support.harness import easy
from ansible_collections.azlocal.migrate.tests.support.infrastructure_on_lab import SCOPE, work
from ansible_collections.azlocal.migrate.tests.support.killed import Ground
from ansible_collections.azlocal.migrate.tests.support.project_on_lab import WANTED
from lab import names
from lab.azure import ids

NEW = "newtgt"
SECOND = dataclasses.replace(SCOPE, target_appliance=NEW)
PROJECT = dataclasses.replace(WANTED, target_appliance=NEW)


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """Prepared with the portal. A VM replicates, and then the target appliance dies."""

    def one(world: Any) -> None:
        easy(1)(world, 1)

    with Ground(tmp_path / "lab", stage="ready", estate=one) as ground:
        session = TimedAzure(ground.lab)
        [machine] = session.machines()
        assert session.put(machine, create_body(machine)).ok
        ground.lab.appliances[names.TARGET_APPLIANCE].services["asrmgmtsvc"] = "Stopped"
        yield ground


def project(ground: Ground, asked: project_seen.Wanted) -> list[str]:
    with ground.arm() as arm:
        return list(ProjectSetup(arm, asked).present().steps)


def infrastructure(ground: Ground, **asked: Any) -> Outcome:
    with ground.arm() as arm:
        return work(arm, SECOND, **asked).present()


def test_a_target_appliance_takes_the_place_of_a_dead_one(ground: Ground) -> None:
    with pytest.raises(ClientError, match="has the target appliance labtgt") as refused:
        project(ground, PROJECT)
    assert refused.value.code == "second_appliance" and "set replaces to labtgt" in refused.value.remedy
    with pytest.raises(ClientError, match="newtgt is not known"):
        infrastructure(ground)
    named = {"replaces": names.TARGET_APPLIANCE}
    project(ground, dataclasses.replace(PROJECT, **named))  # completes what the portal left out
    moment = ground.records.moment()
    assert project(ground, dataclasses.replace(PROJECT, **named)) == []
    waits = infrastructure(ground, **named)
    assert [step.does for step in waits.steps] == [] and waits.wait is not None
    assert waits.wait.data["appliance"] == NEW and "Generate its project key" in waits.wait.what
    assert ground.accepted(moment) == []

    azure_prepare.connect(TimedAzure(ground.lab), NEW, azure_prepare.TARGET)
    for replaced in ("", "othertgt"):  # nobody is said to be dead, or somebody else
        with pytest.raises(ClientError) as foreign:
            infrastructure(ground, replaces=replaced)
        assert foreign.value.code == "extension_foreign"
    made = infrastructure(ground, **named, replace=True)
    assert [(step.kind, step.verb) for step in made.steps] == [("grant", "put"), ("grant", "put"), ("extension", "put")]
    extensions = [part for part in ground.azure.parts.values() if part.kind == "replicationExtensions"]
    assert {part.name for part in extensions} == {ids.EXTENSION_NAME, made.facts()["extension"]}
    assert {part.provisioning for part in extensions} == {"Succeeded"} and len(extensions) == 2
    assert NEW in made.facts()["extension"] and made.facts()["policy"] == ids.POLICY_NAME

    moment = ground.records.moment()
    again = infrastructure(ground, **named)
    assert again.wait is None and ids.EXTENSION_NAME in again.warnings[0]
    assert project(ground, dataclasses.replace(PROJECT, **named)) == [] and ground.accepted(moment) == []
