# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of the replication vault as plain data (control-plane §0.6: judged by ``state`` alone; §0.7: lists are trimmed)."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection
from typing import Any

from ..clients.errors import ClientError
from ..domain.job import Job
from .observation import Observatory


def listing(see: Observatory, names: Collection[str], *, trees: bool, limit: int) -> list[dict[str, Any]]:
    """The newest ``limit`` jobs, of these source VMs where any is named; with ``trees`` each is read once more."""
    jobs = [job for job in see.all_jobs if not names or job.source_vm_name in names][:limit]
    if not trees:
        return [plain(job) for job in jobs]
    told = []
    for read in see.arm.map(lambda job: see.job(job.id), jobs):
        if isinstance(read, ClientError):
            raise read
        told.append(plain(read))
    return told


def plain(job: Job) -> dict[str, Any]:
    """A job as JSON-ready data, times as ISO text."""
    data = dataclasses.asdict(dataclasses.replace(job, raw={}))
    del data["raw"]
    for part in (data, *data["tasks"], *data["errors"]):
        part.update({key: value.isoformat() for key, value in part.items() if isinstance(value, dt.datetime)})
    return data
