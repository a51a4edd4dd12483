# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding the storage path that is meant, by name or id, among those of the target."""

from __future__ import annotations

from . import ids
from .entry import Findings, Reader
from .target import StoragePath, TargetPlace


def same_location(location: str, place: TargetPlace) -> bool:
    """Whether a resource belongs to the target's cluster; an unknown location is not held against it."""
    return not location or not place.custom_location_id or ids.same_id(location, place.custom_location_id)


class StorageChoice:
    """One VM's storage paths: a fault of one path is reported once, however many disks name it."""

    def __init__(self, place: TargetPlace, findings: Findings) -> None:
        self._place = place
        self._findings = findings
        self._met: dict[str, str] = {}

    def vm_wide(self, given: Reader, default: str) -> str:
        asked = given.text("storage_path") or default.strip()
        if not asked:
            self._findings.block(
                "no_storage_path",
                f"no storage path is given; known: {self._known()}",
                "set storage_path (name or id)",
                "storage_path",
            )
            return ""
        return self.find(asked, "storage_path")

    def find(self, asked: str, field: str) -> str:
        if asked not in self._met:
            self._met[asked] = self._look_up(asked, field)
        return self._met[asked]

    def _look_up(self, asked: str, field: str) -> str:
        paths = self._place.storage_paths
        if ids.is_id(asked):
            found = [path for path in paths if ids.same_id(path.id, asked)]
        else:
            found = [path for path in paths if path.name.lower() == asked.lower()]
            here = [path for path in found if same_location(path.custom_location_id, self._place)]
            found = here or found
        if len(found) == 1:
            self._check(found[0], field)
            return found[0].id
        if found:
            self._findings.block(
                "storage_path_ambiguous",
                f"{len(found)} storage paths are called {asked!r}: {', '.join(path.id for path in found)}",
                "give the id of the one you mean",
                field,
            )
        else:
            self._findings.block(
                "storage_path_unknown",
                f"there is no storage path {asked!r}; known: {self._known()}",
                "correct the name, or create the storage path on the cluster",
                field,
            )
        return ""

    def _check(self, path: StoragePath, field: str) -> None:
        if not same_location(path.custom_location_id, self._place):
            self._findings.block(
                "net_location",
                f"storage path {path.name} belongs to the custom location {ids.name(path.custom_location_id)}, "
                f"the target cluster has {ids.name(self._place.custom_location_id)}",
                "choose a storage path of the target cluster",
                field,
            )
        if path.state and path.state.lower() != "succeeded":
            self._findings.block(
                "path_state",
                f"storage path {path.name} is {path.state}, not Succeeded",
                "repair the storage path on the cluster, or choose another",
                field,
            )

    def _known(self) -> str:
        return ", ".join(path.name for path in self._place.storage_paths) or "none"
