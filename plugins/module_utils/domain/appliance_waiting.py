# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only a person can do for an appliance: who, what, where, and the data to paste.

The project key and the pages of the configuration manager have no documented interface. So a run says what is to be done
next and ends well; the next run sees whether it was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import target_appliance
from .appliance_rules import UNFIT_CHARACTERS
from .appliance_seen import CLIENT_ID, Seen
from .appliance_setup import CREDENTIALS, SOURCE, VDDK_VERSIONS, Wanted

PORT = 44368  # of the configuration manager, on both appliances


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a person needs to know besides: names only, no secrets. Empty where the user did not say."""

    project: str = ""
    resource_group: str = ""
    address: str = ""  # of the appliance, as the inventory has it
    vcenter_address: str = ""
    vcenter_username: str = ""
    cluster_fqdn: str = ""
    cluster_domain: str = ""
    cluster_username: str = ""
    key_generated: bool | None = None  # what Azure shows: the project knows an appliance of this name
    configured: bool | None = None  # what Azure shows: the target's fabric is there
    replaces: str = ""  # name of the dead target appliance whose place this one takes


Waiting = dict[str, Any]


def console(seen: target_appliance.Seen) -> Waiting | None:
    """The first boot of a fresh target appliance asks for things at its console.

    Inferred: a Windows whose first questions are answered tells an address through Hyper-V's integration services. One that
    still asks may tell one too; then the next step, which signs in, finds out.
    """
    vm = seen.vm
    if vm is None or not vm.running or target_appliance.addresses(vm):
        return None
    return {
        "who": "somebody who may open the console of the virtual machine on the Azure Local cluster",
        "what": (
            "Answer what Windows asks at its first start: language and time zone, the licence terms, and a password for the"
            " local user Administrator. Then let the machine have an address (DHCP, or set one), and put address and"
            " password into the inventory group target_appliance"
        ),
        "where": f"Failover Cluster Manager, or on {seen.node}: vmconnect {seen.node} {vm.name}",
        "data": {"node": seen.node, "vm": vm.name},
    }


def first_boot(wanted: Wanted, told: Told, why: str) -> Waiting:
    """The machine does not answer, as one does whose Windows was never set up."""
    source = wanted.role == SOURCE
    console = (
        "the console of the virtual machine in the vSphere Client"
        if source
        else "the console of the virtual machine, in Failover Cluster Manager or Hyper-V Manager of the Azure Local instance"
    )
    return _waiting(
        "first_boot",
        "somebody who may open the console of the appliance's virtual machine",
        f"The appliance does not answer ({why}). If its Windows has not been set up yet: accept the licence terms, choose"
        " language and region, give the user Administrator a password, let it have an address, and put address and password"
        f" into the inventory group {wanted.role}_appliance. If it has, let this controller reach it over WinRM. A machine"
        " that only restarts answers again by itself. Then run again",
        console,
        {"appliance": wanted.name, "address": told.address},
    )


def waiting(wanted: Wanted, told: Told, seen: Seen) -> Waiting | None:
    """The next thing for a person; None where nothing is left to do from within the appliance."""
    if wanted.state == "removed":
        return None
    if not seen.registered:
        if wanted.role == SOURCE and not seen.vddk_version and not wanted.vddk:
            return _vddk(wanted, seen)
        begun = told.key_generated or (CLIENT_ID in seen.registry and wanted.entra is None)
        return _register(wanted, told, seen) if begun else _key(wanted, told, seen)
    if wanted.role == SOURCE:
        return None if seen.discovery_started else _discovery(wanted, told, seen)
    return None if seen.cluster_credentials or told.configured else _cluster(wanted, told, seen)


def _vddk(wanted: Wanted, seen: Seen) -> Waiting:
    return _waiting(
        "vddk",
        "somebody with a login at Broadcom",
        f"Download the Virtual Disk Development Kit for Windows, version {' or '.join(VDDK_VERSIONS[1:])}, and give its zip and"
        " SHA-256 to this module as vddk. The appliance cannot be registered without it, and no other version works",
        "https://developer.broadcom.com, Virtual Disk Development Kit (VDDK)",
        {"appliance": wanted.name, "folder": seen.vddk_folder, "versions": list(VDDK_VERSIONS)},
    )


def _key(wanted: Wanted, told: Told, seen: Seen) -> Waiting:
    if wanted.role == SOURCE:
        path = (
            "In the portal open the project, Overview, Inventory, Start discovery, Using appliance, For Azure Local. Choose"
            " Azure Local as destination and VMware vSphere as virtualization"
        )
    else:
        path = (
            "In the portal open the project, Migration and modernization, Replicate. Choose Servers or virtual machines,"
            " Azure Local, VMware vSphere, on-premises appliance, then Download and configure. Discovered servers must be more"
            " than zero by then"
        )
        if told.replaces:
            path += f". The new appliance takes the place of the dead one, {told.replaces}, for all virtual machines of the project"
    return _waiting(
        "key",
        "somebody who may write to the Azure Migrate project",
        f"{path}. Type the appliance's name, press Generate key, and leave the page open until the key is shown (some minutes)."
        f" Then open the configuration manager, paste the key, press Verify, {_sign_in(wanted, seen)}",
        f"https://portal.azure.com, then {_manager(seen)}",
        _data(wanted, told, seen, project=told.project, resource_group=told.resource_group),
    )


def _register(wanted: Wanted, told: Told, seen: Seen) -> Waiting:
    return _waiting(
        "registration",
        "somebody who has the project key and may sign in to Azure",
        "The key of this appliance was generated, and the appliance is not registered yet. Open the configuration manager, paste"
        f" the key if it is not there, press Verify, {_sign_in(wanted, seen)}. If it fails, refresh the page and try again",
        _manager(seen),
        _data(wanted, told, seen, project=told.project, resource_group=told.resource_group),
    )


def _sign_in(wanted: Wanted, seen: Seen) -> str:
    wait = "and wait until it says that the appliance has been registered (up to 10 minutes)"
    if CLIENT_ID in seen.registry:
        return f"let it sign in by the Entra application (clear the browser's cache and reload the page before), {wait}"
    second = "" if wanted.role == SOURCE else ", sign in a second time where it asks for Microsoft Azure PowerShell"
    return f"Login, sign in with the device code{second}, {wait}"


def _discovery(wanted: Wanted, told: Told, seen: Seen) -> Waiting:
    """Three things on one page, and what is seen of them: which comes first is told first."""
    vcenter = (
        "add the vCenter account (friendly name, user, password), and the vCenter as discovery source with that account."
        f" Its password must be ASCII without any of {' '.join(UNFIT_CHARACTERS)}"
    )
    cluster = (
        "under Onboard to Azure Local press Add information, give the system's credentials, and wait for Validated"
    )
    start = (
        "turn off the slider for application discovery and dependency analysis, press Start discovery, and wait for the green"
        " check mark (some minutes)"
    )
    if seen.file(CREDENTIALS) is None:
        step, todo = "vcenter_credentials", [vcenter, cluster, start]
    elif not seen.cluster_credentials:
        step, todo = "cluster_credentials", [cluster, start]
    else:
        step, todo = "discovery", [start]
    text = "; then ".join(todo)
    return _waiting(
        step,
        "somebody who knows the passwords of the vCenter account and of the Azure Local system"
        if len(todo) > 1
        else "somebody who may sign in to the appliance",
        f"The appliance is registered, and discovery is not started. In the configuration manager {text}",
        _manager(seen),
        _data(
            wanted,
            told,
            seen,
            vcenter_address=told.vcenter_address,
            vcenter_username=told.vcenter_username,
            **_system(told),
        ),
    )


def _cluster(wanted: Wanted, told: Told, seen: Seen) -> Waiting:
    return _waiting(
        "cluster",
        "somebody who knows the password of an administrator of the Azure Local system",
        "The target appliance is registered, and no Azure Local system is configured. In the configuration manager press Add"
        " information, give the system's full name, domain, user and password, wait for Validated, then press Configure and"
        " wait until it says that the project was configured",
        _manager(seen),
        _data(wanted, told, seen, **_system(told)),
    )


def _manager(seen: Seen) -> str:
    return f"configuration manager of the appliance: https://{seen.computer.lower()}:{PORT}"


def _system(told: Told) -> dict[str, str]:
    return {
        "cluster_fqdn": told.cluster_fqdn,
        "cluster_domain": told.cluster_domain,
        "cluster_username": told.cluster_username,
    }


def _data(wanted: Wanted, told: Told, seen: Seen, **more: str) -> Mapping[str, str]:
    return {
        "appliance": wanted.name,
        "configuration_manager": f"https://{seen.computer.lower()}:{PORT}",
        "address": told.address,
        "proxy_address": seen.proxy_address,
        **more,
    }


def _waiting(step: str, who: str, what: str, where: str, data: Mapping[str, Any]) -> Waiting:
    known = {name: value for name, value in data.items() if value}
    return {"step": step, "who": who, "what": what, "where": where, "data": known}
