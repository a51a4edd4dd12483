# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading: signing in, pages, retries, Resource Graph, negotiation, many at once. The real SDK over real TLS."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.azlocal.migrate.plugins.module_utils.clients.arm import ArmClient
from ansible_collections.azlocal.migrate.plugins.module_utils.clients.errors import (
    AuthenticationFailed,
    BadReply,
    ClientError,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    ServiceError,
    Throttled,
    Unreachable,
    UntrustedCertificate,
)
from ansible_collections.azlocal.migrate.tests.support.https_server import TENANT, Answer, HttpsServer, Request, Tls

pytestmark = pytest.mark.usefixtures("no_azure_environment")

SITE = "/subscriptions/sub1/resourceGroups/rg1/providers/Microsoft.OffAzure/VMwareSites/site1"
MACHINES = f"{SITE}/machines"
TOKEN = f"/{TENANT}/oauth2/v2.0/token"
V = "2023-06-06"
MakeArm = Callable[..., ArmClient]


def fault(status: int, code: str, message: str = "why it failed", **headers: str) -> Answer:
    return Answer(
        {"error": {"code": code, "message": message}},
        status=status,
        headers={"x-ms-correlation-request-id": "corr-1"} | {k.replace("_", "-"): v for k, v in headers.items()},
    )


def test_nothing_is_sent_before_the_first_call(azure: HttpsServer, arm: ArmClient) -> None:
    assert arm.subscription_id == "sub1"
    assert azure.requests == []


def test_get_signs_in_once_and_reads(azure: HttpsServer, arm: ArmClient) -> None:
    azure.on("GET", SITE, Answer({"name": "site1"}))
    assert [arm.get(SITE, V)["name"] for _ in range(3)] == ["site1"] * 3
    assert azure.count("POST", TOKEN) == 1
    assert azure.count("GET", "/metadata/endpoints") == 1
    assert len(azure.requests) == 1 + 1 + 1 + 3
    token = next(request for request in azure.requests if request.path == TOKEN)
    assert f"scope={azure.url.replace(':', '%3A').replace('/', '%2F')}%2F.default" in token.body.decode()
    reads = [request for request in azure.requests if request.path == SITE]
    assert {request.query for request in reads} == {f"api-version={V}"}
    assert {request.headers["Authorization"] for request in reads} == {"Bearer token-1"}
    assert len({request.headers["x-ms-client-request-id"] for request in reads}) == 3
    assert len({request.headers["x-ms-correlation-request-id"] for request in reads}) == 1


def test_the_metadata_url_may_end_in_a_slash(azure: HttpsServer, new_arm: MakeArm) -> None:
    azure.on("GET", SITE, Answer({"name": "site1"}))
    assert new_arm(cloud_environment=azure.url + "/").get(SITE, V)["name"] == "site1"


def test_get_or_none(azure: HttpsServer, arm: ArmClient) -> None:
    azure.on("GET", SITE, fault(404, "ResourceNotFound"))
    assert arm.get_or_none(SITE, V) is None
    with pytest.raises(NotFound) as caught:
        arm.get(SITE, V)
    assert caught.value.correlation_id == "corr-1"
    assert caught.value.operation == f"GET {SITE}"
    assert str(caught.value) == "Reading VMwareSites/site1 failed: why it failed (ResourceNotFound)."


def test_list_follows_every_page_as_the_link_stands(azure: HttpsServer, arm: ArmClient) -> None:
    link = f"{azure.url}{MACHINES}?api-version={V}&$skiptoken=a%2Bb%2F%3D%3D&t=1"
    azure.on(
        "GET",
        MACHINES,
        Answer({"value": [{"name": "a"}, {"name": "b"}], "nextLink": link}),
        Answer({"value": [{"name": "c"}], "nextLink": None}),
    )
    assert [entry["name"] for entry in arm.list(MACHINES, V)] == ["a", "b", "c"]
    assert azure.requests[-1].target == link.removeprefix(azure.url)


@pytest.mark.parametrize("link", ["https://elsewhere.example/next", "https://localhost:1/next", "http://localhost/x"])
def test_the_token_goes_to_no_other_host(azure: HttpsServer, arm: ArmClient, link: str) -> None:
    azure.on("GET", MACHINES, Answer({"value": [], "nextLink": link}))
    with pytest.raises(BadReply, match="refers to"):
        arm.list(MACHINES, V)
    with pytest.raises(BadReply, match=r"refers to|not a path"):
        arm.get(link.replace("http://", "https://"), V)


def test_pages_in_a_circle_end(azure: HttpsServer, arm: ArmClient) -> None:
    azure.on("GET", MACHINES, Answer({"value": [], "nextLink": f"{azure.url}{MACHINES}?api-version={V}"}))
    with pytest.raises(BadReply, match="circle"):
        arm.list(MACHINES, V)
    assert azure.count("GET", MACHINES) == 1


