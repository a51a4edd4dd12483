# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a programme leaves behind in vCenter: the appliance's machine, the attribute of the marks, and roles."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_estate import VcenterEstate
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import appliance_mark, marks
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.estate import Leftover
from ansible_collections.azlocal.migrate.tests.support.estate_on_lab import estate
from ansible_collections.azlocal.migrate.tests.support.infrastructure_on_lab import SCOPE
from ansible_collections.azlocal.migrate.tests.support.killed import Ground
from ansible_collections.azlocal.migrate.tests.support.rights_on_lab import settings


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Ground]:
    with Ground(tmp_path / "lab", stage="ready", estate=None, vms=2) as one:
        yield one


def of(found: list[Leftover], kind: str) -> list[Leftover]:
    return [one for one in found if one.kind == kind]


def test_what_is_left_in_vcenter(started: Ground) -> None:
    machine, other = started.lab.world.source.values()
    scope = dataclasses.replace(SCOPE, source_appliance=machine.name)
    with VcenterEstate(settings(started.lab)) as vcenter:
        mark = appliance_mark.ApplianceMark(name=machine.name, sha256="0" * 64, run="1", step=appliance_mark.COMPLETE)
        vcenter.set_mark(machine.moid, appliance_mark.encode(mark))
        vcenter.set_mark(other.moid, "{}")
        vcenter._session.write(
            "making a role",
            lambda wire: wire.content.authorizationManager.AddAuthorizationRole(
                "azlocal-migrate-automation", ["Global.SetCustomField"]
            ),
        )

        def call(wanted: list[str] | None = None) -> Any:
            def run(arm: ArmClient) -> Any:
                one = estate(arm, vcenter, scope=scope)
                return one.listed() if wanted is None else one.removed(wanted)

            return started.run(run)[0]

        found = [one for one in call().left if one.kind.startswith(("appliance_vm", "vcenter"))]
        assert [(one.kind, one.safe) for one in found] == [
            ("appliance_vm", False),
            ("vcenter_attribute", True),
            ("vcenter_role", True),
        ]
        assert "2 VMs bear a mark" in found[1].note
        moment = started.records.moment()
        assert [one.kind for one in call([found[1].id]).removed] == ["vcenter_attribute"]
        assert [row.method for row in started.records.writes(moment) if row.system == "vcenter"] == [
            "RemoveCustomFieldDef"
        ]
        assert started.lab.world.custom_fields.keys() == set() and not other.custom_values
        assert call([found[1].id]).gone == [found[1].id]
        started.lab.world.held_roles.add(found[2].name)
        with pytest.raises(ClientError) as told:
            call([found[2].id])
        assert told.value.code == "RemoveFailed" and told.value.remedy
        started.lab.world.held_roles.clear()
        assert [one.kind for one in call([found[2].id]).removed] == ["vcenter_role"]
        assert call([found[2].id]).gone == [found[2].id]


def test_the_machine_of_the_appliance_may_have_another_name(started: Ground) -> None:
    machine = next(iter(started.lab.world.source.values()))
    mark = appliance_mark.ApplianceMark(name=machine.name, sha256="0" * 64, run="1", step=appliance_mark.COMPLETE)
    with VcenterEstate(settings(started.lab)) as vcenter:
        vcenter.set_mark(machine.moid, appliance_mark.encode(mark))
        outcome, _answers = started.run(lambda arm: estate(arm, vcenter, machine=machine.name).listed())
        assert [one.id for one in of(outcome.left, "appliance_vm")] == [f"vcenter/vms/{machine.name}"]
        outcome, _answers = started.run(lambda arm: estate(arm, vcenter).listed())
        assert of(outcome.left, "appliance_vm") == []


def test_the_attribute_stays_while_a_migration_of_any_project_goes_on(started: Ground) -> None:
    """And where vCenter keeps back what a mark says. One read for all machines."""
    machine, other = started.lab.world.source.values()
    now = started.time.now()
    with VcenterEstate(settings(started.lab)) as vcenter:

        def attribute() -> Leftover:
            outcome, _answers = started.run(lambda arm: estate(arm, vcenter).listed())
            [found] = of(outcome.left, "vcenter_attribute")
            return found

        def refusal() -> str:
            with started.arm() as arm, pytest.raises(ClientError) as told:
                estate(arm, vcenter).removed([attribute().id])
            assert told.value.code == "estate_not_safe"
            return str(told.value)

        vcenter.set_mark(other.moid, marks.encode(marks.Mark(wave="1")))
        vcenter.set_mark(machine.moid, marks.encode(marks.Mark(enabled_at=now)))
        assert f"1 VMs bear the mark of a migration that goes on, of any project: {machine.name}" in refusal()
        vcenter.set_mark(machine.moid, marks.encode(marks.Mark(enabled_at=now, cutover_at=now)))
        assert machine.name in refusal(), "the cutover has not turned it off yet"
        vcenter.power_off(machine.moid, 60)
        assert machine.name in refusal(), "the target does not run yet"
        vcenter.connect_nics(machine.moid, {nic.key: (False, False) for nic in machine.nics}, 60)
        assert attribute().safe
        started.lab.switches.hidden_properties = ("customValue",)
        assert machine.name in refusal()
