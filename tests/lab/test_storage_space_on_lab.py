# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Storage paths of the lab: two on one volume share its space."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.azlocal.migrate.tests.support.azure_lab import HCI, AzureSession
from lab.azure import ids
from lab.runtime import Lab
from lab.world import TargetDisk


def test_a_disk_takes_its_space_from_every_path_on_its_volume(lab: Callable[..., Lab]) -> None:
    running = lab(vms=3)
    azure = AzureSession(running)

    def free(name: str) -> int:
        found: int = azure.get(ids.STORAGE[name], HCI)["properties"]["status"]["availableSizeMB"]
        return found

    before = {name: free(name) for name in ids.STORAGE}
    for number, path in enumerate(("UserStorage1", "UserStorage1-Archive")):
        running.world.seeds[f"{number}"] = TargetDisk(
            name=f"{number}", path="", size_bytes=2**30, digest="", source_uuid="", storage_path=ids.STORAGE[path]
        )
    assert {name: before[name] - free(name) for name in before} == {
        "UserStorage1": 2048,
        "UserStorage1-Archive": 2048,
        "UserStorage2": 0,
    }
