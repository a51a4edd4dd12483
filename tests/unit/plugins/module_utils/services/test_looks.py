# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks: each fails alone, says why without names, and nothing is asked again that cannot be better."""

from __future__ import annotations

import json

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients import errors
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm_wire import Exchange
from ansible_collections.azlocal.migrate.plugins.module_utils.domain.evidence import Look
from ansible_collections.azlocal.migrate.plugins.module_utils.services.looks import Looks, Witness, failure_of

KINDS = [
    kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ClientError)
]  # fmt: skip


def raising(error: Exception) -> Look:
    raise error


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_failure_says_why_and_what_to_do_and_names_nobody(kind: type[errors.ClientError]) -> None:
    error = kind("reading vault berlin failed for 10.1.2.3", code="SomeCode", remedy="ask berlin")
    failure = failure_of(error)
    assert failure.code == "SomeCode"
    assert failure.why.endswith("(SomeCode)")
    assert failure.remedy
    assert "berlin" not in failure.why + failure.remedy


@pytest.mark.parametrize("code", ["", "it was berlin", "<html>", "x" * 200])
def test_what_is_no_code_is_not_told(code: str) -> None:
    assert failure_of(errors.ServiceError("broken", code=code)).code == "ServiceError"


def test_a_defect_of_ours_is_a_failure_of_that_look_alone() -> None:
    looks = Looks()
    look = looks.ask("one", lambda: raising(KeyError("berlin")))
    assert look.failure
    assert (look.failure.code, "berlin" in look.failure.why) == ("internal_error", False)
    assert looks.ask("two", lambda: Look(key="two", pages=("x",))).pages == ("x",)


@pytest.mark.parametrize("kind", [errors.AuthenticationFailed, errors.Unreachable, errors.UntrustedCertificate])
def test_after_a_final_error_nothing_is_asked_any_more(kind: type[errors.ClientError]) -> None:
    looks = Looks()
    looks.ask("one", lambda: raising(kind("no", code="Final")))
    look = looks.ask("two", lambda: pytest.fail("asked again"))
    assert look.failure == looks.made["one"].failure


def test_a_refusal_does_not_stop_the_others() -> None:
    looks = Looks()
    looks.ask("one", lambda: raising(errors.PermissionDenied("no", code="AuthorizationFailed")))
    assert looks.ask("two", lambda: Look(key="two")).failure is None


def test_what_is_not_there_is_gone_and_a_missing_group_is_a_failure() -> None:
    looks = Looks()
    assert looks.ask("one", lambda: raising(errors.NotFound("no", code="ResourceNotFound"))).gone
    assert looks.ask("two", lambda: raising(errors.NotFound("no", code="ResourceGroupNotFound"))).failure


def test_what_needs_a_failed_look_fails_with_it() -> None:
    looks = Looks()
    failed = looks.ask("vault", lambda: raising(errors.ServiceError("no", code="Broken")))
    assert looks.without("items", "there is no vault", "vault").failure == failed.failure
    assert looks.without("agents", "there is no fabric", "fabrics").absent == "there is no fabric"


def test_a_witness_keeps_what_it_saw_under_the_look_of_the_moment() -> None:
    witness = Witness()
    for look, content in (("vault", json.dumps({"id": 1}).encode()), ("items", b"<html>")):
        witness.look = look
        witness.saw(Exchange("GET", "https://x", 200, {"date": "now"}, content, "id"))
    assert [(reply.look, reply.body, reply.headers) for reply in witness.replies] == [
        ("vault", {"id": 1}, {"date": "now"}),
        ("items", None, {"date": "now"}),
    ]
    assert witness.replies[0].at.tzinfo
