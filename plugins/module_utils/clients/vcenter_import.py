# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vCenter again, for one who makes virtual machines: finding them by name, importing an OVF, sizing, removing."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from . import vcenter_inventory, vcenter_read, vcenter_tasks
from .errors import ClientError, Conflict, InvalidRequest
from .vcenter import TASK_TIMEOUT_S, VcenterClient
from .vcenter_collector import container_view, retrieve
from .vcenter_faults import from_fault, reason
from .vcenter_lease import Lease
from .vcenter_names import decode, encode
from .vcenter_sdk import moid, sdk
from .vcenter_session import Wire, tls_context

UPLOAD_TLS_S = 60

# How vCenter refuses to change a machine while the lease of its import is held. That it refuses is documented for
# HttpNfcLease, the fault is not.
_HELD = ("TaskInProgress", "InvalidState", "MethodDisabled")


@dataclass(frozen=True, kw_only=True)
class FileItem:
    """A file that the import wants: where it belongs, and its name in the OVF package."""

    device: str
    path: str
    create: bool  # a file beside the disks


@dataclass(frozen=True, kw_only=True)
class ImportSpec:
    """What vCenter made of a descriptor."""

    spec: Any  # vim.vm.VmImportSpec
    files: tuple[FileItem, ...]
    warnings: tuple[str, ...]

    @property
    def notes(self) -> str:
        return str(self.spec.configSpec.annotation or "")


def is_held(error: ClientError) -> bool:
    """Whether the machine may not be changed because an import still holds it."""
    return error.code in _HELD


