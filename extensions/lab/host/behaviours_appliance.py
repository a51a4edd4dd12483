# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab knows of the appliances and of the machines they run on, and the knobs for what may be wrong with them."""

from __future__ import annotations

import dataclasses

from ..behaviours import Behaviour


def _row(key: str, tag: str, source: str, says: str, *switches: str) -> Behaviour:
    return Behaviour(key=key, says=says, tag=tag, source=source, switches=switches)


BEHAVIOURS: tuple[Behaviour, ...] = (
    _row(
        "appliance_first_boot",
        "D",
        "how-to-set-up-appliance-vmware: language, time zone and password at the console",
        "a machine from Microsoft's image answers nobody before somebody was at its console",
    ),
    _row(
        "appliance_alive",
        "D",
        "migrate-troubleshoot: services of the appliances",
        "an appliance reports while its machine and its services run; the knob kills that of one role",
        "dead_agent",
    ),
    _row(
        "appliance_licence",
        "D",
        "migrate-appliance, migration-known-issues: evaluation licence of 180 days",
        "the Windows of the images stops after 180 days; the knob says how many are left",
        "licence_days_left",
    ),
    _row(
        "appliance_clock",
        "D",
        "how-to-set-up-appliance-vmware: time synchronization is a prerequisite",
        "an appliance has its own clock; the knob puts it ahead",
        "appliance_skew_s",
    ),
    _row(
        "appliance_of_similar_name",
        "R",
        "control-plane.md 2.2: peers match fabrics by a prefix of their names",
        "app1 is not app10: the knob puts a second appliance of a longer name beside the first",
        "similar_appliance",
    ),
    _row(
        "discovery_stuck",
        "D",
        "migration-known-issues: stuck in discovery for more than 48 hours",
        "discovery was started and finds nothing; the knob holds it there",
        "discovery_stuck",
    ),
    _row(
        "installer_prompts",
        "P",
        "AzureMigrateInstaller.ps1 10.3: Read-Host",
        "the installer asks although its preset file answers everything: always whether to continue, and what it finds",
    ),
    _row(
        "installer_end_of_input",
        "I",
        "platform.md 3.2: nobody recorded one whose answers ran out",
        "an installer whose answers ran out waits for ever, or ends",
        "installer_end_of_input",
    ),
    _row(
        "installer_exit_codes",
        "P",
        "AzureMigrateInstaller.ps1 10.3: exit codes",
        "a wrong scenario ends with -20; the knob ends the installer with any code",
        "installer_exit",
    ),
    _row(
        "appliance_json",
        "P/I",
        "platform.md 3.2: the fields are known, the type of their values is not",
        "appliance.json says whether the appliance is registered and discovers, as JSON booleans or as texts",
        "appliance_json",
    ),
    _row(
        "unc_needs_login",
        "D",
        "WinRM without delegation",
        "a script that reads a share is denied unless it brings a login of its own",
    ),
    _row(
        "ports_between_places",
        "D",
        "migrate-vmware-prerequisites: ports",
        "what is blocked does not answer, a closed port refuses; the knob blocks ports between places",
        "blocked_ports",
    ),
    _row(
        "names_between_places",
        "D",
        "migrate-troubleshoot: the cluster's name must resolve",
        "each place has its own name resolution; the knob takes names away",
        "unresolved_names",
    ),
    _row(
        "role_anywhere_vm_here",
        "D",
        "failover clustering: Get-ClusterGroup, Get-VM",
        "every node knows the role of a VM and who owns it; only the owner shows the VM",
    ),
    _row(
        "vm_without_role",
        "D",
        "Hyper-V: New-VM -Path, Get-VM",
        "a VM that has no role yet is shown by its node only; any node sees its .vmcx below the folder it was made in",
    ),
)


@dataclasses.dataclass(kw_only=True)
class ApplianceSwitches:
    """What is wrong with an appliance or its surroundings, and what nobody recorded of its installer."""

    dead_agent: str = ""  # source | target: this appliance's services do not report any more
    licence_days_left: int = 170  # of the 180 days of the Windows that the images bring
    appliance_skew_s: float = 0.0  # how far the appliances' clocks are ahead
    discovery_stuck: bool = False  # discovery was started, and nothing is ever found
    similar_appliance: bool = False  # labsrc1 stands beside labsrc
    blocked_ports: tuple[str, ...] = ()  # patterns of "place>name:port": "lab-node1>labsrc:445", "*>lab-cl:5985"
    unresolved_names: tuple[str, ...] = ()  # patterns of "place>name"
    installer_end_of_input: str = "hangs"  # fails
    installer_exit: int = 0  # the code that the installer ends with, when everything was answered
    appliance_json: str = "booleans"  # texts
