# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine without the managed identity that was asked for says, through azure-identity and MSAL.

The endpoint is theirs to find: App Service and Azure Arc name it in the environment, a VM has a fixed address.
"""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

from .connections import why
from .errors import AuthenticationFailed

WHAT = "Asking for a token of this machine's managed identity"
_VM_ENDPOINT = "http://169.254.169.254"
_TOLD = re.compile(r"Token request error: \([^)]*\) (?P<why>[^'\"]*)")
_NO_LISTENER = {"ServiceRequestError", "ServiceResponseError", "ConnectionError"}


def endpoint() -> str:
    """Host and port that are asked."""
    named = os.environ.get("IDENTITY_ENDPOINT") or os.environ.get("AZURE_POD_IDENTITY_AUTHORITY_HOST")
    return urlsplit(named or _VM_ENDPOINT).netloc


def refused(error: BaseException, names: set[str], text: str) -> AuthenticationFailed:
    """The error for a token request of a managed identity. ``names``: the types of all exceptions in ``error``."""
    if names & _NO_LISTENER:
        return AuthenticationFailed(
            f"{WHAT} failed: {endpoint()} cannot be reached ({why(error)}).", code="NoManagedIdentity", operation=WHAT
        )
    told = _TOLD.search(text)
    reason = told["why"].strip(" .,") if told else ""
    if "Identity not found" in reason:
        return AuthenticationFailed(
            f"{WHAT} failed: this machine has no such identity.", code="UnknownManagedIdentity", operation=WHAT
        )
    if reason.startswith("401,"):
        return AuthenticationFailed(
            f"{WHAT} failed: {endpoint()} does not accept IDENTITY_HEADER.", code="IdentityHeader", operation=WHAT
        )
    if reason:
        return AuthenticationFailed(
            f"{WHAT} failed: {endpoint()} says '{reason}'.", code="ManagedIdentityRefused", operation=WHAT
        )
    # The metadata service answers without a body while it is busy; the SDK has asked again by then.
    return AuthenticationFailed(
        f"{WHAT} failed: {endpoint()} gave no answer that can be read.", code="NoManagedIdentity", operation=WHAT
    )
