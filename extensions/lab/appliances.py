# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Azure Migrate appliances: Windows machines with the services that speak to Azure.

``lab.appliances`` holds one by its machine's name in lower case. It begins with its machine, as a VM of vCenter (source)
or of the Azure Local cluster (target), and outlives it; a new machine of that name takes its place. Where the lab begins
prepared, both stand there without a VM that anybody is shown. What they are to Azure is in ``azure/registration``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import names

if TYPE_CHECKING:
    from .runtime import Lab

SOURCE, TARGET = "source", "target"
PRODUCT = "Azure Migrate Appliance"  # as the OVF of the image names it
VERSION = "6.1.294.1024"
SIMILAR = f"{names.SOURCE_APPLIANCE}1"  # the name of the second one
ADDRESSES = {SOURCE: "10.10.0.11", TARGET: "10.10.0.12"}
BOOT_S = 120  # recorded seconds from power on until Windows answers
# documented: the services to look for where an appliance is silent
SERVICES = {
    SOURCE: {
        "asrgwy": "Microsoft Azure Gateway Service",
        "asrmgmtsvc": "Azure Site Recovery Management Service",
        "amvmwdiscoverysvc": "Microsoft Azure VMware Discovery Service",
    },
    TARGET: {
        "asrgwy": "Microsoft Azure Gateway Service",
        "asrmgmtsvc": "Azure Site Recovery Management Service",
    },
}


@dataclass(frozen=True)
class File:
    """One file of a Windows machine."""

    path: str
    data: bytes = field(repr=False)

    @property
    def size(self) -> int:
        return len(self.data)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(kw_only=True)
class Appliance:
    """One Windows machine that is an appliance, or may become one."""

    lab: Lab = field(repr=False, compare=False)
    name: str  # of the machine; its project key is made for this name
    role: str  # source | target
    vm: str = ""  # instance UUID in vCenter, or Hyper-V's id; "": no machine is shown
    set_up: bool = False  # somebody gave its Windows a password at the console
    installed: bool = False  # the appliance's software is there
    evaluation: bool = True  # the Windows of the images, whose licence ends after 180 days
    similar: bool = False  # the second one of a similar name, which belongs to somebody else
    answers_from: float = 0.0  # of the lab's monotonic clock: Windows boots until then
    booted_at: dt.datetime | None = None
    edge: bool = True
    internet_explorer: bool = False
    restart_pending: bool = False
    registry: dict[str, str] = field(default_factory=dict)  # of HKLM:\SOFTWARE\Microsoft\AzureAppliance
    files: dict[str, File] = field(default_factory=dict)  # by path, lower case
    services: dict[str, str] = field(default_factory=dict)  # name -> Running | Stopped
    certificates: dict[str, dict[str, Any]] = field(default_factory=dict)  # thumbprint -> what get_appliance shows
    retired: list[str] = field(default_factory=list)  # noted by set_entra_app until they are removed
    gateway_restart_due: bool = False  # noted by set_appliance until the gateway has read its file
    proxy: dict[str, str] = field(default_factory=dict)  # Address, Bypass
    throttles: dict[str, int] = field(default_factory=dict)  # policy -> bits per second
    installer: dict[str, Any] = field(default_factory=dict)  # what get_appliance shows of its last run
    # The application of its own, where set_entra_app has brought one: tenant_id, client_id, object_id, app_name,
    # service_principal_object_id, thumbprint. Else registration makes one.
    entra: dict[str, str] = field(default_factory=dict)
    key: str = field(default="", repr=False)  # the project key that was pasted
    asked: set[str] = field(default_factory=set)  # what the operator has begun: register, discover, configure
    # set by azure/registration when it is done
    registered_at: dt.datetime | None = None
    discovery_started_at: dt.datetime | None = None
    configured_at: dt.datetime | None = None

    @property
    def id(self) -> str:
        """What Azure calls its machineId: another one for each machine of the same name."""
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"appliance {self.name.lower()} {self.vm}"))

    @property
    def hostname(self) -> str:
        return self.name.upper()[:15]

    @property
    def address(self) -> str:
        return ADDRESSES[self.role]

    @property
    def version(self) -> str:
        return VERSION if self.installed else ""

    @property
    def powered_on(self) -> bool:
        """Whether its machine runs; one that nobody is shown always does."""
        if not self.vm:
            return True
        if self.role == SOURCE:
            vm = self.lab.world.source.get(self.vm.lower())
            return vm is not None and vm.power == "poweredOn"
        return self.lab.cluster.running(self.vm)

    @property
    def runs(self) -> bool:
        """Whether its Windows has come up; somebody may still have to set it up at the console."""
        return self.powered_on and self.lab.clock.monotonic() >= self.answers_from

    @property
    def answers(self) -> bool:
        """Whether its WinRM endpoint does."""
        return self.runs and self.set_up

    def boot(self) -> None:
        """It was powered on or restarted."""
        recorded = self.lab.schedule.short(BOOT_S)
        self.answers_from = self.lab.clock.monotonic() + recorded
        self.booted_at = self.lab.clock.now() + dt.timedelta(seconds=recorded)
        self.restart_pending = False

    def install(self) -> None:
        """The software is there and its services run."""
        self.installed = True
        self.services = dict.fromkeys(SERVICES[self.role], "Running")
        self.registry.setdefault("AutoUpdate", "1")

    def put(self, path: str, data: bytes) -> None:
        self.files[path.lower()] = File(path, data)


