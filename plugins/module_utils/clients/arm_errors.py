# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an answer of Resource Manager means when it is not the one we wanted. Pure: bytes and headers in, errors out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ..catalogue.index import find
from ..catalogue.rights import role_for
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
    Throttled,
    Unreachable,
)

_LONGEST_REASON = 600
_VERBS = {
    "GET": "Reading",
    "PUT": "Creating or replacing",
    "PATCH": "Updating",
    "POST": "Calling",
    "DELETE": "Deleting",
}

# Codes that decide by themselves, whatever HTTP status carries them (the same code comes as 400, 403, 404 and 409).
_KIND_BY_CODE: dict[str, type[ClientError]] = {
    "authorizationfailed": PermissionDenied,
    "linkedauthorizationfailed": PermissionDenied,
    "invalidauthenticationtoken": AuthenticationFailed,
    "invalidauthenticationtokentenant": AuthenticationFailed,
    "expiredauthenticationtoken": AuthenticationFailed,
    "authenticationfailed": AuthenticationFailed,
    "subscriptionnotfound": NotFound,
    "resourcegroupnotfound": NotFound,
    "resourcenotfound": NotFound,
    "parentresourcenotfound": NotFound,
    "noregisteredproviderfound": InvalidRequest,
    "invalidresourcetype": InvalidRequest,
    "invalidresourcenamespace": InvalidRequest,
    "invalidapiversionparameter": InvalidRequest,
    "unsupportedapiversion": InvalidRequest,
    "missingsubscriptionregistration": Conflict,
    "requestdisallowedbypolicy": PermissionDenied,
    "scopelocked": Conflict,
    "conflict": Conflict,
}

_KIND_BY_STATUS: dict[int, type[ClientError]] = {
    401: AuthenticationFailed,
    403: PermissionDenied,
    404: NotFound,
    409: Conflict,
    410: NotFound,
    412: Conflict,
    423: Conflict,
    429: Throttled,
}

VERSION_REFUSALS = frozenset(
    {"noregisteredproviderfound", "invalidresourcetype", "invalidapiversionparameter", "unsupportedapiversion"}
)

# A linked refusal begins with what is permitted; what is lacking, and where, comes after it.
_PERMITTED = re.compile(r"has permission to perform action(?:\(s\))? '[^']+' on scope '[^']+'")
_ACTION = re.compile(r"perform action(?:\(s\))? '(?P<action>[^']+)'")
_SCOPE = re.compile(r"(?:over|on) (?:the )?(?:linked )?scope(?:\(s\))? '(?P<scope>[^']+)'")
# "The supported api-versions are 'a, b, c'" and "The supported versions are 'a,b'"
_SUPPORTED = re.compile(r"supported (?:api-)?versions are '(?P<versions>[^']*)'", re.IGNORECASE)
_VERSION = re.compile(r"^\d{4}-\d{2}-\d{2}(?:-[A-Za-z0-9.]+)?$")


class ArmFault(NamedTuple):
    """The part of an error body that a person can use."""

    code: str
    reason: str
    whole: str = ""  # the reason before it was cut to a readable length


def describe(method: str, path: str) -> str:
    """What a request does, in words short enough for a sentence: "Reading vmwareSites/site1/machines"."""
    verb = _VERBS.get(method.upper(), method.upper())
    bare = urlsplit(path).path.strip("/")
    _before, found, tail = bare.rpartition("providers/")
    if found and "/" in tail:
        return f"{verb} {tail.partition('/')[2]}"
    pieces = bare.split("/")
    return f"{verb} {'/'.join(pieces[-2:])}"


