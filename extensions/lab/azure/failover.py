# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planned failover: five tasks in the recorded times, and what each of them does to both worlds."""

from __future__ import annotations

from ..world import SourceVm
from . import enable, health, jobs, landing
from .jobs import JobFailure, Step
from .state import Azure, Job, ProtectedItem
from .wire import JSON

APPLIANCE = "azure-migrate-appliance"
_PREPARING = "Preparing protected entities"
# recorded together as about 540 s; the recovery point came 209 s after the POST
_PREREQUISITE_S, _OFF_S, _STARTING_S, _PREPARING_S, _ON_S = 20, 60, 160, 240, 60
_POINT_AT_S, _TARGET_AT_S, _START_AT_S = 130, 180, 30
_HARD_OFF_S = 40


def begin(azure: Azure, item: ProtectedItem, shut_down: bool, cause: int) -> Job:
    flow = _Failover(azure, item, shut_down, cause)
    steps = [
        Step(name="Prerequisite check", seconds=_PREREQUISITE_S, end=flow.check),
        Step(name="Turning off resource on primary", seconds=_OFF_S, begin=flow.turn_off, ready=flow.is_off),
        Step(name="Starting failover", seconds=_STARTING_S, events=((_POINT_AT_S, flow.point),)),
        Step(name=_PREPARING, seconds=_PREPARING_S, begin=flow.completing, events=((_TARGET_AT_S, flow.land),)),
        Step(name="Turning on resource on recovery", seconds=_ON_S, events=((_START_AT_S, flow.turn_on),)),
    ]
    job = jobs.make(
        azure, item, "Planned failover", "PlannedFailover", steps, cause,
        object_id=f"{item.id}/plannedFailover", instance_type="FailoverJobDetails",
    )  # fmt: skip
    azure.move(item, "PlannedFailoverInitiated", [], cause)
    jobs.run(azure, item, job, steps, flow.done, lambda error, task: flow.failed(job, error, task))
    return job


class _Failover:
    def __init__(self, azure: Azure, item: ProtectedItem, shut_down: bool, cause: int) -> None:
        self.azure, self.item, self.shut_down, self.cause = azure, item, shut_down, cause

    def check(self) -> None:
        if self.azure.switches.powered_off_source == "refuse" and self.item.vm.power != "poweredOn":
            raise JobFailure(
                "2110001",
                f"The virtual machine '{self.item.vm.name}' is not powered on.",
                "The source was powered off before the failover was started.",
                "Power the virtual machine on and start the failover again.",
            )

    # -- turning off ----------------------------------------------------------------------------------------

    def turn_off(self) -> None:
        vm = self.item.vm
        if not self.shut_down or vm.power == "poweredOff":
            return
        if vm.tools_status == "OK":
            self.azure.world.shutdown_guest(vm, APPLIANCE, self.cause)
        if self.azure.switches.hanging_guest == "hard_off":
            self.azure.locked_after(_HARD_OFF_S, lambda: self._hard_off(vm))
        else:
            self.azure.locked_after(_HARD_OFF_S * 3, self._give_up)

    def _hard_off(self, vm: SourceVm) -> None:
        if vm.power != "poweredOff":
            self.azure.world.power_off_source(vm, APPLIANCE, self.cause, graceful=False)

    def _give_up(self) -> None:
        self.gave_up = True

    gave_up = False

    def is_off(self) -> bool:
        if self.gave_up and self.item.vm.power != "poweredOff":
            # raised inside the job's own look at readiness: it becomes the failure of this task
            raise JobFailure("2110002", f"The guest of '{self.item.vm.name}' did not shut down in time.")
        return not self.shut_down or self.item.vm.power == "poweredOff"

    # -- the other tasks ------------------------------------------------------------------------------------

    def point(self) -> None:
        self.item.failover_point = enable.add_point(self.azure, self.item)

    def completing(self) -> None:
        self.azure.move(self.item, "PlannedFailoverCompleting", [], self.cause)

    def land(self) -> None:
        landing.make_target(self.azure, self.item, self.cause)

    def turn_on(self) -> None:
        machine = self.azure.machine(self.item.machine_id)
        if machine is None or machine.vm is None:
            raise JobFailure("1000040", f"The virtual machine '{self.item.target_name}' was not found on the cluster.")
        self.azure.world.start_target(machine.vm, self.cause)

    def done(self) -> None:
        self.azure.world.change_source(self.item.vm, "config", "replicated", False, self.cause)
        self._completed()

    def _completed(self) -> None:
        self.item.active, self.item.failover_done = "Recovery", self.azure.now()
        health.normal(self.item)
        self.azure.move(self.item, "PlannedFailoverCompleted", ["CommitFailover", "DisableProtection"], self.cause)

    def failed(self, job: Job, error: JSON, task: str) -> None:
        names = [step.name for step in job.tasks]
        late = names.index(task) >= names.index(_PREPARING)
        if self.azure.switches.contradictions:
            if late:  # the job says Failed, the item says Completed
                self._completed()
                return
            _pretend(job)  # and the other way round
        self.item.failed_failover = job
        health.critical(self.azure, self.item, error)
        self.azure.move(
            self.item,
            "PlannedFailoverCompletionFailed" if late else "PlannedFailoverFailed",
            list(self.azure.switches.retry_jobs),
            self.cause,
            provisioning=self.azure.switches.failed_failover_provisioning,
        )


def _pretend(job: Job) -> None:
    job.state, job.errors = "Succeeded", []
    for task in job.tasks:
        task.state = "Succeeded"
        task.started = task.started or job.ended
        task.ended = job.ended
