# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What about the source VM stands against replicating it now. ``block`` forbids it, ``warn`` is said and goes on."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator

from .problem import Problem, Severity
from .source import SourceDisk, SourceMachine
from .unread import ACTING, against
from .wanted import Wanted

Rule = Callable[..., Iterator[Problem]]  # of a SourceMachine and what is Wanted of it, if that is known


def check(machine: SourceMachine, wanted: Wanted | None) -> list[Problem]:
    """All concerns, the blocking ones first. Without ``wanted`` every disk counts and no NIC keeps its address."""
    hidden = against(machine, ACTING)
    if hidden:  # what the rules would say stands on what is not known
        return hidden
    found = [problem for rule in RULES for problem in rule(machine, wanted)]
    return sorted(found, key=lambda problem: not problem.blocks)


def _known(machine: SourceMachine, wanted: Wanted | None) -> Iterator[Problem]:
    if machine.template:
        yield _concern(machine, "template", "it is a template", "leave it out, or convert it to a VM first")
    if not machine.discovered:
        yield _concern(
            machine,
            "not_discovered",
            "Azure Migrate has not discovered it",
            "check the source appliance and its vCenter account; discovery takes up to 24 hours",
        )
    elif machine.is_deleted:
        yield _concern(
            machine,
            "vm_deleted",
            "Azure Migrate has marked it as deleted",
            "wait until the source appliance has discovered it again",
        )
    if not machine.in_vcenter:
        yield _concern(
            machine,
            "not_in_vcenter",
            "vCenter does not show it, so its state is what Azure Migrate saw last",
            "name the vCenter that holds it, and see that the account may read it",
        )


def _running(machine: SourceMachine, wanted: Wanted | None) -> Iterator[Problem]:
    if machine.power == "off":
        yield _concern(
            machine, "power_off", "it is powered off", "power it on and wait 30 minutes for discovery to see it"
        )
    if machine.power == "suspended":
        yield _concern(machine, "suspended", "it is suspended", "resume it")
    if machine.connection not in ("", "connected"):
        yield _concern(
            machine, "disconnected", f"vCenter shows it as {machine.connection}", "repair the ESXi host's connection"
        )
    if machine.question:
        yield _concern(
            machine, "question", f"it waits for an answer: {machine.question}", "answer the question in vCenter"
        )


def _tools(machine: SourceMachine, wanted: Wanted | None) -> Iterator[Problem]:
    # In a VM that is off nothing runs; that it is off is said already.
    silent = machine.tools == "not_running" and machine.power in ("off", "suspended")
    if silent or machine.tools not in ("not_running", "not_installed"):
        return
    kept = [nic.label or nic.nic_id for nic in wanted.nics if nic.keep_ip] if wanted else []
    state = "not installed" if machine.tools == "not_installed" else "not running"
    yield _concern(
        machine,
        "tools_missing",
        f"VMware Tools is {state}" + (f", so {', '.join(kept)} cannot keep the address" if kept else ""),
        "install or start VMware Tools" + (", or set keep_ip to false" if kept else ""),
        "block" if kept else "warn",
    )


def _snapshots(machine: SourceMachine, wanted: Wanted | None) -> Iterator[Problem]:
    count = f"{machine.snapshots} snapshot{'s' if machine.snapshots != 1 else ''}"
    if machine.snapshots and machine.cbt_enabled is False:
        yield _concern(
            machine,
            "cbt_off_snap",
            f"changed block tracking is off and cannot be turned on while it has {count}",
            "delete the snapshots, or turn changed block tracking on yourself",
        )
    elif machine.snapshots:
        yield _concern(machine, "snapshots", f"it has {count}", "delete the snapshots before the cutover", "warn")
    if machine.cbt_supported is False:
        yield _concern(
            machine,
            "cbt_unsupported",
            "it does not support changed block tracking",
            "upgrade its virtual hardware to version 7 or later",
        )
    if machine.consolidation_needed:
        yield _concern(
            machine, "consolidate", "its disks need consolidation", "consolidate the disks in vCenter (Snapshots menu)"
        )


