# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts about the target side: the bridge, the Azure Local instance, and migrated VMs in Resource Manager."""

from __future__ import annotations

from . import values
from .evidence import (
    Evidence,
    Fact,
    Judgement,
    Row,
    Unseen,
    contradicted,
    counted,
    custom,
    either,
    fact,
    listed,
    names_of,
    properties,
    settled,
    shown,
    some,
    unseen,
)
from .inferred_items import whole

_POWER = "Running Stopped Starting Stopping Deallocated Deallocating Paused Saved Unknown".lower().split()


def _bridge_row(evidence: Evidence) -> Judgement:
    rows = evidence.rows("bridge")
    good = [row for row in rows if row.get("customLocation") and row.get("customLocationRegion")]
    return either(bool(good), f"{counted(len(good), 'custom location')} with region")


def _bridge_status(evidence: Evidence) -> Judgement:
    """An object would come as its JSON text, because the query asks for text."""
    told = [values.text(row.get("status")) for row in some(evidence.rows("bridge"), "bridge")]
    plain = [one for one in told if one and one.isalpha()]
    return either(len(plain) == len(told), f"seen: {listed(told)}")


def _free_space(evidence: Evidence) -> Judgement:
    rows = some(evidence.rows("storage_paths"), "storage path")
    told = sum(
        values.whole(values.mapping(properties(row).get("status")).get("availableSizeMB")) is not None for row in rows
    )
    return either(told == len(rows), f"{told} of {len(rows)} storage paths")


def _networks(evidence: Evidence) -> Judgement:
    rows = some(evidence.rows("logical_networks"), "logical network")
    subnets = [values.mappings(properties(row).get("subnets")) for row in rows]
    told = sum(
        bool(values.text(values.mapping(subnet[0].get("properties")).get("ipAllocationMethod")))
        for subnet in subnets
        if subnet
    )
    one = sum(len(subnet) == 1 for subnet in subnets)
    return either(
        one == told == len(rows), f"of {len(rows)} networks {one} have one subnet, {told} tell its allocation"
    )


def _nodes(evidence: Evidence) -> Judgement:
    reported = values.mapping(evidence.properties("cluster").get("reportedProperties"))
    nodes = values.mappings(reported.get("nodes"))
    named = sum(bool(values.text(node.get("name"))) for node in nodes)
    return either(bool(nodes) and named == len(nodes), f"{named} of {counted(len(nodes), 'node')} named")


def _instance(evidence: Evidence) -> Judgement:
    found = evidence.properties("target_instance")
    power = values.text(values.mapping(found.get("status")).get("powerState"))
    lacking = [name for name in ("hardwareProfile", "networkProfile", "storageProfile") if not found.get(name)]
    if lacking:
        return contradicted(f"without {', '.join(lacking)}")
    return settled(f"power {shown(power)}") if power.lower() in _POWER else contradicted(f"power is {shown(power)}")


def _failed_over(evidence: Evidence) -> list[Row]:
    rows = [custom(row) for row in whole(evidence) if custom(row).get("activeLocation") == "Recovery"]
    if not rows:
        raise Unseen("no item that is told in full is failed over")
    return rows


def _target_name(evidence: Evidence) -> Judgement:
    there = names_of(evidence.rows("target_machines"))
    names = {values.text(row.get("targetVmName")).lower() for row in _failed_over(evidence)}
    found = names & there
    if not found and not evidence.complete("target_machines"):
        return unseen("not all machines of the group were read")
    return either(bool(found), f"{len(found)} of {len(names)} failed-over items have their machine in the group read")


def _nic_names(evidence: Evidence) -> Judgement:
    nics = [values.text(row.get("name")).lower() for row in evidence.rows("target_nics")]
    names = [values.text(row.get("targetVmName")).lower() for row in _failed_over(evidence)]
    if not nics:
        return unseen("there is no network interface")
    if not evidence.complete("target_nics"):
        return unseen("not all network interfaces were read")
    found = sum(any(nic.startswith(f"{name}-") for nic in nics) for name in names)
    return either(found > 0, f"{found} of {len(names)} failed-over items have such an interface")


_TARGET = "services/target.py"

FACTS: tuple[Fact, ...] = (
    fact(
        "bridge_row",
        "Resource Graph joins instance, custom location and bridge",
        "control-plane §6",
        _TARGET,
        _bridge_row,
    ),
    fact("bridge_status", "the status of a bridge is one plain word", "control-plane §5", _TARGET, _bridge_status),
    fact("free_space", "a storage path tells its free space", "control-plane §5", "domain/target.py", _free_space),
    fact(
        "network_shape",
        "a logical network has one subnet, which tells its allocation",
        "control-plane §5",
        "domain/target.py",
        _networks,
    ),
    fact("cluster_nodes", "the instance names its nodes", "control-plane §5", "services/observation.py", _nodes),
    fact(
        "target_machine",
        "a failed-over VM is a machine named as the item's target",
        "control-plane §5",
        "services/observation.py",
        _target_name,
    ),
    fact(
        "target_instance",
        "a VM instance tells power, hardware, network and storage",
        "control-plane §5",
        _TARGET,
        _instance,
    ),
    fact(
        "target_nics",
        "NICs of a migrated VM are named after it",
        "architecture: what is inferred",
        "domain/guards.py",
        _nic_names,
    ),
)
