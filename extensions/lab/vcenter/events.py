# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events: what happened to whom, once or page by page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import world
from .inventory import Inventory
from .service import Call, Service, gone, operation
from .types import fault, make, vim, vmodl

_event = vim.event
_PAGE_CAP = 1000


@operation("QueryEvents")
def query_events(call: Call) -> list[Any]:
    return _found(call.service, call.args["filter"])


@dataclass
class EventCollector:
    """Events that fit a filter, and how far a client has read them. New ones may join at the end."""

    ref: Any
    filter: Any
    position: int = 0
    page_size: int = 10

    def roots(self, service: Service) -> dict[str, Callable[[], Any]]:
        return {
            "filter": lambda: self.filter,
            "latestPage": lambda: list(reversed(_found(service, self.filter)))[: self.page_size],
            "initialized": lambda: True,
        }


@operation("CreateCollectorForEvents")
def create_collector(call: Call) -> Any:
    collector = EventCollector(None, call.args["filter"])
    _found(call.service, collector.filter)  # a bad filter is told at once
    collector.ref = _event.EventHistoryCollector(call.logged_in.keep("event", collector))
    return collector.ref


@operation("ReadNextEvents")
def read_next(call: Call) -> list[Any]:
    collector = _collector(call)
    found = _found(call.service, collector.filter)
    page = found[collector.position : collector.position + _count(call)]
    collector.position += len(page)
    return page


@operation("ReadPreviousEvents")
def read_previous(call: Call) -> list[Any]:
    collector = _collector(call)
    found = _found(call.service, collector.filter)
    first = max(0, collector.position - _count(call))
    page = found[first : collector.position]
    collector.position = first
    return page


@operation("RewindCollector")
def rewind(call: Call) -> None:
    _collector(call).position = 0


@operation("ResetCollector")
def reset(call: Call) -> None:
    collector = _collector(call)
    collector.position = len(_found(call.service, collector.filter))


@operation("SetCollectorPageSize")
def set_page_size(call: Call) -> None:
    _collector(call).page_size = min(_count(call), _PAGE_CAP)


@operation("DestroyCollector")
def destroy(call: Call) -> None:
    if call.logged_in.objects.pop(call.moid, None) is None:
        raise gone(call.this)


def _collector(call: Call) -> EventCollector:
    found = call.logged_in.objects.get(call.moid)
    if not isinstance(found, EventCollector):
        raise gone(call.this)
    return found


def _count(call: Call) -> int:
    count = int(call.args["maxCount"] or 0)
    if not 0 < count <= _PAGE_CAP:
        raise fault(
            vmodl.fault.InvalidArgument, "A specified parameter was not correct: maxCount", invalidProperty="maxCount"
        )
    return count


# -- filtering ---------------------------------------------------------------------------------------------------


def _found(service: Service, wanted: Any) -> list[Any]:
    """The events that fit, oldest first."""
    if wanted is None:
        raise fault(
            vmodl.fault.InvalidArgument, "A specified parameter was not correct: filter", invalidProperty="filter"
        )
    vms = _entities(service, wanted.entity)
    words = {str(word).rpartition(".")[2] for word in wanted.eventTypeId or []}
    types = tuple(wanted.type or [])
    with service.world.lock:
        happened = list(service.world.events)
    fitting = [
        event
        for event in happened
        if (vms is None or event.vm.lower() in vms)
        and _in_time(event, wanted.time)
        and (wanted.userName is None or not wanted.userName.userList or event.user in wanted.userName.userList)
        and (not words or event.kind in words)
        and (not types or issubclass(_type(event.kind), types))
    ]
    if wanted.maxCount and wanted.maxCount > 0:
        fitting = fitting[-wanted.maxCount :]
    return [_shown(service.inventory, event) for event in fitting]


def _entities(service: Service, by: Any) -> set[str] | None:
    """The VMs that the filter's entity stands for; None for all of them."""
    if by is None:
        return None
    vm = service.inventory.vm(by.entity._moId)
    if vm is not None:
        return {vm.instance_uuid.lower()} if by.recursion != "children" else set()
    service.node(by.entity)
    if by.recursion == "self":
        return set()
    below = service.inventory.below(by.entity, recursive=by.recursion == "all")
    found = (service.inventory.vm(ref._moId) for ref in below)
    return {one.instance_uuid.lower() for one in found if one is not None}


def _in_time(event: world.Event, time: Any) -> bool:
    if time is None:
        return True
    after = time.beginTime is None or event.at >= time.beginTime
    return after and (time.endTime is None or event.at <= time.endTime)


def _type(kind: str) -> Any:
    return getattr(_event, kind, _event.VmEvent)


def _shown(inventory: Inventory, event: world.Event) -> Any:
    values: dict[str, Any] = {
        "key": event.key,
        "chainId": event.key,
        "createdTime": event.at,
        "userName": event.user,
        "fullFormattedMessage": event.text,
        "datacenter": make(
            _event.DatacenterEventArgument, name=inventory.datacenter.name, datacenter=inventory.datacenter.ref
        ),
    }
    vm = inventory.world.source.get(event.vm.lower()) or inventory.world.removed.get(event.vm.lower())
    if vm is not None:
        values["vm"] = make(_event.VmEventArgument, name=vm.name, vm=inventory.vm_ref(vm))
        host = inventory.hosts.get(vm.host)
        if host is not None:
            values["host"] = make(_event.HostEventArgument, name=host.name, host=host.ref)
            cluster = inventory.clusters[host.cluster]
            values["computeResource"] = make(
                _event.ComputeResourceEventArgument, name=cluster.name, computeResource=cluster.ref
            )
        if event.kind == "CustomFieldValueChangedEvent":
            values["entity"] = make(_event.ManagedEntityEventArgument, name=vm.name, entity=inventory.vm_ref(vm))
    return make(_type(event.kind), **values, **event.details)
