# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Azure makes of what a person does: a project key generated in the portal, an appliance registered, started, configured.

Called by the lab's operator, under ``world.lock``. Nobody documented how long each step takes, only that registering an
appliance may take ten minutes and that a first inventory is there after a quarter of an hour.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable

from .. import names
from ..appliances import SIMILAR, SOURCE, TARGET, Appliance
from . import deletion, ids, keyvaults, migrate, ms_graph, policies, providers, roles, sites, traces, vault
from .resources import Resource
from .state import Azure
from .wire import JSON, ArmError, last, same

_NAME = re.compile(r"[A-Za-z0-9]{1,14}")
# recorded seconds from the sign-in on
_CONNECTED_S, _VAULT_S, _FABRIC_S, _DONE_S = 60, 120, 180, 300
_CONFIGURED_S = 120
_DISCOVERED_S = 900
_SITES = {SOURCE: sites.VMWARE, TARGET: sites.HYPERV}
_FABRICS, _VAULTS = "Microsoft.DataReplication/replicationFabrics", vault.TYPE


class Refused(Exception):
    """What the portal or the appliance's page says no to, in one sentence."""


# -- the key ----------------------------------------------------------------------------------------------------


def generate_key(azure: Azure, project: str, appliance: str, role: str, cause: int) -> str:
    """A site, the key vault with the project's first key, an entry in the map; and the text to paste."""
    found = _project(azure, project)
    if not _NAME.fullmatch(appliance):
        raise Refused(f"The appliance name '{appliance}' must be alphanumeric and have at most 14 characters.")
    master = _scaffold(azure, found)
    _one_of_each(azure, found, appliance, role)
    if role == TARGET and not sites.found_by(azure, found.id):
        raise Refused("The project has no discovered servers yet: a target appliance comes after discovery.")
    group = _group(found)
    site = f"{group}/providers/{_SITES[role]}/{ids.site_name(appliance, role)}"
    key_vault = _key_vault_id(azure, found)
    _allowed(azure, found, (_SITES[role], site), (deletion.KEY_VAULT, key_vault))
    _bring_key_vault(azure, found, key_vault, cause)
    if azure.resources.find(site) is None:
        shown = sites.body(appliance, _region(found), traces.discovery_of(found.id), master.id, key_vault)
        azure.resources.save(site, _SITES[role], shown)
        _told(azure, site, cause)
    pointed = site.replace("/vmwareSites/", "/VMwareSites/")
    below = [*master.properties["sites"]]
    if not any(same(pointed, each) for each in below):
        azure.resources.amend(master.id, sites=[*below, pointed])
    traces.add_details(
        azure,
        traces.discovery_of(found.id),
        masterSiteId=master.id,
        keyVaultId=key_vault,
        keyVaultUrl=sites.vault_url(key_vault),
    )
    traces.enter(azure, found.id, traces.map_entry(appliance, pointed, key_vault, source=role == SOURCE))
    if role == SOURCE and azure.switches.similar_appliance and traces.entry(azure, found.id, SIMILAR) is None:
        traces.bring_similar(azure, found.id)
    about = {"project": found.id, "appliance": appliance, "nonce": azure.hex(16)}
    text = base64.b64encode(json.dumps(about).encode()).decode()
    azure.keys[text] = (found.id, appliance, role)
    return text


def _project(azure: Azure, name: str) -> Resource:
    found = [row for row in azure.resources.of(migrate.PROJECT.type) if same(row.name, last(name))]
    if not found:
        raise Refused(f"There is no project '{name}'.")
    if found[0].properties["provisioningState"] != "Succeeded":
        raise Refused(f"The project '{name}' is still being made.")
    return found[0]


def _group(project: Resource) -> str:
    return "/".join(project.id.split("/")[:5])


def _region(project: Resource) -> str:
    return str(project.body["location"])


