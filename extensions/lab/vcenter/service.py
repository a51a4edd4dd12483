# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service itself: finds objects, checks sessions, plays planned faults, runs operations and keeps the ledger."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from ..runtime import Lab
from ..world import SourceVm
from . import rights, soap
from .appliance import Appliance
from .inventory import Inventory, Node
from .properties import PROPERTIES, SHALLOW
from .properties_other import CUSTOM_FIELDS, about, table_of
from .reading import Opened, Root
from .sessions import Session, Sessions
from .tasks import Tasks
from .types import fault, fault_class, make, reference, vim, vmodl

if TYPE_CHECKING:
    from .nfc import Lease

# the objects that are always there: managed object id -> type
SINGLETONS: dict[str, Any] = {
    "ServiceInstance": vim.ServiceInstance,
    "SessionManager": vim.SessionManager,
    "propertyCollector": vmodl.query.PropertyCollector,
    "ViewManager": vim.view.ViewManager,
    "EventManager": vim.event.EventManager,
    "TaskManager": vim.TaskManager,
    "CustomFieldsManager": vim.CustomFieldsManager,
    "SearchIndex": vim.SearchIndex,
    "AuthorizationManager": vim.AuthorizationManager,
    "OvfManager": vim.OvfManager,
}


@dataclass
class Operation:
    """A SOAP operation that this service has."""

    run: Callable[[Call], Any]
    write: bool
    anonymous: bool


@dataclass
class Call:
    """One request on its way through."""

    service: Service
    session: Session | None
    method: str
    moid: str
    this: Any
    args: Mapping[str, Any]
    cause: int  # the ledger line
    agent: str
    result: Any = None  # the type of the answer, where the operation itself knows better
    cookie: str | None = None  # a session to hand to the client

    @property
    def user(self) -> str:
        return self.session.user if self.session else ""

    @property
    def world(self) -> Any:
        return self.service.world

    @property
    def logged_in(self) -> Session:
        """The session, which every operation but a few has."""
        if self.session is None:
            raise not_authenticated(self.this)
        return self.session

    def vm(self) -> SourceVm:
        """The VM that the operation is about."""
        return self.service.vm(self.this)


@dataclass
class Reply:
    status: int
    body: bytes
    cookie: str | None = None
    lost: bool = False  # the work is done and the connection cut: what a client sees when an answer gets lost
    headers: dict[str, str] = field(default_factory=dict)


OPERATIONS: dict[str, Operation] = {}
_F = TypeVar("_F", bound=Callable[["Call"], Any])


def operation(name: str, *, write: bool = False, anonymous: bool = False) -> Callable[[_F], _F]:
    """Registers a function as the operation of that name on the wire."""

    def register(function: _F) -> _F:
        OPERATIONS[name] = Operation(function, write, anonymous)
        return function

    return register


def not_authenticated(ref: Any) -> Any:
    """What a call without a living session gets."""
    return fault(
        vim.fault.NotAuthenticated,
        "The session is not authenticated.",
        object=ref,
        privilegeId="System.View",
    )


