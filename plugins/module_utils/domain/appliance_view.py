# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Azure shows of one appliance, and what the appliance itself said where it was asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import values
from .appliance_map import Known

SOURCE, TARGET = "source", "target"
SITES: Mapping[str, str] = {SOURCE: "vmwaresites", TARGET: "hypervsites"}
_NOT_STARTED = frozenset({"", "notstarted"})  # what the map says of a discovery that nobody has started


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """An error that a fabric, an agent or a vCenter bears."""

    code: str
    severity: str
    text: str
    remedy: str

    @classmethod
    def parse_all(cls, found: Any) -> tuple[Trouble, ...]:
        """Fabrics and agents call the parts of it otherwise than vCenters do."""
        return tuple(
            cls(
                code=values.text(error.get("code")) or values.text(error.get("id")),
                severity=values.text(error.get("severity")),
                text=_first(error, "message", "summary", "summaryMessage").rstrip("."),
                remedy=_first(error, "recommendation", "recommendedAction").rstrip("."),
            )
            for error in values.mappings(found)
        )

    @property
    def grave(self) -> bool:
        """Whatever does not say that it is less."""
        return self.severity.lower() not in ("warning", "information", "informational")

    def __str__(self) -> str:
        return f"{self.text} ({self.code})" if self.text and self.code else self.text or self.code or "an error"


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    heartbeat: dt.datetime | None = None
    version: str = ""

    @classmethod
    def parse(cls, reply: Mapping[str, Any]) -> Site:
        agent = values.mapping(values.mapping(reply.get("properties")).get("agentDetails"))
        return cls(heartbeat=values.when(agent.get("lastHeartBeatUtc")), version=values.text(agent.get("version")))


@dataclass(frozen=True, kw_only=True, slots=True)
class Fabric:
    id: str
    name: str
    state: str = ""
    health: str = ""
    troubles: tuple[Trouble, ...] = ()
    cluster_id: str = ""  # of a target: the instance that was configured

    @classmethod
    def parse(cls, reply: Mapping[str, Any]) -> Fabric:
        found = values.mapping(reply.get("properties"))
        cluster = values.mapping(values.mapping(found.get("customProperties")).get("cluster"))
        return cls(
            id=values.text(reply.get("id")),
            name=values.text(reply.get("name")),
            state=values.text(found.get("provisioningState")),
            health=values.text(found.get("health")),
            troubles=Trouble.parse_all(found.get("healthErrors")),
            cluster_id=values.text(cluster.get("resourceName")),
        )


def site_of(fabric: Mapping[str, Any]) -> str:
    """The id of the site whose appliance a fabric is of. Its name says nothing: app1 begins as app10 does."""
    custom = values.mapping(values.mapping(fabric.get("properties")).get("customProperties"))
    return values.text(custom.get("vmwareSiteId")) or values.text(custom.get("azStackHciSiteId"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Agent:
    appliance: str
    name: str = ""
    responsive: bool = False
    heartbeat: dt.datetime | None = None
    version: str = ""
    troubles: tuple[Trouble, ...] = ()

    @classmethod
    def parse(cls, reply: Mapping[str, Any]) -> Agent:
        found = values.mapping(reply.get("properties"))
        return cls(
            appliance=values.text(found.get("machineName")),
            name=values.text(reply.get("name")),
            responsive=values.flag(found.get("isResponsive")) is True,
            heartbeat=values.when(found.get("lastHeartbeat")),
            version=values.text(found.get("versionNumber")),
            troubles=Trouble.parse_all(found.get("healthErrors")),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Vcenter:
    name: str
    added: dt.datetime | None = None
    updated: dt.datetime | None = None
    troubles: tuple[Trouble, ...] = ()

    @classmethod
    def parse(cls, reply: Mapping[str, Any]) -> Vcenter:
        found = values.mapping(reply.get("properties"))
        return cls(
            name=values.text(found.get("fqdn")) or values.text(reply.get("name")),
            added=values.when(found.get("createdTimestamp")),
            updated=values.when(found.get("updatedTimestamp")),
            troubles=Trouble.parse_all(found.get("errors")),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a source appliance has discovered, as far as one page of it tells."""

    any: bool = False
    newest: dt.datetime | None = None

    @classmethod
    def parse(cls, machines: Iterable[Mapping[str, Any]]) -> Found:
        told = [values.mapping(machine.get("properties")) for machine in machines]
        here = [machine for machine in told if values.flag(machine.get("isDeleted")) is not True]
        moments = [moment for machine in told if (moment := values.when(machine.get("updatedTimestamp")))]
        return cls(any=bool(here), newest=max(moments, default=None))


@dataclass(frozen=True, kw_only=True, slots=True)
class Inside:
    """What the appliance said of itself; ``error`` where it was asked and did not answer."""

    error: str = ""
    licence_days_left: int | None = None
    stopped: tuple[str, ...] = ()  # services that should run
    clock_skew_s: float | None = None  # how far its clock is ahead of the controller's
    version: str = ""
    discovery_started: bool | None = None

    @classmethod
    def parse(cls, told: Mapping[str, Any]) -> Inside:
        """``appliance`` of appliance_setup, or what the action adds to it."""
        services = values.mapping(told.get("services"))
        return cls(
            error=values.text(told.get("error")),
            licence_days_left=values.whole(told.get("licence_days_left")),
            stopped=tuple(sorted(str(name) for name, state in services.items() if state == "Stopped")),
            clock_skew_s=values.number(told.get("clock_skew_s")),
            version=values.text(told.get("version")),
            discovery_started=values.flag(told.get("discovery_started")),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """All of it, at one moment. ``known`` is the project's own entry: None before a key was generated."""

    role: str
    name: str
    known: Known | None = None
    others: tuple[str, ...] = ()  # appliances of the same role that the project knows besides
    site: Site | None = None
    fabric: Fabric | None = None
    agent: Agent | None = None
    vcenters: tuple[Vcenter, ...] = ()
    found: Found = field(default_factory=Found)
    inside: Inside | None = None

    @property
    def registered(self) -> bool:
        """The older list of a project does not say; a site that has ever heard of its appliance does."""
        said = self.known.registered if self.known else None
        return bool(self.heartbeat) if said is None else said

    @property
    def heartbeat(self) -> dt.datetime | None:
        return self.site.heartbeat if self.site else None

    @property
    def discovery_started(self) -> bool:
        """The appliance knows best; in Azure a vCenter appears as soon as somebody has typed it in."""
        if self.inside is not None and self.inside.discovery_started is not None:
            return self.inside.discovery_started
        status = self.known.discovery_status if self.known else ""
        return status.lower() not in _NOT_STARTED or bool(self.vcenters)


def _first(error: Mapping[str, Any], *names: str) -> str:
    return next((text for name in names if (text := values.text(error.get(name)).strip())), "")
