# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of the way from a bare subscription to a pair of appliances, and the knobs for what may go wrong."""

from __future__ import annotations

import dataclasses

from ..behaviours import Behaviour
from .behaviours_replication import row

PREPARE: tuple[Behaviour, ...] = (
    row(
        "provider_registration",
        "D/I",
        "ARM error codes; control-plane §2",
        "a change in a namespace that is not registered is 409 MissingSubscriptionRegistration; registering is Registering "
        "for a while",
        "register_lag_s",
    ),
    row(
        "second_subscription",
        "D",
        "platform §1.3",
        "providers are registered in each subscription by itself",
        "second_subscription",
    ),
    row(
        "resource_groups",
        "D",
        "Resource Manager, resource groups",
        "a group keeps its region; its deletion takes all that is in it, and is followed by a Location alone",
    ),
    row(
        "locations",
        "D",
        "ARM error codes",
        "a tracked resource needs a region that its type knows, and never changes it",
    ),
    row(
        "project_region",
        "D",
        "platform §1.2",
        "a project can stand where nothing can be migrated to Azure Local from: ARM does not look at that",
        "project_region",
    ),
    row(
        "policy_denies",
        "D",
        "Azure Policy, effect deny; platform §2.7",
        "a denied type is 403 RequestDisallowedByPolicy, with the policy in additionalInfo; reads and deletions pass",
        "policy_denies",
    ),
    row(
        "locks",
        "D",
        "Resource Manager, locks",
        "a lock stops deletions at its scope, below and above it with 409 ScopeLocked; ReadOnly stops changes too",
    ),
    row(
        "projects",
        "P/S",
        "control-plane §2.1; platform §2.10",
        "a project is Creating for a moment; only 2020-06-01-preview knows its identity; registerTool adds a tool",
    ),
    row(
        "solution_writes",
        "S",
        "control-plane §2.1, call 3",
        "a PUT writes over all details of a solution, which map text to text; an old etag is 412",
    ),
    row(
        "site_scaffold",
        "P",
        "platform §2.10, step 10",
        "a server site belongs to a discovery solution, a master site lists sites that exist",
    ),
    row(
        "project_key",
        "D",
        "control-plane §2.1, call 4; platform §3.1, §4",
        "a key leaves a site, the key vault and an entry in the map; it is refused for a bad name, a second appliance, a "
        "project without scaffold, and for a target while nothing is discovered",
    ),
    row(
        "registration",
        "D",
        "platform §3.1, §5",
        "within ten minutes of the sign-in: the entry, an application, with the first source appliance the vault, then "
        "fabric and agent",
    ),
    row(
        "new_vault_identity",
        "I",
        "control-plane §2.2, call 4",
        "the vault comes without an identity, or with one",
        "new_vault_identity",
    ),
    row(
        "target_fabric",
        "I",
        "platform §4.5, §4.8",
        "the fabric of a target appliance comes with its registration, and Configure names the cluster; or with Configure",
        "target_fabric",
    ),
    row(
        "own_application",
        "D",
        "platform §3.3",
        "an application that was made before needs the certificate, is Contributor of the group, and serves one appliance",
    ),
    row(
        "discovery_start",
        "D",
        "platform §3.1, §3.4",
        "machines are shown a quarter of an hour after discovery was started",
    ),
    row(
        "vcenter_login",
        "S",
        "Microsoft.OffAzure 2024-12-01-preview, vcenters",
        "a vCenter that refuses the appliance's account bears the error",
        "vcenter_login",
    ),
    row(
        "replaced_target",
        "D",
        "platform §4.7",
        "a new target appliance takes the place of one that is dead, not of one that lives",
    ),
    row(
        "dead_fabric",
        "I",
        "control-plane §1",
        "the fabric of an appliance that does not report is Critical and says why; or it stays Normal",
        "dead_fabric",
    ),
    row(
        "storage_accounts",
        "D/S",
        "Microsoft.Storage 2023-05-01",
        "a name is taken in the whole world; a new account is 202 with a Location; kind and region stay",
        "names_taken",
    ),
    row(
        "storage_firewall",
        "D",
        "platform §1.8, §8.1",
        "an account whose firewall denies, or without public network access, cannot be the cache",
        "storage_firewall",
    ),
    row(
        "storage_region",
        "D",
        "platform §1.8, §8.1",
        "an account in another region than the project cannot be the cache",
        "storage_region",
    ),
    row(
        "extension_checks",
        "I",
        "platform §8.1",
        "an account that cannot be used fails the extension's job, or only the items that come later",
        "extension_checks",
    ),
    row(
        "role_propagation",
        "P",
        "control-plane §2.2, call 14",
        "a role counts on the storage account some time after its assignment",
        "role_propagation_s",
    ),
    row(
        "young_principal",
        "D/?",
        "Azure RBAC, troubleshooting; azure-docs issue 103085",
        "a principal that was just made is 400 PrincipalNotFound, unless principalType is given, or even then",
        "principal_lag_s",
        "principal_type",
    ),
    row(
        "custom_roles",
        "S",
        "Microsoft.Authorization 2022-04-01",
        "a custom role needs a name of its own and a scope, and stays as long as it is assigned",
    ),
    row(
        "fabric_deletion",
        "D/I",
        "platform §8.1: fabrics deleted from the group",
        "fabrics and agents can be deleted under an extension that uses them; a vault with items cannot, or can",
        "vault_in_use",
    ),
    row(
        "key_vault_deletion",
        "D",
        "Key Vault, soft delete",
        "the name of a deleted key vault stays taken until it is purged",
    ),
    row(
        "diagnostics",
        "D",
        "platform §2.11; Azure Monitor, supported logs",
        "a vault sends six categories of logs and no metrics, to at least one sink",
    ),
    row(
        "microsoft_graph",
        "D",
        "Microsoft Graph, applications",
        "applications are reached by a token of another audience, which the metadata endpoint names; a certificate is never "
        "shown again",
    ),
    row(
        "directory_rights",
        "D",
        "platform §1.3",
        "who may not register applications is told Authorization_RequestDenied",
        "directory_rights",
    ),
)


@dataclasses.dataclass(kw_only=True)
class PrepareSwitches:
    """One field for every behaviour above that nobody could prove, and for every obstacle; harmless by default."""

    register_lag_s: float = 60.0  # recorded seconds from NotRegistered to Registered
    second_subscription: bool = False  # the same principal has another one, with nothing registered
    project_region: str = "centralus"  # where the project of a prepared lab stands
    policy_denies: tuple[str, ...] = ()  # resource types, with wildcards
    storage_firewall: str = "open"  # open | closed: the firewall denies | private: no public network access
    storage_region: str = ""  # where every storage account stands, whatever was asked for
    names_taken: tuple[str, ...] = ()  # storage account names that strangers have
    role_propagation_s: float = 0.0  # recorded seconds until a grant has reached the storage account
    principal_lag_s: float = 0.0  # recorded seconds until a new principal is known everywhere
    principal_type: str = "believed"  # believed | ignored: what principalType does for a young principal
    directory_rights: str = "all"  # all | read | none: what the principal may do in Microsoft Entra
    new_vault_identity: str = "None"  # None | SystemAssigned: of a vault that the registration brings
    vault_in_use: str = "refuse"  # refuse | delete: a vault that still has protected items
    extension_checks: str = "job"  # job | items: who fails where the storage account cannot be used
    target_fabric: str = "register"  # register | configure: when the target's fabric and agent appear
    vcenter_login: str = "good"  # good | refused: the appliance's account at vCenter
    dead_fabric: str = "Critical"  # Critical | Normal: the health of a fabric whose appliance is silent
