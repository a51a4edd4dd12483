# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One switch for every behaviour that nobody could prove; tests turn them while the lab runs."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from typing import Any

import yaml

from . import names
from .azure.behaviours import AzureSwitches
from .host.behaviours import HostSwitches
from .host.behaviours_appliance import ApplianceSwitches
from .vcenter.behaviours import VcenterSwitches


@dataclasses.dataclass(kw_only=True)
class Switches(AzureSwitches, VcenterSwitches, HostSwitches, ApplianceSwitches):
    """All of them, as one lab has them."""


def defaults(kind: type[Switches] = Switches) -> dict[str, Any]:
    """What each switch is when nobody has touched it."""
    return dataclasses.asdict(kind())


def parse(assignments: list[str]) -> Switches:
    """``name=value`` words of the command line; a value is YAML, a list for those that hold several."""
    known, given = defaults(), dict[str, Any]()
    for assignment in assignments:
        name, found, text = assignment.partition("=")
        name = name.replace("-", "_")
        if not found or name not in known:
            raise ValueError(f"--switch {assignment}: not NAME=VALUE of a known switch ({', '.join(sorted(known))})")
        value = yaml.safe_load(text)
        if isinstance(known[name], tuple):
            value = tuple(value) if isinstance(value, list) else () if value is None else (value,)
        elif isinstance(known[name], float) and isinstance(value, int):
            value = float(value)
        if type(value) is not type(known[name]):
            raise ValueError(f"--switch {assignment}: {type(known[name]).__name__} is expected")
        given[name] = value
    return Switches(**given)


# What else each may be, for tests that leave the choice to chance. Those of the second table stop VMs, or all of them.
OTHERS: dict[str, tuple[Any, ...]] = {
    "check_signature": (False,),
    "duplicate_put": ("update",),
    "visible_after_s": (20.0, 240.0),
    "list_lag_s": (30.0, 200.0),
    "jobs_lag_s": (30.0, 200.0),
    "operation_life_s": (60.0,),
    "delete_result": ("204",),
    "job_tasks": ("null",),
    "contradictions": (True,),
    "items_page": (3, 10),
    "machines_page": (7,),
    "jobs_page": (10,),
    "replication_versions": (("2024-09-01",),),
    "discovery_lag_s": (600.0, 1800.0),
    "deleted_machines": ("flagged",),
    "pair_in_use": ("delete",),
    "addresses_when_off": ("kept",),
    "assignment_lag_s": (300.0,),
    "graph_lag_s": (600.0,),
    "graph_page": (1, 3),
    "claims_challenge": (True,),
    "powered_off_source": ("refuse",),
    "hanging_guest": ("fail",),
    "kept_ip": ("lost",),
    "source_faults": (False,),
    "retry_jobs": (("Restart", "DisableProtection"), ("DisableProtection",)),
    "failed_failover_provisioning": ("Failed",),
    "shell_needs_empty": (False,),
    "power_lag_s": (30.0, 300.0),
    "token_life_s": (120, 600),
    "provider_counts": ("by_kind",),
    "provider_window": ("fixed",),
    "azure_skew_s": (-240.0, 240.0),
    "register_lag_s": (5.0, 300.0),
    "second_subscription": (True,),
    "names_taken": (("migratersa1",),),
    "role_propagation_s": (120.0, 300.0),
    "principal_lag_s": (60.0,),
    "principal_type": ("ignored",),
    "directory_rights": ("read", "none"),
    "new_vault_identity": ("SystemAssigned",),
    "vault_in_use": ("delete",),
    "extension_checks": ("items",),
    "target_fabric": ("configure",),
    "dead_fabric": ("Normal",),
    "vcenter_login": ("refused",),
    "vcenter_skew_s": (-240.0, 240.0),
    "appliance_snapshots": (True,),
    "consolidation_needed": (True,),
    "state_fault_in_task": (False,),
    "expired_read": ("missing_set",),
    "lease_refusal": ("InvalidState",),
    "lease_holds_attributes": (True,),
    "arrays_collapse": (False,),
    "items_list": ("trimmed",),
    "allowed_in_flight": ("null", "as_before"),
    "put_checks": ("in_job",),
    "newer_fields": ("refused",),
    "delete_after_cutover": ("needs_force",),
    "resync": ("once",),
    "failed_jobs": ("as_before",),
    "removed_power": ("last",),
    "nic_names": ("own",),
    "guest_agent": ("present",),
    "licence_days_left": (1, 25),
    "appliance_skew_s": (-240.0, 240.0),
    "similar_appliance": (True,),
    "installer_end_of_input": ("fails",),
    "appliance_json": ("texts",),
}
A_VM = "one of the wave"  # which one is left to chance too
STOPPING: dict[str, tuple[Any, ...]] = {
    "missing_rights": (("Microsoft.DataReplication/replicationVaults/protectedItems/write",),),
    "application": ("disabled", "secret_expired", "blocked"),
    "machine_identities": ((),),
    "bridge_status": ("Offline",),
    "silent_agents": ((names.SOURCE_APPLIANCE,), (names.TARGET_APPLIANCE,)),
    "hidden_properties": (("guest",),),
    "hidden_vms": ((A_VM,),),
    "missing_privileges": (("Global.SetCustomField",),),
    "storage_firewall": ("closed", "private"),
    "graph_bridge": ("missing", "Offline"),
    "storage_region": ("eastus",),
    "discovery_stuck": (True,),
    "project_region": ("uksouth",),
    "policy_denies": (("Microsoft.Storage/storageAccounts",),),
    "dead_agent": ("source", "target"),
    "blocked_ports": (("labsrc>labtgt:445",),),
    "unresolved_names": (("*>lab-cl",),),
    "installer_exit": (-3, -16),
}


def drawn(seed: int, vms: Sequence[str]) -> Switches:
    """Every switch left to chance for a wave of these VMs: half of them as they are, and seldom one that stops VMs.

    The first seeds throw one of those each, so that a few runs meet them all. What one switch is does not depend on
    what other switches there are.
    """
    chosen = dict[str, Any]()
    forced = [*STOPPING][seed : seed + 1]
    for name, others in {**OTHERS, **STOPPING}.items():
        chance = random.Random(f"{seed}, {name}")  # noqa: S311
        if chance.random() < (0.5 if name in OTHERS else 0.01) or name in forced:
            value = chance.choice(others)
            chosen[name] = (chance.choice(vms),) if value == (A_VM,) else value
    return Switches(**chosen)
