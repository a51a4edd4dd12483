# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's appliances: what stands there at each stage, what an OVA becomes, and the media they are made of."""

from __future__ import annotations

import hashlib
import json
import ssl
import tarfile
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyVim.connect import Disconnect
from pyVmomi import vim

from ansible_collections.azlocal.migrate.tests.support.appliance_lab import LABSRC, LABTGT, until
from ansible_collections.azlocal.migrate.tests.support.switches import thrown
from ansible_collections.azlocal.migrate.tests.support.vsphere import Vsphere
from lab import media, names
from lab.appliances import SIMILAR, alive
from lab.assemble import start_lab
from lab.runtime import Lab
from lab.switches import Switches

Start = Callable[..., Lab]


class TestStages:
    def test_ready_has_both_connected_without_a_machine(self, lab: Start) -> None:
        running = lab(vms=0, estate="empty")
        assert set(running.appliances) == {LABSRC, LABTGT}
        for one in running.appliances.values():
            assert alive(one) and one.registered_at and one.answers and not one.vm
        assert not running.cluster.vms and not running.world.source
        assert not (running.state_dir / "media").exists()

    def test_bare_has_none_and_the_media(self, lab: Start) -> None:
        running = lab(vms=2, stage="bare")
        assert running.appliances == {}
        sums = dict(
            line.split("  ")[::-1] for line in (running.state_dir / "media" / "SHA256SUMS").read_text().splitlines()
        )
        assert set(sums) == {media.OVA, media.IMAGE, media.VDDK, media.INSTALLER}

    def test_an_estate_may_bring_the_machine_for_the_script_install(self, lab: Start, tmp_path: Path) -> None:
        file = tmp_path / "estate.yml"
        file.write_text(yaml.safe_dump([{"name": LABSRC, "guest_family": "windowsGuest", "row": False}]))
        running = lab(estate=file, stage="bare")
        one = running.appliances[LABSRC]
        assert (one.set_up, one.installed, alive(one)) == (True, False, False)

    def test_no_other_stage(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="ready or bare"):
            start_lab(tmp_path, stage="half")

    def test_inventory(self, lab: Start) -> None:
        running = lab(vms=0, estate="empty")
        groups = yaml.safe_load((running.state_dir / "inventory.yml").read_text())["inventory"]["all"]["children"]
        for group, name in (("source_appliance", LABSRC), ("target_appliance", LABTGT)):
            assert groups[group]["hosts"][name]["ansible_port"] == running.servers[f"host:{name}"].port
            login = groups[group]["vars"]
            assert (login["ansible_user"], login["ansible_connection"]) == (names.APPLIANCE_USER, "winrm")

    def test_the_record_of_the_world_has_no_key_of_theirs(self, lab: Start) -> None:
        running = lab(vms=0, estate="empty")
        running.appliances[LABSRC].key = "very-secret-key"
        running.appliances[LABSRC].put("C:\\x.txt", b"very-secret-content")
        text = running.write_world().read_text()
        shown = json.loads(text)["appliances"][LABSRC]
        assert shown["alive"] is True and "C:\\x.txt" in shown["files"]
        assert "very-secret" not in text and "very-secret" not in repr(running.appliances[LABSRC])


@pytest.mark.behaviour("appliance_of_similar_name")
@thrown("similar_appliance", False, True)
def test_a_second_one_of_a_similar_name(lab: Start, setting: bool) -> None:
    for stage in ("ready", "bare"):
        running = lab(
            vms=0, estate="empty", stage=stage, switches=Switches(similar_appliance=setting, dead_agent="source")
        )
        assert (SIMILAR in running.appliances) is setting
        if setting:
            assert alive(running.appliances[SIMILAR])  # the knob means the project's own
        assert SIMILAR.startswith(LABSRC)


