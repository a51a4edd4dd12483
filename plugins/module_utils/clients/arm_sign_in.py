# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a failed connection or a failed sign-in means: the SDK's nested exceptions become one of our errors."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from .errors import (
    AuthenticationFailed,
    BadReply,
    ClientError,
    InvalidRequest,
    MissingLibrary,
    Throttled,
    Unreachable,
    UntrustedCertificate,
)

_AADSTS = re.compile(r"AADSTS(\d{4,})")
_CORRELATION = re.compile(r"Correlation ID: ([0-9a-fA-F-]{36})|\"correlation_id\"\s*:\s*\"([0-9a-fA-F-]{36})\"")
_HTTP_STATUS = re.compile(r"HTTP (?:Error|status): (\d{3})")
_UNTRUSTED_WORDS = ("CERTIFICATE_VERIFY_FAILED", "certificate verify failed", "doesn't match", "Hostname mismatch")

# What people get wrong, by Microsoft's own number: (why, what to do).
_AADSTS_MEANING: dict[str, tuple[str, str]] = {
    "7000215": (
        "the client secret is wrong",
        "Set secret (AZURE_SECRET) to the secret's value, not its id, and check that it belongs to client_id.",
    ),
    "7000222": ("the client secret has expired", "Make a new secret for the application and set secret to its value."),
    "90002": (
        "the tenant does not exist in this cloud",
        "Set tenant (AZURE_TENANT) to the id or domain of the tenant, and check cloud_environment.",
    ),
    "900023": ("the tenant is neither an id nor a domain", "Set tenant (AZURE_TENANT) to the tenant's id or domain."),
    "700016": (
        "the application is not known in this tenant",
        "Set client_id (AZURE_CLIENT_ID) to an application of this tenant, and check tenant.",
    ),
    "7000112": ("the application is disabled", "Enable the application in Microsoft Entra, or use another client_id."),
    "700027": (
        "the certificate is not one of the application's",
        "Upload the certificate to the application, or set x509_certificate_path to the one it has.",
    ),
    "500011": (
        "Azure Resource Manager is not known in this tenant",
        "Check that cloud_environment is the cloud of the tenant.",
    ),
    "53003": (
        "a Conditional Access policy blocks this sign-in",
        "Ask whoever owns Conditional Access to permit this application from this machine.",
    ),
}


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error and everything inside it: causes, contexts, and errors carried as arguments."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        current = waiting.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__, getattr(current, "reason", None)]
        waiting += [getattr(current, "inner_exception", None), *current.args]


def is_untrusted(error: BaseException) -> bool:
    """Whether a certificate that we do not trust is at the bottom of this."""
    return any(
        isinstance(inner, ssl.SSLCertVerificationError) or any(word in str(inner) for word in _UNTRUSTED_WORDS)
        for inner in chain(error)
    )


def no_connection(error: BaseException, host: str, what: str) -> Unreachable:
    """Nothing was sent: no name, no route, no listener, or no TLS."""
    if is_untrusted(error):
        return UntrustedCertificate(
            f"{what} failed: the certificate of {host} is not trusted ({_tls_reason(error)}).",
            code="UntrustedCertificate",
            remedy="Set ca_path (AZURE_CA_PATH) to the PEM file of the certificate authority that signed it.",
            operation=what,
        )
    return Unreachable(
        f"{what} failed: {host} cannot be reached ({why(error)}).",
        code="Unreachable",
        remedy="Check name resolution, firewall, proxy (HTTPS_PROXY, NO_PROXY) and cloud_environment.",
        operation=what,
    )


def why(error: BaseException) -> str:
    """The innermost reason, in the system's own words."""
    best = ""
    for inner in chain(error):
        if isinstance(inner, OSError) and inner.strerror:
            best = inner.strerror
        elif not best and "timed out" in str(inner).lower():
            best = "timed out"
    return best or type(error).__name__


