# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of what a programme leaves behind, made of what Azure, Microsoft Entra and vCenter show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from . import ids, marks, ours, values
from .appliance_map import details_of
from .cache_account import PROJECT_TAG
from .estate import APPLICATION, ATTRIBUTE, ORDER, ROLE, Leftover
from .infrastructure import STORAGE_KEY, diagnostics_id, lock_id
from .infrastructure_problems import some
from .project_seen import DISCOVERY_SOLUTION, LOCAL_SOLUTION
from .unread import DEVICES

Row = Mapping[str, Any]
OUR_ROLES = ("azlocal-migrate-automation", "azlocal-migrate-appliance")  # as docs/least-privilege.md has them made
IN_VCENTER = (
    f"{ATTRIBUTE}{ours.TAG}",
    *(f"{ROLE}{name}" for name in OUR_ROLES),
)  # of these ids the list shows if they are gone


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """Replies as they came. ``project_id`` is where the project is or was."""

    project_id: str
    group_id: str
    group: Row | None = None
    project_row: Row | None = None
    contents: tuple[Row, ...] = ()  # what the resource group lists
    accounts: tuple[Row, ...] = ()  # storage accounts of the resource group
    solutions: Mapping[str, Row] = field(default_factory=dict)  # by name, lower case
    sites: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)  # by our kind
    vaults: tuple[Row, ...] = ()
    extensions: tuple[Row, ...] = ()
    policies: tuple[Row, ...] = ()
    items: tuple[str, ...] = ()
    fabrics: tuple[Row, ...] = ()
    agents: tuple[Row, ...] = ()
    locks: tuple[Row, ...] = ()
    diagnostics: tuple[str, ...] = ()  # ids of vaults that have our setting
    assignments: tuple[Row, ...] = ()
    applications: Mapping[str, Row | None] = field(default_factory=dict)  # by client id; None: it may not be read
    appliance_vms: tuple[tuple[str, bool], ...] = ()  # name, and whether it runs
    attribute_marks: int | None = None  # how many VMs bear a mark; None: there is no attribute
    migrating: tuple[str, ...] = ()  # VMs whose mark is of a migration that goes on; see is_migrating
    roles: tuple[str, ...] = ()

    @property
    def project(self) -> str:
        return ids.name(self.project_id)


def leftovers(seen: Seen) -> list[Leftover]:
    """All of it, in the order in which it can go."""
    parts = (
        _in_vaults,
        _assignments,
        _vaults,
        _fabrics,
        _accounts,
        _key_vaults,
        _applications,
        _sites,
        _project,
        _vcenter,
    )
    found = [leftover for part in parts for leftover in part(seen)]
    found += _group(seen, found)
    locks = list(_locks(seen, found))
    found = [_under(locks, leftover) for leftover in found]
    why = in_use(seen)
    found = [replace(leftover, why_not=why) if why else leftover for leftover in (*locks, *found)]
    return sorted(found, key=lambda one: (ORDER[one.kind], one.name.lower()))


# -- parts -----------------------------------------------------------------------------------------------------------


def _in_vaults(seen: Seen) -> Iterator[Leftover]:
    for vault in seen.diagnostics:
        yield Leftover(
            kind="diagnostic_setting",
            name=f"{ids.name(vault)}/{ids.name(diagnostics_id(vault))}",
            id=diagnostics_id(vault),
            ours=True,
        )
    for kind, rows in (("extension", seen.extensions), ("policy", seen.policies)):
        for row in rows:
            yield Leftover(kind=kind, name=_name(row), id=_id(row), ours=False)


