# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts about the services as a whole: api-versions, headers, clocks, rights."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from . import rights, values
from .evidence import (
    Evidence,
    Fact,
    Judgement,
    Reply,
    Unseen,
    contradicted,
    counted,
    either,
    listed,
    rows_of,
    settled,
    shown,
    unseen,
)
from .phase import SKEW_S

_PROVIDER_COUNT = "x-ms-ratelimit-remaining-subscription-resource-requests"
_READS_COUNT = "x-ms-ratelimit-remaining-subscription-reads"


def accepts(key: str) -> Callable[[Evidence], Judgement]:
    """Whether the first api-version that we speak was accepted by the reply to a look."""

    def judge(evidence: Evidence) -> Judgement:
        look = evidence.look(key)
        if look.refused:
            named = f"; it names {listed(look.supported)}" if look.supported else ""
            used = f"; {shown(look.version)} is accepted" if look.version else ""
            return contradicted(f"refused: {listed(look.refused)}{used}{named}")
        if look.gone:
            raise Unseen("there is none, so nothing was accepted or refused")
        return settled(f"{shown(look.version)} is accepted")

    return judge


def _of(evidence: Evidence, namespace: str) -> list[Reply]:
    found = [
        reply
        for reply in evidence.replies
        if f"/providers/{namespace}/" in reply.url.lower() and reply.method == "GET" and reply.status == 200
    ]
    if not found:
        raise Unseen("there was no reply of this provider")
    return found


def _provider_header(evidence: Evidence) -> Judgement:
    found = _of(evidence, "microsoft.datareplication")
    with_own = sum(_PROVIDER_COUNT in reply.headers for reply in found)
    with_arm = sum(_READS_COUNT in reply.headers for reply in found)
    seen = f"{with_own} of {len(found)} replies with it, {with_arm} with the subscription's"
    return either(with_own == len(found) and not with_arm, seen)


def _reads_header(evidence: Evidence) -> Judgement:
    found = _of(evidence, "microsoft.migrate")
    with_it = sum(_READS_COUNT in reply.headers for reply in found)
    return either(with_it == len(found), f"{with_it} of {len(found)} replies with it")


def _hint(evidence: Evidence) -> Judgement:
    told = [values.whole(reply.headers.get(_PROVIDER_COUNT)) for reply in _of(evidence, "microsoft.datareplication")]
    counts = [count for count in told if count is not None]
    if len(counts) < 3:
        return unseen("fewer than three replies carry the count")
    exact = all(later == earlier - 1 for earlier, later in itertools.pairwise(counts))
    return either(not exact, f"in the order of the replies: {', '.join(map(str, counts[:12]))}")


def _retry_after(evidence: Evidence) -> Judgement:
    refused = [reply for reply in evidence.replies if reply.status == 429]
    if not refused:
        return unseen("nothing was throttled")
    told = [reply for reply in refused if values.whole(reply.headers.get("retry-after")) is not None]
    return either(len(told) == len(refused), f"{len(told)} of {len(refused)} replies with 429 carry it in seconds")


def _correlation(evidence: Evidence) -> Judgement:
    found = [reply for reply in evidence.replies if "/subscriptions/" in reply.url.lower()]
    if not found:
        return unseen("there was no reply")
    with_it = sum(bool(reply.headers.get("x-ms-correlation-request-id")) for reply in found)
    return either(with_it == len(found), f"{with_it} of {len(found)} replies carry it")


# -- clocks ----------------------------------------------------------------------------------------------------------


def _azure_ahead(evidence: Evidence) -> float:
    """Seconds that Azure's clock is ahead of the controller's, by the middle of all replies."""
    ahead = []
    for reply in evidence.replies:
        try:
            told = parsedate_to_datetime(reply.headers.get("date", ""))
        except (TypeError, ValueError):
            continue
        if told.tzinfo is not None:
            ahead.append((told - reply.at).total_seconds())
    if not ahead:
        raise Unseen("no reply carries a Date")
    return statistics.median(ahead)


def _vcenter_ahead(evidence: Evidence) -> float:
    told = values.mapping(evidence.data("vcenter_clock"))
    server, before, after = (values.when(told.get(key)) for key in ("server", "before", "after"))
    if server is None or before is None or after is None:
        raise Unseen("vCenter did not tell its time")
    return (server - (before + (after - before) / 2)).total_seconds()


def _within(seconds: float, whose: str) -> Judgement:
    """Less than a second is not measured: a Date header has whole seconds."""
    told = f"{whose} is {abs(seconds):.0f} s {'ahead' if seconds > 0 else 'behind'}"
    return either(abs(seconds) <= SKEW_S, f"{whose} agrees" if abs(seconds) < 1.5 else told)


def _azure_clock(evidence: Evidence) -> Judgement:
    return _within(_azure_ahead(evidence), "Azure's clock")


def _vcenter_clock(evidence: Evidence) -> Judgement:
    return _within(_vcenter_ahead(evidence), "vCenter's clock")


def _clocks(evidence: Evidence) -> Judgement:
    return _within(_azure_ahead(evidence) - _vcenter_ahead(evidence), "Azure's clock, to vCenter's,")


