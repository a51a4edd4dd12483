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

from ..catalogue.index import find
from ..catalogue.rights import place_of
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

# Fault type -> our type. Looked up along the fault's base classes, so the nearest entry wins; the catalogue has the
# remedies.
_KNOWN: dict[str, type[ClientError]] = {
    "InvalidLogin": AuthenticationFailed,
    "NoClientCertificate": AuthenticationFailed,
    "PasswordExpired": AuthenticationFailed,
    "NotAuthenticated": AuthenticationFailed,
    "NoPermission": PermissionDenied,
    "ManagedObjectNotFound": NotFound,
    "NotFound": NotFound,
    "FileNotFound": NotFound,
    "DuplicateName": Conflict,
    "AlreadyExists": Conflict,
    "ConcurrentAccess": Conflict,
    "TaskInProgress": Conflict,
    "RemoveFailed": Conflict,
    "ResourceInUse": Conflict,
    "InvalidPowerState": Conflict,
    "InvalidState": Conflict,
    "MethodDisabled": Conflict,
    "ToolsUnavailable": InvalidRequest,
    "InvalidName": InvalidRequest,
    "InvalidArgument": InvalidRequest,
    "InvalidRequest": InvalidRequest,
    "InvalidType": InvalidRequest,
    "NotSupported": InvalidRequest,
    "RestrictedVersion": InvalidRequest,
    "VmConfigFault": InvalidRequest,
    "OvfFault": InvalidRequest,
    "HostConnectFault": Unreachable,
}


def from_fault(fault: Any, operation: str) -> ClientError:
    """A fault that vCenter answered (or a task ended with) as one of our errors."""
    names = [base.__name__.rsplit(".", 1)[-1] for base in type(fault).__mro__]
    error_type = next((_KNOWN[name] for name in names if name in _KNOWN), ServiceError)
    meanings = [meaning for meaning in map(find, names) if meaning]
    why, remedy = reason(fault), meanings[0].remedy if meanings else ""
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
    places = ", ".join(dict.fromkeys(filter(None, (place_of(privilege) for privilege, _entity in lacking))))
    shown = f" (in the vSphere Client: {places})" if places else ""
    return f"the account lacks the privilege {told}", f"Give the account a role in vCenter with {told}{shown}"


def kept_back(path: str, fault: Any) -> dict[str, str]:
    """A property that vCenter did not show, as plain data: which, for want of which privilege, or why else."""
    groups = getattr(fault, "missingPrivileges", None) or []
    lacking = [privilege for entry in groups for privilege in entry.privilegeIds]
    told = ", ".join(dict.fromkeys(lacking)) or str(getattr(fault, "privilegeId", None) or "")
    return {"path": path, "privilege": told, "fault": kind(fault)}


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
            code="ReplyLost",
            remedy="It may have been done: look at the virtual machine before you repeat it",
            operation=operation,
        )
    if isinstance(error, http.client.HTTPException) and not isinstance(error, ConnectionError):
        return _from_http(error, operation)
    if isinstance(error, OSError):
        return Unreachable(
            f"{operation} failed: {'no answer' if isinstance(error, TimeoutError) else 'no connection'}: {why}",
            code="Unreachable",
            remedy="Check hostname (VMWARE_HOST), port and the network to vCenter",
            operation=operation,
        )
    return BadReply(
        f"{operation} failed: the answer is not vSphere's: {type(error).__name__}: {why}",
        code="BadReply",
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
        code=error_type.__name__,
        remedy="See whether the vSphere API service of vCenter is running",
        status=status,
        operation=operation,
    )