@pytest.mark.parametrize("body", [{"value": None, "nextLink": "x"}, {"value": {}}, {"value": ["a"]}])
def test_a_page_without_a_list_is_a_bad_reply(azure: HttpsServer, arm: ArmClient, body: Any) -> None:
    azure.on("GET", MACHINES, Answer(body))
    with pytest.raises(BadReply):
        arm.list(MACHINES, V)


@pytest.mark.parametrize("path", ["/subscriptions/../x", "/subscriptions//x", "subscriptions", "/a/./b", ""])
def test_a_path_that_names_something_else_is_refused(arm: ArmClient, path: str) -> None:
    with pytest.raises(InvalidRequest):
        arm.get(path, V)


def test_names_are_quoted(azure: HttpsServer, arm: ArmClient) -> None:
    azure.on("GET", f"{SITE}/machines/a%20b%3F%C3%A4", Answer({"name": "x"}))
    assert arm.get(f"{SITE}/machines/a b?ä", V)["name"] == "x"


def test_throttled_reads_wait_as_long_as_they_are_told(azure: HttpsServer, arm: ArmClient, clock: Any) -> None:
    azure.on(
        "GET",
        SITE,
        fault(429, "TooManyRequests", Retry_After="17"),
        fault(503, "ServerBusy"),
        fault(503, "ServerBusy"),
        Answer({"name": "site1"}),
    )
    assert arm.get(SITE, V)["name"] == "site1"
    assert clock.naps == [17.0, 1.0, 2.0]
    assert azure.count("GET", SITE) == 4


def test_throttled_for_longer_than_anybody_should_wait(azure: HttpsServer, new_arm: MakeArm, clock: Any) -> None:
    """The deadline of a request does not count while it waits for its place; half an hour is the end of that too."""
    azure.on("GET", SITE, fault(429, "TooManyRequests", Retry_After="400"))
    arm = new_arm(client={"deadline_s": 60})
    with pytest.raises(Throttled, match="after 5 attempts"):
        arm.get(SITE, V)
    assert clock.naps == [400.0] * 4
    assert azure.count("GET", SITE) == 5


def test_who_waited_long_for_a_place_may_still_be_patient(azure: HttpsServer, new_arm: MakeArm, clock: Any) -> None:
    busy = (fault(429, "TooManyRequests", Retry_After="400"), fault(503, "ServerBusy"))
    azure.on("GET", SITE, *busy, Answer({"name": "site1"}))
    assert new_arm(client={"deadline_s": 60}).get(SITE, V)["name"] == "site1"
    assert clock.naps[0] == 400.0 and len(clock.naps) == 2


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_broken_service_is_asked_until_the_deadline(
    azure: HttpsServer, new_arm: MakeArm, clock: Any, status: int
) -> None:
    azure.on("GET", SITE, fault(status, "InternalServerError"))
    with pytest.raises(ServiceError) as caught:
        new_arm(client={"deadline_s": 10}).get(SITE, V)
    assert sum(clock.naps) < 10
    assert azure.count("GET", SITE) == len(clock.naps) + 1 == 5
    assert caught.value.correlation_id == "corr-1"
    assert caught.value.status == status


@pytest.mark.parametrize("broken", [Answer(fault="reset"), Answer({"name": "site1"}, fault="cut")])
def test_a_lost_answer_to_a_read_is_asked_for_again(azure: HttpsServer, arm: ArmClient, broken: Answer) -> None:
    azure.on("GET", SITE, broken, broken, Answer({"name": "site1"}))
    assert arm.get(SITE, V)["name"] == "site1"
    assert azure.count("GET", SITE) == 3


def test_a_connection_that_always_breaks_is_unreachable(azure: HttpsServer, new_arm: MakeArm) -> None:
    azure.on("GET", SITE, Answer(fault="reset"))
    with pytest.raises(Unreachable, match="attempts") as caught:
        new_arm(client={"deadline_s": 5}).get(SITE, V)
    assert caught.value.code == "ConnectionLost"


@pytest.mark.parametrize(
    ("body", "asked"),
    [(b"<html>Sign in</html>", 3), (b'{"name": "si', 3), (b"\xff\xfe", 3), (b"[1]", 1), (b"", 1)],
)
def test_an_answer_that_is_no_json_object(azure: HttpsServer, arm: ArmClient, body: bytes, asked: int) -> None:
    """What cannot be read may have been garbled on its way, and is asked for again; other JSON will stay as it is."""
    azure.on("GET", SITE, Answer(body, headers={"Content-Type": "text/html"}))
    with pytest.raises(BadReply, match="not from Azure Resource Manager") as caught:
        arm.get(SITE, V)
    assert "proxy" in caught.value.remedy
    assert azure.count("GET", SITE) == asked


