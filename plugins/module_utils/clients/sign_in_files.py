# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a sign-in needs, looked at before anything is sent: a wrong one is told by what is wrong with it."""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .errors import InvalidRequest

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_BEGIN = b"-----BEGIN"


def check_authorities(path: str) -> None:
    """InvalidRequest unless ``path`` holds certificates in PEM, or is a folder of such files."""
    if os.path.isdir(path):
        return
    problem = ""
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        problem = "holds no certificate in PEM form"
    except FileNotFoundError:
        problem = "does not exist"
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    if problem:
        raise InvalidRequest(
            f"ca_path '{path}' {problem}.",
            code="BadCaFile",
            remedy="Set ca_path (AZURE_CA_PATH, REQUESTS_CA_BUNDLE) to a PEM file with the certificate authority, or "
            "leave it out",
        )


def check_token(path: str) -> None:
    """InvalidRequest unless ``path`` holds what looks like a token."""
    content = _content(path, "oidc_token_file_path", "BadTokenFile")
    if content.strip().count(b".") != 2:
        state = "holds no token" if content.strip() else "is empty"
        raise InvalidRequest(f"oidc_token_file_path '{path}' {state}.", code="BadTokenFile")


def check_certificate(path: str, thumbprint: str) -> None:
    """InvalidRequest unless ``path`` holds a certificate that signs, and the one with this thumbprint if one is given."""
    content = _content(path, "x509_certificate_path", "BadCertificateFile")
    try:
        certificate, problem = _certificate(content)
    except ImportError:  # azure-identity brings cryptography; without it the sign-in says what is missing
        return
    if certificate is None or problem:
        raise InvalidRequest(f"x509_certificate_path '{path}' {problem}.", code="BadCertificateFile")
    _check_thumbprint(path, certificate, thumbprint)
    if certificate.not_valid_after_utc < datetime.now(UTC):
        day = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
        raise InvalidRequest(
            f"The certificate in x509_certificate_path '{path}' expired on {day}.", code="CertificateExpired"
        )


def _content(path: str, option: str, code: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise InvalidRequest(f"{option} '{path}' cannot be read ({error.strerror}).", code=code) from error


def _certificate(content: bytes) -> tuple[Certificate | None, str]:
    """The certificate, and what is wrong with the file."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12

    certificate: Certificate | None
    if _BEGIN not in content:
        try:
            key, certificate, _others = pkcs12.load_key_and_certificates(content, None)
        except ValueError:
            return None, "is neither PEM nor PKCS #12 without a password"
    else:
        try:
            certificate = x509.load_pem_x509_certificate(content)
        except ValueError:
            return None, "holds no certificate"
        try:
            key = load_pem_private_key(content, None)
        except TypeError:
            return None, "holds a private key with a passphrase, which cannot be asked for"
        except ValueError:
            return None, "holds no private key"
    if certificate is None or key is None:
        return None, "does not hold both certificate and private key"
    if not isinstance(key, RSAPrivateKey):
        return None, "holds a private key that is not RSA, which Microsoft Entra demands"
    if key.public_key() != certificate.public_key():
        return None, "holds a private key that is not the certificate's"
    return certificate, ""


def _check_thumbprint(path: str, certificate: Certificate, thumbprint: str) -> None:
    from cryptography.hazmat.primitives import hashes

    wanted = "".join(letter for letter in thumbprint.lower() if letter.isalnum())
    sha1 = certificate.fingerprint(hashes.SHA1()).hex()  # noqa: S303 - the name that Entra gives a certificate
    if wanted and wanted not in (sha1, certificate.fingerprint(hashes.SHA256()).hex()):
        raise InvalidRequest(
            f"The certificate in x509_certificate_path '{path}' is not the one of thumbprint: its own is "
            f"{sha1.upper()}.",
            code="CertificateMismatch",
        )
