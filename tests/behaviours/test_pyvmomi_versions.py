# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both generations of pyVmomi against our vCenter: they must see the same, and it must be right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support import pyvmomi8
from lab import names
from lab.runtime import Lab

VMS = 1000


def place(running: Lab) -> dict[str, Any]:
    port = running.servers["vcenter"].port
    login = {"user": names.VCENTER_USER, "password": names.VCENTER_PASSWORD}
    return {"host": "localhost", "port": port, "ca": str(running.tls.ca), **login}


@pytest.mark.slow
def test_both_see_the_same(lab: Callable[..., Lab]) -> None:
    labs = [lab(vms=VMS) for _ in pyvmomi8.VERSIONS]
    first = sorted((vm for vm in labs[0].world.source.values() if vm.power == "poweredOn"), key=lambda vm: vm.moid)[0]
    expected = sorted([vm.moid, vm.power] for vm in labs[0].world.source.values())
    old, new = (
        pyvmomi8.witness(version, place(running)) for version, running in zip(pyvmomi8.VERSIONS, labs, strict=True)
    )
    assert old.pop("pyvmomi") == "8.0.3.0.1"
    assert new.pop("pyvmomi").startswith("9.")
    assert old == new
    shapes = old.pop("shapes")
    assert [[moid, power] for moid, _, power, _ in shapes] == expected
    assert all("VirtualVmxnet3" in devices or "VirtualE1000" in str(devices) for _, _, _, devices in shapes)
    user = names.VCENTER_USER
    assert old == {
        "about": ["VirtualCenter", "8.0.3"],
        "clock": True,
        "pages": 4,
        "machines": len(expected),
        "wrong password": {
            "fault": "InvalidLogin",
            "said": "Cannot complete login due to an incorrect user name or password.",
        },
        "power off": ["success", "poweredOff"],
        "power off again": "InvalidPowerState",
        "reconfigure": {"task": "success", "annotation": "by <the> witness", "connects": False},
        "attribute": {"values": ['{"v": 1, "text": "<&>é"}'], "again": ["DuplicateName", "witness"]},
        "rename": ["success", "a %2f witness"],
        "power on": ["success", "poweredOn"],
        "move": ["success", "Witness"],
        "events": [
            ["VmPoweredOffEvent", user],
            ["VmReconfiguredEvent", user],
            ["CustomFieldValueChangedEvent", user],
            ["VmRenamedEvent", user],
            ["VmPoweredOnEvent", user],
        ],
        "gone": "ManagedObjectNotFound",
    }
    vm = labs[0].world.source_by_moid(first.moid)
    assert vm is not None
    assert (vm.name, vm.folder, vm.annotation) == ("a / witness", "Witness", "by <the> witness")
