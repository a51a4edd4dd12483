# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GET, list, PUT, PATCH and DELETE, which most resource types share: what differs is told by a ``Kind``."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

from .. import names
from . import deletion, operations, regions, tags
from .resources import Resource
from .state import Azure
from .wire import JSON, Answer, ArmError, Request, bad, not_found, page

Accept = Callable[[Azure, Request, JSON, Resource | None], JSON]
Show = Callable[[Azure, Request, Resource], JSON]
_PAGE = 100
_OF_THE_SERVICE = ("systemData",)  # what no client writes over


def _as_it_is(azure: Azure, request: Request, resource: Resource) -> JSON:
    return resource.show()


def _as_it_was(azure: Azure, request: Request, body: JSON, known: Resource | None) -> JSON:
    """Of what only the service makes."""
    return known.properties if known else {}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kind:
    """A resource type that stands in a resource group, or below such a one."""

    type: str  # as ids and lists have it
    part: str  # what the routes call the name in the path
    accept: Accept = _as_it_was  # from the whole body to the properties that are kept, or an ArmError
    show: Show = _as_it_is
    parent: tuple[str, str] | None = None  # type and part of what it stands below
    located: bool = True  # has a location and tags
    identity: bool = False
    keeps: tuple[str, ...] = ()  # what else of the body stays: kind, sku
    making: tuple[str, float] = ("Succeeded", 0.0)  # the provisioningState of a new one, and for how long
    deleting_s: float = 0.0  # recorded seconds; 0: at once
    polled: str = ""  # the namespace whose operations follow a change, where that takes its time

    def id(self, request: Request) -> str:
        """The id that the path names, in the words that the service uses for types."""
        group = f"/subscriptions/{request.parts['sub']}/resourceGroups/{request.parts['rg']}"
        if self.parent is None:
            return f"{group}/providers/{self.type}/{request.parts[self.part]}"
        above, part = self.parent
        return (
            f"{group}/providers/{above}/{request.parts[part]}/{self.type.rsplit('/', 1)[-1]}/{request.parts[self.part]}"
        )

    def find(self, azure: Azure, request: Request) -> Resource | None:
        return azure.resources.find(self.id(request))

    def the(self, azure: Azure, request: Request) -> Resource:
        """The resource that the path names, or 404."""
        self.check_parent(azure, request)
        found = self.find(azure, request)
        if found is None:
            raise not_found(self.type, request.parts[self.part], request.parts["rg"])
        return found

    # -- verbs -------------------------------------------------------------------------------------------------

    def get(self, azure: Azure, request: Request) -> Answer:
        return Answer(body=self.show(azure, request, self.the(azure, request)))

    def listing(self, azure: Azure, request: Request) -> Answer:
        """Of a resource group, of the subscription, or of what they stand below."""
        self.check_parent(azure, request)
        rows = [self.show(azure, request, row) for row in azure.resources.of(self.type, place(request, self.parent))]
        return Answer(body=page(azure.base_url, request, rows, _PAGE))

    def put(self, azure: Azure, request: Request) -> Answer:
        self.check_parent(azure, request)
        kept, known = self.taken(azure, request), self.find(azure, request)
        state, seconds = self.making
        kept["properties"]["provisioningState"] = state_of(known) if known else state
        fresh = azure.resources.save(self.id(request), self.type, kept)
        told(azure, fresh, known, request.line)
        reply = Answer(status=200 if known else 201, body=self.show(azure, request, fresh))
        if known is None and seconds:
            reply.headers |= self.later(azure, request, seconds, lambda: settle(azure, fresh))
        return reply

    def later(self, azure: Azure, request: Request, seconds: float, do: Callable[[], object]) -> dict[str, str]:
        """``do`` after a while; the headers by which a client can follow it, if the service has any."""
        if not self.polled:
            azure.locked_after(seconds, do)
            return {}
        operation, headers = operations.of_place(azure, request, self.polled, names.LOCATION, "operationResults")
        operations.ends(azure, operation, seconds, do)
        return headers

    def check_parent(self, azure: Azure, request: Request) -> None:
        if self.parent is None:
            return
        kind, part = self.parent
        if azure.resources.find(place(request, self.parent)) is None:
            name = request.parts[part]
            if request.method != "PUT":
                raise not_found(kind, name, request.parts["rg"])
            raise ArmError(
                404,
                "ParentResourceNotFound",
                f"Can not perform requested operation on nested resource. Parent resource '{name}' not found.",
                gateway=True,
            )

    def taken(self, azure: Azure, request: Request) -> JSON:
        """The body as it will be kept."""
        body, known = whole(request), self.find(azure, request)
        before: JSON = known.body if known else {}
        if known is not None and state_of(known) == "Deleting":
            raise _going(known)
        kept: JSON = {name: before[name] for name in _OF_THE_SERVICE if name in before}
        kept |= {name: body[name] for name in self.keeps if name in body}
        if self.located:
            kept["location"] = regions.check(self.type, body.get("location"))
            if known is not None and kept["location"] != before["location"]:
                raise elsewhere(self, request, before["location"], kept["location"])
            kept["tags"] = tags.checked(body.get("tags") or {})
        if self.identity:
            kept["identity"] = identity(azure, self.id(request), body.get("identity"), before)
        kept["properties"] = self.accept(azure, request, body, known)
        return kept

    def patch(self, azure: Azure, request: Request) -> Answer:
        """Tags, identity, and properties one by one."""
        known, body = self.the(azure, request), whole(request)
        if state_of(known) == "Deleting":
            raise _going(known)
        properties = body.get("properties", {})
        if not isinstance(properties, dict):
            raise bad("InvalidRequestContent", "properties must be an object.")
        kept = dict(known.body)
        if "tags" in body:
            kept["tags"] = tags.checked(body["tags"] or {})
        if self.identity and "identity" in body:
            kept["identity"] = identity(azure, known.id, body["identity"], known.body)
        merged = {**body, "properties": {**known.properties, **properties}}
        kept["properties"] = {**self.accept(azure, request, merged, known), "provisioningState": state_of(known)}
        fresh = azure.resources.save(known.id, known.type, kept)
        told(azure, fresh, known, request.line)
        return Answer(body=self.show(azure, request, fresh))

    def delete(self, azure: Azure, request: Request) -> Answer:
        known = self.find(azure, request)
        if known is None:
            return Answer(status=204)
        if not self.deleting_s:
            deletion.gone(azure, known.id, request.line)
            return Answer()
        if state_of(known) != "Deleting":
            azure.resources.amend(known.id, provisioningState="Deleting")
        do = partial(go, azure, known, request.line)
        return Answer(status=202, headers=self.later(azure, request, self.deleting_s, do))


