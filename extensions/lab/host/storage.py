# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster shared volumes as every node sees them."""

from __future__ import annotations

from typing import Any

from .. import names


def volumes() -> list[dict[str, Any]]:
    """Each volume once, however many storage paths lie on it."""
    found: dict[str, tuple[int, int]] = {}
    for path, size_mb, free_mb in names.STORAGE_PATHS.values():
        found.setdefault("\\".join(path.split("\\")[:3]), (size_mb, free_mb))
    return [
        {
            "Name": f"Cluster Virtual Disk ({file_name(path)})",
            "Path": path,
            "SizeBytes": size_mb * 1024**2,
            "FreeBytes": free_mb * 1024**2,
            "State": "Online",
            "OwnerNode": names.NODES[number % len(names.NODES)],
        }
        for number, (path, (size_mb, free_mb)) in enumerate(found.items())
    ]


def file_name(path: str) -> str:
    return path.rsplit("\\", 1)[-1]
