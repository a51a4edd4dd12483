# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The source appliance on vCenter: look, decide, take one step, look again, until it is as wanted."""

from __future__ import annotations

import dataclasses
from typing import Any

from ..clients.clock import Clock
from ..clients.errors import ClientError, Conflict, DeadlineExceeded, InvalidRequest, NotFound
from ..clients.ova import Ova
from ..clients.vcenter_import import VcenterImport
from ..clients.vcenter_session import VcenterSettings
from ..domain import source_appliance as domain
from ..domain.source_appliance import Machine, Plan, Wanted
from . import appliance_import as imports
from .appliance_import import Source, refuse

MOST_STEPS = 8  # discard, deploy, finish, resize, power: more means that somebody else changes it too
SHUTDOWN_S, LOOK_S = 300.0, 2.0


@dataclasses.dataclass(kw_only=True)
class Outcome:
    """What was done and what is there now."""

    acts: list[str] = dataclasses.field(default_factory=list)
    machine: Machine | None = None
    before: dict[str, Any] = dataclasses.field(default_factory=dict)
    after: dict[str, Any] = dataclasses.field(default_factory=dict)
    warnings: list[str] = dataclasses.field(default_factory=list)
    msg: str = ""
    waiting_for: dict[str, Any] | None = None
    error: ClientError | None = None  # what ended it; what was done before is in ``acts``


@dataclasses.dataclass(frozen=True, kw_only=True)
class Adopted:
    """A machine of the user's own, and where it falls short of what the script install needs."""

    machine: Machine
    differences: list[dict[str, Any]]

    @property
    def error(self) -> InvalidRequest | None:
        if not self.differences:
            return None
        told = "; ".join(f"{one['what']} is {one['is']}, wanted {one['wanted']}" for one in self.differences)
        return InvalidRequest(f"{self.machine.name} is not fit for an appliance: {told}", code="appliance_unfit")


