# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The target appliance on the Azure Local cluster: what is wanted of it, what is there, and what is done next.

How ours is known, without a file of our own: the disk of a machine that we made lies in
``<cluster volume>\\azlocal.migrate\\<name of the machine>\\<first 12 digits of the image's SHA-256>``. So the path of its disk
says both that we made it and of which image, on any node and for any controller.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from . import address, project_rules
from .problem import Problem

CPU_CORES, MEMORY_MB = 8, 16 * 1024
# 80 GB is what an appliance's disk may grow to; the download and what is unpacked of it take the rest.
MINIMUM_FREE_GB = 100
# What the documentation of March 2026 names; each release has another hash, hence options for both.
IMAGE = "https://go.microsoft.com/fwlink/?linkid=2246416"
IMAGE_SHA256 = "6ae1144b026efb2650f5e11c007a457c351a752f942c2db827dd2903f468dccb"
# Hyper-V boots a .vhd as generation 1 only. Inferred: a .vhdx of the appliance is made for generation 2.
GENERATIONS = {".vhd": 1, ".vhdx": 2}
OURS = "azlocal.migrate"
DIGITS = 12
STATES = ("present", "absent")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_GB = 2**30


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What the user asks for; what is empty or None is ours to choose."""

    name: str
    state: str = "present"
    image: str = IMAGE
    sha256: str = IMAGE_SHA256
    disk: str = ""
    volume: str = ""
    switch: str = ""
    vlan_id: int | None = None
    generation: int | None = None
    cpu_cores: int = CPU_CORES
    memory_mb: int = MEMORY_MB
    minimum_free_gb: int = MINIMUM_FREE_GB


@dataclass(frozen=True, kw_only=True, slots=True)
class Volume:
    """A cluster shared volume."""

    name: str
    path: str
    free_bytes: int
    online: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Vm:
    """A virtual machine of that name, as the node that owns it shows it."""

    name: str
    state: str
    generation: int
    cpu_cores: int
    memory_mb: int
    switch: str
    vlan_id: int
    disks: tuple[str, ...]
    addresses: tuple[str, ...]
    clustered: bool

    @property
    def running(self) -> bool:
        return self.state.lower() == "running"


@dataclass(frozen=True, kw_only=True, slots=True)
class Role:
    """Its role in the failover cluster, as every node shows it."""

    owner: str
    online: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What a node says; ``files`` are those in folders of ours, with their sizes."""

    node: str
    volumes: tuple[Volume, ...] = ()
    switches: Mapping[str, str] = field(default_factory=dict)
    vm: Vm | None = None
    role: Role | None = None
    files: Mapping[str, int] = field(default_factory=dict)

    @property
    def elsewhere(self) -> bool:
        """Whether another node owns the machine, so that this one does not show it."""
        return self.role is not None and self.role.owner.lower() != self.node.lower()


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """``make``: fetch, unpack, create and start; ``finish``: the machine is there, and lacks its role or does not run."""

    act: str = ""  # "" | make | finish | remove
    folder: str = ""  # of the image, below the volume
    switch: str = ""
    problems: tuple[Problem, ...] = ()


def _block(code: str, text: str, remedy: str, option: str = "") -> Problem:
    return Problem(code=code, severity="block", text=text, remedy=remedy, field=option)


# -- what was asked -----------------------------------------------------------------------------------------------------


def refuse(wanted: Wanted) -> list[Problem]:
    """What is wrong with the wishes themselves."""
    problems = project_rules.appliance_name(wanted.name, "name")
    if wanted.state == "absent":
        return problems
    if not _SHA256.fullmatch(wanted.sha256):
        text = f"sha256 must be 64 hexadecimal digits, not {wanted.sha256!r}"
        remedy = "take it from the page that offers the download, or from whoever published the file"
        problems.append(_block("bad_value", text, remedy, "sha256"))
    if wanted.image.lower().startswith("http://"):
        text = f"{address.shown(wanted.image)} is not fetched without TLS"
        problems.append(_block("bad_value", text, "give an https address, a share, or a path on the host", "image"))
    for option, asked, least, unit in (
        ("cpu_cores", wanted.cpu_cores, CPU_CORES, "vCPU"),
        ("memory_mb", wanted.memory_mb, MEMORY_MB, "MB of memory"),
    ):
        if asked < least:
            text = f"an appliance for Azure Local needs {least} {unit}, and {option} asks for {asked}"
            remedy = f"leave {option} out, or set it to {least} or more"
            problems.append(_block("appliance_too_small", text, remedy, option))
    return problems


