# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a replication needs in Azure: what is there of it, and what is wanted.

Facts: control-plane §2.2. One pair of appliances has a vault with an identity, a policy, an extension, and a cache
storage account on which the vault and both appliances have two roles each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import ids, ours, values
from .cache_account import PROVIDER, Account, Origin, account_id

INSTANCE_TYPE = "VMwareToAzStackHCI"
TOOL, PURPOSE = "ServerMigration_DataReplication", "Migration"
STORAGE_KEY = "replicationStorageAccountId"

ROLES: Mapping[str, str] = {
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
}
VAULT = "the vault"  # among those who need the roles
NAME = "azlocal-migrate"  # of our locks and of our diagnostic setting
LOCK_LEVEL = "CanNotDelete"
LOCK_NOTES = "Made by azlocal.migrate (infrastructure, locks: true): replication breaks without this resource."

# where logs may go: our word -> (the setting's, type of the resource)
DESTINATIONS: Mapping[str, tuple[str, str]] = {
    "workspace_id": ("workspaceId", "Microsoft.OperationalInsights/workspaces"),
    "storage_account_id": ("storageAccountId", PROVIDER),
}

ENDED_BADLY = ("Failed", "Canceled")
GOOD = "Succeeded"


@dataclass(frozen=True, kw_only=True, slots=True)
class Minutes:
    """A replication policy, in minutes."""

    history: int = 4320
    crash_consistent: int = 60
    app_consistent: int = 240

    @classmethod
    def parse(cls, custom: Mapping[str, Any]) -> Minutes:
        return cls(**{name: values.whole(custom.get(key)) or 0 for name, key in _MINUTES.items()})

    def body(self) -> dict[str, Any]:
        return {"instanceType": INSTANCE_TYPE, **{key: getattr(self, name) for name, key in _MINUTES.items()}}

    def __str__(self) -> str:
        return f"{self.history} / {self.crash_consistent} / {self.app_consistent}"


_MINUTES = {
    "history": "recoveryPointHistoryInMinutes",
    "crash_consistent": "crashConsistentFrequencyInMinutes",
    "app_consistent": "appConsistentFrequencyInMinutes",
}