# -- rights ----------------------------------------------------------------------------------------------------------


def _azure_rights(on: str) -> Callable[[Evidence], Judgement]:
    def judge(evidence: Evidence) -> Judgement:
        granted = evidence.rows(f"rights_{on}")
        actions = rights.needed(rights.AZURE, on)
        lacking = rights.missing(actions, granted)
        if lacking:
            return contradicted(f"{len(lacking)} of {len(actions)} actions are missing: {', '.join(lacking)}")
        return settled(f"all {len(actions)} actions are allowed")

    return judge


def _vcenter_rights(on: str) -> Callable[[Evidence], Judgement]:
    def judge(evidence: Evidence) -> Judgement:
        entities = [row for row in rows_of(evidence.data("vcenter_privileges")) if row.get("on") == on]
        if not entities:
            raise Unseen("there is nothing to ask about")
        held = [set(values.texts(row.get("privileges"))) for row in entities]
        lacking = [one for one in rights.needed(rights.VCENTER, on) if any(one not in some for some in held)]
        where = counted(len(entities), "VM") if on == "vm" else "the topmost folder"
        if lacking:
            return contradicted(f"missing on one or more of {where}: {', '.join(lacking)}")
        return settled(f"all are held on {where}")

    return judge


_ROLE = "give the identity a role with these rights on this scope, then run this again"
_CLOCK = "set the clock of the side that is wrong (NTP) before anything is cut over"

_VERSIONS = (
    ("replication", "2026-05-01 of Microsoft.DataReplication", "control-plane §0.2", "vault"),
    ("offazure", "2024-12-01-preview of Microsoft.OffAzure", "control-plane §1", "site"),
    ("migrate", "2018-09-01-preview of Microsoft.Migrate", "control-plane §1", "migration_solution"),
    ("hybrid_compute", "2024-07-10 of Microsoft.HybridCompute", "control-plane §5", "target_machines"),
    ("local_vm", "2024-01-01 of the VM service of Microsoft.AzureStackHCI", "control-plane §5", "storage_paths"),
    ("cluster", "2026-04-30 of Microsoft.AzureStackHCI clusters", "control-plane §5", "cluster"),
    ("resource_graph", "2021-03-01 of Microsoft.ResourceGraph", "control-plane §6", "bridge"),
)

FACTS: tuple[Fact, ...] = (
    *(
        Fact(
            key=f"version_{name}",
            statement=f"api-version {what} is accepted",
            source=source,
            relied="services/scope.py",
            judge=accepts(look),
        )
        for name, what, source, look in _VERSIONS
    ),
    Fact(
        key="header_provider",
        statement=f"replies of the replication provider carry {_PROVIDER_COUNT} in place of the subscription's",
        source="control-plane §6, E7",
        relied="clients/governor.py",
        judge=_provider_header,
    ),
    Fact(
        key="header_subscription",
        statement=f"replies of Azure Migrate carry {_READS_COUNT}",
        source="control-plane §6",
        relied="clients/governor.py",
        judge=_reads_header,
    ),
    Fact(
        key="header_is_a_hint",
        statement="the provider's remaining count does not fall by one with each request",
        source="control-plane E6",
        relied="clients/governor.py",
        judge=_hint,
    ),
    Fact(
        key="retry_after",
        statement="a reply with 429 carries Retry-After in seconds",
        source="control-plane §6",
        relied="clients/arm_retry.py",
        judge=_retry_after,
    ),
    Fact(
        key="correlation_id",
        statement="every reply carries x-ms-correlation-request-id",
        source="control-plane §6",
        relied="clients/arm_errors.py",
        judge=_correlation,
    ),
    Fact(
        key="clock_azure",
        statement=f"Azure's clock and the controller's are at most {SKEW_S} s apart",
        source="architecture: what is inferred",
        relied="domain/phase.py",
        remedy=_CLOCK,
        judge=_azure_clock,
    ),
    Fact(
        key="clock_vcenter",
        statement=f"vCenter's clock and the controller's are at most {SKEW_S} s apart",
        source="architecture: what is inferred",
        relied="domain/phase.py",
        remedy=_CLOCK,
        judge=_vcenter_clock,
    ),
    Fact(
        key="clocks_agree",
        statement=f"Azure's clock and vCenter's are at most {SKEW_S} s apart",
        source="architecture: verification",
        relied="domain/checks.py",
        remedy=_CLOCK,
        judge=_clocks,
    ),
    *(
        Fact(
            key=f"rights_{on}",
            statement=f"the identity may do what is needed in the resource group of the {what}",
            source="domain/rights.py",
            relied="every verb",
            remedy=_ROLE,
            judge=_azure_rights(on),
        )
        for on, what in (("project", "project"), ("cluster", "Azure Local instance"), ("target", "target VMs"))
    ),
    *(
        Fact(
            key=f"privileges_{on}",
            statement=f"the vCenter account holds the privileges that are needed on {what}",
            source="domain/rights.py",
            relied="every verb",
            remedy="give the account a role with these privileges, then run this again",
            judge=_vcenter_rights(on),
        )
        for on, what in (("vm", "virtual machines"), ("root", "the topmost folder"))
    ),
)
