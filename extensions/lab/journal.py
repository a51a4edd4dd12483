# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two records that every test counts on: the ledger of requests and the journal of changes."""

from __future__ import annotations

import itertools
import json
import threading
from pathlib import Path
from typing import Any

from .clock import Clock


class _Lines:
    """Append-only JSON lines, flushed at once so that a reader never waits."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._lock = threading.Lock()

    def append(self, entry: dict[str, Any]) -> None:
        text = json.dumps(entry, default=str, separators=(",", ":"))
        with self._lock:
            if not self._file.closed:  # what still moves when the lab ends is no longer anybody's business
                self._file.write(text + "\n")

    def close(self) -> None:
        with self._lock:
            self._file.close()


class Ledger:
    """Every request on every simulator. ``begin`` hands out the line number that changes name as their cause."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        self.started = clock.monotonic()
        self._lines = _Lines(path)
        self._numbers = itertools.count(1)

    def begin(self) -> tuple[int, float]:
        """A line number and the moment the request came in."""
        return next(self._numbers), self._clock.monotonic()

    def close(self) -> None:
        self._lines.close()

    def end(
        self,
        begun: tuple[int, float],
        *,
        system: str,  # entra | azure | imds | vcenter | host
        method: str,  # HTTP method, SOAP operation, script name
        path: str,
        status: int,
        write: bool,
        principal: str,
        request_bytes: int,
        reply_bytes: int,
        heard: bool = True,
        body: str = "",
    ) -> None:
        """``status`` is what was done; where the client was told something else, or nothing, it was not ``heard``.

        ``body``: a digest of what an order said, by which two of them are known to say the same.
        """
        line, began = begun
        self._lines.append(
            {
                "line": line,
                "t": round(began - self.started, 4),
                "system": system,
                "method": method,
                "path": path,
                "status": status,
                "write": write,
                "principal": principal,
                "ms": round((self._clock.monotonic() - began) * 1000, 2),
                "request_bytes": request_bytes,
                "reply_bytes": reply_bytes,
                **({} if heard else {"heard": False}),
                **({"body": body} if body else {}),
            }
        )


class Journal:
    """Every change of the world."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        self.started = clock.monotonic()
        self._lines = _Lines(path)

    def close(self) -> None:
        self._lines.close()

    def write(self, vm: str, side: str, what: str, before: Any, after: Any, cause: int) -> None:
        self._lines.append(
            {
                "t": round(self._clock.monotonic() - self.started, 4),
                "vm": vm,
                "side": side,
                "what": what,
                "before": before,
                "after": after,
                "cause": cause,
            }
        )
