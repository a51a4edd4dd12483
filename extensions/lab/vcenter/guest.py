# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What VMware Tools tell about a guest: nothing about addresses once it is off."""

from __future__ import annotations

import functools
import ipaddress
from typing import Any

from .. import names
from ..world import SourceNic, SourceVm
from .types import make, vim

# bound once: pyVmomi looks names up slowly
_Guest = vim.vm.GuestInfo
_Card = _Guest.NicInfo
_Addresses = vim.net.IpConfigInfo
_Address = _Addresses.IpAddress


def tools_running(vm: SourceVm) -> bool:
    """Whether Tools answer: installed, started, and the machine is on."""
    return vm.tools_installed and vm.tools == "guestToolsRunning" and vm.power == "poweredOn"


def guest(vm: SourceVm) -> Any:
    running = tools_running(vm)
    values: dict[str, Any] = {
        **tools(vm),
        "guestState": "running" if vm.power == "poweredOn" and running else "notRunning",
        "guestOperationsReady": running,
        "interactiveGuestOperationsReady": False,
        "guestStateChangeSupported": running,
        "hwVersion": vm.hardware_version,
    }
    if vm.tools_installed:
        # Tools once said what the guest is; vCenter remembers that, but no address and no name of the host
        values |= {"guestId": vm.guest_id, "guestFamily": vm.guest_family, "guestFullName": vm.guest_name}
        values |= {"toolsVersion": "12389", "toolsInstallType": install_type(vm)}
    if running:
        values |= {"hostName": vm.hostname, "ipAddress": main_address(vm), "net": [_card(vm, nic) for nic in vm.nics]}
    return make(_Guest, **values)


def tools(vm: SourceVm) -> dict[str, Any]:
    """The four words for Tools, as GuestInfo and the summary both have them."""
    if not vm.tools_installed:
        status, version, version2 = "toolsNotInstalled", "guestToolsNotInstalled", "guestToolsNotInstalled"
    else:
        status = "toolsOk" if tools_running(vm) else "toolsNotRunning"
        version = "guestToolsCurrent" if vm.guest_family == "windowsGuest" else "guestToolsUnmanaged"
        version2 = version
    return {
        "toolsStatus": status,
        "toolsVersionStatus": version,
        "toolsVersionStatus2": version2,
        "toolsRunningStatus": "guestToolsRunning" if tools_running(vm) else "guestToolsNotRunning",
    }


def install_type(vm: SourceVm) -> str:
    return "guestToolsTypeMSI" if vm.guest_family == "windowsGuest" else "guestToolsTypeOpenVMTools"


def main_address(vm: SourceVm) -> str | None:
    """The address that vCenter shows for the machine as a whole: the first IPv4 one."""
    if not tools_running(vm):
        return None
    every = [address for nic in vm.nics if nic.connected for address in nic.addresses]
    return next((address for address in every if ":" not in address), every[0] if every else None)


def _card(vm: SourceVm, nic: SourceNic) -> Any:
    shown = list(nic.addresses) if nic.connected else []
    addresses = [
        make(
            _Address,
            ipAddress=address,
            prefixLength=64 if ":" in address else _prefix(nic.network),
            origin=nic.origin if ":" not in address else "manual",
            state="preferred",
        )
        for address in shown
    ]
    if nic.connected:
        local = _link_local(nic.mac)
        shown.append(local)
        addresses.append(make(_Address, ipAddress=local, prefixLength=64, origin="linklayer", state="preferred"))
    return make(
        _Card,
        network=nic.network,
        ipAddress=shown,
        macAddress=nic.mac,
        connected=nic.connected,
        deviceConfigId=nic.key,
        ipConfig=make(_Addresses, ipAddress=addresses),
    )


@functools.cache
def _prefix(network: str) -> int:
    """The prefix length of the logical network that carries the same VLAN; guests have it from there."""
    vlan = names.PORT_GROUPS.get(network, (0, ""))[0]
    for number, _, prefix, _, _ in names.LOGICAL_NETWORKS.values():
        if number == vlan:
            return ipaddress.ip_network(prefix).prefixlen
    return 24


@functools.lru_cache(maxsize=50_000)
def _link_local(mac: str) -> str:
    """Every guest of today has one for each card: fe80:: and the MAC."""
    octets = [int(part, 16) for part in mac.split(":")]
    octets[0] ^= 2
    words = bytes([*octets[:3], 0xFF, 0xFE, *octets[3:]])
    return str(ipaddress.IPv6Address(b"\xfe\x80" + b"\0" * 6 + words))
