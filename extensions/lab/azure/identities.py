# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is known to the directory: an application with a certificate, and an issuer whose tokens it trusts.

Keys are made once a process, whatever labs it starts: RSA keys are slow to make, and all labs have the same names.
"""

from __future__ import annotations

import base64
import datetime as dt
import functools
import json
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .. import names
from .wire import JSON

CERTIFICATE_FILE = "sp.pem"
TOKEN_FILE = "federated.token"  # noqa: S105 - the name of a file
_LIFE = dt.timedelta(days=30)


@functools.cache
def application_key() -> rsa.RSAPrivateKey:
    """The private key that only the application has."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@functools.cache
def application_certificate() -> x509.Certificate:
    """The certificate that is registered on the application."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "azlocal.migrate lab application")])
    start = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(application_key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _LIFE)
        .sign(application_key(), hashes.SHA256())
    )


@functools.cache
def issuer_key() -> rsa.RSAPrivateKey:
    """The key of the identity provider that the application's federated credential names."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def write(folder: Path, now: dt.datetime) -> None:
    """What the application holds: sp.pem, and federated.token as the identity provider would write it."""
    key = application_key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate = application_certificate().public_bytes(serialization.Encoding.PEM)
    for name, content in ((CERTIFICATE_FILE, key + certificate), (TOKEN_FILE, federated_token(now).encode())):
        path = folder / name
        path.touch(mode=0o600, exist_ok=True)
        path.write_bytes(content)


def federated_token(now: dt.datetime, key: rsa.RSAPrivateKey | None = None, **changed: Any) -> str:
    """A token of the trusted issuer for the trusted workload; ``changed`` claims and another key make a wrong one."""
    claims: JSON = {
        "iss": names.FEDERATED_ISSUER,
        "sub": names.FEDERATED_SUBJECT,
        "aud": [names.FEDERATED_AUDIENCE],
        "iat": int(now.timestamp()),
        "nbf": int(now.timestamp()),
        "exp": int((now + _LIFE).timestamp()),
    }
    head = {"typ": "JWT", "alg": "RS256", "kid": "lab-issuer"}
    text = f"{encoded(head)}.{encoded(claims | changed)}"
    signature = (key or issuer_key()).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def encoded(content: Any) -> str:
    """One part of a JWT."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def decoded(part: str) -> bytes:
    """The bytes of one part of a JWT; ValueError where it is none."""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
