# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts about the source side: the project's map, discovered machines, and how they join with vCenter."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from . import ids, values
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
    properties,
    rows_of,
    settled,
    some,
    strangers,
    unseen,
)
from .inferred_items import paged

_MAPS = ("applianceNameToSiteIdMapV2", "applianceNameToSiteIdMapV3")
_POWER = ("ON", "OFF", "SUSPENDED")
_TOOLS = ("OK", "NotRunning", "NotInstalled")
_VCENTER = (6, 5)


def details(solution: Any) -> Row:
    """extendedDetails of a solution."""
    found = values.mapping(values.mapping(solution).get("properties"))
    return values.mapping(values.mapping(found.get("details")).get("extendedDetails"))


# -- the project -----------------------------------------------------------------------------------------------------


def _vault(evidence: Evidence) -> Judgement:
    told = values.text(details(evidence.data("migration_solution")).get("vaultId"))
    return either(
        ids.is_resource(told, "Microsoft.DataReplication/replicationVaults"), "an id of a vault" if told else "none"
    )


def _site_map(evidence: Evidence) -> Judgement:
    told = details(evidence.data("discovery_solution"))
    sizes = {}
    for name in _MAPS:
        try:
            found = json.loads(values.text(told.get(name)) or "null")
        except ValueError:
            return contradicted(f"{name} is not JSON")
        if isinstance(found, list) and found:
            sizes[name[-2:]] = len(found)
    return either(bool(sizes), ", ".join(f"{name} with {size}" for name, size in sizes.items()) or "neither is there")


def _fabric_links(evidence: Evidence) -> Judgement:
    rows = some(evidence.rows("fabrics"), "fabric")
    site = ids.normal(values.text(values.mapping(evidence.data("site")).get("id")))
    source = sum(ids.normal(values.text(custom(row).get("vmwareSiteId"))) == site for row in rows)
    target = sum(bool(values.text(custom(row).get("azStackHciSiteId"))) for row in rows)
    return either(
        source > 0 and target > 0, f"of {len(rows)} fabrics {source} name the source's site, {target} a target site"
    )


def _fabric_cluster(evidence: Evidence) -> Judgement:
    rows = [row for row in some(evidence.rows("fabrics"), "fabric") if custom(row).get("azStackHciSiteId")]
    told = [values.text(values.mapping(custom(row).get("cluster")).get("resourceName")) for row in rows]
    good = [one for one in told if ids.is_resource(one, "Microsoft.AzureStackHCI/clusters")]
    return either(bool(told) and len(good) == len(told), f"{len(good)} of {len(told)} target fabrics")


def _agents(evidence: Evidence) -> list[Row]:
    return [row for key in ("source_agents", "target_agents") for row in evidence.rows(key)]


def _responsive(evidence: Evidence) -> Judgement:
    told = [properties(row).get("isResponsive") for row in some(_agents(evidence), "agent")]
    good = all(values.flag(one) is not None for one in told)
    answering = sum(values.flag(one) is True for one in told)
    kinds = sorted({"boolean" if isinstance(one, bool) else type(one).__name__ for one in told})
    return either(good, f"{', '.join(kinds)}; {answering} of {len(told)} respond")


def _named_after(key: str) -> Callable[[Evidence], Judgement]:
    def judge(evidence: Evidence) -> Judgement:
        if evidence.look(key).gone:
            return contradicted("there is none under this name")
        return settled(f"provisioningState {listed([evidence.properties(key).get('provisioningState')])}")

    return judge


def _run_as(evidence: Evidence) -> Judgement:
    rows = some(evidence.rows("vcenters"), "vCenter in the site")
    told = sum(bool(values.text(properties(row).get("runAsAccountId"))) for row in rows)
    return either(told == len(rows), f"{told} of {len(rows)}")


# -- discovered machines ---------------------------------------------------------------------------------------------


