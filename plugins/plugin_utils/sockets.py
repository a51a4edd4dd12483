# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and ports as the controller itself finds them; the same as the script ``test_endpoints`` does on a host."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.azlocal.migrate.plugins.module_utils.domain.connectivity import Tried

_AT_ONCE = 32


def try_all(endpoints: Sequence[tuple[str, int]], timeout_s: float) -> list[Tried]:
    """One of (name, port) each, in order. Port 0 only resolves."""
    if not endpoints:
        return []
    with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(endpoints))) as crew:
        return list(crew.map(lambda endpoint: _try(endpoint[0], endpoint[1], timeout_s), endpoints))


def _try(name: str, port: int, timeout_s: float) -> Tried:
    try:
        found = socket.getaddrinfo(name, port or None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return Tried(reachable=False if port else None, reason="NotResolved")
    addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not port:
        return Tried(addresses=addresses)
    reason, deadline = "TimedOut", time.monotonic() + timeout_s
    for address in addresses:
        try:
            socket.create_connection((address, port), timeout=max(deadline - time.monotonic(), 0.1)).close()
        except ConnectionRefusedError:
            reason = "Refused"
        except OSError:  # a network that says there is no way says the same as silence
            continue
        else:
            return Tried(addresses=addresses, reachable=True)
    return Tried(addresses=addresses, reachable=False, reason=reason)
