# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One file to an address of an import's lease: an ESXi host takes it over HTTPS, as it is read."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable
from typing import IO
from urllib.parse import urlsplit

from .errors import BadReply, ClientError, ServiceError, Unreachable, UntrustedCertificate

PIECE = 2**20
STALL_S = 600  # an ESXi host that takes nothing for so long, or gives no answer at the end, is given up
_DISK = {"Content-Type": "application/x-vnd.vmware-streamVmdk"}
_OTHER = {"Content-Type": "application/octet-stream", "Overwrite": "t"}
_REMEDY = (
    "See in vCenter whether the host and the datastore are well, and whether this machine reaches it; then run again"
)


def send(
    url: str,
    content: IO[bytes],
    size: int,
    *,
    trust: ssl.SSLContext,
    create: bool = False,
    sent: Callable[[int], None] = lambda _count: None,
    stall_s: float = STALL_S,
) -> None:
    """Upload ``size`` bytes. ``sent`` hears of every piece, and ends the upload by raising.

    Disks go by POST; a file that the import creates beside them goes by PUT, as VMware's own tools do it.
    """
    parts = urlsplit(url)
    told = f"uploading to {parts.hostname}"
    connection = http.client.HTTPSConnection(
        parts.hostname or "", parts.port or 443, timeout=stall_s, context=trust, blocksize=PIECE
    )
    try:
        connection.putrequest("PUT" if create else "POST", parts.path)
        for name, value in {**(_OTHER if create else _DISK), "Content-Length": str(size)}.items():
            connection.putheader(name, value)
        connection.endheaders()
        while piece := content.read(PIECE):
            connection.send(piece)
            sent(len(piece))
        reply = connection.getresponse()
        reply.read()
    except (OSError, http.client.HTTPException) as error:
        raise _broken(error, told) from error
    finally:
        connection.close()
    if reply.status not in (200, 201, 204):
        kind = ServiceError if reply.status >= 500 else BadReply
        raise kind(
            f"{told} failed: HTTP {reply.status} {reply.reason}",
            code="upload_failed",
            remedy=_REMEDY,
            status=reply.status,
            operation=told,
        )


def _broken(error: Exception, told: str) -> ClientError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return UntrustedCertificate(
            f"{told} failed: the certificate of the ESXi host is not trusted: {error.verify_message}",
            code="UntrustedCertificate",
            remedy=(
                "Let vcenter_ca_path name a file that also holds the authority of the ESXi hosts' certificates (usually it"
                " is vCenter's own), and see that the host's certificate is made out to the name above"
            ),
            operation=told,
        )
    why = "it takes nothing any more" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
    return Unreachable(f"{told} failed: {why}", code="upload_failed", remedy=_REMEDY, operation=told)
