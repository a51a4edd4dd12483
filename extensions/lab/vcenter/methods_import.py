# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Importing an OVF: from its descriptor to an import spec, from that to a lease, and the lease's own operations."""

from __future__ import annotations

import uuid
from typing import Any

from .. import appliances
from ..runtime import Lab
from ..world import SourceDisk, SourceNic, SourceVm
from . import ovf
from .devices import CONTROLLERS
from .inventory import escaped, unescaped
from .methods_other import refuse_duplicate
from .nfc import Lease, Upload
from .service import Call, gone, operation
from .types import fault, make, vim, vmodl

_manager = vim.OvfManager
_device = vim.vm.device
_Spec = _device.VirtualDeviceSpec
_OnSwitch = _device.VirtualEthernetCard.DistributedVirtualPortBackingInfo
_OnNetwork = _device.VirtualEthernetCard.NetworkBackingInfo


@operation("CreateImportSpec")
def create_import_spec(call: Call) -> Any:
    """What is wrong with a descriptor is in the result, not a fault."""
    wanted, store = call.args["cisp"], call.service.node(call.args["datastore"])
    try:
        machine = ovf.read(str(call.args["ovfDescriptor"] or ""))
    except vim.fault.OvfFault as wrong:
        return make(_manager.CreateImportSpecResult, error=[wrong])
    name = (wanted.entityName if wanted is not None else "") or machine.name
    thin = wanted is not None and wanted.diskProvisioning == "thin"
    networks = {
        mapping.name: mapping.network for mapping in (wanted.networkMapping if wanted is not None else None) or []
    }
    changes = [make(_Spec, operation="add", device=controller) for controller in machine.controllers]
    for disk in machine.disks:
        disk.device.backing = make(
            _device.VirtualDisk.FlatVer2BackingInfo,
            fileName="",
            datastore=store.ref,
            diskMode="persistent",
            thinProvisioned=thin,
        )
        changes.append(make(_Spec, operation="add", fileOperation="create", device=disk.device))
    for card, network in machine.cards:
        card.backing = make(_OnNetwork, deviceName=network, network=networks.get(network))
        changes.append(make(_Spec, operation="add", device=card))
    spec = make(
        vim.vm.ConfigSpec,
        name=escaped(unescaped(name)),
        version=machine.hardware,
        guestId=machine.guest_id,
        alternateGuestName=machine.guest_name or None,
        firmware=machine.firmware,
        files=make(vim.vm.FileInfo, vmPathName=f"[{store.name}]"),
        numCPUs=machine.cpus,
        memoryMB=machine.memory_mb,
        deviceChange=changes,
        vAppConfig=_product(machine.product),
    )
    items = [
        make(
            _manager.FileItem, deviceId=f"/{name}/{disk.key}", path=disk.file, size=disk.file_bytes or None, cimType=17
        )
        for disk in machine.disks
        if disk.file
    ]
    return make(_manager.CreateImportSpecResult, importSpec=make(vim.vm.VmImportSpec, configSpec=spec), fileItem=items)


def _product(name: str) -> Any:
    """What the descriptor's ProductSection becomes; None where it has none."""
    if not name:
        return None
    info = make(vim.vApp.ProductInfo, key=0, name=name)
    return make(vim.vApp.VmConfigSpec, product=[make(vim.vApp.ProductSpec, operation="add", info=info)])


@operation("ImportVApp", write=True)
def import_vapp(call: Call) -> Any:
    spec, session = call.args["spec"], call.logged_in
    if not isinstance(spec, vim.vm.VmImportSpec):
        raise fault(vmodl.fault.NotSupported, "The lab imports single virtual machines only.")
    folder = call.args.get("folder")
    place = call.service.node(folder) if folder is not None else call.service.inventory.vm_folder
    vm, uploads = _machine(call, spec.configSpec, place.path)

    def check() -> None:
        refuse_duplicate(call.service, vm, vm.name, vm.folder)

    check()
    lease = Lease(call.service, vm, uploads, call.user, call.cause, check)
    config = spec.configSpec.vAppConfig
    lease.product = next((one.info.name for one in (config.product if config else None) or []), "")
    lease.ref = vim.HttpNfcLease(session.keep("lease", lease))
    call.service.leases[lease.secret] = lease
    return lease.ref


