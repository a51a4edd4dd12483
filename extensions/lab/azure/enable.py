# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the PUT of a protected item to Protected: enabling, the initial replication, and the hourly deltas after it."""

from __future__ import annotations

from .. import names
from ..world import SourceDisk, TargetDisk
from . import cache, health, ids, jobs, resync
from .jobs import JobFailure, Step
from .state import Azure, Job, ProtectedItem, RecoveryPoint
from .wire import JSON, ArmError, last, same

# recorded: 3.5 s, 72 s, 440 s, 10 s
_CREATING_S, _INITIALIZING_S, _ENABLING_S, _STARTING_S = 4, 72, 440, 10
_COPY_S, _COPY_S_PER_GB, _COPY_EXTRA_MAX_S = 1200, 2, 600  # nobody recorded an initial replication: [I]
_SETTLE_S, _COMPLETE_S = 15, 30
_CYCLE_S = 3600
_POINTS_KEPT = 72  # the policy keeps 4320 minutes of hourly points


def begin(azure: Azure, item: ProtectedItem, wrong: ArmError | None = None) -> Job:
    """``wrong``: what the PUT was not refused for, and the job finds."""
    cause = item.cause

    def created() -> None:
        item.described = True
        azure.move(item, "EnablingProtection", [], cause)

    def enabled() -> None:
        if wrong is not None:
            raise JobFailure(wrong.code, wrong.message)
        _check_source(azure, item)
        cache.need(azure, ids.VAULT, azure.parts[f"{ids.VAULT}/replicationExtensions/{item.extension}".lower()].custom)
        _describe_disks_and_nics(azure, item)

    steps = [
        Step(name="Creating or updating the protected item", seconds=_CREATING_S, end=created),
        Step(name="Initializing Protection", seconds=_INITIALIZING_S),
        Step(name="Enabling Protection", seconds=_ENABLING_S, end=enabled),
        Step(name="Starting Replication", seconds=_STARTING_S),
    ]
    job = jobs.make(
        azure, item, "Create or update protected item", "EnableProtection", steps, cause,
        object_id=item.id, internal_id=azure.guid(),
    )  # fmt: skip

    def failed(error: JSON, task: str) -> None:
        item.failed_enable = job
        item.described = True
        health.critical(azure, item, error)
        azure.move(item, "EnablingFailed", ["DisableProtection"], cause, provisioning="Failed")

    jobs.run(azure, item, job, steps, lambda: _begin_copy(azure, item), failed)
    return job


def _check_source(azure: Azure, item: ProtectedItem) -> None:
    """What stops the appliance from taking its first snapshot. Documented codes of replication: nobody recorded these jobs."""
    vm = item.vm
    if not azure.switches.source_faults:
        return
    if vm.power != "poweredOn":
        raise JobFailure("1028", f"The virtual machine '{vm.name}' is not powered on.")
    included = {str(disk["diskId"]).lower() for disk in item.wanted["disksToInclude"]}
    odd = [disk.label for disk in vm.disks if disk.uuid.lower() in included and (disk.mode != "persistent" or disk.rdm)]
    if odd:
        raise JobFailure("1023", f"A snapshot of '{vm.name}' does not hold {', '.join(odd)}.")
    if vm.snapshots and not vm.cbt_enabled:
        raise JobFailure("563", f"Changed block tracking of '{vm.name}' cannot be enabled: it has snapshots.")


def _describe_disks_and_nics(azure: Azure, item: ProtectedItem) -> None:
    sources = {disk.uuid.lower(): disk for disk in item.vm.disks}
    data_disks = 0
    for wanted in item.wanted["disksToInclude"]:
        source = sources[str(wanted["diskId"]).lower()]
        if wanted["isOsDisk"]:
            kind, number = "OSdisk", 0
        else:
            data_disks += 1
            kind, number = "datadisk", data_disks
        name = f"{item.target_name}-{kind}-{number}-{azure.hex(4)}"
        container = str(wanted.get("storageContainerId") or item.wanted["storageContainerId"])
        item.disks.append(_protected_disk(wanted, source, name, container))
    for wanted in item.wanted["nicsToInclude"]:
        item.nics.append(protected_nic(item, wanted, first=not item.nics))


def _protected_disk(wanted: JSON, source: SourceDisk, name: str, container: str) -> JSON:
    return {
        "storageContainerId": container,
        "storageContainerLocalPath": names.STORAGE_PATHS[_storage_name(container)][0],
        "sourceDiskId": source.uuid,
        "sourceDiskName": source.label,
        "seedDiskName": f"{name}-seed",
        "testMigrateDiskName": f"{name}-test",
        "migrateDiskName": name,
        "isOsDisk": wanted["isOsDisk"],
        "capacityInBytes": source.capacity_bytes,
        "isDynamic": bool(wanted.get("isDynamic", False)),
        "diskType": wanted["diskFileFormat"],
        "diskBlockSize": wanted.get("diskBlockSize") or 0,
        "diskLogicalSectorSize": wanted.get("diskLogicalSectorSize") or 512,
        "diskPhysicalSectorSize": wanted.get("diskPhysicalSectorSize") or 512,
    }


def _storage_name(container: str) -> str:
    return next(name for name, arm_id in ids.STORAGE.items() if same(arm_id, container))