def state_of(resource: Resource) -> str:
    return str(resource.properties.get("provisioningState", "Succeeded"))


def _going(resource: Resource) -> ArmError:
    return ArmError(409, "ResourceBeingDeleted", f"The resource '{resource.name}' is being deleted.", gateway=True)


def go(azure: Azure, resource: Resource, cause: int) -> None:
    """Unless it has gone already: whoever asks twice must not hit one of the same name that came after it."""
    now = azure.resources.find(resource.id)
    if now is not None and now.born == resource.born:
        deletion.gone(azure, resource.id, cause)


def place(request: Request, parent: tuple[str, str] | None = None) -> str:
    """What a list is a list of."""
    found = f"/subscriptions/{request.parts['sub']}"
    if "rg" in request.parts:
        found += f"/resourceGroups/{request.parts['rg']}"
    if parent is not None:
        found += f"/providers/{parent[0]}/{request.parts[parent[1]]}"
    return found


def whole(request: Request) -> JSON:
    """The body, which must be an object."""
    if not isinstance(request.body, dict):
        raise bad("InvalidRequestContent", "The request content was invalid and could not be deserialized.")
    return request.body


def properties_of(body: JSON) -> JSON:
    """The properties of a body; none counts as {}."""
    properties = body.get("properties")
    if properties is None:
        return {}
    if not isinstance(properties, dict):
        raise bad("InvalidRequestContent", "properties must be an object.")
    return properties


def words(given: Any, allowed: tuple[str, ...], name: str) -> Any:
    """One of these words, or left out."""
    if given is not None and given not in allowed:
        raise bad("InvalidParameterValue", f"The value '{given}' of {name} is none of {', '.join(allowed)}.")
    return given


def elsewhere(kind: Kind, request: Request, here: str, there: str) -> ArmError:
    name, group = request.parts[kind.part], request.parts["rg"]
    return ArmError(
        409,
        "InvalidResourceLocation",
        f"The resource '{name}' already exists in location '{here}' in resource group '{group}'. A resource with the "
        f"same name cannot be created in location '{there}'. Please select a new resource name.",
        gateway=True,
    )


def identity(azure: Azure, arm_id: str, given: Any, before: JSON) -> JSON:
    """A system-assigned identity, or none; as before where nothing is said of it."""
    if given is None:
        return dict(before.get("identity") or {"type": "None"})
    kind = given.get("type") if isinstance(given, dict) else given
    if kind not in ("SystemAssigned", "None"):
        raise bad("InvalidIdentityType", f"The identity type '{kind}' is not supported.")
    if kind == "None":
        return {"type": "None"}
    return {"type": kind, "principalId": azure.principal_of(arm_id), "tenantId": names.TENANT}


def told(azure: Azure, fresh: Resource, known: Resource | None, cause: int) -> None:
    """Into the journal, if anything is another than before."""
    if known is None or known.body != fresh.body:
        before = {"id": known.id, "version": known.version} if known else None
        after = {"id": fresh.id, "version": fresh.version}
        azure.world.journal.write("", "target", "resource", before, after, cause)


def settle(azure: Azure, resource: Resource) -> None:
    """Made to the end, unless it is being deleted by now."""
    now = azure.resources.find(resource.id)
    if now is not None and now.born == resource.born and state_of(now) != "Deleting":
        azure.resources.amend(now.id, provisioningState="Succeeded")
