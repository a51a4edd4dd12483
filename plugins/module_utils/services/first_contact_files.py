# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The replies of a first contact as files without names, which a user may send us."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..clients.errors import InvalidRequest
from ..domain.deidentify import Deidentifier
from ..domain.evidence import Reply
from .first_contact import Contact

# Headers that say how a service behaves; the others may say who asked.
_HEADERS = ("content-type", "date", "retry-after", "api-supported-versions", "x-ms-throttling-version")


def files(contact: Contact, identifiers: Iterable[str]) -> dict[str, str]:
    """The texts of the de-identified files by name. ``identifiers`` are those that no reply may tell."""
    scope = contact.scope
    roots = (scope.project, scope.resource_group, scope.source_appliance, scope.target_appliance)
    tool = Deidentifier(secrets.token_bytes(32), roots)
    tool.know(*filter(None, (*roots, *identifiers)))
    azure = [_plain(reply) for reply in contact.evidence.replies if _is_of_resource(reply)]
    looks = contact.evidence.looks
    vcenter = {key: look.pages[0] for key, look in looks.items() if key.startswith("vcenter_") and look.pages}
    for tree in (azure, vcenter):
        tool.learn(tree)
    cleaned = [_cleaned(tool, entry) for entry in azure]
    seen = {key: tool.clean(data) for key, data in vcenter.items()}
    # What is ours (facts, names of looks and headers) may well be the name of something in vCenter, and tells nothing.
    if any(tool.told(_text(tree)) for tree in ([_theirs(entry) for entry in cleaned], [*seen.values()])):
        raise InvalidRequest(
            "the replies could not be freed of every identifier, so no file is written",
            code="not_deidentified",
            remedy="run this again; if it stays, report it without the replies",
        )
    told: Mapping[str, Any] = {"facts.json": contact.facts(), "azure.json": cleaned, "vcenter.json": seen}
    return {name: _text(tree) for name, tree in told.items()}


def _text(tree: Any) -> str:
    return json.dumps(tree, indent=1, ensure_ascii=False) + "\n"


def _cleaned(tool: Deidentifier, entry: Mapping[str, Any]) -> dict[str, Any]:
    """A reply without identifiers. Looks and headers are ours and the service's: they keep their names."""
    headers = {name: tool.clean(value, name) for name, value in entry["headers"].items()}
    own = {name: tool.clean(entry[name], name) for name in ("url", "body")}
    return {**entry, **own, "headers": headers}


def _theirs(entry: Mapping[str, Any]) -> list[Any]:
    return [entry["url"], [*entry["headers"].values()], entry["body"]]


def write(dest: str, texts: Mapping[str, str]) -> list[str]:
    """Write the files, readable by their owner alone; their paths."""
    folder = Path(dest)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = []
    for name, text in texts.items():
        path = folder / name
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        written.append(str(path))
    return written


def _is_of_resource(reply: Reply) -> bool:
    """Not the endpoint metadata, which are the cloud's and not the tenant's."""
    return "/subscriptions/" in reply.url.lower() or "/providers/" in reply.url.lower()


def _plain(reply: Reply) -> dict[str, Any]:
    headers = {
        name: value for name, value in reply.headers.items() if name in _HEADERS or name.startswith("x-ms-ratelimit")
    }
    return {
        "look": reply.look,
        "method": reply.method,
        "url": reply.url,
        "status": reply.status,
        "headers": headers,
        "body": reply.body,
    }