def _disks(machine: SourceMachine, wanted: Wanted | None) -> Iterator[Problem]:
    included = None if wanted is None else {disk.uuid.lower() for disk in wanted.disks}
    for disk in machine.disks:
        if included is None or disk.uuid.lower() in included:
            yield from _disk(machine, disk)


def _disk(machine: SourceMachine, disk: SourceDisk) -> Iterator[Problem]:
    mode = disk.mode.lower()
    if mode.startswith("independent"):
        yield _concern(
            machine,
            "independent",
            f"{disk.title} is {disk.mode}: snapshots leave it out, so it cannot be replicated",
            "change its disk mode to dependent, or leave it out with include: false",
        )
    elif "nonpersistent" in mode:
        yield _concern(
            machine, "nonpersistent", f"{disk.title} is {disk.mode}", "change its disk mode to dependent persistent"
        )
    if disk.rdm == "physical":
        yield _concern(
            machine,
            "rdm_physical",
            f"{disk.title} is a raw device mapping in physical mode",
            "change it to virtual mode or to a VMDK, or leave it out with include: false",
        )
    if "multiwriter" in disk.sharing.lower():
        yield _concern(
            machine,
            "multi_writer",
            f"{disk.title} is shared by several VMs (multi-writer)",
            "end the sharing, or leave it out with include: false",
        )
    if machine.discovered_disks and machine.in_vcenter and disk.uuid.lower() not in machine.discovered_disks:
        yield _concern(
            machine,
            "disk_uuid",
            f"Azure Migrate does not know {disk.title}: it was added or changed since discovery",
            "wait for the next discovery (up to 30 minutes), or leave it out with include: false",
        )


def _nics(machine: SourceMachine, wanted: Wanted | None) -> Iterator[Problem]:
    made = [nic for nic in wanted.nics if nic.create] if wanted and machine.discovered_nics else []
    for nic in made:
        if nic.nic_id not in machine.discovered_nics:
            yield _concern(
                machine,
                "nic_unknown",
                f"Azure Migrate does not know {nic.label or 'NIC'} ({nic.nic_id}): it was added since discovery",
                "wait for the next discovery (up to 30 minutes), or leave it out with create: false",
            )


def _system(machine: SourceMachine, wanted: Wanted | None) -> Iterator[Problem]:
    if not (wanted.os_type if wanted else machine.os_type):
        yield _concern(
            machine,
            "os_unknown",
            "neither vCenter nor Azure Migrate knows whether it runs Windows or Linux",
            "set os_type to windows or linux",
        )


def _addresses(machine: SourceMachine, wanted: Wanted | None) -> Iterator[Problem]:
    for nic in machine.nics:
        found = [address for address in nic.addresses if is_global_ipv6(address)]
        if found:
            yield _concern(
                machine,
                "ipv6",
                f"{nic.title} has the IPv6 address {', '.join(found)}; Azure Local gives IPv4 addresses only",
                "plan how its users reach it over IPv4",
                "warn",
            )


def is_global_ipv6(address: str) -> bool:
    """An IPv6 address that others may use: link-local and loopback ones are on every NIC and mean nothing."""
    try:
        found = ipaddress.ip_address(address.split("%")[0].split("/")[0])
    except ValueError:
        return False
    return found.version == 6 and not (found.is_link_local or found.is_loopback or found.is_unspecified)


def _concern(machine: SourceMachine, code: str, reason: str, remedy: str, severity: Severity = "block") -> Problem:
    name = machine.name or machine.instance_uuid or "VM"
    return Problem(code=code, severity=severity, text=f"{name}: {reason}", remedy=remedy)


RULES: tuple[Rule, ...] = (_known, _running, _tools, _snapshots, _disks, _nics, _system, _addresses)
