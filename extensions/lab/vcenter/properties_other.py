# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of everything in the inventory that is no virtual machine."""

from __future__ import annotations

import functools
from typing import Any

from .. import names
from .devices import switch_uuid
from .inventory import Inventory, Node, escaped
from .properties import Table, field_definitions
from .types import make, vim

_GIB = 1024**3
_dvs = vim.dvs
_status = vim.ManagedEntity.Status

PRODUCT: dict[str, Any] = {
    "vendor": "VMware, Inc.",
    "version": "8.0.3",
    "build": "24022515",
    "apiVersion": "8.0.3.0",
    "localeVersion": "INTL",
    "localeBuild": "000",
    "licenseProductVersion": "8.0",
}


def about() -> Any:
    """What this vCenter says it is."""
    return make(
        vim.AboutInfo,
        **PRODUCT,
        name="VMware vCenter Server",
        fullName="VMware vCenter Server 8.0.3 build-24022515",
        osType="linux-x64",
        productLineId="vpx",
        apiType="VirtualCenter",
        instanceUuid="1ab0c001-0000-4000-8000-0000000000c1",
        licenseProductName="VMware VirtualCenter Server",
    )


@functools.cache
def _esxi() -> Any:
    return make(
        vim.AboutInfo,
        **PRODUCT,
        name="VMware ESXi",
        fullName="VMware ESXi 8.0.3 build-24022510",
        osType="vmnix-x86",
        productLineId="embeddedEsx",
        apiType="HostAgent",
        licenseProductName="VMware ESX Server",
    )


_ENTITY: Table = {
    "name": lambda _, node: node.name if node.path else escaped(node.name),
    "parent": lambda _, node: node.parent,
    "overallStatus": lambda *_: _status("green"),
    "configStatus": lambda *_: _status("green"),
    "effectiveRole": lambda *_: [-1],
    "customValue": lambda *_: [],
    "value": lambda *_: [],
    "availableField": lambda *_: [],
    "disabledMethod": lambda *_: [],
    "configIssue": lambda *_: [],
    "permission": lambda *_: [],
    "recentTask": lambda *_: [],
    "declaredAlarmState": lambda *_: [],
    "triggeredAlarmState": lambda *_: [],
    "alarmActionsEnabled": lambda *_: True,
    "tag": lambda *_: [],
}


def _refs(nodes: dict[str, Node]) -> list[Any]:
    return [node.ref for node in nodes.values()]


def _child_types(inventory: Inventory, node: Node) -> list[Any]:
    if node is inventory.root:
        return [vim.Folder, vim.Datacenter]
    if node is inventory.host_folder:
        return [vim.Folder, vim.ComputeResource]
    if node is inventory.datastore_folder:
        return [vim.Folder, vim.Datastore]
    if node is inventory.network_folder:
        return [vim.Folder, vim.Network]
    return [vim.Folder, vim.VirtualMachine]


# -- hosts -------------------------------------------------------------------------------------------------------


def _host_vms(inventory: Inventory, node: Node) -> list[Any]:
    return [inventory.vm_ref(vm) for vm in inventory.vms() if vm.host == node.name]


def _host_runtime(*_: Any) -> Any:
    return make(vim.host.RuntimeInfo, connectionState="connected", powerState="poweredOn", inMaintenanceMode=False)


def _host_config(inventory: Inventory, node: Node) -> Any:
    groups = []
    for network in inventory.networks.values():
        if isinstance(network.ref, _dvs.DistributedVirtualPortgroup):
            continue
        spec = make(vim.host.PortGroup.Specification, name=network.name, vlanId=network.vlan, vswitchName="vSwitch0")
        groups.append(make(vim.host.PortGroup, key=f"key-vim.host.PortGroup-{network.name}", spec=spec))
    return make(
        vim.host.ConfigInfo, host=node.ref, product=_esxi(), network=make(vim.host.NetworkInfo, portgroup=groups)
    )


def _host_summary(_: Inventory, node: Node) -> Any:
    return make(
        vim.host.Summary,
        host=node.ref,
        hardware=make(
            vim.host.Summary.HardwareSummary,
            vendor="Lab",
            model="Rack One",
            uuid=f"1ab0e5c1-0000-4000-8000-{int(node.ref._moId[5:]):012x}",
            memorySize=1024 * _GIB,
            cpuModel="Lab CPU 2.4 GHz",
            cpuMhz=2400,
            numCpuPkgs=2,
            numCpuCores=64,
            numCpuThreads=128,
            numNics=4,
            numHBAs=2,
        ),
        runtime=_host_runtime(),
        config=make(vim.host.Summary.ConfigSummary, name=node.name, port=443, product=_esxi(), vmotionEnabled=True),
        overallStatus="green",
    )


# -- storage and networks ----------------------------------------------------------------------------------------


def _store_vms(inventory: Inventory, node: Node) -> list[Any]:
    return [inventory.vm_ref(vm) for vm in inventory.vms() if vm.datastore == node.name]


def _store_summary(_: Inventory, node: Node) -> Any:
    return make(
        vim.Datastore.Summary,
        datastore=node.ref,
        name=escaped(node.name),
        url=f"ds:///vmfs/volumes/{node.ref._moId}/",
        capacity=200 * 1024 * _GIB,
        freeSpace=120 * 1024 * _GIB,
        accessible=True,
        multipleHostAccess=True,
        type="VMFS",
        maintenanceMode="normal",
    )


def _network_vms(inventory: Inventory, node: Node) -> list[Any]:
    return [inventory.vm_ref(vm) for vm in inventory.vms() if any(nic.network == node.name for nic in vm.nics)]


