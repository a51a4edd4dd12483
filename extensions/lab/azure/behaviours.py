# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Azure simulator knows, how sure that is, and the switches for whatever is not sure.

Tags: R recorded, S schema, D documented, P read in a peer's source, I inferred, ? unknown.
Every I and ? that a client could come to rest on has a switch in ``Switches``; tests turn them.
"""

from __future__ import annotations

import dataclasses

TABLE: tuple[tuple[str, str, str], ...] = (
    # (behaviour, tag, switch)
    ("PUT answers 201, allowedJobs null, protectionState UnprotectedStatesBegin", "R", ""),
    ("EnablingProtection has allowedJobs [] and a currentJob", "R", ""),
    ("disksToInclude and nicsToInclude read back null; protectedDisks and protectedNics are the read side", "R", ""),
    ("resyncRequired is the text 'false'; sourceMemoryInMegaBytes is a float", "R", ""),
    ("provisioningState of every job is Canceled", "R", ""),
    ("the job list has no tasks, errors or customProperties", "R", ""),
    ("'Complete initial replication' has objectId null", "R", ""),
    ("targetVmBiosId stays null", "R", ""),
    ("capacityInBytes comes from the source; diskSizeGB 0 is accepted", "R", ""),
    ("the failover makes a recovery point of its own, some 130 s into 'Starting failover'", "R", ""),
    ("operation URLs are 4-8 kB long and signed; they only answer when followed verbatim", "R/I", "check_signature"),
    ("operation results: 202 with InProgress, then 200 with Succeeded or Failed", "S/I", ""),
    ("a second PUT of the same item is refused with 409", "P/I", ""),
    ("items appear in GET and list some time after the 201", "I", "visible_after_s"),
    ("page sizes of protectedItems, machines and jobs", "I", "items_page, machines_page, jobs_page"),
    ("versions the region knows", "I", "replication_versions"),
    ("a powered-off source at the prerequisite check of a failover", "?", "powered_off_source"),
    ("a guest that does not shut down is switched off after 40 s", "?", "hanging_guest"),
    ("an address with isStaticIpMigrationEnabled arrives at the target", "?", "kept_ip"),
    (
        "enabling fails for a source that is off, has an independent disk, or snapshots without CBT",
        "I",
        "source_faults",
    ),
    ("what allowedJobs holds after a failed failover", "P/I", "retry_jobs"),
    ("provisioningState after a failed failover", "I", "failed_failover_provisioning"),
    ("a target VM stops being reachable in ARM only after its instance is deleted; disks and NICs stay", "S", ""),
    ("a machine of kind HCI is not deleted while its VM instance stands", "I", "shell_needs_empty"),
    ("the power state in ARM lags behind the host", "I", "power_lag_s"),
    ("life of a token", "D", "token_life_s"),
    ("the resource bridge and the appliances' agents are well", "S", "bridge_status, silent_agents"),
)


@dataclasses.dataclass(kw_only=True)
class Switches:
    """One field for every behaviour above that nobody could prove."""

    check_signature: bool = True
    visible_after_s: float = 0.0  # recorded seconds
    items_page: int = 50
    machines_page: int = 100
    jobs_page: int = 200
    replication_versions: tuple[str, ...] = ("2024-09-01", "2026-05-01")
    powered_off_source: str = "accept"  # accept | refuse
    hanging_guest: str = "hard_off"  # hard_off | fail
    kept_ip: str = "kept"  # kept | lost
    source_faults: bool = True
    retry_jobs: tuple[str, ...] = ("PlannedFailover", "DisableProtection")
    failed_failover_provisioning: str = "Succeeded"
    shell_needs_empty: bool = True
    power_lag_s: float = 0.0  # recorded seconds
    token_life_s: int = 3599  # wall clock
    bridge_status: str = "Running"
    silent_agents: tuple[str, ...] = ()  # names of appliances
