# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where in vCenter a new virtual machine goes: names and paths that a user wrote, resolved, or refused with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .problem import Problem

GIB = 2**30
_SHOWN = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Anything that a machine can be put on. ``path`` is the inventory path, /Datacenter/vm/Folder for a folder."""

    kind: str  # datacenter | compute | pool | host | folder | datastore | network
    id: str
    type: str = ""  # as vCenter names it
    name: str
    path: str
    datacenter: str = ""
    compute: str = ""  # of hosts and resource pools
    root: bool = False  # the topmost folder for VMs of a datacenter, the topmost resource pool of a cluster
    state: str = ""  # of hosts and datastores: "" is usable, else why it is not
    free_bytes: int = 0
    stores: frozenset[str] = frozenset()  # what a host reaches
    networks: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, row: Mapping[str, Any]) -> Place:
        sets = {name: frozenset(row.get(name) or ()) for name in ("stores", "networks")}
        return cls(**{**row, **sets})


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What the user said, "" where nothing. A name, or a path where the name alone is not enough."""

    datacenter: str = ""
    cluster: str = ""
    esxi_host: str = ""
    resource_pool: str = ""
    folder: str = ""
    datastore: str = ""
    network: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """Where it goes."""

    pool: Place
    host: Place
    folder: Place
    datastore: Place
    network: Place


@dataclass
class _Search:
    """Candidates by kind, narrowed as the answers come, and what went wrong on the way."""

    places: Sequence[Place]
    problems: list[Problem] = field(default_factory=list)

    def of(self, kind: str, fits: Callable[[Place], bool] = lambda _place: True) -> list[Place]:
        return sorted((place for place in self.places if place.kind == kind and fits(place)), key=lambda one: one.path)

    def block(self, code: str, option: str, text: str, remedy: str) -> None:
        self.problems.append(Problem(code=code, severity="block", text=text, remedy=remedy, field=option))

    def pick(self, option: str, wanted: str, among: list[Place]) -> Place | None:
        """The one that is meant. Without a word of the user, the only one that there is."""
        found = matching(wanted, among) if wanted else among
        if len(found) == 1:
            return found[0]
        named = option.replace("_", " ")
        if wanted and found:
            text = f"{len(found)} objects in vCenter fit the {named} {wanted!r}: {_list(found)}"
            self.block("placement_ambiguous", option, text, f"set {option} to one of these paths")
        elif wanted:
            text = f"there is no {named} {wanted!r} for the appliance; there is {_list(among)}"
            self.block("placement_unknown", option, text, f"set {option} to the name or path of one that is there")
        else:
            text = f"nothing says which {named} the appliance goes to; there is {_list(among)}"
            self.block("placement_needed", option, text, f"set {option} to the name or path of one of them")
        return None


def resolve(places: Iterable[Place], wishes: Wishes) -> tuple[Placed | None, list[Problem]]:
    """Each wish as an object of vCenter; the first that has no single answer ends it."""
    search = _Search(list(places))
    return _resolve(search, wishes), search.problems


def _resolve(search: _Search, wishes: Wishes) -> Placed | None:
    datacenter = search.pick("datacenter", wishes.datacenter, search.of("datacenter"))
    if datacenter is None:
        return None

    def here(place: Place) -> bool:
        return place.datacenter == datacenter.id

    folder = search.pick(
        "folder", wishes.folder, search.of("folder", lambda one: here(one) and bool(wishes.folder or one.root))
    )
    datastore = search.pick("datastore", wishes.datastore, search.of("datastore", here))
    network = search.pick("network", wishes.network, search.of("network", here))
    stands = _pool_and_hosts(search, wishes, here)
    if folder is None or datastore is None or network is None or stands is None:
        return None
    if datastore.state:
        text = f"the datastore {datastore.path} cannot be used: {datastore.state}"
        search.block("placement_unusable", "datastore", text, "name another datastore, or bring this one back")
        return None
    pool, hosts = stands
    host = _host(search, hosts, datastore, network)
    if host is None:
        return None
    return Placed(pool=pool, host=host, folder=folder, datastore=datastore, network=network)


def _pool_and_hosts(search: _Search, wishes: Wishes, here: Callable[[Place], bool]) -> tuple[Place, list[Place]] | None:
    """The resource pool, and the hosts that may run the machine."""
    computes, hosts, pools = search.of("compute", here), search.of("host", here), search.of("pool", here)
    if wishes.cluster or not (wishes.esxi_host or wishes.resource_pool):
        compute = search.pick("cluster", wishes.cluster, computes)
        if compute is None:
            return None
        hosts = [host for host in hosts if host.compute == compute.id]
        pools = [pool for pool in pools if pool.compute == compute.id]
    if wishes.esxi_host:
        host = search.pick("esxi_host", wishes.esxi_host, hosts)
        if host is None:
            return None
        hosts, pools = [host], [pool for pool in pools if pool.compute == host.compute]
    if not wishes.resource_pool:
        pools = [pool for pool in pools if pool.root]
    pool = search.pick("resource_pool", wishes.resource_pool, pools)
    return None if pool is None else (pool, [host for host in hosts if host.compute == pool.compute])


def _host(search: _Search, hosts: list[Place], datastore: Place, network: Place) -> Place | None:
    """The first by name that runs and reaches both. Where DRS is on, it moves the machine as it likes."""
    reasons = [f"{host.name}: {why}" for host in hosts if (why := _unfit(host, datastore, network))]
    fit = [host for host in hosts if not _unfit(host, datastore, network)]
    if fit:
        return fit[0]
    told = "; ".join(reasons[:_SHOWN]) or "there is no host"
    remedy = "name a datastore and a network that one running host reaches both, or bring a host back"
    search.block("placement_unusable", "esxi_host", f"no ESXi host can run the appliance: {told}", remedy)
    return None


def _unfit(host: Place, datastore: Place, network: Place) -> str:
    if host.state:
        return host.state
    if datastore.id not in host.stores:
        return f"it does not reach the datastore {datastore.name}"
    return "" if network.id in host.networks else f"it does not reach the network {network.name}"


def matching(wanted: str, among: Iterable[Place]) -> list[Place]:
    """By name; by the whole path, which starts with a slash; or by the end of a path."""
    candidates = list(among)
    named = [place for place in candidates if place.name == wanted]
    if named or "/" not in wanted:
        return named
    path = "/" + wanted.strip("/")
    if wanted.startswith("/"):
        return [place for place in candidates if place.path == path]
    return [place for place in candidates if place.path.endswith(path)]


def _list(places: Sequence[Place]) -> str:
    shown = ", ".join(place.path for place in places[:_SHOWN])
    return shown + (f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else "") or "none"


# -- space --------------------------------------------------------------------------------------------------------------


def space(datastore: Place, *, needed_bytes: int, later_bytes: int) -> list[Problem]:
    """Whether the machine fits: what it takes at once blocks, what it may grow to warns."""
    free, name = datastore.free_bytes, datastore.name
    if free < needed_bytes:
        return [
            Problem(
                code="datastore_full",
                severity="block",
                text=f"the datastore {name} has {_gib(free)} free, and the appliance needs {_gib(needed_bytes)}",
                remedy="free space on it, or name another datastore",
                field="datastore",
            )
        ]
    if free < later_bytes:
        return [
            Problem(
                code="datastore_tight",
                severity="warn",
                text=f"the datastore {name} has {_gib(free)} free, and the appliance may grow to {_gib(later_bytes)}",
                remedy="keep an eye on the datastore, or name another one",
                field="datastore",
            )
        ]
    return []


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"
