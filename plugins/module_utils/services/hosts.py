# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Azure Local hosts said of their VMs, as one view. A host that was not asked, or is silent, proves nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from ..domain import values
from ..domain.checks import HostFacts


class HostView:
    """Built from the answers of ``host_vm_info``, one per host."""

    def __init__(self, answers: Sequence[Mapping[str, Any]]) -> None:
        self.asked = bool(answers)
        self.silent = tuple(str(answer.get("node") or "?") for answer in answers if answer.get("error"))
        self._answered = {_short(answer.get("node")) for answer in answers if not answer.get("error")}
        self._vms: dict[str, tuple[str, Mapping[str, Any]]] = {}
        for answer in answers:
            for vm in answer.get("vms") or []:
                self._vms[str(vm.get("name", "")).lower()] = (str(answer.get("node") or "?"), vm)

    @property
    def names(self) -> dict[str, str]:
        """VM name, lower case -> node."""
        return {name: node for name, (node, _vm) in self._vms.items()}

    def unheard(self, nodes: frozenset[str]) -> list[str]:
        """The cluster's nodes that have not answered; what they run is not known."""
        return sorted(nodes - self._answered)

    def vm(self, name: str) -> Mapping[str, Any] | None:
        found = self._vms.get(name.lower())
        return found[1] if found else None

    def facts(self, name: str) -> HostFacts | None:
        """What verification compares."""
        found = self._vms.get(name.lower())
        if found is None:
            return None
        node, vm = found
        sizes = [int(disk.get("size_bytes") or 0) for disk in vm.get("disks") or []]
        return HostFacts(
            node=node,
            state=str(vm.get("state") or ""),
            heartbeat=str(vm.get("heartbeat") or ""),
            generation=vm.get("generation"),
            cpu_cores=vm.get("cpu_cores"),
            disk_sizes=tuple(sizes) if all(sizes) else (),  # a disk that could not be opened has no size
            addresses=tuple(a for nic in vm.get("nics") or [] for a in nic.get("addresses") or []),
        )


def may_have_run(vm: Mapping[str, Any], since: dt.datetime | None) -> bool:
    """Power, uptime and heartbeat say what it is now; a disk written after ``since`` says that it was on meanwhile."""
    if vm.get("state") != "Off" or vm.get("uptime_s") or str(vm.get("heartbeat") or "").startswith("Ok"):
        return True
    written = [values.when(disk.get("written_at")) for disk in vm.get("disks") or []]
    return since is None or not written or any(moment is None or moment > since for moment in written)


def _short(node: Any) -> str:
    return str(node or "").lower().partition(".")[0]
