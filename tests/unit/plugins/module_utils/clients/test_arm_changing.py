# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing: what is sent once, what may be sent twice, and how long-running operations end."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient, Reply
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import (
    BadReply,
    ClientError,
    Conflict,
    DeadlineExceeded,
    InvalidRequest,
    NotFound,
    ReplyLost,
    ServiceError,
    Unreachable,
)
from ansible_collections.azlocal.migrate.tests.support.https_server import Answer, HttpsServer

pytestmark = pytest.mark.usefixtures("no_azure_environment")

VAULT = "/subscriptions/sub1/resourceGroups/rg1/providers/Microsoft.DataReplication/replicationVaults/v1"
ITEM = f"{VAULT}/protectedItems/vm1"
JOB = "7b1c6ab2-0000-4000-8000-000000000001"
OPERATION = "/subscriptions/sub1/providers/Microsoft.DataReplication/locations/x/operationResults"
V = "2024-09-01"


def fault(status: int, code: str, **headers: str) -> Answer:
    body = {"error": {"code": code, "message": "why it failed"}}
    return Answer(body, status=status, headers={"x-ms-correlation-request-id": "corr-1"} | headers)


def operation_url(azure: HttpsServer) -> str:
    return f"{azure.url}{OPERATION}/{JOB}_4471?api-version={V}&t=1&c=MII%2B&s=a%3D&h=b"


def started(azure: HttpsServer, header: str = "Azure-AsyncOperation") -> Answer:
    return Answer({"name": "vm1"}, status=201, headers={header: operation_url(azure), "Retry-After": "15"})


CHANGES: dict[str, Callable[[ArmClient], Reply]] = {
    "PUT": lambda arm: arm.put(ITEM, V, {"properties": {}}),
    "PATCH": lambda arm: arm.patch(ITEM, V, {"properties": {}}),
    "POST": lambda arm: arm.post(ITEM, V, {"properties": {}}),
    "DELETE": lambda arm: arm.delete(ITEM, V, {"forceDelete": "true"}),
}
every_method = pytest.mark.parametrize("method", CHANGES)


@pytest.mark.parametrize("header", ["Azure-AsyncOperation", "Location"])
@every_method
def test_a_change_names_its_job(azure: HttpsServer, arm: ArmClient, method: str, header: str) -> None:
    azure.on(method, ITEM, started(azure, header))
    reply = CHANGES[method](arm)
    assert (reply.status, reply.body, reply.retry_after_s) == (201, {"name": "vm1"}, 15)
    assert (reply.job_id, reply.operation_url) == (JOB, operation_url(azure))
    assert azure.requests[-1].body == (b"" if method == "DELETE" else b'{"properties": {}}')
    assert ("forceDelete=true" in azure.requests[-1].query) == (method == "DELETE")


def test_an_answer_without_body_and_operation(azure: HttpsServer, arm: ArmClient) -> None:
    azure.on("DELETE", ITEM, Answer(status=204))
    reply = arm.delete(ITEM, V)
    assert (reply.status, reply.body, reply.operation_url, reply.job_id) == (204, None, "", "")
    arm.wait(reply, 10)
    assert azure.count("DELETE", ITEM) == 1


@every_method
def test_a_throttled_change_is_sent_again(azure: HttpsServer, arm: ArmClient, clock: Any, method: str) -> None:
    azure.on(method, ITEM, fault(429, "TooManyRequests", **{"Retry-After": "4"}), Answer(status=202))
    assert CHANGES[method](arm).status == 202
    assert clock.naps == [4]
    assert azure.count(method, ITEM) == 2


@pytest.mark.parametrize(
    "answer",
    [
        Answer(fault="reset"),
        Answer({"name": "vm1"}, status=201, fault="cut"),
        Answer(b"<html>", status=200),
        Answer(b'{"na', status=200),
        fault(500, "InternalServerError"),
        fault(503, "ServerBusy", **{"Retry-After": "1"}),
        Answer(b"<html>gateway</html>", status=502),
        fault(408, "RequestTimeout"),
    ],
)
@every_method
def test_an_uncertain_change_is_not_sent_again(
    azure: HttpsServer, arm: ArmClient, clock: Any, method: str, answer: Answer
) -> None:
    azure.on(method, ITEM, answer)
    with pytest.raises(ReplyLost) as caught:
        CHANGES[method](arm)
    assert azure.count(method, ITEM) == 1
    assert clock.naps == []
    assert caught.value.operation == f"{method} {ITEM}"
    assert "protectedItems/vm1" in str(caught.value)
    assert "Look whether" in caught.value.remedy


def test_a_slow_change_is_lost_not_repeated(azure: HttpsServer, new_arm: Callable[..., ArmClient]) -> None:
    azure.on("PUT", ITEM, Answer(status=201, delay_s=1.5))
    with pytest.raises(ReplyLost, match="timed out"):
        new_arm(client={"deadline_s": 1}).put(ITEM, V, {})
    assert azure.count("PUT", ITEM) == 1


