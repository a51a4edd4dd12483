# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which NICs are made at the target, on which logical network, and what they keep."""

from __future__ import annotations

import fnmatch
import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Any

from . import ids
from .entry import Findings, Reader
from .source import SourceMachine, SourceNic
from .spec_disks import match_overrides
from .spec_storage import same_location
from .target import LogicalNetwork, TargetPlace
from .wanted import WantedNic

_VLAN = re.compile(r"(?:vlan:\s*)?(\d{1,4})", re.IGNORECASE)
_EMPTY: Mapping[str, Any] = {}


def resolve_nics(
    given: Reader,
    machine: SourceMachine,
    place: TargetPlace,
    default_map: Sequence[Mapping[str, Any]],
    findings: Findings,
) -> tuple[WantedNic, ...]:
    """A NIC's own entry wins field by field; the first line of the map that fits fills in the rest."""
    overrides = match_overrides(given.entries("nics"), machine.nics, is_nic, findings)
    for override in overrides.values():
        override.only(("match", "logical_network", "keep_ip", "keep_mac", "create"))
    lines = _map_lines(given, default_map, findings)
    return tuple(
        _nic(nic, overrides.get(position), _line_for(nic, lines), place, findings)
        for position, nic in enumerate(machine.nics)
    )


def is_nic(nic: SourceNic, asked: str) -> bool:
    mac = re.sub(r"[-:.]", "", nic.mac).lower()
    return asked.lower() in {nic.nic_id.lower(), nic.label.lower()} or (
        bool(mac) and re.sub(r"[-:.]", "", asked).lower() == mac
    )


def _map_lines(given: Reader, default_map: Sequence[Mapping[str, Any]], findings: Findings) -> list[Reader]:
    """The entry's own map first, the common one after it."""
    lines = given.entries("network_map")
    if default_map:
        lines += Reader({"network_map": default_map}, findings).entries("network_map")
    for line in lines:
        line.only(("source", "logical_network", "keep_ip", "keep_mac", "create"))
        if not line.has("source"):
            findings.block(
                "no_source",
                f"{line.field('source')} is missing",
                "set it to a port group, a pattern or vlan:<number>",
                line.field("source"),
            )
    return lines


def _line_for(nic: SourceNic, lines: Sequence[Reader]) -> Reader | None:
    return next((line for line in lines if maps(line.given.get("source"), nic)), None)


def maps(source: Any, nic: SourceNic) -> bool:
    """Port group by name or by pattern, or VLAN by number, whatever the case. A name may look like a pattern."""
    if isinstance(source, bool) or not isinstance(source, str | int):
        return False
    asked = str(source).strip().lower()
    network = nic.network.lower()
    if asked and network and (asked == network or fnmatch.fnmatchcase(network, asked)):
        return True
    vlan = _VLAN.fullmatch(asked)
    return vlan is not None and nic.vlan is not None and int(vlan.group(1)) == nic.vlan


def _nic(
    nic: SourceNic, override: Reader | None, line: Reader | None, place: TargetPlace, findings: Findings
) -> WantedNic:
    own = override or Reader(_EMPTY, findings, "nics.")
    rule = line or Reader(_EMPTY, findings, "network_map.")
    keep_ip, keep_mac, create = (
        own.flag(key) if own.has(key) else rule.flag(key, default)
        for key, default in (("keep_ip", False), ("keep_mac", False), ("create", True))
    )
    if create is False:
        return WantedNic(nic_id=nic.nic_id, label=nic.label, create=False)
    chosen = own if own.has("logical_network") else rule
    asked = chosen.text("logical_network")
    network = _network(nic, asked, chosen.field("logical_network"), place, findings) if asked else None
    if not asked:
        _unmapped(nic, place, findings)
    if network is not None and keep_ip:
        _keep_ip(nic, network, (own if own.has("keep_ip") else rule).field("keep_ip"), findings)
    return WantedNic(
        nic_id=nic.nic_id,
        label=nic.label,
        create=True,
        network_id=network.id if network else None,
        keep_ip=bool(keep_ip),
        keep_mac=bool(keep_mac),
    )


def _unmapped(nic: SourceNic, place: TargetPlace, findings: Findings) -> None:
    where = f"port group {nic.network!r}" + (f" (VLAN {nic.vlan})" if nic.vlan is not None else "")
    findings.block(
        "nic_unmapped",
        f"{nic.title} on {where} is mapped to no logical network; known: {_known(place)}",
        f"add {{source: {nic.network!r}, logical_network: ...}} to network_map, "
        f"or {{match: {nic.nic_id!r}, create: false}} to nics",
        "network_map",
    )


def _network(nic: SourceNic, asked: str, field: str, place: TargetPlace, findings: Findings) -> LogicalNetwork | None:
    if ids.is_id(asked):
        found = [network for network in place.networks if ids.same_id(network.id, asked)]
    else:
        found = [network for network in place.networks if network.name.lower() == asked.lower()]
        found = [network for network in found if same_location(network.custom_location_id, place)] or found
    if len(found) != 1:
        findings.block(
            "network_ambiguous" if found else "network_unknown",
            f"{nic.title}: {len(found) or 'no'} logical networks are called {asked!r}; known: {_known(place)}",
            "give the id of the one you mean" if found else "correct the name, or create the logical network",
            field,
        )
        return None
    network = found[0]
    if not same_location(network.custom_location_id, place):
        findings.block(
            "net_location",
            f"{nic.title}: logical network {network.name} belongs to the custom location "
            f"{ids.name(network.custom_location_id)}, the target cluster has {ids.name(place.custom_location_id)}",
            "choose a logical network of the target cluster",
            field,
        )
    if network.state and network.state.lower() != "succeeded":
        findings.block(
            "network_state",
            f"{nic.title}: logical network {network.name} is {network.state}, not Succeeded",
            "repair the logical network, or choose another",
            field,
        )
    if nic.vlan and network.vlan is not None and nic.vlan != network.vlan:
        findings.warn(
            "vlan_differs",
            f"{nic.title} is on VLAN {nic.vlan} today, logical network {network.name} is on VLAN {network.vlan}",
            "check that the guest's addresses work there",
            field,
        )
    return network


def _keep_ip(nic: SourceNic, network: LogicalNetwork, field: str, findings: Findings) -> None:
    if network.allocation.lower() == "dynamic":
        findings.block(
            "dhcp_static",
            f"{nic.title} shall keep its address, but logical network {network.name} hands out addresses itself",
            "choose a logical network with static allocation, or set keep_ip to false",
            field,
        )
        return
    for address in nic.addresses:
        code, reason = _misfit(address, network)
        if code:
            findings.block(
                code,
                f"{nic.title} shall keep {address}, but {reason} of logical network {network.name}",
                "choose a logical network that the address fits, or set keep_ip to false",
                field,
            )


def _misfit(address: str, network: LogicalNetwork) -> tuple[str, str]:
    """Why an IPv4 address cannot live on a logical network; empty where it can, or where too little is known."""
    try:
        kept = ipaddress.IPv4Address(address)
        if kept not in ipaddress.IPv4Network(network.prefix, strict=False):
            return "ip_pool", f"it is outside {network.prefix}"
        pools = [(ipaddress.IPv4Address(pool.start), ipaddress.IPv4Address(pool.end)) for pool in network.pools]
    except ValueError:
        return "", ""
    if address in network.dns:
        return "ip_is_dns", "it is a DNS server"
    if pools and not any(start <= kept <= end for start, end in pools):
        return "ip_pool", "it is outside the address pools"
    return "", ""


def _known(place: TargetPlace) -> str:
    return ", ".join(network.name for network in place.networks) or "none"
