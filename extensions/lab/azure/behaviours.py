# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Azure simulator knows, how sure that is, and the switches for whatever is not sure."""

from __future__ import annotations

import dataclasses

from ..behaviours import Behaviour
from .behaviours_prepare import PREPARE, PrepareSwitches
from .behaviours_replication import REPLICATION
from .behaviours_replication import row as _row

BEHAVIOURS: tuple[Behaviour, ...] = (
    *REPLICATION,
    _row(
        "offazure_versions",
        "S",
        "E5",
        "isOSDisk, arcDiscovery and secureBootEnabled are shown by 2024-12-01-preview alone",
        number=11,
    ),
    _row(
        "discovery_lag",
        "D",
        "platform §5, REP and IP",
        "changes of power and Tools, new, renamed and deleted VMs are seen up to 30 minutes late",
        "discovery_lag_s",
        number=13,
    ),
    _row(
        "deleted_machines",
        "P/I",
        "control-plane §2.3",
        "a machine that was deleted in vCenter is gone from discovery, or stays with isDeleted",
        "deleted_machines",
        number=13,
    ),
    _row(
        "solution_details",
        "R",
        "control-plane §1, recording 02",
        "extendedDetails of a solution is text to text: counts are text, the map of appliances is JSON in a text",
    ),
    _row(
        "addresses_when_off",
        "I",
        "lab-behaviours 13",
        "discovery shows no addresses for a machine that is off, or those it knew",
        "addresses_when_off",
        number=13,
    ),
    _row(
        "unreliable_fields",
        "R",
        "E4",
        "ipAddressType is Static on a port group with DHCP, usedSpaceInBytes is 0",
        number=14,
    ),
    _row(
        "authorization",
        "D",
        "ARM error codes",
        "403 AuthorizationFailed names client, action and scope",
        "missing_rights",
        number=15,
    ),
    _row(
        "linked_authorization",
        "D",
        "ARM error codes",
        "403 LinkedAuthorizationFailed names the action on the network, storage path or custom location that an item uses",
        "missing_rights",
        number=15,
    ),
    _row(
        "permissions",
        "D",
        "Microsoft.Authorization 2022-04-01",
        "the permissions of a scope list actions and notActions, and agree with what is refused",
        "missing_rights",
        number=15,
    ),
    _row(
        "role_assignments",
        "P",
        "control-plane §2.2, AVM changelog",
        "a second assignment of the same role, principal and scope is 409 RoleAssignmentExists; the same name again is fine",
        number=15,
    ),
    _row(
        "assignment_lag",
        "P",
        "lab-behaviours 15",
        "the list of role assignments lags behind what was assigned",
        "assignment_lag_s",
        number=15,
    ),
    _row(
        "graph_rights",
        "D",
        "Azure Resource Graph, permissions",
        "Resource Graph leaves out what the principal may not read, without a word",
        "missing_rights",
        number=16,
    ),
    _row(
        "graph_lag",
        "D",
        "control-plane §6",
        "Resource Graph shows resources as they were a while ago",
        "graph_lag_s",
        number=16,
    ),
    _row(
        "graph_pages",
        "D",
        "control-plane §6",
        "Resource Graph gives $skipToken where the result has the column id, else resultTruncated is the text 'true'",
        "graph_page",
        number=16,
    ),
    _row(
        "graph_quota",
        "D",
        "control-plane §6",
        "15 Resource Graph queries in 5 s; x-ms-user-quota headers, and 429 where a throttling profile is on",
        number=16,
    ),
    _row(
        "claims_challenge",
        "D",
        "continuous access evaluation",
        "ARM answers 401 with insufficient_claims, and takes only a token that was asked for with these claims",
        "claims_challenge",
        number=17,
    ),
    _row(
        "power_unknown",
        "S/I",
        "control-plane §5, platform §6.6",
        "a VM that was removed on its host is Unknown in ARM, or keeps the last power state that ARM knew",
        "removed_power",
        number=24,
    ),
    _row(
        "target_shape",
        "R/I",
        "control-plane §5",
        "a migrated VM is a machine of kind HCI named as its target, with one virtualHardDisk a disk, named as "
        "migrateDiskName, and one networkInterface a NIC, named after the VM or not, all in the custom location's region",
        "nic_names",
    ),
    _row(
        "guest_agent",
        "I",
        "control-plane §5",
        "a migrated VM arrives without guest management, or with it",
        "guest_agent",
    ),
    _row(
        "address_in_use",
        "D",
        "platform §8",
        "a kept address that another network interface has fails the failover with 1000037, InUse",
        number=24,
    ),
    _row("pool_text", "S", "bicep VM types", "used and available of an address pool are text", number=24),
    _row(
        "vm_versions",
        "S",
        "control-plane §5",
        "hyperVVmId and hostNodeName are shown by the versions of 2026 alone",
        number=24,
    ),
    _row(
        "leftovers",
        "D",
        "platform §6.6, troubleshooting",
        "deleting a VM instance keeps its disks and NICs",
        number=24,
    ),
    _row(
        "shell_needs_empty",
        "I",
        "platform §6.6",
        "a machine of kind HCI is not deleted while its VM instance stands",
        "shell_needs_empty",
        number=24,
    ),
    _row("power_lag", "I", "platform §8.1", "the power state in ARM lags behind the host", "power_lag_s", number=24),
    _row("token_life", "D", "Microsoft identity platform", "a token expires in mid-run", "token_life_s", number=17),
    _row(
        "application",
        "D",
        "Microsoft Entra error codes",
        "a disabled application, an expired secret and a Conditional Access policy are refused, each by its number",
        "application",
    ),
    _row(
        "certificate_assertion",
        "D",
        "Microsoft identity platform, certificate credentials",
        "a client assertion counts only with the registered certificate's thumbprint and signature, for this tenant, in its time",
    ),
    _row(
        "federated_credential",
        "D",
        "Microsoft Entra workload identity federation",
        "a federated token counts only if issuer, subject and audience are exactly those registered",
    ),
    _row(
        "token_audience",
        "D",
        "Azure Resource Manager error codes",
        "a token for another service or another tenant is refused with 401",
    ),
    _row(
        "metadata_service",
        "D",
        "managed identities, how to use a VM token",
        "the metadata service wants its header and a version, and gives tokens of the machine's identities only",
        "machine_identities",
    ),
    _row(
        "app_service_identity",
        "D/P",
        "managed identities in App Service; msal managed_identity.py",
        "the endpoint of App Service gives tokens only to who knows IDENTITY_HEADER",
    ),
    _row("bridge", "S", "control-plane §5", "the resource bridge may be offline", "bridge_status"),
    _row(
        "graph_bridge",
        "I",
        "control-plane §6",
        "Resource Graph may not know a bridge yet, or tell a state of before; custom location, cluster extension and bridge "
        "themselves are up to date",
        "graph_bridge",
    ),
    _row(
        "limit_headers",
        "R",
        "E6, E7, control-plane §6",
        "the provider's own limit header comes instead of the subscription's, but for the POST of a failover; several "
        "front ends count, each its own, so what is left does not fall evenly",
        number=9,
    ),
    _row(
        "arm_limits",
        "D",
        "control-plane §6",
        "profile arm: 200 writes and deletes, refilled by 10 a second, 250 reads, by 25; then 429 with Retry-After",
    ),
    _row(
        "provider_limits",
        "?",
        "control-plane §6",
        "profiles rp-800-5min and rp-100-5min: so many requests to the replication provider in five minutes",
        "provider_counts",
        "provider_window",
    ),
    _row("azure_clock", "I", "issue 3", "Azure's clock may differ from ours and from vCenter's", "azure_skew_s"),
    *PREPARE,
)


