# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a failed sign-in means: the SDK's nested exceptions become one of our errors."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ..catalogue.index import find
from . import managed_identity
from .connections import chain, is_untrusted, no_connection
from .errors import AuthenticationFailed, BadReply, ClientError, MissingLibrary, Throttled, Unreachable

_AADSTS = re.compile(r"AADSTS(\d{4,})")
_CORRELATION = re.compile(r"Correlation ID: ([0-9a-fA-F-]{36})|\"correlation_id\"\s*:\s*\"([0-9a-fA-F-]{36})\"")
_HTTP_STATUS = re.compile(r"HTTP (?:Error|status): (\d{3})")


def sign_in_error(error: BaseException, login: str, source: str) -> ClientError:
    """The error for a failed token request. The secret is never in it: only table texts and Microsoft's numbers are."""
    if isinstance(error, ClientError):
        return error
    host = urlsplit(login).netloc or login
    what = managed_identity.WHAT if source == "msi" else f"Signing in at {host}"
    text = " ".join(str(inner) for inner in chain(error))
    if isinstance(error, ImportError):
        return MissingLibrary(f"{what} failed: {error}.", code="MissingLibrary", remedy="pip install azure-identity")
    found = _AADSTS.search(text)
    if found:
        return _refused(what, found[1], text)
    if is_untrusted(error):
        return no_connection(error, host, what)
    status = _status(error)
    if status == 429:
        return Throttled(f"{what} failed: too many sign-ins.", code="TooManyRequests", status=429, operation=what)
    if status is not None and status >= 500:
        return Unreachable(f"{what} failed: the sign-in service is out of order (HTTP {status}).", status=status)
    return _local_or_lost(error, what, host, source, text)


def _refused(what: str, number: str, text: str) -> AuthenticationFailed:
    code = f"AADSTS{number}"
    known = find(code)
    correlation = _CORRELATION.search(text)
    return AuthenticationFailed(
        f"{what} failed: {known.means if known else 'Microsoft Entra refused it'} ({code}).",
        code=code,
        remedy="" if known else f"Look up {code} in Microsoft's list of sign-in errors",
        correlation_id=(correlation[1] or correlation[2]) if correlation else "",
        operation=what,
    )


def _local_or_lost(error: BaseException, what: str, host: str, source: str, text: str) -> ClientError:
    names = {kind.__name__ for inner in chain(error) for kind in type(inner).__mro__}
    if source == "msi":
        return managed_identity.refused(error, names, text)
    if source == "cli":
        return _azure_cli(text)
    if names & {"ServiceRequestError", "ServiceResponseError", "ConnectionError", "IncompleteReadError"}:
        return no_connection(error, host, what)
    if "JSON is invalid" in text or "DecodeError" in names:
        return BadReply(
            f"{what} failed: the answer is not from Microsoft Entra.",
            remedy="Check cloud_environment, and whether a proxy or firewall answers in its place.",
            operation=what,
        )
    no_id = "nvalid tenant" in text
    if no_id or "Unable to get authority configuration" in text:
        reason = (
            "tenant is neither an id nor a domain" if no_id else "it knows no such tenant, or is no sign-in service"
        )
        return AuthenticationFailed(
            f"{what} failed: {reason}.",
            code="InvalidAuthority",
            operation=what,
        )
    return AuthenticationFailed(
        f"{what} failed: no token was given to the {source.replace('_', ' ')} identity ({type(error).__name__}).",
        code="NoToken",
        operation=what,
    )


def _azure_cli(text: str) -> AuthenticationFailed:
    remedy = ""
    if "CLI not found" in text:
        reason = "the Azure CLI is not installed"
    elif "az login" in text:
        reason = "the Azure CLI has no valid session"
    else:
        reason = "the Azure CLI gave no token"
        remedy = "Run 'az account get-access-token' to see why"
    operation = "Signing in with the Azure CLI"
    return AuthenticationFailed(f"Signing in failed: {reason}.", code="AzureCli", remedy=remedy, operation=operation)


def _status(error: BaseException) -> int | None:
    for inner in chain(error):
        status = getattr(getattr(inner, "response", None), "status_code", None)
        if isinstance(status, int):
            return status
    found = _HTTP_STATUS.search(str(error))  # MSAL has it in the text alone
    return int(found[1]) if found else None