class VcenterImport(VcenterClient):
    """Signs in with its first call, as the client does that it extends."""

    @property
    def hostname(self) -> str:
        return self._session.settings.hostname

    # -- reads -----------------------------------------------------------------------------------------------------

    def machines_named(self, name: str) -> list[dict[str, Any]]:
        """All virtual machines of that name, wherever they are, each with its ``notes``."""

        def ask(wire: Wire) -> list[dict[str, Any]]:
            vm_type = wire.sdk.vim.VirtualMachine
            with container_view(wire, [vm_type]) as view:
                found = list(retrieve(wire, [(vm_type, ["name"])], view=view, page_size=1000))
            fits = [moid(one.thing) for one in found if decode(one.props.get("name") or "").lower() == name.lower()]
            return [shown for one in fits for shown in self._described(wire, one)]

        return self._session.read(f"looking for the virtual machine {name}", ask)

    def _described(self, wire: Wire, moid_of_vm: str) -> Iterator[dict[str, Any]]:
        try:
            found = vcenter_read.read_one(wire, moid_of_vm, (*vcenter_read.VM_PATHS, "config.annotation"))
        except wire.sdk.vmodl.fault.ManagedObjectNotFound:
            return  # gone since it was listed: half-made machines go by themselves
        places = self._known_places(wire)
        if vcenter_read.refers_to_unknown(found.props, places):
            places = self._places_now(wire)
        # what is kept back may be the very mark that says whose machine this is
        for fault in (*found.missing.values(), *places.hidden_attributes.values()):
            raise fault
        shape = vcenter_read.parse_fresh(wire, found, places)
        yield {**shape, "notes": found.props.get("config.annotation") or ""}

    def placement(self) -> list[dict[str, Any]]:
        """What a machine can be put on."""
        return self._session.read("reading where virtual machines can go", vcenter_inventory.read)

    # -- importing -------------------------------------------------------------------------------------------------

    def import_spec(
        self,
        descriptor: str,
        *,
        name: str,
        pool: str,
        host: str,
        datastore: str,
        network: tuple[str, str],
        networks: Sequence[str],
        provisioning: str,
    ) -> ImportSpec:
        """Have vCenter read the descriptor. All networks that it names become the one ``network`` (type and id)."""
        operation = "reading the OVF descriptor"

        def ask(wire: Wire) -> Any:
            vim = wire.sdk.vim
            port_group = vim.dvs.DistributedVirtualPortgroup
            types = {"DistributedVirtualPortgroup": port_group, "OpaqueNetwork": vim.OpaqueNetwork}
            target = wire.managed(types.get(network[0], vim.Network), network[1])
            parameters = vim.OvfManager.CreateImportSpecParams(
                locale="",
                deploymentOption="",
                entityName=encode(name),
                diskProvisioning=provisioning,
                hostSystem=wire.managed(vim.HostSystem, host),
                networkMapping=[vim.OvfManager.NetworkMapping(name=one, network=target) for one in networks],
            )
            return wire.content.ovfManager.CreateImportSpec(
                descriptor, wire.managed(vim.ResourcePool, pool), wire.managed(vim.Datastore, datastore), parameters
            )

        answer = self._session.read(operation, ask)
        told = f"{self._session.place}: {operation}"
        for fault in answer.error or []:
            raise from_fault(fault, told) from fault
        if not isinstance(answer.importSpec, sdk().vim.vm.VmImportSpec):
            raise InvalidRequest(
                f"{told} failed: it describes something else than one virtual machine",
                code="ova_unusable",
                operation=told,
            )
        return ImportSpec(
            spec=answer.importSpec,
            files=tuple(
                FileItem(device=item.deviceId, path=item.path, create=bool(item.create)) for item in answer.fileItem
            ),
            warnings=tuple(map(reason, answer.warning or [])),
        )

    def begin_import(self, spec: ImportSpec, *, pool: str, folder: str, host: str, notes: str) -> Lease:
        """Have the machine made, with these notes from its first moment on."""
        spec.spec.configSpec.annotation = notes

        def send(wire: Wire) -> str:
            vim = wire.sdk.vim
            lease = wire.managed(vim.ResourcePool, pool).ImportVApp(
                spec.spec, wire.managed(vim.Folder, folder), wire.managed(vim.HostSystem, host)
            )
            return moid(lease)

        return Lease(self._session, self._session.write("importing the virtual machine", send), self._clock)

    def upload_trust(self) -> ssl.SSLContext:
        """ESXi hosts take the uploads; their certificates are verified as vCenter's own is."""
        return tls_context(self._session.settings, UPLOAD_TLS_S)

    def prepare_marks(self) -> None:
        """Make the custom attribute unless it is there, before anything else is made."""
        self._mark_key()

    # -- changing --------------------------------------------------------------------------------------------------

    def configure(
        self, moid_of_vm: str, *, cpu_cores: int, memory_mb: int, notes: str | None = None, patience_s: float = 0
    ) -> None:
        """Processors, memory and notes of a machine that is off."""

        def start(wire: Wire) -> Any:
            spec = wire.sdk.vim.vm.ConfigSpec(numCPUs=cpu_cores, memoryMB=memory_mb)
            if notes is not None:
                spec.annotation = notes
            return wire.managed(wire.sdk.vim.VirtualMachine, moid_of_vm).ReconfigVM_Task(spec)

        self._held_task(f"configuring {moid_of_vm}", start, patience_s)

    def destroy(self, moid_of_vm: str, *, patience_s: float = 0) -> None:
        """Remove a machine that is off, with its disks."""

        def start(wire: Wire) -> Any:
            return wire.managed(wire.sdk.vim.VirtualMachine, moid_of_vm).Destroy_Task()

        self._held_task(f"removing {moid_of_vm}", start, patience_s)

    def _held_task(self, operation: str, start: Any, patience_s: float) -> None:
        """A task, tried again for some time while an import holds the machine."""
        deadline = self._clock.monotonic() + patience_s
        busy_s = 0 if patience_s else vcenter_tasks.BUSY_S
        while True:
            try:
                vcenter_tasks.run(self._session, operation, start, TASK_TIMEOUT_S, clock=self._clock, busy_s=busy_s)
                return
            except Conflict as error:
                if not is_held(error) or self._clock.monotonic() >= deadline:
                    raise
                self._clock.sleep(min(2.0, patience_s / 20))
