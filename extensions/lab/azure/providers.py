# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource providers: which a subscription is registered for, and what is refused where it is not."""

from __future__ import annotations

from . import regions, versions
from .rbac import target_of
from .state import Azure
from .wire import JSON, Answer, ArmError, Request

_TYPES: dict[str, dict[str, str]] = {
    # namespace -> resource type -> key of the versions
    "Microsoft.Migrate": {"migrateProjects": "migrate"},
    "Microsoft.OffAzure": {
        "VMwareSites": "offazure",
        "HyperVSites": "offazure",
        "MasterSites": "offazure",
        "ServerSites": "offazure",
    },
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
    "Microsoft.KeyVault": {"vaults": "keyvault"},
    "Microsoft.Storage": {"storageAccounts": "storage"},
    "Microsoft.KubernetesConfiguration": {},
    "Microsoft.Authorization": {
        "roleAssignments": "authorization",
        "roleDefinitions": "authorization",
        "permissions": "authorization",
        "locks": "locks",
    },
    "Microsoft.Insights": {"diagnosticSettings": "diagnostics"},
    "Microsoft.Resources": {},
}
_ALWAYS = ("microsoft.resources", "microsoft.authorization", "microsoft.resourcegraph")
# what the Azure Local instance needed when it was deployed
OF_THE_INSTANCE = (
    "Microsoft.AzureStackHCI",
    "Microsoft.HybridCompute",
    "Microsoft.ExtendedLocation",
    "Microsoft.ResourceConnector",
    "Microsoft.KubernetesConfiguration",
)
EVERY = tuple(_TYPES)


def register(azure: Azure, subscription: str, *namespaces: str) -> None:
    """Registered since ever."""
    for namespace in namespaces:
        azure.registrations[_key(subscription, namespace)] = azure.clock.monotonic()


def _key(subscription: str, namespace: str) -> str:
    return f"{subscription}/{namespace}".lower()


def state(azure: Azure, subscription: str, namespace: str) -> str:
    if namespace.lower() in _ALWAYS:
        return "Registered"
    since = azure.registrations.get(_key(subscription, namespace))
    if since is None:
        return "NotRegistered"
    return "Registered" if since <= azure.clock.monotonic() else "Registering"


def check(azure: Azure, request: Request) -> None:
    """ARM forwards no change to a provider that the subscription has not been registered for."""
    if request.method in ("GET", "HEAD") or not request.path.lower().startswith("/subscriptions/"):
        return
    _, namespace, rest = target_of(request.path)
    if rest and rest != ["register"]:
        need(azure, request.path.split("/")[2], namespace)


def need(azure: Azure, subscription: str, namespace: str) -> None:
    if state(azure, subscription, namespace) != "Registered":
        raise ArmError(
            409,
            "MissingSubscriptionRegistration",
            f"The subscription is not registered to use namespace '{namespace}'. See https://aka.ms/rps-not-found for "
            "how to register subscriptions.",
            gateway=True,
        )


def _show(azure: Azure, subscription: str, namespace: str) -> JSON:
    return {
        "id": f"/subscriptions/{subscription}/providers/{namespace}",
        "namespace": namespace,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": state(azure, subscription, namespace),
        "resourceTypes": [
            {
                "resourceType": name,
                "locations": regions.shown(namespace),
                "apiVersions": sorted(versions.supported(key, azure.switches), reverse=True),
            }
            for name, key in _TYPES[namespace].items()
        ],
    }


def listing(azure: Azure, request: Request) -> Answer:
    return Answer(body={"value": [_show(azure, request.parts["sub"], namespace) for namespace in _TYPES]})


def _known(request: Request) -> str:
    wanted = request.parts["ns"].lower()
    known = next((namespace for namespace in _TYPES if namespace.lower() == wanted), None)
    if known is None:
        raise ArmError(
            404,
            "InvalidResourceNamespace",
            f"The resource namespace '{request.parts['ns']}' is invalid.",
            gateway=True,
        )
    return known


def get(azure: Azure, request: Request) -> Answer:
    return Answer(body=_show(azure, request.parts["sub"], _known(request)))


def post(azure: Azure, request: Request) -> Answer:
    """Registering takes a while, and is known to every region later still."""
    subscription, namespace = request.parts["sub"], _known(request)
    if state(azure, subscription, namespace) == "NotRegistered":
        done = azure.clock.monotonic() + azure.schedule.short(azure.switches.register_lag_s)
        azure.registrations[_key(subscription, namespace)] = done
        change = f"{subscription}/{namespace}"
        azure.world.journal.write("", "target", "provider", "NotRegistered", change, request.line)
    return Answer(body=_show(azure, subscription, namespace))
