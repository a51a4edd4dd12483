# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""First contact: what this tenant and this vCenter say of the facts that we infer."""

from __future__ import annotations

import contextlib
import dataclasses
from collections import Counter
from collections.abc import Callable
from typing import Any

from ..clients.arm import ArmClient
from ..clients.credentials import AzureSettings
from ..clients.vcenter_contact import VcenterContact
from ..clients.vcenter_session import VcenterSettings
from ..domain import inferred
from ..domain.evidence import VERDICTS, Evidence, Fact, Judgement
from .first_contact_azure import AzureLooks
from .first_contact_vcenter import vcenter_looks
from .looks import Witness
from .scope import Scope

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
    with contextlib.ExitStack() as open_ones:
        arm = open_ones.enter_context(ArmClient(azure, watch=witness.saw))
        if client:
            open_ones.enter_context(contextlib.closing(client))
        scope = scope_of(arm.subscription_id)
        looks = AzureLooks(arm, scope, witness, target_group=target_group).all()
        looks = {**looks, **vcenter_looks(client, arm.clock.now)}
    evidence = Evidence(looks=looks, replies=tuple(witness.replies))
    return Contact(scope=scope, evidence=evidence, judgements=inferred.judgements(evidence))