def test_a_redirect_is_not_followed(azure: HttpsServer, arm: ArmClient) -> None:
    azure.on("GET", SITE, Answer(status=302, headers={"Location": "https://elsewhere.example/"}))
    with pytest.raises(BadReply):
        arm.get(SITE, V)


def test_permission_denied_names_action_and_scope(azure: HttpsServer, arm: ArmClient) -> None:
    message = (
        "The client 'app1' with object id 'o1' does not have authorization to perform action "
        f"'Microsoft.OffAzure/VMwareSites/read' over scope '{SITE}' or the scope is invalid."
    )
    azure.on("GET", SITE, fault(403, "AuthorizationFailed", message))
    with pytest.raises(PermissionDenied) as caught:
        arm.get(SITE, V)
    assert "'Microsoft.OffAzure/VMwareSites/read'" in str(caught.value)
    assert SITE in caught.value.remedy
    assert azure.count("GET", SITE) == 1


def test_an_expired_token_is_renewed_once(azure: HttpsServer, arm: ArmClient) -> None:
    expired = Answer(
        {"error": {"code": "ExpiredAuthenticationToken", "message": "The access token expiry is in the past."}},
        status=401,
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )
    azure.on("GET", SITE, expired, Answer({"name": "site1"}), expired)
    assert arm.get(SITE, V)["name"] == "site1"
    assert azure.requests[-1].headers["Authorization"] == "Bearer token-2"
    with pytest.raises(AuthenticationFailed, match="expiry"):
        arm.get(SITE, V)
    assert azure.count("POST", TOKEN) == 3
    assert azure.count("GET", SITE) == 4


def test_a_claims_challenge_gets_a_token_with_these_claims(azure: HttpsServer, arm: ArmClient) -> None:
    claims = "eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxIn19fQ=="
    header = f'Bearer authorization_uri="{azure.url}", error="insufficient_claims", claims="{claims}"'
    azure.on("GET", SITE, Answer(status=401, headers={"WWW-Authenticate": header}), Answer({"name": "site1"}))
    assert arm.get(SITE, V)["name"] == "site1"
    tokens = [request for request in azure.requests if request.path == TOKEN]
    assert len(tokens) == 2
    assert b"claims=" in tokens[1].body


def test_the_wrong_tenant_for_a_subscription_is_not_tried_again(azure: HttpsServer, arm: ArmClient) -> None:
    azure.on("GET", SITE, fault(401, "InvalidAuthenticationTokenTenant", "The access token is from the wrong issuer."))
    with pytest.raises(AuthenticationFailed) as caught:
        arm.get(SITE, V)
    assert "tenant" in caught.value.remedy
    assert azure.count("GET", SITE) == 1


def test_resource_graph_pages(azure: HttpsServer, arm: ArmClient) -> None:
    path = "/providers/Microsoft.ResourceGraph/resources"
    azure.on(
        "POST",
        path,
        fault(429, "RateLimiting", **{"x_ms_user_quota_resets_after": "00:00:05"}),
        Answer({"data": [{"id": 1}], "$skipToken": "next", "resultTruncated": "true"}),
        Answer({"data": [{"id": 2}], "resultTruncated": "false"}),
    )
    assert arm.resource_graph("resources", ["sub1", "sub2"]) == [{"id": 1}, {"id": 2}]
    first, again, second = (request.json() for request in azure.requests if request.path == path)
    assert first == again
    assert first["subscriptions"] == ["sub1", "sub2"]
    assert "$skipToken" not in first["options"]
    assert second["options"]["$skipToken"] == "next"


def test_resource_graph_that_hides_rows_is_an_error(azure: HttpsServer, arm: ArmClient) -> None:
    azure.on("POST", "/providers/Microsoft.ResourceGraph/resources", Answer({"data": [{}], "resultTruncated": "true"}))
    with pytest.raises(BadReply, match="missing"):
        arm.resource_graph("resources", ["sub1"])


def versioned(known: str, code: str = "NoRegisteredProviderFound") -> Callable[[Request], Answer]:
    def answer(request: Request) -> Answer:
        if f"api-version={known}" in request.query:
            return Answer({"value": []})
        return fault(400, code, f"No provider found. The supported api-versions are '2020-01-01, {known}'.")

    return answer


@pytest.mark.parametrize("code", ["NoRegisteredProviderFound", "InvalidResourceType"])
def test_negotiate_takes_the_first_version_that_works(azure: HttpsServer, arm: ArmClient, code: str) -> None:
    azure.on("GET", MACHINES, versioned("2024-09-01", code))
    wanted = ["2026-05-01", "2025-01-01", "2024-09-01"]
    assert arm.negotiate(MACHINES, wanted) == "2024-09-01"
    assert azure.count("GET", MACHINES) == 2  # the refusal says that trying 2025-01-01 is useless
    assert arm.negotiate(f"{SITE}/jobs", wanted) == "2024-09-01"
    assert azure.count("GET", f"{SITE}/jobs") == 0


