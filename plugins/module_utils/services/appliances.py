# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both appliances of a project, as Azure sees them: read, judged, told.

Cost, where both are connected: 12 requests, and 10 for the source alone. Appliances are found in the project's own list, by their whole names, and all
that belongs to them by the id of their site.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

from ..clients.arm import ArmClient
from ..clients.errors import InvalidRequest, NotFound
from ..domain import appliance_map, ids, values
from ..domain.appliance_health import NO_KEY, Verdict, judge
from ..domain.appliance_map import Known
from ..domain.appliance_seen import Seen
from ..domain.appliance_setup import VDDK_VERSIONS, Wanted
from ..domain.appliance_view import SITES, SOURCE, TARGET, Agent, Fabric, Found, Inside, Site, Vcenter, View, site_of
from ..domain.appliance_waiting import Told, waiting
from ..domain.free_use import FreeUse, free_use, problem
from ..domain.job import Job
from ..domain.problem import Problem
from . import scope as where
from .project import NotReady, Project

Waiting = dict[str, Any]
_COUNTERS = ("aszreplicatingCount", "asztestMigratedCount", "aszmigratedCount")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What was seen at one moment."""

    verdicts: tuple[Verdict, ...]  # of those that were asked for, the source before the target
    waits: tuple[Waiting | None, ...]
    free_use: FreeUse
    problems: tuple[Problem, ...]  # of the project

    @property
    def healthy(self) -> bool:
        return all(verdict.healthy for verdict in self.verdicts)

    @property
    def waiting_for(self) -> Waiting | None:
        """The first thing that a person has to do; the source appliance comes before the target."""
        return next((wait for wait in self.waits if wait), None)

    @property
    def msg(self) -> str:
        if self.healthy:
            named = ", ".join(verdict.view.name for verdict in self.verdicts)
            return f"{'both appliances are' if len(self.verdicts) > 1 else 'the appliance is'} healthy: {named}"
        return "; ".join(verdict.main.text for verdict in self.verdicts if verdict.main)

    @property
    def warnings(self) -> list[str]:
        told = [reason for verdict in self.verdicts for reason in verdict.reasons if not reason.blocks]
        return [f"{one.text}; {one.remedy}" for one in (*told, *self.problems)]

    def answer(self) -> dict[str, Any]:
        """As the module returns it."""
        return {
            "changed": False,
            "healthy": self.healthy,
            "msg": self.msg,
            "waiting_for": self.waiting_for,
            "waiting_helps": all(verdict.waiting_helps for verdict in self.verdicts),
            "appliances": {
                verdict.view.role: {**_facts(verdict), "waiting_for": wait}
                for verdict, wait in zip(self.verdicts, self.waits, strict=True)
            },
            "free_use": {"began": _iso(self.free_use.began), "days_left": self.free_use.days_left},
            "problems": [dataclasses.asdict(one) for one in self.problems],
        }


class Appliances:
    """One look at both, or at those of ``roles``. ``inside`` is what they said of themselves, by role."""

    def __init__(
        self, project: Project, inside: Mapping[str, Mapping[str, Any]], roles: Collection[str] = (SOURCE, TARGET)
    ) -> None:
        self.project = project
        self.arm: ArmClient = project.arm
        self.scope = project.scope
        self.inside = inside
        self.roles = roles

    def look(self) -> Report:
        now = self.arm.clock.now()
        source = self._view(SOURCE, self.scope.source_appliance)  # the target is judged by it too
        verdicts = (judge(source, now),) if SOURCE in self.roles else ()
        if TARGET in self.roles:
            target = self._view(TARGET, self.scope.target_appliance)
            verdicts = (*verdicts, judge(target, now, discovered=source.found.any))
        use = free_use(self._jobs, now, replicated=self._replicated)
        found = (problem(use), _second(source, self.scope.project))
        return Report(
            verdicts=verdicts,
            waits=tuple(map(self._wait, verdicts)),
            free_use=use,
            problems=tuple(one for one in found if one),
        )

    # -- one appliance ------------------------------------------------------------------------------------------

    def _view(self, role: str, name: str) -> View:
        own = next((one for one in self._known if one.name.lower() == name.lower()), None)
        others = tuple(one.name for one in self._known if one is not own and one.kind == SITES[role])
        inside = Inside.parse(self.inside[role]) if self.inside.get(role) else None
        view = View(role=role, name=name, known=own, others=others, inside=inside)
        if own is None:
            self._refuse_stranger(view)
            return view
        if own.kind != SITES[role]:
            raise InvalidRequest(f"{own.name} is not the {role} appliance of the project", code="appliance_other_role")
        site = self._read(own.site_id)
        if site is None:
            return view
        view = dataclasses.replace(view, site=Site.parse(site))
        if view.registered:
            fabric = next((Fabric.parse(row) for row in self._fabrics if ids.same_id(site_of(row), own.site_id)), None)
            view = dataclasses.replace(view, fabric=fabric, agent=self._agent(fabric, name))
        if role == SOURCE and view.registered:
            vcenters = self._below(own.site_id, "vcenters")
            found = Found.parse(self._below(own.site_id, "machines"))
            view = dataclasses.replace(view, vcenters=tuple(map(Vcenter.parse, vcenters)), found=found)
        return view

    def _refuse_stranger(self, view: View) -> None:
        """A target appliance may take the place of a dead one; a project never has a second source appliance."""
        if view.role == SOURCE and view.others:
            raise NotReady(
                f"the project {self.scope.project} has no source appliance {view.name} (known: {', '.join(view.others)})",
                code="appliance_unknown",
            )

    def _agent(self, fabric: Fabric | None, name: str) -> Agent | None:
        if fabric is None:
            return None
        agents = map(Agent.parse, self.arm.list(f"{fabric.id}/fabricAgents", self._version))
        return next((agent for agent in agents if agent.appliance.lower() == name.lower()), None)

    # -- what a person has to do --------------------------------------------------------------------------------

    def _wait(self, verdict: Verdict) -> Waiting | None:
        """In the words of appliance_setup, which sees the same from within."""
        if not verdict.needs_a_person:
            return None
        view = verdict.view
        hostname = view.known.hostname if view.known else ""
        told = Told(
            project=self.scope.project,
            resource_group=self.scope.resource_group,
            key_generated=verdict.status != NO_KEY,
            configured=False,
            replaces=", ".join(view.others) if view.role == TARGET and verdict.status == NO_KEY else "",
        )
        seen = Seen(
            computer=hostname or view.name,
            settings={"IsApplianceRegistered": view.registered, "DiscoveryInitiated": view.discovery_started},
            vddk_version=VDDK_VERSIONS[-1],  # Azure does not see it; appliance_setup looks after it
        )
        return waiting(Wanted(role=view.role, name=view.name), told, seen)

    # -- reading ------------------------------------------------------------------------------------------------

    @cached_property
    def _known(self) -> list[Known]:
        return appliance_map.known(self.project.discovery_solution)

    @cached_property
    def _details(self) -> dict[str, str]:
        return appliance_map.details_of(self.project.migration_solution)

    @property
    def _replicated(self) -> bool:
        return any(values.whole(self._details.get(name)) for name in _COUNTERS)

    @property
    def _version(self) -> str:
        """Asked of the fabrics: they are there even where somebody has deleted the vault."""
        return self.arm.negotiate(self.scope.fabrics_path, where.DATA_REPLICATION)

    @cached_property
    def _fabrics(self) -> list[dict[str, Any]]:
        """None before there is a vault: both come with the registration of the source appliance."""
        return self.arm.list(self.scope.fabrics_path, self._version) if self._details.get("vaultId") else []

    @cached_property
    def _jobs(self) -> list[Job]:
        vault = self._details.get("vaultId")
        if not vault:
            return []
        try:
            return [Job.parse(row) for row in self.arm.list(f"{vault}/jobs", self._version)]
        except NotFound:  # the vault is gone; infrastructure says so
            return []

    def _read(self, site_id: str) -> dict[str, Any] | None:
        try:
            return self.arm.get(site_id, self.arm.negotiate(site_id, where.OFF_AZURE))
        except NotFound:
            return None

    def _below(self, site_id: str, kind: str) -> list[Mapping[str, Any]]:
        """Of thousands of machines the first page is enough: whether there is one, and how fresh they are."""
        page = self.arm.get(f"{site_id}/{kind}", self.arm.negotiate(site_id, where.OFF_AZURE))
        return values.mappings(page.get("value"))


def _second(source: View, project: str) -> Problem | None:
    """It is never taken for the one that is meant, but a project with two is not supported."""
    if source.known is None or not source.others:
        return None
    return Problem(
        code="second_appliance",
        severity="warn",
        text=f"project {project} has source appliances beside {source.name}: {', '.join(source.others)}; one is supported",
        remedy="remove those that are not meant from the project, or name another project",
    )


def _facts(verdict: Verdict) -> dict[str, Any]:
    """The verdict as JSON-ready data."""
    view, main = verdict.view, verdict.main
    fabric, agent, inside = view.fabric, view.agent, view.inside
    return {
        "name": view.name,
        "role": view.role,
        "status": verdict.status,
        "healthy": verdict.healthy,
        "msg": main.text if main else f"{view.role} appliance {view.name} is healthy",
        "error_code": main.code if main else "",
        "remedy": main.remedy if main else "",
        "reasons": [
            {"code": one.code, "severity": one.severity, "text": one.text, "remedy": one.remedy}
            for one in verdict.reasons
        ],
        "other_appliances": list(view.others),
        "key_generated": view.known is not None,
        "registered": view.registered,
        "configured": bool(fabric and fabric.cluster_id),
        "discovery_started": view.discovery_started if view.role == SOURCE else None,
        "site_id": view.known.site_id if view.known else "",
        "heartbeat": _iso(view.heartbeat),
        "discovery_agent_version": view.site.version if view.site else "",
        "fabric": None
        if fabric is None
        else {
            "name": fabric.name,
            "state": fabric.state,
            "health": fabric.health,
            "errors": [str(trouble) for trouble in fabric.troubles],
            "cluster_id": fabric.cluster_id,
        },
        "agent": None
        if agent is None
        else {
            "name": agent.name,
            "responsive": agent.responsive,
            "heartbeat": _iso(agent.heartbeat),
            "version": agent.version,
        },
        "vcenters": [{"name": one.name, "errors": [str(trouble) for trouble in one.troubles]} for one in view.vcenters],
        "machines_found": view.found.any,
        "newest_data": _iso(view.found.newest),
        "version": inside.version if inside else "",
        "licence_days_left": inside.licence_days_left if inside else None,
        "clock_skew_s": inside.clock_skew_s if inside else None,
        "stopped_services": list(inside.stopped) if inside else None,
        "inside_error": inside.error if inside else "",
    }


def _iso(moment: dt.datetime | None) -> str | None:
    return moment.isoformat() if moment else None
