# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subscriptions, tenants, resource groups, resource providers, tags: what every client asks first."""

from __future__ import annotations

from typing import Any

from .. import names
from . import ids, versions
from .state import Azure
from .wire import JSON, Answer, ArmError, Request, bad

_TYPES: dict[str, dict[str, str]] = {
    # namespace -> resource type -> key of the versions
    "Microsoft.Migrate": {"migrateProjects": "migrate"},
    "Microsoft.OffAzure": {"VMwareSites": "offazure", "HyperVSites": "offazure", "MasterSites": "offazure"},
    "Microsoft.DataReplication": {"replicationVaults": "replication", "replicationFabrics": "replication"},
    "Microsoft.AzureStackHCI": {
        "clusters": "cluster",
        "virtualMachineInstances": "hcivm",
        "networkInterfaces": "hcivm",
        "virtualHardDisks": "hcivm",
        "logicalNetworks": "hcivm",
        "storageContainers": "hcivm",
    },
    "Microsoft.HybridCompute": {"machines": "hybrid"},
    "Microsoft.ExtendedLocation": {"customLocations": "location"},
    "Microsoft.ResourceConnector": {"appliances": "bridge"},
    "Microsoft.ResourceGraph": {"resources": "graph"},
    "Microsoft.KeyVault": {},
    "Microsoft.Storage": {},
    "Microsoft.KubernetesConfiguration": {},
    "Microsoft.Authorization": {"roleAssignments": "authorization", "permissions": "authorization"},
    "Microsoft.Resources": {},
}


def _subscription() -> JSON:
    return {
        "id": ids.SUBSCRIPTION,
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": names.SUBSCRIPTION,
        "tenantId": names.TENANT,
        "displayName": "Lab",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Internal_2014-09-01",
            "quotaId": "Internal_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def subscriptions(azure: Azure, request: Request) -> Answer:
    return Answer(body={"value": [_subscription()], "count": {"type": "Total", "value": 1}})


def subscription(azure: Azure, request: Request) -> Answer:
    return Answer(body=_subscription())


def locations(azure: Azure, request: Request) -> Answer:
    rows = [
        {"id": f"{ids.SUBSCRIPTION}/locations/{name}", "name": name, "displayName": name, "type": "Region"}
        for name in (names.LOCATION, names.CLUSTER_LOCATION)
    ]
    return Answer(body={"value": rows})


def tenants(azure: Azure, request: Request) -> Answer:
    row = {
        "id": f"/tenants/{names.TENANT}",
        "tenantId": names.TENANT,
        "countryCode": "US",
        "displayName": "Lab",
        "domains": ["lab.example"],
        "tenantCategory": "Home",
        "defaultDomain": "lab.example",
        "tenantType": "AAD",
    }
    return Answer(body={"value": [row]})


def _group(name: str) -> JSON:
    return {
        "id": ids.group(name),
        "name": name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": ids.GROUPS[name],
        "properties": {"provisioningState": "Succeeded"},
    }


def groups(azure: Azure, request: Request) -> Answer:
    return Answer(body={"value": [_group(name) for name in ids.GROUPS]})


def group(azure: Azure, request: Request) -> Answer:
    wanted = request.parts["rg"].lower()
    return Answer(body=next(_group(name) for name in ids.GROUPS if name.lower() == wanted))


def _provider(azure: Azure, namespace: str) -> JSON:
    return {
        "id": f"{ids.SUBSCRIPTION}/providers/{namespace}",
        "namespace": namespace,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": "Registered",
        "resourceTypes": [
            {
                "resourceType": name,
                "locations": ["Central US", "East US"],
                "apiVersions": sorted(versions.supported(key, azure.switches), reverse=True),
            }
            for name, key in _TYPES[namespace].items()
        ],
    }


def providers(azure: Azure, request: Request) -> Answer:
    return Answer(body={"value": [_provider(azure, namespace) for namespace in _TYPES]})


def provider(azure: Azure, request: Request) -> Answer:
    wanted = request.parts["ns"].lower()
    known = next((namespace for namespace in _TYPES if namespace.lower() == wanted), None)
    if known is None:
        raise ArmError(
            404,
            "InvalidResourceNamespace",
            f"The resource namespace '{request.parts['ns']}' is invalid.",
            gateway=True,
        )
    return Answer(body=_provider(azure, known))


# -- tags -------------------------------------------------------------------------------------------------------


def checked_tags(given: Any) -> dict[str, str]:
    if not isinstance(given, dict):
        raise bad("InvalidRequestContent", "tags must be an object.")
    if len(given) > 50:
        raise bad("TooManyTags", "A resource takes at most 50 tags.")
    for name, value in given.items():
        if not isinstance(value, str) or len(value) > 256:
            raise bad("InvalidTagValue", f"The value of tag '{name}' must be a text of at most 256 characters.")
        if not name or len(name) > 512 or set(name) & set("<>%&\\?/"):
            raise bad("InvalidTagNameCharacters", f"The tag name '{name}' has characters that are not allowed.")
    return {str(name): value for name, value in given.items()}


def _scope(azure: Azure, request: Request) -> str:
    scope = request.parts["scope"].lower()
    if scope not in azure.machines:
        raise ArmError(404, "ResourceNotFound", f"The resource '{request.parts['scope']}' was not found.", gateway=True)
    return scope


def _tags(request: Request, tags: dict[str, str]) -> JSON:
    return {
        "id": f"{request.parts['scope']}/providers/Microsoft.Resources/tags/default",
        "name": "default",
        "type": "Microsoft.Resources/tags",
        "properties": {"tags": tags},
    }


def tags_get(azure: Azure, request: Request) -> Answer:
    return Answer(body=_tags(request, azure.tags.get(_scope(azure, request), {})))


def tags_patch(azure: Azure, request: Request) -> Answer:
    """``operation``: Merge, Replace or Delete."""
    scope = _scope(azure, request)
    body = request.body if isinstance(request.body, dict) else {}
    given = checked_tags((body.get("properties") or {}).get("tags"))
    before, operation = azure.tags.get(scope, {}), str(body.get("operation", "")).lower()
    if operation == "merge":
        after = {**before, **given}
    elif operation == "replace":
        after = given
    elif operation == "delete":
        after = {name: value for name, value in before.items() if name not in given}
    else:
        raise bad("InvalidOperation", "operation must be Merge, Replace or Delete.")
    set_tags(azure, scope, checked_tags(after), request.line)
    return Answer(body=_tags(request, after))


def set_tags(azure: Azure, scope: str, after: dict[str, str], cause: int) -> None:
    before, machine = azure.tags.get(scope, {}), azure.machine(scope)
    if before != after:
        azure.tags[scope] = after
        azure.world.journal.write(machine.source_uuid if machine else "", "target", "mark", before, after, cause)
