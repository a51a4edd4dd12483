# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who we are towards Azure: which identity the settings mean, and the SDK's credential object for it."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .azure_cli import account_subscription
from .errors import AuthenticationFailed, InvalidRequest, MissingLibrary
from .sign_in_files import check_authorities, check_certificate, check_token

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from .cloud import Cloud

AUTH_SOURCES = ("auto", "env", "cli", "msi", "workload_identity")
VALIDATION_MODES = ("validate", "ignore")

# Ours (and azure.azcollection's) name first, then the SDK's own.
ENVIRONMENT: dict[str, tuple[str, ...]] = {
    "subscription_id": ("AZURE_SUBSCRIPTION_ID",),
    "tenant": ("AZURE_TENANT", "AZURE_TENANT_ID"),
    "client_id": ("AZURE_CLIENT_ID",),
    "secret": ("AZURE_SECRET", "AZURE_CLIENT_SECRET"),
    "x509_certificate_path": ("AZURE_X509_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PATH"),
    "oidc_token_file_path": ("AZURE_FEDERATED_TOKEN_FILE",),
}
# What proves who we are, of which one is enough.
PROOFS = ("secret", "x509_certificate_path", "oidc_token_file_path")

_SIGN_IN_READ_TIMEOUT_S = 30
_CONNECT_TIMEOUT_S = 15
_LOCAL_TIMEOUT_S = 3
_LOCAL_RETRIES = 2  # by the SDK, which knows how the metadata service says that it is busy


@dataclass(frozen=True, kw_only=True)
class AzureSettings:
    """How to reach Azure, as the user says it. Empty means: not said."""

    subscription_id: str = ""
    tenant: str = ""
    client_id: str = ""
    secret: str = field(default="", repr=False)
    x509_certificate_path: str = ""
    thumbprint: str = field(default="", repr=False)
    auth_source: str = "auto"
    cloud_environment: str = "AzureCloud"
    cert_validation_mode: str = "validate"
    ca_path: str = ""
    disable_instance_discovery: bool = False
    oidc_token_file_path: str = ""

    @property
    def verify(self) -> bool | str:
        """What every TLS connection, to the sign-in and to Resource Manager alike, is verified against."""
        if self.cert_validation_mode == "ignore":
            return False
        if self.ca_path:
            check_authorities(self.ca_path)
        return self.ca_path or True


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The one identity that the settings and the environment come down to."""

    source: Literal["secret", "certificate", "cli", "msi", "workload_identity"]
    tenant: str = ""
    client_id: str = ""
    secret: str = field(default="", repr=False)
    certificate_path: str = ""
    token_file: str = ""


def choose(settings: AzureSettings, environ: Mapping[str, str]) -> Identity:
    """Options first, then the environment, then the Azure CLI; `auth_source` may fix one of them.

    A file that the identity needs is looked at, so that a wrong one is told before anything is sent.
    """
    identity = _chosen(settings, environ)
    if identity.source == "certificate":
        check_certificate(identity.certificate_path, settings.thumbprint)
    elif identity.source == "workload_identity":
        check_token(identity.token_file)
    return identity


def _chosen(settings: AzureSettings, environ: Mapping[str, str]) -> Identity:
    source = settings.auth_source or "auto"
    if source not in AUTH_SOURCES:
        raise InvalidRequest(f"auth_source '{source}' is not known.", remedy=f"Use one of {', '.join(AUTH_SOURCES)}.")
    given = {name: "" if source == "env" else str(getattr(settings, name)) for name in ENVIRONMENT}
    if source == "cli":
        return Identity(source="cli", tenant=given["tenant"])
    if source == "msi":
        return Identity(source="msi", client_id=given["client_id"])
    values = _completed(given, environ)
    if source == "workload_identity":
        return _workload(values)
    return _service_principal(values, source)


def _completed(given: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Gaps filled from the environment, but never a password of one kind beside one of another from the options."""
    values = dict(given)
    skip = PROOFS if any(given[name] for name in PROOFS) else ()
    for name, variables in ENVIRONMENT.items():
        if not values[name] and name not in skip:
            values[name] = next((environ[variable] for variable in variables if environ.get(variable)), "")
    return values


