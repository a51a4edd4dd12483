# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pyVmomi itself as a client of the lab's vCenter."""

from __future__ import annotations

import ssl
import time
from typing import Any

from pyVim.connect import SmartConnect
from pyVmomi import vim, vmodl

from lab import names
from lab.runtime import Lab

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
