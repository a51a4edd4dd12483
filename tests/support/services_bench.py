# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of the services stand on: a fast lab, clients that stay signed in, and the verbs by name of VM."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter import VcenterClient
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.marks import Mark, decode
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.spec import Defaults
from ansible_collections.azlocal.migrate.plugins.module_utils.services.cutover import Cutover, Options
from ansible_collections.azlocal.migrate.plugins.module_utils.services.observation import Observatory
from ansible_collections.azlocal.migrate.plugins.module_utils.services.project import Project
from ansible_collections.azlocal.migrate.plugins.module_utils.services.replication import Replication
from ansible_collections.azlocal.migrate.plugins.module_utils.services.results import Result
from ansible_collections.azlocal.migrate.plugins.module_utils.services.scope import Scope
from ansible_collections.azlocal.migrate.plugins.module_utils.services.status import Status
from ansible_collections.azlocal.migrate.plugins.module_utils.services.verification import Verification
from lab import handout, names
from lab.azure import ids
from lab.azure.state import Azure
from lab.cli import start_lab
from lab.runtime import Lab
from lab.world import SourceVm, TargetVm

from .lab_settings import azure_of
from .records import Records, Request
from .vcenter_on_lab import client_of

SPEED = 3000
SCOPE = Scope(
    subscription_id=names.SUBSCRIPTION,
    resource_group=names.RESOURCE_GROUP,
    project=names.PROJECT,
    source_appliance=names.SOURCE_APPLIANCE,
    target_appliance=names.TARGET_APPLIANCE,
)
GROUP = ids.group(names.TARGET_RESOURCE_GROUP)
DEFAULTS = Defaults(subscription_id=names.SUBSCRIPTION)
NETWORK_MAP = [
    {"source": source, "logical_network": network, "keep_ip": keeps} for source, network, keeps in handout._NETWORK_MAP
]


class Bench:
    """A lab, clients that stay signed in, and a new look at both worlds for each step."""

    def __init__(self, folder: Path) -> None:
        self.lab = start_lab(folder, vms=24, speed=SPEED)
        self.records = Records(self.lab)
        self.arm = ArmClient(azure_of(self.lab), environ={}, deadline_s=20)
        self.vcenter: VcenterClient = client_of(self.lab)
        self.azure: Azure = self.lab.dumpers["azure"].__self__  # type: ignore[attr-defined]

    def stop(self) -> None:
        self.vcenter.close()
        self.arm.close()
        self.lab.stop()

    def look(self) -> Observatory:
        return Observatory(self.arm, self.vcenter, Project(self.arm, SCOPE))

    # -- verbs -----------------------------------------------------------------------------------------------------

    def present(self, *vms: str, check: bool = False, **more: Any) -> dict[str, Result]:
        service = Replication(self.look(), DEFAULTS, check=check)
        return by_name(service.present([entry(vm, **more) for vm in vms]))

    def tick(
        self, *vms: str, see: Observatory | None = None, check: bool = False, retry: bool = False, **options: Any
    ) -> dict[str, Result]:
        service = Cutover(see or self.look(), Options(**options), self.hosts(), check=check)
        return by_name(service.tick([entry(vm, retry=retry) for vm in vms]))

    def verify(self, *vms: str) -> dict[str, Result]:
        service = Verification(self.look(), DEFAULTS, self.hosts(), check_mode=False)
        return by_name(service.verify([entry(vm) for vm in vms]))

    def complete(self, *vms: str) -> dict[str, Result]:
        service = Verification(self.look(), DEFAULTS, self.hosts(), check_mode=False)
        return by_name(service.complete([entry(vm) for vm in vms]))

    def phases(self, *vms: str) -> dict[str, str]:
        found = Status(self.look()).look([{"name": vm} for vm in vms])
        return {result.name: str(result.phase) for result in found}

    def until(self, phase: str, *vms: str, verb: Callable[..., Any] | None = None) -> None:
        end = time.monotonic() + 20
        while set((seen := self.phases(*vms)).values()) != {phase}:
            assert time.monotonic() < end, seen
            if verb:
                verb(*vms)
            time.sleep(0.1)

    # -- the world -------------------------------------------------------------------------------------------------

    def source(self, name: str) -> SourceVm:
        return self.records.vm(name)

    def target(self, name: str) -> TargetVm:
        uuid = self.source(name).instance_uuid
        return next(vm for vm in self.lab.world.target.values() if vm.source_uuid == uuid)

    def mark(self, name: str) -> Mark:
        return decode(self.source(name).custom_values.get("azlocal.migrate"))

    def hosts(self) -> list[dict[str, Any]]:
        return hosts_of(self.lab)

    def sent(self, name: str, moment: int = 0) -> list[Request]:
        """Writes to Azure about one VM."""
        return [request for request in self.records.writes(moment) if request.item == self.records.uuid(name)]

    def failovers(self, name: str, moment: int = 0) -> int:
        return sum(request.is_failover for request in self.sent(name, moment))


def hosts_of(lab: Lab) -> list[dict[str, Any]]:
    """What the nodes would say."""
    with lab.world.lock:
        return [
            {
                "node": node,
                "error": None,
                "vms": [
                    {
                        "name": vm.name,
                        "state": vm.state,
                        "heartbeat": vm.heartbeat,
                        "generation": vm.generation,
                        "cpu_cores": vm.cpu_cores,
                        "uptime_s": 60 if vm.state == "Running" else 0,
                        "disks": [{"path": disk.path, "size_bytes": disk.size_bytes} for disk in vm.disks],
                        "nics": [{"mac": nic.mac, "addresses": [nic.address]} for nic in vm.nics],
                    }
                    for vm in lab.world.target.values()
                    if vm.node == node
                ],
            }
            for node in names.NODES
        ]


def by_name(results: list[Result]) -> dict[str, Result]:
    return {result.name: result for result in results}


def entry(name: str, **more: Any) -> dict[str, Any]:
    wave = {"target_resource_group": GROUP, "storage_path": "UserStorage1", "network_map": NETWORK_MAP, "wave": "1"}
    return {"name": name, **wave, **more}


def wait_verified(bench: Bench, vm: str) -> Result:
    end = time.monotonic() + 10
    while (found := bench.verify(vm)[vm]).phase != "verified" and time.monotonic() < end:
        time.sleep(0.05)  # a guest needs a moment to answer
    assert (found.status, found.phase) == ("ok", "verified"), found.msg
    return found