def _assignments(seen: Seen) -> Iterator[Leftover]:
    """Roles in the resource group of those who belong to the programme, and those with a name that we computed."""
    holders = principals(seen)
    for row in seen.assignments:
        said = values.mapping(row.get("properties"))
        scope, who = values.text(said.get("scope")), values.text(said.get("principalId")).lower()
        if not _within(scope, seen.group_id):
            continue
        mine = ours.is_our_assignment(row, seen.project_id)
        if mine or who in holders:
            role = ids.name(values.text(said.get("roleDefinitionId")))
            note = f"role {role} of {holders.get(who, who)} on {ids.name(scope)}"
            yield Leftover(kind="role_assignment", name=_name(row), id=_id(row), ours=mine, note=note)


def principals(seen: Seen) -> dict[str, str]:
    """Who belongs to the programme, by object id, lower case."""
    found = {}
    for row in filter(None, (seen.project_row, *seen.vaults)):
        who = values.text(values.mapping(row.get("identity")).get("principalId"))
        found[who.lower()] = f"the identity of {_name(row)}"
    for row in seen.agents:
        properties = values.mapping(row.get("properties"))
        who = values.text(values.mapping(properties.get("resourceAccessIdentity")).get("objectId"))
        found[who.lower()] = f"appliance {values.text(properties.get('machineName'))}"
    for row in _appliance_sites(seen):
        own = values.mapping(values.mapping(row.get("properties")).get("servicePrincipalIdentityDetails"))
        found.setdefault(values.text(own.get("objectId")).lower(), f"the appliance of site {_name(row)}")
    found.pop("", None)
    return found


def _vaults(seen: Seen) -> Iterator[Leftover]:
    for row in seen.vaults:
        yield Leftover(
            kind="vault", name=_name(row), id=_id(row), ours=False, note="goes with its jobs and their history"
        )


def _fabrics(seen: Seen) -> Iterator[Leftover]:
    for row in seen.fabrics:
        users = tuple(_id(extension) for extension in seen.extensions if _names_fabric(extension, _id(row)))
        speaking = [
            values.text(values.mapping(agent.get("properties")).get("machineName"))
            for agent in seen.agents
            if _within(_id(agent), _id(row)) and _responds(agent)
        ]
        note = f"appliance {', '.join(speaking)} still reports: remove its machine first" if speaking else ""
        yield Leftover(kind="fabric", name=_name(row), id=_id(row), ours=False, first=users, note=note)


def _responds(agent: Row) -> bool:
    return values.flag(values.mapping(agent.get("properties")).get("isResponsive")) is True


def _names_fabric(extension: Row, fabric: str) -> bool:
    custom = _custom(extension)
    named = (custom.get("vmwareFabricArmId"), custom.get("azStackHciFabricArmId"))
    return any(ids.same_id(values.text(one), fabric) for one in named)


def _accounts(seen: Seen) -> Iterator[Leftover]:
    """The one that the project or an extension is linked to, and those that bear our tag or the portal's."""
    linked = {details_of(seen.solutions.get(LOCAL_SOLUTION.lower())).get(STORAGE_KEY, "")}
    linked |= {values.text(_custom(row).get("storageAccountId")) for row in seen.extensions}
    there = {ids.normal(_id(row)): row for row in seen.accounts}
    keys = {ids.normal(one) for one in linked if one} | {
        key for key, row in there.items() if ours.is_ours(row, seen.project) or _tagged(row, seen.project)
    }
    for key in sorted(keys & there.keys()):
        row = there[key]
        mine = ours.is_ours(row, seen.project)
        made_for_it = mine or _tagged(row, seen.project)
        users = tuple(
            _id(one) for one in seen.extensions if ids.same_id(values.text(_custom(one).get("storageAccountId")), key)
        )
        why = "" if made_for_it else "it was given, not made for the project: whoever owns it decides"
        yield Leftover(kind="storage_account", name=_name(row), id=_id(row), ours=mine, why_not=why, first=users)


def _tagged(row: Row, project: str) -> bool:
    """As the portal and Microsoft's tools tag what they make for a project."""
    return ours.tags_of(row).get(PROJECT_TAG, "").lower() == project.lower()


