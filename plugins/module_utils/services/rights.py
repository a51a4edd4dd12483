# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks Azure and vCenter what is granted, and has it compared with what is needed. Reads only.

Cost: one request for each scope of Azure, two more to find an instance that is not named, one for each appliance's
application; five calls of vCenter, and one more for each hundred objects.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ..catalogue.rights import place_of, role_for
from ..clients.arm import ArmClient
from ..clients.errors import ClientError, InvalidRequest, NotFound, PermissionDenied
from ..clients.vcenter_rights import MOST, Entity, VcenterRights
from ..clients.vcenter_session import VcenterSettings
from ..domain import ids, rights
from ..domain.appliance_rules import vcenter_password
from ..domain.rights import Need
from ..domain.rights_gap import ANY_OF, Gap, Held, Scope, appliance_gaps, azure_gaps, problem_gap, vcenter_gaps
from . import scope as where
from .project import NotReady, Project

_VCENTER = {"automation": rights.VCENTER, "appliance": rights.APPLIANCE_VCENTER}
_SUBSCRIPTION = "_subscription"


@dataclasses.dataclass(kw_only=True)
class Answer:
    """``not_asked``: what nobody could be asked about, and why."""

    gaps: list[Gap] = dataclasses.field(default_factory=list)
    asked: int = 0
    not_asked: list[dict[str, str]] = dataclasses.field(default_factory=list)

    def skip(self, scope: str, why: str) -> None:
        self.not_asked.append({"scope": scope, "why": why})

    @property
    def told(self) -> str:
        more = f"; {len(self.not_asked)} things could not be asked about" if self.not_asked else ""
        return f"{len(self.gaps)} of {self.asked} rights are missing{more}"

    def report(self) -> list[str]:
        lines = [gap.line() for gap in self.gaps]
        lines += [f"not asked: {row['scope']}: {row['why']}" for row in self.not_asked]
        return lines or ["nothing is missing"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Places:
    """Which objects are meant; what is not named is found, or left out."""

    cluster_id: str = ""
    target_groups: tuple[str, ...] = ()
    vms: tuple[str, ...] = ()
    named: Mapping[str, str] = dataclasses.field(default_factory=dict)  # pool, folder, datastore, network


def systems(wanted: Collection[str], *, has_vcenter: bool, resource_group: str, project: str) -> set[str]:
    """Which systems can be asked."""
    found = {"azure", "vcenter"}.intersection(wanted) - (set() if has_vcenter else {"vcenter"})
    if not found:
        raise InvalidRequest("there is nothing to ask: no vCenter is named, and Azure is not wanted", code="no_vcenter")
    if "azure" in found and not (resource_group and project):
        raise InvalidRequest(
            "resource_group and project must be given to ask Azure",
            code="MissingOption",
            remedy="Give them, or ask vCenter alone with systems: [vcenter]",
        )
    return found


# -- Azure -----------------------------------------------------------------------------------------------------------


def azure(project: Project, places: Places, phases: Collection[str], answer: Answer, account: str) -> None:
    """What the identity lacks on each scope that has a need in these phases."""
    needs = rights.needs_of(rights.AZURE, phases)
    on = {need.on for need in needs}
    scopes: list[Scope] = []
    for kind, scope_id in _scopes(project, places, on, answer):
        try:
            scopes.append(Scope(on=kind, id=scope_id, permissions=tuple(_permissions(project.arm, scope_id))))
        except PermissionDenied as error:
            answer.skip(scope_id, f"what is granted there may not be read: {error}")
    answer.asked += sum(need.on == scope.on for scope in scopes for need in needs)
    answer.gaps += azure_gaps(scopes, phases, account, role_for)


def _permissions(arm: ArmClient, scope_id: str) -> list[dict[str, Any]]:
    """What is granted on a scope; on its subscription where the resource group is still to be made."""
    try:
        return arm.list(f"{scope_id}/providers/Microsoft.Authorization/permissions", where.AUTHORIZATION)
    except NotFound as error:
        if error.code.lower() != "resourcegroupnotfound":
            raise
        subscription = f"/subscriptions/{ids.segment(scope_id, 'subscriptions')}"
        return arm.list(f"{subscription}/providers/Microsoft.Authorization/permissions", where.AUTHORIZATION)


def _scopes(project: Project, places: Places, on: set[str], answer: Answer) -> Iterator[tuple[str, str]]:
    """Kind and id of each scope, resource groups and their subscriptions, each once."""
    groups = [("project", project.scope.group_path)]
    if on & {"cluster", "cluster_subscription"}:
        cluster = places.cluster_id or _cluster(project, answer)
        groups += [("cluster", cluster.partition("/providers/")[0])] if cluster else []
    if on & {"target", "target_subscription"}:
        groups += [("target", project.scope.group_id(group)) for group in places.target_groups]
        if not places.target_groups:
            answer.skip("the resource group of the target VMs", "target_resource_groups names none")
    subscriptions = {(f"{kind}{_SUBSCRIPTION}", "/".join(group.split("/")[:3])) for kind, group in groups}
    for kind, scope_id in [*groups, *sorted(subscriptions)]:
        if kind in on:
            yield kind, scope_id


def _cluster(project: Project, answer: Answer) -> str:
    """The instance behind the target appliance."""
    try:
        fabric = project.target_fabric if project.scope.target_appliance else None
        why = "" if fabric and fabric.cluster_id else "no target appliance names it yet, and cluster does not either"
    except (NotReady, NotFound, PermissionDenied) as error:
        fabric, why = None, f"cluster does not name it, and it cannot be found: {error}"
    if why:
        answer.skip("the resource group of the Azure Local instance", why)
    return fabric.cluster_id if fabric else ""


def applications(project: Project, principals: Sequence[str], answer: Answer) -> None:
    """The service principals of the appliances' applications, by object id."""
    group = project.scope.group_path
    path = f"{group}/providers/Microsoft.Authorization/roleAssignments"
    try:
        rows = {
            who: project.arm.list(path, where.AUTHORIZATION, {"$filter": f"atScope() and assignedTo('{who}')"})
            for who in principals
        }
    except PermissionDenied as error:
        answer.skip(group, f"the roles of the appliances' applications may not be read: {error}")
        return
    answer.asked += len(rows)
    answer.gaps += appliance_gaps(rows, group)


# -- vCenter ---------------------------------------------------------------------------------------------------------


def vcenter(settings: VcenterSettings, account: str, places: Places, phases: Collection[str], answer: Answer) -> None:
    """What the account lacks, which is ours or the appliance's. The appliance's password is looked at too."""
    if account == "appliance":
        answer.gaps += [problem_gap(problem, settings.username) for problem in vcenter_password(settings.password)]
    needs = rights.needs_of(_VCENTER[account], phases)
    if needs:
        with contextlib.closing(VcenterRights(settings)) as client:
            _compare(client, needs, account, places, phases, answer)


def _compare(
    client: VcenterRights,
    needs: Sequence[Need],
    account: str,
    places: Places,
    phases: Collection[str],
    answer: Answer,
) -> None:
    on = {need.on for need in needs}
    entities = _chosen(client.entities(), on, places, answer)
    held = client.granted(entities, {need.what for need in needs})
    objects = [Held(on=one.on, name=one.name, privileges=got) for one, got in zip(entities, held, strict=True)]
    any_of = () if account == "appliance" else [kind for kind in ANY_OF if not places.named.get(kind)]
    answer.asked += sum(need.on in {one.on for one in objects} for need in needs)
    answer.gaps += vcenter_gaps(needs, objects, phases, client.username, place_of, any_of)


def _chosen(found: Sequence[Entity], on: set[str], places: Places, answer: Answer) -> list[Entity]:
    """Those named, else all of a kind, up to a number that tells enough."""
    chosen: list[Entity] = []
    for kind in sorted(on):
        here = [one for one in found if one.on == kind]
        wanted = {name.lower() for name in (places.vms if kind == "vm" else (places.named.get(kind, ""),)) if name}
        if wanted:
            here = [one for one in here if one.name.lower() in wanted]
            for name in sorted(wanted - {one.name.lower() for one in here}):
                answer.skip(f"{kind} {name}", "the account is shown none of that name")
        elif not here:
            answer.skip(f"every {kind}", "the account is shown none")
        if len(here) > MOST:
            answer.skip(f"{len(here) - MOST} of {len(here)} objects of kind {kind}", "enough others were asked about")
        chosen += here[:MOST]
    return chosen


def failure(answer: Answer) -> ClientError:
    """The error that stands for all gaps."""
    count = len(answer.gaps)
    first = "; ".join(gap.line() for gap in answer.gaps[:5])
    more = f"; and {count - 5} more" if count > 5 else ""
    return PermissionDenied(f"{count} rights are missing: {first}{more}", code="rights_missing")