@every_method
def test_a_change_that_was_never_sent_is_tried_again(
    azure: HttpsServer, new_arm: Callable[..., ArmClient], clock: Any, method: str
) -> None:
    azure.on("GET", VAULT, Answer({}, headers={"Connection": "close"}))
    arm = new_arm(client={"deadline_s": 20})
    arm.get(VAULT, V)
    azure.stop()
    with pytest.raises(Unreachable, match="Connection refused"):
        CHANGES[method](arm)
    assert len(clock.naps) > 2
    assert azure.count(method, ITEM) == 0


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (409, "Conflict", Conflict),
        (409, "MissingSubscriptionRegistration", Conflict),
        (412, "PreconditionFailed", Conflict),
        (400, "BadRequest", InvalidRequest),
        (404, "ResourceNotFound", NotFound),
    ],
)
def test_a_refused_change(azure: HttpsServer, arm: ArmClient, status: int, code: str, kind: type[ClientError]) -> None:
    azure.on("PUT", ITEM, fault(status, code))
    with pytest.raises(kind) as caught:
        arm.put(ITEM, V, {})
    assert caught.value.code == code
    assert azure.count("PUT", ITEM) == 1


def test_wait_follows_the_url_as_it_stands_until_the_end(azure: HttpsServer, arm: ArmClient, clock: Any) -> None:
    azure.on("PUT", ITEM, started(azure))
    azure.on(
        "GET",
        f"{OPERATION}/{JOB}_4471",
        Answer({"status": "InProgress"}, headers={"Retry-After": "7"}),
        Answer({"status": "Running"}),
        fault(503, "ServerBusy"),
        Answer({"status": "Succeeded"}),
    )
    arm.wait(arm.put(ITEM, V, {}), 100)
    assert clock.naps == [15, 7, 15, 0.5]
    assert azure.requests[-1].target == operation_url(azure).removeprefix(azure.url)


@pytest.mark.parametrize("last", [Answer(status=200), Answer(status=204), Answer({"name": "vm1"}, status=200)])
def test_wait_in_the_form_of_location(azure: HttpsServer, arm: ArmClient, last: Answer) -> None:
    azure.on("DELETE", ITEM, Answer(status=202, headers={"Location": operation_url(azure)}))
    azure.on("GET", f"{OPERATION}/{JOB}_4471", Answer(status=202), Answer(status=202), last)
    arm.wait(arm.delete(ITEM, V), 100)
    assert azure.count("GET", f"{OPERATION}/{JOB}_4471") == 3


@pytest.mark.parametrize("status", ["Failed", "Canceled", "Cancelled"])
def test_wait_for_something_that_fails(azure: HttpsServer, arm: ArmClient, status: str) -> None:
    azure.on("PUT", ITEM, started(azure))
    azure.on(
        "GET",
        f"{OPERATION}/{JOB}_4471",
        Answer({"status": status, "error": {"code": "1000001", "message": "Turning off VM fails."}}),
    )
    with pytest.raises(ServiceError, match="Turning off VM fails") as caught:
        arm.wait(arm.put(ITEM, V, {}), 100)
    assert (caught.value.code, caught.value.operation) == ("1000001", JOB)


def test_wait_ends_with_its_time(azure: HttpsServer, arm: ArmClient, clock: Any) -> None:
    azure.on("PUT", ITEM, started(azure))
    azure.on("GET", f"{OPERATION}/{JOB}_4471", Answer({"status": "InProgress"}, headers={"Retry-After": "15"}))
    with pytest.raises(DeadlineExceeded, match=JOB):
        arm.wait(arm.put(ITEM, V, {}), 40)
    assert sum(clock.naps) == 40
    assert azure.count("GET", f"{OPERATION}/{JOB}_4471") == 3


def test_an_operation_elsewhere_is_not_followed(azure: HttpsServer, arm: ArmClient) -> None:
    azure.on("PUT", ITEM, Answer(status=202, headers={"Location": "https://elsewhere.example/x"}))
    reply = arm.put(ITEM, V, {})
    with pytest.raises(BadReply, match="elsewhere"):
        arm.wait(reply, 10)


@every_method
def test_a_handshake_that_breaks_has_sent_nothing(
    azure: HttpsServer, new_arm: Callable[..., ArmClient], clock: Any, method: str
) -> None:
    azure.on("GET", VAULT, Answer({}, headers={"Connection": "close"}))
    arm = new_arm(client={"deadline_s": 5})
    arm.get(VAULT, V)
    azure.stop()
    with socket.create_server(("127.0.0.1", azure.port)) as listener:

        def hang_up() -> None:
            while True:
                try:
                    listener.accept()[0].close()
                except OSError:
                    return

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        with pytest.raises(Unreachable):
            CHANGES[method](arm)
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)
    assert len(clock.naps) > 2


def test_nothing_of_the_sdk_is_loaded_before_it_is_needed() -> None:
    name = "ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm"
    code = f"import sys, {name}; print([m for m in sys.modules if m.split('.')[0] in ('azure', 'msal', 'requests')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
