# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vCenter: the virtual machines as they are, and the few things that a migration does to them.

It knows nothing of Ansible and nothing of migration. Machines are named by their managed object id.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Collection, Mapping
from types import TracebackType
from typing import Any, Self

from . import vcenter_devices as devices
from . import vcenter_events, vcenter_read, vcenter_tasks
from .clock import Clock
from .errors import Conflict, InvalidRequest, NotFound
from .vcenter_names import encode
from .vcenter_places import MARK_ATTRIBUTE, Places
from .vcenter_sdk import moid as id_of
from .vcenter_session import Session, VcenterSettings, Wire

__all__ = ["VcenterClient", "VcenterSettings"]

TASK_TIMEOUT_S = 300
RECONFIGURE_ATTEMPTS = 3


class VcenterClient:
    """Signs in with its first call, signs out at the end of its with block."""

    def __init__(
        self,
        settings: VcenterSettings,
        *,
        connect_timeout_s: float = 15,
        request_timeout_s: float = 180,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock or Clock()
        self._session = Session(
            settings, connect_timeout_s=connect_timeout_s, request_timeout_s=request_timeout_s, clock=self._clock
        )
        self._places: Places | None = None
        self.clock_ahead = dt.timedelta()  # how far vCenter's clock is before ours, as the last read showed it
        self._making = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    # -- reads -------------------------------------------------------------------------------------------------

    def about(self) -> dict[str, str]:
        """What answers: product, version and the instance's own id."""
        about = self._session.read("reading what it is", lambda wire: wire.content.about)
        return {
            "name": about.name or "",
            "full_name": about.fullName or "",
            "version": about.version or "",
            "build": about.build or "",
            "api_type": about.apiType or "",
            "api_version": about.apiVersion or "",
            "instance_uuid": about.instanceUuid or "",
        }

    def vms(self, page_size: int = 500) -> list[dict[str, Any]]:
        """Every virtual machine that the account may see."""

        def ask(wire: Wire) -> list[dict[str, Any]]:
            return vcenter_read.read_all(wire, self._places_now(wire), page_size)

        return self._session.read("reading the virtual machines", ask)

    def vm(self, moid: str) -> dict[str, Any]:
        """One virtual machine, as it is at this moment."""

        def ask(wire: Wire) -> dict[str, Any]:
            found = vcenter_read.read_one(wire, moid)
            places = self._known_places(wire)
            if vcenter_read.refers_to_unknown(found.props, places):
                places = self._places_now(wire)
            return vcenter_read.parse_fresh(wire, found, places)

        return self._session.read(f"reading the virtual machine {moid}", ask)

    def events(self, moids: Collection[str], kinds: Collection[str], since: dt.datetime | None) -> list[dict[str, Any]]:
        """Events of these machines and kinds, oldest first."""
        if not moids:
            return []
        wanted = set(moids)
        return self._session.read("reading events", lambda wire: vcenter_events.read(wire, wanted, kinds, since))

    def _known_places(self, wire: Wire) -> Places:
        return self._places or self._places_now(wire)

    def _places_now(self, wire: Wire) -> Places:
        places = self._places = vcenter_read.read_places(wire)
        if places.server_clock is not None:
            self.clock_ahead = places.server_clock - self._clock.now()
        return places

    # -- marks -------------------------------------------------------------------------------------------------

    def set_mark(self, moid: str, text: str) -> None:
        """Write our custom attribute; "" takes the mark off. The attribute itself is made by the first mark."""
        key = self._mark_key()

        def send(wire: Wire) -> None:
            vm = wire.managed(wire.sdk.vim.VirtualMachine, moid)
            wire.content.customFieldsManager.SetField(vm, key, text)

        self._session.write(f"writing the mark of {moid}", send)

    def _mark_key(self) -> int:
        with self._making:  # many threads write marks, and one of them makes the attribute
            return self._known_mark_key()

    def _known_mark_key(self) -> int:
        operation = f"reading the custom attribute {MARK_ATTRIBUTE}"
        places = self._session.read(operation, self._known_places)
        if places.mark_key is None:
            self._make_attribute()
            self._places = None  # made by us or, in the meantime, by another controller
            places = self._session.read(operation, self._known_places)
        if places.mark_key is None:
            raise Conflict(
                f"{self._session.place}: the custom attribute {MARK_ATTRIBUTE} exists for another kind of object",
                code="DuplicateName",
                remedy=f"Remove or rename the custom attribute {MARK_ATTRIBUTE} that is not for virtual machines",
                operation=operation,
            )
        return places.mark_key

    def _make_attribute(self) -> None:
        def send(wire: Wire) -> None:
            wire.content.customFieldsManager.AddCustomFieldDef(MARK_ATTRIBUTE, wire.sdk.vim.VirtualMachine)

        try:
            self._session.write(f"making the custom attribute {MARK_ATTRIBUTE}", send)
        except Conflict as error:
            if error.code != "DuplicateName":
                raise

    # -- power -------------------------------------------------------------------------------------------------

    def shutdown_guest(self, moid: str) -> None:
        """Ask the guest to shut down, and return at once. A machine that is off already is fine."""
        operation = f"shutting down the guest of {moid}"
        self._unless_in("poweredOff", lambda: self._session.write(operation, _on_vm(moid, "ShutdownGuest")))

    def power_off(self, moid: str, timeout_s: float = TASK_TIMEOUT_S) -> None:
        """Switch off hard. A machine that is off already is fine."""
        self._unless_in("poweredOff", lambda: self._task(f"powering off {moid}", _on_vm(moid, "PowerOff"), timeout_s))

    def power_on(self, moid: str, timeout_s: float = TASK_TIMEOUT_S) -> None:
        """Switch on. A machine that is on already is fine."""
        self._unless_in("poweredOn", lambda: self._task(f"powering on {moid}", _on_vm(moid, "PowerOn"), timeout_s))

    def _unless_in(self, state: str, act: Callable[[], None]) -> None:
        try:
            act()
        except Conflict as error:
            if error.code != "InvalidPowerState" or getattr(error.__cause__, "existingState", None) != state:
                raise

    def _task(self, operation: str, start: Callable[[Wire], Any], timeout_s: float) -> None:
        vcenter_tasks.run(self._session, operation, start, timeout_s, clock=self._clock)

    # -- configuration -----------------------------------------------------------------------------------------

    def connect_nics(
        self, moid: str, wanted: Mapping[int, tuple[bool, bool]], timeout_s: float = TASK_TIMEOUT_S
    ) -> None:
        """Bring adapters (by device key) to (connected, connect at power on). Nothing is sent where they are so."""
        for attempt in range(1, RECONFIGURE_ATTEMPTS + 1):
            try:
                self._reconfigure_nics(moid, wanted, timeout_s)
                return
            except Conflict as error:  # somebody changed the machine between our read and our write: look again
                if error.code != "ConcurrentAccess" or attempt == RECONFIGURE_ATTEMPTS:
                    raise

    def _reconfigure_nics(self, moid: str, wanted: Mapping[int, tuple[bool, bool]], timeout_s: float) -> None:
        paths = ("config.hardware.device", "config.changeVersion", "runtime.powerState")
        props = self._session.read(
            f"reading the network adapters of {moid}", lambda wire: vcenter_read.read_needed(wire, moid, paths)
        )
        edits = devices.connection_changes(
            props.get("config.hardware.device") or [],
            wanted,
            powered_on=str(props.get("runtime.powerState")) == "poweredOn",
        )
        if not edits:
            return

        def start(wire: Wire) -> Any:
            spec = wire.sdk.vim.vm.ConfigSpec(deviceChange=edits, changeVersion=props.get("config.changeVersion"))
            return wire.managed(wire.sdk.vim.VirtualMachine, moid).ReconfigVM_Task(spec)

        self._task(f"changing the connection of network adapters of {moid}", start, timeout_s)

    def rename(self, moid: str, name: str, timeout_s: float = TASK_TIMEOUT_S) -> None:
        self._task(f"renaming {moid} to {name}", _on_vm(moid, "Rename", encode(name)), timeout_s)

    def move(self, moid: str, folder_path: str, timeout_s: float = TASK_TIMEOUT_S) -> None:
        """Move into a folder of the same datacenter, "" for the topmost. A machine that is there stays."""
        operation = f"moving {moid} to the folder {folder_path or '(topmost)'}"
        target = self._session.read(operation, lambda wire: self._folder(wire, moid, folder_path))
        if not target:
            return

        def start(wire: Wire) -> Any:
            vm = wire.managed(wire.sdk.vim.VirtualMachine, moid)
            return wire.managed(wire.sdk.vim.Folder, target).MoveIntoFolder_Task([vm])

        self._task(operation, start, timeout_s)

    def _folder(self, wire: Wire, moid: str, path: str) -> str:
        """The id of the folder at that path, "" when the machine is in it already."""
        parent = id_of(vcenter_read.read_needed(wire, moid, ("parent",)).get("parent"))
        places = self._places_now(wire)
        folder = places.root_of(parent)
        if not folder:
            raise InvalidRequest(
                f"{self._session.place}: {moid} is in no folder that the account may see (a vApp's machine is in none)",
                code="NoFolder",
                remedy="Take the machine out of its vApp, or let the account read the folders above it",
                operation="moving",
            )
        for name in filter(None, path.split("/")):
            below = places.child(folder, name)
            if not below:
                raise NotFound(
                    f"{self._session.place}: there is no folder {path}: {name} is missing",
                    code="NoFolder",
                    remedy="Make the folder in vCenter (VMs and Templates), or name one that is there",
                    operation="moving",
                )
            folder = below
        return "" if folder == parent else folder


def _on_vm(moid: str, method: str, *arguments: Any) -> Callable[[Wire], Any]:
    """A call of one method of one virtual machine."""

    def send(wire: Wire) -> Any:
        return getattr(wire.managed(wire.sdk.vim.VirtualMachine, moid), method)(*arguments)

    return send