def _scaffold(azure: Azure, project: Resource) -> Resource:
    """The master site under which the appliance's site will be; all that stands before a key can be had."""
    for solution in (traces.discovery_of(project.id), traces.migration_of(project.id)):
        if azure.resources.find(solution) is None:
            raise Refused(f"The project '{project.name}' has no solution '{last(solution)}'.")
    servers = [
        row
        for row in azure.resources.of(sites.SERVER, _group(project))
        if same(row.properties["discoverySolutionId"], traces.discovery_of(project.id))
    ]
    if not servers:
        raise Refused(f"The project '{project.name}' has no server site: it was not made as the portal makes one.")
    for master in azure.resources.of(sites.MASTER, _group(project)):
        if any(same(servers[0].id, site) for site in master.properties["sites"]):
            return master
    raise Refused(f"The project '{project.name}' has no master site: it was not made as the portal makes one.")


def _one_of_each(azure: Azure, project: Resource, appliance: str, role: str) -> None:
    """One source and one target appliance a project. A target appliance that is dead may be replaced."""
    for entry in traces.entries(azure, project.id):
        [(name, told)] = entry.items()
        its_role = SOURCE if "/vmwaresites/" in str(told["SiteId"]).lower() else TARGET
        if name == SIMILAR or azure.resources.find(told["SiteId"]) is None:
            continue  # somebody else's, or what is left of a site that was deleted
        if name.lower() == appliance.lower():
            if its_role != role:
                raise Refused(f"The name '{name}' is that of the project's {its_role} appliance.")
            if sites.reports(azure, name):
                raise Refused(f"The appliance '{name}' is registered already.")
        elif its_role == role and (role == SOURCE or sites.reports(azure, name)):
            raise Refused(f"The project '{project.name}' has a {role} appliance already: '{name}'.")


def _allowed(azure: Azure, project: Resource, *made: tuple[str, str]) -> None:
    """Neither a policy nor a provider that is not registered stands in the way of what the service makes."""
    subscription = project.id.split("/")[2]
    for kind, arm_id in made:
        try:
            providers.need(azure, subscription, kind.partition("/")[0])
            if azure.resources.find(arm_id) is None:
                policies.need(azure, kind, last(arm_id))
        except ArmError as refusal:
            raise Refused(f"{refusal.code}: {refusal.message}") from None


def _key_vault_id(azure: Azure, project: Resource) -> str:
    known = traces.details(azure, traces.discovery_of(project.id)).get("keyVaultId")
    if known and azure.resources.find(known) is not None:
        return known
    name = f"{re.sub(r'[^A-Za-z0-9-]', '', project.name)[:20]}kv"
    if name.lower() in azure.deleted_vaults:  # the name is taken until that one is purged
        name = f"{name[:-2][:16]}{azure.hex(4)}kv"
    return f"{_group(project)}/providers/{deletion.KEY_VAULT}/{name}"


def _bring_key_vault(azure: Azure, project: Resource, key_vault: str, cause: int) -> None:
    if azure.resources.find(key_vault) is None:
        azure.resources.save(key_vault, deletion.KEY_VAULT, keyvaults.body(_region(project), last(key_vault)))
        _told(azure, key_vault, cause)


def _told(azure: Azure, arm_id: str, cause: int) -> None:
    azure.world.journal.write("", "target", "resource", None, {"id": arm_id}, cause)


# -- registering ------------------------------------------------------------------------------------------------


def register(azure: Azure, appliance: Appliance, cause: int) -> None:
    """Begin it: application, vault, fabric and agent follow one after another, and then ``registered_at`` is set."""
    project, site = _of_key(azure, appliance)
    group = _group(project)
    made = [(_FABRICS, traces.fabric_id(group, appliance.name))]
    if appliance.role == SOURCE:
        made.append((_VAULTS, _vault_id(azure, project)))
    _allowed(azure, project, *made)
    identity = _own_application(azure, appliance, group) if appliance.entra else None

    def connected() -> None:
        nonlocal identity
        identity = identity or _new_application(azure, appliance)
        traces.connect(azure, site.id, identity)
        app = {"AppID": identity["applicationId"], "ObjectID": identity["objectId"]}
        traces.tell(azure, project.id, appliance.name, app, **_machine(appliance), isRegistered=True)
        _replace(azure, project, appliance)

    def with_vault() -> None:
        if appliance.role == SOURCE:
            _bring_vault(azure, project, cause)

    def with_fabric() -> None:
        if appliance.role == SOURCE:
            custom = traces.source_custom(_pointed(site), traces.migration_of(project.id))
        elif azure.switches.target_fabric == "register":
            custom = _target(appliance, site, project, configured=False)
        else:
            return
        _bring_fabric(azure, project, appliance, custom, cause)

    def done() -> None:
        if identity is not None:
            traces.bring_agent(azure, group, appliance.name, appliance.id, identity)
        stamped = f"{azure.now():%m/%d/%Y %I:%M:%S %p}"
        traces.tell(azure, project.id, appliance.name, applianceRegistrationTimeStamp=stamped)
        appliance.registered_at = azure.clock.now()

    for seconds, do in (
        (_CONNECTED_S, connected),
        (_VAULT_S, with_vault),
        (_FABRIC_S, with_fabric),
        (_DONE_S, done),
    ):
        azure.locked_after(seconds, _if_there(azure, site, do))


