# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All facts that the collection relies on although they are inferred, and those that reading cannot settle."""

from __future__ import annotations

from . import inferred_items, inferred_jobs, inferred_service, inferred_source, inferred_target
from .evidence import Evidence, Fact, Judgement, judge

_CHANGE = "it shows only after a change"


def _fact(key: str, statement: str, source: str, relied: str, why_not: str = _CHANGE) -> Fact:
    return Fact(key=key, statement=statement, source=source, relied=relied, why_not=why_not)


_BY_CHANGE: tuple[Fact, ...] = (
    _fact(
        "write_visible",
        "what was written is visible in item and list within ten minutes",
        "architecture: what is inferred",
        "domain/phase.py, services/lookup.py",
    ),
    _fact(
        "second_put",
        "a second PUT of an item is refused, and the first goes on",
        "control-plane §2.4",
        "services/replication.py",
    ),
    _fact(
        "final_delta", "a failover replicates once more after the source is off", "control-plane E1", "domain/checks.py"
    ),
    _fact(
        "source_off",
        "a failover accepts a source that is powered off already",
        "control-plane §2.7",
        "services/aftermath.py",
    ),
    _fact(
        "guest_hangs",
        "a failover ends, one way or the other, when a guest does not shut down",
        "control-plane §2.7",
        "services/cutover.py",
    ),
    _fact(
        "address_kept",
        "isStaticIpMigrationEnabled brings the address to the target",
        "control-plane §1.1",
        "domain/spec_nics.py",
    ),
    _fact(
        "parts_used_again",
        "a failover that is tried again uses disks and NICs of the first",
        "architecture: the cutover",
        "services/aftermath.py",
    ),
    _fact(
        "failover_repeated",
        "a failed failover can be sent again whatever provisioningState says of the item",
        "control-plane §3",
        "domain/guards.py",
    ),
    _fact("delete_after_cutover", "completing needs no force", "control-plane §9", "services/replication.py"),
    _fact("restart", "Restart is sent as another planned failover", "control-plane §9", "domain/phase.py"),
    _fact(
        "operation_url",
        "the URL of an operation answers when it is followed as it is",
        "control-plane §0.5",
        "clients/arm.py",
    ),
    _fact(
        "import_held",
        "vCenter refuses a change during an import with TaskInProgress, InvalidState or MethodDisabled",
        "vSphere API: HttpNfcLease, where the fault is not named",
        "clients/vcenter_import.py",
    ),
    _fact(
        "first_boot_named",
        "a Windows whose first questions are answered tells a host name through VMware Tools",
        "platform §3.1",
        "domain/source_appliance.py",
        "it shows only while an appliance is made",
    ),
    _fact("mark_length", "a custom attribute holds our mark", "architecture: where the truth lives", "domain/marks.py"),
    _fact(
        "shell_kept",
        "a machine of kind HCI is deleted after its VM instance",
        "control-plane §5",
        "services/aftermath.py",
    ),
)

FACTS: tuple[Fact, ...] = (
    *inferred_service.FACTS,
    *inferred_source.FACTS,
    *inferred_target.FACTS,
    *inferred_items.FACTS,
    *inferred_jobs.FACTS,
    *_BY_CHANGE,
)


def judgements(evidence: Evidence) -> list[tuple[Fact, Judgement]]:
    """Every fact, and what was seen of it."""
    return [(fact, judge(fact, evidence)) for fact in FACTS]
