# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Azure Local cluster holds beside migrated VMs: files on its volumes, and VMs that a script made."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..appliances import File


@dataclass(kw_only=True)
class ClusterVm:
    """A VM of Hyper-V that Azure knows nothing of."""

    name: str
    vm_id: str  # Hyper-V's GUID
    node: str
    generation: int
    cpu_cores: int
    memory_mb: int
    switch: str
    vlan_id: int
    disk: str  # path on a cluster volume
    configuration: str = ""  # path of Hyper-V's own file of it
    state: str = "Off"  # Hyper-V's word
    clustered: bool = False  # a role of the failover cluster
    started_at: dt.datetime | None = None


@dataclass(kw_only=True)
class Cluster:
    """One for each lab; hold the world's lock while reading more than one value."""

    files: dict[str, File] = field(default_factory=dict)  # by path, lower case; of one node alone: "node path"
    vms: dict[str, ClusterVm] = field(default_factory=dict)  # by Hyper-V's id

    def running(self, vm_id: str) -> bool:
        vm = self.vms.get(vm_id)
        return vm is not None and vm.state == "Running"
