# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Entra checks a client assertion: one that the application signed with its certificate, or a federated token.

Numbers and kinds of refusal are documented; the sentences are only as exact as a client may rely on.
"""

from __future__ import annotations

import json
from collections.abc import Collection

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .. import names
from . import identities
from .state import Azure
from .wire import JSON

KIND = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_TOLERANCE_S = 300
_SHA256 = hashes.SHA256()
_PADDINGS: dict[str, padding.AsymmetricPadding] = {
    "RS256": padding.PKCS1v15(),
    "PS256": padding.PSS(mgf=padding.MGF1(_SHA256), salt_length=_SHA256.digest_size),
}
_NO_RECORD = "No matching federated identity record found for presented assertion"


class Refused(Exception):
    """A sign-in that Entra does not accept."""

    def __init__(self, status: int, error: str, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.error, self.code, self.message = status, error, code, message


def check(azure: Azure, client: str, assertion: str, endpoints: Collection[str]) -> None:
    """Refused unless the assertion proves that it comes from this client. ``endpoints``: whom it may be made out to."""
    head, claims = _parts(assertion)
    if claims.get("iss") == client:
        _check_own(azure, client, assertion, head, claims, endpoints)
    else:
        _check_federated(assertion, head, claims)
    now = azure.now().timestamp()
    begin, end = _number(claims.get("nbf"), 0.0), _number(claims.get("exp"), 0.0)
    if not begin - _TOLERANCE_S <= now <= end + _TOLERANCE_S:
        raise _no(700024, "Client assertion is not within its valid time range.")


def _no(code: int, message: str) -> Refused:
    return Refused(401, "invalid_client", code, message)


def _number(value: object, default: float) -> float:
    return float(value) if isinstance(value, int | float) else default


def _parts(assertion: str) -> tuple[JSON, JSON]:
    try:
        head, claims = (json.loads(identities.decoded(part)) for part in assertion.split(".")[:2])
        if isinstance(head, dict) and isinstance(claims, dict) and assertion.count(".") == 2:
            return head, claims
    except ValueError:
        pass
    raise Refused(400, "invalid_request", 50027, "JWT token is invalid or malformed.")


def _check_own(azure: Azure, client: str, assertion: str, head: JSON, claims: JSON, endpoints: Collection[str]) -> None:
    certificate = identities.application_certificate()
    known = {
        "x5t": certificate.fingerprint(hashes.SHA1()),  # noqa: S303 - the name of a certificate, no protection
        "x5t#S256": certificate.fingerprint(_SHA256),
    }
    given = {name: _thumbprint(head[name]) for name in known if name in head}
    if not given or any(known[name] != value for name, value in given.items()):
        told = next(iter(given.values()), b"").hex().upper()
        raise _no(
            700027,
            "Client assertion contains an invalid signature. [Reason - The key was not found., Thumbprint of key used "
            f"by client: '{told}']",
        )
    if not _signed_by(identities.application_key().public_key(), assertion, head):
        raise _no(700027, "Client assertion failed signature validation.")
    if certificate.not_valid_after_utc < azure.now():
        raise _no(700027, "Client assertion contains an invalid signature. [Reason - The key used is expired.]")
    if claims.get("sub") != client:
        raise _no(700021, "Client assertion application identifier doesn't match 'client_id' parameter.")
    if claims.get("aud") not in endpoints:
        raise _no(700023, "Client assertion audience claim does not match Realm issuer.")


def _thumbprint(text: object) -> bytes:
    try:
        return identities.decoded(str(text))
    except ValueError:
        return b""


def _check_federated(assertion: str, head: JSON, claims: JSON) -> None:
    """Matching minds upper and lower case."""
    issuer, subject, audience = claims.get("iss"), claims.get("sub"), claims.get("aud")
    if issuer != names.FEDERATED_ISSUER:
        raise _no(700211, f"{_NO_RECORD} issuer '{issuer}'.")
    if names.FEDERATED_AUDIENCE not in (audience if isinstance(audience, list) else [audience]):
        raise _no(700212, f"{_NO_RECORD} audience '{audience}'.")
    if subject != names.FEDERATED_SUBJECT:
        raise _no(700213, f"{_NO_RECORD} subject '{subject}'.")
    if not _signed_by(identities.issuer_key().public_key(), assertion, head):
        raise Refused(400, "invalid_grant", 50013, "Assertion failed signature validation.")


def _signed_by(key: rsa.RSAPublicKey, assertion: str, head: JSON) -> bool:
    text, _, signature = assertion.rpartition(".")
    way = _PADDINGS.get(str(head.get("alg")))
    if way is None:
        return False
    try:
        key.verify(identities.decoded(signature), text.encode(), way, _SHA256)
    except (InvalidSignature, ValueError):
        return False
    return True
