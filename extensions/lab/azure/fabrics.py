# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.DataReplication: fabrics and their agents, which registration brings."""

from __future__ import annotations

import datetime as dt

from . import ids, sites
from .resources import Resource
from .state import Azure
from .tracked import Kind, place
from .wire import JSON, Answer, ArmError, Request, stamp

TYPE = "Microsoft.DataReplication/replicationFabrics"
AGENT_TYPE = f"{TYPE}/fabricAgents"
_DELETING_S = 60  # nobody recorded it


def _show(azure: Azure, request: Request, fabric: Resource) -> JSON:
    """A list does not tell where the service is."""
    listed = "fabric" not in request.parts
    endpoint = None if listed else "https://pod01-rcm1.lab.example"
    return fabric.show(serviceEndpoint=endpoint, **_health(azure, fabric))


def _health(azure: Azure, fabric: Resource) -> JSON:
    name = appliance_of(azure, fabric)
    if azure.switches.dead_fabric == "Normal" or not name or sites.reports(azure, name):
        return {"health": "Normal", "healthErrors": []}
    error: JSON = {
        "affectedResourceType": "FabricAgent",
        "affectedResourceCorrelationIds": [],
        "childErrors": [],
        "code": "2100010",  # the lab's own: nobody recorded one
        "healthCategory": "FabricHealth",
        "category": "FabricHealth",
        "severity": "Error",
        "source": "FabricAgent",
        "creationTime": azure.beats.get(name.lower()) or stamp(azure.started),
        "isCustomerResolvable": True,
        "summary": "The appliance does not report.",
        "message": f"Nothing was heard of the appliance '{name}'.",
        "causes": "The appliance is off, or its services have stopped, or it has no connection.",
        "recommendation": "Start the appliance and its services, and look at its connection.",
    }
    return {"health": azure.switches.dead_fabric, "healthErrors": [error]}


def appliance_of(azure: Azure, fabric: Resource) -> str:
    """The name of the appliance that a fabric came with; "" while its agent is not there."""
    agents = azure.resources.of(AGENT_TYPE, fabric.id)
    return str(agents[0].properties["machineName"]) if agents else ""


FABRIC = Kind(
    type=TYPE,
    part="fabric",
    show=_show,
    deleting_s=_DELETING_S,
    polled="Microsoft.DataReplication",
)


def listing(azure: Azure, request: Request) -> Answer:
    rows = [_show(azure, request, row) for row in azure.resources.of(TYPE, place(request))]
    return Answer(body={"value": rows})  # recorded without nextLink


def body(region: str, custom: JSON, name: str) -> JSON:
    return {
        "location": region,
        "tags": {},
        "properties": {
            "provisioningState": "Succeeded",
            "serviceResourceId": ids.fixed(f"fabric {name}"),
            "customProperties": custom,
        },
        "systemData": {
            "createdBy": "user@example.com",
            "createdByType": "User",
            "createdAt": "2025-10-31T22:59:49.8810877+00:00",
        },
    }


# -- agents -----------------------------------------------------------------------------------------------------


def _show_agent(azure: Azure, request: Request, agent: Resource) -> JSON:
    name = str(agent.properties["machineName"])
    silent = name in azure.switches.silent_agents
    if not silent and not sites.reports(azure, name):
        return agent.show(isResponsive=False, lastHeartbeat=azure.beats.get(name.lower()) or stamp(agent.created))
    moment = azure.started if silent else azure.now()
    beat = stamp(moment - dt.timedelta(seconds=moment.second % 15))
    if not silent:
        azure.beats[name.lower()] = str(beat)
    return agent.show(isResponsive=not silent, lastHeartbeat=beat)


AGENT = Kind(
    type=AGENT_TYPE,
    part="agent",
    show=_show_agent,
    parent=(TYPE, "fabric"),
    located=False,
    deleting_s=_DELETING_S,
    polled="Microsoft.DataReplication",
)


def agent_body(appliance: str, machine_id: str, identity: JSON, kind: str) -> JSON:
    return {
        "properties": {
            "correlationId": ids.fixed(f"correlation {appliance}"),
            "machineId": machine_id,
            "machineName": appliance,
            "authenticationIdentity": identity,
            "resourceAccessIdentity": identity,
            "versionNumber": "1.25.819.2",
            "provisioningState": "Succeeded",
            "healthErrors": [],
            "customProperties": {"instanceType": kind},
        },
        "systemData": None,
    }


def agents(azure: Azure, request: Request) -> Answer:
    FABRIC.the(azure, request)
    rows = [_show_agent(azure, request, row) for row in azure.resources.of(AGENT_TYPE, place(request, AGENT.parent))]
    return Answer(body={"value": rows, "nextLink": None})


def agent(azure: Azure, request: Request) -> Answer:
    FABRIC.the(azure, request)
    found = AGENT.find(azure, request)
    if found is None:
        raise ArmError(404, "FabricAgentNotFound", f"The fabric agent '{request.parts['agent']}' was not found.")
    return Answer(body=_show_agent(azure, request, found))
