# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only Azure knows: protected items, jobs, operations, and the ARM resources of migrated VMs.

The VMs themselves, source and target, are the world's. Everything here is read and changed under ``world.lock``.
"""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import random
import threading
import uuid
from collections.abc import Callable
from typing import Any

from .. import names
from ..runtime import Lab
from ..switches import Switches
from ..world import SourceVm, TargetNic, TargetVm
from . import ids
from .past import Remembered
from .resources import Resource, Resources
from .wire import JSON, same


@dataclasses.dataclass(kw_only=True)
class Task:
    name: str
    state: str = "Pending"
    started: dt.datetime | None = None
    ended: dt.datetime | None = None


@dataclasses.dataclass(kw_only=True)
class Job:
    id: str
    display_name: str
    scenario: str
    object_id: str | None
    object_name: str
    object_type: str
    internal_id: str
    internal_name: str
    cause: int
    tasks: list[Task]
    instance_type: str = "JobDetails"
    state: str = "Started"
    started: dt.datetime
    ended: dt.datetime | None = None
    errors: list[JSON] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(kw_only=True)
class RecoveryPoint:
    name: str
    at: dt.datetime
    digests: dict[str, str]  # disk uuid, lower case -> what the disk held at that moment


@dataclasses.dataclass(kw_only=True)
class ProtectedItem:
    name: str
    vm: SourceVm
    wanted: JSON  # customProperties as they were sent, PATCHes included
    policy: str
    extension: str
    cause: int
    number: int  # order of creation: lists are in this order
    visible_from: float  # monotonic
    correlation_id: str
    created: dt.datetime
    provisioning: str = "Creating"
    protection: str = "UnprotectedStatesBegin"
    allowed: list[str] | None = None
    health: str = "Normal"
    health_errors: list[JSON] | None = None
    job: Job | None = None
    failed_enable: Job | None = None
    failed_failover: Job | None = None
    failover_done: dt.datetime | None = None
    active: str = "Primary"
    described: bool = False  # the service has filled in what it knows of the source
    disks: list[JSON] = dataclasses.field(default_factory=list)
    nics: list[JSON] = dataclasses.field(default_factory=list)
    points: list[RecoveryPoint] = dataclasses.field(default_factory=list)
    failover_point: RecoveryPoint | None = None
    landed_nics: list[tuple[TargetNic, str]] = dataclasses.field(default_factory=list)  # of an earlier failover
    updated: dt.datetime | None = None
    copy_began: float | None = None  # monotonic; while the initial replication runs
    copy_seconds: float = 0.0  # of wall clock
    resync_due: bool = False
    resync_state: str = ""  # its word in customProperties; empty for None
    resync_began: float | None = None  # monotonic; while it runs
    resync_seconds: float = 0.0  # of wall clock
    epoch: int = 0  # grows with every flow: what an older flow had scheduled falls silent
    gone: bool = False

    @property
    def id(self) -> str:
        return ids.item(self.name)

    @property
    def target_name(self) -> str:
        return str(self.wanted.get("targetVmName") or self.vm.name)

    @property
    def machine_id(self) -> str:
        group = str(self.wanted["targetResourceGroupId"])
        return ids.of_type(group, "Microsoft.HybridCompute/machines", self.target_name)


@dataclasses.dataclass(kw_only=True)
class Operation:
    """A long-running operation: its own, or the shadow of a job."""

    id: str
    path: str
    query: str
    began: dt.datetime
    job: Job | None = None
    deletes: bool = False
    state: str = "InProgress"
    error: JSON | None = None
    result: Callable[[], JSON] | None = None  # what its Location answers in the end, where that is no status


@dataclasses.dataclass(kw_only=True)
class PairPart:
    """A policy or an extension: what makes a source and a target appliance a pair."""

    id: str
    name: str
    kind: str  # replicationPolicies | replicationExtensions
    custom: JSON
    provisioning: str = "Succeeded"
    job: Job | None = None


@dataclasses.dataclass(kw_only=True)
class Machine:
    """A Microsoft.HybridCompute machine: the shell of a migrated VM, or an Arc-enabled server that was there."""

    id: str
    name: str
    location: str
    kind: str
    source_uuid: str = ""
    os_type: str = ""
    os_name: str = ""
    wanted: JSON = dataclasses.field(default_factory=dict)
    vm: TargetVm | None = None  # None once the VM instance is deleted
    disk_ids: list[str] = dataclasses.field(default_factory=list)
    nic_ids: list[str] = dataclasses.field(default_factory=list)
    created: dt.datetime


class Azure:
    """One lab's Azure."""

    def __init__(self, lab: Lab, switches: Switches | None = None) -> None:
        self.lab = lab
        self.world = lab.world
        self.schedule = lab.schedule
        self.switches = switches or lab.switches
        self.base_url = ""  # known once the server listens
        self.random = random.Random(lab.seed)  # noqa: S311 - names, not secrets
        self.clock = lab.clock
        self.started = self.now()
        self.tokens: dict[str, tuple[str, float]] = {}  # token -> (client id, expiry)
        self.tokens_lock = threading.Lock()
        self.items: dict[str, ProtectedItem] = {}  # by name, lower case
        self.views: Remembered[ProtectedItem] = Remembered(self.schedule)  # copies of the items, for the list that lags
        self.jobs: dict[str, Job] = {}  # by id, oldest first
        self.operations: dict[str, Operation] = {}
        self.parts: dict[str, PairPart] = {}  # policies and extensions of the vault, by ARM id, lower case
        self.resources = Resources(self.schedule)
        self.identities: dict[str, str] = {}  # system-assigned identities, by ARM id, lower case
        self.born: dict[str, float] = {}  # when a principal was made, monotonic; those not named were always there
        self.subscriptions = (
            names.SUBSCRIPTION,
            *([names.SECOND_SUBSCRIPTION] if self.switches.second_subscription else []),
        )
        self.registrations: dict[str, float] = {}  # subscription/namespace -> registered from this monotonic moment on
        self.discovered_from: dict[str, float] = {}  # site, lower case -> machines are shown from this moment on
        self.deleted_vaults: dict[str, Resource] = {}  # key vaults that can still be recovered, by name, lower case
        self.applications: dict[str, JSON] = {}  # of Microsoft Entra, by object id
        self.service_principals: dict[str, JSON] = {}  # by object id
        self.keys: dict[str, tuple[str, str, str]] = {}  # project keys -> project (ARM id), appliance, role
        self.beats: dict[str, str] = {}  # appliance, lower case -> its last heartbeat that was seen
        self.machines: Remembered[Machine] = Remembered(self.schedule)  # by ARM id, lower case
        self.disks: Remembered[JSON] = Remembered(self.schedule)  # virtualHardDisks, by ARM id, lower case
        self.nics: Remembered[JSON] = Remembered(self.schedule)  # networkInterfaces
        self.assignments: Remembered[JSON] = Remembered(self.schedule)  # role assignments, by ARM id, lower case
        self.own_roles: dict[str, JSON] = {}  # custom role definitions, by name, lower case
        self.discovered: Remembered[SourceVm] = Remembered(self.schedule)  # what the source VMs were before a change
        self.tags: dict[str, dict[str, str]] = {}  # by ARM id, lower case
        self.graph_windows: dict[str, tuple[float, int]] = {}  # principal -> (end of its window, queries in it)
        self.challenged: set[str] = set()  # tokens asked for with the claims of a challenge
        self.events: list[JSON] = []
        self.leases = 0
        self.nodes_used = 0
        self.items_made = 0

    def now(self) -> dt.datetime:
        """The time as Azure has it."""
        return self.clock.now() + dt.timedelta(seconds=self.switches.azure_skew_s)

    # -- small things ------------------------------------------------------------------------------------------

    def guid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def hex(self, digits: int) -> str:
        return f"{self.random.getrandbits(4 * digits):0{digits}x}"

    def principal_of(self, arm_id: str) -> str:
        """The system-assigned identity of a resource: the same as long as the resource stands."""
        key = arm_id.lower()
        if key not in self.identities:
            self.identities[key] = self.guid()
            self.born[self.identities[key]] = self.clock.monotonic()
        return self.identities[key]

    def journal(self, about: ProtectedItem | PairPart, what: str, before: Any, after: Any, cause: int) -> None:
        vm = about.vm.instance_uuid if isinstance(about, ProtectedItem) else ""
        self.world.journal.write(vm, "target", what, before, after, cause)

    def locked_after(self, seconds: float, do: Callable[[], object]) -> None:
        """``do`` later, under the world's lock."""

        def run() -> None:
            with self.world.lock:
                do()

        self.schedule.after(seconds, run)

    def while_so(self, item: ProtectedItem, seconds: float, do: Callable[[], object]) -> None:
        """``do`` later, unless the item does something else by then."""
        epoch = item.epoch
        self.locked_after(seconds, lambda: do() if item.epoch == epoch else None)

    # -- items -------------------------------------------------------------------------------------------------

    def item_named(self, name: str) -> ProtectedItem | None:
        """As a reader sees it: not yet, while it is still on its way into the list."""
        item = self.items.get(name.lower())
        return item if item and item.visible_from <= self.clock.monotonic() else None

    def items_in_order(self) -> list[ProtectedItem]:
        """As the list shows them, which may be a while behind."""
        moment, lag = self.clock.monotonic(), self.switches.list_lag_s
        rows = (self.views.ago(lag) if lag > 0 else self.items).values()
        return sorted((item for item in rows if item.visible_from <= moment), key=lambda item: item.number)

    def changed(self, item: ProtectedItem) -> None:
        """Whoever has changed an item says so: the list shows the change later."""
        if self.items.get(item.name.lower()) is not item:
            self.views.pop(item.name.lower(), None)
            return
        view = copy.copy(item)
        view.disks, view.nics, view.points = list(item.disks), list(item.nics), list(item.points)
        view.wanted = dict(item.wanted)
        if item.job is not None:
            view.job = dataclasses.replace(item.job, tasks=[copy.copy(task) for task in item.job.tasks])
        self.views[item.name.lower()] = view

    def move(
        self,
        item: ProtectedItem,
        protection: str,
        allowed: list[str] | None,
        cause: int,
        *,
        provisioning: str | None = None,
    ) -> None:
        """A new protection state, with what is allowed in it."""
        before = item.protection
        item.protection, item.allowed, item.updated = protection, allowed, self.now()
        if provisioning is not None:
            item.provisioning = provisioning
        self.changed(item)
        if before != protection:
            self.journal(item, "item", before, protection, cause)

    def machine(self, arm_id: str) -> Machine | None:
        return self.machines.get(arm_id.lower())

    def machine_of_nic(self, nic_id: str) -> Machine | None:
        return next((m for m in self.machines.values() if m.vm and any(same(nic_id, n) for n in m.nic_ids)), None)

    def machine_of_disk(self, disk_id: str) -> Machine | None:
        return next((m for m in self.machines.values() if m.vm and any(same(disk_id, d) for d in m.disk_ids)), None)

    # -- for world.json ----------------------------------------------------------------------------------------

    def dump(self) -> JSON:
        with self.world.lock:
            return {
                "items": {
                    item.name: {
                        "vm": item.vm.instance_uuid,
                        "protectionState": item.protection,
                        "allowedJobs": item.allowed,
                        "recoveryPoints": [dataclasses.asdict(point) for point in item.points],
                    }
                    for item in self.items.values()
                },
                "jobs": [dataclasses.asdict(job) for job in self.jobs.values()],
                "machines": sorted(self.machines),
                "disks": sorted(self.disks),
                "nics": sorted(self.nics),
                "tags": self.tags,
                "resources": sorted(resource.id for resource in self.resources.values()),
                "assignments": sorted(row["id"] for row in self.assignments.values()),
                "applications": sorted(row["displayName"] for row in self.applications.values()),
            }
