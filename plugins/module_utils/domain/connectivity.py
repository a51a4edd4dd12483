# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a place must reach, by the table of endpoints and the names of an estate, and what came of trying it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from . import geographies
from .endpoints import (
    APPLIANCES,
    AZURE,
    CHECKS,
    CLUSTER,
    CONTROLLER,
    GEO,
    HOST,
    HTTPS,
    NEEDS,
    REMOTING,
    URLS,
    Need,
    Url,
)

_OUTBOUND = "let HTTPS to it through, without breaking TLS open; a proxy that goes by names must follow aliases too"


@dataclass(frozen=True, kw_only=True, slots=True)
class Peer:
    """Something named by the user or the inventory, with the port where that is not the usual one."""

    name: str
    port: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Estate:
    """The names that the table's rows are filled with; what is empty is told as not checked."""

    named: Mapping[str, Sequence[Peer]] = field(default_factory=dict)  # by ``Need.to``
    logins: Sequence[Peer] = ()  # where the inventory lets the controller sign in
    azure: Sequence[Peer] = ()  # what the controller itself asks
    hosts_of: Mapping[str, str] = field(default_factory=dict)  # URL with a star -> a host that the user knows under it
    location: str = ""
    proxy: Peer | None = None
    further: Sequence[Endpoint] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """One thing to try. Without a name it cannot be tried, and ``untried`` says why."""

    name: str
    port: int
    why: str
    remedy: str
    one_of: str = ""  # of those with the same word one is enough
    stands_for: str = ""
    sure: bool = True
    untried: str = ""


# -- what is to be tried ------------------------------------------------------------------------------------------------


def wanted(place: str, estate: Estate, checks: Iterable[str] = CHECKS) -> list[Endpoint]:
    """All that this place must reach, in the order of the table."""
    chosen = set(checks)
    found = [
        one for need in NEEDS if place in need.places and need.check in chosen for one in _of_need(need, place, estate)
    ]
    if place == CONTROLLER:
        found += _logins(estate, chosen)
    if AZURE in chosen and place != HOST:
        found += _azure(place, estate)
    return [*found, *estate.further]


def _of_need(need: Need, place: str, estate: Estate) -> list[Endpoint]:
    peers = estate.named.get(need.to) or ()
    if not peers:
        if need.to == "image_hosts":  # the image comes by another way than HTTPS
            return []
        return [Endpoint(name="", port=need.ports[0], why=need.why, remedy="", untried=f"{need.to} is not given")]
    return [
        Endpoint(
            name=peer.name,
            port=peer.port if peer.port and need.ports == (HTTPS,) else port,
            why=need.why,
            remedy=need.remedy,
            one_of=f"{need.to} {peer.name} {need.ports}" if len(need.ports) > 1 else "",
        )
        for peer in peers
        for port in need.ports
    ]


def _logins(estate: Estate, chosen: set[str]) -> list[Endpoint]:
    if not chosen & {CLUSTER, APPLIANCES}:
        return []
    why = "Ansible signs in there"
    return [Endpoint(name=peer.name, port=peer.port, why=why, remedy=REMOTING) for peer in estate.logins]


def _azure(place: str, estate: Estate) -> list[Endpoint]:
    if place == CONTROLLER:
        why = "this collection signs in, and asks Azure"
        tried = [Endpoint(name=one.name, port=one.port or HTTPS, why=why, remedy=_OUTBOUND) for one in estate.azure]
    else:
        tried = [_of_url(url, estate) for url in URLS]
    if estate.proxy is None:
        return tried
    through = f"it is reached through the proxy {estate.proxy.name}, which must let it through"
    proxy = Endpoint(
        name=estate.proxy.name,
        port=estate.proxy.port,
        why="the HTTP proxy on the way to Azure",
        remedy="correct proxy, or let its port through",
    )
    return [proxy, *(replace(one, name=one.stands_for or one.name, untried=through) for one in tried)]


def _of_url(url: Url, estate: Estate) -> Endpoint:
    given = estate.hosts_of.get(url.url, "")
    geo = GEO.get(geographies.normal(estate.location), "") if estate.location else ""
    host, untried = given or url.host, ""
    if "{geo}" in host:
        host = host.replace("{geo}", geo) if geo else ""
    if not host:
        untried = "it stands for many names, and none of them is known here: name one with hosts_of_urls"
    many = url.url.startswith("*")
    return Endpoint(
        name=host,
        port=HTTPS,
        why=url.why,
        remedy=_OUTBOUND,
        stands_for=url.url if many else "",
        sure=url.sure or bool(given),
        untried=untried,
    )


# -- what came of it ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """What a place learnt of one endpoint."""

    addresses: tuple[str, ...] = ()
    reachable: bool | None = None
    reason: str = ""  # "" | NotResolved | Refused | TimedOut


def rows(place: str, host: str, endpoints: Sequence[Endpoint], tried: Sequence[Tried | None]) -> list[dict[str, Any]]:
    """One row each. ``tried`` has None where there was nothing to try."""
    good = {one.one_of for one, seen in zip(endpoints, tried, strict=True) if one.one_of and seen and seen.reachable}
    return [
        {
            "place": place,
            "host": host,
            "name": endpoint.name or endpoint.stands_for,
            "port": endpoint.port,
            "why_needed": endpoint.why,
            "stands_for": endpoint.stands_for,
            **_verdict(endpoint, seen, spare=endpoint.one_of in good),
        }
        for endpoint, seen in zip(endpoints, tried, strict=True)
    ]


def _verdict(endpoint: Endpoint, seen: Tried | None, *, spare: bool) -> dict[str, Any]:
    if seen is None:
        return _row(None, f"{endpoint.name or endpoint.stands_for} not checked: {endpoint.untried}".strip())
    what = f"{endpoint.name} port {endpoint.port}" if endpoint.port else endpoint.name
    instead = f" (tried for {endpoint.stands_for}, which is many names)" if endpoint.stands_for else ""
    if seen.reason == "NotResolved":
        if not endpoint.sure:
            return _row(None, f"{endpoint.name} not checked: it does not resolve, and is only inferred{instead}")
        remedy = endpoint.remedy if not endpoint.port else "Make the name known there: in DNS, or in its hosts file"
        return _problem("name_unknown", f"{endpoint.name} does not resolve{instead}", remedy)
    if not seen.reason:
        means = f"answers{instead}" if endpoint.port else f"resolves to {', '.join(seen.addresses)}"
        return _row(True, f"{what} {means}")
    if spare:
        return _row(True, f"{what} is closed; the other port answers, and one is enough")
    if seen.reason == "Refused":
        return _problem(
            "port_refused", f"{what} refuses: nothing listens there, or a firewall says so{instead}", endpoint.remedy
        )
    return _problem(
        "port_silent", f"{what} does not answer: a firewall, or the machine is off{instead}", endpoint.remedy
    )


def _row(ok: bool | None, msg: str) -> dict[str, Any]:
    return {"ok": ok, "msg": msg, "remedy": "", "error_code": ""}


def _problem(code: str, msg: str, remedy: str) -> dict[str, Any]:
    return {"ok": False, "msg": msg, "remedy": remedy[:1].upper() + remedy[1:], "error_code": code}
