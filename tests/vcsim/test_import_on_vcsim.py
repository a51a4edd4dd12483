# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The source appliance on a vCenter that others wrote: import, upload, complete, power on, and the way back."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import ClientError
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.ova import Ova
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.vcenter_import import VcenterImport
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.placement import Wishes
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.source_appliance import Wanted
from ansible_collections.azlocal.migrate.plugins.module_utils.services import appliance_import as imports
from ansible_collections.azlocal.migrate.plugins.module_utils.services.appliance_import import Source
from ansible_collections.azlocal.migrate.plugins.module_utils.services.source_appliance import deployed
from ansible_collections.azlocal.migrate.tests.support.ovf import OVF, write_ova

# This simulator knows no SAS controller. Four processors and 32 GB: another size than is wanted.
DESCRIPTOR = OVF.replace("lsilogicsas", "lsilogic").replace(">8<", ">4<").replace(">16384<", ">32768<")
WISHES = Wishes(cluster="DC0_C0", datastore="LocalDS_0", network="DC0_DVPG0")
WRITES = {
    "AddCustomFieldDef",
    "Destroy_Task",
    "HttpNfcLeaseAbort",
    "HttpNfcLeaseComplete",
    "HttpNfcLeaseProgress",
    "ImportVApp",
    "PowerOffVM_Task",
    "PowerOnVM_Task",
    "ReconfigVM_Task",
    "SetField",
}


@pytest.fixture
def ova(tmp_path: Path) -> tuple[Source, str]:
    path = tmp_path / "appliance.ova"
    sha256 = write_ova(path, DESCRIPTOR)
    return Source(path=str(path), wishes=WISHES), sha256


def test_from_nothing_to_running_and_back(relay: Callable[..., Any], ova: tuple[Source, str]) -> None:
    between, (source, sha256) = relay(), ova
    wanted = Wanted(name="labsrc", state="powered_on", sha256=sha256)
    first = deployed(between.back, wanted, source, check=False)
    assert first.acts == ["deploy", "finish", "power_on"]
    assert first.machine and (first.machine.power, first.machine.cpu_cores, first.machine.memory_mb) == ("on", 8, 16384)
    assert first.waiting_for and first.waiting_for["data"]["vm"] == "labsrc"
    with VcenterImport(between.back) as vcenter:
        [machine] = vcenter.machines_named("labsrc")
    assert [nic["network"] for nic in machine["nics"]] == ["DC0_DVPG0"]
    assert len(machine["disks"]) == 2

    again = deployed(between.settings, wanted, source, check=False)
    assert again.acts == [] and again.before == again.after
    assert not WRITES & set(between.operations())

    gone = deployed(between.settings, Wanted(name="labsrc", state="absent"), None, check=False)
    assert gone.acts == ["power_off", "remove"] and gone.machine is None
    assert deployed(between.settings, Wanted(name="labsrc", state="absent"), None, check=False).acts == []


def test_check_mode_reads_only(relay: Callable[..., Any], ova: tuple[Source, str]) -> None:
    between, (source, sha256) = relay(), ova
    told = deployed(between.settings, Wanted(name="labsrc", sha256=sha256), source, check=True)
    assert told.acts == ["deploy"] and told.after["cpu_cores"] == 8
    assert Counter(between.operations())["CreateImportSpec"] == 1
    assert not WRITES & set(between.operations())


def test_a_failed_upload_leaves_nothing(start_vcsim: Any, ova: tuple[Source, str]) -> None:
    """This vCenter does not clear up after an aborted lease, so it is seen whether we do."""
    source, sha256 = ova
    wanted = Wanted(name="labsrc", sha256=sha256)
    with VcenterImport(start_vcsim()) as vcenter, Ova(source.path) as file:
        prepared = imports.prepare(vcenter, file, wanted, source)
        os.utime(source.path, (1, 1))
        with pytest.raises(ClientError) as caught:
            imports.carry_out(vcenter, wanted, prepared)
        assert caught.value.code == "ova_changed"
        assert "Nothing of it is left" in str(caught.value)
        assert vcenter.machines_named("labsrc") == []
