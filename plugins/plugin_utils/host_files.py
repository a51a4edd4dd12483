# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on a Windows host, and waiting for what runs there by itself.

A file comes to a host in one of two ways: the host fetches it itself (from a URL, a share, or a path of its own), or the
controller sends it in pieces through Ansible's connection. Both go through the script ``put_file``, which keeps what has
arrived in ``<path>.partial``, compares the SHA-256 and only then gives the file its name.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import (
    ClientError,
    DeadlineExceeded,
    InvalidRequest,
    PermissionDenied,
    ServiceError,
    Unreachable,
)
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.powershell import many
from ansible_collections.azlocal.migrate.plugins.module_utils.domain import address
from ansible_collections.azlocal.migrate.plugins.plugin_utils.host_action import Host
from ansible_collections.azlocal.migrate.plugins.plugin_utils.waiting import PRINT_EVERY_S, say

T = TypeVar("T")

# A call costs a start of PowerShell, so few large ones; but older releases of it read no more than 2 M characters of JSON.
PIECE_BYTES = 1024**2
BEGIN_AGAIN = 3  # how often what lies on the host may contradict what was sent
GONE_S = 900.0  # how long a host that is waited for may be silent: a restart with updates takes its time


@dataclass(frozen=True, kw_only=True, slots=True)
class Put:
    """A file on the host. In check mode: whether it would have to be brought there."""

    path: str
    sha256: str
    changed: bool


def fetch(host: Host, source: str, path: str, sha256: str, *, user: str = "", password: str = "") -> Put:
    """The host fetches the file itself; what is there with that hash already is not fetched again."""
    login = {"user": user, "password": password}
    try:
        reply = host.call("put_file", path=path, sha256=sha256, size_bytes=0, source=source, **login)
    except ClientError as error:
        error.message = address.hidden(error.message, source)  # a system's own words may repeat all of it
        if isinstance(error, PermissionDenied):
            error.remedy = "Let this user read it there; for a share, give a user and a password that may"
        raise
    return Put(path=path, sha256=sha256, changed=bool(reply["Changed"]))


def send(
    host: Host, local: str | Path, path: str, sha256: str = "", *, shown: str = "auto", piece_bytes: int = PIECE_BYTES
) -> Put:
    """The controller's file to ``path``, in pieces; a transfer that broke off goes on where it ended.

    ``sha256``: what the user says it is. It is compared here, before anything is sent.
    """
    file = Path(local)
    size, found = _read(file)
    if sha256 and found != sha256.lower():
        raise InvalidRequest(f"{file} has the SHA-256 {found}, and {sha256.lower()} is asked for", code="file_hash")
    target: dict[str, Any] = {"path": path, "sha256": found, "size_bytes": size}
    reply = host.call("put_file", **target)
    if reply["Complete"] or host.check:
        return Put(path=path, sha256=found, changed=not reply["Complete"])
    with file.open("rb") as content:
        _pieces(
            host,
            content,
            target,
            int(reply["NextOffset"]),
            _Progress(f"{file.name} to {host.name}", shown),
            piece_bytes,
        )
    return Put(path=path, sha256=found, changed=True)


def _read(file: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file of the controller."""
    digest = hashlib.sha256()
    try:
        with file.open("rb") as content:
            while piece := content.read(1024**2):
                digest.update(piece)
            size = content.tell()
    except OSError as error:
        raise InvalidRequest(
            f"{file} cannot be read on the controller: {error.strerror}", code="file_unreadable"
        ) from error
    if not size:
        raise InvalidRequest(f"{file} on the controller is empty", code="file_unreadable")
    return size, digest.hexdigest()


def _pieces(
    host: Host, content: Any, target: dict[str, Any], offset: int, progress: _Progress, piece_bytes: int
) -> None:
    """Send from ``offset`` on, until the host has the whole file."""
    size, contradictions = target["size_bytes"], 0
    while True:
        offset = offset if offset < size else 0  # as much as the whole, and not taken: of another file
        content.seek(offset)
        piece = base64.b64encode(content.read(piece_bytes)).decode("ascii")
        try:
            reply = host.call("put_file", **target, content=piece, offset=offset)
        except ServiceError as error:
            # another run has sent to the same path, or what had arrived before was of another file
            contradictions += 1
            if contradictions > BEGIN_AGAIN or error.code not in ("WrongOffset", "HashMismatch"):
                raise
            reply = host.call("put_file", **target)
        if reply["Complete"]:
            return
        offset = int(reply["NextOffset"])
        progress.at(f"{offset / size:.0%} of {size / 1024**2:.0f} MB")


def expand(host: Host, path: str, folder: str) -> tuple[dict[str, int], bool]:
    """Unpack a zip of the host: (path -> size of its files, whether anything was missing)."""
    reply = host.call("expand_file", path=path, folder=folder)
    return {str(file["Path"]): int(file["SizeBytes"]) for file in many(reply["Files"])}, bool(reply["Changed"])


def wait(
    look: Callable[[], tuple[str, T | None]],
    *,
    what: str,
    timeout_s: float,
    pause_s: float = 15.0,
    shown: str = "auto",
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> T:
    """Look at something that runs by itself until it is done.

    ``look`` says how it stands, and its end once there is one. A host that does not answer is lived through for a while,
    because what is waited for may restart it.
    """
    began = monotonic()
    answered = began
    progress = _Progress(what, shown, monotonic)
    while True:
        try:
            line, end = look()
            answered = monotonic()
            if end is not None:
                return end
        except Unreachable as silence:
            if monotonic() - answered > GONE_S:
                raise
            line = str(silence)
        progress.at(line)
        if monotonic() - began > timeout_s:
            raise DeadlineExceeded(f"{what} is not done after {timeout_s:.0f} s: {line}")
        sleep(pause_s)


class _Progress:
    """A line on the terminal when it changes, and not more than one a minute of mere counting."""

    def __init__(self, what: str, shown: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._what, self._shown, self._monotonic = what, shown, monotonic
        self._said, self._said_at = "", -PRINT_EVERY_S

    def at(self, line: str) -> None:
        now = self._monotonic()
        if line != self._said and now - self._said_at >= PRINT_EVERY_S:
            self._said, self._said_at = line, now
            say(f"{self._what}: {line}", self._shown)