# -- where it lies ------------------------------------------------------------------------------------------------------


def root(volume: str, name: str) -> str:
    """The folder of all that we put on a volume for this machine."""
    return f"{volume.rstrip(chr(92))}\\{OURS}\\{name}"


def image_of(path: str, name: str) -> str:
    """The digits of the image that a file of ours is of; empty for a file that is not ours."""
    pattern = rf"\\{re.escape(OURS)}\\{re.escape(name)}\\([0-9a-f]{{{DIGITS}}})\\"
    found = re.search(pattern, path, re.IGNORECASE)
    return found[1].lower() if found else ""


def leaf(image: str) -> str:
    """The name that the fetched file gets. A download whose address names no file is a zip, as Microsoft's link is."""
    path = urlsplit(image).path if "://" in image else image.replace("\\", "/")
    name = path.rsplit("/", 1)[-1]
    return name if name.lower().endswith((".zip", *GENERATIONS)) else "image.zip"


def is_disk(path: str) -> bool:
    return path.lower().endswith(tuple(GENERATIONS))


def is_configuration(path: str, name: str) -> bool:
    """Whether Hyper-V wrote it of a machine that we made. An image may bring such a file, which lies elsewhere."""
    return path.lower().endswith(".vmcx") and f"\\{image_of(path, name)}\\{name}\\".lower() in path.lower()


def choose_disk(wanted: Wanted, paths: Sequence[str]) -> tuple[str, tuple[Problem, ...]]:
    """The disk among the files of the image."""
    disks = [path for path in paths if is_disk(path)]
    if wanted.disk:
        end = "\\" + wanted.disk.replace("/", "\\").strip("\\").lower()
        disks = [path for path in disks if path.lower().endswith(end)]
    if len(disks) == 1:
        return disks[0], ()
    if disks:
        text = f"the image holds {len(disks)} disks: {', '.join(disks)}"
        return "", (_block("image_unclear", text, "name one with disk", "disk"),)
    text = f"the image holds no disk {wanted.disk}".rstrip()
    return "", (
        _block("image_unclear", text, "give the download of the target appliance, a zip with a .vhd or .vhdx", "image"),
    )


def generation(wanted: Wanted, disk: str) -> int:
    ending = next(ending for ending in sorted(GENERATIONS, reverse=True) if disk.lower().endswith(ending))
    return wanted.generation or GENERATIONS[ending]


# -- what is there ------------------------------------------------------------------------------------------------------


