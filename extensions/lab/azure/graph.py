# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure Resource Graph, as far as the lab needs it.

The query text is not run by a KQL engine. It is recognised by the tables and types that it names:

- ``kubernetesconfigurationresources`` in the text: the join of custom locations, cluster extensions and resource
  bridges. One row a cluster, with the columns {"cluster", "customLocation", "customLocationRegion", "status",
  "applianceName"} (``customLocation`` is the id in upper case, as the real join yields it). Synonyms are answered
  too when the query projects them: HCIClusterID, clusterId, CustomLocation, id, name, location, bridgeStatus,
  applianceStatus, statusOfTheBridge.
- otherwise every quoted ``'namespace/type'`` in the text: the resources of those types, as ARM shows them, plus
  ``resourceGroup`` and ``subscriptionId``, with ``type`` in lower case.

Understood after that: ``where <column> =~|==|in~|in ...`` on plain columns, ids, names and groups, joined by ``and``;
the last ``project``; ``options.$top`` and ``$skipToken``. Everything else in the text is passed over.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterable
from typing import Any, TypeVar

from .. import names
from . import ids, machines, places, rbac
from .past import Remembered
from .resources import GROUP
from .state import Azure
from .wire import JSON, Answer, ArmError, Request, bad

T = TypeVar("T")
_GROUPS = "microsoft.resources/subscriptions/resourcegroups"
_QUERIES, _WINDOW_S = 15, 5.0
_CONDITION = re.compile(
    r"(?P<column>[\w.]+)\)?\s*(?P<operator>=~|==|in~|\bin\b)\s*(?P<value>\([^)]*\)|'[^']*'|\"[^\"]*\")", re.IGNORECASE
)
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_SYNONYMS = {
    "cluster": ("hciclusterid", "clusterid", "hcicluster"),
    "customLocation": ("customlocationid", "id"),
    "customLocationRegion": ("location", "region"),
    "status": ("bridgestatus", "appliancestatus", "statusofthebridge", "arbstatus"),
    "applianceName": ("bridge", "bridgename", "name", "appliance"),
}


def query(azure: Azure, request: Request) -> Answer:
    headers = _quota(azure, request.principal)
    body = request.body if isinstance(request.body, dict) else {}
    text = body.get("query")
    if not isinstance(text, str) or not text.strip():
        raise bad("BadRequest", "Please provide below info when asking for support: the query is empty.")
    asked = body.get("subscriptions")
    wanted = {str(each).lower() for each in asked or azure.subscriptions}
    rows = _rows(azure, text, wanted)
    return Answer(body=_paged(rows, body.get("options") or {}, azure.switches.graph_page), headers=headers)


def _quota(azure: Azure, principal: str) -> dict[str, str]:
    """So many queries of one principal in so many seconds. Refused only where a limit was asked for."""
    moment = azure.clock.monotonic()
    until, used = azure.graph_windows.get(principal, (0.0, 0))
    if until <= moment:
        until, used = moment + azure.schedule.short(_WINDOW_S), 0
    azure.graph_windows[principal] = (until, used + 1)
    seconds = max(1, math.ceil(until - moment))
    headers = {
        "x-ms-user-quota-remaining": str(max(0, _QUERIES - used - 1)),
        "x-ms-user-quota-resets-after": f"00:00:{seconds:02d}",
    }
    if used >= _QUERIES and azure.lab.throttle != "off":
        raise ArmError(
            429,
            "RateLimiting",
            "Please provide below info when asking for support: the rate limit of the client is reached.",
            headers={**headers, "Retry-After": str(seconds)},
        )
    return headers


def _paged(rows: list[JSON], options: JSON, largest: int) -> JSON:
    top = options.get("$top", 100)
    if not isinstance(top, int) or not 1 <= top <= 1000:
        raise bad("BadRequest", "options.$top must be 1 to 1000.")
    top = min(top, largest)
    token = options.get("$skipToken")
    try:
        start = int(base64.b64decode(token)[5:]) if token else int(options.get("$skip", 0))
    except ValueError:
        raise bad("BadRequest", "options.$skipToken is not valid.") from None
    shown = rows[start : start + top]
    more = start + top < len(rows)
    pageable = more and all("id" in row for row in shown)  # a token needs the column id in the result
    reply: JSON = {
        "totalRecords": len(rows),
        "count": len(shown),
        "data": shown,
        "facets": [],
        "resultTruncated": "true" if more and not pageable else "false",
    }
    if pageable:
        reply["$skipToken"] = base64.b64encode(f"skip:{start + top}".encode()).decode()
    return reply