# -- what is there ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Vault:
    id: str
    identity_type: str  # None | SystemAssigned | UserAssigned | SystemAssigned,UserAssigned
    user_identities: tuple[str, ...] = ()
    principal: str = ""

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Vault:
        identity = values.mapping(body.get("identity"))
        return cls(
            id=values.text(body.get("id")),
            identity_type=values.text(identity.get("type")) or "None",
            user_identities=tuple(values.mapping(identity.get("userAssignedIdentities"))),
            principal=values.text(identity.get("principalId")),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A policy or an extension of the vault. ``reason``: why it ended badly, as its job tells."""

    id: str
    state: str
    custom: Mapping[str, Any]
    reason_code: str = ""
    reason: str = ""

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Part:
        properties = values.mapping(body.get("properties"))
        return cls(
            id=values.text(body.get("id")),
            state=values.text(properties.get("provisioningState")),
            custom=values.mapping(properties.get("customProperties")),
        )

    @property
    def name(self) -> str:
        return ids.name(self.id)

    @property
    def moves(self) -> bool:
        """The service is still at work on it."""
        return self.state not in (GOOD, *ENDED_BADLY)

    @property
    def is_bad(self) -> bool:
        return self.state in ENDED_BADLY

    @property
    def account_id(self) -> str:
        return values.text(self.custom.get("storageAccountId"))

    @property
    def fabric_ids(self) -> tuple[str, str]:
        return values.text(self.custom.get("vmwareFabricArmId")), values.text(self.custom.get("azStackHciFabricArmId"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One of the two appliances. What it has not got yet is empty."""

    appliance: str
    role: str  # source | target
    site_id: str = ""  # there as soon as its project key is generated
    registered: bool = False
    fabric_id: str = ""
    configured: bool = True  # the target's fabric names the Azure Local instance once Configure was pressed [I]
    principal: str = ""  # of the replication agent inside it
    responsive: bool = False
    last_heartbeat: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Solution:
    """The migration solution of the project: where its tools look up vault and storage account."""

    id: str = ""
    tool: str = ""
    purpose: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Solution:
        properties = values.mapping(body.get("properties"))
        return cls(
            id=values.text(body.get("id")),
            tool=values.text(properties.get("tool")),
            purpose=values.text(properties.get("purpose")),
            details=values.mapping(values.mapping(properties.get("details")).get("extendedDetails")),
            raw=body,
        )

    @property
    def vault_id(self) -> str:
        return values.text(self.details.get("vaultId"))

    @property
    def account_id(self) -> str:
        return values.text(self.details.get(STORAGE_KEY))


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A protected item, as far as it keeps the infrastructure in use. A name that nobody told is empty."""

    name: str
    policy: str
    extension: str

    def may_use(self, part: Part) -> bool:
        """Whether it uses that policy or extension; one of which it is not known may."""
        return "" in (self.policy, self.extension) or part.name.lower() in (self.policy.lower(), self.extension.lower())


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """A role on the account, by whatever name it was given. Azure takes no second one beside it, condition or not."""

    id: str
    principal: str
    role: str
    conditional: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    id: str
    level: str

    @property
    def scope(self) -> str:
        return self.id.lower().rpartition("/providers/microsoft.authorization/locks/")[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """Everything that was read. What was not asked for, because nothing wanted needs it, is None."""

    project_region: str
    solution: Solution
    source: Side
    target: Side
    vault: Vault | None = None
    policy: Part | None = None
    extensions: tuple[Part, ...] = ()
    account: Account | None = None
    account_id: str = ""  # the one that is or will be used
    account_origin: Origin = "to_make"
    grants: tuple[Grant, ...] = ()
    items: tuple[Item, ...] | None = None
    extension_is_ours: bool = False  # asked only of one that failed
    locks: tuple[Lock, ...] | None = None
    diagnostics: Mapping[str, Any] | None = None  # of our setting; empty where there is none
    replaced_fabric_id: str = ""  # of the dead target appliance whose place ours takes

    @property
    def extension_id(self) -> str:
        """Where the extension of this pair is or will be; nothing while an appliance has no fabric."""
        if not (self.source.fabric_id and self.target.fabric_id):
            return ""
        name = f"{ids.name(self.source.fabric_id)}-{ids.name(self.target.fabric_id)}-MigReplicationExtn"
        return f"{self.solution.vault_id}/replicationExtensions/{name}"

    @property
    def extension(self) -> Part | None:
        return next((part for part in self.extensions if ids.same_id(part.id, self.extension_id)), None)

    @property
    def foreign(self) -> list[Part]:
        """Extensions of other fabrics."""
        return [part for part in self.extensions if not ids.same_id(part.id, self.extension_id)]

    def users(self, part: Part) -> list[str]:
        """Names of the protected items that use it, or may, among those that were read."""
        return [item.name for item in self.items or () if item.may_use(part)]

    @property
    def fabric_ids(self) -> tuple[str, str]:
        return self.source.fabric_id, self.target.fabric_id

    @property
    def principals(self) -> dict[str, str]:
        """Who needs the roles -> its object id, empty while it is not known."""
        return {
            VAULT: self.vault.principal if self.vault else "",
            f"source appliance {self.source.appliance}": self.source.principal,
            f"target appliance {self.target.appliance}": self.target.principal,
        }


# -- what is wanted ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """``locks`` and ``diagnostics``: None leaves what is there alone."""

    project: str
    project_id: str
    group_id: str  # of the resource group
    account: str = ""  # name or id of the cache storage account that is asked for
    policy: Minutes = field(default_factory=Minutes)
    tags: Mapping[str, str] = field(default_factory=dict)
    locks: bool | None = None
    diagnostics: Mapping[str, str] | None = None  # by the words of DESTINATIONS
    replace: bool = False
    replaces: str = ""  # name of the dead target appliance whose place ours takes

    @property
    def account_id(self) -> str:
        return account_id(self.account, self.group_id)

    @property
    def log_sinks(self) -> dict[str, str]:
        """As the diagnostic setting has them."""
        return {theirs: (self.diagnostics or {}).get(mine, "") for mine, (theirs, _kind) in DESTINATIONS.items()}


def policy_id(vault_id: str) -> str:
    return f"{vault_id}/replicationPolicies/{ids.name(vault_id)}{INSTANCE_TYPE}policy"


def assignment_id(project_id: str, account_id: str, principal: str, role_id: str) -> str:
    """Where we give a role on the account."""
    name = ours.assignment_name(project_id, account_id, principal, role_id)
    return f"{account_id}/providers/Microsoft.Authorization/roleAssignments/{name}"


def lock_id(scope: str) -> str:
    return f"{scope}/providers/Microsoft.Authorization/locks/{NAME}"


def diagnostics_id(vault_id: str) -> str:
    return f"{vault_id}/providers/Microsoft.Insights/diagnosticSettings/{NAME}"