@dataclasses.dataclass(kw_only=True)
class SourceAppliance:
    """One appliance, as wanted. ``source`` is needed where one may have to be made."""

    vcenter: VcenterImport
    wanted: Wanted
    source: Source | None = None
    check: bool = False
    clock: Clock = dataclasses.field(default_factory=Clock)
    lease_s: float = imports.LEASE_S

    def run(self) -> Outcome:
        """All steps. An error after the first of them carries them, as ``done``."""
        outcome = Outcome()
        try:
            self._run(outcome)
        except ClientError as error:
            error.after(outcome.acts)
            raise
        return outcome

    def _run(self, outcome: Outcome) -> None:
        wanted = self.wanted
        refuse(domain.refuse(wanted, deploys=wanted.state != "absent"))
        found, plan = self._look()
        first, tries = plan.machine, 0
        outcome.before = domain.shown(first)
        while plan.act:
            if tries == MOST_STEPS:
                raise Conflict(f"{wanted.name} is not as wanted after {MOST_STEPS} steps", code="appliance_restless")
            tries += 1
            if self._done(plan, outcome):
                outcome.acts.append(plan.act)
            if self.check:
                break
            found, plan = self._look()
        outcome.machine = next((machine for machine in found if machine.mark), None)
        outcome.after = domain.predicted(wanted, first) if self.check and outcome.acts else domain.shown(plan.machine)
        outcome.msg = domain.sentence(wanted.name, outcome.acts, check=self.check)
        if outcome.machine and wanted.state != "absent":
            outcome.waiting_for = domain.waiting(outcome.machine, self.vcenter.hostname)

    def _look(self) -> tuple[list[Machine], Plan]:
        found = [Machine.parse(vm) for vm in self.vcenter.machines_named(self.wanted.name)]
        plan = domain.plan(self.wanted, found)
        refuse(plan.problems)
        return found, plan

    def _done(self, plan: Plan, outcome: Outcome) -> bool:
        """False where the machine has come on since it was looked at: a killed run may have ordered that before."""
        try:
            self._do(plan, outcome)
        except Conflict as error:
            if plan.act != "remove" or error.code != "InvalidPowerState":
                raise
            self.clock.sleep(LOOK_S)
            return False
        return True

    def _do(self, plan: Plan, outcome: Outcome) -> None:
        """One step. A check looks at everything that a deployment needs, and stops there."""
        anew = plan.act == "discard" and self.wanted.state != "absent"
        if plan.act == "deploy" or (anew and self.check):
            self._deploy(outcome)
        elif plan.machine is not None and not self.check:
            self._change(plan.act, plan.machine)

    def _deploy(self, outcome: Outcome) -> None:
        if self.source is None or not self.source.path:
            raise InvalidRequest(
                f"there is no virtual machine {self.wanted.name} yet, and nothing says which file to deploy",
                code="MissingOption",
                remedy="Set ova to the path of the downloaded file, and sha256 to its hash",
            )
        with Ova(self.source.path) as ova:
            prepared = imports.prepare(self.vcenter, ova, self.wanted, self.source)
            outcome.warnings += prepared.warnings
            if self.check:
                return
            try:
                imports.carry_out(self.vcenter, self.wanted, prepared)
            except Conflict as error:
                # what a killed run had ordered may appear only now; then it is looked at like any other
                found = map(Machine.parse, self.vcenter.machines_named(self.wanted.name))
                if error.code != "DuplicateName" or not any(machine.mark for machine in found):
                    raise

    def _change(self, act: str, machine: Machine) -> None:
        moid, wanted = machine.moid, self.wanted
        if act == "discard":
            imports.discard(self.vcenter, machine, self.lease_s)
        elif act == "finish":
            imports.finish(self.vcenter, wanted, machine, self.lease_s)
        elif act == "resize":
            self.vcenter.configure(
                moid,
                cpu_cores=max(wanted.cpu_cores, machine.cpu_cores),
                memory_mb=max(wanted.memory_mb, machine.memory_mb),
            )
        elif act == "power_on":
            self.vcenter.power_on(moid)
        elif act == "power_off":
            self.vcenter.power_off(moid)
        elif act == "shut_down":
            self._shut_down(moid)
        else:
            self.vcenter.destroy(moid)

    def _shut_down(self, moid: str) -> None:
        self.vcenter.shutdown_guest(moid)
        deadline = self.clock.monotonic() + SHUTDOWN_S
        while self.vcenter.vm(moid)["power"] != "off":
            if self.clock.monotonic() >= deadline:
                raise DeadlineExceeded(
                    f"{self.wanted.name} was asked to shut down and still runs after {SHUTDOWN_S:g} s",
                    code="appliance_no_shutdown",
                )
            self.clock.sleep(LOOK_S)


def deployed(settings: VcenterSettings, wanted: Wanted, source: Source | None, *, check: bool) -> Outcome:
    """The appliance of the OVA, as wanted."""
    try:
        with VcenterImport(settings) as vcenter:
            return SourceAppliance(vcenter=vcenter, wanted=wanted, source=source, check=check).run()
    except ClientError as error:
        return Outcome(acts=[*error.done], error=error)


def adopted(settings: VcenterSettings, wanted: Wanted) -> Adopted:
    """Look at a machine of the user's own. Nothing is written."""
    if wanted.state == "absent":
        raise InvalidRequest(
            f"{wanted.name} is adopted, and such a machine is never removed", code="appliance_not_ours"
        )
    refuse(domain.refuse(wanted, deploys=False))
    with VcenterImport(settings) as vcenter:
        found = [Machine.parse(vm) for vm in vcenter.machines_named(wanted.name)]
    if len(found) != 1:
        places = ", ".join(one.path or "(topmost)" for one in found)
        raise NotFound(
            f"{len(found)} virtual machines are called {wanted.name}, in the folders {places}"
            if found
            else f"there is no virtual machine {wanted.name} in vCenter",
            code="appliance_missing",
        )
    return Adopted(machine=found[0], differences=domain.differences(wanted, found[0]))
