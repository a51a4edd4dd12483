# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What replies mean, without a wire: whatever comes, one typed error with one clear sentence comes out."""

from __future__ import annotations

import json
import socket
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.azlocal.migrate.plugins.module_utils.clients import arm_errors, arm_sign_in, connections
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm_retry import Patience, retry_after
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.clock import Clock
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import (
    BadReply,
    ClientError,
    Conflict,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    ServiceError,
    Throttled,
    Unreachable,
    UntrustedCertificate,
)

PATH = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.OffAzure/VMwareSites/site1/machines"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "code", "message", "details", "innererror", "Message", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


def body(code: str, message: str = "why.", **more: Any) -> bytes:
    return json.dumps({"error": {"code": code, "message": message, **more}}).encode()


def error_of(status: int, content: bytes, **headers: str) -> ClientError:
    return arm_errors.error_of("GET", PATH, status, headers, content)


@given(status=st.integers(300, 599), content=st.binary(max_size=60) | json_values.map(lambda v: json.dumps(v).encode()))
@example(status=400, content=b'{"error": "\\n"}')
@example(status=400, content=b'{"error": {"code": "a\\nb", "message": ""}}')
def test_every_reply_becomes_one_sentence(status: int, content: bytes) -> None:
    error = error_of(status, content)
    assert str(error).startswith("Reading VMwareSites/site1/machines")
    assert str(error).endswith(".")
    assert "\n" not in str(error)
    assert len(str(error)) < 900
    assert error.status == status
    if content.strip() and arm_errors.parse_fault(content) is None:
        assert isinstance(error, BadReply)
    if isinstance(error, (InvalidRequest, NotFound, Conflict, PermissionDenied)):
        assert status < 500


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "AuthorizationFailed", PermissionDenied),
        (400, "SubscriptionNotFound", NotFound),
        (404, "SubscriptionNotFound", NotFound),
        (404, "ResourceGroupNotFound", NotFound),
        (404, "resourcenotfound", NotFound),
        (404, "InvalidResourceType", InvalidRequest),
        (400, "NoRegisteredProviderFound", InvalidRequest),
        (409, "MissingSubscriptionRegistration", Conflict),
        (409, "Whatever", Conflict),
        (400, "Whatever", InvalidRequest),
        (429, "Conflict", Throttled),
        (503, "Conflict", ServiceError),
        (500, "ResourceNotFound", ServiceError),
    ],
)
def test_kinds(status: int, code: str, kind: type[ClientError]) -> None:
    error = error_of(status, body(code))
    assert type(error) is kind
    assert error.code == code
    assert str(error) == f"Reading VMwareSites/site1/machines failed: why ({code})."


def test_a_linked_refusal_names_what_is_missing() -> None:
    message = (
        "The client 'c' with object id 'o' has permission to perform action 'A/write' on scope '/have'; however, it does "
        "not have permission to perform action(s) 'B/join/action' on the linked scope(s) '/lack' or the linked scope(s) "
        "are invalid."
    )
    error = error_of(403, body("LinkedAuthorizationFailed", message))
    assert "'B/join/action' on '/lack'" in str(error)
    assert "'B/join/action'" in error.remedy


HERE = f"'A/write' on scope '/have/{'x' * 600}'"  # ARM ids are long: what is lacking stands far behind


@pytest.mark.parametrize(
    ("told", "lacking"),
    [
        ("action(s) 'B/join/action' on the linked scope(s) '/b' (respectively)", "'B/join/action' on '/b'"),
        ("action 'B/join/action' on the linked scope(s) '/b,/c'", "'B/join/action' on '/b,/c'"),
        (
            "action(s) 'B/x/action,C/y/read' on the linked scope(s) '/b,/c'",
            "'B/x/action' on '/b' and 'C/y/read' on '/c'",
        ),
    ],
)
def test_a_linked_refusal_never_names_what_is_permitted(told: str, lacking: str) -> None:
    message = (
        f"The client 'c' with object id 'o' has permission to perform action {HERE}; however, it does not have permission "
        f"to perform {told} or the linked scope(s) are invalid."
    )
    error = error_of(403, body("LinkedAuthorizationFailed", message))
    assert f"may not do {lacking} (" in str(error)
    assert error.remedy.startswith(f"Give the identity a role that permits {lacking} (the built-in role ")
    assert ("Contributor and Reader" in error.remedy) == ("C/y/read" in lacking)
    assert "A/write" not in str(error) + error.remedy


def test_a_linked_subscription_of_another_tenant_is_no_missing_action() -> None:
    message = "The client has permission to perform action 'A/write' on scope '/have', however the current tenant 't' "
    error = error_of(
        403, body("LinkedAuthorizationFailed", f"{message}is not authorized to access linked subscription 's'.")
    )
    assert "linked subscription 's'" in str(error)
    assert "A/write" not in error.remedy and "linked resource or subscription" in error.remedy


def test_a_refusal_names_the_role_that_usually_helps() -> None:
    action = "Microsoft.Authorization/roleAssignments/write"
    message = f"The client 'c' does not have authorization to perform action '{action}' over scope '/lack' or so."
    error = error_of(403, body("AuthorizationFailed", message))
    assert error.remedy.startswith(f"Give the identity a role that permits '{action}' on '/lack'")
    assert "User Access Administrator" in error.remedy


def test_a_refusal_without_action_and_scope_names_the_request() -> None:
    error = error_of(403, body("Forbidden", "No."))
    assert "VMwareSites/site1/machines" in error.remedy and error.remedy.startswith("Give the identity a role")
    policy = error_of(403, body("RequestDisallowedByPolicy", "No."))
    assert policy.remedy == "Ask whoever owns Azure Policy in this subscription for an exemption"