def test_negotiate_shows_the_first_refusal(azure: HttpsServer, arm: ArmClient) -> None:
    azure.on("GET", MACHINES, versioned("2019-01-01"))
    with pytest.raises(InvalidRequest) as caught:
        arm.negotiate(MACHINES, ["2026-05-01", "2024-09-01"])
    assert caught.value.supported_versions == ("2020-01-01", "2019-01-01")


def test_negotiate_does_not_take_a_missing_resource_for_an_answer(azure: HttpsServer, arm: ArmClient) -> None:
    azure.on("GET", MACHINES, fault(404, "ResourceGroupNotFound"))
    with pytest.raises(NotFound):
        arm.negotiate(MACHINES, ["2026-05-01", "2024-09-01"])


def test_map_keeps_order_bounds_concurrency_and_catches_per_item(azure: HttpsServer, new_arm: MakeArm) -> None:
    busy, most, lock = 0, 0, threading.Lock()

    def slow(request: Request) -> Answer:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        time.sleep(0.02)
        with lock:
            busy -= 1
        return Answer({"name": request.path.rpartition("/")[2]})

    for number in range(20):
        azure.on("GET", f"{MACHINES}/m{number}", fault(404, "ResourceNotFound") if number == 7 else slow)
    arm = new_arm(client={"max_concurrency": 4})
    results = arm.map(lambda number: arm.get(f"{MACHINES}/m{number}", V)["name"], range(20))
    assert [result for result in results if not isinstance(result, ClientError)] == [
        f"m{number}" for number in range(20) if number != 7
    ]
    assert isinstance(results[7], NotFound)
    assert 2 <= most <= 4
    assert azure.count("POST", TOKEN) == 1
    assert len(azure.requests) == 3 + 20


def test_a_defect_of_ours_is_the_error_of_one_item_alone(arm: ArmClient) -> None:
    one, broken, two = arm.map(lambda number: 4 // number, [4, 0, 2])
    assert (one, two) == (1, 2)
    assert isinstance(broken, ServiceError)
    assert broken.code == "internal_error"
    assert "ZeroDivisionError" in str(broken)
    assert arm.map(str, []) == []


def test_a_certificate_that_nobody_trusts(azure: HttpsServer, new_arm: MakeArm, clock: Any) -> None:
    with pytest.raises(UntrustedCertificate) as caught:
        new_arm(ca_path="").get(SITE, V)
    assert "ca_path" in caught.value.remedy
    assert azure.requests == []
    assert clock.naps == []


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_verification_is_off_only_when_asked(azure: HttpsServer, new_arm: MakeArm) -> None:
    azure.on("GET", SITE, Answer({"name": "site1"}))
    assert new_arm(ca_path="", cert_validation_mode="ignore").get(SITE, V)["name"] == "site1"


def test_a_ca_file_that_is_not_there(new_arm: MakeArm) -> None:
    with pytest.raises(InvalidRequest, match="does not exist"):
        new_arm(ca_path="/nowhere/ca.pem").get(SITE, V)


def test_nobody_listens(new_arm: MakeArm, clock: Any) -> None:
    with pytest.raises(Unreachable, match=r"Connection refused.*after 3 attempts") as caught:
        new_arm(cloud_environment="https://localhost:1").get(SITE, V)
    assert not isinstance(caught.value, UntrustedCertificate)
    assert len(clock.naps) == 2


def test_a_host_without_an_address(new_arm: MakeArm) -> None:
    with pytest.raises(Unreachable, match="cannot be reached"):
        new_arm(cloud_environment="https://nowhere.invalid").get(SITE, V)


def test_an_outage_after_a_first_answer_is_waited_for(azure: HttpsServer, new_arm: MakeArm, clock: Any) -> None:
    azure.on("GET", SITE, Answer({"name": "site1"}, headers={"Connection": "close"}))
    arm = new_arm(client={"deadline_s": 60})
    arm.get(SITE, V)
    azure.stop()
    arm.close()
    with pytest.raises(Unreachable):
        arm.get(SITE, V)
    assert len(clock.naps) > 3


def test_plain_ca_bundle_variable_is_honoured(
    azure: HttpsServer, new_arm: MakeArm, arm_tls: Tls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(arm_tls.ca))
    azure.on("GET", SITE, Answer({"name": "site1"}))
    assert new_arm(ca_path="").get(SITE, V)["name"] == "site1"


def test_a_netrc_entry_does_not_replace_the_token(
    azure: HttpsServer, arm: ArmClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "netrc").write_text("machine localhost login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    azure.on("GET", SITE, Answer({"name": "site1"}))
    arm.get(SITE, V)
    assert azure.requests[-1].headers["Authorization"] == "Bearer token-1"