def _service_principal(values: Mapping[str, str], source: str) -> Identity:
    tenant, client_id = values["tenant"], values["client_id"]
    if tenant and client_id:
        if values["secret"]:
            return Identity(source="secret", tenant=tenant, client_id=client_id, secret=values["secret"])
        if values["x509_certificate_path"]:
            path = values["x509_certificate_path"]
            return Identity(source="certificate", tenant=tenant, client_id=client_id, certificate_path=path)
        if values["oidc_token_file_path"]:
            return _workload(values)
    started = [name for name in ("client_id", "secret", "x509_certificate_path") if values[name]]
    if started or source == "env":
        missing = [name for name in ("tenant", "client_id") if not values[name]]
        if not values["secret"] and not values["x509_certificate_path"]:
            missing.append("secret")
        raise _incomplete("a service principal", missing)
    return Identity(source="cli", tenant=tenant)


def _workload(values: Mapping[str, str]) -> Identity:
    missing = [name for name in ("tenant", "client_id", "oidc_token_file_path") if not values[name]]
    if missing:
        raise _incomplete("a workload identity", missing)
    return Identity(
        source="workload_identity",
        tenant=values["tenant"],
        client_id=values["client_id"],
        token_file=values["oidc_token_file_path"],
    )


def _incomplete(what: str, missing: list[str]) -> AuthenticationFailed:
    variables = ", ".join(f"{name} ({ENVIRONMENT[name][0]})" for name in missing)
    return AuthenticationFailed(
        f"Signing in to Azure failed: {what} needs {variables}, which is not given.",
        code="MissingCredentials",
        remedy="Give the missing values, or sign in with 'az login' and give none of them.",
    )


def subscription_of(settings: AzureSettings, environ: Mapping[str, str]) -> str:
    """The subscription to work in: the one that is named, else the one that the Azure CLI has set, if we use it."""
    found = settings.subscription_id or environ.get("AZURE_SUBSCRIPTION_ID", "")
    if not found and _chosen(settings, environ).source == "cli":
        found = account_subscription()
    if not found:
        raise InvalidRequest(
            "No Azure subscription is given.",
            code="MissingSubscription",
        )
    return found


def credential(settings: AzureSettings, cloud: Cloud, *, environ: Mapping[str, str] | None = None) -> TokenCredential:
    """The SDK's credential for these settings. Nothing goes over the wire yet."""
    identity = choose(settings, os.environ if environ is None else environ)
    try:
        import azure.identity as sdk
    except ImportError as error:
        raise missing_sdk(error) from error
    # Without a handler Python prints the SDK's warnings on stderr; what went wrong is in our errors.
    logger = logging.getLogger("azure")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    wire: dict[str, Any] = {
        "connection_verify": settings.verify,
        "retry_total": 0,  # the client around it decides what is tried again, and for how long
        "connection_timeout": _CONNECT_TIMEOUT_S,
        "read_timeout": _SIGN_IN_READ_TIMEOUT_S,
    }
    if identity.source == "cli":
        return sdk.AzureCliCredential(tenant_id=identity.tenant, process_timeout=30)
    if identity.source == "msi":
        # Its endpoint is on this machine: no proxy of the environment leads to it, and it answers at once or never.
        wire |= {"connection_timeout": _LOCAL_TIMEOUT_S, "use_env_settings": False, "retry_total": _LOCAL_RETRIES}
        # Else the SDK takes a federated token for a managed identity where the environment names one.
        wire["_exclude_workload_identity_credential"] = True
        return sdk.ManagedIdentityCredential(client_id=identity.client_id or None, **wire)
    wire |= {
        "authority": cloud.login,
        "disable_instance_discovery": settings.disable_instance_discovery or not cloud.well_known,
    }
    if identity.source == "workload_identity":
        return sdk.WorkloadIdentityCredential(
            tenant_id=identity.tenant, client_id=identity.client_id, token_file_path=identity.token_file, **wire
        )
    if identity.source == "certificate":
        return sdk.CertificateCredential(identity.tenant, identity.client_id, identity.certificate_path, **wire)
    return sdk.ClientSecretCredential(identity.tenant, identity.client_id, identity.secret, **wire)


def missing_sdk(error: ImportError) -> MissingLibrary:
    """The error for an absent Azure SDK."""
    return MissingLibrary(
        f"The Azure SDK is not installed for this Python: {error}.",
        code="MissingLibrary",
        remedy="Install it for the interpreter that runs Ansible: pip install azure-identity azure-mgmt-core",
    )