def test_a_lost_reply_is_that_whatever_came_back() -> None:
    lost = arm_errors.lost("PUT", "/x/y", error_of(503, body("ServiceUnavailable")))
    assert lost.code == "ReplyLost" and "ServiceUnavailable" in str(lost)
    assert lost.remedy.startswith("Look whether")


def test_the_cause_in_the_details_is_shown() -> None:
    details = [{"code": "Inner", "message": "disk is full"}, {"code": "Same", "message": "why"}]
    error = error_of(400, body("Outer", details=details, innererror={"details": [{"message": "deep"}]}))
    assert "why. disk is full deep (Outer)" in str(error)


def test_correlation() -> None:
    assert error_of(404, body("x"), **{"x-ms-correlation-request-id": "c"}).correlation_id == "c"
    assert error_of(404, body("x"), **{"x-ms-request-id": "r"}).correlation_id == "r"


@given(st.lists(st.from_regex(r"20[0-9]{2}-[01][0-9]-[0-3][0-9](-preview)?", fullmatch=True), max_size=60))
def test_supported_versions(versions: list[str]) -> None:
    message = f"No provider for API version 'x'. The supported api-versions are '{', '.join(versions)}'. The supported"
    error = error_of(400, body("NoRegisteredProviderFound", message))
    assert isinstance(error, InvalidRequest)
    assert error.supported_versions == tuple(versions)
    assert InvalidRequest("x").supported_versions == ()


@given(
    job=st.uuids().map(str), vault=st.from_regex(r"[0-9]*", fullmatch=True), query=st.sampled_from(["", "?t=1&c=a_b/c"])
)
def test_job_id(job: str, vault: str, query: str) -> None:
    assert arm_errors.job_id_of(f"https://x/a_b/operationResults/{job}_{vault}{query}") == job
    assert arm_errors.job_id_of(f"https://x/operationResults/{job}{query}") == job


@given(st.text(max_size=80))
def test_job_id_of_anything(text: str) -> None:
    found = arm_errors.job_id_of(f"/x/{text}")
    assert "/" not in found
    assert "_" not in found


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("GET", PATH, "Reading VMwareSites/site1/machines"),
        ("PUT", f"https://h:1{PATH}/m?api-version=1&s=secret", "Creating or replacing VMwareSites/site1/machines/m"),
        ("GET", "/subscriptions/s/resourceGroups/rg", "Reading resourceGroups/rg"),
        ("POST", "/providers/Microsoft.ResourceGraph/resources", "Calling resources"),
        ("GET", "/a/providers/Microsoft.A/b/c/providers/Microsoft.D/e/f", "Reading e/f"),
    ],
)
def test_describe(method: str, path: str, words: str) -> None:
    assert arm_errors.describe(method, path) == words


@given(st.floats(0, 1e6))
def test_retry_after_in_seconds(seconds: float) -> None:
    assert retry_after({"retry-after": str(seconds)}) == seconds


@given(st.integers(-100, 100000))
def test_retry_after_as_a_date(seconds: int) -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    until = format_datetime(now + timedelta(seconds=seconds), usegmt=True)
    assert retry_after({"retry-after": until}, now) == max(0, seconds)
    theirs = format_datetime(now, usegmt=True)
    assert retry_after({"retry-after": until, "date": theirs}, now + timedelta(days=3)) == max(0, seconds)


@given(st.text(max_size=30) | st.sampled_from(["nan", "inf", "-inf", "-5", "1e400", ""]))
def test_retry_after_of_anything(text: str) -> None:
    for name in ("retry-after", "retry-after-ms", "x-ms-user-quota-resets-after"):
        found = retry_after({name: text}, datetime(2026, 1, 1, tzinfo=UTC))
        assert found is None or 0 <= found < float("inf")


def test_retry_after_elsewhere() -> None:
    assert retry_after({"x-ms-retry-after-ms": "250"}) == 0.25
    assert retry_after({"x-ms-user-quota-resets-after": "00:01:05"}) == 65
    assert retry_after({}) is None


@given(
    asked=st.lists(st.none() | st.floats(0, 50), max_size=40),
    jitter=st.floats(0, 1),
    deadline=st.floats(1, 200),
)
def test_patience_never_outlives_its_deadline(asked: list[float | None], jitter: float, deadline: float) -> None:
    naps: list[float] = []
    patience = Patience(deadline, clock=Clock(sleep=naps.append, monotonic=lambda: sum(naps)), jitter=lambda: jitter)
    for wanted in asked:
        before = len(naps)
        if patience.pause(wanted):
            assert naps[-1] >= (wanted or 0.1)
        else:
            assert len(naps) == before
    assert sum(naps) <= deadline
    assert patience.attempts == len(naps) + 1


def test_connection_errors() -> None:
    refused = RuntimeError("outer")
    refused.__cause__ = ConnectionRefusedError(111, "Connection refused")
    found = connections.no_connection(refused, "host", "Reading x")
    assert type(found) is Unreachable
    assert str(found) == "Reading x failed: host cannot be reached (Connection refused)."
    nowhere = connections.no_connection(OSError(socket.gaierror(-2, "Name or service not known")), "host", "Reading x")
    assert "Name or service not known" in str(nowhere)
    wrong = ssl.SSLCertVerificationError("certificate verify failed: self-signed certificate")
    assert type(connections.no_connection(RuntimeError(wrong), "host", "Reading x")) is UntrustedCertificate


def test_a_circle_of_causes_ends() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert len([*connections.chain(first)]) == 2


def test_a_client_error_passes_unchanged() -> None:
    error = InvalidRequest("x")
    assert arm_sign_in.sign_in_error(error, "https://login", "secret") is error