def _key_vaults(seen: Seen) -> Iterator[Leftover]:
    named = {ids.normal(one) for one in key_vault_ids(seen)}
    for row in seen.contents:
        if ids.normal(_id(row)) in named:
            note = "deleted softly: its name stays taken for 7 to 90 days, or until it is purged"
            how = f"az keyvault purge --name {_name(row)}"
            yield Leftover(kind="key_vault", name=_name(row), id=_id(row), ours=False, note=note, how=how)


def key_vault_ids(seen: Seen) -> set[str]:
    """Those that the project or a site of its appliances names."""
    found = {details_of(seen.solutions.get(DISCOVERY_SOLUTION.lower())).get("keyVaultId", "")}
    for row in _appliance_sites(seen):
        agent = values.mapping(values.mapping(row.get("properties")).get("agentDetails"))
        found.add(values.text(agent.get("keyVaultId")))
    return found - {""}


def _applications(seen: Seen) -> Iterator[Leftover]:
    for app_id, row in seen.applications.items():
        title = values.text(row.get("displayName")) if row else ""
        yield Leftover(
            kind="application",
            name=title or app_id,
            id=f"{APPLICATION}{app_id}",
            ours=False,
            note="" if row else "applications of Microsoft Entra cannot be read here, so it may be gone already",
            how=f"az ad app delete --id {app_id}",
        )


def _appliance_sites(seen: Seen) -> list[Row]:
    return [*seen.sites.get("vmware_site", ()), *seen.sites.get("hyperv_site", ())]


def application_ids(seen: Seen) -> list[str]:
    """The client ids of the appliances' applications: their sites and agents name them."""
    found = []
    for row in _appliance_sites(seen):
        own = values.mapping(values.mapping(row.get("properties")).get("servicePrincipalIdentityDetails"))
        found.append(values.text(own.get("applicationId")).lower())
    for row in seen.agents:
        own = values.mapping(values.mapping(row.get("properties")).get("authenticationIdentity"))
        found.append(values.text(own.get("applicationId")).lower())
    return sorted({one for one in found if one})


def _sites(seen: Seen) -> Iterator[Leftover]:
    for kind, rows in seen.sites.items():
        for row in rows:
            links = [fabric for fabric in seen.fabrics if _is_site_of(fabric, _id(row))]
            yield Leftover(
                kind=kind,
                name=_name(row),
                id=_id(row),
                ours=ours.is_ours(row, seen.project),
                first=tuple(map(_id, links)),
            )


def _is_site_of(fabric: Row, site: str) -> bool:
    custom = _custom(fabric)
    return any(ids.same_id(values.text(custom.get(key)), site) for key in ("vmwareSiteId", "azStackHciSiteId"))


def _project(seen: Seen) -> Iterator[Leftover]:
    row = seen.project_row
    if row is not None:
        first = (*map(_id, seen.fabrics), *map(_id, _appliance_sites(seen)))
        mine = ours.is_ours(row, seen.project)
        note = "goes with its solutions; what it alone names (key vault, applications) is not found again after it"
        yield Leftover(kind="project", name=_name(row), id=seen.project_id, ours=mine, first=first, note=note)


def _group(seen: Seen, found: Sequence[Leftover]) -> list[Leftover]:
    """The resource group, if this collection made it and nothing else is in it."""
    if seen.group is None or not ours.made_for(seen.group):
        return []
    listed = {ids.normal(one.id) for one in found}
    others = [row for row in seen.contents if ids.normal(_id(row)) not in listed]
    why = f"other resources are in it: {some(list(map(_name, others)))}" if others else ""
    first = tuple(_id(row) for row in seen.contents)
    name = ids.name(seen.group_id)
    return [Leftover(kind="resource_group", name=name, id=seen.group_id, ours=True, why_not=why, first=first)]


