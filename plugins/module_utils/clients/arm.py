# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure Resource Manager: plain arguments in, plain data out, typed errors. It knows nothing of migration.

Reading is tried again for as long as it may help. A change is sent again only when it is certain that the service has
not accepted the first one; where that is uncertain, `ReplyLost` leaves the decision to whoever can look.
"""

from __future__ import annotations

import builtins
import json
import os
import random
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from . import arm_errors
from .arm_retry import retry_after
from .arm_send import Sender, origin
from .arm_wire import Exchange, RawReply, SharedCredential, Wire
from .clock import Clock
from .cloud import Cloud, resolve
from .credentials import AzureSettings, choose, credential, subscription_of
from .directory import Directory
from .errors import (
    BadReply,
    ClientError,
    DeadlineExceeded,
    InvalidRequest,
    NotFound,
    ServiceError,
)
from .governor import Governor
from .together import together

T = TypeVar("T")
R = TypeVar("R")
Json = dict[str, Any]
JsonList = list[Json]  # the class below has a method `list`

RESOURCE_GRAPH = "/providers/Microsoft.ResourceGraph/resources"
RESOURCE_GRAPH_VERSION = "2021-03-01"
_PAGE = 1000
_DEFAULT_POLL_S = 5.0
_SHORTEST_POLL_S = 0.1
_SUCCEEDED = frozenset({"succeeded", "completed"})
_FAILED = frozenset({"failed", "canceled", "cancelled"})
_PATH_SAFE = "/:@!$&'()*+,;=~-._"


@dataclass(frozen=True)
class Reply:
    """The answer to a change. `operation_url` is empty where the change is already made."""

    status: int
    body: Json | None
    operation_url: str
    retry_after_s: float
    correlation_id: str
    job_id: str


class ArmClient:
    """One signed-in view of one cloud. Nothing goes over the wire before the first call; safe for many threads."""

    def __init__(
        self,
        settings: AzureSettings,
        *,
        max_concurrency: int = 6,
        deadline_s: float = 120,
        clock: Clock | None = None,
        jitter: Callable[[], float] = random.random,
        environ: Mapping[str, str] | None = None,
        watch: Callable[[Exchange], None] | None = None,
    ) -> None:
        self._settings = settings
        self._max_concurrency = max(1, max_concurrency)
        self.clock = clock or Clock()
        self.governor = Governor(self._max_concurrency, self.clock)
        self._sender = Sender(self.governor, self.clock, deadline_s=deadline_s, jitter=jitter, watch=watch)
        self._environ: Mapping[str, str] = os.environ if environ is None else environ
        self._lock = threading.Lock()
        self._wire: Wire | None = None
        self._cloud: Cloud | None = None
        self._versions: dict[tuple[str, tuple[str, ...]], str] = {}

    def __enter__(self) -> ArmClient:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the client may be used again."""
        with self._lock:
            wire, self._wire, self._cloud = self._wire, None, None
        if wire is not None:
            wire.close()

    @property
    def subscription_id(self) -> str:
        """The subscription that the settings or the environment name."""
        return subscription_of(self._settings, self._environ)

    # Reading

    def get(self, path: str, api_version: str, params: dict[str, str] | None = None) -> Json:
        """One resource; NotFound where there is none."""
        return self._get(self._url(path, api_version, params))

    def get_or_none(self, path: str, api_version: str, params: dict[str, str] | None = None) -> Json | None:
        """One resource, or None where there is none."""
        try:
            return self.get(path, api_version, params)
        except NotFound:
            return None

    def list(self, path: str, api_version: str, params: dict[str, str] | None = None) -> JsonList:
        """All elements of a collection, all pages. The links to further pages are followed as they are."""
        url = self._url(path, api_version, params)
        found: JsonList = []
        seen: set[str] = set()
        while url:
            seen.add(url)
            page = self._get(url)
            found += _elements(page, "value", "GET", url)
            url = str(page.get("nextLink") or "")
            if url in seen:
                raise BadReply(f"{arm_errors.describe('GET', path)} failed: its pages lead in a circle.")
            if url:
                url = self._own(url)
        return found

    def resource_graph(self, query: str, subscriptions: Sequence[str]) -> JsonList:
        """All rows of a Resource Graph query."""
        url = self._url(RESOURCE_GRAPH, RESOURCE_GRAPH_VERSION, None)
        found: JsonList = []
        token = ""
        while True:
            options: Json = {"resultFormat": "objectArray", "$top": _PAGE} | ({"$skipToken": token} if token else {})
            body = {"subscriptions": [*subscriptions], "query": query, "options": options}
            raw = self._exchange("POST", url, body, reading=True)
            page = _json(raw, "POST", url)
            found += _elements(page, "data", "POST", url)
            before, token = token, str(page.get("$skipToken") or "")
            if token and token == before:
                raise BadReply("Calling Resource Graph failed: its pages lead in a circle.")
            if not token:
                if str(page.get("resultTruncated", "")).lower() == "true":
                    raise BadReply("Calling Resource Graph failed: rows are missing, and it offers no way to them.")
                return found

    # Changing

    def put(self, path: str, api_version: str, body: Json) -> Reply:
        """Create or replace."""
        return self._change("PUT", self._url(path, api_version, None), body)

    def patch(self, path: str, api_version: str, body: Json) -> Reply:
        """Change the properties that the body names."""
        return self._change("PATCH", self._url(path, api_version, None), body)

    def post(self, path: str, api_version: str, body: Json | None) -> Reply:
        """Call an action."""
        return self._change("POST", self._url(path, api_version, None), body)

    def delete(self, path: str, api_version: str, params: dict[str, str] | None = None) -> Reply:
        """Delete; a thing that is already gone is status 204, or NotFound, as the service has it."""
        return self._change("DELETE", self._url(path, api_version, params), None)

    def wait(self, reply: Reply, timeout_s: float) -> None:
        """Wait for the end of what a change has started, looking as often as the service asks."""
        url = self._own(reply.operation_url) if reply.operation_url else ""
        end = self.clock.monotonic() + timeout_s
        pause = reply.retry_after_s
        while url:
            left = end - self.clock.monotonic()
            if left <= 0:
                raise DeadlineExceeded(
                    f"Operation {reply.job_id} did not end within {timeout_s:g} s; it goes on by itself.",
                    code="DeadlineExceeded",
                    correlation_id=reply.correlation_id,
                    operation=reply.job_id,
                )
            self.clock.sleep(min(max(pause, _SHORTEST_POLL_S), left))
            raw = self._exchange("GET", url, None, reading=True)
            if _ended(raw, reply, url):
                return
            asked = retry_after(raw.headers)
            pause = asked if asked is not None else reply.retry_after_s or _DEFAULT_POLL_S

    # Many

    def map(self, fn: Callable[[T], R], items: Iterable[T]) -> builtins.list[R | ClientError]:
        """`fn` of each item, as many at a time as this client may; an item's error is its result."""
        return together(fn, items, self._max_concurrency)

    def negotiate(self, path: str, versions: Sequence[str]) -> str:
        """The first of these api-versions that a GET on the path works with; remembered per provider."""
        key = (_namespace(path), tuple(versions))
        if key in self._versions:
            return self._versions[key]
        refusal: InvalidRequest | None = None
        for version in versions:
            if refusal is not None and refusal.supported_versions and version not in refusal.supported_versions:
                continue
            try:
                self.get(path, version)
            except InvalidRequest as error:
                if error.code.lower() not in arm_errors.VERSION_REFUSALS:
                    raise
                refusal = refusal or error
                continue
            self._versions[key] = version
            return version
        raise refusal or InvalidRequest("No api-version to try is given.")

    def directory(self) -> Directory:
        """Microsoft Graph of the same cloud, as the same identity; the caller closes it."""
        return Directory(self._settings, self._connect()[1], self._sender, self._environ)

    # The wire

    def _connect(self) -> tuple[Wire, Cloud]:
        with self._lock:
            if self._wire is None or self._cloud is None:
                settings = self._settings
                identity = choose(settings, self._environ)
                wire = Wire(verify=settings.verify, pool_size=self._max_concurrency)
                cloud = resolve(settings, lambda url: json.loads(self._discover(wire, url).content))
                shared = SharedCredential(
                    lambda: credential(settings, cloud, environ=self._environ),
                    login=cloud.login,
                    source=identity.source,
                )
                wire.sign_requests(shared, cloud.scope)
                self._wire, self._cloud = wire, cloud
            return self._wire, self._cloud

    def _discover(self, wire: Wire, url: str) -> RawReply:
        raw = self._sender.send(wire, "GET", url, None, reading=True, signed=False)
        if not arm_errors.is_json(raw.content):
            raise arm_errors.not_json("GET", url, raw.status, raw.headers)
        return raw

    def _url(self, path: str, api_version: str, params: Mapping[str, str] | None) -> str:
        """The address of a path as Resource Manager writes it, that is, not percent-encoded."""
        query = urlencode({"api-version": api_version, **(params or {})}, safe="$", quote_via=quote)
        if path.lower().startswith("https://"):
            return self._own(path if "api-version=" in path else f"{path}{'&' if '?' in path else '?'}{query}")
        pieces = path.split("/")
        if not path.startswith("/") or ".." in pieces or "." in pieces or "" in pieces[1:]:
            raise InvalidRequest(f"'{path}' is not a path of Resource Manager.", code="InvalidPath")
        return f"{self._connect()[1].resource_manager}{quote(path, safe=_PATH_SAFE)}?{query}"

    def _own(self, url: str) -> str:
        """The URL, if it leads to this cloud's Resource Manager: our token goes nowhere else."""
        base = self._connect()[1].resource_manager
        if url.startswith("/"):
            return base + url
        if origin(url) != origin(base):
            raise BadReply(f"The service refers to {urlsplit(url).netloc}, which is not {urlsplit(base).netloc}.")
        return url

    def _get(self, url: str) -> Json:
        return _json(self._exchange("GET", url, None, reading=True), "GET", url)

    def _change(self, method: str, url: str, body: Json | None) -> Reply:
        raw = self._exchange(method, url, body, reading=False)
        content: Json | None = None
        if raw.content.strip():
            try:
                content = _json(raw, method, url)
            except BadReply as error:
                raise arm_errors.lost(method, url, error) from error
        operation_url = raw.headers.get("azure-asyncoperation") or raw.headers.get("location") or ""
        return Reply(
            status=raw.status,
            body=content,
            operation_url=operation_url,
            retry_after_s=retry_after(raw.headers) or 0.0,
            correlation_id=arm_errors.correlation_of(raw.headers),
            job_id=arm_errors.job_id_of(operation_url),
        )

    def _exchange(self, method: str, url: str, body: Json | None, *, reading: bool) -> RawReply:
        content = None if body is None else json.dumps(body).encode()
        return self._sender.send(self._connect()[0], method, url, content, reading=reading)


