# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags: what they may be, and their own endpoint (Microsoft.Resources/tags/default)."""

from __future__ import annotations

from typing import Any

from .state import Azure
from .wire import JSON, Answer, ArmError, Request, bad


def checked(given: Any) -> dict[str, str]:
    if not isinstance(given, dict):
        raise bad("InvalidRequestContent", "tags must be an object.")
    if len(given) > 50:
        raise bad("TooManyTags", "A resource takes at most 50 tags.")
    for name, value in given.items():
        if not isinstance(value, str) or len(value) > 256:
            raise bad("InvalidTagValue", f"The value of tag '{name}' must be a text of at most 256 characters.")
        if not name or len(name) > 512 or set(name) & set("<>%&\\?/"):
            raise bad("InvalidTagNameCharacters", f"The tag name '{name}' has characters that are not allowed.")
    return {str(name): value for name, value in given.items()}


def _scope(azure: Azure, request: Request) -> str:
    scope = request.parts["scope"].lower()
    if scope not in azure.machines and azure.resources.find(scope) is None:
        raise ArmError(404, "ResourceNotFound", f"The resource '{request.parts['scope']}' was not found.", gateway=True)
    return scope


def _of(azure: Azure, scope: str) -> dict[str, str]:
    resource = azure.resources.find(scope)
    return dict(resource.body.get("tags") or {}) if resource else azure.tags.get(scope, {})


def _show(request: Request, tags: dict[str, str]) -> JSON:
    return {
        "id": f"{request.parts['scope']}/providers/Microsoft.Resources/tags/default",
        "name": "default",
        "type": "Microsoft.Resources/tags",
        "properties": {"tags": tags},
    }


def get(azure: Azure, request: Request) -> Answer:
    return Answer(body=_show(request, _of(azure, _scope(azure, request))))


def patch(azure: Azure, request: Request) -> Answer:
    """``operation``: Merge, Replace or Delete."""
    scope = _scope(azure, request)
    body = request.body if isinstance(request.body, dict) else {}
    given = checked((body.get("properties") or {}).get("tags"))
    before, operation = _of(azure, scope), str(body.get("operation", "")).lower()
    if operation == "merge":
        after = {**before, **given}
    elif operation == "replace":
        after = given
    elif operation == "delete":
        after = {name: value for name, value in before.items() if name not in given}
    else:
        raise bad("InvalidOperation", "operation must be Merge, Replace or Delete.")
    put(azure, scope, checked(after), request.line)
    return Answer(body=_show(request, after))


def put(azure: Azure, scope: str, after: dict[str, str], cause: int) -> None:
    before, machine = _of(azure, scope), azure.machine(scope)
    if before == after:
        return
    resource = azure.resources.find(scope)
    if resource is not None:
        azure.resources.save(resource.id, resource.type, {**resource.body, "tags": after})
    else:
        azure.tags[scope] = after
    azure.world.journal.write(machine.source_uuid if machine else "", "target", "mark", before, after, cause)
