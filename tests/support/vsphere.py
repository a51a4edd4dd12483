# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pyVmomi itself as a client of the lab's vCenter."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from typing import Any

from pyVim.connect import SmartConnect
from pyVmomi import vim, vmodl

from lab import names
from lab.runtime import Lab
from lab.world import SourceVm

PC: Any = vmodl.query.PropertyCollector


class Vsphere:
    """pyVmomi itself, logged in to a lab: an independent client of the simulator."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.world = lab.world
        self.si = connect(lab)
        self.content = self.si.RetrieveContent()

    def view(self, *types: Any, below: Any = None, recursive: bool = True) -> Any:
        """A container view, over everything unless told otherwise."""
        container = below or self.content.rootFolder
        return self.content.viewManager.CreateContainerView(container, list(types), recursive)

    def spec(self, view: Any, kind: Any, paths: list[str], every: bool = False) -> Any:
        """A filter over a view's objects."""
        step = PC.TraversalSpec(name="view", type=vim.view.ContainerView, path="view", skip=False)
        return PC.FilterSpec(
            objectSet=[PC.ObjectSpec(obj=view, skip=True, selectSet=[step])],
            propSet=[PC.PropertySpec(type=kind, pathSet=paths, all=every)],
        )

    def read(self, kind: Any, paths: list[str], page: int | None = None) -> tuple[list[Any], int]:
        """All objects of a type with some properties, and how many calls that took."""
        collector, calls = self.content.propertyCollector, 1
        spec = self.spec(self.view(kind), kind, paths)
        part = collector.RetrievePropertiesEx([spec], PC.RetrieveOptions(maxObjects=page))
        found = list(part.objects)
        while part.token:
            part, calls = collector.ContinueRetrievePropertiesEx(part.token), calls + 1
            found += part.objects
        return found, calls

    def ready(self, number: int = 0) -> SourceVm:
        """A machine that runs, answers and is in no way awkward."""
        return [vm for vm in self.world.source.values() if not vm.awkward and vm.tools_status == "OK"][number]

    def one(self, vm: SourceVm, *paths: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """One read of one machine: its properties, and the faults of those that are missing."""
        ref = self.vm(vm.moid)
        spec = PC.FilterSpec(
            objectSet=[PC.ObjectSpec(obj=ref, skip=False)],
            propSet=[PC.PropertySpec(type=type(ref), pathSet=list(paths), all=False)],
        )
        found = self.content.propertyCollector.RetrievePropertiesEx([spec], PC.RetrieveOptions()).objects[0]
        return {one.name: one.val for one in found.propSet}, {one.path: one.fault for one in found.missingSet}

    def events(self, vm: SourceVm) -> list[Any]:
        """What happened to a machine, oldest first."""
        entity = vim.event.EventFilterSpec.ByEntity(entity=self.vm(vm.moid), recursion="self")
        return list(self.content.eventManager.QueryEvents(vim.event.EventFilterSpec(entity=entity)))

    def vm(self, moid: str) -> Any:
        return vim.VirtualMachine(moid, self.si._stub)

    def wait(self, task: Any, seconds: float = 10) -> Any:
        """The task's info once it has ended."""
        until = time.monotonic() + seconds
        while (info := task.info).state not in ("success", "error"):
            assert time.monotonic() < until, "the task never ends"
            time.sleep(0.01)
        return info


def connect(lab: Lab, user: str = names.VCENTER_USER, password: str = names.VCENTER_PASSWORD) -> Any:
    """A service instance, over TLS that trusts the lab's own authority and nothing else."""
    trust = ssl.create_default_context(cafile=str(lab.tls.ca))
    port = lab.servers["vcenter"].port
    return SmartConnect(host="localhost", port=port, user=user, pwd=password, sslContext=trust)


StartVsphere = Callable[..., Vsphere]
