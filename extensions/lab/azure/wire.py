# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests, answers, errors and pages in the words of Azure Resource Manager."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import urllib.parse
from collections.abc import Sequence
from typing import Any

JSON = dict[str, Any]


@dataclasses.dataclass(kw_only=True)
class Request:
    method: str
    path: str  # decoded, without doubled slashes
    raw_query: str
    query: dict[str, str]  # names in lower case
    headers: dict[str, str]  # names in lower case
    body: Any
    line: int  # of the ledger: the cause of every change that follows
    principal: str = ""
    parts: dict[str, str] = dataclasses.field(default_factory=dict)  # what the route's pattern caught

    @property
    def api_version(self) -> str:
        return self.query.get("api-version", "")


@dataclasses.dataclass(kw_only=True)
class Answer:
    status: int = 200
    body: Any = None
    headers: dict[str, str] = dataclasses.field(default_factory=dict)


class ArmError(Exception):
    """An error reply. ``gateway`` tells ARM's own refusals from those of a resource provider."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: dict[str, str] | None = None,
        gateway: bool = False,
        more: JSON | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.more = more or {}
        self.headers = dict(headers or {})
        if gateway:
            self.headers.setdefault("x-ms-failure-cause", "gateway")

    def answer(self) -> Answer:
        body = {"error": {"code": self.code, "message": self.message, **self.more}}
        return Answer(status=self.status, body=body, headers=self.headers)


def not_found(resource_type: str, name: str, group: str) -> ArmError:
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{resource_type}/{name}' under resource group '{group}' was not found.",
        gateway=True,
    )


def bad(code: str, message: str) -> ArmError:
    return ArmError(400, code, message)


def same(left: Any, right: Any) -> bool:
    """ARM ids are equal whatever their case."""
    return isinstance(left, str) and isinstance(right, str) and left.rstrip("/").lower() == right.rstrip("/").lower()


def last(arm_id: str) -> str:
    return arm_id.rstrip("/").rsplit("/", 1)[-1]


def stamp(moment: dt.datetime | None) -> str | None:
    """Seven digits of a second and a Z, as the .NET services write it."""
    if moment is None:
        return None
    moment = moment.astimezone(dt.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}{moment.microsecond % 7}Z"


def page(base_url: str, request: Request, rows: Sequence[JSON], size: int) -> JSON:
    """One page of ``rows`` and a nextLink with an opaque token, to be followed as it stands."""
    token = request.query.get("continuationtoken", "")
    try:
        start = int(base64.urlsafe_b64decode(token)[6:]) if token else 0
    except ValueError:
        raise bad("InvalidContinuationToken", "The continuation token is not valid.") from None
    asked = request.query.get("pagesize", "")
    size = min(int(asked), size) if asked.isdigit() and int(asked) > 0 else size
    reply: JSON = {"value": list(rows[start : start + size]), "nextLink": None}
    if start + size < len(rows):
        following = base64.urlsafe_b64encode(f"token:{start + size}".encode()).decode()
        query = [
            (name, value)
            for name, value in urllib.parse.parse_qsl(request.raw_query, keep_blank_values=True)
            if name.lower() != "continuationtoken"
        ]
        query.append(("continuationToken", following))
        reply["nextLink"] = f"{base_url}{urllib.parse.quote(request.path)}?{urllib.parse.urlencode(query)}"
    return reply
