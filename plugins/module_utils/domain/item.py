# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Protected items and jobs as the service describes them, read tolerantly: the wire drifts from its own specification.

Words of the service are kept as they are, unknown ones too; nothing here judges them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import values

# In these states nobody acts by allowedJobs, and it may be null: after the PUT it was recorded so.
_NOTHING_TO_ALLOW = frozenset(
    "UnprotectedStatesBegin EnablingProtection PlannedFailoverInitiated PlannedFailoverCompleting DisablingProtection "
    "MarkedForDeletion".split()
)


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthError:
    code: str = ""
    severity: str = ""
    category: str = ""
    summary: str = ""
    message: str = ""
    causes: str = ""
    recommendation: str = ""
    source: str = ""
    at: dt.datetime | None = None
    resolvable: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemJob:
    """The short form of a job inside an item."""

    id: str = ""
    name: str = ""
    scenario: str = ""
    display_name: str = ""
    state: str = ""
    started_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemDisk:
    uuid: str = ""
    source_name: str = ""
    is_os: bool | None = None
    capacity_bytes: int | None = None
    dynamic: bool | None = None
    storage_path_id: str = ""
    local_path: str = ""
    seed_disk_name: str = ""
    migrate_disk_name: str = ""
    disk_type: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemNic:
    nic_id: str = ""
    mac: str = ""
    label: str = ""
    network: str = ""  # of the source
    target_network_id: str = ""
    test_network_id: str = ""
    selection: str = ""
    keep_ip: bool | None = None
    keep_mac: bool | None = None

    @property
    def create(self) -> bool | None:
        """Whether the NIC is made at the target; None where the service does not say."""
        return None if not self.selection else self.selection.lower() != "notselected"


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemDynamicMemory:
    minimum_mb: int | None = None
    maximum_mb: int | None = None
    buffer_percent: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProtectedItem:
    id: str = ""
    name: str = ""
    # where it stands
    provisioning_state: str = ""
    protection_state: str = ""
    protection_state_text: str = ""
    test_failover_state: str = ""
    active_location: str = ""
    allowed_jobs: tuple[str, ...] = ()
    current_job: ItemJob | None = None
    last_failed_enable_job: ItemJob | None = None
    last_failed_planned_failover_job: ItemJob | None = None
    last_test_failover_job: ItemJob | None = None
    last_planned_failover_at: dt.datetime | None = None
    # how it fares
    health: str = ""
    health_errors: tuple[HealthError, ...] = ()
    resync_required: bool = False
    resynchronization_state: str = ""
    resync_state: str = ""
    resync_retries: int | None = None
    initial_replication_percent: int | None = None
    migration_percent: int | None = None
    resync_percent: int | None = None
    resume_percent: int | None = None
    last_recovery_point_at: dt.datetime | None = None
    last_recovery_point_id: str = ""
    failover_recovery_point_id: str = ""
    last_replication_update_at: dt.datetime | None = None
    # what was asked for
    policy_name: str = ""
    extension_name: str = ""
    instance_type: str = ""
    cluster_id: str = ""
    custom_location_id: str = ""
    custom_location_region: str = ""
    target_vm_name: str = ""
    target_resource_group_id: str = ""
    storage_path_id: str = ""
    generation: str = ""
    cpu_cores: int | None = None
    memory_mb: int | None = None
    is_dynamic_memory: bool | None = None
    dynamic_memory: ItemDynamicMemory | None = None
    auto_resync: bool | None = None
    security_option: str = ""
    migrate_as_arc: bool | None = None
    disks: tuple[ItemDisk, ...] = ()
    nics: tuple[ItemNic, ...] = ()
    # the source, as the service knows it
    machine_id: str = ""
    source_vm_name: str = ""
    source_cpu_cores: int | None = None
    source_memory_mb: int | None = None
    source_fabric_agent: str = ""
    target_fabric_agent: str = ""
    os_type: str = ""
    os_name: str = ""
    firmware: str = ""
    target_vm_bios_id: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False, hash=False)

    def can(self, job: str) -> bool:
        """Whether the service allows that job now. It answers null, [] or a list, by state."""
        return job.lower() in (allowed.lower() for allowed in self.allowed_jobs)

    @property
    def trimmed(self) -> bool:
        """Something is null that the phase, or what follows from it, is decided by: a list may leave it out."""
        props = values.mapping(self.raw.get("properties"))
        states = (self.protection_state, self.provisioning_state, self.health)
        if not all(states) or not values.mapping(props.get("customProperties")):
            return True
        if props.get("allowedJobs") is None and self.protection_state not in _NOTHING_TO_ALLOW:
            return True
        return props.get("healthErrors") is None and self.health != "Normal"

    @property
    def resync_states(self) -> tuple[str, ...]:
        """The two resync states that say more than None."""
        return tuple(s for s in (self.resynchronization_state, self.resync_state) if s and s.lower() != "none")

    @property
    def resyncing(self) -> bool:
        """A resynchronisation is due or under way; the word of one that is over may stay."""
        return self.resync_required or any(s.lower() != "resynchronizationcompleted" for s in self.resync_states)

    @property
    def resync_failed(self) -> bool:
        """The last one failed, and none runs."""
        return tuple(s.lower() for s in self.resync_states) == ("resynchronizationfailed",)

    @classmethod
    def parse(cls, reply: Any) -> ProtectedItem:
        """Any JSON value; what cannot be read is empty or None."""
        raw = values.mapping(reply)
        props = values.mapping(raw.get("properties"))
        custom = values.mapping(props.get("customProperties"))
        return cls(
            id=values.text(raw.get("id")),
            name=values.text(raw.get("name")),
            raw=raw,
            **_standing(props, custom),
            **_faring(props, custom),
            **_asked(props, custom),
            **_source(custom),
        )


