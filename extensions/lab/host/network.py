# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who can be reached from where: names, ports and addresses, as a node of the cluster or an appliance finds them."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from .. import media, names
from ..runtime import Lab

DOMAIN = ".lab.example"
NOT_RESOLVED, REFUSED, TIMED_OUT = "NotResolved", "Refused", "TimedOut"
_WINDOWS = frozenset({445, 3389, 5985, 5986})
_CONFIGURATION_MANAGER = 44368
# domains of the documented addresses; all of them are reached at 443
_PUBLIC = (
    "portal.azure.com", "management.azure.com", "aka.ms", "download.microsoft.com", "go.microsoft.com",
    "windows.net", "msftauth.net", "msauth.net", "microsoft.com", "live.com", "office.com",
    "microsoftonline.com", "microsoftonline-p.com", "microsoftazuread-sso.com", "services.visualstudio.com",
    "vault.azure.net", "servicebus.windows.net", "discoverysrv.windowsazure.com", "migration.windowsazure.com",
    "hypervrecoverymanager.windowsazure.com", "siterecovery.azure.com",
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """What a place learnt of ``name:port``."""

    addresses: tuple[str, ...] = ()
    reachable: bool = False
    reason: str = ""


def look(lab: Lab, place: str, name: str, port: int) -> Found:
    """Resolve the name and try the port. Port 0 only resolves."""
    known = _known(lab, name)
    if known is None or _said(lab.switches.unresolved_names, place, name):
        return Found(reason=NOT_RESOLVED)
    label, address, ports, up = known
    if not port:
        return Found((address,))
    # a firewall knows machines, however they were called
    if not up or any(_said(lab.switches.blocked_ports, place, one, f":{port}") for one in (name, label)):
        return Found((address,), reason=TIMED_OUT)
    return Found((address,), True) if port in ports else Found((address,), reason=REFUSED)


def _said(patterns: tuple[str, ...], place: str, name: str, port: str = "") -> bool:
    asked = {f"{place}>{form}{port}".lower() for form in (name, name.removesuffix(DOMAIN))}
    return any(fnmatchcase(one, pattern.lower()) for one in asked for pattern in patterns)


def _known(lab: Lab, name: str) -> tuple[str, str, frozenset[int], bool] | None:
    """(its own name, address, open ports, whether it is up) of a name or an address."""
    asked = name.lower()
    if asked == "localhost":  # so the lab's vCenter is called on the controller
        return asked, "127.0.0.1", frozenset({443, *(server.port for server in lab.servers.values())}), True
    short = asked.removesuffix(DOMAIN)
    for label, (address, ports, up) in _machines(lab).items():
        if asked == address or short == label:
            return label, address, ports, up
    if any(asked == domain or asked.endswith(f".{domain}") for domain in _PUBLIC):
        return asked, f"20.0.0.{1 + sum(asked.encode()) % 250}", frozenset({443}), True
    return None


def _machines(lab: Lab) -> dict[str, tuple[str, frozenset[int], bool]]:
    found = {names.CLUSTER: ("10.10.0.5", _WINDOWS, True), "vcenter": ("10.0.0.10", frozenset({443}), True)}
    found |= {node: (f"10.10.0.{6 + number}", _WINDOWS, True) for number, node in enumerate(names.NODES)}
    for number, host in enumerate(names.ESXI_HOSTS):
        found[host.removesuffix(DOMAIN)] = (f"10.0.0.{11 + number}", frozenset({443, 902}), True)
    found[media.HOST.removesuffix(DOMAIN)] = ("10.0.0.9", frozenset({443, 445}), True)
    for one in lab.appliances.values():
        ports = _WINDOWS | ({_CONFIGURATION_MANAGER} if one.installed else frozenset())
        found.setdefault(one.name.lower(), (one.address, ports, one.answers))
    return found
