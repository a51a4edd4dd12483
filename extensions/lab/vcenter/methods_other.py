# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding and arranging: views, the search index, folders, custom attributes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..world import SourceVm
from .inventory import escaped, unescaped
from .rights import hidden
from .service import Call, Service, gone, operation
from .types import fault, make, reference, vim, vmodl

# -- views -------------------------------------------------------------------------------------------------------


@dataclass
class ContainerView:
    """Everything of some types below a container, as it is at each look."""

    ref: Any
    container: Any
    types: list[Any]
    recursive: bool

    def roots(self, service: Service) -> dict[str, Callable[[], Any]]:
        return {
            "view": lambda: self._view(service),
            "container": lambda: self.container,
            "type": lambda: list(self.types),
            "recursive": lambda: self.recursive,
        }

    def _view(self, service: Service) -> list[Any]:
        below = service.inventory.below(self.container, recursive=self.recursive)
        wanted = tuple(self.types)
        return [ref for ref in below if not wanted or isinstance(ref, wanted)]


@operation("CreateContainerView")
def create_container_view(call: Call) -> Any:
    container = call.service.node(call.args["container"]).ref
    if not isinstance(container, (vim.Folder, vim.Datacenter, vim.ComputeResource, vim.ResourcePool, vim.HostSystem)):
        raise _wrong("container")
    view = ContainerView(None, container, list(call.args.get("type") or []), bool(call.args.get("recursive")))
    view.ref = vim.view.ContainerView(call.logged_in.keep("view", view))
    return view.ref


@operation("DestroyView")
def destroy_view(call: Call) -> None:
    if call.logged_in.objects.pop(call.moid, None) is None:
        raise gone(call.this)


# -- the search index --------------------------------------------------------------------------------------------


@operation("FindByUuid")
def find_by_uuid(call: Call) -> Any:
    found = _by_uuid(call)
    return found[0] if found else None


@operation("FindAllByUuid")
def find_all_by_uuid(call: Call) -> Any:
    return _by_uuid(call)


def _by_uuid(call: Call) -> list[Any]:
    if not call.args.get("vmSearch"):
        return []
    attribute = "instance_uuid" if call.args.get("instanceUuid") else "bios_uuid"
    uuid = str(call.args["uuid"]).lower()
    inventory = call.service.inventory
    found = [inventory.vm_ref(vm) for vm in inventory.vms() if getattr(vm, attribute).lower() == uuid]
    return [ref for ref in found if not hidden(call.service, ref)]


@operation("FindByInventoryPath")
def find_by_inventory_path(call: Call) -> Any:
    """DC-Lab/vm/Production/Web/web-01; slashes inside a name are %2f."""
    inventory = call.service.inventory
    current = inventory.root.ref
    for step in str(call.args["inventoryPath"]).strip("/").split("/"):
        current = _child(call.service, current, step)
        if current is None:
            return None
    return current


@operation("FindChild")
def find_child(call: Call) -> Any:
    return _child(call.service, call.args["entity"], str(call.args["name"]))


def _child(service: Service, above: Any, name: str) -> Any:
    return next((ref for ref in service.inventory.children(above) if _name(service, ref) == name), None)


def _name(service: Service, ref: Any) -> str:
    vm = service.inventory.vm(ref._moId)
    if vm is not None:
        return escaped(vm.name)
    node = service.node(ref)
    return node.name if node.path else escaped(node.name)


# -- folders -----------------------------------------------------------------------------------------------------


@operation("CreateFolder", write=True)
def create_folder(call: Call) -> Any:
    above = call.service.node(call.this)
    if above is not call.service.inventory.vm_folder and not above.path:
        raise fault(vmodl.fault.NotSupported, "The lab makes VM folders only.")
    name = escaped(unescaped(str(call.args["name"] or "")))
    if not name:
        raise fault(vim.fault.InvalidName, "The name '' is invalid.", name="")
    taken = _child(call.service, above.ref, name)
    if taken is not None:
        raise duplicate(name, taken)
    path = f"{above.path}/{name}" if above.path else name
    call.world.add_folder(path, call.cause)
    return call.service.inventory.folder(path).ref  # type: ignore[union-attr]


@operation("MoveIntoFolder_Task", write=True)
def move_into_folder(call: Call) -> Any:
    folder = call.service.node(call.this)
    if folder is not call.service.inventory.vm_folder and not folder.path:
        raise fault(vmodl.fault.NotSupported, "The lab moves VMs between VM folders only.")
    vms = [call.service.vm(ref) for ref in call.args["list"]]

    def work() -> None:
        for vm in vms:
            refuse_duplicate(call.service, vm, vm.name, folder.path)
            call.world.change_source(vm, "folder", "folder", folder.path, call.cause)

    return call.service.tasks.start(call.method, folder.ref, folder.name, call.user, 1, work)


def refuse_duplicate(service: Service, vm: SourceVm, name: str, folder: str) -> None:
    """Two VMs of one name never share a folder."""
    for other in service.inventory.vms():
        if other is not vm and other.folder == folder and other.name.lower() == name.lower():
            raise duplicate(escaped(name), service.inventory.vm_ref(other))


def duplicate(name: str, taken: Any) -> Any:
    return fault(vim.fault.DuplicateName, f"The name '{name}' already exists.", name=name, object=taken)


# -- custom attributes -------------------------------------------------------------------------------------------


@operation("AddCustomFieldDef", write=True)
def add_custom_field(call: Call) -> Any:
    name = str(call.args["name"] or "")
    with call.world.lock:
        if name in call.world.custom_fields:
            raise duplicate(name, reference(vim.CustomFieldsManager, "CustomFieldsManager"))
        key = call.world.add_custom_field(name, call.cause)
    kind = call.args.get("moType")
    return make(vim.CustomFieldsManager.FieldDef, key=key, name=name, type=str, managedObjectType=kind)


@operation("RemoveCustomFieldDef", write=True)
def remove_custom_field(call: Call) -> None:
    """With the values that objects have of it."""
    names = [name for name, known in call.world.custom_fields.items() if known == call.args["key"]]
    if not names:
        raise _wrong("key")
    with call.world.lock:
        for vm in [vm for vm in call.world.source.values() if names[0] in vm.custom_values]:
            call.world.set_custom_value(vm, names[0], "", call.cause, call.user)
        call.world.custom_fields.pop(names[0])
        call.world.journal.write("", "source", "custom_field", names[0], None, call.cause)


@operation("SetField", write=True)
def set_field(call: Call) -> None:
    key = call.args["key"]
    names = [name for name, known in call.world.custom_fields.items() if known == key]
    if not names:
        raise _wrong("key")
    vm = call.service.vm(call.args["entity"])
    _unless_held(call, vm)
    call.world.set_custom_value(vm, names[0], str(call.args["value"] or ""), call.cause, call.user)


@operation("setCustomValue", write=True)
def set_custom_value(call: Call) -> None:
    """The same by the attribute's name, on the object itself."""
    name = str(call.args["key"])
    if name not in call.world.custom_fields:
        raise _wrong("key")
    _unless_held(call, call.vm())
    call.world.set_custom_value(call.vm(), name, str(call.args["value"] or ""), call.cause, call.user)


def _unless_held(call: Call, vm: SourceVm) -> None:
    if call.world.switches.lease_holds_attributes:
        call.service.tasks.refuse_during_import(call.service.inventory.vm_ref(vm))


def _wrong(parameter: str) -> Any:
    return fault(
        vmodl.fault.InvalidArgument,
        f"A specified parameter was not correct: {parameter}",
        invalidProperty=parameter,
    )