def alive(appliance: Appliance) -> bool:
    """Whether its services would report to Azure: the machine runs, they run, and no knob has killed them."""
    switches = appliance.lab.switches
    if switches.dead_agent == appliance.role and not appliance.similar:
        return False
    if appliance.evaluation and switches.licence_days_left <= 0:
        return False  # such a Windows shuts itself down every hour
    running = appliance.services and all(state == "Running" for state in appliance.services.values())
    return bool(appliance.installed and running and appliance.answers)


def add(lab: Lab, appliance: Appliance) -> Appliance:
    """From now on it is the machine of that name."""
    appliance.booted_at = appliance.booted_at or lab.clock.now()
    lab.appliances[appliance.name.lower()] = appliance
    return appliance


def populate(lab: Lab) -> None:
    """What stands there before anybody works: both, connected, where the lab begins prepared."""
    now = lab.clock.now()
    names_of = {names.SOURCE_APPLIANCE: SOURCE, names.TARGET_APPLIANCE: TARGET}
    if lab.switches.similar_appliance:
        names_of[SIMILAR] = SOURCE
    for name, role in names_of.items():
        if lab.stage == "ready" or name == SIMILAR:
            one = Appliance(lab=lab, name=name, role=role, set_up=True, similar=name == SIMILAR, registered_at=now)
            one.install()
            one.discovery_started_at, one.configured_at = (now, None) if role == SOURCE else (None, now)
            one.asked = {"register", "discover" if role == SOURCE else "configure"}
            _clicked(one)
            add(lab, one)
    for vm in lab.world.source.values():
        if lab.stage == "bare" and vm.name.lower() == names.SOURCE_APPLIANCE and vm.guest_family == "windowsGuest":
            adopted(lab, SOURCE, vm.name, vm.instance_uuid)  # an estate that brings a machine for the script install
    _watch(lab)
    lab.dumpers["appliances"] = lambda: {name: _shown(one) for name, one in lab.appliances.items()}


def _clicked(one: Appliance) -> None:
    """The files that are there once somebody has been through its configuration manager."""
    from .host.installer import CREDENTIALS
    from .host.scripts_appliance_read import VDDK_FOLDER

    one.put(CREDENTIALS + "TargetClusterCredentials.json", b"{}")
    if one.role == SOURCE:
        one.put(f"{VDDK_FOLDER}\\bin\\vixDiskLib.dll", b"MZ vixDiskLib 8.0.2\n")


def adopted(lab: Lab, role: str, name: str, vm: str) -> Appliance:
    """A Windows Server of the user's own: set up, but no appliance before the installer has run."""
    return add(
        lab,
        Appliance(lab=lab, name=name, role=role, vm=vm, set_up=True, evaluation=False, internet_explorer=True),
    )


def of_image(lab: Lab, role: str, name: str, vm: str) -> Appliance:
    """A machine made from Microsoft's image: the software is there, nobody has been at its console yet."""
    one = add(lab, Appliance(lab=lab, name=name, role=role, vm=vm))
    one.install()
    return one


def _watch(lab: Lab) -> None:
    """A machine of vCenter boots when it is powered on."""

    def powered(vm: Any) -> None:
        for one in lab.appliances.values():
            if one.role == SOURCE and one.vm.lower() == vm.instance_uuid.lower() and vm.power == "poweredOn":
                one.boot()

    lab.world.power_listeners.append(powered)


def _shown(one: Appliance) -> dict[str, Any]:
    """For the record of the whole world; no key, no content."""
    kept = ("name", "role", "vm", "set_up", "installed", "services", "entra", "asked")
    moments = ("registered_at", "discovery_started_at", "configured_at")
    told = {name: getattr(one, name) for name in (*kept, *moments, "registry", "installer", "proxy", "throttles")}
    files = {file.path: {"size": file.size, "sha256": file.sha256} for file in one.files.values()}
    return {**told, "files": files, "certificates": sorted(one.certificates), "alive": alive(one)}