@dataclasses.dataclass(kw_only=True)
class AzureSwitches(PrepareSwitches):
    """One field for every behaviour above that nobody could prove."""

    check_signature: bool = True
    duplicate_put: str = "refuse"  # refuse | update: what a second PUT of an item does
    visible_after_s: float = 0.0  # recorded seconds
    list_lag_s: float = 0.0  # recorded seconds
    jobs_lag_s: float = 0.0  # recorded seconds
    items_list: str = "whole"  # whole | trimmed
    allowed_in_flight: str = "expected"  # expected | null | as_before: allowedJobs while seeding and while failing over
    put_checks: str = "at_once"  # at_once | in_job
    newer_fields: str = "dropped"  # dropped | refused: by the older version
    delete_after_cutover: str = "free"  # free | needs_force
    resync: str = "never"  # never | once: a while after it is Protected
    failed_jobs: str = "own_state"  # own_state | as_before: where a failed completion or removal leaves an item
    operation_life_s: float = 86400.0  # recorded seconds after the end of the job
    delete_result: str = "200"  # 200 | 204: what the operation of a DELETE ends with
    job_tasks: str = "tree"  # tree | null
    contradictions: bool = False  # a failed failover is told by the job alone, or by the item alone
    items_page: int = 50
    machines_page: int = 100
    jobs_page: int = 200
    replication_versions: tuple[str, ...] = ("2024-09-01", "2026-05-01")
    discovery_lag_s: float = 0.0  # recorded seconds
    addresses_when_off: str = "emptied"  # emptied | kept
    deleted_machines: str = "gone"  # gone | flagged
    missing_rights: tuple[str, ...] = ()  # names of actions, with wildcards
    assignment_lag_s: float = 0.0  # recorded seconds
    graph_lag_s: float = 0.0  # recorded seconds
    graph_page: int = 1000
    claims_challenge: bool = False
    powered_off_source: str = "accept"  # accept | refuse
    hanging_guest: str = "hard_off"  # hard_off | fail
    kept_ip: str = "kept"  # kept | lost
    source_faults: bool = True
    retry_jobs: tuple[str, ...] = ("PlannedFailover", "DisableProtection")
    failed_failover_provisioning: str = "Succeeded"
    shell_needs_empty: bool = True
    power_lag_s: float = 0.0  # recorded seconds
    removed_power: str = "Unknown"  # Unknown | last
    nic_names: str = "after_vm"  # after_vm | own
    guest_agent: str = "absent"  # absent | present
    token_life_s: int = 3599
    application: str = "good"  # good | disabled | secret_expired | blocked: how the application may sign in
    machine_identities: tuple[str, ...] = ("system", "user")  # which the machine that runs Ansible has
    bridge_status: str = "Running"
    graph_bridge: str = "current"  # current | missing | a status that the bridge had before
    pair_in_use: str = "refuse"  # refuse | delete
    silent_agents: tuple[str, ...] = ()  # names of appliances
    provider_counts: str = "together"  # together | by_kind: one limit for all requests to the provider, or one a kind
    provider_window: str = "refilled"  # refilled | fixed: evenly, or all at once when five minutes are over
    azure_skew_s: float = 0.0  # how far Azure's clock is ahead
