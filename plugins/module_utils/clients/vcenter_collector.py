# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The property collector: many properties of many objects in few calls, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from .vcenter_faults import is_expired_session
from .vcenter_session import ReadCut, Wire

Wanted = Sequence[tuple[Any, Sequence[str]]]  # managed type, property paths


class Found(NamedTuple):
    """One object. What is in neither table is simply unset."""

    thing: Any
    props: dict[str, Any]
    missing: Mapping[str, Any]  # property path -> the fault with which vCenter kept it back


def retrieve(
    wire: Wire, wanted: Wanted, *, view: Any = None, objects: Sequence[Any] = (), page_size: int = 500
) -> Iterator[Found]:
    """Everything in the view, and the objects named."""
    collector_types = wire.sdk.vmodl.query.PropertyCollector
    roots = [collector_types.ObjectSpec(obj=thing, skip=False) for thing in objects]
    if view is not None:
        step = collector_types.TraversalSpec(name="in_view", type=type(view), path="view", skip=False)
        roots.append(collector_types.ObjectSpec(obj=view, skip=True, selectSet=[step]))
    spec = collector_types.FilterSpec(
        objectSet=roots,
        propSet=[collector_types.PropertySpec(type=kind, pathSet=list(paths), all=False) for kind, paths in wanted],
    )
    collector = wire.content.propertyCollector
    page = collector.RetrievePropertiesEx([spec], collector_types.RetrieveOptions(maxObjects=page_size))
    while page is not None:
        for found in page.objects:
            yield _found(found)
        if not page.token:
            return
        try:
            page = collector.ContinueRetrievePropertiesEx(page.token)
        except wire.sdk.vmodl.fault.InvalidArgument as fault:
            raise ReadCut from fault


def _found(found: Any) -> Found:
    missing = {entry.path: entry.fault for entry in found.missingSet or []}
    for fault in missing.values():
        if is_expired_session(fault):  # vCenter answers an expired session's read like this, without a fault
            raise fault
    return Found(found.obj, {entry.name: entry.val for entry in found.propSet}, missing)


@contextmanager
def container_view(wire: Wire, types: Sequence[Any]) -> Iterator[Any]:
    """Everything of these types in the inventory, for as long as the block runs."""
    view = wire.content.viewManager.CreateContainerView(wire.content.rootFolder, list(types), True)
    yield view
    # Not in a finally: after an error the session may be gone, and it takes the view with it.
    view.DestroyView()
