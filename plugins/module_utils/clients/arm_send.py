# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request until it has an answer that counts: its place within the limits, and when it may be sent again."""

from __future__ import annotations

import random
from collections.abc import Callable
from urllib.parse import urlsplit

from . import arm_errors
from .arm_retry import RETRIED_STATUSES, Patience, retry_after
from .arm_wire import Exchange, RawReply, Wire
from .clock import Clock
from .errors import ClientError, ReplyLost, Throttled, Unreachable, UntrustedCertificate
from .governor import Governor, Turn

_LONGEST_READ_S = 100.0
_GARBLED_ATTEMPTS = 3
_STRANGER_ATTEMPTS = 3  # a host that has never answered is more likely a wrong name than a short outage


class Sender:
    """What all requests of one client share: the limits, and which hosts have answered before."""

    def __init__(
        self,
        governor: Governor,
        clock: Clock,
        *,
        deadline_s: float,
        jitter: Callable[[], float] = random.random,
        watch: Callable[[Exchange], None] | None = None,
    ) -> None:
        self._governor, self._clock = governor, clock
        self._deadline_s, self._jitter, self._watch = deadline_s, jitter, watch
        self._known: set[str] = set()

    def send(
        self, wire: Wire, method: str, url: str, content: bytes | None, *, reading: bool, signed: bool = True
    ) -> RawReply:
        """Send until there is an answer that counts, or until more tries are useless or forbidden.

        A change is sent again only after a refusal: nothing was done then. Where that is not certain, ReplyLost.
        """
        patience = Patience(self._deadline_s, clock=self._clock, jitter=self._jitter)
        turn = self._governor.turn(method, url)
        renewed = False
        while True:
            try:
                with turn as waited_s:
                    patience.excuse(waited_s)
                    read_timeout = min(_LONGEST_READ_S, max(1.0, patience.remaining()))
                    raw, token = wire.send(method, url, content, signed=signed, read_timeout_s=read_timeout)
            except UntrustedCertificate:
                raise
            except (Unreachable, Throttled, ReplyLost) as error:
                if isinstance(error, ReplyLost) and not reading:
                    raise
                if self._is_stranger(error, url, patience) or not patience.pause(None):
                    raise arm_errors.given_up(error, patience.attempts) from error
                continue
            self._note(method, url, raw, turn)
            if raw.status < 300:
                if reading and _garbled(raw) and patience.attempts < _GARBLED_ATTEMPTS and patience.pause(None):
                    continue
                return raw
            error_found = arm_errors.error_of(method, url, raw.status, raw.headers, raw.content)
            if signed and not renewed and arm_errors.wants_fresh_token(error_found):
                renewed = True
                wire.renew(token)
                continue
            if not _again(raw, turn, patience, reading=reading):
                if not reading and (raw.status >= 500 or raw.status == 408):
                    raise arm_errors.lost(method, url, error_found)
                raise arm_errors.given_up(error_found, patience.attempts)

    def _note(self, method: str, url: str, raw: RawReply, turn: Turn) -> None:
        self._known.add(origin(url))
        if raw.status != 429:
            turn.answered(raw.headers)
        if self._watch is not None:
            self._watch(Exchange(method, url, raw.status, raw.headers, raw.content, raw.request_id))

    def _is_stranger(self, error: ClientError, url: str, patience: Patience) -> bool:
        never_answered = origin(url) not in self._known
        return isinstance(error, Unreachable) and never_answered and patience.attempts >= _STRANGER_ATTEMPTS


def _garbled(raw: RawReply) -> bool:
    """Something else answered in Azure's place: for a moment, or for ever."""
    return bool(raw.content.strip()) and not arm_errors.is_json(raw.content)


def _again(raw: RawReply, turn: Turn, patience: Patience, *, reading: bool) -> bool:
    """Whether another try is due, once the pause for it is over."""
    if raw.status == 429:
        if not turn.refused(raw.headers):
            return False
        patience.attempts += 1
        patience.restart()  # to wait for a place is no fault of this request
        return True
    return reading and raw.status in RETRIED_STATUSES and patience.pause(retry_after(raw.headers))


def origin(url: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{(parts.hostname or '').lower()}:{parts.port or 443}"
