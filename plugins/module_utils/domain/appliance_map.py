# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The appliances that a project knows: two lists of JSON inside the discovery solution's details; V3 overrides V2."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import values


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """One appliance as the project knows it since its key was generated."""

    name: str
    site_id: str
    registered: bool | None = None  # None: V2 does not say
    # A source appliance that was set up for Azure Local says true; one set up for Azure, and every target
    # appliance, false. None: V2 does not say. Read off two recorded projects. [I]
    azure_local_source: bool | None = None
    discovery_status: str = ""  # NotStarted and Success are recorded
    hostname: str = ""

    @property
    def kind(self) -> str:
        """The type of its site: ``vmwaresites``, ``hypervsites``, ``serversites``; empty where the id says nothing."""
        return self.site_id.lower().partition("/microsoft.offazure/")[2].partition("/")[0]


def details_of(solution: Mapping[str, Any] | None) -> dict[str, str]:
    """The extended details of a solution: text by name."""
    properties = values.mapping(values.mapping(solution).get("properties"))
    found = values.mapping(values.mapping(properties.get("details")).get("extendedDetails"))
    return {str(name): values.text(value) for name, value in found.items()}


def known(discovery_solution: Mapping[str, Any] | None) -> list[Known]:
    """All of them, by name."""
    details = details_of(discovery_solution)
    found = {appliance.name.lower(): appliance for appliance in _second(details.get("applianceNameToSiteIdMapV2"))}
    found |= {appliance.name.lower(): appliance for appliance in _third(details.get("applianceNameToSiteIdMapV3"))}
    return [found[name] for name in sorted(found)]


def _second(text: str | None) -> Iterator[Known]:
    for entry in _entries(text):
        name = values.text(entry.get("ApplianceName"))
        if name:
            yield Known(name=name, site_id=values.text(entry.get("SiteId")))


def _third(text: str | None) -> Iterator[Known]:
    for entry in _entries(text):
        for name, said in entry.items():
            about = values.mapping(said)
            machine = values.mapping(about.get("ApplianceDetails"))
            yield Known(
                name=str(name),
                site_id=values.text(about.get("SiteId")),
                registered=values.flag(machine.get("isRegistered")),
                azure_local_source=values.flag(about.get("supportAzStackTarget")),
                discovery_status=values.text(machine.get("discoveryStatus")),
                hostname=values.text(machine.get("HostName")),
            )


def _entries(text: str | None) -> list[Mapping[str, Any]]:
    try:
        return values.mappings(json.loads(text or "[]"))
    except (ValueError, RecursionError):
        return []
