# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""First contact: what this tenant and this vCenter say of the facts that we infer, and their replies without names."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ..clients.arm import ArmClient
from ..clients.credentials import AzureSettings
from ..clients.errors import InvalidRequest
from ..clients.vcenter_contact import VcenterContact
from ..clients.vcenter_session import VcenterSettings
from ..domain import inferred
from ..domain.deidentify import Deidentifier
from ..domain.evidence import VERDICTS, Evidence, Fact, Judgement, Reply
from .first_contact_azure import AzureLooks
from .first_contact_vcenter import vcenter_looks
from .looks import Witness
from .scope import Scope

# Headers that say how a service behaves; the others may say who asked.
_HEADERS = ("content-type", "date", "retry-after", "api-supported-versions", "x-ms-throttling-version")
_TITLES = {
    "settled": "settled: as we assume",
    "contradicted": "CONTRADICTED: not as we assume",
    "failed": "failed: could not be read",
    "not_seen": "not seen: nothing here shows it",
}
_ORDER = ("contradicted", "failed", "settled", "not_seen")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Contact:
    """What one first contact found."""

    scope: Scope
    evidence: Evidence
    judgements: list[tuple[Fact, Judgement]]

    def facts(self) -> list[dict[str, Any]]:
        """One plain entry a fact."""
        return [
            {
                "key": fact.key,
                "statement": fact.statement,
                "verdict": judgement.verdict,
                "seen": judgement.seen,
                "source": fact.source,
                "relied": fact.relied,
                "remedy": judgement.remedy or (fact.remedy if judgement.verdict == "contradicted" else ""),
                "error_code": judgement.error_code,
            }
            for fact, judgement in self.judgements
        ]

    def summary(self) -> dict[str, int]:
        counts = Counter(judgement.verdict for _fact, judgement in self.judgements)
        return {verdict: counts[verdict] for verdict in VERDICTS}

    def report(self) -> list[str]:
        """One line a fact, under the title of its verdict; what matters most stands first."""
        lines = []
        for verdict in _ORDER:
            found = [entry for entry in self.facts() if entry["verdict"] == verdict]
            lines.append(f"{_TITLES[verdict]} ({len(found)})")
            for entry in found:
                remedy = f" -> {entry['remedy']}" if entry["remedy"] else ""
                lines.append(f"  {entry['key']}: {entry['statement']} [{entry['seen']}]{remedy}")
        return lines


def first_contact(
    azure: AzureSettings,
    vcenter: VcenterSettings | None,
    scope_of: Callable[[str], Scope],
    *,
    target_group: str = "",
) -> Contact:
    """Look at both worlds, and judge. ``scope_of`` names the project in the subscription that is found."""
    witness = Witness()
    client = VcenterContact(vcenter) if vcenter else None
    with ArmClient(azure, watch=witness.saw) as arm, contextlib.closing(client) if client else contextlib.nullcontext():
        scope = scope_of(arm.subscription_id)
        looks = AzureLooks(arm, scope, witness, target_group=target_group).all()
        looks = {**looks, **vcenter_looks(client, arm.clock.now)}
    evidence = Evidence(looks=looks, replies=tuple(witness.replies))
    return Contact(scope=scope, evidence=evidence, judgements=inferred.judgements(evidence))


# -- the files -------------------------------------------------------------------------------------------------------


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
    told: Mapping[str, Any] = {
        "facts.json": contact.facts(),  # made of our own words alone
        "azure.json": [_cleaned(tool, entry) for entry in azure],
        "vcenter.json": {key: tool.clean(data) for key, data in vcenter.items()},
    }
    texts = {name: json.dumps(tree, indent=1, ensure_ascii=False) + "\n" for name, tree in told.items()}
    if any(map(tool.told, texts.values())):
        raise InvalidRequest(
            "the replies could not be freed of every identifier, so no file is written",
            code="not_deidentified",
            remedy="run this again; if it stays, report it without the replies",
        )
    return texts


def _cleaned(tool: Deidentifier, entry: Mapping[str, Any]) -> dict[str, Any]:
    """A reply without identifiers. Looks and headers are ours and the service's: they keep their names."""
    headers = {name: tool.clean(value, name) for name, value in entry["headers"].items()}
    own = {name: tool.clean(entry[name], name) for name in ("url", "body")}
    return {**entry, **own, "headers": headers}


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