def _machines(evidence: Evidence) -> list[Row]:
    rows = some(evidence.rows("machines"), "discovered machine")
    return [row for row in rows if not values.flag(properties(row).get("isDeleted"))]


def _disks(evidence: Evidence) -> list[list[Row]]:
    return [values.mappings(properties(row).get("disks")) for row in _machines(evidence)]


def _os_disk(evidence: Evidence) -> Judgement:
    machines = [disks for disks in _disks(evidence) if disks]
    marked = sum(any(values.flag(disk.get("isOSDisk")) for disk in disks) for disks in machines)
    return either(marked > 0, f"{marked} of {counted(len(machines), 'machine')} mark their OS disk")


def _scsi00(evidence: Evidence) -> Judgement:
    names = [
        values.text(disk.get("name"))
        for disks in _disks(evidence)
        if any(disk.get("name") == "scsi0:0" for disk in disks)
        for disk in disks
        if values.flag(disk.get("isOSDisk"))
    ]
    if not names:
        return unseen("no machine with a disk at scsi0:0 marks its OS disk")
    first = sum(name == "scsi0:0" for name in names)
    return either(first == len(names), f"{first} of {len(names)} marked disks of such machines")


def _machine_key(evidence: Evidence) -> Judgement:
    rows = _machines(evidence)
    good = 0
    for row in rows:
        uuid = values.text(properties(row).get("instanceUuid")).lower()
        good += bool(uuid) and values.text(row.get("name")).lower().rpartition("_")[2] == uuid
    return either(good == len(rows), f"{good} of {counted(len(rows), 'machine')}")


def _machine_words(evidence: Evidence) -> Judgement:
    found = [properties(row) for row in _machines(evidence)]
    unknown = [
        *strangers((row.get("powerStatus") for row in found), _POWER),
        *strangers((row.get("vMwareToolsStatus") for row in found), _TOOLS),
        *strangers((row.get("firmware") for row in found), ("bios", "efi")),
    ]
    if unknown:
        return contradicted(f"unknown: {listed(unknown)}")
    seen = (row.get(name) for row in found for name in ("powerStatus", "vMwareToolsStatus", "firmware"))
    return settled(f"seen: {listed(value for value in seen if value)}")


# -- vCenter ---------------------------------------------------------------------------------------------------------


def _version(evidence: Evidence) -> Judgement:
    told = values.mapping(evidence.data("vcenter_about"))
    numbers = [values.whole(part) or 0 for part in values.text(told.get("api_version")).split(".")[:2]]
    good = told.get("api_type") == "VirtualCenter" and tuple(numbers) >= _VCENTER
    return either(good, f"{listed([told.get('api_type')])}, API {'.'.join(map(str, numbers))}")


def _attribute(evidence: Evidence) -> Judgement:
    told = values.mapping(evidence.data("vcenter_attribute"))
    number, ours = values.whole(told.get("count")), values.flag(told.get("ours"))
    if number is None:
        return contradicted("the account is not shown the custom attributes")
    return settled(f"{counted(number, 'attribute')}; ours is {'there' if ours else 'made by the first replication'}")


def _events(evidence: Evidence) -> Judgement:
    return settled(counted(len(rows_of(evidence.data("vcenter_events"))), "power-off event") + " of one VM")


def _joined(evidence: Evidence) -> list[tuple[Row, Row]]:
    """(discovered machine, the VM of vCenter with the same instance UUID)."""
    vms = {values.text(vm.get("instance_uuid")).lower(): vm for vm in rows_of(evidence.data("vcenter_vms"))}
    pairs = []
    for row in _machines(evidence):
        uuid = values.text(properties(row).get("instanceUuid")).lower()
        if uuid and uuid in vms:
            pairs.append((properties(row), vms[uuid]))
    return pairs


def _join(evidence: Evidence) -> Judgement:
    machines, joined = _machines(evidence), _joined(evidence)
    if not joined and not evidence.complete("machines", "vcenter_vms"):
        return unseen("not all machines were read")
    if not machines or not rows_of(evidence.data("vcenter_vms")):
        return unseen("one side shows no machine")
    return either(bool(joined), f"{len(joined)} of {counted(len(machines), 'discovered machine')} found in vCenter")


