# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As ``killed``, on one lab that is put back before each kill: for work that only removes what is there.

Building what is to be removed takes much longer than removing it.
"""

from __future__ import annotations

import copy
import dataclasses
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm_wire import Exchange
from lab.azure.state import Azure

from .killed import Fuse, Ground, counted

T = TypeVar("T")
# What a removal changes, operations and jobs aside.
PARTS = (
    "resources",
    "parts",
    "assignments",
    "identities",
    "born",
    "tags",
    "discovered_from",
    "deleted_vaults",
    "applications",
    "service_principals",
    "keys",
    "beats",
)
SETTLED_S = 3600  # until nothing lags, and nothing is under way any more


class Snapshot:
    """Azure as it stands now, to be put back later on the same lab."""

    def __init__(self, ground: Ground) -> None:
        self.ground, azure = ground, ground.azure
        with azure.world.lock:
            self.kept, self.operations = _copied(azure), set(azure.operations)

    def state(self) -> tuple[Any, ...]:
        """All that a removal may have changed until now, and what is under way."""
        azure = self.ground.azure
        with azure.world.lock:
            under_way = [one.path for one in azure.operations.values() if one.state == "InProgress"]
            return {**_copied(azure), "beats": {}}, under_way  # an appliance's heartbeat is no work of ours

    def put_back(self) -> None:
        self.ground.clock.sleep(SETTLED_S)
        azure: Azure = self.ground.azure
        with azure.world.lock:
            for key in azure.operations.keys() - self.operations:
                azure.operations.pop(key)
            for name, kept in self.kept.items():
                there = getattr(azure, name)
                for key in [key for key in there if key not in kept]:
                    there.pop(key)
                for key, value in copy.deepcopy(kept).items():
                    there[key] = value
        self.ground.clock.sleep(SETTLED_S)


def _copied(azure: Azure) -> dict[str, dict[str, Any]]:
    return {name: copy.deepcopy(dict(getattr(azure, name))) for name in PARTS}


@dataclasses.dataclass
class Recorder(Fuse):
    """Notes the writes that were accepted. The ledger knows them too, but only a while after the reply."""

    writes: Counter[tuple[str, str]] = dataclasses.field(default_factory=Counter)

    def __call__(self, exchange: Exchange) -> None:
        if exchange.method != "GET" and 200 <= exchange.status < 300:
            self.writes[exchange.method, urlsplit(exchange.url).path.lower()] += 1
        super().__call__(exchange)


def killed_everywhere_on(
    ground: Ground, work: Callable[[ArmClient], T], picture: Callable[[Ground], Any]
) -> Counter[tuple[str, str]]:
    """Kill the work after each of its requests and run it again. It must leave the same picture each time, with exactly the
    writes of a run that nothing disturbed, which it returns: what they are is for the test to say.

    Where the last request before the kill has changed nothing, the second run would be that of the kill before.
    """
    before, snapshot = picture(ground), Snapshot(ground)
    moment, whole = ground.records.moment(), Recorder()
    _result, requests = ground.run(work, fuse=whole)
    wanted, last, second_runs = picture(ground), snapshot.state(), 0
    assert whole.writes == counted(ground, moment)
    for after in range(1, requests + 1):
        told = f"killed after request {after} of {requests}"
        snapshot.put_back()
        assert picture(ground) == before
        first, second = Recorder(after), Recorder()
        result, _answered = ground.run(work, fuse=first)
        assert result is None, f"not {told}"
        state = snapshot.state()
        if state == last:
            continue
        last, second_runs = state, second_runs + 1
        again, _answered = ground.run(work, fuse=second)
        assert again is not None
        assert picture(ground) == wanted, told
        assert first.writes + second.writes == whole.writes, told
    assert second_runs > whole.writes.total()
    return whole.writes