def _tls_reason(error: BaseException) -> str:
    for inner in chain(error):
        verdict = getattr(inner, "verify_message", "")
        if isinstance(inner, ssl.SSLCertVerificationError) and verdict:
            return str(verdict)
    found = re.search(r"certificate verify failed: ([^(\]]+)", " ".join(str(inner) for inner in chain(error)))
    return found[1].strip() if found else "certificate verify failed"


def sign_in_error(error: BaseException, login: str, source: str) -> ClientError:
    """The error for a failed token request. The secret is never in it: only table texts and Microsoft's numbers are."""
    if isinstance(error, ClientError):
        return error
    host = urlsplit(login).netloc or login
    what = f"Signing in at {host}"
    text = " ".join(str(inner) for inner in chain(error))
    if isinstance(error, ImportError):
        return MissingLibrary(f"{what} failed: {error}.", code="MissingLibrary", remedy="pip install azure-identity")
    if is_untrusted(error):
        return no_connection(error, host, what)
    found = _AADSTS.search(text)
    if found:
        return _refused(what, found[1], text)
    status = _status(error)
    if status == 429:
        return Throttled(f"{what} failed: too many sign-ins.", code="TooManyRequests", status=429, operation=what)
    if status is not None and status >= 500:
        return Unreachable(f"{what} failed: the sign-in service is out of order (HTTP {status}).", status=status)
    return _local_or_lost(error, what, host, source, text)


def _refused(what: str, number: str, text: str) -> AuthenticationFailed:
    reason, remedy = _AADSTS_MEANING.get(
        number, ("Microsoft Entra refused it", f"Look up AADSTS{number} in Microsoft's list of sign-in errors.")
    )
    correlation = _CORRELATION.search(text)
    return AuthenticationFailed(
        f"{what} failed: {reason} (AADSTS{number}).",
        code=f"AADSTS{number}",
        remedy=remedy,
        correlation_id=(correlation[1] or correlation[2]) if correlation else "",
        operation=what,
    )


def _local_or_lost(error: BaseException, what: str, host: str, source: str, text: str) -> ClientError:
    names = {kind.__name__ for inner in chain(error) for kind in type(inner).__mro__}
    if names & {"ServiceRequestError", "ServiceResponseError", "ConnectionError", "IncompleteReadError"}:
        return no_connection(error, host, what)
    if source == "certificate" and names & {"FileNotFoundError", "PermissionError", "IsADirectoryError"}:
        return InvalidRequest(
            f"{what} failed: the certificate file cannot be read ({why(error)}).",
            remedy="Set x509_certificate_path to a PEM file with certificate and private key.",
        )
    if "JSON is invalid" in text or "DecodeError" in names:
        return BadReply(
            f"{what} failed: the answer is not from Microsoft Entra.",
            remedy="Check cloud_environment, and whether a proxy or firewall answers in its place.",
            operation=what,
        )
    if "Unable to get authority configuration" in text:
        return AuthenticationFailed(
            f"{what} failed: it knows no such tenant, or is no sign-in service.",
            code="InvalidAuthority",
            remedy=_AADSTS_MEANING["90002"][1],
            operation=what,
        )
    if source == "cli":
        reason = "the Azure CLI is not installed" if "not found" in text else "the Azure CLI has no valid session"
        return AuthenticationFailed(
            f"Signing in failed: {reason}.",
            code="AzureCli",
            remedy="Run 'az login', or set AZURE_TENANT, AZURE_CLIENT_ID and AZURE_SECRET.",
            operation="Signing in with the Azure CLI",
        )
    return AuthenticationFailed(
        f"{what} failed: no token was given to the {source.replace('_', ' ')} identity ({type(error).__name__}).",
        code="NoToken",
        remedy="Check auth_source, tenant and client_id.",
        operation=what,
    )


def _status(error: BaseException) -> int | None:
    for inner in chain(error):
        status = getattr(getattr(inner, "response", None), "status_code", None)
        if isinstance(status, int):
            return status
    found = _HTTP_STATUS.search(str(error))  # MSAL has it in the text alone
    return int(found[1]) if found else None