def _vcenter(seen: Seen) -> Iterator[Leftover]:
    for name, runs in seen.appliance_vms:
        yield Leftover(
            kind="appliance_vm",
            name=name,
            id=f"vcenter/vms/{name}",
            ours=True,
            why_not="source_appliance with state: absent removes it, and so does the role decommission_estate",
            note="it runs" if runs else "it is off",
        )
    if seen.attribute_marks is not None:
        note = f"{seen.attribute_marks} VMs bear a mark, which goes with it" if seen.attribute_marks else ""
        name, many = ours.TAG, len(seen.migrating)
        why = f"{many} VMs bear the mark of a migration that goes on, of any project: {some(list(seen.migrating))}"
        how = f"complete these migrations; a mark that is not true any more is emptied by hand (attribute {name} of the VM)"
        yield Leftover(
            kind="vcenter_attribute",
            name=name,
            id=f"{ATTRIBUTE}{name}",
            ours=True,
            why_not=why if many else "",
            note=note,
            how=how if many else "",
        )
    for role in seen.roles:
        if role in OUR_ROLES:
            yield Leftover(
                kind="vcenter_role",
                name=role,
                id=f"{ROLE}{role}",
                ours=False,
                note="vCenter keeps it while somebody has it, this run's own account too",
            )


def is_migrating(vm: Mapping[str, Any]) -> bool:
    """Whether the mark of a VM may be of a migration that goes on, of whatever project, by what vCenter alone shows.

    A cutover that came to its end has left the source off, with no adapter that connects at power on. What is left of that
    migration (verify, complete) cannot be seen here. What vCenter keeps back may be anything.
    """
    if any(hole["path"] in DEVICES for hole in vm["unreadable"]):
        return True
    mark = marks.decode(vm["mark"])
    if mark.cutover_at is None:
        return mark.enabled_at is not None
    return vm["power"] != "off" or any(nic["start_connected"] for nic in vm["nics"])


# -- what stands in the way ------------------------------------------------------------------------------------------


def _locks(seen: Seen, found: Sequence[Leftover]) -> Iterator[Leftover]:
    """Those that stand over something of the list. Ours bear the name that infrastructure gives them."""
    for row in seen.locks:
        scope = lock_scope(_id(row))
        if not any(_touches(scope, one.id) for one in found):
            continue
        mine = ids.same_id(_id(row), lock_id(scope)) and _within(scope, seen.group_id)
        why = "" if mine else "somebody else has set it: ask them"
        yield Leftover(kind="lock", name=f"{ids.name(scope)}/{_name(row)}", id=_id(row), ours=mine, why_not=why)


def lock_scope(lock: str) -> str:
    at = lock.lower().rfind("/providers/microsoft.authorization/locks/")
    return lock[:at]


def _touches(lock: str, arm_id: str) -> bool:
    """A lock forbids to delete its scope, what is below it, and what it is in."""
    return arm_id.startswith("/") and (_within(arm_id, lock) or _within(lock, arm_id))


def _under(locks: Sequence[Leftover], leftover: Leftover) -> Leftover:
    over = [lock for lock in locks if _touches(lock_scope(lock.id), leftover.id)]
    foreign = [lock.name for lock in over if not lock.safe]
    if foreign and leftover.safe:
        return replace(leftover, why_not=f"a lock of somebody else's stands over it: {some(foreign)}")
    return replace(leftover, first=(*leftover.first, *(lock.id for lock in over)))


def in_use(seen: Seen) -> str:
    """Why nothing may go, whatever it is: VMs that still replicate, or were not completed. "" where there is none."""
    return f"{len(seen.items)} protected items are left: {some(list(seen.items))}" if seen.items else ""


# -- rows ------------------------------------------------------------------------------------------------------------


def _id(row: Row) -> str:
    return values.text(row.get("id"))


def _name(row: Row) -> str:
    return values.text(row.get("name")) or ids.name(_id(row))


def _custom(row: Row) -> Row:
    return values.mapping(values.mapping(row.get("properties")).get("customProperties"))


def _within(arm_id: str, scope: str) -> bool:
    return bool(scope) and f"{arm_id}/".lower().startswith(f"{scope}/".lower())