def _if_there(azure: Azure, site: Resource, do: Callable[[], None]) -> Callable[[], None]:
    """Not when somebody has deleted the site meanwhile."""

    def run() -> None:
        if azure.resources.find(site.id) is not None:
            do()

    return run


def _of_key(azure: Azure, appliance: Appliance) -> tuple[Resource, Resource]:
    """Project and site that the pasted key is for."""
    project_id, name, role = azure.keys.get(appliance.key, ("", "", ""))
    project, entry = azure.resources.find(project_id), traces.entry(azure, project_id, name) if project_id else None
    site = azure.resources.find(entry["SiteId"]) if entry else None
    if project is None or site is None:
        raise Refused("The project key is not valid.")
    if role != appliance.role:
        raise Refused(f"The project key is that of a {role} appliance.")
    if name.lower() != appliance.name.lower():
        raise Refused(f"The project key was generated for the appliance '{name}'.")
    return project, site


def _replace(azure: Azure, project: Resource, appliance: Appliance) -> None:
    """A new target appliance takes the place of a dead one."""
    for entry in traces.entries(azure, project.id) if appliance.role == TARGET else ():
        [(name, told)] = entry.items()
        if "/hypervsites/" in str(told["SiteId"]).lower() and name.lower() != appliance.name.lower():
            traces.leave(azure, project.id, name)


def _machine(appliance: Appliance) -> JSON:
    return {"machineID": appliance.id, "IPAddress": appliance.address, "HostName": appliance.hostname}


def _pointed(site: Resource) -> str:
    return site.id.replace("/vmwareSites/", "/VMwareSites/")


def _new_application(azure: Azure, appliance: Appliance) -> JSON:
    """Whoever signs in lets the appliance register an application of its own."""
    title = traces.app_name(appliance.name)
    known = next((row for row in azure.applications.values() if row["displayName"] == title), None)
    app = known or ms_graph.make(azure, title, [])
    principals = [row for row in azure.service_principals.values() if row["appId"] == app["appId"]]
    fixed = ids.agent_principal(appliance.name)
    free = fixed not in azure.service_principals
    principal = principals[0] if principals else ms_graph.make_principal(azure, app, fixed if free else "")
    return traces.identity(app["appId"], principal["id"])


def _own_application(azure: Azure, appliance: Appliance, group: str) -> JSON:
    """One that somebody made before; it is used as it is, and by this appliance alone."""
    wanted = appliance.entra.get("client_id", "")
    app = next((row for row in azure.applications.values() if same(row["appId"], wanted)), None)
    principal = next((row for row in azure.service_principals.values() if same(row["appId"], wanted)), None)
    if app is None or principal is None:
        raise Refused(
            f"Microsoft Entra knows no application with the client id '{wanted}', or it has no service principal."
        )
    given = appliance.entra.get("thumbprint", "").upper()
    if given not in {str(key["customKeyIdentifier"]).upper() for key in app["keyCredentials"]}:
        raise Refused(f"The certificate {given} is not one of those of the application '{app['displayName']}'.")
    used = [site for kind in _SITES.values() for site in azure.resources.of(kind)
            if same((site.properties.get("servicePrincipalIdentityDetails") or {}).get("applicationId"), wanted)
            and not same(site.properties["applianceName"], appliance.name)]  # fmt: skip
    if used:
        raise Refused(
            f"The application '{app['displayName']}' is that of the appliance '{used[0].properties['applianceName']}'."
        )
    if not roles.holds(azure, principal["id"], roles.CONTRIBUTOR, group):
        raise Refused(
            f"The application '{app['displayName']}' is no Contributor of the resource group '{last(group)}'."
        )
    return traces.identity(app["appId"], principal["id"])


