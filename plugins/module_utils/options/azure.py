# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that reach Azure: their argument spec, and the settings that come of them.

Names and environment variables are those of azure.azcollection, as far as both know them. The documentation fragment
`azlocal.migrate.azure` says the same in words; a test holds the two equal.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.parameters import env_fallback

from ..clients.cloud import KNOWN_CLOUDS
from ..clients.credentials import AUTH_SOURCES, ENVIRONMENT, PROOFS, VALIDATION_MODES, AzureSettings


def azure_spec() -> dict[str, Any]:
    """The fragment of an argument spec that every module with Azure in it has."""

    def text(variables: tuple[str, ...], **more: Any) -> dict[str, Any]:
        return {"type": "str", "fallback": (env_fallback, [*variables]), **more}

    return {
        "subscription_id": text(ENVIRONMENT["subscription_id"]),
        "tenant": text(ENVIRONMENT["tenant"]),
        "client_id": text(ENVIRONMENT["client_id"]),
        "secret": text(ENVIRONMENT["secret"], no_log=True),
        "x509_certificate_path": text(ENVIRONMENT["x509_certificate_path"], type="path"),
        "thumbprint": text(("AZURE_THUMBPRINT",), no_log=True),
        # The name alone would make Ansible warn that a token is logged; it is only the path of one.
        "oidc_token_file_path": text(ENVIRONMENT["oidc_token_file_path"], type="path", no_log=False),
        "auth_source": text(("ANSIBLE_AZURE_AUTH_SOURCE",), choices=[*AUTH_SOURCES], default="auto"),
        "cloud_environment": text(("AZURE_CLOUD_ENVIRONMENT",), default=next(iter(KNOWN_CLOUDS))),
        "cert_validation_mode": text(
            ("AZURE_CERT_VALIDATION_MODE",), choices=[*VALIDATION_MODES], default=VALIDATION_MODES[0]
        ),
        "disable_instance_discovery": text(("AZURE_DISABLE_INSTANCE_DISCOVERY",), type="bool", default=False),
        "ca_path": text(("AZURE_CA_PATH", "REQUESTS_CA_BUNDLE"), type="path"),
    }


def azure_settings(params: Mapping[str, Any]) -> AzureSettings:
    """The settings in a module's parameters; what is absent, null or empty counts as not said."""
    given = {name: params[name] for name in azure_spec() if params.get(name) not in (None, "")}
    # Ansible has filled the gaps from the environment: its secret must not beat a certificate that the task names.
    said = [name for name in PROOFS if name in given and not _is_of_environment(name, given[name])]
    for name in PROOFS:
        if said and name not in said:
            given.pop(name, None)
    return AzureSettings(**given)


def _is_of_environment(name: str, value: str) -> bool:
    found = [os.environ.get(variable, "") for variable in ENVIRONMENT[name]]
    return value in found or value in [os.path.expanduser(os.path.expandvars(text)) for text in found]
