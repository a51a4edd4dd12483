# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a bare subscription to a pair of appliances, by plain HTTP and the lab's own hands: none of the collection's code."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from lab import appliances, names
from lab.appliances import SOURCE, TARGET, Appliance
from lab.azure import ids, registration
from lab.azure.server import of
from lab.azure.state import Azure

from .azure_lab import DR, JSON
from .azure_time import TimedAzure

RESOURCES, AUTH, LOCKS, STORAGE = "2021-04-01", "2022-04-01", "2020-05-01", "2023-05-01"
MIGRATE, OFFAZURE, KEYS = "2020-06-01-preview", "2024-12-01-preview", "2023-07-01"
GROUP = ids.group(names.RESOURCE_GROUP)
PROVIDERS = ("Migrate", "OffAzure", "DataReplication", "KeyVault", "Storage", "Insights")
SERVER_SITE = f"{GROUP}/providers/Microsoft.OffAzure/ServerSites/{names.PROJECT}-serversite"
MASTER_SITE = f"{GROUP}/providers/Microsoft.OffAzure/MasterSites/{names.PROJECT}-mastersite"
ROLES = ("b24988ac-6180-42a0-ab88-20f7382dd24c", "ba92f5b4-2d11-453d-a403-e96b0029c9fe")


def azure_of(session: TimedAzure) -> Azure:
    return of(session.lab.servers["azure"])


def error(reply: Any) -> tuple[int, str]:
    """Status and code of a refusal."""
    return reply.status_code, reply.json()["error"]["code"]


def register(session: TimedAzure) -> None:
    for name in PROVIDERS:
        session.call("POST", f"{ids.SUBSCRIPTION}/providers/Microsoft.{name}/register", RESOURCES)
    session.let(60)


def make(session: TimedAzure, path: str, version: str, body: JSON) -> JSON:
    """A PUT that must be taken."""
    reply = session.call("PUT", path, version, body)
    assert reply.status_code in (200, 201, 202), reply.text
    return dict(reply.json()) if reply.content else {}


def solution(tool: str, details: JSON | None = None) -> JSON:
    return {"properties": {"tool": tool, "goal": "Servers", "details": details}}


def project(session: TimedAzure, location: str = names.LOCATION) -> JSON:
    """Providers, group, project, solutions and sites, as the portal makes them."""
    register(session)
    make(session, GROUP, RESOURCES, {"location": location})
    made = make(session, ids.PROJECT, MIGRATE, {"location": location, "identity": {"type": "SystemAssigned"}})
    session.let(5)
    for name, tool in (
        (ids.DISCOVERY_SOLUTION_NAME, "ServerDiscovery"),
        (ids.ASSESSMENT_SOLUTION_NAME, "ServerAssessment"),
        (ids.MIGRATION_SOLUTION_NAME, "ServerMigration_DataReplication"),
    ):
        make(session, f"{ids.PROJECT}/solutions/{name}", MIGRATE, solution(tool))
    scaffold(session, location)
    return made


def scaffold(session: TimedAzure, location: str = names.LOCATION) -> None:
    server = {"location": location, "properties": {"discoverySolutionId": ids.DISCOVERY_SOLUTION}}
    make(session, SERVER_SITE, OFFAZURE, server)
    master = {"location": location, "properties": {"allowMultipleSites": True, "sites": [SERVER_SITE]}}
    make(session, MASTER_SITE, OFFAZURE, master)


def machine(session: TimedAzure, name: str, role: str) -> Appliance:
    """A Windows machine with the appliance's software, running."""
    one = Appliance(lab=session.lab, name=name, role=role, set_up=True)
    one.install()
    return appliances.add(session.lab, one)


def key(session: TimedAzure, name: str, role: str) -> str:
    with session.lab.world.lock:
        return registration.generate_key(azure_of(session), names.PROJECT, name, role, 0)


def connect(session: TimedAzure, name: str, role: str, **about: Any) -> Appliance:
    """A machine with its key, registered; discovery started or the target configured."""
    one = machine(session, name, role)
    for attribute, value in about.items():
        setattr(one, attribute, value)
    one.key = key(session, name, role)
    azure = azure_of(session)
    with session.lab.world.lock:
        registration.register(azure, one, 0)
    session.let(300)
    assert one.registered_at is not None
    with session.lab.world.lock:
        (registration.start_discovery if role == SOURCE else registration.configure_target)(azure, one, 0)
    session.let(900 if role == SOURCE else 120)
    return one


