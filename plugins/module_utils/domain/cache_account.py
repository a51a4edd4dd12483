# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cache storage account of a pair of appliances: what it is called, which one it is, what makes it unfit.

Facts: control-plane §2.2 row 11, platform §1.8. It holds only metadata of the replication.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from . import geographies, ids, ours, values
from .problem import Problem

PROVIDER = "Microsoft.Storage/storageAccounts"
PROJECT_TAG = "Migrate Project"  # as portal, Az.Migrate and the CLI tag it
_NAME = re.compile(r"[a-z0-9]{3,24}")
_MOVING = ("creating", "resolvingdns")

Origin = Literal["linked", "given", "of_extension", "found", "to_make"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A storage account as Azure shows it."""

    id: str
    state: str  # Creating | ResolvingDNS | Succeeded
    region: str
    kind: str
    tier: str
    public_access: str  # Enabled | Disabled | SecuredByPerimeter; Azure says nothing where it is Enabled
    firewall: str  # what happens to a stranger: Allow | Deny
    minimum_tls: str
    blobs_public: bool
    tags: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Account:
        properties = values.mapping(body.get("properties"))
        sku = values.mapping(body.get("sku"))
        return cls(
            id=values.text(body.get("id")),
            state=values.text(properties.get("provisioningState")),
            region=values.text(body.get("location")),
            kind=values.text(body.get("kind")),
            tier=values.text(sku.get("tier")) or values.text(sku.get("name")).partition("_")[0],
            public_access=values.text(properties.get("publicNetworkAccess")) or "Enabled",
            firewall=values.text(values.mapping(properties.get("networkAcls")).get("defaultAction")) or "Allow",
            minimum_tls=values.text(properties.get("minimumTlsVersion")),
            blobs_public=values.flag(properties.get("allowBlobPublicAccess")) is True,
            tags=ours.tags_of(body),
        )

    @property
    def name(self) -> str:
        return ids.name(self.id)

    @property
    def moves(self) -> bool:
        return self.state.lower() in _MOVING

    def is_ours(self, project: str) -> bool:
        """Made by this collection for that project: only such a one is removed with the infrastructure."""
        return ours.is_ours({"tags": self.tags}, project)


# -- names ------------------------------------------------------------------------------------------------------


def names(site_id: str, appliance: str, project: str) -> tuple[str, ...]:
    """What each of Microsoft's tools calls the account of this pair. The first is what the portal and we make."""
    pair = f"{site_id}/{appliance}"
    return (
        f"migratersa{_portal_hash(pair)}",
        f"migratersa{int(hashlib.sha256(pair.encode()).hexdigest()[:8], 16)}",  # az migrate
        f"migratersa{hashlib.md5((appliance + project).encode(), usedforsecurity=False).hexdigest()[:14]}",  # Terraform
    )


def _portal_hash(text: str) -> int:
    """The hash of 32 bits that JavaScript makes of ``h * 31 + c``, without its sign."""
    code = 0
    for character in text:
        code = (code * 31 + ord(character)) & 0xFFFFFFFF
    return min(code, 0x100000000 - code)


def account_id(name_or_id: str, group_path: str) -> str:
    """The id of an account that a user names, in the project's resource group unless it is an id; "" for neither."""
    if _NAME.fullmatch(name_or_id):
        return f"{group_path}/providers/{PROVIDER}/{name_or_id}"
    return name_or_id if ids.is_resource(name_or_id, PROVIDER) else ""


def found(listed: Iterable[Account], wanted: tuple[str, ...]) -> Account | None:
    """The account that one of the tools has made already, in the order of their names."""
    by_name = {account.name.lower(): account for account in listed}
    return next((by_name[name] for name in wanted if name in by_name), None)


# -- what it must be --------------------------------------------------------------------------------------------


def body(project: str, region: str, tags: Mapping[str, str]) -> dict[str, Any]:
    """What is sent to make one."""
    return {
        "location": region,
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "tags": ours.marked({**tags, PROJECT_TAG: project}, project),
        "properties": {
            "minimumTlsVersion": "TLS1_2",
            "allowBlobPublicAccess": False,
            "publicNetworkAccess": "Enabled",
            "supportsHttpsTrafficOnly": True,
            "networkAcls": {"defaultAction": "Allow", "bypass": "AzureServices"},
            "encryption": {
                "keySource": "Microsoft.Storage",
                "services": {"blob": {"enabled": True}, "file": {"enabled": True}},
            },
        },
    }


def problems(account: Account, project_region: str) -> list[Problem]:
    """What the replication cannot live with, and what a careful owner would change. Nothing of it is changed by us."""
    return [*_refusals(account, project_region), *_advice(account)]


def _refusals(account: Account, project_region: str) -> list[Problem]:
    unfit, closed = [], []
    if account.tier.lower() != "standard":
        unfit.append(f"its performance tier is {account.tier or 'not told'}, and Standard is needed")
    if account.kind != "StorageV2":
        unfit.append(f"its kind is {account.kind or 'not told'}, and StorageV2 is needed")
    if geographies.normal(account.region) != geographies.normal(project_region):
        unfit.append(f"it is in {account.region}, and the project is in {project_region}")
    if account.public_access != "Enabled":
        closed.append(f"its public network access is {account.public_access}")
    if account.firewall.lower() != "allow":
        closed.append("its firewall lets in selected networks only")
    refusals = []
    if unfit:
        refusals.append(
            _problem(
                "cache_account_unfit",
                account,
                unfit,
                f"Give another account by cache_storage_account: Standard, StorageV2, in {project_region}. One that is "
                "linked to the project already is taken off it by state: absent",
            )
        )
    if closed:
        refusals.append(
            _problem(
                "cache_account_closed",
                account,
                closed,
                "Have its owner set 'Public network access' to 'Enabled from all networks' (private endpoints are not "
                "supported for Azure Local), or give another account by cache_storage_account; it is not opened by us",
            )
        )
    return refusals


def _problem(code: str, account: Account, reasons: list[str], remedy: str) -> Problem:
    text = f"the cache storage account {account.name} cannot be used: {'; '.join(reasons)}"
    return Problem(code=code, severity="block", text=text, remedy=remedy, field="cache_storage_account")


def _advice(account: Account) -> list[Problem]:
    found = []
    if account.minimum_tls in ("TLS1_0", "TLS1_1"):
        found.append("it accepts TLS older than 1.2")
    if account.blobs_public:
        found.append("it permits containers that anybody may read")
    if not found:
        return []
    text = f"the cache storage account {account.name} is less strict than it could be: {'; '.join(found)}"
    return [Problem(code="cache_account_lax", severity="warn", text=text, remedy="Have its owner tighten it")]