class Service:
    """One vCenter over one world."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.world = lab.world
        self.inventory = Inventory(lab.world)
        self.sessions = Sessions(lab.world)
        self.tasks = Tasks(lab.world)
        self.appliance = Appliance(lab.world, self.tasks)
        self.door = ""  # https://localhost:port, once there is one
        self.leases: dict[str, Lease] = {}  # by the secret in their addresses
        self.roles: dict[int, tuple[str, tuple[str, ...]]] = {}  # those that were made: name and privileges

    # -- objects ---------------------------------------------------------------------------------------------------

    def vm(self, ref: Any) -> SourceVm:
        found = self.inventory.vm(ref._moId) if ref is not None else None
        if found is None:
            raise gone(ref)
        return found

    def node(self, ref: Any) -> Node:
        found = self.inventory.node(ref._moId) if ref is not None else None
        if found is None:
            raise gone(ref)
        return found

    def open(self, ref: Any, session: Session | None) -> Opened:
        """A managed object, for its properties; ManagedObjectNotFound if there is none of that id."""
        moid = ref._moId
        vm = self.inventory.vm(moid)
        if vm is not None:
            shown = reference(vim.VirtualMachine, moid)
            return Opened(shown, self._bound(PROPERTIES, vm), self._bound(SHALLOW, vm), self._denied(shown))
        node = self.inventory.node(moid)
        if node is not None:
            return Opened(node.ref, self._bound(table_of(node), node))
        task = self.tasks.find(moid)
        if task is not None:
            return Opened(task.ref, {"info": task.info, "value": list, "availableField": list})
        if session is not None and moid in session.objects:
            made = session.objects[moid]
            return Opened(made.ref, made.roots(self))
        if moid in SINGLETONS:
            return Opened(reference(SINGLETONS[moid], moid), self._singleton(moid, session))
        raise gone(ref)

    def _denied(self, ref: Any) -> Callable[[str], Any] | None:
        """What a read of this machine is refused with, path by path; None where all of it may be read."""
        hidden = self.lab.switches.hidden_properties
        if rights.hidden(self, ref):
            return lambda _: rights.no_permission(ref, rights.READ)
        if not hidden:
            return None

        def refused(path: str) -> Any:
            below = any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in hidden)
            return rights.no_permission(ref, rights.READ) if below else None

        return refused

    def _bound(self, table: Mapping[str, Callable[[Inventory, Any], Any]], subject: Any) -> dict[str, Root]:
        inventory = self.inventory
        return {name: (lambda build=build: build(inventory, subject)) for name, build in table.items()}  # type: ignore[misc]

    def _singleton(self, moid: str, session: Session | None) -> dict[str, Root]:
        roots: dict[str, dict[str, Root]] = {
            "ServiceInstance": {"content": self.content, "serverClock": self.world.source_now},
            "SessionManager": {
                "currentSession": lambda: session.shown() if session else None,
                "sessionList": lambda: [one.shown() for one in self.sessions.all()],
                "defaultLocale": lambda: "en",
            },
            "TaskManager": {"recentTask": lambda: [task.ref for task in self.tasks.recent()]},
            "CustomFieldsManager": self._bound(CUSTOM_FIELDS, None),
            "EventManager": {"maxCollector": lambda: 1000},
            "AuthorizationManager": rights.roots(self),
        }
        return roots.get(moid, {})

    def content(self) -> Any:
        """What stands at the door: the roots of everything this lab has. What it has not is left unset."""
        managers = {
            "propertyCollector": "propertyCollector",
            "viewManager": "ViewManager",
            "sessionManager": "SessionManager",
            "eventManager": "EventManager",
            "taskManager": "TaskManager",
            "customFieldsManager": "CustomFieldsManager",
            "searchIndex": "SearchIndex",
            "authorizationManager": "AuthorizationManager",
            "ovfManager": "OvfManager",
        }
        return make(
            vim.ServiceInstanceContent,
            rootFolder=self.inventory.root.ref,
            about=about(),
            **{name: reference(SINGLETONS[moid], moid) for name, moid in managers.items()},
        )

    # -- requests --------------------------------------------------------------------------------------------------

    def handle(self, body: bytes, action: str, cookie: str, agent: str) -> Reply:
        """One request, from its first byte to its line in the ledger."""
        begun = self.lab.ledger.begin()
        session = self.sessions.find(cookie) if cookie else None
        method, moid, write = "?", "", False
        if self.lab.latency_ms:
            self.lab.clock.sleep(self.lab.latency_ms / 1000)
        try:
            request = soap.parse(body, action)
            method = request.method
            known = OPERATIONS.get(method)
            write = bool(known and known.write)
            call = Call(
                service=self,
                session=session,
                method=method,
                moid=request.this._moId if request.this is not None else "",
                this=request.this,
                args=request.arguments,
                cause=begun[0],
                agent=agent,
            )
            moid = call.moid
            reply = self._run(call, request, known)
            session = call.session  # a login has one from now on
        except soap.BadRequest as wrong:
            reply = Reply(500, soap.fault(fault(vmodl.fault.InvalidRequest, str(wrong))))
        self.lab.ledger.end(
            begun,
            system="vcenter",
            method=method,
            path=moid,
            status=reply.status,
            write=write,
            principal=session.user if session else "",
            request_bytes=len(body),
            reply_bytes=len(reply.body),
        )
        return reply

    def take(self, path: str, pieces: Iterable[bytes]) -> int:
        """An upload to a lease's address: the HTTP status, 0 to cut the connection. The address is the permission.

        A planned fault with ``stall_s`` takes the file, but only after so many seconds.
        """
        begun = self.lab.ledger.begin()
        _, _, rest = path.partition("/nfc/")
        secret, _, file = rest.partition("/")
        lease = self.leases.get(secret)
        upload = lease.upload(file) if lease is not None else None
        planned = self.lab.faults.reply("vcenter", "PUT", path)
        if planned is not None and "stall_s" in planned:
            self.lab.clock.sleep(float(planned["stall_s"]))
            planned = None
        if lease is None or upload is None:
            status = 404
        elif planned is not None:
            status = int(planned.get("status", 500))
        else:
            status = 200 if lease.receive(upload, pieces) else 0
        self.lab.ledger.end(
            begun,
            system="vcenter",
            method="PUT",
            path=f"/nfc/{file}",
            status=status,
            write=True,
            principal="",
            request_bytes=upload.size if upload is not None and status == 200 else 0,
            reply_bytes=0,
        )
        return status

    def _run(self, call: Call, request: soap.Request, known: Operation | None) -> Reply:
        version = request.version
        try:
            planned = self._planned(call)
            if planned is not None and planned.get("session_expired"):
                self._expire(call)
                planned = None
            instead = _planned_reply(call, planned) if planned is not None else None
            if instead is not None:
                return instead
            if known is None or request.result is None:
                raise fault(vmodl.fault.MethodNotFound, "", receiver=call.this, method=call.method)
            if call.this is None:
                raise fault(vmodl.fault.InvalidRequest, f"{call.method}: no object to work on")
            if call.session is None and not known.anonymous:
                raise not_authenticated(call.this)
            rights.check(call)
            value = known.run(call)
            body = soap.answer(request, value, call.result)
            return Reply(200, body, call.cookie, lost=planned is not None)
        except vmodl.MethodFault as wrong:
            return Reply(500, soap.fault(wrong, version))
        except Exception as wrong:  # a bug of the lab: the client sees a fault, the lab's log the rest
            traceback.print_exc()
            return Reply(500, soap.fault(fault(vmodl.fault.SystemError, f"lab: {wrong}", reason=str(wrong)), version))

    def _expire(self, call: Call) -> None:
        """The session ends before the call is looked at, which then goes on as a stranger's."""
        if call.session is not None:
            self.sessions.close(call.session.key)
        call.session = None

    def _planned(self, call: Call) -> dict[str, Any] | None:
        """A fault that --faults has for this call; its path may name the object's id or a VM's name.

        With ``session_expired: true`` the session ends there, and the call is answered as one without any.
        """
        planned = self.lab.faults.reply("vcenter", call.method, call.moid)
        vm = self.inventory.vm(call.moid)
        if planned is None and vm is not None:
            planned = self.lab.faults.reply("vcenter", call.method, vm.name)
        return planned


def _planned_reply(call: Call, planned: Mapping[str, Any]) -> Reply | None:
    """What a planned fault answers with. ``code``: a vSphere fault. ``status``: a bare HTTP reply, whose body is
    ``body`` or ``message``; with status 0 the work is done and the answer lost."""
    if "code" in planned:
        kind = fault_class(str(planned["code"])) or vim.fault.VimFault
        if kind is vim.fault.NotAuthenticated and call.session is not None:
            call.service.sessions.close(call.session.key)  # a session that ended stays ended
        raise fault(kind, str(planned.get("message") or planned["code"]))
    status = int(planned.get("status", 500))
    if status == 0:
        return None
    return Reply(status, str(planned.get("body") or planned.get("message", "")).encode())


def gone(ref: Any) -> Any:
    """The fault for an object that is not, or no longer, there."""
    shown = ref._moId if ref is not None else ""
    return fault(
        vmodl.fault.ManagedObjectNotFound,
        f"The object '{type(ref).__name__.rpartition('.')[2]}:{shown}' has already been deleted or has not been"
        " completely created",
        obj=ref,
    )