def _network_summary(_: Inventory, node: Node) -> Any:
    return make(vim.Network.Summary, network=node.ref, name=escaped(node.name), accessible=True)


def _port_group_config(inventory: Inventory, node: Node) -> Any:
    vlan = make(_dvs.VmwareDistributedVirtualSwitch.VlanIdSpec, inherited=False, vlanId=node.vlan)
    return make(
        _dvs.DistributedVirtualPortgroup.ConfigInfo,
        key=node.ref._moId,
        name=escaped(node.name),
        numPorts=128,
        distributedVirtualSwitch=inventory.switch.ref,
        defaultPortConfig=make(_dvs.VmwareDistributedVirtualSwitch.VmwarePortConfigPolicy, vlan=vlan),
        type="earlyBinding",
        backingType="standard",
        autoExpand=True,
        uplink=False,
    )


def _distributed(inventory: Inventory) -> list[Any]:
    return [ref for ref in _refs(inventory.networks) if isinstance(ref, _dvs.DistributedVirtualPortgroup)]


def _switch_summary(inventory: Inventory, node: Node) -> Any:
    return make(
        vim.DistributedVirtualSwitch.Summary,
        name=node.name,
        uuid=switch_uuid(),
        numPorts=512,
        hostMember=_refs(inventory.hosts),
        portgroupName=[name for name, (_, kind) in names.PORT_GROUPS.items() if kind == "dvs"],
    )


# -- clusters ----------------------------------------------------------------------------------------------------


def _cluster_hosts(inventory: Inventory, node: Node) -> list[Any]:
    return [host.ref for host in inventory.hosts.values() if host.cluster == node.name]


def _cluster_summary(inventory: Inventory, node: Node) -> Any:
    hosts = len(_cluster_hosts(inventory, node))
    return make(
        vim.ClusterComputeResource.Summary,
        totalCpu=hosts * 64 * 2400,
        totalMemory=hosts * 1024 * _GIB,
        numCpuCores=hosts * 64,
        numCpuThreads=hosts * 128,
        effectiveCpu=hosts * 64 * 2400,
        effectiveMemory=hosts * 1024 * 1024,
        numHosts=hosts,
        numEffectiveHosts=hosts,
        overallStatus="green",
    )


def _pool_vms(inventory: Inventory, node: Node) -> list[Any]:
    return [inventory.vm_ref(vm) for vm in inventory.vms() if vm.cluster == node.cluster and not vm.template]


_NETWORK: Table = {
    **_ENTITY,
    "summary": _network_summary,
    "host": lambda inventory, _: _refs(inventory.hosts),
    "vm": _network_vms,
}

# the most special type first
TABLES: tuple[tuple[Any, Table], ...] = (
    (
        vim.Folder,
        {
            **_ENTITY,
            "childType": _child_types,
            "childEntity": lambda inventory, node: inventory.children(node.ref),
        },
    ),
    (
        vim.Datacenter,
        {
            **_ENTITY,
            "vmFolder": lambda inventory, _: inventory.vm_folder.ref,
            "hostFolder": lambda inventory, _: inventory.host_folder.ref,
            "datastoreFolder": lambda inventory, _: inventory.datastore_folder.ref,
            "networkFolder": lambda inventory, _: inventory.network_folder.ref,
            "datastore": lambda inventory, _: _refs(inventory.datastores),
            "network": lambda inventory, _: _refs(inventory.networks),
            "configuration": lambda *_: make(vim.Datacenter.ConfigInfo),
        },
    ),
    (
        vim.ClusterComputeResource,
        {
            **_ENTITY,
            "host": _cluster_hosts,
            "resourcePool": lambda inventory, node: inventory.pools[node.name].ref,
            "datastore": lambda inventory, _: _refs(inventory.datastores),
            "network": lambda inventory, _: _refs(inventory.networks),
            "summary": _cluster_summary,
        },
    ),
    (
        vim.ResourcePool,
        {
            **_ENTITY,
            "owner": lambda inventory, node: inventory.clusters[node.cluster].ref,
            "vm": _pool_vms,
            "resourcePool": lambda *_: [],
        },
    ),
    (
        vim.HostSystem,
        {
            **_ENTITY,
            "vm": _host_vms,
            "datastore": lambda inventory, _: _refs(inventory.datastores),
            "network": lambda inventory, _: _refs(inventory.networks),
            "runtime": _host_runtime,
            "config": _host_config,
            "summary": _host_summary,
        },
    ),
    (
        vim.Datastore,
        {
            **_ENTITY,
            "summary": _store_summary,
            "vm": _store_vms,
            "host": lambda inventory, _: [
                make(vim.Datastore.HostMount, key=host, mountInfo=make(vim.host.MountInfo, accessMode="readWrite"))
                for host in _refs(inventory.hosts)
            ],
        },
    ),
    (
        _dvs.DistributedVirtualPortgroup,
        {
            **_NETWORK,
            "key": lambda _, node: node.ref._moId,
            "config": _port_group_config,
            "portKeys": lambda *_: [],
        },
    ),
    (vim.Network, _NETWORK),
    (
        _dvs.VmwareDistributedVirtualSwitch,
        {
            **_ENTITY,
            "uuid": lambda *_: switch_uuid(),
            "summary": _switch_summary,
            "portgroup": lambda inventory, _: _distributed(inventory),
        },
    ),
)


def table_of(node: Node) -> Table:
    """The properties that this lab has for a node's type."""
    return next(table for kind, table in TABLES if isinstance(node.ref, kind))


CUSTOM_FIELDS: Table = {"field": field_definitions}
