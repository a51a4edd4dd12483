# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What vCenter says when it refuses, in our words: one typed error with a sentence, a code and a remedy."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from typing import Any

from .errors import (
    AuthenticationFailed,
    BadReply,
    ClientError,
    Conflict,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    ReplyLost,
    ServiceError,
    Unreachable,
    UntrustedCertificate,
)
from .vcenter_sdk import kind, moid, sdk

CERTIFICATE_REMEDY = (
    "Give the certificate of the authority that signed vCenter's certificate as vcenter_ca_path (VMWARE_CA_PATH), "
    "and address vCenter by the name in its certificate"
)
RUN_AGAIN = "Nothing was changed by this attempt; run again when the other change is over"

# Fault type -> (our type, remedy). Looked up along the fault's base classes, so the nearest entry wins.
_KNOWN: dict[str, tuple[type[ClientError], str]] = {
    "InvalidLogin": (AuthenticationFailed, "Check username (VMWARE_USER), with its domain, and password"),
    "NoClientCertificate": (AuthenticationFailed, "Sign in with user name and password"),
    "PasswordExpired": (AuthenticationFailed, "Set a new password for the account in vCenter Single Sign-On"),
    "NotAuthenticated": (AuthenticationFailed, "The session ended; run again"),
    "NoPermission": (PermissionDenied, ""),  # its remedy names privilege and object, see _permission
    "ManagedObjectNotFound": (NotFound, "It was removed or registered anew since it was read; run again"),
    "NotFound": (NotFound, ""),
    "FileNotFound": (NotFound, ""),
    "DuplicateName": (Conflict, "Choose another name, or rename the object that has it"),
    "AlreadyExists": (Conflict, ""),
    "ConcurrentAccess": (Conflict, RUN_AGAIN),
    "TaskInProgress": (
        Conflict,
        "Another task holds the virtual machine (a snapshot of the appliance, a backup). " + RUN_AGAIN,
    ),
    "ResourceInUse": (Conflict, RUN_AGAIN),
    "InvalidPowerState": (Conflict, "Bring the virtual machine into the power state that the operation needs"),
    "InvalidState": (Conflict, ""),
    "ToolsUnavailable": (
        InvalidRequest,
        "VMware Tools do not run in the guest, so it cannot be asked to shut down: start or install them, shut the "
        "guest down from inside, or allow force_power_off",
    ),
    "InvalidName": (InvalidRequest, "Give a name of at most 80 characters"),
    "InvalidArgument": (InvalidRequest, ""),
    "InvalidRequest": (InvalidRequest, ""),
    "InvalidType": (InvalidRequest, ""),
    "NotSupported": (InvalidRequest, "This vCenter or host does not support the operation"),
    "RestrictedVersion": (InvalidRequest, "The licence of the host forbids changes through the API"),
    "VmConfigFault": (InvalidRequest, ""),
    "HostConnectFault": (Unreachable, "Check hostname, port and that a vCenter answers there"),
}


def from_fault(fault: Any, operation: str) -> ClientError:
    """A fault that vCenter answered (or a task ended with) as one of our errors."""
    names = [base.__name__.rsplit(".", 1)[-1] for base in type(fault).__mro__]
    error_type, remedy = next((_KNOWN[name] for name in names if name in _KNOWN), (ServiceError, ""))
    why = reason(fault)
    if error_type is PermissionDenied:
        why, remedy = _permission(fault)
    return error_type(f"{operation} failed: {why}", code=names[0], remedy=remedy, operation=operation)


def reason(fault: Any) -> str:
    """The fault in words. vCenter's own message where it sent one: it is localised and names the objects."""
    said = str(getattr(fault, "msg", "") or "").strip().rstrip(".")
    details = [
        str(message.message).strip().rstrip(".")
        for message in (getattr(fault, "faultMessage", None) or [])
        if getattr(message, "message", None)
    ]
    words = [said or kind(fault), *(detail for detail in details if detail not in said)]
    if kind(fault) == "InvalidPowerState":
        words.append(f"it is {fault.existingState}")
    if getattr(fault, "invalidProperty", None):
        words.append(f"the argument {fault.invalidProperty} is not valid")
    if kind(fault) == "DuplicateName" and fault.name:
        words.append(f"the name {fault.name} is taken")
    return "; ".join(words)


def _permission(fault: Any) -> tuple[str, str]:
    """Which privilege is missing on which object. Since 7.0.3 vCenter can name several."""
    lacking = [
        (privilege, entry.entity)
        for entry in (getattr(fault, "missingPrivileges", None) or [])
        for privilege in entry.privilegeIds
    ] or [(fault.privilegeId or "unknown", fault.object)]
    told = ", ".join(f"{privilege} on {_object(entity)}" for privilege, entity in lacking)
    return f"the account lacks the privilege {told}", f"Give the account a role in vCenter with {told}"


def _object(managed_object: Any) -> str:
    return "an object" if managed_object is None else f"{kind(managed_object)} {moid(managed_object)}"


def is_expired_session(fault: Any) -> bool:
    """Whether vCenter no longer knows our session."""
    return isinstance(fault, sdk().vim.fault.NotAuthenticated)


def from_transport(error: Exception, operation: str, *, write: bool = False) -> ClientError:
    """What went wrong below SOAP. A change whose answer is missing is ReplyLost unless it surely never left."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = getattr(error, "verify_message", "") or str(error)
        return UntrustedCertificate(
            f"{operation} failed: the certificate is not trusted: {why}",
            code="UntrustedCertificate",
            remedy=CERTIFICATE_REMEDY,
            operation=operation,
        )
    never_sent = isinstance(error, (ConnectionRefusedError, socket.gaierror))
    why = str(error) or type(error).__name__
    if write and not never_sent:
        return ReplyLost(
            f"{operation} was sent, and its answer never came: {why}",
            code=type(error).__name__,
            remedy="It may have been done: look at the virtual machine before you repeat it",
            operation=operation,
        )
    if isinstance(error, http.client.HTTPException) and not isinstance(error, ConnectionError):
        return _from_http(error, operation)
    if isinstance(error, OSError):
        return Unreachable(
            f"{operation} failed: {'no answer' if isinstance(error, TimeoutError) else 'no connection'}: {why}",
            code=type(error).__name__,
            remedy="Check hostname (VMWARE_HOST), port and the network to vCenter",
            operation=operation,
        )
    return BadReply(
        f"{operation} failed: the answer is not vSphere's: {type(error).__name__}: {why}",
        code=type(error).__name__,
        remedy="Check that hostname and port lead to vCenter itself and not to a proxy or another product",
        operation=operation,
    )


def _from_http(error: Exception, operation: str) -> ClientError:
    """pyVmomi puts any HTTP status but 200 and 500 into the text of an HTTPException."""
    match = re.match(r"(\d{3}) ", f"{error} ")
    status = int(match[1]) if match else None
    error_type = ServiceError if status and status >= 500 else BadReply
    return error_type(
        f"{operation} failed: HTTP {error}" if status else f"{operation} failed: {error or type(error).__name__}",
        code=f"HTTP{status}" if status else type(error).__name__,
        remedy="See whether the vSphere API service of vCenter is running",
        status=status,
        operation=operation,
    )
