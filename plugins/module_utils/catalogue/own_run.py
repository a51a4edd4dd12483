# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own codes about a run: what a client met, what was given to it, what the project lacks.

KINDS are the types of clients/errors.py: an error without a code of its own bears the name of its type.
"""

from __future__ import annotations

from .entry import Row, table

_LOOK = "Look whether it has been done before doing it again; running the same step again does that"
_REPORT = "Run again with -vvv and report it with the traceback"
_ANSWERS_IN_ITS_PLACE = "Check address and cloud_environment, and whether a proxy or firewall answers in its place"
_GOES_ON = "It goes on by itself; run again to take it up, or give a larger timeout_s"

_KINDS: dict[str, Row] = {
    "AuthenticationFailed": (
        "the other side does not believe who we are",
        "Check the account and its secret or certificate; for Azure: tenant, client_id, secret and cloud_environment",
        "no",
    ),
    "PermissionDenied": (
        "we are known, and not allowed to do this",
        "Give the identity a role that permits this",
        "after_repair",
    ),
    "NotFound": (
        "what was asked about does not exist, or is hidden from us",
        "Check the name, and that the account may read it",
        "no",
    ),
    "Conflict": (
        "somebody else changes it, or its state does not permit this now",
        "Look at what is there, then run again",
        "later",
    ),
    "InvalidRequest": ("the request itself is refused", "Correct what the message names", "no"),
    "Throttled": (
        "too many requests were sent, and waiting did not help",
        "Run again later; other runs of the same identity share the limit",
        "later",
    ),
    "Unreachable": (
        "no connection was made, or it broke while we were only reading",
        "Check name resolution, firewall and proxy (HTTPS_PROXY, NO_PROXY)",
        "later",
    ),
    "UntrustedCertificate": (
        "the certificate is signed by nobody we trust, or is not made out to this name",
        "Give the certificate of the authority that signed it: ca_path for Azure, vcenter_ca_path for vCenter",
        "no",
    ),
    "BadReply": ("the answer is not one of this service", _ANSWERS_IN_ITS_PLACE, "no"),
    "ServiceError": (
        "the service accepted the request and failed itself",
        "Run again later; if it stays, ask whoever supports the service, with the correlation id where there is one",
        "later",
    ),
    "ReplyLost": ("a change was sent and its answer never seen: it may have been made", _LOOK, "later"),
    "DeadlineExceeded": ("the time given for this ran out", _GOES_ON, "later"),
    "MissingLibrary": (
        "a Python library that this needs is not installed",
        "Install it for the interpreter that Ansible runs with (see requirements.txt of the collection)",
        "after_repair",
    ),
    "NotReady": (
        "the project or its infrastructure is not ready",
        "Mend what the message names, then run again",
        "after_repair",
    ),
}

_ROWS: dict[str, Row] = {
    # signing in and reaching
    "MissingCredentials": (
        "nothing says who to sign in as",
        "Give auth_source and its options, or run 'az login'; for vCenter VMWARE_USER and VMWARE_PASSWORD",
        "no",
    ),
    "MissingSubscription": (
        "no subscription is named",
        "Set subscription_id (AZURE_SUBSCRIPTION_ID)",
        "no",
    ),
    "MissingOption": ("an option that is needed is not given", "Set the option that the message names", "no"),
    "InvalidAuthority": (
        "the sign-in service knows no such tenant, or is none",
        "Set tenant (AZURE_TENANT) to the id or domain of the tenant, and check cloud_environment",
        "no",
    ),
    "AzureCli": (
        "the Azure CLI is not installed or has no valid session",
        "Run 'az login', or set AZURE_TENANT, AZURE_CLIENT_ID and AZURE_SECRET",
        "no",
    ),
    "NoToken": (
        "no token was given for the identity that auth_source names",
        "Check auth_source, tenant and client_id",
        "no",
    ),
    "BadCaFile": ("the file of the certificate authority cannot be used", "Give a readable PEM file", "no"),
    "BadCertificateFile": (
        "the file with the certificate to sign in with cannot be used",
        "Set x509_certificate_path to a PEM file with the certificate and its RSA private key, without a passphrase",
        "no",
    ),
    "CertificateMismatch": (
        "the certificate to sign in with is not the one of thumbprint",
        "Leave thumbprint out, or set x509_certificate_path to the certificate that it names",
        "no",
    ),
    "CertificateExpired": (
        "the certificate to sign in with has expired",
        "Make a new certificate, upload it to the application, and set x509_certificate_path to it",
        "after_repair",
    ),
    "BadTokenFile": (
        "the file with the federated token cannot be used",
        "Set oidc_token_file_path (AZURE_FEDERATED_TOKEN_FILE) to the file that the identity provider writes",
        "no",
    ),
    "NoManagedIdentity": (
        "nothing on this machine gives tokens of a managed identity",
        "Use auth_source=msi only on a machine of Azure or Azure Arc that has a managed identity",
        "no",
    ),
    "UnknownManagedIdentity": (
        "the machine has no such managed identity",
        "Assign the identity to this machine, or correct client_id (AZURE_CLIENT_ID); leave it out for the machine's own",
        "after_repair",
    ),
    "IdentityHeader": (
        "the endpoint of the managed identity does not accept IDENTITY_HEADER",
        "Run with IDENTITY_ENDPOINT and IDENTITY_HEADER as App Service set them, or with neither",
        "no",
    ),
    "ManagedIdentityRefused": (
        "the endpoint of the managed identity gives no token",
        "Correct what the message names; auth_source, client_id and cloud_environment decide what is asked for",
        "no",
    ),
    "ProxyRefused": (
        "the proxy opens no way to Azure",
        "Have the proxy permit the host; set HTTPS_PROXY with user and password, or NO_PROXY to go around it",
        "after_repair",
    ),
    "ProxyUnreachable": (
        "the proxy itself does not answer",
        "Correct HTTPS_PROXY, or set NO_PROXY to go around it",
        "after_repair",
    ),
    "ConnectionLost": (
        "the connection broke while we were reading",
        "Run again; if it stays, look for a proxy or firewall that cuts connections",
        "later",
    ),
    "TaskTimeout": ("a task of vCenter did not end in time", "Look at the task in vCenter, then run again", "later"),
    "InvalidPath": ("a path is not one of Resource Manager", "Give the id as Azure shows it", "no"),
    "NoSuchDevice": (
        "the virtual machine has no such network adapter any more",
        "Run again: it is looked at anew",
        "later",
    ),
    "NoFolder": ("there is no such folder in vCenter", "Give the path of a folder that exists", "no"),
    # the run
    "internal_error": ("a defect of this collection", _REPORT, "no"),
    "wrong_variables": ("a variable of the play or of a host is wrong", "Correct it, then run again", "no"),
    "timeout": ("it was not done in the time given", _GOES_ON, "later"),
    "no_vcenter": (
        "no vCenter is named",
        "Set hostname, username and password, or VMWARE_HOST, VMWARE_USER and VMWARE_PASSWORD",
        "no",
    ),
    "both_would_run": (
        "shutdown: none leaves the source running beside the target",
        "Use shutdown: service, or confirm with i_know_both_will_run: true",
        "no",
    ),
    "not_deidentified": (
        "the replies of first_contact could not be freed of every identifier; no file was written",
        "Run again; if it stays, report it without the replies",
        "later",
    ),
    "unknown_check": ("there is no check of this name", "Choose one of the checks that the message lists", "no"),
    # the project
    "project_not_found": (
        "the Azure Migrate project is not there, or lacks a solution",
        "Check azlocal_resource_group, azlocal_project and the subscription",
        "no",
    ),
    "no_vault": (
        "the project has no replication vault",
        "Register the source appliance: the vault appears with it",
        "after_repair",
    ),
    "appliance_unknown": (
        "the project knows no appliance of this name",
        "Give the name that the appliance was registered with",
        "no",
    ),
    "appliance_not_connected": (
        "the appliance has no connected replication fabric",
        "Finish the registration in the appliance's configuration manager",
        "after_repair",
    ),
    "appliance_not_configured": (
        "the target appliance was not told yet which Azure Local instance it serves",
        "Give the instance's name and login in the appliance's configuration manager and press Configure there",
        "after_repair",
    ),
    "agent_missing": (
        "the appliance has no replication agent",
        "See whether the replication services run inside the appliance",
        "after_repair",
    ),
    "infrastructure_not_ready": (
        "policy or extension of the replication is missing or not Succeeded",
        "Run azlocal.migrate.infrastructure for this pair of appliances, then run again",
        "after_repair",
    ),
    "no_custom_location": (
        "the Azure Local instance has no custom location, or the identity may not read it or its Arc resource bridge",
        "Let first_contact tell whether a right is missing, and give the role Reader; else see whether the bridge runs",
        "after_repair",
    ),
}

KINDS = table(_KINDS)
OWN_RUN = table(_ROWS)
