# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines of the lab that are appliances or may become some, and pywinrm as a client of theirs."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import winrm

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.powershell import COMMAND
from ansible_collections.azlocal.migrate.tests.support.azure_lab import AzureSession
from ansible_collections.azlocal.migrate.tests.support.winrm_host import execute
from lab import appliances, media, names
from lab.appliances import SOURCE, Appliance
from lab.azure import ids
from lab.host.cluster import ClusterVm
from lab.runtime import Lab
from lab.world import SourceDisk, SourceNic, SourceVm

LABSRC, LABTGT = names.SOURCE_APPLIANCE, names.TARGET_APPLIANCE
STORAGE = names.STORAGE_PATHS["UserStorage1"][0]
Said = dict[str, Any]


class ScriptFailed(Exception):
    """What a script threw; the first argument is its id."""


def session(lab: Lab, place: str) -> winrm.Protocol:
    """pywinrm, signed in at a node or an appliance."""
    user, password = names.HOST_USER, names.HOST_PASSWORD
    if place not in names.NODES:
        user, password = names.APPLIANCE_USER, names.APPLIANCE_PASSWORD
    url, ca = lab.servers[f"host:{place}"].url, str(lab.tls.ca)
    return winrm.Protocol(url, transport="basic", username=user, password=password, ca_trust_path=ca)


def ask(lab: Lab, place: str, script: str, **params: Any) -> Any:
    """The value of a script; ScriptFailed where it threw."""
    text = json.dumps({"script": f"# azlocal.migrate script: {script}\nparam($Params)\n", "params": params})
    stdout, stderr, code = execute(session(lab, place), COMMAND, text.encode())
    assert code == 0, stderr
    reply = json.loads(base64.b64decode(stdout))
    if not reply["ok"]:
        raise ScriptFailed(reply["id"], reply["error"])
    return reply["value"]


def windows_server(lab: Lab, role: str = SOURCE, **said: Any) -> Appliance:
    """A machine of the user's own, which runs and is no appliance yet: for the script install."""
    vm = _source_vm(lab) if role == SOURCE else _cluster_vm(lab)
    one = appliances.adopted(lab, role, LABSRC if role == SOURCE else LABTGT, vm)
    for name, value in said.items():
        setattr(one, name, value)
    return one


def of_image(lab: Lab, role: str = SOURCE, *, set_up: bool = True) -> Appliance:
    """A machine made from Microsoft's image, which runs."""
    vm = _source_vm(lab) if role == SOURCE else _cluster_vm(lab)
    one = appliances.of_image(lab, role, LABSRC if role == SOURCE else LABTGT, vm)
    one.set_up = set_up
    return one


def _source_vm(lab: Lab) -> str:
    uuid = "50aaaaaa-0000-4000-8000-000000000001"
    datastore = names.DATASTORES[0]
    disk = SourceDisk(
        key=2000,
        uuid="6000C29a-0000-4000-8000-000000000001",
        label="Hard disk 1",
        controller="lsisas",
        bus=0,
        unit=0,
        capacity_bytes=80 * 2**30,
        datastore=datastore,
        file=f"[{datastore}] {LABSRC}/{LABSRC}.vmdk",
    )
    nic = SourceNic(key=4000, label="Network adapter 1", mac="00:50:56:00:aa:01", network="VM Network")
    vm = SourceVm(
        name=LABSRC,
        moid=lab.world.new_moid(),
        instance_uuid=uuid,
        bios_uuid=uuid.replace("50", "42", 1),
        host=names.ESXI_HOSTS[0],
        cluster=names.CLUSTERS[0],
        folder="",
        datastore=datastore,
        guest_id="windows2019srvNext_64Guest",
        guest_name="Microsoft Windows Server 2022 (64-bit)",
        guest_family="windowsGuest",
        hostname=LABSRC,
        firmware="efi",
        cpu_cores=8,
        memory_mb=16384,
        disks=[disk],
        nics=[nic],
    )
    lab.world.create_source(vm, "VSPHERE.LOCAL\\Administrator", 0)
    return uuid


def _cluster_vm(lab: Lab) -> str:
    vm = ClusterVm(
        name=LABTGT,
        vm_id=f"4f6d1b1e-0000-4000-8000-{lab.clock.now():%H%M%S%f}",
        node=names.NODES[0],
        generation=2,
        cpu_cores=8,
        memory_mb=16384,
        switch="ConvergedSwitch(compute_management)",
        vlan_id=0,
        disk=f"{STORAGE}\\{LABTGT}.vhdx",
        state="Running",
        clustered=True,
        started_at=lab.clock.now(),
    )
    lab.cluster.vms[vm.vm_id] = vm
    return vm.vm_id


def with_installer(one: Appliance, folder: str = "C:\\AzureMigrate") -> str:
    """The unpacked installer lies on the machine."""
    one.put(f"{folder}\\AzureMigrateInstaller.ps1", b"#")
    return folder


def media_of(lab: Lab) -> tuple[Path, dict[str, str]]:
    """The folder whose files every machine of the lab can fetch, and their SHA-256."""
    folder = lab.state_dir / "media"
    return folder, media.make_all(folder)


def until(holds: Callable[[], Any], seconds: float = 10) -> Any:
    """What ``holds`` returns once that is true."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "it never held"
        time.sleep(0.01)
    return found


def with_project(lab: Lab) -> None:
    """What must stand in a bare subscription before the portal gives a key."""
    azure, made = AzureSession(lab), f"/subscriptions/{names.SUBSCRIPTION}"
    for namespace in ("Microsoft.Migrate", "Microsoft.OffAzure", "Microsoft.DataReplication", "Microsoft.KeyVault"):
        where = f"{made}/providers/{namespace}"
        assert azure.call("POST", f"{where}/register", "2021-04-01").status_code == 200
        until(lambda where=where: azure.get(where, "2021-04-01")["registrationState"] == "Registered")  # type: ignore[misc]

    def put(path: str, version: str, properties: Said) -> None:
        reply = azure.call("PUT", path, version, {"location": names.LOCATION, "properties": properties})
        assert reply.status_code in (200, 201), reply.text

    put(f"{made}/resourceGroups/{names.RESOURCE_GROUP}", "2021-04-01", {})
    put(ids.PROJECT, "2020-05-01", {})
    until(lambda: azure.get(ids.PROJECT, "2020-05-01")["properties"]["provisioningState"] == "Succeeded")
    for solution in (ids.DISCOVERY_SOLUTION, ids.MIGRATION_SOLUTION):
        migrates = solution == ids.MIGRATION_SOLUTION
        purpose = "Migration" if migrates else "Discovery"
        tool = "ServerMigration_DataReplication" if migrates else "ServerDiscovery"
        put(solution, "2020-05-01", {"tool": tool, "purpose": purpose, "goal": "Servers", "status": "Active"})
    put(ids.SERVER_SITE, "2023-06-06", {"discoverySolutionId": ids.DISCOVERY_SOLUTION})
    put(ids.MASTER_SITE, "2023-06-06", {"allowMultipleSites": True, "sites": [ids.SERVER_SITE]})