def _vault_id(azure: Azure, project: Resource) -> str:
    known = traces.details(azure, traces.migration_of(project.id)).get("vaultId")
    if known and azure.resources.find(known) is not None:
        return known
    return f"{_group(project)}/providers/{_VAULTS}/{project.name}replicationvault"


def _bring_vault(azure: Azure, project: Resource, cause: int) -> None:
    """With the registration of the first source appliance."""
    arm_id = _vault_id(azure, project)
    if azure.resources.find(arm_id) is None:
        home = arm_id.lower() == ids.VAULT.lower()
        identity: JSON = {"type": "None"}
        if azure.switches.new_vault_identity == "SystemAssigned":
            identity = {"type": "SystemAssigned", "principalId": azure.principal_of(arm_id), "tenantId": names.TENANT}
        shown = {
            "location": _region(project),
            "tags": {"Migrate Project": project.name},
            "properties": {
                "provisioningState": "Succeeded",
                "serviceResourceId": ids.VAULT_SERVICE_ID if home else azure.guid(),
                "vaultType": "Migrate",
            },
            "identity": identity,
        }
        azure.resources.save(arm_id, _VAULTS, shown)
        _told(azure, arm_id, cause)
    traces.add_details(azure, traces.migration_of(project.id), vaultId=arm_id)


def _bring_fabric(azure: Azure, project: Resource, appliance: Appliance, custom: JSON, cause: int) -> None:
    traces.bring_fabric(azure, _group(project), _region(project), appliance.name, custom)
    _told(azure, traces.fabric_id(_group(project), appliance.name), cause)


def _target(appliance: Appliance, site: Resource, project: Resource, *, configured: bool) -> JSON:
    return traces.target_custom(appliance.name, site.id, traces.migration_of(project.id), configured=configured)


# -- after it ---------------------------------------------------------------------------------------------------


def start_discovery(azure: Azure, appliance: Appliance, cause: int) -> None:
    """vCenter's login was typed in: machines are shown a quarter of an hour later, in time."""
    project, site = _registered(azure, appliance, SOURCE)
    appliance.discovery_started_at = azure.clock.now()
    azure.discovered_from[site.key] = azure.clock.monotonic() + azure.schedule.short(_DISCOVERED_S)
    traces.tell(azure, project.id, appliance.name, discoveryStatus="InProgress")
    azure.world.journal.write("", "target", "discovery", None, {"site": site.id}, cause)

    def found() -> None:
        if azure.switches.discovery_stuck:
            azure.locked_after(_DISCOVERED_S, _if_there(azure, site, found))
            return
        traces.tell(azure, project.id, appliance.name, discoveryStatus="Success")

    azure.locked_after(_DISCOVERED_S, _if_there(azure, site, found))


def configure_target(azure: Azure, appliance: Appliance, cause: int) -> None:
    """The cluster's login was typed in and Configure was pressed."""
    project, site = _registered(azure, appliance, TARGET)

    def done() -> None:
        _bring_fabric(azure, project, appliance, _target(appliance, site, project, configured=True), cause)
        own = (azure.resources.find(site.id) or site).properties["servicePrincipalIdentityDetails"]
        kept = {name: value for name, value in own.items() if name != "rawCertData"}
        traces.bring_agent(azure, _group(project), appliance.name, appliance.id, kept)
        appliance.configured_at = azure.clock.now()

    azure.locked_after(_CONFIGURED_S, _if_there(azure, site, done))


def _registered(azure: Azure, appliance: Appliance, role: str) -> tuple[Resource, Resource]:
    if appliance.role != role or appliance.registered_at is None:
        raise Refused(f"'{appliance.name}' is no {role} appliance that is registered.")
    return _of_key(azure, appliance)