def _standing(props: Mapping[str, Any], custom: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "provisioning_state": values.text(props.get("provisioningState")),
        "protection_state": values.text(props.get("protectionState")),
        "protection_state_text": values.text(props.get("protectionStateDescription")),
        "test_failover_state": values.text(props.get("testFailoverState")),
        "active_location": values.text(custom.get("activeLocation")),
        "allowed_jobs": values.texts(props.get("allowedJobs")),
        "current_job": _item_job(props.get("currentJob")),
        "last_failed_enable_job": _item_job(props.get("lastFailedEnableProtectionJob")),
        "last_failed_planned_failover_job": _item_job(props.get("lastFailedPlannedFailoverJob")),
        "last_test_failover_job": _item_job(props.get("lastTestFailoverJob")),
        "last_planned_failover_at": values.when(props.get("lastSuccessfulPlannedFailoverTime")),
    }


def _faring(props: Mapping[str, Any], custom: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "health": values.text(props.get("replicationHealth")),
        "health_errors": tuple(_health_error(error) for error in values.mappings(props.get("healthErrors"))),
        # The service has it in two places, as a boolean or as text.
        "resync_required": True
        in (values.flag(props.get("resyncRequired")), values.flag(custom.get("resyncRequired"))),
        "resynchronization_state": values.text(props.get("resynchronizationState")),
        "resync_state": values.text(custom.get("resyncState")),
        "resync_retries": values.whole(custom.get("resyncRetryCount")),
        "initial_replication_percent": values.whole(custom.get("initialReplicationProgressPercentage")),
        "migration_percent": values.whole(custom.get("migrationProgressPercentage")),
        "resync_percent": values.whole(custom.get("resyncProgressPercentage")),
        "resume_percent": values.whole(custom.get("resumeProgressPercentage")),
        "last_recovery_point_at": values.when(custom.get("lastRecoveryPointReceived")),
        "last_recovery_point_id": values.text(custom.get("lastRecoveryPointId")),
        "failover_recovery_point_id": values.text(custom.get("failoverRecoveryPointId")),
        "last_replication_update_at": values.when(custom.get("lastReplicationUpdateTime")),
    }


def _asked(props: Mapping[str, Any], custom: Mapping[str, Any]) -> dict[str, Any]:
    memory = values.mapping(custom.get("dynamicMemoryConfig"))
    return {
        "policy_name": values.text(props.get("policyName")),
        "extension_name": values.text(props.get("replicationExtensionName")),
        "instance_type": values.text(custom.get("instanceType")),
        "cluster_id": values.text(custom.get("targetHciClusterId")),
        "custom_location_id": values.text(custom.get("targetArcClusterCustomLocationId")),
        "custom_location_region": values.text(custom.get("customLocationRegion")),
        "target_vm_name": values.text(custom.get("targetVmName")),
        "target_resource_group_id": values.text(custom.get("targetResourceGroupId")),
        "storage_path_id": values.text(custom.get("storageContainerId")),
        "generation": values.text(custom.get("hyperVGeneration")),
        "cpu_cores": values.whole(custom.get("targetCpuCores")),
        "memory_mb": values.whole(custom.get("targetMemoryInMegaBytes")),
        "is_dynamic_memory": values.flag(custom.get("isDynamicRam")),
        "dynamic_memory": _dynamic_memory(memory) if memory else None,
        "auto_resync": values.flag(custom.get("performAutoResync")),
        "security_option": values.text(custom.get("securityOption")),
        "migrate_as_arc": values.flag(custom.get("migrateAsArcVM")),
        # disksToInclude and nicsToInclude come back as null: the protected* lists are the read side.
        "disks": tuple(_item_disk(disk) for disk in values.mappings(custom.get("protectedDisks"))),
        "nics": tuple(_item_nic(nic) for nic in values.mappings(custom.get("protectedNics"))),
    }


