# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for a task of vCenter, by the property collector's updates, within a time limit on a monotonic clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .clock import Clock
from .errors import Conflict, DeadlineExceeded
from .vcenter_collector import retrieve
from .vcenter_faults import from_fault
from .vcenter_sdk import moid, sdk
from .vcenter_session import ReadCut, Session, Wire

LONGEST_CALL_S = 20  # of one WaitForUpdatesEx; well below the time limit of a request
FIRST_POLL_S, LONGEST_POLL_S = 0.1, 2.0
BUSY_S, BUSY_PAUSE_S = 60, 1.0  # how long a machine that another task holds is worth waiting for
_PATHS = ["info.state", "info.error"]
_ENDED = ("success", "error")


def run(
    session: Session,
    operation: str,
    start: Callable[[Wire], Any],
    timeout_s: float,
    *,
    clock: Clock,
    busy_s: float = BUSY_S,
) -> None:
    """Start a task and wait until it has ended well. A failed task raises what its fault means.

    Where another task holds the machine (the appliance's snapshot, a backup's), that is waited for, but not for long.
    """
    deadline = clock.monotonic() + timeout_s
    patience = clock.monotonic() + min(timeout_s, busy_s)
    while True:
        try:
            _run_once(session, operation, start, timeout_s, deadline, clock)
            return
        except Conflict as error:
            if error.code != "TaskInProgress" or clock.monotonic() >= patience:
                raise
            clock.sleep(BUSY_PAUSE_S)


def _run_once(
    session: Session,
    operation: str,
    start: Callable[[Wire], Any],
    timeout_s: float,
    deadline: float,
    clock: Clock,
) -> None:
    task = moid(session.write(operation, start))

    def left() -> float:
        return max(0.0, deadline - clock.monotonic())

    values = session.read(operation, lambda wire: _await_end(session, wire, task, left, clock.sleep))
    told = f"{session.place}: {operation}"
    if values.get("info.state") not in _ENDED:
        raise DeadlineExceeded(
            f"{told} has not ended within {timeout_s:g} s; {task} goes on",
            code="TaskTimeout",
            remedy="Look at the task in vCenter, and whether the virtual machine asks a question",
            operation=told,
        )
    if values["info.state"] == "error":
        # An update brings state and error in one; where it did not, the task is asked.
        fault = values.get("info.error") or session.read(operation, lambda wire: _read(wire, task)).get("info.error")
        fault = fault or sdk().vmodl.fault.SystemError(reason="the task gave no reason")
        raise from_fault(fault, told) from fault


def _await_end(
    session: Session, wire: Wire, task_id: str, left: Callable[[], float], sleep: Callable[[float], None]
) -> dict[str, Any]:
    """The task's properties once it has ended, or as they are when the time is over."""
    faults = wire.sdk.vmodl.fault
    if session.server_waits:
        try:
            return _watch(wire, task_id, left)
        except (faults.MethodNotFound, faults.NotSupported, faults.NotImplemented):
            session.server_waits = False
    return _poll(wire, task_id, left, sleep)


def _watch(wire: Wire, task_id: str, left: Callable[[], float]) -> dict[str, Any]:
    types, lost_place = wire.sdk.vmodl.query.PropertyCollector, wire.sdk.vmodl.query.InvalidCollectorVersion
    task = wire.managed(wire.sdk.vim.Task, task_id)
    spec = types.FilterSpec(
        objectSet=[types.ObjectSpec(obj=task, skip=False)],
        propSet=[types.PropertySpec(type=type(task), pathSet=_PATHS, all=False)],
    )
    # A collector of its own: the default one is shared by all threads of the session, and so are its updates.
    collector = wire.content.propertyCollector.CreatePropertyCollector()
    collector.CreateFilter(spec, False)
    values: dict[str, Any] = {}
    version = ""
    while True:
        seconds = left()
        wait = types.WaitOptions(maxWaitSeconds=min(LONGEST_CALL_S, int(seconds) + 1))
        try:
            update = collector.WaitForUpdatesEx(version, wait)
        except lost_place as fault:  # the collector's, not the task's
            raise ReadCut from fault
        if update is not None:
            version = update.version
            values |= _changes(update)
        if values.get("info.state") in _ENDED or not seconds:
            collector.DestroyPropertyCollector()
            return values


def _changes(update: Any) -> dict[str, Any]:
    return {
        change.name: change.val
        for filtered in update.filterSet
        for changed in filtered.objectSet
        for change in changed.changeSet
    }


def _poll(wire: Wire, task_id: str, left: Callable[[], float], sleep: Callable[[float], None]) -> dict[str, Any]:
    """The same from a server that cannot wait for updates. Most tasks are short, so it asks often at first."""
    pause = FIRST_POLL_S
    while True:
        seconds = left()
        values = _read(wire, task_id)
        if values.get("info.state") in _ENDED or not seconds:
            return values
        sleep(min(pause, seconds))
        pause = min(2 * pause, LONGEST_POLL_S)


def _read(wire: Wire, task_id: str) -> dict[str, Any]:
    task = wire.managed(wire.sdk.vim.Task, task_id)
    found = list(retrieve(wire, [(type(task), _PATHS)], objects=[task]))
    if not found:
        raise wire.sdk.vmodl.fault.ManagedObjectNotFound(obj=task, msg=f"there is no task {task_id}")
    return found[0].props