class TestOva:
    @pytest.fixture
    def bare(self, lab: Start) -> Any:
        client = Vsphere(lab(vms=1, stage="bare", speed=60))
        yield client
        Disconnect(client.si)

    def deploy(self, vsphere: Vsphere, ova: Path, name: str = LABSRC, *, cut: bool = False) -> Any:
        """The VM that the package becomes."""
        datacenter = vsphere.content.rootFolder.childEntity[0]
        pool = datacenter.hostFolder.childEntity[0].resourcePool
        with tarfile.open(ova) as tar:
            files = {one.name: tar.extractfile(one).read() for one in tar.getmembers()}  # type: ignore[union-attr]
        descriptor = next(data for name, data in files.items() if name.endswith(".ovf")).decode()
        options = vim.OvfManager.CreateImportSpecParams(
            entityName=name, diskProvisioning="thin", locale="", deploymentOption=""
        )
        result = vsphere.content.ovfManager.CreateImportSpec(descriptor, pool, datacenter.datastore[0], options)
        lease = pool.ImportVApp(result.importSpec, datacenter.vmFolder)
        until(lambda: lease.state == "ready")
        vm = lease.info.entity
        if not cut:
            trust = ssl.create_default_context(cafile=str(vsphere.lab.tls.ca))
            for item, url in zip(result.fileItem, lease.info.deviceUrl, strict=True):
                request = urllib.request.Request(url.url, files[item.path], method="PUT")
                urllib.request.urlopen(request, context=trust, timeout=10).close()
        lease.Complete()
        return vm

    def test_an_ova_of_the_appliance_becomes_one(self, bare: Vsphere, tmp_path: Path) -> None:
        vm = self.deploy(bare, bare.lab.state_dir / "media" / media.OVA)
        one = bare.lab.appliances[LABSRC]
        assert (one.role, one.installed, one.set_up, one.powered_on) == ("source", True, False, False)
        assert (vm.config.hardware.numCPU, vm.config.hardware.memoryMB) == (8, 16384)
        assert bare.world.source[one.vm].guest_family == "windowsGuest"
        bare.wait(vm.PowerOn())
        assert one.powered_on and not one.answers
        one.set_up = True
        until(lambda: one.answers)
        assert alive(one)
        bare.wait(vm.PowerOff())
        bare.wait(vm.Destroy_Task())
        assert not alive(one) and bare.lab.appliances[LABSRC] is one  # it is remembered, for Azure still knows it
        self.deploy(bare, bare.lab.state_dir / "media" / media.OVA)
        fresh = bare.lab.appliances[LABSRC]
        assert fresh is not one and fresh.id != one.id

    def test_no_other_package_does(self, bare: Vsphere, tmp_path: Path) -> None:
        media.make_ova(tmp_path / "other.ova", product="Something else")
        self.deploy(bare, tmp_path / "other.ova")
        self.deploy(bare, bare.lab.state_dir / "media" / media.OVA, "never-uploaded", cut=True)
        assert bare.lab.appliances == {}


class TestMedia:
    def test_the_same_bytes_every_time(self, tmp_path: Path) -> None:
        first = media.make_all(tmp_path / "a")
        assert media.make_all(tmp_path / "b") == first
        assert all(hashlib.sha256((tmp_path / "a" / n).read_bytes()).hexdigest() == s for n, s in first.items())

    def test_ova_is_descriptor_manifest_disk(self, tmp_path: Path) -> None:
        media.make_ova(tmp_path / "x.ova", disk_bytes=5000)
        with tarfile.open(tmp_path / "x.ova") as tar:
            members = tar.getmembers()
            assert [one.name.rpartition(".")[2] for one in members] == ["ovf", "mf", "vmdk"]
            manifest = tar.extractfile(members[1]).read().decode()  # type: ignore[union-attr]
            disk = tar.extractfile(members[2]).read()  # type: ignore[union-attr]
        assert f"{members[2].name})= {hashlib.sha256(disk).hexdigest()}" in manifest
        assert (len(disk), disk[:4]) == (5000, b"KDMV")

    def test_another_version_of_the_vddk(self, tmp_path: Path) -> None:
        media.make_vddk(tmp_path / "v.zip", "7.0.3")
        with zipfile.ZipFile(tmp_path / "v.zip") as archive:
            assert b" 7.0.3\n" in archive.read("bin/vixDiskLib.dll")