def _source(custom: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "machine_id": values.text(custom.get("fabricDiscoveryMachineId")),
        "source_vm_name": values.text(custom.get("sourceVmName")),
        "source_cpu_cores": values.whole(custom.get("sourceCpuCores")),
        "source_memory_mb": values.whole(custom.get("sourceMemoryInMegaBytes")),
        "source_fabric_agent": values.text(custom.get("sourceFabricAgentName")),
        "target_fabric_agent": values.text(custom.get("targetFabricAgentName")),
        "os_type": values.text(custom.get("osType")),
        "os_name": values.text(custom.get("osName")),
        "firmware": values.text(custom.get("firmwareType")),
        "target_vm_bios_id": values.text(custom.get("targetVmBiosId")),
    }


def _item_job(value: Any) -> ItemJob | None:
    job = values.mapping(value)
    if not any(job.values()):
        return None
    return ItemJob(
        id=values.text(job.get("id")),
        name=values.text(job.get("name")),
        scenario=values.text(job.get("scenarioName")),
        display_name=values.text(job.get("displayName")),
        state=values.text(job.get("state")),
        started_at=values.when(job.get("startTime")),
        ended_at=values.when(job.get("endTime")),
    )


def _health_error(error: Mapping[str, Any]) -> HealthError:
    return HealthError(
        code=values.text(error.get("code")),
        severity=values.text(error.get("severity")),
        category=values.text(error.get("category")) or values.text(error.get("healthCategory")),
        summary=values.text(error.get("summary")),
        message=values.text(error.get("message")),
        causes=values.text(error.get("causes")),
        recommendation=values.text(error.get("recommendation")),
        source=values.text(error.get("source")),
        at=values.when(error.get("creationTime")),
        resolvable=values.flag(error.get("isCustomerResolvable")),
    )


def _dynamic_memory(memory: Mapping[str, Any]) -> ItemDynamicMemory:
    return ItemDynamicMemory(
        minimum_mb=values.whole(memory.get("minimumMemoryInMegaBytes")),
        maximum_mb=values.whole(memory.get("maximumMemoryInMegaBytes")),
        buffer_percent=values.whole(memory.get("targetMemoryBufferPercentage")),
    )


def _item_disk(disk: Mapping[str, Any]) -> ItemDisk:
    return ItemDisk(
        uuid=values.text(disk.get("sourceDiskId")),
        source_name=values.text(disk.get("sourceDiskName")),
        is_os=values.flag(disk.get("isOsDisk")),
        capacity_bytes=values.whole(disk.get("capacityInBytes")),
        dynamic=values.flag(disk.get("isDynamic")),
        storage_path_id=values.text(disk.get("storageContainerId")),
        local_path=values.text(disk.get("storageContainerLocalPath")),
        seed_disk_name=values.text(disk.get("seedDiskName")),
        migrate_disk_name=values.text(disk.get("migrateDiskName")),
        disk_type=values.text(disk.get("diskType")),
    )


def _item_nic(nic: Mapping[str, Any]) -> ItemNic:
    return ItemNic(
        nic_id=values.text(nic.get("nicId")),
        mac=values.text(nic.get("macAddress")),
        label=values.text(nic.get("label")),
        network=values.text(nic.get("networkName")),
        target_network_id=values.text(nic.get("targetNetworkId")),
        test_network_id=values.text(nic.get("testNetworkId")),
        selection=values.text(nic.get("selectionTypeForFailover")),
        keep_ip=values.flag(nic.get("isStaticIpMigrationEnabled")),
        keep_mac=values.flag(nic.get("isMacMigrationEnabled")),
    )