def parse_fault(content: bytes) -> ArmFault | None:
    """The code and the reason in an error body, or None where the body is no error of Resource Manager's."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    lowered = {str(key).lower(): value for key, value in body.items()}
    error = lowered.get("error", lowered)
    if isinstance(error, str):  # the OAuth form
        return ArmFault(_one_line(error), _one_line(str(lowered.get("error_description") or error)))
    return _fault_of(error) if isinstance(error, dict) else None


def _fault_of(error: Mapping[Any, Any]) -> ArmFault | None:
    entry = {str(key).lower(): value for key, value in error.items()}
    if entry.get("code") is None and entry.get("message") is None:
        return None
    code, reason = (_one_line(str(entry.get(key) or "")) for key in ("code", "message"))
    for inner in _inner_messages(entry):
        if inner and inner not in reason:
            reason = f"{reason} {inner}".strip()
    return ArmFault(code, _cut(reason or code), reason)


def _inner_messages(entry: Mapping[str, Any], depth: int = 4) -> list[str]:
    """Messages in `details` and `innererror`: often the only place where the real cause stands."""
    found: list[str] = []
    details = entry.get("details")
    for child in [*(details if isinstance(details, list) else []), entry.get("innererror")]:
        if isinstance(child, dict) and depth:
            lowered = {str(key).lower(): value for key, value in child.items()}
            found.append(_one_line(str(lowered.get("message") or "")))
            found += _inner_messages(lowered, depth - 1)
    return found


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_REASON else text[: _LONGEST_REASON - 3].rstrip() + "..."


def error_of(method: str, path: str, status: int, headers: Mapping[str, str], content: bytes) -> ClientError:
    """The error that a reply with this status stands for. Header names are in lower case."""
    operation = f"{method} {urlsplit(path).path}"
    what = describe(method, path)
    correlation = correlation_of(headers)
    fault = parse_fault(content)
    if fault is None and content.strip():
        return not_json(method, path, status, headers)
    code, reason, whole = fault or ArmFault("", f"the answer was HTTP {status} without a body")
    kind = _kind_of(code, status)
    told = reason.rstrip(".") or "the answer gives no reason"
    message, remedy = f"{what} failed: {told} ({code or f'HTTP {status}'}).", ""
    if kind is PermissionDenied and code.lower() != "requestdisallowedbypolicy":
        message, remedy = _denied(what, code, whole, message, operation)
    error = kind(message, code=code, remedy=remedy, correlation_id=correlation, status=status, operation=operation)
    if isinstance(error, InvalidRequest) and code.lower() in VERSION_REFUSALS:
        error.supported_versions = supported_versions(whole)
    return error


def _kind_of(code: str, status: int) -> type[ClientError]:
    by_code = _KIND_BY_CODE.get(code.lower())
    # A throttled or broken service is that, whatever word it uses.
    if by_code and status != 429 and status < 500:
        return by_code
    if status >= 500 or status == 408:
        return ServiceError
    return _KIND_BY_STATUS.get(status, InvalidRequest if status >= 400 else BadReply)


def _denied(what: str, code: str, whole: str, message: str, operation: str) -> tuple[str, str]:
    """What is lacking, and where. Read from the whole text: ARM ids are long, and what is lacking stands at its end."""
    lacking = _lacking(whole)
    if not lacking:
        known = find(code)
        told = known.remedy if known else "Give the identity a role that permits this"
        return message, f"{told} (refused was {operation})"
    told = " and ".join(f"'{action}' on '{scope}'" for action, scope in lacking)
    roles = " and ".join(dict.fromkeys(role_for(action) for action, _scope in lacking))
    return (
        f"{what} is not permitted: the identity may not do {told} ({code}).",
        f"Give the identity a role that permits {told} (the built-in role {roles} usually "
        "does); a new role takes some minutes to work",
    )


def _lacking(whole: str) -> list[tuple[str, str]]:
    """The actions that are refused, each with its scope. Several are joined by commas, scopes in the same order."""
    told = _PERMITTED.sub("", whole)
    actions, scopes = _ACTION.findall(told), _SCOPE.findall(told)
    if not actions or not scopes:
        return []
    apart = actions[-1].split(","), scopes[-1].split(",")
    return [*zip(*apart, strict=True)] if len(apart[0]) == len(apart[1]) else [(actions[-1], scopes[-1])]


def not_json(method: str, path: str, status: int, headers: Mapping[str, str]) -> BadReply:
    """Something answered that is not Resource Manager."""
    kind = headers.get("content-type", "").partition(";")[0].strip() or "no content type"
    return BadReply(
        f"{describe(method, path)} failed: the answer (HTTP {status}, {kind}) is not from Azure Resource Manager.",
        remedy="Check cloud_environment, and whether a proxy or firewall answers in its place.",
        correlation_id=correlation_of(headers),
        status=status,
        operation=f"{method} {urlsplit(path).path}",
    )


def supported_versions(reason: str) -> tuple[str, ...]:
    """The api-versions that a refusal names."""
    found = _SUPPORTED.search(reason)
    words = re.split(r"[,\s]+", found["versions"]) if found else []
    return tuple(word for word in words if _VERSION.match(word))


def correlation_of(headers: Mapping[str, str]) -> str:
    """The id under which Microsoft finds this request again."""
    return headers.get("x-ms-correlation-request-id") or headers.get("x-ms-request-id") or ""


def job_id_of(operation_url: str) -> str:
    """The job behind a long-running operation: `{jobId}_{vaultServiceResourceId}` is the URL's last part."""
    return urlsplit(operation_url).path.rstrip("/").rpartition("/")[2].partition("_")[0]


def is_json(content: bytes) -> bool:
    """Whether these bytes are JSON of any kind."""
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def wants_fresh_token(error: ClientError) -> bool:
    """Whether a new token may help: it is refused as such, not for the tenant it comes from."""
    return error.status == 401 and error.code.lower() != "invalidauthenticationtokentenant"


def lost(method: str, path: str, error: ClientError) -> ReplyLost:
    """A change was sent, and what came back does not say whether it was made."""
    return ReplyLost(
        f"{describe(method, path)} was sent, but whether it was done is not known: {error}",
        code="ReplyLost",  # its own remedy; the code of what came back is in the sentence
        correlation_id=error.correlation_id,
        status=error.status,
        operation=f"{method} {urlsplit(path).path}",
    )


def given_up(error: ClientError, attempts: int) -> ClientError:
    """The error to show when no further attempt is made."""
    if isinstance(error, ReplyLost):  # of a read: nothing was changed, so there is nothing to look for
        error = Unreachable(
            error.message,
            code="ConnectionLost",
            correlation_id=error.correlation_id,
            operation=error.operation,
        )
    if attempts > 1:
        error.message = f"{error.message.rstrip('.')}, after {attempts} attempts."
    return error
