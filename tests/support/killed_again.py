# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that ends after its n-th request, for every n, and the run after it: on one lab, put back before each kill.

A lab of its own for each kill would show the same, and take much longer.
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

from .killed import Fuse, Ground

T = TypeVar("T")
# What runs change, operations aside.
PARTS = (
    "resources",
    "parts",
    "jobs",
    "assignments",
    "identities",
    "born",
    "registrations",
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
            self.chance = azure.random.getstate()  # new ids are the same ones again

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
            azure.random.setstate(self.chance)
        self.ground.clock.sleep(SETTLED_S)


def _copied(azure: Azure) -> dict[str, dict[str, Any]]:
    return {name: copy.deepcopy(dict(getattr(azure, name))) for name in PARTS}


@dataclasses.dataclass
class Recorder(Fuse):
    """Notes what was asked and answered, and the writes that were accepted, as the ledger has them."""

    trail: list[tuple[str, str, int]] = dataclasses.field(default_factory=list)

    def __call__(self, exchange: Exchange) -> None:
        self.trail.append((exchange.method, urlsplit(exchange.url).path.lower(), exchange.status))
        super().__call__(exchange)

    @property
    def writes(self) -> Counter[tuple[str, str]]:
        return Counter((method, path) for method, path, status in self.trail if method != "GET" and 200 <= status < 300)


@dataclasses.dataclass
class Watcher(Recorder):
    """Also notes after which answers Azure is not as it was after the one before: it has changed, or time has passed."""

    ground: Ground = dataclasses.field(kw_only=True)
    moments: list[int] = dataclasses.field(default_factory=list)
    last: Any = None

    def __call__(self, exchange: Exchange) -> None:
        azure: Azure = self.ground.azure
        with azure.world.lock:
            operations = [(one.path, one.state) for one in azure.operations.values()]
            state = azure.clock.monotonic(), operations, azure.random.getstate(), _copied(azure)
        super().__call__(exchange)
        if state != self.last:
            self.moments.append(self.answered)
        self.last = state


def killed_everywhere(
    ground: Ground, work: Callable[[ArmClient], T], picture: Callable[[Ground], Any]
) -> Counter[tuple[str, str]]:
    """Kill the work after each of its requests and run it again. It must leave the same picture each time. No write may
    be accepted more often than in a run that nothing disturbed, and none may be left out.

    A request that left all as it was, in no time, needs no kill: the second run would be that of the kill before. What
    each request leaves is seen in the run that nothing disturbs.

    Returns the writes of that run: what they are is for the test to say.
    """
    before, snapshot, moment = picture(ground), Snapshot(ground), ground.records.moment()
    whole = Watcher(ground=ground)
    _result, requests = ground.run(work, fuse=whole)
    wanted = picture(ground)
    assert whole.writes == Counter((write.method, write.bare.lower()) for write in ground.accepted(moment))
    assert len(whole.moments) > whole.writes.total()
    for after in whole.moments:
        told = f"killed after request {after} of {requests}"
        snapshot.put_back()
        assert picture(ground) == before, told
        first, second = Recorder(after), Recorder()
        result, _answered = ground.run(work, fuse=first)
        assert result is None, f"not {told}"
        assert first.trail == whole.trail[:after], f"{told}: something else was asked or answered than undisturbed"
        again, _answered = ground.run(work, fuse=second)
        assert again is not None
        assert picture(ground) == wanted, told
        both = first.writes + second.writes
        assert not both - whole.writes, f"{told}: more often than in an undisturbed run"
        assert both.keys() == whole.writes.keys(), told
    return whole.writes
