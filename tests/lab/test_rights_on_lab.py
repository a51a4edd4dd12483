# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every right that is needed, taken away one by one, is named; and what is sent needs nothing that is not named."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import PermissionDenied
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import rights
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.rights import PHASES, SETUP
from ansible_collections.azlocal.migrate.plugins.module_utils.services import rights as service
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project import Project
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project_setup import ProjectSetup
from ansible_collections.azlocal.migrate.plugins.module_utils.services.rights import Answer, Places
from ansible_collections.azlocal.migrate.tests.support import infrastructure_on_lab, project_on_lab
from ansible_collections.azlocal.migrate.tests.support.appliance_bench import ApplianceBench
from ansible_collections.azlocal.migrate.tests.support.killed import Ground
from ansible_collections.azlocal.migrate.tests.support.rights_on_lab import PLACES, azure, vcenter
from ansible_collections.azlocal.migrate.tests.support.services_bench import Bench, wait_verified
from lab import names
from lab.azure import ids, rbac
from lab.clock import OwnedClock
from lab.runtime import Lab
from lab.vcenter.rights import BASIC, PRIVILEGES

StartLab = Callable[..., Lab]


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with Ground(tmp_path_factory.mktemp("rights") / "lab", stage="ready", estate=None, vms=3) as ground:
        yield ground


def test_nothing_is_missing_where_everything_is_allowed(ready: Ground) -> None:
    moment = ready.records.moment()
    with ready.arm() as arm:
        answer = azure(arm)
    assert answer.gaps == [] and answer.not_asked == []
    assert answer.report() == ["nothing is missing"]
    assert answer.asked > 60
    # three resource groups and the one subscription that stands above them, once for each of its three duties
    assert len([row for row in ready.records.since(moment) if not row.is_discovery]) == 6


def test_every_action_taken_away_is_named(ready: Ground) -> None:
    switches = ready.lab.switches
    try:
        with ready.arm() as arm:
            for right in sorted({need.what for need in rights.AZURE}):
                switches.missing_rights = (right,)
                gaps = azure(arm).gaps
                wanted = {(need.on, need.what) for need in rights.needs_of(rights.AZURE, PHASES) if need.what == right}
                assert {gap.right for gap in gaps} == {right}
                assert len(gaps) == len(wanted), right
                assert all(right in gap.line() and gap.scope in gap.line() for gap in gaps)
    finally:
        switches.missing_rights = ()


def test_a_wildcard_that_is_left_out_takes_all_that_it_covers(ready: Ground) -> None:
    """A Contributor may not give roles; only the phase that does so is told."""
    ready.lab.switches.missing_rights = ("Microsoft.Authorization/*/Write", "Microsoft.Authorization/*/Delete")
    try:
        with ready.arm() as arm:
            found = {(gap.right, gap.phases) for gap in azure(arm).gaps}
            assert azure(arm, rights.WAVE).gaps == []
    finally:
        ready.lab.switches.missing_rights = ()
    assert found == {
        ("Microsoft.Authorization/roleAssignments/write", ("prepare",)),
        ("Microsoft.Authorization/locks/write", ("prepare",)),
        ("Microsoft.Authorization/roleAssignments/delete", ("decommission",)),
        ("Microsoft.Authorization/locks/delete", SETUP),
    }


@pytest.mark.parametrize("account", ["automation", "appliance"])
def test_every_privilege_taken_away_is_named(ready: Ground, account: str) -> None:
    needs = rights.needs_of({"automation": rights.VCENTER, "appliance": rights.APPLIANCE_VCENTER}[account], PHASES)
    switches = ready.lab.switches
    assert vcenter(ready.lab, account).gaps == []
    try:
        for right in sorted({need.what for need in needs}):
            switches.missing_privileges = (right,)
            gaps = vcenter(ready.lab, account).gaps
            assert {gap.right for gap in gaps} == {right}
            assert len(gaps) == len({need.on for need in needs if need.what == right}), right
            assert {phase for gap in gaps for phase in gap.phases} == {
                phase for need in needs if need.what == right for phase in need.phases
            }
    finally:
        switches.missing_privileges = ()


def test_a_machine_that_is_hidden_is_named(ready: Ground) -> None:
    vm = next(iter(ready.lab.world.source.values()))
    ready.lab.switches.hidden_vms = (vm.name,)
    try:
        gaps = vcenter(ready.lab, "automation", ["discover"]).gaps
    finally:
        ready.lab.switches.hidden_vms = ()
    assert {gap.right for gap in gaps} == {"System.View", "System.Read"}
    assert all(vm.moid in gap.scope and "1 of 3" in gap.scope for gap in gaps)


def test_only_what_is_named_is_asked_about(ready: Ground) -> None:
    places = Places(vms=("nobody",), named={"datastore": names.DATASTORES[0], "network": "no such"})
    answer = vcenter(ready.lab, "automation", ["prepare"], places)
    assert {row["scope"] for row in answer.not_asked} == {"vm nobody", "network no such"}


def test_what_cannot_be_found_is_said(ready: Ground) -> None:
    with ready.arm() as arm:
        answer = Answer()
        nobody = dataclasses.replace(infrastructure_on_lab.SCOPE, target_appliance="")
        service.azure(Project(arm, nobody), Places(), rights.WAVE, answer, "ours")
        assert len(answer.not_asked) == 2
        found = azure(arm, ["discover"], Places())
    assert found.not_asked == []  # the target appliance names the instance


