# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request over the Azure SDK's pipeline, with a certain answer to the question whether it left this machine.

The SDK's own retries are off. One session serves all threads; each thread has its own pipeline over it, because the
SDK's authentication policy keeps its token where another thread may take it away in mid-request.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .arm_errors import describe
from .arm_sign_in import sign_in_error
from .connections import is_untrusted, no_connection, why
from .credentials import missing_sdk
from .errors import ReplyLost

if TYPE_CHECKING:
    from azure.core import PipelineClient
    from azure.core.credentials import AccessToken, TokenCredential
    from azure.core.rest import HttpResponse

_CONNECT_TIMEOUT_S = 15
_TOKEN_MARGIN_S = 300  # a token is replaced when it has less than this left, or less than a quarter of its life
_RENEW_AGAIN_S = 15  # a token that could not be replaced in time serves on for so long before the next try
USER_AGENT = "azlocal.migrate"


@dataclass(frozen=True)
class RawReply:
    """What came back. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    request_id: str = ""


@dataclass(frozen=True)
class Exchange:
    """One request and its reply, for whoever watches: what was asked, and what came back. No token is in it."""

    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes
    request_id: str


class SharedCredential:
    """A credential for many threads: one token request at a time, and typed errors.

    `renew` throws away a token that the service has refused, with all caches behind it.
    """

    def __init__(self, make: Callable[[], TokenCredential], *, login: str, source: str) -> None:
        self._make = make
        self._login = login
        self._source = source
        self._lock = threading.Lock()
        self._credential: TokenCredential | None = None
        self._token: AccessToken | None = None
        self._good_until = 0.0

    def get_token(self, *scopes: str, claims: str | None = None, **kwargs: Any) -> AccessToken:
        """The SDK's own protocol (azure.core.credentials.TokenCredential)."""
        with self._lock:
            token = self._token
            if token is not None and not claims and time.time() < self._good_until:
                return token
            try:
                if self._credential is None:
                    self._credential = self._make()
                self._token = self._credential.get_token(*scopes, claims=claims, **kwargs)
            except Exception as error:
                self._credential = None  # MSAL answers from memory for a while after a failure; the next try must not
                if token is not None and not claims and time.time() + _RENEW_AGAIN_S < token.expires_on:
                    self._good_until = time.time() + _RENEW_AGAIN_S
                    return token
                raise sign_in_error(error, self._login, self._source) from error
            left = self._token.expires_on - time.time()
            self._good_until = self._token.expires_on - min(_TOKEN_MARGIN_S, left / 4)
            return self._token

    def renew(self, refused: str) -> None:
        """Forget the token, unless another thread has already fetched a newer one."""
        with self._lock:
            if self._token is None or self._token.token == refused:
                self._token = None
                self._credential = None


class Wire:
    """Sends one request and says what became of it."""

    def __init__(self, *, verify: bool | str, pool_size: int) -> None:
        try:
            self._sent = threading.local()
            self._transport = _transport(verify, pool_size, self._sent)
        except ImportError as error:
            raise missing_sdk(error) from error
        self._local = threading.local()
        self._credential: SharedCredential | None = None
        self._scope = ""
        self.correlation_id = str(uuid.uuid4())

    def sign_requests(self, credential: SharedCredential, scope: str) -> None:
        """From now on requests carry a token of this credential."""
        self._credential, self._scope = credential, scope

    def renew(self, refused: str) -> None:
        """Have the next request fetch a fresh token in place of this one."""
        if self._credential is not None:
            self._credential.renew(refused)

    def send(
        self, method: str, url: str, content: bytes | None, *, signed: bool, read_timeout_s: float
    ) -> tuple[RawReply, str]:
        """The reply, and the token that was sent.

        Raises Unreachable (or a sign-in error) when nothing was sent for certain, ReplyLost when it was and no whole
        answer came back.
        """
        from azure.core.exceptions import AzureError
        from azure.core.rest import HttpRequest

        headers = {
            "Accept": "application/json",
            "x-ms-client-request-id": str(uuid.uuid4()),
            "x-ms-correlation-request-id": self.correlation_id,
        }
        if content is not None:
            headers["Content-Type"] = "application/json"
        request = HttpRequest(method, url, headers=headers, content=content)
        client = self._client(signed)
        self._sent.value = False
        try:
            response: HttpResponse = client.send_request(
                request, connection_timeout=_CONNECT_TIMEOUT_S, read_timeout=read_timeout_s
            )
        except (AzureError, OSError) as error:
            raise self._failure(method, url, error) from error
        lowered = {name.lower(): value for name, value in response.headers.items()}
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        request_id = headers["x-ms-client-request-id"]
        return RawReply(response.status_code, lowered, response.content, request_id), token

    def _failure(self, method: str, url: str, error: BaseException) -> Exception:
        what, address = describe(method, url), urlsplit(url)
        if not getattr(self._sent, "value", True) or is_untrusted(error):
            return no_connection(error, address.netloc, what)
        return ReplyLost(
            f"{what} was sent, but the answer was lost ({why(error)}).",
            code="ReplyLost",
            remedy="Look whether it has been done before doing it again; running the same step again does that.",
            correlation_id=self.correlation_id,
            operation=f"{method} {address.path}",
        )

    def _client(self, signed: bool) -> PipelineClient[Any, Any]:
        name = "signed" if signed else "plain"
        client: PipelineClient[Any, Any] | None = getattr(self._local, name, None)
        if client is None:
            client = self._new_client(signed)
            setattr(self._local, name, client)
        return client

    def _new_client(self, signed: bool) -> PipelineClient[Any, Any]:
        try:
            from azure.core import PipelineClient
            from azure.core.pipeline.policies import ProxyPolicy, UserAgentPolicy
            from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy
        except ImportError as error:
            raise missing_sdk(error) from error
        policies: list[Any] = [UserAgentPolicy(base_user_agent=USER_AGENT), ProxyPolicy()]
        if signed and self._credential is not None:
            policies.append(ARMChallengeAuthenticationPolicy(self._credential, self._scope))
        return PipelineClient(base_url="", policies=policies, transport=self._transport)

    def close(self) -> None:
        """Close the connections."""
        self._transport.session.close()


def _transport(verify: bool | str, pool_size: int, sent: threading.local) -> Any:
    """The SDK's transport over a session that notes, per thread, when a request starts to leave.

    A connection calls `request` only after TCP and TLS stand, so an error before that has certainly changed nothing.
    No guess from the kind of an exception can say this: a reset comes as the same one before and after.
    """
    import requests
    from azure.core.pipeline.transport import RequestsTransport
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPSConnection
    from urllib3.connectionpool import HTTPSConnectionPool
    from urllib3.util.retry import Retry

    class NotingConnection(HTTPSConnection):
        def request(self, *args: Any, **kwargs: Any) -> None:
            sent.value = True
            super().request(*args, **kwargs)

    class NotingPool(HTTPSConnectionPool):
        ConnectionCls = NotingConnection

    class NotingAdapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = {"https": NotingPool}

        def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
            manager = super().proxy_manager_for(*args, **kwargs)
            manager.pool_classes_by_scheme = {**manager.pool_classes_by_scheme, "https": NotingPool}
            return manager

    session = requests.Session()
    session.auth = lambda request: request  # else an entry in ~/.netrc would take the token's place
    never = Retry(total=False, redirect=False, raise_on_status=False)
    session.mount("https://", NotingAdapter(pool_connections=4, pool_maxsize=pool_size, max_retries=never))
    return RequestsTransport(session=session, session_owner=False, connection_verify=verify)
