# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may go wrong when we talk to another system.

One family for all clients (Resource Manager, vCenter, PowerShell), so that a service can decide by type alone what to
do next, and a module can show the same four things for every failure: the sentence, the code, the remedy and the
correlation id. What a code means is told once, in the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..catalogue.index import find


class ClientError(Exception):
    """A failed operation on another system. `str(error)` is one sentence: what failed, and why.

    Without a remedy that names this very case, the remedy is the catalogue's: of the code, else of the type.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        remedy: str = "",
        correlation_id: str = "",
        status: int | None = None,
        operation: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        known = find(code) or find(type(self).__name__)
        self.remedy = (remedy or (known.remedy if known else "")).rstrip(".")
        self.correlation_id = correlation_id
        self.status = status
        self.operation = operation
        self.done: tuple[str, ...] = ()

    def after(self, done: Iterable[str]) -> ClientError:
        """This error, with the sentences that tell what was changed before it: nothing half made stays unnamed."""
        self.done = tuple(done)
        if self.done:
            self.message = f"{self.message.rstrip('.')}. Done before: {'; '.join(self.done)}."
        return self

    def __str__(self) -> str:
        return self.message


class AuthenticationFailed(ClientError):
    """The other side does not believe who we are: wrong secret, wrong tenant, expired certificate."""


class PermissionDenied(ClientError):
    """We are known, and not allowed to do this."""


class NotFound(ClientError):
    """The thing we asked about does not exist, or is hidden from us."""


class Conflict(ClientError):
    """The thing is in a state, or being changed by someone else, that does not permit this now."""


class InvalidRequest(ClientError):
    """The request itself is refused; sending it again unchanged is useless.

    `supported_versions` holds the api-versions that the service names when it refuses ours, else nothing.
    """

    supported_versions: tuple[str, ...] = ()


class Throttled(ClientError):
    """Too many requests, and waiting did not help within the deadline."""


class Unreachable(ClientError):
    """No connection was made, or it broke while we were only reading: nothing was changed."""


class UntrustedCertificate(Unreachable):
    """The other side's certificate is not signed by anybody we trust, or is not made out to its name."""


class BadReply(ClientError):
    """An answer came that is not what this service answers: a proxy's page, a cut body, another product."""


class ServiceError(ClientError):
    """The service accepted the request and failed itself, or its long-running operation ended in failure."""


class ReplyLost(ClientError):
    """A change was sent and its answer never seen. It may have been made: look before sending it again."""


class DeadlineExceeded(ClientError):
    """The time given for this ran out; what was started goes on by itself."""


class MissingLibrary(ClientError):
    """A Python library that this needs is not installed for the interpreter that runs us."""