def _rows(azure: Azure, text: str, subscriptions: set[str]) -> list[JSON]:
    lower = text.lower()
    if "kubernetesconfigurationresources" in lower:
        joined = (
            "kubernetesconfiguration/extensions",
            "extendedlocation/customlocations",
            "resourceconnector/appliances",
        )
        if not all(rbac.readable(azure, f"microsoft.{kind}") for kind in joined):
            return []
        bridges = _bridges(azure, text) if names.SUBSCRIPTION in subscriptions else []
        return [_project(row, text, keep_all=True) for row in bridges]
    found: list[JSON] = []
    for kind, make in (
        ("microsoft.extendedlocation/customlocations", places.custom_location_rows),
        ("microsoft.resourceconnector/appliances", places.bridge_rows),
        ("microsoft.azurestackhci/clusters", places.clusters_rows),
        ("microsoft.azurestackhci/storagecontainers", places.storage_rows),
        ("microsoft.azurestackhci/logicalnetworks", places.network_rows),
        ("microsoft.azurestackhci/networkinterfaces", lambda a: [*_then(a, a.nics)]),
        ("microsoft.azurestackhci/virtualharddisks", lambda a: [*_then(a, a.disks)]),
        ("microsoft.hybridcompute/machines", lambda a: [machines.row(a, each) for each in _then(a, a.machines)]),
    ):
        if _quotes(lower, kind) and rbac.readable(azure, kind):
            found += [_tabled(row) for row in make(azure)]
    found += [_tabled(row) for row in _tracked(azure, lower)]
    seen = [row for row in found if row["subscriptionId"].lower() in subscriptions]
    return [_project(row, text) for row in seen if _passes(row, text)]


def _tracked(azure: Azure, text: str) -> list[JSON]:
    """What clients and appliances have made, where it has a region; resource groups have another type here."""
    rows = sorted(_then(azure, azure.resources), key=lambda row: row.number)
    shown = [
        {**row.show(), "type": _GROUPS if row.type == GROUP else row.type} for row in rows if "location" in row.body
    ]
    return [row for row in shown if _quotes(text, row["type"].lower()) and rbac.readable(azure, row["type"])]


def _quotes(text: str, kind: str) -> bool:
    return re.search(rf"['\"]{re.escape(kind)}['\"]", text) is not None


def _then(azure: Azure, kept: Remembered[T]) -> Iterable[T]:
    """What there was when the index was last fed."""
    return kept.ago(azure.switches.graph_lag_s).values()


def _tabled(row: JSON) -> JSON:
    group = row["id"].split("/")[4]
    return {
        "tags": None,
        "kind": "",
        **row,
        "type": row["type"].lower(),
        "resourceGroup": group.lower(),
        "subscriptionId": row["id"].split("/")[2],
        "tenantId": names.TENANT,
    }


def _bridges(azure: Azure, text: str) -> list[JSON]:
    clusters = [a or b for a, b in _QUOTED.findall(text) if "/clusters/" in (a or b).lower()]
    if clusters and not any(each.lower().rstrip("/") == ids.CLUSTER.lower() for each in clusters):
        return []
    bridge, known = places.bridge_rows(azure)[0], azure.switches.graph_bridge
    if known == "missing":
        return []
    return [
        {
            "cluster": ids.CLUSTER,
            "customLocation": ids.CUSTOM_LOCATION.upper(),
            "customLocationRegion": names.CLUSTER_LOCATION,
            "status": bridge["properties"]["status"] if known == "current" else known,
            "applianceName": bridge["name"],
        }
    ]


# -- the two clauses that are understood ------------------------------------------------------------------------


def _value(row: JSON, path: str) -> Any:
    current: Any = row
    for part in path.split("."):
        if not isinstance(current, dict):
            return None
        current = next((value for key, value in current.items() if key.lower() == part.lower()), None)
    return current


def _passes(row: JSON, text: str) -> bool:
    for clause in re.findall(r"\bwhere\b([^|]*)", text, re.IGNORECASE):
        if re.search(r"\bor\b", clause, re.IGNORECASE):
            continue  # types in alternatives were looked at already
        for found in _CONDITION.finditer(clause):
            known = _value(row, found["column"])
            wanted = {(a or b) for a, b in _QUOTED.findall(found["value"])}
            if found["operator"] in ("=~", "in~", "IN~") or found["column"].lower() == "type":
                if str(known).lower() not in {each.lower() for each in wanted}:
                    return False
            elif str(known) not in wanted:
                return False
    return True


def _split(text: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for character in text:
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += character
    return [part.strip() for part in [*parts, current] if part.strip()]


def _project(row: JSON, text: str, *, keep_all: bool = False) -> JSON:
    clauses = re.findall(r"\|\s*project\s+([^|]*)", text, re.IGNORECASE)
    if not clauses:
        return row
    shown: JSON = {}
    for part in _split(clauses[-1]):
        alias, _, expression = (piece.strip() for piece in part.partition("="))
        source = re.sub(r"^\w+\((.*)\)$", r"\1", expression or alias).strip()
        value = _value(row, source)
        if value is None:
            value = _synonym(row, alias) if keep_all else None
        shown[alias] = value
    return {**row, **shown} if keep_all else shown


def _synonym(row: JSON, alias: str) -> Any:
    direct = _value(row, alias)
    if direct is not None:
        return direct
    key = next((key for key, others in _SYNONYMS.items() if alias.lower() in others), "")
    return row.get(key)