def _machine(call: Call, spec: Any, folder: str) -> tuple[SourceVm, list[Upload]]:
    """The source VM that a configuration describes: off, without Tools, as empty as its disks."""
    inventory = call.service.inventory
    cluster = call.service.node(call.this).cluster
    asked = call.args.get("host")
    host = (
        call.service.node(asked)
        if asked is not None
        else next(h for h in inventory.hosts.values() if h.cluster == cluster)
    )
    name, store = unescaped(str(spec.name)), str(spec.files.vmPathName).strip("[] ").partition("]")[0]
    moid = call.world.new_moid()
    identity = uuid.uuid5(uuid.NAMESPACE_OID, f"{moid} {name} {call.cause}")
    devices = [change.device for change in spec.deviceChange or []]
    disks, uploads = _disks(devices, name, store, identity)
    vm = SourceVm(
        name=name,
        moid=moid,
        instance_uuid=str(identity),
        bios_uuid=str(uuid.uuid5(identity, "bios")),
        host=host.name,
        cluster=cluster,
        folder=folder,
        datastore=store,
        guest_id=str(spec.guestId or "otherGuest"),
        guest_name=str(spec.alternateGuestName or ""),
        guest_family="otherGuestFamily",
        hostname="",
        firmware=str(spec.firmware or "bios"),
        cpu_cores=int(spec.numCPUs or 1),
        memory_mb=int(spec.memoryMB or 0),
        disks=disks,
        nics=_cards(call, devices, identity),
        power="poweredOff",
        tools="guestToolsNotRunning",
        tools_installed=False,
        hardware_version=str(spec.version or "vmx-19"),
        cbt_enabled=False,
        annotation=str(spec.annotation or ""),
    )
    return vm, uploads


def _disks(devices: list[Any], name: str, store: str, identity: uuid.UUID) -> tuple[list[SourceDisk], list[Upload]]:
    controllers = {one.key: one for one in devices if isinstance(one, _device.VirtualController)}
    disks, uploads = [], []
    for number, device in enumerate(one for one in devices if isinstance(one, _device.VirtualDisk)):
        controller = controllers[device.controllerKey]
        kind = next(word for word, (type_, _, _) in CONTROLLERS.items() if type(controller) is type_)
        bus, unit = int(controller.busNumber), int(device.unitNumber or 0)
        suffix = f"_{number}" if number else ""
        capacity = int(device.capacityInBytes or device.capacityInKB * 1024)
        disks.append(
            SourceDisk(
                key=2000 + number,
                uuid=f"6000C29{str(uuid.uuid5(identity, f'disk {number}'))[7:]}",
                label=f"Hard disk {number + 1}",
                controller=kind,
                bus=bus,
                unit=unit,
                capacity_bytes=capacity,
                thin=bool(device.backing.thinProvisioned),
                datastore=store,
                file=f"[{store}] {name}/{name}{suffix}.vmdk",
            )
        )
        key = f"{type(controller)._wsdlName}{bus}:{unit}"
        uploads.append(Upload(key, f"/{name}/{key}", f"disk-{number}.vmdk", capacity))
    return disks, uploads


def _cards(call: Call, devices: list[Any], identity: uuid.UUID) -> list[SourceNic]:
    cards = []
    for number, device in enumerate(one for one in devices if isinstance(one, _device.VirtualEthernetCard)):
        random = uuid.uuid5(identity, f"card {number}").bytes
        cards.append(
            SourceNic(
                key=4000 + number,
                label=f"Network adapter {number + 1}",
                mac=f"00:50:56:{random[0] % 0x40:02x}:{random[1]:02x}:{random[2]:02x}",
                network=_network(call, device.backing),
                adapter=type(device)._wsdlName.removeprefix("Virtual").lower(),
                connected=False,
            )
        )
    return cards


def _network(call: Call, backing: Any) -> str:
    """The port group that a card is for; where nobody said which, the first one, as vCenter does."""
    networks = call.service.inventory.networks
    if isinstance(backing, _OnSwitch):
        wanted = backing.port.portgroupKey
    else:
        wanted = backing.network._moId if backing.network is not None else ""
    found = next((name for name, node in networks.items() if node.ref._moId == wanted), None)
    return found or (backing.deviceName if getattr(backing, "deviceName", "") in networks else next(iter(networks)))


# -- the lease ---------------------------------------------------------------------------------------------------


def _lease(call: Call) -> Lease:
    found = call.logged_in.objects.get(call.moid)
    if not isinstance(found, Lease):
        raise gone(call.this)
    return found


@operation("HttpNfcLeaseProgress", write=True)
def progress(call: Call) -> None:
    _lease(call).progress(int(call.args["percent"] or 0))


@operation("HttpNfcLeaseAbort", write=True)
def abort(call: Call) -> None:
    lease = _lease(call)
    lease.refuse_ended()
    said = call.args.get("fault")
    lease.end("error", said if said is not None else fault(vmodl.fault.RequestCanceled, "The lease was aborted."))


@operation("HttpNfcLeaseComplete", write=True)
def complete(call: Call) -> None:
    lease = _lease(call)
    lease.refuse_ended()
    if lease.state != "ready":
        raise fault(vim.fault.InvalidState, "The lease is not ready yet.")
    lease.end("done")
    if lease.product == appliances.PRODUCT and all(upload.size for upload in lease.uploads):
        _becomes_appliance(call.service.lab, lease.vm)


def _becomes_appliance(lab: Lab, vm: SourceVm) -> None:
    """Its disks hold a Windows with the appliance's software, and VMware Tools."""
    with lab.world.lock:
        vm.guest_family, vm.hostname, vm.tools_installed = "windowsGuest", vm.name, True
        appliances.of_image(lab, appliances.SOURCE, vm.name, vm.instance_uuid)


@operation("HttpNfcLeaseGetManifest")
def manifest(call: Call) -> Any:
    return _lease(call).manifest()