def plan(wanted: Wanted, seen: Seen) -> Plan:
    """The next step from what is there to what is wanted."""
    if seen.vm is None and seen.role is not None:
        return _by_role(wanted, seen, seen.role)
    vm = seen.vm
    if vm is None and (left := [path for path in seen.files if is_configuration(path, wanted.name)]):
        return _unseen(wanted, seen, left[0])
    images = {image_of(disk, wanted.name) for disk in vm.disks} - {""} if vm else set()
    if vm is not None and not images and (vm.disks or not seen.files):
        disks = ", ".join(vm.disks) or "none"
        return _taken(f"there is a virtual machine {wanted.name} with the disk {disks}, which we did not make")
    if wanted.state == "absent":
        return _absent(wanted, seen)
    if vm is None or not vm.disks:
        return _make(wanted, seen)
    if images != {wanted.sha256[:DIGITS]}:
        text = f"{wanted.name} was made of the image {', '.join(sorted(images))}..., and {wanted.sha256} is asked for"
        remedy = (
            "keep image and sha256 as they were (an appliance updates itself, a newer image brings nothing); to replace the"
            " appliance, remove it with state absent first"
        )
        return Plan(problems=(_block("appliance_other_image", text, remedy, "sha256"),))
    if vm.cpu_cores < wanted.cpu_cores or vm.memory_mb < wanted.memory_mb:
        has = f"{vm.cpu_cores} vCPU and {vm.memory_mb} MB"
        text = f"{wanted.name} has {has}, and it is to have {wanted.cpu_cores} vCPU and {wanted.memory_mb} MB"
        remedy = "shut it down and give it more in Failover Cluster Manager, or ask for less"
        return Plan(problems=(_block("appliance_too_small", text, remedy),))
    return Plan(act="" if vm.clustered and vm.running else "finish", switch=vm.switch)


def _taken(text: str) -> Plan:
    return Plan(problems=(_block("VmDiffers", text, "choose another name, or remove that one yourself"),))


def _absent(wanted: Wanted, seen: Seen) -> Plan:
    disks = seen.vm.disks if seen.vm else ()
    foreign = [disk for disk in disks if not image_of(disk, wanted.name)]
    if foreign:
        text = f"{wanted.name} has a disk that we did not make: {', '.join(foreign)}"
        return Plan(problems=(_block("VmDiffers", text, "detach it first; it would be deleted otherwise"),))
    return Plan(act="remove" if seen.vm is not None or seen.files else "")


def _by_role(wanted: Wanted, seen: Seen, role: Role) -> Plan:
    """The cluster has a role of that name, and the node that owns it could not be asked."""
    if not seen.files or not seen.elsewhere:
        return _taken(f"the cluster has a role {wanted.name} on {role.owner}, and nothing of it was made by us")
    if wanted.state == "present" and role.online:
        return Plan()
    text = f"{wanted.name} is on {role.owner}, which could not be asked"
    remedy = f"put {role.owner} into the inventory group azure_local_hosts, or run the task on it"
    return Plan(problems=(_block("appliance_elsewhere", text, remedy),))


def _unseen(wanted: Wanted, seen: Seen, path: str) -> Plan:
    """Its configuration is there, and this node does not show it: no role yet, so only the node that made it does."""
    text = f"a virtual machine {wanted.name} of ours is registered on another node than {seen.node}, without a role"
    remedy = (
        f"run Get-VM -Name {wanted.name} on each node of the cluster, and this task on the node that shows it; if none does,"
        f" remove {path}"
    )
    return Plan(problems=(_block("appliance_elsewhere", text, remedy),))


def _make(wanted: Wanted, seen: Seen) -> Plan:
    volume, wrong = _volume(wanted, seen)
    switch, unclear = _switch(wanted, seen)
    problems = [*wrong, *unclear]
    folder = ""
    if volume is not None:
        folder = f"{root(volume.path, wanted.name)}\\{wanted.sha256[:DIGITS]}"
        there = sum(size for path, size in seen.files.items() if path.lower().startswith(volume.path.lower() + "\\"))
        if volume.free_bytes + there < wanted.minimum_free_gb * _GB:
            text = (
                f"{volume.path} has {volume.free_bytes / _GB:.0f} GB free, and {wanted.minimum_free_gb} GB are needed"
            )
            problems.append(_block("volume_full", text, "free space there, or name another volume", "volume"))
    return Plan(act="make", folder=folder, switch=switch, problems=tuple(problems))