def test_appliances_that_are_no_contributors_are_named(ready: Ground) -> None:
    holder, other = ids.fixed("somebody"), ids.agent_principal(names.SOURCE_APPLIANCE)
    with ready.arm() as arm:
        project = Project(arm, infrastructure_on_lab.SCOPE)
        path = f"{project.scope.group_path}/providers/Microsoft.Authorization/roleAssignments/{ids.fixed('a role')}"
        role = f"{ids.SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{rights.APPLIANCE_ROLES[0]}"
        body = {"properties": {"roleDefinitionId": role, "principalId": holder, "principalType": "ServicePrincipal"}}
        arm.put(path, "2022-04-01", body)
        answer = Answer()
        service.applications(project, [holder, other], answer)
        arm.delete(path, "2022-04-01")
    assert [(gap.account, gap.right) for gap in answer.gaps] == [(other, "Contributor")]
    assert f"--assignee-object-id {other}" in answer.gaps[0].remedy


# -- what is sent ----------------------------------------------------------------------------------------------------


def present(arm: ArmClient) -> Any:
    return ProjectSetup(arm, project_on_lab.WANTED).present()


def sent(ground: Ground | Bench, moment: int) -> set[str]:
    rows = [row for row in ground.records.since(moment) if row.bare.lower().startswith("/subscriptions/")]
    return {rbac.needed(row.method, row.bare)[0].lower() for row in rows}


def named(*phases: str) -> set[str]:
    return {need.what.lower() for need in rights.needs_of(rights.AZURE, phases)}


def test_making_and_removing_needs_nothing_that_is_not_named(tmp_path: Path) -> None:
    logs = {"workspace_id": f"{ids.group('rg-logs')}/providers/Microsoft.OperationalInsights/workspaces/log"}
    with Ground(tmp_path / "bare") as ground:
        ground.run(present)
        assert sent(ground, 0) - named("prepare") == set()
        moment = ground.records.moment()
        ground.run(lambda arm: ProjectSetup(arm, project_on_lab.WANTED).absent())
        assert sent(ground, moment) - named("decommission") == set()
    with Ground(tmp_path / "ready", stage="ready") as ground:
        infrastructure_on_lab.strip(ground)
        ground.run(lambda arm: infrastructure_on_lab.work(arm, locks=True, diagnostics=logs).present())
        assert sent(ground, 0) - named("prepare") == set()
        moment = ground.records.moment()
        ground.run(lambda arm: infrastructure_on_lab.work(arm).absent())
        assert sent(ground, moment) - named("decommission") == set()


def test_a_wave_needs_nothing_that_is_not_named(tmp_path: Path) -> None:
    """From the first replication to the last removal, with all of vCenter taken away that is not named."""
    bench = Bench(tmp_path / "lab")
    try:
        bench.lab.switches.missing_privileges = unnamed(*rights.WAVE)
        vm = next(vm.name for vm in bench.lab.world.source.values() if not vm.awkward)
        assert bench.present(vm)[vm].status == "changed"
        bench.until("ready", vm)
        bench.until("migrated", vm, verb=bench.tick)
        bench.tick(vm)
        wait_verified(bench, vm)
        bench.until("completed", vm, verb=bench.complete)
        assert sent(bench, 0) - named(*rights.WAVE) == set()
    finally:
        bench.stop()


def unnamed(*phases: str) -> tuple[str, ...]:
    needs = {need.what for need in rights.needs_of(rights.VCENTER, phases)}
    return tuple(one for one in PRIVILEGES if one not in {*needs, *BASIC})


def test_the_source_appliance_needs_exactly_what_is_named(lab: StartLab, tmp_path: Path) -> None:
    """Made, started and removed with it; and each privilege that is taken away is missed, and named."""
    appliance = ApplianceBench.make(lab(vms=1, speed=1, clock=OwnedClock()), tmp_path)
    switches, taken = appliance.lab.switches, unnamed("prepare")
    named = {need.what for need in rights.needs_of(rights.VCENTER, ["prepare"])} - {*BASIC}
    named.remove("VirtualMachine.Config.AdvancedConfig")  # only where the descriptor has settings of that kind

    def once() -> None:
        appliance.run(cpu_cores=10, memory_mb=20480)
        appliance.run("absent")

    for privilege in sorted(named):
        switches.missing_privileges = (*taken, privilege)
        with pytest.raises(PermissionDenied, match=privilege.replace(".", r"\.")):
            once()
        switches.missing_privileges = taken
        appliance.run("absent")
        with appliance.lab.world.lock:
            appliance.lab.world.custom_fields.clear()
    once()
    assert appliance.machines == []


@pytest.mark.parametrize(
    "right",
    [
        "Microsoft.Migrate/migrateProjects/solutions/write",
        "Microsoft.Authorization/roleAssignments/write",
        "Microsoft.OffAzure/MasterSites/write",
    ],
)
def test_the_phase_that_needs_it_fails_with_the_right_that_was_named(tmp_path: Path, right: str) -> None:
    with Ground(tmp_path / "lab") as ground:
        ground.lab.switches.missing_rights = (right,)
        with ground.arm() as arm:
            gaps = azure(arm, ["prepare"], Places(cluster_id=PLACES.cluster_id)).gaps
            with pytest.raises(PermissionDenied) as told:
                ProjectSetup(arm, project_on_lab.WANTED).present()
    assert [gap.right for gap in gaps] == [right]
    assert told.value.code == "AuthorizationFailed"
    assert right.lower() in str(told.value).lower()


def test_the_error_that_stands_for_all(ready: Ground) -> None:
    ready.lab.switches.missing_rights = ("Microsoft.OffAzure/*",)
    try:
        with ready.arm() as arm:
            error = service.failure(azure(arm))
    finally:
        ready.lab.switches.missing_rights = ()
    assert error.code == "rights_missing" and "more" in str(error) and "least-privilege" in error.remedy