def protected_nic(item: ProtectedItem, wanted: JSON, *, first: bool) -> JSON:
    source = next(nic for nic in item.vm.nics if str(nic.key) == str(wanted["nicId"]))
    network, test = wanted.get("targetNetworkId"), wanted.get("testNetworkId")
    return {
        "nicId": str(source.key),
        "macAddress": source.mac,
        "label": source.label,
        "isPrimaryNic": first,
        "networkName": source.network,
        # the recorded service has this type in lower case wherever it shows it itself
        "targetNetworkId": str(network).replace("logicalNetworks", "logicalnetworks") if network else None,
        "testNetworkId": str(test).replace("logicalNetworks", "logicalnetworks") if test else None,
        "selectionTypeForFailover": wanted["selectionTypeForFailover"],
    }


# -- copying ----------------------------------------------------------------------------------------------------


def _begin_copy(azure: Azure, item: ProtectedItem) -> None:
    health.normal(item)
    azure.move(
        item, "InitialReplicationInProgress", ["DisableProtection"], item.cause, provisioning="Succeeded"
    )  # fmt: skip
    gigabytes = sum(disk["capacityInBytes"] for disk in item.disks) / 2**30
    seconds = _COPY_S + min(_COPY_EXTRA_MAX_S, gigabytes * _COPY_S_PER_GB)
    item.copy_began, item.copy_seconds = azure.clock.monotonic(), azure.schedule.short(seconds)
    azure.world.change_source(item.vm, "config", "replicated", True, item.cause)
    for disk in item.disks:
        seed = f"{disk['seedDiskName']}.vhdx"
        azure.world.seeds[seed] = TargetDisk(
            name=seed,
            path=f"{disk['storageContainerLocalPath']}\\{seed}",
            size_bytes=disk["capacityInBytes"],
            digest="",
            source_uuid=disk["sourceDiskId"],
            storage_path=disk["storageContainerId"],
            is_os_disk=disk["isOsDisk"],
        )
        azure.journal(item, "seed", None, seed, item.cause)
    item.epoch += 1
    azure.while_so(item, seconds, lambda: _copied(azure, item))


def _copied(azure: Azure, item: ProtectedItem) -> None:
    item.copy_began = None
    allowed = ["DisableProtection"]
    azure.move(item, "InitialReplicationCompletedOnPrimary", allowed, item.cause)

    def begin_completion() -> None:
        azure.move(item, "InitialReplicationCompletedOnRecovery", allowed, item.cause)
        _complete(azure, item)

    azure.while_so(item, _SETTLE_S, begin_completion)


def _complete(azure: Azure, item: ProtectedItem) -> None:
    steps = [Step(name="Completing initial replication", seconds=_COMPLETE_S)]
    job = jobs.make(
        azure, item, "Complete initial replication", "CompleteInitialReplication", steps, item.cause, object_id=None
    )

    def done() -> None:
        add_point(azure, item)
        azure.move(item, "Protected", ["PlannedFailover", "DisableProtection"], item.cause)
        item.epoch += 1
        azure.while_so(item, _CYCLE_S, lambda: _cycle(azure, item))
        resync.plan(azure, item)

    def failed(error: JSON, task: str) -> None:
        health.critical(azure, item, error)
        if azure.switches.failed_jobs == "own_state":
            azure.move(item, "InitialReplicationFailed", ["DisableProtection"], item.cause)
        azure.changed(item)

    jobs.run(azure, item, job, steps, done, failed)


def _cycle(azure: Azure, item: ProtectedItem) -> None:
    """A delta each hour, while the item is Protected. A VM that is off has nothing new to send."""
    if item.protection == "Protected":
        if item.vm.power == "poweredOn":
            add_point(azure, item)
        azure.while_so(item, _CYCLE_S, lambda: _cycle(azure, item))


def add_point(azure: Azure, item: ProtectedItem) -> RecoveryPoint:
    """All included disks, as they are at this moment, are at the target from now on."""
    included = {str(disk["sourceDiskId"]).lower() for disk in item.disks}
    digests = {disk.uuid.lower(): disk.digest for disk in item.vm.disks if disk.uuid.lower() in included}
    point = RecoveryPoint(name=azure.guid(), at=azure.now(), digests=digests)
    item.points.append(point)
    del item.points[:-_POINTS_KEPT]
    item.updated = point.at
    for disk in item.disks:
        seed = azure.world.seeds.get(f"{disk['seedDiskName']}.vhdx")
        if seed is not None:
            seed.digest = digests.get(str(disk["sourceDiskId"]).lower(), "")
    azure.changed(item)
    return point


def show_point(item: ProtectedItem, point: RecoveryPoint) -> JSON:
    from .wire import stamp

    return {
        "properties": {
            "recoveryPointTime": stamp(point.at),
            "recoveryPointType": "CrashConsistent",
            "customProperties": {
                "instanceType": "VMwareToAzStackHCIRecoveryPointModelCustomProperties",
                "diskIds": [disk["sourceDiskId"] for disk in item.disks],
            },
            "provisioningState": "Succeeded",
        },
        "id": f"{item.id}/recoveryPoints/{point.name}",
        "name": point.name,
        "type": f"Microsoft.DataReplication/replicationVaults/{last('protectedItems')}/recoveryPoints",
        "systemData": None,
    }