def _parts(ours: str, theirs: str, key: str, own: str) -> Callable[[Evidence], Judgement]:
    """Whether the parts of a joined machine bear the same key on both sides."""

    def judge(evidence: Evidence) -> Judgement:
        told = found = 0
        for machine, vm in _joined(evidence):
            known = {values.text(part.get(own)).lower() for part in values.mappings(vm.get(ours))}
            keys = [values.text(part.get(key)).lower() for part in values.mappings(machine.get(theirs))]
            told += len(keys)
            found += sum(one in known for one in keys)
        if not told:
            raise Unseen("no machine is on both sides")
        return either(found == told, f"{found} of {told}")

    return judge


_PROJECT = "services/project.py"

FACTS: tuple[Fact, ...] = (
    fact("solution_vault", "the migration solution names the replication vault", "control-plane §1", _PROJECT, _vault),
    fact(
        "site_map",
        "the discovery solution maps appliances to sites (V2 or V3)",
        "control-plane §1",
        _PROJECT,
        _site_map,
    ),
    fact("fabric_links", "fabrics name the site of their appliance", "control-plane §1", _PROJECT, _fabric_links),
    fact(
        "fabric_cluster",
        "the target fabric names the Azure Local instance",
        "control-plane §1",
        _PROJECT,
        _fabric_cluster,
    ),
    fact(
        "agent_responsive",
        "isResponsive of an agent is a boolean or its text",
        "control-plane §1",
        _PROJECT,
        _responsive,
    ),
    fact(
        "policy_name",
        "the policy is named after vault and instance type",
        "control-plane §1",
        _PROJECT,
        _named_after("policy"),
    ),
    fact(
        "extension_name",
        "the extension is named after both fabrics",
        "control-plane §1",
        _PROJECT,
        _named_after("extension"),
    ),
    fact(
        "run_as",
        "a vCenter in the site names its run-as account",
        "control-plane §2.4",
        "services/observation.py",
        _run_as,
    ),
    fact(
        "machines_paging",
        "a long list of machines comes in pages, joined by nextLink",
        "control-plane §9",
        "clients/arm.py",
        paged("machines"),
    ),
    fact(
        "machine_key",
        "a machine's name ends with its instance UUID",
        "control-plane §1",
        "services/observation.py",
        _machine_key,
    ),
    fact(
        "machine_words",
        "we know every word of power, Tools and firmware",
        "control-plane §2.3",
        "domain/source.py",
        _machine_words,
    ),
    fact("os_disk", "discovery marks the OS disk (isOSDisk)", "control-plane E5", "domain/source.py", _os_disk),
    fact(
        "os_disk_scsi00",
        "where a disk is at scsi0:0, it is the OS disk",
        "control-plane §2.3",
        "domain/spec_disks.py",
        _scsi00,
    ),
    fact("vcenter_version", "vCenter speaks vSphere API 6.5 or newer", "platform §1.1", "clients/vcenter.py", _version),
    fact(
        "vcenter_attribute",
        "the account reads custom attributes",
        "architecture: where the truth lives",
        "clients/vcenter_places.py",
        _attribute,
    ),
    fact(
        "vcenter_events", "the account reads events", "architecture: verification", "clients/vcenter_events.py", _events
    ),
    fact("join_uuid", "both sides call a VM by the same instance UUID", "control-plane §1", "domain/source.py", _join),
    fact(
        "join_disks",
        "both sides call a disk by the same UUID",
        "control-plane §2.3",
        "domain/source.py",
        _parts("disks", "disks", "uuid", "uuid"),
    ),
    fact(
        "join_nics",
        "nicId is the key of vCenter's device",
        "control-plane §2.3",
        "domain/source.py",
        _parts("nics", "networkAdapters", "nicId", "key"),
    ),
)
