# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lab wrote down while playbooks ran: its ledger between two moments, its journal, and its world."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
import time
from typing import Any

from lab.runtime import Lab
from lab.world import SourceVm

ITEM = re.compile(r"/protectedItems/(?P<machine>[^/?]+)(?P<rest>[^?]*)", re.IGNORECASE)
CONTINUED = re.compile(r"[?&](\$?skiptoken|continuationtoken)=", re.IGNORECASE)

# Collections that the collection reads whole: a GET of one of them is a list page, whichever page it is.
LISTS = (
    "machines", "vcenters", "protectedItems", "jobs", "events", "replicationFabrics", "fabricAgents",
    "storageContainers", "logicalNetworks", "networkInterfaces", "virtualHardDisks",
)  # fmt: skip


@dataclasses.dataclass(frozen=True, kw_only=True)
class Request:
    """One line of the ledger."""

    line: int
    t: float
    system: str
    method: str
    path: str
    status: int
    write: bool
    principal: str
    ms: float
    request_bytes: int
    reply_bytes: int
    heard: bool = True  # False: the client was told something else than was done, or nothing
    body: str = ""  # the same for two changes that say the same

    @property
    def bare(self) -> str:
        return self.path.partition("?")[0]

    @property
    def ended(self) -> float:
        return self.t + self.ms / 1000

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300

    @property
    def item(self) -> str:
        """The instance UUID of the VM whose protected item this is about, or nothing."""
        found = ITEM.search(self.path)
        return found["machine"].rsplit("_", 1)[-1].lower() if found else ""

    @property
    def _is_of_an_item(self) -> bool:
        found = ITEM.search(self.path)
        return found is not None and not found["rest"]

    @property
    def is_create(self) -> bool:
        return self.method == "PUT" and self._is_of_an_item

    @property
    def is_failover(self) -> bool:
        return self.method == "POST" and self.bare.lower().endswith("/plannedfailover")

    @property
    def is_delete(self) -> bool:
        return self.method == "DELETE" and self._is_of_an_item

    @property
    def is_update(self) -> bool:
        return self.method == "PATCH" and self._is_of_an_item

    @property
    def is_order(self) -> bool:
        """A change of a protected item as a whole."""
        return self.is_create or self.is_update or self.is_failover or self.is_delete

    @property
    def is_page(self) -> bool:
        """A page of a list: a GET of a collection as a whole, or of what its nextLink named."""
        if self.method != "GET":
            return False
        return self.bare.rstrip("/").rsplit("/", 1)[-1].lower() in _LISTS or CONTINUED.search(self.path) is not None

    @property
    def is_discovery(self) -> bool:
        """Sign-in and the discovery of endpoints, which the budgets leave aside."""
        return self.system == "entra" or self.bare.rstrip("/").lower().endswith("/metadata/endpoints")


_LISTS = {name.lower() for name in LISTS}


class Records:
    """The records of one lab. Made when the lab starts: the journal tells changes, so the beginning is kept here."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        with lab.world.lock:
            self.first: dict[str, SourceVm] = copy.deepcopy(lab.world.source)

    # -- ledger --------------------------------------------------------------------------------------------------

    def moment(self) -> int:
        """How much of the ledger is written, once nothing is added any more: a line comes after its reply has left."""
        path, size, still = self.lab.state_dir / "ledger.jsonl", -1, 0
        while still < 3:
            now = path.stat().st_size
            still = still + 1 if now == size else 0
            size = now
            time.sleep(0.03)
        return size

    def since(self, moment: int = 0) -> list[Request]:
        """Everything asked of any simulator since then, in the order of asking."""
        end = self.moment()
        with (self.lab.state_dir / "ledger.jsonl").open("rb") as file:
            file.seek(moment)
            lines = file.read(end - moment).splitlines()
        return sorted((Request(**json.loads(line)) for line in lines), key=lambda request: request.line)

    def writes(self, moment: int = 0) -> list[Request]:
        return [request for request in self.since(moment) if request.write]

    # -- journal and world ---------------------------------------------------------------------------------------

    def journal(self) -> list[dict[str, Any]]:
        with (self.lab.state_dir / "world.jsonl").open(encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def world(self) -> dict[str, Any]:
        """The whole world, as ``lab world`` prints it."""
        found: dict[str, Any] = json.loads(self.lab.write_world().read_text(encoding="utf-8"))
        return found

    def mark(self, name: str) -> dict[str, Any]:
        """What the collection's mark on a source VM says now."""
        text = self.vm(name).custom_values.get("azlocal.migrate", "{}")
        found: dict[str, Any] = json.loads(text)
        return found

    # -- the estate ----------------------------------------------------------------------------------------------

    def vm(self, name: str) -> SourceVm:
        return next(vm for vm in self.lab.world.source.values() if vm.name == name)

    def uuid(self, name: str) -> str:
        return self.vm(name).instance_uuid.lower()

    @property
    def movable(self) -> list[str]:
        """The names of the VMs that migrate, in the order of the wave; an appliance that was deployed is none of them."""
        return [vm.name for vm in self.first.values() if vm.awkward in ("", "ipv6")]

    @property
    def awkward(self) -> dict[str, str]:
        """The others by name: what is the matter with them."""
        return {vm.name: vm.awkward for vm in self.first.values() if vm.awkward not in ("", "ipv6")}
