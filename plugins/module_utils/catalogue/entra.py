# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft Entra's refusals of a sign-in, by the number in AADSTS....

The numbers are Microsoft's own [D]; the list holds what happens to applications, managed identities and people who
run a migration. A number that is not here is looked up in Microsoft's list.
"""

from __future__ import annotations

from .entry import Row, table

_CLOCK = "Set this machine's clock by NTP, then run again"
_SECOND_FACTOR = (
    "Sign in as an application (client_id with secret or certificate) or a managed identity; "
    "an unattended run cannot answer a second factor"
)
_FEDERATED = (
    "Compare issuer, subject and audience of the application's federated credential with those of the token; "
    "a new credential takes some minutes to work"
)
_SIGNED = "Check tenant, client_id, cloud_environment and the file with certificate or token"
_LOG_IN = "Run 'az login' again"

_ROWS: dict[str, Row] = {
    "AADSTS7000215": (
        "the client secret is wrong",
        "Set secret (AZURE_SECRET) to the secret's value, not its id, and check that it belongs to client_id",
        "no",
    ),
    "AADSTS7000222": (
        "the client secret has expired",
        "Make a new secret for the application and set secret to its value",
        "no",
    ),
    "AADSTS7000216": (
        "the application was asked for a secret or certificate, and none was sent",
        "Set secret (AZURE_SECRET) or x509_certificate_path",
        "no",
    ),
    "AADSTS7000218": (
        "the application was asked for a secret or certificate, and none was sent",
        "Set secret (AZURE_SECRET) or x509_certificate_path",
        "no",
    ),
    "AADSTS7000229": (
        "the application has no service principal in this tenant",
        "Create its service principal here ('az ad sp create --id <client_id>'), or check tenant",
        "after_repair",
    ),
    "AADSTS7000112": (
        "the application is disabled",
        "Enable the application in Microsoft Entra, or use another client_id",
        "after_repair",
    ),
    "AADSTS700016": (
        "the application is not known in this tenant",
        "Set client_id (AZURE_CLIENT_ID) to an application of this tenant, and check tenant",
        "no",
    ),
    "AADSTS700021": ("the signed token is not the application's own", _SIGNED, "no"),
    "AADSTS700023": ("the signed token is made out to another tenant or cloud", _SIGNED, "no"),
    "AADSTS700024": (
        "the signed token is not valid at this time",
        "Set this machine's clock by NTP, or have the federated token renewed, then run again",
        "after_repair",
    ),
    "AADSTS50013": ("the federated token is not signed by its issuer", _FEDERATED, "after_repair"),
    "AADSTS50027": ("the federated token is no token", _SIGNED, "no"),
    "AADSTS70025": ("the application has no federated credential", _FEDERATED, "after_repair"),
    "AADSTS700027": (
        "the certificate is not one of the application's",
        "Upload the certificate to the application, or set x509_certificate_path to the one it has",
        "after_repair",
    ),
    "AADSTS700030": (
        "the certificate's name or issuer is not one the application trusts",
        "Upload the certificate to the application, or set x509_certificate_path to the one it has",
        "after_repair",
    ),
    "AADSTS70021": ("no federated credential of the application fits the token", _FEDERATED, "after_repair"),
    "AADSTS700211": ("no federated credential of the application has the token's issuer", _FEDERATED, "after_repair"),
    "AADSTS700212": ("no federated credential of the application has the token's audience", _FEDERATED, "after_repair"),
    "AADSTS700213": ("no federated credential of the application has the token's subject", _FEDERATED, "after_repair"),
    "AADSTS70043": ("the session has expired by a rule on how often to sign in", _LOG_IN, "after_repair"),
    "AADSTS700082": ("the session has expired because it was not used", _LOG_IN, "after_repair"),
    "AADSTS50173": ("the session has ended because the password was changed", _LOG_IN, "after_repair"),
    "AADSTS50078": ("the second factor of this session has expired", _LOG_IN, "after_repair"),
    "AADSTS50076": ("a second factor is demanded", _SECOND_FACTOR, "no"),
    "AADSTS50079": ("a second factor is demanded and none is set up", _SECOND_FACTOR, "no"),
    "AADSTS50126": ("user name or password is wrong", "Check user name and password, then run 'az login'", "no"),
    "AADSTS50034": ("the user is not known in this tenant", "Check the user name and the tenant", "no"),
    "AADSTS50020": (
        "the user is of another tenant and no guest here",
        "Set tenant (AZURE_TENANT) to the tenant of the subscription, or have the user invited",
        "after_repair",
    ),
    "AADSTS50053": (
        "the account is locked, or this address is blocked",
        "Wait, find what signs in with an old password, then run again",
        "later",
    ),
    "AADSTS50055": ("the password has expired", "Set a new password, then run 'az login'", "after_repair"),
    "AADSTS50057": ("the user is disabled", "Enable the user in Microsoft Entra, or use another", "after_repair"),
    "AADSTS50105": (
        "the identity is not assigned to the application",
        "Assign it in Microsoft Entra under Enterprise applications",
        "after_repair",
    ),
    "AADSTS500011": (
        "Azure Resource Manager is not known in this tenant",
        "Check that cloud_environment is the cloud of the tenant",
        "no",
    ),
    "AADSTS500133": ("the token that we sent is not valid at this time", _CLOCK, "after_repair"),
    "AADSTS53003": (
        "a Conditional Access policy blocks this sign-in",
        "Ask whoever owns Conditional Access to permit this application from this machine",
        "after_repair",
    ),
    "AADSTS530003": (
        "a Conditional Access policy wants a managed device",
        "Ask whoever owns Conditional Access to permit this account from this machine, or sign in as an application",
        "after_repair",
    ),
    "AADSTS65001": (
        "nobody has consented to what the application asks for",
        "Have an administrator of the tenant consent to the application",
        "after_repair",
    ),
    "AADSTS90002": (
        "the tenant does not exist in this cloud",
        "Set tenant (AZURE_TENANT) to the id or domain of the tenant, and check cloud_environment",
        "no",
    ),
    "AADSTS900023": (
        "the tenant is neither an id nor a domain",
        "Set tenant (AZURE_TENANT) to the tenant's id or domain",
        "no",
    ),
    "AADSTS90033": ("Microsoft Entra is out of order for a moment", "Run again in some minutes", "later"),
    "AADSTS90038": (
        "the tenant lives in another cloud",
        "Set cloud_environment to the cloud of the tenant",
        "no",
    ),
}

ENTRA = table(_ROWS)