def _volume(wanted: Wanted, seen: Seen) -> tuple[Volume | None, list[Problem]]:
    """The one named; else the one where an earlier run began with this image; else the one with the most free space."""
    online = [volume for volume in seen.volumes if volume.online]
    if wanted.volume:
        asked = wanted.volume.rstrip("\\").lower()
        known = [
            one for one in online if asked in (one.name.lower(), one.path.lower(), one.path.lower().rsplit("\\", 1)[-1])
        ]
    else:
        begun = [path.lower() for path in seen.files if image_of(path, wanted.name) == wanted.sha256[:DIGITS]]
        known = [one for one in online if any(path.startswith(one.path.lower() + "\\") for path in begun)]
        known = known or sorted(online, key=lambda one: (-one.free_bytes, one.path))
    if known:
        return known[0], []
    have = ", ".join(one.path for one in online) or "none"
    text = f"the cluster volume {wanted.volume} is not online" if wanted.volume else "no cluster volume is online"
    text += f" (online: {have})"
    return None, [_block("no_volume", text, "name one of them, or bring one online", "volume")]


def _switch(wanted: Wanted, seen: Seen) -> tuple[str, list[Problem]]:
    external = sorted(name for name, kind in seen.switches.items() if kind.lower() == "external")
    have = ", ".join(external) or "none"
    if wanted.switch:
        known = [name for name in external if name.lower() == wanted.switch.lower()]
        if known:
            return known[0], []
        text = f"{seen.node} has no external switch {wanted.switch} (external: {have})"
        return "", [_block("SwitchNotFound", text, "correct switch", "switch")]
    if len(external) == 1:
        return external[0], []
    text = f"{seen.node} has {len(external)} external switches, and none is named ({have})"
    return "", [_block("switch_unclear", text, "name one with switch; an appliance needs an external one", "switch")]


# -- what is told -------------------------------------------------------------------------------------------------------


def differences(wanted: Wanted, vm: Vm) -> list[dict[str, Any]]:
    """Where a machine of ours is not as the task names it, and is left as it is."""
    checks = (
        ("switch", vm.switch, wanted.switch or vm.switch),
        ("vlan_id", vm.vlan_id, vm.vlan_id if wanted.vlan_id is None else wanted.vlan_id),
        ("generation", vm.generation, wanted.generation or vm.generation),
    )
    return [
        {"what": what, "is": seen, "wanted": due} for what, seen, due in checks if str(seen).lower() != str(due).lower()
    ]


def addresses(vm: Vm) -> list[str]:
    """Those by which it can be reached; a machine without a network gives itself others."""
    return [address for address in vm.addresses if not address.lower().startswith(("fe80:", "169.254."))]


def shown(seen: Seen) -> dict[str, Any]:
    """One side of the difference."""
    if seen.vm is None:
        return {"state": "present" if seen.role and seen.elsewhere else "absent", "files": len(seen.files)}
    vm = seen.vm
    return {
        "state": "present",
        "power": vm.state.lower(),
        "clustered": vm.clustered,
        "cpu_cores": vm.cpu_cores,
        "memory_mb": vm.memory_mb,
    }


def predicted(wanted: Wanted, seen: Seen, act: str) -> dict[str, Any]:
    """What a run that is not a check makes of it."""
    if not act:
        return shown(seen)
    if act == "remove":
        return {"state": "absent", "files": 0}
    sizes = {
        "cpu_cores": seen.vm.cpu_cores if seen.vm and act == "finish" else wanted.cpu_cores,
        "memory_mb": seen.vm.memory_mb if seen.vm and act == "finish" else wanted.memory_mb,
    }
    return {"state": "present", "power": "running", "clustered": True, **sizes}


def described(seen: Seen) -> dict[str, Any]:
    """The machine for the task's result; empty where there is none."""
    vm = seen.vm
    if vm is None:
        return {"node": seen.role.owner, "clustered": True} if seen.role and seen.elsewhere else {}
    return {
        "name": vm.name,
        "node": seen.node,
        "state": vm.state,
        "generation": vm.generation,
        "cpu_cores": vm.cpu_cores,
        "memory_mb": vm.memory_mb,
        "switch": vm.switch,
        "vlan_id": vm.vlan_id,
        "disk": vm.disks[0] if vm.disks else "",
        "addresses": addresses(vm),
        "clustered": vm.clustered,
    }
