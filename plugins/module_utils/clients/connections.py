# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a connection did not come about: no name, no listener, no trust, or a proxy that stands in between."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from .errors import Unreachable, UntrustedCertificate

_UNTRUSTED_WORDS = ("CERTIFICATE_VERIFY_FAILED", "certificate verify failed", "doesn't match", "Hostname mismatch")
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")
_REFUSALS = {
    "407": "it wants a user name and a password",
    "403": "its rules forbid it",
}
_CLOCK_WORDS = ("not yet valid", "has expired")


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


def why(error: BaseException) -> str:
    """The innermost reason, in the system's own words."""
    best = ""
    for inner in chain(error):
        if isinstance(inner, OSError) and inner.strerror:
            best = inner.strerror
        elif not best and "timed out" in str(inner).lower():
            best = "timed out"
    return best or type(error).__name__


def no_connection(error: BaseException, host: str, what: str) -> Unreachable:
    """Nothing was sent: no name, no route, no listener, no way through the proxy, or no TLS."""
    if is_untrusted(error):
        return _untrusted(error, host, what)
    tunnel = _TUNNEL.search(" ".join(str(inner) for inner in chain(error)))
    proxy = proxy_for(host) or "in the environment"
    if tunnel:
        status = tunnel[1]
        reason = _REFUSALS.get(status, "it does not get there")
        return Unreachable(
            f"{what} failed: the proxy {proxy} does not open a way to {host}: {reason} (HTTP {status}).",
            code="ProxyRefused",
            operation=what,
        )
    if any(type(inner).__name__ == "ProxyError" for inner in chain(error)):
        return Unreachable(
            f"{what} failed: the proxy {proxy} cannot be reached ({why(error)}).",
            code="ProxyUnreachable",
            operation=what,
        )
    return Unreachable(
        f"{what} failed: {host} cannot be reached ({why(error)}).",
        code="Unreachable",
        remedy="Check name resolution, firewall, proxy (HTTPS_PROXY, NO_PROXY) and cloud_environment",
        operation=what,
    )


def _untrusted(error: BaseException, host: str, what: str) -> UntrustedCertificate:
    reason, proxy = _tls_reason(error), proxy_for(host)
    remedy = "Set ca_path (AZURE_CA_PATH) to the PEM file of the certificate authority that signed it"
    if any(word in reason for word in _CLOCK_WORDS):
        remedy = f"Check this machine's clock, and have the certificate of {host} renewed if it is right"
    elif proxy:
        remedy += f"; if the proxy {proxy} opens TLS, that is the proxy's own authority"
    return UntrustedCertificate(
        f"{what} failed: the certificate of {host} is not trusted ({reason}).",
        code="UntrustedCertificate",
        remedy=remedy,
        operation=what,
    )


def _tls_reason(error: BaseException) -> str:
    for inner in chain(error):
        verdict = getattr(inner, "verify_message", "")
        if isinstance(inner, ssl.SSLCertVerificationError) and verdict:
            return str(verdict)
    found = re.search(r"certificate verify failed: ([^(\]]+)", " ".join(str(inner) for inner in chain(error)))
    return found[1].strip() if found else "certificate verify failed"


def proxy_for(host: str) -> str:
    """The proxy that the environment names for https to this host, without the password it may hold."""
    proxies = getproxies_environment()
    named = proxies.get("https") or proxies.get("all") or ""
    if not named or proxy_bypass(host):
        return ""
    parts = urlsplit(named if "://" in named else f"http://{named}")
    return parts.netloc.rpartition("@")[2]
