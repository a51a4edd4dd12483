# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The source appliance on vCenter: what is wanted of it, what is there, and what is done next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import appliance_mark as marks
from .appliance_mark import ApplianceMark
from .problem import Problem

# What the documents on Azure Local ask of an appliance; the OVA is made for it, the script installer refuses less.
CPU_CORES, MEMORY_MB, DISK_GB = 8, 16 * 1024, 80
LONGEST_NAME = 80  # of a virtual machine in vCenter
STATES = ("present", "absent", "powered_on", "powered_off")

# What vCenter calls the versions of Windows Server that may be an appliance: the guest ids of vSphere, and the year in the
# full name, which is what newer ids than we know still have.
_GUEST_YEARS = {
    "windows2019srv_64guest": 2019,
    "windows2019srvnext_64guest": 2022,
    "windows2022srvnext_64guest": 2025,
    "windows9server64guest": 2016,
}
_YEAR = re.compile(r"Windows Server (?:.*\s)?(20\d\d)", re.IGNORECASE)
OLDEST_WINDOWS = 2019
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What the user asks for."""

    name: str
    state: str = "present"
    sha256: str = ""
    cpu_cores: int = CPU_CORES
    memory_mb: int = MEMORY_MB
    force_power_off: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """A virtual machine of that name, as vCenter shows it."""

    moid: str
    name: str
    power: str  # on | off | suspended | unknown
    cpu_cores: int
    memory_mb: int
    path: str  # of its folder
    mark: ApplianceMark | None  # ours only: one made for this very name
    notes: str = ""
    tools: str = ""
    hostname: str = ""
    guest_id: str = ""
    guest_name: str = ""
    disk_gb: float = 0.0
    template: bool = False

    @classmethod
    def parse(cls, vm: dict[str, Any]) -> Machine:
        """From the client's shape of a machine, with its ``notes`` beside it."""
        mark = marks.find(vm["mark"], vm["notes"])
        return cls(
            moid=vm["moid"],
            name=vm["name"],
            power=vm["power"],
            cpu_cores=vm["cpu_cores"],
            memory_mb=vm["memory_mb"],
            path=vm["folder"],
            mark=mark if mark is not None and mark.name.lower() == vm["name"].lower() else None,
            notes=vm["notes"],
            tools=vm["tools"],
            hostname=vm["hostname"],
            guest_id=vm["guest_id"],
            guest_name=vm["guest_name"],
            disk_gb=sum(disk["capacity_bytes"] for disk in vm["disks"]) / 2**30,
            template=vm["template"],
        )

    @property
    def step(self) -> str:
        return self.mark.step if self.mark else ""

    def smaller(self, wanted: Wanted) -> bool:
        return self.cpu_cores < wanted.cpu_cores or self.memory_mb < wanted.memory_mb


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The next thing to do, to one machine or to none; after it one looks again."""

    act: str = ""  # "" | deploy | discard | finish | resize | power_on | power_off | shut_down | remove
    machine: Machine | None = None
    problems: tuple[Problem, ...] = ()


def _block(code: str, text: str, remedy: str, option: str = "") -> Problem:
    return Problem(code=code, severity="block", text=text, remedy=remedy, field=option)


# -- what was asked -----------------------------------------------------------------------------------------------------


def refuse(wanted: Wanted, *, deploys: bool) -> list[Problem]:
    """What is wrong with the wishes themselves."""
    problems = []
    if not 0 < len(wanted.name) <= LONGEST_NAME:
        text = f"a virtual machine's name has 1 to {LONGEST_NAME} characters, {wanted.name!r} has {len(wanted.name)}"
        problems.append(_block("bad_value", text, "give another name", "name"))
    if deploys and not _SHA256.fullmatch(wanted.sha256):
        text = f"sha256 must be 64 hexadecimal digits, not {wanted.sha256!r}"
        remedy = "take it from Microsoft's page on verifying the appliance, or from whoever published the file"
        problems.append(_block("bad_value", text, remedy, "sha256"))
    for option, asked, least, unit in (
        ("cpu_cores", wanted.cpu_cores, CPU_CORES, "vCPU"),
        ("memory_mb", wanted.memory_mb, MEMORY_MB, "MB of memory"),
    ):
        if asked < least:
            text = f"an appliance for Azure Local needs {least} {unit}, and {option} asks for {asked}"
            problems.append(
                _block("appliance_too_small", text, f"leave {option} out, or set it to {least} or more", option)
            )
    return problems


# -- what is there ------------------------------------------------------------------------------------------------------


def plan(wanted: Wanted, found: Sequence[Machine]) -> Plan:
    """The next step from what is there to what is wanted."""
    ours = [machine for machine in found if machine.mark]
    if len(ours) > 1:
        text = f"{len(ours)} virtual machines {wanted.name} carry our mark: {', '.join(one.moid for one in ours)}"
        return Plan(problems=(_block("appliance_twice", text, "remove or rename all but one of them in vCenter"),))
    if not ours:
        return _without(wanted, found)
    machine = ours[0]
    if machine.step == marks.IMPORTING and machine.power != "off":
        text = f"{wanted.name} is marked as half made, and it is not powered off, so it is not touched"
        remedy = "look at it in vCenter; if it is to be kept, take our two lines out of its notes, else remove it"
        return Plan(machine=machine, problems=(_block("appliance_odd", text, remedy),))
    return _absent(machine) if wanted.state == "absent" else _present(wanted, machine)


def _without(wanted: Wanted, found: Sequence[Machine]) -> Plan:
    """None of that name is ours."""
    if found and wanted.state == "absent":
        text = f"the virtual machine {wanted.name} was not deployed by this module, so it is not removed"
        return Plan(problems=(_block("appliance_not_ours", text, "remove it in vCenter yourself if you mean it"),))
    if found:
        text = f"there is a virtual machine {wanted.name} that was not deployed by this module"
        remedy = "choose another name; or, if it is a Windows Server for the script install, set adopt to true"
        return Plan(problems=(_block("appliance_not_ours", text, remedy),))
    return Plan() if wanted.state == "absent" else Plan(act="deploy")


def _absent(machine: Machine) -> Plan:
    if machine.power != "off":
        return Plan(act="power_off", machine=machine)
    return Plan(act="remove" if machine.step == marks.COMPLETE else "discard", machine=machine)


def _present(wanted: Wanted, machine: Machine) -> Plan:
    if machine.step == marks.IMPORTING:
        return Plan(act="discard", machine=machine)
    if machine.step == marks.UPLOADED:
        return Plan(act="finish", machine=machine)
    problems = _other_ova(wanted, machine)
    if problems:
        return Plan(machine=machine, problems=problems)
    if wanted.state == "powered_off" and machine.power != "off":
        hard = machine.tools != "running"
        if hard and not wanted.force_power_off:
            text = f"VMware Tools do not run in {machine.name}, so its Windows cannot be asked to shut down"
            remedy = "shut it down at its console, or set force_power_off to true"
            return Plan(machine=machine, problems=(_block("appliance_no_shutdown", text, remedy),))
        return Plan(act="power_off" if hard else "shut_down", machine=machine)
    if machine.smaller(wanted):
        return _resize(wanted, machine)
    if wanted.state == "powered_on" and machine.power != "on":
        return Plan(act="power_on", machine=machine)
    return Plan(machine=machine)


def _other_ova(wanted: Wanted, machine: Machine) -> tuple[Problem, ...]:
    made_of = machine.mark.sha256 if machine.mark else ""
    if made_of == wanted.sha256:
        return ()
    text = f"{machine.name} was deployed from the file with SHA-256 {made_of}, and {wanted.sha256} is asked for"
    remedy = (
        "keep sha256 as it was (an appliance updates itself, a newer OVA brings nothing); to replace the appliance, remove"
        " it with state absent first"
    )
    return (_block("appliance_other_ova", text, remedy, "sha256"),)


def _resize(wanted: Wanted, machine: Machine) -> Plan:
    if machine.power == "off":
        return Plan(act="resize", machine=machine)
    has = f"{machine.cpu_cores} vCPU and {machine.memory_mb} MB"
    text = f"{machine.name} runs with {has}, and it is to have {wanted.cpu_cores} vCPU and {wanted.memory_mb} MB"
    remedy = "run once with state powered_off, which lets the next run give it what it needs"
    return Plan(machine=machine, problems=(_block("appliance_too_small", text, remedy),))


# -- a machine of somebody else's ---------------------------------------------------------------------------------------


def windows_year(guest_id: str, guest_name: str) -> int | None:
    """Which Windows Server a machine is set up for; None where that is not to be seen."""
    known = _GUEST_YEARS.get(guest_id.lower())
    found = _YEAR.search(guest_name)
    return known or (int(found[1]) if found else None)


def differences(wanted: Wanted, machine: Machine) -> list[dict[str, Any]]:
    """Where a machine falls short of what the script installer and the service need."""
    year = windows_year(machine.guest_id, machine.guest_name)
    checks = (
        ("template", machine.template, False, not machine.template),
        (
            "guest",
            machine.guest_name or machine.guest_id,
            "Windows Server 2019, 2022 or 2025",
            (year or 0) >= OLDEST_WINDOWS,
        ),
        ("cpu_cores", machine.cpu_cores, wanted.cpu_cores, machine.cpu_cores >= wanted.cpu_cores),
        ("memory_mb", machine.memory_mb, wanted.memory_mb, machine.memory_mb >= wanted.memory_mb),
        ("disk_gb", round(machine.disk_gb), DISK_GB, machine.disk_gb >= DISK_GB),
        ("power", machine.power, *_power(wanted, machine)),
    )
    return [{"what": what, "is": seen, "wanted": due} for what, seen, due, good in checks if not good]


def _power(wanted: Wanted, machine: Machine) -> tuple[str, bool]:
    due = {"powered_on": "on", "powered_off": "off"}.get(wanted.state, machine.power)
    return due, machine.power == due


# -- what is told -------------------------------------------------------------------------------------------------------

_DONE = {
    "discard": "a half-made machine of an earlier run was removed",
    "deploy": "deployed",
    "finish": "given its size and marked as complete",
    "resize": "given more processors or memory",
    "power_on": "powered on",
    "power_off": "powered off",
    "shut_down": "shut down",
    "remove": "removed",
}


def shown(machine: Machine | None) -> dict[str, Any]:
    """One side of the difference."""
    if machine is None:
        return {"state": "absent"}
    return {
        "state": "half made" if machine.step == marks.IMPORTING else "present",
        "power": machine.power,
        "cpu_cores": machine.cpu_cores,
        "memory_mb": machine.memory_mb,
        "sha256": machine.mark.sha256 if machine.mark else "",
    }


def described(machine: Machine | None) -> dict[str, Any]:
    """The machine for whoever reads the result."""
    if machine is None:
        return {}
    return {
        "name": machine.name,
        "moid": machine.moid,
        "power": machine.power,
        "cpu_cores": machine.cpu_cores,
        "memory_mb": machine.memory_mb,
        "folder": machine.path,
        "tools": machine.tools,
        "hostname": machine.hostname,
        "sha256": machine.mark.sha256 if machine.mark else "",
    }


def predicted(wanted: Wanted, machine: Machine | None) -> dict[str, Any]:
    """What a run that is not a check would make of it."""
    if wanted.state == "absent":
        return shown(None)
    whole = machine is not None and machine.step == marks.COMPLETE
    power = {"powered_on": "on", "powered_off": "off"}.get(wanted.state, machine.power if machine and whole else "off")
    sizes = {
        "cpu_cores": max(wanted.cpu_cores, machine.cpu_cores if machine and whole else 0),
        "memory_mb": max(wanted.memory_mb, machine.memory_mb if machine and whole else 0),
    }
    return {"state": "present", "power": power, **sizes, "sha256": wanted.sha256}


def sentence(name: str, acts: Sequence[str], *, check: bool) -> str:
    """What was done, in a line."""
    if not acts:
        return f"{name} is as wanted"
    if check:
        return f"{name} would be changed, first: {acts[0].replace('_', ' ')}"
    return f"{name}: {', '.join(_DONE[act] for act in acts)}"


# -- what a person has to do --------------------------------------------------------------------------------------------


def waiting(machine: Machine, vcenter: str) -> dict[str, Any] | None:
    """The first boot of a fresh appliance asks for things at its console.

    Inferred: a Windows whose first questions are answered tells a host name through VMware Tools. One that still asks
    may tell one too; then the next step, which signs in, finds out.
    """
    if machine.power != "on" or (machine.tools == "running" and machine.hostname):
        return None
    return {
        "who": "somebody who may open the console of the virtual machine in vCenter",
        "what": (
            "Answer what Windows asks at its first start: language and region, the licence terms, and a password for the"
            " local user Administrator. Then let the machine have an address (DHCP, or set one), and put address and"
            " password into the inventory group source_appliance"
        ),
        "where": f"vSphere Client at https://{vcenter}: virtual machine {machine.name}, Launch Web Console",
        "data": {"vcenter": vcenter, "vm": machine.name, "moid": machine.moid},
    }
