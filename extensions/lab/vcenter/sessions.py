# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is logged in, and what each session has made: views, collectors, half-read lists."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
import uuid
from dataclasses import dataclass, field
from typing import Any

from ..world import World
from .types import make, vim

IDLE_S = 1800  # vCenter ends a session that asks nothing for half an hour


@dataclass
class Session:
    """One login. Everything in ``objects`` dies with it."""

    key: str
    user: str
    agent: str
    began: dt.datetime
    last: dt.datetime
    calls: int = 0
    objects: dict[str, Any] = field(default_factory=dict)  # views, collectors, filters, by managed object id
    pages: dict[str, Any] = field(default_factory=dict)  # what a paged read has left, by token
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def keep(self, kind: str, thing: Any) -> str:
        """Keep something under a managed object id of the form that vCenter uses."""
        moid = f"session[{self.key}]{kind}-{next(self._numbers)}"
        self.objects[moid] = thing
        return moid

    def token(self) -> str:
        return str(next(self._numbers))

    def shown(self) -> Any:
        return make(
            vim.UserSession,
            key=self.key,
            userName=down_level(self.user),
            fullName=self.user,
            loginTime=self.began,
            lastActiveTime=self.last,
            locale="en",
            messageLocale="en",
            ipAddress="127.0.0.1",
            userAgent=self.agent,
            callCount=self.calls,
        )


def down_level(user: str) -> str:
    """user@domain as vCenter shows it: DOMAIN\\User."""
    name, _, domain = user.partition("@")
    return f"{domain.upper()}\\{name.capitalize()}" if domain else name


class Sessions:
    """All that are alive."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._alive: dict[str, Session] = {}

    def open(self, user: str, agent: str) -> Session:
        now = self._world.source_now()
        session = Session(key=str(uuid.uuid4()), user=user, agent=agent, began=now, last=now)
        with self._lock:
            self._alive[session.key] = session
        return session

    def find(self, key: str) -> Session | None:
        """The session of a cookie, which is alive a while longer for having been asked."""
        with self._lock:
            session = self._alive.get(key)
            if session is None:
                return None
            now = self._world.source_now()
            if (now - session.last).total_seconds() > IDLE_S:
                del self._alive[key]
                return None
            session.last = now
            session.calls += 1
            return session

    def close(self, key: str) -> bool:
        with self._lock:
            return self._alive.pop(key, None) is not None

    def all(self) -> list[Session]:
        with self._lock:
            return list(self._alive.values())
