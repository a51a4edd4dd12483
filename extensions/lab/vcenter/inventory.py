# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory tree: which managed object has which id, name, parent and children."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .. import names
from ..world import SourceVm, World
from .types import reference, vim


@dataclass(eq=False)
class Node:
    """Anything in the tree that is no virtual machine."""

    ref: Any
    name: str
    parent: Any = None
    children: list[Any] = field(default_factory=list)
    path: str = ""  # of a VM folder below the datacenter's
    vlan: int = 0
    cluster: str = ""


def escaped(name: str) -> str:
    """A name as vSphere shows it: the characters of paths are written as in URLs."""
    return name.replace("%", "%25").replace("/", "%2f").replace("\\", "%5c")


def unescaped(name: str) -> str:
    """What a client meant: %2f and its like are escapes, any other % is itself."""
    for code, char in (("%2f", "/"), ("%2F", "/"), ("%5c", "\\"), ("%5C", "\\"), ("%25", "%")):
        name = name.replace(code, char)
    return name


class Inventory:
    """One datacenter with its four folders, built from ``names`` and from whatever else the VMs say they stand on."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._lock = threading.RLock()
        self._nodes: dict[str, Node] = {}
        self._folders: dict[str, Node] = {}  # by path
        self._next_folder = 1001
        vms = list(world.source.values())

        self.root = self._add(vim.Folder, "group-d1", "Datacenters", None)
        self.datacenter = self._add(vim.Datacenter, "datacenter-3", names.DATACENTER, self.root)
        self.vm_folder = self._add(vim.Folder, "group-v4", "vm", self.datacenter)
        self.host_folder = self._add(vim.Folder, "group-h5", "host", self.datacenter)
        self.datastore_folder = self._add(vim.Folder, "group-s6", "datastore", self.datacenter)
        self.network_folder = self._add(vim.Folder, "group-n7", "network", self.datacenter)
        self._folders[""] = self.vm_folder

        self.clusters: dict[str, Node] = {}
        self.pools: dict[str, Node] = {}  # root resource pool by cluster
        for number, name in enumerate(_with(names.CLUSTERS, (vm.cluster for vm in vms)), 8):
            self.clusters[name] = self._add(vim.ClusterComputeResource, f"domain-c{number}", name, self.host_folder)
            self.pools[name] = self._add(vim.ResourcePool, f"resgroup-{number}", "Resources", self.clusters[name])
            self.pools[name].cluster = name
        self.hosts: dict[str, Node] = {}
        stands = {vm.host: vm.cluster for vm in vms}
        for number, name in enumerate(_with(names.ESXI_HOSTS, stands)):
            # the hosts of ``names`` are split evenly over its clusters, as the estate does
            half = min(number * len(names.CLUSTERS) // len(names.ESXI_HOSTS), len(names.CLUSTERS) - 1)
            cluster = stands.get(name, names.CLUSTERS[half])
            self.hosts[name] = self._add(vim.HostSystem, f"host-{20 + number}", name, self.clusters[cluster])
            self.hosts[name].cluster = cluster
        stores = (disk.datastore for vm in vms for disk in vm.disks)
        self.datastores: dict[str, Node] = {}
        for number, name in enumerate(_with(names.DATASTORES, [*(vm.datastore for vm in vms), *stores])):
            self.datastores[name] = self._add(vim.Datastore, f"datastore-{60 + number}", name, self.datastore_folder)
        self.networks: dict[str, Node] = {}
        self.switch = self._add(vim.dvs.VmwareDistributedVirtualSwitch, "dvs-40", "DSwitch-Lab", self.network_folder)
        for number, name in enumerate(_with(names.PORT_GROUPS, (nic.network for vm in vms for nic in vm.nics))):
            vlan, kind = names.PORT_GROUPS.get(name, (0, "std"))
            if kind == "dvs":
                node = self._add(
                    vim.dvs.DistributedVirtualPortgroup, f"dvportgroup-{41 + number}", name, self.network_folder
                )
            else:
                node = self._add(vim.Network, f"network-{41 + number}", name, self.network_folder)
            node.vlan = vlan
            self.networks[name] = node

    def _add(self, kind: Any, moid: str, name: str, parent: Node | None) -> Node:
        node = Node(ref=reference(kind, moid), name=name, parent=parent.ref if parent else None)
        self._nodes[moid] = node
        if parent:
            parent.children.append(node.ref)
        return node

    # -- looking up ------------------------------------------------------------------------------------------------

    def node(self, moid: str) -> Node | None:
        """A node by its id. VMs are not nodes."""
        if moid.startswith("group-v"):
            self._learn_folders()
        return self._nodes.get(moid)

    def folder(self, path: str) -> Node | None:
        """A VM folder by its path below the datacenter's folder."""
        self._learn_folders()
        return self._folders.get(path)

    def _learn_folders(self) -> None:
        """The world knows folders by their paths; here they get ids, once and for all."""
        with self._lock:
            if len(self._folders) == len(self.world.folders) + 1:
                return
            for path in sorted(self.world.folders - self._folders.keys()):
                above, _, name = path.rpartition("/")
                node = self._add(vim.Folder, f"group-v{self._next_folder}", name, self._folders[above])
                node.path = path
                self._folders[path] = node
                self._next_folder += 1

    def vm(self, moid: str) -> SourceVm | None:
        return self.world.source_by_moid(moid) if moid.startswith("vm-") else None

    def vms(self) -> list[SourceVm]:
        with self.world.lock:
            return list(self.world.source.values())

    @staticmethod
    def vm_ref(vm: SourceVm) -> Any:
        return reference(vim.VirtualMachine, vm.moid)

    # -- walking ---------------------------------------------------------------------------------------------------

    def children(self, ref: Any) -> list[Any]:
        """What stands directly below a managed object."""
        node = self.node(ref._moId)
        if node is None:
            return []
        below = list(node.children)
        if node is self.vm_folder or node.path:
            below += [self.vm_ref(vm) for vm in self.vms() if vm.folder == node.path]
        elif isinstance(ref, vim.ResourcePool):
            below += [self.vm_ref(vm) for vm in self.vms() if vm.cluster == node.cluster and not vm.template]
        return below

    def below(self, ref: Any, *, recursive: bool) -> Iterator[Any]:
        """Everything below, each once."""
        if ref._moId in (self.root.ref._moId, self.datacenter.ref._moId) and recursive:
            yield from self._everything(ref)
            return
        seen: set[str] = set()
        queue = self.children(ref)
        while queue:
            child = queue.pop(0)
            if child._moId in seen:
                continue
            seen.add(child._moId)
            yield child
            if recursive:
                queue += self.children(child)

    def _everything(self, ref: Any) -> Iterator[Any]:
        """The whole tree without looking for each VM's place in it."""
        self._learn_folders()
        with self._lock:
            nodes = list(self._nodes.values())
        yield from (node.ref for node in nodes if node.ref not in (ref, self.root.ref))
        yield from (self.vm_ref(vm) for vm in self.vms())


def _with(known: Iterable[str], said: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*known, *(name for name in said if name)]))
