# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look after another at a tenant: each fails alone, and says why without the names in it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from ..clients.arm_wire import Exchange
from ..clients.clock import Clock
from ..clients.errors import (
    AuthenticationFailed,
    BadReply,
    ClientError,
    Conflict,
    DeadlineExceeded,
    InvalidRequest,
    MissingLibrary,
    NotFound,
    PermissionDenied,
    ServiceError,
    Throttled,
    Unreachable,
    UntrustedCertificate,
)
from ..domain.evidence import Failure, Look, Reply

_CODE = re.compile(r"\w[\w.-]{0,60}")

# What went wrong, and what to do: by the kind of error, because its own sentence names things of the tenant.
_TOLD: tuple[tuple[type[ClientError], str, str], ...] = (
    (PermissionDenied, "it is not allowed", "give the identity the right to read it, see docs/first-contact.md"),
    (AuthenticationFailed, "signing in failed", "check the options or variables that name the identity"),
    (UntrustedCertificate, "its certificate is not trusted", "name the authority that signed it, see ca_path"),
    (Unreachable, "it cannot be reached", "check address, proxy and firewall from this machine"),
    (NotFound, "it is not there", "check resource group, project and appliances"),
    (Throttled, "it is throttled", "run this again later"),
    (InvalidRequest, "the request is refused", "send us the code"),
    (Conflict, "its state does not permit it", "run this again later"),
    (BadReply, "the answer is not the service's", "see whether a proxy answers in its place"),
    (DeadlineExceeded, "there was no answer in time", "run this again later"),
    (ServiceError, "the service failed", "run this again later"),
    (MissingLibrary, "a Python library is missing", "install what the collection requires on this machine"),
)
# After these nothing else will do better, and each try would cost its whole deadline.
_FINAL = (AuthenticationFailed, Unreachable, MissingLibrary)


def failure_of(error: Exception) -> Failure:
    """An error without the names that its sentence holds."""
    if not isinstance(error, ClientError):  # a defect of ours, which must not take the other looks with it
        return Failure(
            code="internal_error", why=f"internal error: {type(error).__name__}", remedy="report it with the code"
        )
    code = error.code if _CODE.fullmatch(error.code) else type(error).__name__
    why, remedy = next(
        ((why, remedy) for kind, why, remedy in _TOLD if isinstance(error, kind)),
        ("it failed", "run the playbook status, which says more"),
    )
    return Failure(code=code, why=f"{why} ({code})", remedy=remedy)


@dataclasses.dataclass(kw_only=True)
class Witness:
    """Keeps every reply of Azure, under the name of the look that asked for it."""

    now: Callable[[], dt.datetime] = Clock().now
    look: str = ""
    replies: list[Reply] = dataclasses.field(default_factory=list)

    def saw(self, exchange: Exchange) -> None:
        try:
            body = json.loads(exchange.content)
        except ValueError:
            body = None
        self.replies.append(
            Reply(
                look=self.look,
                method=exchange.method,
                url=exchange.url,
                status=exchange.status,
                headers=dict(exchange.headers),
                body=body,
                at=self.now(),
            )
        )


class Looks:
    """The looks made so far. After an error that nothing else can survive, the rest fails with the same reason."""

    def __init__(self) -> None:
        self.made: dict[str, Look] = {}
        self._final: Failure | None = None

    def ask(self, key: str, question: Callable[[], Look]) -> Look:
        """Make one look."""
        if self._final is not None:
            return self._keep(Look(key=key, failure=self._final))
        try:
            return self._keep(question())
        except NotFound as error:
            if error.code in ("SubscriptionNotFound", "ResourceGroupNotFound"):
                return self._keep(Look(key=key, failure=failure_of(error)))
            return self._keep(Look(key=key, gone=True))
        except Exception as error:
            failure = failure_of(error)
            if isinstance(error, _FINAL):
                self._final = failure
            return self._keep(Look(key=key, failure=failure))

    def without(self, key: str, reason: str, *sources: str) -> Look:
        """A look that cannot be made: because what it needs failed, or is not there."""
        failures = (self.made[source].failure for source in sources if source in self.made)
        failure = next(filter(None, failures), None)
        return self._keep(Look(key=key, absent="" if failure else reason, failure=failure))

    def pages(self, key: str) -> Sequence[Any]:
        return self.made[key].pages if key in self.made else ()

    def body(self, key: str) -> Any:
        """The one page of a look, or an empty object."""
        return next(iter(self.pages(key)), {})

    def _keep(self, look: Look) -> Look:
        self.made[look.key] = look
        return look
