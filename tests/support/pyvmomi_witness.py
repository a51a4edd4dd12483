# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A witness: drives a vCenter with whatever pyVmomi it is started with, and prints what it saw as JSON.

It uses nothing of this project, so that both generations of pyVmomi run the same lines. The place comes on stdin:
``{"host", "port", "ca", "user", "password"}``. It changes one VM there, and says nothing that depends on the moment.
"""

from __future__ import annotations

import importlib.metadata
import json
import ssl
import sys
import time
from typing import Any

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl

PC: Any = vmodl.query.PropertyCollector
Place = dict[str, Any]


def connect(place: Place, password: str) -> Any:
    trust = ssl.create_default_context(cafile=place["ca"])
    return SmartConnect(host=place["host"], port=place["port"], user=place["user"], pwd=password, sslContext=trust)


def wrong_password(place: Place) -> Any:
    try:
        connect(place, "wrong")
    except vim.fault.InvalidLogin as refused:
        return {"fault": kind(refused), "said": refused.msg}
    return "nobody was turned away"


def kind(thing: Any) -> str:
    return type(thing).__name__.rpartition(".")[2]


def ended(task: Any) -> str:
    until = time.monotonic() + 30
    while task.info.state not in ("success", "error") and time.monotonic() < until:
        time.sleep(0.02)
    info = task.info
    return str(info.state) if info.error is None else kind(info.error)


def pages(content: Any, size: int) -> tuple[list[Any], int]:
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
    step = PC.TraversalSpec(name="view", type=vim.view.ContainerView, path="view", skip=False)
    spec = PC.FilterSpec(
        objectSet=[PC.ObjectSpec(obj=view, skip=True, selectSet=[step])],
        propSet=[
            PC.PropertySpec(type=vim.VirtualMachine, pathSet=["name", "runtime.powerState", "config.hardware.device"])
        ],
    )
    collector = content.propertyCollector
    part = collector.RetrievePropertiesEx([spec], PC.RetrieveOptions(maxObjects=size))
    found, count = list(part.objects), 1
    while part.token:
        part, count = collector.ContinueRetrievePropertiesEx(part.token), count + 1
        found += part.objects
    view.DestroyView()
    return found, count


def shape(found: Any) -> list[Any]:
    values = {one.name: one.val for one in found.propSet}
    devices = sorted(kind(device) for device in values["config.hardware.device"])
    return [found.obj._moId, values["name"], str(values["runtime.powerState"]), devices]


def reconfigure(vm: Any) -> dict[str, Any]:
    card = next(one for one in vm.config.hardware.device if isinstance(one, vim.vm.device.VirtualEthernetCard))
    card.connectable.connected = card.connectable.startConnected = False
    edit = vim.vm.device.VirtualDeviceSpec(operation="edit", device=card)
    state = ended(vm.ReconfigVM_Task(vim.vm.ConfigSpec(annotation="by <the> witness", deviceChange=[edit])))
    after = next(one for one in vm.config.hardware.device if one.key == card.key)
    return {"task": state, "annotation": vm.config.annotation, "connects": after.connectable.startConnected}


def attribute(content: Any, vm: Any) -> dict[str, Any]:
    manager = content.customFieldsManager
    key = manager.AddCustomFieldDef("witness", vim.VirtualMachine).key
    manager.SetField(vm, key, '{"v": 1, "text": "<&>é"}')
    try:
        manager.AddCustomFieldDef("witness", vim.VirtualMachine)
    except vim.fault.DuplicateName as refused:
        return {"values": _values(vm, key), "again": [kind(refused), refused.name]}
    return {"values": _values(vm, key), "again": "made a second time"}


def _values(vm: Any, key: int) -> list[str]:
    return [one.value for one in vm.customValue if one.key == key]


def witness(place: Place) -> dict[str, Any]:
    instance = connect(place, place["password"])
    content = instance.RetrieveContent()
    machines, count = pages(content, 300)
    shapes = sorted(map(shape, machines))
    vm = next(one.obj for one in sorted(machines, key=lambda one: one.obj._moId) if shape(one)[2] == "poweredOn")
    seen = {
        "about": [content.about.apiType, content.about.version],
        "clock": instance.CurrentTime().tzinfo is not None,
        "pages": count,
        "machines": len(shapes),
        "shapes": shapes,
        "wrong password": wrong_password(place),
        "power off": [ended(vm.PowerOff()), str(vm.runtime.powerState)],
        "power off again": ended(vm.PowerOff()),
        "reconfigure": reconfigure(vm),
        "attribute": attribute(content, vm),
        "rename": [ended(vm.Rename("a %2f witness")), vm.name],
        "power on": [ended(vm.PowerOn()), str(vm.runtime.powerState)],
    }
    root = content.rootFolder.childEntity[0].vmFolder
    seen["move"] = [ended(root.CreateFolder("Witness").MoveInto([vm])), vm.parent.name]
    by_entity = vim.event.EventFilterSpec.ByEntity(entity=vm, recursion="self")
    events = content.eventManager.QueryEvents(vim.event.EventFilterSpec(entity=by_entity))
    seen["events"] = [[kind(event), event.userName] for event in events]
    seen["gone"] = gone(vim.VirtualMachine("vm-99999", instance._stub))
    Disconnect(instance)
    return seen


def gone(ref: Any) -> Any:
    try:
        return ref.name
    except vmodl.fault.ManagedObjectNotFound as refused:
        return kind(refused)


if __name__ == "__main__":
    told = witness(json.load(sys.stdin))
    print(json.dumps({"pyvmomi": importlib.metadata.version("pyvmomi"), **told}))
