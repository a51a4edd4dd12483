# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How what this collection has made in Azure is known again, without a file of our own.

A resource bears a tag. A role assignment takes no tag: it has a name that can be computed again from what it says.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from . import ids, values

TAG = "azlocal.migrate"  # its value: the Azure Migrate project that the resource was made for
_NAMES = uuid.UUID("7c4b1a53-5f5e-5a27-9d0e-2f3f6b1f9f10")


def tags_of(resource: Mapping[str, Any] | None) -> dict[str, str]:
    found = values.mapping(values.mapping(resource).get("tags"))
    return {str(name): values.text(value) for name, value in found.items()}


def made_for(resource: Mapping[str, Any] | None) -> str:
    """The project that this collection made the resource for; empty for what somebody else made."""
    return next((value for name, value in tags_of(resource).items() if name.lower() == TAG), "")


def is_ours(resource: Mapping[str, Any] | None, project: str) -> bool:
    return made_for(resource).lower() == project.lower()


def marked(tags: Mapping[str, str], project: str) -> dict[str, str]:
    """The tags of a resource that we make."""
    return {**tags, TAG: project}


def missing_tags(resource: Mapping[str, Any] | None, wanted: Mapping[str, str]) -> dict[str, str]:
    """Those of ``wanted`` that the resource does not bear. Names of tags have no case, values have."""
    there = {name.lower(): value for name, value in tags_of(resource).items()}
    return {name: value for name, value in wanted.items() if there.get(name.lower()) != value}


def assignment_name(project_id: str, scope: str, principal_id: str, role_id: str) -> str:
    """The name of our role assignment: the same in every run, another one for every other project, scope and role."""
    words = (ids.normal(project_id), ids.normal(scope), principal_id.lower(), ids.name(role_id).lower())
    return str(uuid.uuid5(_NAMES, "|".join(words)))


def is_our_assignment(row: Mapping[str, Any], project_id: str) -> bool:
    """Whether a role assignment bears the name that we would have given it."""
    said = values.mapping(row.get("properties"))
    name = assignment_name(
        project_id,
        values.text(said.get("scope")),
        values.text(said.get("principalId")),
        values.text(said.get("roleDefinitionId")),
    )
    return values.text(row.get("name")).lower() == name
