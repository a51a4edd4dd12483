# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options in module_utils/options/azure.py."""

from __future__ import annotations


class ModuleDocFragment:
    """How to reach Azure."""

    DOCUMENTATION = r"""
options:
  subscription_id:
    description:
      - Id of the subscription to work in.
      - Without it, the environment variable E(AZURE_SUBSCRIPTION_ID) counts, and after it the subscription that the Azure
        CLI has set, if the identity is that of the Azure CLI.
    type: str
  tenant:
    description:
      - Id or domain of the Microsoft Entra tenant.
      - Without it, the environment variables E(AZURE_TENANT) and E(AZURE_TENANT_ID) count, in this order.
    type: str
  client_id:
    description:
      - Id of the application (service principal) or of the user-assigned managed identity to sign in as. Without it,
        O(auth_source=msi) is the machine's own identity.
      - Without it, the environment variable E(AZURE_CLIENT_ID) counts.
    type: str
  secret:
    description:
      - Client secret of the service principal.
      - Without it, the environment variables E(AZURE_SECRET) and E(AZURE_CLIENT_SECRET) count, in this order.
    type: str
  x509_certificate_path:
    description:
      - Path of a PEM file with certificate and RSA private key of the service principal, in place of O(secret). A key with
        a passphrase is not accepted.
      - Without it, the environment variables E(AZURE_X509_CERTIFICATE_PATH) and E(AZURE_CLIENT_CERTIFICATE_PATH) count,
        in this order.
    type: path
  thumbprint:
    description:
      - Thumbprint of the certificate in O(x509_certificate_path), SHA-1 or SHA-256. It is not needed, because it is
        computed from the file; if it is given and does not fit, nothing is sent.
      - Without it, the environment variable E(AZURE_THUMBPRINT) counts.
    type: str
  oidc_token_file_path:
    description:
      - Path of a file with a federated token, for O(auth_source=workload_identity).
      - Without it, the environment variable E(AZURE_FEDERATED_TOKEN_FILE) counts.
    type: path
  auth_source:
    description:
      - Where the identity comes from.
      - V(auto) takes the options, gaps filled from the environment, and with neither the session of the Azure CLI. A
        certificate or token among the options is not overridden by a secret in the environment.
      - V(env) takes the environment alone, V(cli) the session of the Azure CLI, V(msi) the managed identity of the
        machine, V(workload_identity) the federated token in O(oidc_token_file_path).
      - Without it, the environment variable E(ANSIBLE_AZURE_AUTH_SOURCE) counts.
    type: str
    choices: [auto, env, cli, msi, workload_identity]
    default: auto
  cloud_environment:
    description:
      - Name of a cloud, V(AzureCloud), V(AzureUSGovernment) or V(AzureChinaCloud), or the https URL of a Resource
        Manager endpoint, which is then asked for its sign-in address.
      - Without it, the environment variable E(AZURE_CLOUD_ENVIRONMENT) counts.
    type: str
    default: AzureCloud
  cert_validation_mode:
    description:
      - Whether certificates are verified. V(ignore) is for tests only; anybody on the way can then read and change
        everything, the secret included.
      - Without it, the environment variable E(AZURE_CERT_VALIDATION_MODE) counts.
    type: str
    choices: [validate, ignore]
    default: validate
  disable_instance_discovery:
    description:
      - Whether not to ask Microsoft's public sign-in whether the sign-in address is genuine. Needed where that cannot be
        reached; it is never asked when O(cloud_environment) is a URL.
      - Without it, the environment variable E(AZURE_DISABLE_INSTANCE_DISCOVERY) counts.
    type: bool
    default: false
  ca_path:
    description:
      - Path of a PEM file with the certificate authorities to trust, for sign-in and Resource Manager, in place of the
        public ones. Needed with a private authority, or a proxy that opens TLS.
      - Without it, the environment variables E(AZURE_CA_PATH) and E(REQUESTS_CA_BUNDLE) count, in this order.
    type: path
requirements:
  - azure-identity
  - azure-mgmt-core
"""