def _namespace(path: str) -> str:
    return path.lower().rpartition("/providers/")[2].partition("/")[0]


def _json(raw: RawReply, method: str, url: str) -> Json:
    try:
        body = json.loads(raw.content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise arm_errors.not_json(method, url, raw.status, raw.headers)
    return body


def _elements(page: Json, key: str, method: str, url: str) -> JsonList:
    elements = page.get(key)
    if elements is None and not page.get("nextLink"):
        elements = []
    if not isinstance(elements, list) or not all(isinstance(element, dict) for element in elements):
        raise BadReply(f"{arm_errors.describe(method, url)} failed: the answer has no list '{key}'.")
    return elements


def _ended(raw: RawReply, reply: Reply, url: str) -> bool:
    """Whether a look at a long-running operation shows its end; ServiceError where that end is a failure."""
    body = _json(raw, "GET", url) if raw.content.strip() else {}
    status = str(body.get("status") or "").lower()
    if status in _FAILED:
        code, reason, _whole = arm_errors.parse_fault(raw.content) or ("", "it names no reason", "")
        raise ServiceError(
            f"Operation {reply.job_id} ended as {status}: {reason.rstrip('.')} ({code or status}).",
            code=code or status,
            correlation_id=arm_errors.correlation_of(raw.headers) or reply.correlation_id,
            operation=reply.job_id,
        )
    return status in _SUCCEEDED or (not status and raw.status != 202)