def connected(session: TimedAzure) -> tuple[Appliance, Appliance]:
    """A project with both appliances."""
    project(session)
    return connect(session, names.SOURCE_APPLIANCE, SOURCE), connect(session, names.TARGET_APPLIANCE, TARGET)


def account(
    session: TimedAzure, path: str = ids.STORAGE_ACCOUNT, location: str = names.LOCATION, **changed: Any
) -> None:
    body = {"location": location, "sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "properties": {}}
    make(session, path, STORAGE, {**body, **changed})
    session.let(20)


def grant(session: TimedAzure, who: str, role: str, scope: str = ids.STORAGE_ACCOUNT, **more: Any) -> Any:
    """The reply to an assignment of a role."""
    definition = f"{ids.SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    properties = {"roleDefinitionId": definition, "principalId": who, **more}
    name = ids.fixed(f"grant {scope} {role} {who}")
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
    return session.call("PUT", path, AUTH, {"properties": properties})


def principals(session: TimedAzure) -> list[str]:
    """Of the vault and of both agents."""
    vault = session.call("PATCH", ids.VAULT, DR, {"identity": {"type": "SystemAssigned"}}).json()
    agents = [session.get(agent)["properties"] for agent in (ids.SOURCE_AGENT, ids.TARGET_AGENT)]
    return [vault["identity"]["principalId"], *(agent["resourceAccessIdentity"]["objectId"] for agent in agents)]


def policy(session: TimedAzure) -> None:
    minutes = {
        "recoveryPointHistoryInMinutes": 4320,
        "crashConsistentFrequencyInMinutes": 60,
        "appConsistentFrequencyInMinutes": 240,
    }
    make(session, ids.POLICY, DR, {"properties": {"customProperties": {**minutes, "instanceType": ids.INSTANCE_TYPE}}})
    session.let(10)


def extension(session: TimedAzure) -> JSON:
    """How the job of an extension ended."""
    custom = {
        "instanceType": ids.INSTANCE_TYPE,
        "vmwareFabricArmId": ids.SOURCE_FABRIC,
        "azStackHciFabricArmId": ids.TARGET_FABRIC,
        "storageAccountId": ids.STORAGE_ACCOUNT,
    }
    reply = session.call("PUT", ids.EXTENSION, DR, {"properties": {"customProperties": custom}})
    assert reply.status_code in (200, 201), reply.text
    return session.ended(reply)


def infrastructure(session: TimedAzure) -> JSON:
    """All that replication needs; how the job of the extension ended."""
    policy(session)
    account(session)
    for who in principals(session):
        for role in ROLES:
            assert grant(session, who, role, principalType="ServicePrincipal").status_code == 201
    told = session.get(ids.MIGRATION_SOLUTION, MIGRATE)["properties"]["details"]["extendedDetails"]
    details = {"extendedDetails": {**told, "replicationStorageAccountId": ids.STORAGE_ACCOUNT}}
    make(session, ids.MIGRATION_SOLUTION, MIGRATE, solution("ServerMigration_DataReplication", details))
    return extension(session)


class Directory:
    """Microsoft Graph, as the metadata endpoint names it."""

    def __init__(self, session: TimedAzure) -> None:
        self.session = session
        cloud = session.http.get(f"{session.url}/metadata/endpoints?api-version=2022-09-01").json()
        self.url = cloud["microsoftGraphResourceId"].rstrip("/")
        self.token = session.token(scope=f"{self.url}/.default").json()["access_token"]

    def call(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        head = {"Authorization": f"Bearer {self.token}"}
        return self.session.http.request(method, f"{self.url}/v1.0/{path}", params=query, json=body, headers=head)

    def application(self, name: str, der: bytes = b"") -> tuple[JSON, JSON]:
        """A new application and its service principal."""
        keys = [{"type": "AsymmetricX509Cert", "usage": "Verify", "key": base64.b64encode(der).decode()}] if der else []
        app = self.call("POST", "applications", {"displayName": name, "keyCredentials": keys}).json()
        return app, self.call("POST", "servicePrincipals", {"appId": app["appId"]}).json()


def certificate() -> tuple[bytes, str]:
    """A certificate (DER) and its thumbprint."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "appliance")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=365))
        .sign(private, hashes.SHA256())
    )
    thumbprint = made.fingerprint(hashes.SHA1()).hex().upper()
    return made.public_bytes(serialization.Encoding.DER), thumbprint
