# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both generations of pyVmomi against govmomi's simulator: what they see of a vCenter that others wrote."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.azlocal.migrate.tests.support import pyvmomi8


@pytest.mark.slow
def test_both_see_the_same(start_vcsim: Any) -> None:
    seen = []
    for version in pyvmomi8.VERSIONS:
        settings = start_vcsim(1000)
        place = {"host": settings.hostname, "port": settings.port, "ca": settings.vcenter_ca_path}
        seen.append(pyvmomi8.witness(version, place | {"user": settings.username, "password": settings.password}))
    old, new = seen
    assert (old.pop("pyvmomi"), new.pop("pyvmomi").partition(".")[0]) == ("8.0.3.0.1", "9")
    assert old == new
    assert (old["machines"], len(old["shapes"]), old["clock"]) == (1000, 1000, True)
    assert old["wrong password"]["fault"] == "InvalidLogin"
    assert (old["power off"], old["power off again"]) == (["success", "poweredOff"], "InvalidPowerState")
    assert old["power on"] == ["success", "poweredOn"]
    assert old["reconfigure"] == {"task": "success", "annotation": "by <the> witness", "connects": False}
    assert old["attribute"] == {"values": ['{"v": 1, "text": "<&>é"}'], "again": ["DuplicateName", "witness"]}
    assert (old["rename"][0], old["move"]) == ("success", ["success", "Witness"])
    assert {"VmPoweredOffEvent", "VmPoweredOnEvent"} <= {kind for kind, _ in old["events"]}
    assert old["gone"] == "ManagedObjectNotFound"
