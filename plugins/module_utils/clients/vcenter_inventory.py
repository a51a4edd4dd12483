# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything in vCenter that a new virtual machine can be put on, in one read, as plain rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .vcenter_collector import container_view, retrieve
from .vcenter_names import decode
from .vcenter_sdk import kind, moid
from .vcenter_session import Wire

_UPLINKS = "SYSTEM/DVS.UPLINKPG"  # the tag on the port group of a distributed switch that no machine may use
_KINDS = {
    "Datacenter": "datacenter",
    "ComputeResource": "compute",
    "ClusterComputeResource": "compute",
    "ResourcePool": "pool",
    "HostSystem": "host",
    "Folder": "folder",
    "Datastore": "datastore",
    "Network": "network",
    "DistributedVirtualPortgroup": "network",
    "OpaqueNetwork": "network",
}
_FAR_UP = 64  # so deep no inventory is


def _paths(vim: Any) -> list[tuple[Any, list[str]]]:
    entity = ["name", "parent"]
    return [
        (vim.Folder, entity),
        (vim.Datacenter, [*entity, "vmFolder"]),
        (vim.ComputeResource, [*entity, "resourcePool"]),
        (vim.ResourcePool, [*entity, "owner"]),
        (vim.HostSystem, [*entity, "runtime.connectionState", "runtime.inMaintenanceMode", "datastore", "network"]),
        (vim.Datastore, [*entity, "summary"]),
        (vim.Network, [*entity, "tag"]),
    ]


def read(wire: Wire) -> list[dict[str, Any]]:
    """One row an object, of the shape that the domain's placement takes. What may not be read is left out."""
    wanted = _paths(wire.sdk.vim)
    with container_view(wire, [row[0] for row in wanted]) as view:
        found = {moid(one.thing): (kind(one.thing), one.props) for one in retrieve(wire, wanted, view=view)}
    return list(_rows(found))


def _rows(found: dict[str, tuple[str, dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    vm_roots = {moid(props.get("vmFolder")) for type_, props in found.values() if type_ == "Datacenter"}
    pool_roots = {moid(props["resourcePool"]) for _type, props in found.values() if props.get("resourcePool")}
    for ref, (type_, props) in found.items():
        above = _above(ref, found)
        known = _KINDS.get(type_)
        if known is None or (known == "folder" and not vm_roots & {ref, *above}):
            continue
        if any(tag.key == _UPLINKS for tag in props.get("tag") or []):
            continue
        chain = [ref, *above]
        yield {
            "kind": known,
            "id": ref,
            "type": type_,
            "name": _name(props),
            "path": "/" + "/".join(_name(found[one][1]) for one in reversed(chain)),
            "datacenter": next((one for one in chain if found[one][0] == "Datacenter"), ""),
            "root": ref in vm_roots or ref in pool_roots,
            **_more(known, props),
        }


def _name(props: dict[str, Any]) -> str:
    return decode(str(props.get("name") or ""))


def _above(ref: str, found: dict[str, tuple[str, dict[str, Any]]]) -> list[str]:
    """The objects above, nearest first; the topmost folder of all is not among them."""
    above: list[str] = []
    while len(above) < _FAR_UP:
        ref = moid(found[ref][1].get("parent"))
        if ref not in found:
            break
        above.append(ref)
    return above


def _more(known: str, props: dict[str, Any]) -> dict[str, Any]:
    if known == "host":
        return {
            "compute": moid(props.get("parent")),
            "state": _host_state(props),
            "stores": [moid(one) for one in props.get("datastore") or []],
            "networks": [moid(one) for one in props.get("network") or []],
        }
    if known == "pool":
        return {"compute": moid(props.get("owner"))}
    if known == "datastore":
        return _store(props.get("summary"))
    return {}


def _host_state(props: dict[str, Any]) -> str:
    connection = str(props.get("runtime.connectionState") or "unknown")
    if connection != "connected":
        return f"its connection to vCenter is {connection}"
    return "it is in maintenance mode" if props.get("runtime.inMaintenanceMode") else ""


def _store(summary: Any) -> dict[str, Any]:
    if summary is None:
        return {"state": "the account may not read it"}
    mode = summary.maintenanceMode or "normal"
    state = "" if summary.accessible else "it is not accessible"
    return {
        "state": state or ("" if mode == "normal" else f"its maintenance mode is {mode}"),
        "free_bytes": int(summary.freeSpace or 0),
    }
